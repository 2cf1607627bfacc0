"""AWQ, 4 bits (AutoAWQ's "gemm" layout): qweight int32 [in, out / 8], qzeros int32 [groups, out / 8], scales float16 [groups, out].

Eight outputs share a word in the order 0 2 4 6 1 3 5 7. The value of output o and input i is scales[g, o] * (q[i, o] - zero[g, o]).
"""

import torch

from .bits import groups, pack_columns, unpack_columns

ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def quantise(w, group=32):
    """Integers q [out, in], scales and zeros [groups, out] of w [out, in]; the zero point lies within 0 .. 15."""
    parts = groups(w.float(), group)
    low, high = parts.amin(-1), parts.amax(-1)
    scale = ((high - low).clamp(min=1e-5) / 15).half().float()
    zero = (-low / scale).round().clamp(0, 15)
    q = (parts / scale[..., None]).round().add(zero[..., None]).clamp(0, 15)
    return q.long().reshape(w.shape), scale.t(), zero.long().t()


def pack(w, group=32):
    q, scales, zeros = quantise(w, group)
    qweight = pack_columns(q.t().contiguous(), 4, ORDER)
    return {"qweight": qweight, "qzeros": pack_columns(zeros, 4, ORDER), "scales": scales.contiguous().half()}


def unpack(parts):
    q, zeros = unpack_columns(parts["qweight"], 4, ORDER), unpack_columns(parts["qzeros"], 4, ORDER)
    repeat = len(q) // len(zeros)
    scales, zeros = (t.repeat_interleave(repeat, 0) for t in (parts["scales"].float(), zeros))
    return (scales * (q - zeros).float()).t().contiguous()


def round_trip(w, group=32):
    """What `pack` keeps of w, for the scale search."""
    q, scales, zeros = quantise(w, group)
    repeat = w.shape[1] // len(scales)
    return scales.t().repeat_interleave(repeat, 1) * (q - zeros.t().repeat_interleave(repeat, 1))
