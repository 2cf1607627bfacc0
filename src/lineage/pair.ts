import type { Fingerprint, Slab } from "~src/fingerprint/types"
import type { PairStatistics, PairStatisticsRunner } from "~src/inference/types"
import { type Aligned, alignNeurons, alignStreams, haveOtherNeurons, haveOtherWidths } from "./align"
import { isMatrix, type Located, screenBlocks, sharedBlocks } from "./blocks"
import { withDirections } from "./directions"
import { depthChange } from "./forms"
import { alignLayers } from "./layers"
import { isHeadOrEmbedding } from "./roles"
import { fisher, matchRows } from "./row-match"
import type { PairEvidence, TensorEvidence } from "./types"

/** Elements of one batch handed to the runtime: bounds memory, long enough to amortise the call. */
const BATCH_ELEMENTS = 4_000_000
/** Share of matched rows in the screen from which a pair is looked at whole. */
const LIKELY = 0.4
/** Share from which all layers stand where they stood. */
const WHOLLY = 0.9
/** Chance alone: one in a hundred million. */
const LOG_P_BAR = Math.log(1e-8)

function toEvidence(slab: Slab, statistics: PairStatistics): TensorEvidence {
  const matrix = isMatrix(slab)
  const match = matrix ? matchRows(statistics.match, statistics.head) : { tested: 0, matched: 0, logP: 0 }
  return {
    role: slab.role,
    layer: slab.layer,
    kind: matrix ? "matrix" : "vector",
    rows: statistics.rows,
    cols: statistics.cols,
    ...match,
    squareA: statistics.squareA,
    squareB: statistics.squareB,
    dot: statistics.dot,
    squareDelta: statistics.squareDelta,
    maxAbsDelta: statistics.maxAbsDelta,
    sumA: statistics.sumA,
    sumB: statistics.sumB,
    equal: statistics.equal,
    sameSign: statistics.sameSign,
    zeroA: statistics.zeroA,
    zeroB: statistics.zeroB,
    deltaGram: statistics.deltaGram,
    head: statistics.head,
  }
}

/** Puts the tensors' tests together: share matched over body matrices, Fisher's p over all, and the probability of shared weights. */
export function summarise(tensors: readonly TensorEvidence[]): PairEvidence {
  const tested = tensors.filter((tensor) => tensor.tested > 0)
  const body = tested.filter((tensor) => !isHeadOrEmbedding(tensor.role))
  const counted = body.length > 0 ? body : tested
  const matched = counted.length === 0 ? 0 : counted.reduce((sum, t) => sum + t.matched / t.tested, 0) / counted.length
  const logP = fisher(tested.map((tensor) => tensor.logP))
  return { tensors, matched, logP, related: relatedness(matched, logP) }
}

function relatedness(matched: number, logP: number): number {
  // The two populations lie below 0.2 and above 0.7 with nothing between: a steep curve in the gap.
  const curve = 1 / (1 + Math.exp(-22 * (matched - 0.45)))
  return logP < LOG_P_BAR ? Math.min(0.9999, Math.max(0.0001, curve)) : 0.0001
}

/**
 * Compares pairs of fingerprints through `pair-statistics`. A pair whose rows clearly don't match in the screen keeps the screen's
 * evidence alone.
 * Relatives are asked for their direction too, where the runner has the scorers.
 * @param screen false where all are relatives by what is known already: then the screen would be work done twice
 * @returns evidence in the order of `pairs`
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function comparePairs(
  pairs: readonly (readonly [Fingerprint, Fingerprint])[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
  screen = true,
): Promise<PairEvidence[]> {
  const shared = pairs.map(([a, b]) => sharedBlocks(a, b))
  if (!screen) return evidenceOf(shared, runner, signal)
  const screened = await evidenceOf(shared.map(screenBlocks), runner, signal)
  // Wide models bring few rows of each matrix: where most of those match, all of them decide whether chance is ruled out.
  const related = screened.map(({ matched }) => matched >= LIKELY)
  const aligned = pairs.map(([a, b], i) => {
    const { matched } = screened[i] as PairEvidence
    return (
      (!related[i] || haveOtherWidths(a, b) ? alignStreams(a, b) : null) ??
      (matched < WHOLLY && depthChange(a, b) !== 0 ? alignedLayers(a, b) : null)
    )
  })
  const full = await evidenceOf(
    shared.map((blocks, i) => aligned[i]?.blocks ?? (related[i] ? blocks : [])),
    runner,
    signal,
  )
  const compared = screened.map((evidence, i) => {
    const found = aligned[i]
    if (found) return after(found, full[i] as PairEvidence, found.logP)
    return related[i] ? (full[i] as PairEvidence) : evidence
  })
  const sorted = pairs.map(([a, b], i) => {
    const { logP, alignment, tensors } = compared[i] as PairEvidence
    const moved = logP < LOG_P_BAR && (alignment ?? "reordered") === "reordered" && (tensors.some(isMoved) || haveOtherNeurons(a, b))
    return moved ? alignNeurons(a, b, aligned[i]?.orders ?? new Map()) : null
  })
  const closer = await evidenceOf(
    sorted.map((found) => found?.blocks ?? []),
    runner,
    signal,
  )
  const answers = compared.map((evidence, i) => {
    const found = sorted[i]
    return found ? after(found, closer[i] as PairEvidence, evidence.logP) : evidence
  })
  return withDirections(pairs, answers, runner.scorers, signal)
}

/** Two models brought into one order of layers. */
function alignedLayers(a: Fingerprint, b: Fingerprint): (Aligned & { readonly logP: number }) | null {
  const found = alignLayers(a, b)
  return found && { blocks: sharedBlocks(a, found.b), alignment: "layers", orders: new Map(), logP: found.logP }
}

