"""The three-layer network of the book, rows as examples, and its use on handwritten digits.

The functions have the names they have in the notes on "Deep Learning from Scratch" (Koki Saitoh, chapter 3):
layers of sigmoid units, ``Z = X W + b`` with ``W`` of shape ``(n_in, n_out)``, an identity or a softmax output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.equations import activations
from chainrule.lessons.checks import Array, Numbers, Parameters, as_floats, as_numbers, random_numbers

if TYPE_CHECKING:
    from chainrule.trace.trace import Trace


def step_function(x: Numbers) -> NDArray[np.int_]:
    """1 where ``x > 0``, else 0."""
    return np.where(as_numbers("step_function", "x", x) > 0, 1, 0)


def sigmoid(x: Numbers) -> Array:
    r"""Logistic function, to the last digit even where it is tiny.

    .. math:: y = \frac{1}{1 + e^{-x}} = \frac{e^{\min(x, 0)}}{1 + e^{-|x|}}

    No exponent on the right is positive, so that nothing overflows.

    Examples
    --------
    >>> sigmoid([-700.0, 0.0, 700.0])
    array([9.85967654e-305, 5.00000000e-001, 1.00000000e+000])
    """
    x = as_floats("sigmoid", "x", x)
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))))


def relu(x: Numbers) -> Array:
    r"""Rectifier :math:`\max(0, x)`."""
    return np.asarray(np.maximum(0, as_numbers("relu", "x", x)))


def identity_function(x: Numbers) -> Array:
    """``x`` itself: the output of a network that predicts values."""
    return as_numbers("identity_function", "x", x)


def softmax(x: Numbers) -> Array:
    r"""Probabilities from scores, for one example ``(n,)`` or for every row of a batch ``(m, n)``.

    .. math:: y_k = \frac{e^{x_k - \max x}}{\sum_i e^{x_i - \max x}}

    Examples
    --------
    >>> softmax(np.array([1010.0, 1000.0, 990.0])).round(6)
    array([9.99955e-01, 4.50000e-05, 0.00000e+00])
    """
    x = as_floats("softmax", "x", x)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise InputError("softmax: x has one score per class in each row, but its shape is {shape}.", shape=x.shape)
    with np.errstate(over="ignore", under="ignore"):  # a difference beyond the largest float is -inf: e^-inf = 0
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        y: Array = e / e.sum(axis=-1, keepdims=True)
    return y


def init_network(*, random: bool = False, seed: int | None = None) -> dict[str, Array]:
    """Weights of the book's example: 2 inputs, 3 and 2 hidden units, 2 outputs.

    Parameters
    ----------
    random
        Draw the numbers from 0 to 1, as one of the notes on the book does, in place of the book's own; ``b1`` then
        has the note's shape ``(1, 3)``.
    seed
        Seed of the random numbers: those that follow ``np.random.seed(seed)``. None goes on with the global stream.

    Examples
    --------
    >>> init_network()["b1"], init_network(random=True, seed=0)["b1"].round(8)
    (array([0.1, 0.2, 0.3]), array([[0.43758721, 0.891773  , 0.96366276]]))
    """
    if seed is not None and not random:
        raise InputError(
            "init_network: seed ({seed}) is for random numbers: init_network(random=True, seed={seed}).", seed=seed
        )
    if random:
        rng = random_numbers(seed)
        shapes = {"W1": (2, 3), "b1": (1, 3), "W2": (3, 2), "b2": (2,), "W3": (2, 2), "b3": (2,)}
        return {name: rng.random_sample(shape) for name, shape in shapes.items()}
    return {
        "W1": np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
        "b1": np.array([0.1, 0.2, 0.3]),
        "W2": np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
        "b2": np.array([0.1, 0.2]),
        "W3": np.array([[0.1, 0.3], [0.2, 0.4]]),
        "b3": np.array([0.1, 0.2]),
    }


def forward(network: Parameters, X: Numbers) -> Array:
    """Values of the three-layer network: sigmoid, sigmoid, identity.

    Parameters
    ----------
    network
        ``W1, b1, W2, b2, W3, b3``, with ``W (n_in, n_out)`` and ``b (n_out,)`` or ``(1, n_out)``.
    X
        One example ``(n,)`` or a batch ``(m, n)``.

    Examples
    --------
    >>> forward(init_network(), np.array([1.0, 0.5]))
    array([0.31682708, 0.69627909])
    """
    return identity_function(_scores(network, X))


def predict(network: Parameters, x: Numbers) -> Array:
    """Probability of every class by the three-layer network: sigmoid, sigmoid, softmax.

    ``network`` as in `forward`; ``x`` is one image ``(784,)`` or a batch ``(m, 784)`` for the book's digit weights.
    """
    return softmax(_scores(network, x))


def trace(network: Parameters, x: Numbers) -> Trace:
    """Every number of `forward`, under the notes' names: ``L1``, ``z1``, ``L2``, ``z2``, ``L3`` and ``y``.

    ``network`` and ``x`` as in `forward`. ``trace["z1"]`` is an array, and ``trace.why("L2[0]")`` says what a number is
    made of.

    Examples
    --------
    >>> record = trace(init_network(), np.array([1.0, 0.5]))
    >>> record["L1"], record["y"]
    (array([0.3, 0.7, 1.1]), array([0.31682708, 0.69627909]))
    """
    from chainrule.trace.lesson import Function, lesson  # here, as it takes longer to import than all else

    functions: list[Function] = []
    for number, (W, b) in enumerate(_layers(network), 1):
        L, own = f"L{number}", {f"W{number}": W, f"b{number}": b}
        functions.append(Function(f"layer {number}", (_linear, _linear_backward), (f"z{number - 1}", L), own))
        name, pair = ("identity", _IDENTITY) if number == 3 else ("sigmoid", _SIGMOID)
        functions.append(Function(f"{name} {number}", pair, (L, "y" if number == 3 else f"z{number}")))
    _scores(network, x)  # refuses what does not fit
    return lesson(functions, as_floats("book", tr("the input"), x))


def _linear(x: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
    r"""Return :math:`L = z W + b`."""
    return np.dot(x, W) + b, (x, W)


def _linear_backward(dL: Array, cache: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    r"""Return :math:`dz = dL\, W^\top`, :math:`dW = z^\top dL` and :math:`db = \sum dL`."""
    x, W = cache
    rows = np.atleast_2d(dL)
    return np.dot(dL, W.T), np.dot(np.atleast_2d(x).T, rows), rows.sum(axis=0)


def _scores(network: Parameters, x: Numbers) -> Array:
    (W1, b1), (W2, b2), (W3, b3) = _layers(network)
    x = as_numbers("book", tr("the input"), x)
    if x.ndim not in (1, 2) or x.shape[-1] != len(W1):
        raise InputError(
            "W1 has shape {W1}, read as (n_in, n_out), so an example is a flat row of {n_in} numbers, but the "
            "input has shape {shape}.",
            W1=W1.shape,
            n_in=len(W1),
            shape=x.shape,
        )
    z1 = sigmoid(np.dot(x, W1) + b1)
    z2 = sigmoid(np.dot(z1, W2) + b2)
    L3: Array = np.dot(z2, W3) + b3
    return L3


def _with_cache(function: Callable[[Array], Array]) -> Callable[[Array], tuple[Array, Array]]:
    """Return a function that gives its value twice: for the next layer, and for its backward."""

    @wraps(function)
    def run(x: Array) -> tuple[Array, Array]:
        y = function(x)
        return y, y

    return run


_SIGMOID = _with_cache(sigmoid), activations.sigmoid_backward
_IDENTITY = _with_cache(identity_function), activations.identity_backward


def _layers(network: Parameters) -> list[tuple[Array, Array]]:
    """Return ``W`` and a flat ``b`` of each layer, which lets one example stay one row of numbers."""
    if not isinstance(network, Mapping):
        raise InputError(
            "The network is a dictionary with W1, b1, ..., b3; it is a {kind}.",
            kind=type(network).__name__,
        )
    for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
        if name not in network:
            raise InputError("The network has no {name!r}; it has {names}.", name=name, names=sorted(map(str, network)))
    layers: list[tuple[Array, Array]] = []
    for l in "123":  # noqa: E741 - the number of a layer
        W, b = as_numbers("book", "W" + l, network["W" + l]), as_numbers("book", "b" + l, network["b" + l])
        n = layers[-1][0].shape[1] if layers else len(np.atleast_1d(W))
        if W.ndim != 2 or len(W) != n or b.shape not in (W.shape[1:], (1, *W.shape[1:])):
            raise InputError(
                "W{l} has shape {W} and b{l} {b}, but layer {l} takes {n_in} inputs: W{l} must be ({n_in}, "
                "n_out) and b{l} (n_out,).",
                l=l,
                W=W.shape,
                b=b.shape,
                n_in=n,
            )
        layers.append((W, b.ravel()))
    return layers
