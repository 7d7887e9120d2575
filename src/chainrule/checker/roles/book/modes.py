"""Layers that do something else in training than afterwards: dropout and batch normalization. Examples are rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_RATIO = 0.3
_DROPPED, _SCALE = "share that is dropped", "factor of the rest"
_LATER, _TEST = "share that is dropped after training", "factor after training"
_DEPENDS = "y of one example depends on the others"
BATCH_NORMALIZATION = ("BatchNormalization", "BatchNorm", "BatchNormLayer", "BatchNorm1d", "BatchNormalizationLayer")


def _keeps(learner: Learner, name: str) -> bool:
    """Return whether the constructor takes the share to keep instead of the share to drop."""
    function = f"{name}.__init__"
    return (
        any("keep" in parameter for parameter in learner.parameters(function)) if function in learner.nodes else False
    )


def _dropout(learner: Learner, name: str) -> Any:
    return classes.build(learner, name, 1 - _RATIO if _keeps(learner, name) else _RATIO)


def _mode(learner: Learner, name: str, instance: Any, x: Any, training: bool) -> Any:
    flag = [training] if classes.training_flag(learner, name) else []
    return classes.call(learner, name, instance, "forward", x, *flag)


def _share(values: Any) -> float:
    """Return a share as _RATIO or what is left of 1, if it is near."""
    share = float(np.mean(values))
    return next((round(each, 3) for each in (0.0, _RATIO, 1 - _RATIO, 1.0) if abs(share - each) < 0.05), share)


def _drop(learner: Learner, name: str, v: Values) -> Values:
    instance = _dropout(learner, name)
    learner.seed(0)
    out = _mode(learner, name, instance, v["x"], True) / v["x"]
    found = {_DROPPED: _share(out == 0), _SCALE: float(out[out != 0].mean())}
    if classes.training_flag(learner, name):
        out = _mode(learner, name, instance, v["x"], False) / v["x"]
        found |= {_LATER: _share(out == 0), _TEST: float(out[out != 0].mean())}
    return found


def _constant(values: Values, v: Values) -> Values:
    return dict(values)


def _drop_back(learner: Learner, name: str, v: Values) -> Values:
    instance = _dropout(learner, name)
    learner.seed(0)
    mask = _mode(learner, name, instance, v["x"], True) / v["x"]
    back = classes.call(learner, name, instance, "backward", v["dy"]) / v["dy"]
    kept = mask != 0
    scale = float((back[kept & (back != 0)]).mean() / mask[kept].mean())
    return {
        "share of kept units without gradient": _share(back[kept] == 0),
        "share of dropped units with gradient": _share(back[~kept] != 0),
        "factor of the rest, backward / forward": round(scale, 6),
    }


def _dropout_probes(learner: Learner, name: str) -> Iterator[Probe]:
    rng = np.random.default_rng(17)
    v = {"x": rng.uniform(0.5, 1.5, (200, 50)), "dy": rng.uniform(0.5, 1.5, (200, 50))}
    keep = 1 - _RATIO
    flagged = classes.training_flag(learner, name)

    def values(dropped: float, scale: float, test: float, later: float = 0.0) -> Callable[[Values], Values]:
        found = {_DROPPED: round(dropped, 3), _SCALE: scale}
        return partial(_constant, found | ({_LATER: later, _TEST: test} if flagged else {}))

    wrong = {
        "dropout.inverted": [values(keep, 1.0, each) for each in (keep, 1.0, _RATIO)]
        + [values(keep, 1 / scale, 1.0) for scale in (keep, _RATIO)],
        "dropout.not-scaled": [values(_RATIO, 1.0, 1.0)],
        "dropout.scaled-twice": [values(_RATIO, 1 / keep, keep)],
        "dropout.wrong-factor": [
            values(_RATIO, scale, test)
            for scale, test in ((1.0, _RATIO), (1.0, 1 / keep), (1 / _RATIO, 1.0), (keep, 1.0), (_RATIO, 1.0))
        ],
        "dropout.never-drops": [values(0.0, each, test) for each in (1.0, 1 / keep, keep) for test in (1.0, keep)],
        "dropout.always-drops": [
            values(_RATIO, scale, test, _RATIO) for scale in (1.0, 1 / keep) for test in (1.0, keep, 1 / keep)
        ],
    }
    right = [values(_RATIO, 1.0, keep), values(_RATIO, 1 / keep, 1.0)]
    mistakes = [Mistake(key, each) for key, those in wrong.items() for each in those]
    forward = Probe(f"{name}.forward", "dropout", [v], [partial(_drop, learner, name)], right, mistakes, tolerance=1e-3)
    yield forward

    def back(kept: float, dropped: float, scale: float) -> Callable[[Values], Values]:
        names = ("share of kept units without gradient", "share of dropped units with gradient")
        return partial(_constant, {names[0]: kept, names[1]: dropped, "factor of the rest, backward / forward": scale})

    wrong = {
        "dropout_backward.no-mask": [back(0.0, 1.0, each) for each in (1.0, keep, 1 / keep)],
        "dropout_backward.new-mask": [back(_RATIO, round(keep, 3), each) for each in (1.0, keep, 1 / keep)],
        "dropout_backward.no-factor": [back(0.0, 0.0, keep)],
        "dropout_backward.extra-factor": [back(0.0, 0.0, 1 / keep)],
    }
    mistakes = [Mistake(key, each) for key, those in wrong.items() for each in those]
    run = partial(_drop_back, learner, name)
    needs = [forward.function]
    yield Probe(
        f"{name}.backward", "dropout_backward", [v], [run], [back(0.0, 0.0, 1.0)], mistakes, tolerance=1e-3, needs=needs
    )


def _statistics(v: Values) -> tuple[Any, Any]:
    x = v["x"]
    return x - x.mean(axis=1, keepdims=True), np.sqrt(x.var(axis=1, keepdims=True))


def normalize(v: Values) -> Values:
    """Return gamma times the standardized x plus beta."""
    centered, deviation = _statistics(v)
    return {"y": v["gamma"] * centered / deviation + v["beta"], _DEPENDS: 0.0}


def _normalized(equation: Callable[[Any, Any, Any, Any], Any], mixed: float, v: Values) -> Values:
    centered, deviation = _statistics(v)
    y = equation(centered, deviation, v["gamma"], v["beta"])
    return {"y": y, _DEPENDS: mixed}


def _over_features(v: Values) -> Values:
    x = v["x"]
    y = v["gamma"] * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0)) + v["beta"]
    return {"y": y, _DEPENDS: 0.0}


def _slope_of(equation: Callable[[Any, Any, Any], Any], v: Values) -> Values:
    centered, deviation = _statistics(v)
    return normalize_backward(v) | {"dx": equation(v["dy"] * v["gamma"], centered, deviation)}


def normalize_backward(v: Values) -> Values:
    """Return dx, dgamma and dbeta."""
    centered, deviation = _statistics(v)
    normalized, d = centered / deviation, v["dy"] * v["gamma"]
    along = (d * normalized).mean(axis=1, keepdims=True)
    return {
        "dx": (d - d.mean(axis=1, keepdims=True) - normalized * along) / deviation,
        "dgamma": (v["dy"] * normalized).sum(axis=1),
        "dbeta": v["dy"].sum(axis=1),
    }


def _changed(name: str, equation: Callable[[Any, Any], Any], v: Values) -> Values:
    centered, deviation = _statistics(v)
    return normalize_backward(v) | {name: equation(v["dy"], centered / deviation)}


_FORWARD: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "batchnorm.no-gamma": lambda c, s, g, b: c / s + b,
    "batchnorm.no-beta": lambda c, s, g, b: g * c / s,
    "batchnorm.no-gamma-beta": lambda c, s, g, b: c / s,
    "batchnorm.variance": lambda c, s, g, b: g * c / s**2 + b,
    "batchnorm.not-centered": lambda c, s, g, b: g * c + b,
    "batchnorm.swapped": lambda c, s, g, b: b * c / s + g,
    "batchnorm.unbiased": lambda c, s, g, b: g * c / (s * np.sqrt(c.shape[1] / (c.shape[1] - 1))) + b,
}
_SLOPES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "batchnorm_backward.constants": lambda d, c, s: d / s,
    "batchnorm_backward.variance-constant": lambda d, c, s: (d - d.mean(axis=1, keepdims=True)) / s,
    "batchnorm_backward.mean-constant": lambda d, c, s: (d - c / s * (d * c / s).mean(axis=1, keepdims=True)) / s,
    "batchnorm_backward.sign": lambda d, c, s: (
        -(d - d.mean(axis=1, keepdims=True) - c / s * (d * c / s).mean(axis=1, keepdims=True)) / s
    ),
}
_PARAMETERS: list[tuple[str, str, Callable[[Any, Any], Any]]] = [
    ("batchnorm_backward.parameters-formula", "dgamma", lambda dy, n: dy.sum(axis=1)),
    ("batchnorm_backward.parameters-mean", "dgamma", lambda dy, n: (dy * n).mean(axis=1)),
    ("batchnorm_backward.parameters-mean", "dbeta", lambda dy, n: dy.mean(axis=1)),
    ("batchnorm_backward.parameters-formula", "dbeta", lambda dy, n: (dy * n).sum(axis=1)),
    ("batchnorm_backward.parameters-wrong-axis", "dgamma", lambda dy, n: (dy * n).sum(axis=0)),
    ("batchnorm_backward.parameters-wrong-axis", "dbeta", lambda dy, n: dy.sum(axis=0)),
]


def _normalizing(learner: Learner, name: str, rows: bool, v: Values) -> Any:
    written = np.ravel if rows else np.copy
    return classes.build(learner, name, written(v["gamma"]), written(v["beta"]))


def _normalize(learner: Learner, name: str, rows: bool, v: Values) -> Values:
    turn = np.transpose if rows else np.copy
    instance = _normalizing(learner, name, rows, v)
    found = {
        "y": turn(_mode(learner, name, instance, turn(v["x"]), True)),
        _DEPENDS: 0.0,
    }
    if classes.training_flag(learner, name):
        together = turn(_mode(learner, name, instance, turn(v["x"]), False))[:, :1]
        alone = turn(_mode(learner, name, instance, turn(v["x"][:, :1]), False))
        found[_DEPENDS] = 0.0 if np.allclose(alone, together) else 1.0
    return found


def _normalize_back(learner: Learner, name: str, rows: bool, v: Values) -> Values:
    turn = np.transpose if rows else np.copy
    instance = _normalizing(learner, name, rows, v)
    _mode(learner, name, instance, turn(v["x"]), True)
    dx = classes.call(learner, name, instance, "backward", turn(v["dy"]))
    kept = {gradient: classes.stored(instance, gradient) for gradient in ("dgamma", "dbeta")}
    if isinstance(dx, tuple):
        dx, kept["dgamma"], kept["dbeta"] = dx
    return {"dx": turn(dx)} | {gradient: None if g is None else np.ravel(g) for gradient, g in kept.items()}


def _normalization_probes(learner: Learner, name: str) -> Iterator[Probe]:
    rng = np.random.default_rng(19)
    cases: list[Values] = []
    for n, m in ((3, 6), (5, 5)):
        shapes = {"x": (n, m), "dy": (n, m), "beta": (n, 1)}
        v: Values = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
        cases.append(v | {"x": 3 * v["x"] + 1, "gamma": rng.uniform(0.5, 2.0, (n, 1))})
    wrong = [Mistake(key, partial(_normalized, each, 0.0)) for key, each in _FORWARD.items()]
    right_but: Callable[..., Any] = lambda c, s, g, b: g * c / s + b  # noqa: E731
    wrong.append(Mistake("batchnorm.batch-at-test", partial(_normalized, right_but, 1.0)))
    wrong.append(Mistake("batchnorm.over-features", _over_features))
    runs = [partial(_normalize, learner, name, rows) for rows in (True, False)]
    forward = Probe(f"{name}.forward", "batchnorm", cases, runs, [normalize], wrong, tolerance=1e-3)
    yield forward
    wrong = [Mistake(key, partial(_slope_of, each)) for key, each in _SLOPES.items()]
    wrong += [Mistake(key, partial(_changed, gradient, each)) for key, gradient, each in _PARAMETERS]
    runs = [partial(_normalize_back, learner, name, rows) for rows in (True, False)]
    needs = [forward.function]
    yield Probe(
        f"{name}.backward", "batchnorm_backward", cases, runs, [normalize_backward], wrong, tolerance=1e-3, needs=needs
    )


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of dropout and of batch normalization."""
    for name in classes.layers(learner, "Dropout", "DropoutLayer", "InvertedDropout"):
        if len(classes.required(learner.classes[name])) <= 1:
            yield from _dropout_probes(learner, name)
    for name in classes.layers(learner, *BATCH_NORMALIZATION):
        if classes.required(learner.classes[name]) == ["gamma", "beta"]:
            yield from _normalization_probes(learner, name)
