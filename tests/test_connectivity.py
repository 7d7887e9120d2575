"""What the proofs of the table cannot see: errors, statistics, masks, work that is spared, patterns, training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, leaves
from chainrule.common.errors import InputError
from chainrule.layers import Layer
from chainrule.layers.connectivity import Concatenate, Residual
from chainrule.layers.graph import Graph
from chainrule.layers.random_dense import RandomDense, pattern
from tests.cases.form import TRAINING

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5))


class Cache(NamedTuple):
    x: Array


@dataclass(frozen=True)
class Mean(Layer):
    """Subtracts the batch's mean without regard to its gradient, and keeps a running one."""

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        return {"running_mean": np.zeros(input_shape, dtype)}, input_shape

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        return x - x.mean(axis=0), Cache(x)

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        return dy if input_gradient else None, {}

    def update_statistics(self, params: Params, cache: Any) -> Params:
        return {"running_mean": cache.x.mean(axis=0)}


@dataclass(frozen=True)
class NoBackward(Layer):
    """Has no parameters, and does not want to be asked for the gradient that nobody needs."""

    has_parameters = False

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        return {}, input_shape

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        return x, Cache(x)

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        raise AssertionError("backward was called")


@dataclass(frozen=True)
class NoInputGradient(cr.Dense):
    """Does not want to be asked for the gradient of its input."""

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        assert not input_gradient
        return super().backward(cache, dy, input_gradient=input_gradient)


def around(layer: Layer) -> list[Layer]:
    """The layer, which must keep the shape, in every composite and in all of them at once."""
    return [
        cr.Sequential([layer]),
        Residual(layer),
        Residual(cr.Identity(), shortcut=layer),
        Concatenate([None, layer]),
        Graph({"a": (layer, "input"), "b": ("add", ["a", "input"])}),
        Graph({"a": (Concatenate([Residual(cr.Sequential([layer]))]), "input")}),
    ]


def started(layer: Layer, shape: Shape = (5,)) -> Params:
    return layer.init(np.random.default_rng(1), shape, np.float64)[0]


def test_a_chain_graph_is_a_sequential() -> None:
    layers = [cr.Dense(8), cr.Dropout(0.3), cr.ReLU(), cr.Dropout(0.3), cr.Dense(3)]
    names = ["input", "a", "b", "c", "d", "e"]
    chain = Graph({name: (layer, before) for name, before, layer in zip(names[1:], names, layers, strict=False)})
    sequential = cr.Sequential(layers)
    results = []
    for layer in (chain, sequential):
        params = started(layer)
        y, cache = layer.forward(params, X, TRAINING)
        dx, grads = layer.backward(cache, np.cos(y))
        results.append([y, dx, *(g for _, g in leaves(grads)), layer.multiply_adds(params, (5,))])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("composite", around(Mean()), ids=str)
def test_running_statistics_are_updated_inside(composite: Layer) -> None:
    params = started(composite)
    (before,) = leaves(params)
    _, cache = composite.forward(params, X, TRAINING)
    ((path, mean),) = leaves(composite.update_statistics(params, cache))
    assert path == before[0] and not before[1].any()
    np.testing.assert_array_equal(mean, X.mean(axis=0))


@pytest.mark.parametrize("composite", around(NoBackward()), ids=str)
def test_nobody_computes_a_gradient_that_nobody_needs(composite: Layer) -> None:
    assert not composite.has_parameters
    for before in (composite, cr.Sequential([composite]), Graph({"before": (composite, "input")})):
        layers: list[Layer] = [
            cr.Sequential([before, NoInputGradient(3)]),
            Graph({"before": (before, "input"), "dense": (NoInputGradient(3), "before")}),
            Residual([before, NoInputGradient(5)], shortcut=[before, NoInputGradient(5)]),
            Concatenate([before, [before, NoInputGradient(5)]]),
        ]
        for layer in layers:
            assert layer.has_parameters
            y, cache = layer.forward(started(layer), X)
            dx, grads = layer.backward(cache, y, input_gradient=False)
            assert dx is None and dict(leaves(grads))
            with pytest.raises(AssertionError):
                layer.backward(cache, y)


