"""Packers for the GGUF block types that the gguf package only reads: K-quants, IQ4_NL and IQ4_XS.

Each takes float32 rows [n, width] and returns bytes [n, width / block * block bytes] in ggml's block layout (ggml-common.h). Scales are
searched among a few candidates for the least squared error; gguf.quants.dequantize is what proves the layout (see `prove`).
"""

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import quants

NONLINEAR = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)
CANDIDATES = np.linspace(0.75, 1.15, 17, dtype=np.float32)


def _half(x):
    return x.astype(np.float16).astype(np.float32)


def _bytes_of_half(x):
    return np.ascontiguousarray(x, np.float16).view(np.uint8).reshape(len(x), -1)


def _divide(x, by):
    return np.divide(x, by, out=np.zeros(np.broadcast_shapes(x.shape, by.shape), np.float32), where=by != 0)


def _best(errors, values):
    """Along axis 0 the value with the least error."""
    return np.take_along_axis(values, errors.argmin(0)[None], 0)[0]


def _symmetric_scale(x, top):
    """Scales [...] for x [..., size] on the grid -top .. top - 1, the extreme lying on -top."""
    extreme = np.take_along_axis(x, np.abs(x).argmax(-1)[..., None], -1)[..., 0]
    scales = extreme[None] / -top * CANDIDATES.reshape(-1, *[1] * extreme.ndim)
    q = np.clip(np.rint(_divide(x[None], scales[..., None])), -top, top - 1)
    return _best(np.square(q * scales[..., None] - x).sum(-1), scales)


def _affine_scale(x, top):
    """(scale, minimum) [...] for x [..., size] seen as scale * q - minimum, q in 0 .. top, minimum at least 0."""
    low = np.minimum(x.min(-1), 0)
    scales = (x.max(-1) - low)[None] / top * CANDIDATES.reshape(-1, *[1] * low.ndim)
    q = np.clip(np.rint(_divide((x - low[..., None])[None], scales[..., None])), 0, top)
    return _best(np.square(q * scales[..., None] + low[..., None] - x).sum(-1), scales), -low


def _planes(q, bits, shape):
    """Packs q [n, 256] by `bits` into bytes: q is seen as [n, *shape] whose third axis runs through the bits of a byte."""
    q = q.reshape(-1, *shape).astype(np.uint8)
    packed = np.zeros((len(q), shape[0], shape[2]), np.uint8)
    for i in range(shape[1]):
        packed |= q[:, :, i] << (bits * i)
    return packed.reshape(len(q), -1)


def _scale_and_min(x, top):
    """For Q4_K and Q5_K: (d, dmin, scales6, mins6, q) of x [n, 8, 32]."""
    scale, minimum = _affine_scale(x, top)
    d, dmin = _half(scale.max(-1) / 63), _half(minimum.max(-1) / 63)
    sc = np.clip(np.rint(_divide(scale, d[:, None])), 0, 63)
    mn = np.clip(np.rint(_divide(minimum, dmin[:, None])), 0, 63)
    step = (d[:, None] * sc)[..., None]
    q = np.clip(np.rint(_divide(x + (dmin[:, None] * mn)[..., None], step)), 0, top)
    return d, dmin, sc.astype(np.uint8), mn.astype(np.uint8), q


def _six_bits(sc, mn):
    """Eight scales and eight minima of six bits in twelve bytes."""
    low, middle = sc[:, :4] | (sc[:, 4:] >> 4 << 6), mn[:, :4] | (mn[:, 4:] >> 4 << 6)
    return np.concatenate([low, middle, (sc[:, 4:] & 15) | (mn[:, 4:] & 15) << 4], 1)


def q2_k(x):
    x = x.reshape(-1, 16, 16)
    scale, minimum = _affine_scale(x, 3)
    d, dmin = _half(scale.max(-1) / 15), _half(minimum.max(-1) / 15)
    sc = np.clip(np.rint(_divide(scale, d[:, None])), 0, 15)
    mn = np.clip(np.rint(_divide(minimum, dmin[:, None])), 0, 15)
    q = np.clip(np.rint(_divide(x + (dmin[:, None] * mn)[..., None], (d[:, None] * sc)[..., None])), 0, 3)
    packed = sc.astype(np.uint8) | mn.astype(np.uint8) << 4
    return np.concatenate([packed, _planes(q, 2, (2, 4, 32)), _bytes_of_half(d), _bytes_of_half(dmin)], 1)


def q3_k(x):
    x = x.reshape(-1, 16, 16)
    scale = _symmetric_scale(x, 4)
    extreme = np.take_along_axis(scale, np.abs(scale).argmax(-1)[:, None], -1)[:, 0]
    d = _half(extreme / -32)
    sc = np.clip(np.rint(_divide(scale, d[:, None])), -32, 31)
    q = np.clip(np.rint(_divide(x, (d[:, None] * sc)[..., None])), -4, 3).astype(np.int8) + 4
    high = _planes(q.reshape(-1, 256) >> 2, 1, (1, 8, 32))
    six = (sc + 32).astype(np.uint8)
    scales = np.concatenate([(six[:, :8] & 15) | (six[:, 8:] & 15) << 4, _planes_of_four(six >> 4)], 1)
    return np.concatenate([high, _planes(q & 3, 2, (2, 4, 32)), scales, _bytes_of_half(d)], 1)


