import { PedigreeError } from "~src/core/errors"
import { matrixShape, plainSource, type TensorSource } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import type { TensorClaim, Unreadable } from "./tensors"

/** A row spread over more than this many times its own bytes is not worth reading. */
const MAX_SPREAD = 4

const product = (sides: readonly number[]) => sides.reduce((all, side) => all * side, 1)

/** Elements from the first to the last of a view, both counted; 0 for an empty one. */
function extent(shape: readonly number[], stride: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((last, side, axis) => last + (side - 1) * (stride[axis] as number), 1)
}

function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] as number
    if (side > 1 && stride[axis] !== step) return false
    step *= side
  }
  return true
}

/**
 * How a tensor is read from its storage: along rows where each row lies together (slices and channels-last convolutions too), along
 * columns where a matrix is stored transposed.
 * @param begin first byte of the storage in the file
 * @throws PedigreeError "malformed" when the tensor reaches beyond its storage
 */
export function torchSource(name: string, claim: TensorClaim, file: string, begin: number): TensorSource | Unreadable {
  const { dtype, shape, stride, offset, storage } = claim
  const size = dtypeSize(dtype)
  const elements = product(shape)
  const end = (offset + extent(shape, stride)) * size
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end) || storage.bytes === null || (elements > 0 && end > storage.bytes)) {
    throw new PedigreeError(
      "malformed",
      `${file} is not a valid PyTorch file: tensor ${JSON.stringify(name)} of shape [${shape}] from element ${offset} on reaches beyond its storage ${JSON.stringify(storage.key.slice(0, 100))}, which begins at byte ${begin}.`,
      "Ask the repository's owner to upload the file again.",
    )
  }
  const first = begin + offset * size
  if (elements === 0 || isContiguous(shape, stride)) return plainSource(name, dtype, shape, file, elements === 0 ? begin : first)
  const rows = along(shape, stride, 0)
  if (rows) return stridedSource(name, claim, file, first, "rows", rows)
  const columns = shape.length === 2 ? along(shape, stride, 1) : null
  if (columns) return stridedSource(name, claim, file, first, "columns", columns)
  return { reason: `its elements do not lie together (shape [${shape}], strides [${stride}])` }
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
function along(shape: readonly number[], stride: readonly number[], axis: number): Lines | null {
  const inner = shape.filter((_, i) => i !== axis)
  const innerStride = stride.filter((_, i) => i !== axis)
  const reach = extent(inner, innerStride)
  const step = shape[axis] === 1 ? reach : (stride[axis] as number)
  const cells = product(inner)
  // More cells than places: an expanded tensor.
  if (shape.length < 2 || reach > step || cells > reach || step > MAX_SPREAD * cells) return null
  return { step, extent: reach, shape: inner, stride: innerStride }
}

function stridedSource(
  name: string,
  { dtype, shape }: TensorClaim,
  file: string,
  first: number,
  direction: "rows" | "columns",
  lines: Lines,
): TensorSource {
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
        begin: first + from * lines.step * size,
        end: first + (to > from ? (to - 1) * lines.step + lines.extent : from * lines.step) * size,
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
