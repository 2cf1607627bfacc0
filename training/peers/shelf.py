"""What a split offers the methods: its full-weight models, and a reader of their weights that counts the bytes."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import metadata_load
from safetensors import safe_open
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .roles import is_matrix

FLOOR = "2022-03-02T23:29:04.000Z"  # what the Hub says of everything older


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies and what its header says."""

    shape: tuple
    dtype: str
    file: Path


@dataclass(frozen=True)
class Model:
    """One repository. `created` is an ISO date or "" where the Hub does not know; `named` are the card's base models."""

    id: str
    created: str
    named: tuple
    tensors: dict


def _tensors(folder):
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            for name in opened.keys():
                part = opened.get_slice(name)
                found[name] = Tensor(tuple(part.get_shape()), part.get_dtype(), file)
    return {name: t for name, t in found.items() if "F" in t.dtype}


def _named(folder):
    card = folder / "README.md"
    base = (metadata_load(card) or {}).get("base_model", []) if card.exists() else []
    return tuple([base] if isinstance(base, str) else base)


def read_split(folder):
    """All models of a split that can be read and have safetensors, as src/tools/evaluation/truth.ts takes them."""
    folder = Path(folder)
    models = []
    for repo in json.loads((folder / "hub.json").read_text())["repos"]:
        home = folder / repo["id"]
        if repo["gated"] or repo.get("private") or repo.get("disabled") or not (tensors := _tensors(home)):
            continue
        created = "" if repo["createdAt"] == FLOOR else repo["createdAt"]
        models.append(Model(repo["id"], created, _named(home), tensors))
    return models


def comparable(models):
    """Lists of models that matrices of one name and shape connect: those of one architecture, and mixtures grown from it."""
    matrices = {}
    links = [
        (index, len(models) + matrices.setdefault((name, tensor.shape), len(matrices)))
        for index, model in enumerate(models)
        for name, tensor in model.tensors.items()
        if is_matrix(name, tensor)
    ]
    size = len(models) + len(matrices)
    graph = coo_array((np.ones(len(links)), np.array(links).T), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][: len(models)]
    return [[model for model, own in zip(models, labels) if own == label] for label in np.unique(labels)]


class Reader:
    """Reads tensors, or some of their rows, and counts in `bytes` what it read, each tensor once."""

    def __init__(self):
        self.bytes = 0
        self._files, self._seen = {}, set()

    def read(self, model, name, rows=None):
        """The tensor as rows [out, in] in its own dtype; `rows` picks some of them."""
        tensor = model.tensors[name]
        if tensor.file not in self._files:
            self._files[tensor.file] = safe_open(tensor.file, "pt")
        opened = self._files[tensor.file]
        values = opened.get_tensor(name) if rows is None else torch.cat([opened.get_slice(name)[row : row + 1] for row in rows])
        if (model.id, name) not in self._seen:
            self._seen.add((model.id, name))
            self.bytes += values.numel() * values.element_size()
        return values.reshape(values.shape[0], -1) if values.ndim else values.reshape(1, 1)

    def stack(self, models, name, rows=None):
        """The same tensor of several models in float32: [models, elements]."""
        return np.stack([self.read(model, name, rows).float().numpy().ravel() for model in models])


def shared(models, wanted, least=2):
    """(name, indices of the models that have it in that shape) for every wanted tensor that at least so many models have."""
    holders = {}
    for index, model in enumerate(models):
        for name, tensor in model.tensors.items():
            if wanted(name, tensor):
                holders.setdefault((name, tensor.shape), []).append(index)
    return [(name, indices) for (name, _), indices in holders.items() if len(indices) >= least]
