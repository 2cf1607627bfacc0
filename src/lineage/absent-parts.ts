import { median } from "~src/core/median"
import { type Distances, familyDistances, innerProduct, squaredDistance } from "./distance"
import { type Family, pairKey } from "./family"
import type { Evidences, FamilyEdge, Ghost, Member, PairEvidence } from "./types"

/** Share of the part that was read below and above which the weights do not bear out that it is one of several. */
const LEAST = 0.05
const MOST = 0.95
/** How sure a part is that a card names, and that the weights show without its name. By hand: with parts left out nearly all were right. */
const PROBABILITY_NAMED = 0.75
const PROBABILITY = 0.85
/** Of an arrow from the part that was read, where the tree had none and the card is all that says which way round. */
const ATTACHMENT = 0.9
const DIRECTION = 0.9

/**
 * Ghosts for the parts of merges that were not read: where the weights show that a part is absent (`partial-merge.ts`), and where a card
 * says which models were merged, one of them is closed, and the weights are related to the others and not simply trained from one.
 * @param unread ids that could not be read
 * @param first number of the first nameless ghost
 */
export function withAbsentParts(family: Family, evidence: Evidences, unread: ReadonlySet<string>, first: number): Family {
  const stated = family.members.map((_, child) => statedParts(family, evidence, unread, child)).filter((edges) => edges.length > 0)
  const edges = stated.reduce(replaceEdges, family.edges)
  const ghosts: Ghost[] = []
  let number = first
  const told = new Set<number>()
  for (const { child, fit } of edges) {
    if (fit?.absent === undefined || told.has(child)) continue
    told.add(child)
    const { id, facts } = family.members[child] as Member
    const [name, ...others] = facts.declared.filter((one) => unread.has(one))
    const isNamed = name !== undefined && others.length === 0
    ghosts.push({
      id: isNamed ? name : `ghost:${number++}`,
      namedBy: isNamed ? [id] : [],
      children: new Map([[child, fit.method === "card" ? PROBABILITY_NAMED : PROBABILITY]]),
      residual: fit.residual,
      part: { share: fit.absent, method: fit.method },
    })
  }
  return { ...family, edges, ghosts: [...(family.ghosts ?? []), ...ghosts] }
}

/**
 * A member with the parents that its card states instead of those that the tree gave it. The mean of two siblings lies where a common ancestor of
 * both would, so that the tree may have hung a part below it: that one goes back to where the mean was.
 */
function replaceEdges(edges: readonly FamilyEdge[], stated: readonly FamilyEdge[]): readonly FamilyEdge[] {
  const child = (stated[0] as FamilyEdge).child
  const above = edges.find((edge) => edge.child === child && edge.kind === "tree")?.parent
  const moved = edges.flatMap((edge) => {
    if (edge.child === child) return []
    if (edge.parent !== child || !stated.some(({ parent }) => parent === edge.child)) return [edge]
    return above === undefined ? [] : [{ ...edge, parent: above }]
  })
  return [...moved, ...stated]
}

