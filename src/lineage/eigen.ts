import { uniform } from "~src/core/uniform"

/**
 * Eigenvalues of a symmetric positive semi-definite matrix, falling: Householder's reduction to a tridiagonal matrix, then implicit QL
 * (Golub and Van Loan, 8.3).
 * @param matrix row-major [n, n], n <= 64
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number): number[] {
  return Array.from(valuesOf(tridiagonal(matrix, n)), (value) => Math.max(0, value))
}

/**
 * The same of any symmetric matrix, with the eigenvectors of its `count` largest eigenvalues by inverse iteration (Golub and Van Loan, 8.2):
 * few of them cost little beside the reduction.
 * @returns all values, falling; vectors as rows of [count, n] in the same order
 */
export function eigenvectors(matrix: ArrayLike<number>, n: number, count: number): { values: number[]; vectors: Float64Array } {
  const reduced = tridiagonal(matrix, n)
  const values = Array.from(valuesOf(reduced))
  const vectors = new Float64Array(count * n)
  for (let k = 0; k < count; k++) inverseIteration(reduced, values, k, vectors)
  for (let k = 0; k < count; k++) reflect(reduced, vectors, k * n)
  return { values, vectors }
}

interface Tridiagonal {
  readonly n: number
  readonly diagonal: Float64Array
  /** beside[i] couples i and i + 1. */
  readonly beside: Float64Array
  /** Row i holds the vector of reflection i, of length i, and halves[i] half its squared length; 0 where none was needed. */
  readonly reflections: Float64Array
  readonly halves: Float64Array
}

/** Reflects rows and columns, from the last row up, until only the diagonal and the elements beside it are left; works on the lower half. */
function tridiagonal(matrix: ArrayLike<number>, n: number): Tridiagonal {
  const a = new Float64Array(matrix)
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const halves = new Float64Array(n)
  const products = new Float64Array(n)
  for (let i = n - 1; i >= 1; i--) {
    const own = i * n
    let square = 0
    for (let k = 0; k < i - 1; k++) square += (a[own + k] as number) ** 2
    const pivot = a[own + i - 1] as number
    if (square === 0) {
      beside[i - 1] = pivot
      continue
    }
    const norm = Math.sqrt(square + pivot ** 2)
    const end = pivot > 0 ? -norm : norm
    beside[i - 1] = end
    // The reflection's vector stands in row i; half its squared length is `half`.
    a[own + i - 1] = pivot - end
    const half = norm * norm - pivot * end
    halves[i] = half
    products.fill(0)
    for (let j = 0; j < i; j++) {
      const row = j * n
      const at = a[own + j] as number
      let sum = (a[row + j] as number) * at
      for (let k = 0; k < j; k++) {
        const value = a[row + k] as number
        sum += value * (a[own + k] as number)
        products[k] = (products[k] as number) + value * at
      }
      products[j] = (products[j] as number) + sum
    }
    let along = 0
    for (let j = 0; j < i; j++) along += (products[j] as number) * (a[own + j] as number)
    const shift = along / (2 * half)
    for (let j = 0; j < i; j++) products[j] = ((products[j] as number) - shift * (a[own + j] as number)) / half
    for (let j = 0; j < i; j++) {
      const row = j * n
      const ofJ = products[j] as number
      const atJ = a[own + j] as number
      for (let k = 0; k <= j; k++) a[row + k] = (a[row + k] as number) - ofJ * (a[own + k] as number) - atJ * (products[k] as number)
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] as number
  return { n, diagonal, beside, reflections: a, halves }
}

/** QL needs about two turns an eigenvalue. */
const MOST_TURNS = 50

/** All eigenvalues of a tridiagonal matrix, falling. */
function valuesOf({ n, diagonal, beside }: Tridiagonal): Float64Array {
  const [d, e] = [diagonal.slice(), beside.slice()]
  for (let first = 0; first < n; first++)
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      let last = first
      while (last < n - 1 && !isNegligible(e[last] as number, d[last] as number, d[last + 1] as number)) last++
      if (last === first) break
      turnQL(d, e, first, last)
    }
  return d.sort().reverse()
}

function isNegligible(value: number, above: number, below: number): boolean {
  return Math.abs(value) <= Number.EPSILON * (Math.abs(above) + Math.abs(below))
}

/** One implicit QL turn with Wilkinson's shift on rows first..last of a tridiagonal matrix. */
function turnQL(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const start = d[first] as number
  const coupling = e[first] as number
  const slope = ((d[first + 1] as number) - start) / (2 * coupling)
  const root = Math.sqrt(slope * slope + 1)
  let g = (d[last] as number) - start + coupling / (slope + (slope < 0 ? -root : root))
  let sine = 1
  let cosine = 1
  let carried = 0
  for (let i = last - 1; i >= first; i--) {
    const f = sine * (e[i] as number)
    const b = cosine * (e[i] as number)
    const r = Math.sqrt(f * f + g * g)
    if (i < last - 1 || r === 0) e[i + 1] = r
    if (r === 0) {
      d[i + 1] = (d[i + 1] as number) - carried
      e[last] = 0
      return
    }
    sine = f / r
    cosine = g / r
    g = (d[i + 1] as number) - carried
    const turned = ((d[i] as number) - g) * sine + 2 * cosine * b
    carried = sine * turned
    d[i + 1] = g + carried
    g = cosine * turned - b
  }
  d[first] = start - carried
  e[first] = g
  if (last < d.length - 1) e[last] = 0
}

