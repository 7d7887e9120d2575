"""The cost of a batch as the course writes it: a function of probabilities and labels."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.conventions.layout import rows
from chainrule.checker.equations.cost import (
    TOLERANCE,
    binary,
    binary_cases,
    binary_mistakes,
    categorical,
    categorical_cases,
    categorical_mistakes,
)
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

NAMES = ("compute_cost", "cross_entropy_loss", "cross_entropy_cost", "binary_cross_entropy", "cost_function", "cost")


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
    as_rows = rows(learner, function)
    runs: list[Equation] = [partial(_run, learner, function, as_rows, False)]
    if _takes_labels(learner, function):
        runs = [partial(_run, learner, function, way, True) for way in (True, False)]
        yield Probe(function, "cost", categorical_cases(), runs, [categorical], categorical_mistakes(), TOLERANCE)
    elif _is_binary(learner, function):
        yield Probe(function, "cost", binary_cases(), runs, [binary], binary_mistakes(), TOLERANCE)
    else:
        yield Probe(function, "cost", categorical_cases(), runs, [categorical], categorical_mistakes(), TOLERANCE)
