"""The terms of a gradient, from a layer's own backward.

Backward is linear in the gradient that comes from above, so one number of what it returns is a sum: over all numbers
from above, of a local derivative times that number. The local derivatives are what backward returns for unit gradients.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.trace.paths import Index
from chainrule.trace.record import LayerRecord
from chainrule.trace.untouched import copied, is_own

_PROBES = 4  # places of an axis by which it is told whether most of them matter
_FEWEST, _MOST = 32, 1024  # terms for whose sake backward is asked one by one
_WORK = 2**31  # multiply-adds that may be spent on them: a fraction of a second
Region = tuple[Array, ...]
"""Places along each axis: the numbers at all their combinations."""


@dataclass(frozen=True)
class Share:
    """What some numbers from above add to a number below: one of them, or a block."""

    index: Index
    local: float | None  # the local derivative; None of a block
    product: float


def shares(record: LayerRecord, name: str, place: tuple[int, ...], within: Index | None = None) -> list[Share]:
    """Return what each number from above adds to one number of a layer's gradients.

    Parameters
    ----------
    record
        The layer.
    name
        What the gradient is of: an input or a parameter, as the layer calls it.
    place
        Which of its numbers.
    within
        The block of the gradient from above that is looked at; None for all of it.

    Returns
    -------
    list
        The shares that are not 0. If there are too many numbers to ask backward about each, they are taken in blocks:
        all that belong to an example, or as many leading axes as may be.
    """
    dy = record.dy
    assert dy is not None
    number = _number(record, name, place)
    whole = tuple(np.arange(n) for n in dy.shape)
    start = whole if within is None else tuple(np.atleast_1d(a[i]) for a, i in zip(whole, within, strict=True))
    region = _support(number, dy, start)
    limit = _limit(record)
    if math.prod(map(len, region)) <= limit:
        singles = []
        for index in _combinations(region):
            local = number(_unit(dy, index))
            if local and (product := local * float(dy[index])):
                singles.append(Share(index, local, product))
        return singles
    blocks = [(block, number(_masked(dy, region, block))) for block in _blocks(region, dy.shape, limit)]
    return [Share(block, None, product) for block, product in blocks if product]


def local_derivatives(
    record: LayerRecord, name: str, place: tuple[int, ...], others: Sequence[tuple[int, ...]]
) -> list[float]:
    """Return the local derivatives of some numbers above with respect to one number below."""
    number = _number(record, name, place)
    return [number(_unit(record.y, index)) for index in others]


def _number(record: LayerRecord, name: str, place: tuple[int, ...]) -> Callable[[Array], float]:
    """Return the function from a gradient from above to the one number below."""
    inputs = list(record.inputs)
    wanted = name in inputs
    own = is_own(record.layer)

    def number(dy: Array) -> float:
        dx: Any
        # A user's own layer may use up what it kept in forward, and is asked many times.
        layer, cache = copied((record.layer, record.cache)) if own else (record.layer, record.cache)
        dx, grads = layer.backward(cache, dy, input_gradient=wanted)
        if wanted:
            return float((dx[inputs.index(name)] if isinstance(dx, tuple) else dx)[place])
        for key in name.split("."):
            grads = grads[int(key)] if isinstance(grads, tuple) else grads[key]
        return float(grads[place])

    return number


def rounding(users: list[tuple[LayerRecord, str]], place: tuple[int, ...], value: float, total: float) -> float:
    """Return by how much rounding moved a number and the sum of its shares: how far they are from those in float64.

    What cancels inside of a layer's backward shows in neither. A backward that is not linear is so in float64, too.
    """
    exact = []
    for user, called in users:
        assert user.dy is not None
        exact.append((replace(user, cache=_in_float64(user.cache), dy=_in_float64(user.dy)), called))
    value64 = math.fsum(_number(user, called, place)(user.dy) for user, called in exact if user.dy is not None)
    total64 = math.fsum(share.product for user, called in exact for share in shares(user, called, place))
    return abs(value - value64) + abs(total - total64)


def _in_float64(tree: Any) -> Any:
    """Return whatever forward kept, with its floats in float64."""
    if isinstance(tree, np.ndarray | np.floating):
        return np.asarray(tree, np.float64) if tree.dtype.kind == "f" else tree
    if isinstance(tree, dict):
        return {name: _in_float64(child) for name, child in tree.items()}
    if isinstance(tree, tuple | list):
        children = map(_in_float64, tree)
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    return tree


def _support(number: Callable[[Array], float], dy: Array, region: Region) -> Region:
    """Return a region outside of which no number from above matters, found axis by axis.

    Random numbers from above, unlike the real ones, do not cancel, so a part of the region for which exactly 0 comes
    out has no influence. A region that is too large costs time, but is not wrong: there, the local derivatives are 0.
    """
    random = np.random.default_rng(0).standard_normal(dy.shape).astype(dy.dtype)

    def matters(axis: int, places: Array) -> bool:
        part = (*region[:axis], places, *region[axis + 1 :])
        return number(_masked(random, part)) != 0

    def halved(axis: int, places: Array) -> list[int]:
        if not matters(axis, places):
            return []
        if len(places) == 1:
            return [int(places[0])]
        middle = len(places) // 2
        return halved(axis, places[:middle]) + halved(axis, places[middle:])

    for axis in range(dy.ndim):
        all_places = region[axis]
        probes = all_places[:: max(1, len(all_places) // _PROBES)][:_PROBES]
        if len(all_places) > 1 and not all(matters(axis, probes[i : i + 1]) for i in range(len(probes))):
            region = (*region[:axis], np.array(halved(axis, all_places), int), *region[axis + 1 :])
    return region


def _masked(dy: Array, region: Region, block: Index | None = None) -> Array:
    """Return a gradient from above with zeros outside of a region, and outside of a block of it."""
    if block is not None:
        places = (np.atleast_1d(np.arange(n)[i]) for n, i in zip(dy.shape, block, strict=True))
        region = tuple(np.intersect1d(a, b) for a, b in zip(region, places, strict=True))
    masked = np.zeros_like(dy)
    masked[np.ix_(*region)] = dy[np.ix_(*region)]
    return masked


def _unit(dy: Array, index: tuple[int, ...]) -> Array:
    unit = np.zeros_like(dy)
    unit[index] = 1
    return unit


def _combinations(region: Region) -> list[tuple[int, ...]]:
    return list(itertools.product(*(places.tolist() for places in region)))


def _blocks(region: Region, shape: tuple[int, ...], limit: int) -> list[Index]:
    """Return blocks that cover a region: by as many leading axes as the limit allows."""
    leading = 0
    while math.prod(map(len, region[: leading + 1])) <= limit:
        leading += 1
    if leading:
        rest: tuple[Any, ...] = (slice(None),) * (len(shape) - leading)
        return [(*index, *rest) for index in _combinations(region[:leading])]
    step = -(-shape[0] // limit)
    rest = (slice(None),) * (len(shape) - 1)
    return [(slice(start, min(start + step, shape[0])), *rest) for start in range(0, shape[0], step)]


def _limit(record: LayerRecord) -> int:
    """Return how many times backward may be asked: fewer times if it takes long."""
    assert record.dy is not None
    layer, x = record.layer, record.x
    products = 0 if layer.merges else 2 * len(x) * layer.multiply_adds(record.params, x.shape[1:])
    work = products + 20 * record.dy.size
    return int(min(max(_WORK // work, _FEWEST), _MOST))
