r"""Backward against central differences: week 1 of the course "Improving Deep Neural Networks", "Gradient Checking".

The functions have the names, the order of arguments and the results of the assignment (Andrew Ng, deeplearning.ai),
and those that end in ``_n`` are for the three-layer network of `regularization`. For layers and losses of your own
there is `chainrule.gradcheck`.
"""

# ruff: noqa: E741 - l is the lesson's name for the number of a layer

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import later
from chainrule.lessons import regularization
from chainrule.lessons.checks import (
    Array,
    Number,
    Numbers,
    Parameters,
    as_floats,
    as_number,
    as_numbers,
    as_parameters,
    gradients_of,
)
from chainrule.lessons.stepwise import compute_cost

_SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}  # the course's network


# --- one number ---------------------------------------------------------------------------------------------------


def forward_propagation(x: Numbers, theta: Numbers) -> Any:
    r"""Return the cost, :math:`J(\theta) = \theta x`."""
    return as_numbers("forward_propagation", "theta", theta) * as_numbers("forward_propagation", "x", x)


def backward_propagation(x: Numbers, theta: Numbers) -> Any:
    r"""Return its slope, :math:`\frac{\partial J}{\partial \theta} = x`."""
    return as_numbers("backward_propagation", "x", x)


def gradient_check(x: Numbers, theta: Numbers, epsilon: Number = 1e-7, print_msg: bool = False) -> float:
    r"""Return how far the slope is from the central difference, relative to the two.

    .. math::
        g = \frac{J(\theta + \epsilon) - J(\theta - \epsilon)}{2 \epsilon}, \qquad
        \frac{\|d\theta - g\|_2}{\|d\theta\|_2 + \|g\|_2}

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 11.5.
    """
    theta, epsilon = as_floats("gradient_check", "theta", theta), _epsilon("gradient_check", epsilon)
    J_plus, J_minus = forward_propagation(x, theta + epsilon), forward_propagation(x, theta - epsilon)
    gradapprox = (J_plus - J_minus) / (2 * epsilon)
    return _difference(backward_propagation(x, theta), gradapprox, print_msg)


# --- a network ----------------------------------------------------------------------------------------------------


def forward_propagation_n(X: Numbers, Y: Numbers, parameters: Parameters) -> tuple[np.floating[Any], tuple[Array, ...]]:
    """Return the cost and the cache of `regularization.forward_propagation`."""
    A3, cache = regularization.forward_propagation(X, parameters)
    return compute_cost(A3, Y), cache


def backward_propagation_n(X: Numbers, Y: Numbers, cache: Sequence[Numbers]) -> dict[str, Array]:
    """Return what `regularization.backward_propagation` does (the course plants two mistakes here, to be found)."""
    return regularization.backward_propagation(X, Y, cache)


def dictionary_to_vector(parameters: Parameters) -> tuple[Array, list[str]]:
    """Return all parameters as one column, ``W1, b1, W2, b2, ...``, and for every entry the name it belongs to.

    Examples
    --------
    >>> dictionary_to_vector({"W1": [[1.0, 2.0]], "b1": [[3.0]]})
    (array([[1.],
           [2.],
           [3.]]), ['W1', 'W1', 'b1'])
    """
    p = as_parameters("dictionary_to_vector", parameters)
    names = _names(p)
    theta = np.concatenate([np.reshape(p[name], (-1, 1)) for name in names])
    return theta, [name for name in names for _ in range(p[name].size)]


