"""relation.onnx: what was done to A's weights to make B's, as far as neither shapes, zeros nor the order of rows tell it already."""

import torch
from torch.nn import functional

from . import train
from .data import SHAPES
from .metrics import cross_calibrated, expected_calibration_error

# The answers that the engine asks for, then what else a pair can be.
DENSE = ["finetune", "continued", "lora-merged", "quantized", "noised"]
CLASSES = [*DENSE, "pruned", "permuted", "merge", "relative", "shared-init", "unrelated"]
EPOCHS = 24
# What telling all classes apart counts beside telling the answers apart: it shapes the network and is asked for by nobody.
REST = 0.3


def chosen(pairs):
    known = {**{name: name for name in CLASSES}, "student": "unrelated"}
    pairs = pairs.only(lambda i: pairs.kind[i] in known and not pairs.how[i].startswith(SHAPES))
    return pairs, torch.tensor([CLASSES.index(known[kind]) for kind in pairs.kind])


def learn(pairs):
    """Fold networks as one, and the metrics of what each fold says of families it has not seen."""
    pairs, truth = chosen(pairs)
    features = pairs.tokens.shape[2]
    counts = torch.bincount(truth, minlength=len(CLASSES))
    # Between every pair counting alike and every class counting alike.
    weights = (len(truth) / len(CLASSES) / counts.clamp(min=1)).sqrt()
    fold = train.folds(pairs.family)
    logits = torch.zeros(len(pairs), len(CLASSES))
    nets = []
    for n in range(train.FOLDS):
        here = fold == n
        target = truth[~here]

        def loss(net, tokens, mask, batch):
            said, meant = net(tokens, mask), target[batch]
            edges = meant < len(DENSE)
            value = REST * functional.cross_entropy(said, meant, weights, label_smoothing=0.02)
            if edges.any():
                value = value + functional.cross_entropy(said[edges][:, : len(DENSE)], meant[edges], label_smoothing=0.02)
            return value

        net = train.fit(features, len(CLASSES), pairs.tokens[~here], pairs.mask[~here], loss, EPOCHS, n)
        with torch.no_grad():
            logits[here] = net(pairs.tokens[here], pairs.mask[here])
        nets.append(net)
    dense = truth < len(DENSE)
    narrowed = logits[dense][:, : len(DENSE)]
    answer = truth[dense]
    families = [pairs.family[i] for i in dense.nonzero()[:, 0].tolist()]

    def fit(part, of):
        return train.temperature(part, lambda scaled: functional.cross_entropy(scaled, answer[of]))

    scale = fit(narrowed, torch.ones(len(answer), dtype=torch.bool))
    sure = torch.softmax(cross_calibrated(narrowed, families, fit), 1)
    return train.Together(nets, scale), report(pairs, truth, logits, dense, sure, answer, scale)


def report(pairs, truth, logits, dense, sure, answer, scale):
    confidence, said = sure.max(1)
    right = said == answer
    everything = logits.argmax(1)
    lines = ["| relation | pairs | found | precision | F1 |", "|---|---|---|---|---|"]
    scores = []
    for i, name in enumerate(DENSE):
        found, claimed = (right & (answer == i)).sum().item(), (said == i).sum().item()
        recall, precision = found / max(1, (answer == i).sum().item()), found / max(1, claimed)
        scores.append(2 * recall * precision / max(1e-9, recall + precision))
        lines.append(f"| {name} | {(answer == i).sum().item()} | {recall:.3f} | {precision:.3f} | {scores[-1]:.3f} |")
    names = dense.nonzero()[:, 0].tolist()
    wrong = [f"- {pairs.family[k]}: {DENSE[answer[i]]} ({pairs.how[k]}) called {DENSE[said[i]]} ({confidence[i]:.2f})" for i, k in enumerate(names) if not right[i]]
    lines += [
        "",
        f"Of {len(answer)} edges {right.float().mean():.3f} are named rightly; macro-F1 {sum(scores) / len(scores):.3f}; expected calibration error "
        f"{expected_calibration_error(confidence, right):.3f}; temperature {scale:.2f}. Over all {len(CLASSES)} classes and {len(truth)} pairs "
        f"the accuracy is {(everything == truth).float().mean():.3f}.",
        "",
        "Wrongly named:",
        "",
        *wrong,
    ]
    return lines
