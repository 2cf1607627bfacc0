"""ONNX exports by torch's tracing exporter, which folds transposed weights into nameless MatMul operands."""

import re
import warnings

import onnx
import torch
from onnx import numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

# Modules as transformers 4 named them, which is what exported files on the Hub bear.
OLDER = [
    (r"vit([./])layers\.(\d+)", r"vit\1encoder\1layer.\2"),
    (r"attention([./])([qkv])_proj", lambda m: f"attention{m[1]}attention{m[1]}{dict(q='query', k='key', v='value')[m[2]]}"),
    (r"attention([./])o_proj", r"attention\1output\1dense"),
    (r"mlp([./])fc1", r"intermediate\1dense"),
    (r"mlp([./])fc2", r"output\1dense"),
]


def _older(name):
    for pattern, replacement in OLDER:
        name = re.sub(pattern, replacement, name)
    return name


def _rename(graph):
    for node in graph.node:
        node.name = _older(node.name)
        node.input[:] = [_older(one) for one in node.input]
        node.output[:] = [_older(one) for one in node.output]
    for one in graph.initializer:
        one.name = _older(one.name)


def _halve(graph):
    """Float32 initialisers as float16, as conversion tools store them (the file is only read here, never run)."""
    for one in graph.initializer:
        if one.data_type == onnx.TensorProto.FLOAT:
            one.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(one).astype("float16"), one.name))


def export(model, example, path, half=False, external=False, older=False):
    """Writes the model's graph; `external` puts weights into path.name + "_data", `older` restores transformers 4 module names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = dict(dynamo=False, opset_version=14, do_constant_folding=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), example, str(path), input_names=["input"], output_names=["logits"], **options)
    graph = onnx.load(path)
    if older:
        _rename(graph.graph)
    if half:
        _halve(graph.graph)
    if external:
        convert_model_to_external_data(graph, all_tensors_to_one_file=True, location=f"{path.name}_data", size_threshold=256)
    onnx.save(graph, path)


def places(path, state):
    """{HF name: (initialiser, transposed, float32 values in HF's orientation)} of the tensors that the graph holds, found by value."""
    held = {one.name: numpy_helper.to_array(one, str(path.parent)) for one in onnx.load(path).graph.initializer}
    found = {}
    for name, tensor in state.items():
        for turned in (False, True):
            wanted = (tensor.t() if turned else tensor) if tensor.ndim == 2 or not turned else None
            for stored, array in held.items():
                if wanted is not None and name not in found and array.shape == tuple(wanted.shape) and array.dtype.kind == "f":
                    array = torch.from_numpy(array.copy()).float()
                    if torch.equal(array, wanted.float()) or torch.equal(array, wanted.half().float()):
                        found[name] = (stored, turned, array.t() if turned else array)
    return found
