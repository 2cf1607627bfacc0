"""Which repositories of a family set are published again in which containers, and the adapters trained on them."""

import random

from ..architectures import ARCHITECTURES, TEXT
from ..plan import SPLITS
from ..recipes import domains, lora
from ..steps import Step
from .gguf_files import SCHEMES as BLOCKS
from .packed import SCHEMES as PACKED

# Every set takes one way of each line; the sets go through a line's ways in turn.
QUANTISED = {
    "causal": [
        ["gguf Q8_0", "gguf Q6_K"],
        ["gguf Q4_K_M", "gguf Q4_0", "gguf Q4_K_S"],
        ["gguf Q5_K_M", "gguf Q5_0", "gguf Q4_1"],
        ["gguf Q3_K_M", "gguf IQ4_NL", "gguf Q2_K", "gguf IQ4_XS"],
        ["gguf Q5_1", "gguf MXFP4"],
        ["packed gptq", "packed gptq-asym"],
        ["packed gptq-order", "packed gptq-v2", "packed gptq-8"],
        ["packed awq"],
        ["packed nf4-nested", "packed nf4"],
        ["packed fp4", "packed fp4-nested"],
        ["packed int8"],
        ["packed fp8-block-32", "packed fp8-channel"],
        ["packed fp8-tensor", "packed fp8-block"],
        ["packed compressed-4", "packed compressed-4-asym"],
        ["packed compressed-int8", "packed compressed-8"],
        ["packed mlx-4"],
        ["packed mlx-8"],
    ],
    "bert": [
        ["gguf Q8_0"],
        ["gguf Q4_K_M", "gguf Q4_0"],
        ["gguf Q5_K_M", "gguf Q6_K"],
        ["packed nf4", "packed nf4-nested"],
        ["packed int8"],
        ["packed fp8-channel", "packed fp8-tensor"],
    ],
    "vit": [["packed int8"], ["packed nf4"]],
    "resnet": [],
    "wide": [
        [f"gguf {scheme}"] for scheme in ("Q2_K", "Q3_K_M", "Q4_K_S", "Q4_K_M", "Q5_K_M", "Q6_K", "IQ4_XS", "Q4_K_M", "Q4_K_M", "Q3_K_M")
    ]
    + [[f"packed {scheme}"] for scheme in ("gptq-128", "gptq-order-128", "awq-128", "compressed-4-128", "mlx-4-64", "nf4-nested", "fp8-block")],
}
CONVERTED = {
    "causal": [["gguf F16", "gguf BF16", "gguf F32"], ["torch zip", "torch tied"], ["torch legacy", "torch sharded", "torch views"]],
    "bert": [["gguf F16", "gguf F32"], ["torch zip", "torch legacy"], ["torch sharded", "torch views"]]
    + [["onnx float32"], ["onnx float16"], ["onnx external"]],
    "vit": [["onnx float32"], ["onnx float16"], ["onnx external"], ["torch zip", "torch legacy"]],
    "resnet": [["torch zip"], ["torch views", "torch legacy"]],
    "wide": [["gguf F16"]],
}
SAVED = {"llama": ["embed_tokens", "lm_head"], "qwen2": ["norm"], "bert": ["transform"], "vit": ["classifier"]}
FULL = ["r1", "a1", "a2", "a3", "b1", "c1", "s1", "s2", "d1", "d2", "e1", "r2", "continued", "frozen"]
MIXED = ["merge", "soup", "lora1", "lora2", "slerp", "m1"]
FIXTURES = {
    "llama": [("gguf F16", "a1"), ("packed nf4-nested", "a2"), ("torch sharded", "cast2"), ("adapter plain", "r1"), ("adapter saved", "a3")],
    "qwen2": [("gguf Q4_0", "a1"), ("packed gptq", "a2"), ("packed awq", "b1"), ("packed mlx-4", "lora1"), ("adapter dora", "r1")],
    "bert": [("onnx float32", "a2"), ("gguf Q8_0", "a1")],
    "vit": [("onnx float16", "a1")],
    "resnet": [],
}


def adapter_options(kind, arch, rank):
    """peft's LoraConfig beyond rank and alpha."""
    if kind == "rslora":
        return {"use_rslora": True}
    if kind == "dora":
        return {"use_dora": True}
    if kind == "pattern":
        return {"rank_pattern": {r".*\.1\..*": 2 * rank}, "alpha_pattern": {r".*\.1\..*": 3 * rank}}
    return {"modules_to_save": SAVED[arch]} if kind == "saved" else {}


def describe(way):
    """The truth file's container: format, scheme, bits per weight of most matrices."""
    kind, scheme = way.split()
    if kind == "gguf":
        block = BLOCKS[scheme][0]
        from gguf import GGML_QUANT_SIZES

        size, width = GGML_QUANT_SIZES[block]
        return {"format": "gguf", "scheme": scheme, "bits": width * 8 / size}
    if kind == "packed":
        made = PACKED[scheme]
        return {"format": "safetensors", "scheme": made.label, "bits": made.bits, "group": made.group, "variant": scheme}
    if kind == "adapter":
        return {"format": "peft", "scheme": scheme, "bits": None}
    return {"format": kind, "scheme": scheme, "bits": None}


def relation(way):
    """The contract's word for what a repository in this container is to its parent."""
    kind, scheme = way.split()
    if kind == "adapter":
        return "adapter"
    return "quantized" if kind == "packed" or (kind == "gguf" and scheme not in ("F16", "BF16", "F32")) else "precision"


def _recipe(rng, arch, kind):
    recipe = lora(rng, arch, domains(rng, arch, 1 if arch in TEXT else 2))
    recipe["lora"].pop("head", None)
    recipe["lora"]["options"] = adapter_options(kind, arch, recipe["lora"]["rank"])
    return recipe


def _ways(split, arch, keys, rng):
    """(way, parent's key) of a whole set."""
    wide = split.endswith("-wide")
    line = "wide" if wide else arch if arch in QUANTISED else "causal"
    turn = ARCHITECTURES.index(arch) + 2 * SPLITS.index(split)
    full, mixed = [[key for key in keys if key in some] for some in (FULL, MIXED)]
    for i, choices in enumerate(CONVERTED[line] + QUANTISED[line]):
        yield choices[(turn + i) % len(choices)], rng.choice(mixed if i % 3 == 1 and mixed else full)
    if arch in SAVED and not wide:
        adapters = ["plain", "rslora", "dora", "pattern", "saved"] if arch in TEXT else ["plain", "saved"]
        yield from ((f"adapter {kind}", rng.choice(["r1", "r2", "scratch"] if i % 2 == 0 else full)) for i, kind in enumerate(adapters))


def plan(split, arch, bases):
    """Steps to add to the set whose own steps are `bases`; each has one parent. The last is a copy of the first GGUF or torch file."""
    rng = random.Random(f"containers/{split}/{arch}")
    keys = [step.key for step in bases]
    ways = FIXTURES[arch] if split == "fixtures" else list(_ways(split, arch, keys, rng))
    steps = []
    for i, (way, parent) in enumerate(ways):
        options = {"way": way}
        if way.startswith("adapter"):
            options["recipe"] = _recipe(rng, arch, way.split()[1])
        dtype = next(step.dtype for step in bases if step.key == parent)
        steps.append(Step(f"x{i}", "container", relation(way), (parent,), options=options, dtype=dtype))
    if split != "fixtures" and steps:
        first = steps[0]
        steps.append(Step("again", "container", "copy", (first.key,), options={"way": first.options["way"]}, dtype=first.dtype))
    return steps
