"""The committed evidence, written by `npm run evidence`: pairs as padded tensors (training/evidence/SPLIT.gz) and families to place (families/SPLIT.gz)."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import torch

FOLDER = Path(__file__).parents[1] / "evidence"
# Tokens of a pair at most, as in src/lineage/tokens/tokens.ts.
MOST = 36
# Steps that a rule reads off the shapes; the scorers need not tell them.
SHAPES = ("drop_layer", "repeat_layer", "overlap_layers", "narrow", "upcycle", "stack", "extend_vocabulary")


@dataclass
class Pairs:
    """P pairs: tokens [P, T, F] and mask [P, T] as float32; one fact of each pair per entry of the lists."""

    tokens: torch.Tensor
    mask: torch.Tensor
    kind: list
    how: list
    family: list
    architecture: list
    shared: list
    own: list

    def __len__(self):
        return len(self.kind)

    def only(self, wanted):
        """The pairs for which `wanted(i)` holds."""
        keep = [i for i in range(len(self)) if wanted(i)]
        lists = {name: [getattr(self, name)[i] for i in keep] for name in ("kind", "how", "family", "architecture")}
        return Pairs(self.tokens[keep], self.mask[keep], **lists, shared=self.shared, own=self.own)


def splits_in(folder):
    return sorted(path.stem for path in folder.glob("*.gz"))


def unpacked(path, dtype):
    """The line of JSON and the numbers behind it."""
    line, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
    return json.loads(line), torch.frombuffer(bytearray(body), dtype=dtype)


def load(splits):
    """All pairs of some splits. A family is one architecture of one split: everything in it descends from few roots on the same data."""
    facts, blocks, head = [], [], None
    for split in splits:
        head, body = unpacked(FOLDER / f"{split}.gz", torch.int8)
        width = len(head["shared"]) + 2 * len(head["own"])
        values = body.reshape(-1, width).float() / head["steps"]
        start = 0
        for pair in head["pairs"]:
            facts.append((split, pair))
            blocks.append(values[start : start + pair["tokens"]])
            start += pair["tokens"]
    tokens = torch.zeros(len(blocks), MOST, width)
    mask = torch.zeros(len(blocks), MOST)
    for i, block in enumerate(blocks):
        tokens[i, : len(block)] = block
        mask[i, : len(block)] = 1
    family = [f"{split}/{pair['architecture']}" for split, pair in facts]
    lists = {name: [pair[name] for _, pair in facts] for name in ("kind", "how", "architecture")}
    return Pairs(tokens, mask, **lists, family=family, shared=head["shared"], own=head["own"])


@dataclass
class Family:
    """One family that the engine has to place, of N members: E edges that it weighs, seen from the root.

    parents, children [E]: an edge's ends; rows [E, F]: its features. truth: the true parents of every member, -1 for one that is not among them;
    made: None, or the place of the part that a member hangs below.
    """

    name: str
    architecture: str
    made: list
    truth: list
    root: int
    parents: torch.Tensor
    children: torch.Tensor
    rows: torch.Tensor


def load_families(splits):
    """All families of some splits, and the names of an edge's features."""
    families, head = [], None
    for split in splits:
        head, body = unpacked(FOLDER / "families" / f"{split}.gz", torch.int16)
        rows = body.reshape(-1, len(head["edge"])).double() / head["steps"]
        start = 0
        for entry in head["families"]:
            count = len(entry["parents"])
            ends = {name: torch.tensor(entry.pop(name), dtype=torch.long) for name in ("parents", "children")}
            families.append(Family(f"{split}/{entry['architecture']}", **entry, **ends, rows=rows[start : start + count]))
            start += count
    return families, head["edge"]


def turned(tokens, own):
    """The same tokens with A and B exchanged: the last two parts of length `own` change places."""
    return torch.cat([tokens[..., : -2 * own], tokens[..., -own:], tokens[..., -2 * own : -own]], -1)
