import { commonBlock, slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import type { PairBlock, PairStatistics, PairStatisticsRunner } from "~src/inference/types"
import { isHeadOrEmbedding } from "./roles"
import { fisher, MATCH_ROWS, matchRows } from "./row-match"
import type { PairEvidence, TensorEvidence } from "./types"

/** Matrices looked at before a pair is taken for unrelated; unrelated pairs match under a tenth of their rows, related ones over nine tenths. */
const SCREEN_TENSORS = 6
/** Rows compared per tensor: as many as the Grams hold, so that every tensor has its say and large ones do not drown the others. */
const COMPARED_ROWS = 64
/** Elements of one batch handed to the runtime: bounds memory, long enough to amortise the call. */
const BATCH_ELEMENTS = 4_000_000
/** Share of matched rows in the screen from which a pair is looked at whole. */
const LIKELY = 0.4
/** Chance alone: one in a hundred million. */
const LOG_P_BAR = Math.log(1e-8)

interface Located {
  readonly slab: Slab
  readonly block: PairBlock
}

/** Blocks of equal rows of the tensors present in both, in the order of A's plan. */
function sharedBlocks(a: Fingerprint, b: Fingerprint): Located[] {
  const inB = new Map(b.slabs.map((slab) => [slabKey(slab), slab]))
  const found: Located[] = []
  for (const slab of a.slabs) {
    const other = inB.get(slabKey(slab))
    const common = other && commonBlock(slab, other)
    if (!common) continue
    const rows = Math.min(common.rows, COMPARED_ROWS)
    const size = rows * common.cols
    found.push({ slab, block: { a: common.a.subarray(0, size), b: common.b.subarray(0, size), rows, cols: common.cols } })
  }
  return found
}

function isMatrix(slab: Slab): boolean {
  return slab.shape.length > 1
}

/** The first rows of a few body matrices spread over the plan: enough to tell strangers from relatives. */
function screenBlocks(blocks: readonly Located[]): Located[] {
  const body = blocks.filter(({ slab, block }) => isMatrix(slab) && block.rows >= 4 && !isHeadOrEmbedding(slab.role))
  const pool = body.length > 0 ? body : blocks.filter(({ slab, block }) => isMatrix(slab) && block.rows >= 4)
  const step = Math.max(1, pool.length / SCREEN_TENSORS)
  const picked: Located[] = []
  for (let i = 0; i < pool.length && picked.length < SCREEN_TENSORS; i += step) {
    const { slab, block } = pool[Math.floor(i)] as Located
    const rows = Math.min(block.rows, MATCH_ROWS)
    const size = rows * block.cols
    picked.push({ slab, block: { a: block.a.subarray(0, size), b: block.b.subarray(0, size), rows, cols: block.cols } })
  }
  return picked
}

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
    sumA: statistics.sumA,
    sumB: statistics.sumB,
    equal: statistics.equal,
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
  // The two populations lie below 0.2 and above 0.7 with nothing between: a steep curve in the gap.
  const curve = 1 / (1 + Math.exp(-22 * (matched - 0.45)))
  const related = logP < LOG_P_BAR ? Math.min(0.9999, Math.max(0.0001, curve)) : 0.0001
  return { tensors, matched, logP, related }
}

/**
 * Compares pairs of fingerprints through `pair-statistics`. A pair whose rows clearly don't match in the screen keeps the screen's
 * evidence alone.
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
  const full = await evidenceOf(
    shared.map((blocks, i) => (related[i] ? blocks : [])),
    runner,
    signal,
  )
  return screened.map((evidence, i) => (related[i] ? (full[i] as PairEvidence) : evidence))
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
  return { ...pair, tensors }
}
