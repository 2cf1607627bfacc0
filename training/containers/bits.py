"""Small integers side by side in 32-bit words, and rows cut into groups."""

import torch

WORD = 32


def pack_columns(q, bits, order=None):
    """Word [n, width * bits / 32] int32 of q [n, width], the first value in the lowest bits; `order` names each place's column."""
    per = WORD // bits
    q = q.to(torch.int64).reshape(len(q), -1, per)
    q = q[:, :, order] if order else q
    words = (q << (torch.arange(per) * bits)).sum(-1)
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32)


def unpack_columns(words, bits, order=None):
    """What pack_columns packed, as int64."""
    per = WORD // bits
    q = (words.to(torch.int64)[..., None] >> (torch.arange(per) * bits)) & (2**bits - 1)
    if order:
        q = q[:, :, torch.tensor(order).argsort()]
    return q.reshape(len(words), -1)


def groups(w, size):
    """[rows, groups, size] of w [rows, width]; size -1 is one group for the whole row."""
    return w.reshape(len(w), -1, w.shape[1] if size == -1 else size)
