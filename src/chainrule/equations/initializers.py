r"""First values of a weight array.

Each initializer draws in float64 from the generator it is given; the layer casts the result to its dtype, so one seed
gives the same network in float32 and float64 up to rounding. For an array of shape ``(..., n_in, n_out)`` the leading
axes are positions of a window: ``fan_in = n_in * positions`` and ``fan_out = n_out * positions``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, Float, Shape
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import InputError

_MOST = 2**59  # numbers of an array, of up to 16 bytes each: with more, its bytes have no 64-bit number


def first_values(
    initializer: Callable[[np.random.Generator, Shape], Array], rng: np.random.Generator, shape: Shape, dtype: Any
) -> Array:
    """Return the first values of an array of parameters: every `init` of a layer calls this for all of its arrays.

    Raises
    ------
    InputError
        No array can be so large; what is only larger than the memory is a MemoryError of NumPy's.
    """
    if (numbers := math.prod(shape)) > _MOST:
        raise InputError(
            "A parameter of shape {shape} would have {numbers:.3g} numbers, and no array has so many. Take fewer "
            "units, filters or entries.",
            shape=shape,
            numbers=float(numbers),
        )
    if hasattr(rng, "without_drawing"):  # ShapesOnly; its import would bring NumPy's generators with it
        return rng.without_drawing(shape, dtype)
    return initializer(rng, shape).astype(dtype)


def _fans(shape: Shape) -> tuple[int, int]:
    positions = math.prod(shape[:-2])
    return shape[-2] * positions, shape[-1] * positions


def zeros(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return zeros: for biases. As weights they keep every unit of a layer equal, and nothing is learned.

    .. math:: W = 0
    """
    return np.zeros(shape)


def ones(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return ones: for scales, and no choice for weights.

    .. math:: \gamma = 1
    """
    return np.ones(shape)


def standard_normal(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return normal numbers of variance 1: for embeddings, and no choice for weights.

    .. math:: W \sim \mathcal{N}(0, 1)
    """
    return rng.standard_normal(shape)


def normal(rng: np.random.Generator, shape: Shape, scale: float = 0.01) -> Float[Array, "..."]:
    r"""Return normal numbers times a fixed small scale: for shallow networks of any activation.

    .. math:: W \sim \mathcal{N}(0, 0.01^2)

    In a deep network the signal shrinks from layer to layer; use `he` or `xavier` there.

    References
    ----------
    The 0.01 of the course Neural Networks and Deep Learning (deeplearning.ai), week 3.
    """
    return scale * rng.standard_normal(shape)


def lecun(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return normal numbers divided by the root of n_in: for identity, and tanh or sigmoid near their center.

    .. math:: W \sim \mathcal{N}(0, 1 / n_{in})

    References
    ----------
    LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, section 4.6.
    """
    return rng.standard_normal(shape) / math.sqrt(_fans(shape)[0])


def xavier(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return Xavier Glorot's normal numbers: for sigmoid, tanh and softmax.

    .. math:: W \sim \mathcal{N}(0, 2 / (n_{in} + n_{out}))

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, equation 12.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / sum(_fans(shape)))


def he(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return He's normal numbers: for ReLU and its relatives (leaky ReLU, ELU, GELU, SiLU, softplus).

    .. math:: W \sim \mathcal{N}(0, 2 / n_{in})

    References
    ----------
    He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015, equation 10.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / _fans(shape)[0])


def orthogonal(rng: np.random.Generator, shape: Shape) -> Float[Array, "..."]:
    r"""Return orthonormal columns (or rows, if there are fewer): for deep linear, tanh and recurrent networks.

    .. math:: W^\top W = I \quad\text{or}\quad W W^\top = I

    References
    ----------
    Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
    2014.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    with one_blas_thread():  # the last digits would depend on how many there are
        Q, R = np.linalg.qr(normal)
    Q = Q * np.sign(np.diagonal(R))  # makes Q uniform over the orthogonal matrices, whatever sign QR chose
    return (Q if rows >= columns else Q.T).reshape(shape)


INITIALIZERS = {
    "zeros": zeros,
    "normal": normal,
    "lecun": lecun,
    "xavier": xavier,
    "glorot": xavier,
    "he": he,
    "orthogonal": orthogonal,
}
"""Every initializer of weights by the name that layers take."""

SUITED = {
    "identity": "lecun",
    "sigmoid": "xavier",
    "tanh": "xavier",
    "softmax": "xavier",
    "log_softmax": "xavier",
    "step": "xavier",
}
"""The initializer that suits an activation; `he` suits the others."""
