import { plainSource, type TensorSource } from "./container"
import { dtypeSize } from "./dtypes"
import type { RawTensor } from "./safetensors"

/** The largest published mixtures have 512 experts. */
const MAX_EXPERTS = 1_024
/** Where stacks stay whole: bounds what everything above walks through, as the list of stored tensors is bounded. */
const MAX_CUT = 200_000
/** Types that hold values by themselves; others need scales. */
const VALUES: ReadonlySet<string> = new Set(["F32", "F16", "BF16"])
/** Names of the two stacks of a layer: gate and up joined, and down. */
const STACKS = [
  { joined: /^(.+\.experts)\.gate_up_proj(\.weight)?$/, down: "down_proj", under: "" },
  { joined: /^(.+\.block_sparse_moe)\.input_linear(\.weight)?$/, down: "output_linear", under: ".experts" },
] as const

/**
 * Stacks of experts [experts, ., .] as the matrices that they hold, named as if each expert were stored by itself. Which side is the
 * outputs' shows in the shapes: gate and up have twice as many outputs as down has inputs.
 * @returns the experts' matrices, and the names of the stacks they were cut from
 */
export function expertSources(tensors: ReadonlyMap<string, RawTensor>): { sources: TensorSource[]; stacks: Set<string> } {
  const sources: TensorSource[] = []
  const stacks = new Set<string>()
  for (const [name, joined] of tensors) {
    for (const { joined: pattern, down: downName, under } of STACKS) {
      const [, prefix, ending = ""] = pattern.exec(name) ?? []
      const down = prefix === undefined ? undefined : tensors.get(`${prefix}.${downName}${ending}`)
      if (prefix === undefined || !down) continue
      // Only gpt-oss has biases here, and it alone lets gate and up take turns.
      const takesTurns = tensors.has(`${prefix}.gate_up_proj_bias`)
      const cut = sources.length < MAX_CUT ? cutLayer(prefix + under, joined, down, takesTurns) : null
      if (!cut) continue
      for (const source of cut) sources.push(source)
      stacks.add(name).add(down.name)
    }
  }
  return { sources, stacks }
}

function cutLayer(prefix: string, joined: RawTensor, down: RawTensor, takesTurns: boolean): TensorSource[] | null {
  if (joined.shape.length !== 3 || down.shape.length !== 3 || !VALUES.has(joined.dtype) || !VALUES.has(down.dtype)) return null
  const [experts, a, b] = joined.shape as readonly [number, number, number]
  const [downExperts, c, d] = down.shape as readonly [number, number, number]
  if (experts !== downExperts || experts > MAX_EXPERTS || a * b * c * d === 0) return null
  const sources: TensorSource[] = []
  if (a === 2 * d && b === c && !takesTurns) {
    for (let e = 0; e < experts; e++) {
      const row = b * dtypeSize(joined.dtype)
      const begin = joined.begin + e * a * row
      sources.push(plainSource(`${prefix}.${e}.gate_proj.weight`, joined.dtype, [d, b], joined.file, begin))
      sources.push(plainSource(`${prefix}.${e}.up_proj.weight`, joined.dtype, [d, b], joined.file, begin + d * row))
      const downBegin = down.begin + e * c * d * dtypeSize(down.dtype)
      sources.push(plainSource(`${prefix}.${e}.down_proj.weight`, down.dtype, [c, d], down.file, downBegin))
    }
    return sources
  }
  if (b === 2 * c && a === d) {
    const [second, step] = takesTurns ? [1, 2] : [c, 1]
    for (let e = 0; e < experts; e++) {
      sources.push(columnSource(`${prefix}.${e}.gate_proj.weight`, joined, e, { first: 0, step, outputs: c }))
      sources.push(columnSource(`${prefix}.${e}.up_proj.weight`, joined, e, { first: second, step, outputs: c }))
      sources.push(columnSource(`${prefix}.${e}.down_proj.weight`, down, e, { first: 0, step: 1, outputs: d }))
    }
    return sources
  }
  return null
}

/** Some outputs of one expert of a stack stored [experts, inputs, outputs]: what lies together is a column of the matrix [outputs, inputs]. */
function columnSource(
  name: string,
  stack: RawTensor,
  expert: number,
  { first, step, outputs }: { readonly first: number; readonly step: number; readonly outputs: number },
): TensorSource {
  const [, inputs, width] = stack.shape as readonly [number, number, number]
  const size = dtypeSize(stack.dtype)
  const begin = stack.begin + expert * inputs * width * size
  return {
    name,
    dtype: stack.dtype,
    shape: [outputs, inputs],
    packing: null,
    // Gate and up can't be read apart.
    bytes: inputs * width * size,
    along: "columns",
    spans: (from, to) => [{ file: stack.file, begin: begin + from * width * size, end: begin + to * width * size }],
    unpack: (from, to, chunks) => {
      const stored = chunks[0] ?? new Uint8Array(0)
      const count = to - from
      const bytes = new Uint8Array(outputs * count * size)
      for (let column = 0; column < count; column++) {
        for (let output = 0; output < outputs; output++) {
          const at = (column * width + first + output * step) * size
          for (let i = 0; i < size; i++) bytes[(output * count + column) * size + i] = stored[at + i] as number
        }
      }
      return bytes
    },
  }
}
