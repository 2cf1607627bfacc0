import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import { decodeValues } from "../dtypes"
import type { RawTensor } from "../safetensors"
import { DOES_NOT_FIT, type PackedModule, type PackedScheme, packedSource, rowSpan, sidesOf, wholeSpan } from "./module"

const STATES = [".weight.quant_state.bitsandbytes__nf4", ".weight.quant_state.bitsandbytes__fp4"] as const
/** The JSON has some 200 bytes. */
const MAX_STATE = 4_096

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 40))
const stateSchema = v.object({
  shape: v.strictTuple([count, count]),
  blocksize: count,
  nested_blocksize: v.optional(count),
  nested_offset: v.optional(v.number()),
})

function parseState(bytes: Uint8Array): v.InferOutput<typeof stateSchema> | null {
  try {
    return v.parse(stateSchema, JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)))
  } catch {
    return null
  }
}

function stateOf(module: PackedModule): RawTensor | undefined {
  const state = STATES.map((ending) => module.part(ending)).find((tensor) => tensor !== undefined)
  return state && state.end - state.begin <= MAX_STATE ? state : undefined
}

const bytesOf = ({ begin, end }: RawTensor) => end - begin
const lengthOf = (tensor: RawTensor) => tensor.shape.reduce((product, side) => product * side, 1)

/**
 * bitsandbytes' 4-bit types (Dettmers et al., "QLoRA", 2023): the flattened matrix in bytes, the first of two in the high bits, as places
 * in a table of 16 values, times one largest magnitude per block. Those may be packed themselves ("nested"): 8-bit places in a table of
 * 256 times a magnitude per block of blocks, plus an offset. The shape stands in a small JSON only, which is read once per class of layers.
 */
export const bits4: PackedScheme = {
  endings: [".weight", ".weight.absmax", ".weight.quant_map", ".weight.nested_absmax", ".weight.nested_quant_map", ...STATES],
  sample(module) {
    const [state, weight] = [stateOf(module), module.part(".weight")]
    return state && weight ? { tensor: state, kind: `${module.stem.replace(/\d+/g, "#")}|${bytesOf(weight)}` } : null
  },
  open(module, _config, sample) {
    const state = stateOf(module)
    const [weight, absmax, map] = [module.part(".weight"), module.part(".weight.absmax"), module.part(".weight.quant_map")]
    if (!state || !weight || !absmax || map?.dtype !== "F32") return "parts of its 4-bit packing are missing"
    const parsed = sample && parseState(sample.bytes)
    if (!parsed) return "its shape could not be read"
    const { blocksize: block, nested_blocksize: outer } = parsed
    const [rows, cols] = parsed.shape
    const blocks = Math.ceil((rows * cols) / block)
    const [nested, nestedMap] = [module.part(".weight.nested_absmax"), module.part(".weight.nested_quant_map")]
    const isNested = absmax.dtype === "U8"
    const fits = bytesOf(weight) === Math.ceil((rows * cols) / 2) && lengthOf(absmax) === blocks && lengthOf(map) === 16
    if (!fits || (!isNested && absmax.dtype !== "F32")) return DOES_NOT_FIT
    const outerFits = outer && nested?.dtype === "F32" && nestedMap?.dtype === "F32" && lengthOf(nestedMap) === 256
    if (isNested && (!outerFits || lengthOf(nested) !== Math.ceil(blocks / outer))) return DOES_NOT_FIT
    const outerBlock = outer ?? 1
    // All but the offset is said by any layer of the kind.
    const knownOffset = sample?.own ? parsed.nested_offset : undefined
    const ownState = knownOffset === undefined ? [state] : []
    const blocksOf = (from: number, to: number) => [Math.floor((from * cols) / block), Math.ceil((to * cols) / block)] as const

    return packedSource(module, {
      rows,
      cols,
      packing: { scheme: module.part(STATES[0]) ? "NF4" : "FP4", bits: 4, group: block },
      parts: [weight, absmax, map, state, ...(nested && nestedMap ? [nested, nestedMap] : [])],
      along: "rows",
      overhead: [map, ...(nestedMap ? [nestedMap, ...ownState] : [])].reduce((sum, part) => sum + bytesOf(part), 0),
      spans: (from, to) => {
        const [b0, b1] = blocksOf(from, to)
        const bytes = { file: weight.file, begin: weight.begin + ((from * cols) >> 1), end: weight.begin + Math.ceil((to * cols) / 2) }
        const own = [bytes, flatSpan(absmax, b0, b1), wholeSpan(map)]
        if (!isNested || !nested || !nestedMap) return own
        return [
          ...own,
          flatSpan(nested, Math.floor(b0 / outerBlock), Math.ceil(b1 / outerBlock)),
          wholeSpan(nestedMap),
          ...ownState.map(wholeSpan),
        ]
      },
      unpack: (from, to, chunks, values) => {
        const [packed, absmaxBytes, mapBytes, ...rest] = chunks as [Uint8Array, Uint8Array, Uint8Array, ...Uint8Array[]]
        const table = decodeValues("F32", mapBytes)
        const [b0, b1] = blocksOf(from, to)
        const largest = decodeValues(absmax.dtype, absmaxBytes)
        if (isNested) {
          const [outerBytes, outerMapBytes, stateBytes] = rest as [Uint8Array, Uint8Array, Uint8Array?]
          const [outerLargest, outerTable] = [decodeValues("F32", outerBytes), decodeValues("F32", outerMapBytes)]
          const offset = Math.fround(knownOffset ?? readOffset(state, stateBytes))
          const outer0 = Math.floor(b0 / outerBlock)
          for (let b = b0; b < b1; b++) {
            const scale = outerLargest[Math.floor(b / outerBlock) - outer0] as number
            largest[b - b0] = Math.fround((outerTable[largest[b - b0] as number] as number) * scale) + offset
          }
        }
        const [first, firstByte] = [from * cols, Math.floor((from * cols) / 2)]
        for (let i = 0; i < values.length; i++) {
          const element = first + i
          const byte = packed[Math.floor(element / 2) - firstByte] as number
          const code = element % 2 === 0 ? byte >> 4 : byte & 15
          values[i] = (table[code] as number) * (largest[Math.floor(element / block) - b0] as number)
        }
      },
    })
  },
}

