import type { OnnxGraph, OnnxNode, OnnxTensor } from "./graph"

/** Where a constant belongs in the model that was exported. */
export interface Place {
  readonly name: string
  /** True where the graph keeps [in, out] of what PyTorch keeps as [out, in]. */
  readonly transposed: boolean
}

/** Said of a constant whose module the graph does not give away. */
export const UNNAMED = { reason: "the graph does not tell its name" }

/** Where a constant is used first. */
export interface Use {
  readonly node: OnnxNode
  readonly slot: number
}

/** The uses of every constant and value in a graph. */
export class Uses {
  private readonly first = new Map<string, Use>()
  /** Bias name by the output that it is added to. */
  private readonly biases = new Map<string, string>()

  constructor(graph: OnnxGraph) {
    for (const node of graph.nodes) {
      for (const [slot, input] of node.inputs.entries()) if (!this.first.has(input)) this.first.set(input, { node, slot })
      if (node.op !== "Add") continue
      for (const [value, bias] of [node.inputs, [...node.inputs].reverse()]) {
        if (value !== undefined && bias !== undefined && isStateName(bias) && bias.endsWith(".bias")) this.biases.set(value, bias)
      }
    }
  }

  /** The node that uses a value; that behind a dequantisation, if there is one. */
  of(name: string): Use | null {
    const use = this.first.get(name) ?? null
    const [output] = use?.node.op === "DequantizeLinear" && use.slot === 0 ? use.node.outputs : []
    return output === undefined ? use : (this.first.get(output) ?? use)
  }

  /** The dequantisation of a value or the integer product that takes it, with the names of its scale and zero point. */
  dequantisation(name: string): { readonly scale: string; readonly zero: string | null; readonly axis: number } | null {
    const use = this.first.get(name)
    if (use?.node.op !== "DequantizeLinear" || use.slot !== 0 || use.node.inputs[1] === undefined) return null
    return { scale: use.node.inputs[1], zero: use.node.inputs[2] || null, axis: use.node.numbers.get("axis") ?? 1 }
  }

  /** The module that a product belongs to: the one whose scope its name gives, else that of the bias added to it. */
  module({ name, outputs }: OnnxNode): string | null {
    const scope = name.startsWith("/") ? name.slice(1, name.lastIndexOf("/")).replaceAll("/", ".") : ""
    if (scope !== "" && isStateName(`${scope}.weight`)) return parameterScope(scope)
    const bias = outputs[0] === undefined ? undefined : this.biases.get(outputs[0])
    return bias === undefined ? null : bias.slice(0, -".bias".length)
  }
}

/** Exporters name folded constants `onnx::MatMul_12`, `12`, `val_12`, `_v_12`; a state dict's names have dots. */
function isStateName(name: string): boolean {
  return /^[A-Za-z_][\w-]*(\.[\w-]+)+$/.test(name) && !/^(val|ortshared)_/.test(name)
}

/** onnxruntime's model builder calls `self_attn` `attn`. */
function parameterScope(scope: string): string {
  return scope.replace(/^(model\.layers\.\d+)\.attn\.([qkvo]_proj)$/, "$1.self_attn.$2")
}

/** `onnx::MatMul_12_quantized` and `encoder.weight_quantized` without what quantisation put behind them. */
export function unquantised(name: string): string {
  return name.replace(/_(quantized|q4|Q4|int8|uint8)$/, "")
}

/**
 * The place of one constant, a reason why it can't be told, or null for what is no weight.
 */
export function placeOf(tensor: OnnxTensor, uses: Uses): Place | { readonly reason: string } | null {
  const rank = tensor.shape.length
  const name = unquantised(tensor.name)
  const use = uses.of(tensor.name)
  // onnxruntime's model builder: `model.layers.0.attn.q_proj.MatMul.weight`, stored as MatMul takes it.
  const built = /^(.+)\.(MatMul|Gemm)\.(weight|bias)$/.exec(name)
  if (built)
    return {
      name: `${parameterScope(built[1] as string)}.${built[3]}`,
      transposed: rank === 2 && use?.slot === 1 && use.node.numbers.get("transB") !== 1,
    }
  if (isStateName(name)) return { name, transposed: false }
  if (use === null || rank === 0) return null
  const { node, slot } = use
  const owner = node.op === "Gemm" ? gemmModule(node, uses) : uses.module(node)
  const known = owner === null ? null : roleIn(node, slot, rank, owner)
  if (known !== null) return known
  if (rank === 4 && node.op === "Conv") return { reason: "the export merged it with a normalisation" }
  return rank >= 2 ? UNNAMED : null
}

function gemmModule(node: OnnxNode, uses: Uses): string | null {
  const bias = node.inputs[2]
  return bias !== undefined && isStateName(bias) && bias.endsWith(".bias") ? bias.slice(0, -".bias".length) : uses.module(node)
}

function roleIn({ op, numbers }: OnnxNode, slot: number, rank: number, owner: string): Place | null {
  if (rank === 2 && slot === 1 && (op === "MatMul" || op === "MatMulInteger")) return { name: `${owner}.weight`, transposed: true }
  if (rank === 2 && slot === 1 && op === "Gemm") return { name: `${owner}.weight`, transposed: numbers.get("transB") !== 1 }
  if (rank === 2 && slot === 0 && op === "Gather") return { name: `${owner}.weight`, transposed: false }
  if (rank === 1 && slot === 2 && op === "Gemm") return { name: `${owner}.bias`, transposed: false }
  if (rank === 1 && slot === 1 && op === "LayerNormalization") return { name: `${owner}.weight`, transposed: false }
  if (rank === 1 && slot === 2 && op === "LayerNormalization") return { name: `${owner}.bias`, transposed: false }
  return null
}
