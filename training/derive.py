"""Carries out one step of a plan: trains or derives the weights and writes them into a folder."""

import torch

from . import edits, merges
from .architectures import TEXT, fresh, load
from .hubwriter import copy_weights, read_config, read_state, write_state
from .learning import change, train


def _train(model, arch, step, folder, shard):
    model, report = train(model, arch, step.options["recipe"])
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
}


def _merge(step, states, base):
    options = {key: value for key, value in step.options.items() if key != "base"}
    if step.op == "linear":
        return merges.linear(states, step.shares)
    if step.op == "slerp":
        return merges.slerp(states, **options)
    return getattr(merges, step.op)(base, states, **options)


def carry_out(step, arch, split, folder, where, shard):
    """Makes the step's weights and config in `folder`; `where` maps keys to their folders. Returns facts for the recipe."""
    facts = {}
    if step.op == "root":
        model = fresh(arch, split, step.options["seed"], step.options["initializer"])
        start = {name: t.clone() for name, t in model.state_dict().items()}
        facts = _train(model, arch, step, folder, shard)
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
            if step.op in EDITS:
                config, state = EDITS[step.op](config, states[0], **step.options)
            else:
                state = _merge(step, states, read_state(where[step.options["base"]]) if "base" in step.options else None)
        write_state(folder, config, state, shard)
    after = read_state(folder)
    facts["relativeChange"] = [change(after, read_state(path)) for path in parents]
    return facts


def vocabulary(step, folder, arch):
    """(entries, of which added) for the tokenizer of a text model; None for pictures."""
    if arch not in TEXT:
        return None
    return read_config(folder)["vocab_size"], step.options.get("rows", 0)
