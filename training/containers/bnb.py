"""bitsandbytes: nf4 and fp4 (with and without nested absmax) and int8, as transformers saves them.

4 bits: `weight` uint8 [n / 2, 1], the first of two values in the high nibble; `weight.absmax` float32 per 64 values of the flattened matrix;
`weight.quant_map` float32 [16]; `weight.quant_state.bitsandbytes__nf4` the bytes of a JSON object. Nested: `weight.absmax` uint8 codes into
`weight.nested_quant_map` [256] times `weight.nested_absmax` per 256, plus the JSON's `nested_offset`.
int8: `weight` int8 [out, in], `SCB` float32 [out] (the row's largest magnitude; value = weight * SCB / 127), `weight_format` uint8 0.
"""

import json

import torch

# The sixteen levels of QLoRA (Dettmers et al. 2023, appendix E) and of the library's 1-2-1 bit float.
NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334]
NF4 += [-0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224]
NF4 += [0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
FP4 = [0, 0.0625, 8, 12, 4, 6, 2, 3]
MAPS = {"nf4": torch.tensor(NF4), "fp4": torch.tensor(FP4 + [-x for x in FP4]) / 12}
BLOCK, NESTED = 64, 256
NAMES = {torch.float16: "float16", torch.bfloat16: "bfloat16", torch.float32: "float32"}


def dynamic_map():
    """The 256 signed levels of the library's dynamic 8-bit type (Dettmers 2015), ascending: seven decades, more levels in each."""
    levels = [0.0, 1.0]
    for i in range(7):
        edges = torch.linspace(0.1, 1, 2**i + 1)
        means = (edges[:-1] + edges[1:]) / 2 * 10.0 ** (i - 6)
        levels += means.tolist() + (-means).tolist()
    return torch.tensor(sorted(levels))


def _nearest(x, levels):
    ordered, places = levels.sort()
    return places[torch.bucketize(x, (ordered[1:] + ordered[:-1]) / 2)]


def _by_block(codes, levels, absmax, block):
    return (levels[codes] * absmax.repeat_interleave(block)[: len(codes)]).float()


def pack_4bit(w, kind="nf4", nested=False, dtype=torch.bfloat16):
    flat = w.float().flatten()
    padded = torch.nn.functional.pad(flat, (0, -len(flat) % BLOCK)).reshape(-1, BLOCK)
    absmax = padded.abs().amax(1)
    codes = _nearest((padded / absmax.clamp(min=1e-12)[:, None]).flatten()[: len(flat)], MAPS[kind]).to(torch.uint8)
    state = {"quant_type": kind, "blocksize": BLOCK, "dtype": NAMES[dtype], "shape": list(w.shape)}
    parts = {"weight": (codes[0::2] << 4 | codes[1::2])[:, None], "weight.quant_map": MAPS[kind].clone()}
    if nested:
        levels, offset = dynamic_map(), absmax.mean()
        rest = torch.nn.functional.pad(absmax - offset, (0, -len(absmax) % NESTED)).reshape(-1, NESTED)
        most = rest.abs().amax(1)
        parts["weight.absmax"] = _nearest((rest / most.clamp(min=1e-12)[:, None]).flatten()[: len(absmax)], levels).to(torch.uint8)
        parts |= {"weight.nested_absmax": most, "weight.nested_quant_map": levels}
        state |= {"nested_blocksize": NESTED, "nested_dtype": "float32", "nested_offset": offset.item()}
    else:
        parts["weight.absmax"] = absmax
    text = json.dumps(state).encode()
    return {**parts, f"weight.quant_state.bitsandbytes__{kind}": torch.tensor(list(text), dtype=torch.uint8)}


def unpack_4bit(parts):
    packed = next(t for name, t in parts.items() if ".quant_state." in name)
    state = json.loads(bytes(packed.tolist()))
    absmax = parts["weight.absmax"]
    if "nested_offset" in state:
        absmax = _by_block(absmax.long(), parts["weight.nested_quant_map"], parts["weight.nested_absmax"], state["nested_blocksize"])
        absmax = absmax + state["nested_offset"]
    byte = parts["weight"].flatten().long()
    codes = torch.stack([byte >> 4, byte & 15], 1).flatten()
    return _by_block(codes, parts["weight.quant_map"], absmax, state["blocksize"]).reshape(state["shape"])


def pack_int8(w):
    most = w.float().abs().amax(1)
    q = (w.float() * (127 / most.clamp(min=1e-12))[:, None]).round().to(torch.int8)
    return {"weight": q, "SCB": most, "weight_format": torch.tensor(0, dtype=torch.uint8)}


def unpack_int8(parts):
    return parts["weight"].float() * parts["SCB"][:, None] * (1 / 127)
