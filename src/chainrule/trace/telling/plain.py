"""Traces and explanations as plain data, as JSON takes it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.trace.explanation import Explanation
from chainrule.trace.record import Arrays, LayerRecord, PassRecord
from chainrule.trace.telling import idle, numbers

_ALL = 1024  # numbers of an array that are all written; of larger ones, a corner is
_ROWS, _COLUMNS = 16, 16


def of_pass(record: PassRecord) -> dict[str, Any]:
    """Return a trace as plain data."""
    data: dict[str, Any] = {"mode": "training" if record.mode.training else "inference"}
    if record.optimizer is not None:
        data["optimizer"] = repr(record.optimizer)
    data["layers"] = [_layer(layer) for layer in record.layers]
    loss = record.loss
    if loss is not None:
        arrays = {loss.symbols[0]: loss.Z, "P": loss.P, "Y": loss.Y, f"d{loss.symbols[0]}": loss.slope}
        data["loss"] = {"name": repr(loss.loss), "equations": list(loss.equations), "value": number(loss.value)}
        data["loss"] |= {"arrays": _arrays(arrays)}
    return data


def _layer(record: LayerRecord) -> dict[str, Any]:
    data: dict[str, Any] = {
        "path": record.path,
        "label": record.label,
        "equations": list(record.equations),
        "forward": _arrays(record.forward),
        "backward": _arrays(record.backward),
    }
    if record.updated:
        data["updated"] = _arrays(record.updated)
    data |= idle.named(record)
    if record.steps:
        data["steps"] = [{"forward": _arrays(s.forward), "backward": _arrays(s.backward)} for s in record.steps]
    if record.parts:
        data["parts"] = [_layer(part) for part in record.parts]
    return data


def _arrays(arrays: Arrays) -> dict[str, Any]:
    return {name: _array(array) for name, array in arrays.items()}


def _array(array: Array) -> dict[str, Any]:
    """Return an array's shape, statistics, and all of its numbers or those of a corner."""
    data: dict[str, Any] = {"shape": list(array.shape), "statistics": numbers.statistics(array)._asdict()}
    if array.size <= _ALL:
        return data | {"numbers": _listed(array)}
    shown = numbers.corner(array, _ROWS, _COLUMNS)
    return data | {"shown": shown.where, "numbers": _listed(shown.matrix)}


def _listed(array: Array) -> Any:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return [_listed(part) for part in array] if array.ndim else number(float(array))
    return array.tolist()


def number(value: float) -> float | None:
    """Return a number as JSON has it, which knows no NaN or infinity: those are null."""
    return value if math.isfinite(value) else None


def of_explanation(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data: all of its terms."""
    data: dict[str, Any] = {
        "path": explanation.path,
        "value": number(explanation.value),
        "kind": explanation.said,
        "terms": [term._asdict() for term in explanation.terms],
        "sum": number(explanation.total),
    }
    if explanation.facts:
        data["facts"] = dict(explanation.facts)
    if explanation.difference is not None:
        slope = explanation.difference
        data["difference"] = {"value": number(slope.value), "doubt": number(slope.doubt), "kink": slope.kink}
    return data
