"""Merges of two models by least squares: c = alpha a + beta b on every tensor, over all trios of a family."""

from dataclasses import dataclass

import numpy as np

PUBLISHED = 0.2  # residual relative to the child's norm, the paper's bar
WINDOW = (0.1, 0.9)  # of a coefficient
TOTAL = 0.1  # distance of the coefficients' sum from one
WHOLE = 0.05  # a tensor is taken whole from one model when the coefficients differ by one, give or take this


@dataclass(frozen=True)
class Trio:
    """Which two models explain a third: their coefficients, and the residual relative to the nearer of the two."""

    first: int
    second: int
    share: float
    residual: float


def best_trio(grams, child, candidates):
    """The pair of candidates that explains the child with the least residual, or None.

    `grams` are inner products per tensor, [tensors, models, models], NaN where a model lacks the tensor. After TensorLock: a residual below
    0.2 of the child's norm, coefficients within a window and adding up to about one, and less than half of the tensors taken whole from one of
    the two.
    """
    best = None
    for at, a in enumerate(candidates):
        rest = candidates[at + 1 :]
        if not rest:
            break
        aa, bb, ab = grams[:, a, a][:, None], np.stack([grams[:, b, b] for b in rest], 1), grams[:, a, rest]
        ac, bc, cc = grams[:, child, a][:, None], grams[:, child, rest], grams[:, child, child][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            determinant = aa * bb - ab**2
            # What a and b have in common to the bit says nothing about their shares.
            shared = (determinant > 1e-12 * aa * bb) & ~np.isnan(ac) & ~np.isnan(bc)
            aa, bb, ab, ac, bc, cc = (np.where(shared, product, 0.0) for product in (aa, bb, ab, ac, bc, cc))
            alpha, beta = (bb * ac - ab * bc) / determinant, (aa * bc - ab * ac) / determinant
            left = np.maximum(cc - alpha * ac - beta * bc, 0)
            nearer = np.minimum(aa + cc - 2 * ac, bb + cc - 2 * bc)
            whole = np.sum(shared & (np.abs(np.abs(alpha - beta) - 1) < WHOLE), 0) / shared.sum(0)
            a_mean, b_mean = (np.where(shared, share, 0).sum(0) / shared.sum(0) for share in (alpha, beta))
            left = np.where(shared, left, 0).sum(0)
            residual = np.sqrt(left / nearer.sum(0))
            fits = (
                np.isfinite(residual)
                & (left < PUBLISHED**2 * cc.sum(0))
                & (np.minimum(a_mean, b_mean) > WINDOW[0])
                & (np.maximum(a_mean, b_mean) < WINDOW[1])
                & (np.abs(a_mean + b_mean - 1) < TOTAL)
                & (whole < 0.5)
            )
        for k in np.flatnonzero(fits):
            if best is None or residual[k] < best.residual:
                best = Trio(a, rest[k], float(a_mean[k] / (a_mean[k] + b_mean[k])), float(residual[k]))
    return best
