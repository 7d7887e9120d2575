"""The five proofs of every equation, over the table of cases."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import chainrule as cr
from chainrule import layers
from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, leaves, map_leaves, replace_leaves
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.initializers import INITIALIZERS
from chainrule.equations.losses import LOSSES
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.layers import LAYERS, Layer
from chainrule.layers.base import path_kinds
from tests.cases import LAYER_CASES, LOSS_CASES
from tests.cases.form import LayerCase, LossCase
from tests.engines import TORCH_DEVICE, needs_torch

layer_cases = pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
loss_cases = pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}
ON_A_CARD = {np.float32: 1e-4, np.float64: 1e-10}
ON_TORCH = TOLERANCE if TORCH_DEVICE == "cpu" else ON_A_CARD
ON_JAX = TOLERANCE if jax.default_backend() == "cpu" else ON_A_CARD


def cast(tree: Any, dtype: Any, engine: Any = np) -> Any:
    """Return the arrays in another dtype (integers as they are) on another engine."""
    return map_leaves(lambda a: engine.asarray(a, dtype=dtype if a.dtype.kind == "f" else None), tree)


def trainable(case: LayerCase, params: Any) -> Any:
    """Return nested parameters or gradients by path, without running statistics."""
    kinds = path_kinds(case.layer, case.params())
    return {path: array for path, array in leaves(params) if kinds[path] != "statistic"}


def freeze(tree: Any) -> Any:
    for _, array in leaves(tree):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return tree


def upstream(y: Array) -> Array:
    return np.random.default_rng(11).standard_normal(y.shape)


def assert_same(actual: Any, expected: Any, dtype: Any, tolerance: Any = TOLERANCE) -> None:
    """The same structure, the same numbers to the dtype's tolerance, and the dtype kept."""
    actual, expected = ({path: a for path, a in leaves(tree) if a is not None} for tree in (actual, expected))
    assert actual.keys() == expected.keys()
    for path, a in actual.items():
        assert a.dtype == dtype, path
        scale = max(1.0, float(np.abs(expected[path]).max(initial=0)))
        np.testing.assert_allclose(a, expected[path], rtol=0, atol=tolerance[dtype] * scale, err_msg=path)


def run_layer(case: LayerCase, params: Any, x: Any, dy: Any) -> Any:
    y, cache = case.layer.forward(params, x, case.mode)
    return y, *case.layer.backward(cache, dy)


def layer_arguments(case: LayerCase, dtype: Any, engine: Any = np) -> tuple[Any, Any, Any]:
    y, _ = case.layer.forward(case.params(), case.input(), case.mode)
    return cast(case.params(), dtype, engine), cast(case.input(), dtype, engine), cast(upstream(y), dtype, engine)


def loss_arguments(case: LossCase, dtype: Any, engine: Any = np) -> tuple[Any, Any, Any]:
    weights = None if case.weights is None else engine.asarray(case.weights, dtype=dtype)
    return engine.asarray(case.logits(), dtype=dtype), engine.asarray(case.Y), weights


# 1. Central differences in float64 with a random upstream gradient.


@layer_cases
def test_layer_gradients_equal_central_differences(case: LayerCase) -> None:
    report = cr.gradcheck(case.layer, case.input(), params=case.params(), mode=case.mode, tolerance=1e-6)
    assert report, f"\n{report}"
    inputs = [path for path, a in leaves(case.input(), "x") if a.dtype.kind == "f"]
    assert [c.name for c in report.checks] == [*inputs, *trainable(case, case.params())]


@loss_cases
def test_loss_gradients_equal_central_differences(case: LossCase) -> None:
    report = cr.gradcheck(case.loss, case.logits(), case.Y, *([] if case.weights is None else [case.weights]))
    assert report, f"\n{report}"


# 2. jax.vjp of the forward alone.


@dtypes
@layer_cases
def test_layer_gradients_equal_jax_vjp(case: LayerCase, dtype: Any) -> None:
    params, x, dy = layer_arguments(case, dtype, jnp)
    _, dx, grads = run_layer(case, params, x, dy)
    _, vjp = jax.vjp(lambda params: case.layer.forward(params, x, case.mode)[0], params)
    assert_same(trainable(case, grads), trainable(case, vjp(dy)[0]), dtype)
    if not case.integers:
        _, vjp = jax.vjp(lambda x: case.layer.forward(params, x, case.mode)[0], x)
        assert_same(dx, vjp(dy)[0], dtype)


