"""Adds the containers to a finished zoo: python -m training.containers.zoo --split all --out training/zoo --workers 2.

The repositories of SPLIT go to SPLIT-containers, so that the families themselves stay as they are; what is complete is kept.
"""

import json
import random
import shutil
import time
from pathlib import Path

from ..more.plan import SPLITS as PLAIN
from ..plan import SPLITS
from ..plan import plan as base_plan
from ..zoo import HUB_RELATION, fingerprint, run, stamp
from .identity import dates, names
from .plan import describe, plan
from .record import record_matrices


def _entry(arch, step, ids, family, facts, container):
    """The model's line in truth.json."""
    options = {key: value for key, value in step.options.items() if key != "way"}
    recipe = {"step": step.key, "op": "container", "dtype": step.dtype, "late": False, **options, **facts["made"]}
    parents = [{"id": ids[step.parents[0]], "relation": step.relation, "share": 1.0}]
    entry = {"id": ids[step.key], "architecture": arch, "family": family, "parents": parents, "sharedInitWith": []}
    return {**entry, "card": facts["card"], "declared": facts["declared"], "extended": False, "container": container, "recipe": recipe}


def _hub(split, arch, step, repo, created, modified):
    rng = random.Random(f"containers/hub/{split}/{arch}/{step.key}")
    downloads = int(10 ** rng.uniform(0, 3.5))
    fields = {"id": repo, "createdAt": stamp(created), "lastModified": stamp(modified), "downloads": downloads}
    return {**fields, "likes": downloads // rng.randrange(20, 400), "gated": False, "private": False, "disabled": False}


def _repository(split, arch, step, steps, folders, ids, data):
    from ..hubwriter import write_card
    from ..identity import card
    from .make import carry_out, finish_card

    rng = random.Random(f"containers/repository/{split}/{arch}/{step.key}")
    folder, parent = folders[step.key], step.parents[0]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    title = ids[step.key].split("/")[1]
    made = carry_out(step, arch, folder, folders[parent], ids[parent], title, data, rng)
    kind, mode, named = card("", arch, step, steps, rng)
    named = [ids[key] for key in named]
    write_card(folder, arch, title, rng, mode, named, {**HUB_RELATION, "adapter": "adapter"}.get(step.relation))
    finish_card(folder, step.options["way"])
    return {"made": made, "card": kind, "declared": named}


def make_set(split, arch, out):
    """Makes what is missing of one set's containers. Returns a line of report."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    from ..identity import dates as base_dates
    from ..identity import names as base_names

    bases, begun, fresh = base_plan(split, arch), time.time(), 0
    ids, (published, _) = base_names(split, arch, bases), base_dates(split, arch, bases)
    folders = {key: out / split / repo for key, repo in ids.items()}
    steps = plan(split, arch, bases)
    containers = {step.key: describe(step.options["way"]) for step in steps}
    ids |= names(split, arch, steps, ids, {key: one["bits"] for key, one in containers.items()})
    folders |= {step.key: out / f"{split}-containers" / ids[step.key] for step in steps}
    moments = dates(split, arch, steps, {key: created for key, (created, _) in published.items()})
    records = out / ".records" / f"{split}-containers" / arch
    records.mkdir(parents=True, exist_ok=True)
    by_key = {step.key: step for step in [*bases, *steps]}
    truth, hub = [], []
    for step in steps:
        top = step
        while top.parents:
            top = by_key[top.parents[0]]
        marks = out / ".records" / split / arch / f"{step.parents[0]}.json"
        before = json.loads(marks.read_text())["mark"] if marks.exists() else ""
        mark, record = fingerprint(split, arch, step, [before, ids[step.key]]), records / f"{step.key}.json"
        kept = json.loads(record.read_text()) if record.exists() else {}
        if kept.get("mark") != mark or not folders[step.key].exists():
            start, data = time.time(), top.options["recipe"]["data"]
            facts = _repository(split, arch, step, [*bases, *steps], folders, ids, data)
            kept = {"mark": mark, "facts": facts, "seconds": round(time.time() - start, 1)}
            record.write_text(json.dumps(kept))
            fresh += 1
            print(f"{split} {arch} {step.key} {step.options['way']} of {step.parents[0]}: {ids[step.key]} {kept['seconds']} s", flush=True)
        truth.append(_entry(arch, step, ids, ids[top.key], kept["facts"], containers[step.key]))
        hub.append(_hub(split, arch, step, ids[step.key], *moments[step.key]))
    (records / "set.json").write_text(json.dumps({"truth": truth, "hub": hub}))
    return f"{split} {arch}: {len(steps)} containers, {fresh} made in {time.time() - begun:.0f} s"


def _assemble(out, split):
    sets = [json.loads(path.read_text()) for path in sorted((out / ".records" / f"{split}-containers").glob("*/set.json"))]
    folder = out / f"{split}-containers"
    (folder / "truth.json").write_text(json.dumps({"models": [m for one in sets for m in one["truth"]]}, indent=1) + "\n")
    (folder / "hub.json").write_text(json.dumps({"repos": [r for one in sets for r in one["hub"]]}, indent=1) + "\n")
    record_matrices(folder)


if __name__ == "__main__":
    run("Publishes models of the zoo again in every weight container.", [split for split in SPLITS if split not in PLAIN], make_set, _assemble)
