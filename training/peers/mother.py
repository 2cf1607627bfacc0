"""MoTHer Recovery: Horwitz, Shul, Hoshen, arXiv 2405.18432 (ICLR 2025), for trees of one architecture.

Models are clustered into trees (Ward); in each, a minimum spanning arborescence is taken over distances of weights plus a penalty on edges
against the course of kurtosis, which falls from parent to child where training specialises and grows where it generalises. With dates, which
the paper does not use, the penalty falls on edges back in time instead.
"""

import networkx
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import kurtosis

from .claims import Claim
from .roles import is_square, of_role
from .shelf import shared

NAME = "MoTHer Recovery"
GRID = {"distance": ["full", "mean", "rank"], "penalty": [0.3, 0.1, 1.0], "sign": [1, -1], "cut": [0.7, 0.9, 1.2, 1.6]}
TOLD_NAME = ", trees and training stage told"
TOLD = ("sign", "cut")  # what need not be chosen where the families are told


def wanted(models):
    """Query, key, value and output matrices."""
    return of_role(models, "attention")


def measure(models, reader, choices):
    """Matrices of the distances chosen (for `full` the extremes of every tensor's differences), kurtosis, mean differences to cluster by."""
    size, kinds = len(models), {choice["distance"] for choice in choices}
    square, value = of_role(models, "output"), of_role(models, "value")
    extremes, ranks = [], np.zeros((size, size))
    moved, scale = np.zeros((size, size)), np.zeros((size, size))
    tails = [[] for _ in models]
    for name, holders in shared(models, wanted(models)):
        shape = models[holders[0]].tensors[name].shape
        values = reader.stack([models[i] for i in holders], name)
        highest = np.full((size, size), np.nan)
        for first, i in enumerate(holders):
            delta = values[first] - values
            highest[i, holders] = delta.max(1)
            moved[i, holders] += np.abs(delta).sum(1, dtype=np.float64)
            scale[i, holders] += (np.abs(values).sum(1, dtype=np.float64) + np.abs(values[first]).sum(dtype=np.float64)) / 2
            if "rank" in kinds and value(name, models[i].tensors[name]) and is_square(models[i].tensors[name]):
                later = holders[first + 1 :]
                ranks[i, later] += [np.linalg.matrix_rank(d.reshape(shape[0], -1)) for d in delta[first + 1 :]]
        extremes.append(highest)
        for i, row in zip(holders, values):
            if square(name, models[i].tensors[name]) and is_square(models[i].tensors[name]):
                tails[i].append(kurtosis(row))
    ratio = np.where(scale > 0, moved / np.maximum(scale, 1e-30), 2.0)
    return {
        "full": np.array(extremes),
        "mean": ratio,
        "rank": ranks + ranks.T,
        "kurtosis": np.array([np.mean(tail) if tail else 0.0 for tail in tails]),
    }


def decide(models, measured, dates, settings, told=None):
    """One tree per cluster. Told the families, they are the clusters, and the better sign of each is taken."""
    claims = []
    for members in _clusters(models, measured["mean"], settings["cut"], told):
        if len(members) > 1:
            signs = (1, -1) if told else (settings["sign"],)
            trees = [_tree(models, members, measured, dates, settings, sign) for sign in signs]
            claims += max(trees, key=told.right) if told else trees[0]
    return claims


def _clusters(models, ratio, cut, told):
    if told:
        labels = np.unique([told.families[model.id] for model in models], return_inverse=True)[1]
    elif len(models) > 1:
        labels = fcluster(linkage(squareform((ratio + ratio.T) / 2 * (1 - np.eye(len(ratio))), checks=False), "ward"), cut, "distance")
    else:
        labels = np.zeros(1)
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def distances(measured, members, kind):
    """The chosen distances within a tree. `full`: largest difference after scaling each tensor by the extremes over all pairs of the tree."""
    pairs = np.ix_(members, members)
    if kind != "full":
        return measured[kind][pairs]
    parts = measured["full"][(slice(None), *pairs)]
    reach = np.nanmax(parts, axis=(1, 2), keepdims=True, initial=1e-30)
    return np.nanmax((parts + reach) / (2 * reach), axis=0, initial=0)


def _tree(models, members, measured, dates, settings, sign):
    distance = distances(measured, members, settings["distance"])
    tails, when = sign * measured["kurtosis"][members], np.array([dates[i] for i in members])
    against = np.where(when[:, None] != when, when[:, None] > when, tails[:, None] < tails)
    cost = distance + settings["penalty"] * distance.mean() * against
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from((i, j, float(cost[i, j])) for i in range(len(members)) for j in range(len(members)) if i != j)
    tree = networkx.minimum_spanning_arborescence(graph)
    return [Claim(models[members[child]].id, models[members[parent]].id) for parent, child in tree.edges]
