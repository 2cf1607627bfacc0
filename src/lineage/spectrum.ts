export interface Eigen {
  /** Falling. */
  readonly values: number[]
  /** The eigenvector of values[i] is vectors[i], length n. */
  readonly vectors: Float64Array[]
}

/**
 * Eigenvalues and vectors of a symmetric positive semi-definite matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5).
 * @param matrix row-major with row stride `stride`; the leading [n, n] block is used, n <= 64
 */
export function symmetricEigen(matrix: ArrayLike<number>, stride: number, n: number): Eigen {
  const a = Float64Array.from({ length: n * n }, (_, i) => matrix[Math.floor(i / n) * stride + (i % n)] as number)
  const v = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
  for (let sweep = 0; sweep < 30 && offDiagonal(a, n) > 1e-18; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q)
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (a[j * n + j] as number) - (a[i * n + i] as number))
  return {
    values: order.map((i) => Math.max(0, a[i * n + i] as number)),
    vectors: order.map((i) => Float64Array.from({ length: n }, (_, k) => v[k * n + i] as number)),
  }
}

/** Squared off-diagonal part relative to the squared diagonal. */
function offDiagonal(a: Float64Array, n: number): number {
  let off = 0
  let diagonal = 0
  for (const [i, value] of a.entries()) {
    if (i % (n + 1) === 0) diagonal += value * value
    else off += value * value
  }
  return diagonal > 0 ? off / diagonal : 0
}

/** One Jacobi rotation that zeroes a[p, q], applied to the eigenvector matrix too. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] as number
  if (apq === 0) return
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq)
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  const turn = (m: Float64Array, i: number, j: number) => {
    const [x, y] = [m[i] as number, m[j] as number]
    m[i] = c * x - s * y
    m[j] = s * x + c * y
  }
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q)
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k)
  for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q)
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
