"""Networks from ONNX files: the same numbers, layers that train on, and errors that name what cannot be read."""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.errors import ChainruleError, FileFormatError, InputError, MissingExtraError
from chainrule.files import from_onnx

onnx = pytest.importorskip("onnx")
from tests.onnx_models import CASES, Case, expected, model, node, saved, w  # noqa: E402


def inputs(case: Case, count: int, seed: int = 0) -> tuple[Any, Any]:
    """Examples as the file takes them, and as the network does."""
    rng = np.random.default_rng([seed, count])
    value = case.proto.graph.input[0].type.tensor_type
    shape = [axis.dim_value for axis in value.shape.dim[1:]]
    if value.elem_type == onnx.TensorProto.INT64:
        x = rng.integers(0, 9, (count, *shape))
        return x, x
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    last = np.moveaxis(x, 1, -1)
    return x, x if x.shape[1:] == case.shape else last


def same(network: Any, case: Case, count: int) -> None:
    x, ours = inputs(case, count)
    fixed = case.proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    rows = np.split(x, count) if fixed else [x]
    y = np.concatenate([expected(case.proto, row) for row in rows])
    P = network.predict(ours)
    if P.shape != y.shape:
        P = np.moveaxis(P, -1, 1)
    assert P.shape == y.shape
    assert np.abs(P - y).max() <= 1e-5 * np.abs(y).max()


