"""Gradients that are too large are made shorter together, so that their direction stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values, named

Norm = Callable[[Values], Any]


def _total(v: Values) -> Any:
    return np.sqrt(_squares(v))


def _squares(v: Values) -> Any:
    return sum(np.sum(v[name] ** 2) for name in ("dW", "db"))


def clipped(v: Values, norm: Norm = _total) -> Values:
    """Return gradients that are divided by their norm, times the largest one that is allowed, if they are above it."""
    rate = v["max_norm"] / (norm(v) + 1e-6)
    return {name: v[name] * min(rate, 1.0) for name in ("dW", "db")}


def _always(v: Values) -> Values:
    rate = v["max_norm"] / (_total(v) + 1e-6)
    return {name: v[name] * rate for name in ("dW", "db")}


def _each_by_itself(v: Values) -> Values:
    norms = {name: np.sqrt(np.sum(v[name] ** 2)) for name in ("dW", "db")}
    return {name: v[name] * min(v["max_norm"] / (norm + 1e-6), 1.0) for name, norm in norms.items()}


def mistakes() -> list[Mistake]:
    """Return wrong ways to make gradients shorter."""
    wrong: dict[str, Norm] = {
        "clipping.no-root": _squares,
        "clipping.no-square": lambda v: np.sqrt(sum(np.sum(v[name]) for name in ("dW", "db"))),
        "clipping.last-only": lambda v: np.sqrt(np.sum(v["db"] ** 2)),
    }
    norms = {key: partial(clipped, norm=norm) for key, norm in wrong.items()}
    return named({**norms, "clipping.always": _always, "clipping.each-by-itself": _each_by_itself})