@dtypes
@loss_cases
def test_loss_gradients_equal_jax_grad(case: LossCase, dtype: Any) -> None:
    Z, Y, weights = loss_arguments(case, dtype, jnp)
    expected = jax.grad(lambda Z: case.loss(Z, Y, weights)[0])(Z)
    assert_same(case.loss(Z, Y, weights)[1], expected, dtype)


# 3. NumPy = JAX eager = JAX jit, and the dtype is kept.


@dtypes
@layer_cases
def test_layer_is_the_same_on_every_engine(case: LayerCase, dtype: Any) -> None:
    params, x, dy = layer_arguments(case, dtype)
    y, cache = case.layer.forward(params, x, case.mode)
    expected = (y, *case.layer.backward(cache, dy))
    on_jax = layer_arguments(case, dtype, jnp)
    eager = run_layer(case, *on_jax)
    jitted = jax.jit(lambda *arguments: run_layer(case, *arguments))(*on_jax)
    assert_same(jitted, eager, dtype, ON_JAX)
    if case.random:  # the masks differ, so compare the backward pass on NumPy's cache
        eager = (y, *case.layer.backward(jax.tree.map(jnp.asarray, cache), on_jax[2]))
    assert_same(eager, expected, dtype, ON_JAX)


@needs_torch
@dtypes
@layer_cases
def test_layer_is_the_same_on_pytorch(case: LayerCase, dtype: Any) -> None:
    """Those that draw, too: PyTorch gets the random numbers of NumPy."""
    from chainrule.arrays import pytorch

    arguments = params, x, dy = layer_arguments(case, dtype)
    *on_torch, mode = pytorch.beside((*arguments, case.mode), TORCH_DEVICE)
    tensors = run_layer(case._replace(mode=mode), *on_torch)
    assert_same(pytorch.numpy(tensors), run_layer(case, params, x, dy), dtype, ON_TORCH)
    assert not any(a.requires_grad for _, a in leaves(tensors) if a is not None)


@layer_cases
def test_layer_is_compiled_in_one_precision_after_the_other(case: LayerCase) -> None:
    """As when a network is fitted after another one: JAX keeps constants, such as indices, as they were first."""

    compiled = jax.jit(lambda params, x, dy: run_layer(case, params, x, dy))
    results = []
    for dtype in (np.float32, np.float64, np.float32):
        with jax.enable_x64(dtype == np.float64):
            results.append(compiled(*layer_arguments(case, dtype, jnp)))
    if not case.random:
        assert_same(results[0], results[1], np.float32)
    assert_same(results[2], results[0], np.float32)


@dtypes
@loss_cases
def test_loss_is_the_same_on_every_engine(case: LossCase, dtype: Any) -> None:
    expected = case.loss(*loss_arguments(case, dtype))
    on_jax = loss_arguments(case, dtype, jnp)
    assert_same(case.loss(*on_jax), expected, dtype, ON_JAX)
    assert_same(jax.jit(case.loss)(*on_jax), expected, dtype, ON_JAX)


@needs_torch
@dtypes
@loss_cases
def test_loss_is_the_same_on_pytorch(case: LossCase, dtype: Any) -> None:
    from chainrule.arrays import pytorch

    arguments = loss_arguments(case, dtype)
    result = pytorch.numpy(case.loss(*pytorch.beside(arguments, TORCH_DEVICE)))
    assert_same(result, case.loss(*arguments), dtype, ON_TORCH)


@layer_cases
def test_forward_and_backward_are_the_pair_that_custom_vjp_takes(case: LayerCase) -> None:
    params, x, dy = layer_arguments(case, np.float64, jnp)

    @jax.custom_vjp
    def output(params: Any) -> Any:
        return case.layer.forward(params, x, case.mode)[0]

    def backward(cache: Any, dy: Any) -> Any:
        grads = trainable(case, case.layer.backward(cache, dy)[1])
        return (replace_leaves(params, {path: grads.get(path, jnp.zeros_like(p)) for path, p in leaves(params)}),)

    output.defvjp(lambda params: case.layer.forward(params, x, case.mode), backward)
    (grads,) = jax.jit(lambda params, dy: jax.vjp(output, params)[1](dy))(params, dy)
    assert_same(trainable(case, grads), trainable(case, run_layer(case, params, x, dy)[2]), np.float64)


