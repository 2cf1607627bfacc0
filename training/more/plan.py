"""What a family set of the further architectures holds. Every kind of step stands in several sets, none has them all."""

from ..recipes import domains
from ..steps import Plan
from . import recipes
from .architectures import SHAPES

SPLITS = list(SHAPES)
ORDER = ["gpt2", "gemma2", "mistral", "mixtral", "clip", "unet", "t5", "mixer"]
PARTS = ["head", "upper", "attention", "norms"]


def _roots(p, index):
    rng, data = p.rng, domains(p.rng, p.arch, 2 if p.arch == "mixer" else 3)
    initializer = [0.03, 0.02, 0.05, 0.04][index % 4]
    seed = rng.randrange(10**6)

    def root(key, recipe, at, **more):
        p.add(key, "root", options={"recipe": recipe, "seed": at, "initializer": initializer, **more.pop("options", {})}, **more)

    root("r1", recipes.root(rng, p.arch, data, brief=index % 4 == 2), seed)
    root("r2", recipes.root(rng, p.arch, data), seed + 1, dtype=["bfloat16", "float16", "float32"][index % 3])
    root("scratch", recipes.root(rng, p.arch, domains(rng, p.arch, 2), brief=index % 2 == 0), seed, shared_init="r1")
    # Learns to answer as r1 does, from weights of its own.
    root("student", recipes.root(rng, p.arch, data), seed + 2, options={"teacher": "r1"})


def _learned(p, index):
    rng = p.rng
    for i, optimizer in enumerate(recipes.OPTIMISERS, 1):
        p.train(f"w{i}", "r1", recipe=recipes.spread(rng, p.arch, optimizer))
    p.train("b1", "w1", recipe=recipes.spread(rng, p.arch, rng.choice(recipes.OPTIMISERS)), late=index % 2 == 0)
    p.train("c1", "b1", recipe=recipes.spread(rng, p.arch, rng.choice(recipes.OPTIMISERS)))
    p.train("preferred", "w2", recipe=recipes.preferred(rng, p.arch))
    p.train("frozen1", "r1", recipe=recipes.partial(rng, p.arch, PARTS[index % 4]))
    p.train("frozen2", "w5", recipe=recipes.partial(rng, p.arch, PARTS[(index + 1) % 4]))
    p.train("continued", rng.choice(["r1", "w3"]), "continued", recipe=recipes.continued(rng, p.arch))
    for i, parent in enumerate(["r1", rng.choice(["w2", "w4"]), "r2"], 1):
        rank = recipes.RANKS[(index * 3 + i * 2) % 7]
        p.train(f"lora{i}", parent, "lora-merged", recipe=recipes.adapter(rng, p.arch, min(rank, 32) if p.arch == "unet" else rank))
    p.train("rounded", "r1", recipe=recipes.rounded(rng, p.arch))
    p.edit("grid", "rounded", "quantized", "quantise", bits=4, group=32)
    p.train("d1", "r2", recipe=recipes.spread(rng, p.arch, "adamw"))
    p.train("e1", "d1", recipe=recipes.spread(rng, p.arch, "decay"))
    p.train("hidden", "r1", recipe=recipes.spread(rng, p.arch, "adamw"))
    p.steps["hidden"].options["gated"] = True
    p.add("cast", "cast", "precision", ["w2"], options={"dtype": "bfloat16"}, dtype="bfloat16")
    p.add("copy", "copy", "copy", [rng.choice(["w1", "w4", "c1"])])


