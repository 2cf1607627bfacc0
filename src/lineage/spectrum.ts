/**
 * Eigenvalues of a symmetric positive semi-definite matrix, falling: Householder's reduction to a tridiagonal matrix, then implicit QL
 * (Golub and Van Loan, 8.3).
 * @param matrix row-major [n, n], n <= 64
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number): number[] {
  const { diagonal, beside } = tridiagonal(matrix, n)
  for (let first = 0; first < n; first++)
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      let last = first
      while (last < n - 1 && !isNegligible(beside[last] as number, diagonal[last] as number, diagonal[last + 1] as number)) last++
      if (last === first) break
      turnQL(diagonal, beside, first, last)
    }
  return Array.from(diagonal, (value) => Math.max(0, value)).sort((x, y) => y - x)
}

/** QL needs about two turns an eigenvalue. */
const MOST_TURNS = 50

function isNegligible(value: number, above: number, below: number): boolean {
  return Math.abs(value) <= Number.EPSILON * (Math.abs(above) + Math.abs(below))
}

/** Reflects rows and columns, from the last row up, until only the diagonal and the elements beside it are left: beside[i] couples i and i + 1. */
function tridiagonal(matrix: ArrayLike<number>, n: number): { diagonal: Float64Array; beside: Float64Array } {
  const a = Float64Array.from({ length: n * n }, (_, i) => matrix[i] as number)
  const at = (row: number, column: number) => a[row * n + column] as number
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const product = new Float64Array(n)
  for (let i = n - 1; i >= 1; i--) {
    let square = 0
    for (let k = 0; k < i - 1; k++) square += at(i, k) ** 2
    const pivot = at(i, i - 1)
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
    let along = 0
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = 0; k < i; k++) sum += at(j, k) * at(i, k)
      product[j] = sum / half
      along += (product[j] as number) * at(i, j)
    }
    const shift = along / (2 * half)
    for (let j = 0; j < i; j++) product[j] = (product[j] as number) - shift * at(i, j)
    for (let j = 0; j < i; j++)
      for (let k = 0; k < i; k++) a[j * n + k] = at(j, k) - (product[j] as number) * at(i, k) - at(i, j) * (product[k] as number)
  }
  for (let i = 0; i < n; i++) diagonal[i] = at(i, i)
  return { diagonal, beside }
}

/** One implicit QL turn with Wilkinson's shift on rows first..last of a tridiagonal matrix. */
function turnQL(diagonal: Float64Array, beside: Float64Array, first: number, last: number): void {
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

/** Jacobi needs fewer than ten sweeps for n <= 64. */
const MOST_SWEEPS = 30

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5). Slower than
 * {@link eigenvalues}, which every compared pair needs; directions are asked for of a few pairs only.
 * @param matrix row-major [n, n], n <= 64
 * @returns values, falling; vectors as rows of [n, n] in the same order
 */
export function eigenvectors(matrix: ArrayLike<number>, n: number): { values: number[]; vectors: Float64Array } {
  const a = Float64Array.from({ length: n * n }, (_, i) => matrix[i] as number)
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) v[i * n + i] = 1
  const scale = a.reduce((sum, value) => sum + value * value, 0)
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q] as number
        off += apq * apq
        if (apq * apq > 1e-24 * scale) rotate(a, v, n, p, q)
      }
    if (off <= 1e-20 * scale) break
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (a[j * n + j] as number) - (a[i * n + i] as number))
  const vectors = new Float64Array(n * n)
  for (const [row, i] of order.entries()) vectors.set(v.subarray(i * n, (i + 1) * n), row * n)
  return { values: order.map((i) => a[i * n + i] as number), vectors }
}

/** Makes element (p, q) zero; the rows of v turn along. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * (a[p * n + q] as number))
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  const turn = (m: Float64Array, i: number, j: number) => {
    const [x, y] = [m[i] as number, m[j] as number]
    m[i] = c * x - s * y
    m[j] = s * x + c * y
  }
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q)
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k)
  for (let k = 0; k < n; k++) turn(v, p * n + k, q * n + k)
}
