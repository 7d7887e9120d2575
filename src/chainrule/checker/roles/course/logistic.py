"""Logistic regression as in the course's second week: one unit, w (n, 1), b a number, examples in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import FORWARD_NAMES, first
from chainrule.checker.conventions.styles import calls
from chainrule.checker.equations import cost
from chainrule.checker.equations.activations import Function, sigmoid
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

Change = Callable[[Values], Any]
_STEPS, _RATE = 5, 0.3


def _cases() -> list[Values]:
    rng = np.random.default_rng(2)
    made = []
    for n, m in ((3, 5), (4, 4)):
        Y = np.array([[1.0, 0, 1, 1, 0]])[:, :m]
        made.append({"w": rng.standard_normal((n, 1)), "b": 0.4, "X": rng.standard_normal((n, m)), "Y": Y})
    return made


def _quantities(activation: Function, v: Values) -> Values:
    """Return everything that the equations of one step are made of."""
    Z = v["w"].T @ v["X"] + v["b"]
    return v | {"Z": Z, "A": activation(Z), "m": v["X"].shape[1]}


def _results(q: Values) -> Values:
    dZ = q.get("dZ", q["A"] - q["Y"])
    with np.errstate(all="ignore"):
        found = cost.binary({"AL": q["A"], "Y": q["Y"]})
    return found | {"dw": q["X"] @ dZ.T / q["m"], "db": dZ.sum() / q["m"]}


def _propagate(activation: Function, changes: dict[str, Change], results: dict[str, Change], v: Values) -> Values:
    """Return dw, db and the cost, with some of the quantities and some of the results made otherwise."""
    q = _quantities(activation, v)
    for name, change in changes.items():
        q[name] = change(q)
    return _results(q) | {name: change(q) for name, change in results.items()}


def _error(q: Values) -> Any:
    return q["A"] - q["Y"]


_INNER: dict[str, dict[str, Change]] = {
    "propagate.no-bias": {"A": lambda q: sigmoid(q["Z"] - q["b"])},
    "propagate.minus-bias": {"A": lambda q: sigmoid(q["Z"] - 2 * q["b"])},
    "propagate.elementwise": {"A": lambda q: sigmoid(q["w"].T * q["X"] + q["b"])},
    "propagate.exponent-sign": {"A": lambda q: sigmoid(-q["Z"])},
    "propagate.no-activation": {"A": lambda q: q["Z"]},
    "propagate.activated-twice": {"A": lambda q: sigmoid(q["A"])},
    "propagate.tanh": {"A": lambda q: np.tanh(q["Z"])},
    "propagate.sign": {"dZ": lambda q: q["Y"] - q["A"]},
    "propagate.slope-twice": {"dZ": lambda q: _error(q) * q["A"] * (1 - q["A"])},
    "propagate.precedence": {
        "dZ": lambda q: (-(q["Y"] / q["A"]) - (1 - q["Y"]) / (1 - q["A"])) * q["A"] * (1 - q["A"])
    },
    "propagate.slope-lost": {"dZ": lambda q: -(q["Y"] / q["A"]) + (1 - q["Y"]) / (1 - q["A"])},
    "propagate.labels-lost": {"dZ": lambda q: q["A"]},
    "propagate.doubled": {"dZ": lambda q: 2 * _error(q)},
    "propagate.from-Z": {"dZ": lambda q: q["Z"] - q["Y"]},
    "propagate.m-is-features": {"m": lambda q: len(q["X"])},
    "propagate.mean-twice": {"dZ": lambda q: _error(q) / q["m"]},
}
_RESULTS: dict[str, dict[str, Change]] = {
    "propagate.no-mean": {"dw": lambda q: q["X"] @ _error(q).T, "db": lambda q: _error(q).sum()},
    "propagate.dw-no-mean": {"dw": lambda q: q["X"] @ _error(q).T},
    "propagate.db-no-mean": {"db": lambda q: _error(q).sum()},
    "propagate.gradients-m-is-features": {
        "dw": lambda q: q["X"] @ _error(q).T / len(q["X"]),
        "db": lambda q: _error(q).sum() / len(q["X"]),
    },
    "propagate.dw-transposed": {"dw": lambda q: _error(q) @ q["X"].T / q["m"]},
    "propagate.dw-order": {"dw": lambda q: q["X"].T @ _error(q).T / q["m"]},
    "propagate.dw-elementwise": {"dw": lambda q: q["X"] * _error(q) / q["m"]},
    "propagate.dw-not-column": {"dw": lambda q: (q["X"] * _error(q)).sum(axis=1) / q["m"]},
    "propagate.dw-number": {"dw": lambda q: (q["X"] * _error(q)).sum() / q["m"]},
    "propagate.db-per-example": {"db": lambda q: _error(q) / q["m"]},
    "propagate.db-per-example-flat": {"db": lambda q: _error(q)[0] / q["m"]},
    "propagate.db-per-example-no-mean": {"db": lambda q: _error(q)},
    "propagate.db-of-A": {"db": lambda q: q["A"].sum() / q["m"]},
    "propagate.db-from-dw": {"db": lambda q: (q["X"] @ _error(q).T).sum() / q["m"]},
    "propagate.dw-sign": {"dw": lambda q: -q["X"] @ _error(q).T / q["m"]},
    "propagate.db-sign": {"db": lambda q: -_error(q).sum() / q["m"]},
    "propagate.db-zero": {"db": lambda q: 0.0},
}


def _cost_of(mistake: Mistake, q: Values) -> Any:
    return mistake.wrong({"AL": q["A"], "Y": q["Y"]})["cost"]


def _propagate_mistakes() -> list[Mistake]:
    wrong: list[Mistake] = []
    for key, changes in _INNER.items():
        wrong.append(Mistake(key, partial(_propagate, sigmoid, changes, {})))
    for key, results in _RESULTS.items():
        wrong.append(Mistake(key.removesuffix("-flat"), partial(_propagate, sigmoid, {}, results)))
    for mistake in cost.binary_mistakes():
        changed = partial(_propagate, sigmoid, {}, {"cost": partial(_cost_of, mistake)})
        wrong.append(Mistake(mistake.key, changed, mistake.severity))
    return wrong


def number(value: Any) -> Any:
    """Return an array of one number as that number; anything else as it is."""
    return np.reshape(value, ()) if np.size(value) == 1 else value


def _run_propagate(learner: Learner, function: str, v: Values) -> Values:
    result = learner.call(function, v["w"], v["b"], v["X"], v["Y"])
    grads = next(part for part in result if isinstance(part, dict))
    return {
        "dw": grads.get("dw"),
        "db": number(grads.get("db")),
        "cost": number(next(part for part in result if not isinstance(part, dict))),
    }


def _own(learner: Learner, function: str, *usual: str) -> str | None:
    """Return the learner's helper of a usual name, if the function uses it."""
    helper = learner.find(*usual)
    return helper if helper in calls(learner, function) else None


