/**
 * Eigenvalues of a symmetric positive semi-definite matrix, falling, by cyclic Jacobi rotations (Golub and Van Loan, 8.5).
 * @param matrix row-major [n, n], n <= 64
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number): number[] {
  const a = Float64Array.from({ length: n * n }, (_, i) => matrix[i] as number)
  for (let sweep = 0; sweep < 30 && offDiagonal(a, n) > 1e-18; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, n, p, q)
  return Array.from({ length: n }, (_, i) => Math.max(0, a[i * n + i] as number)).sort((x, y) => y - x)
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

/** One Jacobi rotation that zeroes a[p, q]. */
function rotate(a: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] as number
  if (apq === 0) return
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq)
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  const turn = (i: number, j: number) => {
    const x = a[i] as number
    const y = a[j] as number
    a[i] = c * x - s * y
    a[j] = s * x + c * y
  }
  for (let k = 0; k < n; k++) turn(k * n + p, k * n + q)
  for (let k = 0; k < n; k++) turn(p * n + k, q * n + k)
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
