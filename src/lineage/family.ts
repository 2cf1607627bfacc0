import type { DirectionBasis } from "~src/core/words"
import type { PairStatisticsRunner } from "~src/inference/types"
import { directionCues } from "./cues"
import { bulkInheritance } from "./descent"
import { type Distances, familyDistances, squaredDistance } from "./distance"
import { findMixture, type Mixture } from "./merge"
import { comparePairs } from "./pair"
import { type OrientedLink, orientTree } from "./rooting"
import { looksLikeSharedInit } from "./shared-init"
import { components, type Link, minimumForest } from "./skeleton"
import { collapseTwins, type Twin, type TwinClass, twinRelation } from "./twins"
import type { Member, PairEvidence } from "./types"

export interface FamilyEdge {
  readonly parent: number
  readonly child: number
  readonly kind: "tree" | "merge" | "copy" | "precision"
  readonly share: number
  /** Probability that this is the direct parent rather than another member, and that the arrow points this way. */
  readonly attachment: number
  readonly direction: number
  readonly basis: readonly DirectionBasis[]
  /** Unexplained part of a merge, relative to its nearest part. */
  readonly residual?: number
}

export interface Family {
  readonly members: readonly Member[]
  /** Evidence of every pair compared, by {@link pairKey}. */
  readonly pairs: ReadonlyMap<number, PairEvidence>
  readonly edges: readonly FamilyEdge[]
  /** Pairs that share an initialisation and nothing more. */
  readonly sharedInit: readonly Link[]
}

/** Key of the unordered pair of members i and j. */
export function pairKey(size: number, i: number, j: number): number {
  return i < j ? i * size + j : j * size + i
}

/**
 * A child carries its parent's noise whole, a sibling trained on similar data only what training made of both: outside this
 * range the supposed parent is a sibling.
 */
const INHERITED_LOW = 0.9
const INHERITED_HIGH = 1.12
/** Orienting and moving siblings alternate; families settle in one or two turns. */
const MAX_TURNS = 4

/**
 * Infers the lineage of a set of models jointly: relatedness by row matching, twins collapsed, merges by barycentric fit, the
 * undirected skeleton by minimum spanning forest, its orientation as one inference over roots (docs/engine.md).
 */
export async function inferFamily(members: readonly Member[], runner: PairStatisticsRunner, signal: AbortSignal): Promise<Family> {
  const size = members.length
  const wanted: Link[] = []
  for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) wanted.push([i, j])
  const answers = await comparePairs(
    wanted.map(([i, j]) => [(members[i] as Member).fingerprint, (members[j] as Member).fingerprint] as const),
    runner,
    signal,
  )
  const pairs = new Map(wanted.map(([i, j], n) => [pairKey(size, i, j), answers[n] as PairEvidence]))
  return chartFamily(members, pairs)
}

/** The inference proper, from evidence already computed. */
export function chartFamily(members: readonly Member[], pairs: ReadonlyMap<number, PairEvidence>): Family {
  const size = members.length
  const evidence = (i: number, j: number) => pairs.get(pairKey(size, i, j))
  const related = (i: number, j: number) => (evidence(i, j)?.related ?? 0) >= 0.5

  const twins = new Map<number, Twin | null>()
  const twin = (i: number, j: number): Twin | null => {
    const key = pairKey(size, i, j)
    const known = twins.get(key)
    if (known !== undefined) return known
    const [a, b] = [members[Math.min(i, j)] as Member, members[Math.max(i, j)] as Member]
    const pair = pairs.get(key)
    const answer = pair && related(i, j) ? twinRelation(a.fingerprint, b.fingerprint, pair) : null
    twins.set(key, answer)
    return answer
  }
  const classes = collapseTwins(members, twin)
  const origins = classes.map((group) => group.origin)

  const measured: [number, number, PairEvidence][] = []
  for (const [n, i] of origins.entries())
    for (const j of origins.slice(n + 1)) {
      const pair = evidence(i, j)
      if (pair && related(i, j)) measured.push([i, j, pair])
    }
  const distances = familyDistances(size, measured)

  const mixtures = findMerges(distances, origins)
  const sharedInit: Link[] = []
  const links = skeleton(distances, origins, mixtures, evidence).filter(([i, j]) => {
    const pair = evidence(i, j)
    const shared = pair !== undefined && !mixtures.has(i) && !mixtures.has(j) && looksLikeSharedInit(pair)
    if (shared) sharedInit.push([i, j])
    return !shared
  })

  const edges: FamilyEdge[] = []
  for (const nodes of components(origins, links)) {
    const inside = links.filter(([i]) => nodes.includes(i))
    edges.push(...orientComponent(members, distances, nodes, inside, mixtures, classes, evidence))
  }
  for (const [child, mixture] of mixtures) {
    for (const [n, parent] of mixture.parts.entries()) {
      edges.push({
        parent,
        child,
        kind: "merge",
        share: mixture.shares[n] as number,
        attachment: 0.95,
        direction: 0.98,
        basis: ["geometry"],
        residual: mixture.residual,
      })
    }
  }
  for (const group of classes) {
    for (const { parent, child, kind, probability } of group.edges) {
      const basis: DirectionBasis[] =
        kind === "precision" ? ["information"] : probability > 0.9 ? ["time"] : probability > 0.5 ? ["files"] : []
      edges.push({ parent, child, kind, share: 1, attachment: 0.99, direction: probability, basis })
    }
  }
  return { members, pairs, edges, sharedInit }
}

