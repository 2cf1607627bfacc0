"""Losses other than the model's own: preferences, a teacher's answers; and training on rounded weights."""

import re

import torch
from torch.nn import functional as F
from torch.nn.utils import parametrize

from .sources import answers, rejected, worth


def preference(arch, reference, beta):
    """Loss (model, batch) of direct preference optimisation (Rafailov et al. 2023) against a frozen reference model."""

    def loss(model, batch):
        worse = rejected(arch, batch)
        with torch.no_grad():
            margin = worth(arch, reference, batch) - worth(arch, reference, worse)
        return -F.logsigmoid(beta * (worth(arch, model, batch) - worth(arch, model, worse) - margin)).mean()

    return loss


def distillation(arch, teacher, temperature=2.0):
    """Loss (model, batch): the teacher's answers at a temperature (Hinton et al. 2015), noise by its square error; half the model's own."""

    def loss(model, batch):
        output = model(**batch)
        said = answers(arch, output)
        with torch.no_grad():
            wanted = answers(arch, teacher(**batch))
        if arch == "unet":
            return F.mse_loss(said, wanted) + 0.5 * output.loss
        soft = [F.log_softmax(one / temperature, -1).flatten(0, -2) for one in (said, wanted)]
        return temperature**2 * F.kl_div(*soft, log_target=True, reduction="batchmean") + 0.5 * output.loss

    return loss


class _Rounded(torch.nn.Module):
    """Weights on a symmetric grid per group along the last axis, with gradients passed straight through (Bengio et al. 2013)."""

    def __init__(self, bits, group):
        super().__init__()
        self.top, self.group = 2 ** (bits - 1) - 1, group

    def forward(self, w):
        padded = F.pad(w.flatten(1), (0, -w[0].numel() % self.group)).unflatten(1, (-1, self.group))
        step = padded.detach().abs().amax(-1, keepdim=True).clamp(min=1e-12) / self.top
        grid = ((padded / step).round().clamp(-self.top - 1, self.top) * step).flatten(1)[:, : w[0].numel()].view_as(w)
        return w + (grid - w).detach()


def round_weights(model, bits, group):
    """Lets every linear map and convolution inside a numbered layer compute with rounded weights; returns an undo."""
    touched = []
    for name, module in list(model.named_modules()):
        weight = getattr(module, "weight", None)
        if weight is not None and weight.ndim in (2, 4) and re.search(r"\.\d+\.", name + "."):
            parametrize.register_parametrization(module, "weight", _Rounded(bits, group))
            touched.append(module)

    def undo():
        for module in touched:
            original = module.parametrizations.weight.original
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)
            with torch.no_grad():
                module.weight.copy_(original)

    return undo
