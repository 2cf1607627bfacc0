"""Writes the tables of docs/peers.md from results.json: python -m training.peers.report"""

import json
from pathlib import Path

from .methods import METHODS

RESULTS = Path(__file__).with_name("results.json")
DOCS = Path(__file__).parents[2] / "docs" / "peers.md"
SCOPES = {"all": "all full-weight models", "basic": "basic models"}
HEAD = ["method", "F1", "precision", "recall", "direction", "merges found", "relation, where named", "false edges per 10,000", "F1, basic models"]


def ratio(share, digits=3):
    """hits / of, or a dash."""
    return f"{share['hits'] / share['of']:.{digits}f}" if share["of"] else "-"


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def accuracy(rows):
    """One table per split and mode."""
    parts = []
    for split, mode in dict.fromkeys((row["split"], row["mode"]) for row in rows):
        lines = []
        for row in rows:
            if (row["split"], row["mode"]) == (split, mode):
                every, basic = (row["scopes"][scope] for scope in SCOPES.values())
                shares = [ratio(every[field]) for field in ("precision", "recall", "direction", "merges", "relation")]
                lines.append([row["name"], number(every["f1"]), *shares, number(every["falseEdgesPer10000"], 1), number(basic["f1"])])
        parts.append(f"### Split `{split}`, {mode}\n\n{table(HEAD, lines)}")
    return "\n\n".join(parts)


def relations(rows):
    """Recall per relation, with dates / without, on the first split."""
    first = [row for row in rows if row["split"] == rows[0]["split"] and not row["told"]]
    methods = list(dict.fromkeys(row["name"] for row in first))
    lines = []
    for relation, share in first[0]["recallByRelation"].items():
        cells = ["/".join(ratio(row["recallByRelation"][relation], 2) for row in first if row["name"] == name) for name in methods]
        lines.append([relation, str(share["of"]), *cells])
    return f"### Recall by relation, split `{rows[0]['split']}`, with dates/without\n\n{table(['relation', 'edges', *methods], lines)}"


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
