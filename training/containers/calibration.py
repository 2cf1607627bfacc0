"""What the quantisers learn from data: second moments of every linear layer's inputs, and AWQ's scales folded into the layer before."""

import re

import torch

from ..architectures import load
from ..learning import batches
from . import awq

WINDOWS = {"batch": 24, "length": 64, "seed": 17}


def moments(arch, folder, data):
    """({name: mean of x x^T}, {name: mean of |x|}) for the weights of all linear layers of a repository, on a few batches of its data."""
    model, squares, sizes, seen = load(arch, folder).eval(), {}, {}, {}

    def watch(name):
        def hook(_, inputs):
            x = inputs[0].reshape(-1, inputs[0].shape[-1])
            squares[name] = squares.get(name, 0) + x.t() @ x
            sizes[name] = sizes.get(name, 0) + x.abs().sum(0)
            seen[name] = seen.get(name, 0) + len(x)

        return hook

    hooks = [m.register_forward_pre_hook(watch(f"{n}.weight")) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)]
    source = batches(model, arch, {**WINDOWS, "data": data})
    with torch.no_grad():
        for _ in range(4):
            model(**next(source))
    for hook in hooks:
        hook.remove()
    return {n: t / seen[n] for n, t in squares.items()}, {n: t / seen[n] for n, t in sizes.items()}


# Layers that share an input, and what comes before them and can take up the inverse scale.
FOLDS = [
    ("input_layernorm", ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    ("self_attn.v_proj", ["self_attn.o_proj"]),
    ("post_attention_layernorm", ["mlp.gate_proj", "mlp.up_proj"]),
    ("mlp.up_proj", ["mlp.down_proj"]),
]


def _loss(w, scale, square, group):
    """Mean square error of the outputs when w is rounded after its inputs' columns were multiplied by the scale."""
    error = awq.round_trip(w * scale, group) / scale - w
    return (error @ square * error).sum()


def _search(weights, square, size, group):
    best, chosen = None, torch.ones_like(size)
    for ratio in torch.linspace(0, 0.95, 20):
        scale = size.clamp(min=1e-4) ** ratio
        scale = scale / (scale.max() * scale.min()).sqrt()
        loss = sum(_loss(w, scale, square, group) for w in weights)
        if best is None or loss < best:
            best, chosen = loss, scale
    return chosen


def fold_scales(state, squares, sizes, group):
    """The state of a Llama or Qwen2 with AWQ's scales (Lin et al. 2023) moved from linear layers into what precedes them; same function."""
    state = {name: t.float().clone() for name, t in state.items()}
    for layer in sorted({m[0] for name in state if (m := re.match(r"model\.layers\.\d+\.", name))}):
        for before, after in FOLDS:
            names = [f"{layer}{module}.weight" for module in after]
            source = f"{layer}{before}.weight"
            if len(state[source]) != state[names[0]].shape[1] or state[names[0]].shape[1] % group:
                continue  # grouped queries: values feed several heads
            scale = _search([state[name] for name in names], squares[names[0]], sizes[names[0]], group)
            for name in names:
                state[name] *= scale
            state[source] /= scale if state[source].ndim == 1 else scale[:, None]
            if f"{layer}{before}.bias" in state:
                state[f"{layer}{before}.bias"] /= scale
    return state
