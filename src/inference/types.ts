/** Two equally shaped row-major blocks, `rows` x `cols`, values as float32. */
export interface PairBlock {
  readonly a: Float32Array
  readonly b: Float32Array
  readonly rows: number
  readonly cols: number
}

/** `match` and `deltaGram` cover at most this many leading rows; the graph (training/graphs/pair_statistics.py) has the same number. */
export const HEAD_ROWS = 64

/** What the `pair-statistics` graph says of one block. */
export interface PairStatistics {
  readonly rows: number
  readonly cols: number
  /** How many leading rows `match` and `deltaGram` look at: min(rows, HEAD_ROWS). */
  readonly head: number
  /** Cosines between head rows of A (index i) and of B (index j) after removing from each side the mean over its head rows, row-major [head, head]. */
  readonly match: Float32Array
  /** (B - A)(B - A)^T of the head rows, row-major [head, head]. */
  readonly deltaGram: Float32Array
  readonly sumA: number
  readonly sumB: number
  readonly squareA: number
  readonly squareB: number
  readonly dot: number
  /** Sum of squared differences, computed from differences (no cancellation). */
  readonly squareDelta: number
  readonly maxAbsDelta: number
  /** How many elements are equal, have the same sign, are exactly zero in A, in B. */
  readonly equal: number
  readonly sameSign: number
  readonly zeroA: number
  readonly zeroB: number
}

export type Provider = "webgpu" | "wasm"

/** The one face of ONNX Runtime that the layers above see. */
export interface PairStatisticsRunner {
  /** Which execution provider answers; known after the first run. */
  readonly provider: Provider | null
  /** Batched; the answer has the order of the input. Throws PedigreeError when the runtime is lost for good. */
  run(blocks: readonly PairBlock[], signal: AbortSignal): Promise<PairStatistics[]>
  /** The learned scorers on the same runtime; without them the rules speak alone. */
  readonly scorers?: Scorers
}

/** The evidence of one pair as a set of tokens, row-major [tokens, features]; src/lineage/tokens says what they mean. */
export interface TokenSet {
  readonly features: number
  readonly values: Float32Array
}

/** The learned scorers (assets/relation.md, assets/direction.md). Batched; answers have the order of the input. */
export interface Scorers {
  /** Logits over the relations that B may stand in to A. */
  relations(sets: readonly TokenSet[], signal: AbortSignal): Promise<Float32Array[]>
  /** Log-odds that A is the parent and B the child. */
  directions(sets: readonly TokenSet[], signal: AbortSignal): Promise<number[]>
}
