import { matrixShape, plainSource, type Span, type TensorSource } from "../container"
import { decodeValues, dtypeSize, encodeFloat32 } from "../dtypes"
import type { GgufTensor } from "./header"
import type { GgmlType } from "./types"

/** How a tensor's values in the file differ from the ones that PyTorch has. */
export interface Change {
  /** Which stored row holds logical row r; of a vector, which stored element. */
  readonly order?: ((row: number) => number) | undefined
  /** True where the file holds the matrix transposed. */
  readonly transposed?: boolean
  /** What the converter added to every value. */
  readonly added?: number
}

type Readable = Exclude<GgmlType, { readonly kind: "unread" }>

/**
 * One tensor of a GGUF file, or one expert of a stack, under its PyTorch name.
 * @param shape as stored, PyTorch's axes
 * @param begin where its first row begins
 */
export function ggufSource(
  name: string,
  type: Readable,
  shape: readonly number[],
  file: string,
  begin: number,
  change: Change,
): TensorSource {
  const { order, transposed = false, added = 0 } = change
  if (type.kind === "plain" && !order && !transposed && added === 0) return plainSource(name, type.dtype, shape, file, begin)
  const { rows, cols } = matrixShape(shape)
  const rowBytes = (cols / type.block) * type.bytes
  const dtype = type.kind === "packed" || added !== 0 ? "F32" : type.dtype
  const size = dtypeSize(dtype)
  const vector = shape.length < 2
  const cover = (from: number, to: number) => (order && !vector ? extent(order, from, to) : { first: from, end: to })
  return {
    name,
    dtype,
    shape: transposed ? [cols, rows] : shape,
    packing: type.kind === "packed" ? { scheme: type.name, bits: type.bits, group: type.block } : null,
    // Neighbouring rows of a reordered matrix lie in a stretch of up to twice their bytes, which is what reading them costs.
    bytes: rows * rowBytes * (order && !vector ? 2 : 1),
    along: transposed ? "columns" : "rows",
    spans(from, to): Span[] {
      const { first, end } = cover(from, to)
      return [{ file, begin: begin + first * rowBytes, end: begin + end * rowBytes }]
    },
    unpack(from, to, chunks) {
      const stored = valuesOf(type, chunks[0] ?? new Uint8Array(0), added)
      if (transposed) return turned(stored, to - from, cols, size)
      if (!order) return stored
      if (vector)
        return picked(
          stored,
          Array.from({ length: cols }, (_, i) => order(i)),
          size,
        )
      const { first } = cover(from, to)
      return picked(
        stored,
        Array.from({ length: to - from }, (_, i) => order(from + i) - first),
        cols * size,
      )
    },
  }
}

/** The stored rows that hold the logical rows [from, to). */
function extent(order: (row: number) => number, from: number, to: number): { first: number; end: number } {
  let first = Number.POSITIVE_INFINITY
  let end = 0
  for (let row = from; row < to; row++) {
    const stored = order(row)
    first = Math.min(first, stored)
    end = Math.max(end, stored + 1)
  }
  return end === 0 ? { first: from, end: from } : { first, end }
}

/** Stored bytes as little-endian elements: as they are, or as float32 where they were packed or something was added. */
function valuesOf(type: Readable, bytes: Uint8Array, added: number): Uint8Array {
  if (type.kind === "plain" && added === 0) return bytes
  const values = type.kind === "plain" ? decodeValues(type.dtype, bytes) : blockValues(type, bytes)
  return encodeFloat32(added === 0 ? values : values.map((value) => value - added))
}

function blockValues(type: Extract<Readable, { kind: "packed" }>, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = Math.floor(bytes.length / type.bytes)
  const values = new Float32Array(blocks * type.block)
  for (let block = 0; block < blocks; block++) {
    const base = block * type.block
    type.decode(view, block * type.bytes, (index, value) => {
      values[base + index] = value
    })
  }
  return values
}

/** Lines of `size` bytes in another order. */
function picked(bytes: Uint8Array, lines: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(lines.length * size)
  for (const [i, line] of lines.entries()) out.set(bytes.subarray(line * size, (line + 1) * size), i * size)
  return out
}

/** A matrix of `rows` rows transposed. */
function turned(bytes: Uint8Array, rows: number, cols: number, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const from = (row * cols + col) * size
      out.set(bytes.subarray(from, from + size), (col * rows + row) * size)
    }
  }
  return out
}

/** The experts of a stack as tensors of their own, each with its first byte. */
export function slices(tensor: GgufTensor): { readonly shape: readonly number[]; readonly begin: number }[] {
  const [experts = 0, ...shape] = tensor.shape
  const size = experts === 0 ? 0 : (tensor.end - tensor.begin) / experts
  return Array.from({ length: experts }, (_, i) => ({ shape, begin: tensor.begin + i * size }))
}
