"""Logic gates of two or more inputs, in the many ways that learners spell their names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.classes import used
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

GATES: dict[str, Callable[[Any], Any]] = {
    "AND": lambda X: X.min(axis=0),
    "OR": lambda X: X.max(axis=0),
    "NAND": lambda X: 1 - X.min(axis=0),
    "NOR": lambda X: 1 - X.max(axis=0),
    "XOR": lambda X: X.sum(axis=0) % 2,
    "XNOR": lambda X: 1 - X.sum(axis=0) % 2,
}
"""The output of each gate for inputs in columns."""

_NAME = re.compile(r"(?:gate_?)?(x?n?or|n?and)_?(?:gate|perceptron)?_?\d*(?:_?gate)?", re.IGNORECASE)


def _gate(name: str) -> str:
    """Return the gate that a name means, such as "AND" for and3, or ""."""
    match = _NAME.fullmatch(name)
    return match[1].upper() if match and match[1].upper() in GATES else ""


def _inputs(learner: Learner, function: str) -> int:
    """Return how many parameters a function needs, those with a default not counted."""
    arguments = learner.nodes[function].args
    return len(arguments.args) - len(arguments.defaults)


def _apart(learner: Learner, function: str, v: Values) -> Values:
    return {"y": np.array([_number(learner.call(function, *map(int, x))) for x in v["X"].T])}


def _together(learner: Learner, function: str, v: Values) -> Values:
    return {"y": np.array([_number(learner.call(function, x)) for x in v["X"].T.astype(int)])}


def _batch(learner: Learner, function: str, v: Values) -> Values:
    return {"y": np.ravel(learner.call(function, v["X"].T.astype(int)))}


def _number(result: Any) -> float:
    return float(np.squeeze(np.asarray(result)))


def _output(gate: Callable[[Any], Any], v: Values) -> Values:
    return {"y": gate(v["X"]) * 1.0}


def _mistakes(gate: str) -> list[Mistake]:
    right = GATES[gate]
    wrong: dict[str, Callable[[Any], Any]] = {"gate.inverted": lambda X: 1 - right(X)}
    wrong |= {f"gate.is-{other}": output for other, output in GATES.items() if other != gate}
    wrong |= {
        "gate.always-0": lambda X: X[0] * 0,
        "gate.always-1": lambda X: X[0] * 0 + 1,
        "gate.only-x1": lambda X: X[0],
        "gate.only-x2": lambda X: X[1],
        "gate.minus-for-0": lambda X: 2 * right(X) - 1,
    }
    return [Mistake(key, partial(_output, output)) for key, output in wrong.items()]


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every logic gate that the learner wrote as a function."""
    usual = {mine: name for name, mine in learner.names.items()}
    made: list[Probe] = []
    for function in learner.nodes:
        gate = _gate(usual.get(function, function))
        inputs = _inputs(learner, function) if gate else 0
        if not gate or not inputs or (inputs > 2 and gate in ("XOR", "XNOR")):
            continue
        corners = np.array(list(itertools.product((0.0, 1.0), repeat=max(inputs, 2)))).T
        ways = (_apart,) if inputs > 1 else (_together, _batch)
        runs = [partial(way, learner, function) for way in ways]
        right = [partial(_output, GATES[gate])]
        needs = used(learner, function)
        made.append(Probe(function, gate, [{"X": corners}], runs, right, _mistakes(gate), needs=needs))
    yield from sorted(made, key=lambda probe: len(probe.needs))  # XOR of a wrong AND is the fault of AND
