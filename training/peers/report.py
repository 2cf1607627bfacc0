"""Writes the tables of docs/peers.md from results.json: python -m training.peers.report"""

import json
from pathlib import Path

from .methods import METHODS
from .score import add, direction, f1, ratio

RESULTS = Path(__file__).with_name("results.json")
DOCS = Path(__file__).parents[2] / "docs" / "peers.md"
HEAD = ["method", "F1", "precision", "recall", "direction", "merges found", "relation, where named", "false edges per 10,000", "F1, basic models"]


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def counts(row, within=lambda part: True):
    return add(part["counts"] for part in row["parts"] if within(part))


def _line(row):
    every, basic = counts(row), counts(row, lambda part: not part["extended"])
    named = every["relations"].values()
    shares = [
        *(ratio(every["right"], every["claims"]), ratio(every["found"], every["edges"]), direction(every)),
        ratio(every["merges"]["hits"], every["merges"]["of"]),
        ratio(sum(one["right"] for one in named), sum(one["saidOfFound"] for one in named)),
    ]
    strangers = ratio(10000 * every["falseEdges"]["hits"], every["falseEdges"]["of"])
    return [row["name"], number(f1(every)), *map(number, shares), number(strangers, 1), number(f1(basic))]


def accuracy(rows):
    """One table per split and mode."""
    pairs = dict.fromkeys((row["split"], row["mode"]) for row in rows)
    tables = {pair: table(HEAD, [_line(row) for row in rows if (row["split"], row["mode"]) == pair]) for pair in pairs}
    return "\n\n".join(f"### Split `{split}`, {mode}\n\n{lines}" for (split, mode), lines in tables.items())


def relations(rows):
    """Recall per relation, with dates / without, on the test splits together."""
    methods = list(dict.fromkeys((row["method"], row["name"]) for row in rows if not row["told"]))
    test = {
        (key, mode): add(counts(row) for row in rows if row["method"] == key and row["mode"] == mode and row["split"].startswith("test"))["relations"]
        for key, _ in methods
        for mode in ("with dates", "without dates")
    }
    lines = []
    for relation, first in sorted(next(iter(test.values())).items()):
        if first["edges"]:
            own = [[ratio(test[key, mode][relation]["found"], first["edges"]) for mode in ("with dates", "without dates")] for key, _ in methods]
            lines.append([relation, str(first["edges"]), *("/".join(number(value, 2) for value in pair) for pair in own)])
    head = ["relation", "edges", *(name for _, name in methods)]
    return f"### Recall by relation, test splits, with dates/without\n\n{table(head, lines)}"


def cost(result):
    """Bytes and seconds per model on the zoo, bytes on 7 billion parameters."""
    large, lines, seen = result["bytesOf7B"], [], set()
    for row in result["rows"]:
        if (row["split"], row["method"]) not in seen:
            seen.add((row["split"], row["method"]))
            own = large["methods"][row["method"]]
            per_model = [f"{row['bytesPerModel'] / 1000:.0f}", number(row["secondsPerModel"])]
            big = [f"{own['bytesPerModel'] / 1e6:,.1f}", f"{own['timesPedigree']:,.1f}", str(own["stretches"] or "whole tensors")]
            lines.append([row["split"], row["name"], *per_model, *big])
    head = ["split", "method", "kB read", "seconds", "MB of a 7B model", "times 1 MiB", "stretches read"]
    return table(head, lines)


def thresholds(settings):
    """What tuning chose."""
    lines = []
    for key, (method, tells) in METHODS.items():
        for mode, chosen in settings[key].items():
            used = [f"{name} {value}" for name, value in chosen.items() if not (tells and name in method.TOLD)]
            lines.append([method.NAME + (method.TOLD_NAME if tells else ""), mode, ", ".join(used)])
    return table(["method", "mode", "thresholds"], lines)


def fill(text, name, content):
    """Replaces what stands between `<!-- name -->` and `<!-- /name -->`."""
    before, rest = text.split(f"<!-- {name} -->")
    return f"{before}<!-- {name} -->\n\n{content}\n\n<!-- /{name} -->{rest.split(f'<!-- /{name} -->')[1]}"


def main():
    result = json.loads(RESULTS.read_text())
    text = DOCS.read_text()
    for name, content in (("accuracy", f"{accuracy(result['rows'])}\n\n{relations(result['rows'])}"), ("cost", cost(result)), ("thresholds", thresholds(result["settings"]))):
        text = fill(text, name, content)
    DOCS.write_text(text)


if __name__ == "__main__":
    main()
