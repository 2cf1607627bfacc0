"""A step of a plan, and the plan that collects the steps of one family set."""

import random
from dataclasses import dataclass, field

from . import recipes
from .architectures import TEXT
from .recipes import domains, finetune


@dataclass
class Step:
    """One repository. `op` says how its weights are made, `relation` what it is to its parents (steps' keys)."""

    key: str
    op: str
    relation: str = ""
    parents: tuple = ()
    shares: tuple = ()
    options: dict = field(default_factory=dict)
    dtype: str = "float32"
    extended: bool = False
    shared_init: str = ""
    late: bool = False


class Plan:
    """Steps by their keys, in the order in which they are made; `rng` draws all that is left to chance."""

    def __init__(self, split, arch):
        self.rng = random.Random(f"plan/{split}/{arch}")
        self.arch, self.steps = arch, {}

    def add(self, key, op, relation="", parents=(), **more):
        if parents and "dtype" not in more:
            more["dtype"] = self.steps[parents[0]].dtype
        self.steps[key] = Step(key, op, relation, tuple(parents), **more)

    def train(self, key, parent, relation="finetune", recipe=None, labels=None, **more):
        make = {"continued": recipes.continued, "lora-merged": recipes.lora}.get(relation, finetune)
        if recipe is None:
            recipe = make(self.rng, self.arch, domains(self.rng, self.arch, 1 if relation != "continued" else 2))
        if self.arch not in TEXT and len(recipe["data"]) == 1 and labels is None:
            rest = [d for d in domains(self.rng, self.arch, 3) if d not in recipe["data"]]
            recipe["data"] = recipe["data"] + rest[:1]  # two tasks of eight classes, so that the head keeps its sixteen rows
        self.add(key, "train", relation, [parent], options={"recipe": recipe, "labels": labels}, **more)

    def edit(self, key, parent, relation, op, **options):
        self.add(key, op, relation, [parent], options=options, extended=True)
