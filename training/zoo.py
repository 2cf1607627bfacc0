"""Makes the zoo: python -m training.zoo --split all --out training/zoo --workers 2. Interrupted, it goes on where it stopped."""

import argparse
import dataclasses
import hashlib
import json
import os
import random
import re
import shutil
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from .more import plan as more
from .plan import SPLITS, plan

HUB_RELATION = {"finetune": "finetune", "continued": "finetune", "lora-merged": "finetune", "merge": "merge", "quantized": "quantized"}

# Models that a step needs beside its parents.
USED = ["base", "teacher"]


def fingerprint(split, arch, step, parents):
    """Changes when the step or any of its ancestors (given by their own fingerprints) changes."""
    return hashlib.sha256(json.dumps([split, arch, dataclasses.asdict(step), parents], sort_keys=True).encode()).hexdigest()[:16]


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _origin(rng, step, ids):
    """What `_name_or_path` says: mostly nothing, now and then the parent's id or a path of the author's machine."""
    if step.op not in ("train", "cast") or not step.parents:
        return None
    local = f"./runs/{rng.choice(['exp', 'run', 'job'])}{rng.randrange(90)}/checkpoint-{rng.randrange(1, 30) * 100}"
    return rng.choices([None, ids[step.parents[0]], local], [70, 12, 18])[0]


def _repository(split, arch, step, steps, out, where, ids, made):
    """Makes one repository's folder and returns its facts."""
    from .derive import carry_out, vocabulary
    from .hubwriter import age_config, pickle_weights, write_card, write_tokenizer
    from .identity import BIN, card

    rng = random.Random(f"repository/{split}/{arch}/{step.key}")
    owner_name = ids[step.key]
    folder = out / split / owner_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shard = rng.choice(["150KB", "400KB"]) if rng.random() < 0.15 and (arch, step.key) != BIN else None
    facts = carry_out(step, arch, split, folder, where, shard)
    if (split, arch, step.key) == ("fixtures", *BIN):
        pickle_weights(folder)
    origin = _origin(rng, step, ids)
    if step.op != "copy":
        age_config(folder, made[step.key], origin)
        if words := vocabulary(step, folder, arch):
            write_tokenizer(folder, *words)
    kind, mode, named = card(split, arch, step, steps, rng)
    named = [ids[key] for key in named]
    write_card(folder, more.architecture(step, arch), owner_name.split("/")[1], rng, mode, named, HUB_RELATION.get(step.relation))
    return {**facts, "card": kind, "declared": named, "nameOrPath": origin}


def _truth(arch, step, ids, root, facts, joined):
    shares = step.shares or (1.0,) * len(step.parents)
    parents = [{"id": ids[key], "relation": step.relation, "share": share} for key, share in zip(step.parents, shares)]
    made = {key: value for key, value in facts.items() if key not in ("card", "declared", "seconds")}
    options = {key: value for key, value in step.options.items() if value is not None}
    options |= {name: ids[options[name]] for name in USED if name in options}
    recipe = {"step": step.key, "op": step.op, "dtype": step.dtype, "late": step.late, **options, **made}
    entry = {"id": ids[step.key], "architecture": more.architecture(step, arch), "family": ids[root], "parents": parents, "sharedInitWith": joined}
    return {**entry, "card": facts["card"], "declared": facts["declared"], "extended": step.extended, "recipe": recipe}


def _hub(split, arch, step, ids, dates):
    from .identity import GATED

    rng = random.Random(f"hub/{split}/{arch}/{step.key}")
    created, modified = dates[step.key]
    downloads = int(10 ** rng.uniform(0, 4.5 if not step.parents else 3))
    gated = "manual" if "gated" in step.options or (split == "fixtures" and (arch, step.key) == GATED) else False
    fields = {"id": ids[step.key], "createdAt": stamp(created), "lastModified": stamp(modified)}
    return {**fields, "downloads": downloads, "likes": downloads // rng.randrange(20, 400), "gated": gated, "private": False, "disabled": False}


def make_set(split, arch, out):
    """Makes all repositories of one architecture in one split; what is complete already is kept. Returns a line of report."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    from .identity import dates as make_dates, names

    steps, out = plan(split, arch), Path(out)
    ids, begun, trained = names(split, arch, steps), time.time(), 0
    dates, made = make_dates(split, arch, steps)
    records, truth, hub = out / ".records" / split / arch, [], []
    records.mkdir(parents=True, exist_ok=True)
    roots, where, marks = {}, {}, {}
    for step in steps:
        roots[step.key] = roots[step.parents[0]] if step.parents else step.key
        where[step.key] = out / split / ids[step.key]
        bases = [step.options[name] for name in USED if name in step.options]
        marks[step.key] = mark = fingerprint(split, arch, step, [marks[key] for key in [*step.parents, *bases]])
        record = records / f"{step.key}.json"
        kept = json.loads(record.read_text()) if record.exists() else {}
        if kept.get("mark") != mark or not where[step.key].exists():
            start = time.time()
            facts = _repository(split, arch, step, steps, out, where, ids, made)
            kept = {"mark": mark, "facts": {**facts, "seconds": round(time.time() - start, 1)}}
            record.write_text(json.dumps(kept))
            trained += 1
            print(f"{split} {arch} {step.key} {ids[step.key]} {json.dumps(kept['facts'])}", flush=True)
        joined = [ids[s.key] for s in steps if s.shared_init and step.key in (s.key, s.shared_init) and s.key != step.key]
        joined += [ids[step.shared_init]] if step.shared_init else []
        truth.append(_truth(arch, step, ids, roots[step.key], kept["facts"], joined))
        hub.append(_hub(split, arch, step, ids, dates))
    (records / "set.json").write_text(json.dumps({"truth": truth, "hub": hub}))
    return f"{split} {arch}: {len(steps)} repositories, {trained} made in {time.time() - begun:.0f} s"


def _assemble(out, split):
    """truth.json and hub.json of a split, from the sets that are complete."""
    from .identity import DEMO

    sets = [json.loads(path.read_text()) for path in sorted((out / ".records" / split).glob("*/set.json"))]
    models = [model for one in sets for model in one["truth"]]
    truth = {"models": models}
    if split == "fixtures":
        truth["demo"] = next((m["id"] for m in models if (m["architecture"], m["recipe"]["step"]) == DEMO), None)
    (out / split / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    (out / split / "hub.json").write_text(json.dumps({"repos": [repo for one in sets for repo in one["hub"]]}, indent=1) + "\n")


def run(description, splits, make_set, assemble):
    """The command line of a maker of family sets: `make_set(split, architecture, out)` in workers, then `assemble(out, split)`."""
    from .architectures import SHAPES

    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--split", choices=[*splits, "all"], default="all")
    parser.add_argument("--out", type=Path, default=Path("training/zoo"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="regular expression on split/architecture")
    args = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    chosen = splits if args.split == "all" else [args.split]
    jobs = [(split, arch) for split in chosen for arch in SHAPES[split] if re.search(args.only, f"{split}/{arch}")]
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(make_set, split, arch, args.out) for split, arch in jobs]):
            print(done.result(), flush=True)
    for split in {split for split, _ in jobs}:
        assemble(args.out, split)


if __name__ == "__main__":
    run("Trains the zoo of small model families.", SPLITS, make_set, _assemble)
