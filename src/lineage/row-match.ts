import type { PairBlock } from "~src/inference/types"
import { assignMaximum } from "./assignment"

/** Rows entered per tensor: 1/16! = 5e-14 already settles a tensor, and more rows only cost time. */
export const MATCH_ROWS = 16
/** With fewer rows even a perfect match says little (1/3! = 0.17). */
const MINIMUM_ROWS = 4
/** Rows without variation (padding, constants) match anything: they are left out. */
const FLAT = 1e-6

export interface RowMatch {
  readonly tested: number
  readonly matched: number
  readonly logP: number
}

const logFactorials: number[] = [0]
function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push((logFactorials[i - 1] as number) + Math.log(i))
  return logFactorials[n] as number
}

/** Number of derangements of n things divided by n!, i.e. the probability that a uniform permutation has no fixed point. */
function derangementShare(n: number): number {
  let sum = 0
  let term = 1
  for (let i = 0; i <= n; i++) {
    sum += term
    term *= -1 / (i + 1)
  }
  return sum
}

/**
 * ln P(at least `fixed` fixed points) of a uniformly random permutation of `n` things: the exact null distribution of
 * the sampled row-match test (rencontres numbers; after Zhu et al., "Independence Tests for Language Models", ICML 2025).
 */
export function logFixedPointTail(n: number, fixed: number): number {
  if (fixed <= 0) return 0
  let sum = 0
  // P(exactly m) = 1/m! * (derangements of n-m)/(n-m)!; summed relative to the first term to stay in range.
  const base = -logFactorial(fixed)
  for (let m = fixed; m <= n; m++) sum += Math.exp(-logFactorial(m) - base) * derangementShare(n - m)
  return base + Math.log(sum)
}

/**
 * Matches the first rows of A to the same rows of B by the best assignment on their centred cosines and counts those
 * matched to themselves.
 * @param cosines row-major [head, head], as `pair-statistics` gives them
 */
export function matchRows(cosines: Float32Array, head: number): RowMatch {
  const limit = Math.min(head, MATCH_ROWS)
  const live: number[] = []
  for (let i = 0; i < limit; i++) {
    let row = 0
    let col = 0
    for (let j = 0; j < head; j++) {
      row = Math.max(row, Math.abs(cosines[i * head + j] as number))
      col = Math.max(col, Math.abs(cosines[j * head + i] as number))
    }
    if (row > FLAT && col > FLAT) live.push(i)
  }
  const n = live.length
  if (n < MINIMUM_ROWS) return { tested: 0, matched: 0, logP: 0 }
  const weight = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) weight[i * n + j] = cosines[(live[i] as number) * head + (live[j] as number)] as number
  const assigned = assignMaximum(weight, n)
  let matched = 0
  for (let i = 0; i < n; i++) if (assigned[i] === i) matched++
  return { tested: n, matched, logP: logFixedPointTail(n, matched) }
}

/** {@link matchRows} of a small block, whose cosines are not worth a call of the runtime. */
export function matchBlock({ a, b, rows, cols }: PairBlock): RowMatch {
  const [x, y] = [centredRows(a, rows, cols), centredRows(b, rows, cols)]
  const cosines = new Float32Array(rows * rows)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      let sum = 0
      for (let k = 0; k < cols; k++) sum += (x[i * cols + k] as number) * (y[j * cols + k] as number)
      cosines[i * rows + j] = sum
    }
  return matchRows(cosines, rows)
}

/** Rows of length 1 after the mean over rows is taken out. */
function centredRows(values: Float32Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(values)
  for (let col = 0; col < cols; col++) {
    let mean = 0
    for (let row = 0; row < rows; row++) mean += (values[row * cols + col] as number) / rows
    for (let row = 0; row < rows; row++) out[row * cols + col] = (out[row * cols + col] as number) - mean
  }
  for (let row = 0; row < rows; row++) {
    const own = out.subarray(row * cols, (row + 1) * cols)
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0)) || 1
    for (let col = 0; col < cols; col++) own[col] = (own[col] as number) / length
  }
  return out
}

/**
 * Fisher's method: ln of the combined p-value of independent tests. With 2t degrees of freedom the chi-square tail has
 * the closed form exp(-s) * sum_{i<t} s^i / i!, where s = -sum(ln p).
 */
export function fisher(logPs: readonly number[]): number {
  const t = logPs.length
  if (t === 0) return 0
  const s = -logPs.reduce((sum, logP) => sum + logP, 0)
  if (s <= 0) return 0
  let largest = Number.NEGATIVE_INFINITY
  const terms: number[] = []
  for (let i = 0; i < t; i++) {
    const term = i * Math.log(s) - logFactorial(i)
    terms.push(term)
    largest = Math.max(largest, term)
  }
  const sum = terms.reduce((total, term) => total + Math.exp(term - largest), 0)
  return Math.min(0, -s + largest + Math.log(sum))
}
