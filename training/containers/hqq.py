"""HQQ, 4 bits along the inputs (axis 1), as transformers saves it: W_q uint8 [groups / 2, group], the first half of all groups in the high
nibbles; scale and zero [groups, 1]; the remaining entries describe the layout. Value = (q - zero) * scale. Zero points here are the plain ones
of the minimum, without the library's half-quadratic search, which changes numbers and not the layout.
"""

import torch

GROUP = 64


def pack(w):
    parts = w.float().reshape(-1, GROUP)
    low, high = parts.amin(1, keepdim=True), parts.amax(1, keepdim=True)
    scale = ((high - low) / 15).clamp(min=1e-7).half().float()
    zero = (-low / scale).half().float()
    q = (parts / scale + zero).round().clamp(0, 15).to(torch.uint8)
    half = len(q) // 2
    facts = {"nbits": 4, "group_size": GROUP, "axis": 1, "shape": list(w.shape)}
    stored = {name: torch.tensor(value, dtype=torch.int32) for name, value in facts.items()}
    flags = {"channel_wise": 1, "optimize": 1, "round_zero": 0, "view_as_float": 0, "quant_scale": 0, "quant_zero": 0, "offload_meta": 0}
    flags |= {"encoded_state_dict": 1, "stores_quant_config": 1}
    stored |= {name: torch.tensor(value, dtype=torch.uint8) for name, value in flags.items()}
    stored["packing"] = torch.tensor(list(b"4bit_u8"), dtype=torch.uint8)
    return {"W_q": q[:half] << 4 | q[half:], "scale": scale.half(), "zero": zero.half(), **stored}


def unpack(parts):
    q = torch.cat([parts["W_q"] >> 4, parts["W_q"] & 15]).float()
    return ((q - parts["zero"].float()) * parts["scale"].float()).reshape(parts["shape"].tolist())
