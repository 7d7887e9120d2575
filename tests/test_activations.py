"""Values of the activations, and that no finite input breaks them."""

from __future__ import annotations

import importlib
import inspect
import math
import pickle
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.equations.activations import ACTIVATIONS
from tests.reference.compare import assert_equals_pytorch

Z = np.array([-3.0, -0.5, 0.0, 0.5, 3.0])
TEXTBOOK: dict[str, Callable[[float], float]] = {
    "step": lambda z: 1.0 if z > 0 else 0.0,
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * (math.exp(z) - 1)),
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "gelu_exact": lambda z: z * math.erfc(-z / math.sqrt(2)) / 2,
    "silu": lambda z: z / (1 + math.exp(-z)),
    "mish": lambda z: z * math.tanh(math.log(1 + math.exp(z))),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_value_is_the_textbook_formula(name: str) -> None:
    tolerance = 5e-4 if name == "gelu" else 1e-14  # gelu is the tanh form, which is that close to the exact one
    expected = [TEXTBOOK[name](z) for z in Z.tolist()]
    np.testing.assert_allclose(ACTIVATIONS[name].value(Z), expected, rtol=0, atol=tolerance)


def test_softmax_is_the_textbook_formula() -> None:
    E = np.exp(Z)
    np.testing.assert_allclose(cr.activations.softmax(Z), E / E.sum(), rtol=1e-14)
    np.testing.assert_allclose(cr.activations.log_softmax(Z), np.log(E / E.sum()), rtol=1e-14)


def test_every_activation_is_tested_here() -> None:
    assert {*TEXTBOOK, "softmax", "log_softmax"} == set(ACTIVATIONS)


def test_saturated_values_are_exact() -> None:
    far = np.array([1000.0, -1000.0])
    assert cr.activations.sigmoid(far).tolist() == [1.0, 0.0]
    assert cr.activations.softplus(far).tolist() == [1000.0, 0.0]
    assert cr.activations.softmax(np.array([1e4, 0.0, 1e4])).tolist() == [0.5, 0.0, 0.5]
    assert cr.activations.log_softmax(np.array([1e4, 0.0])).tolist() == [0.0, -1e4]
    assert cr.activations.sigmoid(np.array([-700.0]))[0] == pytest.approx(math.exp(-700), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_finite_input_is_fine(name: str, dtype: Any, data: st.DataObject) -> None:
    largest = float(np.finfo(dtype).max)
    if "softmax" in name or name == "selu":
        largest /= 2  # differences, or 1.05 times the number, must be finite, too
    numbers = st.floats(-largest, largest, width=32 if dtype == np.float32 else 64)
    far = data.draw(arrays(dtype, (2, 3), elements=numbers))
    value, backward, keeps = ACTIVATIONS[name]
    A = value(far)  # pytest turns any floating-point warning into an error
    dZ = backward(np.ones_like(far), far if keeps == "Z" else A)
    assert np.isfinite(A).all() and np.isfinite(dZ).all()
    assert A.dtype == dZ.dtype == dtype
    if name == "softmax":
        np.testing.assert_allclose(A.sum(axis=-1), 1, rtol=1e-6)


def normal_distribution(z: float) -> float:
    """From the C library's erfc, with what rounding its argument loses put back."""
    exact = -np.longdouble(z) / np.sqrt(np.longdouble(2))
    x = float(exact)
    return (math.erfc(x) - 2 / math.sqrt(math.pi) * math.exp(-x * x) * float(exact - x)) / 2


@pytest.mark.parametrize("engine", [np, jnp])
@pytest.mark.parametrize(("dtype", "lowest"), [(np.float32, -12.9), (np.float64, -37.3)])
def test_exact_gelu_keeps_its_digits_in_the_tail(dtype: Any, lowest: float, engine: Any) -> None:
    tiny = np.geomspace(1e-12, 1, 50)
    z = np.concatenate([np.linspace(lowest, 9, 4001), tiny, -tiny]).astype(dtype)
    x = z.astype(np.longdouble)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.longdouble(np.pi))
    probability = np.array([normal_distribution(float(number)) for number in z])
    value, backward, _ = ACTIVATIONS["gelu_exact"]
    A, dZ = value(engine.asarray(z)), backward(engine.ones(len(z), dtype=dtype), engine.asarray(z))
    assert A.dtype == dZ.dtype == dtype
    np.testing.assert_allclose(np.asarray(A, np.longdouble), x * probability, rtol=5 * np.finfo(dtype).eps, atol=0)
    error = abs(np.asarray(dZ, np.longdouble) - (probability + x * density))
    assert (error / (probability + abs(x) * density)).max() < 5 * np.finfo(dtype).eps


