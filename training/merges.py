"""Merges of state dicts, from the formulas of the papers. Integer buffers are taken from the first parent.

SLERP: Shoemake 1985. Task arithmetic: Ilharco et al. 2023. TIES: Yadav et al. 2023. DARE: Yu et al. 2024.
"""

import torch


def _by_tensor(states, combine):
    first = states[0]
    return {name: combine(*(s[name].float() for s in states)).to(t.dtype) if t.is_floating_point() else t for name, t in first.items()}


def linear(states, shares):
    """Sum of share times weight."""
    return _by_tensor(states, lambda *ws: sum(share * w for share, w in zip(shares, ws)))


def slerp(states, t):
    """Spherical interpolation per tensor, from the first (t = 0) to the second (t = 1); linear where nearly parallel."""

    def combine(a, b):
        cosine = (a.flatten() @ b.flatten()) / (a.norm() * b.norm() + 1e-12)
        if cosine.abs() > 0.9995 or a.ndim < 2:
            return (1 - t) * a + t * b
        angle = torch.arccos(cosine.clamp(-1, 1))
        return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)

    return _by_tensor(states, combine)


def task_arithmetic(base, states, scales):
    """Base plus the sum of scale times task vector."""
    return _by_tensor([base, *states], lambda b, *ws: b + sum(s * (w - b) for s, w in zip(scales, ws)))


def ties(base, states, density, scale):
    """Trim each task vector to its largest entries, elect the sign by mass, average what agrees with it."""

    def combine(b, *ws):
        deltas = []
        for w in ws:
            d = w - b
            keep = max(1, int(density * d.numel()))
            threshold = d.abs().flatten().kthvalue(d.numel() - keep + 1).values
            deltas.append(torch.where(d.abs() >= threshold, d, torch.zeros_like(d)))
        d = torch.stack(deltas)
        agrees = (d.sign() == d.sum(0).sign()) & (d != 0)
        return b + scale * (d * agrees).sum(0) / agrees.sum(0).clamp(min=1)

    return _by_tensor([base, *states], combine)


def dare(base, states, density, weights, seed):
    """Drop each entry of a task vector with probability 1 - density, rescale the rest, add with weights."""
    generator = torch.Generator().manual_seed(seed)

    def combine(b, *ws):
        out = b.clone()
        for weight, w in zip(weights, ws):
            kept = torch.rand(b.shape, generator=generator) < density
            out += weight * (w - b) * kept / density
        return out

    return _by_tensor([base, *states], combine)