/** The arrows to a member whose card names several merged models, all read but one that is closed. */
function statedParts(family: Family, evidence: Evidences, unread: ReadonlySet<string>, child: number): FamilyEdge[] {
  const { members, edges } = family
  const { merged, declared } = (members[child] as Member).facts
  const absent = declared.filter((id) => unread.has(id))
  if (!merged || declared.length < 2 || absent.length !== 1) return []
  const parts = declared.flatMap((id) => (unread.has(id) ? [] : [members.findIndex((member) => member.id === id)]))
  const incoming = edges.filter((edge) => edge.child === child)
  // What was put together, packed, cut or copied is explained already, unless a part that the card does not name stands in for one that it does.
  const standsIn = ({ parent, fit }: FamilyEdge) => fit?.absent !== undefined && !parts.includes(parent)
  if (incoming.some(({ kind, basis }) => kind !== "tree" || basis.join() === "information") && !incoming.some(standsIn)) return []
  const related = (part: number) => (evidence(Math.min(part, child), Math.max(part, child))?.related ?? 0) >= 0.5
  const treeParent = (part: number) => edges.find((edge) => edge.child === part && edge.kind === "tree")?.parent
  const above = (part: number) => {
    const parent = treeParent(part)
    return parent === child ? treeParent(child) : parent
  }
  if (parts.some((part) => part < 0 || !related(part) || isYounger(members, part, child))) return []
  if (parts.some((part) => treeParent(part) !== child && isBelow(edges, part, child))) return []
  // The base of task vectors is named among the parts as well, and is none.
  if (parts.some((part) => parts.some((other) => above(other) === part))) return []
  const [only, ...others] = parts as [number, ...number[]]
  const base = above(only)
  const own = others.length > 0 || base === undefined ? null : carriedShare(family, evidence, child, only, base)
  if (own !== null && (own < LEAST || own > MOST)) return []
  const share = 1 / declared.length
  return parts.map((parent) => {
    const edge = incoming.find((one) => one.parent === parent)
    return {
      parent,
      child,
      kind: "merge" as const,
      share,
      attachment: edge?.attachment ?? ATTACHMENT,
      direction: edge?.direction ?? DIRECTION,
      basis: [...(edge?.basis ?? []).filter((basis) => basis !== "files"), "files" as const],
      fit: { method: "card" as const, residual: 1 - parts.length * share, absent: 1 - parts.length * share },
    }
  })
}

/**
 * The part's share by how much of its step from the base the child carries. The absent part was trained on from the base as well, and carries
 * some of the same step as siblings do: x - g = s u + (1 - s) u', so that <x - g, u> / <u, u> = s + (1 - s) o with the siblings' typical o.
 * Enough to tell a part from the only parent and from a sibling; as a share, one half was nearer to the truth on development families.
 */
function carriedShare(family: Family, evidence: Evidences, child: number, part: number, base: number): number | null {
  const siblings = family.edges.flatMap((edge) =>
    edge.parent === base && edge.kind === "tree" && edge.child !== part && edge.child !== child ? [edge.child] : [],
  )
  const places = [base, part, child, ...siblings]
  const distances = distancesAmong(places, evidence)
  const carried = (place: number) => innerProduct(distances, 0, 1, place) / squaredDistance(distances, 0, 1)
  const alike = median(siblings.map((_, n) => carried(n + 3)).filter(Number.isFinite)) ?? 0
  const share = (carried(2) - alike) / (1 - alike)
  return Number.isFinite(share) && alike < MOST ? share : null
}

/** Distances of these members among themselves, by their places in the list. */
export function distancesAmong(places: readonly number[], evidence: Evidences): Distances {
  return familyDistances(places.length, relatedAmong(places, evidence))
}

/** The related pairs among some members, by their places in the list. */
export function relatedAmong(places: readonly number[], evidence: Evidences): readonly (readonly [number, number, PairEvidence])[] {
  return places.flatMap((i, n) =>
    places.slice(n + 1).flatMap((j, m) => {
      const pair = evidence(Math.min(i, j), Math.max(i, j))
      return pair && pair.related >= 0.5 ? [[n, n + 1 + m, pair] as const] : []
    }),
  )
}

function isYounger(members: readonly Member[], part: number, child: number): boolean {
  const [before, after] = [members[part]?.facts.createdAt ?? null, members[child]?.facts.createdAt ?? null]
  return before !== null && after !== null && before > after
}

function isBelow(edges: readonly FamilyEdge[], member: number, top: number): boolean {
  const seen = new Set<number>()
  const queue = [member]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === top) return true
    if (seen.has(at)) continue
    seen.add(at)
    for (const { parent, child } of edges) if (child === at) queue.push(parent)
  }
  return false
}

export function evidenceOf({ members, pairs }: Family): Evidences {
  return (i, j) => pairs.get(pairKey(members.length, i, j))
}
