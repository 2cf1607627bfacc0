"""Checks a split against its truth file: python -m training.check training/zoo/dev. Prints the relative change of every edge.

Exit status 1 and a line per fault when some claimed relation does not hold in the weights.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import torch
from transformers.utils import logging

from . import merges
from .architectures import TEXT, load
from .edits import DTYPES, LAYER
from .hubwriter import read_state
from .learning import change, evaluate
from .more.sources import answers, batches
from .pictures import SIZE, TASKS
from .text import DOMAINS


FLOOR = "2022-03-02T23:29:04.000Z"


def _float(state):
    return {name: t.float() for name, t in state.items() if t.is_floating_point()}


def _norm(state, other):
    """Norm of the matrices that the other model has in the same shape."""
    return sum(t.double().square().sum().item() for n, t in state.items() if t.ndim >= 2 and n in other and other[n].shape == t.shape) ** 0.5


def _same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def _close(state, expected):
    """Equal up to one rounding of the stored dtype."""
    coarse = {torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 1e-2}
    return all(torch.allclose(state[n].float(), t.float(), rtol=coarse.get(state[n].dtype, 0), atol=1e-6) for n, t in expected.items())


def _low_rank(child, parent, rank):
    """Every changed matrix of a merged LoRA differs by a matrix of at most the adapter's rank (in float32)."""
    for name, old in parent.items():
        if old.ndim < 2 or torch.equal(old, child[name]) or name.startswith("classifier"):
            continue
        values = torch.linalg.svdvals((child[name].double() - old.double()).flatten(1))
        if len(values) > rank and old.dtype == torch.float32 and values[rank] > 2e-3 * values[0]:
            return False
    return True


def _same_function(arch, child, parent):
    """Both repositories' models give the same answers to one random input."""
    torch.manual_seed(1)
    models = [load(arch, folder) for folder in (child, parent)]
    given = {"input_ids": torch.randint(4, 200, (2, 32))} if arch in TEXT else {"pixel_values": torch.randn(2, 3, SIZE, SIZE)}
    if special := batches(models[0], arch, {"data": [*(TASKS if arch == "clip" else DOMAINS)][:1], "batch": 2, "length": 64, "seed": 1}):
        given = next(special)
    with torch.no_grad():
        a, b = (answers(arch, model.eval()(**given)) for model in models)
    return torch.allclose(a, b, rtol=1e-3, atol=1e-3 * b.abs().max().item())


def _subset(small, large):
    """Every layer of the small model is, tensor by tensor, a layer of the large one."""

    def layers(state):
        groups = defaultdict(dict)
        for name, t in state.items():
            if (match := LAYER.match(name)) and "relative_attention_bias" not in name:  # T5 has one for all layers
                groups[match[0]][name[match.end() :]] = t
        return groups

    pool = list(layers(large).values())
    return all(any(_same(block, other) for other in pool) for block in layers(small).values())


def _zeros(state, parent):
    inner = [(t, parent[n]) for n, t in state.items() if LAYER.match(n) and t.ndim in (2, 4) and "relative_attention_bias" not in n]
    kept = all(bool(((t == old) | (t == 0)).all()) for t, old in inner)
    return kept and sum((t == 0).sum().item() for t, _ in inner) / sum(t.numel() for t, _ in inner)


def _learned(folder, model):
    """Whether training lowered the loss: a root's by its own record, a child's against its parent on the same batches.

    A child that a high rate brought to its limit within a few steps need not have learned.
    """
    recipe = model["recipe"]
    if recipe["op"] == "root":
        return recipe["lossEnd"] < recipe["lossStart"]
    if recipe["op"] != "train" or "labels" in recipe or "preference" in recipe["recipe"] or recipe["stepsDone"] < 20:
        return True
    folders = [folder / model["id"], folder / model["parents"][0]["id"]]
    after, before = (evaluate(load(model["architecture"], one), model["architecture"], recipe["recipe"]) for one in folders)
    return after < before