def _planes_of_four(high):
    """The upper two bits of sixteen scales in four bytes."""
    return high[:, 0:4] | high[:, 4:8] << 2 | high[:, 8:12] << 4 | high[:, 12:16] << 6


def q4_k(x):
    d, dmin, sc, mn, q = _scale_and_min(x.reshape(-1, 8, 32), 15)
    return np.concatenate([_bytes_of_half(d), _bytes_of_half(dmin), _six_bits(sc, mn), _planes(q, 4, (4, 2, 32))], 1)


def q5_k(x):
    d, dmin, sc, mn, q = _scale_and_min(x.reshape(-1, 8, 32), 31)
    q = q.astype(np.uint8)
    high, low = _planes(q >> 4, 1, (1, 8, 32)), _planes(q & 15, 4, (4, 2, 32))
    return np.concatenate([_bytes_of_half(d), _bytes_of_half(dmin), _six_bits(sc, mn), high, low], 1)


def q6_k(x):
    x = x.reshape(-1, 16, 16)
    scale = _symmetric_scale(x, 32)
    extreme = np.take_along_axis(scale, np.abs(scale).argmax(-1)[:, None], -1)[:, 0]
    d = _half(extreme / -128)
    sc = np.clip(np.rint(_divide(scale, d[:, None])), -128, 127)
    q = np.clip(np.rint(_divide(x, (d[:, None] * sc)[..., None])), -32, 31).astype(np.int8) + 32
    q = q.reshape(-1, 256).astype(np.uint8)
    parts = [_planes(q & 15, 4, (2, 2, 64)), _planes(q >> 4, 2, (2, 4, 32)), sc.astype(np.int8).view(np.uint8), _bytes_of_half(d)]
    return np.concatenate(parts, 1)


def _nearest(x):
    """Index of the nearest of the sixteen unequal levels."""
    return np.searchsorted((NONLINEAR[1:] + NONLINEAR[:-1]) / 2, x, side="left")


def _nonlinear_scale(x):
    extreme = np.take_along_axis(x, np.abs(x).argmax(-1)[..., None], -1)[..., 0]
    scales = extreme[None] / -127 * CANDIDATES.reshape(-1, *[1] * extreme.ndim)
    levels = NONLINEAR[_nearest(_divide(x[None], scales[..., None]))]
    return _best(np.square(levels * scales[..., None] - x).sum(-1), scales)


def iq4_nl(x):
    x = x.reshape(-1, 32)
    d = _half(_nonlinear_scale(x))
    q = _nearest(_divide(x, d[:, None])).astype(np.uint8)
    return np.concatenate([_bytes_of_half(d), q[:, :16] | q[:, 16:] << 4], 1)


def iq4_xs(x):
    x = x.reshape(-1, 8, 32)
    scale = _nonlinear_scale(x)
    extreme = np.take_along_axis(scale, np.abs(scale).argmax(-1)[:, None], -1)[:, 0]
    d = _half(extreme / -32)
    sc = np.clip(np.rint(_divide(scale, d[:, None])), -32, 31)
    q = _nearest(_divide(x, (d[:, None] * sc)[..., None])).astype(np.uint8)
    six = (sc + 32).astype(np.uint16)
    high = np.bitwise_or.reduce((six >> 4) << np.arange(0, 16, 2, dtype=np.uint16), 1).astype(np.uint16)
    low = (six & 15).astype(np.uint8)
    nibbles = (q[:, :, :16] | q[:, :, 16:] << 4).reshape(len(q), -1)
    return np.concatenate([_bytes_of_half(d), high[:, None].view(np.uint8), low[:, 0::2] | low[:, 1::2] << 4, nibbles], 1)


PACKERS = {T.Q2_K: q2_k, T.Q3_K: q3_k, T.Q4_K: q4_k, T.Q5_K: q5_k, T.Q6_K: q6_k, T.IQ4_NL: iq4_nl, T.IQ4_XS: iq4_xs}
# Largest relative error (norms) each type may make on a Gaussian row.
ERRORS = {T.Q2_K: 0.35, T.Q3_K: 0.2, T.Q4_K: 0.1, T.Q5_K: 0.05, T.Q6_K: 0.025, T.IQ4_NL: 0.12, T.IQ4_XS: 0.12}


def quantize(rows, kind):
    """Bytes [n, ...] of float32 rows [n, width] in any GGUF type that can be written."""
    rows = np.ascontiguousarray(rows, np.float32)
    if kind not in PACKERS:
        return quants.quantize(rows, kind)
    return PACKERS[kind](rows).reshape(len(rows), -1)


def prove():
    """Raises unless what each packer wrote is read back by the gguf package within the type's error."""
    rows = np.random.default_rng(1).normal(size=(8, 1024)).astype(np.float32) * np.geomspace(0.01, 1, 8, dtype=np.float32)[:, None]
    for kind, limit in ERRORS.items():
        read = quants.dequantize(quantize(rows, kind), kind)
        error = np.linalg.norm(read - rows) / np.linalg.norm(rows)
        if not error < limit:
            raise AssertionError(f"{kind.name}: relative error {error:.3f}")
