import type { TensorSource } from "../container"
import { decodeValues } from "../dtypes"
import type { RawTensor } from "../safetensors"
import type { QuantConfig } from "./config"
import { DOES_NOT_FIT, isFloat, type PackedModule, type PackedScheme, packedSource, rowSpan, sidesOf, viewOf } from "./module"
import { packedAt } from "./words"

const BITS = new Set([2, 3, 4, 8])
/** AWQ keeps output 0 of eight at place 0 of a word, output 1 at place 4 ... */
const AWQ_PLACES = [0, 4, 1, 5, 2, 6, 3, 7] as const

/**
 * GPTQ (AutoGPTQ, GPTQModel) and AWQ (AutoAWQ's gemm layout), told apart by shapes. Both keep the inputs' side first, so that columns of
 * the matrix [out, in] lie together: value = scale[group, out] * (q - zero[group, out]).
 */
export const gptqOrAwq: PackedScheme = {
  endings: [".qweight", ".qzeros", ".scales", ".g_idx"],
  usesConfig: true,
  open(module, config) {
    const [words, scales] = [sidesOf(module.part(".qweight")), sidesOf(module.part(".scales"))]
    if (!words || !scales || !isFloat(module.part(".scales"))) return DOES_NOT_FIT
    if (module.part(".qweight")?.dtype !== "I32" || (module.part(".qzeros")?.dtype ?? "I32") !== "I32") return DOES_NOT_FIT
    return words[1] === scales[1] ? openGptq(module, config) : openAwq(module, config)
  },
}

/** Columns that share a scale: as configured if that fits, else an even share. */
function groupSize(inputs: number, groups: number, config: QuantConfig): number | null {
  if (config.group && Math.ceil(inputs / config.group) === groups) return config.group
  return inputs % groups === 0 ? inputs / groups : null
}

/** Null where a whole row shares one scale, unless groups of that size were asked for. */
function groupName(group: number, groups: number, config: QuantConfig): number | null {
  return groups === 1 && config.group !== group ? null : group
}

/** qweight [in * bits / 32, out], qzeros [groups, out * bits / 32], scales [groups, out], g_idx [in]. */
function openGptq(module: PackedModule, config: QuantConfig): TensorSource | string {
  const qweight = module.part(".qweight") as RawTensor
  const scales = module.part(".scales") as RawTensor
  const qzeros = module.part(".qzeros")
  const [wordRows, outputs] = sidesOf(qweight) as readonly [number, number]
  const [groups] = sidesOf(scales) as readonly [number, number]
  const zeroSides = sidesOf(qzeros)
  const bits = zeroSides ? (zeroSides[1] * 32) / outputs : (config.bits ?? 0)
  if (!BITS.has(bits)) return `GPTQ with ${Math.round(bits * 100) / 100} bits is not supported`
  const inputs = (wordRows * 32) / bits
  const group = groupSize(inputs, groups, config)
  if (!Number.isInteger(inputs) || group === null || (qzeros && zeroSides?.[0] !== groups)) return DOES_NOT_FIT
  const zeros = config.symmetric ? undefined : qzeros
  if (!config.symmetric && !zeros) return "its zero points are missing"
  const index = config.actOrder === false ? undefined : module.part(".g_idx")
  if (index && (index.dtype !== "I32" || index.shape.length !== 1 || index.shape[0] !== inputs)) return DOES_NOT_FIT
  const [top, middle, less] = [2 ** bits - 1, 2 ** (bits - 1), config.format === "gptq_v2" ? 0 : 1]
  const firstGroup = (from: number) => (index ? 0 : Math.floor(from / group))
  const endGroup = (to: number) => (index ? groups : Math.ceil(to / group))

  return packedSource(module, {
    rows: outputs,
    cols: inputs,
    packing: { scheme: "GPTQ", bits, group: groupName(group, groups, config) },
    parts: [qweight, scales, ...(qzeros ? [qzeros] : []), ...(index ? [index] : [])],
    along: "columns",
    // Where groups follow the activations, any few columns have scales all over.
    overhead: [scales, ...(zeros ? [zeros] : [])].reduce((sum, { begin, end }) => sum + (end - begin) / (index ? 1 : groups), 0),
    spans: (from, to) => [
      rowSpan(qweight, Math.floor((from * bits) / 32), Math.ceil((to * bits) / 32)),
      rowSpan(scales, firstGroup(from), endGroup(to)),
      ...(zeros ? [rowSpan(zeros, firstGroup(from), endGroup(to))] : []),
      ...(index ? [rowSpan(index, from, to)] : []),
    ],
    unpack: (from, to, chunks, values) => {
      const [wordBytes, scaleBytes, ...rest] = chunks as [Uint8Array, Uint8Array, ...Uint8Array[]]
      const words = viewOf(wordBytes)
      const scale = decodeValues(scales.dtype, scaleBytes)
      const zeroWords = zeros && viewOf(rest[0] as Uint8Array)
      const order = index && viewOf(rest.at(-1) as Uint8Array)
      const firstBit = Math.floor((from * bits) / 32) * 32
      const [g0, width] = [firstGroup(from), to - from]
      const zeroRow = zeroSides ? zeroSides[1] * 4 : 0
      for (let i = 0; i < width; i++) {
        const g = order ? order.getInt32(4 * i, true) : Math.floor((from + i) / group) - g0
        // A column of a group that does not exist has no value.
        const known = g >= 0 && g < groups
        const bit = (from + i) * bits - firstBit
        for (let o = 0; o < outputs; o++) {
          const zero = known && zeroWords ? (packedAt(zeroWords, g * zeroRow, 4, bits, o * bits) + less) & top : middle
          const q = packedAt(words, 4 * o, 4 * outputs, bits, bit)
          values[o * width + i] = known ? (scale[g * outputs + o] as number) * (q - zero) : Number.NaN
        }
      }
    },
  })
}

