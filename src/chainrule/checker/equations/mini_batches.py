"""What is true of any way to shuffle and cut m examples, and how it goes wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Rows, Values


def cases() -> list[Values]:
    """Return numbers of examples and sizes of batches: with a rest, without one, and fewer than one batch."""
    return [{"m": m, "size": size} for m, size in ((22, 4), (24, 6), (15, 16))]


def _full(v: Values) -> Any:
    return np.full(v["m"] // v["size"], v["size"])


def cut(v: Values) -> Values:
    """Return the sizes of the batches, and how many different examples are in them."""
    rest = v["m"] % v["size"]
    return {"sizes": np.append(_full(v), rest) if rest else _full(v), "examples": v["m"]}


def _last_repeats(v: Values) -> Values:
    if v["m"] < v["size"]:
        return {}
    return cut(v) | ({"sizes": np.append(_full(v), v["size"])} if v["m"] % v["size"] else {})


def _one_lost(v: Values) -> Values:
    return {"sizes": cut(v)["sizes"][1:], "examples": v["m"] - v["size"]} if v["m"] >= v["size"] else cut(v)


WRONG: Rows[Equation] = {
    "mini_batches.last-lost": lambda v: {"sizes": _full(v), "examples": v["m"] - v["m"] % v["size"]},
    "mini_batches.empty-last": lambda v: cut(v) | {"sizes": np.append(_full(v), v["m"] % v["size"])},
    "mini_batches.one-lost": _one_lost,
    "mini_batches.last-repeats": _last_repeats,
}
"""Wrong versions of `cut`."""