def test_gelu_takes_the_usual_argument() -> None:
    assert cr.GELU() == cr.GELU(approximate=True) == cr.Activation("gelu")
    assert cr.GELU(approximate=False) == cr.Activation("gelu_exact")


@pytest.mark.parametrize("layer", [cr.Softsign(), cr.SELU(), cr.Mish()], ids=lambda layer: layer.label)
def test_value_and_slope_equal_those_of_pytorch(layer: cr.Activation) -> None:
    assert_equals_pytorch("layers.npz", layer.label, layer)


def test_selu_keeps_mean_0_and_variance_1() -> None:
    A = cr.activations.selu(np.random.default_rng(0).standard_normal(10**6))
    assert abs(A.mean()) < 0.003
    assert A.var() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mish_keeps_its_digits_far_out(dtype: Any) -> None:
    """Where tanh(softplus) is 1, and where it is no more than e^Z; its slope is T + Z s (1 - T^2)."""
    assert cr.activations.mish(dtype([20.5, 1e30])).tolist() == dtype([20.5, 1e30]).tolist()
    z = np.array([-60.0, -20.0, -3.0, 0.5, 19.0])
    T, s = np.expm1(2 * np.log1p(np.exp(z))) / (np.exp(2 * np.log1p(np.exp(z))) + 1), 1 / (1 + np.exp(-z))
    rtol = 20 * np.finfo(dtype).eps
    np.testing.assert_allclose(cr.activations.mish(z.astype(dtype)), z * T, rtol=rtol)
    slopes = cr.activations.mish_backward(np.ones(5, dtype), z.astype(dtype))
    np.testing.assert_allclose(slopes, T + z * s / np.cosh(np.log1p(np.exp(z))) ** 2, rtol=rtol)


def test_softmax_does_not_care_about_a_shift() -> None:
    rows = np.random.default_rng(0).standard_normal((4, 3))
    np.testing.assert_allclose(cr.activations.softmax(rows), cr.activations.softmax(rows + 50), rtol=1e-12)


def test_each_row_has_its_own_softmax() -> None:
    rows = np.array([[0.0, 1.0], [1000.0, 1001.0]])
    first, second = cr.activations.softmax(rows)
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_wrong_names_and_parameters_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"Activation takes function as 'step', 'identity', .* but function='rleu'\. Write 'relu'\."
    ):
        cr.Activation("rleu")
    with pytest.raises(InputError, match=r"relu has no alpha, but alpha=0.1; leaky_relu and elu have one"):
        cr.Activation("relu", 0.1)


NAMED = [name for name in dir(cr.layers) if inspect.isfunction(getattr(cr.layers, name))]


@pytest.mark.parametrize("name", NAMED)
def test_named_layers_are_the_activations(name: str) -> None:
    layer = getattr(cr, name)()
    assert layer.function.replace("_", "") == name.lower()
    np.testing.assert_array_equal(layer.forward({}, Z)[0], ACTIVATIONS[layer.function].value(Z))
    assert pickle.loads(pickle.dumps(getattr(cr, name))) is getattr(cr, name)


def test_every_activation_has_a_named_layer() -> None:
    named = {getattr(cr, name)().function for name in NAMED} | {"gelu_exact"}  # GELU makes both
    assert named == set(ACTIVATIONS), "its layer's name is missing in layers/__init__.pyi"
    with pytest.raises(AttributeError, match=r"module 'chainrule.layers.activation' has no attribute 'ReLU6'"):
        importlib.import_module("chainrule.layers.activation").ReLU6  # noqa: B018 - the access is the test