@pytest.mark.parametrize(
    "twice",
    [
        Concatenate([cr.Dropout(0.5), cr.Dropout(0.5)]),
        Graph({"a": (cr.Dropout(0.5), "input"), "b": (cr.Dropout(0.5), "input"), "ab": ("concatenate", ["a", "b"])}),
    ],
    ids=["concatenate", "graph"],
)
def test_two_dropouts_drop_different_places(twice: Layer) -> None:
    y, _ = twice.forward(started(twice), np.ones((20, 5)), TRAINING)
    assert 20 < np.sum(y[:, :5] != y[:, 5:]) < 80


def test_a_residual_of_two_dropouts_drops_different_places() -> None:
    layer = Residual(cr.Dropout(0.5), shortcut=cr.Dropout(0.5))
    y, _ = layer.forward(started(layer), np.ones((20, 5)), TRAINING)
    assert set(y.ravel()) == {0, 2, 4}


def test_multiply_adds_are_the_sum_of_the_parts() -> None:
    for layer, expected in (
        (Residual([cr.Dense(4), cr.Dense(5)]), 20 + 20),
        (Residual(cr.Dense(3), shortcut=cr.Dense(3)), 15 + 15),
        (Concatenate([None, cr.Dense(4), cr.Dense(2)]), 20 + 10),
        (Graph({"a": (cr.Dense(4), "input"), "b": ("add", ["a", "a"]), "c": (cr.Dense(2), "b")}), 20 + 8),
        (RandomDense(8, 0.4, seed=0), 2 * 8),
    ):
        assert layer.multiply_adds(started(layer), (5,)) == expected


@pytest.mark.parametrize("composite", around(cr.Dense(5)), ids=str)
def test_composites_are_equal_by_value_and_rebuilt_from_their_fields(composite: Layer) -> None:
    assert type(composite)(**vars(composite)) == composite
    assert hash(composite) == hash(type(composite)(**vars(composite)))
    assert type(composite)(**vars(composite)) != Residual(cr.Dense(6))


# Residual and Concatenate


def image(filters: int, height: int, width: int) -> Layer:
    """Give every image the same shape, whatever it had."""

    @dataclass(frozen=True)
    class Image(Mean):
        def init(self, rng: Any, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
            return {}, (height, width, filters)

    return Image()


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            Residual([cr.Dense(8)]),
            (5,),
            r"adds its body's output \(8,\) to its input \(5,\): give shortcut=Dense\(8, bias=False\)\.",
        ),
        (Residual(cr.Dense(8)), (7, 5), r"give shortcut=Dense\(8, bias=False\)"),
        (
            Residual(image(8, 4, 3)),
            (8, 5, 6),
            r"\(4, 3, 8\) to its input \(8, 5, 6\): give shortcut=Conv2D\(8, 1, stride=2, bias=False\), "
            "which has the body's stride",
        ),
        (Residual(image(8, 4, 5)), (8, 5, 6), r"give a shortcut with the output \(4, 5, 8\)"),
        (Residual(cr.Flatten()), (2, 3), r"give a shortcut with the output \(6,\)"),
        (
            Residual(cr.Dense(8), shortcut=cr.Dense(7)),
            (5,),
            r"output \(8,\) to its shortcut's output \(7,\): make the shapes equal",
        ),
        (
            Concatenate([None, cr.Flatten()]),
            (4, 2),
            r"concatenate needs shapes that differ only in the last axis, but gets \(4, 2\), \(8,\)\.",
        ),
    ],
)
def test_branches_that_do_not_fit_are_rejected(layer: Layer, shape: Shape, text: str) -> None:
    with pytest.raises(InputError, match=text):
        started(layer, shape)


