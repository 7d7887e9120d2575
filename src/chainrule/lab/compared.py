"""A learner's numbers beside the right ones, as the page shows them: the first that differs, and those around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.checker.telling.texts import plain
from chainrule.common.number_text import number_text
from chainrule.common.texts import later, tr

ROWS, COLUMNS = 6, 6
"""How many rows and columns of an array are shown."""
_NO_PLACE = {
    "activation": later("No layer of the network on the screen has this activation."),
    "layer": later("The network on the screen has no layer of this kind, or another loss."),
    "network": later("It is for a network with other layers, activations or another loss than the one on the screen."),
    "convolution": later(
        "The network on the screen has no convolution of pictures with a square kernel and the same stride and padding "
        "on all sides, or too large a one."
    ),
    "pooling": later("The network on the screen has no pooling of this kind with square windows, or too large a one."),
    "recurrent": later(
        "The network on the screen has no recurrent layer of this kind that reads from the first step on."
    ),
    "optimizer": later("An optimizer is tried on dense layers, and the network on the screen has none, or large ones."),
    "other": later("Its numbers do not occur in a pass of the network on the screen."),
}
_THE_NETWORK = later("the whole network")
_WHOLE = {
    "optimizer": later(
        "three steps from the weights on the screen, with the checker's settings; the gradients are scaled to 1 at "
        "most, and those below 0.1 count as 0"
    )
}
SAME, DIFFERS, RAISED, NO_PLACE = "same", "differs", "raised", "no-place"


def compared(function: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    """Return what a function came to beside what is right, as plain data with sentences in the language of the context.

    Parameters
    ----------
    function
        What `own_numbers.beside` says of it.
    labels
        The names of the network's layers.
    """
    whole = _WHOLE.get(function["kind"], _THE_NETWORK)
    tries = [_tried(tried, labels, function["tolerance"], tr(whole)) for tried in function["tries"]]
    worst = next((tried for tried in tries if tried["status"] != SAME), tries[0] if tries else None)
    told = {name: function[name] for name in ("function", "role", "line", "cell", "cell_line")}
    if worst is None:
        return told | {"status": NO_PLACE, "said": tr(_NO_PLACE[function["kind"]]), "tries": []}
    return told | {"status": worst["status"], "said": worst["said"], "tries": tries}


def _tried(tried: Mapping[str, Any], labels: Sequence[str], tolerance: float, whole: str) -> dict[str, Any]:
    layer = tried["layer"]
    title = whole if layer is None else tr("layer {number}: {label}", number=layer, label=labels[layer])
    told = {"layer": layer, "title": title, "by_sum": tried["by_sum"], "in_pass": _in_pass(tried)}
    if tried["raised"]:
        raised = {name: plain(str(value)) for name, value in tried["raised"].items()}
        text = tr("It stops with {kind}: {text}", kind=raised["kind"], text=raised["text"])
        return told | {"status": RAISED, "said": text, "quantities": []}
    quantities = [_quantity(quantity, tolerance) for quantity in tried["quantities"]]
    wrong = next((quantity for quantity in quantities if quantity["status"] != SAME), None)
    said = tr("Every number is as it should be.") if wrong is None else wrong["said"]
    return told | {"status": SAME if wrong is None else DIFFERS, "said": said, "quantities": quantities}


def _in_pass(tried: Mapping[str, Any]) -> dict[str, str] | None:
    """Return where the page shows the pass of these numbers; None for those of the whole network."""
    if tried["layer"] is None:
        return None
    is_gradient = any(quantity["name"].startswith("d") for quantity in tried["quantities"])
    return {"room": "pass", "layer": f"layer{tried['layer']}", "phase": "backward" if is_gradient else "forward"}


def _quantity(quantity: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    """Return one array of the learner's beside the right one."""
    name, right = quantity["name"], np.asarray(quantity["right"], float)
    told = {"name": name, "shape": _shape(right.shape), "count": 0}
    if quantity["theirs"] is None:
        text = tr("{name} is missing: there is no array where it should be.", name=name)
        return told | {"status": DIFFERS, "said": text, "table": _table(right, None, tolerance)}
    theirs = np.asarray(quantity["theirs"], float)
    if theirs.shape != right.shape:
        text = tr(
            "{name} has shape {theirs}, but should have {right}.",
            name=name,
            theirs=_shape(theirs.shape),
            right=_shape(right.shape),
        )
        alone = number_text(theirs.flat[0]) if theirs.size == 1 else ""
        return told | {"status": DIFFERS, "said": text, "table": _table(right, None, tolerance), "alone": alone}
    differs = differing(right, theirs, tolerance)
    if not differs.any():
        return told | {"status": SAME, "said": "", "table": _table(right, theirs, tolerance)}
    first = tuple(int(i) for i in np.argwhere(differs)[0]) if differs.ndim else ()
    text = tr(
        "{name} is {theirs}, but should be {right}: the first of {count:,} numbers that differ.",
        name=name + (f"[{', '.join(map(str, first))}]" if first else ""),
        theirs=number_text(theirs[first]),
        right=number_text(right[first]),
        count=int(differs.sum()),
    )
    return told | {
        "status": DIFFERS,
        "said": text,
        "count": int(differs.sum()),
        "table": _table(right, theirs, tolerance),
    }


def differing(right: Any, theirs: Any, tolerance: float) -> Any:
    """Return where numbers differ by more than is tolerated, relative to the largest right one."""
    scale = float(np.max(np.abs(right[np.isfinite(right)]), initial=0.0))
    with np.errstate(invalid="ignore"):
        return ~np.isclose(right, theirs, rtol=0.0, atol=tolerance * scale + 1e-12, equal_nan=True)


def _table(right: Any, theirs: Any, tolerance: float) -> dict[str, Any]:
    """Return the rows and columns around the first number that differs."""
    columns = right.shape[1:2] or right.shape[:1] or (1,)
    matrix = right.reshape(-1, int(np.prod(right.shape[1:])) if right.ndim > 1 else columns[0])
    other = None if theirs is None else theirs.reshape(matrix.shape)
    wrong = np.zeros(matrix.shape, bool) if other is None else differing(matrix, other, tolerance)
    first = [int(i) for i in np.argwhere(wrong)[0]] if wrong.any() else None
    rows, columns = (
        _around(at, count, limit)
        for at, count, limit in zip(first or (0, 0), matrix.shape, (ROWS, COLUMNS), strict=True)
    )
    cells = [
        [
            {
                "right": number_text(matrix[i, j]),
                "theirs": "" if other is None else number_text(other[i, j]),
                "differs": bool(wrong[i, j]),
            }
            for j in columns
        ]
        for i in rows
    ]
    left_out = matrix.size - len(rows) * len(columns)
    return {"rows": [*rows], "columns": [*columns], "cells": cells, "first": first, "left_out": left_out}


def _around(at: int, count: int, limit: int) -> range:
    start = max(0, min(at - limit // 2, count - limit))
    return range(start, min(start + limit, count))


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
