"""Writes one repository of a container step from its parent's folder."""

import json
import re
import shutil
from pathlib import Path

import torch

from ..architectures import TEXT, load
from ..hubwriter import read_config, read_state
from ..learning import train
from ..pictures import SIZE
from . import calibration, gguf_files, onnx_files, packed, torch_files

TOKENIZER = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


TWINS = [("lm_head.weight", "model.embed_tokens.weight"), ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight")]


def _tied(config, state):
    """The pairs of names that a tied model's pickles hold for one storage; safetensors keep only the second."""
    if not config.get("tie_word_embeddings", True):
        return []
    return [(twin, name) for twin, name in TWINS if name in state and twin not in state]


def _gguf(scheme, arch, folder, parent, facts, rng):
    config, state = read_config(parent), read_state(parent)
    split = -(-len(state) // 2) if rng.random() < 0.2 else 0
    path = folder / f"{facts['name']}.{scheme}.gguf"
    gguf_files.write(path, arch, config, state, scheme, facts, parent, split)
    return {"split": bool(split)}


def _torch(variant, folder, parent):
    config, state = read_config(parent), read_state(parent)
    state = {name: t.contiguous() for name, t in state.items()}
    if variant == "sharded":
        torch_files.sharded(folder, state)
    elif variant == "views":
        torch_files.whole(folder, torch_files.views(state))
    elif variant == "tied":
        torch_files.whole(folder, torch_files.tied(state, _tied(config, state)))
    else:
        torch_files.whole(folder, torch_files.tied(state, _tied(config, state)), legacy=variant == "legacy")
    (folder / "config.json").write_text((parent / "config.json").read_text())
    return {}


def _packed(key, arch, folder, parent, data):
    config, state, hessians, folded = read_config(parent), read_state(parent), None, False
    if key.startswith(("gptq", "awq")):
        hessians, sizes = calibration.moments(arch, parent, data)
        if key.startswith("awq"):
            state, folded = calibration.fold_scales(state, hessians, sizes, packed.SCHEMES[key].group), True
    stored, values, _ = packed.pack_state(state, key, hessians)
    packed.write(folder, config, stored, key)
    count = sum(packed.packable(name, t, packed.SCHEMES[key]) for name, t in state.items())
    return {"packed": count, "of": len(state), **({"scalesFolded": True} if folded else {})}


def _onnx(variant, arch, folder, parent, rng):
    model = load(arch, parent)
    model.set_attn_implementation("eager")
    if arch in TEXT:
        ids = torch.randint(4, 100, (1, 16))
        example = (ids, torch.ones_like(ids))
    else:
        example = (torch.randn(1, 3, SIZE, SIZE),)
    path = folder / rng.choice(["onnx/model.onnx", "model.onnx"])
    onnx_files.export(model, example, path, half=variant == "float16", external=variant == "external", older=arch == "vit")
    (folder / "config.json").write_text((parent / "config.json").read_text())
    return {"file": path.relative_to(folder).as_posix()}


def _base_path(rng, parent_id):
    """(what adapter_config.json calls the base, how): mostly right; else in the wrong case, or a path of the author's machine."""
    how = rng.choices(["right", "case", "path", "name"], [50, 15, 25, 10])[0]
    name = parent_id.split("/")[1]
    paths = [f"./models/{name}", "/content/drive/MyDrive/base-model", f"../checkpoints/run{rng.randrange(40)}/merged", "/data/llm/base"]
    named = {"right": parent_id, "case": parent_id.title(), "path": rng.choice(paths), "name": name}
    return named[how], how


def settle(folder, **changes):
    """Rewrites adapter_config.json with changed fields, and sets, whose order differs from run to run, in order."""
    path = folder / "adapter_config.json"
    config = {**json.loads(path.read_text()), **changes}
    config = {key: sorted(value) if key in ("target_modules", "modules_to_save") and isinstance(value, list) else value for key, value in config.items()}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def _adapter(step, arch, folder, parent, parent_id, rng):
    recipe = step.options["recipe"]
    model, report = train(load(arch, parent), arch, recipe, merge=False)
    pickled = rng.random() < 0.3
    model.save_pretrained(folder, safe_serialization=not pickled)
    state_path = folder / "adapter_model.safetensors"
    if pickled and state_path.exists():  # newer versions of peft write safetensors only
        from safetensors.torch import load_file

        torch.save(load_file(state_path), folder / "adapter_model.bin")
        state_path.unlink()
    named, how = _base_path(rng, parent_id)
    settle(folder, base_model_name_or_path=named)
    return {**report, "basePath": how}


def finish_card(folder, way):
    """Names the container's library on the card instead of transformers."""
    library = {"gguf": "gguf", "onnx": "onnx", "adapter": "peft"}.get(way.split()[0])
    if way.startswith("packed mlx"):
        library = "mlx"
    card = folder / "README.md"
    if library:
        card.write_text(re.sub("library_name: transformers", f"library_name: {library}", card.read_text(), count=1))


def _general(rng, title, parent_id):
    """general.* values: the parent is named in about half of the files."""
    owner, name = parent_id.split("/")
    facts = {"name": title}
    if rng.random() < 0.5:
        facts["base_model"] = [(name.replace("-", " ").title(), owner, f"https://huggingface.co/{parent_id}")]
    if rng.random() < 0.3:
        facts["quantized_by"] = rng.choice(["somebody", owner])
    return facts


def carry_out(step, arch, folder, parent, parent_id, title, data, rng):
    """Makes the weights and config of a container step in `folder`; returns facts for the recipe. `data` are the parent's domains."""
    folder, parent = Path(folder), Path(parent)
    kind, scheme = step.options["way"].split()
    if step.relation == "copy":
        shutil.copytree(parent, folder, ignore=shutil.ignore_patterns("README.md"), dirs_exist_ok=True)
        return {}
    with torch.no_grad():
        if kind == "gguf":
            named = re.sub(r"(-I?Q\w+|-B?F\d+)?-GGUF$", "", title)
            facts = _gguf(scheme, arch, folder, parent, _general(rng, named, parent_id), rng)
        elif kind == "torch":
            facts = _torch(scheme, folder, parent)
        elif kind == "packed":
            facts = _packed(scheme, arch, folder, parent, data)
        elif kind == "onnx":
            facts = _onnx(scheme, arch, folder, parent, rng)
    if kind == "adapter":
        facts = _adapter(step, arch, folder, parent, parent_id, rng)
    if arch in TEXT and kind != "gguf":
        for name in TOKENIZER:
            if (parent / name).exists():
                shutil.copyfile(parent / name, folder / name)
    return facts

