import { median } from "~src/core/median"
import { distancesAmong, evidenceOf, withAbsentParts } from "./absent-parts"
import { descends } from "./descent"
import { type Distances, squaredDistance } from "./distance"
import type { Family } from "./family"
import { growTree } from "./growth"
import { carriedWay, fitStar, type Star } from "./star"
import type { FamilyEdge, Ghost, Member, PairEvidence } from "./types"

export interface GhostOptions {
  /** Ids that could not be read. */
  readonly unread: ReadonlySet<string>
  /** Number of the first nameless ghost. */
  readonly first?: number
  /** Evidence of two members where the family does not hold every pair. */
  readonly evidence?: (i: number, j: number) => PairEvidence | undefined
}

/**
 * A root whose own way from the common centre is this part of its children's: on families whose true root was there it stayed below 0.5
 * (children trained on similar data have part of their way in common, which looks the same).
 */
const OFF_CENTRE = 0.6
/** The same where cards name the absent parent: they say who it is, the weights need only agree that the root is not it. */
const OFF_CENTRE_NAMED = 0.1
const CLEAN = 0.1
const CLEAN_NAMED = 0.3
/** Children besides the root at least, nameless and named; two cards at least must name it. */
const LEAST_CHILDREN = 3
const LEAST_NAMED = 2
const LEAST_CARDS = 2
/** From here on a child carries the root's own step: it was made from the root. */
const HEIR = 0.3
/** A root with more children than this is no sibling of theirs, and the comparison of all with all would grow too large. */
const MOST_CHILDREN = 24
/** By hand: with a parent left out, three in four of a named ghost's children were its own, and nearly all the others its grandchildren. */
const PROBABILITY = 0.7
const PROBABILITY_NAMED = 0.75

/**
 * Adds parents that were not read: parts of merges (`absent-parts.ts`), and the common parent of siblings. Without the latter the tree hangs
 * from the sibling that changed least; but an additive star around a place where no member stands, with that sibling as far out as the others,
 * says that none of them is the parent. Where geometry or cards don't make that clear, the family stays as it is. A parent read later takes
 * the ghost's place, since it then stands at the centre itself.
 */
export function withGhosts(charted: Family, options: GhostOptions): Family {
  const family = withAbsentParts(charted, options.evidence ?? evidenceOf(charted), options.unread, options.first ?? 0)
  const parentless = new Set(family.members.map((_, place) => place))
  for (const { child } of family.edges) parentless.delete(child)
  const ghosts = [...(family.ghosts ?? [])]
  const moved = new Map<number, number | null>()
  for (const root of parentless) {
    const children = family.edges.filter((edge) => edge.parent === root && isTrained(edge)).map(({ child }) => child)
    if (children.length < LEAST_NAMED || children.length > MOST_CHILDREN) continue
    const nameless = ghosts.filter(({ namedBy }) => namedBy.length === 0).length
    const found = ghostAbove(family, [root, ...children], options, `ghost:${(options.first ?? 0) + nameless}`)
    if (!found) continue
    ghosts.push(found.ghost)
    for (const [child, parent] of found.parents) moved.set(child, parent)
  }
  const edges = family.edges.flatMap((edge) => {
    const parent = isTrained(edge) ? moved.get(edge.child) : undefined
    return parent === undefined ? [edge] : parent === null ? [] : [{ ...edge, parent }]
  })
  return { ...family, edges, ghosts }
}

/** An arrow placed by the tree, not by what its child's weights say of their making. */
function isTrained({ kind, basis }: FamilyEdge): boolean {
  return kind === "tree" && !(basis.length === 1 && basis[0] === "information")
}

