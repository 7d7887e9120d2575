"""The layers for tables: how they start, at which rate they learn, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.layers import Layer

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 400))


def started(layer: Layer, features: int) -> Any:
    return layer.init(np.random.default_rng(1), (features,), np.float64)[0]


def test_they_start_as_what_they_stand_for() -> None:
    np.testing.assert_allclose(cr.Scale(6.0).forward(started(cr.Scale(6.0), 400), X)[0], X, rtol=1e-15)
    soft = cr.ParametricActivation("mish", rate=0.1)
    np.testing.assert_allclose(soft.forward(started(soft, 400), X)[0], cr.activations.mish(X), rtol=0, atol=1e-14)
    last = cr.NTKDense(3, zero=True)
    assert not last.forward(started(last, 400), X)[0].any()


def test_dense_layers_of_any_width_start_with_unit_weights_and_outputs() -> None:
    layer = cr.NTKDense(500, bias_rate=0.1)
    params = started(layer, 400)
    assert params["W"].std() == pytest.approx(1, abs=0.01)
    assert (0.1 * params["b"]).std() == pytest.approx(1, abs=0.1)
    assert (layer.forward(params, X)[0] - 0.1 * params["b"]).std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("layer", "of_rate", "name"),
    [
        (cr.Scale(), cr.Scale(6.0), "s"),
        (cr.NTKDense(3), cr.NTKDense(3, bias_rate=0.1), "b"),
        (cr.ParametricActivation("selu"), cr.ParametricActivation("selu", rate=0.1), "a"),
    ],
    ids=["scale", "bias", "share"],
)
def test_a_rate_is_what_the_learning_rate_of_adam_is_multiplied_by(layer: Layer, of_rate: Layer, name: str) -> None:
    """A step with the layer's rate is one of a plain layer with that many times the learning rate."""
    rate = {"s": 6.0, "b": 0.1, "a": 0.1}[name]
    Y = RNG.standard_normal((6, 3 if name == "b" else 400))

    def stepped(layer: Layer, lr: float, factor: float) -> Array:
        params = started(layer, 400)
        _, cache = layer.forward(params, X)
        _, grads = layer.backward(cache, Y)
        rule = cr.Adam(lr, epsilon=1e-15)
        p, _ = rule.rule(params[name], grads[name], rule.init(params[name]), 1)
        return factor * (p - params[name])

    np.testing.assert_allclose(stepped(of_rate, 0.01, rate), stepped(layer, 0.01 * rate, 1.0), rtol=1e-9)


@pytest.mark.parametrize("layer", [cr.Scale(), cr.NTKDense(3), cr.ParametricActivation("selu")])
def test_another_number_of_features(layer: Layer) -> None:
    with pytest.raises(InputError, match=rf"{layer.label} expects 5 features, but the input has shape \(4, 6\)\."):
        layer.forward(started(layer, 5), np.ones((4, 6)))


def test_shares_are_for_activations_of_single_numbers() -> None:
    with pytest.raises(
        InputError, match=r"ParametricActivation takes function as 'step', .*'softsign', but function='softmax'"
    ):
        cr.ParametricActivation("softmax")
