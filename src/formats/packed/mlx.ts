import { decodeValues } from "../dtypes"
import type { RawTensor } from "../safetensors"
import type { QuantConfig } from "./config"
import { DOES_NOT_FIT, isFloat, type PackedModule, type PackedScheme, packedSource, rowSpan, sidesOf, viewOf } from "./module"
import { packedAt } from "./words"

const BITS = new Set([2, 3, 4, 5, 6, 8])
/** Sizes of groups that mlx offers, its default first. */
const GROUPS = [64, 32, 128]

/** MLX (mlx.core.quantize, "affine"): weight U32 [out, in * bits / 32], scales and biases [out, groups]; value = scale * q + bias. */
export const mlx: PackedScheme = {
  endings: [".weight", ".scales", ".biases"],
  usesConfig: true,
  // Normalisation layers of other models have scales too.
  claims: (module) => module.part(".weight")?.dtype === "U32",
  open(module, config) {
    const [weight, scales, biases] = [module.part(".weight"), module.part(".scales"), module.part(".biases")]
    const [words, groups] = [sidesOf(weight), sidesOf(scales)]
    if (config.mode !== null && config.mode !== "affine") return `MLX's ${config.mode.slice(0, 20)} is not supported yet`
    if (!biases) return "MLX without biases (mxfp4 and the like) is not supported yet"
    if (weight?.dtype !== "U32" || !words || !groups || !isFloat(scales) || !isFloat(biases)) return DOES_NOT_FIT
    if (words[0] !== groups[0] || biases.shape.join() !== scales.shape.join()) return DOES_NOT_FIT
    const packing = bitsAndGroup(module, (words[1] * 32) / groups[1], config)
    if (!packing) return DOES_NOT_FIT
    const { bits, group } = packing
    const [rows, across] = groups
    const cols = across * group
    return packedSource(module, {
      rows,
      cols,
      packing: { scheme: "MLX", bits, group },
      parts: [weight, scales, biases],
      along: "rows",
      spans: (from, to) => [weight, scales, biases].map((tensor: RawTensor) => rowSpan(tensor, from, to)),
      unpack: (from, to, chunks, values) => {
        const words = viewOf(chunks[0] as Uint8Array)
        const [scale, bias] = [decodeValues(scales.dtype, chunks[1] as Uint8Array), decodeValues(biases.dtype, chunks[2] as Uint8Array)]
        const rowBytes = (cols * bits) / 8
        for (let row = 0, i = 0; row < to - from; row++) {
          for (let col = 0; col < cols; col++, i++) {
            const g = row * across + Math.floor(col / group)
            const q = packedAt(words, row * rowBytes, 4, bits, col * bits)
            values[i] = Math.fround((scale[g] as number) * q) + (bias[g] as number)
          }
        }
      },
    })
  },
}

/**
 * Bits and group from their product, which the shapes give, and from what the configuration says of this layer, else of all; it is
 * believed where it fits.
 */
function bitsAndGroup(module: PackedModule, product: number, config: QuantConfig): { bits: number; group: number } | null {
  const said = [config.layers.get(module.stem), config]
  const bySize = [...said.map((words) => words?.group), ...GROUPS].map((group) => ({ bits: product / (group ?? 0), group: group ?? 0 }))
  const byBits = said.map((words) => ({ bits: words?.bits ?? 0, group: product / (words?.bits ?? 0) }))
  const possible = [...bySize, ...byBits].filter(({ bits, group }) => BITS.has(bits) && Number.isInteger(group))
  return (
    possible.find(({ bits, group }) => said.some((words) => words?.bits === bits && words.group === group)) ??
    byBits.find((pair) => possible.includes(pair)) ??
    possible[0] ??
    null
  )
}
