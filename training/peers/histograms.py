"""Which model a quantised one was made from, by the mutual information of their values, as TensorLock decides it."""

import numpy as np
from sklearn.metrics import mutual_info_score

from .moments import by_layer
from .roles import of_role

LEVELS = 16  # values in 32 neighbouring elements, at most, of a quantised model
POINTS = 500_000
BINS = 64


def quantised_likeness(models, reader):
    """{quantised model: normalised mutual information with every model} on the down projection in the middle of the layers."""
    wanted = of_role(models, "down")
    names = sorted({(name, t.shape) for model in models for name, t in model.tensors.items() if wanted(name, t)}, key=lambda key: by_layer(key[0]))
    if not names:
        return {}
    have = {key: [i for i, model in enumerate(models) if key[0] in model.tensors and model.tensors[key[0]].shape == key[1]] for key in names}
    most = max(map(len, have.values()))
    common = [key for key in names if len(have[key]) == most]
    name, shape = common[len(common) // 2]
    values = dict(zip(have[name, shape], reader.stack([models[i] for i in have[name, shape]], name)))
    quantised = [i for i, row in values.items() if is_quantised(row.reshape(shape[0], -1))]
    return {i: {j: normalised_information(values[i], values[j]) if j in values else -1.0 for j in range(len(models))} for i in quantised}


def is_quantised(matrix):
    """Whether few values occur in neighbouring elements of a row."""
    width = matrix.shape[1] // 32 * 32
    blocks = matrix[:, :width].reshape(-1, 32)
    return len(blocks) > 0 and np.median([len(np.unique(block)) for block in blocks]) <= LEVELS


def normalised_information(a, b):
    """Mutual information of two tensors' histograms over the mean of their entropies."""
    table = np.histogram2d(a[:POINTS], b[:POINTS], BINS)[0]
    entropies = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (table.sum(axis) / table.sum() for axis in (0, 1))]
    return mutual_info_score(None, None, contingency=table) / max(np.mean(entropies), 1e-30)
