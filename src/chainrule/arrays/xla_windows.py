"""Convolution and its gradients by JAX: XLA's primitive, or on a CPU what takes less time there.

blocks
    XLA computes a convolution with groups on a CPU one number at a time. So neighboring groups become one of
    `machine.XLA_BLOCK` channels, whose kernel is zero between groups, and each block is a convolution without groups.
shifts
    With few channels in a group the products are elementwise, and XLA makes one loop of them: shift, multiply and add.
sums
    It takes a half to a quarter of the time for the gradient of W if that is a sum over parts of the batch, and if
    the pictures of a depthwise one are added up, elementwise, before the places are. A part has every so-many-th
    picture, because pictures next to each other may lie on one of several devices.

For one channel a sum of shifted pictures is fast by itself, but not in a network, where what uses it computes it again.
So a barrier stands behind what shall be computed once.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import reduce

import jax
from jax import lax
from jax import numpy as jnp

from chainrule.arrays import machine
from chainrule.arrays.places import Pair, Window, shifts
from chainrule.arrays.types import Array


def correlate(x: Array, W: Array, window: Window, *, apart: Pair = (1, 1)) -> Array:
    """Return the product of every window of x with W; between rows and columns of x are `apart` - 1 zeros."""
    if not _grouped_on_a_cpu(window):
        return _primitive(x, W, window, apart)
    if W.shape[2] <= machine.XLA_SHIFTED:
        return _shifted(x, W, window, apart)
    Y = [
        _primitive(x[..., channels], _joined(W[..., filters], groups), window._replace(groups=1), apart)
        for channels, filters, groups in _blocks(W, window.groups)
    ]
    return jnp.concatenate(Y, axis=-1)


def kernel_gradient(x: Array, dY: Array, W: Array, window: Window) -> Array:
    """Return the gradient of W."""
    if not _grouped_on_a_cpu(window):
        return _parts(x, dY, W, window)
    if W.shape[2] == 1 and W.shape[3] == window.groups:
        return _sums(x, dY, W, window)
    dW = []
    for channels, filters, groups in _blocks(W, window.groups):
        joined = jax.eval_shape(lambda W, groups=groups: _joined(W, groups), W[..., filters])
        dW.append(_apart(_parts(x[..., channels], dY[..., filters], joined, window._replace(groups=1)), groups))
    return jnp.concatenate(dW, axis=-1)


def _grouped_on_a_cpu(window: Window) -> bool:
    return window.groups > 1 and jax.default_backend() == "cpu"


def _primitive(x: Array, W: Array, window: Window, apart: Pair) -> Array:
    return lax.conv_general_dilated(
        x,
        W,
        window_strides=window.stride,
        padding=window.padding,
        lhs_dilation=apart,
        rhs_dilation=window.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=window.groups,
    )


def _parts(x: Array, dY: Array, W: Array, window: Window) -> Array:
    """Return the correlation of x with dY in which examples and channels, stride and dilation change places."""
    each = zip(x.shape[1:3], dY.shape[1:3], W.shape[:2], *window[:3], strict=True)
    ends = [(p[0], d * (k - 1) + s * (out - 1) + 1 - n - p[0]) for n, out, k, s, p, d in each]
    few = max(machine.XLA_PICTURES, -(-len(x) // machine.XLA_PRODUCTS))
    parts = -(-len(x) // few) if jax.default_backend() == "cpu" else 1
    sums = (
        lax.conv_general_dilated(
            x[i::parts],
            dY[i::parts],
            window_strides=window.dilation,
            padding=ends,
            rhs_dilation=window.stride,
            dimension_numbers=("CHWN", "IHWO", "HWNC"),
            batch_group_count=window.groups,
        )
        for i in range(max(1, parts))
    )
    return reduce(operator.add, sums)


# Blocks.


def _blocks(W: Array, groups: int) -> Iterator[tuple[slice, slice, int]]:
    """Yield the channels, the filters and the number of groups of each block."""
    channels, filters = W.shape[2], W.shape[3] // groups
    step = max(1, machine.XLA_BLOCK // max(channels, filters))
    for first in range(0, groups, step):
        last = min(first + step, groups)
        yield slice(first * channels, last * channels), slice(first * filters, last * filters), last - first


def _joined(W: Array, groups: int) -> Array:
    """Return the kernel of one group that does what several did: zero where a filter does not see a channel."""
    kh, kw, channels, filters = W.shape
    own = jnp.eye(groups, dtype=W.dtype)[:, None, :, None]
    W = W.reshape(kh, kw, 1, channels, groups, filters // groups) * own
    return W.reshape(kh, kw, groups * channels, filters)


def _apart(joined: Array, groups: int) -> Array:
    """Return what belongs to each group: the blocks on the diagonal."""
    kh, kw, channels, filters = joined.shape
    blocks = joined.reshape(kh, kw, groups, channels // groups, groups, filters // groups)
    return jnp.einsum("ijgcgf->ijcgf", blocks).reshape(kh, kw, channels // groups, filters)


# Shifts and sums.


def _once(x: Array) -> Array:
    """Return x, which is computed before anything else with it is."""
    return lax.optimization_barrier(x)  # type: ignore[no-untyped-call]


def _padded(x: Array, window: Window, apart: Pair = (1, 1), pictures: int = 0) -> Array:
    """Return pictures between zeros, and so many more of zeros, which are there before anything else is computed."""
    sides = [(*sides, between - 1) for sides, between in zip(window.padding, apart, strict=True)]
    zero = jnp.zeros((), x.dtype)
    return _once(lax.pad(x, zero, [(0, pictures, 0), *sides, (0, 0, 0)]))


def _shifted(x: Array, W: Array, window: Window, apart: Pair) -> Array:
    padded = _padded(x, window, apart)
    output = window._replace(padding=((0, 0), (0, 0))).output(padded.shape[1:3], W.shape[:2])
    channels, filters = W.shape[2], W.shape[3] // window.groups
    parts = []
    for c in range(channels):
        # The c-th channel of each group, once for each of the group's filters.
        of_filters = padded[..., c::channels]
        if W.shape[2:] != (1, window.groups):
            of_filters = _once(jnp.repeat(of_filters, filters, axis=-1))
        parts += [of_filters[place] * W[i, j, c] for i, j, place in shifts(W.shape[:2], output, window)]
    return reduce(operator.add, parts)


def _sums(x: Array, dY: Array, W: Array, window: Window) -> Array:
    """Return the gradient of a depthwise W: for each of its places, the sum of shifted pictures times dY."""
    step = machine.XLA_SUMMED
    more = -len(x) % step
    padded = _padded(x, window, pictures=more)
    dY = jnp.pad(dY, ((0, more), (0, 0), (0, 0), (0, 0)))
    sums = []
    for _, _, place in shifts(W.shape[:2], dY.shape[1:3], window):
        meets = padded[place]
        sums.append(reduce(operator.add, (meets[n::step] * dY[n::step] for n in range(step))))
    # Stacked first: by themselves they take ten times as long, to compile, too.
    return jnp.sum(_once(jnp.stack(sums)), axis=(1, 2, 3)).reshape(W.shape)
