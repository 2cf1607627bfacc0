import { summarise } from "~src/lineage/pair"
import type { PairEvidence, TensorEvidence } from "~src/lineage/types"
import type { Segment, Sketch } from "./sketch"

/** A segment that two sketches share: where it begins in each, and its common rows. */
interface Shared {
  readonly segment: Segment
  readonly a: number
  readonly b: number
  readonly rows: number
}

const alignments = new Map<number, Map<number, readonly Shared[]>>()

/** The segments present in both; the same list for every pair of these layouts. */
function align(a: Sketch, b: Sketch): readonly Shared[] {
  const known = alignments.get(a.layout)?.get(b.layout)
  if (known) return known
  const inB = new Map(b.segments.map((segment) => [segment.key, segment]))
  const shared = a.segments.flatMap((segment) => {
    const other = inB.get(segment.key)
    return other && other.cols === segment.cols ? [{ segment, a: segment.at, b: other.at, rows: Math.min(segment.rows, other.rows) }] : []
  })
  const row = alignments.get(a.layout) ?? new Map<number, readonly Shared[]>()
  alignments.set(a.layout, row.set(b.layout, shared))
  return shared
}

/** Mean cosine of rows from which a matrix counts as the same one; chance lies at 0 with a deviation of about 0.05. */
const SAME_MATRIX = 0.2

/** Matrices after which strangers are told: half of a sketch, whose mean cosine then lies below this. */
const GLANCE = 4
const STRANGERS = 0.05

/**
 * Mean cosine of the equal rows of two sketches, over all their matrices or those that were needed to tell that they are strangers; null
 * where they share none. Independent models lie at 0 with a deviation of about 0.02, relatives mostly above 0.5.
 */
export function sketchCosine(a: Sketch, b: Sketch): number | null {
  let sum = 0
  let rows = 0
  let seen = 0
  for (const shared of align(a, b)) {
    if (shared.segment.kind === "vector") continue
    sum += dot(a.units, shared.a, b.units, shared.b, shared.rows * shared.segment.cols)
    rows += shared.rows
    seen++
    if (seen === GLANCE && sum < STRANGERS * rows) break
  }
  return rows === 0 ? null : sum / rows
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, count: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  const last = count - (count % 4)
  for (let i = 0; i < last; i += 4) {
    s0 += (a[fromA + i] as number) * (b[fromB + i] as number)
    s1 += (a[fromA + i + 1] as number) * (b[fromB + i + 1] as number)
    s2 += (a[fromA + i + 2] as number) * (b[fromB + i + 2] as number)
    s3 += (a[fromA + i + 3] as number) * (b[fromB + i + 3] as number)
  }
  for (let i = last; i < count; i++) s0 += (a[fromA + i] as number) * (b[fromB + i] as number)
  return s0 + s1 + s2 + s3
}

/** Squared relative distance over the first `most` elements of each shared segment, for finding near ones quickly; Infinity without any. */
export function roughDistance(a: Sketch, b: Sketch, most: number): number {
  let [sum, scale] = [0, 0]
  for (const { segment, a: fromA, b: fromB, rows } of align(a, b)) {
    if (segment.kind === "vector") continue
    const count = Math.min(most, rows * segment.cols)
    const [left, right] = [a.values, b.values]
    let delta = 0
    let square = 0
    for (let i = 0; i < count; i++) {
      const x = left[fromA + i] as number
      const y = right[fromB + i] as number
      delta += (x - y) * (x - y)
      square += x * x + y * y
    }
    if (square > 0) {
      sum += delta / square
      scale++
    }
  }
  return scale > 0 ? sum / scale : Number.POSITIVE_INFINITY
}

/**
 * What two sketches say of their models, in the form of a compared pair: all but the matching of rows one by one and the update's Gram
 * matrix, which only the test of the pair itself gives. Whether a matrix is the same one in both is judged by the mean cosine of its rows,
 * whose tail under independence is bounded by exp(-z^2 / 2).
 */
export function sketchEvidence(a: Sketch, b: Sketch): PairEvidence {
  return summarise(align(a, b).map((shared) => tensorEvidence(a, b, shared)))
}

const NOTHING = new Float32Array(0)

function tensorEvidence(a: Sketch, b: Sketch, { segment, a: fromA, b: fromB, rows }: Shared): TensorEvidence {
  const { role, layer, kind, cols } = segment
  const count = rows * cols
  const [left, right] = [a.values, b.values]
  let sumA = 0
  let sumB = 0
  let squareA = 0
  let squareB = 0
  let product = 0
  let equal = 0
  let zeroA = 0
  let zeroB = 0
  let squareDelta = 0
  let maxAbsDelta = 0
  let sameSign = 0
  for (let i = 0; i < count; i++) {
    const x = left[fromA + i] as number
    const y = right[fromB + i] as number
    sumA += x
    sumB += y
    squareA += x * x
    squareB += y * y
    product += x * y
    squareDelta += (x - y) * (x - y)
    if (Math.abs(x - y) > maxAbsDelta) maxAbsDelta = Math.abs(x - y)
    if (x === y) equal++
    if (Math.sign(x) === Math.sign(y)) sameSign++
    if (x === 0) zeroA++
    if (y === 0) zeroB++
  }
  const cosine = kind === "matrix" ? dot(a.units, fromA, b.units, fromB, count) / rows : 0
  const tested = kind === "matrix" ? rows : 0
  const matched = cosine >= SAME_MATRIX ? tested : 0
  // One plain object: spreading several into it would take ten times as long as the sums.
  return {
    role,
    layer,
    kind,
    rows,
    cols,
    tested,
    matched,
    logP: tested > 0 ? -(Math.max(0, cosine) ** 2 * (rows - 1) * cols) / 2 : 0,
    squareA,
    squareB,
    dot: product,
    squareDelta,
    maxAbsDelta,
    sumA,
    sumB,
    equal,
    sameSign,
    zeroA,
    zeroB,
    deltaGram: NOTHING,
    head: 0,
  }
}
