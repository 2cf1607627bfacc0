"""compressed-tensors: "pack-quantized" integers (weight_packed int32 [out, in * bits / 32], weight_scale [out, groups], weight_shape) and
"int-quantized" int8 (weight, weight_scale [out, 1]). Packed values are stored with the signed range shifted up; asymmetric ones have
weight_zero_point int32 [out * bits / 32, groups], shifted and packed along the outputs. Value = scale * (q - zero).
"""

import torch

from .bits import groups, pack_columns, unpack_columns


def pack(w, bits=4, group=32, symmetric=True):
    parts, half = groups(w.float(), group), 2 ** (bits - 1)
    low, high = parts.amin(-1).clamp(max=0), parts.amax(-1).clamp(min=0)
    if symmetric:
        scale = torch.maximum(high, -low) / (half - 0.5)
    else:
        scale = (high - low) / (2 * half - 1)
    scale = scale.clamp(min=1e-7).bfloat16()
    wide = scale.float()
    zero = torch.zeros_like(wide) if symmetric else (-half - low / wide).round().clamp(-half, half - 1)
    q = ((parts / wide[..., None]).round() + zero[..., None]).clamp(-half, half - 1).long().reshape(w.shape)
    stored = {"weight_packed": pack_columns(q + half, bits), "weight_scale": scale, "weight_shape": torch.tensor(w.shape)}
    if not symmetric:
        stored["weight_zero_point"] = pack_columns((zero.long() + half).t().contiguous(), bits).t().contiguous()
    return stored


def unpack(parts, bits=4):
    rows, width = parts["weight_shape"].tolist()
    half, scale = 2 ** (bits - 1), parts["weight_scale"].float()
    q = unpack_columns(parts["weight_packed"], bits)[:, :width] - half
    repeat = width // scale.shape[1]
    zero = torch.zeros(scale.shape, dtype=torch.int64)
    if "weight_zero_point" in parts:
        zero = unpack_columns(parts["weight_zero_point"].t().contiguous(), bits).t()[:rows] - half
    return scale.repeat_interleave(repeat, 1) * (q - zero.repeat_interleave(repeat, 1)).float()


def pack_int8(w):
    scale = (w.float().abs().amax(1, keepdim=True) / 127.5).clamp(min=1e-7).bfloat16()
    return {"weight": (w.float() / scale.float()).round().clamp(-128, 127).to(torch.int8), "weight_scale": scale}


def unpack_int8(parts):
    return parts["weight"].float() * parts["weight_scale"].float()
