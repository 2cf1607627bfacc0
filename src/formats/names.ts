export interface CanonicalName {
  /** What the tensor does, e.g. `attn.q`, `mlp.up.bias`, `norm.attn`, `embed`; the rest of the name where nothing is known. */
  readonly role: string
  /** Number of the layer (within its stage, if the network has stages), or null outside the stack. */
  readonly layer: number | null
}

/** Wrappers that one class of model puts around another: a bare encoder and the same encoder under a head must agree. */
const WRAPPERS = new Set(
  (
    "model module base_model backbone thinker transformer language_model text_model encoder bert roberta xlm_roberta camembert electra deberta distilbert " +
    "albert mpnet vit deit dinov2 resnet gpt_neox gpt2"
  ).split(" "),
)
/** Parts of a network that exist beside its main stack: kept as a prefix, so that they never meet the main stack's names. */
const TOWERS = new Map([
  ["decoder", "dec"],
  ["vision_model", "vision"],
  ["vision_tower", "vision"],
  ["vision_encoder", "vision"],
  ["visual", "vision"],
  ["audio_tower", "audio"],
  ["multi_modal_projector", "projector"],
  ["mm_projector", "projector"],
  ["connector", "projector"],
  ["talker", "talker"],
])
/** Numbered parts that hold stacks of their own, by their prefix. */
const STAGES = new Map([
  ["stages", "stage"],
  ["down_blocks", "down"],
  ["up_blocks", "up"],
])
const STACKS = new Set("layers layer h blocks block resblocks encoder_layers decoder_layers transformer_blocks".split(" "))
/** Stacks that stand beside others: their word stays as a prefix. */
const NAMED_STACKS = new Map([
  ["single_transformer_blocks", "single"],
  ["attentions", "attentions"],
  ["resnets", "resnets"],
  ["motion_modules", "motion_modules"],
])

/** Role by what remains after wrappers, layer and `.weight` are taken off: [whole remainder, role]. */
const ROLES: readonly (readonly [RegExp, string])[] = [
  [/^(self_attn|attention\.self|attention\.attention|attention|attn|layer\.0\.SelfAttention)\.(q_proj|query|q|q_lin|to_q)$/, "attn.q"],
  [/^(self_attn|attention\.self|attention\.attention|attention|attn|layer\.0\.SelfAttention)\.(k_proj|key|k|k_lin|to_k)$/, "attn.k"],
  [/^(self_attn|attention\.self|attention\.attention|attention|attn|layer\.0\.SelfAttention)\.(v_proj|value|v|v_lin|to_v)$/, "attn.v"],
  [
    /^(self_attn\.(o_proj|out_proj)|attention\.output\.dense|attention\.(o_proj|out_lin|dense)|attn\.(c_proj|proj|out_proj|to_out\.0)|layer\.0\.SelfAttention\.o)$/,
    "attn.o",
  ],
  [/^(attn\.(c_attn|qkv)|attention\.query_key_value|self_attn\.qkv_proj)$/, "attn.qkv"],
  [/^(block_sparse_moe|mlp|feed_forward)\.experts\.(\d+)\.(w1|gate_proj)$/, "mlp.experts.$2.gate"],
  [/^(block_sparse_moe|mlp|feed_forward)\.experts\.(\d+)\.(w3|up_proj)$/, "mlp.experts.$2.up"],
  [/^(block_sparse_moe|mlp|feed_forward)\.experts\.(\d+)\.(w2|down_proj)$/, "mlp.experts.$2.down"],
  [/^(mlp|feed_forward)\.shared_experts?\.(gate|up|down)_proj$/, "mlp.shared.$2"],
  [/^mlp\.shared_expert_gate$/, "mlp.shared.router"],
  [/^(block_sparse_moe\.(gate|router\.layer)|mlp\.(gate|router)|feed_forward\.(gate|router))$/, "mlp.router"],
  [/^(mlp|feed_forward)\.gate_proj$/, "mlp.gate"],
  [/^feed_forward\.(up|down)_proj$/, "mlp.$1"],
  [/^(mlp\.(up_proj|fc1|c_fc|dense_h_to_4h)|intermediate\.dense|fc1|ffn\.lin1)$/, "mlp.up"],
  [/^(mlp\.(down_proj|fc2|c_proj|dense_4h_to_h)|output\.dense|fc2|ffn\.lin2)$/, "mlp.down"],
  [/^(input_layernorm|layernorm_before|attention\.output\.LayerNorm|ln_1|norm1|self_attn_layer_norm|sa_layer_norm)$/, "norm.attn"],
  [/^(post_attention_layernorm|layernorm_after|output\.LayerNorm|ln_2|norm2|final_layer_norm|output_layer_norm)$/, "norm.mlp"],
]
const OUTER_ROLES: readonly (readonly [RegExp, string])[] = [
  [/^(embed_tokens|wte|word_embeddings|embeddings\.word_embeddings|shared|embed_in|tok_embeddings)$/, "embed"],
  [/^(wpe|embed_positions|embeddings\.position_embeddings|pos_embed)$/, "embed.position"],
  [/^embeddings\.token_type_embeddings$/, "embed.token_type"],
  [/^(embeddings\.LayerNorm|embeddings\.norm)$/, "embed.norm"],
  [/^(embeddings\.patch_embeddings\.projection|patch_embed\.proj)$/, "embed.patch"],
  [/^(norm|ln_f|layernorm|final_layernorm|final_layer_norm)$/, "norm.final"],
  [/^(lm_head|embed_out)$/, "lm_head"],
  [/^embedder\.embedder\.convolution$/, "stem.conv"],
  [/^embedder\.embedder\.normalization$/, "stem.norm"],
]

