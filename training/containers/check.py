"""Checks the containers of a split: python -m training.containers.check training/zoo/dev. Reads each file back and compares it with its parent.

Exit status 1 and a line per fault when values do not lie as near to the parent as the scheme allows, or an adapter does not help.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import gguf
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers.utils import logging

from ..architectures import load
from ..hubwriter import read_config, read_state
from ..learning import change, evaluate
from . import gguf_files, onnx_files, packed

# Largest relative change (all matrices together) by bits of most matrices, rounded down; GPTQ moves weights further to save outputs.
NEAR = {2: 0.45, 3: 0.25, 4: 0.2, 5: 0.07, 6: 0.04, 8: 0.06, 16: 0.005, 32: 0}


def _gguf(folder, arch, parent):
    config = read_config(parent)
    stored = {}
    for path in sorted(folder.glob("*.gguf")):
        for tensor in gguf.GGUFReader(path).tensors:
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            stored[tensor.name] = values.reshape([int(side) for side in reversed(tensor.shape)])
    names = [(name, target) for name, target, _ in gguf_files.converted(arch, config, read_state(parent))]
    assert {target for _, target in names} == set(stored), "not every tensor is there, or some is unknown"
    return {name: torch.from_numpy(gguf_files.unpermuted(arch, config, name, stored[target]).copy()) for name, target in names}


def _torch(folder):
    state = {}
    for path in sorted(folder.glob("*.bin")):
        state |= torch.load(path, weights_only=True)
    return state


def _packed(folder, key, parent):
    stored, scheme = load_file(folder / "model.safetensors"), packed.SCHEMES[key]
    values = {}
    for name, tensor in parent.items():
        if packed.packable(name, tensor, scheme):
            module = name.removesuffix("weight")
            values[name] = scheme.unpack({n.removeprefix(module): t for n, t in stored.items() if n.startswith(module)})
        else:
            values[name] = stored[name].float()
    return values


def read(folder, model, parent):
    """Float32 values by HF name as the container's reference reads them; `parent` is the parent's folder."""
    container = model["container"]
    if container["format"] == "gguf":
        return _gguf(folder, model["architecture"], parent)
    if container["format"] == "torch":
        return _torch(folder)
    if container["format"] == "onnx":
        path = next(folder.rglob("*.onnx"))
        return {name: values for name, (_, _, values) in onnx_files.places(path, read_state(parent)).items()}
    return _packed(folder, container["variant"], read_state(parent))


def _same_loss(arch, folder, values, data):
    """AWQ changes weights but not what the model computes: the losses are alike."""
    recipe = {"data": data, "seed": 1, "batch": 8, "length": 64}
    model = load(arch, folder)
    before = evaluate(model, arch, recipe)
    model.load_state_dict(values, strict=False)
    return abs(evaluate(model, arch, recipe) / before - 1) < 0.05


def _adapter_helps(arch, folder, parent, recipe):
    before = evaluate(load(arch, parent), arch, recipe)
    return evaluate(PeftModel.from_pretrained(load(arch, parent), folder), arch, recipe) < before


def fault(folder, model, parent):
    """(What is wrong or None, relative change or None) of a container model with its own folder and its parent's."""
    container, arch, recipe = model["container"], model["architecture"], model["recipe"]
    if container["format"] == "peft":
        return (None if _adapter_helps(arch, folder, parent, recipe["recipe"]) else "the adapter does not lower the loss"), None
    values, before = read(folder, model, parent), {n: t.float() for n, t in read_state(parent).items()}
    matrices = {n: t for n, t in before.items() if n in values}
    if container["format"] != "gguf" and len(matrices) < 0.9 * len(before) - 8:
        return f"only {len(matrices)} of {len(before)} tensors are there", None
    moved = change({n: t.float() for n, t in values.items()}, matrices)
    if container.get("variant", "").startswith("awq"):
        return (None if _same_loss(arch, parent, values, ["grammar", "logs"]) else "the loss is not the parent's"), moved
    bits = container["bits"] or 16
    return (None if moved <= NEAR[int(bits)] else f"relative change {moved:.3f}"), moved


def main():
    parser = argparse.ArgumentParser(description="Checks that every container holds its parent's values.")
    parser.add_argument("folder", type=Path, help="the split; its containers lie beside it in FOLDER-containers")
    args = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    beside = args.folder.with_name(f"{args.folder.name}-containers")
    models = json.loads((beside / "truth.json").read_text())["models"]
    faults, ranges = [], defaultdict(list)
    for model in models:
        parent = model["parents"][0]
        if parent["relation"] == "copy":
            files = lambda name: {p.name: p.read_bytes() for p in (beside / name).rglob("*") if p.is_file() and p.name != "README.md"}
            wrong, moved = (None if files(model["id"]) == files(parent["id"]) else "not the same files"), None
        else:
            wrong, moved = fault(beside / model["id"], model, args.folder / parent["id"])
        container = model["container"]
        label = container.get("variant", container["scheme"])
        print(f"{model['architecture']:7} {parent['relation']:10} {container['format']:12} {label:16} {'' if moved is None else f'{moved:.5f}'}")
        ranges[container["format"], label].append(moved)
        if wrong:
            faults.append(f"{model['id']}: {wrong}")
    print()
    for (format, label), values in sorted(ranges.items()):
        known = [value for value in values if value is not None]
        print(f"{format:12} {label:16} {len(values):3} " + (f"relative change {min(known):.4f} to {max(known):.4f}" if known else ""))
    print("\n".join(faults) or f"{len(models)} containers, every one holds")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
