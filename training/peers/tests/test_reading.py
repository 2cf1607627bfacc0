"""What is read, and what it costs."""

import json

import torch

from .. import atlas, bits, cost, mother
from ..methods import METHODS
from ..run import Measured
from ..shelf import Reader, read_split
from .family import INNER, Family, weights


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

    def test_scalars_are_read_too(self):
        for name in "ab":
            self.put(name, 1, {**weights(self.rng), "logit_scale": 1.0})
        self.assertEqual(len(self.ask(bits, True, bits=7)), 1)

    def test_seven_billion_parameters(self):
        model = cost.large_model()
        everything, stretches = cost.bytes_of(bits, model)
        self.assertEqual((everything, stretches), (2 * 6_738_415_616, None))
        self.assertEqual(cost.bytes_of(mother, model)[0], 32 * 4 * 4096 * 4096 * 2)
        sampled, stretches = cost.bytes_of(atlas, model)
        self.assertEqual(stretches, 100)
        self.assertTrue(100 * 8192 <= sampled < 100 * 22016)


    def test_methods_read_what_their_plans_say(self):
        for name, dtype in (("a", torch.float32), ("b", torch.bfloat16)):
            self.put(name, 1, weights(self.rng), dtype=dtype)
        self.ask(bits, True)
        models = read_split(self.folder)
        for method, _ in METHODS.values():
            choices = [{"distance": kind} for kind in mother.GRID["distance"]]
            self.assertEqual(Measured(method, models, choices).bytes, sum(cost.bytes_of(method, model)[0] for model in models), method.NAME)