def vector_to_dictionary(theta: Numbers, parameters: Parameters | None = None) -> dict[str, Array]:
    """Return parameters from a column, the way back of `dictionary_to_vector`.

    The shapes are those of ``parameters``; without them, those of the course's network of 4, 5, 3 and 1 units.
    """
    theta = as_numbers("vector_to_dictionary", "theta", theta).ravel()
    shapes = _SHAPES
    if parameters is not None:
        p = as_parameters("vector_to_dictionary", parameters)
        shapes = {name: p[name].shape for name in _names(p)}
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()])
    if theta.size != ends[-1]:
        raise InputError(
            "vector_to_dictionary: theta has {size} numbers, but the parameters have {expected} ({shapes}); for "
            "another network give its parameters as the second argument.",
            size=theta.size,
            expected=ends[-1],
            shapes=", ".join((f"{name} {shape}" for name, shape in shapes.items())),
        )
    pieces = np.split(theta, ends[:-1])
    return {name: piece.reshape(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}


def gradients_to_vector(gradients: Parameters) -> Array:
    """Return the gradients ``dW1, db1, dW2, db2, ...`` as one column, whatever else the dictionary has."""
    if not isinstance(gradients, dict) or "dW1" not in gradients:
        raise InputError("gradients_to_vector: gradients is a dictionary with dW1, db1, ...")
    L = sum(str(name).startswith("dW") for name in gradients)
    columns = []
    for name in (letter + str(l) for l in range(1, L + 1) for letter in ("dW", "db")):
        if name not in gradients:
            raise InputError(
                "gradients_to_vector: gradients has no {name!r}; it has {names}.",
                name=name,
                names=sorted(map(str, gradients)),
            )
        columns.append(as_numbers("gradients_to_vector", name, gradients[name]).reshape(-1, 1))
    return np.concatenate(columns)


def gradient_check_n(
    parameters: Parameters,
    gradients: Parameters,
    X: Numbers,
    Y: Numbers,
    epsilon: Number = 1e-7,
    print_msg: bool = False,
) -> float:
    r"""Return how far ``gradients`` are from central differences of `forward_propagation_n`, relative to the two.

    .. math::
        g_i = \frac{J(\theta_1, .., \theta_i + \epsilon, ..) - J(\theta_1, .., \theta_i - \epsilon, ..)}{2 \epsilon},
        \qquad \frac{\|d\theta - g\|_2}{\|d\theta\|_2 + \|g\|_2}

    Above 2e-7 there is a mistake in the backward pass; ``print_msg`` says which of the two it is.

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 11.5.
    """
    epsilon = _epsilon("gradient_check_n", epsilon)
    p = as_parameters("gradient_check_n", parameters, 3)
    for name, gradient in gradients_of("gradient_check_n", "gradients", gradients, p).items():
        if gradient.size != p[name].size:
            raise InputError(
                "gradient_check_n: d{name} has {size} numbers, but {name} has {expected}.",
                name=name,
                size=gradient.size,
                expected=p[name].size,
            )
    theta, _ = dictionary_to_vector(p)
    gradapprox = np.zeros(theta.shape)
    for i in range(len(theta)):
        step = np.zeros(theta.shape)
        step[i] = epsilon
        J_plus, _ = forward_propagation_n(X, Y, vector_to_dictionary(theta + step, p))
        J_minus, _ = forward_propagation_n(X, Y, vector_to_dictionary(theta - step, p))
        gradapprox[i] = (J_plus - J_minus) / (2 * epsilon)
    return _difference(gradients_to_vector(gradients), gradapprox, print_msg)


# --- what both share ----------------------------------------------------------------------------------------------


def _names(parameters: Parameters) -> list[str]:
    return [letter + str(l) for l in range(1, len(parameters) // 2 + 1) for letter in "Wb"]


def _epsilon(function: str, epsilon: Number) -> float:
    return as_number(function, "epsilon", epsilon, later("a finite number above 0"), lambda e: 0 < e < np.inf)


def _difference(gradient: Any, gradapprox: Any, print_msg: bool) -> float:
    sizes = float(np.linalg.norm(gradient) + np.linalg.norm(gradapprox))
    difference = float(np.linalg.norm(gradient - gradapprox)) / sizes if sizes else 0.0
    if print_msg:
        right = difference <= 2e-7  # false for NaN, which must not pass
        say(
            "The backward propagation is right: difference = {difference}"
            if right
            else "There is a mistake in the backward propagation: difference = {difference}",
            difference=difference,
        )
    return difference
