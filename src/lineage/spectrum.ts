import { perObject } from "~src/core/per-object"

/**
 * Eigenvalues of a symmetric positive semi-definite matrix, falling: Householder's reduction to a tridiagonal matrix, then implicit QL
 * (Golub and Van Loan, 8.3).
 * @param matrix row-major [n, n], n <= 64
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number): number[] {
  const { diagonal, beside } = tridiagonal(matrix, n)
  diagonalise(diagonal, beside, null)
  return Array.from(diagonal, (value) => Math.max(0, value)).sort((x, y) => y - x)
}

/**
 * The same with eigenvectors, for any symmetric matrix.
 * @param matrix row-major [n, n], n <= 64
 * @returns values, falling; vectors as rows of [n, n] in the same order
 */
export function eigenvectors(matrix: ArrayLike<number>, n: number): { values: number[]; vectors: Float64Array } {
  const { diagonal, beside, reflections, halves } = tridiagonal(matrix, n)
  const turned = reflected(reflections, halves, n)
  diagonalise(diagonal, beside, turned)
  const order = Array.from(diagonal.keys()).sort((i, j) => (diagonal[j] as number) - (diagonal[i] as number))
  const vectors = new Float64Array(n * n)
  for (const [row, i] of order.entries()) vectors.set(turned.subarray(i * n, (i + 1) * n), row * n)
  return { values: order.map((i) => diagonal[i] as number), vectors }
}

/** @param vectors rows that turn along with the matrix, where they are wanted */
function diagonalise(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array | null): void {
  const n = diagonal.length
  for (let first = 0; first < n; first++)
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      let last = first
      while (last < n - 1 && !isNegligible(beside[last] as number, diagonal[last] as number, diagonal[last + 1] as number)) last++
      if (last === first) break
      turnQL(diagonal, beside, first, last, vectors)
    }
}

/** Inner products of the rows of two matrices [rows, cols]: row i of the first with row j of the second at [i, j]. */
export function rowProducts(a: ArrayLike<number>, b: ArrayLike<number>, rows: number, cols: number): Float64Array {
  const found = new Float64Array(rows * rows)
  const symmetric = a === b
  for (let i = 0; i < rows; i++)
    for (let j = symmetric ? i : 0; j < rows; j++) {
      let sum = 0
      for (let k = 0; k < cols; k++) sum += (a[i * cols + k] as number) * (b[j * cols + k] as number)
      found[i * rows + j] = sum
      if (symmetric) found[j * rows + i] = sum
    }
  return found
}

/** QL needs about two turns an eigenvalue. */
const MOST_TURNS = 50

function isNegligible(value: number, above: number, below: number): boolean {
  return Math.abs(value) <= Number.EPSILON * (Math.abs(above) + Math.abs(below))
}

interface Tridiagonal {
  readonly diagonal: Float64Array
  /** beside[i] couples i and i + 1. */
  readonly beside: Float64Array
  /** Row i holds the vector of reflection i, of length i, and halves[i] half its squared length; 0 where none was needed. */
  readonly reflections: Float64Array
  readonly halves: Float64Array
}

/** Reflects rows and columns, from the last row up, until only the diagonal and the elements beside it are left. */
function tridiagonal(matrix: ArrayLike<number>, n: number): Tridiagonal {
  const a = Float64Array.from({ length: n * n }, (_, i) => matrix[i] as number)
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const halves = new Float64Array(n)
  const product = new Float64Array(n)
  for (let i = n - 1; i >= 1; i--) {
    let square = 0
    for (let k = 0; k < i - 1; k++) square += (a[i * n + k] as number) ** 2
    const pivot = a[i * n + i - 1] as number
    if (square === 0) {
      beside[i - 1] = pivot
      continue
    }
    const norm = Math.sqrt(square + pivot ** 2)
    const end = pivot > 0 ? -norm : norm
    beside[i - 1] = end
    // The reflection's vector stands in row i; half its squared length is `half`.
    a[i * n + i - 1] = pivot - end
    const half = norm * norm - pivot * end
    halves[i] = half
    let along = 0
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = 0; k < i; k++) sum += (a[j * n + k] as number) * (a[i * n + k] as number)
      product[j] = sum / half
      along += (product[j] as number) * (a[i * n + j] as number)
    }
    const shift = along / (2 * half)
    for (let j = 0; j < i; j++) product[j] = (product[j] as number) - shift * (a[i * n + j] as number)
    for (let j = 0; j < i; j++) {
      const [ofJ, atJ] = [product[j] as number, a[i * n + j] as number]
      for (let k = 0; k < i; k++) a[j * n + k] = (a[j * n + k] as number) - ofJ * (a[i * n + k] as number) - atJ * (product[k] as number)
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] as number
  return { diagonal, beside, reflections: a, halves }
}

/** All reflections after each other, transposed: row j is what they make of unit vector j. */
function reflected(reflections: Float64Array, halves: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    const row = rows.subarray(j * n, (j + 1) * n)
    row[j] = 1
    for (let i = 1; i < n; i++) {
      const half = halves[i] as number
      if (half === 0) continue
      let along = 0
      for (let k = 0; k < i; k++) along += (reflections[i * n + k] as number) * (row[k] as number)
      along /= half
      for (let k = 0; k < i; k++) row[k] = (row[k] as number) - along * (reflections[i * n + k] as number)
    }
  }
  return rows
}

/** One implicit QL turn with Wilkinson's shift on rows first..last of a tridiagonal matrix. */
function turnQL(diagonal: Float64Array, beside: Float64Array, first: number, last: number, vectors: Float64Array | null): void {
  const n = diagonal.length
  const [d, e] = [(i: number) => diagonal[i] as number, (i: number) => beside[i] as number]
  const slope = (d(first + 1) - d(first)) / (2 * e(first))
  const root = Math.hypot(slope, 1)
  let g = d(last) - d(first) + e(first) / (slope + (slope < 0 ? -root : root))
  let [sine, cosine, carried] = [1, 1, 0]
  for (let i = last - 1; i >= first; i--) {
    const f = sine * e(i)
    const b = cosine * e(i)
    const r = Math.hypot(f, g)
    if (i < last - 1 || r === 0) beside[i + 1] = r
    if (r === 0) {
      diagonal[i + 1] = d(i + 1) - carried
      beside[last] = 0
      return
    }
    sine = f / r
    cosine = g / r
    g = d(i + 1) - carried
    const turned = (d(i) - g) * sine + 2 * cosine * b
    carried = sine * turned
    diagonal[i + 1] = g + carried
    g = cosine * turned - b
    if (vectors)
      for (let k = i * n; k < (i + 1) * n; k++) {
        const lower = vectors[k] as number
        const upper = vectors[k + n] as number
        vectors[k + n] = sine * lower + cosine * upper
        vectors[k] = cosine * lower - sine * upper
      }
  }
  diagonal[first] = d(first) - carried
  beside[first] = g
  if (last < diagonal.length - 1) beside[last] = 0
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