/** qweight [in, out / 8], qzeros [groups, out / 8], scales [groups, out]; four bits. */
function openAwq(module: PackedModule, config: QuantConfig): TensorSource | string {
  const qweight = module.part(".qweight") as RawTensor
  const scales = module.part(".scales") as RawTensor
  const qzeros = module.part(".qzeros")
  const zeroSides = sidesOf(qzeros)
  const [inputs, wordCols] = sidesOf(qweight) as readonly [number, number]
  const [groups, outputs] = sidesOf(scales) as readonly [number, number]
  const group = groupSize(inputs, groups, config)
  if (!qzeros || group === null || wordCols * 8 !== outputs || zeroSides?.[0] !== groups || zeroSides[1] !== wordCols) {
    return "a layout of GPTQ or AWQ that is not supported"
  }
  return packedSource(module, {
    rows: outputs,
    cols: inputs,
    packing: { scheme: "AWQ", bits: 4, group: groupName(group, groups, config) },
    parts: [qweight, qzeros, scales],
    along: "columns",
    overhead: (qzeros.end - qzeros.begin + scales.end - scales.begin) / groups,
    spans: (from, to) => {
      const [g0, g1] = [Math.floor(from / group), Math.ceil(to / group)]
      return [rowSpan(qweight, from, to), rowSpan(scales, g0, g1), rowSpan(qzeros, g0, g1)]
    },
    unpack: (from, to, chunks, values) => {
      const [wordBytes, scaleBytes, zeroBytes] = chunks as [Uint8Array, Uint8Array, Uint8Array]
      const [words, zeros, scale] = [viewOf(wordBytes), viewOf(zeroBytes), decodeValues(scales.dtype, scaleBytes)]
      const [g0, width] = [Math.floor(from / group), to - from]
      const at = (view: DataView, row: number, output: number) => {
        const word = view.getUint32(4 * (row * wordCols + (output >> 3)), true)
        return (word >>> (4 * (AWQ_PLACES[output & 7] as number))) & 15
      }
      for (let i = 0; i < width; i++) {
        const g = Math.floor((from + i) / group) - g0
        for (let o = 0; o < outputs; o++) values[o * width + i] = (scale[g * outputs + o] as number) * (at(words, i, o) - at(zeros, g, o))
      }
    },
  })
}
