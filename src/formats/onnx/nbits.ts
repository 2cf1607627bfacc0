import type { Span, TensorSource } from "~src/formats/container"
import { decodeValues, dtypeSize, encodeFloat32 } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import type { OnnxNode, OnnxTensor } from "./graph"
import { ELEMENT_TYPES } from "./types"

/** File and first byte of a constant's values, or why it can't be read. */
export type FindData = (tensor: OnnxTensor, dtype: Dtype) => { readonly file: string; readonly begin: number } | { readonly reason: string }

/** A constant with its place; `line` bytes of it belong to each output. */
interface Stored {
  readonly dtype: Dtype
  readonly file: string
  readonly begin: number
  readonly line: number
}

/**
 * The matrix of a MatMulNBits node (onnxruntime's contributed operators): per output, blocks of `block_size` inputs of 4 bits each,
 * the first in the lower half of a byte, one scale a block, and zero points packed alike, 8 where there are none.
 */
export function nbitsSource(
  name: string,
  { inputs, numbers }: OnnxNode,
  tensors: ReadonlyMap<string, OnnxTensor>,
  find: FindData,
): TensorSource | { readonly reason: string } {
  const [cols = 0, rows = 0, bits = 0, block = 0] = ["K", "N", "bits", "block_size"].map((key) => numbers.get(key))
  if (bits !== 4) return { reason: `${bits}-bit integers in blocks are not supported` }
  if (!(cols > 0 && rows > 0 && block >= 16 && block <= cols + block && block % 2 === 0 && rows * cols < 2 ** 50)) {
    return { reason: "the sizes of its blocks can't be" }
  }
  const blocks = Math.ceil(cols / block)
  const zeroName = inputs[3] ?? ""
  const store = (input: string | undefined, elements: number, types: readonly Dtype[]): Stored | { readonly reason: string } => {
    const tensor = tensors.get(input ?? "")
    const dtype = tensor && ELEMENT_TYPES.get(tensor.type)
    if (!tensor || !dtype || !types.includes(dtype)) return { reason: "a part of its quantisation is missing or of another type" }
    if (tensor.shape.reduce((product, side) => product * side, 1) !== rows * elements) return { reason: "its parts do not fit together" }
    const place = find(tensor, dtype)
    return "reason" in place ? place : { ...place, dtype, line: elements * dtypeSize(dtype) }
  }
  const packed = store(inputs[1], (blocks * block) / 2, ["U8"])
  const scales = store(inputs[2], blocks, ["F32", "F16", "BF16"])
  const zeros = zeroName === "" ? null : store(zeroName, Math.ceil(blocks / 2), ["U8"])
  if ("reason" in packed) return packed
  if ("reason" in scales) return scales
  if (zeros && "reason" in zeros) return zeros
  const parts = zeros ? [packed, scales, zeros] : [packed, scales]
  return {
    name,
    dtype: "F32",
    shape: [rows, cols],
    packing: { scheme: "ONNX int4", bits: 4, group: block },
    bytes: rows * parts.reduce((sum, { line }) => sum + line, 0),
    along: "rows",
    spans: (from, to): Span[] => parts.map(({ file, begin, line }) => ({ file, begin: begin + from * line, end: begin + to * line })),
    unpack: (from, to, [codes = new Uint8Array(0), scaleBytes = new Uint8Array(0), zeroBytes]) => {
      const scale = decodeValues(scales.dtype, scaleBytes)
      const values = new Float32Array((to - from) * cols)
      for (let row = 0; row < to - from; row++) {
        for (let col = 0; col < cols; col++) {
          const at = Math.floor(col / block)
          const zero = zeroBytes ? nibble(zeroBytes, row * 2 * Math.ceil(blocks / 2) + at) : 8
          const code = nibble(codes, row * blocks * block + col)
          values[row * cols + col] = (code - zero) * (scale[row * blocks + at] as number)
        }
      }
      return encodeFloat32(values)
    },
  }
}

/** The 4-bit number at a place, the lower half of each byte first. */
function nibble(bytes: Uint8Array, place: number): number {
  return ((bytes[place >> 1] as number) >> (4 * (place & 1))) & 15
}
