"""The rules of src/tools/evaluation/score.ts, for claims of any method."""

import json
from itertools import combinations
from pathlib import Path


def read_truth(folder, ids):
    """truth.json's models among those read, with parents among those read."""
    models = json.loads((Path(folder) / "truth.json").read_text())["models"]
    readable = [model for model in models if model["id"] in ids]
    return [{**model, "parents": [parent for parent in model["parents"] if parent["id"] in ids]} for model in readable]


class Kinship:
    """How the families of a split stand to one another."""

    def __init__(self, truth):
        self.family = {model["id"]: model["family"] for model in truth}
        self._seeds = {frozenset((model["id"], other)) for model in truth for other in model["sharedInitWith"]}
        self._copies = {model["id"]: p["id"] for model in truth for p in model["parents"] if p["relation"] == "copy"}

    def shares_seed(self, a, b):
        return frozenset((self.family[a], self.family[b])) in self._seeds

    def independent(self, a, b):
        return self.family[a] != self.family[b] and not self.shares_seed(a, b)

    def twins(self, a, b):
        return a != b and self._original(a) == self._original(b)

    def _original(self, model):
        return self._original(self._copies[model]) if model in self._copies else model


def _share(items, holds):
    items = list(items)
    return {"hits": sum(map(bool, map(holds, items))), "of": len(items)}


def score(truth, claims, within):
    """Scores the answers about the models that `within` picks; an edge belongs to its child, each parent of a merge is an edge."""
    kin = Kinship(truth)
    asked = {model["id"]: model for model in truth if within(model)}
    names = {(claim.parent, claim.child) for claim in claims}
    edges = [(parent["id"], child) for child, model in asked.items() for parent in model["parents"]]
    known = {(parent["id"], child): parent for child, model in asked.items() for parent in model["parents"]}
    mine = [claim for claim in claims if claim.child in asked]
    right = [(claim, known[claim.parent, claim.child]) for claim in mine if (claim.parent, claim.child) in known]
    found = [edge for edge in edges if edge in names]
    reversed_ = [(parent, child) for parent, child in edges if (child, parent) in names]
    merges = [model for model in asked.values() if len(model["parents"]) > 1]
    errors = [abs(claim.share - parent["share"]) for claim, parent in right if len(asked[claim.child]["parents"]) > 1 and claim.share is not None]
    foreign = [c for c in mine if kin.independent(c.parent, c.child)]
    pairs = [
        (a, b)
        for a, b in combinations(truth, 2)
        if a["architecture"] == b["architecture"] and (a["id"] in asked or b["id"] in asked) and kin.independent(a["id"], b["id"])
    ]
    wrong = [claim for claim in mine if (claim.parent, claim.child) not in known]
    return {
        "models": len(asked),
        "edges": len(edges),
        "precision": {"hits": len(right), "of": len(mine)},
        "recall": {"hits": len(found), "of": len(edges)},
        "f1": 2 * len(right) / (len(mine) + len(edges)) if mine or edges else None,
        "skeleton": {"hits": len({*found, *reversed_}), "of": len(edges)},
        "direction": {"hits": len(found), "of": len(found) + len(reversed_)},
        "relation": _share([pair for pair in right if pair[0].relation], lambda pair: pair[0].relation == pair[1]["relation"]),
        "merges": _share(merges, lambda model: all((parent["id"], model["id"]) in names for parent in model["parents"])),
        "shareError": sum(errors) / len(errors) if errors else None,
        "falseEdges": {"hits": len(foreign), "of": len(pairs)},
        "falseEdgesPer10000": 1e4 * len(foreign) / len(pairs) if pairs else None,
        "sharedSeeds": sum(kin.shares_seed(c.parent, c.child) for c in mine),
        "twins": sum(any(kin.twins(p["id"], c.parent) for p in asked[c.child]["parents"]) for c in wrong),
    }


def recall_by_relation(truth, claims):
    """True edges that were claimed, per relation."""
    names = {(claim.parent, claim.child) for claim in claims}
    found = {}
    for model in truth:
        for parent in model["parents"]:
            found.setdefault(parent["relation"], []).append((parent["id"], model["id"]) in names)
    return {relation: {"hits": sum(hits), "of": len(hits)} for relation, hits in sorted(found.items())}
