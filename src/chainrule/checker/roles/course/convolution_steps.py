"""The small functions that the course builds convolution and pooling from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from chainrule.checker.equations import convolution as eq
from chainrule.checker.equations.convolution_steps import WRONG_MASKS, WRONG_SHARES, WRONG_STEPS, pad_mistakes
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

ZERO_PAD = ("zero_pad",)
SINGLE_STEP = ("conv_single_step",)
MASK = ("create_mask_from_window",)
SPREAD = ("distribute_value",)


def _pad_cases() -> list[Values]:
    rng = np.random.default_rng(23)
    return [{"X": rng.standard_normal((2, 3, 4, 5)), "pad": pad} for pad in (1, 2)]


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


Call = Callable[[Learner, str, Values], Values]
_CALLS: list[tuple[tuple[str, ...], Callable[[], list[Values]], Call, Equation, list[Mistake]]] = [
    (
        ZERO_PAD,
        _pad_cases,
        lambda learner, function, v: {"X_pad": learner.call(function, v["X"], v["pad"])},
        lambda v: {"X_pad": eq.padded(v["X"], v["pad"])},
        pad_mistakes(),
    ),
    (SINGLE_STEP, _step_cases, _a_step, lambda v: {"Z": eq.one_step(v["a"], v["W"], v["b"])}, named(WRONG_STEPS)),
    (
        MASK,
        _mask_cases,
        lambda learner, function, v: {"mask": learner.call(function, v["x"])},
        lambda v: {"mask": eq.largest(v["x"])},
        named(WRONG_MASKS),
    ),
    (
        SPREAD,
        lambda: [{"dz": 2.5, "shape": (2, 3)}, {"dz": -1.5, "shape": (4, 4)}],
        lambda learner, function, v: {"a": learner.call(function, v["dz"], v["shape"])},
        lambda v: {"a": eq.spread(v["dz"], v["shape"])},
        named(WRONG_SHARES),
    ),
]


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each of the small functions."""
    for names, cases, call, right, wrong in _CALLS:
        function = learner.find(*names)
        if function in learner.nodes:
            run = partial(call, learner, function)
            yield Probe(function, names[0], cases(), [run], [right], wrong)
