"""Logic gates of two or more inputs, in the many ways that learners spell their names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.classes import used
from chainrule.checker.equations import gates
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_NAME = re.compile(r"(?:gate_?)?(x?n?or|n?and)_?(?:gate|perceptron)?_?\d*(?:_?gate)?", re.IGNORECASE)


def _gate(name: str) -> str:
    """Return the gate that a name means, such as "AND" for and3, or ""."""
    match = _NAME.fullmatch(name)
    return match[1].upper() if match and match[1].upper() in gates.VALUES else ""


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


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every logic gate that the learner wrote as a function."""
    usual = {mine: name for name, mine in learner.names.items()}
    all_gates: list[Probe] = []
    for function in learner.nodes:
        gate = _gate(usual.get(function, function))
        inputs = _inputs(learner, function) if gate else 0
        if not gate or not inputs or (inputs > 2 and gate in ("XOR", "XNOR")):
            continue
        corners = np.array(list(itertools.product((0.0, 1.0), repeat=max(inputs, 2)))).T
        ways = (_apart,) if inputs > 1 else (_together, _batch)
        runs = [partial(way, learner, function) for way in ways]
        right = [gates.equation(gate)]
        needs = used(learner, function)
        all_gates.append(Probe(function, gate, [{"X": corners}], runs, right, gates.mistakes(gate), needs=needs))
    yield from sorted(all_gates, key=lambda probe: len(probe.needs))  # XOR of a wrong AND is the fault of AND
