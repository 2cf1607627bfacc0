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

    def counts(self, *claims):
        truth = [{**model, "architecture": "llama", "extended": False} for model in self.TRUTH]
        return score.add(score.judge(truth, claims))

    def test_child_parent_and_direction_must_be_right(self):
        found = self.counts(Claim("a", "r", "finetune"), Claim("r", "b"), Claim("m", "a", "merge", 0.7))
        self.assertEqual([found[field] for field in ("claims", "right", "edges", "found", "reversed")], [3, 2, 4, 2, 1])
        self.assertEqual(found["merges"], {"hits": 0, "of": 1})
        self.assertAlmostEqual(found["shareErrors"]["sum"], 0.2)
        self.assertAlmostEqual(score.f1(found), 4 / 7)
        self.assertAlmostEqual(score.direction(found), (2 + 0.5) / 4)

    def test_tells_strangers_from_seeds(self):
        found = self.counts(Claim("t", "r"), Claim("s", "a"), Claim("a", "b"))
        # t against the other five; s shares r's seed.
        self.assertEqual(found["falseEdges"], {"hits": 1, "of": 5})

    def test_counts_by_relation(self):
        found = self.counts(Claim("a", "r", "copy"), Claim("m", "a"), Claim("r", "a", "finetune"))["relations"]
        self.assertEqual(found["finetune"], {"edges": 1, "found": 1, "said": 1, "saidOfFound": 0, "right": 0})
        self.assertEqual(found["copy"], {"edges": 1, "found": 0, "said": 1, "saidOfFound": 1, "right": 0})
        self.assertEqual(found["merge"], {"edges": 2, "found": 1, "said": 0, "saidOfFound": 0, "right": 0})

    def test_all_parents_of_a_merge(self):
        found = self.counts(Claim("m", "a", "merge", 0.5), Claim("m", "b", "merge", 0.5))
        self.assertEqual(found["merges"], {"hits": 1, "of": 1})
