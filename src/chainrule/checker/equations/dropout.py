"""Dropout by what can be counted: how much of x is dropped, and by what the rest is scaled; and how it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Values

_DROPPED, _SCALE = "share that is dropped", "factor of the rest"
_LATER, _TEST = "share that is dropped after training", "factor after training"
_WITHOUT, _WITH = "share of kept units without gradient", "share of dropped units with gradient"
_FACTOR = "factor of the rest, backward / forward"
_NEAR = 0.05  # what is drawn only comes near a share


def cases() -> list[Values]:
    """Return x and an upstream gradient, large enough to count in, without a 0."""
    rng = np.random.default_rng(17)
    return [{"x": rng.uniform(0.5, 1.5, (200, 50)), "dy": rng.uniform(0.5, 1.5, (200, 50))}]


def _share(values: Any, ratio: float) -> float:
    """Return a share as the ratio or what is left of 1, if it is near."""
    share = float(np.mean(values))
    return next((round(each, 3) for each in (0.0, ratio, 1 - ratio, 1.0) if abs(share - each) < _NEAR), share)


def counted(ratio: float, x: Any, y: Any, after: Any = None) -> Values:
    """Return what dropout does to x in training, and to y after training if it knows the difference."""
    out = np.asarray(y) / x
    counts = {_DROPPED: _share(out == 0, ratio), _SCALE: float(out[out != 0].mean())}
    if after is not None:
        out = np.asarray(after) / x
        counts |= {_LATER: _share(out == 0, ratio), _TEST: float(out[out != 0].mean())}
    return counts


def counted_back(ratio: float, v: Values, y: Any, dx: Any) -> Values:
    """Return what the gradient has in common with what dropout did."""
    mask, back = np.asarray(y) / v["x"], np.asarray(dx) / v["dy"]
    kept = mask != 0
    scale = float((back[kept & (back != 0)]).mean() / mask[kept].mean())
    return {
        _WITHOUT: _share(back[kept] == 0, ratio),
        _WITH: _share(back[~kept] != 0, ratio),
        _FACTOR: round(scale, 6),
    }


def _constant(values: Values, v: Values) -> Values:
    return dict(values)


def _forward(flagged: bool, dropped: float, scale: float, test: float, later: float = 0.0) -> Equation:
    """Return the equation of a dropout; `flagged` ones know whether they are in training."""
    values = {_DROPPED: round(dropped, 3), _SCALE: scale}
    return partial(_constant, values | ({_LATER: later, _TEST: test} if flagged else {}))


def rights(ratio: float, flagged: bool) -> list[Equation]:
    """Return the ways to drop a ratio: scaled after training, or in training."""
    keep = 1 - ratio
    return [_forward(flagged, ratio, 1.0, keep), _forward(flagged, ratio, 1 / keep, 1.0)]


def mistakes(ratio: float, flagged: bool) -> list[Mistake]:
    """Return the usual wrong ways to drop a ratio."""
    keep, values = 1 - ratio, partial(_forward, flagged)
    wrong = {
        "dropout.inverted": [values(keep, 1.0, each) for each in (keep, 1.0, ratio)]
        + [values(keep, 1 / scale, 1.0) for scale in (keep, ratio)],
        "dropout.not-scaled": [values(ratio, 1.0, 1.0)],
        "dropout.scaled-twice": [values(ratio, 1 / keep, keep)],
        "dropout.wrong-factor": [
            values(ratio, scale, test)
            for scale, test in ((1.0, ratio), (1.0, 1 / keep), (1 / ratio, 1.0), (keep, 1.0), (ratio, 1.0))
        ],
        "dropout.never-drops": [values(0.0, each, test) for each in (1.0, 1 / keep, keep) for test in (1.0, keep)],
        "dropout.always-drops": [
            values(ratio, scale, test, ratio) for scale in (1.0, 1 / keep) for test in (1.0, keep, 1 / keep)
        ],
    }
    return [Mistake(key, each) for key, equations in wrong.items() for each in equations]


def _back(without: float, with_gradient: float, scale: float) -> Equation:
    return partial(_constant, {_WITHOUT: without, _WITH: with_gradient, _FACTOR: round(scale, 6)})


def right_back(v: Values) -> Values:
    """Return what the gradient has in common with a right dropout."""
    return {_WITHOUT: 0.0, _WITH: 0.0, _FACTOR: 1.0}


def back_mistakes(keeps: Sequence[float]) -> list[Mistake]:
    """Return the usual wrong gradients, for each share that may have been kept."""
    wrong: list[Mistake] = []
    for keep in keeps:
        factors = (1.0, keep, 1 / keep)
        wrong += [Mistake("dropout_backward.no-mask", _back(0.0, 1.0, each)) for each in factors]
        wrong += [
            Mistake("dropout_backward.new-mask", _back(round(1 - keep, 3), round(keep, 3), each)) for each in factors
        ]
        wrong.append(Mistake("dropout_backward.no-factor", _back(0.0, 0.0, keep)))
        wrong.append(Mistake("dropout_backward.extra-factor", _back(0.0, 0.0, 1 / keep)))
        wrong.append(Mistake("dropout_backward.extra-factor", _back(0.0, 0.0, keep**2)))
    return wrong
