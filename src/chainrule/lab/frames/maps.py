"""What the network and each of its units answer: over a plane, along a curve, or for one example."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array
from chainrule.common.number_text import number_text
from chainrule.common.texts import tr
from chainrule.lab.frames.look import LINE, MAP, UNIT, Look
from chainrule.lab.frames.plain import in_bytes, rounded, signed_in_bytes, whole_in_bytes
from chainrule.layers import Dense

_MOST_UNITS = 32  # of a layer that are shown
_LINE_OF_UNIT = 64


def map_of_answers(look: Look) -> dict[str, Any] | None:
    """Return the map or the curve of the answers; None where there are more than two inputs."""
    examples = look.examples
    if not examples.bounds:
        return None
    if not examples.is_plane:
        return _line(look)
    A = look.answers(look.grid(MAP))
    about = {"kind": "plane", "size": MAP, "bounds": [list(b) for b in examples.bounds], "task": examples.task}
    if not np.isfinite(A).all():
        return about | {"values": None, "note": _not_finite()}
    if examples.task == "binary":
        return about | {"values": in_bytes(A), "low": "0", "high": "1"}
    if examples.task == "classes":
        return about | {"values": whole_in_bytes(A.argmax(axis=1)), "sure": in_bytes(A.max(axis=1))}
    low, high = float(A[:, 0].min()), float(A[:, 0].max())
    shares = (A[:, 0] - low) / (high - low) if high > low else np.zeros(len(A))
    return about | {"values": in_bytes(shares), "low": number_text(low), "high": number_text(high)}


def _line(look: Look) -> dict[str, Any]:
    """Return what one input leads to: a curve for each output."""
    examples, x = look.examples, look.grid(LINE)
    A = look.answers(x)
    about: dict[str, Any] = {"kind": "curve", "x": rounded(x[:, 0]), "task": examples.task}
    if examples.task == "regression":
        y = examples.y if examples.y_val is None else np.concatenate([examples.y, examples.y_val])
        low, high = float(y.min()), float(y.max())
        margin = 0.12 * max(high - low, 1e-3)
        limits = [low - margin, high + margin]
    else:
        limits = [0.0, 1.0]
    about["bounds"] = [list(examples.bounds[0]), limits]
    if not np.isfinite(A).all():
        return about | {"y": None, "note": _not_finite()}
    return about | {"y": rounded(A[:, 0]), "others": [rounded(A[:, k]) for k in range(1, A.shape[1])]}


def _not_finite() -> str:
    return tr("The answers are no finite numbers any more: go back to the last good state.")


def maps_of_units(look: Look) -> dict[str, Any]:
    """Return a small picture of each unit: over the plane, along the line, or of one example that is a picture."""
    examples = look.examples
    if examples.is_plane:
        entries = _over_inputs(look, (UNIT, UNIT), look.grid(UNIT))
    elif len(examples.input_shape) == 1 and examples.bounds:
        entries = _over_inputs(look, (1, _LINE_OF_UNIT), look.grid(_LINE_OF_UNIT))
    else:
        entries = _of_one_example(look)
    return {"size": UNIT, "layers": entries}


def _over_inputs(look: Look, shape: tuple[int, int], X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return what each input and each unit is at the points of a grid."""
    entries = [_entry(look, -1, X, shape)]
    entries += [_entry(look, i, A, shape) for i, A in enumerate(look.layers(X)) if A.ndim == 2]
    return entries


def _entry(look: Look, layer: int, A: Array, shape: tuple[int, int]) -> dict[str, Any]:
    """Return the units of a layer, whose values at some places are the rows of an array."""
    shown = A[:, :_MOST_UNITS]
    off = {unit for i, unit in look.moment.off if i == layer}
    return {
        "layer": layer,
        "label": look.network.body.layers[layer].label if layer >= 0 else tr("input"),
        "shape": str(A.shape[1:]),
        "height": shape[0],
        "width": shape[1],
        "units": _alone(shown[0]) if len(shown) == 1 else [signed_in_bytes(unit) for unit in shown.T],
        "off": [unit in off for unit in range(shown.shape[1])],
        "more": A.shape[1] - shown.shape[1],
    }


def _alone(numbers: Array) -> list[str | None]:
    """Return units of which each has one number as bytes, relative to the largest of them."""
    largest = np.abs(numbers).max(initial=0)
    return [signed_in_bytes(np.array([number]), largest) for number in numbers]


def _of_one_example(look: Look) -> list[dict[str, Any]]:
    """Return what units make of one example, or what they look for in a picture."""
    x, entries = look.one, []
    if look.examples.pixel_shape is not None:
        pixels = np.asarray(x, float).reshape(-1, 1)
        entries.append(_entry(look, -1, pixels, look.examples.pixel_shape))
    elif look.examples.is_sequence:
        entries.append(_entry(look, -1, x[0], (1, x.shape[1])))
    for i, A in enumerate(look.layers(x)):
        if A.ndim == 4:
            entries.append(_entry(look, i, A[0].reshape(-1, A.shape[-1]), A.shape[1:3]))
        elif A.ndim == 3:
            entries.append(_entry(look, i, A[0], (1, A.shape[1])))
        elif i == 0 and look.examples.pixel_shape is not None and isinstance(look.network.body.layers[0], Dense):
            entries.append(_entry(look, 0, look.network.params[0]["W"], look.examples.pixel_shape))
        else:
            entries.append(_entry(look, i, A, (1, 1)))
    return entries
