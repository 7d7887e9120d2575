"""The perceptron, logic gates, and XOR, which takes two layers of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.common.errors import InputError
from chainrule.lessons.checks import Array, Numbers, as_numbers


@dataclass(frozen=True)
class Perceptron:
    r"""One neuron with a step.

    .. math:: y = 1 \text{ if } x \cdot w + b > 0, \text{ else } 0

    Examples
    --------
    >>> AND(1, 1), AND([1, 1]), AND([[0, 0], [0, 1], [1, 0], [1, 1]])
    (array(1), array(1), array([0, 0, 0, 1]))
    """

    weights: tuple[float, ...]
    bias: float

    def __call__(self, *inputs: Numbers) -> Array:
        """Return 0 or 1 for one point, ``(n,)`` or n numbers, or one of them per row of a batch ``(m, n)``."""
        x = as_numbers("Perceptron", "x", _point_or_batch(inputs))
        if x.ndim not in (1, 2) or x.shape[-1] != len(self.weights):
            raise InputError(
                "Perceptron expects {expected} inputs in a point or in each row of a batch, but x has shape {shape}.",
                expected=len(self.weights),
                shape=x.shape,
            )
        return _step(x @ np.array(self.weights) + self.bias)


AND = Perceptron((0.5, 0.5), -0.7)
OR = Perceptron((0.5, 0.5), -0.2)
NAND = Perceptron((-0.5, -0.5), 0.7)


def xor(*inputs: Numbers) -> Array:
    """Exclusive or, as AND of what NAND and OR say; one point, as two numbers or one list, or a batch.

    Examples
    --------
    >>> xor(0, 1), xor([[0, 0], [0, 1], [1, 0], [1, 1]])
    (array(1), array([0, 1, 1, 0]))
    """
    return AND(np.stack([NAND(*inputs), OR(*inputs)], axis=-1))


XOR = xor  # the book's name, beside AND, OR and NAND


def xor_network() -> dict[str, Array]:
    """Weights of the two-layer step network that solves XOR: OR and NAND side by side, then AND.

    Returns
    -------
    dict
        ``W1 (2, 2)``, ``b1 (2,)``, ``W2 (2, 1)``, ``b2 (1,)``; one column of W per perceptron. For `forward`.
    """
    return {
        "W1": np.column_stack([OR.weights, NAND.weights]),
        "b1": np.array([OR.bias, NAND.bias]),
        "W2": np.column_stack([AND.weights]),
        "b2": np.array([AND.bias]),
    }


def forward(network: dict[str, Array], X: ArrayLike) -> Array:
    r"""Run a two-layer step network on a batch.

    .. math:: Y = \mathrm{step}(\mathrm{step}(X W_1 + b_1) W_2 + b_2)

    ``X`` is ``(m, n)`` and ``Y`` is ``(m, n_out)``, 0 or 1.

    Examples
    --------
    >>> forward(xor_network(), [[0, 0], [0, 1], [1, 0], [1, 1]]).ravel()
    array([0, 1, 1, 0])
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] != len(network["W1"]):
        raise InputError(
            "The network expects rows of {expected} inputs, but X has shape {shape}.",
            expected=len(network["W1"]),
            shape=X.shape,
        )
    Z1 = _step(X @ network["W1"] + network["b1"])
    return _step(Z1 @ network["W2"] + network["b2"])


class Learned(NamedTuple):
    """What `learn` returns."""

    perceptron: Perceptron
    mistakes: list[int]  # per epoch; ends with 0 if and only if it converged
    converged: bool


def learn(X: ArrayLike, y: ArrayLike, *, learning_rate: float = 1.0, epochs: int = 100) -> Learned:
    r"""Learn weights by the perceptron rule.

    After every example that comes out wrong,

    .. math:: w := w + \eta\,(t - y)\,x, \qquad b := b + \eta\,(t - y)

    starting at zero and stopping after the first epoch without a mistake.

    Rosenblatt's theorem (1958; Novikoff's proof 1962): if a line (a hyperplane) separates the ones from the zeros,
    the rule finds one after finitely many mistakes. If none does, as for XOR, no weights classify every example, so
    every epoch has a mistake, however many there are: that takes a second layer (`xor_network`).

    Parameters
    ----------
    X, y
        Points, ``(m, n)``, and their labels 0 or 1, ``(m,)``.
    learning_rate, epochs
        The factor :math:`\eta`, above 0, and the largest number of passes over the data.

    Examples
    --------
    >>> corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> learn(corners, [0, 0, 0, 1])
    Learned(perceptron=Perceptron(weights=(2.0, 1.0), bias=-2.0), mistakes=[1, 3, 3, 2, 1, 0], converged=True)
    >>> learn(corners, [0, 1, 1, 0], epochs=5).converged
    False
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.size == 0 or X.dtype.kind not in "fiub" or not np.isfinite(X).all():
        raise InputError(
            "X is a table of finite numbers, one point per row; it has shape {shape}, type {dtype}.",
            shape=X.shape,
            dtype=X.dtype,
        )
    if y.shape != X.shape[:1]:
        raise InputError(
            "y has one label for each of the {count} rows of X, but its shape is {shape}.", count=len(X), shape=y.shape
        )
    if not np.isin(y, (0, 1)).all():
        raise InputError("Labels are 0 or 1, but y holds {label}.", label=y[~np.isin(y, (0, 1))][0])
    if not learning_rate > 0 or epochs < 1:
        raise InputError(
            "learning_rate is above 0 and epochs at least 1; they are {learning_rate} and {epochs}.",
            learning_rate=learning_rate,
            epochs=epochs,
        )
    w, b = np.zeros(X.shape[1]), 0.0
    mistakes: list[int] = []
    while len(mistakes) < epochs and 0 not in mistakes:
        mistakes.append(0)
        for x, t in zip(X, y.astype(int), strict=True):
            error = float(t - _step(x @ w + b))  # a float, as unsigned x cannot be multiplied by the integer -1
            w, b = w + learning_rate * error * x, b + learning_rate * error
            mistakes[-1] += error != 0
    return Learned(Perceptron(tuple(w.tolist()), b), mistakes, mistakes[-1] == 0)


def _point_or_batch(inputs: tuple[Numbers, ...]) -> Any:
    """Return the one array that is given, or the numbers of one point as a list."""
    if len(inputs) == 1:
        return inputs[0]
    if any(np.ndim(x) for x in inputs):
        raise InputError("Perceptron takes the numbers of one point one by one; a batch is one array of rows.")
    return list(inputs)


def _step(Z: ArrayLike) -> NDArray[np.int_]:
    return np.where(np.greater(Z, 0), 1, 0)
