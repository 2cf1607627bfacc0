import { decodeValues } from "../dtypes"
import type { RawTensor } from "../safetensors"
import { DOES_NOT_FIT, isFloat, type PackedScheme, packedSource, rowSpan, sidesOf, viewOf, wholeSpan } from "./module"
import { packedAt } from "./words"

/** A word holds 32 / bits numbers. */
const BITS = [4, 8, 2]

/**
 * compressed-tensors' "pack-quantized": weight_packed I32 [out, in * bits / 32] with the signed range shifted up, weight_scale
 * [out, groups], weight_zero_point I32 [out * bits / 32, groups] if asymmetric, weight_g_idx [in] if groups follow the activations,
 * weight_shape I64 [2].
 */
export const packQuantized: PackedScheme = {
  endings: [
    ".weight_packed",
    ".weight_scale",
    ".weight_zero_point",
    ".weight_shape",
    ".weight_g_idx",
    ".input_scale",
    ".input_zero_point",
    ".weight_global_scale",
    ".input_global_scale",
  ],
  sample(module) {
    const [packed, shape] = [module.part(".weight_packed"), module.part(".weight_shape")]
    if (!packed || !shape || shape.end - shape.begin !== 16) return null
    return { tensor: shape, kind: `${module.stem.replace(/\d+/g, "#")}|${packed.shape.join("x")}` }
  },
  open(module, _config, sample) {
    const [packed, scale, zero] = [module.part(".weight_packed"), module.part(".weight_scale"), module.part(".weight_zero_point")]
    const [words, scaleSides] = [sidesOf(packed), sidesOf(scale)]
    if (packed?.dtype !== "I32") return `compressed-tensors with packed ${packed?.dtype ?? "values"} (nvfp4, mxfp4) is not supported yet`
    if (!words || !scaleSides || !isFloat(scale)) return DOES_NOT_FIT
    const shape = sample && decodeValues("I64", sample.bytes)
    if (!shape) return "its shape could not be read"
    const [rows, cols] = [shape[0] as number, shape[1] as number]
    const bits = BITS.find((bits) => Math.ceil((cols * bits) / 32) === words[1])
    const [across, index] = [scaleSides[1], module.part(".weight_g_idx")]
    if (bits === undefined || words[0] !== rows || scaleSides[0] !== rows || cols % across !== 0) return DOES_NOT_FIT
    if (zero && (zero.dtype !== "I32" || zero.shape.join() !== `${Math.ceil((rows * bits) / 32)},${across}`)) return DOES_NOT_FIT
    if (index && (index.dtype !== "I32" || index.shape.join() !== `${cols}`)) return DOES_NOT_FIT
    const [group, half] = [cols / across, 2 ** (bits - 1)]
    const zeroRows = (from: number, to: number) => [Math.floor((from * bits) / 32), Math.ceil((to * bits) / 32)] as const

    return packedSource(module, {
      rows,
      cols,
      packing: { scheme: "compressed-tensors", bits, group: across === 1 ? null : group },
      parts: [packed, scale, ...(zero ? [zero] : []), ...(index ? [index] : [])],
      along: "rows",
      overhead: index ? index.end - index.begin : 0,
      spans: (from, to) => [
        rowSpan(packed, from, to),
        rowSpan(scale, from, to),
        ...(zero ? [rowSpan(zero, ...zeroRows(from, to))] : []),
        ...(index ? [wholeSpan(index)] : []),
      ],
      unpack: (from, to, chunks, values) => {
        const [packedBytes, scaleBytes, ...rest] = chunks as [Uint8Array, Uint8Array, ...Uint8Array[]]
        const [view, scales] = [viewOf(packedBytes), decodeValues(scale.dtype, scaleBytes)]
        const zeros = zero && viewOf(rest[0] as Uint8Array)
        const order = groupOrder(index, rest.at(-1), cols, group, across)
        const firstBit = zeroRows(from, to)[0] * 32
        for (let row = from, i = 0; row < to; row++) {
          for (let col = 0; col < cols; col++, i++) {
            const g = order[col] as number
            const shift = zeros ? packedAt(zeros, 4 * g, 4 * across, bits, row * bits - firstBit) : half
            const q = packedAt(view, (row - from) * words[1] * 4, 4, bits, col * bits)
            values[i] = (q - shift) * (scales[(row - from) * across + g] as number)
          }
        }
      },
    })
  },
}

/** The group of each column: by its place, unless an index that names existing groups says otherwise. */
function groupOrder(index: RawTensor | undefined, bytes: Uint8Array | undefined, cols: number, group: number, across: number): Int32Array {
  const plain = Int32Array.from({ length: cols }, (_, col) => Math.floor(col / group))
  if (!index || !bytes) return plain
  const stored = Int32Array.from(decodeValues("I32", bytes))
  // The tool writes -1 everywhere while no order was chosen.
  return stored.every((g) => g >= 0 && g < across) ? stored : plain
}
