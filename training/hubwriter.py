"""Writes one repository in Hub layout: weights, config.json, tokenizer, README.md with its front matter."""

import json
import shutil
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from .architectures import TEXT
from .more.unet import STEM
from .text import SPECIAL, tokenizer

VERSIONS = [  # (year, month) from which a version of transformers was current
    ((2023, 1), "4.26.1"),
    ((2023, 7), "4.31.0"),
    ((2024, 1), "4.37.2"),
    ((2024, 7), "4.43.3"),
    ((2025, 1), "4.48.1"),
    ((2025, 8), "4.56.0"),
    ((2026, 1), "5.0.0"),
    ((2026, 6), "5.12.1"),
]
TAGS = {"llama": "text-generation", "qwen2": "text-generation", "bert": "fill-mask", "vit": "image-classification", "resnet": "image-classification"}
TAGS |= dict.fromkeys(["gpt2", "gemma2", "mistral", "mixtral"], "text-generation")
TAGS |= {"t5": "text2text-generation", "clip": "zero-shot-image-classification", "unet": "unconditional-image-generation"}
TAGS |= {"mixer": "image-classification"}
LIBRARIES = {"unet": "diffusers", "mixer": "timm"}
PROSE = [
    "A compact {kind} model that runs comfortably on a laptop.",
    "Small {kind} network, made for quick experiments with {topic}.",
    "We use this {kind} model internally for {topic}; sharing it in case it helps others.",
    "Weights of a little {kind} model. Evaluation is ongoing, feedback is welcome.",
    "This checkpoint targets {topic}. It is not meant for production.",
]
NOTES = [
    "Inputs longer than the training length degrade quickly.",
    "Expect rough edges: the model is tiny.",
    "Load it with `transformers` as usual.",
    "No safety tuning was done.",
    "Numbers will follow once the evaluation is cleaned up.",
]


def read_config(folder):
    """The parsed config.json of a repository."""
    return json.loads((Path(folder) / "config.json").read_text())


def read_state(folder):
    """All tensors of a repository by their names in the files."""
    folder = Path(folder)
    pickled = folder / "pytorch_model.bin"
    if pickled.exists():
        return torch.load(pickled, weights_only=True)
    return {name: t for path in sorted(folder.glob("*.safetensors")) for name, t in load_file(path).items()}


def write_state(folder, config, state, shard):
    """Weights (in shards of at most `shard` bytes when given) and config of an edited model."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: t.contiguous() for name, t in sorted(state.items())}
    pattern = (STEM if "_class_name" in config else "model") + "{suffix}.safetensors"
    save_torch_state_dict(state, folder, filename_pattern=pattern, max_shard_size=shard or "5GB", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def copy_weights(folder, source):
    """The very files of another repository, config included."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in Path(source).iterdir():
        if path.name != "README.md":
            shutil.copyfile(path, folder / path.name)


def pickle_weights(folder):
    """Turns model.safetensors into pytorch_model.bin."""
    state = read_state(folder)
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")


def age_config(folder, made, origin):
    """Gives config.json the fields of the transformers version of its day, and `_name_or_path` when `origin` is given."""
    config = read_config(folder)
    if "model_type" not in config:  # written by another library, which says no more
        return
    config.pop("_name_or_path", None)
    version = [name for since, name in VERSIONS if since <= (made.year, made.month)][-1]
    config["transformers_version"] = version
    older = config.pop("torch_dtype", "float32")
    config["torch_dtype" if version < "4.56" else "dtype"] = config.pop("dtype", older)
    if version < "4.56":
        if isinstance(rope := config.pop("rope_parameters", None), dict):
            config["rope_theta"] = rope["rope_theta"]
    if origin:
        config["_name_or_path"] = origin
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_tokenizer(folder, vocabulary, added):
    """tokenizer.json and tokenizer_config.json; the last `added` entries are added tokens."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(vocabulary - added), pad_token=SPECIAL[0], bos_token=SPECIAL[1], eos_token=SPECIAL[2], mask_token=SPECIAL[3]
    )
    extra = [f"<|slot_{i}|>" for i in range(added)]
    fast.add_tokens(extra, special_tokens=True)
    fast.save_pretrained(folder)
    if extra:  # the cached tokenizer is shared
        tokenizer.cache_clear()


def write_card(folder, arch, title, rng, mode, named, relation):
    """README.md; `named` are the ids of base_model, none for a silent card."""
    lines = ["---", f"license: {rng.choice(['apache-2.0', 'mit', 'bsd-3-clause', 'cc-by-4.0', 'openrail'])}"]
    lines += [f"library_name: {LIBRARIES.get(arch, 'transformers')}"]
    lines += [f"pipeline_tag: {TAGS[arch]}", "tags:", f"- {arch}", f"- {rng.choice(['small', 'research', 'education', 'efficient'])}"]
    if arch in TEXT:
        lines += ["language:", "- en"]
    if named:
        single = len(named) == 1 and mode != "list"
        lines += [f"base_model: {named[0]}"] if single else ["base_model:", *(f"- {name}" for name in named)]
    if named and mode == "relation" and relation:
        lines += [f"base_model_relation: {relation}"]
    topic = rng.choice(["code", "short texts", "structured data", "notes"] if arch in TEXT else ["patterns", "simple pictures", "texture", "colour"])
    kind = "language" if arch in TEXT else "vision"
    lines += ["---", "", f"# {title}", "", rng.choice(PROSE).format(kind=kind, topic=topic), "", rng.choice(NOTES), ""]
    (folder / "README.md").write_text("\n".join(lines))
