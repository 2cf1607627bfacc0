import { copyClean } from "./clean"
import { HEAD_ROWS, type PairBlock, type PairStatistics } from "./types"

/** The largest error, as {@link worstError} measures it, that a correct provider may show. */
export const TOLERANCE = 1e-4

/** What the graph computes, in float64 and without any runtime: the yardstick of the tests and of the self-test. */
export function referenceStatistics({ a, b, rows, cols }: PairBlock): PairStatistics {
  const left = new Float32Array(rows * cols)
  const right = new Float32Array(rows * cols)
  copyClean(a, 0, left, 0, left.length)
  copyClean(b, 0, right, 0, right.length)
  const change = new Float64Array(right).map((value, i) => value - (left[i] ?? 0))
  const head = Math.min(rows, HEAD_ROWS)
  const total = (value: (x: number, y: number) => number) => left.reduce((sum, x, i) => sum + value(x, right[i] ?? 0), 0)
  return {
    rows,
    cols,
    head,
    match: rowCosines(left, right, rows, cols, head),
    deltaGram: products(change, change, head, cols),
    sumA: total((x) => x),
    sumB: total((_, y) => y),
    squareA: total((x) => x * x),
    squareB: total((_, y) => y * y),
    dot: total((x, y) => x * y),
    squareDelta: change.reduce((sum, d) => sum + d * d, 0),
    maxAbsDelta: change.reduce((most, d) => Math.max(most, Math.abs(d)), 0),
    equal: total((x, y) => Number(x === y)),
    sameSign: total((x, y) => Number(Math.sign(x) === Math.sign(y))),
    zeroA: total((x) => Number(x === 0)),
    zeroB: total((_, y) => Number(y === 0)),
  }
}

/**
 * The worst error of an answer on each number's own scale: cosines absolute; Gram entries against sqrt(G_ii G_jj); `dot` and the plain
 * sums against their Cauchy-Schwarz bounds; squares and the maximum relative; counts absolute, so that a wrong count is an error of 1 or more.
 */
export function worstError(answer: PairStatistics, truth: PairStatistics): number {
  const { head } = truth
  const count = truth.rows * truth.cols
  const gram = (i: number, j: number) => truth.deltaGram[i * head + j] ?? 0
  let worst = 0
  const note = (got: number | undefined, want: number | undefined, scale: number) => {
    const error = got === want ? 0 : Math.abs((got ?? Number.NaN) - (want ?? Number.NaN)) / scale
    // A missing value or a NaN counts as infinitely wrong.
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error)
  }
  for (let i = 0; i < head; i++) {
    for (let j = 0; j < head; j++) {
      const at = i * head + j
      note(answer.match[at], truth.match[at], 1)
      note(answer.deltaGram[at], truth.deltaGram[at], Math.sqrt(gram(i, i) * gram(j, j)))
    }
  }
  note(answer.sumA, truth.sumA, Math.sqrt(count * truth.squareA))
  note(answer.sumB, truth.sumB, Math.sqrt(count * truth.squareB))
  note(answer.dot, truth.dot, Math.sqrt(truth.squareA * truth.squareB))
  for (const name of ["squareA", "squareB", "squareDelta", "maxAbsDelta"] as const) note(answer[name], truth[name], truth[name])
  for (const name of ["equal", "sameSign", "zeroA", "zeroB"] as const) note(answer[name], truth[name], 1)
  return worst
}

/**
 * Cosines of the first `count` rows of a (index i) and of b (index j) after the mean over each side's head rows is taken out: the graph's
 * `match`, or a corner of it.
 * @param a row-major [rows, cols], finite
 * @returns row-major [count, count]
 */
export function rowCosines(a: Float32Array, b: Float32Array, rows: number, cols: number, count: number): Float32Array {
  const head = Math.min(rows, HEAD_ROWS)
  return products(unitRows(a, head, cols), unitRows(b, head, cols), count, cols)
}

/** Rows without their common mean, scaled to length 1; rows that vanish stay near 0 (the floors of the graph). */
function unitRows(values: Float32Array, rows: number, cols: number): Float64Array {
  const units = new Float64Array(rows * cols)
  for (let col = 0; col < cols; col++) {
    let mean = 0
    for (let row = 0; row < rows; row++) mean += (values[row * cols + col] ?? 0) / rows
    for (let row = 0; row < rows; row++) units[row * cols + col] = (values[row * cols + col] ?? 0) - mean
  }
  for (let row = 0; row < rows; row++) {
    const raw = values.subarray(row * cols, (row + 1) * cols)
    const unit = units.subarray(row * cols, (row + 1) * cols)
    const energy = unit.reduce((sum, x) => sum + x * x, 0)
    const floor = 1e-12 * raw.reduce((sum, x) => sum + x * x, 0) + 1e-30
    const length = Math.sqrt(Math.max(energy, floor))
    unit.forEach((x, i) => {
      unit[i] = x / length
    })
  }
  return units
}

function products(left: Float64Array, right: Float64Array, rows: number, cols: number): Float32Array {
  const result = new Float32Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let sum = 0
      for (let col = 0; col < cols; col++) sum += (left[i * cols + col] ?? 0) * (right[j * cols + col] ?? 0)
      result[i * rows + j] = sum
    }
  }
  return result
}
