"""Gradients that are divided by the number of examples that stands at the top of the file, whatever batch comes."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial

import numpy as np

from chainrule.checker.conventions.styles import meaning
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_EXAMPLES = ("X", "A_prev")  # what has them as columns


def with_count_of_file(learner: Learner, probe: Probe) -> Probe:
    """Return a probe of gradients whose results are divided by the number of the examples that they come from."""
    count = _divisor(learner, probe.function) if probe.function in learner.nodes else None
    if count is None or not any(name in probe.cases[0] for name in _EXAMPLES):
        return probe
    runs: list[Equation] = [partial(_of_the_batch, run, count) for run in probe.runs]
    return replace(probe, runs=runs)


def _divisor(learner: Learner, function: str) -> float | None:
    """Return the number of examples that a function divides by and that it has from the file."""
    node = learner.nodes[function]
    bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    divisors = [n.right for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    names = {n.id for n in divisors if isinstance(n, ast.Name) and meaning(n.id) == "m"} - bound
    counts = [learner.whole_number(name) or 0 for name in names]
    return next((float(count) for count in counts if count > 0), None)


def _of_the_batch(run: Equation, count: float, v: Values) -> Values:
    m = next(v[name].shape[1] for name in _EXAMPLES if name in v)
    return {
        name: np.asarray(result) * count / m if name.startswith(("dW", "db")) and result is not None else result
        for name, result in run(v).items()
    }
