import { type GgufKeys, ggufHeader } from "./gguf-writer"
import type { PiecedFile } from "./pieced-reader"

/** Bytes of 256 elements: Q4_K, Q6_K, F32, F16. */
const SIZES: Readonly<Record<number, number>> = { 12: 144, 14: 210, 0: 1024, 1: 512 }

/** A model as llama.cpp quantises it to Q4_K_M (the head in Q6_K, norms in F32), or all of it in F16. */
export function llamaTable(hidden: number, inner: number, layers: number, vocabulary: number, keyValue: number, matrix: 12 | 1) {
  const table: { name: string; shape: number[]; type: number; size: number }[] = []
  const add = (name: string, shape: number[], type: number) =>
    table.push({ name, shape, type, size: (shape.reduce((product, side) => product * side, 1) / 256) * (SIZES[type] as number) })
  add("token_embd.weight", [vocabulary, hidden], matrix)
  for (let layer = 0; layer < layers; layer++) {
    const block = (name: string, shape: number[], type: number = matrix) => add(`blk.${layer}.${name}.weight`, shape, type)
    block("attn_norm", [hidden], 0)
    block("ffn_down", [hidden, inner])
    block("ffn_gate", [inner, hidden])
    block("ffn_up", [inner, hidden])
    block("ffn_norm", [hidden], 0)
    block("attn_k", [keyValue, hidden])
    block("attn_output", [hidden, hidden])
    block("attn_q", [hidden, hidden])
    block("attn_v", [keyValue, hidden])
  }
  add("output_norm.weight", [hidden], 0)
  add("output.weight", [vocabulary, hidden], matrix === 12 ? 14 : 1)
  return table
}

/** Words as long as those of published vocabularies: 4 to 11 bytes, longer ones later. */
function words(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `\u0120${(i * 2654435761).toString(36)}`.slice(0, 4 + (i * 8) / count + (i % 3)))
}

export function vocabularyKeys(kind: "gpt2" | "llama" | "none", vocabulary: number, merges: number): GgufKeys {
  const common = {
    "general.architecture": "llama",
    "general.name": "Generated",
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
  }
  if (kind === "none") return common
  const tokens = words(vocabulary)
  const types = new Int32Array(vocabulary).fill(1)
  const tail = {
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.chat_template": "{{ messages }}".repeat(300),
    "general.quantization_version": 2,
    "general.file_type": 15,
  }
  if (kind === "llama") {
    const scores = Float32Array.from(tokens, (_, i) => -i)
    return {
      ...common,
      "tokenizer.ggml.model": kind,
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.scores": scores,
      "tokenizer.ggml.token_type": types,
      ...tail,
    }
  }
  const pairs = words(merges).map((word) => `${word.slice(0, 3)} ${word.slice(3)}x`)
  return {
    ...common,
    "tokenizer.ggml.model": kind,
    "tokenizer.ggml.pre": "x",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": types,
    "tokenizer.ggml.merges": pairs,
    ...tail,
  }
}

/** A file with this table, its values made as they are asked for. */
export function ggufPieces(keys: GgufKeys, table: ReturnType<typeof llamaTable>): PiecedFile {
  const head = ggufHeader(keys, table)
  const size = table.reduce((sum, tensor) => sum + Math.ceil(tensor.size / 32) * 32, head.length)
  return { pieces: [{ begin: 0, bytes: head }], size }
}
