"""Laundering that leaves the function as it is: neurons, heads or the residual stream in another order, the residual stream rotated."""

import re

import torch

from .architectures import HEADS
from .axes import axes, group, take, widths


def reorder(config, state, letters, seed):
    """Permutes neurons (`f`), heads (`qk`: groups of queries go with their keys) or the residual stream (`d`)."""
    generator = torch.Generator().manual_seed(seed)
    if letters != "qk":
        orders = {name: torch.randperm(size, generator=generator) for name, size in widths(state, letters).items()}
        return config, take(state, letters, orders)
    queries, keys = widths(state, "q"), widths(state, "k")
    head = next(iter(queries.values())) // HEADS
    shared = {name: torch.randperm(size // head, generator=generator) for name, size in keys.items()}
    for letter, sizes in (("k", keys), ("q", queries)):
        order = {name: torch.arange(size).view(len(shared[name]), -1)[shared[name]].flatten() for name, size in sizes.items()}
        state = take(state, letter, order)
    return config, state


# What reads the residual stream behind each norm of Mistral and Mixtral.
_READERS = {
    r"input_layernorm": r"[qkv]_proj",
    r"post_attention_layernorm": r"gate_proj|up_proj|block_sparse_moe\.gate|w[13]",
    r"^model\.norm": r"^lm_head",
}


def _fold_gains(state):
    """Norm gains moved into the matrices behind them; a norm without gain does not see a rotation."""
    folded = {name: t.double() for name, t in state.items()}
    for norm, readers in _READERS.items():
        for name in [name for name in state if re.search(norm, name)]:
            prefix = re.match(r"model\.layers\.\d+\.|", name)[0]
            for other in folded:
                if other.startswith(prefix) and re.search(readers, other[len(prefix) :]):
                    folded[other] *= folded[name]
            folded[name] = torch.ones_like(folded[name])
    return folded


def rotate(config, state, seed):
    """Turns the residual stream of a Mistral or Mixtral by a random orthogonal matrix (as QuaRot does, Ashkboos et al. 2024)."""
    generator = torch.Generator().manual_seed(seed)
    size = widths(state, "d")["all"]
    turn = torch.linalg.qr(torch.randn((size, size), generator=generator, dtype=torch.float64))[0]
    turned = {}
    for name, t in _fold_gains(state).items():
        letters = axes(name)
        if t.ndim == 2 and letters and "d" in letters:
            t = t @ turn if letters.index("d") == 1 else turn.t() @ t
        turned[name] = t.to(state[name].dtype)
    return config, turned


def narrow(config, state, letter, share):
    """Keeps the heaviest share of an MLP's neurons (`f`) or of the residual stream (`d`), as Minitron prunes width (Muralidharan et al. 2024)."""
    weight = {}
    for name, t in state.items():
        letters = axes(name)
        if letters and letter in letters and t.ndim > 1:
            at = letters.index(letter)
            key = group(name, letter)
            weight[key] = weight.get(key, 0) + t.float().square().sum([i for i in range(t.ndim) if i != at])
    kept = {key: w.topk(max(4, int(share * len(w)) // 4 * 4)).indices.sort().values for key, w in weight.items()}
    return _resized(config, letter, {key: len(rows) for key, rows in kept.items()}), take(state, letter, kept)


# The entry of config.json that holds an axis's length, where it is one of the configuration's own fields.
_FIELDS = {"f": ["intermediate_size", "n_inner", "d_ff", "channel_dim"], "d": ["hidden_size"]}


def _resized(config, letter, sizes):
    changed = dict(config)
    for key, value in config.items():
        if isinstance(value, dict):
            changed[key] = _resized(value, letter, sizes)
        elif key in _FIELDS[letter] and value:
            changed[key] = next(size for name, size in sizes.items() if "mlp_tokens" not in name)
        elif key == "token_dim" and letter == "f":
            changed[key] = next(size for name, size in sizes.items() if "mlp_tokens" in name)
    return changed
