"""Merges of state dicts, from the formulas of the papers. Integer buffers are taken from the first parent.

SLERP: Shoemake 1985. Task arithmetic: Ilharco et al. 2023. TIES: Yadav et al. 2023. DARE: Yu et al. 2024. Model breadcrumbs: Davari and
Belilovsky 2024. Model stock: Jang et al. 2024.
"""

import torch

from .edits import LAYER


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


def dare_ties(base, states, density, weights, seed):
    """DARE's dropping and rescaling, then TIES' election of one sign."""
    generator = torch.Generator().manual_seed(seed)

    def combine(b, *ws):
        d = torch.stack([weight * (w - b) * (torch.rand(b.shape, generator=generator) < density) / density for weight, w in zip(weights, ws)])
        return b + (d * (d.sign() == d.sum(0).sign())).sum(0)

    return _by_tensor([base, *states], combine)


def breadcrumbs(base, states, density, gamma, weights):
    """Of each task vector drop the largest share gamma and the smallest, so that the share `density` stays; add with weights."""

    def combine(b, *ws):
        out = b.clone()
        for weight, w in zip(weights, ws):
            d = w - b
            rank = d.abs().flatten().argsort().argsort().view(d.shape) / d.numel()
            out += weight * d * ((rank < 1 - gamma) & (rank >= 1 - gamma - density))
        return out

    return _by_tensor([base, *states], combine)


def model_stock(base, states):
    """Between the mean and the base, as far as the angle between the task vectors says: t = N cos / (1 + (N - 1) cos), per tensor."""

    def combine(b, *ws):
        ds = [(w - b).flatten() for w in ws]
        count = len(ds)
        pairs = [(ds[i] @ ds[j]) / (ds[i].norm() * ds[j].norm() + 1e-12) for i in range(count) for j in range(i)]
        cosine = torch.stack(pairs).mean().clamp(0, 1)
        t = count * cosine / (1 + (count - 1) * cosine)
        return b + t * sum(w - b for w in ws) / count

    return _by_tensor([base, *states], combine)


def slerp_layers(states, curve):
    """SLERP with a t that follows the curve over the layers, the other way round in attention, a half outside the layers."""
    numbers = {name: int(match[2]) for name in states[0] if (match := LAYER.match(name))}
    last = max(numbers.values()) or 1
    merged = {}
    for name in states[0]:
        at = numbers.get(name)
        t = 0.5 if at is None else curve[round(at / last * (len(curve) - 1))]
        t = 1 - t if at is not None and "att" in name.lower() else t
        merged |= slerp([{name: state[name]} for state in states], t)
    return merged


def passthrough(states):
    """Layers by turns from the first and the second, everything else from the first."""
    turn = lambda name: int(match[2]) % 2 if (match := LAYER.match(name)) else 0
    return {name: states[turn(name)][name].clone() for name in states[0]}
