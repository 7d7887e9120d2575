"""The small functions that the course builds convolution and pooling from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import convolution as eq
from chainrule.checker.equations.mistakes import Equation, Values, named
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

ZERO_PAD = ("zero_pad",)
SINGLE_STEP = ("conv_single_step",)
MASK = ("create_mask_from_window",)
SPREAD = ("distribute_value",)


def _pad_cases() -> list[Values]:
    rng = np.random.default_rng(23)
    return [{"X": rng.standard_normal((2, 3, 4, 5)), "pad": pad} for pad in (1, 2)]


def _padded_by(widths: tuple[tuple[int, int], ...], mode: Any, v: Values) -> Values:
    p = v["pad"]
    return {"X_pad": np.pad(v["X"], [(a * p, b * p) for a, b in widths], mode)}


_BOTH, _NONE = (1, 1), (0, 0)
_PADS: dict[str, tuple[tuple[tuple[int, int], ...], str]] = {
    "zero_pad.axes all": ((_BOTH,) * 4, "constant"),
    "zero_pad.axes channels": ((_NONE, _NONE, _BOTH, _BOTH), "constant"),
    "zero_pad.axes examples": ((_BOTH, _BOTH, _NONE, _NONE), "constant"),
    "zero_pad.one-side height": ((_NONE, _BOTH, _NONE, _NONE), "constant"),
    "zero_pad.one-side width": ((_NONE, _NONE, _BOTH, _NONE), "constant"),
    "zero_pad.one-side before": ((_NONE, (1, 0), (1, 0), _NONE), "constant"),
    "zero_pad.one-side after": ((_NONE, (0, 1), (0, 1), _NONE), "constant"),
    "zero_pad.twice": ((_NONE, (2, 2), (2, 2), _NONE), "constant"),
    "zero_pad.not-zeros": ((_NONE, _BOTH, _BOTH, _NONE), "edge"),
    "zero_pad.not-zeros mirrored": ((_NONE, _BOTH, _BOTH, _NONE), "reflect"),
    "zero_pad.unchanged": ((_NONE,) * 4, "constant"),
}


def _step_cases() -> list[Values]:
    rng = np.random.default_rng(24)
    shapes = ((4, 4, 3), (2, 2, 2))
    return [{n: rng.standard_normal(s) for n, s in (("a", each), ("W", each), ("b", (1, 1, 1)))} for each in shapes]


def _a_step(learner: Learner, function: str, v: Values) -> Values:
    Z = np.asarray(learner.call(function, v["a"], v["W"], v["b"]))
    return {"Z": Z.reshape(()) if Z.size == 1 else Z}  # (1, 1, 1), where b was not made a number, works as well


def _mask_cases() -> list[Values]:
    rng = np.random.default_rng(25)
    return [{"x": rng.standard_normal(shape)} for shape in ((2, 3), (3, 3))] + [{"x": -1.0 - rng.random((2, 2))}]


_SUMS: dict[str, Equation] = {
    "conv_single_step.bias-lost": lambda v: {"Z": np.sum(v["a"] * v["W"])},
    "conv_single_step.bias-in-sum": lambda v: {"Z": np.sum(v["a"] * v["W"] + v["b"])},
    "conv_single_step.bias-in-sum and-after": lambda v: {"Z": np.sum(v["a"] * v["W"] + v["b"]) + v["b"].sum()},
    "conv_single_step.not-summed": lambda v: {"Z": v["a"] * v["W"] + v["b"]},
    "conv_single_step.mean": lambda v: {"Z": np.mean(v["a"] * v["W"]) + v["b"].sum()},
    "conv_single_step.kernel-flipped": lambda v: {"Z": np.sum(v["a"] * v["W"][::-1, ::-1]) + v["b"].sum()},
    "conv_single_step.added": lambda v: {"Z": np.sum(v["a"] + v["W"]) + v["b"].sum()},
}
_MASKS: dict[str, Equation] = {
    "create_mask_from_window.inverted": lambda v: {"mask": v["x"] != v["x"].max()},
    "create_mask_from_window.minimum": lambda v: {"mask": v["x"] == v["x"].min()},
    "create_mask_from_window.values": lambda v: {"mask": v["x"] * (v["x"] == v["x"].max())},
    "create_mask_from_window.absolute": lambda v: {"mask": np.abs(v["x"]) == np.abs(v["x"]).max()},
    "create_mask_from_window.positive": lambda v: {"mask": v["x"] > 0},
    "create_mask_from_window.per-line column": lambda v: {"mask": v["x"] == v["x"].max(axis=0)},
    "create_mask_from_window.per-line row": lambda v: {"mask": v["x"] == v["x"].max(axis=1, keepdims=True)},
    "create_mask_from_window.maximum-itself": lambda v: {"mask": v["x"].max()},
}
_SHARES: dict[str, Equation] = {
    "distribute_value.not-divided": lambda v: {"a": np.full(v["shape"], v["dz"])},
    "distribute_value.wrong-count height": lambda v: {"a": np.full(v["shape"], v["dz"] / v["shape"][0])},
    "distribute_value.wrong-count width": lambda v: {"a": np.full(v["shape"], v["dz"] / v["shape"][1])},
    "distribute_value.wrong-count sum": lambda v: {"a": np.full(v["shape"], v["dz"] / sum(v["shape"]))},
    "distribute_value.ones": lambda v: {"a": np.ones(v["shape"])},
    "distribute_value.number": lambda v: {"a": v["dz"] / np.prod(v["shape"])},
}
Call = Callable[[Learner, str, Values], Values]
_CALLS: list[tuple[tuple[str, ...], Callable[[], list[Values]], Call, Equation, dict[str, Equation]]] = [
    (
        ZERO_PAD,
        _pad_cases,
        lambda learner, function, v: {"X_pad": learner.call(function, v["X"], v["pad"])},
        lambda v: {"X_pad": eq.padded(v["X"], v["pad"])},
        {key: partial(_padded_by, *how) for key, how in _PADS.items()},
    ),
    (SINGLE_STEP, _step_cases, _a_step, lambda v: {"Z": eq.one_step(v["a"], v["W"], v["b"])}, _SUMS),
    (
        MASK,
        _mask_cases,
        lambda learner, function, v: {"mask": learner.call(function, v["x"])},
        lambda v: {"mask": eq.largest(v["x"])},
        _MASKS,
    ),
    (
        SPREAD,
        lambda: [{"dz": 2.5, "shape": (2, 3)}, {"dz": -1.5, "shape": (4, 4)}],
        lambda learner, function, v: {"a": learner.call(function, v["dz"], v["shape"])},
        lambda v: {"a": eq.spread(v["dz"], v["shape"])},
        _SHARES,
    ),
]


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each of the small functions."""
    for names, cases, call, right, wrong in _CALLS:
        function = learner.find(*names)
        if function in learner.nodes:
            run = partial(call, learner, function)
            yield Probe(function, names[0], cases(), [run], [right], named(wrong))
