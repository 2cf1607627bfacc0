import { median } from "~src/core/median"
import { distancesAmong, evidenceOf, relatedAmong, withAbsentParts } from "./absent-parts"
import { type Centre, centreOf, withoutHeirs } from "./centre"
import { directionCues } from "./cues"
import { type Distances, withPoint } from "./distance"
import type { Family } from "./family"
import { keptBy } from "./kept"
import { type PlacedEdge, placeFamily } from "./placement/place"
import { treeEdge } from "./tree-edge"
import type { Evidences, FamilyEdge, Ghost, Member } from "./types"
import { volumeDistances } from "./volume"

export interface GhostOptions {
  /** Ids that could not be read. */
  readonly unread: ReadonlySet<string>
  /** Number of the first nameless ghost. */
  readonly first?: number
  /** Evidence of two members where the family does not hold every pair. */
  readonly evidence?: Evidences
}

/**
 * The nearest member's way from the common centre, beside the others' at least: on families whose true root was there it stayed below 0.5
 * (children trained on similar data have part of their way in common, which looks the same).
 */
const OFF_CENTRE = 0.6
/** The same where cards name the absent parent: they say who it is, the weights need only agree that no member is it. */
const OFF_CENTRE_NAMED = 0.02
/** What a common centre may leave unexplained of the distances. */
const CLEAN = 0.1
const CLEAN_NAMED = 0.3
const LEAST_CHILDREN = 4
/** Two cards at least must name it. */
const LEAST_CARDS = 2
/** Comparing all with all would take too long in larger families. */
const MOST_MEMBERS = 60
/** How often the ghost is there at all, beside how probable the tree makes it that a member hangs from it: named on development families, nameless by hand. */
const PROBABILITY = { nameless: 0.7, named: 0.83 }

/**
 * Adds parents that were not read: parts of merges (`absent-parts.ts`), and the common parent of siblings. Without the latter a tree hangs
 * from the sibling that changed least; but where cards name one closed parent, or no member stands at the centre that the distances have in
 * common, the tree is placed anew with a member there that nobody has read. A parent read later takes the ghost's place, since it then
 * stands at the centre itself.
 */
export function withGhosts(charted: Family, options: GhostOptions): Family {
  const evidence = options.evidence ?? evidenceOf(charted)
  const family = withAbsentParts(charted, evidence, options.unread, options.first ?? 0)
  const parentless = new Set(family.members.map((_, place) => place))
  for (const { child } of family.edges) parentless.delete(child)
  const ghosts = [...(family.ghosts ?? [])]
  const times = family.members.map(({ facts }) => facts.createdAt)
  const moved = new Map<number, PlacedEdge | null>()
  for (const root of parentless) {
    const places = trainedFrom(family.edges, root)
    if (places.length <= LEAST_CARDS || places.length > MOST_MEMBERS) continue
    const nameless = ghosts.filter(({ namedBy }) => namedBy.length === 0).length
    const found = ghostAmong(family, root, places, options.unread, evidence, `ghost:${(options.first ?? 0) + nameless}`)
    if (!found) continue
    ghosts.push(found.ghost)
    for (const place of places) moved.set(place, found.edges.find(({ child }) => child === place) ?? null)
  }
  const edges = family.edges.filter((edge) => !isTrained(edge) || !moved.has(edge.child))
  for (const edge of moved.values()) if (edge) edges.push(treeEdge(edge, times))
  return { ...family, edges, ghosts }
}

/** An arrow placed by the tree, not by what its child's weights say of their making. */
function isTrained({ kind, basis }: FamilyEdge): boolean {
  return kind === "tree" && !(basis.length === 1 && basis[0] === "information")
}

/** A member and what the tree hangs from it. */
function trainedFrom(edges: readonly FamilyEdge[], root: number): number[] {
  const places = [root]
  for (const place of places) for (const edge of edges) if (edge.parent === place && isTrained(edge)) places.push(edge.child)
  // Evidence of two members is told in their order.
  return places.sort((a, b) => a - b)
}

