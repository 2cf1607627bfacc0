"""Repositories whose linear layers are packed into integers or small floats inside safetensors, with the config.json of the tool."""

import json
import re
from dataclasses import dataclass
from typing import Callable

import torch
from safetensors.torch import save_file

from ..edits import LAYER
from . import awq, bnb, compressed, fp8, gptq, hqq, mlx


@dataclass
class Scheme:
    """How weights [out, in] are stored. `pack(w, options)` gives tensors by suffix, `unpack(parts)` their float32 values again."""

    label: str
    bits: int
    group: int
    pack: Callable
    unpack: Callable
    config: dict
    dtype: torch.dtype = torch.bfloat16
    everywhere: bool = False
    metadata: str = "pt"
    whole_groups: bool = True  # whether each row must be cut into whole groups


def _gptq(bits=4, group=32, symmetric=True, order=False, version="gptq"):
    options = dict(bits=bits, group=group, symmetric=symmetric, activation_order=order, version=version)
    config = {"quant_method": "gptq", "bits": bits, "group_size": group, "damp_percent": 0.01, "desc_act": order, "sym": symmetric}
    config |= {"static_groups": False, "true_sequential": True, "checkpoint_format": version, "model_file_base_name": "model"}
    pack = lambda w, hessian=None: gptq.pack(w, hessian=hessian, **options)
    return Scheme("GPTQ", bits, group, pack, lambda p: gptq.unpack(p, bits, version), config, torch.float16)


def _awq(group=32):
    config = {"quant_method": "awq", "bits": 4, "group_size": group, "zero_point": True, "version": "gemm", "modules_to_not_convert": None}
    return Scheme("AWQ", 4, group, lambda w, _=None: awq.pack(w, group), awq.unpack, config, torch.float16)


def _bnb4(kind, nested):
    config = {"quant_method": "bitsandbytes", "load_in_4bit": True, "load_in_8bit": False, "_load_in_4bit": True, "_load_in_8bit": False}
    config |= {"bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8", "bnb_4bit_quant_type": kind}
    config |= {"bnb_4bit_use_double_quant": nested, "llm_int8_skip_modules": None, "llm_int8_threshold": 6.0}
    return Scheme(kind.upper(), 4, bnb.BLOCK, lambda w, _=None: bnb.pack_4bit(w, kind, nested), bnb.unpack_4bit, config, whole_groups=False)


