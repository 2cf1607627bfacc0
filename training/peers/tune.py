"""Chooses every method's thresholds on development families, into settings.json:
python -m training.peers.tune training/zoo/dev training/zoo/dev-more

For each method and mode every combination of its GRID is tried; the one of the best F1 over all models is kept.
"""

import argparse
import json
from itertools import product
from pathlib import Path

from .claims import Told
from .methods import METHODS
from .run import MODES, Measured
from .score import add, f1, judge, read_truth
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


def best(runs, time):
    """The settings of the best F1 over all splits, the first among equals, and that F1. `runs` are (Measured, truth, told) of each split."""

    def quality(settings):
        return f1(add(add(judge(truth, measured.decide(time, settings, told))) for measured, truth, told in runs))

    measured, _, told = runs[0]
    return max(((settings, quality(settings)) for settings in combinations(measured.method, told)), key=lambda pair: pair[1])


def measured(method, tells, folder):
    """A method's measurements on one split with what it is scored against and told."""
    models = read_split(folder)
    truth = read_truth(folder, {model.id for model in models})
    told = told_of(truth) if tells else None
    return Measured(method, models, combinations(method, told)), truth, told


def main():
    parser = argparse.ArgumentParser(description="Chooses thresholds on development families.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", nargs="+", help="methods' keys")
    args = parser.parse_args()
    settings = json.loads(SETTINGS.read_text()) if SETTINGS.exists() else {}
    for key, (method, tells) in METHODS.items():
        if args.only and key not in args.only:
            continue
        runs = [measured(method, tells, folder) for folder in args.folders]
        chosen = {name: best(runs, time) for time, name in MODES.items()}
        settings[key] = {name: pair[0] for name, pair in chosen.items()}
        for name, (values, f1) in chosen.items():
            print(f"{key:16} {name:14} F1 {f1:.3f} {values}", flush=True)
    SETTINGS.write_text(json.dumps({key: settings[key] for key in METHODS if key in settings}, indent=2) + "\n")


if __name__ == "__main__":
    main()
