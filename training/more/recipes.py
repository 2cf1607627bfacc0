"""Recipes of the further families: five optimisers, learning rates over three decades, second stages, all ranks."""

from .. import recipes
from ..recipes import domains, log_uniform

OPTIMISERS = ["adamw", "decay", "sgd", "lion", "muon"]
# Lowest and highest rate of a fine-tune by optimiser: three decades each.
RATES = {"adamw": (1e-5, 1e-2), "decay": (1e-5, 1e-2), "sgd": (2e-4, 0.2), "lion": (2e-6, 2e-3), "muon": (5e-5, 5e-2)}
RANKS = [1, 2, 4, 8, 16, 32, 64]


def root(rng, arch, data, brief=False):
    """Training from scratch, by any optimiser that learns these networks from noise."""
    recipe = recipes.root(rng, arch, data, brief)
    recipe["steps"] = rng.randrange(150, 240) if brief else rng.randrange(320, 560)
    recipe["optimizer"] = rng.choice(["adamw", "adamw", "lion", "muon"])
    if recipe["optimizer"] != "adamw":
        recipe["lr"] = log_uniform(rng, *{"lion": (2e-4, 6e-4), "muon": (8e-3, 3e-2)}[recipe["optimizer"]])
    return recipe


def spread(rng, arch, optimizer):
    """A fine-tune whose rate is anywhere in the optimiser's three decades, over a few to a few hundred steps."""
    recipe = recipes.finetune(rng, arch, domains(rng, arch, 1))
    kind = "adamw" if optimizer == "decay" else optimizer
    decay = {"decay": [0.3, 1, 2], "lion": [0, 0.1, 1], "sgd": [0, 1e-3]}.get(optimizer, [0])
    more = {"steps": int(log_uniform(rng, 30, 260)), "lr": log_uniform(rng, *RATES[optimizer]), "weight_decay": rng.choice(decay)}
    return {**recipe, **more, "optimizer": kind}


def preferred(rng, arch):
    """A second stage by preferences, short and gentle as those are."""
    recipe = recipes.finetune(rng, arch, domains(rng, arch, 1))
    more = {"preference": rng.choice([0.5, 1, 3]), "steps": rng.randrange(40, 120), "lr": log_uniform(rng, 3e-5, 6e-4)}
    return {**recipe, **more, "optimizer": "adamw", "weight_decay": 0}


def rounded(rng, arch):
    """Quantisation-aware: the network computes with weights on a grid of four bits while it learns."""
    recipe = recipes.finetune(rng, arch, domains(rng, arch, 1))
    rate = recipe["lr"] / (50 if recipe["optimizer"] == "sgd" else 1)
    return {**recipe, "optimizer": "adamw", "lr": rate, "grid": {"bits": 4, "group": 32}, "steps": rng.randrange(60, 160)}


def adapter(rng, arch, rank):
    """A LoRA of the given rank."""
    recipe = recipes.lora(rng, arch, domains(rng, arch, 1))
    return {**recipe, "steps": rng.randrange(60, 180), "lora": {**recipe["lora"], "rank": rank, "alpha": rank * rng.choice([1, 2])}}


def partial(rng, arch, part):
    """Only some of the parameters learn."""
    return {**spread(rng, arch, "adamw"), "lr": log_uniform(rng, 3e-4, 3e-3), "trainable": part}


def continued(rng, arch):
    """Training that goes on to a relative change of 0.32 to 0.7."""
    return {**recipes.continued(rng, arch, domains(rng, arch, 2)), "steps": 900}
