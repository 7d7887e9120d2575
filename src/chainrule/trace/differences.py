"""The slope of the loss along one number of a pass, from finite differences: forward alone, without any backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves, map_leaves
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.gradcheck.slopes import Function, Line, Slope, slope
from chainrule.trace.record import LayerRecord, PassRecord
from chainrule.trace.recorder import Entry, Recorder
from chainrule.trace.untouched import is_own

_SAME = 1e-4  # of the loss, by which a pass in float64 may be off


def slope_at(traced: PassRecord, record: LayerRecord, name: str, place: tuple[int, ...]) -> tuple[Slope, float]:
    """Return the slope of the loss along one number (of a parameter, an input or the output), and its gradient.

    The gradient is the one of that pass, so that rounding in the precision of the network can be told from an error.

    The pass is run in float64. Where that gives another loss, as random numbers do that are drawn in the precision of
    the network, it is run in the network's.

    Raises
    ------
    InputError
        Other layers use the same input, or it is the input of a part that is joined with others, so that its slope is
        not what this layer adds to it; or passes with the same numbers differ.
    """
    assert traced.loss is not None
    for dtype in (np.float64, traced.loss.Z.dtype):
        loss, array, gradient = _movable(traced, record, name, dtype)
        if abs(loss() - traced.loss.value) <= _SAME * abs(traced.loss.value) and loss() == loss():
            break
    else:
        own = ", ".join(unit.label for unit in traced.units if is_own(unit.layer)) or tr("a layer")
        raise InputError(
            "There is no finite difference: two passes with the same numbers came to different losses, because "
            "{layers} is random, or remembers earlier calls. Take random numbers from mode (mode.key), and keep "
            "nothing in self.",
            layers=own,
        )
    function = Function(lambda: np.array([loss()]), np.ones(1), float(np.finfo(dtype).eps), 0.0)
    line = Line(array, np.array([np.ravel_multi_index(place, array.shape)]), np.ones(1), _scale(record, name, place))
    with np.errstate(all="ignore"):
        return slope(function, line)[0], float(gradient[place])


def _scale(record: LayerRecord, name: str, place: tuple[int, ...]) -> float:
    """Return the size of the number, or 1."""
    array = record.forward.get(name)
    return max(1.0, abs(float(array[place]))) if array is not None else 1.0


def _movable(
    traced: PassRecord, record: LayerRecord, name: str, dtype: Any
) -> tuple[Callable[[], float], Array, Array]:
    """Return the loss as a function of an array, which is changed in place, the array, and its gradient."""
    loss = traced.loss
    assert loss is not None
    params = map_leaves(lambda p: np.array(p, dtype), traced.params)
    X = traced.X.astype(dtype) if traced.X.dtype.kind == "f" else traced.X.copy()
    weights = None if loss.weights is None else loss.weights.astype(dtype)
    root = Entry("", traced.body)
    body = Recorder(root)
    Z, cache = body.forward(params, X, traced.mode)
    body.backward(cache, loss.loss(Z, loss.Y, weights)[1])
    entries = {entry.path: entry for entry in root.walk()}
    entry = entries[record.path]
    gradient = _gradient(record, entry, name)
    if name in dict(leaves(entry.params)):
        array = dict(leaves(entry.params))[name]
    else:
        array = _value(traced, record, name, entries, X)

    def value() -> float:
        Z, _ = body.forward(params, X, traced.mode)
        return float(loss.loss(Z, loss.Y, weights)[0])

    return value, array, gradient


def _gradient(record: LayerRecord, entry: Entry, name: str) -> Array:
    """Return the gradient of a parameter, an input or the output, of another pass than the record's."""
    grads, inputs = dict(leaves(entry.grads)), list(record.inputs)
    if name not in inputs:
        return grads.get(name, entry.dy)
    gradient: Array = entry.dx[inputs.index(name)] if isinstance(entry.dx, tuple) else entry.dx
    return gradient


def _value(traced: PassRecord, record: LayerRecord, name: str, entries: dict[str, Entry], X: Array) -> Array:
    """Return what is added to a layer's input or output: zeros for now."""
    inside = next((unit for unit in traced.units if record.path.startswith(f"{unit.path}.")), None)
    if inside is not None and name in record.inputs:
        raise InputError(
            "{prefix}{name} goes to all parts of {whole} ({label}), so what one of them adds to its gradient "
            "is no slope of the loss: ask about the output of the part, its parameters, or the input of {whole}.",
            prefix=record.prefix,
            name=name,
            whole=inside.path,
            label=inside.label,
        )
    value = record.inputs.get(name, record.y)
    users = traced.users(value)
    if name in record.inputs and len(users) > 1:
        names = ", ".join(f"{user.prefix}{called}" for user, called in users)
        raise InputError(
            "{prefix}{name} goes to several layers ({users}), so what one of them adds to its gradient is no slope "
            "of the loss: ask about the output that it comes from.",
            prefix=record.prefix,
            name=name,
            users=names,
        )
    producer = traced.producer(value) if inside is None else record
    if producer is None:
        return X
    entry = entries[producer.path]
    entry.nudge = np.zeros_like(entry.y)
    return entry.nudge