/** Whether the rows of an MLP's matrix stand in another order. */
function isMoved(tensor: TensorEvidence): boolean {
  return tensor.kind === "matrix" && /(^|\.)mlp\./.test(tensor.role) && !isAligned(tensor)
}

/** The rows were brought into one order by their likeness, so that only the test before it says how improbable chance is. */
function after({ alignment }: Aligned, evidence: PairEvidence, logP: number): PairEvidence {
  return { ...evidence, logP, alignment, related: relatedness(evidence.matched, logP) }
}

async function evidenceOf(
  lists: readonly (readonly Located[])[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
): Promise<PairEvidence[]> {
  const answers: TensorEvidence[][] = lists.map(() => [])
  let batch: { list: number; located: Located }[] = []
  let elements = 0
  const flush = async () => {
    const statistics = await runner.run(
      batch.map((entry) => entry.located.block),
      signal,
    )
    for (const [i, entry] of batch.entries()) answers[entry.list]?.push(toEvidence(entry.located.slab, statistics[i] as PairStatistics))
    batch = []
    elements = 0
  }
  for (const [list, blocks] of lists.entries()) {
    for (const located of blocks) {
      batch.push({ list, located })
      elements += located.block.rows * located.block.cols
      if (elements >= BATCH_ELEMENTS) await flush()
    }
  }
  if (batch.length > 0) await flush()
  return answers.map(summarise)
}

/** Whether the rows of a tensor stand in the same order in both: permuted neurons and shifted layers say nothing element by element. */
export function isAligned(tensor: TensorEvidence): boolean {
  return tensor.tested === 0 || tensor.matched >= 0.3 * tensor.tested
}

/** Cosine of tensors that a reordering leaves alone: two trainings from one seed are never so near. */
const LEFT_ALONE = 0.95

/** Whether rows of some body matrix stand in another order while the matrices that don't are (nearly) the same. */
export function isReordered(pair: PairEvidence): boolean {
  if (pair.alignment !== undefined) return true
  const body = pair.tensors.filter((tensor) => tensor.kind === "matrix" && !isHeadOrEmbedding(tensor.role))
  if (body.every(isAligned)) return false
  const cosines = body.filter(isAligned).map(({ dot, squareA, squareB }) => dot / Math.sqrt(squareA * squareB || 1))
  cosines.sort((a, b) => a - b)
  return (cosines[cosines.length >> 1] ?? 0) >= LEFT_ALONE
}

/** Share of exactly equal elements over the body matrices that changed at all; 1 when none did. */
export function equalShare(pair: PairEvidence): number {
  let [equal, elements] = [0, 0]
  for (const tensor of pair.tensors) {
    if (tensor.kind !== "matrix" || isHeadOrEmbedding(tensor.role) || tensor.squareDelta === 0 || !isAligned(tensor)) continue
    equal += tensor.equal
    elements += tensor.rows * tensor.cols
  }
  return elements > 0 ? equal / elements : 1
}

/** The same evidence with A and B exchanged. */
export function flipped(pair: PairEvidence): PairEvidence {
  const tensors = pair.tensors.map((tensor) => ({
    ...tensor,
    squareA: tensor.squareB,
    squareB: tensor.squareA,
    sumA: tensor.sumB,
    sumB: tensor.sumA,
    zeroA: tensor.zeroB,
    zeroB: tensor.zeroA,
  }))
  return { ...pair, tensors, ...(pair.direction === undefined ? {} : { direction: -pair.direction }) }
}
