import { perObject } from "~src/core/per-object"
import { slabKey, slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import { isHeadOrEmbedding } from "~src/lineage/roles"

/** Body matrices kept: every role of a usual transformer once. */
const MATRICES = 8
const MATRIX_ROWS = 16
/** The matrix of which most rows were read keeps more of them, so that updates of low rank show. */
const RANK_ROWS = 32
/** Elements kept of a matrix: 16 rows of 32; of wide models, which bring few rows, more columns. 4,096 a model do nearly as well as all of them (docs/charting.md). */
const MATRIX_ELEMENTS = 512
const VECTORS = 4
const VECTOR_COLS = 64
/** Larger magnitudes and NaN are no weights: broken or hostile files, mask buffers. */
const LARGEST = 1e15
/** One row alone has no other to be told from. */
const LEAST_ROWS = 2

/** One tensor's part of a sketch: rows x cols values from `at` on. */
export interface Segment {
  /** Equal for the same rows of the same tensor. */
  readonly key: string
  readonly role: string
  readonly layer: number | null
  readonly kind: "matrix" | "vector"
  readonly at: number
  readonly rows: number
  readonly cols: number
}

/** A few thousand elements that stand for a model wherever models are many. */
export interface Sketch {
  /** The fingerprint cut to what the sketch and the test of a pair need: same tensors, files and facts, fewer rows and columns. */
  readonly cut: Fingerprint
  readonly segments: readonly Segment[]
  /** Equal for sketches with equal segments, and for no others. */
  readonly layout: number
  /** The values themselves, segment by segment, row-major. */
  readonly values: Float32Array
  /** Rows of matrices without the mean over rows, scaled to length 1; zeros for vectors and flat rows. */
  readonly units: Float32Array
}

/** The sketch of a fingerprint; computed once. An adapter has none worth the name. */
export const sketchOf = perObject((fingerprint: Fingerprint): Sketch => {
  const cut = { ...fingerprint, slabs: cutSlabs(fingerprint.slabs) }
  const segments: Segment[] = []
  const parts: Float32Array[] = []
  let at = 0
  for (const slab of cut.slabs) {
    const matrix = slab.shape.length > 1
    const rows = Math.min(slab.rows, MATRIX_ROWS)
    const cols = Math.min(slab.cols, Math.floor((matrix ? MATRIX_ELEMENTS : VECTOR_COLS) / rows))
    const place = `${slabKey(slab)}|${matrixShape(slab.shape).cols}|${slab.row0}|${slab.col0}`
    segments.push({ key: place, role: slab.role, layer: slab.layer, kind: matrix ? "matrix" : "vector", at, rows, cols })
    parts.push(block(slab, rows, cols))
    at += rows * cols
  }
  const values = new Float32Array(at)
  for (const [i, part] of parts.entries()) values.set(part, segments[i]?.at)
  return {
    cut,
    segments,
    layout: layoutNumber(segments.map(({ key, rows, cols }) => `${key}|${rows}|${cols}`).join("\n")),
    values,
    units: unitRows(values, segments),
  }
})

const layouts = new Map<string, number>()

/** Numbers are compared for every pair, texts only once a model. */
function layoutNumber(layout: string): number {
  const known = layouts.get(layout)
  if (known !== undefined) return known
  layouts.set(layout, layouts.size)
  return layouts.size - 1
}

function cutSlabs(slabs: readonly Slab[]): Slab[] {
  const matrices = slabs.filter((slab) => slab.shape.length > 1 && slab.rows >= LEAST_ROWS)
  const body = matrices.filter(({ role }) => !isHeadOrEmbedding(role))
  const pool = body.length > 0 ? body : matrices
  const most = Math.max(...pool.map(({ rows }) => rows))
  const ranked = pool.find(({ rows }) => rows === most)
  const chosen = new Set(ranked ? [ranked, ...pool].slice(0, MATRICES + 1) : [])
  const cutMatrix = (slab: Slab) => {
    const rows = Math.min(slab.rows, slab === ranked ? RANK_ROWS : MATRIX_ROWS)
    return shrink(slab, rows, Math.floor(MATRIX_ELEMENTS / Math.min(rows, MATRIX_ROWS)))
  }
  const vectors = slabs.filter((slab) => slab.shape.length <= 1)
  return [...[...chosen].slice(0, MATRICES).map(cutMatrix), ...vectors.slice(0, VECTORS).map((slab) => shrink(slab, 1, VECTOR_COLS))]
}

/** The first rows and columns of a slab. */
function shrink(slab: Slab, mostRows: number, mostCols: number): Slab {
  const [rows, cols] = [Math.min(slab.rows, mostRows), Math.min(slab.cols, mostCols)]
  const size = dtypeSize(slab.dtype)
  if (cols === slab.cols) return { ...slab, rows, bits: slab.bits.subarray(0, rows * cols * size) }
  const bits = new Uint8Array(rows * cols * size)
  const [width, whole] = [cols * size, slab.cols * size]
  for (let row = 0; row < rows; row++) for (let i = 0; i < width; i++) bits[row * width + i] = slab.bits[row * whole + i] as number
  return { ...slab, rows, cols, bits }
}

function block(slab: Slab, rows: number, cols: number): Float32Array {
  const whole = slabValues(slab)
  const values = new Float32Array(rows * cols)
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) {
      const value = whole[row * slab.cols + col] as number
      values[row * cols + col] = Math.abs(value) <= LARGEST ? value : 0
    }
  return values
}

function unitRows(values: Float32Array, segments: readonly Segment[]): Float32Array {
  const units = new Float32Array(values.length)
  for (const { kind, at, rows, cols } of segments) {
    if (kind === "vector") continue
    const mean = new Float64Array(cols)
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) mean[col] = (mean[col] as number) + (values[at + row * cols + col] as number) / rows
    for (let row = 0; row < rows; row++) {
      const start = at + row * cols
      let square = 0
      for (let col = 0; col < cols; col++) square += ((values[start + col] as number) - (mean[col] as number)) ** 2
      if (!(square > 0)) continue
      const scale = 1 / Math.sqrt(square)
      for (let col = 0; col < cols; col++) units[start + col] = ((values[start + col] as number) - (mean[col] as number)) * scale
    }
  }
  return units
}
