"""Random but seeded training recipes; their ranges overlap between relations, so that no cue gives a relation or direction away."""

import math

from .architectures import TEXT
from .pictures import TASKS
from .text import DOMAINS


def log_uniform(rng, low, high):
    """A rate between two bounds, its logarithm uniform; three significant digits."""
    return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.2e}")


def domains(rng, arch, count):
    """A few different domains of text, or tasks of pictures."""
    return rng.sample(DOMAINS if arch in TEXT else list(TASKS), count)


def _common(rng, arch):
    recipe = {"batch": rng.choice([8, 12, 16, 24]), "seed": rng.randrange(10**6)}
    return {**recipe, "length": rng.choice([32, 48, 64])} if arch in TEXT else {**recipe, "batch": recipe["batch"] * 2}


def root(rng, arch, data, brief):
    """Training from scratch; `brief` stops long before convergence. Masked language models learn slowest."""
    longer = 2 if arch == "bert" else 1
    return {
        **_common(rng, arch),
        "data": data,
        "steps": longer * (rng.randrange(250, 350) if brief else rng.randrange(600, 1000)),
        "optimizer": "sgd" if arch == "resnet" and rng.random() < 0.5 else "adamw",
        "lr": log_uniform(rng, 1.2e-3, 5e-3),
        "weight_decay": rng.choice([0, 0.01, 0.1]),
        "schedule": rng.choice(["none", "linear", "cosine"]),
        "warmup": rng.choice([10, 40]),
        "beta2": rng.choice([0.95, 0.99, 0.999]),
    }


def sgd_rate(recipe, rng):
    """Turns a recipe's optimiser into momentum SGD, whose rates are some thirty times larger."""
    return {**recipe, "optimizer": "sgd", "lr": log_uniform(rng, 0.004, 0.08), "weight_decay": rng.choice([0, 1e-4, 1e-3])}


def finetune(rng, arch, data):
    """A full fine-tune; relative change from below 0.01 up to 0.28 (the limit)."""
    recipe = {
        **_common(rng, arch),
        "data": data,
        "steps": rng.randrange(60, 320),
        "optimizer": "adamw",
        "lr": log_uniform(rng, 6e-5, 1.6e-3),
        "weight_decay": rng.choice([0, 0.01, 0.1]),
        "schedule": rng.choice(["none", "linear", "cosine"]),
        "warmup": rng.choice([0, 10]),
        "beta2": rng.choice([0.95, 0.99, 0.999]),
        "limit": round(rng.uniform(0.1, 0.28), 3),
    }
    return sgd_rate(recipe, rng) if rng.random() < 0.25 else recipe


def continued(rng, arch, data):
    """Goes on for long, until a relative change of 0.32 to 0.7."""
    recipe = {**finetune(rng, arch, data), "steps": 1600, "optimizer": "adamw", "lr": log_uniform(rng, 2e-3, 6e-3), "schedule": "none"}
    recipe["weight_decay"] = rng.choice([0, 0.01])
    recipe.pop("limit")
    return {**recipe, "until": round(rng.uniform(0.32, 0.7), 3)}


def lora(rng, arch, data):
    """A low-rank adapter, merged in after training."""
    recipe = finetune(rng, arch, data)
    recipe.pop("limit")
    rank = rng.choice([2, 4, 8])
    adapter = {"rank": rank, "alpha": rank * rng.choice([1, 2, 4]), "targets": rng.choice(["attention", "all"])}
    if arch == "vit" and rng.random() < 0.5:
        adapter["head"] = True
    return {**recipe, "optimizer": "adamw", "lr": log_uniform(rng, 4e-4, 5e-3), "weight_decay": 0, "steps": rng.randrange(100, 280), "lora": adapter}
