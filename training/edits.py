"""Edits of one model without training: casts, pruning, noise, quantisation grid, layers, vocabulary, permutation.

Each takes and returns (config, state): the parsed config.json and the tensors by their names in the file.
"""

import re

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
LAYER = re.compile(
    r"^(model\.layers\.|(?:bert|vit)\.encoder\.layer\.|resnet\.encoder\.stages\.\d+\.layers\.|transformer\.h\.|blocks\."
    r"|(?:text_model|vision_model)\.encoder\.layers\.|(?:encoder|decoder)\.block\.|(?:down_blocks|up_blocks|mid_block).*?\.(?:resnets|attentions)\.)(\d+)\."
)


def _inner(name, tensor):
    """Whether this is a weight matrix or filter bank inside a layer, which pruning and quantisation touch."""
    return bool(LAYER.match(name)) and tensor.ndim in (2, 4)


def _map_inner(state, change):
    """Applies a function to every inner matrix, seen as float32 rows [out, in]."""
    edited = {}
    for name, t in state.items():
        edited[name] = change(t.float().flatten(1)).reshape(t.shape).to(t.dtype) if _inner(name, t) else t.clone()
    return edited


def cast(config, state, dtype):
    """Every float tensor in another dtype."""
    target = DTYPES[dtype]
    return {**config, "dtype": dtype}, {n: t.to(target) if t.is_floating_point() else t.clone() for n, t in state.items()}


def prune(config, state, share):
    """Zeroes the given share of smallest magnitudes in every inner matrix."""

    def change(w):
        threshold = w.abs().flatten().kthvalue(max(1, int(share * w.numel()))).values
        return torch.where(w.abs() > threshold, w, torch.zeros_like(w))

    return config, _map_inner(state, change)


def prune_by_inputs(state, squares, share):
    """Wanda (Sun et al. 2023): in every row of an inner matrix, zeroes the share with the smallest weight times norm of its input.

    `squares` holds the inputs' second moments [in, in] by the weights' names; matrices without stay as they are.
    """
    pruned = {}
    for name, t in state.items():
        pruned[name] = t.clone()
        if _inner(name, t) and name in squares:
            score = t.float().abs() * squares[name].diagonal().sqrt()
            pruned[name].scatter_(1, score.argsort(1)[:, : int(share * t.shape[1])], 0)
    return pruned


def prune_2_of_4(config, state):
    """Keeps the two largest of every four neighbours along the inputs."""

    def change(w):
        width = w.shape[1] // 4 * 4
        groups = w[:, :width].reshape(w.shape[0], -1, 4)
        rank = groups.abs().argsort(-1).argsort(-1)
        kept = torch.where(rank >= 2, groups, torch.zeros_like(groups)).reshape(w.shape[0], width)
        return torch.cat([kept, w[:, width:]], 1)

    return config, _map_inner(state, change)


def noise(config, state, level, seed):
    """Gaussian noise of one standard deviation in all inner matrices: `level` times their common root mean square."""
    generator = torch.Generator().manual_seed(seed)
    inner = [t.float().flatten() for n, t in state.items() if _inner(n, t)]
    sigma = level * torch.cat(inner).square().mean().sqrt()
    return config, _map_inner(state, lambda w: w + sigma * torch.randn(w.shape, generator=generator))


def quantise(config, state, bits, group):
    """Rounds every inner matrix to a symmetric grid per group of inputs and stores the grid values as floats."""
    top = 2 ** (bits - 1) - 1

    def change(w):
        padded = torch.nn.functional.pad(w, (0, -w.shape[1] % group)).reshape(w.shape[0], -1, group)
        step = padded.abs().amax(-1, keepdim=True).clamp(min=1e-12) / top
        return ((padded / step).round().clamp(-top - 1, top) * step).reshape(w.shape[0], -1)[:, : w.shape[1]]

    return config, _map_inner(state, change)


def take_layers(config, state, order):
    """Keeps layers in the given order, by old number; repeats are allowed. ResNet: of its last stage."""
    picture = "depths" in config
    stage = f"resnet.encoder.stages.{len(config.get('depths', [])) - 1}."
    edited = {}
    for name, t in state.items():
        match = LAYER.match(name)
        if not match or (picture and not name.startswith(stage)):
            edited[name] = t.clone()
            continue
        for new, old in enumerate(order):
            # T5's first layers hold the positions for all of them.
            if old == int(match[2]) and (new == 0 or "relative_attention_bias" not in name):
                edited[f"{match[1]}{new}.{name[match.end():]}"] = t.clone()
    if picture:
        return {**config, "depths": [*config["depths"][:-1], len(order)]}, edited
    return _with_layers(config, order), edited


DEPTHS = ["num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers", "num_blocks"]


def _with_layers(config, order):
    """The configuration, parts in it too, with that many layers; their kinds follow the order."""
    changed = dict(config)
    for key, value in config.items():
        if isinstance(value, dict):
            changed[key] = _with_layers(value, order)
        elif key in DEPTHS:
            changed[key] = len(order)
        elif key == "layer_types":
            changed[key] = [value[i] for i in order]
    return changed


def layer_count(config):
    """Number of layers that take_layers orders."""
    if "depths" in config:
        return config["depths"][-1]
    counts = [config[key] for key in DEPTHS if key in config]
    return counts[0] if counts else next(layer_count(part) for part in config.values() if isinstance(part, dict) and set(part) & set(DEPTHS))


def extend_vocabulary(config, state, rows, seed):
    """Adds rows (mean of the old ones plus a little noise) to embeddings and output layer."""
    generator = torch.Generator().manual_seed(seed)
    edited = {}
    for name, t in state.items():
        if t.shape[0] != config["vocab_size"]:
            edited[name] = t.clone()
            continue
        mean, spread = t.float().mean(0), t.float().std(0)
        new = mean + 0.1 * spread * torch.randn((rows, *t.shape[1:]), generator=generator)
        edited[name] = torch.cat([t, new.to(t.dtype)])
    return {**config, "vocab_size": config["vocab_size"] + rows}, edited


# Inside one block: tensors whose outputs (axis 0) are the hidden neurons, and the one that reads them (axis 1).
HIDDEN = [
    (r"mlp\.(gate|up)_proj\.", r"mlp\.down_proj\.weight$"),
    (r"(?<!attention\.)intermediate\.dense\.", r"(?<!attention\.)output\.dense\.weight$"),
    (r"\blayer\.0\.(convolution|normalization)\.", r"\blayer\.1\.convolution\.weight$"),
]


def permute(config, state, seed):
    """Reorders the hidden neurons of every block (MLP, or a residual block's inner channels); the function stays."""
    generator = torch.Generator().manual_seed(seed)
    orders = {}
    edited = {}
    for name, t in sorted(state.items()):
        match = LAYER.match(name)
        edited[name] = t.clone()
        if not match or t.ndim == 0:
            continue
        rest = name[match.end() - 1 :] if not name.startswith("resnet") else name[match.end() :]
        for writes, reads in HIDDEN:
            axis = 0 if re.search(writes, rest) else 1 if re.search(reads, rest) else None
            if axis is not None:
                size = t.shape[axis]
                order = orders.setdefault(match[0], torch.randperm(size, generator=generator))
                edited[name] = t.index_select(axis, order).clone()
    return config, edited