def _merges(p, index, layers):
    """Six of twelve ways to merge, and always a linear one that others start from."""
    rng, seed = p.rng, p.rng.randrange(10**6)
    tuned = lambda count: rng.sample(["w1", "w2", "w3", "w4", "w5", "b1"], count)
    share, t = rng.choice([0.3, 0.4, 0.65, 0.75]), rng.choice([0.3, 0.5, 0.6])
    pair = lambda first: (first, round(1 - first, 2))
    p.add("merge", "linear", "merge", tuned(2), shares=pair(share))

    def add(op, count, **options):
        parts = options.get("scales") or options.get("weights") or [1] * count
        shares = tuple(round(part / sum(parts), 3) for part in parts) if len(set(parts)) > 1 else (1 / count,) * count
        p.add(op, op, "merge", tuned(count), shares=shares, options=options, extended=True)

    def by_turns():
        second = round(layers // 2 / layers, 3)
        p.add("passthrough", "passthrough", "merge", tuned(2), shares=(1 - second, second), extended=True)

    curve = [round(rng.uniform(0.15, 0.85), 2) for _ in range(4)]
    ways = [
        lambda: p.add("slerp", "slerp", "merge", tuned(2), shares=(round(1 - t, 2), t), options={"t": t}, extended=True),
        lambda: add("task_arithmetic", 2, base="r1", scales=[round(rng.uniform(0.4, 1.1), 2) for _ in range(2)]),
        lambda: add("ties", 2, base="r1", density=rng.choice([0.2, 0.5]), scale=1.0),
        lambda: add("dare", 2, base="r1", density=rng.choice([0.3, 0.6]), weights=[0.6, 0.5], seed=seed),
        lambda: add("dare_ties", 2, base="r1", density=0.5, weights=[0.7, 0.6], seed=seed),
        lambda: add("breadcrumbs", 2, base="r1", density=0.7, gamma=0.05, weights=[0.6, 0.6]),
        lambda: add("model_stock", 3, base="r1"),
        by_turns,
        lambda: add("stack", 2),
        lambda: p.add("slerp_layers", "slerp_layers", "merge", tuned(2), shares=(0.5, 0.5), options={"curve": curve}, extended=True),
        lambda: p.add("again", "linear", "merge", ["merge", rng.choice(["lora1", "continued"])], shares=(0.6, 0.4)),
        lambda: p.add("half", "linear", "merge", [*tuned(1), "hidden"], shares=(0.55, 0.45), extended=True),
    ]
    if p.arch in ("unet",):  # no one stack of equal layers
        ways = ways[:7] + ways[10:]
    for i in range(6):
        ways[(index * 5 + i) % len(ways)]()
    p.train("m1", "merge", recipe=recipes.spread(rng, p.arch, "adamw"))


def _edits(p, index):
    rng, seed = p.rng, p.rng.randrange(10**6)
    source = lambda: rng.choice(["r1", "w1", "w2", "w4"])
    data = p.steps["r1"].options["recipe"]["data"]
    edit = lambda key, relation, op, **options: lambda: p.edit(key, source(), relation, op, **options)
    inputs = edit("wanda", "pruned", "prune_by_inputs", share=0.5, data=data)
    half, cheap = edit("pruned", "pruned", "prune", share=rng.choice([0.3, 0.5])), edit("sparse", "pruned", "prune_2_of_4")
    slim = edit("slim", "pruned", "narrow", letter="f", share=0.75)
    thin = edit("thin", "pruned", "narrow", letter="d", share=0.8)
    dropped, deeper = edit("dropped", "layer-pruned", "drop_layer", seed=seed), edit("deeper", "depth-upscaled", "repeat_layer", seed=seed)
    overlapped = edit("overlapped", "depth-upscaled", "overlap_layers")
    words = edit("vocabulary", "vocab-changed", "extend_vocabulary", rows=rng.choice([4, 8, 16]), seed=seed)
    neurons = edit("neurons", "permuted", "reorder", letters="f", seed=seed)
    heads = edit("heads", "permuted", "reorder", letters="qk", seed=seed)
    stream = edit("stream", "permuted", "reorder", letters="d", seed=seed)
    turned = edit("turned", "permuted", "rotate", seed=seed)
    noised = edit("noised", "noised", "noise", level=rng.choice([0.005, 0.02, 0.1]), seed=seed)
    coarse = edit("coarse", "quantized", "quantise", bits=8, group=32)
    common = [half, slim, dropped, noised, neurons, deeper, stream, overlapped, coarse]
    ways = {
        "gpt2": [*common, words],
        "gemma2": [*common, inputs, words, thin, heads, cheap],
        "mistral": [*common, inputs, turned, words, thin, heads, cheap],
        "mixtral": [*common, turned, words, thin, heads, cheap],
        "clip": [*common, inputs, heads, cheap],
        "unet": [half, noised, cheap, coarse],
        "t5": [*common, inputs, cheap],
        "mixer": [*common, inputs, cheap],
    }[p.arch]
    for i in range(min(7, len(ways))):
        ways[(index * 4 + i) % len(ways)]()
    if p.arch == "mistral":
        for key, parent in (("experts1", "r1"), ("experts2", "w2")):
            recipe = {**recipes.spread(rng, p.arch, "adamw"), "lr": recipes.log_uniform(rng, 1e-4, 1e-3)}
            options = {"jitter": rng.choice([0.0, 0.05]), "seed": seed, "recipe": recipe}
            p.edit(key, parent, "finetune", "upcycle", **options)
    smaller = next((key for key in ("slim", "thin", "wanda", "pruned", "dropped") if key in p.steps), None)
    if smaller in ("slim", "thin", "dropped"):  # trained again after the cut, as Sheared Llama and Minitron are
        recipe = recipes.spread(rng, p.arch, "adamw")
        p.train("healed", smaller, recipe={**recipe, "lr": recipes.log_uniform(rng, 3e-4, 2e-3)}, extended=True)


def plan(split, arch):
    """All steps of a family set."""
    p = Plan(split, arch)
    index = ORDER.index(arch) + SPLITS.index(split)
    _roots(p, index)
    _learned(p, index)
    _merges(p, index, None if arch == "unet" else SHAPES[split][arch][2])
    _edits(p, index)
    if arch == "unet":  # a step of it costs several times what one of the others does
        for step in p.steps.values():
            if recipe := step.options.get("recipe"):
                step.options["recipe"] = {**recipe, "batch": recipe["batch"] // 4, "steps": recipe["steps"] // 2}
    return list(p.steps.values())


def architecture(step, arch):
    """What a step's repository holds: the set's architecture but for mixtures grown from a dense model."""
    return "mixtral" if step.op == "upcycle" else arch
