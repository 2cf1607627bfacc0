"""Writes assets/pair-statistics.onnx: the element-wise and row-wise comparison of equally shaped blocks.

It is a graph, not a trained net: it has no weights. From the project's root:

    python -m training.graphs.pair_statistics
"""

from pathlib import Path

from onnx import TensorProto, checker, helper, save, shape_inference

OPSET = 17
IR_VERSION = 8
# match and deltaGram look at no more than this many leading rows (src/inference/types.ts has the same number).
HEAD = 64
# A centred row with less energy than this share of the raw row is rounding noise: its cosines fade to 0.
RELATIVE_FLOOR = 1e-12
ABSOLUTE_FLOOR = 1e-30
# Columns of the output `moments`, in order (src/inference/pair-statistics.ts reads them by position).
MOMENTS = ["sumA", "sumB", "squareA", "squareB", "dot", "squareDelta", "maxAbsDelta", "equal", "sameSign", "nonzeroA", "nonzeroB"]


class Graph:
    """Collects nodes; every call adds one and returns the name of its output."""

    def __init__(self):
        self.nodes = []
        self.constants = []

    def constant(self, name, kind, values, shape=None):
        self.constants.append(helper.make_tensor(name, kind, [len(values)] if shape is None else shape, values))
        return name

    def add(self, op, *inputs, name=None, **attributes):
        output = name or f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output


def match(graph, a, b):
    """Cosines between the rows of `a` and of `b`, each without the mean over its rows; 0 for rows that vanish."""
    units = []
    for head in (a, b):
        centred = graph.add("Sub", head, graph.add("ReduceMean", head, axes=[1], keepdims=1))
        raw = graph.add("ReduceSumSquare", head, axes=[2], keepdims=1)
        energy = graph.add("ReduceSumSquare", centred, axes=[2], keepdims=1)
        floor = graph.add("Add", graph.add("Mul", raw, "relativeFloor"), "absoluteFloor")
        units.append(graph.add("Div", centred, graph.add("Sqrt", graph.add("Max", energy, floor))))
    graph.add("MatMul", units[0], graph.add("Transpose", units[1], perm=[0, 2, 1]), name="match")


def moments(graph, a, b, delta):
    """One row of sums per row of the blocks, so that the caller can add them up in float64."""

    def mask(op, x, y):
        return graph.add("Cast", graph.add(op, x, y), to=TensorProto.FLOAT)

    def sign(block):
        # The operator Sign has no WebGPU kernel: it would send every batch back to the CPU in the middle of the graph.
        return graph.add("Sub", mask("Greater", block, "zero"), mask("Less", block, "zero"))

    def total(elements):
        return graph.add("ReduceSum", elements, "columns", keepdims=1)

    def squares(elements):
        return graph.add("ReduceSumSquare", elements, axes=[2], keepdims=1)

    signs = sign(a), sign(b)
    columns = {
        "sumA": total(a),
        "sumB": total(b),
        "squareA": squares(a),
        "squareB": squares(b),
        "dot": total(graph.add("Mul", a, b)),
        "squareDelta": squares(delta),
        "maxAbsDelta": graph.add("ReduceMax", graph.add("Abs", delta), axes=[2], keepdims=1),
        "equal": total(mask("Equal", a, b)),
        "sameSign": total(mask("Equal", *signs)),
        "nonzeroA": squares(signs[0]),
        "nonzeroB": squares(signs[1]),
    }
    graph.add("Concat", *(columns[name] for name in MOMENTS), axis=2, name="moments")


def build():
    graph = Graph()
    graph.constant("start", TensorProto.INT64, [0])
    graph.constant("end", TensorProto.INT64, [HEAD])
    graph.constant("rows", TensorProto.INT64, [1])
    graph.constant("columns", TensorProto.INT64, [2])
    graph.constant("zero", TensorProto.FLOAT, [0.0], shape=[])
    graph.constant("relativeFloor", TensorProto.FLOAT, [RELATIVE_FLOOR], shape=[])
    graph.constant("absoluteFloor", TensorProto.FLOAT, [ABSOLUTE_FLOOR], shape=[])

    delta = graph.add("Sub", "b", "a")
    a, b, change = (graph.add("Slice", block, "start", "end", "rows") for block in ("a", "b", delta))
    match(graph, a, b)
    graph.add("MatMul", change, graph.add("Transpose", change, perm=[0, 2, 1]), name="deltaGram")
    moments(graph, "a", "b", delta)

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs = [value("a", "P", "k", "n"), value("b", "P", "k", "n")]
    outputs = [value("match", "P", "h", "h"), value("deltaGram", "P", "h", "h"), value("moments", "P", "k", len(MOMENTS))]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "pair-statistics", inputs, outputs, initializer=graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="pedigree",
    )
    checker.check_model(model, full_check=True)
    shape_inference.infer_shapes(model, strict_mode=True)
    return model


if __name__ == "__main__":
    target = Path(__file__).parents[2] / "assets" / "pair-statistics.onnx"
    save(build(), target)
    print(f"{target.name}: {target.stat().st_size} bytes")
