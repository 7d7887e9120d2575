r"""One hidden layer: week 3 of the course "Neural Networks and Deep Learning".

The functions have the names, the order of arguments, the results and the dictionary keys of the assignment "Planar
data classification with one hidden layer" (Andrew Ng, deeplearning.ai). Columns are examples; the network is linear
-> tanh -> linear -> sigmoid, and ``parameters`` is ``{"W1", "b1", "W2", "b2"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.lessons import stepwise
from chainrule.lessons.checks import (
    Array,
    Number,
    Numbers,
    Parameters,
    as_count,
    as_examples,
    as_labels,
    as_layer,
    as_matrix,
    as_numbers,
    as_parameters,
    as_probabilities,
)
from chainrule.lessons.stepwise import linear_backward, sigmoid, tanh


def layer_sizes(X: Numbers, Y: Numbers) -> tuple[int, int, int]:
    """Return ``(n_x, n_h, n_y)``: the rows of ``X``, four hidden units, the rows of ``Y``."""
    return len(as_matrix("layer_sizes", "X", X)), 4, len(as_matrix("layer_sizes", "Y", Y))


def initialize_parameters(n_x: int, n_h: int, n_y: int, *, seed: int | None = None) -> dict[str, Array]:
    r"""Draw small normal weights and zero biases; seeds as in `stepwise.initialize_parameters_deep`.

    .. math:: W^{[l]} = 0.01 \cdot \mathrm{randn}(n_l, n_{l-1}), \qquad b^{[l]} = 0
    """
    return stepwise.initialize_parameters(n_x, n_h, n_y, seed=seed)


def forward_propagation(X: Numbers, parameters: Parameters) -> tuple[Array, dict[str, Array]]:
    r"""Forward pass.

    .. math::
        Z^{[1]} = W^{[1]} X + b^{[1]}, \quad A^{[1]} = \tanh Z^{[1]}, \quad Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]}, \quad
        A^{[2]} = \sigma(Z^{[2]})

    Returns
    -------
    A2, cache
        Probabilities ``(n_y, m)`` and ``{"Z1", "A1", "Z2", "A2"}``.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """
    p = as_parameters("forward_propagation", parameters, 2)
    X, W1, b1 = as_layer("forward_propagation", {"X": X, "W1": p["W1"], "b1": p["b1"]})
    Z1 = np.dot(W1, X) + b1
    A1, _ = tanh(Z1)
    A1, W2, b2 = as_layer("forward_propagation", {"A1": A1, "W2": p["W2"], "b2": p["b2"]})
    Z2 = np.dot(W2, A1) + b2
    A2, _ = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Numbers, Y: Numbers, parameters: Any = None) -> float:
    r"""Cross-entropy, summed over the outputs and averaged over the m examples.

    .. math:: J = -\frac{1}{m} \sum_i \bigl(y^{(i)} \log a^{[2](i)} + (1 - y^{(i)}) \log(1 - a^{[2](i)})\bigr)

    ``A2`` and ``Y`` are ``(n_y, m)``; ``(m,)`` is read as ``(1, m)``. Early editions of the course pass ``parameters``
    as well; the cost does not depend on them.

    References
    ----------
    Cox, The regression analysis of binary sequences, 1958.
    """
    A2 = as_probabilities("compute_cost", "A2", A2)
    Y = as_labels("compute_cost", Y, "A2", A2)
    m = Y.shape[1]
    return float(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m)


def backward_propagation(
    parameters: Parameters, cache: Mapping[str, Numbers], X: Numbers, Y: Numbers
) -> dict[str, Array]:
    r"""Backward pass of `forward_propagation`, from the cost to the parameters.

    .. math::
        dZ^{[2]} = A^{[2]} - Y, \qquad dZ^{[1]} = W^{[2]T} dZ^{[2]} * (1 - A^{[1]} * A^{[1]})

    .. math::
        dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}, \qquad db^{[l]} = \frac{1}{m} \sum_i dZ^{[l](i)}

    Returns
    -------
    dict
        ``dW1``, ``db1``, ``dW2``, ``db2``.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """
    p = as_parameters("backward_propagation", parameters, 2)
    A1, A2 = (_entry(cache, name) for name in ("A1", "A2"))
    dZ2 = A2 - as_labels("backward_propagation", Y, "A2", A2)
    dA1, dW2, db2 = linear_backward(dZ2, (A1, p["W2"], p["b2"]))
    dZ1 = dA1 * (1 - A1 * A1)
    _, dW1, db1 = linear_backward(dZ1, (X, p["W1"], p["b1"]))
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters: Parameters, grads: Parameters, learning_rate: Number = 1.2) -> dict[str, Array]:
    r"""One step of gradient descent, as a new dictionary: `stepwise.update_parameters`.

    .. math:: W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \qquad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}
    """
    return stepwise.update_parameters(parameters, grads, learning_rate)


def nn_model(
    X: Numbers,
    Y: Numbers,
    n_h: int,
    num_iterations: int = 10000,
    print_cost: bool = False,
    seed: int | None = 3,
) -> dict[str, Array]:
    """Train a network with ``n_h`` hidden units by gradient descent and return its parameters.

    ``print_cost`` prints the cost of every 1000th iteration. The course's function fixes its seed to 3, and so does
    this one, unless told.

    Examples
    --------
    >>> X, Y = [[-2.0, -1.0, 1.0, 2.0]], [[0, 0, 1, 1]]
    >>> parameters = nn_model(X, Y, 4, 1001, print_cost=True)
    Cost after iteration 0: 0.693109
    Cost after iteration 1000: 0.000286
    >>> predict(parameters, X)
    array([[False, False,  True,  True]])
    """
    X = as_examples("nn_model", "X", X)
    n_x, _, n_y = layer_sizes(X, Y)
    parameters = initialize_parameters(n_x, n_h, n_y, seed=seed)
    for i in range(as_count("nn_model", "num_iterations", num_iterations)):
        A2, cache = forward_propagation(X, parameters)
        cost = compute_cost(A2, Y)
        grads = backward_propagation(parameters, cache, X, Y)
        parameters = update_parameters(parameters, grads)
        if print_cost and i % 1000 == 0:
            say("Cost after iteration {i}: {cost:.6f}", i=i, cost=cost)
    return parameters


def predict(parameters: Parameters, X: Numbers) -> Array:
    r"""Return for every column of ``X`` whether :math:`A^{[2]} > 0.5`, ``(n_y, m)``."""
    A2, _ = forward_propagation(X, parameters)
    return A2 > 0.5


def _entry(cache: Mapping[str, Numbers], name: str) -> Array:
    if not isinstance(cache, Mapping) or name not in cache:
        raise InputError(
            "backward_propagation: cache is the dictionary that forward_propagation returned, with {name!r} in it.",
            name=name,
        )
    return as_numbers("backward_propagation", name, cache[name])
