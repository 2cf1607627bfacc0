"""Names and dates of container repositories; some bear their parent's name, as most on the Hub do, others one of their own."""

import random
from datetime import timedelta

from ..architectures import ARCHITECTURES
from ..identity import FLOOR, NOUNS, OWNERS, SUFFIXES, TODAY

TAILS = {"gguf": ["GGUF", "{scheme}-GGUF"], "onnx": ["onnx", "ONNX"], "torch": ["pt", "hf"], "adapter": ["lora", "adapter", "peft"]}
PACKED = {"gptq": ["GPTQ", "GPTQ-Int{bits}"], "awq": ["AWQ"], "nf4": ["bnb-4bit", "nf4"], "fp4": ["bnb-4bit"], "int8": ["bnb-8bit", "int8"]}
PACKED |= {"fp8": ["FP8", "FP8-dynamic"], "compressed": ["w{bits}a16", "quantized.w{bits}a16"], "mlx": ["{bits}bit", "mlx-{bits}bit"]}


def _tail(rng, way, bits):
    kind, scheme = way.split()
    tails = TAILS[kind] if kind in TAILS else PACKED[scheme.split("-")[0]]
    return rng.choice(tails).format(scheme=scheme, bits=bits)


def names(split, arch, steps, ids, bits):
    """Key to owner/name of every step, none of which is among `ids` (the base set's, by key); `bits` per key."""
    rng = random.Random(f"containers/names/{split}/{arch}")
    nouns = random.Random(f"names/{split}").sample(NOUNS, len(NOUNS))[ARCHITECTURES.index(arch) :: len(ARCHITECTURES)]
    result, taken = {}, {name.split("/")[1].lower() for name in ids.values()}
    for step in steps:
        owner, name = {**ids, **result}[step.parents[0]].split("/")
        others = [one for one in OWNERS if one != owner]
        while True:
            new = rng.choice(others) if step.relation == "copy" or rng.random() < 0.7 else owner
            own = name if step.relation == "copy" or rng.random() < 0.6 else f"{rng.choice(nouns)}-{rng.choice(SUFFIXES)}"
            full = own if step.relation == "copy" else f"{own}-{_tail(rng, step.options['way'], bits[step.key])}"
            if full.lower() not in taken or step.relation == "copy":
                break
        taken.add(full.lower())
        result[step.key] = f"{new}/{full}"
    return result


def dates(split, arch, steps, published):
    """Key to (createdAt, lastModified): the parent's moment (`published`, key to createdAt) for some, else hours to months later."""
    rng, result = random.Random(f"containers/dates/{split}/{arch}"), {}
    for step in steps:
        start = result[step.parents[0]][0] if step.parents[0] in result else published[step.parents[0]]
        gap = rng.choice([0, rng.uniform(0.05, 2), rng.uniform(2, 60)])
        created = min(start + timedelta(days=gap), TODAY)
        if start == FLOOR and rng.random() < 0.5:
            created = FLOOR
        result[step.key] = (created, min(created + timedelta(days=rng.choice([0, rng.uniform(0, 30)])), TODAY))
    return result
