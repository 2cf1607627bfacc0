"""The rules of src/tools/evaluation (judge.ts, counts.ts), for claims of any method."""

import json
from collections import Counter
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

    def independent(self, a, b):
        """Two families that do not share a seed either."""
        families = self.family[a], self.family[b]
        return families[0] != families[1] and frozenset(families) not in self._seeds


def judge(truth, claims):
    """Counts for every model, in the order of `truth`; an edge belongs to its child, each parent of a merge is an edge."""
    kin, names, said = Kinship(truth), {(claim.parent, claim.child) for claim in claims}, {}
    for claim in claims:
        said.setdefault(claim.child, []).append(claim)
    return [_judge_model(model, said.get(model["id"], []), names, truth, kin) for model in truth]


def _judge_model(model, claims, names, truth, kin):
    child, edges = model["id"], {parent["id"]: parent for parent in model["parents"]}
    found = [parent for parent in edges.values() if (parent["id"], child) in names]
    right = [(claim, edges[claim.parent]) for claim in claims if claim.parent in edges]
    errors = [abs(claim.share - parent["share"]) for claim, parent in right if len(edges) > 1 and claim.share is not None]
    others = [one for one in truth if one["architecture"] == model["architecture"] and kin.independent(one["id"], child)]
    relations = {}

    def tally(relation, field, holds=True):
        relations.setdefault(relation, Counter())[field] += holds

    for parent in edges.values():
        tally(parent["relation"], "edges")
        tally(parent["relation"], "found", parent in found)
    for claim in claims:
        if claim.relation:
            tally(claim.relation, "said")
            tally(claim.relation, "saidOfFound", claim.parent in edges)
            tally(claim.relation, "right", claim.parent in edges and edges[claim.parent]["relation"] == claim.relation)
    return {
        **{"models": 1, "claims": len(claims), "right": len(right), "edges": len(edges), "found": len(found)},
        "reversed": sum((child, parent) in names for parent in edges),
        "relations": {relation: {field: own[field] for field in FIELDS} for relation, own in relations.items()},
        "merges": {"hits": int(len(found) == len(edges) > 1), "of": int(len(edges) > 1)},
        "shareErrors": {"sum": sum(errors), "of": len(errors)},
        # A pair of independent models counts half at either end.
        "falseEdges": {"hits": sum(kin.independent(claim.parent, child) for claim in claims), "of": len(others) / 2},
    }


FIELDS = ("edges", "found", "said", "saidOfFound", "right")
NONE = {
    **{"models": 0, "claims": 0, "right": 0, "edges": 0, "found": 0, "reversed": 0, "relations": {}},
    **{"merges": {"hits": 0, "of": 0}, "shareErrors": {"sum": 0, "of": 0}, "falseEdges": {"hits": 0, "of": 0}},
}


def add(counts):
    """The sum of counts, number by number."""
    total = NONE
    for one in counts:
        total = _plus(total, one)
    return total


def _plus(a, b):
    if not isinstance(a, dict):
        return a + b
    return {key: _plus(a[key], b[key]) if key in a and key in b else a.get(key, b.get(key)) for key in {**a, **b}}


def ratio(hits, of):
    """hits / of, or None where there is nothing to count."""
    return hits / of if of else None


def f1(counts):
    """Of parents: child, parent and direction."""
    return ratio(2 * counts["right"], counts["claims"] + counts["edges"])


def direction(counts):
    """Over all true edges; one that is claimed in neither direction (or both) counts half."""
    return ratio(counts["edges"] + counts["found"] - counts["reversed"], 2 * counts["edges"])
