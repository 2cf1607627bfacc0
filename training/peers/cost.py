"""How many bytes each method must read of a model of 7 billion parameters, from names and shapes alone."""

from math import prod
from pathlib import Path

from .methods import METHODS
from .shelf import Model, Tensor

LAYERS, WIDTH, INNER, VOCABULARY = 32, 4096, 11008, 32000
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
PEDIGREE = 1_048_576  # its default budget for one model


def large_model():
    """A Llama of 7 billion parameters in bfloat16 as its headers describe it."""
    shapes = {"model.embed_tokens.weight": (VOCABULARY, WIDTH), "lm_head.weight": (VOCABULARY, WIDTH), "model.norm.weight": (WIDTH,)}
    for layer in (f"model.layers.{i}." for i in range(LAYERS)):
        shapes |= {f"{layer}self_attn.{part}_proj.weight": (WIDTH, WIDTH) for part in "qkvo"}
        shapes |= {f"{layer}mlp.{part}_proj.weight": (INNER, WIDTH) for part in ("gate", "up")}
        shapes[f"{layer}mlp.down_proj.weight"] = (WIDTH, INNER)
        shapes |= {f"{layer}{norm}_layernorm.weight": (WIDTH,) for norm in ("input", "post_attention")}
    tensors = {name: Tensor(shape, "BF16", Path()) for name, shape in shapes.items()}
    return Model("7b", "", (), tensors)


def bytes_of(method, model):
    """(bytes, separate stretches of bytes) that a method reads of a model; stretches are None where it reads whole tensors."""
    if hasattr(method, "neurons"):
        picked = method.neurons([model])
        stretches = sum(map(len, picked.values()))
        return sum(len(rows) * prod(shape[1:]) * BYTES[model.tensors[name].dtype] for (name, shape), rows in picked.items()), stretches
    wanted = method.wanted([model])
    return sum(prod(tensor.shape) * BYTES[tensor.dtype] for name, tensor in model.tensors.items() if wanted(name, tensor)), None


def family_bytes():
    """Per method: bytes and stretches for one model, and how many times Pedigree's budget that is."""
    model = large_model()
    rows = {}
    for key, (method, _) in METHODS.items():
        count, stretches = bytes_of(method, model)
        rows[key] = {"bytesPerModel": count, "stretches": stretches, "timesPedigree": round(count / PEDIGREE, 2)}
    parameters = sum(prod(tensor.shape) for tensor in model.tensors.values())
    return {"parameters": parameters, "pedigree": PEDIGREE, "methods": rows}
