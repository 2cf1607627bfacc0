"""Trains both scorers from the committed evidence and writes assets/relation.onnx, assets/direction.onnx and the figures of their cards."""

import argparse
import re
import warnings
from pathlib import Path

import onnx
import torch

from . import direction, relation
from .data import FOLDER, MOST, load

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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["relation", "direction"])
    parser.add_argument("--without", metavar="REGEX", help="leave out families (split/architecture), to measure the engine on them")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=ASSETS, help="where the graphs go; cards are filled in assets alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    pairs = load(sorted(path.stem for path in FOLDER.glob("*.gz")))
    if options.without:
        pairs = pairs.only(lambda i: not re.search(options.without, pairs.family[i]))
    print(f"{len(pairs)} pairs of {len(set(pairs.family))} families")
    for part, output in ((relation, "logits"), (direction, "odds")):
        name = part.__name__.rpartition(".")[2]
        if options.only in (None, name):
            model, lines = part.learn(pairs)
            size = export(model, options.out / f"{name}.onnx", output, pairs.tokens.shape[2])
            if options.out == ASSETS:
                fill(ASSETS / f"{name}.md", lines, size)
            print("\n".join([f"{name}: {size} bytes", *lines]))


main()
