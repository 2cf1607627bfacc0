"""Where reference files go, the manifest beside them, and the little model they are made of."""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM


class Shelf:
    """The folder of fixtures and its manifest."""

    def __init__(self, root):
        self.root, self.files = root, []

    def add(self, path, container, scheme, made, tensors, bits=None, group=None, **more):
        """`tensors` are (HF name, stored names, float32 array, facts); of matrices up to four rows are kept."""
        entries, kept, at = [], [], 0
        for name, stored, array, facts in tensors:
            array = np.ascontiguousarray(array, np.float32)
            flat = array.reshape(len(array), -1) if array.ndim > 1 else array.reshape(1, -1)
            rows = sorted({0, 1, len(flat) // 2, len(flat) - 1} & set(range(len(flat))))
            kept.append(flat[rows])
            entries.append({"name": name, "stored": stored, "shape": list(array.shape), "rows": rows, "at": at, **facts})
            at += kept[-1].size * 4
        values = f"{Path(path).with_suffix('')}.f32"
        (self.root / values).write_bytes(b"".join(part.astype("<f4").tobytes() for part in kept))
        entry = {"path": path, "container": container, "scheme": scheme, "bits": bits, "group": group, "made": made}
        self.files.append({**entry, **more, "values": values, "tensors": entries})

    def close(self):
        """Writes manifest.json, a line per file."""
        lines = ",\n".join(json.dumps(file) for file in self.files)
        (self.root / "manifest.json").write_text(f'{{"files": [\n{lines}\n]}}\n')


def uneven(shape, seed):
    """Float32 matrix whose rows and groups differ in size, with some outliers, so that scales are really used."""
    rng = np.random.default_rng(seed)
    rows = np.geomspace(0.02, 0.3, shape[0])[:, None] * np.exp(rng.normal(0, 0.7, (1, shape[1] // 16))).repeat(16, 1)
    w = rng.normal(size=shape) * rows + 0.01
    w[rng.random(shape) < 0.002] *= 8
    return w.astype(np.float32)


def llama():
    """A little Llama with uneven weights: hidden 64, inner 192, one layer."""
    torch.manual_seed(5)
    config = LlamaConfig(hidden_size=64, intermediate_size=192, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2)
    config.update({"vocab_size": 48, "max_position_embeddings": 128})
    model, state = LlamaForCausalLM(config), {}
    for i, (name, t) in enumerate(model.state_dict().items()):
        state[name] = torch.from_numpy(uneven(tuple(t.shape), i)) if t.ndim == 2 else 1 + 0.1 * torch.randn(t.shape)
    return {**config.to_dict(), "architectures": ["LlamaForCausalLM"], "dtype": "float32"}, state
