import type { TensorSource } from "./container"
import { dtypeSize } from "./dtypes"
import type { RawTensor } from "./safetensors"
import { stridedSource } from "./strided"

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
  if (experts !== downExperts || experts > MAX_EXPERTS || experts * a * b * c * d === 0) return null
  const outputsFirst = a === 2 * d && b === c && !takesTurns
  if (!outputsFirst && !(b === 2 * c && a === d)) return null
  const [inner, hidden] = outputsFirst ? [d, c] : [c, d]
  const [upFirst, outputStep] = takesTurns ? [1, 2] : [outputsFirst ? inner * hidden : inner, 1]
  // Strides of one expert's matrices [outputs, inputs] in elements.
  const joinedStride = outputsFirst ? [hidden, 1] : [outputStep, 2 * inner]
  const downStride = outputsFirst ? [inner, 1] : [1, hidden]
  const sources: (TensorSource | null)[] = []
  for (let e = 0; e < experts; e++) {
    const name = (part: string) => `${prefix}.${e}.${part}_proj.weight`
    sources.push(
      slice(name("gate"), joined, e * a * b, [inner, hidden], joinedStride),
      slice(name("up"), joined, e * a * b + upFirst, [inner, hidden], joinedStride),
      slice(name("down"), down, e * c * d, [hidden, inner], downStride),
    )
  }
  return sources.filter((source) => source !== null)
}

/** A matrix inside a stack, from its element number `first`. */
function slice(name: string, stack: RawTensor, first: number, shape: readonly number[], stride: readonly number[]): TensorSource | null {
  const { dtype, file, begin } = stack
  return stridedSource(name, { dtype, shape, stride, file, begin: begin + first * dtypeSize(dtype) })
}
