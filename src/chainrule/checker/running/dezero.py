"""What the helper file of the book's third volume defines, `dezero/utils.py`: sums and sizes of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def sum_to(x: Any, shape: Sequence[int]) -> Any:
    """Return the sums that have a shape from which x may be broadcast.

    >>> sum_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    lead = np.ndim(x) - len(shape)
    once = tuple(lead + axis for axis, length in enumerate(shape) if length == 1)
    return x.sum(axis=(*range(lead), *once), keepdims=True).reshape(shape)


def reshape_sum_backward(gy: Any, x_shape: Sequence[int], axis: Any, keepdims: bool) -> Any:
    """Return the gradient of a sum with an axis of length 1 for each that was added up."""
    if axis is None or keepdims or not x_shape:
        return gy
    axes = {a % len(x_shape) for a in _axes(axis)}
    kept = iter(gy.shape)
    return gy.reshape(tuple(1 if a in axes else next(kept) for a in range(len(x_shape))))


def logsumexp(x: Any, axis: Any = 1) -> Any:
    """Return the logarithm of the sum of the exponentials."""
    largest = x.max(axis=axis, keepdims=True)
    return largest + np.log(np.exp(x - largest).sum(axis=axis, keepdims=True))


def max_backward_shape(x: Any, axis: Any) -> list[int]:
    """Return the shape of x with 1 for the axes along which a maximum is taken."""
    axes = range(x.ndim) if axis is None else _axes(axis)
    return [1 if a in axes else length for a, length in enumerate(x.shape)]


def pair(x: Any) -> tuple[int, int]:
    """Return a number twice, and a pair as it is."""
    return (x, x) if isinstance(x, int) else (x[0], x[1])


def get_conv_outsize(input_size: int, kernel_size: int, stride: int, pad: int) -> int:
    """Return how many windows there are along an axis.

    >>> get_conv_outsize(7, 3, 2, 0)
    3
    """
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size: int, k: int, s: int, p: int) -> int:
    """Return the length of an axis that has so many windows."""
    return s * (size - 1) + k - 2 * p


def _axes(axis: Any) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)
