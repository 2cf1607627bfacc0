"""The published methods on the zoo's families: python -m training.peers --split dev test --out training/peers/results.json

Thresholds come from settings.json, which training.peers.tune chose on the development families.
"""

import argparse
import json
import time
from pathlib import Path

from .cost import family_bytes
from .methods import METHODS
from .run import MODES, Measured
from .score import add, f1, judge, read_truth
from .shelf import read_split
from .tune import SETTINGS, told_of


def run(folder, settings):
    """The rows of one split: every method and mode, with counts by architecture and kind of step, and with cost per model."""
    models = read_split(folder)
    truth = read_truth(folder, {model.id for model in models})
    for key, (method, tells) in METHODS.items():
        measured = Measured(method, models, list(settings[key].values()))
        for dates, mode in MODES.items():
            started = time.process_time()
            claims = measured.decide(dates, settings[key][mode], told_of(truth) if tells else None)
            seconds = measured.seconds + time.process_time() - started
            yield {
                **{"split": folder.name, "method": key, "name": method.NAME + (method.TOLD_NAME if tells else ""), "mode": mode},
                **{"told": tells, "bytesPerModel": round(measured.bytes / len(models)), "secondsPerModel": round(seconds / len(models), 4)},
                "parts": parts(truth, judge(truth, claims)),
            }


def parts(truth, judged):
    """Counts of the basic and of the extended models of each architecture."""
    kinds = sorted({(model["architecture"], model["extended"]) for model in truth})
    own = {kind: [counts for model, counts in zip(truth, judged) if (model["architecture"], model["extended"]) == kind] for kind in kinds}
    return [{"architecture": kind[0], "extended": kind[1], "counts": add(counts)} for kind, counts in own.items()]


def main():
    parser = argparse.ArgumentParser(description="Runs the published methods on families of known descent.")
    parser.add_argument("--split", nargs="+", default=["test"], help="folders of --zoo")
    parser.add_argument("--zoo", type=Path, default=Path(__file__).parents[1] / "zoo")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    settings = json.loads(SETTINGS.read_text())
    rows = []
    for split in args.split:
        for row in run(args.zoo / split, settings):
            rows.append(row)
            print(f"{split:8} {row['method']:16} {row['mode']:14} F1 {f1(add(part['counts'] for part in row['parts'])):.3f}", flush=True)
    result = {"schema": "pedigree/peers@2", "settings": settings, "bytesOf7B": family_bytes(), "rows": rows}
    # One row a line: small, and a change shows.
    args.out.write_text(json.dumps(result, separators=(",", ":")).replace('{"split"', '\n{"split"') + "\n")


if __name__ == "__main__":
    main()
