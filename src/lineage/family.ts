import type { PairStatisticsRunner } from "~src/inference/types"
import type { RankedBase } from "./adapter"
import { directionCues, namedBy } from "./cues"
import { familyDistances } from "./distance"
import { keptBy } from "./kept"
import { findMade } from "./made"
import { adapterEdges, madeEdges, packedEdges, rankAll, twinEdges } from "./made-edges"
import { comparePairs } from "./pair"
import type { PlacementInput } from "./placement/input"
import { placeFamily } from "./placement/place"
import { packingOf } from "./quantized"
import { commonPart, keepsValues } from "./shared-init"
import { components, type Link, minimumForest } from "./skeleton"
import { carriedStructure } from "./structure"
import { treeEdge } from "./tree-edge"
import { collapseTwins, type Twin, twinRelation } from "./twins"
import type { Evidences, FamilyEdge, Ghost, Member, PairEvidence } from "./types"
import { volumeDistances } from "./volume"

export interface Family {
  readonly members: readonly Member[]
  /** Evidence of every pair compared, by {@link pairKey}. */
  readonly pairs: ReadonlyMap<number, PairEvidence>
  readonly edges: readonly FamilyEdge[]
  /** Pairs that share an initialisation and nothing more. */
  readonly sharedInit: readonly Link[]
  /** Pairs whose common part may be a parent trained on for long or a shared initialisation. */
  readonly unclear: readonly Link[]
  /** The members that an adapter may have been trained on, most probable first, by the adapter's place. */
  readonly bases: ReadonlyMap<number, readonly RankedBase[]>
  /** Parents that were not read, see `withGhosts`. */
  readonly ghosts?: readonly Ghost[]
}

/** Key of the unordered pair of members i and j. */
export function pairKey(size: number, i: number, j: number): number {
  return i < j ? i * size + j : j * size + i
}

/**
 * Compares every pair of a set of models.
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function familyEvidence(
  members: readonly Member[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, PairEvidence>> {
  const size = members.length
  const wanted: Link[] = []
  for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) wanted.push([i, j])
  const answers = await comparePairs(
    wanted.map(([i, j]) => [(members[i] as Member).fingerprint, (members[j] as Member).fingerprint] as const),
    runner,
    signal,
  )
  return new Map(wanted.map(([i, j], n) => [pairKey(size, i, j), answers[n] as PairEvidence] as const))
}

/**
 * Infers the lineage of a set of models jointly from the evidence of every pair: relatedness by row matching, twins collapsed,
 * merges by what their weights are put together from, and all trees over the others weighed together (docs/engine.md).
 */
export function chartFamily(members: readonly Member[], pairs: ReadonlyMap<number, PairEvidence>): Family {
  const found = foundations(members, pairs)
  const bases = rankAll(members, found.originsOf("adapter"))
  const named = namedBy(members, found.classes)
  const edges = [
    ...placements(members, found, named).flatMap(treeEdges),
    ...madeEdges(found.mixtures),
    ...packedEdges(members, found.originsOf("packed"), found.origins, found.related, named),
    ...adapterEdges(bases, found.classes),
    ...twinEdges(found.classes),
  ]
  return { members, pairs, edges, sharedInit: found.sharedInit, unclear: found.unclear, bases }
}

/** The families that are placed by learned weights, for learning them (training/scorers). */
export function familiesToPlace(members: readonly Member[], pairs: ReadonlyMap<number, PairEvidence>): readonly PlacementInput[] {
  const found = foundations(members, pairs)
  return placements(members, found, namedBy(members, found.classes))
}

/**
 * Finds ahead what takes most of the time of {@link chartFamily} and is kept for it: what training wrote into the weights, and what they were
 * put together from. That rests on weights and dates alone: other facts may still be under way.
 */
export function prepareChart(members: readonly Member[], pairs: ReadonlyMap<number, PairEvidence>): void {
  foundations(members, pairs)
}

