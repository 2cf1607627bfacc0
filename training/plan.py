"""What each family set (one architecture in one split) holds: a list of steps, parents before children."""

import random

from . import recipes
from .architectures import ARCHITECTURES, TEXT
from .more import plan as more
from .recipes import domains, finetune
from .steps import Plan

# Each split's place in what turns from set to set, dtypes and optional steps. `x1` and `x2` are `dev` from other seeds, for training scorers.
TURNS = {"fixtures": 0, "dev": 1, "test": 2, "dev-wide": 3, "test-wide": 4, "x1": 3, "x2": 4}
SPLITS = [*TURNS, *more.SPLITS]


def _roots(p, index):
    data = domains(p.rng, p.arch, 3 if p.arch in TEXT else 2)
    initializer = [0.05, 0.02, 0.08, 0.03, 0.06][index % 5]
    seed = p.rng.randrange(10**6)
    dtype = ["bfloat16", "float32", "float16"][index % 3]
    first = recipes.root(p.rng, p.arch, data, brief=index % 4 == 1)
    second = recipes.root(p.rng, p.arch, data, brief=index % 4 == 3)
    p.add("r1", "root", options={"recipe": first, "seed": seed, "initializer": initializer})
    p.add("r2", "root", options={"recipe": second, "seed": seed + 1, "initializer": initializer}, dtype=dtype)
    other = recipes.root(p.rng, p.arch, domains(p.rng, p.arch, 2), brief=True)
    p.add("scratch", "root", options={"recipe": other, "seed": seed, "initializer": initializer}, shared_init="r1")


def _first_family(p, index):
    rng = p.rng
    count = rng.choice([3, 4])
    for i in range(1, count + 1):
        p.train(f"a{i}", "r1")
    p.train("b1", "a1", late=True)
    p.train("c1", "b1")
    data = domains(rng, p.arch, 2)
    shared = {**finetune(rng, p.arch, data), "steps": 250}
    p.train("s1", "r1", recipe=shared)
    p.train("s2", "r1", recipe={**shared, "seed": shared["seed"] + 7})
    part = rng.choice(["head", "upper"])
    p.train("frozen", rng.choice(["r1", "a2"]), recipe={**finetune(rng, p.arch, domains(rng, p.arch, 1)), "trainable": part})
    p.train("continued", rng.choice(["r1", "a3"]), "continued")
    p.train("lora1", "r1", "lora-merged")
    p.train("lora2", "a2", "lora-merged")
    first = rng.choice([0.6, 0.7, 0.4, 0.35])
    p.add("merge", "linear", "merge", ["a1", "a2"], shares=(first, round(1 - first, 2)))
    p.add("soup", "linear", "merge", ["a1", "a2", "a3"], shares=(1 / 3,) * 3)
    if index % 2:
        p.train("m1", "merge")
    p.add("cast1", "cast", "precision", ["r1"], options={"dtype": "bfloat16"}, dtype="bfloat16")
    p.add("cast2", "cast", "precision", ["a3"], options={"dtype": "float16"}, dtype="float16")
    p.add("copy", "copy", "copy", [rng.choice(["a2", "a3", "c1", "r1"])])


def _second_family(p, index):
    for i in range(1, 4):
        p.train(f"d{i}", "r2")
    p.train("e1", "d1")
    p.train("cont2" if index % 2 else "lora3", "r2", "continued" if index % 2 else "lora-merged")
    if index % 2 == 0:
        p.add("merge2", "linear", "merge", ["d1", "d2"], shares=(0.55, 0.45))
        p.train("sf1", "scratch")
    if p.arch not in TEXT:
        p.train("relabel", "r2", recipe=finetune(p.rng, p.arch, domains(p.rng, p.arch, 1)), labels=8)


