"""What comes before and after the passes: first parameters, and their update."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.checker.conventions.layout import rows
from chainrule.checker.conventions.names import INITIALIZE, weights
from chainrule.checker.documented import is_documented
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.equations.update import UPDATE_MISTAKES, names, update, update_cases
from chainrule.checker.findings import Finding, Severity
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.proof import Doubt

UPDATE = ("update_parameters",)

_SIZES = (7, 5, 4, 3)
_LARGE = (60, 50, 40, 30)
_TOO_LARGE, _TOO_SMALL = 0.6, 0.02  # standard deviations; He's is 0.18 for 60 inputs
# What the course asks for, wrong as it is: the first for a deep network, the second to show what it does to the cost.
_ASKED = {"initialize_parameters_deep": 0.01, "initialize_parameters_random": 10.0}


def _drawn(learner: Learner, function: str, sizes: Sequence[int]) -> dict[str, Any] | None:
    count = len(learner.parameters(function))
    arguments: tuple[Any, ...] = (list(sizes),) if count == 1 else tuple(sizes[:count])
    return weights(learner.call(function, *arguments))


def _takes_sizes(learner: Learner, function: str, layers: int) -> bool:
    """Return whether a function's arguments are sizes of layers: a list of them, or one for each of two layers."""
    count = len(learner.parameters(function)) - len(learner.nodes[function].args.defaults)
    return is_documented(learner, function) or count == 1 or (count == 3 and layers == 2)


def _look(learner: Learner, function: str) -> list[Finding] | Doubt:
    line = learner.line(function)

    def finding(key: str, severity: Severity = "error", **facts: str) -> list[Finding]:
        return [Finding(key, function, line, facts, severity)]

    drawn = _drawn(learner, function, _SIZES)
    if drawn is None:
        return []
    layers = range(1, len([name for name in drawn if name[0] == "W"]) + 1)
    if not learner.parameters(function):
        fits = _follow_each_other(drawn, len(layers))
        hidden = {name: value for name, value in drawn.items() if name != f"W{len(layers)}"}  # one unit is no twin
        return _look_at_numbers(hidden, finding) if fits else Doubt("other-result", {"role": "initialize"})
    if not _takes_sizes(learner, function, len(layers)):
        return Doubt("other-result", {"role": "initialize"})
    if wrong := _look_at_shapes(drawn, rows(learner, function), finding):
        return wrong
    large = _drawn(learner, function, _LARGE) or {}
    if "zero" in function and not any(large[f"W{l}"].any() for l in layers):  # noqa: E741
        return []
    return _look_at_numbers(large, finding) or _look_at_scale(function, _weights(large), finding)


def _look_at_shapes(drawn: dict[str, Any], as_rows: bool, finding: Callable[..., list[Finding]]) -> list[Finding]:
    layers = range(1, len(_weights(drawn)) + 1)
    shapes = {l: (_SIZES[l], _SIZES[l - 1]) for l in layers}  # noqa: E741 - the lesson's name
    turned = all(
        drawn[f"W{l}"].shape == shapes[l][::-1]
        and drawn.get(f"b{l}", np.zeros(())).shape in ((shapes[l][0],), (1, shapes[l][0]))
        for l in layers  # noqa: E741
    )
    as_rows = as_rows or turned
    for l, (n, n_prev) in shapes.items():  # noqa: E741
        W, b = drawn[f"W{l}"], drawn.get(f"b{l}")
        expected = (n_prev, n) if as_rows else (n, n_prev)
        if W.shape != expected:
            return finding("initialize.W-shape", name=f"W{l}", expected=str(expected), got=str(W.shape))
        if b is None:
            return finding("initialize.b-missing", name=f"b{l}")
        allowed = [(n,), (1, n)] if as_rows else [(n, 1)]
        if b.shape not in allowed:
            key = "initialize.b-flat" if b.shape == (n,) else "initialize.b-shape"
            return finding(key, name=f"b{l}", expected=str(allowed[-1]), got=str(b.shape))
        if W.dtype.kind in "iu":
            return finding("initialize.integers", name=f"W{l}")
    return []


def _follow_each_other(drawn: dict[str, Any], layers: int) -> bool:
    """Return whether parameters of fixed sizes fit together, with examples as columns or as rows."""
    for turn in (np.copy, np.transpose):
        shapes = [turn(drawn[f"W{l}"]).shape for l in range(1, layers + 1) if drawn[f"W{l}"].ndim == 2]  # noqa: E741
        sizes = [drawn[f"b{l}"].size for l in range(1, layers + 1) if f"b{l}" in drawn]  # noqa: E741
        chained = all(after[1] == before[0] for before, after in pairwise(shapes))
        if len(shapes) == layers and chained and sizes == [n for n, _ in shapes]:
            return True
    return False


