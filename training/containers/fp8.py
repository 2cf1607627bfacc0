"""Eight-bit floats: `weight` in E4M3 (or E5M2) with `weight_scale` per tensor or per output, or `weight_scale_inv` per block (DeepSeek-V3).

A value is the stored float times its scale.
"""

import torch

TYPES = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}


def _scaled(w, scale, kind):
    top = torch.finfo(TYPES[kind]).max
    return (w / scale).clamp(-top, top).to(TYPES[kind])


def _spread(scale, shape, block):
    """One scale per element of a matrix, blocks at the edges cut off."""
    return scale.repeat_interleave(block, 0)[: shape[0]].repeat_interleave(block, 1)[:, : shape[1]]


def pack(w, kind="e4m3", per="tensor", block=128):
    w, top = w.float(), torch.finfo(TYPES[kind]).max
    if per == "block":
        rows, columns = (-(-side // block) for side in w.shape)
        padded = torch.nn.functional.pad(w, (0, columns * block - w.shape[1], 0, rows * block - w.shape[0]))
        most = padded.reshape(rows, block, columns, block).abs().amax((1, 3))
        scale = most.clamp(min=1e-12) / top
        return {"weight": _scaled(w, _spread(scale, w.shape, block), kind), "weight_scale_inv": scale}
    most = w.abs().amax(1, keepdim=True) if per == "channel" else w.abs().amax()[None]
    scale = most.clamp(min=1e-12) / top
    if per == "channel":
        scale = scale.bfloat16().float()  # llm-compressor keeps channel scales in the model's dtype
        return {"weight": _scaled(w, scale, kind), "weight_scale": scale.bfloat16()}
    return {"weight": _scaled(w, scale, kind), "weight_scale": scale}


def unpack(parts, block=128):
    stored = parts["weight"].float()
    if "weight_scale_inv" in parts:
        return stored * _spread(parts["weight_scale_inv"].float(), stored.shape, block)
    return stored * parts["weight_scale"].float()
