import { type RankedBase, rankMembers } from "~src/lineage/adapter"
import { adapterEdges } from "~src/lineage/made-edges"
import type { FamilyEdge, Member } from "~src/lineage/types"

/** Members of a family that an adapter is held against at most: those that it names, then the others in order. */
const MOST_BASES = 24

/** Whether an adapter's files or card name a model. */
function names(adapter: Member, id: string): boolean {
  const { declared, namedOrigin } = adapter.facts
  return declared.includes(id) || namedOrigin === id || adapter.fingerprint.facts.origins.includes(id)
}

/**
 * The family that an adapter belongs to: the one with a member that it names, else the one whose first member it fits best.
 * @returns the place in `families`, null where it fits none
 */
export function homeOf(adapter: Member, families: readonly (readonly Member[])[]): number | null {
  const named = families.findIndex((family) => family.some(({ id }) => names(adapter, id)))
  if (named >= 0) return named
  const [best] = rankMembers(
    adapter,
    families.map(([first]) => first as Member),
  )
  return best && best.probability > 0 ? best.index : null
}

/**
 * Ranks the possible bases of a family's adapters and draws the arrows.
 * @param members full fingerprints; adapters among them are leaves
 * @param edges the family's other arrows: copies and casts among them share a base's probability
 */
export function attachAdapters(members: readonly Member[], edges: readonly FamilyEdge[]) {
  const places = members.map((_, place) => place)
  const isAdapter = (place: number) => members[place]?.fingerprint.facts.adapter != null
  const whole = places.filter((place) => !isAdapter(place))
  const bases = new Map<number, readonly RankedBase[]>(
    places.filter(isAdapter).map((place) => {
      const adapter = members[place] as Member
      const first = whole.filter((other) => names(adapter, (members[other] as Member).id))
      const tried = [...new Set([...first, ...whole])].slice(0, MOST_BASES)
      const ranked = rankMembers(
        adapter,
        tried.map((other) => members[other] as Member),
      )
      return [place, ranked.map((entry) => ({ ...entry, index: tried[entry.index] as number }))]
    }),
  )
  return { bases, edges: adapterEdges(bases, twinClasses(whole, edges)) }
}

/** Members joined by copies and casts, each class with the member that the others come from. */
function twinClasses(places: readonly number[], edges: readonly FamilyEdge[]) {
  const from = new Map(edges.filter(({ kind }) => kind === "copy" || kind === "precision").map(({ parent, child }) => [child, parent]))
  const originOf = (place: number): number => {
    const parent = from.get(place)
    return parent === undefined ? place : originOf(parent)
  }
  const classes = new Map<number, number[]>()
  for (const place of places) classes.set(originOf(place), [...(classes.get(originOf(place)) ?? []), place])
  return [...classes].map(([origin, members]) => ({ origin, members, edges: [] }))
}
