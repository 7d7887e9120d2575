"""Layers as pairs of functions, affine_forward(x, w, b) and affine_backward(dout, cache), with examples in rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import first
from chainrule.checker.conventions.styles import calls
from chainrule.checker.equations import class_scores, linear
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe

FORWARD = ("affine_forward", "fc_forward", "dense_forward")
BACKWARD = ("affine_backward", "fc_backward", "dense_backward")
LOSSES = {
    "softmax_loss": ("softmax_loss", "softmax_cross_entropy_loss", "softmax_loss_and_gradient"),
    "svm_loss": ("svm_loss", "hinge_loss"),
}


def _rows(v: Values) -> tuple[Any, Any, Any]:
    return v["A_prev"].T.copy(), v["W"].T.copy(), v["b"].ravel()


def _forward_run(learner: Learner, function: str, v: Values) -> Values:
    return {"Z": np.transpose(first(learner.call(function, *_rows(v))))}


def _column(db: Any) -> Any:
    db = np.asarray(db)
    return db.reshape(-1, 1) if db.ndim == 1 or (db.ndim == 2 and len(db) == 1) else db.T


def _backward_run(learner: Learner, function: str, forward: str | None, v: Values) -> Values:
    x, w, b = _rows(v)
    cache = (x, w, b) if forward is None else learner.call(forward, x, w, b)[1]
    dx, dw, db = learner.call(function, v["dZ"].T.copy(), cache)
    return {"dA_prev": np.transpose(dx), "dW": np.transpose(dw), "db": _column(db)}


def _flat(equation: Equation, v: Values) -> Values:
    made = equation(v)
    return made | {"db": np.reshape(made["db"], (-1, 1)) if np.ndim(made["db"]) == 1 else made["db"]}


def _loss_run(learner: Learner, function: str, labels: bool, v: Values) -> Values:
    Y = v["Y"].argmax(axis=0) if labels else v["Y"].T.copy()
    loss, dx = learner.call(function, v["Z"].T.copy(), Y)
    return {"loss": np.reshape(loss, ()) if np.size(loss) == 1 else loss, "dx": np.transpose(dx)}


def _is_modular(learner: Learner, function: str, count: int) -> bool:
    return function in learner.nodes and len(learner.parameters(function)) == count


def modular_probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each of the functions that is there."""
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    has_cache = False
    if forward is not None and _is_modular(learner, forward, 3):
        run = partial(_forward_run, learner, forward)
        yield Probe(forward, "affine_forward", linear.cases(), [run], [linear.forward], linear.FORWARD_MISTAKES)
        try:
            has_cache = isinstance(learner.call(forward, *_rows(linear.cases()[0])), tuple)
        except Raised:
            has_cache = False
    if backward is not None and _is_modular(learner, backward, 2):
        source = forward if has_cache else None
        right: list[Equation] = [partial(_flat, partial(linear.backward, mean=False))]
        mistakes = [Mistake(m.key, partial(_flat, m.wrong)) for m in linear.backward_mistakes(mean=False)]
        needs = [forward] if forward else []
        run = partial(_backward_run, learner, backward, source)
        yield Probe(backward, "affine_backward", linear.cases(), [run], right, mistakes, needs=needs)
    for kind, names in LOSSES.items():
        function = learner.find(*names)
        if function is not None and _is_modular(learner, function, 2):
            yield _loss_probe(learner, function, kind)


def _loss_probe(learner: Learner, function: str, kind: str) -> Probe:
    """Return how to try a loss of scores that returns its gradient, too; targets are numbers of classes, or one-hot."""
    if kind == "svm_loss":
        right, mistakes = [class_scores.margin_loss], class_scores.margin_mistakes()
    else:
        right = [class_scores.softmax_loss, class_scores.summed_softmax_loss]
        mistakes = class_scores.softmax_mistakes()
    ways: list[Equation] = [partial(_loss_run, learner, function, labels) for labels in (True, False)]
    needs = sorted(calls(learner, function))
    return Probe(function, kind, class_scores.cases(), ways, right, mistakes, needs=needs)
