"""What a step's repository is called, when it appeared and what its card claims; nothing in it follows from the weights."""

import random
from datetime import datetime, timedelta

from .architectures import ARCHITECTURES, SHAPES
from .plan import FIXTURES

OWNERS = """northfield-lab quietriver tomasw-ml brackish kestrel-works ymori lantern-ai dovetail-nlp oakline p-lindqvist saltmarsh
eastgate-research hmbauer tidepool cobaltworks mirae-kim openquarry fennel softhollow rkaplan graniteml juniper-data lucidfox amaralj
thirdshelf bluewharf nkowalski hearthstack copperleaf d-okafor windmill-ai redshank plainsong vesper-lab jhuang88 millrace stonecrop
tamarind ada-voss orchard-street""".split()
NOUNS = """heron ember willow cinder lark pebble saffron thistle otter juno maple quartz finch marlin aster bramble comet delta ermine
fjord gale hazel iris jasper kelp linnet merlin nimbus onyx petrel quill rowan sable teal umber vireo walnut xenon yarrow zephyr
alder birch clove dune echo flint grove harbor ivory jade krill lotus meadow nectar opal prairie raven sorrel tundra""".split()
SUFFIXES = ["small", "mini", "base", "tiny", "v1", "v2", "xs", "v0.3", "2", "lite", "nano", "a", "one", "24"]
FLOOR = datetime(2022, 3, 2, 23, 29, 4)
TODAY = datetime(2026, 11, 1)

# The cards of the fixtures, because tests and the demonstration need certain ones; the others are silent.
FIXTURE_CARDS = {
    "llama": dict(a1="right", a3="wrong", b1="right", merge="right", lora1="relation", cast1="right"),
    "qwen2": dict(a1="right", lora1="right", d1="right"),
    "bert": dict(a1="right", b1="grandparent"),
    "vit": dict(a1="list", scratch="wrong"),
    "resnet": dict(a1="right", continued="right"),
}
DEMO = ("llama", "a2")
GATED = ("qwen2", "r2")
BIN = ("bert", "a1")


def names(split, arch, steps):
    """Key to owner/name."""
    index = ARCHITECTURES.index(arch)
    rng = random.Random(f"names/{split}")
    nouns, owners = rng.sample(NOUNS, len(NOUNS)), rng.sample(OWNERS, len(OWNERS))
    if split == "fixtures":  # every name its own noun
        before = sum(len(FIXTURES[a].split()) for a in ARCHITECTURES[:index])
        nouns = nouns[before : before + len(steps)]
    else:
        present = list(SHAPES[split])
        nouns = nouns[present.index(arch) :: max(5, len(present))]
    rng = random.Random(f"names/{split}/{arch}")
    taken, result = set(), {}
    for step in steps:
        parent = result.get(step.parents[0]) if step.parents and split != "fixtures" and rng.random() < 0.25 else None
        while True:
            noun = parent.split("/")[1].split("-")[0] if parent else rng.choice(nouns)
            name = f"{noun}-{rng.choice(SUFFIXES)}"
            if name not in taken and (split != "fixtures" or noun not in {other.split("-")[0] for other in taken}):
                break
            parent = None
        taken.add(name)
        owner = parent.split("/")[0] if parent and rng.random() < 0.5 else rng.choice(owners)
        if step.op == "copy":
            owner = rng.choice([o for o in owners if o != result[step.parents[0]].split("/")[0]])
        result[step.key] = f"{owner}/{name}"
    return result


def dates(split, arch, steps):
    """Two dicts: key to (createdAt, lastModified), and key to the day the weights were made.

    Children are created later than their parents, but for steps marked late and for families without dates.
    """
    rng = random.Random(f"dates/{split}/{arch}")
    made, later, family = {}, {}, {}
    for step in steps:
        family[step.key] = family[step.parents[0]] if step.parents else step.key
        start = max((made[p] for p in step.parents), default=datetime(2023, 1, 10) + timedelta(days=rng.randrange(900)))
        gap = rng.choice([rng.uniform(0.02, 2), rng.uniform(2, 40), rng.uniform(20, 120)])
        made[step.key] = start + timedelta(days=gap if step.parents else 0, seconds=rng.randrange(50_000))
    published = dict(made)
    for step in steps:
        if step.late:
            children = [made[s.key] for s in steps if step.key in s.parents]
            published[step.key] = max(children, default=made[step.key]) + timedelta(days=rng.randrange(9, 60))
    if ARCHITECTURES.index(arch) % 3 == 1 and split != "fixtures":
        published.update({key: FLOOR for key in made if family[key] == "r2"})
    for key, at in published.items():
        published[key] = min(at, TODAY - timedelta(hours=len(steps) - list(made).index(key)))
        later[key] = min(max(published[key], made[key]) + timedelta(days=rng.choice([0, rng.uniform(0, 90)])), TODAY)
    return {key: (published[key], later[key]) for key in made}, made


def card(split, arch, step, steps, rng):
    """(kind, mode, named keys) of a step's card: kind is right, silent or wrong; mode how base_model is written."""
    mode = FIXTURE_CARDS[arch].get(step.key, "silent") if split == "fixtures" else None
    if not step.parents:
        claims = step.shared_init and (mode == "wrong" or (mode is None and rng.random() < 0.4))
        return ("wrong", "text", ["r1"]) if claims else ("silent", "text", [])
    mode = mode or rng.choices(["silent", "right", "relation", "list", "grandparent", "wrong"], [45, 18, 11, 5, 6, 15])[0]
    if mode == "silent":
        return "silent", "text", []
    if mode == "wrong":
        line, queue = set(), [step.key]
        while queue:
            key = queue.pop()
            line.add(key)
            queue += next(s for s in steps if s.key == key).parents
        others = [s.key for s in steps if s.op in ("root", "train") and s.key not in line]
        roots = [key for key in others if key in ("r1", "r2")]
        return "wrong", "text", [rng.choice(roots if roots and (split == "fixtures" or rng.random() < 0.5) else others)]
    grand = [g for p in step.parents for s in steps if s.key == p for g in s.parents]
    if mode == "grandparent" and grand:
        return "right", "text", grand[:1]
    return "right", {"relation": "relation", "list": "list"}.get(mode, "text"), list(step.parents)
