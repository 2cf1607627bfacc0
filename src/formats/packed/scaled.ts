import type { TensorSource } from "../container"
import { decodeValues } from "../dtypes"
import type { RawTensor } from "../safetensors"
import type { QuantConfig } from "./config"
import { DOES_NOT_FIT, isFloat, type PackedScheme, packedSource, rowSpan, sidesOf } from "./module"

/** Sides of square blocks that tools use, the most usual first; looked for where config.json says nothing. */
const BLOCKS = [128, 64, 256, 32, 16]
const STORED = new Map([
  ["F8_E4M3", "FP8"],
  ["F8_E5M2", "FP8"],
  ["I8", "compressed-tensors"],
])

/**
 * Eight-bit floats or integers times a scale per matrix, output, group of inputs or block: FP8 as transformers, DeepSeek-V3
 * (`weight_scale_inv`, which multiplies too) and compressed-tensors store it, and the latter's int8.
 */
export const scaled: PackedScheme = {
  endings: [
    ".weight",
    ".weight_scale",
    ".weight_scale_inv",
    ".weight_zero_point",
    ".input_scale",
    ".input_zero_point",
    ".output_scale",
    ".q_scale",
    ".k_scale",
    ".v_scale",
  ],
  usesConfig: true,
  // Models trained for quantisation keep their values as they are beside the scales.
  claims: (module) => !isFloat(module.part(".weight")),
  open(module, config) {
    const weight = module.part(".weight")
    const scale = module.part(".weight_scale") ?? module.part(".weight_scale_inv")
    const zero = module.part(".weight_zero_point")
    if (!weight || !scale) return "a part of it lies in a file that was not opened or has another element type"
    const scheme = STORED.get(weight.dtype)
    const sides = sidesOf(weight)
    if (scheme === undefined) return `a packing of ${weight.dtype} values with scales that is not supported`
    if (!sides) return "a scaled tensor that is no matrix is not supported"
    if (!isFloat(scale)) return "scales of this element type are not supported"
    const grid = scaleGrid(sides, scale, config)
    if (grid === null || (zero && (zero.dtype !== "I8" || zero.shape.join() !== scale.shape.join()))) return DOES_NOT_FIT
    const [rows, cols] = sides
    const { rowsEach, colsEach, across } = grid
    const flat: RawTensor = { ...scale, shape: [scale.shape.reduce((product, side) => product * side, 1) / across, across] }
    const flatZero = zero && { ...zero, shape: flat.shape }
    const scaleRows = (from: number, to: number) => [Math.floor(from / rowsEach), Math.ceil(to / rowsEach)] as const
    const source: TensorSource = packedSource(module, {
      rows,
      cols,
      packing: { scheme, bits: 8, group: colsEach < cols ? colsEach : null },
      parts: [weight, scale, ...(zero ? [zero] : [])],
      along: "rows",
      spans: (from, to) => [
        rowSpan(weight, from, to),
        rowSpan(flat, ...scaleRows(from, to)),
        ...(flatZero ? [rowSpan(flatZero, ...scaleRows(from, to))] : []),
      ],
      unpack: (from, to, chunks, values) => {
        const [stored, scales, zeros] = chunks as [Uint8Array, Uint8Array, Uint8Array?]
        values.set(decodeValues(weight.dtype, stored))
        const factors = decodeValues(scale.dtype, scales)
        const offsets = zeros && decodeValues("I8", zeros)
        const [first] = scaleRows(from, to)
        for (let row = from, i = 0; row < to; row++) {
          const at = (Math.floor(row / rowsEach) - first) * across
          for (let col = 0; col < cols; col++, i++) {
            const place = at + Math.floor(col / colsEach)
            values[i] = ((values[i] as number) - (offsets?.[place] ?? 0)) * (factors[place] as number)
          }
        }
      },
    })
    return source
  },
}

interface Grid {
  /** Rows and columns that share one scale. */
  readonly rowsEach: number
  readonly colsEach: number
  /** Scales side by side. */
  readonly across: number
}

/** How the scales lie over the matrix, or null where they can't. */
function scaleGrid([rows, cols]: readonly [number, number], scale: RawTensor, config: QuantConfig): Grid | null {
  const count = scale.shape.reduce((product, side) => product * side, 1)
  if (count === 1) return { rowsEach: rows, colsEach: cols, across: 1 }
  if (count === rows && (scale.shape.length === 1 || scale.shape[0] === rows)) return { rowsEach: 1, colsEach: cols, across: 1 }
  const sides = sidesOf(scale)
  if (!sides) return null
  const [down, across] = sides
  if (down === rows) return cols % across === 0 ? { rowsEach: 1, colsEach: cols / across, across } : null
  const fits = ([high, wide]: readonly [number, number]) => Math.ceil(rows / high) === down && Math.ceil(cols / wide) === across
  const block = [...(config.block ? [config.block] : []), ...BLOCKS.map((side) => [side, side] as const)].find(fits)
  return block ? { rowsEach: block[0], colsEach: block[1], across } : null
}