# 4. Inputs and caches are unchanged.


@layer_cases
def test_layer_changes_nothing_it_is_given(case: LayerCase) -> None:
    params, x, dy = (freeze(argument) for argument in layer_arguments(case, np.float64))
    _, cache = case.layer.forward(params, x, case.mode)
    freeze(cache)
    first, second = case.layer.backward(cache, dy), case.layer.backward(cache, dy)
    assert_same(first, second, np.float64)


@loss_cases
def test_loss_changes_nothing_it_is_given(case: LossCase) -> None:
    arguments = freeze(loss_arguments(case, np.float64))
    assert np.isfinite(case.loss(*arguments)[0])


@layer_cases
def test_input_gradient_false_changes_only_the_input_gradient(case: LayerCase) -> None:
    params, x, dy = layer_arguments(case, np.float64)
    _, cache = case.layer.forward(params, x, case.mode)
    dx, grads = case.layer.backward(cache, dy, input_gradient=False)
    assert dx is None
    assert_same(grads, case.layer.backward(cache, dy)[1], np.float64)


# 5. Broken backwards are rejected.


class Broken:
    """A layer whose backward was sabotaged; not a Layer, as a user's own class would not be."""

    def __init__(self, layer: Layer, sabotage: Callable[[Any, Any, Array], Any], memory: dict[bytes, Any]) -> None:
        self.layer, self.sabotage, self.memory = layer, sabotage, memory

    def init(self, rng: np.random.Generator, input_shape: Shape) -> tuple[Params, Shape]:
        return self.layer.init(rng, input_shape)

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        """Return what the layer returns, remembered: every sabotage is checked at the same points."""
        point = b"".join(a.tobytes() for _, a in leaves((params, x)))
        if point not in self.memory:
            y, cache = self.layer.forward(params, x, mode)
            self.memory[point] = y.copy(), cache  # gradcheck changes x in place, and y may be x
        return self.memory[point]  # type: ignore[no-any-return]

    def backward(self, cache: Any, dy: Array) -> tuple[Array, Params]:
        result: tuple[Array, Params] = self.sabotage(self.layer, cache, dy)
        return result


def one_leaf(index: int, change: Callable[[Array], Array]) -> Callable[[Any, Any, Array], Any]:
    def sabotage(layer: Layer, cache: Any, dy: Array) -> Any:
        counter = iter(range(1000))
        gradients = layer.backward(cache, dy)
        return map_leaves(lambda g: change(g) if next(counter) == index and g is not None else g, gradients)

    return sabotage


