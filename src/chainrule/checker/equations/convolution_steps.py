"""How the small functions behind convolution go wrong: padding, one step, the mask and the mean of a window."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation


def _padded_by(widths: tuple[tuple[int, int], ...], mode: Any, v: Values) -> Values:
    p = v["pad"]
    return {"X_pad": np.pad(v["X"], [(a * p, b * p) for a, b in widths], mode)}


_BOTH, _NONE = (1, 1), (0, 0)
_PADS: Rows[tuple[tuple[tuple[int, int], ...], str]] = {
    "zero_pad.axes": [
        ((_BOTH,) * 4, "constant"),
        ((_NONE, _NONE, _BOTH, _BOTH), "constant"),
        ((_BOTH, _BOTH, _NONE, _NONE), "constant"),
    ],
    "zero_pad.one-side": [
        ((_NONE, _BOTH, _NONE, _NONE), "constant"),
        ((_NONE, _NONE, _BOTH, _NONE), "constant"),
        ((_NONE, (1, 0), (1, 0), _NONE), "constant"),
        ((_NONE, (0, 1), (0, 1), _NONE), "constant"),
    ],
    "zero_pad.twice": ((_NONE, (2, 2), (2, 2), _NONE), "constant"),
    "zero_pad.not-zeros": [((_NONE, _BOTH, _BOTH, _NONE), "edge"), ((_NONE, _BOTH, _BOTH, _NONE), "reflect")],
    "zero_pad.unchanged": ((_NONE,) * 4, "constant"),
}


def pad_mistakes() -> list[Mistake]:
    """Return wrong versions of padding with zeros."""
    return [Mistake(key, partial(_padded_by, widths, mode)) for key, (widths, mode) in each_equation(_PADS)]


WRONG_STEPS: Rows[Equation] = {
    "conv_single_step.bias-lost": lambda v: {"Z": np.sum(v["a"] * v["W"])},
    "conv_single_step.bias-in-sum": [
        lambda v: {"Z": np.sum(v["a"] * v["W"] + v["b"])},
        lambda v: {"Z": np.sum(v["a"] * v["W"] + v["b"]) + v["b"].sum()},
    ],
    "conv_single_step.not-summed": lambda v: {"Z": v["a"] * v["W"] + v["b"]},
    "conv_single_step.mean": lambda v: {"Z": np.mean(v["a"] * v["W"]) + v["b"].sum()},
    "conv_single_step.kernel-flipped": lambda v: {"Z": np.sum(v["a"] * v["W"][::-1, ::-1]) + v["b"].sum()},
    "conv_single_step.added": lambda v: {"Z": np.sum(v["a"] + v["W"]) + v["b"].sum()},
}
WRONG_MASKS: Rows[Equation] = {
    "create_mask_from_window.inverted": lambda v: {"mask": v["x"] != v["x"].max()},
    "create_mask_from_window.minimum": lambda v: {"mask": v["x"] == v["x"].min()},
    "create_mask_from_window.values": lambda v: {"mask": v["x"] * (v["x"] == v["x"].max())},
    "create_mask_from_window.absolute": lambda v: {"mask": np.abs(v["x"]) == np.abs(v["x"]).max()},
    "create_mask_from_window.positive": lambda v: {"mask": v["x"] > 0},
    "create_mask_from_window.per-line": [
        lambda v: {"mask": v["x"] == v["x"].max(axis=0)},
        lambda v: {"mask": v["x"] == v["x"].max(axis=1, keepdims=True)},
    ],
    "create_mask_from_window.maximum-itself": lambda v: {"mask": v["x"].max()},
}
WRONG_SHARES: Rows[Equation] = {
    "distribute_value.not-divided": lambda v: {"a": np.full(v["shape"], v["dz"])},
    "distribute_value.wrong-count": [
        lambda v: {"a": np.full(v["shape"], v["dz"] / v["shape"][0])},
        lambda v: {"a": np.full(v["shape"], v["dz"] / v["shape"][1])},
        lambda v: {"a": np.full(v["shape"], v["dz"] / sum(v["shape"]))},
    ],
    "distribute_value.ones": lambda v: {"a": np.ones(v["shape"])},
    "distribute_value.number": lambda v: {"a": v["dz"] / np.prod(v["shape"])},
}
