"""Nearest neighbours, Algorithm 1 and MoTHer do what their papers say."""

import unittest

import numpy as np

from .. import atlas, bits, mother, trees
from ..claims import Told
from ..l2 import Gathered
from ..shelf import Reader, read_split
from .family import LAYERS, WIDTH, Family, mean, rounded, step, weights


class Bits(Family):
    def test_distance_counts_differing_bits(self):
        state = {"model.layers.0.mlp.down_proj.weight": np.ones((4, 8))}
        self.put("a", 1, state)
        self.put("b", 2, {name: -w for name, w in state.items()})  # one bit, the sign's
        self.ask(bits, True)
        distance, _ = bits.measure(read_split(self.folder), Reader(), [])
        self.assertEqual(distance[0, 1], 1)

    def test_names_the_nearest_earlier_and_no_stranger(self):
        root = self.put("root", 1, weights(self.rng))
        child = self.put("child", 2, step(self.rng, root, 0.02))
        self.put("heir", 3, step(self.rng, child, 0.01))
        self.put("stranger", 4, weights(self.rng))
        self.assertEqual(self.ask(bits, True, bits=4.5), {"child": {"root"}, "heir": {"child"}})

    def test_without_dates_the_busiest_model_is_the_root(self):
        root = self.put("root", 9, weights(self.rng))
        for name in "abc":
            self.put(name, 1, step(self.rng, root, 0.02))
        self.assertEqual(self.ask(bits, False, bits=4.5), {name: {"root"} for name in "abc"})


class Atlas(Family):
    def test_snake_of_checkpoints(self):
        state = self.put("c1", 1, weights(self.rng))
        for number in range(2, 8):
            state = self.put(f"c{number}", number, step(self.rng, state, 0.05))
        self.assertEqual(self.ask(atlas, True), {f"c{n}": {f"c{n - 1}"} for n in range(2, 8)})

    def test_fan_of_a_sweep_goes_to_the_earliest(self):
        common = weights(self.rng)  # the sweep's runs move together, so that they lie nearer to each other than to the root
        self.put("root", 1, step(self.rng, common, 0.021))
        for number in range(2, 7):
            self.put(f"run{number}", number, step(self.rng, common, 0.02))
        fan, greedy = (self.ask(atlas, True, spread=spread) for spread in (0.2, 0))
        of_root = [sum(parents == {"root"} for parents in answer.values()) for answer in (fan, greedy)]
        self.assertGreaterEqual(of_root[0], 3)  # all below the 60th percentile of correlations
        self.assertLess(of_root[1], of_root[0])

    def test_quantised_models_are_leaves_and_twins_are_copies(self):
        root = self.put("root", 1, weights(self.rng))
        self.put("grid", 2, rounded(root))
        self.put("twin", 3, root)
        self.put("child", 4, step(self.rng, rounded(root), 0.01))  # nearest to the grid, which may be no parent
        self.assertEqual(self.ask(atlas, True), {"grid": {"root"}, "twin": {"root"}, "child": {"root"}})
        self.assertEqual((self.relation("grid"), self.relation("twin")), ({"quantized"}, {"copy"}))

    def test_keeps_the_parents_of_a_merge_card(self):
        root = self.put("root", 1, weights(self.rng))
        parts = [self.put(name, 2, step(self.rng, root, 0.1)) for name in "ab"]
        self.put("merged", 3, mean(parts, [0.5, 0.5]), named=["a", "b"])
        self.assertEqual(self.ask(atlas, True)["merged"], {"a", "b"})

    def test_reads_a_hundred_neurons(self):
        self.put("a", 1, weights(self.rng))
        self.put("b", 2, weights(self.rng))
        self.ask(atlas, True)
        self.assertEqual(sum(map(len, atlas.neurons(read_split(self.folder)).values())), 100)


class Mother(Family):
    def tree(self):
        """A root with heavy tails, three children, three grandchildren each: Gaussian updates make kurtosis fall."""
        root = self.put("r", 1, weights(self.rng, tail=5))
        truth = {}
        for a in "abc":
            child = self.put(a, 1, step(self.rng, root, 0.3))
            truth[a] = {"r"}
            for b in "xyz":
                self.put(a + b, 1, step(self.rng, child, 0.2))
                truth[a + b] = {a}
        return truth

    def test_recovers_a_tree_given_the_right_stage_only(self):
        truth = self.tree()
        self.assertEqual(self.ask(mother, False, distance="mean", sign=1, cut=3), truth)
        self.assertNotEqual(self.ask(mother, False, distance="mean", sign=-1, cut=3), truth)

    def test_a_told_stage_is_the_better_one(self):
        truth = self.tree()
        told = Told({repo["id"]: "r" for repo in self.repos}, frozenset((f"o/{p}", f"o/{c}") for c, ps in truth.items() for p in ps))
        self.assertEqual(self.ask(mother, False, told, distance="mean", sign=-1), truth)

    def test_lora_distance_is_the_rank_of_the_difference(self):
        root = self.put("a", 1, weights(self.rng))
        update = self.rng.standard_normal((WIDTH, 2)) @ self.rng.standard_normal((2, WIDTH))
        self.put("b", 1, {name: w + 0.1 * update if "v_proj" in name else w for name, w in root.items()})
        self.ask(mother, False)
        found = mother.measure(read_split(self.folder), Reader(), [{"distance": "rank"}])
        self.assertTrue(LAYERS * 2 <= found["rank"][0, 1] <= LAYERS * 4)  # float32 rounding of the sum adds a little

    def test_full_distance_is_the_normalised_maximum(self):
        values = np.array([0.0, 1.0, 3.0])
        highest = values[:, None] - values
        found = mother.distances({"full": highest[None]}, np.arange(3), "full")
        self.assertTrue(np.allclose(found, (highest + 3) / 6))

    def test_clusters_strangers_apart(self):
        root = self.put("root", 1, weights(self.rng))
        self.put("child", 2, step(self.rng, root, 0.05))
        self.put("stranger", 3, weights(self.rng))
        self.assertEqual(self.ask(mother, True, cut=0.7), {"child": {"root"}})


class Trees(unittest.TestCase):
    def test_grows_from_the_busiest(self):
        distance = np.array([[0, 1, 1, 1.0], [1, 0, 2, 2], [1, 2, 0, 2], [1, 2, 2, 0]])
        self.assertEqual(trees.busiest(distance), 0)
        self.assertEqual([joined for _, joined in trees.growth(distance, 0)[1:]], [0, 0, 0])
        self.assertEqual(trees.order(distance, [3, 0, 0, 0])[-1], 0)


class Distances(unittest.TestCase):
    def test_what_one_model_lacks_is_the_same_for_all_partners(self):
        gathered = Gathered(3)
        a, b, c = np.eye(3)[0], np.array([1.0, 1, 0]), np.array([2.0, 0, 0])
        gathered.add([0, 1, 2], np.array([[x @ y for y in (a, b, c)] for x in (a, b, c)]))
        self.assertEqual((gathered.total[0, 1], gathered.total[0, 2]), (1, 1))
        gathered.add([1, 2], np.diag([2.0, 4.0]))
        self.assertEqual((gathered.total[0, 1], gathered.total[0, 2], gathered.total[1, 2]), (7, 7, gathered.total[2, 1]))
        self.assertEqual(gathered.related()[0, 1], np.sqrt(1 / 1.5))