def activations(learner: Learner, function: str) -> list[Function]:
    """Return the sigmoid, and the learner's own if the function uses one."""
    own = _own(learner, function, *FORWARD_NAMES["sigmoid"])
    return [sigmoid] if own is None else [sigmoid, partial(_own_sigmoid, learner, own)]


def _own_sigmoid(learner: Learner, function: str, Z: Any) -> Any:
    return np.asarray(first(learner.call(function, Z)), float)


def _descend(
    step: Equation, update: Callable[[Any, Any, float], Any], v: Values, *, steps: int = _STEPS, rate: float = _RATE
) -> Values:
    """Return w and b after some steps."""
    w, b = v["w"], v["b"]
    for _ in range(steps):
        made = step(v | {"w": w, "b": b})
        w, b = update(w, made["dw"], rate), update(b, made["db"], rate)
    return {"w": w, "b": number(b)}


def _down(p: Any, g: Any, rate: float) -> Any:
    return p - rate * g


def _at(fixed: float, p: Any, g: Any, rate: float) -> Any:
    return p - fixed * g


_UPDATES: dict[str, Callable[[Any, Any, float], Any]] = {
    "optimize.ascent": lambda p, g, rate: p + rate * g,
    "optimize.thrown-away": lambda p, g, rate: p,
    "optimize.by-itself": lambda p, g, rate: p - rate * p,
    "optimize.parameter-lost": lambda p, g, rate: -rate * g,
    "optimize.gradient-itself": lambda p, g, rate: g,
    "optimize.rate-divides": lambda p, g, rate: p - g / rate,
}
_RATES = (1.0, 0.0001, 0.001, 0.002, 0.005, 0.009, 0.01, 0.05, 0.1, 0.5)


