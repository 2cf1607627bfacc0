"""Trains the scorers from the committed evidence: assets/relation.onnx, assets/direction.onnx, assets/placement.json and the figures of their cards."""

import argparse
import json
import re
import warnings
from pathlib import Path

import onnx
import torch

from . import direction, placement, relation
from .data import FOLDER, MOST, load, load_families, splits_in

ASSETS = Path(__file__).parents[2] / "assets"
OPSET = 17


def export(model, target, output, features):
    """The graph with any number of pairs and tokens, checked."""
    example = (torch.zeros(2, MOST, features), torch.ones(2, MOST))
    axes = {"tokens": {0: "P", 1: "T"}, "mask": {0: "P", 1: "T"}, output: {0: "P"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), example, str(target), input_names=["tokens", "mask"], output_names=[output], dynamic_axes=axes, opset_version=OPSET, dynamo=False)
    graph = onnx.load(target)
    graph.producer_version = ""
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, target)
    return target.stat().st_size


def fill(card, lines, size):
    """Puts the figures into the card, between the lines that say so."""
    text = card.read_text()
    figures = "\n".join([f"{size} bytes.", "", *lines])
    card.write_text(re.sub(r"(<!-- figures -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{figures}\n{m[2]}", text, flags=re.S))


def train_network(name, options):
    part, output = {"relation": (relation, "logits"), "direction": (direction, "odds")}[name]
    pairs = load(splits_in(FOLDER))
    if options.without:
        pairs = pairs.only(lambda i: not re.search(options.without, pairs.family[i]))
    print(f"{len(pairs)} pairs of {len(set(pairs.family))} families")
    model, lines = part.learn(pairs)
    return export(model, options.out / f"{name}.onnx", output, pairs.tokens.shape[2]), lines


def train_placement(options):
    families, names = load_families(splits_in(FOLDER / "families"))
    if options.without:
        families = [family for family in families if not re.search(options.without, family.name)]
    print(f"{len(families)} families to place")
    weights, lines = placement.learn(families, names)
    target = options.out / "placement.json"
    target.write_text(json.dumps(weights) + "\n")
    return target.stat().st_size, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["relation", "direction", "placement"])
    parser.add_argument("--without", metavar="REGEX", help="leave out families (split/architecture), to measure the engine on them")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=ASSETS, help="where the results go; cards are filled in assets alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in ("relation", "direction", "placement"):
        if options.only in (None, name):
            size, lines = train_placement(options) if name == "placement" else train_network(name, options)
            if options.out == ASSETS:
                fill(ASSETS / f"{name}.md", lines, size)
            print("\n".join([f"{name}: {size} bytes", *lines]))


main()
