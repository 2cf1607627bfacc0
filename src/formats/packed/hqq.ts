import { decodeValues } from "../dtypes"
import { DOES_NOT_FIT, isFloat, type PackedScheme, packedSource, rowSpan, sidesOf } from "./module"

const BITS = new Set([1, 2, 4, 8])
/** What the library writes beside the numbers; its state dict holds every setting as a tensor. */
const SETTINGS =
  "nbits group_size axis shape packing channel_wise optimize round_zero view_as_float unpack_view_dtype compute_dtype quant_scale " +
  "quant_zero offload_meta encoded_state_dict stores_quant_config"

/**
 * HQQ (Badri and Shaji, 2023) along the inputs: the matrix as groups [groups, group], cut into 8 / bits equal parts that lie above each
 * other in the bits of W_q, the first part highest; value = (q - zero) * scale with both [groups, 1].
 */
export const hqq: PackedScheme = {
  endings: [".W_q", ".scale", ".zero", ...SETTINGS.split(" ").map((setting) => `.${setting}`)],
  sample(module) {
    const [packed, shape] = [module.part(".W_q"), module.part(".shape")]
    if (!packed || (shape?.dtype !== "I64" && shape?.dtype !== "I32") || shape.shape.join() !== "2") return null
    return { tensor: shape, kind: `${module.stem.replace(/\d+/g, "#")}|${packed.shape.join("x")}` }
  },
  open(module, _config, sample) {
    const [packed, scale, zero] = [module.part(".W_q"), module.part(".scale"), module.part(".zero")]
    const shape = sample && decodeValues(module.part(".shape")?.dtype ?? "I64", sample.bytes)
    const [stored, groupSides] = [sidesOf(packed), sidesOf(scale)]
    if (!shape) return "its shape could not be read"
    if (!packed || !stored || !groupSides || !isFloat(scale) || !isFloat(zero)) return DOES_NOT_FIT
    if (groupSides[1] !== 1) return "HQQ along the outputs is not supported yet"
    const [rows, cols] = [shape[0] as number, shape[1] as number]
    const [groups, group] = [groupSides[0], stored[1]]
    const bits = (8 * stored[0]) / groups
    if (packed.dtype !== "U8" || !BITS.has(bits)) return "HQQ with 3 bits is not supported yet"
    if (rows * cols !== groups * group || !(rows > 0) || cols % group !== 0 || zero.shape.join() !== scale.shape.join()) return DOES_NOT_FIT
    const [across, part] = [cols / group, stored[0]]
    /** Pieces of the groups [from, to) that lie in one part each: where, and how far up. */
    const pieces = (from: number, to: number) => {
      const found: { from: number; to: number; shift: number }[] = []
      for (let at = from; at < to; ) {
        const number = Math.floor(at / part)
        const end = Math.min(to, (number + 1) * part)
        found.push({ from: at - number * part, to: end - number * part, shift: 8 - bits * (number + 1) })
        at = end
      }
      return found
    }
    return packedSource(module, {
      rows,
      cols,
      packing: { scheme: "HQQ", bits, group },
      parts: [packed, scale, zero],
      along: "rows",
      spans: (from, to) => [
        rowSpan(scale, from * across, to * across),
        rowSpan(zero, from * across, to * across),
        ...pieces(from * across, to * across).map((piece) => rowSpan(packed, piece.from, piece.to)),
      ],
      unpack: (from, to, chunks, values) => {
        const [scaleBytes, zeroBytes, ...packedBytes] = chunks as [Uint8Array, Uint8Array, ...Uint8Array[]]
        const [scales, zeros] = [decodeValues(scale.dtype, scaleBytes), decodeValues(zero.dtype, zeroBytes)]
        let i = 0
        for (const [n, { shift }] of pieces(from * across, to * across).entries()) {
          for (const byte of packedBytes[n] ?? []) {
            const g = Math.floor(i / group)
            const q = (byte >> shift) & (2 ** bits - 1)
            values[i++] = Math.fround(q - (zeros[g] as number)) * (scales[g] as number)
          }
        }
      },
    })
  },
}
