"""How the examples are answered: which classes are taken for which, and the worst mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array
from chainrule.common.number_text import number_text
from chainrule.common.texts import tr
from chainrule.lab.data_sets import Examples
from chainrule.lab.frames.look import Look
from chainrule.lab.frames.plain import in_bytes, rounded

_WORST = 12
_MOST_CLASSES = 30  # of a matrix that can be read
_LEAST = 1e-300  # of a probability whose logarithm is taken
_INPUTS = 4  # of an example that are told


def _probabilities(A: Array) -> Array:
    """Return a probability for each class."""
    return np.concatenate([1 - A, A], axis=1) if A.shape[1] == 1 else A


def confusion(look: Look) -> dict[str, Any] | None:
    """Return how many examples of each class, a row, get each answer, a column; None for values."""
    examples = look.examples
    if examples.task == "regression" or len(examples.classes) > _MOST_CLASSES:
        return None
    name, _, y, A = look.judged
    if not np.isfinite(A).all():
        return {"classes": _classes(examples), "counts": None, "caption": tr("The answers are no finite numbers.")}
    predicted = _probabilities(A).argmax(axis=1)
    counts = np.zeros((len(examples.classes),) * 2, int)
    np.add.at(counts, (y, predicted), 1)
    right = int((y == predicted).sum())
    caption = (
        tr("{right:,} of {count:,} are right, of those for validation", right=right, count=len(y))
        if name == "val"
        else tr("{right:,} of {count:,} are right, of those that it trains on", right=right, count=len(y))
    )
    return {"classes": _classes(examples), "counts": counts.tolist(), "caption": caption, "set": name}


def _classes(examples: Examples) -> list[str]:
    return [str(name) for name in examples.classes]


def worst(look: Look) -> dict[str, Any]:
    """Return the examples with the largest loss."""
    name, X, y, A = look.judged
    if not np.isfinite(A).all():
        return {"examples": [], "note": tr("The answers are no finite numbers.")}
    if look.examples.task == "regression":
        losses = np.mean((A - y) ** 2, axis=1)
    else:
        P = _probabilities(A)
        losses = -np.log(np.maximum(P[np.arange(len(y)), y], _LEAST))
    rows = np.argsort(-losses, kind="stable")[:_WORST]
    return {
        "examples": [
            {"row": int(row), "set": name, "loss": number_text(losses[row]), **told(look.examples, X[row])}
            | _said(look.examples, y[row], A[row])
            for row in rows
        ]
    }


def _said(examples: Examples, y: Any, A: Array) -> dict[str, Any]:
    """Return what an example is and what the network says, as texts."""
    if examples.task == "regression":
        return {
            "truth": ", ".join(map(number_text, np.atleast_1d(y).tolist())),
            "said": ", ".join(map(number_text, A.tolist())),
            "right": None,
        }
    P = _probabilities(A[np.newaxis])[0]
    answer, names = int(P.argmax()), _classes(examples)
    said = f"{names[answer]} ({P[answer]:.0%})"
    return {"truth": names[int(y)], "said": said, "right": answer == int(y)}


def told(examples: Examples, x: NDArray[Any]) -> dict[str, Any]:
    """Return an example as a picture, as a curve in time, or as a text."""
    if examples.pixel_shape is not None:
        height, width = examples.pixel_shape
        return {"text": "", "pixels": in_bytes(x), "height": height, "width": width}
    if examples.is_sequence:
        return {"text": "", "pixels": None, "series": rounded(x.T, 4)}
    flat = x.ravel()
    names = [str(name) for name in examples.names] or [f"x{i + 1}" for i in range(len(flat))]
    parts = [f"{name} = {number_text(value)}" for name, value in zip(names, flat[:_INPUTS].tolist(), strict=False)]
    return {"text": ", ".join(parts) + (", ..." if len(flat) > _INPUTS else ""), "pixels": None}
