import { countOf, type GgufValues, textOf } from "./values"

/** Where an architecture keeps its layers, and its names for what differs from Llama's. `*` stands for the number of an expert. */
interface Scheme {
  readonly layers: string
  readonly outer: Readonly<Record<string, string>>
  readonly block: Readonly<Record<string, string>>
}

const LLAMA: Scheme = {
  layers: "model.layers.",
  outer: {
    token_embd: "model.embed_tokens",
    output_norm: "model.norm",
    output: "lm_head",
    rope_freqs: "model.rotary_emb.rope_freqs",
    rope_factors_long: "model.rotary_emb.long_factor",
    rope_factors_short: "model.rotary_emb.short_factor",
  },
  block: {
    attn_norm: "input_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    attn_q_norm: "self_attn.q_norm",
    attn_k_norm: "self_attn.k_norm",
    attn_rot_embd: "self_attn.rotary_emb.inv_freq",
    rope_freqs: "self_attn.rotary_emb.rope_freqs",
    post_attention_norm: "post_attention_layernorm",
    post_ffw_norm: "post_feedforward_layernorm",
    ffn_norm: "post_attention_layernorm",
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
    ffn_gate_inp: "mlp.gate",
    ffn_gate_exps: "mlp.experts.*.gate_proj",
    ffn_up_exps: "mlp.experts.*.up_proj",
    ffn_down_exps: "mlp.experts.*.down_proj",
    ffn_gate_inp_shexp: "mlp.shared_expert_gate",
    ffn_gate_shexp: "mlp.shared_expert.gate_proj",
    ffn_up_shexp: "mlp.shared_expert.up_proj",
    ffn_down_shexp: "mlp.shared_expert.down_proj",
  },
}

function like(base: Scheme, block: Scheme["block"], outer: Scheme["outer"] = {}, layers = base.layers): Scheme {
  return { layers, outer: { ...base.outer, ...outer }, block: { ...base.block, ...block } }
}

const MIXTRAL = like(LLAMA, {
  ffn_gate_inp: "block_sparse_moe.gate",
  ffn_gate_exps: "block_sparse_moe.experts.*.w1",
  ffn_down_exps: "block_sparse_moe.experts.*.w2",
  ffn_up_exps: "block_sparse_moe.experts.*.w3",
})
const GEMMA2 = like(LLAMA, { ffn_norm: "pre_feedforward_layernorm" })
const PHI2 = like(
  LLAMA,
  { attn_qkv: "self_attn.query_key_value", attn_output: "self_attn.dense", ffn_up: "mlp.fc1", ffn_down: "mlp.fc2" },
  { output_norm: "model.final_layernorm" },
)
const PHI3 = like(LLAMA, { attn_qkv: "self_attn.qkv_proj", ffn_up: "mlp.gate_up_proj" })
const GPT_OSS = like(LLAMA, { ffn_gate_inp: "mlp.router" })
const GPT2 = like(
  LLAMA,
  {
    attn_norm: "ln_1",
    attn_qkv: "attn.c_attn",
    attn_output: "attn.c_proj",
    ffn_norm: "ln_2",
    ffn_up: "mlp.c_fc",
    ffn_down: "mlp.c_proj",
  },
  { token_embd: "transformer.wte", position_embd: "transformer.wpe", output_norm: "transformer.ln_f" },
  "transformer.h.",
)
const BERT = like(
  LLAMA,
  {
    attn_q: "attention.self.query",
    attn_k: "attention.self.key",
    attn_v: "attention.self.value",
    attn_output: "attention.output.dense",
    attn_output_norm: "attention.output.LayerNorm",
    ffn_up: "intermediate.dense",
    ffn_down: "output.dense",
    layer_output_norm: "output.LayerNorm",
  },
  {
    token_embd: "bert.embeddings.word_embeddings",
    token_types: "bert.embeddings.token_type_embeddings",
    position_embd: "bert.embeddings.position_embeddings",
    token_embd_norm: "bert.embeddings.LayerNorm",
    cls: "classifier.dense",
    "cls.output": "classifier.out_proj",
  },
  "bert.encoder.layer.",
)

const SCHEMES: Readonly<Record<string, Scheme>> = {
  gemma2: GEMMA2,
  gemma3: GEMMA2,
  gemma3n: GEMMA2,
  gemma4: GEMMA2,
  "gemma-embedding": GEMMA2,
  phi2: PHI2,
  phi3: PHI3,
  "gpt-oss": GPT_OSS,
  gpt2: GPT2,
  bert: BERT,
}

/**
 * PyTorch names by llama.cpp's names (gguf-py's tensor_mapping.py lists both). What an architecture of which nothing is known shares
 * with Llama is called as there; the rest keeps llama.cpp's word, so that GGUF files of one architecture always meet.
 * @returns a function of a tensor's name; a `*` in what it gives stands for the number of an expert along the first axis
 */
export function ggufNames(values: GgufValues): (name: string) => string {
  const architecture = textOf(values, "general.architecture")
  const mixtral = architecture === "llama" && (countOf(values, "llama.expert_count") ?? 0) > 0
  const scheme = mixtral ? MIXTRAL : Object.hasOwn(SCHEMES, architecture) ? (SCHEMES[architecture] as Scheme) : LLAMA
  return (name) => {
    const [, layer, stem = name, suffix = ""] = /^(?:blk\.(\d{1,6})\.)?(.+?)(\.(?:weight|bias))?$/.exec(name) ?? []
    // Before experts were stacked each was a tensor: blk.N.ffn_gate.E.weight.
    const [, part, expert] = /^(ffn_(?:gate|up|down))\.(\d{1,4})$/.exec(stem) ?? []
    const known = layer === undefined ? scheme.outer : scheme.block
    const key = part === undefined ? stem : `${part}_exps`
    const word = Object.hasOwn(known, key) ? (known[key] as string) : stem
    return `${layer === undefined ? "" : `${scheme.layers}${layer}.`}${expert === undefined ? word : word.replace("*", expert)}${suffix}`
  }
}
