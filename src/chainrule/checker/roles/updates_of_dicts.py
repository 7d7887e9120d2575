"""One step of gradient descent for parameters in a dict, under whatever keys the function itself writes down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.checker.equations.optimizers import taken
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, close

_NAME = re.compile(r"update(_?(params|parameters|weights))?|gradient_descent_update", re.IGNORECASE)
_PARAMETERS = re.compile(r"^(params?|parameters?|weights)", re.IGNORECASE)
_GRADIENTS = re.compile(r"^(grads?|gradients?)", re.IGNORECASE)
_RATE = re.compile(r"^(lr|learning_?rate|alpha|eta|rate)$", re.IGNORECASE)
_ARCHITECTURE = re.compile(r"architecture|^layers$", re.IGNORECASE)
RATE = 0.03


def probes(learner: Learner) -> Iterator[Inspection]:
    """Yield the updates that do as gradient descent does; of others nothing is said, since their keys are guessed."""
    for function, node in learner.nodes.items():
        if _NAME.fullmatch(node.name) and any(
            _is_right(learner, function, keys, is_turned) for keys in _keys(node) for is_turned in (False, True)
        ):
            yield Inspection(function, "update", list)


def _keys(function: ast.FunctionDef) -> Iterator[dict[str, str]]:
    """Yield which key of the gradients belongs to which of the parameters."""
    texts = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    numbered = {f"{key}{layer}" for key in texts for layer in (1, 2) if key in ("W", "b", "w")}
    for keys in (sorted(numbered), [key for key in texts if f"d{key}" in texts]):
        if len(keys) > 1:
            yield {key: f"d{key}" for key in keys}


def _is_right(learner: Learner, function: str, keys: dict[str, str], is_turned: bool) -> bool:
    """Return whether each parameter becomes itself minus the rate times its gradient; some keep that of W as (n, m)."""
    rng = np.random.default_rng(6)
    shapes = {key: (2, 1) if key.lower().startswith("b") else (2, 3) for key in keys}
    params = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
    slopes = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
    is_weight = {key: not key.lower().startswith("b") for key in keys}
    grads = {keys[key]: slope.T if is_turned and is_weight[key] else slope for key, slope in slopes.items()}
    values: dict[re.Pattern[str], Any] = {_PARAMETERS: params, _GRADIENTS: grads, _RATE: RATE, _ARCHITECTURE: [{}, {}]}
    names = learner.parameters(function)
    given = [next((value for pattern, value in values.items() if pattern.search(name)), None) for name in names]
    if any(value is None for value in given) or not {id(params), id(grads)} <= {id(value) for value in given}:
        return False
    if RATE not in [value for value in given if isinstance(value, float)]:
        return False
    try:
        result = _called(learner, function, given)
    except Raised:
        return False
    place = next(i for i, value in enumerate(given) if value is params)
    moved = taken(learner.given[place], result)
    return isinstance(moved, dict) and all(
        close(value - RATE * slopes[key], moved.get(key), 1e-9) for key, value in params.items()
    )


def _called(learner: Learner, function: str, given: list[Any]) -> Any:
    """Return what a function returns, or a method of an instance that is made of nothing."""
    name, _, method = function.rpartition(".")
    if not name:
        return learner.call(function, *given)
    instance = learner.contained(f"{name}.__init__", learner.classes[name], ())
    return learner.contained(function, learner.method(instance, method), given)
