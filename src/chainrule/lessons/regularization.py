r"""L2 regularization and dropout: week 1 of the course "Improving Deep Neural Networks", "Regularization".

The functions have the names, the order of arguments, the results and the dictionary keys of the assignment (Andrew Ng,
deeplearning.ai). Columns are examples, and the network has three layers: linear -> relu -> linear -> relu -> linear ->
sigmoid, with ``parameters`` ``{"W1", "b1", ..., "W3", "b3"}``.
"""

# ruff: noqa: E741 - l is the lesson's name for the number of a layer

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import later
from chainrule.lessons.checks import (
    Array,
    Number,
    Numbers,
    Parameters,
    as_cache,
    as_count,
    as_examples,
    as_labels,
    as_layer,
    as_number,
    as_parameters,
    random_numbers,
)
from chainrule.lessons.stepwise import (
    compute_cost,
    initialize_parameters_deep,
    linear_backward,
    linear_forward,
    relu,
    relu_backward,
    sigmoid,
    update_parameters,
)

_CACHE = "Z1 A1 W1 b1 Z2 A2 W2 b2 Z3 A3 W3 b3"
_DROPOUT_CACHE = "Z1 D1 A1 W1 b1 Z2 D2 A2 W2 b2 Z3 A3 W3 b3"


# --- without regularization ---------------------------------------------------------------------------------------


def forward_propagation(X: Numbers, parameters: Parameters) -> tuple[Array, tuple[Array, ...]]:
    r"""Forward pass.

    .. math::
        Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[1]} = \max(0, Z^{[1]}), \quad A^{[2]} = \max(0, Z^{[2]}),
        \quad A^{[3]} = \sigma(Z^{[3]})

    Returns
    -------
    A3, cache
        Probabilities ``(1, m)`` and ``(Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)``.

    References
    ----------
    Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """
    X, W1, b1, W2, b2, W3, b3 = _network("forward_propagation", X, parameters)
    Z1, _ = linear_forward(X, W1, b1)
    A1, _ = relu(Z1)
    Z2, _ = linear_forward(A1, W2, b2)
    A2, _ = relu(Z2)
    Z3, _ = linear_forward(A2, W3, b3)
    A3, _ = sigmoid(Z3)
    return A3, (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)


def backward_propagation(X: Numbers, Y: Numbers, cache: Sequence[Numbers]) -> dict[str, Array]:
    r"""Backward pass of `forward_propagation`.

    .. math::
        dZ^{[3]} = A^{[3]} - Y, \qquad dA^{[l-1]} = W^{[l]T} dZ^{[l]}, \qquad dZ^{[l]} = dA^{[l]} * [Z^{[l]} > 0]

    .. math::
        dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}, \qquad db^{[l]} = \frac{1}{m} \sum_i dZ^{[l](i)}

    Returns
    -------
    dict
        ``dZ3, dW3, db3, dA2, dZ2, dW2, db2, dA1, dZ1, dW1, db1``.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """
    Z1, A1, W1, b1, Z2, A2, W2, b2, _, A3, W3, b3 = as_cache(
        "backward_propagation", cache, _CACHE, "forward_propagation"
    )
    dZ3 = A3 - as_labels("backward_propagation", Y, "A3", A3)
    dA2, dW3, db3 = linear_backward(dZ3, (A2, W3, b3))
    dZ2 = relu_backward(dA2, Z2)
    dA1, dW2, db2 = linear_backward(dZ2, (A1, W2, b2))
    dZ1 = relu_backward(dA1, Z1)
    _, dW1, db1 = linear_backward(dZ1, (X, W1, b1))
    return _gradients(dZ3, dW3, db3, dA2, dZ2, dW2, db2, dA1, dZ1, dW1, db1)


# --- L2 -----------------------------------------------------------------------------------------------------------