def holds(folder, model, child, parents):
    """Whether the weights bear out what truth says of a model."""
    relation, recipe = model["parents"][0]["relation"], model["recipe"]
    first, moved = parents[0], change(_float(child), _float(parents[0]))
    if relation == "copy":
        return _same(child, first)
    if relation == "precision":
        return _same(child, {n: t.to(DTYPES[recipe["dtype"]]) if t.is_floating_point() else t for n, t in first.items()})
    if relation == "merge":
        shares = [parent["share"] for parent in model["parents"]]
        if abs(sum(shares) - 1) > 1e-6:
            return False
        if recipe["op"] == "linear":
            return _close(child, merges.linear(parents, shares))
        return all(change(_float(child), _float(parent)) < 1 for parent in parents)
    if relation == "lora-merged":
        frozen = sum(torch.equal(first[n], t) for n, t in child.items())
        return frozen > 0 and _low_rank(child, first, recipe["recipe"]["lora"]["rank"])
    if recipe["op"] == "narrow":
        shrunk = [n for n, t in child.items() if t.shape != first[n].shape]
        return bool(shrunk) and all(t.numel() <= first[n].numel() for n, t in child.items())
    if relation == "pruned":
        return abs(_zeros(child, first) - recipe.get("share", 0.5)) < 0.05
    if relation == "layer-pruned":
        return len(child) < len(first) and _subset(child, first)
    if relation == "depth-upscaled":
        return len(child) > len(first) and _subset(child, first)
    if relation == "vocab-changed":
        return all(torch.equal(t[: len(first[n])], first[n]) if t.ndim else torch.equal(t, first[n]) for n, t in child.items())
    if relation == "permuted":
        return moved > 0.1 and _same_function(model["architecture"], folder / model["id"], folder / model["parents"][0]["id"])
    if relation == "continued":
        return 0.3 <= moved <= 0.8
    if "trainable" in recipe.get("recipe", {}):  # norms and biases are no matrices: the change is theirs alone
        kept = [torch.equal(first[n], t) for n, t in child.items()]
        return any(kept) and not all(kept) and moved < 0.75
    return 0 < moved < 0.75


def main():
    parser = argparse.ArgumentParser(description="Checks that every edge of truth.json holds in the weights.")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    logging.disable_progress_bar()
    models = json.loads((args.folder / "truth.json").read_text())["models"]
    created = {repo["id"]: repo["createdAt"] for repo in json.loads((args.folder / "hub.json").read_text())["repos"]}
    late = {model["id"] for model in models if model["recipe"]["late"]}
    cache = {}
    states = lambda name: cache.setdefault(name, read_state(args.folder / name))
    faults, grown, ranges = [], [], defaultdict(list)
    for model in models:
        child = states(model["id"])
        if not _learned(args.folder, model):
            faults.append(f"{model['id']}: the loss did not fall")
        if not all(torch.isfinite(t).all() for t in child.values() if t.is_floating_point()):
            faults.append(f"{model['id']}: weights are not finite")
        if not model["parents"]:
            continue
        parents = [states(parent["id"]) for parent in model["parents"]]
        for parent, state in zip(model["parents"], parents):
            moved = change(_float(child), _float(state))
            ranges[model["architecture"], parent["relation"]].append(moved)
            later, floor = created[model["id"]] > created[parent["id"]], created[model["id"]] == created[parent["id"]] == FLOOR
            if not floor and later == (parent["id"] in late):
                faults.append(f"{model['id']}: its date does not fit that of {parent['id']}")
            if model["recipe"]["op"] == "train":
                grown.append(_norm(child, state) > _norm(state, child))
            print(f"{model['architecture']:7} {parent['relation']:14} {moved:8.5f}  {parent['id']} -> {model['id']}")
        if not holds(args.folder, model, child, parents):
            faults.append(f"{model['id']}: not a true {model['parents'][0]['relation']} of {model['parents'][0]['id']}")
    print()
    for (arch, relation), values in sorted(ranges.items()):
        print(f"{arch:7} {relation:14} {len(values):3} edges, relative change {min(values):.4f} to {max(values):.4f}")
    print(f"the norm grows on {sum(grown)} of {len(grown)} trained edges")
    print("\n".join(faults) or f"{len(models)} models, every edge holds")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
