"""direction.onnx: the log-odds that B was made from A and not A from B; g(A, B) - g(B, A), so that exchanging them changes the sign."""

from dataclasses import replace

import torch
from torch import nn

from . import train
from .data import SHAPES, turned
from .metrics import cross_calibrated, expected_calibration_error

SPECTRA = ["spectrum", "flatness", "outliers", "leading", "top1", "top4", "top16", "rank", "tail", "end"]
TRAINED = ["finetune", "continued", "lora-merged"]
EPOCHS = 24
# Pairs without a direction count less: they are many, and the engine asks of pairs that it takes for parent and child.
UNDIRECTED = 0.2


class Direction(nn.Module):
    """Antisymmetric by construction. tokens [P, T, F], mask [P, T] -> [P]."""

    def __init__(self, net, own):
        super().__init__()
        self.net, self.own = net, own

    def forward(self, tokens, mask):
        return (self.net(tokens, mask) - self.net(turned(tokens, self.own), mask)).squeeze(1)


def without_spectra(pairs):
    """Direction is asked of every pair of a family, where the spectra of all updates would cost too much: their numbers stay 0."""
    tokens = pairs.tokens.clone()
    tokens[:, :, [pairs.shared.index(name) for name in SPECTRA]] = 0
    return replace(pairs, tokens=tokens)


def chosen(pairs):
    """Pairs whose first model came first, with 1, and those of which neither did, with 1/2."""
    target = {**dict.fromkeys(TRAINED, 1.0), "ancestor": 1.0, "sibling": 0.5, "cousin": 0.5, "shared-init": 0.5}

    def label(i):
        return target.get(pairs.how[i] if pairs.kind[i] == "relative" else pairs.kind[i])

    pairs = without_spectra(pairs).only(lambda i: label(i) is not None and not pairs.how[i].startswith(SHAPES))
    values = [target[how if kind == "relative" else kind] for kind, how in zip(pairs.kind, pairs.how)]
    return pairs, torch.tensor(values)


def learn(pairs):
    """Fold networks as one, and the metrics of what each fold says of architectures it has not seen."""
    pairs, truth = chosen(pairs)
    own, features = len(pairs.own), pairs.tokens.shape[2]
    fold = train.folds(pairs.architecture)
    logits = torch.zeros(len(pairs))
    nets = []
    for n in range(train.FOLDS):
        here = fold == n
        target = truth[~here]

        def loss(net, tokens, mask, batch):
            weight = torch.where(target[batch] == 0.5, UNDIRECTED, 1.0)
            return train.soft_cross_entropy(Direction(net, own)(tokens, mask), target[batch], weight)

        net = train.fit(features, 1, pairs.tokens[~here], pairs.mask[~here], loss, EPOCHS, n)
        with torch.no_grad():
            logits[here] = Direction(net, own)(pairs.tokens[here], pairs.mask[here])
        nets.append(net)
    edge = torch.tensor([kind in TRAINED for kind in pairs.kind])

    def fit(part, of):
        directed = edge[of]
        return train.temperature(part[directed], lambda scaled: train.soft_cross_entropy(scaled, truth[of][directed]))

    everything = torch.ones(len(truth), dtype=torch.bool)
    scale = fit(logits, everything)
    scaled = cross_calibrated(logits, pairs.family, fit)
    return Direction(train.Together(nets, scale), own), report(pairs, scaled, edge, scale)


def report(pairs, scaled, edge, scale):
    right, certainty = scaled[edge] > 0, torch.sigmoid(scaled[edge].abs())
    kinds = [kind for kind in pairs.kind if kind in TRAINED]
    order = certainty.argsort(descending=True)
    lines = ["| edges | number | right |", "|---|---|---|"]
    lines.append(f"| all | {len(right)} | {right.float().mean():.3f} |")
    for name in TRAINED:
        of = torch.tensor([kind == name for kind in kinds])
        lines.append(f"| {name} | {of.sum().item()} | {right[of].float().mean():.3f} |")
    architectures = [a for a, e in zip(pairs.architecture, edge.tolist()) if e]
    for name in sorted(set(architectures)):
        of = torch.tensor([a == name for a in architectures])
        lines.append(f"| {name}, never seen in training | {of.sum().item()} | {right[of].float().mean():.3f} |")
    for share in (0.25, 0.5, 0.75):
        count = int(share * len(order))
        lines.append(f"| the surest {share:.0%} | {count} | {right[order[:count]].float().mean():.3f} |")
    rest = scaled[~edge & torch.tensor([how != "ancestor" for how in pairs.how])].abs()
    lines += [
        "",
        f"Expected calibration error on edges {expected_calibration_error(certainty, right):.3f}; temperature {scale:.2f}. Log-odds are {scaled[edge].abs().median():.2f} "
        f"on the typical edge and {rest.median():.2f} on the typical pair of siblings, cousins or models of one seed, which have no direction.",
    ]
    return lines
