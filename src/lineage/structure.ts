import { median } from "~src/core/median"
import { perObject, perPair } from "~src/core/per-object"
import { uniform } from "~src/core/uniform"
import { blockValues, type CommonBlock, commonBlock, slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { eigenvalues, eigenvectors } from "./eigen"
import { isHeadOrEmbedding } from "./roles"
import { leadingCount, product, rowProducts } from "./spectrum"

/** Rows of a matrix looked at, and matrices of a model: spread over the plan, they tell as much as all. */
const ROWS = 64
const MATRICES = 16
const MIN_SIDE = 8
/** From this multiple of what noise of the same shape holds in its leading directions on, training has written something there. */
const WRITTEN = 1.1

/** How much of what training wrote into one model another carries, each way; null where too little was written to tell. */
export interface CarriedStructure {
  /** Of A's structure in B. */
  readonly ofA: number | null
  /** Of B's structure in A. */
  readonly ofB: number | null
}

/**
 * Training writes a few strong directions into a matrix that began as noise (outliers over the Marchenko-Pastur edge). An heir carries
 * its parent's leading directions as wholly as the rest: the regression coefficients of the one on the other are equal there. Two
 * trainings from one seed share the noise alone, so that the leading directions of each are carried less.
 * Measured as coefficient on leading over coefficient on remaining directions, the median over body matrices.
 */
export function carriedStructure(a: Fingerprint, b: Fingerprint): CarriedStructure {
  return { ofA: carried(a, b), ofB: carried(b, a) }
}

/** A family is charted several times while its members are read. */
const carried = perPair((from: Fingerprint, by: Fingerprint): number | null => {
  const others = slabsByKey(by)
  const ratios: number[] = []
  const strengths: number[] = []
  for (const slab of from.slabs) {
    if (ratios.length === MATRICES) break
    const other = others.get(slabKey(slab))
    if (!other || slab.shape.length < 2 || isHeadOrEmbedding(slab.role)) continue
    const common = commonBlock(slab, other)
    if (!common || Math.min(common.rows, common.cols) < MIN_SIDE) continue
    const rows = Math.min(common.rows, ROWS)
    const isWhole = other.row0 <= slab.row0 && rows === Math.min(slab.rows, ROWS) && common.cols === slab.cols
    const found = compare(common, rows, isWhole ? slabDirections(slab) : directionsOf(common.a, rows, common.cols))
    if (!found) continue
    ratios.push(found.ratio)
    strengths.push(found.strength)
  }
  return (median(strengths) ?? 0) < WRITTEN ? null : (median(ratios) ?? null)
})

/** The leading left singular directions of a matrix. */
interface Directions {
  /** Squared singular values of all directions together, and of the leading ones. */
  readonly total: number
  readonly top: number
  /** As rows of [leading, rows]. */
  readonly vectors: Float32Array
  /** The matrix along them, [leading, cols]. */
  readonly along: Float32Array
}

/** Those of the first rows of a slab, for all models it is held against. */
const slabDirections = perObject((slab: Slab): Directions => {
  const rows = Math.min(slab.rows, ROWS)
  return directionsOf(blockValues(slab, slab.row0, slab.row0 + rows, slab.col0, slab.col0 + slab.cols), rows, slab.cols)
})

function directionsOf(a: Float32Array, rows: number, cols: number): Directions {
  const leading = leadingCount(rows, cols)
  const found = eigenvectors(rowProducts(a, a, rows, cols), rows, leading)
  const vectors = Float32Array.from(found.vectors)
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  return { total: sum(found.values), top: sum(found.values.slice(0, leading)), vectors, along: projected(a, rows, cols, vectors, leading) }
}

/** A matrix [rows, cols] along directions [count, rows]: [count, cols]. */
function projected(values: Float32Array, rows: number, cols: number, vectors: Float32Array, count: number): Float32Array {
  const found = new Float32Array(count * cols)
  for (let n = 0; n < count; n++)
    for (let row = 0; row < rows; row++) {
      const share = vectors[n * rows + row] as number
      const [from, to] = [row * cols, n * cols]
      for (let col = 0; col < cols; col++) found[to + col] = (found[to + col] as number) + share * (values[from + col] as number)
    }
  return found
}

/** One matrix: coefficients of b on a along a's leading left singular directions, over those along the rest. */
function compare({ a, b, cols }: CommonBlock, rows: number, { total, top, vectors, along }: Directions) {
  const leading = leadingCount(rows, cols)
  const topCarried = product(along, 0, projected(b, rows, cols, vectors, leading), 0, leading * cols)
  // Over all directions together it comes to the trace.
  const [rest, restCarried] = [total - top, product(a, 0, b, 0, rows * cols) - topCarried]
  if (!(top > 0 && rest > 0 && restCarried > 0)) return null
  return { ratio: topCarried / top / (restCarried / rest), strength: top / total / noiseShare(rows, cols, leading) }
}

const shares = new Map<string, number>()
/** Beyond this many columns the share hardly changes any more. */
const MOST_COLUMNS = 1_024

/** Share of all energy in the leading directions of noise of this shape: measured, since small matrices are far from the limit law. */
function noiseShare(rows: number, cols: number, leading: number): number {
  const width = Math.min(cols, MOST_COLUMNS)
  const key = `${rows}|${width}`
  const known = shares.get(key)
  if (known !== undefined) return known
  const noise = Float32Array.from({ length: rows * width }, normals())
  const values = eigenvalues(rowProducts(noise, noise, rows, width), rows)
  const total = values.reduce((sum, value) => sum + value, 0)
  const share = values.slice(0, leading).reduce((sum, value) => sum + value, 0) / total
  shares.set(key, share)
  return share
}

/** Nearly normal numbers, always the same: sums of twelve uniform ones. */
function normals(): () => number {
  const next = uniform(1)
  return () => {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += next()
    return sum
  }
}