/** Each turn makes the wanted direction larger by the distance of the next eigenvalue over rounding: two do, three leave nothing to doubt. */
const TURNS = 3

/** Writes eigenvector k of a tridiagonal matrix into row k of `vectors`, at right angles to the rows before it. */
function inverseIteration({ n, diagonal, beside }: Tridiagonal, values: readonly number[], k: number, vectors: Float64Array): void {
  const norm = Math.max(Math.abs(values[0] as number), Math.abs(values[n - 1] as number))
  const tiny = Number.EPSILON * norm || 1
  const own = vectors.subarray(k * n, (k + 1) * n)
  const next = uniform(k + 1)
  const begin = () => {
    for (let i = 0; i < n; i++) own[i] = next() - 0.5
  }
  const solve = shiftedSolver(diagonal, beside, values[k] as number, tiny)
  begin()
  for (let turn = 0; turn < TURNS; turn++) {
    solve(own)
    if (isApart(own, vectors, k)) continue
    // Where only zeros are left any direction is an eigenvector, and the solution may be one of those that are there.
    begin()
    isApart(own, vectors, k)
  }
}

/** Share of a direction that must be left beside those before for what is left to be at right angles to them, and attempts at that. */
const LEFT = 0.5
const ATTEMPTS = 4

/** Brings a vector to length 1 at right angles to the first `count` rows; false where it lies among them. */
function isApart(vector: Float64Array, rows: Float64Array, count: number): boolean {
  normalise(vector)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (let row = 0; row < count; row++) {
      const from = row * vector.length
      let along = 0
      for (let i = 0; i < vector.length; i++) along += (rows[from + i] as number) * (vector[i] as number)
      for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - along * (rows[from + i] as number)
    }
    if (normalise(vector) > LEFT) return true
  }
  return false
}

/** @returns the length that it had */
function normalise(vector: Float64Array): number {
  let largest = 0
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i] as number))
  let square = 0
  for (let i = 0; i < vector.length; i++) {
    vector[i] = (vector[i] as number) / largest
    square += (vector[i] as number) ** 2
  }
  const length = Math.sqrt(square)
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length
  return length * largest
}

/**
 * Solves (T - shift) x = b in place, by Gaussian elimination with row exchanges, done once.
 * @param tiny stands for pivots that vanish, as one does at an eigenvalue
 */
function shiftedSolver(diagonal: Float64Array, beside: Float64Array, shift: number, tiny: number): (b: Float64Array) => void {
  const n = diagonal.length
  // Row i of the triangle: pivots, and the two elements right of them.
  const [pivots, first, second] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)]
  const [factors, exchanged] = [new Float64Array(n), new Uint8Array(n)]
  let pivot = (diagonal[0] as number) - shift
  let right = beside[0] as number
  for (let i = 0; i < n - 1; i++) {
    const below = beside[i] as number
    const under = (diagonal[i + 1] as number) - shift
    const beyond = i + 2 < n ? (beside[i + 1] as number) : 0
    if (Math.abs(below) > Math.abs(pivot)) {
      exchanged[i] = 1
      factors[i] = pivot / below
      pivots[i] = below
      first[i] = under
      second[i] = beyond
      pivot = right - (factors[i] as number) * under
      right = -(factors[i] as number) * beyond
    } else {
      pivots[i] = Math.abs(pivot) < tiny ? tiny : pivot
      factors[i] = below / (pivots[i] as number)
      first[i] = right
      pivot = under - (factors[i] as number) * right
      right = beyond
    }
  }
  pivots[n - 1] = Math.abs(pivot) < tiny ? tiny : pivot
  return (b) => {
    for (let i = 0; i < n - 1; i++) {
      const [own, below] = [b[i] as number, b[i + 1] as number]
      b[i] = exchanged[i] ? below : own
      b[i + 1] = exchanged[i] ? own - (factors[i] as number) * below : below - (factors[i] as number) * own
    }
    for (let i = n - 1; i >= 0; i--) {
      const beyond = i + 2 < n ? (second[i] as number) * (b[i + 2] as number) : 0
      const beside = i + 1 < n ? (first[i] as number) * (b[i + 1] as number) : 0
      b[i] = ((b[i] as number) - beside - beyond) / (pivots[i] as number)
    }
  }
}

/** Undoes the reduction: all reflections after each other, in place, on the vector that begins at `from`. */
function reflect({ n, reflections, halves }: Tridiagonal, vectors: Float64Array, from: number): void {
  for (let i = 1; i < n; i++) {
    const half = halves[i] as number
    if (half === 0) continue
    let along = 0
    for (let k = 0; k < i; k++) along += (reflections[i * n + k] as number) * (vectors[from + k] as number)
    along /= half
    for (let k = 0; k < i; k++) vectors[from + k] = (vectors[from + k] as number) - along * (reflections[i * n + k] as number)
  }
}
