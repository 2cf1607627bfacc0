"""The optimisers of the recipes: AdamW, momentum SGD, Lion, and Muon for matrices with AdamW for the rest."""

import torch


class Lion(torch.optim.Optimizer):
    """Sign of interpolated momentum, with decoupled decay (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms")."""

    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            fast, slow = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * momentum.lerp(p.grad, 1 - fast).sign())
                momentum.lerp_(p.grad, 1 - slow)


def optimisers(named, recipe):
    """The optimisers of a recipe over the (name, parameter) pairs; Muon's rate is for matrices, a tenth of it for the rest."""
    parameters, rate, decay = [p for _, p in named], recipe["lr"], recipe["weight_decay"]
    betas = (0.9, recipe.get("beta2", 0.99))
    if recipe["optimizer"] == "sgd":
        return [torch.optim.SGD(parameters, rate, momentum=0.9, weight_decay=decay)]
    if recipe["optimizer"] == "lion":
        return [Lion(parameters, rate, weight_decay=decay)]
    if recipe["optimizer"] == "muon":
        matrix = lambda name, p: p.ndim == 2 and not any(part in name for part in ("embed", "wte", "wpe", "head", "shared"))
        groups = [[p for name, p in named if matrix(name, p) == wanted] for wanted in (True, False)]
        makers = [lambda ps: torch.optim.Muon(ps, rate, weight_decay=decay), lambda ps: torch.optim.AdamW(ps, rate / 10, betas, weight_decay=decay)]
        return [make(group) for make, group in zip(makers, groups) if group]
    return [torch.optim.AdamW(parameters, rate, betas=betas, weight_decay=decay)]
