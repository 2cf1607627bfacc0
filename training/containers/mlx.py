"""MLX: `weight` uint32 [out, in * bits / 32], the first value in the lowest bits, `scales` and `biases` [out, groups]; value = scale * q + bias."""

import torch

from .bits import groups, pack_columns, unpack_columns


def pack(w, bits=4, group=32, dtype=torch.float16):
    """The edge with the larger magnitude is met exactly, as mlx.core.quantize does."""
    parts, top = groups(w.float(), group), 2**bits - 1
    low, high = parts.amin(-1), parts.amax(-1)
    scale = ((high - low) / top).clamp(min=1e-7)
    below = low.abs() > high.abs()
    scale = torch.where(below, scale, -scale)
    edge = torch.where(below, low, high)
    steps = (edge / scale).round()
    scale = torch.where(steps != 0, edge / steps, scale)
    bias = torch.where(steps != 0, edge, torch.zeros_like(edge))
    q = ((parts - bias[..., None]) / scale[..., None]).round().clamp(0, top).long().reshape(w.shape)
    return {"weight": pack_columns(q, bits).view(torch.uint32), "scales": scale.to(dtype), "biases": bias.to(dtype)}


def unpack(parts, bits=4):
    q = unpack_columns(parts["weight"].view(torch.int32), bits).float()
    repeat = q.shape[1] // parts["scales"].shape[1]
    scale, bias = (parts[name].float().repeat_interleave(repeat, 1) for name in ("scales", "biases"))
    return scale * q + bias