/** Parts of an adapter beside the matrix that they change: suffixes, so that they never meet the matrix itself. */
const ADAPTER_PARTS: Readonly<Record<string, string>> = {
  lora_A: ".lora_a",
  lora_B: ".lora_b",
  lora_embedding_A: ".lora_embedding_a",
  lora_embedding_B: ".lora_embedding_b",
  lora_magnitude_vector: ".dora_magnitude",
}

const NUMBER = /^\d{1,6}$/

function canonicalName(name: string): CanonicalName {
  const parts = name.split(".")
  const towers: string[] = []
  let start = 0
  // The last part is the tensor itself, never a wrapper.
  for (; start < parts.length - 1; start++) {
    const part = parts[start] as string
    const tower = TOWERS.get(part)
    if (tower !== undefined) {
      if (!towers.includes(tower)) towers.push(tower)
    } else if (!WRAPPERS.has(part)) break
  }
  const numbered = (words: { has(part: string): boolean }) =>
    parts.findIndex((part, i) => i >= start && words.has(part) && NUMBER.test(parts[i + 1] ?? ""))
  const stages: string[] = []
  const stageAt = numbered(STAGES)
  if (stageAt >= 0) {
    const [word = "", number] = parts.splice(stageAt, 2)
    stages.push(`${STAGES.get(word)}${Number(number)}`)
  }
  let layer: number | null = null
  const stackAt = numbered({ has: (part) => STACKS.has(part) || NAMED_STACKS.has(part) })
  if (stackAt >= 0) {
    const [word = "", number] = parts.splice(stackAt, 2)
    layer = Number(number)
    const prefix = NAMED_STACKS.get(word)
    if (prefix !== undefined) stages.push(prefix)
  }
  let rest = parts.slice(start).join(".")
  let suffix = ""
  if (/(^|\.)(weight|gamma)$/.test(rest)) rest = rest.replace(/\.?(weight|gamma)$/, "")
  else if (/(^|\.)(bias|beta)$/.test(rest)) {
    rest = rest.replace(/\.?(bias|beta)$/, "")
    suffix = ".bias"
  } else if (/\.running_(mean|var)$/.test(rest)) {
    suffix = rest.slice(rest.lastIndexOf("."))
    rest = rest.slice(0, -suffix.length)
  }
  const part = /\.(lora_(?:embedding_)?[AB]|lora_magnitude_vector)$/.exec(rest)?.[1]
  if (part !== undefined) {
    suffix = `${ADAPTER_PARTS[part]}${suffix}`
    rest = rest.slice(0, -part.length - 1)
  }
  // The norms of a convolution block are none of a transformer's.
  const roles = stages.includes("resnets") ? [] : layer === null ? OUTER_ROLES : ROLES
  const known = roles.find(([pattern]) => pattern.test(rest))
  const middle = known ? rest.replace(known[0], known[1]) : stages.length === 0 ? rest : convolutionRole(rest)
  const role = [...towers, ...stages, ...(middle === "" ? [] : [middle])].join(".") + suffix
  return { role: role === "" ? "weight" : role.replace(/^\./, ""), layer }
}

/** Inside a residual stage: `layer.1.convolution` is `conv1`, `shortcut.normalization` is `shortcut.norm`. */
function convolutionRole(rest: string): string {
  return rest
    .replace(/^layer\.(\d+)\.convolution$/, "conv$1")
    .replace(/^layer\.(\d+)\.normalization$/, "norm$1")
    .replace(/^shortcut\.convolution$/, "shortcut.conv")
    .replace(/^shortcut\.normalization$/, "shortcut.norm")
}

/**
 * Canonical place of every tensor of one model. Equal architectures give equal keys whatever class wrote them; no two tensors share
 * one: of several names that would, the first in code-unit order keeps it and the others carry their whole name behind `@`.
 * @param names distinct tensor names
 */
export function canonicalNames(names: Iterable<string>): Map<string, CanonicalName> {
  const places = new Map<string, CanonicalName>()
  const taken = new Set<string>()
  for (const name of [...names].sort()) {
    let { role, layer } = canonicalName(name)
    if (taken.has(`${layer}|${role}`)) role = `${role}@${name}`
    while (taken.has(`${layer}|${role}`)) role += "@"
    taken.add(`${layer}|${role}`)
    places.set(name, { role, layer })
  }
  return places
}

const CONSTANT =
  /(^|\.)(inv_freq|original_inv_freq|rotary_emb\..*|freqs_cis|position_ids|token_type_ids|attention_mask|causal_mask|masked_bias|num_batches_tracked|relative_position_index|relative_coords_table|mel_filters|mel_fb|fbank|fb|stft.*|window|embed_positions\.weights)$/
/** GPT-2's causal mask is called `attn.bias`, without a `c_attn` or the like before it. */
const GPT2_MASK = /(^|\.)h\.\d+\.attn\.bias$/

/** Buffers that are the same in unrelated models (rotary tables, masks, filter banks, counters): listed, never compared. */
export function isConstantBuffer(name: string): boolean {
  return CONSTANT.test(name) || GPT2_MASK.test(name)
}
