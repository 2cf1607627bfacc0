"""Model Atlas, Algorithm 1: Horwitz, Kurer, Kahana, Amar, Hoshen, arXiv 2503.10633 (NeurIPS 2025)."""

import numpy as np

from . import trees
from .claims import Claim
from .l2 import Gathered
from .roles import is_matrix

NAME = "Model Atlas, Algorithm 1"
NEURONS = 100
NEIGHBOURS = 5
TOLD = ()
GRID = {"limit": [0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2], "spread": [0.05, 0, 0.02, 0.1, 0.2, 0.4], "levels": [16, 8, 24]}


def neurons(models):
    """A hundred random neurons (rows of inner matrices) of those that most models have, as {name: rows}."""
    holders = {}
    for model in models:
        for name, tensor in model.tensors.items():
            if is_matrix(name, tensor):
                holders[name, tensor.shape] = holders.get((name, tensor.shape), 0) + 1
    common = sorted(key for key, count in holders.items() if count > len(models) / 2)
    pool = [(name, shape, row) for name, shape in common for row in range(shape[0])]
    chosen = np.random.default_rng(0).choice(len(pool), min(NEURONS, len(pool)), replace=False)
    picked = {}
    for name, shape, row in (pool[i] for i in sorted(chosen)):
        picked.setdefault((name, shape), []).append(row)
    return picked


def measure(models, reader, choices):
    """Distances of the sampled neurons relative to their norm, and how many values occur in 32 neighbouring elements."""
    size = len(models)
    gathered, levels = Gathered(size), np.full(size, np.inf)
    for (name, shape), rows in neurons(models).items():
        have = [i for i, model in enumerate(models) if name in model.tensors and model.tensors[name].shape == shape]
        values = reader.stack([models[i] for i in have], name, rows).astype(np.float64)
        gathered.add(have, values @ values.T)
        wide = values.reshape(len(have), len(rows), -1)
        blocks = wide[:, :, : wide.shape[2] // 32 * 32].reshape(len(have), -1, 32)
        for i, own_blocks in zip(have, blocks):
            levels[i] = min(levels[i], np.median([len(np.unique(block)) for block in own_blocks]) if len(own_blocks) else np.inf)
    return gathered.relative(), gathered.related(), levels


def decide(models, measured, dates, settings, told=None):
    """Charts each connected component in upload order, or in order of growth where there are no dates."""
    distance, related, levels = measured
    claims = []
    for members in trees.components(related, settings["limit"]):
        inner = distance[np.ix_(members, members)]
        order = trees.order(inner, [dates[i] for i in members])
        known = [models[i] for i in members]
        leaf = levels[members] <= settings["levels"]
        claims += _chart(known, inner, order, [dates[i] for i in members], leaf, settings)
    return claims


def _chart(models, distance, order, dates, leaf, settings):
    ids = {model.id for model in models}
    leaf = leaf.copy()
    found, snakes = [], {}
    correlations = {node: _correlation(distance[node], node, dates, leaf) for node in order}
    defined = [value for value in correlations.values() if value is not None]
    bar = np.percentile(defined, 60) if defined else np.inf
    for position, node in enumerate(order):
        earlier = [other for other in order[:position] if not leaf[other]]
        twin = next((other for other in earlier if distance[node, other] == 0), None)
        if twin is not None:  # the paper hangs it beside its twin; the tables count the twin as its parent
            leaf[node] = True
            found.append(Claim(models[node].id, models[twin].id, "copy"))
        elif len(named := [name for name in models[node].named if name in ids]) > 1:
            found += [Claim(models[node].id, name, "merge") for name in named]
        elif (parent := _parent(distance[node], node, order, earlier, leaf, correlations, bar, settings)) is not None:
            found.append(Claim(models[node].id, models[parent].id, "quantized" if leaf[node] else None))
    return found


def _neighbours(distance, node, leaf):
    others = [i for i in np.argsort(distance, kind="stable") if i != node and not leaf[i] and np.isfinite(distance[i])]
    return others[:NEIGHBOURS]


def _correlation(distance, node, dates, leaf):
    """Correlation of distances and time differences among the nearest; None without dates."""
    near = _neighbours(distance, node, leaf)
    gaps = np.array([abs(dates[i] - dates[node]) for i in near])
    if len(near) < 3 or not np.isfinite(gaps).all() or gaps.std() == 0 or distance[near].std() == 0:
        return None
    return float(np.corrcoef(distance[near], gaps)[0, 1])


def _parent(distance, node, order, earlier, leaf, correlations, bar, settings):
    near = _neighbours(distance, node, leaf)
    past = [other for other in near if other in earlier]
    if not past:
        return trees.nearest(distance, earlier)
    spread = distance[near].max() - distance[near].min()
    fan = spread <= settings["spread"] * distance[near].max() and correlations[node] is not None and correlations[node] <= bar
    return min(past, key=order.index) if fan else trees.nearest(distance, past)
