"""Logistic regression, a network of one unit with w (n, 1) and a number b, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import cost, network, network_mistakes, predictions
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.equations.network import Steps

UNIT = network.steps("relu", "sigmoid")
"""The steps of the one unit; there is no hidden layer."""


def cases() -> list[Values]:
    """Return w, b, X and Y, of different sizes and of the same."""
    rng = np.random.default_rng(2)
    examples = []
    for n, m in ((3, 5), (4, 4)):
        Y = np.array([[1.0, 0, 1, 1, 0]])[:, :m]
        examples.append({"w": rng.standard_normal((n, 1)), "b": 0.4, "X": rng.standard_normal((n, m)), "Y": Y})
    return examples


def number(value: Any) -> Any:
    """Return an array of one number as that number; anything else as it is."""
    return np.reshape(value, ()) if np.size(value) == 1 else value


def _as_network(v: Values) -> Values:
    return {"X": v["X"], "W1": v["w"].T, "b1": np.reshape(v["b"], (1, 1))} | ({"Y": v["Y"]} if "Y" in v else {})


def predict(step: Steps, v: Values) -> Values:
    """Return A, as AL."""
    return network.predict(step, _as_network(v))


def propagate(v: Values, step: Steps = UNIT) -> Values:
    """Return dw, db and the cost."""
    gradients = network.backward(step, _as_network(v))
    with np.errstate(all="ignore"):
        entropy = cost.binary({"AL": predict(step, v)["AL"], "Y": v["Y"]})
    return entropy | {"dw": gradients["dW1"].T, "db": np.sum(gradients["db1"])}


def _elementwise(v: Values) -> Values:
    """Return what a product entry by entry gives, where it gives anything: a table in the place of A."""
    A, m = UNIT.output(v["w"].T * v["X"] + v["b"]), v["X"].shape[1]
    dZ = A - v["Y"]
    return cost.binary({"AL": A, "Y": v["Y"]}) | {"dw": v["X"] @ dZ.T / m, "db": dZ.sum() / m}


def _with_gradients(gradient: Equation, v: Values) -> Values:
    """Return what `propagate` does, with other gradients."""
    gradients = gradient(_as_network(v))
    dW, db = gradients["dW1"], gradients["db1"]
    return propagate(v) | {"dw": None if dW is None else np.transpose(dW), "db": None if db is None else number(db)}


def _with_result(name: str, change: Callable[[Any, Any, Any], Any], v: Values) -> Values:
    return propagate(v) | {name: change(v["X"], predict(UNIT, v)["AL"], v["Y"])}


_RESULTS: list[tuple[str, str, Callable[[Any, Any, Any], Any]]] = [
    ("linear_backward.dW-elementwise", "dw", lambda X, A, Y: X * (A - Y) / X.shape[1]),
    ("linear_backward.db-not-summed", "db", lambda X, A, Y: A - Y),
    ("propagate.dw-not-column", "dw", lambda X, A, Y: (X * (A - Y)).sum(axis=1) / X.shape[1]),
    ("propagate.dw-number", "dw", lambda X, A, Y: (X * (A - Y)).sum() / X.shape[1]),
    ("propagate.db-of-A", "db", lambda X, A, Y: A.sum() / X.shape[1]),
    ("propagate.db-from-dw", "db", lambda X, A, Y: (X @ (A - Y).T).sum() / X.shape[1]),
]
"""A result instead of the right one, from X, A and Y."""


def _with_cost(mistake: Mistake, v: Values) -> Values:
    return propagate(v) | mistake.wrong({"AL": predict(UNIT, v)["AL"], "Y": v["Y"]})


def propagate_mistakes() -> list[Mistake]:
    """Return usual wrong versions of `propagate`."""
    forwards = network_mistakes.wrong_forwards(UNIT, 1)
    mistakes = [Mistake(key, partial(propagate, step=step)) for key, step in forwards]
    for mistake in network_mistakes.gradient_mistakes(UNIT, "", 1):
        mistakes.append(Mistake(mistake.key, partial(_with_gradients, mistake.wrong)))
    mistakes.append(Mistake("linear_forward.elementwise", _elementwise))
    mistakes += [Mistake(key, partial(_with_result, name, change)) for key, name, change in _RESULTS]
    for mistake in cost.binary_mistakes():
        mistakes.append(Mistake(mistake.key, partial(_with_cost, mistake), mistake.severity))
    return mistakes


def prediction_cases() -> list[Values]:
    """Return w, b and X whose Z lies in all the places where a wrong decision shows."""
    examples = []
    for offset, n in ((1.0, 2), (-1.0, 3)):
        Z = np.array([2.0, 0.3, -0.3, -2.0, 1.3, -1.3, 0.7])
        X = np.zeros((n, len(Z)))
        X[0] = Z - offset
        X[1] = [0.3, -0.2, 0.1, 0.4, -0.5, 0.2, 0.1]
        examples.append({"w": np.eye(n)[:, :1], "b": offset, "X": X})
    return examples


def _sum_of(v: Values) -> Values:
    return {"AL": v["w"].T @ v["X"] + v["b"]}


def prediction_mistakes() -> list[Mistake]:
    """Return usual wrong predictions: from the right A, from Z, and from a wrong A."""
    mistakes = predictions.wrong_decisions(partial(predict, UNIT))
    mistakes.append(Mistake("predict.threshold-of-Z", partial(predictions.decided, _sum_of, predictions.above_half)))
    for key, step in network_mistakes.wrong_forwards(UNIT, 1):
        mistakes.append(Mistake(key, partial(predictions.decided, partial(predict, step), predictions.above_half)))
    return mistakes


def zeros(v: Values) -> Values:
    """Return w and b as training begins."""
    return {"w": np.zeros((v["dim"], 1)), "b": np.zeros(())}


WRONG_ZEROS: dict[str, Equation] = {
    "zeros.flat": lambda v: {"w": np.zeros(v["dim"]), "b": 0.0},
    "zeros.row": lambda v: {"w": np.zeros((1, v["dim"])), "b": 0.0},
    "zeros.square": lambda v: {"w": np.zeros((v["dim"], v["dim"])), "b": 0.0},
    "zeros.b-vector": lambda v: {"w": np.zeros((v["dim"], 1)), "b": np.zeros((v["dim"], 1))},
    "zeros.ones": lambda v: {"w": np.ones((v["dim"], 1)), "b": 0.0},
    "zeros.b-one": lambda v: {"w": np.zeros((v["dim"], 1)), "b": 1.0},
}
