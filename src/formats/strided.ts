import { matrixShape, plainSource, type TensorSource } from "./container"
import { dtypeSize } from "./dtypes"
import type { Dtype } from "./types"

/** A row spread over more than this many times its own bytes is not worth reading. */
const MAX_SPREAD = 4

const product = (sides: readonly number[]) => sides.reduce((all, side) => all * side, 1)

/** Elements from the first to the last of a strided view, both counted; 0 for an empty one. */
export function extentOf(shape: readonly number[], stride: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((last, side, axis) => last + (side - 1) * (stride[axis] as number), 1)
}

/** True for a tensor whose elements follow each other in row-major order, and for an empty one. */
export function isContiguous({ shape, stride }: Pick<Strided, "shape" | "stride">): boolean {
  if (shape.includes(0)) return true
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] as number
    if (side > 1 && stride[axis] !== step) return false
    step *= side
  }
  return true
}

/** A tensor as it lies in its file: element (i, j, ...) at `begin` plus (i * stride[0] + j * stride[1] + ...) elements. */
export interface Strided {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly file: string
  readonly begin: number
}

/**
 * How a strided tensor is read: along rows where each row lies together (slices and channels-last convolutions too), along columns
 * where a matrix is stored transposed; null where neither does. The view must lie inside its file.
 */
export function stridedSource(name: string, strided: Strided): TensorSource | null {
  const { dtype, shape, stride, file, begin } = strided
  if (isContiguous(strided)) return plainSource(name, dtype, shape, file, begin)
  const rows = linesAlong(shape, stride, 0)
  if (rows) return lineSource(name, strided, "rows", rows)
  const columns = shape.length === 2 ? linesAlong(shape, stride, 1) : null
  return columns && lineSource(name, strided, "columns", columns)
}

interface Lines {
  /** Elements from one line's first to the next line's first. */
  readonly step: number
  /** Elements from a line's first to its last, both counted. */
  readonly extent: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

/** The lines along one axis, if they follow each other without reaching into one another. */
function linesAlong(shape: readonly number[], stride: readonly number[], axis: number): Lines | null {
  const inner = shape.filter((_, i) => i !== axis)
  const innerStride = stride.filter((_, i) => i !== axis)
  const reach = extentOf(inner, innerStride)
  const step = shape[axis] === 1 ? reach : (stride[axis] as number)
  const cells = product(inner)
  // More cells than places: an expanded tensor.
  if (shape.length < 2 || reach > step || cells > reach || step > MAX_SPREAD * cells) return null
  return { step, extent: reach, shape: inner, stride: innerStride }
}

function lineSource(name: string, { dtype, shape, file, begin }: Strided, direction: "rows" | "columns", lines: Lines): TensorSource {
  const size = dtypeSize(dtype)
  const { rows, cols } = matrixShape(shape)
  return {
    name,
    dtype,
    shape,
    packing: null,
    bytes: (direction === "rows" ? rows : cols) * lines.step * size,
    along: direction,
    spans: (from, to) => [
      {
        file,
        begin: begin + from * lines.step * size,
        end: begin + (to > from ? (to - 1) * lines.step + lines.extent : from * lines.step) * size,
      },
    ],
    unpack: (from, to, chunks) => {
      const places = placesIn(lines)
      const chunk = chunks[0] ?? new Uint8Array(0)
      const count = to - from
      const out = new Uint8Array(count * places.length * size)
      const [lineStep, cellStep] = direction === "rows" ? [places.length, 1] : [1, count]
      for (let line = 0; line < count; line++) {
        for (let cell = 0; cell < places.length; cell++) {
          const source = (line * lines.step + (places[cell] as number)) * size
          const target = (line * lineStep + cell * cellStep) * size
          for (let byte = 0; byte < size; byte++) out[target + byte] = chunk[source + byte] as number
        }
      }
      return out
    },
  }
}

/** Where the elements of one line lie, counted from its first, in row-major order of its shape. */
function placesIn({ shape, stride }: Lines): Float64Array {
  const places = new Float64Array(product(shape))
  for (let cell = 0; cell < places.length; cell++) {
    let rest = cell
    let place = 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const side = shape[axis] as number
      place += (rest % side) * (stride[axis] as number)
      rest = Math.floor(rest / side)
    }
    places[cell] = place
  }
  return places
}