def compute_cost_with_regularization(
    A3: Numbers, Y: Numbers, parameters: Parameters, lambd: Number
) -> np.floating[Any]:
    r"""Cross-entropy plus the L2 term, which is the sum over all weights and no bias.

    .. math::
        J = -\frac{1}{m} \sum_i \bigl(y^{(i)} \log a^{[3](i)} + (1 - y^{(i)}) \log(1 - a^{[3](i)})\bigr)
        + \frac{\lambda}{2m} \sum_l \sum_{jk} W_{jk}^{[l]2}

    References
    ----------
    Krogh and Hertz, A simple weight decay can improve generalization, 1991.
    """
    p = as_parameters("compute_cost_with_regularization", parameters)
    lambd = _lambd("compute_cost_with_regularization", lambd)
    cross_entropy = compute_cost(A3, Y)
    m = np.size(A3)
    L2 = lambd / (2 * m) * sum(np.sum(W * W) for name, W in p.items() if name.startswith("W"))
    cost: np.floating[Any] = cross_entropy + L2
    return cost


def backward_propagation_with_regularization(
    X: Numbers, Y: Numbers, cache: Sequence[Numbers], lambd: Number
) -> dict[str, Array]:
    r"""Gradients of `compute_cost_with_regularization`: those of `backward_propagation`, and the slope of the L2 term.

    .. math:: dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T} + \frac{\lambda}{m} W^{[l]}

    References
    ----------
    Krogh and Hertz, A simple weight decay can improve generalization, 1991.
    """
    function = "backward_propagation_with_regularization"
    lambd = _lambd(function, lambd)
    gradients = backward_propagation(X, Y, cache)
    m = gradients["dZ3"].shape[1]
    _, _, W1, _, _, _, W2, _, _, _, W3, _ = as_cache(function, cache, _CACHE, "forward_propagation")
    return gradients | {name: gradients[name] + lambd / m * W for name, W in {"dW1": W1, "dW2": W2, "dW3": W3}.items()}


# --- dropout ------------------------------------------------------------------------------------------------------


