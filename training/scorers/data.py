"""The committed evidence as padded tensors: training/evidence/SPLIT.gz, written by `npm run evidence`."""

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


def load(splits):
    """All pairs of some splits. A family is one architecture of one split: everything in it descends from few roots on the same data."""
    facts, blocks, head = [], [], None
    for split in splits:
        raw = gzip.decompress((FOLDER / f"{split}.gz").read_bytes())
        line, _, body = raw.partition(b"\n")
        head = json.loads(line)
        width = len(head["shared"]) + 2 * len(head["own"])
        values = torch.frombuffer(bytearray(body), dtype=torch.int8).reshape(-1, width).float() / head["steps"]
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


def turned(tokens, own):
    """The same tokens with A and B exchanged: the last two parts of length `own` change places."""
    return torch.cat([tokens[..., : -2 * own], tokens[..., -own:], tokens[..., -2 * own : -own]], -1)
