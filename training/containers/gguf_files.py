"""GGUF files as llama.cpp's converter and quantiser would make them: tensor names, the row order of Llama's q and k, mixtures, key-values."""

import json
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import LlamaFileType as F

from .kquants import quantize

KINDS = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2, "bert": gguf.MODEL_ARCH.BERT}
# What the quantiser falls back to where a row's width is no multiple of the block (llama-quant.cpp).
FALLBACK = {T.Q2_K: T.IQ4_NL, T.Q3_K: T.IQ4_NL, T.IQ4_XS: T.IQ4_NL, T.Q4_K: T.Q5_0, T.Q5_K: T.Q5_1, T.Q6_K: T.Q8_0}
# Scheme to (type of most matrices, general.file_type).
SCHEMES = {
    "F32": (T.F32, F.ALL_F32),
    "F16": (T.F16, F.MOSTLY_F16),
    "BF16": (T.BF16, F.MOSTLY_BF16),
    "Q8_0": (T.Q8_0, F.MOSTLY_Q8_0),
    "Q4_0": (T.Q4_0, F.MOSTLY_Q4_0),
    "Q4_1": (T.Q4_1, F.MOSTLY_Q4_1),
    "Q5_0": (T.Q5_0, F.MOSTLY_Q5_0),
    "Q5_1": (T.Q5_1, F.MOSTLY_Q5_1),
    "Q2_K": (T.Q2_K, F.MOSTLY_Q2_K),
    "Q3_K_M": (T.Q3_K, F.MOSTLY_Q3_K_M),
    "Q4_K_S": (T.Q4_K, F.MOSTLY_Q4_K_S),
    "Q4_K_M": (T.Q4_K, F.MOSTLY_Q4_K_M),
    "Q5_K_M": (T.Q5_K, F.MOSTLY_Q5_K_M),
    "Q6_K": (T.Q6_K, F.MOSTLY_Q6_K),
    "IQ4_NL": (T.IQ4_NL, F.MOSTLY_IQ4_NL),
    "IQ4_XS": (T.IQ4_XS, F.MOSTLY_IQ4_XS),
    "MXFP4": (T.MXFP4, F.MOSTLY_MXFP4_MOE),
}


def _more_bits(layer, layers):
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _mixture(scheme, name, tied, layers):
    """The type the quantiser wants for a matrix: a few important ones get more bits."""
    base = SCHEMES[scheme][0]
    if base in (T.F32, T.F16, T.BF16, T.Q8_0, T.MXFP4):
        return base
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        return T.Q6_K
    layer = int(name.split(".")[1]) if name.startswith("blk.") else 0
    value, down, out = "attn_v." in name, "ffn_down." in name, "attn_output." in name
    if scheme in ("Q4_K_M", "Q5_K_M"):
        return T.Q6_K if (value or down) and _more_bits(layer, layers) else base
    if scheme == "Q3_K_M":
        return T.Q5_K if (value and layer < 2) or (down and layer < layers // 16) else T.Q4_K if value or down or out else base
    if scheme == "Q2_K":
        return T.Q3_K if value or down or out else base
    if scheme in ("Q4_K_S", "IQ4_NL", "IQ4_XS"):
        return T.Q5_K if value or (down and layer < layers // 8) else base
    return base


def _fitting(kind, width):
    """The type itself or what replaces it for rows of this width."""
    if width % gguf.GGML_QUANT_SIZES[kind][0] == 0:
        return kind
    kind = FALLBACK.get(kind, T.F16)
    return kind if width % gguf.GGML_QUANT_SIZES[kind][0] == 0 else T.F16


def permute(w, heads):
    """Llama's q and k rows as llama.cpp wants them: the two halves of each head interleaved."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def converted(arch, config, state):
    """(HF name, GGUF name, float32 array) of every tensor that the converter keeps."""
    names = gguf.get_tensor_name_map(KINDS[arch], config["num_hidden_layers"])
    heads = config["num_attention_heads"]
    kept = []
    for name, tensor in state.items():
        if name.startswith("cls.") or "pooler" in name or name.endswith("position_ids"):
            continue  # the converter drops BERT's heads
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        target = names.get_name(name.removeprefix("bert."), try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ValueError(f"{name} has no GGUF name")
        array = tensor.float().numpy()
        if arch == "llama" and "q_proj" in name:
            array = permute(array, heads)
        if arch == "llama" and "k_proj" in name:
            array = permute(array, config.get("num_key_value_heads", heads))
        kept.append((name, target, array))
    return kept


def _hyperparameters(writer, arch, config):
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    if arch == "bert":
        writer.add_layer_norm_eps(config["layer_norm_eps"])
        writer.add_causal_attention(False)
        return
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config.get("rope_parameters") or config
    writer.add_rope_freq_base(rope.get("rope_theta", 10000.0))
    if arch == "llama":
        writer.add_vocab_size(config["vocab_size"])
        writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])


def _tokenizer(writer, folder):
    """The vocabulary and merges of a repository's tokenizer.json."""
    parsed = json.loads((Path(folder) / "tokenizer.json").read_text())
    tokens = dict(parsed["model"]["vocab"])
    special = {entry["content"]: entry["id"] for entry in parsed["added_tokens"]}
    tokens = sorted({**tokens, **special}.items(), key=lambda item: item[1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token, _ in tokens])
    writer.add_token_merges([" ".join(pair) if isinstance(pair, list) else pair for pair in parsed["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def write(path, arch, config, state, scheme, facts=None, tokenizer=None, split=0):
    """Writes a GGUF file (or files of at most `split` tensors) and returns {HF name: (GGUF name, type, float32 values in HF's row order)}.

    `facts` are general.* values: name, quantized_by, base_model (a list of (name, organization, url)); `tokenizer` a folder with tokenizer.json.
    """
    facts = facts or {}
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[KINDS[arch]], split_max_tensors=split)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(facts.get("name", "model"))
    if "quantized_by" in facts:
        writer.add_quantized_by(facts["quantized_by"])
    if bases := facts.get("base_model"):
        writer.add_base_model_count(len(bases))
        for i, (name, organization, url) in enumerate(bases):
            writer.add_base_model_name(i, name)
            writer.add_base_model_organization(i, organization)
            writer.add_base_model_repo_url(i, url)
    _hyperparameters(writer, arch, config)
    writer.add_file_type(SCHEMES[scheme][1])
    if tokenizer:
        _tokenizer(writer, tokenizer)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    tied, layers, written = config.get("tie_word_embeddings", False), config["num_hidden_layers"], {}
    for name, target, array in converted(arch, config, state):
        plain = array.ndim == 1 or target in ("position_embd.weight", "token_types.weight")
        kind = T.F32 if plain else _fitting(_mixture(scheme, target, tied, layers), array.shape[1])
        data = quantize(array.reshape(-1, array.shape[-1]), kind)
        writer.add_tensor(target, data.reshape(-1) if array.ndim == 1 else data, raw_dtype=kind)
        values = gguf.quants.dequantize(data, kind).reshape(array.shape)
        written[name] = (target, kind.name, unpermuted(arch, config, name, values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return written


def unpermuted(arch, config, name, values):
    """A tensor's values in HF's row order again, the reverse of what `converted` did."""
    heads = config["num_attention_heads"] if "q_proj" in name else config.get("num_key_value_heads", config["num_attention_heads"])
    if arch != "llama" or not ("q_proj" in name or "k_proj" in name):
        return values
    order = permute(np.arange(len(values)), heads).argsort()
    return values[order]
