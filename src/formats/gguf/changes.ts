import type { GgufTensor } from "./header"
import type { Change } from "./source"
import { type GgufValues, layerCountOf, textOf } from "./values"

/** Architectures whose converter interleaves the halves of every query and key head, as Meta's own Llama files have them. */
const PERMUTED = new Set(
  (
    "llama llama-embed mistral3 arcee smollm3 deci minicpm granite granitemoe granitehybrid olmo xverse baichuan internlm2 deepseek bailingmoe " +
    "arctic llada"
  ).split(" "),
)
/** Architectures whose norms multiply by one plus their weight: the converter adds the one. */
const NORMS_PLUS_ONE = new Set("gemma gemma2 gemma3 gemma-embedding nemotron qwen3next qwen35 qwen35moe".split(" "))
/** GPT-2's Conv1D keeps its weights as [inputs, outputs]; the converter transposes them. */
const CONV1D = /^blk\.\d+\.(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/

/**
 * What llama.cpp's converter did to a tensor's values, so that it can be undone.
 * @returns a reason in words if it can't be
 */
export function changeOf(tensor: GgufTensor, values: GgufValues): Change | string {
  if (tensor.begin === tensor.end) return {}
  const architecture = textOf(values, "general.architecture")
  if (architecture === "gpt2") return { transposed: CONV1D.test(tensor.name) && tensor.shape.length === 2 }
  if (NORMS_PLUS_ONE.has(architecture) && /norm\.weight$/.test(tensor.name) && !/ssm_norm/.test(tensor.name)) return { added: 1 }
  const [, layer, part] = /^blk\.(\d{1,6})\.attn_(q|k)\.(?:weight|bias)$/.exec(tensor.name) ?? []
  if (layer === undefined || !PERMUTED.has(architecture)) return {}
  const heads = layerCountOf(values, `${architecture}.attention.head_count`, Number(layer))
  const keyHeads = layerCountOf(values, `${architecture}.attention.head_count_kv`, Number(layer)) ?? heads
  return interleaved(tensor.shape[0] ?? 0, part === "q" ? heads : keyHeads)
}

/** Within each head stored row 2i is logical row i, stored row 2i + 1 logical row half + i. */
function interleaved(rows: number, heads: number | null): Change | string {
  const size = heads === null || heads === 0 ? 0 : rows / heads
  if (size === 0 || size % 2 !== 0) return `${rows} rows don't make ${heads ?? "an unknown number of"} heads`
  const half = size / 2
  return {
    order: (row) => {
      const within = row % size
      return row - within + 2 * (within % half) + (within < half ? 0 : 1)
    },
  }
}