/**
 * Members that are weighted means of others. A merge of merges is also a mean of their parts, so plain members are preferred
 * as parts; and a merge is never a part of its own part.
 */
function findMerges(distances: Distances, origins: readonly number[]): Map<number, Mixture> {
  const first = origins.filter((x) => findMixture(distances, x, origins))
  const plain = origins.filter((x) => !first.includes(x))
  const found = first.map((x): [number, Mixture] => [
    x,
    (findMixture(distances, x, plain) ?? findMixture(distances, x, origins)) as Mixture,
  ])
  found.sort(([, a], [, b]) => a.residual - b.residual)
  const accepted = new Map<number, Mixture>()
  const ancestors = (node: number): number[] => (accepted.get(node)?.parts ?? []).flatMap((part) => [part, ...ancestors(part)])
  for (const [x, mixture] of found) {
    if (mixture.parts.some((part) => part === x || ancestors(part).includes(x))) continue
    accepted.set(x, mixture)
  }
  return accepted
}

function skeleton(distances: Distances, origins: readonly number[], mixtures: ReadonlyMap<number, Mixture>, evidence: Evidences): Link[] {
  const forced = [...mixtures].map(([child, { parts }]): Link => [child, parts[0] as number])
  // A mean is near to everything around it: only what carries its step away from each part is its child.
  const blocks = (merge: number, other: number) => {
    const mixture = mixtures.get(merge)
    if (!mixture) return false
    return mixture.parts.some((part) => part === other || carries(evidence, part, merge, other) === false)
  }
  return minimumForest(distances, origins, forced, (i, j) => !blocks(i, j) && !blocks(j, i))
}

function orientComponent(
  members: readonly Member[],
  distances: Distances,
  nodes: readonly number[],
  initial: readonly Link[],
  mixtures: ReadonlyMap<number, Mixture>,
  classes: readonly TwinClass[],
  evidence: Evidences,
): FamilyEdge[] {
  if (nodes.length < 2) return []
  const times = members.map((member) => member.facts.createdAt)
  const cues = directionCues(members, classes, mixtures)
  let links = [...initial]
  let oriented: OrientedLink[] = []
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    oriented = orientTree({ nodes, links, times, cues })
    const moved = moveSiblings(oriented, mixtures, evidence)
    if (!moved) break
    links = moved
  }
  return oriented
    .filter(({ child, parent }) => !mixtures.get(child)?.parts.includes(parent))
    .map((link) => ({
      parent: link.parent,
      child: link.child,
      kind: "tree" as const,
      share: 1,
      attachment: attachment(distances, nodes, oriented, link),
      direction: link.probability,
      basis: basisOf(link, times),
    }))
}

/**
 * Siblings whose updates resemble each other can lie nearer to each other than to their parent. A child that does not carry
 * its supposed parent's own movement is handed to the grandparent. Returns the new links, or null when nothing moved.
 */
function moveSiblings(oriented: readonly OrientedLink[], mixtures: ReadonlyMap<number, Mixture>, evidence: Evidences): Link[] | null {
  const parentOf = new Map(oriented.map(({ parent, child }) => [child, parent]))
  let moved = false
  const links = oriented.map(({ parent, child }): Link => {
    const grandparent = parentOf.get(parent)
    if (grandparent === undefined || mixtures.has(child)) return [parent, child]
    if (carries(evidence, grandparent, parent, child) !== false) return [parent, child]
    moved = true
    return [grandparent, child]
  })
  return moved ? links : null
}

type Evidences = (i: number, j: number) => PairEvidence | undefined

/** Whether `child` carries the noise of `parent`'s own step from `before`; null when that cannot be told. */
function carries(evidence: Evidences, before: number, parent: number, child: number): boolean | null {
  const [own, whole, step] = [evidence(before, parent), evidence(before, child), evidence(parent, child)]
  const inherited = own && whole && step ? bulkInheritance(own, whole, step) : null
  return inherited === null ? null : inherited > INHERITED_LOW && inherited < INHERITED_HIGH
}

/** How clearly the parent is nearer than the best other member that does not descend from the child. */
function attachment(distances: Distances, nodes: readonly number[], oriented: readonly OrientedLink[], link: OrientedLink): number {
  const below = new Set([link.child])
  // Oriented links come parents first, so one pass collects all descendants.
  for (const { parent, child } of oriented) if (below.has(parent)) below.add(child)
  const own = squaredDistance(distances, link.parent, link.child)
  let other = Number.POSITIVE_INFINITY
  for (const node of nodes)
    if (node !== link.parent && !below.has(node)) other = Math.min(other, squaredDistance(distances, node, link.child))
  const margin = own > 0 ? other / own - 1 : 1
  // Not the nearest: the descent test moved it here, which is right nine times in ten.
  return margin < 0 ? 0.85 : 1 - 0.4 * Math.exp(-12 * margin)
}

function basisOf(link: OrientedLink, times: readonly (number | null)[]): DirectionBasis[] {
  const basis: DirectionBasis[] = []
  if (link.cues.information > 1) basis.push("information")
  const [before, after] = [times[link.parent] ?? null, times[link.child] ?? null]
  if (before !== null && after !== null && before < after) basis.push("time")
  if (link.geometry > 0.6) basis.push("geometry")
  if (link.cues.weights > 0.2) basis.push("weights")
  if (link.cues.files > 0.2) basis.push("files")
  return basis
}
