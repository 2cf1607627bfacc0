import { PedigreeError } from "~src/core/errors"
import { dtypeSize } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import type { RepoReader } from "~src/hub/types"
import type { Read } from "./memory-reader"

/** Tensors with an element type of their own have it behind their shape. */
export type Shapes = readonly (readonly [name: string, shape: readonly number[], dtype?: Dtype])[]

/** Tensors of a Llama-like model, by their true names, in the order in which safetensors files keep them. */
export function llamaShapes(hidden: number, inner: number, layers: number, vocabulary: number, keyValue = hidden): Shapes {
  const shapes: [string, number[]][] = [["model.embed_tokens.weight", [vocabulary, hidden]]]
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`
    shapes.push([`${prefix}input_layernorm.weight`, [hidden]])
    shapes.push([`${prefix}mlp.down_proj.weight`, [hidden, inner]])
    shapes.push([`${prefix}mlp.gate_proj.weight`, [inner, hidden]])
    shapes.push([`${prefix}mlp.up_proj.weight`, [inner, hidden]])
    shapes.push([`${prefix}post_attention_layernorm.weight`, [hidden]])
    shapes.push([`${prefix}self_attn.k_proj.weight`, [keyValue, hidden]])
    shapes.push([`${prefix}self_attn.o_proj.weight`, [hidden, hidden]])
    shapes.push([`${prefix}self_attn.q_proj.weight`, [hidden, hidden]])
    shapes.push([`${prefix}self_attn.v_proj.weight`, [keyValue, hidden]])
  }
  shapes.push(["model.norm.weight", [hidden]], ["lm_head.weight", [vocabulary, hidden]])
  return shapes
}

export interface GeneratedRepo {
  readonly reader: RepoReader
  readonly reads: Read[]
  readonly weightBytes: () => number
}

/** A repository of any size whose weight bytes are made as they are asked for: byte i of the data is i mod 251. */
export function generatedRepo(shapes: Shapes, dtype: Dtype, shards = 1): GeneratedRepo {
  const names = Array.from({ length: shards }, (_, i) =>
    shards === 1 ? "model.safetensors" : `model-${String(i + 1).padStart(5, "0")}-of-${String(shards).padStart(5, "0")}.safetensors`,
  )
  const size = (shape: readonly number[], type = dtype) => shape.reduce((product, side) => product * side, dtypeSize(type))
  const total = shapes.reduce((sum, [, shape, type]) => sum + size(shape, type), 0)
  const headers: Record<string, unknown>[] = names.map(() => ({}))
  const lengths = names.map(() => 0)
  const weightMap: Record<string, string> = {}
  let before = 0
  for (const [name, shape, type = dtype] of shapes) {
    const shard = Math.min(shards - 1, Math.floor((before / Math.max(1, total)) * shards))
    const at = lengths[shard] as number
    ;(headers[shard] as Record<string, unknown>)[name] = { dtype: type, shape, data_offsets: [at, at + size(shape, type)] }
    lengths[shard] = at + size(shape, type)
    weightMap[name] = names[shard] as string
    before += size(shape, type)
  }
  const heads = headers.map((header) => {
    const text = new TextEncoder().encode(JSON.stringify({ __metadata__: { format: "pt" }, ...header }))
    const head = new Uint8Array(8 + text.length)
    new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true)
    head.set(text, 8)
    return head
  })
  const sizes = heads.map((head, i) => head.length + (lengths[i] as number))
  const reads: Read[] = []
  const reader: RepoReader = {
    files: async () => [
      ...names.map((path, i) => ({ path, size: sizes[i] as number, oid: null, xetHash: null })),
      ...(shards > 1 ? [{ path: "model.safetensors.index.json", size: 1000, oid: null, xetHash: null }] : []),
    ],
    text: async () => JSON.stringify({ weight_map: weightMap }),
    range: async (_ref, path, begin, end, { purpose }) => {
      const shard = names.indexOf(path)
      if (shard < 0) throw new PedigreeError("no-such-file", `There is no ${path}.`, "Check the name.")
      const head = heads[shard] as Uint8Array
      const fileSize = sizes[shard] as number
      const stop = Math.min(end, fileSize)
      if (begin >= stop) throw new Error(`read outside ${path}: ${begin} to ${end} of ${fileSize}`)
      reads.push({ path, begin, end: stop, purpose })
      const bytes = new Uint8Array(stop - begin)
      for (let i = 0; i < bytes.length; i++) {
        const at = begin + i
        bytes[i] = at < head.length ? (head[at] as number) : (at - head.length) % 251
      }
      return { bytes, size: fileSize }
    },
  }
  /** Everything beyond the headers, whatever it was read for. */
  const weightBytes = () =>
    reads.reduce(
      (sum, { path, begin, end }) => sum + Math.max(0, end - Math.max(begin, (heads[names.indexOf(path)] as Uint8Array).length)),
      0,
    )
  return { reader, reads, weightBytes }
}

/** BERT base, by its true names. */
export function bertShapes(hidden = 768, inner = 3072, layers = 12, vocabulary = 30522): Shapes {
  const shapes: [string, number[]][] = []
  const linear = (name: string, out: number, input: number) => shapes.push([`${name}.bias`, [out]], [`${name}.weight`, [out, input]])
  const norm = (name: string) => shapes.push([`${name}.bias`, [hidden]], [`${name}.weight`, [hidden]])
  norm("bert.embeddings.LayerNorm")
  shapes.push(["bert.embeddings.position_embeddings.weight", [512, hidden]], ["bert.embeddings.token_type_embeddings.weight", [2, hidden]])
  shapes.push(["bert.embeddings.word_embeddings.weight", [vocabulary, hidden]])
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `bert.encoder.layer.${layer}.`
    norm(`${prefix}attention.output.LayerNorm`)
    linear(`${prefix}attention.output.dense`, hidden, hidden)
    for (const part of ["key", "query", "value"]) linear(`${prefix}attention.self.${part}`, hidden, hidden)
    linear(`${prefix}intermediate.dense`, inner, hidden)
    norm(`${prefix}output.LayerNorm`)
    linear(`${prefix}output.dense`, hidden, inner)
  }
  shapes.push(["cls.predictions.bias", [vocabulary]])
  norm("cls.predictions.transform.LayerNorm")
  linear("cls.predictions.transform.dense", hidden, hidden)
  return shapes
}

/** A ResNet with bottleneck blocks (ResNet-50 by default), by its true names. */
export function resnetShapes(widths = [256, 512, 1024, 2048], depths = [3, 4, 6, 3]): Shapes {
  const shapes: [string, number[]][] = [
    ["classifier.1.bias", [1000]],
    ["classifier.1.weight", [1000, widths.at(-1) as number]],
  ]
  const conv = (name: string, out: number, input: number, side: number) => {
    shapes.push([`${name}.convolution.weight`, [out, input, side, side]])
    for (const part of ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]) {
      shapes.push([`${name}.normalization.${part}`, part === "num_batches_tracked" ? [] : [out]])
    }
  }
  conv("resnet.embedder.embedder", 64, 3, 7)
  let input = 64
  for (const [stage, width] of widths.entries()) {
    for (let block = 0; block < (depths[stage] ?? 0); block++) {
      const prefix = `resnet.encoder.stages.${stage}.layers.${block}.`
      conv(`${prefix}layer.0`, width / 4, input, 1)
      conv(`${prefix}layer.1`, width / 4, width / 4, 3)
      conv(`${prefix}layer.2`, width, width / 4, 1)
      if (block === 0) conv(`${prefix}shortcut`, width, input, 1)
      input = width
    }
  }
  return shapes
}