def _half(name: str, other: Callable[[Any, Any, float], Any], step: Equation, v: Values) -> Values:
    """Return w and b when one of them is updated otherwise."""
    w, b = v["w"], v["b"]
    for _ in range(_STEPS):
        made = step(v | {"w": w, "b": b})
        w = (other if name == "w" else _down)(w, made["dw"], _RATE)
        b = (other if name == "b" else _down)(b, made["db"], _RATE)
    return {"w": w, "b": number(b)}


def _not_followed(step: Equation, v: Values) -> Values:
    """Return what comes of gradients that are computed once, before the loop."""
    made = step(v)
    return {"w": v["w"] - _STEPS * _RATE * made["dw"], "b": number(v["b"] - _STEPS * _RATE * made["db"])}


def _descent_mistakes(step: Equation) -> list[Mistake]:
    wrong = [Mistake(key, partial(_descend, step, update)) for key, update in _UPDATES.items()]
    for key, update in _UPDATES.items():
        wrong += [Mistake(key, partial(_half, name, update, step)) for name in "wb"]
    for rate in _RATES:
        wrong.append(Mistake("optimize.rate-fixed", partial(_descend, step, _down, rate=rate)))
        fixed = partial(_at, rate)
        wrong += [Mistake("optimize.rate-fixed", partial(_half, name, fixed, step)) for name in "wb"]
    for steps in (1, _STEPS - 1, _STEPS + 1, 2 * _STEPS, 100, 2000):
        wrong.append(Mistake("optimize.steps", partial(_descend, step, _down, steps=steps)))
    return [*wrong, Mistake("optimize.gradients-once", partial(_not_followed, step))]


def _kept(result: Any) -> Values:
    """Return w and b of a result: in a dict, in a tuple with one, or in a row."""
    parts = result if isinstance(result, tuple) else (result,)
    named = next((part for part in parts if isinstance(part, dict) and "w" in part), None)
    if named is None:
        named = dict(zip(("w", "b"), parts, strict=False))
    return {"w": named.get("w"), "b": number(named.get("b"))}


def _run_optimize(learner: Learner, function: str, v: Values) -> Values:
    return _kept(learner.call(function, v["w"], v["b"], v["X"], v["Y"], _STEPS, _RATE))


def _run_model(learner: Learner, function: str, v: Values) -> Values:
    return _kept(learner.call(function, v["X"], v["Y"], v["X"], v["Y"], _STEPS, _RATE))


def _from_zeros(equation: Equation, v: Values) -> Values:
    return equation(v | {"w": np.zeros_like(v["w"]), "b": 0.0})


def _steps(learner: Learner, function: str) -> list[Equation]:
    """Return what may compute the gradients: the equations, and the learner's own functions."""
    made: list[Equation] = [partial(_propagate, a, {}, {}) for a in activations(learner, function)]
    own = _own(learner, function, "propagate")
    return made if own is None else [*made, partial(_run_propagate, learner, own)]


def _own_descent(learner: Learner, function: str) -> list[Equation]:
    own = _own(learner, function, "optimize")
    return [] if own is None else [partial(_run_optimize, learner, own)]


def _threshold(activation: Function, decide: Callable[[Values], Any], v: Values) -> Values:
    return {"Y": np.asarray(decide(_quantities(activation, v)), float)}


_PREDICTIONS: dict[str, Change] = {
    "predict.no-threshold": lambda q: q["A"],
    "predict.inverted": lambda q: q["A"] < 0.5,
    "predict.always-one": lambda q: q["A"] > 0,
    "predict.threshold-1": lambda q: q["A"] > 1,
    "predict.threshold-of-Z": lambda q: q["Z"] > 0.5,
    "predict.no-bias": lambda q: q["Z"] - q["b"] > 0,
    "predict.minus-bias": lambda q: q["Z"] - 2 * q["b"] > 0,
    "predict.minus-one": lambda q: np.where(q["A"] > 0.5, 1, -1),
    "predict.activated-twice": lambda q: sigmoid(q["A"]) > 0.5,
    "predict.first-only": lambda q: (q["A"] > 0.5) * (np.arange(q["m"]) == 0),
}


def _prediction_cases() -> list[Values]:
    """Return w, b and X whose Z lies in all the places where a wrong decision shows."""
    made = []
    for offset, n in ((1.0, 2), (-1.0, 3)):
        Z = np.array([2.0, 0.3, -0.3, -2.0, 1.3, -1.3, 0.7])
        X = np.zeros((n, len(Z)))
        X[0] = Z - offset
        X[1] = [0.3, -0.2, 0.1, 0.4, -0.5, 0.2, 0.1]
        made.append({"w": np.eye(n)[:, :1], "b": offset, "X": X})
    return made