/** Twins, distances, merges and the links along which trees grow. */
function foundations(members: readonly Member[], pairs: ReadonlyMap<number, PairEvidence>) {
  const size = members.length
  const evidence = (i: number, j: number) => pairs.get(pairKey(size, i, j))
  const related = (i: number, j: number) => (evidence(i, j)?.related ?? 0) >= 0.5
  const classes = collapseTwins(members, twinFinder(members, evidence, related))
  const storedAs = (i: number) => {
    const { fingerprint } = members[i] as Member
    return fingerprint.facts.adapter ? "adapter" : packingOf(fingerprint).packing ? "packed" : "whole"
  }
  const originsOf = (kind: ReturnType<typeof storedAs>) => classes.map((group) => group.origin).filter((i) => storedAs(i) === kind)
  const origins = originsOf("whole")
  const measured: [number, number, PairEvidence][] = []
  for (const [n, i] of origins.entries())
    for (const j of origins.slice(n + 1)) {
      const pair = evidence(i, j)
      if (pair && related(i, j)) measured.push([i, j, pair])
    }
  const distances = familyDistances(size, measured)
  const volumes = volumeDistances(distances, measured)
  const fingerprint = (i: number) => (members[i] as Member).fingerprint
  const common = (i: number, j: number) => {
    const pair = evidence(i, j)
    // Rows in other orders have no leading directions in common that could be seen as they stand.
    const structure = () => (pair?.alignment ? { ofA: null, ofB: null } : carriedStructure(fingerprint(i), fingerprint(j)))
    return pair ? commonPart(pair, structure) : "descent"
  }
  const mixtures = findMade(members, distances, origins, evidence, common)
  const sharedInit: Link[] = []
  const plain = origins.filter((x) => !mixtures.has(x))
  const unclear: Link[] = []
  const links = minimumForest(distances, plain).filter(([i, j]) => {
    const shared = common(i, j)
    if (shared === "shared-init") sharedInit.push([i, j])
    if (shared === "unclear") unclear.push([i, j])
    return shared === "descent"
  })
  for (const [child, { parts }] of mixtures) links.push([child, parts[0] as number])
  // The nearest link of a model may be doubtful where another member kept its values.
  for (const [i, j, pair] of measured) if (keepsValues(pair)) links.push([i, j])
  return { classes, origins, originsOf, distances, volumes, mixtures, links, sharedInit, unclear, evidence, related }
}

function twinFinder(
  members: readonly Member[],
  evidence: Evidences,
  related: (i: number, j: number) => boolean,
): (i: number, j: number) => Twin | null {
  const known = new Map<number, Twin | null>()
  return (i, j) => {
    const key = pairKey(members.length, i, j)
    const before = known.get(key)
    if (before !== undefined) return before
    const [a, b] = [members[Math.min(i, j)] as Member, members[Math.max(i, j)] as Member]
    const pair = evidence(i, j)
    const answer = pair && related(i, j) ? twinRelation(a.fingerprint, b.fingerprint, pair) : null
    known.set(key, answer)
    return answer
  }
}

type Foundations = ReturnType<typeof foundations>

/** The families that are left to place once everything visible is known. */
function placements(
  members: readonly Member[],
  { origins, links, distances, volumes, mixtures, evidence }: Foundations,
  named: (node: number, other: number) => boolean,
): PlacementInput[] {
  const shared = {
    distances,
    volumes,
    mixtures,
    named,
    times: members.map((member) => member.facts.createdAt),
    cues: directionCues(members, named, evidence, mixtures),
    kept: keptBy(evidence),
  }
  return components(origins, links).map((nodes) => ({ ...shared, nodes }))
}

function treeEdges(input: PlacementInput): FamilyEdge[] {
  if (input.nodes.length < 2) return []
  return placeFamily(input)
    .filter(({ child }) => !input.mixtures.has(child))
    .map((edge) => treeEdge(edge, input.times))
}