/** The ghost among members that the tree hangs from one of them, and the arrows between these that it leaves. */
function ghostAmong(
  family: Family,
  root: number,
  places: readonly number[],
  unread: ReadonlySet<string>,
  evidence: Evidences,
  number: string,
): { ghost: Ghost; edges: readonly PlacedEdge[] } | null {
  const name = absentName(family, places, unread)
  // A card that names the root speaks for it; geometry alone does not outweigh that. Nor does it tell whether the oldest hangs from the centre or the centre from it.
  if (!name && (places.some((child) => isNamed(family, child, root)) || isOldest(family, root, places))) return null
  const documented = name ? name.by.map((place) => places.indexOf(place)) : []
  const distances = distancesAmong(places, evidence)
  const centre = name ? centreOf(distances, documented) : centreOfSiblings(distances)
  if (!centre || !standsApart(centre, documented)) return null
  const placed = placeAround(family, places, documented, withPoint(distances, centre.ways), evidence)
  const children = placed.filter(({ parent, child, attachment, direction }) => {
    // The oldest may stand above the ghost, unless its card says that it does not.
    const isAbove = places[child] === root && isOldest(family, root, places) && !documented.includes(child)
    return parent === places.length && attachment * direction >= 0.5 && !isAbove
  })
  if (children.length < LEAST_CARDS) return null
  const sure = PROBABILITY[name ? "named" : "nameless"]
  return {
    ghost: {
      id: name?.id ?? number,
      namedBy: (name?.by ?? []).map((place) => (family.members[place] as Member).id).sort(),
      children: new Map(children.map(({ child, attachment, direction }) => [places[child] as number, sure * attachment * direction])),
      residual: centre.residual,
    },
    edges: placed.flatMap((edge) => {
      const [parent, child] = [places[edge.parent], places[edge.child]]
      // What the ghost was made from is not asked.
      return parent === undefined || child === undefined ? [] : [{ ...edge, parent, child }]
    }),
  }
}

function centreOfSiblings(distances: Distances): Centre | null {
  const rough = centreOf(
    distances,
    Array.from({ length: distances.size }, (_, n) => n),
  )
  const siblings = rough ? withoutHeirs(distances, rough) : []
  return siblings.length < LEAST_CHILDREN ? null : centreOf(distances, siblings)
}

/** Whether the centre explains the distances, and no member stands there but those whose cards name the ghost. */
function standsApart({ ways, residual }: Centre, documented: readonly number[]): boolean {
  const isNameless = documented.length === 0
  const nearest = Math.min(...ways.filter((_, n) => !documented.includes(n)))
  const typical = median(ways) ?? 0
  return typical > 0 && residual <= (isNameless ? CLEAN : CLEAN_NAMED) && nearest >= (isNameless ? OFF_CENTRE : OFF_CENTRE_NAMED) * typical
}

/**
 * Places members anew together with one that nobody has read: the last of the distances. It is the root, unless cards name members at least as often.
 * @param documented the members whose cards name the ghost, by their places among `places`
 */
function placeAround(
  family: Family,
  places: readonly number[],
  documented: readonly number[],
  distances: Distances,
  evidence: Evidences,
): PlacedEdge[] {
  const ghost = places.length
  const members = places.map((place) => family.members[place] as Member)
  const named = (child: number, parent: number) => {
    if (parent === ghost) return documented.includes(child)
    return child !== ghost && isNamed(family, places[child] as number, places[parent] as number)
  }
  const pair = (i: number, j: number) => {
    const [one, two] = [places[i], places[j]]
    return one === undefined || two === undefined ? undefined : evidence(Math.min(one, two), Math.max(one, two))
  }
  const cards = (member: number) => members.filter((_, child) => named(child, member)).length
  const famous = [...members.keys()].filter((n) => documented.length > 0 && !documented.includes(n) && cards(n) >= documented.length)
  const input = {
    distances,
    volumes: volumeDistances(distances, relatedAmong(places, evidence)),
    nodes: [...members.keys(), ghost],
    mixtures: new Map(),
    times: [...members.map(({ facts }) => facts.createdAt), null],
    named,
    cues: directionCues(members, named, pair, new Map()),
    kept: keptBy(pair),
  }
  return placeFamily(input, famous.length > 0 ? famous : [ghost])
}

/** Whether this one was made public before all others. */
function isOldest({ members }: Family, root: number, places: readonly number[]): boolean {
  const own = members[root]?.facts.createdAt ?? null
  const others = places.flatMap((place) => (place === root ? [] : [members[place]?.facts.createdAt ?? null]))
  return own !== null && others.some((time) => time !== null) && others.every((time) => time === null || time > own)
}

function isNamed({ members }: Family, child: number, parent: number): boolean {
  const { declared, namedOrigin } = (members[child] as Member).facts
  const { id } = members[parent] as Member
  return declared.includes(id) || namedOrigin === id
}

/** The unread repository that most of these members name as their parent. */
function absentName(family: Family, places: readonly number[], unread: ReadonlySet<string>): { id: string; by: number[] } | null {
  const votes = new Map<string, number[]>()
  for (const place of places) {
    const { declared, namedOrigin } = (family.members[place] as Member).facts
    for (const id of new Set([...declared, ...(namedOrigin === null ? [] : [namedOrigin])]))
      if (unread.has(id)) votes.set(id, [...(votes.get(id) ?? []), place])
  }
  const [best] = [...votes].sort(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1))
  return best && best[1].length >= LEAST_CARDS ? { id: best[0], by: best[1] } : null
}
