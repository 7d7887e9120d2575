"""What follows when a weight or an input is changed by hand, or a unit is switched off: the same pass once more."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import tr
from chainrule.lab.json_numbers import as_dtype
from chainrule.lab.passes import Change, OnePass, Passes
from chainrule.lab.session import Session
from chainrule.lab.storyboard import SHOWN, answers
from chainrule.lab.switched import outgoing, switched_off
from chainrule.network import Network
from chainrule.trace.paths import at
from chainrule.trace.telling.numbers import text


def touched(passes: Passes, one: OnePass, path: Any, value: Any) -> OnePass:
    """Return a pass with one number set to another value.

    Parameters
    ----------
    passes
        Where it is kept.
    one
        The pass; what was changed in it before stays changed.
    path, value
        The number, one of a parameter or of the input, and what to set it to.

    Raises
    ------
    InputError
        There is no such number, other numbers follow from it alone, or the value is none.
    """
    return _once_more(passes, one, _change(one, path, value))


def without_unit(passes: Passes, one: OnePass, layer: Any, unit: Any) -> OnePass:
    """Return a pass in which a unit of a layer, such as ``layer0``, has no influence."""
    number = str(layer).removeprefix("layer")
    if not number.isdigit() or isinstance(unit, bool) or not isinstance(unit, int):
        raise InputError(
            "A unit is the path of a layer and a number, such as 'layer0' and 2, but {layer} and {unit} came.",
            layer=shown(layer),
            unit=shown(unit),
        )
    return _once_more(passes, one, Change("unit", f"layer{int(number)}", (unit,)))


def touchable(one: OnePass, path: str) -> dict[str, Any]:
    """Return what can be done by hand at a number: "set" it, or switch off its "unit"; nothing if neither."""
    quantity, index = one.find(path) if ":" not in path else (None, None)
    if quantity is None or index is None or not _is_number(index):
        return {}
    if quantity.kind == "parameter" or (quantity.kind == "input" and quantity.array is one.trace.X):
        return {"set": {"path": at(quantity.name, index), "value": float(quantity.array[index])}}
    producer = one.trace.producer(quantity.array)
    layer = "" if producer is None else producer.path.removeprefix("layer")
    if not layer.isdigit() or one.network.input_shape is None:
        return {}
    unit = int(layer), int(index[-1])
    try:
        outgoing(one.network.body, one.network.input_shape, unit)
    except InputError:  # nothing listens to it alone
        return {}
    return {"unit": {"layer": f"layer{layer}", "unit": unit[1]}}


def _change(one: OnePass, path: Any, value: Any) -> Change:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError("A weight or an input is set to a number, but {value} came.", value=shown(value))
    quantity, index = one.find(path)
    as_dtype(value, quantity.array.dtype)
    if quantity.kind == "parameter" and index is not None and _is_number(index):
        return Change("parameter", quantity.name, index, float(value))
    if quantity.kind == "input" and index is not None and _is_number(index) and quantity.array is one.trace.X:
        return Change("input", quantity.name, index, float(value))
    raise InputError(
        "By hand one sets a number of a parameter or of the input, such as 'layer0.W[0, 0]'. {path} follows from "
        "others.",
        path=path,
    )


def _is_number(index: tuple[Any, ...]) -> bool:
    return all(isinstance(place, int) for place in index)


def _once_more(passes: Passes, one: OnePass, change: Change) -> OnePass:
    origin = one.origin or one
    earlier = (other for other in one.changes if (other.path, other.index) != (change.path, change.index))
    changes = (*earlier, change)
    return passes.again(origin, _network(origin.network, changes), _inputs(origin.batch.X, changes), changes)


def _network(network: Network, changes: Iterable[Change]) -> Network:
    """Return a copy of a network with the changes of its parameters."""
    arrays = dict(leaves(network.params))
    for change in changes:
        if change.kind == "parameter":
            path = change.path.removeprefix("layer")
            arrays[path] = _with(arrays[path], change)
    other = copy.copy(network)
    params = replace_leaves(network.params, arrays)
    off = [(int(c.path.removeprefix("layer")), c.index[0]) for c in changes if c.kind == "unit"]
    assert network.input_shape is not None
    other.params = switched_off(network.body, params, network.input_shape, off)
    return other


def _inputs(X: Array, changes: Iterable[Change]) -> Array:
    for change in changes:
        if change.kind == "input":
            X = _with(X, change)
    return X


def _with(array: Array, change: Change) -> Array:
    other = np.array(array)
    other[change.index] = change.value
    return other


def effect(one: OnePass) -> dict[str, Any] | None:
    """Return what the changes of a pass did to its outputs and its loss, as plain data; None without changes."""
    if one.origin is None:
        return None
    now, was = one.trace.loss, one.origin.trace.loss
    assert now is not None and was is not None
    rows = zip(one.batch.rows, answers(one.origin), answers(one), strict=True)
    examples = [{"row": row, "before": before, "after": after} for row, before, after in rows]
    return {
        "changes": [_said(one, change) for change in one.changes],
        "loss": {"before": text(was.value), "after": text(now.value), "change": _signed(now.value - was.value)},
        "examples": examples[:SHOWN],
        "origin": one.origin.number,
        "keeps": all(change.kind != "input" for change in one.changes),
    }


def _said(one: OnePass, change: Change) -> str:
    assert one.origin is not None
    if change.kind == "unit":
        return tr("{layer}: unit {unit} is off", layer=change.path, unit=change.index[0])
    before, after = (float(run.known[change.path].array[change.index]) for run in (one.origin, one))
    return f"{at(change.path, change.index)}: {text(before)} → {text(after)}"


def _signed(value: float) -> str:
    return f"+{text(value)}" if value > 0 else text(value)


def keep(session: Session, one: OnePass) -> None:
    """Change the network in training in the same way.

    Raises
    ------
    InputError
        An input was changed, which belongs to the data, or nothing was.
    """
    if not one.changes or any(change.kind == "input" for change in one.changes):
        raise InputError("Only changed weights and units that are off can be kept in the network; an input is data.")
    for change in one.changes:
        if change.kind == "unit":
            session.switch(int(change.path.removeprefix("layer")), change.index[0], True)
        else:
            session.change(change.path.removeprefix("layer"), change.index, change.value)
