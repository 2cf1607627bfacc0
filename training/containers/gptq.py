"""GPTQ: 2, 4 or 8 bits per group of inputs, packed along the inputs (AutoGPTQ's layout).

qweight int32 [in * bits / 32, out], qzeros int32 [groups, out * bits / 32], scales float16 [groups, out], g_idx int32 [in].
Format "gptq" stores zero points minus one, "gptq_v2" as they are. The value of output o and input i is
scales[g_idx[i], o] * (q[i, o] - zero[g_idx[i], o]).
"""

import torch

from .bits import pack_columns, unpack_columns


def _grid(columns, bits, symmetric):
    """Scale (float16, as stored) and zero point [out] of columns [out, size]."""
    low, high = columns.amin(1).clamp(max=0), columns.amax(1).clamp(min=0)
    top = 2**bits - 1
    if symmetric:
        high = torch.maximum(high, -low)
        low = -high
    scale = ((high - low) / top).clamp(min=1e-7).half().float().clamp(min=6e-8)
    zero = torch.full_like(scale, 2 ** (bits - 1)) if symmetric else (-low / scale).round().clamp(0, top)
    return scale, zero


def quantise(w, bits=4, group=32, symmetric=True, activation_order=False, hessian=None):
    """Integers q [out, in], scales and zeros [groups, out], g_idx [in] of w [out, in].

    With a Hessian (mean of x x^T over inputs x, [in, in]) each column's rounding error is spread over the columns not yet rounded, as in
    Frantar et al. 2022; without one columns are rounded to the nearest. `activation_order` takes the columns by falling diagonal.
    """
    w, width = w.float().clone(), w.shape[1]
    group = width if group == -1 else group
    order = torch.arange(width)
    spread = None
    if hessian is not None:
        damp = 0.01 * hessian.diagonal().mean().clamp(min=1e-6)
        if activation_order:
            order = hessian.diagonal().argsort(descending=True)
        full = (hessian + damp * torch.eye(width))[order][:, order].double()
        spread = torch.linalg.cholesky(torch.linalg.inv(full), upper=True).float()
    w, q = w[:, order], torch.zeros(w.shape, dtype=torch.int64)
    scales, zeros = [], []
    for i in range(width):
        if i % group == 0:
            scale, zero = _grid(w[:, i : i + group], bits, symmetric)
            scales.append(scale)
            zeros.append(zero)
        q[:, i] = ((w[:, i] / scale).round() + zero).clamp(0, 2**bits - 1)
        if spread is not None:
            error = (w[:, i] - scale * (q[:, i] - zero)) / spread[i, i]
            w[:, i + 1 :] -= error[:, None] * spread[i, i + 1 :][None]
    back = order.argsort()
    return q[:, back], torch.stack(scales), torch.stack(zeros).long(), (torch.arange(width) // group)[back]


def pack(w, bits=4, version="gptq", **options):
    """The four stored tensors of a linear layer's weight [out, in] by their suffixes."""
    q, scales, zeros, index = quantise(w, bits, **options)
    stored = zeros if version == "gptq_v2" else (zeros - 1) & (2**bits - 1)
    qweight = pack_columns(q, bits).t().contiguous()
    return {"qweight": qweight, "qzeros": pack_columns(stored, bits), "scales": scales.half(), "g_idx": index.int()}


def unpack(parts, bits=4, version="gptq"):
    """Float32 [out, in] of the stored tensors."""
    q = unpack_columns(parts["qweight"].t().contiguous(), bits)
    zeros = unpack_columns(parts["qzeros"], bits)
    zeros = zeros if version == "gptq_v2" else (zeros + 1) & (2**bits - 1)
    index = parts["g_idx"].long()
    return parts["scales"].float()[index].t() * (q - zeros[index].t()).float()
