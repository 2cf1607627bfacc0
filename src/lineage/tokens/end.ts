import { distinctCount } from "~src/core/distinct"
import { perObject } from "~src/core/per-object"
import { blockValues } from "~src/fingerprint/slabs"
import type { Slab } from "~src/fingerprint/types"
import { bfloat16Count } from "~src/formats/dtypes"
import { copyClean } from "~src/inference/clean"
import { eigenvectors } from "../eigen"
import { leadingCount, rowProducts } from "../spectrum"

/** Values of one tensor that its end-of-the-pair traits are read off: leading rows, so many elements at most. */
const ELEMENTS = 2_048
const ROWS = 16
/** Rows of the tensor's own Gram matrix; an eigendecomposition costs their cube. */
const SPECTRUM_ROWS = 32
const SPECTRUM_COLS = 512

/** What one tensor says of itself, without its counterpart; all free of scale but `size`. */
export interface EndTraits {
  /** Share of groups of four neighbours with at least two exact zeros. */
  readonly twoOfFour: number
  /** Distinct values per block of 32 neighbours, and per row of up to 1,024, as shares of their number. */
  readonly levels: number
  readonly distinct: number
  /** How far values lie off the symmetric grid of 4 and of 8 bits that a group's largest value spans; 0 on it, about 1 for none. */
  readonly offGrid4: number
  readonly offGrid8: number
  /** Share of values that bfloat16 holds exactly. */
  readonly bfloat16: number
  /** Fourth moment over the squared second, 3 for a normal distribution. */
  readonly kurtosis: number
  /** Root mean square times the root of the row's length: about 1 at the usual initialisations. */
  readonly size: number
  /** Mean over root mean square. */
  readonly centre: number
}

/** Computed once per slab. */
export const endTraits = perObject((slab: Slab): EndTraits => {
  const rows = Math.max(1, Math.min(slab.rows, ROWS, Math.floor(ELEMENTS / slab.cols)))
  const cols = Math.min(slab.cols, ELEMENTS)
  const values = leadingRows(slab, rows, cols)
  let [sum, square, fourth] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    sum += value
    square += value * value
    fourth += value * value * value * value
  }
  const rms = Math.sqrt(square / values.length)
  const [nib, byte] = [[32], [32, 64, 128, cols]].map((groups, i) =>
    Math.min(...groups.filter((group) => group <= cols).map((group) => offGrid(values, cols, group, i === 0 ? 7 : 127)), 1.5),
  )
  return {
    twoOfFour: zeroPairs(values, cols),
    levels: distinctShare(values, cols, 32),
    distinct: distinctShare(values, cols, Math.min(cols, 1_024)),
    offGrid4: nib as number,
    offGrid8: byte as number,
    bfloat16: bfloat16Count(values) / values.length,
    kurtosis: square > 0 ? (fourth * values.length) / square ** 2 : 3,
    size: rms * Math.sqrt(slab.cols),
    centre: rms > 0 ? sum / values.length / rms : 0,
  }
})

/** The tensor's own row Gram, of up to 32 rows: eigenvalues, and the leading eigenvectors as rows; once per slab. */
export const endSpectrum = perObject((slab: Slab) => {
  const rows = Math.min(slab.rows, SPECTRUM_ROWS)
  const cols = Math.min(slab.cols, SPECTRUM_COLS)
  const values = leadingRows(slab, rows, cols)
  const leading = leadingCount(rows, cols)
  return { rows, cols, leading, ...eigenvectors(rowProducts(values, values, rows, cols), rows, leading) }
})

/** Row-major [rows, cols] of a slab's first rows and columns; what is no finite weight counts as 0, as in the comparison graph. */
function leadingRows(slab: Slab, rows: number, cols: number): Float32Array {
  const cut = new Float32Array(rows * cols)
  const all = blockValues(slab, slab.row0, slab.row0 + rows, slab.col0, slab.col0 + slab.cols)
  for (let row = 0; row < rows; row++) copyClean(all, row * slab.cols, cut, row * cols, cols)
  return cut
}

function zeroPairs(values: Float32Array, cols: number): number {
  let [groups, sparse] = [0, 0]
  for (let start = 0; start < values.length; start += cols)
    for (let col = start; col + 4 <= start + cols; col += 4) {
      let zeros = 0
      for (let i = col; i < col + 4; i++) if (values[i] === 0) zeros++
      groups++
      if (zeros >= 2) sparse++
    }
  return groups > 0 ? sparse / groups : 0
}

function distinctShare(values: Float32Array, cols: number, block: number): number {
  let [blocks, share] = [0, 0]
  for (let start = 0; start < values.length; start += cols)
    for (let col = start; col + block <= start + cols; col += block) {
      blocks++
      share += distinctCount(values.subarray(col, col + block)) / block
    }
  return blocks > 0 ? share / blocks : 1
}

/**
 * Mean distance from the grid whose outermost level is the group's largest magnitude, in quarters of a step: 1 for values that know
 * nothing of it. The levels beyond 32 are left out: a narrow dtype rounds those off the grid.
 */
function offGrid(values: Float32Array, cols: number, group: number, top: number): number {
  let [count, off] = [0, 0]
  for (let start = 0; start < values.length; start += cols)
    for (let col = start; col + group <= start + cols; col += group) {
      let largest = 0
      for (let i = col; i < col + group; i++) largest = Math.max(largest, Math.abs(values[i] as number))
      if (largest === 0) continue
      for (let i = col; i < col + group; i++) {
        const level = (Math.abs(values[i] as number) * top) / largest
        if (level < 0.5 || level > 32 || level >= top - 0.5) continue
        off += Math.abs(level - Math.round(level))
        count++
      }
    }
  return count > 0 ? (4 * off) / count : 1
}
