import { perObject } from "~src/core/per-object"
import { eigenvalues } from "./eigen"

/** Inner products of the rows of two matrices [rows, cols]: row i of the first with row j of the second at [i, j]. */
export function rowProducts(a: Float32Array, b: Float32Array, rows: number, cols: number): Float64Array {
  const found = new Float64Array(rows * rows)
  const symmetric = a === b
  for (let i = 0; i < rows; i++)
    for (let j = symmetric ? i : 0; j < rows; j++) {
      const sum = product(a, i * cols, b, j * cols, cols)
      found[i * rows + j] = sum
      if (symmetric) found[j * rows + i] = sum
    }
  return found
}

/** Inner product of `length` numbers from `i` and `j` on; four sums side by side need not wait for each other. */
export function product(a: Float32Array, i: number, b: Float32Array, j: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  const whole = length - (length % 4)
  for (let k = 0; k < whole; k += 4) {
    s0 += (a[i + k] as number) * (b[j + k] as number)
    s1 += (a[i + k + 1] as number) * (b[j + k + 1] as number)
    s2 += (a[i + k + 2] as number) * (b[j + k + 2] as number)
    s3 += (a[i + k + 3] as number) * (b[j + k + 3] as number)
  }
  for (let k = whole; k < length; k++) s0 += (a[i + k] as number) * (b[j + k] as number)
  return s0 + s1 + (s2 + s3)
}

/** Share of a matrix's directions called leading. */
const LEADING = 1 / 8

/** How many directions of a matrix are called leading. */
export function leadingCount(rows: number, cols: number): number {
  return Math.max(1, Math.floor(Math.min(rows, cols) * LEADING))
}

/** Smallest number of leading eigenvalues that hold `share` of the sum; 0 for a zero matrix. */
export function energyRank(values: readonly number[], share: number): number {
  const total = values.reduce((sum, value) => sum + value, 0)
  if (total <= 0) return 0
  let sum = 0
  for (const [i, value] of values.entries()) {
    sum += value
    if (sum >= share * total) return i + 1
  }
  return values.length
}

/** Eigenvalues of a tensor's update (squared singular values of B - A), falling; computed once. */
export const deltaSpectrum = perObject(
  ({ deltaGram, head }: { readonly deltaGram: Float32Array; readonly head: number }): readonly number[] => eigenvalues(deltaGram, head),
)
