"""Each stage of the TensorLock-like pipeline does what its paper says."""

import numpy as np

from .. import histograms, moments, tensorlock, trios
from ..shelf import Reader, read_split
from .family import Family, mean, rounded, step, weights


class TensorLock(Family):
    def test_a_trio_gives_the_shares_of_a_merge_and_no_others(self):
        root = weights(self.rng)
        a, b = step(self.rng, root, 0.1), step(self.rng, root, 0.1)
        models = [root, a, b, mean([a, b], [0.7, 0.3]), step(self.rng, root, 0.1)]
        grams = np.array([[[(x[n] * y[n]).sum() for y in models] for x in models] for n in root])
        found = trios.best_trio(grams, 3, [0, 1, 2, 4])
        self.assertEqual((found.first, found.second), (1, 2))
        self.assertAlmostEqual(found.share, 0.7, places=5)
        self.assertLess(found.residual, 1e-5)
        other = trios.best_trio(grams, 4, [0, 1, 2])
        self.assertTrue(other is None or other.residual > 0.5)

    def test_names_merges_and_quantised_models(self):
        root = self.put("root", 1, weights(self.rng))
        parts = [self.put(name, 2, step(self.rng, root, 0.1)) for name in "ab"]
        self.put("merged", 3, mean(parts, [0.6, 0.4]))
        self.put("grid", 4, rounded(parts[0]))
        answer = self.ask(tensorlock, True, similar=0.5)
        self.assertEqual(answer, {"a": {"root"}, "b": {"root"}, "merged": {"a", "b"}, "grid": {"a"}})
        self.assertEqual((self.relation("merged"), self.relation("grid"), self.relation("a")), ({"merge"}, {"quantized"}, {"finetune"}))

    def test_the_parent_has_the_lower_effective_rank(self):
        low = {name: w * np.geomspace(1, 0.01, w.shape[1]) for name, w in weights(self.rng).items()}
        self.put("low", 1, low)
        self.put("high", 1, step(self.rng, low, 0.3))
        self.assertEqual(self.ask(tensorlock, False, similar=-1.0, sign=1), {"high": {"low"}})
        self.assertEqual(self.ask(tensorlock, False, similar=-1.0, sign=-1), {"low": {"high"}})

    def test_effective_rank_counts_equal_directions(self):
        self.assertAlmostEqual(tensorlock.effective_rank(np.diag([2.0, 2, 2, 0, 0])), 3)

    def test_moments_agree_within_a_family(self):
        root = self.put("root", 1, weights(self.rng, tail=6))
        self.put("child", 2, step(self.rng, root, 0.01))
        self.put("stranger", 3, weights(self.rng, tail=6))
        self.ask(tensorlock, True)
        similar = moments.similarities(*moments.moments(read_split(self.folder), Reader()))
        self.assertGreater(similar[0, 1], 0.6)
        self.assertLess(similar[0, 2], 0.6)

    def test_values_of_a_quantised_model_tell_its_source(self):
        a, b = self.rng.standard_normal((2, 4096))
        grid = np.round(a)
        self.assertTrue(histograms.is_quantised(grid.reshape(64, 64)))
        self.assertFalse(histograms.is_quantised(a.reshape(64, 64)))
        self.assertGreater(histograms.normalised_information(grid, a), 2 * histograms.normalised_information(grid, b))