def _run_predict(learner: Learner, function: str, v: Values) -> Values:
    Y = np.asarray(learner.call(function, v["w"], v["b"], v["X"]), float)
    return {"Y": Y.reshape(1, -1) if Y.ndim == 1 else Y}


def _zeros(v: Values) -> Values:
    return {"w": np.zeros((v["dim"], 1)), "b": np.zeros(())}


def _run_zeros(learner: Learner, function: str, v: Values) -> Values:
    w, b = learner.call(function, v["dim"])
    return {"w": w, "b": number(b)}


_ZEROS: dict[str, Equation] = {
    "zeros.flat": lambda v: {"w": np.zeros(v["dim"]), "b": 0.0},
    "zeros.row": lambda v: {"w": np.zeros((1, v["dim"])), "b": 0.0},
    "zeros.square": lambda v: {"w": np.zeros((v["dim"], v["dim"])), "b": 0.0},
    "zeros.b-vector": lambda v: {"w": np.zeros((v["dim"], 1)), "b": np.zeros((v["dim"], 1))},
    "zeros.ones": lambda v: {"w": np.ones((v["dim"], 1)), "b": 0.0},
    "zeros.b-one": lambda v: {"w": np.zeros((v["dim"], 1)), "b": 1.0},
}


def is_logistic(learner: Learner, function: str | None, count: int) -> bool:
    """Return whether a function takes w and b first, and so many arguments at least."""
    if function not in learner.nodes:
        return False
    names = learner.parameters(function)
    return names[:2] == ["w", "b"] and len(names) >= count


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every function of logistic regression."""
    function = learner.find("initialize_with_zeros")
    if function in learner.nodes:
        mistakes = [Mistake(key, wrong) for key, wrong in _ZEROS.items()]
        yield Probe(
            function,
            "initialize",
            [{"dim": 3}, {"dim": 2}],
            [partial(_run_zeros, learner, function)],
            [_zeros],
            mistakes,
        )
    function = learner.find("propagate")
    if function in learner.nodes and len(learner.parameters(function)) == 4:
        rights: list[Equation] = [partial(_propagate, a, {}, {}) for a in activations(learner, function)]
        yield Probe(
            function,
            "propagate",
            _cases(),
            [partial(_run_propagate, learner, function)],
            rights,
            _propagate_mistakes(),
            cost.TOLERANCE,
            needs=sorted(calls(learner, function)),
        )
    yield from _training(learner)
    function = learner.find("predict")
    if function is not None and is_logistic(learner, function, 3):
        rights = [partial(_threshold, a, _above_half) for a in activations(learner, function)]
        mistakes = [Mistake(key, partial(_threshold, sigmoid, decide)) for key, decide in _PREDICTIONS.items()]
        yield Probe(
            function,
            "predict",
            _prediction_cases(),
            [partial(_run_predict, learner, function)],
            rights,
            mistakes,
            needs=sorted(calls(learner, function)),
        )


def _above_half(q: Values) -> Any:
    return q["A"] > 0.5


def _training(learner: Learner) -> Iterator[Probe]:
    """Yield probes for the functions that train: a few steps of theirs give exact numbers."""
    function = learner.find("optimize")
    if function is not None and is_logistic(learner, function, 6):
        steps = _steps(learner, function)
        rights: list[Equation] = [partial(_descend, step, _down) for step in steps]
        mistakes = _descent_mistakes(steps[0])
        yield Probe(
            function,
            "optimize",
            _cases(),
            [partial(_run_optimize, learner, function)],
            rights,
            mistakes,
            needs=sorted(calls(learner, function)),
        )
    function = learner.find("model")
    if function in learner.nodes and len(learner.parameters(function)) >= 6:
        steps = _steps(learner, function)
        rights = [*(partial(_descend, step, _down) for step in steps), *_own_descent(learner, function)]
        rights = [partial(_from_zeros, right) for right in rights]
        mistakes = _descent_mistakes(steps[0])
        mistakes = [Mistake(m.key, partial(_from_zeros, m.wrong), m.severity) for m in mistakes]
        yield Probe(
            function,
            "model",
            _cases(),
            [partial(_run_model, learner, function)],
            rights,
            mistakes,
            needs=sorted(calls(learner, function)),
        )
