"""Distances of all pairs of models, gathered tensor by tensor."""

import numpy as np


class Gathered:
    """Squared L2 distances (or, with `root`, L2 distances) summed over tensors.

    A tensor that only one of two models has counts as unrelated: as far apart as two independent ones of the usual norm. That is the same
    for all partners, so that it says neither for nor against any of them.
    """

    def __init__(self, size, root=False):
        self._of = np.sqrt if root else np.asarray
        self.total, self.norms, self.tensors, self._shared, self._scale = (np.zeros((size, size)) for _ in range(5))

    def add(self, holders, gram):
        """Adds one tensor: inner products [holders, holders] of the models that have it."""
        squares = np.diag(gram)
        usual = squares.mean()
        pairs = np.ix_(holders, holders)
        has = np.zeros(len(self.total), bool)
        has[holders] = True
        one = has[:, None] != has
        apart = squares[:, None] + squares - 2 * gram
        apart, norm = self._of(np.where(apart > 1e-12 * usual, apart, 0)), self._of((squares[:, None] + squares) / 2)
        for total, part in ((self.total, apart), (self._shared, apart), (self.norms, norm), (self._scale, norm)):
            total[pairs] += part
        self.tensors[pairs] += 1
        self.total[one] += self._of(2 * usual)
        self.norms[one] += self._of(usual)
        self.tensors[one] += 1

    def relative(self):
        """Distances relative to the norm; about the root of two between independent models."""
        return np.sqrt(self.total / np.maximum(self.norms, 1e-300))

    def related(self):
        """The same over shared tensors only, to tell relatives from strangers; infinite where there are none."""
        return np.sqrt(np.divide(self._shared, self._scale, out=np.full_like(self._shared, np.inf), where=self._scale > 0))

    def mean(self):
        """Mean over tensors."""
        return self.total / np.maximum(self.tensors, 1)
