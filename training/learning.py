"""One training loop for every recipe of the zoo."""

import copy
import math
import re

import numpy as np
import torch
from peft import LoraConfig, get_peft_model

from .architectures import LORA_TARGETS, TEXT, TRAINABLE
from .more import sources
from .more.objectives import distillation, preference, round_weights
from .optimisers import optimisers
from .pictures import PictureSource
from .text import MASK, SPECIAL, TextSource


def batches(model, arch, recipe):
    """Endless batches of the recipe's data, as arguments of the model."""
    if special := sources.batches(model, arch, recipe):
        yield from special
    if arch not in TEXT:
        source = PictureSource(recipe["data"], recipe["seed"])
        while True:
            pictures, labels = source.batch(recipe["batch"])
            yield dict(pixel_values=torch.from_numpy(pictures), labels=torch.from_numpy(labels))
    source = TextSource(recipe["data"], model.config.vocab_size, recipe["seed"])
    while True:
        ids = torch.from_numpy(source.windows(recipe["batch"], recipe["length"]))
        if arch != "bert":
            yield dict(input_ids=ids, labels=ids)
            continue
        hidden = torch.from_numpy(source.rng.random(ids.shape) < 0.15)
        swap = torch.from_numpy(source.rng.integers(len(SPECIAL), model.config.vocab_size, ids.shape))
        noisy = torch.where(torch.from_numpy(source.rng.random(ids.shape) < 0.85), torch.tensor(MASK), swap)
        yield dict(input_ids=torch.where(hidden, noisy, ids), labels=torch.where(hidden, ids, torch.tensor(-100)))


def _rate(recipe, step):
    """Factor on the learning rate at a step: warm-up, then constant, linear or cosine."""
    warmup, steps = recipe.get("warmup", 0), recipe["steps"]
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return {"none": 1.0, "linear": 1 - done, "cosine": 0.5 + 0.5 * math.cos(math.pi * done)}[recipe["schedule"]]


def change(after, before):
    """Relative change: norm of the difference over the norm before, all matrices together (dicts of tensors)."""
    moved = total = 0.0
    for name, old in before.items():
        new = after.get(name)
        if new is not None and new.shape == old.shape and old.ndim >= 2:
            old = old.double()
            moved += (new.double() - old).square().sum().item()
            total += old.square().sum().item()
    return math.sqrt(moved / total) if total else 0.0


def _objective(model, arch, recipe, teacher):
    """The loss of a recipe as a function of model and batch."""
    if "preference" in recipe:
        return preference(arch, copy.deepcopy(model).eval(), recipe["preference"])
    return distillation(arch, teacher) if teacher else lambda model, batch: model(**batch).loss


def train(model, arch, recipe, merge=True, teacher=None):
    """Trains in place by the recipe and returns (model, report); a LoRA recipe's adapter comes back merged in, unless told otherwise.

    `preference` prefers the data to worse answers, `grid` rounds the weights as they compute, a `teacher` is imitated.
    `until` goes on until the relative change reaches it, `limit` stops there, whatever the number of steps says.
    """
    torch.manual_seed(recipe["seed"])
    objective = _objective(model, arch, recipe, teacher)
    restore = round_weights(model, **recipe["grid"]) if "grid" in recipe else None
    if "trainable" in recipe:
        pattern = re.compile(TRAINABLE[arch][recipe["trainable"]])
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(bool(pattern.search(name)))
    if "lora" in recipe:
        lora = recipe["lora"]
        keep = ["classifier"] if lora.get("head") else None
        targets = LORA_TARGETS[arch][lora["targets"]]
        options = {"target_modules": targets, "modules_to_save": keep, **lora.get("options", {})}
        model = get_peft_model(model, LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], **options))
    model.train()
    if "trainable" in recipe or "lora" in recipe:
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eval()  # frozen parts keep their running statistics too
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    learned, makers = [parameter for _, parameter in named], optimisers(named, recipe)
    bound = recipe.get("until") or recipe.get("limit")
    before = {name: p.detach().clone() for name, p in model.named_parameters()} if bound else {}
    losses, source = [], batches(model, arch, recipe)
    for step in range(recipe["steps"]):
        for optimizer in makers:
            for group in optimizer.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"]) * _rate(recipe, step)
        loss = objective(model, next(source))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        for optimizer in makers:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
        if bound and step % 5 == 4 and change({n: p.detach() for n, p in model.named_parameters()}, before) >= bound:
            break
    if "lora" in recipe and merge:
        model = model.merge_and_unload()
    if restore:
        restore()
    edge = max(3, len(losses) // 10)
    report = {"stepsDone": len(losses), "lossStart": float(np.mean(losses[:edge])), "lossEnd": float(np.mean(losses[-edge:]))}
    return model.eval(), report


@torch.no_grad()
def evaluate(model, arch, recipe):
    """Mean loss on sixteen batches of the recipe's data in an order of its own."""
    source = batches(model.eval(), arch, {**recipe, "seed": 99, "batch": 32})
    return float(np.mean([model(**next(source)).loss.item() for _ in range(16)]))