def _weights(drawn: dict[str, Any]) -> list[Any]:
    return [drawn[name] for name in sorted(drawn) if name[0] == "W"]


def _look_at_numbers(drawn: dict[str, Any], finding: Callable[..., list[Finding]]) -> list[Finding]:
    """Return whether the units of a layer, or the layers, begin alike."""
    W = _weights(drawn)
    layers = len(W)
    for l, w in enumerate(W, start=1):  # noqa: E741
        if np.all(w == w[0]) or np.all(w == w[:, :1]):
            return finding("initialize.symmetric", name=f"W{l}", got=f"{w.flat[0]:g}")
        if not np.isfinite(w).all():
            return finding("initialize.not-finite", name=f"W{l}")
    for l in range(1, layers):  # noqa: E741
        a, b = (w.ravel()[: min(9, W[l - 1].size, W[l].size)] for w in W[l - 1 : l + 1])
        if a[0] and b[0] and np.allclose(a / a[0], b / b[0]):
            return finding("initialize.same-numbers", name=f"W{l}", other=f"W{l + 1}")
    return []


def _look_at_scale(function: str, W: Sequence[Any], finding: Callable[..., list[Finding]]) -> list[Finding]:
    for l, w in enumerate(W, start=1):  # noqa: E741
        deviation = float(w.std())
        if w.min() >= 0:
            return finding("initialize.all-positive", "warning", name=f"W{l}")
        if np.isclose(deviation, _ASKED.get(function, 0.0), rtol=0.1):
            continue
        if deviation > _TOO_LARGE:
            return finding(
                "initialize.too-large", "warning", name=f"W{l}", got=f"{deviation:.2g}", inputs=str(_LARGE[l - 1])
            )
        if deviation < _TOO_SMALL and len(W) > 2:
            return finding(
                "initialize.too-small", "warning", name=f"W{l}", got=f"{deviation:.2g}", inputs=str(_LARGE[l - 1])
            )
    return []


def _run(learner: Learner, function: str, prefix: str, turned: bool, v: Values) -> Values:
    parameters = {name: v[name] for name in names(v)}
    grads = {f"{prefix}{name}": v[f"d{name}"].T if turned and name[0] == "W" else v[f"d{name}"] for name in names(v)}
    result = learner.call(function, parameters, grads, v["learning_rate"])
    return weights(learner.given[0] if result is None else result) or {}


def _changes_the_callers(learner: Learner, function: str) -> list[Finding]:
    """Return a finding if the old parameters change although the function copies them first."""
    if "copy" not in ast.unparse(learner.nodes[function]):
        return []
    v = update_cases()[0]
    parameters = learner.parameters(function)[0]
    learner.changed.pop(function, None)
    returned = bool(_run(learner, function, "d", False, v)) and learner.returned_argument
    if returned or parameters not in learner.changed.get(function, set()) or not learner.returned_names(function):
        return []
    return [Finding("update.callers-changed", function, learner.line(function), {"name": parameters})]


def _knows_two_layers(function: ast.FunctionDef) -> bool:
    """Return whether the layers are written out, by their names or as numbers to loop over."""
    nodes = list(ast.walk(function))
    loops = [node.iter for node in nodes if isinstance(node, ast.For | ast.comprehension)]
    return any(getattr(node, "value", None) in ("W1", "dW1") for node in nodes) or any(
        isinstance(over, ast.Tuple | ast.List) and all(isinstance(part, ast.Constant) for part in over.elts)
        for over in loops
    )


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the first parameters and of their update."""
    for usual in INITIALIZE:
        function = learner.find(usual)
        if function in learner.nodes:
            yield Inspection(function, "initialize", partial(_look, learner, function))
    function = learner.find(*UPDATE)
    if function in learner.nodes and len(learner.parameters(function)) == 3:
        # A script's own backward pass may keep dW the other way round, and the update turn it back.
        turns = (False,) if learner.find("L_model_backward", "linear_backward") else (False, True)
        runs = [partial(_run, learner, function, prefix, turned) for turned in turns for prefix in ("d", "")]
        parameters = frozenset(learner.parameters(function)[:1])
        also = partial(_changes_the_callers, learner, function)
        two = _knows_two_layers(learner.nodes[function])
        yield Probe(
            function,
            "update",
            update_cases(two=two),
            runs,
            [update],
            UPDATE_MISTAKES,
            may_change=parameters,
            also=also,
        )
