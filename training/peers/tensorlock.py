"""A pipeline like TensorLock (2026): families by moments, quantised children by histograms, merges by trios, then nearest neighbours."""

import numpy as np

from . import trees
from .claims import Claim
from .histograms import quantised_likeness
from .l2 import Gathered
from .moments import moments, similarities
from .roles import is_matrix, of_role
from .shelf import shared
from .trios import best_trio

NAME = "TensorLock-like"
GRID = {"similar": [0.6, 0.5, 0.7], "residual": [0.05, 0.02, 0.1, 0.2, 0.3, 0.5, 0.7], "chain": [True, False], "sign": [1, -1]}
TOLD_NAME = ", families and sign told"
TOLD = ("similar", "sign")  # what need not be chosen where the families are told
def wanted(models):
    """All matrices."""
    return lambda name, tensor: len(tensor.shape) >= 2


def measure(models, reader, choices):
    """Similarity of moments, mean L2, effective ranks, inner products for the trios, and likeness of values to quantised models'."""
    size = len(models)
    table, names = moments(models, reader)
    merged = of_role(models, "output", "down")
    gathered, grams = Gathered(size, root=True), []
    spread, counted = np.zeros(size), np.zeros(size)
    for name, holders in shared(models, wanted(models), least=1):
        tensor = models[holders[0]].tensors[name]
        values = reader.stack([models[i] for i in holders], name).astype(np.float64)
        gram = values @ values.T
        gathered.add(holders, gram)
        if merged(name, tensor):
            grams.append(np.full((size, size), np.nan))
            grams[-1][np.ix_(holders, holders)] = gram
        if is_matrix(name, tensor):
            spread[holders] += [effective_rank(row.reshape(tensor.shape[0], -1)) for row in values]
            counted[holders] += 1
    return {
        "similar": similarities(table, names),
        "distance": gathered.mean(),
        "rank": spread / np.maximum(counted, 1),
        "grams": np.array(grams).reshape(-1, size, size),
        "trios": {},  # remembered, since all settings ask for the same ones
        "likeness": quantised_likeness(models, reader),
    }


def effective_rank(matrix):
    """exp of the entropy of the normalised singular values."""
    values = np.linalg.svd(matrix, compute_uv=False)
    shares = values / max(values.sum(), 1e-300)
    return float(np.exp(-(shares[shares > 0] * np.log(shares[shares > 0])).sum()))


def decide(models, measured, dates, settings, told=None):
    """Each family's edges. Told the families, they are the clusters, and the better sign of the rank is taken for each."""
    claims = []
    for members in _families(models, measured, settings, told):
        signs = (1, -1) if told else (settings["sign"],)
        answers = [_edges(models, members, measured, dates, settings, sign) for sign in signs]
        claims += max(answers, key=told.right) if told else answers[0]
    return claims


def _families(models, measured, settings, told):
    if told:
        labels = np.unique([told.families[model.id] for model in models], return_inverse=True)[1]
        return [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return trees.components(1 - measured["similar"], 1 - settings["similar"])


def _edges(models, members, measured, dates, settings, sign):
    """Quantised models by likeness, merges by trios, the rest by nearest L2: earlier, or else of lower effective rank, is the parent."""
    quantised = {i for i in members if i in measured["likeness"]}
    full = [i for i in members if i not in quantised]
    age = {i: (dates[i], sign * measured["rank"][i]) for i in members}
    claims = []
    for child in sorted(quantised):
        if full:
            parent = max(full, key=lambda i: measured["likeness"][child][i])
            claims.append(Claim(models[child].id, models[parent].id, "quantized"))
    for child in full:
        known = [i for i in full if i != child and dates[i] <= dates[child]]
        if (child, *known) not in measured["trios"]:
            measured["trios"][child, *known] = best_trio(measured["grams"], child, known)
        trio = measured["trios"][child, *known]
        if trio and trio.residual <= settings["residual"]:
            claims.append(Claim(models[child].id, models[trio.first].id, "merge", trio.share))
            claims.append(Claim(models[child].id, models[trio.second].id, "merge", 1 - trio.share))
            continue
        others = [i for i in full if i != child]
        near = trees.nearest(measured["distance"][child], [i for i in others if age[i] < age[child]] if settings["chain"] else others)
        if near is not None:
            parent, heir = sorted((near, child), key=age.get)
            claims.append(Claim(models[heir].id, models[parent].id, "finetune"))
    return list(dict.fromkeys(claims))
