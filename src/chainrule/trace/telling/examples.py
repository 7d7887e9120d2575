"""The examples of a pass: the picture that each shows, what the network says of it, and its label."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from chainrule.arrays import Array
from chainrule.trace.record import PassRecord
from chainrule.trace.telling import numbers
from chainrule.trace.telling.words import words

_SHOWN = 8  # examples
_SIDES = range(8, 65)  # of what is taken for a picture; fewer numbers may be anything
_VALUES = 10  # of an answer


def html(record: PassRecord, lang: str) -> str:
    """Return the first examples of a network's pass side by side; nothing if there is nothing to show of them."""
    figures = []
    for i in range(min(len(record.X), _SHOWN) if not record.of_lesson else 0):
        lines = [f"<figcaption>{escape(line)}</figcaption>" for line in _captions(record, i, lang)]
        content = picture(record.X[i]) + "".join(lines)
        figures.append(f"<figure>{content}</figure>" if content else "")
    shown = "".join(figures)
    return f'<div class="examples">{shown}</div>' if shown else ""


def _captions(record: PassRecord, example: int, lang: str) -> list[str]:
    loss = record.loss
    if loss is None or loss.P.ndim != 2:
        return []
    task, label = loss.loss.task, np.atleast_1d(loss.Y[example])
    if task == "multiclass":
        true = str(int(label.argmax() if label.size > 1 else label[0]))
    else:
        true = _listed(label)
    said = words("prediction", lang, answer=answer(task, loss.P[example]))
    return [said, words("label", lang, answer=true)]


def answer(task: str, P: Array) -> str:
    """Return what a network says of one example: a class with its probability, or values.

    >>> (
    ...     answer("multiclass", np.array([0.25, 0.75])),
    ...     answer("binary", np.array([0.25])),
    ...     answer("regression", np.ones(2)),
    ... )
    ('1 (75.0%)', '0 (75.0%)', '1  1')
    """
    if task == "multiclass" and P.ndim == 1:
        return f"{int(P.argmax())} ({float(P.max()):.1%})"
    if task == "binary" and P.size == 1:
        share = float(P.ravel()[0])
        return f"{int(share > 0.5)} ({max(share, 1 - share):.1%})"
    return _listed(P)


def _listed(values: Array) -> str:
    return "  ".join(map(numbers.text, values.ravel()[:_VALUES].astype(float).tolist()))


def picture(x: Array) -> str:
    """Return an example as a picture, as light as its numbers are large; nothing if it is none."""
    side = math.isqrt(x.size)
    shape = (side, side) if x.ndim == 1 and side * side == x.size else x.shape[:2]
    if len(shape) != 2 or math.prod(shape) != x.size or not all(n in _SIDES for n in shape) or x.min() < 0:
        return ""
    light = x.reshape(shape) / (x.max() or 1)
    pixels = "".join(
        f'<rect x="{j}" y="{i}" width="1" height="1" fill-opacity="{light[i, j]:.2f}"/>'
        for i, j in np.argwhere(light > 0)
    )
    height, width = shape
    return f'<svg viewBox="0 0 {width} {height}" shape-rendering="crispEdges" fill="white">{pixels}</svg>'
