"""Each method does what its paper says, on small synthetic families: python -m unittest training.peers.tests"""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from . import atlas, bits, cost, histograms, mother, moments, score, tensorlock, trees, trios
from .claims import Claim, Told
from .run import Measured
from .shelf import FLOOR, Reader, read_split

LAYERS, WIDTH, INNER = 3, 32, 64


def weights(rng, tail=None):
    """Random weights of a small Llama; `tail` is the degrees of freedom of Student's distribution."""
    draw = rng.standard_normal if tail is None else lambda shape: rng.standard_t(tail, shape)
    shapes = {"model.embed_tokens.weight": (40, WIDTH)}
    for layer in range(LAYERS):
        shapes |= {f"model.layers.{layer}.self_attn.{part}_proj.weight": (WIDTH, WIDTH) for part in "qkvo"}
        shapes[f"model.layers.{layer}.mlp.down_proj.weight"] = (WIDTH, INNER)
    # The scale of a layer differs from model to model, as it does in trained ones.
    return {name: 0.1 * rng.uniform(0.5, 2) * draw(shape) for name, shape in shapes.items()}


def step(rng, parent, size):
    """A child by independent Gaussian updates of a relative size."""
    return {name: w + size * w.std() * rng.standard_normal(w.shape) for name, w in parent.items()}


def mean(parts, shares):
    """A linear merge."""
    return {name: sum(share * part[name] for share, part in zip(shares, parts)) for name in parts[0]}


def rounded(parent):
    """Every row on a grid of 15 values."""
    return {name: np.round(w / (s := np.abs(w).max(1, keepdims=True) / 7)) * s for name, w in parent.items()}


class Family(unittest.TestCase):
    """Writes models as a split on disk; day 0 means that the Hub gives its oldest date."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.rng = np.random.default_rng(1)
        self.repos = []

    def put(self, name, day, state, named=(), dtype=torch.float32):
        home = self.folder / "o" / name
        home.mkdir(parents=True)
        save_file({key: torch.tensor(value).to(dtype) for key, value in state.items()}, home / "model.safetensors")
        (home / "config.json").write_text('{"model_type": "llama"}')
        lines = "".join(f"- o/{one}\n" for one in named)
        (home / "README.md").write_text(f"---\nlicense: mit\n{'base_model:' if named else ''}\n{lines}---\n")
        self.repos.append({"id": f"o/{name}", "gated": False, "createdAt": f"2024-01-{day:02}T00:00:00.000Z" if day else FLOOR})
        return state

    def ask(self, method, dates, told=None, **settings):
        """Claims as {child: set of parents}, without the owner."""
        (self.folder / "hub.json").write_text(json.dumps({"repos": self.repos}))
        chosen = {name: values[0] for name, values in method.GRID.items()} | settings
        self.claims = Measured(method, read_split(self.folder), [chosen]).decide(dates, chosen, told)
        answer = {}
        for claim in self.claims:
            answer.setdefault(claim.child[2:], set()).add(claim.parent[2:])
        return answer

    def relation(self, child):
        return {claim.relation for claim in self.claims if claim.child == f"o/{child}"}


class Reading(Family):
    def test_counts_bytes_once_and_only_of_the_rows_read(self):
        self.put("a", 1, weights(self.rng), dtype=torch.bfloat16)
        (self.folder / "hub.json").write_text(json.dumps({"repos": self.repos}))
        (model,) = read_split(self.folder)
        reader = Reader()
        name = "model.layers.0.mlp.down_proj.weight"
        self.assertEqual(reader.read(model, name, [3, 7]).shape, (2, INNER))
        reader.read(model, name, [3, 7])
        self.assertEqual(reader.bytes, 2 * INNER * 2)

    def test_seven_billion_parameters(self):
        model = cost.large_model()
        everything, stretches = cost.bytes_of(bits, model)
        self.assertEqual((everything, stretches), (2 * 6_738_415_616, None))
        self.assertEqual(cost.bytes_of(mother, model)[0], 32 * 4 * 4096 * 4096 * 2)
        sampled, stretches = cost.bytes_of(atlas, model)
        self.assertEqual(stretches, 100)
        self.assertTrue(100 * 8192 <= sampled < 100 * 22016)


class Bits(Family):
    def test_distance_counts_differing_bits(self):
        state = {"model.layers.0.mlp.down_proj.weight": np.ones((4, 8))}
        self.put("a", 1, state)
        self.put("b", 2, {name: -w for name, w in state.items()})  # one bit, the sign's
        self.ask(bits, True)
        distance = bits.measure(read_split(self.folder), Reader(), [])
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
        hidden = weights(self.rng)
        common = step(self.rng, hidden, 0.2)  # the sweep's runs move together, so that they lie nearer to each other than to the root
        self.put("root", 1, step(self.rng, common, 0.021))
        for number in range(2, 8):
            self.put(f"run{number}", number, step(self.rng, common, 0.02))
        answer = self.ask(atlas, True, spread=0.2)
        fans = sum(parents == {"root"} for parents in answer.values())
        nearest = sum(parents == {"root"} for parents in self.ask(atlas, True, spread=0).values())
        self.assertGreater(fans, nearest)

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


class Trees(unittest.TestCase):
    def test_grows_from_the_busiest(self):
        distance = np.array([[0, 1, 1, 1.0], [1, 0, 2, 2], [1, 2, 0, 2], [1, 2, 2, 0]])
        self.assertEqual(trees.busiest(distance), 0)
        self.assertEqual([joined for _, joined in trees.growth(distance, 0)[1:]], [0, 0, 0])
        self.assertEqual(trees.order(distance, [3, 0, 0, 0])[-1], 0)


if __name__ == "__main__":
    unittest.main()
