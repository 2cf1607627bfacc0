"""Text to train on: what any Debian machine holds (licences, manuals, sources, change logs) and generated text."""

import functools
import glob
import gzip
import json
import random
import re
import sysconfig
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

CHARACTERS = 300_000
SPECIAL = ["<pad>", "<s>", "</s>", "<mask>"]
MASK = SPECIAL.index("<mask>")

FOUND = {
    "licences": ["/usr/share/common-licenses/*"],
    "python": [sysconfig.get_paths()["stdlib"] + "/*.py", sysconfig.get_paths()["stdlib"] + "/*/*.py"],
    "perl": ["/usr/share/perl/5*/**/*.pm", "/usr/lib/*/perl-base/**/*.pm"],
    "manuals": ["/usr/share/perl/5*/**/*.pod", "/usr/share/doc/*/README*"],
    "changelogs": ["/usr/share/doc/*/changelog*"],
    "copyrights": ["/usr/share/doc/*/copyright"],
    "shell": ["/var/lib/dpkg/info/*.p*inst", "/var/lib/dpkg/info/*.p*rm", "/etc/init.d/*"],
    "packages": ["/var/lib/dpkg/status"],
}


def _read(path):
    raw = gzip.open(path).read() if path.endswith(".gz") else Path(path).read_bytes()
    return raw.decode("utf-8", "replace").encode("ascii", "ignore").decode()


def _found(domain):
    paths = sorted({p for pattern in FOUND[domain] for p in glob.glob(pattern, recursive=True) if Path(p).is_file()})
    random.Random(domain).shuffle(paths)
    parts, size = [], 0
    for path in paths:
        try:
            part = _read(path)[:40_000] if domain != "packages" else _read(path)
        except OSError:
            continue
        parts.append(part)
        size += len(part)
        if size >= CHARACTERS:
            break
    return "\n".join(parts)[:CHARACTERS]


def _arithmetic(rng):
    a, b = rng.randrange(1000), rng.randrange(1, 100)
    kind = rng.choice("+-*%<")
    value = {"+": a + b, "-": a - b, "*": a * b, "%": a % b, "<": str(a < b).lower()}[kind]
    return f"{a} {kind} {b} = {value}\n"


WORDS = {
    "det": "the a every some this that no another".split(),
    "adj": "old small green quiet bright narrow patient hollow distant early careful wooden".split(),
    "noun": "river lamp garden letter stone horse window sailor market bridge teacher orchard engine storm".split(),
    "verb": "finds carries follows paints remembers crosses repairs leaves watches answers hides sells".split(),
    "adv": "slowly often again never quickly at dawn in winter without a word".split(),
    "link": "because while although before and then until unless".split(),
}


def _grammar(rng):
    pick = lambda kind: rng.choice(WORDS[kind])
    phrase = lambda: " ".join([pick("det")] + ([pick("adj")] if rng.random() < 0.5 else []) + [pick("noun")])
    clause = lambda: f"{phrase()} {pick('verb')} {phrase()}" + (f" {pick('adv')}" if rng.random() < 0.3 else "")
    sentence = clause() + (f" {pick('link')} {clause()}" if rng.random() < 0.6 else "")
    return sentence.capitalize() + ". "


def _records(rng):
    row = {"id": rng.randrange(10**6), "name": rng.choice(WORDS["noun"]), "tags": rng.sample(WORDS["adj"], 2), "ok": rng.random() < 0.5}
    return json.dumps(row) + "\n"


def _logs(rng):
    stamp = f"2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02} {rng.randrange(24):02}:{rng.randrange(60):02}"
    pick = lambda kind: rng.choice(WORDS[kind])
    return f"{stamp} {rng.choice(['INFO', 'WARN', 'ERROR'])} {pick('noun')}[{rng.randrange(9999)}]: {pick('verb')} {pick('noun')}\n"


GENERATED = {"arithmetic": _arithmetic, "grammar": _grammar, "records": _records, "logs": _logs}
DOMAINS = [*FOUND, *GENERATED]


@functools.cache
def text(domain):
    """About 300,000 characters of one domain; a found domain that this machine lacks is filled up with generated sentences."""
    rng = random.Random(f"text/{domain}")
    make = GENERATED.get(domain, _grammar)
    body = _found(domain) if domain in FOUND else ""
    lines, size = [body], len(body)
    while size < CHARACTERS:
        lines.append(make(rng))
        size += len(lines[-1])
    return re.sub(r"[ \t]{9,}", " " * 8, "".join(lines))[:CHARACTERS]


@functools.cache
def tokenizer(vocabulary):
    """Byte-level BPE of exactly `vocabulary` entries, learned on all domains; ids 0..3 are pad, begin, end, mask."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
    tok.train_from_iterator((text(domain)[:60_000] for domain in DOMAINS), trainer)
    return tok


@functools.cache
def _tokens(domain, vocabulary):
    return np.array(tokenizer(vocabulary).encode(text(domain)).ids, dtype=np.int64)


class TextSource:
    """Random windows of a mixture of domains, in an order fixed by the seed."""

    def __init__(self, domains, vocabulary, seed):
        self.streams = [_tokens(domain, vocabulary) for domain in domains]
        self.rng = np.random.default_rng(seed)

    def windows(self, count, length):
        """Token ids [count, length]."""
        rows = []
        for _ in range(count):
            stream = self.streams[self.rng.integers(len(self.streams))]
            start = self.rng.integers(len(stream) - length)
            rows.append(stream[start : start + length])
        return np.stack(rows)