def test_concatenate_needs_a_body() -> None:
    with pytest.raises(InputError, match=r"Concatenate takes bodies as a list of bodies, .* but bodies=\[\]"):
        Concatenate([])


def test_thirty_layers_train_with_skip_connections_and_not_without() -> None:
    X, y = cr.datasets.spirals(300, seed=0)
    X_test, y_test = cr.datasets.spirals(600, seed=1)
    accuracy = {}
    for block in (Residual, cr.Sequential):
        last = "zeros" if block is Residual else "xavier"  # a residual block begins as the identity
        layers = [cr.Tanh(), cr.Dense(16, "xavier"), cr.Tanh(), cr.Dense(16, last)]
        body = [cr.Dense(16, "xavier"), *[block(layers)] * 14, cr.Tanh(), cr.Dense(3, "xavier")]
        network = cr.Network(body, "categorical_cross_entropy", seed=0)
        network.fit(X, y, epochs=60, batch_size=100, optimizer=cr.Momentum(lr=0.03), verbose=False)
        accuracy[block] = network.evaluate(X_test, y_test)["accuracy"]
    assert accuracy[Residual] > 0.9
    assert accuracy[cr.Sequential] < 0.6


# Graph

DENSE = cr.Dense(5)


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ({"a": (DENSE, "c"), "b": (DENSE, "a"), "c": ("add", ["b", "input"])}, "these do: a -> b -> c -> a"),
        ({"a": ("add", ["input", "a"])}, "these do: a -> a"),
        ({"a": (DENSE, "inptu")}, "node 'a' of the Graph uses 'inptu', which is none of input, a"),
        ({"a": (DENSE, "input"), "b": (DENSE, "a"), "c": (DENSE, "a")}, "here that are b, c: merge them, or remove"),
        ({}, r"Graph takes nodes as a dict .* but nodes=\{\}"),
        ({"input": (DENSE, "input")}, "'input' is the name of the Graph's input: give the node another name"),
        ([("a", DENSE, ["input"]), ("a", DENSE, ["input"])], "several are named 'a'"),
        ({"a.b": (DENSE, "input")}, "cannot be named 'a.b'"),
        ({"": (DENSE, "input")}, "cannot be named ''"),
        (
            {"a": (DENSE, ["input", "input"])},
            r"takes one input, but the node 'a' of the Graph has several \(input, input",
        ),
        (
            {"a": ("multiply", "input")},
            "'a' of the Graph takes operation as a layer, or 'add' or 'concatenate', but operation='multiply'",
        ),
        ({"a": (cr.Dense, "input")}, r"operation=Dense\. Write Dense\(\.\.\.\) with parentheses"),
        ({"a": ("add", [])}, "node 'a' of the Graph has no inputs"),
    ],
)
def test_graphs_that_cannot_be_are_rejected(nodes: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        Graph(nodes)


def test_an_error_in_a_node_names_it() -> None:
    graph = Graph({"a": (cr.Dense(3), "input"), "sum": ("add", ["a", "input"])})
    text = r"The node 'sum' of the Graph, with the inputs a, input: add needs .* same shape, but gets \(3,\), \(5,\)\."
    with pytest.raises(InputError, match=text):
        started(graph)


def test_a_graph_is_computed_in_order_however_it_was_written() -> None:
    written = {"c": (cr.Dense(2), "b"), "b": ("add", ["a", "input"]), "a": (cr.Dense(5), "input")}
    graph = Graph(written)
    assert [node[0] for node in graph.nodes] == ["a", "b", "c"]
    assert Graph(graph.nodes) == graph
    assert [path for path, _ in leaves(started(graph))] == ["a.W", "a.b", "c.W", "c.b"]


# RandomDense


def as_dense(layer: RandomDense, W: Array, n_in: int) -> Array:
    """The same weights with the zeros between them."""
    inputs = pattern(n_in, len(W), -(-layer.units // layer.group), layer.seed).inputs
    dense = np.zeros((n_in, layer.units))
    for unit in range(layer.units):
        dense[inputs[unit // layer.group], unit] = W[:, unit]
    return dense


@pytest.mark.parametrize(
    "layer", [RandomDense(70, 0.1, 3), RandomDense(8, 0.25, 3, group=1), RandomDense(12, 1.0, 3, group=4)], ids=str
)
def test_random_dense_is_a_dense_with_zeros(layer: RandomDense) -> None:
    x, params = RNG.standard_normal((6, 40)), started(layer, (40,))
    W = as_dense(layer, params["W"], 40)
    assert params["W"].size == np.count_nonzero(W) == layer.units * round(layer.density * 40)
    y, cache = layer.forward(params, x)
    expected, dense_cache = cr.Dense(layer.units).forward({"W": W, "b": params["b"]}, x)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    dx, grads = layer.backward(cache, y)
    dense_dx, dense_grads = cr.Dense(layer.units).backward(dense_cache, y)
    assert dx is not None and dense_dx is not None
    np.testing.assert_allclose(dx, dense_dx, atol=1e-12)
    np.testing.assert_allclose(as_dense(layer, grads["W"], 40), np.where(W, dense_grads["W"], 0), atol=1e-12)
    np.testing.assert_allclose(grads["b"], dense_grads["b"], atol=1e-12)


def test_with_density_one_it_is_dense() -> None:
    layer, x = RandomDense(12, 1.0, seed=5, group=5), X
    params = started(layer)
    np.testing.assert_allclose(layer.forward(params, x)[0], cr.Dense(12).forward(params, x)[0], atol=1e-12)


def test_the_pattern_is_the_same_everywhere() -> None:
    assert pattern(8, 3, 4, seed=0).inputs.tolist() == [[1, 2, 3], [0, 6, 7], [3, 4, 5], [0, 6, 7]]


@pytest.mark.parametrize(("n_in", "fan_in", "groups"), [(100, 5, 32), (7, 5, 9), (50, 3, 4), (6, 6, 2)])
def test_a_pattern_deals_all_inputs_evenly(n_in: int, fan_in: int, groups: int) -> None:
    inputs = pattern(n_in, fan_in, groups, seed=2).inputs
    assert all(len(set(hand)) == fan_in for hand in inputs.tolist())
    uses = np.bincount(inputs.ravel(), minlength=n_in)
    assert uses.max() - uses.min() <= 1
    assert (fan_in == n_in) == np.array_equal(inputs, pattern(n_in, fan_in, groups, seed=3).inputs)


def test_a_pattern_cannot_be_changed() -> None:
    for array in pattern(8, 3, 4, seed=0):
        assert not array.flags.writeable


def test_random_dense_starts_with_the_variance_of_its_connections() -> None:
    params, _ = RandomDense(500, 0.1, seed=0).init(np.random.default_rng(0), (400,))
    assert params["W"].dtype == np.float32
    assert np.var(params["W"]) == pytest.approx(2 / 40, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 0.1, 0), "RandomDense takes units as a whole number of at least 1, but units=0"),
        ((3, 0.1, 0, 0), "takes group, how many units share their inputs, as a whole .* at least 1, but group=0"),
        ((3, 0.0, 0), "share of the inputs .* as a number above 0 and of at most 1, but density=0.0"),
        ((3, 1.1, 0), "above 0 and of at most 1, but density=1.1"),
        ((3, float("nan"), 0), "density=nan"),
        ((3, 0.5, -1), "seed as a whole number of at least 0, but seed=-1"),
    ],
)
def test_random_dense_rejects_settings(arguments: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        RandomDense(*arguments)


def test_random_dense_rejects_other_inputs() -> None:
    layer = RandomDense(3, 0.5, seed=0)
    params = started(layer, (10,))
    text = r"W of shape \(5, 3\), read as \(fan_in, units\), does not fit an input of shape \(2, 20\): 20 features give"
    with pytest.raises(InputError, match=text):
        layer.forward(params, np.zeros((2, 20)))
