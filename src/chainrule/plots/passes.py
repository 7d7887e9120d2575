"""A forward and a backward pass, layer by layer, for pictures of what is inside of a network."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from chainrule.arrays import Array, Mode, Params
from chainrule.network import Network


def outputs(network: Network, X: NDArray[Any]) -> list[Array]:
    """Return what each layer makes of inputs, in inference."""
    results = []
    for layer, params in zip(network.body.layers, network.params, strict=True):
        X, _ = layer.forward(params, X)
        results.append(X)
    return results


def loss_and_gradients(network: Network, X: NDArray[Any], Y: NDArray[Any]) -> tuple[float, Params]:
    """Return the loss of examples and its gradients for all parameters, as in a step of training."""
    Z, cache = network.body.forward(network.params, X, Mode(training=True, key=(network.seed,)))
    loss, dZ = network.loss(Z, Y)
    _, gradients = network.body.backward(cache, dZ, input_gradient=False)
    return float(loss), gradients
