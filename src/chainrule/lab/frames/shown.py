"""The examples themselves: points of a plane or a curve, some pictures, some sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.texts import tr
from chainrule.lab.data_sets import Examples
from chainrule.lab.frames.judged import told
from chainrule.lab.frames.plain import rounded, texts

_POINTS = 2000  # of each set that are drawn
_PICTURES = 40
_EXAMPLES = 3  # that are told as numbers
_INPUTS = 12  # of each


def points(examples: Examples) -> dict[str, Any]:
    """Return what there is to draw of examples, and a line about them."""
    about: dict[str, Any] = {
        "task": examples.task,
        "title": str(examples.title),
        "classes": [str(name) for name in examples.classes],
        "names": [str(name) for name in examples.names],
        "bounds": [list(bounds) for bounds in examples.bounds],
        "shape": list(examples.input_shape),
        "caption": _caption(examples),
        "notes": list(examples.notes),
        "plane": examples.is_plane,
        "curve": examples.is_curve,
    }
    if examples.is_plane or examples.is_curve:
        about |= {"X": _places(examples, examples.X, examples.y), "y": _labels(examples, examples.y)}
        if examples.X_val is not None and examples.y_val is not None:
            about |= {"X_val": _places(examples, examples.X_val, examples.y_val)}
            about |= {"y_val": _labels(examples, examples.y_val)}
        return about
    pictures = zip(examples.X[:_PICTURES], examples.y[:_PICTURES], strict=True)
    if examples.is_picture or examples.is_sequence:
        about["pictures"] = [told(examples, x) | {"label": _label(examples, y)} for x, y in pictures]
    else:
        about["first"] = _first(examples)
    return about


def _first(examples: Examples) -> dict[str, Any]:
    """Return the first examples as numbers: an input is a row, an example a column under what it is."""
    X = examples.X[:_EXAMPLES].reshape(min(len(examples.X), _EXAMPLES), -1)
    names = [str(name) for name in examples.names] or [f"x{i + 1}" for i in range(X.shape[1])]
    rows = zip(names[:_INPUTS], texts(X.T[:_INPUTS]), strict=False)
    more = X.shape[1] - _INPUTS
    return {
        "labels": [_label(examples, y) for y in examples.y[:_EXAMPLES]],
        "inputs": [{"name": name, "texts": of_input} for name, of_input in rows],
        "more": tr("and {count:,} more inputs", count=more) if more > 0 else None,
    }


def _caption(examples: Examples) -> str:
    if examples.X_val is None:
        return tr("{count:,} examples to train on", count=len(examples.X))
    return tr(
        "{count:,} examples to train on, {validation:,} for validation",
        count=len(examples.X),
        validation=len(examples.X_val),
    )


def _places(examples: Examples, X: NDArray[Any], y: NDArray[Any]) -> list[Any]:
    """Return the places of points; of a curve, inputs with their values."""
    where = X if examples.is_plane else np.concatenate([X, y], axis=1)
    return rounded(where[:_POINTS], 4)


def _labels(examples: Examples, y: NDArray[Any]) -> list[Any]:
    return rounded(y[:_POINTS, 0], 4) if examples.task == "regression" else y[:_POINTS].tolist()


def _label(examples: Examples, y: Any) -> str:
    if examples.task == "regression":
        return ", ".join(f"{value:.3g}" for value in np.atleast_1d(y).tolist())
    return str(examples.classes[int(y)])
