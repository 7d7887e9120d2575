"""A wrong gradient shown by a few lines: one number is moved up and down, and beside it stands what backward says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.derivatives.attempts import Attempt
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.literals import NotWritableError, assigned, scalar
from chainrule.checker.watching.paths import Path, text

_LONGEST, _WIDEST = 120, 500  # lines, and characters of one
_RETURNED = (("y", ""), ("y, cache", "cache"), ("y, *cache", "tuple(cache)"))
_KEPT = re.compile(r"\(kept\[0\] if len\(kept\) == 1 else tuple\(kept\)\)|kept\[0\]|tuple\(kept\)")
_UPSTREAM = ("np.random.default_rng(3).standard_normal(np.shape(y))", "np.ones(np.shape(y))")
_LINES = """\
{setup}
{returned} = {forward}
dy = {upstream}
{backward}
wrong = {wrong}
h = 1e-6
{number} += h
{up} = {forward}
{number} -= 2 * h
{down} = {forward}
result = [np.sum((up - down) * dy) / (2 * h), wrong]
print(result)"""


class Wrong(NamedTuple):
    """A wrong entry of a gradient: of what, its place, where the gradient is, the derivative, and what is there."""

    path: Path
    place: tuple[int, ...]
    gradient: Path
    derivative: float
    instead: float


def snippet(learner: Learner, attempt: Attempt, wrong: Wrong) -> tuple[str, ...]:
    """Return lines that print the derivative and what is there instead; () where none do so by themselves."""
    try:
        for lines in _ways(attempt, wrong):
            if _shows(learner, lines, wrong):
                return tuple(lines) if len(lines) < _LONGEST and max(map(len, lines)) < _WIDEST else ()
    except NotWritableError:
        pass
    return ()


def _shows(learner: Learner, lines: list[str], wrong: Wrong) -> bool:
    try:
        shown = np.asarray(learner.shown_by(lines[:-1])["result"], float)
    except (Raised, TypeError, ValueError):
        return False
    return shown.shape == (2,) and np.allclose(shown, [wrong.derivative, wrong.instead], rtol=1e-3, atol=0)


def _ways(attempt: Attempt, wrong: Wrong) -> Iterator[list[str]]:
    """Yield lines for each thing that a forward pass may return, and each upstream gradient."""
    call = attempt.call
    if not call:
        return
    place = f"[{', '.join(map(str, wrong.place))}]"
    for (returned, cache), upstream in itertools.product(_RETURNED, _UPSTREAM):
        rest = ", *_" if cache else ""
        code = _LINES.format(
            setup=f"np.random.seed(0)\n{attempt.constructor}" if attempt.constructor else "",
            returned=returned,
            forward=call,
            upstream=upstream,
            backward=_KEPT.sub(cache, attempt.backward),
            wrong=f"{text(wrong.gradient)}{place}",
            number=f"{text(wrong.path)}{place}",
            up=f"up{rest}",
            down=f"down{rest}",
        )
        yield _with_values(code, attempt.values)


def _with_values(code: str, values: dict[str, Any]) -> list[str]:
    """Return lines that set the names of arrays first; where others stand, their values do."""
    lines: list[str] = []
    for name, value in values.items():
        pattern = rf"\b{name}\b(?!=)"
        if not re.search(pattern, code):
            continue
        if isinstance(value, np.ndarray | dict | list | tuple):
            lines += assigned(name, value)
        else:
            code = scalar(value).join(re.split(pattern, code))
    return [*lines, *filter(None, code.split("\n"))]
