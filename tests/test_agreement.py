"""The lesson's functions and the core library compute the same numbers, one laid out as the other's transpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import book, stepwise
from chainrule.equations.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
DIMS = [5, 4, 3, 1]
X = RNG.standard_normal((5, 7))
Y = np.array([[0, 1, 1, 0, 1, 0, 0]])
START = stepwise.initialize_parameters_deep(DIMS, seed=3)
PARAMETERS = {name: p + 0.1 * RNG.standard_normal(p.shape) for name, p in START.items()}


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def network(parameters: dict[str, Any]) -> cr.Network:
    net = cr.Network.mlp(DIMS, dtype=np.float64)
    for i in range(1, len(DIMS)):
        net.params[2 * (i - 1)]["W"][:] = parameters[f"W{i}"].T
        net.params[2 * (i - 1)]["b"][:] = parameters[f"b{i}"][:, 0]
    return net


def test_forward_cost_and_backward() -> None:
    AL, caches = stepwise.L_model_forward(X, PARAMETERS)
    grads = stepwise.L_model_backward(AL, Y, caches)
    net = network(PARAMETERS)
    close(net.predict(X.T), AL.T)
    Z, cache = net.body.forward(net.params, X.T)
    J, dZ = net.loss(Z, Y.T)
    close(J, stepwise.compute_cost(AL, Y))
    dX, core = net.body.backward(cache, dZ)
    close(dX * X.shape[1], grads["dA0"].T)  # the lesson divides by m in linear_backward, the core in the loss
    for i in range(1, len(DIMS)):
        close(core[2 * (i - 1)]["W"], grads[f"dW{i}"].T)
        close(core[2 * (i - 1)]["b"], grads[f"db{i}"][:, 0])


def test_many_steps_of_training() -> None:
    parameters, costs = stepwise.L_layer_model(X, Y, DIMS, learning_rate=0.1, num_iterations=201, seed=3)
    net = network(START)
    history = net.fit(X.T, Y[0], epochs=201, batch_size=7, optimizer=cr.SGD(0.1), verbose=False)
    np.testing.assert_allclose(history["loss"][::100], costs, rtol=1e-9)
    np.testing.assert_allclose(net.params[0]["W"], parameters["W1"].T, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["sigmoid", "relu", "tanh", "softmax"])
def test_activations_and_their_backwards(name: str) -> None:
    Z, dA = RNG.standard_normal((2, 4, 6))
    A, cache = getattr(stepwise, name)(Z)
    value, backward, _ = ACTIVATIONS[name]
    close(value(Z.T), A.T)
    close(backward(dA.T, value(Z.T)), getattr(stepwise, f"{name}_backward")(dA, cache).T)


@pytest.mark.parametrize("name", ["sigmoid", "relu", "softmax"])
def test_the_books_activations(name: str) -> None:
    Z = RNG.standard_normal((4, 6))
    close(getattr(book, name)(Z), ACTIVATIONS[name].value(Z))


def test_the_books_network_in_the_core() -> None:
    weights = book.init_network()
    net = cr.Network.mlp([2, 3, 2, 2], hidden="sigmoid", loss="mean_squared_error", dtype=np.float64)
    for i in (1, 2, 3):
        net.params[2 * (i - 1)]["W"][:], net.params[2 * (i - 1)]["b"][:] = weights[f"W{i}"], weights[f"b{i}"]
    x = np.array([[1.0, 0.5], [0.1, 0.5]])
    close(net.predict(x), book.forward(weights, x))
    np.testing.assert_allclose(net.predict(x[:1]), [[0.31682708, 0.69627909]], atol=5e-9)
