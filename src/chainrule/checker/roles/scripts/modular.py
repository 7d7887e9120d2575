"""Layers as pairs of functions, affine_forward(x, w, b) and affine_backward(dout, cache), with examples in rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import first
from chainrule.checker.conventions.styles import calls
from chainrule.checker.equations import linear
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.equations.softmax import softmax
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe

FORWARD = ("affine_forward", "fc_forward", "dense_forward")
BACKWARD = ("affine_backward", "fc_backward", "dense_backward")
LOSS = ("softmax_loss", "softmax_cross_entropy_loss", "softmax_loss_and_gradient")


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


def _loss_cases() -> list[Values]:
    rng = np.random.default_rng(8)
    return [{"Z": rng.standard_normal((K, m)), "Y": np.eye(K)[:, np.arange(m) % K]} for K, m in ((3, 5), (4, 4))]


def _loss(gradient: Callable[[Any, Any, int], Any], value: Callable[[Any, Any, int], Any], v: Values) -> Values:
    P, Y, m = softmax(v["Z"]), v["Y"], v["Y"].shape[1]
    return {"loss": value(P, Y, m), "dx": gradient(P, Y, m)}


def _right_gradient(P: Any, Y: Any, m: int) -> Any:
    return (P - Y) / m


def _right_value(P: Any, Y: Any, m: int) -> Any:
    return -(Y * np.log(P)).sum() / m


_GRADIENTS: dict[str, Callable[[Any, Any, int], Any]] = {
    "softmax_loss.no-mean": lambda P, Y, m: P - Y,
    "softmax_loss.mean-twice": lambda P, Y, m: (P - Y) / m**2,
    "softmax_loss.sign": lambda P, Y, m: (Y - P) / m,
    "softmax_loss.labels-lost": lambda P, Y, m: P / m,
    "softmax_loss.elementwise-slope": lambda P, Y, m: (P - Y) * P * (1 - P) / m,
    "softmax_loss.m-is-classes": lambda P, Y, m: (P - Y) / len(P),
    "softmax_loss.slope-only": lambda P, Y, m: P * (1 - P) / m,
    "softmax_loss.of-probabilities": lambda P, Y, m: -(Y / P) / m,
}
_VALUES: dict[str, Callable[[Any, Any, int], Any]] = {
    "cost.no-mean": lambda P, Y, m: -(Y * np.log(P)).sum(),
    "cost.no-minus": lambda P, Y, m: (Y * np.log(P)).sum() / m,
    "cost.no-minus-no-mean": lambda P, Y, m: (Y * np.log(P)).sum(),
    "cost.mean-over-classes": lambda P, Y, m: -(Y * np.log(P)).mean(),
    "cost.no-logarithm": lambda P, Y, m: -(Y * P).sum() / m,
    "cost.per-example": lambda P, Y, m: -(Y * np.log(P)).sum(axis=0),
    "cost.all-classes": lambda P, Y, m: -np.log(P).sum() / m,
}


def _axis(v: Values) -> Values:
    """Return loss and gradient of a softmax that is normalized over the examples."""
    P, Y, m = softmax(v["Z"].T).T, v["Y"], v["Y"].shape[1]
    return {"loss": _right_value(P, Y, m), "dx": _right_gradient(P, Y, m)}


def _loss_run(learner: Learner, function: str, labels: bool, v: Values) -> Values:
    Y = v["Y"].argmax(axis=0) if labels else v["Y"].T.copy()
    loss, dx = learner.call(function, v["Z"].T.copy(), Y)
    return {"loss": np.reshape(loss, ()) if np.size(loss) == 1 else loss, "dx": np.transpose(dx)}


def _sum(v: Values) -> Values:
    return _loss(_GRADIENTS["softmax_loss.no-mean"], _VALUES["cost.no-mean"], v)


def _is_modular(learner: Learner, function: str, count: int) -> bool:
    return function in learner.nodes and len(learner.parameters(function)) == count


def modular_probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each of the functions that is there."""
    forward, backward, loss = learner.find(*FORWARD), learner.find(*BACKWARD), learner.find(*LOSS)
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
    if loss is not None and _is_modular(learner, loss, 2):
        mistakes = [Mistake(key, partial(_loss, gradient, _right_value)) for key, gradient in _GRADIENTS.items()]
        mistakes += [Mistake(key, partial(_loss, _right_gradient, value)) for key, value in _VALUES.items()]
        mistakes.append(Mistake("softmax_loss.axis", _axis))
        right = [partial(_loss, _right_gradient, _right_value), _sum]
        ways: list[Equation] = [partial(_loss_run, learner, loss, labels) for labels in (True, False)]
        needs = sorted(calls(learner, loss))
        yield Probe(loss, "softmax_loss", _loss_cases(), ways, right, mistakes, needs=needs)
