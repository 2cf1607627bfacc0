"""The rules of scoring, on a family small enough to count by hand."""

import unittest

from .. import score
from ..claims import Claim


class Scoring(unittest.TestCase):
    TRUTH = [
        {"id": "r", "family": "r", "parents": [], "sharedInitWith": ["s"]},
        {"id": "a", "family": "r", "parents": [{"id": "r", "relation": "finetune", "share": 1}], "sharedInitWith": []},
        {"id": "b", "family": "r", "parents": [{"id": "r", "relation": "copy", "share": 1}], "sharedInitWith": []},
        {"id": "m", "family": "r", "parents": [{"id": p, "relation": "merge", "share": 0.5} for p in "ab"], "sharedInitWith": []},
        {"id": "s", "family": "s", "parents": [], "sharedInitWith": []},
        {"id": "t", "family": "t", "parents": [], "sharedInitWith": []},
    ]

    def score(self, *claims):
        truth = [{**model, "architecture": "llama", "extended": False} for model in self.TRUTH]
        return score.score(truth, claims, lambda model: True)

    def test_child_parent_and_direction_must_be_right(self):
        found = self.score(Claim("a", "r", "finetune"), Claim("r", "b"), Claim("m", "a", "merge", 0.7))
        self.assertEqual((found["precision"], found["recall"]), ({"hits": 2, "of": 3}, {"hits": 2, "of": 4}))
        self.assertEqual((found["skeleton"], found["direction"]), ({"hits": 3, "of": 4}, {"hits": 2, "of": 3}))
        self.assertEqual((found["relation"], found["merges"]), ({"hits": 2, "of": 2}, {"hits": 0, "of": 1}))
        self.assertAlmostEqual(found["shareError"], 0.2)

    def test_tells_strangers_seeds_and_twins_apart(self):
        found = self.score(Claim("t", "r"), Claim("s", "a"), Claim("a", "b"))
        self.assertEqual(found["falseEdges"], {"hits": 1, "of": 5})
        self.assertEqual((found["sharedSeeds"], found["twins"]), (1, 1))

    def test_recall_by_relation(self):
        truth = [{**model, "architecture": "llama", "extended": False} for model in self.TRUTH]
        found = score.recall_by_relation(truth, [Claim("m", "a"), Claim("r", "a")])
        self.assertEqual({name: share["hits"] for name, share in found.items()}, {"copy": 0, "finetune": 0, "merge": 1})
