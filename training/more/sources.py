"""Batches for the further architectures, what an answer to a batch is worth, and worse answers for preference training."""

import functools

import numpy as np
import torch
from torch.nn import functional as F

from ..pictures import CLASSES, TASKS, PictureSource
from ..text import SPECIAL, TextSource, tokenizer

CAPTION = 16
CONTEXT = (4, 32)  # tokens and width of what the U-Net is told of a picture
NOISE_STEPS = 1000
WORDS = "a picture,one drawing,an image,this small picture,some picture".split(",")


@functools.cache
def _captions(task, label, vocabulary):
    """Token ids [len(WORDS), CAPTION] of ways to say what a picture shows, ended and padded."""
    begin, end, pad = SPECIAL.index("<s>"), SPECIAL.index("</s>"), SPECIAL.index("<pad>")
    rows = []
    for words in WORDS:
        ids = tokenizer(vocabulary).encode(f"{words} of {task} number {label}").ids[: CAPTION - 2]
        rows.append([begin, *ids, end] + [pad] * (CAPTION - 2 - len(ids)))
    return np.array(rows)


@functools.cache
def _contexts():
    """A fixed meaning [tasks * CLASSES, *CONTEXT] for every label of every task: what a text encoder would say."""
    return torch.randn((len(TASKS) * CLASSES, *CONTEXT), generator=torch.Generator().manual_seed(0))


def _clip(model, recipe):
    source = PictureSource(recipe["data"], recipe["seed"])
    vocabulary = model.config.text_config.vocab_size
    while True:
        pictures, labels = source.batch(recipe["batch"])
        ways = source.rng.integers(len(WORDS), size=len(labels))
        rows = [_captions(recipe["data"][n // CLASSES], n % CLASSES, vocabulary)[way] for n, way in zip(labels, ways)]
        yield dict(pixel_values=torch.from_numpy(pictures), input_ids=torch.from_numpy(np.stack(rows)), return_loss=True)


def _diffusion(recipe):
    source = PictureSource(recipe["data"], recipe["seed"])
    first = [list(TASKS).index(task) * CLASSES for task in recipe["data"]]
    while True:
        pictures, labels = source.batch(recipe["batch"])
        pictures = F.avg_pool2d(torch.from_numpy(pictures), 2)
        noise = torch.from_numpy(source.rng.standard_normal(pictures.shape, dtype=np.float32))
        times = torch.from_numpy(source.rng.integers(NOISE_STEPS, size=len(labels)))
        kept = torch.cos(times / NOISE_STEPS * torch.pi / 2)[:, None, None, None]
        meant = torch.tensor([first[n // CLASSES] + n % CLASSES for n in labels])
        sample = kept * pictures + (1 - kept**2).sqrt() * noise
        yield dict(sample=sample, timestep=times, encoder_hidden_states=_contexts()[meant], labels=noise)


def _sequences(model, recipe):
    """T5 reads the first half of a window and writes the second."""
    source, half = TextSource(recipe["data"], model.config.vocab_size, recipe["seed"]), recipe["length"] // 2
    while True:
        ids = torch.from_numpy(source.windows(recipe["batch"], recipe["length"]))
        yield dict(input_ids=ids[:, :half], labels=ids[:, half:].contiguous())


def batches(model, arch, recipe):
    """Endless batches of the recipe's data for these three kinds of model, as arguments of the model; None for all other kinds."""
    return {"clip": lambda: _clip(model, recipe), "unet": lambda: _diffusion(recipe), "t5": lambda: _sequences(model, recipe)}.get(arch, lambda: None)()


def answers(arch, output):
    """What a model says to a batch: logits, or the U-Net's noise."""
    return output.logits_per_image if arch == "clip" else output.logits


def worth(arch, model, batch):
    """Log likelihood [n] of each example, up to a constant, as the mean over its tokens or pixels."""
    output = model(**batch)
    if arch == "clip":
        return F.log_softmax(output.logits_per_image, -1).diagonal()
    if arch == "unet":
        return -(output.logits - batch["labels"]).square().flatten(1).mean(1)
    if arch == "mixer":
        return F.log_softmax(output.logits, -1).gather(1, batch["labels"][:, None])[:, 0]
    logits, ids = (output.logits, batch["labels"]) if arch == "t5" else (output.logits[:, :-1], batch["labels"][:, 1:])
    return F.log_softmax(logits, -1).gather(2, ids[..., None])[..., 0].mean(1)


def rejected(arch, batch):
    """The same batch with worse answers: captions and labels of the next example, three tokens in ten out of place."""
    if arch == "clip":
        return {**batch, "input_ids": batch["input_ids"].roll(1, 0)}
    if arch == "unet":
        return {**batch, "encoder_hidden_states": batch["encoder_hidden_states"].roll(1, 0)}
    labels = batch["labels"]
    if arch == "mixer":
        return {**batch, "labels": labels.roll(1, 0)}
    shuffled = torch.where(torch.rand(labels.shape) < 0.3, labels.flatten()[torch.randperm(labels.numel())].view_as(labels), labels)
    return {**batch, "labels": shuffled} if arch == "t5" else {**batch, "input_ids": shuffled, "labels": shuffled}
