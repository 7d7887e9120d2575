"""Cross-entropy of probabilities, as the cost of a batch. Examples are columns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.learner import Learner
from chainrule.checker.probe import Equation, Mistake, Probe, Values
from chainrule.checker.roles.layout import rows

NAMES = ("compute_cost", "cross_entropy_loss", "cross_entropy_cost", "binary_cross_entropy", "cost_function", "cost")
TOLERANCE = 1e-5  # a small number inside of the logarithm is a choice


def binary_cases() -> list[Values]:
    """Return probabilities AL and labels Y, both (1, m)."""
    rng = np.random.default_rng(5)
    return [{"AL": rng.uniform(0.1, 0.9, (1, m)), "Y": rng.integers(0, 2, (1, m)) * 1.0} for m in (6, 5)]


def categorical_cases() -> list[Values]:
    """Return probabilities AL and one-hot targets Y, both (classes, m)."""
    rng = np.random.default_rng(6)
    made = []
    for classes, m in ((3, 5), (4, 4)):
        E = rng.uniform(0.2, 1.0, (classes, m))
        made.append({"AL": E / E.sum(axis=0), "Y": np.eye(classes)[:, rng.integers(0, classes, m)]})
    return made


def binary(v: Values) -> Values:
    """Return the mean over the examples of -y log a - (1 - y) log(1 - a)."""
    return {"cost": -_both(v["AL"], v["Y"]).sum() / v["Y"].shape[1]}


def categorical(v: Values) -> Values:
    """Return the mean over the examples of -log of the right class's probability."""
    return {"cost": -(v["Y"] * np.log(v["AL"])).sum() / v["Y"].shape[1]}


def _both(A: Any, Y: Any) -> Any:
    return Y * np.log(A) + (1 - Y) * np.log(1 - A)


def _cost(equation: Callable[[Any, Any, int], Any], v: Values) -> Values:
    return {"cost": equation(v["AL"], v["Y"], v["Y"].shape[1])}


_BINARY: dict[str, Callable[[Any, Any, int], Any]] = {
    "no-minus": lambda A, Y, m: _both(A, Y).sum() / m,
    "no-mean": lambda A, Y, m: -_both(A, Y).sum(),
    "no-minus-no-mean": lambda A, Y, m: _both(A, Y).sum(),
    "half": lambda A, Y, m: -_both(A, Y).sum() / (2 * m),
    "mean-twice": lambda A, Y, m: -_both(A, Y).mean() / m,
    "one-term": lambda A, Y, m: -(Y * np.log(A)).sum() / m,
    "other-term": lambda A, Y, m: -((1 - Y) * np.log(1 - A)).sum() / m,
    "terms-subtracted": lambda A, Y, m: -(Y * np.log(A) - (1 - Y) * np.log(1 - A)).sum() / m,
    "labels-swapped": lambda A, Y, m: -((1 - Y) * np.log(A) + Y * np.log(1 - A)).sum() / m,
    "arguments-swapped": lambda A, Y, m: -(A * np.log(Y) + (1 - A) * np.log(1 - Y)).sum() / m,
    "same-log": lambda A, Y, m: -(Y * np.log(A) + (1 - Y) * np.log(A)).sum() / m,
    "table": lambda A, Y, m: -(Y.T @ np.log(A) + (1 - Y).T @ np.log(1 - A)).sum() / m,
    "one-term-table": lambda A, Y, m: -(Y.T @ np.log(A)).sum() / m,
    "per-example": lambda A, Y, m: -_both(A, Y),
    "per-example-flat": lambda A, Y, m: -_both(A, Y)[0],
    "per-example-mean": lambda A, Y, m: -_both(A, Y) / m,
    "matrix": lambda A, Y, m: -_both(A, Y).sum(axis=1, keepdims=True) / m,
    "list": lambda A, Y, m: -_both(A, Y).sum(axis=1) / m,
    "no-logarithm": lambda A, Y, m: -(Y * A + (1 - Y) * (1 - A)).sum() / m,
    "log-of-base-2": lambda A, Y, m: -_both(A, Y).sum() / m / np.log(2),
    "log-of-base-10": lambda A, Y, m: -_both(A, Y).sum() / m / np.log(10),
    "squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / m,
    "half-squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / (2 * m),
    "absolute-error": lambda A, Y, m: np.abs(A - Y).sum() / m,
}
_CATEGORICAL: dict[str, Callable[[Any, Any, int], Any]] = {
    "no-minus": lambda A, Y, m: (Y * np.log(A)).sum() / m,
    "no-mean": lambda A, Y, m: -(Y * np.log(A)).sum(),
    "no-minus-no-mean": lambda A, Y, m: (Y * np.log(A)).sum(),
    "mean-over-classes": lambda A, Y, m: -(Y * np.log(A)).mean(),
    "wrong-m": lambda A, Y, m: -(Y * np.log(A)).sum() / len(Y),
    "mean-twice": lambda A, Y, m: -(Y * np.log(A)).sum() / m**2,
    "half": lambda A, Y, m: -(Y * np.log(A)).sum() / (2 * m),
    "table": lambda A, Y, m: -(Y.T @ np.log(A)).sum() / m,
    "per-example": lambda A, Y, m: -(Y * np.log(A)).sum(axis=0),
    "arguments-swapped": lambda A, Y, m: -(A * np.log(Y)).sum() / m,
    "no-logarithm": lambda A, Y, m: -(Y * A).sum() / m,
    "all-classes": lambda A, Y, m: -np.log(A).sum() / m,
    "log-of-base-2": lambda A, Y, m: -(Y * np.log2(A)).sum() / m,
    "log-of-base-10": lambda A, Y, m: -(Y * np.log10(A)).sum() / m,
    "squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / m,
}