def _extended(p):
    rng, seed = p.rng, p.rng.randrange(10**6)
    source = lambda: rng.choice(["r1", "a1", "a2", "a3", "s1"])
    p.edit("pruned", source(), "pruned", "prune", share=0.5)
    p.edit("sparse", source(), "pruned", "prune_2_of_4")
    p.edit("dropped", source(), "layer-pruned", "drop_layer", seed=seed)
    p.edit("deeper", source(), "depth-upscaled", "repeat_layer", seed=seed)
    if p.arch in TEXT:
        p.edit("vocabulary", source(), "vocab-changed", "extend_vocabulary", rows=rng.choice([4, 8, 12]), seed=seed)
    p.edit("permuted", source(), "permuted", "permute", seed=seed)
    p.edit("noised", source(), "noised", "noise", level=rng.choice([0.02, 0.04, 0.08]), seed=seed)
    p.edit("grid", source(), "quantized", "quantise", bits=4, group=32)
    pairs = dict(extended=True)
    t = rng.choice([0.3, 0.5, 0.65])
    p.add("slerp", "slerp", "merge", ["a1", "s1"], shares=(round(1 - t, 2), t), options={"t": t}, **pairs)
    trimmed = {"base": "r1", "density": 0.4, "scale": 1.0}
    dropped = {"base": "r1", "density": 0.5, "weights": [0.5, 0.5], "seed": seed}
    added = {"base": "r1", "scales": [0.7, 0.7]}
    p.add("ties", "ties", "merge", ["a1", "a2", "a3"], shares=(1 / 3,) * 3, options=trimmed, **pairs)
    p.add("dare", "dare", "merge", ["a2", "a3"], shares=(0.5, 0.5), options=dropped, **pairs)
    p.add("task", "task_arithmetic", "merge", ["a1", "a3"], shares=(0.5, 0.5), options=added, **pairs)


def _shrink_some(p, split):
    """Gives a third of the fine-tunes a strong weight decay: norms otherwise grow from parent to child nearly always."""
    rng = random.Random(f"decay/{split}/{p.arch}")
    for step in p.steps.values():
        recipe = step.options.get("recipe", {})
        plain = step.op == "train" and "lora" not in recipe and step.key not in ("s1", "s2")
        if plain and recipe["optimizer"] == "adamw" and rng.random() < 0.4:
            recipe["weight_decay"] = rng.choice([0.5, 1, 2])


# The fixtures keep only these, so that the committed part stays small.
FIXTURES = {
    "llama": "r1 r2 a1 a2 a3 b1 frozen continued lora1 merge soup cast1 cast2 copy scratch",
    "qwen2": "r1 a1 a2 b1 lora1 r2 d1 d2",
    "bert": "r1 a1 a2 b1 r2 draft",
    "vit": "r1 a1 a2 s1 scratch",
    "resnet": "r1 a1 lora1 continued",
}

# The wide sets are there for the containers' sake: blocks of 256 and groups of 128 need rows as long.
WIDE = "r1 a1 a2 b1 lora1 merge"


def plan(split, arch):
    """All steps of a family set."""
    if split in more.SPLITS:
        return more.plan(split, arch)
    p = Plan(split, arch)
    index = ARCHITECTURES.index(arch) + TURNS[split]
    _roots(p, index)
    _first_family(p, index)
    _second_family(p, index)
    if split.endswith("-wide"):
        steps = [step for step in p.steps.values() if step.key in WIDE.split()]
        for step in steps:
            if recipe := step.options.get("recipe"):
                recipe |= {"batch": 8, "length": 32, "steps": recipe["steps"] // (3 if step.op == "root" else 2)}
        return steps
    if split != "fixtures":
        if not split.startswith("x"):
            _extended(p)
        _shrink_some(p, split)
        return list(p.steps.values())
    p.add("draft", "without_weights", options={"initializer": 0.02})
    if arch == "qwen2":  # here it is a1 that was uploaded again after its child
        p.steps["a1"].late, p.steps["b1"].late = True, False
    chosen = FIXTURES[arch].split()
    parent = {"frozen": "r1", "continued": "r1", "copy": "a3"}
    for key in chosen:
        if key in parent:
            p.steps[key].parents = (parent[key],)
    return [step for step in p.steps.values() if step.key in chosen]
