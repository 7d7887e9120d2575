"""ONNX models written by hand, one for each thing that other libraries' files have in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

Node = Any
Weights = dict[str, Any]


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Node:
    """An operator, with the names of its inputs and outputs divided by spaces; - is an input that is left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(kind, names, output.split(), name=f"{kind}_{output.split()[-1]}", **attributes)


def model(
    nodes: Sequence[Node],
    weights: Weights,
    shape: Sequence[Any],
    *,
    opset: int = 17,
    outputs: Sequence[str] = ("y",),
    kind: int = TensorProto.FLOAT,
) -> Any:
    """A model whose input is x; of a shape with the batch."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return onnx.shape_inference.infer_shapes(proto)  # for the outputs, which a model must have a shape of


def saved(proto: Any, folder: Path) -> Path:
    path = folder / "m.onnx"
    onnx.save(proto, path)
    return path


def expected(proto: Any, x: Any) -> Any:
    """What the model computes: by onnxruntime where it is installed, else by onnx itself."""
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(proto).run(None, {"x": x})[0]  # type: ignore[index]
    return onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": x})[0]


class Case:
    """A model, the labels of the layers that it becomes, and the shape in which they take an example."""

    def __init__(self, proto: Any, labels: Sequence[str], shape: tuple[int, ...], loss: str = "regression") -> None:
        self.proto, self.labels, self.shape, self.loss = proto, list(labels), shape, loss


_rng = np.random.default_rng(0)


def w(*shape: int) -> Any:
    return (_rng.normal(size=shape) / np.sqrt(max(int(np.prod(shape[1:])), 1))).astype(np.float32)


def _mlp(ending: str | None = None) -> Any:
    weights = {"W": w(6, 5), "b": w(5), "V": w(3, 5), "c": w(3)}
    nodes = [
        node("MatMul", "x W", "z"),
        node("Add", "b z", "u"),
        node("Relu", "u", "a"),
        node("Gemm", "a V c", "v" if ending else "y", transB=1),
    ]
    return model([*nodes, *([node(ending, "v", "y")] if ending else [])], weights, ["n", 6])


def _conv_net(*, opset: int = 17, static: bool = False) -> Any:
    weights = {
        **{"W": w(4, 2, 3, 3), "b": w(4), "g": w(4), "h": w(4), "m": w(4), "v": np.abs(w(4)) + 0.5},
        **{"V": w(36, 3), "c": w(3), "s": np.array([1 if static else 0, -1])},
    }
    nodes = [
        node("Conv", "x W b", "z", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "z g h m v", "n", epsilon=1e-3),
        node("Relu", "n", "a"),
        node("MaxPool", "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", "p s", "f"),
        node("Gemm", "f V c", "y"),
    ]
    return model(nodes, weights, [1 if static else "n", 2, 6, 6], opset=opset)


def _channels_last() -> Any:
    """As Keras writes it: the input has channels last, and so has what is flattened."""
    weights = {"W": w(4, 2, 3, 3), "b": w(4, 1, 1), "V": w(64, 3)}
    nodes = [
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Conv", "t W", "z", auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Add", "z b", "u"),
        node("Sigmoid", "u", "s"),
        node("Mul", "u s", "a"),
        node("Transpose", "a", "l", perm=[0, 2, 3, 1]),
        node("Flatten", "l", "f"),
        node("MatMul", "f V", "y"),
    ]
    return model(nodes, weights, ["n", 8, 8, 2])


def _computed_shape() -> Any:
    """As PyTorch writes x.view(x.size(0), -1), with a normalization of what is flattened."""
    weights = {"W": w(3, 1, 3, 3), "zero": np.array(0), "rest": np.array([-1]), "axis": np.array([0])}
    weights |= {"g": w(48), "h": w(48), "V": w(2, 48), "c": w(2)}
    nodes = [
        node("Conv", "x W", "z"),
        node("Shape", "z", "sizes"),
        node("Gather", "sizes zero", "count"),
        node("Unsqueeze", "count axis", "first"),
        node("Concat", "first rest", "s", axis=0),
        node("Reshape", "z s", "f"),
        node("LayerNormalization", "f g h", "l"),
        node("Gemm", "l V c", "v", transB=1),
        node("Softmax", "v", "y"),
    ]
    return model(nodes, weights, ["n", 1, 6, 6])


def _shifted(shape: tuple[Any, ...], features: int) -> Any:
    """As Keras writes the normalization of a batch after something else than a product: less, times, plus."""
    ones = (1,) * (len(shape) - 1 - features)
    weights = {name: w(shape[features], *ones) for name in ("m", "s", "b")}
    nodes = [
        *((node("Conv", "x k", "z"), node("Tanh", "z", "a")) if len(shape) == 4 else [node("Tanh", "x", "a")]),
        *(node("Sub", "a m", "c"), node("Mul", "c s", "n"), node("Add", "b n", "t")),
        *(node("Flatten", "t", "f"), node("MatMul", "f W", "y")),
    ]
    size = int(np.prod(shape[1:]))
    return model(nodes, weights | {"W": w(size, 2), "k": w(3, 3, 1, 1)}, shape)


def _residual() -> Any:
    weights = {"W": w(3, 3, 3, 3), "V": w(5, 3, 3, 3), "U": w(5, 3, 1, 1), "c": w(5)}
    nodes = [
        node("Conv", "x W", "z", pads=[1, 1, 1, 1]),
        node("Relu", "z", "a"),
        node("Add", "a x", "r"),
        node("Conv", "r V c", "body", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Conv", "r U", "cut", strides=[2, 2]),
        node("Add", "cut body", "s"),
        node("GlobalAveragePool", "s", "p"),
        node("Flatten", "p", "y"),
    ]
    return model(nodes, weights, ["n", 3, 6, 6])


def _branches() -> Any:
    weights = {"W": w(4, 3, 1, 1), "V": w(5, 3, 3, 3), "axes": np.array([2, 3])}
    nodes = [
        node("Conv", "x W", "a"),
        node("Conv", "x V", "b", pads=[1, 1, 1, 1]),
        node("Concat", "a b", "c", axis=1),
        node("ReduceMean", "c", "y", axes=[2, 3], keepdims=0),
    ]
    return model(nodes, weights, ["n", 3, 4, 4])


def _not_nested() -> Any:
    weights = {"U": w(6, 6), "V": w(6, 6), "W": w(6, 6)}
    nodes = [
        node("MatMul", "x U", "z"),
        node("Tanh", "z", "a"),
        node("MatMul", "a V", "b"),
        node("Add", "b x", "c"),
        node("MatMul", "a W", "d"),
        node("Add", "c d", "e"),
        node("Add", "e a", "y"),
    ]
    return model(nodes, weights, ["n", 6])


def _three_branches() -> Any:
    weights = {"U": w(6, 6), "V": w(6, 6)}
    nodes = [node("MatMul", "x U", "a"), node("MatMul", "x V", "b"), node("Sum", "a b x", "y")]
    return model(nodes, weights, ["n", 6])


def _recurrent(kind: str, gates: int, direction: str, end: str) -> Any:
    count = 2 if direction == "bidirectional" else 1
    weights = {
        "W": w(count, gates * 4, 3),
        "R": w(count, gates * 4, 4),
        "B": w(count, 2 * gates * 4),
        "V": w(count * 4, 2),
    }
    weights |= {"last": np.array(-1), "shape": np.array([0, 0, -1])}
    settings = {"linear_before_reset": 1} if kind == "GRU" else {}
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),
        node(kind, "t W R B", "Y Y_h", hidden_size=4, direction=direction, **settings),
    ]
    if end == "all":
        nodes += [node("Transpose", "Y", "o", perm=[2, 0, 1, 3]), node("Reshape", "o shape", "h")]
    elif end == "last":
        nodes += [node("Squeeze", "Y one", "q"), node("Transpose", "q", "o", perm=[1, 0, 2])]
        nodes += [node("Gather", "o last", "h", axis=1)]
        weights["one"] = np.array([1])
    else:
        nodes += [node("Transpose", "Y_h", "o", perm=[1, 0, 2]), node("Flatten", "o", "h")]
    return model([*nodes, node("MatMul", "h V", "y")], weights, ["n", 5, 3])


def _words() -> Any:
    weights = {"E": w(9, 4), "V": w(4, 1), "c": w(1)}
    nodes = [
        node("Gather", "E x", "e"),
        node("ReduceMean", "e", "m", axes=[1], keepdims=0),
        node("Gemm", "m V c", "v"),
        node("Sigmoid", "v", "p"),
        node("Identity", "p", "y"),
    ]
    return model(nodes, weights, ["n", 7], kind=TensorProto.INT64)


def _pictures() -> Any:
    """What only works on pixels, and gives pictures."""
    weights = {"W": w(4, 2, 3, 3), "V": w(3, 4, 2, 2), "pads": np.array([0, 0, 0, 1, 0, 0, 2, 1]), "slope": w(4, 1, 1)}
    weights |= {"scales": np.array([1, 1, 2, 2], np.float32)}
    nodes = [
        node("Conv", "x W", "z", pads=[2, 2, 2, 2], dilations=[2, 2], group=1),
        node("PRelu", "z slope", "q"),
        node("AveragePool", "q", "p", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1),
        node(
            "Resize",
            "p - scales",
            "r",
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        node("Pad", "r pads", "d"),
        node("Conv", "d V", "y"),
    ]
    return model(nodes, weights, ["n", 2, 8, 8])


def _padded_maximum() -> Any:
    weights = {"W": w(4, 1, 3), "G": w(4), "H": w(4), "V": w(4, 2)}
    nodes = [
        node("Conv", "x W", "z", group=2),
        node("InstanceNormalization", "z G H", "i"),
        node("Relu", "i", "a"),
        node("MaxPool", "a", "p", kernel_shape=[3], strides=[2], pads=[1, 1]),
        node("GlobalMaxPool", "p", "g"),
        node("Flatten", "g", "f"),
        node("MatMul", "f V", "y"),
    ]
    return model(nodes, weights, ["n", 2, 12])


def _scaled() -> Any:
    """Constants that are multiplied and added: into the weights before them, and as a layer of factors."""
    weights = {"W": w(6, 5), "b": w(5), "s": w(5), "t": np.float32(2), "o": w(1, 5), "f": w(5), "one": np.float32(1)}
    nodes = [
        node("Gemm", "x W b", "z", alpha=0.5, beta=2.0),
        node("Mul", "z s", "u"),
        node("Sub", "u o", "v"),
        node("Div", "v t", "q"),
        node("Tanh", "q", "a"),
        node("Mul", "a f", "d"),
        node("Mul", "d one", "e"),
        node("Dropout", "e", "y"),
    ]
    return model(nodes, weights, ["n", 6])


CASES: dict[str, Callable[[], Case]] = {
    "dense": lambda: Case(_mlp(), ["Dense", "relu", "Dense"], (6,)),
    "softmax": lambda: Case(_mlp("Softmax"), ["Dense", "relu", "Dense"], (6,), "multiclass"),
    "sigmoid": lambda: Case(_mlp("Sigmoid"), ["Dense", "relu", "Dense"], (6,), "binary"),
    "counts": lambda: Case(_mlp("Exp"), ["Dense", "relu", "Dense"], (6,)),
    "convolution": lambda: Case(_conv_net(), ["Conv2D", "BatchNorm", "relu", "MaxPool", "Flatten", "Dense"], (6, 6, 2)),
    "batch of one in the file": lambda: Case(
        _conv_net(static=True), ["Conv2D", "BatchNorm", "relu", "MaxPool", "Flatten", "Dense"], (6, 6, 2)
    ),
    "channels last": lambda: Case(_channels_last(), ["Conv2D", "silu", "Flatten", "Dense"], (8, 8, 2)),
    "computed shape": lambda: Case(
        _computed_shape(), ["Conv2D", "Flatten", "LayerNorm", "Dense"], (6, 6, 1), "multiclass"
    ),
    "residual": lambda: Case(_residual(), ["Residual", "Residual", "GlobalAveragePool"], (6, 6, 3)),
    "branches": lambda: Case(_branches(), ["Concatenate", "GlobalAveragePool"], (4, 4, 3)),
    "not nested": lambda: Case(_not_nested(), ["Graph"], (6,)),
    "three branches": lambda: Case(_three_branches(), ["Graph"], (6,)),
    "words": lambda: Case(_words(), ["Embedding", "GlobalAveragePool", "Dense"], (7,), "binary"),
    "pictures": lambda: Case(
        _pictures(),
        ["Conv2D", "ParametricActivation", "ZeroPad", "AveragePool", "Upsample", "ZeroPad", "Conv2D"],
        (8, 8, 2),
    ),
    "padded maximum": lambda: Case(
        _padded_maximum(), ["Conv1D", "GroupNorm", "relu", "ZeroPad", "MaxPool", "MaxPool", "Flatten", "Dense"], (12, 2)
    ),
    "constants": lambda: Case(_scaled(), ["Dense", "tanh", "Scale", "Dropout"], (6,)),
    "shifted features": lambda: Case(_shifted(("n", 6), 1), ["tanh", "Dense", "Dense"], (6,)),
    "shifted steps": lambda: Case(_shifted(("n", 5, 3), 2), ["tanh", "Conv1D", "Flatten", "Dense"], (5, 3)),
    "shifted pictures": lambda: Case(
        _shifted(("n", 3, 4, 5), 1), ["Conv2D", "tanh", "Conv2D", "Flatten", "Dense"], (4, 5, 3)
    ),
}
for _kind, _gates in {"RNN": 1, "LSTM": 4, "GRU": 3}.items():
    for _direction in ("forward", "reverse", "bidirectional"):
        for _end in ("all", "last", "state")[:: 1 if _direction == "forward" else 2]:
            _label = f"Bidirectional {_kind}" if _direction == "bidirectional" else _kind
            CASES[f"{_kind} {_direction} {_end}"] = lambda k=_kind, g=_gates, d=_direction, e=_end, label=_label: Case(  # type: ignore[misc]
                _recurrent(k, g, d, e), [label, "Dense"], (5, 3)
            )