def forward_propagation_with_dropout(
    X: Numbers, parameters: Parameters, keep_prob: Number = 0.5, *, seed: int | None = 1
) -> tuple[Array, tuple[Array, ...]]:
    r"""Forward pass in which every hidden unit is kept with probability ``keep_prob``, example by example.

    .. math::
        D^{[l]}_{ij} = [u_{ij} < p], \quad u_{ij} \sim U(0, 1), \qquad
        A^{[l]} = \frac{1}{p}\, D^{[l]} * \max(0, Z^{[l]})

    The division by p keeps the expected activation, so that the network without dropout predicts.

    Parameters
    ----------
    seed
        The course's function fixes it to 1, and so does this one, unless told: the same units are dropped at every
        call. None goes on with NumPy's global stream, which is what training wants.

    Returns
    -------
    A3, cache
        Probabilities ``(1, m)`` and ``(Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)``.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014.
    """
    function = "forward_propagation_with_dropout"
    keep_prob = _keep_prob(function, keep_prob)
    X, W1, b1, W2, b2, W3, b3 = _network(function, X, parameters)
    rng = random_numbers(seed)
    Z1, _ = linear_forward(X, W1, b1)
    D1 = rng.rand(*Z1.shape) < keep_prob
    A1 = relu(Z1)[0] * D1 / keep_prob
    Z2, _ = linear_forward(A1, W2, b2)
    D2 = rng.rand(*Z2.shape) < keep_prob
    A2 = relu(Z2)[0] * D2 / keep_prob
    Z3, _ = linear_forward(A2, W3, b3)
    A3, _ = sigmoid(Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


def backward_propagation_with_dropout(
    X: Numbers, Y: Numbers, cache: Sequence[Numbers], keep_prob: Number
) -> dict[str, Array]:
    r"""Backward pass of `forward_propagation_with_dropout`, with its masks and its ``keep_prob``.

    .. math:: dA^{[l-1]} = \frac{1}{p}\, D^{[l-1]} * \bigl(W^{[l]T} dZ^{[l]}\bigr)

    Everything else, and the keys, as in `backward_propagation`.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014.
    """
    function = "backward_propagation_with_dropout"
    keep_prob = _keep_prob(function, keep_prob)
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, _, A3, W3, b3 = as_cache(
        function, cache, _DROPOUT_CACHE, "forward_propagation_with_dropout"
    )
    dZ3 = A3 - as_labels(function, Y, "A3", A3)
    dA2, dW3, db3 = linear_backward(dZ3, (A2, W3, b3))
    dA2 = dA2 * D2 / keep_prob
    dZ2 = relu_backward(dA2, Z2)
    dA1, dW2, db2 = linear_backward(dZ2, (A1, W2, b2))
    dA1 = dA1 * D1 / keep_prob
    dZ1 = relu_backward(dA1, Z1)
    _, dW1, db1 = linear_backward(dZ1, (X, W1, b1))
    return _gradients(dZ3, dW3, db3, dA2, dZ2, dW2, db2, dA1, dZ1, dW1, db1)


# --- the application ----------------------------------------------------------------------------------------------


def model(
    X: Numbers,
    Y: Numbers,
    learning_rate: Number = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: Number = 0,
    keep_prob: Number = 1,
) -> dict[str, Array]:
    """Train a network of 20, 3 and 1 units with L2 (``lambd``) or with dropout (``keep_prob``), one at a time.

    Gradient descent on all the data; ``print_cost`` prints the cost of every 10000th iteration, with its L2 term.
    Dropout draws new masks in every iteration (the course's function, which seeds itself, draws the same ones again).

    Examples
    --------
    >>> X, Y = [[-2.0, -1.0, 1.0, 2.0]], [[0, 0, 1, 1]]
    >>> parameters = model(X, Y, num_iterations=1, lambd=0.7)  # doctest: +ELLIPSIS
    Cost after iteration 0: 2.77260...
    """
    lambd, keep_prob = _lambd("model", lambd), _keep_prob("model", keep_prob)
    if lambd != 0 and keep_prob != 1:
        raise InputError(
            "model: lambd (0) or keep_prob (1) is left as it is; they are {lambd} and {keep_prob}.",
            lambd=lambd,
            keep_prob=keep_prob,
        )
    X = as_examples("model", "X", X)
    parameters = initialize_parameters_deep([len(X), 20, 3, 1], seed=3)
    for i in range(as_count("model", "num_iterations", num_iterations)):
        if keep_prob == 1:
            A3, cache = forward_propagation(X, parameters)
            grads = backward_propagation_with_regularization(X, Y, cache, lambd)
        else:
            A3, cache = forward_propagation_with_dropout(X, parameters, keep_prob, seed=i + 1)
            grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        if print_cost and i % 10000 == 0:
            cost = compute_cost_with_regularization(A3, Y, parameters, lambd)
            say("Cost after iteration {i}: {cost}", i=i, cost=cost)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters


# --- what the functions above share -------------------------------------------------------------------------------


def _network(function: str, X: Numbers, parameters: Parameters) -> tuple[Array, ...]:
    """Return ``X, W1, b1, W2, b2, W3, b3`` as arrays, once the layers are known to fit together."""
    p = as_parameters(function, parameters, 3)
    A, A_name, arrays = X, "X", []
    for l in "123":
        A, W, b = as_layer(function, {A_name: A, "W" + l: p["W" + l], "b" + l: p["b" + l]})
        arrays += [W, b]
        A, A_name = np.broadcast_to(0.0, (W.shape[0], A.shape[1])), "A" + l  # the shape is all that counts
    return as_examples(function, "X", X), *arrays


def _lambd(function: str, lambd: Number) -> float:
    return as_number(function, "lambd", lambd, later("0 or more"), lambda x: 0 <= x < np.inf)


def _keep_prob(function: str, keep_prob: Number) -> float:
    return as_number(function, "keep_prob", keep_prob, later("above 0 and at most 1"), lambda p: 0 < p <= 1)


def _gradients(*arrays: Array) -> dict[str, Array]:
    return dict(zip("dZ3 dW3 db3 dA2 dZ2 dW2 db2 dA1 dZ1 dW1 db1".split(), arrays, strict=True))
