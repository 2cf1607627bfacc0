"""Components, orders and nearest neighbours on a matrix of distances; infinite distances stand for models that cannot be compared."""

import numpy as np
from scipy.sparse.csgraph import connected_components


def components(distance, limit):
    """Lists of indices that edges of at most `limit` connect."""
    count, labels = connected_components(distance <= limit, directed=False)
    return [np.flatnonzero(labels == label) for label in range(count)]


def growth(distance, root):
    """Indices in the order in which a minimum spanning tree grows from its root (Prim), each with the one it joins."""
    size = len(distance)
    near, joins = distance[root].copy(), np.full(size, root)
    placed = np.zeros(size, bool)
    placed[root] = True
    steps = [(root, root)]
    for _ in range(size - 1):
        node = int(np.argmin(np.where(placed, np.inf, near))) if np.isfinite(near[~placed]).any() else int(np.flatnonzero(~placed)[0])
        placed[node] = True
        steps.append((node, int(joins[node])))
        closer = distance[node] < near
        near[closer], joins[closer] = distance[node][closer], node
    return steps


def busiest(distance):
    """The node of the minimum spanning tree with most neighbours; among equals the one nearest to all."""
    degree = np.bincount([end for step in growth(distance, 0)[1:] for end in step], minlength=len(distance))
    mean = np.where(np.isfinite(distance), distance, 0).mean(0)
    return int(np.lexsort((mean, -degree))[0])


def order(distance, dates):
    """Indices from the earliest on: by date, equal or unknown dates in the order in which the tree grows from its busiest node."""
    rank = {node: position for position, (node, _) in enumerate(growth(distance, busiest(distance)))}
    return sorted(range(len(distance)), key=lambda i: (dates[i], rank[i]))


def nearest(distances, candidates):
    """The candidate of the least distance, the first among equals; None where there is none to compare with."""
    return min((c for c in candidates if np.isfinite(distances[c])), key=lambda c: distances[c], default=None)
