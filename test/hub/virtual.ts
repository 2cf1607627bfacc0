import { type Content, contentOf, sha256Text } from "./content"
import type { SourceFile } from "./files"
import { createRepository, type Repository } from "./repository"
import { createValues, type Derivation } from "./virtual-values"

/**
 * A repository without any file on disk: Llama-2-7B's true names and shapes in bf16, in two shards, each byte a function of seed,
 * tensor and position. With `derive` the values are those of the seed `derive.from` plus a small update drawn from `seed`.
 */
export interface VirtualRepoOptions {
  readonly id: string
  readonly kind: "llama-7b"
  readonly seed: number
  readonly derive?: Derivation
  /** ISO 8601. */
  readonly createdAt?: string
  /** What the card declares as `base_model`. */
  readonly declares?: string
}

interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Bytes from the beginning of the shard's data. */
  readonly begin: number
  readonly end: number
}

const LAYERS = 32
const HIDDEN = 4096
const INNER = 11008
const VOCABULARY = 32000
const BYTES = 2
const MOST_SHARD = 10e9
const DATE = "2023-07-13T16:26:27.000Z"

const CONFIG = {
  architectures: ["LlamaForCausalLM"],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: "silu",
  hidden_size: HIDDEN,
  initializer_range: 0.02,
  intermediate_size: INNER,
  max_position_embeddings: 4096,
  model_type: "llama",
  num_attention_heads: 32,
  num_hidden_layers: LAYERS,
  num_key_value_heads: 32,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.31.0",
  use_cache: true,
  vocab_size: VOCABULARY,
}

export function createVirtualRepository(options: VirtualRepoOptions): Repository {
  const { id, seed, derive, createdAt = DATE, declares } = options
  const meta = {
    id,
    createdAt,
    lastModified: createdAt,
    downloads: 1000,
    likes: 10,
    gated: false,
    private: false,
    disabled: false,
  } as const
  const card = ["---", "license: llama2", "library_name: transformers", "pipeline_tag: text-generation"]
  if (declares !== undefined) card.push(`base_model: ${JSON.stringify(declares)}`)
  return createRepository(meta, [
    { path: "README.md", content: contentOf(`${[...card, "---"].join("\n")}\n\n# ${id}\n`) },
    { path: "config.json", content: contentOf(`${JSON.stringify(CONFIG, null, 2)}\n`) },
    ...weightFiles(seed, derive),
  ])
}

function weightFiles(seed: number, derive: Derivation | undefined): SourceFile[] {
  const shards = cutIntoShards(shapes())
  const name = (index: number) => `model-${pad(index + 1)}-of-${pad(shards.length)}.safetensors`
  const identity = JSON.stringify([seed, derive])
  const total = shards.reduce((sum, shard) => sum + (shard.at(-1)?.end ?? 0), 0)
  const map = Object.fromEntries(shards.flatMap((shard, index) => shard.map((tensor) => [tensor.name, name(index)])))
  return [
    ...shards.map((shard, index) => ({
      path: name(index),
      content: shardContent(shard, createValues(seed, derive)),
      identity: sha256Text(`${identity} ${index}`),
    })),
    {
      path: "model.safetensors.index.json",
      content: contentOf(JSON.stringify({ metadata: { total_size: total }, weight_map: map }, null, 2)),
    },
  ]
}

const pad = (number: number) => String(number).padStart(5, "0")

function shapes(): [name: string, shape: number[]][] {
  const layers = Array.from({ length: LAYERS }, (_, layer): [string, number[]][] => {
    const prefix = `model.layers.${layer}.`
    return [
      [`${prefix}input_layernorm.weight`, [HIDDEN]],
      [`${prefix}mlp.down_proj.weight`, [HIDDEN, INNER]],
      [`${prefix}mlp.gate_proj.weight`, [INNER, HIDDEN]],
      [`${prefix}mlp.up_proj.weight`, [INNER, HIDDEN]],
      [`${prefix}post_attention_layernorm.weight`, [HIDDEN]],
      ...["k", "o", "q", "v"].map((part): [string, number[]] => [`${prefix}self_attn.${part}_proj.weight`, [HIDDEN, HIDDEN]]),
    ]
  })
  return [
    ["model.embed_tokens.weight", [VOCABULARY, HIDDEN]],
    ...layers.flat(),
    ["model.norm.weight", [HIDDEN]],
    ["lm_head.weight", [VOCABULARY, HIDDEN]],
  ]
}

function cutIntoShards(all: readonly [string, readonly number[]][]): Tensor[][] {
  const shards: Tensor[][] = [[]]
  for (const [name, shape] of all) {
    const size = shape.reduce((product, side) => product * side, BYTES)
    if ((shards.at(-1)?.at(-1)?.end ?? 0) + size > MOST_SHARD) shards.push([])
    const shard = shards.at(-1)
    const begin = shard?.at(-1)?.end ?? 0
    shard?.push({ name, shape, begin, end: begin + size })
  }
  return shards
}

/** A safetensors file: length, header padded to eight bytes, data. */
function shardContent(tensors: readonly Tensor[], values: ReturnType<typeof createValues>): Content {
  const entries = tensors.map(({ name, shape, begin, end }) => [name, { dtype: "BF16", shape, data_offsets: [begin, end] }])
  const json = JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(entries) })
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const header = Buffer.concat([length, text])
  return {
    size: header.length + (tensors.at(-1)?.end ?? 0),
    read(begin, end) {
      const bytes = Buffer.alloc(end - begin)
      if (begin < header.length) header.copy(bytes, 0, begin, end)
      for (const tensor of tensors) {
        const from = Math.max(begin, header.length + tensor.begin)
        const to = Math.min(end, header.length + tensor.end)
        if (from >= to) continue
        const inner = from - header.length - tensor.begin
        const first = Math.floor(inner / BYTES)
        const last = Math.ceil((inner + to - from) / BYTES)
        const drawn = Buffer.from(values(tensor.name, tensor.shape.length === 1, first, last).buffer)
        drawn.copy(bytes, from - begin, inner - first * BYTES, inner - first * BYTES + to - from)
      }
      return bytes
    },
  }
}
