import { PedigreeError } from "~src/core/errors"
import { type Batch, MOMENTS, planBatches } from "./batches"
import { copyClean } from "./clean"
import { serially } from "./queue"
import { createSession, type Ort, type Outputs } from "./session"
import { HEAD_ROWS, type PairBlock, type PairStatistics, type PairStatisticsRunner, type Provider, type Scorers } from "./types"

/** Counts are float32 sums over one row, exact up to this many columns. */
const MOST_COLUMNS = 2 ** 24

export interface PairStatisticsOptions {
  readonly ort: Ort
  /** The bytes of assets/pair-statistics.onnx. */
  readonly model: () => Promise<Uint8Array>
  /** `auto`: WebGPU when `gpu` is there, else and after any failure wasm. The other two use that provider alone. */
  readonly prefer: "auto" | Provider
  /** `navigator.gpu` where it exists. Only its presence counts. */
  readonly gpu?: unknown
  readonly scorers?: Scorers
}

/** The runner of assets/pair-statistics.onnx; nothing is loaded before the first run. */
export function createPairStatistics({ ort, model, prefer, gpu, scorers }: PairStatisticsOptions): PairStatisticsRunner {
  const automatic: readonly Provider[] = gpu ? ["webgpu", "wasm"] : ["wasm"]
  const session = createSession({ ort, model, providers: prefer === "auto" ? automatic : [prefer] })
  return {
    ...(scorers ? { scorers } : {}),
    get provider() {
      return session.provider
    },
    async run(blocks, signal) {
      for (const block of blocks) check(block)
      const answers = blocks.map(blank)
      for (const batch of planBatches(blocks)) {
        const outputs = await serially(async () => {
          signal.throwIfAborted()
          const dims = [batch.pieces.length, batch.rows, batch.cols]
          const a = new ort.Tensor("float32", stack(blocks, batch, "a"), dims)
          const b = new ort.Tensor("float32", stack(blocks, batch, "b"), dims)
          return session.run({ a, b })
        })
        collect(answers, batch, outputs)
      }
      signal.throwIfAborted()
      return answers
    },
  }
}

type Mutable = { -readonly [Key in keyof PairStatistics]: PairStatistics[Key] }

/** The moments that add up over rows, each with its column in the graph's output. */
const SUMS = [
  ["sumA", 0],
  ["sumB", 1],
  ["squareA", 2],
  ["squareB", 3],
  ["dot", 4],
  ["squareDelta", 5],
  ["equal", 7],
  ["sameSign", 8],
] as const

const MAX_ABS_DELTA = 6
const NONZERO_A = 9
const NONZERO_B = 10

function check({ a, b, rows, cols }: PairBlock): void {
  if (a.length !== rows * cols || b.length !== rows * cols) throw new RangeError("a pair block's values do not fit its shape")
  if (cols > MOST_COLUMNS) {
    throw new PedigreeError(
      "unsupported",
      `A tensor's rows have ${cols} values, more than can be compared.`,
      "Compare other tensors of this model.",
    )
  }
}

function blank({ rows, cols }: PairBlock): Mutable {
  const head = Math.min(rows, HEAD_ROWS)
  const count = rows * cols
  // Zeros are what is left when all that is not zero has been counted.
  const sums = {
    sumA: 0,
    sumB: 0,
    squareA: 0,
    squareB: 0,
    dot: 0,
    squareDelta: 0,
    maxAbsDelta: 0,
    equal: 0,
    sameSign: 0,
    zeroA: count,
    zeroB: count,
  }
  // A block without elements is not run and keeps these.
  const none = new Float32Array(count === 0 ? head * head : 0)
  return { rows, cols, head, match: none, deltaGram: none, ...sums }
}

function stack(blocks: readonly PairBlock[], { rows, cols, pieces }: Batch, side: "a" | "b"): Float32Array {
  const size = rows * cols
  const stacked = new Float32Array(pieces.length * size)
  for (const [index, { block, start }] of pieces.entries()) {
    const source = blocks[block]
    if (source) copyClean(source[side], start * cols, stacked, index * size, size)
  }
  return stacked
}

/** Adds a run's outputs to the answers: sums in float64, so that only the sum within one row has float32's error. */
function collect(answers: readonly Mutable[], { rows, pieces }: Batch, outputs: Outputs): void {
  const head = Math.min(rows, HEAD_ROWS)
  const match = floats(outputs, "match")
  const deltaGram = floats(outputs, "deltaGram")
  const moments = floats(outputs, "moments")
  for (const [index, { block, start }] of pieces.entries()) {
    const answer = answers[block]
    if (!answer) continue
    if (start === 0) {
      const [from, to] = [index * head * head, (index + 1) * head * head]
      answer.match = match.subarray(from, to)
      // A copy: it is kept for long, and would keep those of the whole run.
      answer.deltaGram = deltaGram.slice(from, to)
    }
    for (let row = 0; row < rows; row++) {
      const at = (index * rows + row) * MOMENTS
      for (const [name, column] of SUMS) answer[name] += moments[at + column] ?? 0
      answer.maxAbsDelta = Math.max(answer.maxAbsDelta, moments[at + MAX_ABS_DELTA] ?? 0)
      answer.zeroA -= moments[at + NONZERO_A] ?? 0
      answer.zeroB -= moments[at + NONZERO_B] ?? 0
    }
  }
}

function floats(outputs: Outputs, name: string): Float32Array {
  const data = outputs[name]?.data
  if (data instanceof Float32Array) return data
  throw new PedigreeError("unsupported", `The comparison graph gave no ${name}.`, "Install the extension anew.")
}