/** Elements [from, to) of a tensor whatever its shape. */
function flatSpan(tensor: RawTensor, from: number, to: number) {
  return rowSpan({ ...tensor, shape: [lengthOf(tensor)] }, from, to)
}

/** The offset is each layer's own, unlike the rest of the JSON. */
function readOffset(state: RawTensor, bytes: Uint8Array | undefined): number {
  const offset = bytes && parseState(bytes)?.nested_offset
  if (offset !== undefined) return offset
  throw new PedigreeError(
    "malformed",
    `${state.file} holds no valid quantisation state at byte ${state.begin} (${state.name}).`,
    "Ask the repository's owner to upload the file again.",
  )
}

/** The reference multiplies by this instead of dividing by 127. */
const OVER_127 = Math.fround(1 / 127)

/** LLM.int8() (Dettmers et al., 2022): int8 [out, in] times the row's largest magnitude, over 127. */
export const int8: PackedScheme = {
  endings: [".weight", ".SCB", ".weight_format"],
  open(module) {
    const [weight, largest] = [module.part(".weight"), module.part(".SCB")]
    const sides = sidesOf(weight)
    if (weight?.dtype !== "I8" || !sides || largest?.dtype !== "F32" || lengthOf(largest) !== sides[0]) return DOES_NOT_FIT
    const [rows, cols] = sides
    return packedSource(module, {
      rows,
      cols,
      packing: { scheme: "LLM.int8", bits: 8, group: null },
      parts: [weight, largest],
      along: "rows",
      spans: (from, to) => [rowSpan(weight, from, to), flatSpan(largest, from, to)],
      unpack: (from, to, chunks, values) => {
        const [packed, scale] = [decodeValues("I8", chunks[0] as Uint8Array), decodeValues("F32", chunks[1] as Uint8Array)]
        for (let row = 0, i = 0; row < to - from; row++) {
          for (let col = 0; col < cols; col++, i++) values[i] = Math.fround((packed[i] as number) * (scale[row] as number)) * OVER_127
        }
      },
    })
  },
}
