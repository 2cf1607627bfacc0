import type { TensorSource } from "~src/formats/container"
import { decodeValues, dtypeSize, encodeFloat32 } from "~src/formats/dtypes"
import type { Windows } from "~src/formats/windows"
import type { OnnxTensor } from "./graph"
import { type Uses, unquantised } from "./names"
import { ELEMENT_TYPES } from "./types"

/** One scale and zero point, or one of each for every output. */
export interface Scales {
  readonly scale: Float32Array
  readonly zero: Float32Array
}

/**
 * The scales of an 8-bit tensor: those of its DequantizeLinear, else the constants that onnxruntime's quantiser names after it. They
 * are small and lie beside it, so they came along with the graph; where not, they are not asked for.
 * @param outputs logical rows of the tensor
 * @param outputAxis the stored axis that they lie along
 * @returns a reason in place of scales where they can't be had
 */
export function scalesOf(
  tensor: OnnxTensor,
  outputs: number,
  outputAxis: number,
  uses: Uses,
  tensors: ReadonlyMap<string, OnnxTensor>,
  windows: Windows,
): Scales | { readonly reason: string } {
  const stated = uses.dequantisation(tensor.name)
  const stem = unquantised(tensor.name)
  const scaleTensor = tensors.get(stated?.scale ?? `${stem}_scale`)
  const zeroTensor = tensors.get(stated ? (stated.zero ?? "") : `${stem}_zero_point`)
  const scale = valuesOf(scaleTensor, windows)
  if (scale === null) return { reason: "8-bit integers whose scale is not beside them" }
  const zero = zeroTensor ? valuesOf(zeroTensor, windows) : new Float32Array(scale.length)
  if (zero === null || zero.length !== scale.length) return { reason: "8-bit integers whose zero point is not beside them" }
  // A negative axis counts from the end; as an unsigned number it lies beyond 2^53.
  const axis = stated && Number.isSafeInteger(stated.axis) ? stated.axis : tensor.shape.length - 1
  if (scale.length !== 1 && (scale.length !== outputs || (stated !== null && axis !== outputAxis))) {
    return { reason: "8-bit integers with scales along the inputs" }
  }
  return { scale, zero }
}

function valuesOf(tensor: OnnxTensor | undefined, windows: Windows): Float32Array | null {
  const dtype = tensor && ELEMENT_TYPES.get(tensor.type)
  if (!tensor?.data || !dtype) return null
  const bytes = windows.known(tensor.data.begin, tensor.data.end)
  return bytes && bytes.length > 0 && bytes.length % dtypeSize(dtype) === 0 ? decodeValues(dtype, bytes) : null
}

/** The real values of an 8-bit tensor, (q - zero) * scale as DequantizeLinear defines it, from a source of its integers. */
export function dequantised(source: TensorSource, { scale, zero }: Scales): TensorSource {
  return {
    ...source,
    dtype: "F32",
    packing: { scheme: "ONNX int8", bits: 8, group: null },
    unpack: (from, to, chunks) => {
      const integers = decodeValues(source.dtype, source.unpack(from, to, chunks))
      const rows = source.along === "rows" ? to - from : (source.shape[0] as number)
      const cols = rows === 0 ? 0 : integers.length / rows
      const firstRow = source.along === "rows" ? from : 0
      const values = new Float32Array(integers.length)
      for (let row = 0; row < rows; row++) {
        const at = scale.length === 1 ? 0 : firstRow + row
        for (let col = 0; col < cols; col++) {
          values[row * cols + col] = ((integers[row * cols + col] as number) - (zero[at] as number)) * (scale[at] as number)
        }
      }
      return encodeFloat32(values)
    },
  }
}