def sabotages(gradients: int) -> dict[str, Callable[[Any, Any, Array], Any]]:
    broken: dict[str, Callable[[Any, Any, Array], Any]] = {
        "zeros": lambda layer, cache, dy: map_leaves(
            lambda g: None if g is None else np.zeros_like(g), layer.backward(cache, dy)
        ),
        "upstream ignored": lambda layer, cache, dy: layer.backward(cache, np.ones_like(dy)),
        "half of the batch dropped": lambda layer, cache, dy: layer.backward(
            cache, dy * (np.arange(len(dy)) < len(dy) // 2).reshape(-1, *[1] * (dy.ndim - 1))
        ),
    }
    for i in range(gradients):
        broken[f"gradient {i} dropped"] = one_leaf(i, np.zeros_like)
        broken[f"gradient {i} doubled"] = one_leaf(i, lambda g: 2 * g)
        broken[f"gradient {i} is NaN in one place"] = one_leaf(
            i, lambda g: np.where(np.arange(g.size).reshape(g.shape) == 0, np.nan, g)
        )
    return broken


@pytest.mark.slow
@layer_cases
def test_broken_layers_are_rejected(case: LayerCase) -> None:
    _, *gradients = run_layer(case, *layer_arguments(case, np.float64))
    memory: dict[bytes, Any] = {}
    for name, sabotage in sabotages(len(list(leaves(tuple(gradients))))).items():
        if case.flat and "NaN" not in name:
            continue  # all of these give the zeros that are right for the step function
        if case.integers and "gradient 0" in name:
            continue  # whole numbers have no gradient to break
        broken = Broken(case.layer, sabotage, memory)
        report = cr.gradcheck(broken, case.input(), params=case.params(), mode=case.mode)
        assert not report, f"{name}\n{report}"


MISTAKES: dict[str, tuple[str, Callable[[Array, Array], Array]]] = {
    "relu: 1 instead of dA": ("relu", lambda dA, A: np.where(A > 0, 1.0, 0.0)),
    "relu: mask of dA": ("relu", lambda dA, A: dA * (dA > 0)),
    "sigmoid: slope at A": ("sigmoid", lambda dA, A: dA * cr.activations.sigmoid(A) * (1 - cr.activations.sigmoid(A))),
    "sigmoid: dA forgotten": ("sigmoid", lambda dA, A: A * (1 - A)),
    "tanh: slope of the sigmoid": ("tanh", lambda dA, A: dA * A * (1 - A)),
    "softmax: only the diagonal": ("softmax", lambda dA, A: dA * A * (1 - A)),
    "softmax: zero": ("softmax", lambda dA, A: A * (dA - dA)),
    "log-softmax: sum dropped": ("log_softmax", lambda dA, A: dA - np.exp(A) * dA),
    "silu: product rule forgotten": ("silu", lambda dA, Z: dA * cr.activations.sigmoid(Z)),
    "softsign: not squared": ("softsign", lambda dA, Z: dA / (1 + abs(Z))),
    "selu: scale forgotten": ("selu", lambda dA, Z: cr.activations.elu_backward(dA, Z, 1.6732632423543772)),
    "mish: product rule forgotten": ("mish", lambda dA, Z: dA * np.tanh(np.log1p(np.exp(Z)))),
    "elu: slope without alpha's branch": ("elu", lambda dA, Z: dA * (Z > 0)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_known_mistakes_are_rejected(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, wrong = MISTAKES[mistake]
    (case,) = [case for case in LAYER_CASES if case.name == name]
    monkeypatch.setitem(ACTIVATIONS, name, ACTIVATIONS[name]._replace(backward=lambda dA, kept, **_: wrong(dA, kept)))
    assert not cr.gradcheck(case.layer, case.input())


@loss_cases
def test_broken_losses_are_rejected(case: LossCase) -> None:
    class BrokenLoss(type(case.loss)):  # type: ignore[misc]
        factor: float

        def __call__(self, Z: Any, Y: Any, weights: Any = None) -> Any:
            J, dZ = super().__call__(Z, Y, weights)
            return J, dZ * type(self).factor

    arguments = [case.logits(), case.Y, *([] if case.weights is None else [case.weights])]
    for factor in (0.0, -1.0, 2.0, 1 / len(case.Y), 1 + 1e-5, np.nan):
        BrokenLoss.factor = factor
        assert not cr.gradcheck(BrokenLoss(), *arguments), factor


# The table is complete, and every entry says its equation and its source.


def test_every_public_equation_is_in_the_table() -> None:
    tested = {type(case.layer) for case in LAYER_CASES}
    assert tested == set(LAYERS.values()), "tests/cases/ has no case of it"
    assert tested == {c for _, c in inspect.getmembers(layers, inspect.isclass) if issubclass(c, Layer)} - {Layer}
    assert {case.layer.function for case in LAYER_CASES if isinstance(case.layer, cr.Activation)} == set(ACTIVATIONS)
    assert {type(case.loss) for case in LOSS_CASES} == set(LOSSES.values())


EQUATIONS = [*LAYERS.values(), *(a.value for a in ACTIVATIONS.values()), *LOSSES.values(), *OPTIMIZERS.values()]


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.__name__)
def test_every_equation_is_written_down_with_its_source(equation: Any) -> None:
    text = inspect.getdoc(equation) or ""
    assert ".. math::" in text
    assert "References\n----------\n" in text


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_says_its_distribution_and_use(name: str) -> None:
    text = inspect.getdoc(INITIALIZERS[name]) or ""
    assert ".. math::" in text and ": for " in text
