"""Training in folds: every family is scored once by a network that has not seen it, and the fold networks together are what ships."""

import torch
from torch import nn
from torch.nn import functional

from .network import SetNetwork

FOLDS = 4
BATCH = 64
# What a token loses or gains in training: one in three is missing, each number a little off.
MISSING, BLUR = 0.3, 0.05


def fit(features, outputs, tokens, mask, loss, epochs, seed, rate=3e-3):
    """One network. `loss(net, tokens, mask, chosen)` takes augmented tokens of the chosen pairs."""
    torch.manual_seed(seed)
    net = SetNetwork(features, outputs)
    net.standardise(tokens, mask)
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=0.05)
    batches = (len(tokens) + BATCH - 1) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * batches)
    for _ in range(epochs):
        for chosen in torch.randperm(len(tokens)).split(BATCH):
            kept = mask[chosen] * (torch.rand_like(mask[chosen]) > MISSING)
            kept[:, 0] = mask[chosen][:, 0]
            value = loss(net, tokens[chosen] + BLUR * torch.randn_like(tokens[chosen]), kept, chosen)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def folds(groups):
    """Fold of every pair, whole groups together, groups dealt out in the order of their names."""
    order = {group: i % FOLDS for i, group in enumerate(sorted(set(groups)))}
    return torch.tensor([order[group] for group in groups])


class Together(nn.Module):
    """The mean of several networks' outputs, over one temperature."""

    def __init__(self, nets, temperature):
        super().__init__()
        self.nets = nn.ModuleList(nets)
        self.temperature = float(temperature)

    def forward(self, tokens, mask):
        return sum(net(tokens, mask) for net in self.nets) / (len(self.nets) * self.temperature)


def temperature(logits, loss):
    """The number that logits are best divided by, by a search over half a decade to either side of 1."""
    candidates = torch.logspace(-0.5, 0.7, 61)
    return min(candidates.tolist(), key=lambda t: loss(logits / t).item())


def soft_cross_entropy(logits, targets, weight=None):
    """Binary cross-entropy of log-odds against probabilities."""
    return functional.binary_cross_entropy_with_logits(logits, targets, weight)
