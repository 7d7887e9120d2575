"""Layers that do something else in training than afterwards: dropout and batch normalization. Examples are rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import dropout, normalization
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, close

_RATIO = 0.3
_TOLERANCE = 1e-3  # for the small number that keeps the deviation from 0
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


def _drop(learner: Learner, name: str, v: Values) -> Values:
    instance = _dropout(learner, name)
    learner.seed(0)
    y = _mode(learner, name, instance, v["x"], True)
    after = _mode(learner, name, instance, v["x"], False) if classes.training_flag(learner, name) else None
    return dropout.counted(_RATIO, v["x"], y, after)


def _drop_back(learner: Learner, name: str, v: Values) -> Values:
    instance = _dropout(learner, name)
    learner.seed(0)
    y = _mode(learner, name, instance, v["x"], True)
    return dropout.counted_back(_RATIO, v, y, classes.call(learner, name, instance, "backward", v["dy"]))


def _dropout_probes(learner: Learner, name: str) -> Iterator[Probe]:
    cases, flagged = dropout.cases(), classes.training_flag(learner, name)
    run = partial(_drop, learner, name)
    right, wrong = dropout.rights(_RATIO, flagged), dropout.mistakes(_RATIO, flagged)
    forward = Probe(f"{name}.forward", "dropout", cases, [run], right, wrong, tolerance=_TOLERANCE)
    yield forward
    run = partial(_drop_back, learner, name)
    wrong = dropout.back_mistakes([1 - _RATIO])
    yield Probe(
        f"{name}.backward",
        "dropout_backward",
        cases,
        [run],
        [dropout.right_back],
        wrong,
        tolerance=_TOLERANCE,
        needs=[forward.function],
    )


def _normalizing(learner: Learner, name: str, rows: bool, v: Values) -> Any:
    written = np.ravel if rows else np.copy
    return classes.build(learner, name, written(v["gamma"]), written(v["beta"]))


def _normalize(learner: Learner, name: str, rows: bool, v: Values) -> Values:
    turn = np.transpose if rows else np.copy
    instance = _normalizing(learner, name, rows, v)
    return {"y": turn(_mode(learner, name, instance, turn(v["x"]), True))}


def _after_training(learner: Learner, name: str, v: Values) -> list[Finding]:
    """Return a finding if an example depends on the others after training, too, or the kept statistics are misused."""
    for rows in (True, False):
        y = classes.attempt(partial(_normalize, learner, name, rows), v)
        if y is None or not close(normalization.normalize(v)["y"], y["y"], _TOLERANCE):
            continue  # they have the other layout
        turn = np.transpose if rows else np.copy
        instance = _normalizing(learner, name, rows, v)
        _mode(learner, name, instance, turn(v["x"]), True)
        together = turn(_mode(learner, name, instance, turn(v["x"]), False))[:, :1]
        alone = turn(_mode(learner, name, instance, turn(v["x"][:, :1]), False))
        if not np.allclose(alone, together):
            return [Finding("batchnorm.batch-at-test", f"{name}.forward", learner.line(f"{name}.forward"))]
        held = learner.attributes(instance)
        kept = {key: np.asarray(held[key]) for key in ("running_mean", "running_var") if key in held}
        if len(kept) > 1 and all(a.size == len(v["x"]) for a in kept.values()):
            v = v | {key: np.reshape(a, (-1, 1)) for key, a in kept.items()}
            after = turn(_mode(learner, name, instance, turn(v["x"]), False))
            if mistake := normalization.mistake_after_training(v, after):
                return [Finding(mistake, f"{name}.forward", learner.line(f"{name}.forward"))]
    return []


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
    cases = normalization.cases()
    runs = [partial(_normalize, learner, name, rows) for rows in (True, False)]
    right, wrong = [normalization.normalize], normalization.forward_mistakes()
    flagged = classes.training_flag(learner, name)
    also = partial(_after_training, learner, name, cases[0]) if flagged else None
    forward = Probe(f"{name}.forward", "batchnorm", cases, runs, right, wrong, tolerance=_TOLERANCE, also=also)
    yield forward
    wrong, right = normalization.backward_mistakes(), [normalization.normalize_backward]
    runs = [partial(_normalize_back, learner, name, rows) for rows in (True, False)]
    needs = [forward.function]
    yield Probe(f"{name}.backward", "batchnorm_backward", cases, runs, right, wrong, tolerance=_TOLERANCE, needs=needs)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of dropout and of batch normalization."""
    for name in classes.layers(learner, "Dropout", "DropoutLayer", "InvertedDropout"):
        if len(classes.required(learner.classes[name])) <= 1:
            yield from _dropout_probes(learner, name)
    for name in classes.layers(learner, *BATCH_NORMALIZATION):
        if classes.required(learner.classes[name]) == ["gamma", "beta"]:
            yield from _normalization_probes(learner, name)
