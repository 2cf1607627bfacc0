import { slabKey, slabsByKey, slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"
import { MIN_DIRECTIONS, type Portrait, type SpectrumPicture, spectrumOf, stripOf } from "./portrait"

/** Rows of one update looked at. */
const ROWS = 64

/** The update of one matrix that an adapter makes: the Gram of its sampled rows and its size beside the base's rows. */
interface Step {
  readonly gram: Float64Array
  readonly rows: number
  readonly cols: number
  /** ||scaling * B A|| / ||W|| over those rows; null where the base's rows or the scaling are not at hand. */
  readonly update: number | null
}

/**
 * The pictures of an adapter on its base: how far each product B A moves its matrix, and the directions of the one that moves
 * most. DoRA's magnitudes are left out.
 * @param adapter must have `facts.adapter`
 * @returns null where no pair of factors was read whole
 */
export function adapterPortraitOf(base: Fingerprint, adapter: Fingerprint): Portrait | null {
  const own = slabsByKey(adapter)
  const theirs = slabsByKey(base)
  const steps = (adapter.facts.adapter?.targets ?? []).flatMap(({ role, layer, scaling }) => {
    const [a, b] = [own.get(slabKey({ role: `${role}.lora_a`, layer })), own.get(slabKey({ role: `${role}.lora_b`, layer }))]
    const step = a && b ? stepOf(a, b, theirs.get(slabKey({ role, layer })), scaling) : null
    return step && b ? [{ role, layer, name: b.name, ...step }] : []
  })
  if (steps.length === 0) return null
  const [most] = [...steps].sort((x, y) => (y.update ?? 0) - (x.update ?? 0) || trace(y) - trace(x))
  const spectrum: SpectrumPicture | null =
    most && Math.min(most.rows, most.cols) >= MIN_DIRECTIONS ? spectrumOf(most.name, most.gram, most.rows, most.cols) : null
  return { strip: stripOf(steps), ...(spectrum ? { spectrum } : {}) }
}

const trace = ({ gram, rows }: Step): number =>
  Array.from({ length: rows }, (_, i) => gram[i * rows + i] as number).reduce((x, y) => x + y, 0)

function stepOf(a: Slab, b: Slab, base: Slab | undefined, scaling: number | null): Step | null {
  const [rank, cols] = [matrixShape(a.shape).rows, matrixShape(a.shape).cols]
  const isWhole = a.rows === rank && a.cols === cols && b.col0 === 0 && b.cols === rank && matrixShape(b.shape).cols === rank
  if (!isWhole || b.rows === 0) return null
  const rows = Math.min(b.rows, ROWS)
  const [left, right] = [slabValues(b), slabValues(a)]
  const inner = products(right, right, rank, rank, cols)
  // B (A A^T) B^T, of the first rows of B.
  const half = products(left, inner, rows, rank, rank)
  const gram = products(half, left, rows, rows, rank)
  if (!gram.every(Number.isFinite)) return null
  return { gram, rows, cols, update: base && scaling !== null ? beside(gram, rows, b.row0, cols, base, scaling) : null }
}

/** x y^T of row-major x [rows, length] and y [others, length]. */
function products(x: ArrayLike<number>, y: ArrayLike<number>, rows: number, others: number, length: number): Float64Array {
  const result = new Float64Array(rows * others)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < others; j++) {
      let sum = 0
      for (let k = 0; k < length; k++) sum += (x[i * length + k] as number) * (y[j * length + k] as number)
      result[i * others + j] = sum
    }
  return result
}

/** The update's size beside the base's over the rows that both have. */
function beside(gram: Float64Array, rows: number, row0: number, cols: number, base: Slab, scaling: number): number | null {
  if (base.col0 !== 0 || base.cols !== cols) return null
  const values = slabValues(base)
  let [step, size] = [0, 0]
  for (let i = 0; i < rows; i++) {
    const at = row0 + i - base.row0
    if (at < 0 || at >= base.rows) continue
    step += gram[i * rows + i] as number
    for (let k = at * cols; k < (at + 1) * cols; k++) size += (values[k] as number) ** 2
  }
  return size > 0 && Number.isFinite(size) ? (Math.abs(scaling) * Math.sqrt(Math.max(0, step))) / Math.sqrt(size) : null
}
