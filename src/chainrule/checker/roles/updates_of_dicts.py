"""One step of gradient descent for parameters in a dict, under whatever keys the function itself writes down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.equations.optimizers import taken
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, close, difference

_NAME = re.compile(r"update(_?(params|parameters|weights))?|gradient_descent_update", re.IGNORECASE)
_PARAMETERS = re.compile(r"^(params?|parameters?|weights)", re.IGNORECASE)
_GRADIENTS = re.compile(r"^(grads?|gradients?)", re.IGNORECASE)
_RATE = re.compile(r"^(lr|learning_?rate|alpha|eta|rate)$", re.IGNORECASE)
_ARCHITECTURE = re.compile(r"architecture|^layers$", re.IGNORECASE)
_TWINS = {"W": ["b"], "w": ["b"], "b": ["W", "w"]}
RATE = 0.03


def probes(learner: Learner) -> Iterator[Inspection]:
    """Yield the updates that move some parameter as gradient descent does; of others nothing is said.

    Their keys are guessed: that a parameter moves down its gradient shows that they are right. Where all move up, the
    gradients may be meant with the other sign.
    """
    for function, node in learner.nodes.items():
        if not _NAME.fullmatch(node.name):
            continue
        ways = (
            moves
            for keys in _keys(learner, node)
            for is_turned in (False, True)
            if (moves := _moves(learner, function, keys, is_turned))
        )
        likeliest = max(ways, key=lambda moves: sum(move.is_right for move in moves), default=None)
        if likeliest is not None:
            yield Inspection(function, "update", partial(_wrong, learner, function, likeliest))


class Move(NamedTuple):
    """What becomes of a parameter in an update."""

    key: str
    value: Any
    slope: Any
    after: Any

    @property
    def is_right(self) -> bool:
        """Whether it goes down its gradient."""
        return close(self.value - RATE * self.slope, self.after, 1e-9)

    @property
    def is_uphill(self) -> bool:
        """Whether it goes up its gradient."""
        return close(self.value + RATE * self.slope, self.after, 1e-9)

    @property
    def is_left(self) -> bool:
        """Whether it stays as it is."""
        return close(self.value, self.after, 0.0)


def _wrong(learner: Learner, function: str, moves: Sequence[Move]) -> list[Finding]:
    """Return what is wrong with the moves of some parameters: uphill, or none at all."""
    wrong = next((move for move in moves if not move.is_right), None)
    if wrong is None:
        return []
    mistake = "update.ascent" if wrong.is_uphill else "update.one-skipped"
    facts = difference([{wrong.key: wrong.value - RATE * wrong.slope}], [{wrong.key: wrong.after}])
    return [Finding(mistake, function, learner.line(function), facts)]


def _keys(learner: Learner, function: ast.FunctionDef) -> Iterator[dict[str, str]]:
    """Yield which key of the gradients belongs to which of the parameters.

    One that the function forgets has a gradient in the file that nothing reads.
    """
    optional = {t for n in ast.walk(function) if isinstance(n, ast.If | ast.IfExp) for t in _texts(n)}
    texts = [text for text in _texts(function) if text not in optional]
    numbered = {f"{key}{layer}" for key in texts for layer in (1, 2) if key in ("W", "b", "w")}
    plain = [key for key in texts if f"d{key}" in texts]
    twins = [twin for key in plain for twin in _TWINS.get(key, ()) if twin not in texts]
    forgotten = [twin for twin in twins if twin in _texts(learner.whole) and _is_given_only(learner.whole, f"d{twin}")]
    for keys in (sorted(numbered), plain + forgotten):
        if len(keys) > 1:
            yield {key: f"d{key}" for key in keys}


def _texts(tree: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _is_given_only(whole: ast.Module, key: str) -> bool:
    """Return whether a dict of the file has a key, and nothing else names it."""
    dicts = [n for n in ast.walk(whole) if isinstance(n, ast.Dict)]
    given = sum(_texts(name) == [key] for n in dicts for name in n.keys if name is not None)
    return given > 0 and given == _texts(whole).count(key)


def _moves(learner: Learner, function: str, keys: dict[str, str], is_turned: bool) -> list[Move]:
    """Return what becomes of each parameter; nothing if that is more than moves along gradients, or none goes down.

    Some keep the gradient of W as (n, m).
    """
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
        return []
    if RATE not in [value for value in given if isinstance(value, float)]:
        return []
    try:
        result = _called(learner, function, given)
    except Raised:
        return []
    place = next(i for i, value in enumerate(given) if value is params)
    after = taken(learner.given[place], result)
    if not isinstance(after, dict):
        return []
    moves = [Move(key, value, slopes[key], after.get(key)) for key, value in params.items()]
    is_guessed = any(key[-1].isdigit() for key in keys)  # there may be fewer layers
    is_known = all(move.is_right or move.is_uphill or (move.is_left and not is_guessed) for move in moves)
    return moves if is_known and any(move.is_right for move in moves) else []


def _called(learner: Learner, function: str, given: list[Any]) -> Any:
    """Return what a function returns, or a method of an instance that is made of nothing."""
    name, _, method = function.rpartition(".")
    if not name:
        return learner.call(function, *given)
    instance = learner.contained(f"{name}.__init__", learner.classes[name], ())
    return learner.contained(function, learner.method(instance, method), given)