@pytest.mark.parametrize("name", CASES)
def test_a_network_from_a_file_gives_its_numbers_and_trains_on(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    network = from_onnx(saved(case.proto, tmp_path))
    assert [layer.label for layer in network.body.layers] == case.labels
    assert network.input_shape == case.shape
    assert network.loss.task == case.loss
    for count in (1, 7):
        same(network, case, count)
    _, X = inputs(case, 8, seed=1)
    P = network.predict(X)
    y = np.abs(P + 0.1 * np.random.default_rng(2).normal(size=P.shape))
    if network.loss.task == "multiclass":
        y = np.arange(8) % P.shape[-1]
    elif network.loss.task == "binary":
        y = (y > 0.5).astype(np.float32)
    before = dict(leaves(network.params))
    network.fit(X, y, epochs=1, batch_size=4, verbose=False)
    assert any((before[path] != p).any() for path, p in leaves(network.params))
    report = cr.gradcheck(network, X[:2], y[:2], max_entries=3)
    assert report, str(report)
    cr.save(network, tmp_path / "m.safetensors")
    assert np.array_equal(cr.load(tmp_path / "m.safetensors").predict(X), network.predict(X))


def _of_activation(nodes: list[Any], constants: dict[str, Any], opset: int) -> Any:
    weights = {"W": w(6, 5), "V": w(5, 2)} | {name: np.float32(value) for name, value in constants.items()}
    ends = [node("MatMul", "x W", "z"), *nodes, node("MatMul", "a V", "y")]
    return model(ends, weights, ["n", 6], opset=opset)


_ROOT, _HALF = {"c": math.sqrt(2)}, {"c": math.sqrt(0.5)}
ACTIVATIONS: dict[str, tuple[list[Any], dict[str, Any], int]] = {
    **{kind: ([node(kind, "z", "a")], {}, 18) for kind in ("Relu", "Tanh", "Sigmoid", "Softplus", "Softsign", "Selu")},
    "Mish": ([node("Mish", "z", "a")], {}, 18),
    "LeakyRelu": ([node("LeakyRelu", "z", "a", alpha=0.2)], {}, 17),
    "Elu": ([node("Elu", "z", "a", alpha=0.7)], {}, 17),
    "Gelu": ([node("Gelu", "z", "a")], {}, 20),
    "Gelu tanh": ([node("Gelu", "z", "a", approximate="tanh")], {}, 20),
    "Relu by Clip": ([node("Clip", "z zero", "a")], {"zero": 0}, 17),
    "Relu by Max": ([node("Max", "zero z", "a")], {"zero": 0}, 17),
    "softplus by a threshold": (
        [node("Greater", "z t", "g"), node("Softplus", "z", "s"), node("Where", "g z s", "a")],
        {"t": 20},
        17,
    ),
    "softplus by Log": ([node("Exp", "z", "e"), node("Add", "one e", "o"), node("Log", "o", "a")], {"one": 1}, 17),
    "softsign": ([node("Abs", "z", "e"), node("Add", "e one", "o"), node("Div", "z o", "a")], {"one": 1}, 17),
    "swish": ([node("Sigmoid", "z", "s"), node("Mul", "s z", "a")], {}, 17),
    "mish": ([node("Softplus", "z", "s"), node("Tanh", "s", "t"), node("Mul", "z t", "a")], {}, 17),
    "gelu by Erf": (
        [
            *(node("Div", "z c", "q"), node("Erf", "q", "e"), node("Add", "e one", "o")),
            *(node("Mul", "z o", "m"), node("Mul", "m h", "a")),
        ],
        _ROOT | {"one": 1, "h": 0.5},
        17,
    ),
    "gelu by Erf, halved first": (
        [
            *(node("Mul", "c z", "q"), node("Erf", "q", "e"), node("Add", "one e", "o")),
            *(node("Mul", "z h", "m"), node("Mul", "m o", "a")),
        ],
        _HALF | {"one": 1, "h": 0.5},
        17,
    ),
    "gelu by Tanh": (
        [
            *(node("Pow", "z three", "p"), node("Mul", "p k", "q"), node("Add", "z q", "s"), node("Mul", "s r", "i")),
            *(node("Tanh", "i", "t"), node("Add", "t one", "o"), node("Mul", "z h", "m"), node("Mul", "m o", "a")),
        ],
        {"three": 3, "k": 0.044715, "r": math.sqrt(2 / math.pi), "one": 1, "h": 0.5},
        17,
    ),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_one_layer_however_it_is_spelled(name: str, tmp_path: Path) -> None:
    nodes, constants, opset = ACTIVATIONS[name]
    case = Case(_of_activation(nodes, constants, opset), [], (6,))
    network = from_onnx(saved(case.proto, tmp_path))
    assert len(network.body.layers) == 3
    for count in (1, 7):
        same(network, case, count)


@pytest.mark.parametrize("root", ["Div", "Mul"])
@pytest.mark.parametrize("square", ["Mul", "Pow"])
@pytest.mark.parametrize("centered", [True, False])
def test_a_normalization_is_one_layer_if_it_is_spelled(root: str, square: str, centered: bool, tmp_path: Path) -> None:
    weights = {"two": np.float32(2), "eps": np.float32(1e-3), "one": np.float32(1), "g": w(6), "h": w(6)}
    d = "d" if centered else "x"
    nodes = [node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "d")] if centered else []
    nodes += [node("Pow", f"{d} two", "q") if square == "Pow" else node("Mul", f"{d} {d}", "q")]
    nodes += [node("ReduceMean", "q", "v", axes=[-1]), node("Add", "v eps", "e"), node("Sqrt", "e", "s")]
    nodes += (
        [node("Div", f"{d} s", "n")] if root == "Div" else [node("Reciprocal", "s", "r"), node("Mul", f"r {d}", "n")]
    )
    nodes += [node("Mul", "g n", "u"), node("Add", "u h", "y")] if centered else [node("Mul", "n g", "y")]
    case = Case(model(nodes, weights, ["n", 4, 6]), [], (4, 6))
    network = from_onnx(saved(case.proto, tmp_path))
    assert [layer.label for layer in network.body.layers] == ["LayerNorm" if centered else "RMSNorm"]
    for count in (1, 7):
        same(network, case, count)


def test_groups_are_normalized_as_pytorch_spells_it(tmp_path: Path) -> None:
    weights = {"s": np.array([0, 2, -1]), "ones": np.ones(2, np.float32), "zeros": np.zeros(2, np.float32)}
    weights |= {"back": np.array([0, 4, 3, 3]), "g": w(4, 1, 1), "h": w(4, 1, 1)}
    nodes = [
        node("Reshape", "x s", "r"),
        node("InstanceNormalization", "r ones zeros", "i", epsilon=1e-3),
        node("Reshape", "i back", "b"),
        node("Mul", "b g", "m"),
        node("Add", "m h", "y"),
    ]
    case = Case(model(nodes, weights, ["n", 4, 3, 3]), [], (3, 3, 4))
    network = from_onnx(saved(case.proto, tmp_path))
    assert network.body.layers == (cr.GroupNorm(2, 1e-3),)
    same(network, case, 7)


def test_a_loss_of_a_file_with_logits_can_be_named(tmp_path: Path) -> None:
    case = CASES["dense"]()
    network = from_onnx(saved(case.proto, tmp_path), loss="categorical_cross_entropy")
    x, _ = inputs(case, 7)
    Z = expected(case.proto, x)
    assert np.allclose(network.predict(x), np.exp(Z) / np.exp(Z).sum(1, keepdims=True), atol=1e-6)
    with pytest.raises(InputError, match="ends with Softmax, and loss='binary_cross_entropy'"):
        from_onnx(saved(CASES["softmax"]().proto, tmp_path), loss="binary_cross_entropy")


def test_probabilities_of_no_and_yes_become_that_of_yes(tmp_path: Path) -> None:
    weights = {"W": w(6, 1), "one": np.float32(1)}
    nodes = [node("MatMul", "x W", "z"), node("Sigmoid", "z", "p"), node("Sub", "one p", "q")]
    proto = model([*nodes, node("Concat", "q p", "y", axis=1)], weights, ["n", 6])
    network = from_onnx(saved(proto, tmp_path))
    x = w(7, 6)
    assert network.loss.task == "binary"
    assert np.allclose(network.predict(x), expected(proto, x)[:, 1:], atol=1e-6)


def test_the_last_axis_stays_the_last_if_it_has_one_number(tmp_path: Path) -> None:
    layers = [cr.LSTM(4, sequence=True, reverse=True), cr.Dense(1)]
    network = cr.Network(layers, "binary_cross_entropy", input_shape=(6, 3))
    cr.export.onnx(network, tmp_path / "m.onnx")
    again = from_onnx(tmp_path / "m.onnx", input_shape=(6, 3))
    assert again.output_shape == (6, 1)
    X = np.random.default_rng(0).normal(size=(5, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(again.predict(X), network.predict(X), rtol=1e-6)


def test_an_open_length_is_said_by_the_user(tmp_path: Path) -> None:
    proto = CASES["GRU forward state"]().proto
    proto.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "time"
    path = saved(proto, tmp_path)
    with pytest.raises(InputError, match=r"leaves sizes of its input 'x' open: \('time', 3\)"):
        from_onnx(path)
    with pytest.raises(InputError, match=r"but it is \(5, 4\)"):
        from_onnx(path, input_shape=(5, 4))
    assert from_onnx(path, input_shape=[9, 3]).input_shape == (9, 3)


def test_double_precision_stays(tmp_path: Path) -> None:
    proto = model([node("MatMul", "x W", "y")], {"W": w(6, 2).astype(np.float64)}, ["n", 6], kind=11)
    proto.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("y", 11, ["n", 2]))
    assert from_onnx(saved(proto, tmp_path)).dtype == np.float64


# What cannot be read is named.

_W = {"W": w(6, 6), "k": w(3, 3, 3, 3)}


def _refused(*nodes: Any, shape: Any = ("n", 6), weights: Any = None, **more: Any) -> Any:
    return model(nodes, _W if weights is None else weights, list(shape), **more)


_GRU = {"W": w(1, 12, 3), "R": w(1, 12, 4)}
REFUSED = {
    "an operator": (_refused(node("Sin", "x", "y")), r"its operator Sin \('Sin_y'\) is none .* Known are Add, Averag"),
    "a product": (
        _refused(node("Tanh", "x", "a"), node("MatMul", "x W", "b"), node("Mul", "a b", "y")),
        "multiplies two outputs",
    ),
    "a part of an axis": (
        _refused(node("Slice", "x s e a", "y"), weights={"s": np.array([0]), "e": np.array([3]), "a": np.array([1])}),
        "cuts a part out",
    ),
    "a constant": (
        _refused(node("Tanh", "x", "a"), node("Add", "a W", "y")),
        "layers have one number for each feature",
    ),
    "a long constant": (
        _refused(node("Tanh", "x", "a"), node("Add", "a b", "y"), shape=("n", 5000), weights={"b": np.ones(5000)}),
        "adds a constant to 5,000 features",
    ),
    "computed weights": (
        _refused(node("Tanh", "x", "a"), node("Gemm", "x a", "y", transB=1)),
        r"computes its input 1 \('a'\)",
    ),
    "the other GRU": (
        _refused(node("GRU", "x W R", "Y y", hidden_size=4), weights=_GRU, shape=(5, "n", 3)),
        "linear_before_reset=0",
    ),
    "lengths": (
        _refused(
            node("LSTM", "x W R - n", "Y y", hidden_size=4),
            weights={"W": np.ones((1, 16, 3)), "R": np.ones((1, 16, 4)), "n": np.array([5, 2], np.int32)},
            shape=(5, 2, 3),
        ),
        "ends before the last step of its sequences",
    ),
    "the batch": (_refused(node("ReduceMean", "x", "y", axes=[0]), opset=13), "pools over the batch"),
    "pads": (
        _refused(
            *(node("Conv", "x k", "c"), node("MaxPool", "c", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)),
            shape=("n", 3, 10, 10),
        ),
        r"has pads=\(\(1, 1\), \(1, 1\)\)",
    ),
    "an order": (
        _refused(
            *(node("Conv", "x k", "c"), node("Transpose", "c", "t", perm=[0, 1, 3, 2]), node("Conv", "t k", "y")),
            shape=("n", 3, 8, 9),
        ),
        r"operator Conv \('Conv_y'\) needs the axes of its input in an order",
    ),
    "two outputs": (
        _refused(node("Tanh", "x", "y"), node("Relu", "x", "z"), outputs=("y", "z")),
        r"2 outputs \(y, z\)",
    ),
    "a constant output": (_refused(node("Identity", "W", "y"), node("Tanh", "x", "z")), "it has 0 inputs"),
    "other weights": (
        _refused(node("Conv", "x k", "y"), shape=("n", 2, 8, 8)),
        r"needs weights of the shapes \{'W': \(3, 3, 2, 3\)\}",
    ),
    "a layer's own rule": (_refused(node("Conv", "x k", "y"), shape=("n", 3, 2, 2)), "Conv_y.*kernel.*covers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_has_is_named(name: str, tmp_path: Path) -> None:
    proto, match = REFUSED[name]
    path = saved(proto, tmp_path)
    with pytest.raises(FileFormatError, match=f"(?s){match}") as caught:
        from_onnx(path)
    assert str(path) in str(caught.value)


def test_damage_is_told_in_a_sentence(tmp_path: Path) -> None:
    content = saved(CASES["convolution"]().proto, tmp_path).read_bytes()
    path = tmp_path / "damaged.onnx"
    rng = np.random.default_rng(0)
    cut = [content[:length] for length in rng.integers(1, len(content), 20)]
    changed = []
    for place in rng.integers(0, len(content), 60):
        changed.append(content[:place] + bytes([rng.integers(256)]) + content[place + 1 :])
    refused = 0
    for damaged in itertools.chain(cut, changed):
        path.write_bytes(damaged)
        try:
            with np.errstate(all="ignore"):
                from_onnx(path)
        except ChainruleError:
            refused += 1
    assert refused >= 20  # each that is cut, and some others; a changed weight is a weight


def test_weights_in_another_file(tmp_path: Path) -> None:
    case = CASES["dense"]()
    path = tmp_path / "m.onnx"
    onnx.save(case.proto, path, save_as_external_data=True, location="m.data", size_threshold=0)
    assert (tmp_path / "m.data").stat().st_size > 100
    loaded = onnx.load(path)
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in loaded.graph.initializer}
    assert np.array_equal(from_onnx(path).params[0]["W"], weights["W"])
    (tmp_path / "m.data").write_bytes((tmp_path / "m.data").read_bytes()[:20])
    with pytest.raises(ChainruleError, match=r"truncated or damaged|cannot be read"):
        from_onnx(path)
    (tmp_path / "m.data").unlink()
    with pytest.raises(ChainruleError, match=r"truncated or damaged|cannot be read"):
        from_onnx(path)


def test_sizes_that_a_file_claims_take_no_memory(tmp_path: Path) -> None:
    weights = {"huge": np.array([2**40]), "W": w(6, 6)}
    nodes = [node("ConstantOfShape", "huge", "h"), node("MatMul", "x W", "z"), node("Add", "z h", "y")]
    proto = model(nodes, weights, ["n", 6])
    proto.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("y", 1, ["n", 6]))
    with pytest.raises(FileFormatError, match="would make 1099511627776 numbers"):
        from_onnx(saved(proto, tmp_path))


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    proto = model([node("MatMul", "x W", "y")], {"W": np.full((6, 2), np.nan, np.float32)}, ["n", 6])
    with pytest.raises(FileFormatError, match="W hold NaN"):
        from_onnx(saved(proto, tmp_path))


def test_what_is_no_file_or_no_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        from_onnx(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(FileFormatError, match="is no ONNX model"):
        from_onnx(tmp_path / "text.onnx")


def test_without_onnx_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(CASES["dense"]().proto, tmp_path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'chainrule\[onnx\]'"):
        from_onnx(path)
