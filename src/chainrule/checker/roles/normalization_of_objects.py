"""Batch normalization in a class of any constructor: what a new layer makes of a batch, channel by channel.

Whatever it is called with: where statistics are those of a batch, or those that it keeps, each channel of the output is
a line in the same channel of the input.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.derivatives import attempts
from chainrule.checker.derivatives.judgment import Watcher
from chainrule.checker.derivatives.layers import Y
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, difference, pattern

_NAME = re.compile(r"\w*batch_?norm(ali[sz]ation)?\w*", re.IGNORECASE)
_KEEPS = re.compile(r"running|moving|\brun_|_run\b|ema", re.IGNORECASE)
WAYS = 4  # to make and to call a layer
PICTURES = 6  # two numbers of a channel would always be on a line
NEAR = 1e-2  # for the epsilon under the root
TOO_LARGE = 30.0  # deviation of the output, where the right one is 1


def probes(learner: Learner, watcher: Watcher) -> Iterator[Inspection]:
    """Yield the forward passes of which something is known."""
    for name in filter(_NAME.fullmatch, learner.classes):
        function, backward = f"{name}.forward", f"{name}.backward"
        if {function, backward} <= learner.nodes.keys() and (findings := _findings(learner, watcher, name)) is not None:
            yield Inspection(function, "batchnorm_forward", partial(list, findings))


def _findings(learner: Learner, watcher: Watcher, name: str) -> list[Finding] | None:
    """Return what is wrong with a forward pass, or None if that is not known.

    It is only wrong if the scale of a new layer is 1.
    """
    source = ast.unparse(next(n for n in learner.whole.body if isinstance(n, ast.ClassDef) and n.name == name))
    for x, y in _outputs(learner, watcher, name):
        mistake = _of_output(x, y, keeps=bool(_KEEPS.search(source)))
        if mistake == "":
            return []
        if mistake and "ones" in source:
            function = f"{name}.forward"
            return [Finding(mistake, function, learner.line(function), _difference(x, y))]
    return None


def _outputs(learner: Learner, watcher: Watcher, name: str) -> Iterator[tuple[Any, Any]]:
    """Yield inputs of a new layer, and what it makes of them."""
    methods = {key.rpartition(".")[2]: node for key, node in learner.nodes.items() if key.startswith(f"{name}.")}
    ways = attempts.distinct(attempts.of_class(name, methods, ("forward", "backward")))
    rng = np.random.default_rng(4)
    for attempt in itertools.islice((a for a in ways if a.several), WAYS):
        x = attempt.values["x"]
        if x.ndim == 4:
            x = rng.standard_normal((PICTURES, *x.shape[1:]))
        try:
            y = watcher.exercise(attempt.setup, attempt.forward, attempt.values | {"x": x}).after((), [Y]).get(Y)
        except Raised:
            continue
        if y is not None and y.shape == x.shape and x.ndim in (2, 4):
            yield x, y


def _of_output(x: Any, y: Any, *, keeps: bool) -> str | None:
    """Return the mistake that an output shows, "" if it is right, or None if that is not known."""
    if not np.isfinite(y).all():
        return None if keeps else "wrong-numbers"
    lines = [axes for axes in _subsets(x.ndim) if _is_line(x, y, axes)]
    if not lines:
        return "wrong-numbers"
    centered = [axes for axes in lines if np.all(np.abs(y.mean(axis=axes)) <= NEAR * y.std(axis=axes))]
    deviations = [(x.std(axis=axes), y.std(axis=axes)) for axes in centered]
    if any(np.allclose(after, 1, rtol=NEAR) for _, after in deviations):
        return ""
    if any(np.allclose(before * after, 1, rtol=NEAR) for before, after in deviations):
        return "batchnorm.variance"
    if deviations and all(np.all(after > TOO_LARGE) for _, after in deviations):
        is_constant = any(
            np.allclose(after / before, np.max(after / before), rtol=NEAR) for before, after in deviations
        )
        return "batchnorm.not-squared" if is_constant else "wrong-numbers"
    return None


def _subsets(axes: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, axes):
        yield from itertools.combinations(range(axes), count)


def _is_line(x: Any, y: Any, axes: tuple[int, ...]) -> bool:
    """Return whether y is a line in x over some axes, with one slope for all of them."""
    before, after = (a - a.mean(axis=axes, keepdims=True) for a in (x, y))
    slope = (before * after).sum(axis=axes, keepdims=True) / (before**2).sum(axis=axes, keepdims=True)
    return bool(np.max(np.abs(after - slope * before)) <= 1e-4 * np.max(np.abs(after)))


def _difference(x: Any, y: Any) -> dict[str, str]:
    """Return where an output differs from what is right for examples as rows, or pictures with channels first."""
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    right = (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    return difference([{"y": right}], [{"y": y}]) | {"pattern": pattern(right, y)}
