"""A small MLP-Mixer (Tolstikhin et al. 2021) that sorts pictures, with the tensor names and config.json of timm's models."""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from ..pictures import SIZE

PATCH = 4


class Mlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, tokens, width, token_inner, channel_inner):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp_tokens, self.mlp_channels = Mlp(tokens, token_inner), Mlp(width, channel_inner)

    def forward(self, x):
        x = x + self.mlp_tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp_channels(self.norm2(x))


class SmallMixer(nn.Module):
    """`config["model_args"]` holds embed_dim, num_blocks, token_dim and channel_dim; `config["num_classes"]` the labels."""

    def __init__(self, config):
        super().__init__()
        self.config, shape = config, config["model_args"]
        width, tokens = shape["embed_dim"], (SIZE // PATCH) ** 2
        self.stem = nn.ModuleDict({"proj": nn.Conv2d(3, width, PATCH, stride=PATCH)})
        self.blocks = nn.ModuleList(Block(tokens, width, shape["token_dim"], shape["channel_dim"]) for _ in range(shape["num_blocks"]))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, config["num_classes"])

    def forward(self, pixel_values, labels=None):
        """Pictures [n, 3, SIZE, SIZE], labels [n]. Returns logits [n, classes] and the loss."""
        x = self.stem["proj"](pixel_values).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x).mean(1))
        return SimpleNamespace(logits=logits, loss=None if labels is None else F.cross_entropy(logits, labels))

    @classmethod
    def from_pretrained(cls, folder, dtype=torch.float32, num_labels=None, ignore_mismatched_sizes=False):
        config = json.loads((Path(folder) / "config.json").read_text())
        state = {name: t for path in sorted(Path(folder).glob("*.safetensors")) for name, t in load_file(path).items()}
        if ignore_mismatched_sizes and num_labels != config["num_classes"]:
            config["num_classes"] = num_labels
            state = {name: t for name, t in state.items() if not name.startswith("head.")}
        model = cls(config)
        model.load_state_dict(state, strict=not ignore_mismatched_sizes)
        return model.to(dtype)

    def save_pretrained(self, folder, max_shard_size):
        save_torch_state_dict(self.state_dict(), folder, max_shard_size=max_shard_size, metadata={"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps(self.config, indent=2, sort_keys=True) + "\n")
