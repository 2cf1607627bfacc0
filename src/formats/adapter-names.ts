/** What a tensor of an adapter is to the matrix it changes. */
export type AdapterPart = "down" | "up" | "mid" | "alpha" | "embedding-down" | "embedding-up" | "magnitude" | "other"

export interface AdapterName {
  /** Path of the changed module in the base, as PyTorch writes it. */
  readonly module: string
  readonly part: AdapterPart
  /** The tensor's name in PEFT's own spelling below that path. */
  readonly name: string
  /** True for factors stored [in, rank] and [rank, out], as MLX does. */
  readonly transposed: boolean
}

/** Ends of names with what they mean, and PEFT's spelling of it; null keeps the file's own. */
const PATTERNS: readonly (readonly [RegExp, AdapterPart, string | null])[] = [
  [/\.lora_B(\.[^.]+)?\.bias$/, "other", "lora_B.bias"],
  // PEFT may put the adapter's own name (`default`) behind the part; AdaLoRA writes no `weight`.
  [/\.lora_A(\.[^.]+)?(\.weight)?$/, "down", "lora_A.weight"],
  [/\.lora_B(\.[^.]+)?(\.weight)?$/, "up", "lora_B.weight"],
  [/(\.lora_down|\.lora\.down|\.lora_linear_layer\.down|_lora\.down)\.weight$/, "down", "lora_A.weight"],
  [/(\.lora_up|\.lora\.up|\.lora_linear_layer\.up|_lora\.up)\.weight$/, "up", "lora_B.weight"],
  [/\.lora_mid\.weight$/, "mid", null],
  [/\.lora_embedding_A(\.[^.]+)?$/, "embedding-down", "lora_embedding_A"],
  [/\.lora_embedding_B(\.[^.]+)?$/, "embedding-up", "lora_embedding_B"],
  [/\.lora_magnitude_vector(\.[^.]+)?(\.weight)?$/, "magnitude", "lora_magnitude_vector"],
  [/\.alpha$/, "alpha", null],
  [/\.lora_a$/, "down", null],
  [/\.lora_b$/, "up", null],
  [/\.hada_w1_b$/, "down", null],
  [/\.hada_w1_a$/, "up", null],
  // Other ways of changing a matrix by few numbers: listed, but no shape of the base follows from them.
  [
    /\.(hada_w2_[ab]|hada_t[12]|lokr_w[12](_[ab])?|lokr_t2|lora_E|ranknum|dora_scale|oft_\w+|boft_\w+|ia3_l|vera_lambda_[bd])(\.[^.]+)?$/,
    "other",
    null,
  ],
]

/**
 * What a tensor of an adapter file is, in the spellings of PEFT, diffusers (old and new), Kohya's scripts and MLX; null for a whole
 * tensor (a saved head, a bias) or anything else.
 */
export function adapterName(name: string): AdapterName | null {
  for (const [pattern, part, ending] of PATTERNS) {
    const found = pattern.exec(name)
    if (found === null || found.index === 0) continue
    const module = modulePath(name.slice(0, found.index))
    const rest = ending ?? name.slice(found.index + 1)
    return { module, part, name: `${module}.${rest}`, transposed: rest === "lora_a" || rest === "lora_b" }
  }
  return null
}

/** The base's own name of a whole tensor that an adapter carries along. */
export function savedName(name: string): string {
  return name
    .replace(PEFT, "")
    .replace(/\.modules_to_save(\.[^.]+(?=\.(weight|bias)$))?/, "")
    .replace(/\.base_layer(?=\.)/, "")
}

const PEFT = /^base_model\.model\./

/** Beginnings of Kohya's names, and what stands for them: the main network has none, other parts get theirs. */
const KOHYA: readonly (readonly [RegExp, string])[] = [
  [/^lora_(unet|transformer|prior_unet)_/, ""],
  [/^lora_te1?_/, "text_encoder."],
  [/^lora_te2_/, "text_encoder_2."],
  [/^lora_te3_/, "text_encoder_3."],
]

function modulePath(path: string): string {
  const inner = path.replace(/\.base_layer$/, "")
  if (PEFT.test(inner)) return inner.replace(PEFT, "")
  const kohya = KOHYA.find(([pattern]) => pattern.test(inner))
  if (kohya) return kohya[1] + dotted(inner.replace(kohya[0], ""))
  return inner
    .replace(/^(unet|transformer|diffusion_model)\./, "")
    .replace(/\.processor\.to_out$/, ".to_out.0")
    .replace(".processor.", ".")
}

/** Names that themselves hold underscores: those of transformers' text encoders, diffusers' networks and the original ones. */
const COMPOUNDS = new Set(
  (
    "down_blocks up_blocks mid_block transformer_blocks single_transformer_blocks double_blocks single_blocks joint_blocks " +
    "joint_transformer_blocks input_blocks output_blocks middle_block context_block x_block prior_transformer_blocks refiner_blocks " +
    "noise_refiner context_refiner context_embedder x_embedder t_embedder y_embedder pos_embed time_text_embed time_embedding " +
    "time_embed label_emb add_embedding timestep_embedder text_embedder guidance_embedder time_emb_proj conv_shortcut conv_in conv_out " +
    "in_layers out_layers emb_layers skip_connection proj_in proj_out proj_mlp linear_1 linear_2 txt_in img_in vector_in time_in " +
    "guidance_in final_layer adaLN_modulation img_attn txt_attn img_mlp txt_mlp img_mod txt_mod self_attn cross_attn " +
    "to_q to_k to_v to_out to_qkv to_add_out add_q_proj add_k_proj add_v_proj q_proj k_proj v_proj o_proj out_proj in_proj " +
    "gate_proj up_proj down_proj text_model text_projection layer_norm1 layer_norm2 ff_context norm1_context norm_out linear1 linear2"
  ).split(" "),
)
const LONGEST = Math.max(...[...COMPOUNDS].map((name) => name.split("_").length))

/** Kohya's scripts write underscores for dots: known names keep theirs, every other one becomes a dot. */
function dotted(path: string): string {
  const words = path.split("_")
  const parts: string[] = []
  for (let at = 0; at < words.length; ) {
    let length = Math.min(LONGEST, words.length - at)
    while (length > 1 && !COMPOUNDS.has(words.slice(at, at + length).join("_"))) length--
    parts.push(words.slice(at, at + length).join("_"))
    at += length
  }
  return parts.join(".")
}
