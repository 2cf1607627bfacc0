"""PyTorch's pickled checkpoints in the shapes they are met in: zip, legacy, sharded, nested, shared storages, views."""

import json
from collections import OrderedDict

import torch


def whole(folder, state, legacy=False, name="pytorch_model.bin"):
    """One file."""
    torch.save(state, folder / name, _use_new_zipfile_serialization=not legacy)


def sharded(folder, state, count=2):
    """Shards with an index, as transformers wrote them."""
    names = sorted(state)
    size = -(-len(names) // count)
    files = [f"pytorch_model-{i + 1:05}-of-{count:05}.bin" for i in range(count)]
    places = {name: files[i // size] for i, name in enumerate(names)}
    for file in files:
        torch.save(OrderedDict((n, state[n]) for n in names if places[n] == file), folder / file)
    total = sum(t.numel() * t.element_size() for t in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")


def tied(state, pairs):
    """Names that share another's storage, as state_dict of a tied model has them."""
    return OrderedDict([*state.items(), *((twin, state[name]) for twin, name in pairs)])


def views(state):
    """The same values behind other strides and offsets: matrices as transposes of what is stored, vectors out of one common storage."""
    vectors = {n: t for n, t in state.items() if t.ndim == 1}
    common, at, seen = torch.cat([*vectors.values()]), 0, OrderedDict()
    for name, t in state.items():
        if t.ndim == 2:
            seen[name] = t.t().contiguous().t()
        elif t.ndim == 1:
            seen[name] = common[at : at + len(t)]
            at += len(t)
        else:
            seen[name] = t
    return seen
