"""Families by the course of weights' moments over the layers, as TensorLock clusters them."""

import re

import numpy as np
from scipy.stats import kurtosis, rankdata, skew

from .roles import of_role


def moments(models, reader):
    """Standard deviation, skewness and kurtosis per model and attention tensor, [models, tensors, 3], and the names of the tensors."""
    wanted = of_role(models, "attention")
    names = sorted({name for model in models for name, tensor in model.tensors.items() if wanted(name, tensor)}, key=by_layer)
    table = np.full((len(models), len(names), 3), np.nan)
    for i, model in enumerate(models):
        for k, name in enumerate(names):
            if name in model.tensors:
                values = reader.read(model, name).float().numpy().ravel().astype(np.float64)
                table[i, k] = values.std(), skew(values), kurtosis(values)
    return table, names


def similarities(table, names):
    """Mean Spearman correlation of two models' courses over the layers they share, over kinds of tensors and moments."""
    courses = {}
    for k, name in enumerate(names):
        courses.setdefault(re.sub(r"\.\d+\.", ".#.", name), []).append(k)
    size = len(table)
    similar = np.eye(size)
    for i in range(size):
        for j in range(i):
            values = [_spearman(table[i, course, m], table[j, course, m]) for course in courses.values() for m in range(3)]
            values = [value for value in values if value is not None]
            similar[i, j] = similar[j, i] = np.mean(values) if values else 0.0
    return similar


def by_layer(name):
    """A key that sorts tensors by layer number."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _spearman(a, b):
    both = ~np.isnan(a) & ~np.isnan(b)
    if both.sum() < 2:
        return None
    ranks = np.stack([rankdata(a[both]), rankdata(b[both])])
    return float(np.corrcoef(ranks)[0, 1]) if (ranks.std(1) > 0).all() else 0.0