def _bnb8():
    config = {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": True, "_load_in_4bit": False, "_load_in_8bit": True}
    config |= {"llm_int8_enable_fp32_cpu_offload": False, "llm_int8_has_fp16_weight": False}
    config |= {"llm_int8_skip_modules": None, "llm_int8_threshold": 6.0}
    return Scheme("LLM.int8", 8, -1, lambda w, _=None: bnb.pack_int8(w), bnb.unpack_int8, config, torch.float16)


def _groups(format, weights):
    scheme = {"input_activations": None, "output_activations": None, "targets": ["Linear"], "weights": {"dynamic": False, **weights}}
    config = {"quant_method": "compressed-tensors", "format": format, "config_groups": {"group_0": scheme}, "ignore": ["lm_head"]}
    return config | {"kv_cache_scheme": None, "quantization_status": "compressed"}


def _float8(per, kind="e4m3", block=128):
    if per == "block":
        config = {"quant_method": "fp8", "fmt": kind, "activation_scheme": "dynamic", "weight_block_size": [block, block]}
    else:
        config = _groups("float-quantized", {"num_bits": 8, "type": "float", "symmetric": True, "strategy": per, "group_size": None})
    pack, unpack = lambda w, _=None: fp8.pack(w, kind, per, block), lambda p: fp8.unpack(p, block)
    return Scheme(f"FP8 {kind.upper()}", 8, block if per == "block" else -1, pack, unpack, config, whole_groups=False)


def _compressed(bits=4, group=32, symmetric=True):
    weights = {"num_bits": bits, "type": "int", "symmetric": symmetric, "strategy": "group", "group_size": group}
    pack = lambda w, _=None: compressed.pack(w, bits, group, symmetric)
    return Scheme("compressed-tensors", bits, group, pack, lambda p: compressed.unpack(p, bits), _groups("pack-quantized", weights))


def _compressed8():
    weights = {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "channel", "group_size": None}
    pack = lambda w, _=None: compressed.pack_int8(w)
    return Scheme("compressed-tensors", 8, -1, pack, compressed.unpack_int8, _groups("int-quantized", weights))


def _mlx(bits, group=32):
    config = {"group_size": group, "bits": bits, "mode": "affine"}
    pack, unpack = lambda w, _=None: mlx.pack(w, bits, group), lambda p: mlx.unpack(p, bits)
    return Scheme("MLX", bits, group, pack, unpack, config, torch.float16, everywhere=True, metadata="mlx")


def _hqq():
    weights = {"nbits": 4, "channel_wise": True, "group_size": hqq.GROUP, "optimize": True, "round_zero": False, "axis": 1, "view_as_float": False}
    quant = {"weight_quant_params": weights, "scale_quant_params": None, "zero_quant_params": None, "offload_meta": False}
    config = {"quant_method": "hqq", "quant_config": quant, "skip_modules": ["lm_head"]}
    return Scheme("HQQ", 4, hqq.GROUP, lambda w, _=None: hqq.pack(w), hqq.unpack, config, torch.float16)


SCHEMES = {
    "gptq": _gptq(),
    "gptq-asym": _gptq(symmetric=False),
    "gptq-order": _gptq(order=True),
    "gptq-row": _gptq(group=-1),
    "gptq-v2": _gptq(symmetric=False, version="gptq_v2"),
    "gptq-8": _gptq(bits=8),
    "gptq-2": _gptq(bits=2, group=16),
    "gptq-128": _gptq(group=128),
    "gptq-order-128": _gptq(group=128, symmetric=False, order=True),
    "awq": _awq(),
    "awq-128": _awq(128),
    "awq-64": _awq(64),
    "nf4": _bnb4("nf4", False),
    "nf4-nested": _bnb4("nf4", True),
    "fp4": _bnb4("fp4", False),
    "fp4-nested": _bnb4("fp4", True),
    "int8": _bnb8(),
    "fp8-tensor": _float8("tensor"),
    "fp8-channel": _float8("channel"),
    "fp8-block": _float8("block"),
    "fp8-block-32": _float8("block", block=32),
    "fp8-e5m2": _float8("tensor", kind="e5m2"),
    "compressed-4": _compressed(),
    "compressed-4-128": _compressed(group=128),
    "compressed-4-asym": _compressed(symmetric=False),
    "compressed-8": _compressed(bits=8),
    "compressed-int8": _compressed8(),
    "hqq": _hqq(),
    "mlx-4": _mlx(4),
    "mlx-4-64": _mlx(4, 64),
    "mlx-8": _mlx(8),
}


def packable(name, tensor, scheme):
    """Whether a tool packs this tensor: linear layers of the stack; MLX also embeddings and head."""
    multiple = max(scheme.group, 8) if scheme.whole_groups else 8
    if tensor.ndim != 2 or not name.endswith(".weight") or tensor.shape[1] % multiple:
        return False
    return bool(LAYER.match(name)) or (scheme.everywhere and bool(re.search("embed_tokens|lm_head|word_embeddings", name)))


def pack_state(state, key, hessians=None):
    """(stored tensors, float32 values by HF name, {HF name: stored names}) of a model's tensors."""
    scheme, stored, values, places = SCHEMES[key], {}, {}, {}
    for name, tensor in state.items():
        if packable(name, tensor, scheme):
            parts = scheme.pack(tensor.float(), (hessians or {}).get(name))
            values[name] = scheme.unpack(parts)
            module = name.removesuffix(".weight")
            places[name] = [f"{module}.{suffix}" for suffix in parts]
            stored |= {f"{module}.{suffix}": part.contiguous() for suffix, part in parts.items()}
        else:
            kept = tensor.to(scheme.dtype) if tensor.is_floating_point() else tensor
            stored[name], values[name], places[name] = kept.contiguous(), kept.float(), [name]
    if all(len(stored_as) == 1 for stored_as in places.values()):
        raise ValueError(f"{key} packs none of these matrices")
    return stored, values, places


def write(folder, config, stored, key):
    """The repository's weights and config.json."""
    scheme = SCHEMES[key]
    folder.mkdir(parents=True, exist_ok=True)
    save_file(stored, folder / "model.safetensors", metadata={"format": scheme.metadata})
    dtype = str(scheme.dtype).removeprefix("torch.")
    field = "torch_dtype" if "torch_dtype" in config else "dtype"
    config = {**config, field: dtype, "quantization_config": scheme.config}
    if scheme.label == "MLX":
        config["quantization"] = scheme.config
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    if scheme.label == "GPTQ":
        kept = {k: v for k, v in scheme.config.items() if k not in ("quant_method", "checkpoint_format")}
        (folder / "quantize_config.json").write_text(json.dumps(kept, indent=2) + "\n")
