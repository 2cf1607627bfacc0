"""Small synthetic families, written to disk as a split."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from ..run import Measured
from ..shelf import FLOOR, read_split

LAYERS, WIDTH, INNER = 3, 32, 64


def weights(rng, tail=None):
    """Random weights of a small Llama; `tail` is the degrees of freedom of Student's distribution."""
    draw = rng.standard_normal if tail is None else lambda shape: rng.standard_t(tail, shape)
    shapes = {"model.embed_tokens.weight": (40, WIDTH)}
    for layer in range(LAYERS):
        shapes |= {f"model.layers.{layer}.self_attn.{part}_proj.weight": (WIDTH, WIDTH) for part in "qkvo"}
        shapes[f"model.layers.{layer}.mlp.down_proj.weight"] = (WIDTH, INNER)
    # The scale of a layer differs from model to model, as it does in trained ones.
    return {name: 0.1 * rng.uniform(0.5, 2) * draw(shape) for name, shape in shapes.items()}


def step(rng, parent, size):
    """A child by independent Gaussian updates of a relative size."""
    return {name: w + size * w.std() * rng.standard_normal(w.shape) for name, w in parent.items()}


def mean(parts, shares):
    """A linear merge."""
    return {name: sum(share * part[name] for share, part in zip(shares, parts)) for name in parts[0]}


def rounded(parent):
    """Every row on a grid of 15 values."""
    return {name: np.round(w / (s := np.abs(w).max(1, keepdims=True) / 7)) * s for name, w in parent.items()}


class Family(unittest.TestCase):
    """Writes models as a split on disk; day 0 means that the Hub gives its oldest date."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.rng = np.random.default_rng(1)
        self.repos = []

    def put(self, name, day, state, named=(), dtype=torch.float32):
        home = self.folder / "o" / name
        home.mkdir(parents=True)
        save_file({key: torch.as_tensor(value).to(dtype) for key, value in state.items()}, home / "model.safetensors")
        (home / "config.json").write_text('{"model_type": "llama"}')
        lines = "".join(f"- o/{one}\n" for one in named)
        (home / "README.md").write_text(f"---\nlicense: mit\n{'base_model:' if named else ''}\n{lines}---\n")
        self.repos.append({"id": f"o/{name}", "gated": False, "createdAt": f"2024-01-{day:02}T00:00:00.000Z" if day else FLOOR})
        return state

    def ask(self, method, dates, told=None, **settings):
        """Claims as {child: set of parents}, without the owner."""
        (self.folder / "hub.json").write_text(json.dumps({"repos": self.repos}))
        chosen = {name: values[0] for name, values in method.GRID.items()} | settings
        self.claims = Measured(method, read_split(self.folder), [chosen]).decide(dates, chosen, told)
        answer = {}
        for claim in self.claims:
            answer.setdefault(claim.child[2:], set()).add(claim.parent[2:])
        return answer

    def relation(self, child):
        return {claim.relation for claim in self.claims if claim.child == f"o/{child}"}
