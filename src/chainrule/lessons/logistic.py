r"""Logistic regression as a network of one sigmoid unit: week 2 of the course "Neural Networks and Deep Learning".

The functions have the names, the order of arguments, the results and the dictionary keys of the assignment "Logistic
Regression with a Neural Network mindset" (Andrew Ng, deeplearning.ai). Columns are examples: ``X`` is ``(n_x, m)``,
``Y`` is ``(1, m)``, ``w`` is ``(n_x, 1)`` and ``b`` is one number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.lessons.book import sigmoid
from chainrule.lessons.checks import (
    Array,
    Number,
    Numbers,
    as_count,
    as_examples,
    as_labels,
    as_layer,
    as_number,
    as_numbers,
)
from chainrule.lessons.stepwise import compute_cost

__all__ = ["initialize_with_zeros", "model", "optimize", "predict", "propagate", "sigmoid"]


def initialize_with_zeros(dim: int) -> tuple[Array, float]:
    r"""Return ``w``, zeros of shape ``(dim, 1)``, and ``b``, 0.0.

    .. math:: w = 0, \qquad b = 0

    The cost is convex, so gradient descent reaches its minimum from anywhere.
    """
    return np.zeros((as_count("initialize_with_zeros", "dim", dim, 1), 1)), 0.0


def propagate(w: Numbers, b: Numbers, X: Numbers, Y: Numbers) -> tuple[dict[str, Any], Array]:
    r"""Cost of the data and its gradient: forward, then backward.

    .. math::
        A = \sigma(w^T X + b), \qquad J = -\frac{1}{m} \sum_i \bigl(y^{(i)} \log a^{(i)} + (1 - y^{(i)})
        \log(1 - a^{(i)})\bigr)

    .. math::
        dw = \frac{1}{m} X (A - Y)^T, \qquad db = \frac{1}{m} \sum_i (a^{(i)} - y^{(i)})

    Returns
    -------
    grads, cost
        ``{"dw": (n_x, 1), "db": a number}``, and the cost as an array without axes.

    References
    ----------
    Cox, The regression analysis of binary sequences, 1958.
    """
    w, b, X = _unit("propagate", w, b, X)
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    Y = as_labels("propagate", Y, tr("the prediction"), A)
    cost = np.array(compute_cost(A, Y))

    dZ = A - Y
    return {"dw": np.dot(X, dZ.T) / m, "db": np.sum(dZ) / m}, cost


def optimize(
    w: Numbers,
    b: Numbers,
    X: Numbers,
    Y: Numbers,
    num_iterations: int = 100,
    learning_rate: Number = 0.009,
    print_cost: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], list[Array]]:
    r"""Gradient descent on all the data.

    .. math:: w := w - \alpha\, dw, \qquad b := b - \alpha\, db

    Returns
    -------
    params, grads, costs
        ``{"w", "b"}``, the last gradients ``{"dw", "db"}``, and the costs of iterations 0, 100, 200, ...

    References
    ----------
    Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847.
    """
    learning_rate = as_number("optimize", "learning_rate", learning_rate)
    w, b, X = _unit("optimize", w, b, as_examples("optimize", "X", X))
    costs: list[Array] = []
    grads: dict[str, Any] = {}
    for i in range(as_count("optimize", "num_iterations", num_iterations)):
        grads, cost = propagate(w, b, X, Y)
        w, b = w - learning_rate * grads["dw"], b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
            if print_cost:
                say("Cost after iteration {i}: {cost:.6f}", i=i, cost=cost)
    return {"w": w, "b": b}, grads, costs


def predict(w: Numbers, b: Numbers, X: Numbers) -> Array:
    r"""Class of every column of ``X``, ``(1, m)``: 1.0 where :math:`\sigma(w^T x + b) > 0.5`, else 0.0."""
    w, b, X = _unit("predict", w, b, X)
    return (sigmoid(np.dot(w.T, X) + b) > 0.5).astype(float)


def model(
    X_train: Numbers,
    Y_train: Numbers,
    X_test: Numbers,
    Y_test: Numbers,
    num_iterations: int = 2000,
    learning_rate: Number = 0.5,
    print_cost: bool = False,
) -> dict[str, Any]:
    """Train from zeros with `optimize`, and `predict` both sets.

    Returns
    -------
    dict
        ``costs``, ``Y_prediction_test``, ``Y_prediction_train``, ``w``, ``b``, ``learning_rate``, ``num_iterations``.

    Examples
    --------
    >>> X, Y = [[-2.0, -1.0, 1.0, 2.0]], [[0, 0, 1, 1]]
    >>> d = model(X, Y, [[-3.0, 3.0]], [[0, 1]], num_iterations=101, print_cost=True)
    Cost after iteration 0: 0.693147
    Cost after iteration 100: 0.017393
    train accuracy: 100.0 %
    test accuracy: 100.0 %
    >>> d["Y_prediction_test"]
    array([[0., 1.]])
    """
    w, b = initialize_with_zeros(len(as_examples("model", "X_train", X_train)))
    params, _, costs = optimize(w, b, X_train, Y_train, num_iterations, learning_rate, print_cost)
    train, test = predict(params["w"], params["b"], X_train), predict(params["w"], params["b"], X_test)
    Y_train = as_labels("model", Y_train, tr("the prediction of {name}", name="X_train"), train)
    Y_test = as_labels("model", Y_test, tr("the prediction of {name}", name="X_test"), test)
    if print_cost:
        say("train accuracy: {percent} %", percent=100 * np.mean(train == Y_train))
        say("test accuracy: {percent} %", percent=100 * np.mean(test == Y_test))
    return {
        "costs": costs,
        "Y_prediction_test": test,
        "Y_prediction_train": train,
        **params,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }


def _unit(function: str, w: Numbers, b: Numbers, X: Numbers) -> tuple[Array, Array, Array]:
    """Return the one unit and its data as arrays; ``w`` may be flat."""
    w = as_numbers(function, "w", w)
    w = w.reshape(-1, 1) if w.ndim == 1 else w
    if w.ndim != 2 or w.shape[1] != 1:
        raise InputError(
            "{function}: w has shape (n_x, 1), one weight for each row of X, but it has shape {shape}.",
            function=function,
            shape=w.shape,
        )
    X, _, b = as_layer(function, {"X": X, "w.T": w.T, "b": b})
    return w, b, X
