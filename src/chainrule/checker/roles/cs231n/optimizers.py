"""Update rules as cs231n has them: from a parameter, its gradient and a dict that keeps settings and state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.optimizers import TRIED, Numbers, cases, mistakes, rights, simulate
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.cs231n.pairs import takes

_RULES = {
    "sgd": ("sgd", {"learning_rate": "rate"}),
    "momentum": ("sgd_momentum", {"learning_rate": "rate", "momentum": "beta"}),
    "rmsprop": ("rmsprop", {"learning_rate": "rate", "decay_rate": "decay", "epsilon": "eps"}),
    "adam": ("adam", {"learning_rate": "rate", "beta1": "beta1", "beta2": "beta2", "epsilon": "eps"}),
}
"""By kind: the function, and what its settings are called there."""
_STATE = ("velocity", "cache", "m", "v")


def _updated(learner: Learner, function: str, settings: Numbers, filled: bool, v: Values) -> Values:
    """Return the parameters after each step; `filled` gives the state its first values, which most fill in."""
    results: Values = {}
    for name, w in v["params"].items():
        state: dict[str, Any] = {key: np.zeros_like(w) for key in _STATE} | {"t": 0} if filled else {}
        config: Any = settings | state
        for step, grads in enumerate(v["grads"], 1):
            w, config = learner.call(function, w, grads[name], config)
            results[f"{name} after step {step}"] = w
    return results


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each rule."""
    for kind, (usual, names) in _RULES.items():
        function = learner.find(usual)
        if function is None or not takes(learner, function, 3):
            continue
        settings = {name: TRIED[setting] for name, setting in names.items()}
        numbers = {setting: TRIED[setting] for setting in names.values()}
        runs: list[Equation] = [partial(_updated, learner, function, settings, filled) for filled in (False, True)]
        right = [partial(simulate, rule, h) for rule, h in rights(kind, numbers)]
        may_change = frozenset(learner.parameters(function)) - {learner.parameters(function)[1]}
        wrong = mistakes(kind, numbers)
        yield Probe(function, f"{kind}.update", cases(), runs, right, wrong, may_change=may_change)
