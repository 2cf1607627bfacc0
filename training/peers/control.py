"""A control that no paper proposes: every model's nearest L2 neighbour among those that the spanning tree reached before it."""

import numpy as np

from .claims import nearest_earlier
from .l2 import Gathered
from .shelf import shared

NAME = "control: nearest in L2 from the busiest model on"
TOLD = ()
GRID = {"limit": [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]}


def wanted(models):
    """All matrices."""
    return lambda name, tensor: len(tensor.shape) >= 2


def measure(models, reader, choices):
    """L2 distances relative to the norms, with and without what only one of two models has."""
    gathered = Gathered(len(models))
    for name, holders in shared(models, wanted(models), least=1):
        values = reader.stack([models[i] for i in holders], name).astype(np.float64)
        gathered.add(holders, values @ values.T)
    return gathered.relative(), gathered.related()


def decide(models, measured, dates, settings, told=None):
    """As for bit distance."""
    return nearest_earlier(models, *measured, dates, settings["limit"])
