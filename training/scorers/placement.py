"""placement.json: what each feature of an edge weighs when a family is placed, learned so that, seen from the root, the true trees are the probable ones.

The likelihood of a tree over all trees is exact, by the matrix-tree theorem (Koo, Globerson, Carreras and Collins, EMNLP 2007).
"""

import torch
from torch import nn

from . import train

HIDDEN = 6
EPOCHS = 30
RATE = 0.02
PENALTY = 6e-3
BATCH = 4
# What a made-up family counts beside one of the zoo.
GENERATED = 0.2
# As in src/lineage/placement/arborescence.ts.
FLOOR = 1e-12
DATES = ["earlier", "later"]
# Facts that stand apart from the weights are not held back: they are few, plain and well known.
FREE = [*DATES, "named", "files"]
# A family is learned as it is and without its dates.
VIEWS = [(), DATES]


class Weigher(nn.Module):
    """Log-weight of edges: rows [E, F] -> [E]."""

    def __init__(self, rows, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.register_buffer("mean", rows.mean(0))
        self.register_buffer("scale", 1 / rows.std(0).clamp(min=0.05))
        self.linear = nn.Linear(rows.shape[1], 1, bias=False)
        self.hidden = nn.Linear(rows.shape[1], HIDDEN)
        self.output = nn.Linear(HIDDEN, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, rows):
        rows = (rows - self.mean) * self.scale
        return (self.linear(rows) + self.output(torch.tanh(self.hidden(rows)))).squeeze(1)


def is_generated(family):
    return family.architecture.startswith("generated")


def seen(family, names, without):
    rows = family.rows.clone()
    rows[:, [names.index(name) for name in without]] = 0
    return rows


def matrix(family, scores):
    """Scores [N, N] of the edges a -> c; what cannot be is far below."""
    size = len(family.made)
    full = torch.full((size, size), -1e9, dtype=scores.dtype).index_put((family.parents, family.children), scores)
    for child, part in enumerate(family.made):
        if part is not None:
            full[part if part >= 0 and part != child else family.root, child] = 0
    return full


def laplacian(family, full):
    """Weights [N, N] over each child's largest, the logarithms of these [N], and the Laplacian with the root's own row and column left out."""
    size = len(family.made)
    most = full.amax(0).detach()
    most = torch.where(most < -1e8, torch.zeros_like(most), most)
    weights = (torch.exp(full - most) + FLOOR) * (1 - torch.eye(size, dtype=full.dtype))
    inside = torch.ones(size, dtype=full.dtype)
    inside[family.root] = 0
    whole = (torch.diag(weights.sum(0)) - weights) * inside[:, None] * inside[None, :] + torch.diag(1 - inside)
    return weights, most * inside, whole


def surprise(net, family, rows):
    """Negative log-likelihood of the true tree."""
    full = matrix(family, net(rows))
    _, most, whole = laplacian(family, full)
    true = 0
    for child, made in enumerate(family.made):
        if made is None and child != family.root:
            column = full[:, child]
            listed = [p for p in family.truth[child] if column[p] > -1e8]
            true = true + torch.logsumexp(column[listed] if listed else column, 0)
    return torch.linalg.slogdet(whole)[1] + most.sum() - true


@torch.no_grad()
def probabilities(net, family, rows):
    """Of every edge a -> c: [N, N]."""
    weights, _, whole = laplacian(family, matrix(family, net(rows)))
    inverse = torch.linalg.inv(whole)
    other = inverse.T.clone()
    other[family.root] = 0
    edges = weights * (torch.diagonal(inverse)[None, :] - other)
    edges[:, family.root] = 0
    return edges


def fit(families, names, seed):
    def counts(family):
        return GENERATED if is_generated(family) else 1.0

    known = [(family, seen(family, names, without), counts(family)) for family in families for without in VIEWS]
    net = Weigher(torch.cat([rows for _, rows, _ in known]), seed)
    held = torch.tensor([[float(name not in FREE) for name in names]])
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.02)
    for epoch in range(EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - epoch / EPOCHS) + RATE / 20
        for batch in torch.randperm(len(known)).split(BATCH * len(VIEWS)):
            chosen = [known[i] for i in batch.tolist()]
            count = sum(weight * family.made.count(None) for family, _, weight in chosen)
            value = sum(weight * surprise(net, family, rows) for family, rows, weight in chosen) / count
            value = value + PENALTY * sum((p**2).sum() for p in (net.linear.weight * held, net.hidden.weight, net.hidden.bias, net.output.weight))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    return net.eval()


def learn(families, names):
    """The weights as plain numbers, and the metrics of what each fold says of architectures it has not seen."""
    torch.set_default_dtype(torch.float64)
    fold = train.folds([family.architecture for family in families]).tolist()
    claims = {tuple(without): [] for without in VIEWS}
    for n in range(train.FOLDS):
        net = fit([family for family, at in zip(families, fold) if at != n], names, n)
        for family in (family for family, at in zip(families, fold) if at == n):
            if is_generated(family):
                continue
            for without in claims:
                claims[without] += judged(family, probabilities(net, family, seen(family, names, without)))
    net = fit(families, names, train.FOLDS)
    numbers = {
        "features": list(names),
        "mean": net.mean,
        "scale": net.scale,
        "linear": net.linear.weight[0],
        "hidden": net.hidden.weight,
        "bias": net.hidden.bias,
        "output": net.output.weight[0],
    }
    torch.set_default_dtype(torch.float32)
    return {name: rounded(value) for name, value in numbers.items()}, report(claims)


def rounded(value):
    if isinstance(value, list):
        return value
    if value.dim() == 0:
        return round(value.item(), 5)
    return [rounded(part) for part in value]


def judged(family, edges):
    """(probability of the best parent, whether it is one, whether there is one) of every member to be placed with one parent at most, the root apart."""
    answers = []
    for child, made in enumerate(family.made):
        if made is not None or child == family.root or len(family.truth[child]) > 1:
            continue
        best = int(edges[:, child].argmax())
        true = [p for p in family.truth[child] if p >= 0]
        answers.append((edges[best, child].item(), best in true, len(family.truth[child]) > 0))
    return answers


def report(claims):
    titles = {(): "with dates", tuple(DATES): "without dates"}
    lines = ["| architectures never seen in training | edges | precision | recall | F1 | calibration error |", "|---|---|---|---|---|---|"]
    for without, answers in claims.items():
        named = [(p, right) for p, right, _ in answers if p >= 0.5]
        right, true = sum(r for _, r in named), sum(there for *_, there in answers)
        gap = 0
        for low in range(5, 10):
            part = [(p, r) for p, r in named if low <= int(p * 10) < low + 1 or (low == 9 and p >= 1)]
            if part:
                gap += abs(sum(p for p, _ in part) - sum(r for _, r in part)) / len(named)
        lines.append(f"| {titles[without]} | {true} | {right / len(named):.3f} | {right / true:.3f} | {2 * right / (len(named) + true):.3f} | {gap:.3f} |")
    return lines