/** The ghost over a root and its children, and where these hang then: null below the ghost, else below one of them. */
function ghostAbove(
  family: Family,
  places: readonly number[],
  options: GhostOptions,
  number: string,
): { ghost: Ghost; parents: ReadonlyMap<number, number | null> } | null {
  const distances = distancesAmong(places, options.evidence ?? evidenceOf(family))
  const name = absentName(family, places, options.unread)
  // A card that names the root speaks for it; geometry alone does not outweigh that.
  if (!name && places.some((child) => isNamed(family, child, places[0] as number))) return null
  // A star looks the same whether its oldest member hangs from the centre or the centre from it.
  const oldest = isOldest(family, places)
  if (!name && oldest) return null
  // From here on members go by their places in `places`, the root being 0.
  const everyone = places.map((_, n) => n)
  const siblings = everyone.filter((n) => n === 0 || isSibling(distances, n, everyone, name?.by.includes(places[n] as number) ?? false))
  const rough = fitStar(distances, siblings)
  if (!rough) return null
  const above = regrow(
    distances,
    siblings,
    rough,
    (b, a) => b < places.length && a < places.length && isNamed(family, places[b] as number, places[a] as number),
  )
  const direct = everyone.filter((n) => above.get(n) === places.length)
  const star = fitStar(distances, direct)
  if (!star || !direct.includes(0) || star.residual > (name ? CLEAN_NAMED : CLEAN)) return null
  const [own, ...ways] = star.ways as [number, ...number[]]
  if (ways.some((way) => way <= 0) || own < (name ? OFF_CENTRE_NAMED : OFF_CENTRE) * (median(ways) ?? 0)) return null
  if (ways.length < (name ? LEAST_NAMED : LEAST_CHILDREN)) return null
  const placeOf = (n: number) => places[n] as number
  const joined = oldest && !name?.by.includes(placeOf(0)) ? direct.filter((n) => n !== 0) : direct
  return {
    ghost: {
      id: name?.id ?? number,
      namedBy: (name?.by ?? []).map((place) => (family.members[place] as Member).id).sort(),
      children: joined.map(placeOf).sort((a, b) => a - b),
      probability: name ? PROBABILITY_NAMED : PROBABILITY,
      residual: star.residual,
    },
    parents: new Map([...above].map(([n, parent]) => [placeOf(n), parent === places.length ? null : placeOf(parent)])),
  }
}

/** Whether a child of the root (0) does not carry the root's own step; where too few others show the centre, its card decides. */
function isSibling(distances: Distances, child: number, everyone: readonly number[], documented: boolean): boolean {
  const others = everyone.filter((n) => n !== 0 && n !== child)
  const carried = others.length < 2 ? null : carriedWay(distances, 0, child, others)
  return carried === null ? documented : carried < HEIR
}

/** The tree of the members below the ghost, which stands at the star's centre: who descends from whom shows better from there. */
function regrow(distances: Distances, siblings: readonly number[], star: Star, named: (b: number, a: number) => boolean) {
  const { size, squared } = distances
  const wider = { size: size + 1, squared: new Float64Array((size + 1) ** 2) }
  for (let n = 0; n < size; n++) {
    for (let m = 0; m < size; m++) wider.squared[n * wider.size + m] = squared[n * size + m] as number
    // Most siblings know nothing of a member's further way, so that their median is right for heirs of one of them too.
    const way = median(siblings.flatMap((m, k) => (m === n ? [] : [squaredDistance(distances, n, m) - (star.ways[k] as number)]))) ?? 0
    wider.squared[n * wider.size + size] = Math.max(0, way)
    wider.squared[size * wider.size + n] = Math.max(0, way)
  }
  const nodes = Array.from({ length: size + 1 }, (_, n) => n)
  const heir = (p: number, a: number, b: number) => descends(wider, p, a, b, named(b, a) ? 1 : 0)
  return growTree(size, nodes, { distances: wider, mixtures: new Map(), heir })
}

/** Whether the first of these members was made public before all others. */
function isOldest({ members }: Family, places: readonly number[]): boolean {
  const [own = null, ...others] = places.map((place) => members[place]?.facts.createdAt ?? null)
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
