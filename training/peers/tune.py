"""Chooses every method's thresholds on the development families: python -m training.peers.tune training/zoo/dev. Writes settings.json.

For each method and mode every combination of its GRID is tried; the one of the best F1 over all models is kept.
"""

import argparse
import json
from itertools import product
from pathlib import Path

from .claims import Told
from .methods import METHODS
from .run import MODES, Measured
from .score import read_truth, score
from .shelf import read_split

SETTINGS = Path(__file__).with_name("settings.json")


def combinations(method, told):
    """Every choice of one value per threshold; those that the truth makes idle stay as they are."""
    grid = {name: values[:1] if told and name in method.TOLD else values for name, values in method.GRID.items()}
    return [dict(zip(grid, values)) for values in product(*grid.values())]


def told_of(truth):
    """What rows of the table that say so are told."""
    edges = frozenset((parent["id"], model["id"]) for model in truth for parent in model["parents"])
    return Told({model["id"]: model["family"] for model in truth}, edges)


def best(measured, truth, time, told):
    """The settings of the best F1, the first among equals."""

    def quality(settings):
        return score(truth, measured.decide(time, settings, told), lambda model: True)["f1"]

    return max(combinations(measured.method, told), key=quality)


def main():
    parser = argparse.ArgumentParser(description="Chooses thresholds on development families.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="a method's key")
    args = parser.parse_args()
    models = read_split(args.folder)
    truth = read_truth(args.folder, {model.id for model in models})
    settings = json.loads(SETTINGS.read_text()) if SETTINGS.exists() else {}
    for key, (method, tells) in METHODS.items():
        if args.only in (None, key):
            told = told_of(truth) if tells else None
            measured = Measured(method, models, combinations(method, told))
            settings[key] = {name: best(measured, truth, time, told) for time, name in MODES.items()}
            for time, name in MODES.items():
                print(key, name, settings[key][name], score(truth, measured.decide(time, settings[key][name], told), lambda model: True))
    SETTINGS.write_text(json.dumps(settings, indent=2) + "\n")


if __name__ == "__main__":
    main()
