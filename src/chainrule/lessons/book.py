"""The three-layer network of the book, rows as examples, and its use on handwritten digits.

The functions have the names they have in the notes on "Deep Learning from Scratch" (Koki Saitoh, chapter 3):
layers of sigmoid units, ``Z = X W + b`` with ``W`` of shape ``(n_in, n_out)``, an identity or a softmax output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError

Array: TypeAlias = NDArray[Any]


def step_function(x: Array) -> NDArray[np.int_]:
    """1 where ``x > 0``, else 0."""
    return np.where(x > 0, 1, 0)


def sigmoid(x: Array) -> Array:
    r"""Logistic function :math:`1 / (1 + e^{-x})`, written as :math:`(1 + \tanh(x/2)) / 2`, which cannot overflow."""
    y: Array = 0.5 * (1 + np.tanh(0.5 * x))
    return y


def relu(x: Array) -> Array:
    r"""Rectifier :math:`\max(0, x)`."""
    return np.maximum(0, x)


def identity_function(x: Array) -> Array:
    """``x`` itself: the output of a network that predicts values."""
    return x


def softmax(x: Array) -> Array:
    r"""Probabilities from scores, for one example ``(n,)`` or for every row of a batch ``(m, n)``.

    .. math:: y_k = \frac{e^{x_k - \max x}}{\sum_i e^{x_i - \max x}}

    Examples
    --------
    >>> softmax(np.array([1010.0, 1000.0, 990.0])).round(6)
    array([9.99955e-01, 4.50000e-05, 0.00000e+00])
    """
    with np.errstate(over="ignore"):  # a difference beyond the largest float is -inf, and e^-inf = 0 is right
        e = np.exp(x - x.max(axis=-1, keepdims=True))
    y: Array = e / e.sum(axis=-1, keepdims=True)
    return y


def init_network() -> dict[str, Array]:
    """Weights of the book's example: 2 inputs, 3 and 2 hidden units, 2 outputs."""
    return {
        "W1": np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
        "b1": np.array([0.1, 0.2, 0.3]),
        "W2": np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
        "b2": np.array([0.1, 0.2]),
        "W3": np.array([[0.1, 0.3], [0.2, 0.4]]),
        "b3": np.array([0.1, 0.2]),
    }


def forward(network: Mapping[str, Array], X: Array) -> Array:
    """Values of the three-layer network: sigmoid, sigmoid, identity.

    Parameters
    ----------
    network
        ``W1, b1, W2, b2, W3, b3``, with ``W (n_in, n_out)`` and ``b (n_out,)``.
    X
        One example ``(n,)`` or a batch ``(m, n)``.

    Examples
    --------
    >>> forward(init_network(), np.array([1.0, 0.5]))
    array([0.31682708, 0.69627909])
    """
    return identity_function(_scores(network, X))


def predict(network: Mapping[str, Array], x: Array) -> Array:
    """Probability of every class by the three-layer network: sigmoid, sigmoid, softmax.

    ``network`` as in `forward`; ``x`` is one image ``(784,)`` or a batch ``(m, 784)`` for the book's digit weights.
    """
    return softmax(_scores(network, x))


def _scores(network: Mapping[str, Array], x: Array) -> Array:
    _check(network, x)
    z1 = sigmoid(np.dot(x, network["W1"]) + network["b1"])
    z2 = sigmoid(np.dot(z1, network["W2"]) + network["b2"])
    L3: Array = np.dot(z2, network["W3"]) + network["b3"]
    return L3


def _check(network: Mapping[str, Array], x: Array) -> None:
    for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
        if name not in network:
            raise InputError(f"The network has no {name!r}; it has {sorted(network)}.")
    W1 = network["W1"]
    if x.ndim not in (1, 2) or W1.ndim != 2 or x.shape[-1] != W1.shape[0]:
        raise InputError(
            f"W1 has shape {W1.shape}, read as (n_in, n_out), so an example is a flat row of {W1.shape[0]} numbers, "
            f"but the input has shape {x.shape}."
        )
    n = W1.shape[0]
    for l in "123":  # noqa: E741 - the number of a layer
        W, b = network["W" + l], network["b" + l]
        if W.ndim != 2 or W.shape[0] != n or b.shape != W.shape[1:]:
            raise InputError(
                f"W{l} has shape {W.shape} and b{l} {b.shape}, but layer {l} takes {n} inputs: "
                f"W{l} must be ({n}, n_out) and b{l} (n_out,)."
            )
        n = W.shape[1]