def binary_mistakes() -> list[Mistake]:
    """Return usual wrong versions of `binary`."""
    return [Mistake(f"cost.{key}", partial(_cost, equation)) for key, equation in _BINARY.items()]


def categorical_mistakes() -> list[Mistake]:
    """Return usual wrong versions of `categorical`."""
    return [Mistake(f"cost.{key}", partial(_cost, equation)) for key, equation in _CATEGORICAL.items()]


def _run(learner: Learner, function: str, as_rows: bool, labels: bool, v: Values) -> Values:
    AL, Y = (v["AL"].T, v["Y"].T) if as_rows else (v["AL"], v["Y"])
    arguments = [AL, v["Y"].argmax(axis=0) if labels else Y]
    optional = len(learner.nodes[function].args.defaults)
    # Week 3's parameters: some read them, none needs them.
    unused = {f"{kind}{l}": np.zeros((2, 2)) for kind in "Wb" for l in (1, 2, 3)}  # noqa: E741
    arguments += [unused] * (len(learner.parameters(function)) - optional - 2)
    cost = learner.call(function, *arguments)
    return {"cost": np.transpose(cost) if as_rows else cost}


def _is_binary(learner: Learner, function: str) -> bool:
    """Return whether 1 - y is in it, or nothing says that there are classes."""
    subtracts = any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and getattr(node.left, "value", None) in (1, 1.0)
        for node in ast.walk(learner.nodes[function])
    )
    return subtracts or learner.find("softmax", "Softmax") is None


def _takes_labels(learner: Learner, function: str) -> bool:
    """Return whether the right class's probability is picked by its number, as in `A[np.arange(m), Y]`."""
    subscripts = [node for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Subscript)]
    return any("range(" in ast.unparse(node.slice) and isinstance(node.slice, ast.Tuple) for node in subscripts)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for the cost function."""
    function = learner.find(*NAMES)
    if function not in learner.nodes or len(learner.parameters(function)) not in (2, 3):
        return
    as_rows = rows(learner)
    runs: list[Equation] = [partial(_run, learner, function, as_rows, False)]
    if _takes_labels(learner, function):
        runs = [partial(_run, learner, function, way, True) for way in (True, False)]
        yield Probe(function, "cost", categorical_cases(), runs, [categorical], categorical_mistakes(), TOLERANCE)
    elif _is_binary(learner, function):
        yield Probe(function, "cost", binary_cases(), runs, [binary], binary_mistakes(), TOLERANCE)
    else:
        yield Probe(function, "cost", categorical_cases(), runs, [categorical], categorical_mistakes(), TOLERANCE)
