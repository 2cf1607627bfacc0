"""Carries out one step of a plan: trains or derives the weights and writes them into a folder."""

import torch

from . import edits, merges
from .architectures import TEXT, fresh, load
from .containers.calibration import moments
from .hubwriter import copy_weights, read_config, read_state, write_state
from .learning import change, train
from .more import symmetries
from .more.upcycle import upcycle


def _train(model, arch, step, folder, shard, teacher=None):
    model, report = train(model, arch, step.options["recipe"], teacher=teacher)
    model.to(edits.DTYPES[step.dtype]).save_pretrained(folder, max_shard_size=shard or "5GB")
    return report


def _dropped(config, state, seed):
    count = edits.layer_count(config)
    gone = seed % (count - 1) + 1  # the first layer stays
    return edits.take_layers(config, state, [i for i in range(count) if i != gone])


def _repeated(config, state, seed):
    count = edits.layer_count(config)
    first = 1 if "depths" in config else seed % count
    return edits.take_layers(config, state, [*range(count), *range(first, count)])


def _overlapped(config, state):
    """Two runs through the layers, the first without the last ones, the second without the first (SOLAR, Kim et al. 2023)."""
    count = edits.layer_count(config)
    cut = max(1, count // 4)
    return edits.take_layers(config, state, [*range(count - cut), *range(cut, count)])


EDITS = {
    "cast": edits.cast,
    "prune": edits.prune,
    "prune_2_of_4": edits.prune_2_of_4,
    "noise": edits.noise,
    "quantise": edits.quantise,
    "extend_vocabulary": edits.extend_vocabulary,
    "permute": edits.permute,
    "drop_layer": _dropped,
    "repeat_layer": _repeated,
    "overlap_layers": _overlapped,
    "narrow": symmetries.narrow,
    "reorder": symmetries.reorder,
    "rotate": symmetries.rotate,
}


def _stacked(config, states):
    """The first two thirds of the first parent's layers under the last two thirds of the second's; everything else is the first's."""
    count = edits.layer_count(config)
    part = -(-2 * count // 3)
    order = [*range(part), *range(count - part, count)]
    grown, state = edits.take_layers(config, states[0], order)
    upper = edits.take_layers(config, states[1], order)[1]
    above = lambda name: (match := edits.LAYER.match(name)) and int(match[2]) >= part
    return grown, {name: upper[name] if above(name) else t for name, t in state.items()}


def _merge(step, states, base):
    options = {key: value for key, value in step.options.items() if key != "base"}
    if step.op == "linear":
        return merges.linear(states, step.shares)
    if base is None:
        return getattr(merges, step.op)(states, **options)
    return getattr(merges, step.op)(base, states, **options)


def carry_out(step, arch, split, folder, where, shard):
    """Makes the step's weights and config in `folder`; `where` maps keys to their folders. Returns facts for the recipe."""
    facts = {}
    if step.op == "root":
        model = fresh(arch, split, step.options["seed"], step.options["initializer"])
        start = {name: t.clone() for name, t in model.state_dict().items()}
        teacher = load(arch, where[step.options["teacher"]]) if "teacher" in step.options else None
        facts = _train(model, arch, step, folder, shard, teacher)
        return {**facts, "changeFromInitialisation": change({n: t.float() for n, t in model.state_dict().items()}, start)}
    if step.op == "without_weights":
        fresh(arch, split, 0, step.options["initializer"]).config.save_pretrained(folder)
        return facts
    parents = [where[key] for key in step.parents]
    if step.op == "copy":
        copy_weights(folder, parents[0])
        return facts
    if step.op == "train":
        model = load(arch, parents[0], step.options["labels"], step.options["recipe"]["seed"])
        facts = _train(model, arch, step, folder, shard)
    else:
        config, states = read_config(parents[0]), [read_state(path) for path in parents]
        with torch.no_grad():
            if step.op == "stack":
                config, state = _stacked(config, states)
            elif step.op == "prune_by_inputs":
                squares, _ = moments(arch, parents[0], step.options["data"])
                state = edits.prune_by_inputs(states[0], squares, step.options["share"])
            elif step.op == "upcycle":
                config, state = upcycle(config, states[0], step.options["jitter"], step.options["seed"])
            elif step.op in EDITS:
                config, state = EDITS[step.op](config, states[0], **step.options)
            else:
                state = _merge(step, states, read_state(where[step.options["base"]]) if "base" in step.options else None)
        write_state(folder, config, state, shard)
    if step.op == "upcycle":  # identical experts learn to differ
        facts = _train(load("mixtral", folder), "mixtral", step, folder, None)
    after = read_state(folder)
    facts["relativeChange"] = [change(after, read_state(path)) for path in parents]
    return facts


def vocabulary(step, folder, arch):
    """(entries, of which added) for the tokenizer of a text model; None for pictures."""
    if arch not in TEXT:
        return None
    return read_config(folder)["vocab_size"], step.options.get("rows", 0)
