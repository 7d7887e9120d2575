"""What is not judged by its name: layers, pairs of functions and loops, by differences of their own forward pass."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np

from chainrule.checker.derivatives import attempts, layers
from chainrule.checker.derivatives.attempts import Attempt
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.layers import Gradient
from chainrule.checker.derivatives.training import Seen
from chainrule.checker.findings import Checked, Finding, Status
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.watching.paths import text

SECONDS = 1.5  # for one layer
NUMBERS = 1e-4


class Watcher(Protocol):
    """What runs code with the learner's definitions, again and again."""

    def exercise(self, setup: str, code: str, values: Mapping[str, Any]) -> Rerun:
        """Return code to be rehearsed; `setup` runs once, before."""

    def watch(self) -> Seen:
        """Run the whole program on made-up data, and return what was seen."""


def judged(
    learner: Learner, watcher: Watcher, calls: Mapping[str, Mapping[str, Any]], settled: set[str]
) -> Iterator[tuple[Checked, Finding | None]]:
    """Yield what became of the functions and methods that are not settled yet, as far as that can be said.

    They are tried as the program was seen to call them, and in other ways if it did not.
    """
    for forward, backward, tried in _units(learner):
        if backward in settled:
            continue
        until = time.monotonic() + SECONDS
        every = itertools.chain(_as_seen(learner, calls, forward, backward), tried)
        timely = (attempt for attempt in every if time.monotonic() < until)
        gradients = layers.best((attempt.several, partial(_gradients, watcher, attempt, until)) for attempt in timely)
        outcome = _outcome(gradients)
        if outcome is None:
            continue
        wrong = outcome if isinstance(outcome, Gradient) else None
        status: Status = "wrong" if wrong else "ok"
        checked = Checked(backward, backward, learner.line(backward), status)
        yield checked, _finding(learner, forward, backward, wrong)
        if forward not in settled and not wrong:
            yield Checked(forward, forward, learner.line(forward), "ok"), None


def _as_seen(
    learner: Learner, calls: Mapping[str, Mapping[str, Any]], forward: str, backward: str
) -> Iterator[Attempt]:
    """Yield how the program itself calls a layer or a pair of functions, if it was seen to call both."""
    if forward not in calls or backward not in calls:
        return
    given = calls[forward]
    name, _, method = forward.rpartition(".")
    arguments = {key: value for key, value in given.items() if key != "self"}
    target = learner.method(given["self"], method) if name else None
    try:
        result = learner.contained(forward, target, (), arguments) if target else learner.call(forward, **arguments)
    except Raised:
        return
    yield from attempts.as_seen(name, method, backward.rpartition(".")[2], given, result, calls[backward])


def _units(learner: Learner) -> Iterator[tuple[str, str, Iterator[Attempt]]]:
    """Yield the names of what computes something and of what computes its gradient, and how to call both."""
    for name in learner.classes:
        methods = {key.partition(".")[2]: node for key, node in learner.nodes.items() if key.startswith(f"{name}.")}
        both = attempts.methods_of(methods)
        if both:
            yield f"{name}.{both[0]}", f"{name}.{both[1]}", attempts.of_class(name, methods)
    functions = {name: node for name, node in learner.nodes.items() if "." not in name}
    for pairs, of in ((attempts.pairs, attempts.of_pair), (attempts.slopes, attempts.of_slope)):
        for forward, backward in pairs(functions):
            yield forward, backward, of(functions[forward], functions[backward])


def _gradients(watcher: Watcher, attempt: Attempt, until: float) -> list[Gradient]:
    """Return the gradients of one way to call a layer; none if the forward pass gives no numbers."""
    after = watcher.exercise(attempt.setup, attempt.forward, attempt.values).after()
    y = next((value for path, value in after.items() if text(path) == "y"), np.zeros(0))
    if not y.size or not np.isfinite(y).all():
        return []
    dy = (np.random.default_rng(3).standard_normal(y.shape) if y.size > 1 else np.ones(y.shape)).astype(y.dtype)
    code = attempt.forward + attempt.backward
    return layers.compare(watcher.exercise(attempt.setup, code, attempt.values | {"dy": dy}), dy, until)


def _outcome(gradients: list[Gradient]) -> Gradient | bool | None:
    """Return the first wrong gradient, True if there is none, or None if nothing is proven.

    Where a layer has parameters, one gradient must agree: else what its backward pass takes is not known.
    """
    of_arrays = [gradient for gradient in gradients if gradient.derivative.size > 1]
    off = [gradient for gradient in of_arrays if not gradient.agreeing]
    if not of_arrays or len(of_arrays) == len(off) > 1:
        return None
    if not off:
        return True
    return next((gradient for gradient in off if gradient.instead is not None), None)


def _finding(learner: Learner, forward: str, backward: str, wrong: Gradient | None) -> Finding | None:
    if wrong is None:
        return None
    off = np.abs(wrong.instead - wrong.derivative)
    at = int(np.argmax(off > NUMBERS * np.max(np.abs(wrong.derivative))))
    place = ", ".join(map(str, wrong.places[at]))
    facts = {
        "name": wrong.name,
        "forward": forward,
        "index": f"[{place}]" if place else "",
        "expected": f"{wrong.derivative[at]:.6g}",
        "got": f"{wrong.instead[at]:.6g}",
    }
    return Finding("own-gradient", backward, learner.line(backward), facts)
