"""Nearest neighbour by bit distance, after ZipLLM (NSDI 2026): how many of an element's bits differ, with weights as bfloat16.

ZipLLM groups models of one family by a threshold and stores each against its nearest. Here the nearest earlier one is called the parent;
without dates those come earlier that the family's spanning tree reaches first from its busiest model.
"""

import numpy as np
import torch

from .claims import nearest_earlier
from .shelf import shared

NAME = "nearest neighbour by bit distance"
TOLD = ()
GRID = {"bits": [2.5, 3, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.25, 5.5]}  # of 16
UNRELATED = 5.77  # bits by which elements of unrelated models differ


def wanted(models):
    """Everything is read."""
    return lambda name, tensor: True


def measure(models, reader, choices):
    """Mean number of differing bits of 16, over the elements of either model, where one that the other lacks counts as unrelated, and over
    shared ones only (infinite where they are less than a quarter of the smaller model)."""
    size = len(models)
    bits, counts = np.zeros((size, size)), np.zeros((size, size))
    for name, holders in shared(models, wanted(models)):
        rounded = np.stack([reader.read(models[i], name).to(torch.bfloat16).view(torch.int16).numpy().ravel() for i in holders]).view(np.uint16)
        for first, i in enumerate(holders):
            others = holders[first + 1 :]
            bits[i, others] += np.bitwise_count(rounded[first + 1 :] ^ rounded[first]).sum(1, dtype=np.int64)
            counts[i, others] += rounded.shape[1]
    bits, counts = bits + bits.T, counts + counts.T
    elements = np.array([sum(int(np.prod(t.shape)) for t in model.tensors.values()) for model in models])
    union = elements[:, None] + elements - counts
    related = np.where(4 * counts > np.minimum.outer(elements, elements), bits / np.maximum(counts, 1), np.inf)
    return (bits + UNRELATED * (union - counts)) / union, related


def decide(models, measured, dates, settings, told=None):
    """The nearest earlier model under the threshold. Of equal bits the wider dtype is nearer, since rounding loses information."""
    narrow = np.array([all(t.dtype != "F32" for t in model.tensors.values()) for model in models])
    distance, related = measured
    return nearest_earlier(models, distance + 1e-9 * narrow, related, dates, settings["bits"])
