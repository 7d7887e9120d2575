"""A layer as a pair of functions: forward returns its outputs and a cache, backward takes upstream gradients and it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.derivatives import derivatives
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.proof import Doubt, uses


@dataclass(frozen=True)
class Pair:
    """What a pair of functions should do.

    Parameters
    ----------
    name
        The usual names are this with "_forward" and "_backward".
    inputs, outputs
        What forward takes and returns before the cache, in this order; backward takes "d" of the outputs.
    cases
        What to try it on, as the learner has it.
    forward
        The outputs from the inputs.
    mistakes, backward_mistakes
        What else the two might return.
    backward
        The gradients, where there is an equation for them; without it they are differences of `forward`.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cases: Sequence[Values]
    forward: Equation
    mistakes: Sequence[Mistake] = ()
    backward_mistakes: Sequence[Mistake] = ()
    backward: Equation | None = None
    tolerance: float = 1e-6

    @property
    def varied(self) -> list[str]:
        """The inputs that have a gradient: those that are arrays of numbers."""
        return [name for name in self.inputs if getattr(self.cases[0][name], "dtype", None) == np.float64]


def returned(learner: Learner, function: str, pair: Pair, v: Values) -> tuple[Values, Any]:
    """Return the outputs of the learner's forward, and its cache."""
    result = learner.call(function, *(v[name] for name in pair.inputs))
    *outputs, cache = result
    return dict(zip(pair.outputs, outputs, strict=True)), cache


def _outputs(learner: Learner, function: str, pair: Pair, v: Values) -> Values:
    return returned(learner, function, pair, v)[0]


def _gradients(learner: Learner, function: str, forward: str, pair: Pair, v: Values) -> Values:
    cache = returned(learner, forward, pair, v)[1]
    result = learner.call(function, *(v[f"d{output}"] for output in pair.outputs), cache)
    parts = result if isinstance(result, tuple | list) else (result,)
    return dict(zip((f"d{name}" for name in pair.varied), parts, strict=False))


def takes(learner: Learner, function: str | None, count: int) -> bool:
    """Return whether a function is there and can be called with so many arguments."""
    if function not in learner.nodes or function is None:
        return False
    parameters = learner.parameters(function)
    return len(parameters) - len(learner.nodes[function].args.defaults) <= count <= len(parameters)


def pair_probes(learner: Learner, pair: Pair) -> Iterator[Probe | Inspection]:
    """Yield how to try both functions of a pair; backward by the derivatives of the learner's own forward, too."""
    forward = learner.find(f"{pair.name}_forward")
    usable = forward if takes(learner, forward, len(pair.inputs)) else None
    if usable:
        runs: list[Equation] = [partial(_outputs, learner, usable, pair)]
        role = f"{pair.name}_forward"
        settings = [
            mine for mine, name in zip(learner.parameters(usable), pair.inputs, strict=False) if name not in pair.varied
        ]
        may_change = frozenset(settings)  # a dict of settings keeps running means, too
        right = [pair.forward]
        yield Probe(usable, role, pair.cases, runs, right, pair.mistakes, pair.tolerance, may_change)
    for form in ("backward", "backward_alt"):
        backward = learner.find(f"{pair.name}_{form}")
        if backward is not None and takes(learner, backward, len(pair.outputs) + 1):
            yield _backward_probe(learner, pair, usable, backward)


def _backward_probe(learner: Learner, pair: Pair, forward: str | None, backward: str) -> Probe | Inspection:
    role = f"{pair.name}_backward"
    if forward is None:
        facts = {"role": f"{pair.name}_forward"}
        return Inspection(backward, role, lambda: Doubt("needs-forward", facts))
    own = partial(derivatives, partial(_outputs, learner, forward, pair), pair.varied, pair.outputs)
    right = pair.backward or partial(derivatives, pair.forward, pair.varied, pair.outputs)
    runs: list[Equation] = [partial(_gradients, learner, backward, forward, pair)]
    # The cache is the work of forward, and of all that it calls.
    needs, wrong = [forward, *uses(learner, forward)], pair.backward_mistakes
    return Probe(backward, role, pair.cases, runs, [right, own], wrong, pair.tolerance, needs=needs)
