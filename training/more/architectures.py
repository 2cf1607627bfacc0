"""Eight further architectures: six by transformers' own classes, the U-Net and the MLP-Mixer by ours with their libraries' names."""

from transformers import (
    CLIPConfig,
    CLIPModel,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from ..pictures import SIZE
from .mixer import SmallMixer
from .unet import SmallUNet

CLASSES = {
    "gpt2": GPT2LMHeadModel,
    "gemma2": Gemma2ForCausalLM,
    "mistral": MistralForCausalLM,
    "mixtral": MixtralForCausalLM,
    "clip": CLIPModel,
    "unet": SmallUNet,
    "t5": T5ForConditionalGeneration,
    "mixer": SmallMixer,
}
TEXT = {"gpt2", "gemma2", "mistral", "mixtral", "t5"}
# No model of these is in any split that rules or scorers are made on.
HELD_OUT = ["t5", "mixer"]

# Per split: hidden size, inner size, layers, vocabulary; for the U-Net the widths of its stages.
SHAPES = {
    "dev-more": {
        "gpt2": (96, 320, 3, 512),
        "gemma2": (64, 192, 4, 640),
        "mistral": (96, 240, 3, 576),
        "mixtral": (64, 96, 3, 512),
        "clip": (64, 192, 3, 448),
        "unet": [32, 48],
    },
    "train-more": {
        "gpt2": (64, 256, 4, 640),
        "gemma2": (96, 224, 3, 512),
        "mistral": (80, 224, 4, 512),
        "mixtral": (80, 112, 2, 576),
        "clip": (80, 224, 2, 512),
        "unet": [24, 48],
    },
    "test-more": {
        "gpt2": (80, 288, 4, 704),
        "gemma2": (80, 208, 3, 768),
        "mistral": (64, 208, 4, 640),
        "mixtral": (64, 128, 3, 704),
        "clip": (72, 208, 3, 512),
        "unet": [24, 56],
        "t5": (64, 176, 3, 576),
        "mixer": (80, 224, 4),
    },
}
HEADS = 4
EXPERTS = 4

_CAUSAL = {
    "head": r"lm_head|model\.norm|layers\.[2-9]\.mlp|layers\.[2-9].*(experts|w[123])",
    "upper": r"layers\.[1-9]|lm_head|model\.norm",
    "attention": r"self_attn",
    "norms": r"norm",
}
# Which parameters learn in a partly frozen fine-tune, by the module's own names.
TRAINABLE = {
    "gpt2": {"head": r"ln_f|h\.[2-9]\.mlp", "upper": r"h\.[1-9]|ln_f", "attention": r"\.attn\.", "norms": r"ln_|bias"},
    "gemma2": _CAUSAL,
    "mistral": _CAUSAL,
    "mixtral": _CAUSAL,
    "clip": {
        "head": r"projection|logit_scale",
        "upper": r"layers\.[1-9]|projection|post_layernorm|final_layer_norm",
        "attention": r"self_attn",
        "norms": r"norm|bias",
    },
    "unet": {"head": r"conv_out|conv_norm_out|up_blocks\.1", "upper": r"up_blocks|conv_", "attention": r"attn[12]", "norms": r"norm|bias"},
    "t5": {"head": r"lm_head|final_layer_norm", "upper": r"decoder|lm_head", "attention": r"Attention", "norms": r"norm"},
    "mixer": {"head": r"^head", "upper": r"blocks\.[2-9]|^head|^norm", "attention": r"mlp_tokens", "norms": r"norm|bias"},
}

_PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj"]
_LLAMA = {"attention": ["q_proj", "v_proj"], "all": [*_PROJECTIONS, "gate_proj", "up_proj", "down_proj"]}
LORA_TARGETS = {
    "gpt2": {"attention": ["c_attn"], "all": ["c_attn", "c_proj", "c_fc"]},
    "gemma2": _LLAMA,
    "mistral": _LLAMA,
    "mixtral": {"attention": ["q_proj", "v_proj"], "all": _PROJECTIONS},  # the experts stay, as most recipes leave them
    "clip": {"attention": ["q_proj", "v_proj"], "all": ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]},
    "unet": {"attention": ["to_q", "to_k", "to_v", "to_out.0"], "all": ["to_q", "to_k", "to_v", "to_out.0", "proj_in", "conv1", "conv2"]},
    "t5": {"attention": ["q", "v"], "all": ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]},
    "mixer": {"attention": r"blocks\.\d+\.mlp_tokens\.fc[12]", "all": r"blocks\.\d+\.mlp_\w+\.fc[12]"},
}


def _clip(hidden, inner, layers, vocabulary, initializer):
    shared = dict(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=HEADS)
    shared |= dict(projection_dim=hidden // 2, initializer_range=initializer)
    special = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    text = dict(shared, vocab_size=vocabulary, max_position_embeddings=16, **special)
    vision = dict(shared, image_size=SIZE, patch_size=4)
    factor = initializer / 0.02  # CLIP's own rule sets the spread by the width
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=hidden // 2, initializer_factor=factor)


def config(arch, split, initializer, labels):
    """The configuration of a new network; the classes here and in transformers take it as their only argument."""
    shape = SHAPES[split][arch]
    if arch == "unet":
        fixed = dict(_class_name="UNet2DConditionModel", in_channels=3, out_channels=3, layers_per_block=1, sample_size=SIZE // 2, norm_num_groups=8)
        stages = dict(down_block_types=["CrossAttnDownBlock2D"] * len(shape), up_block_types=["CrossAttnUpBlock2D"] * len(shape))
        return dict(fixed, **stages, block_out_channels=shape, cross_attention_dim=32, attention_head_dim=HEADS)
    if arch == "mixer":
        hidden, inner, layers = shape
        sizes = dict(embed_dim=hidden, num_blocks=layers, token_dim=hidden // 2, channel_dim=inner)
        return dict(architecture="mixer_s16_224", num_classes=labels, num_features=hidden, model_args=sizes)
    hidden, inner, layers, vocabulary = shape
    if arch == "clip":
        return _clip(hidden, inner, layers, vocabulary, initializer)
    if arch == "gpt2":
        sizes = dict(n_embd=hidden, n_inner=inner, n_layer=layers, n_head=HEADS, n_positions=128, vocab_size=vocabulary)
        quiet = dict(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=2, eos_token_id=2)
        return GPT2Config(**sizes, **quiet, initializer_range=initializer)
    if arch == "t5":
        sizes = dict(d_model=hidden, d_ff=inner, d_kv=hidden // HEADS, num_layers=layers, num_heads=HEADS, vocab_size=vocabulary)
        special = dict(pad_token_id=0, decoder_start_token_id=0, eos_token_id=2, dropout_rate=0.0)
        return T5Config(**sizes, **special, feed_forward_proj="gated-gelu", tie_word_embeddings=False, initializer_factor=initializer / 0.05)
    sizes = dict(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=HEADS, head_dim=hidden // HEADS)
    text = dict(sizes, vocab_size=vocabulary, max_position_embeddings=128, num_key_value_heads=HEADS // 2, initializer_range=initializer)
    special = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
    if arch == "gemma2":
        return Gemma2Config(**text, **special, query_pre_attn_scalar=hidden // HEADS, sliding_window=32, attn_implementation="eager")
    if arch == "mistral":
        return MistralConfig(**text, **special, sliding_window=24)
    return MixtralConfig(**text, **special, num_local_experts=EXPERTS, num_experts_per_tok=2, sliding_window=None)
