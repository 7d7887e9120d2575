"""What comes before and after the passes: first parameters, and their update."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.documented import is_documented
from chainrule.checker.findings import Finding, Severity
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Mistake, Probe, Values
from chainrule.checker.proof import Doubt
from chainrule.checker.roles.layout import rows

INITIALIZE = (
    *("initialize_parameters_deep", "initialize_parameters", "initialize_parameters_he"),
    *("initialize_parameters_random", "initialize_params", "init_params", "init_parameters"),
)
UPDATE = ("update_parameters",)

_SIZES = (7, 5, 4, 3)
_LARGE = (60, 50, 40, 30)
_TOO_LARGE, _TOO_SMALL = 0.6, 0.02  # standard deviations; He's is 0.18 for 60 inputs


def weights(parameters: Any) -> dict[str, Any] | None:
    """Return what a function made as {"W1": ..., "b1": ...}: from a dict, or from arrays in a row; else None."""
    if isinstance(parameters, dict):
        named = {str(key): value for key, value in parameters.items()}
        found = {
            f"{'W' if match[1] in 'Ww' else 'b'}{match[2]}": np.asarray(value)
            for key, value in named.items()
            if (match := re.fullmatch(r"([WwbB])_?(\d+)", key))
        }
        return found or None
    if isinstance(parameters, tuple | list) and parameters and all(isinstance(a, np.ndarray) for a in parameters):
        names = [f"{kind}{i + 1}" for i in range(len(parameters) // 2) for kind in "Wb"]
        return dict(zip(names, parameters, strict=False))
    return None


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

    def found(key: str, severity: Severity = "error", **facts: str) -> list[Finding]:
        return [Finding(f"initialize.{key}", function, line, facts, severity)]

    drawn = _drawn(learner, function, _SIZES)
    if drawn is None:
        return []
    layers = range(1, len([name for name in drawn if name[0] == "W"]) + 1)
    if not _takes_sizes(learner, function, len(layers)):
        return Doubt("other-result", {"role": "initialize"})
    shapes = {l: (_SIZES[l], _SIZES[l - 1]) for l in layers}  # noqa: E741 - the lesson's name
    turned = all(
        drawn[f"W{l}"].shape == shapes[l][::-1]
        and drawn.get(f"b{l}", np.zeros(())).shape in ((shapes[l][0],), (1, shapes[l][0]))
        for l in layers  # noqa: E741
    )
    as_rows = rows(learner) or turned
    for l, (n, n_prev) in shapes.items():  # noqa: E741
        W, b = drawn[f"W{l}"], drawn.get(f"b{l}")
        expected = (n_prev, n) if as_rows else (n, n_prev)
        if W.shape != expected:
            return found("W-shape", name=f"W{l}", expected=str(expected), got=str(W.shape))
        if b is None:
            return found("b-missing", name=f"b{l}")
        allowed = [(n,), (1, n)] if as_rows else [(n, 1)]
        if b.shape not in allowed:
            key = "b-flat" if b.shape == (n,) else "b-shape"
            return found(key, name=f"b{l}", expected=str(allowed[-1]), got=str(b.shape))
        if W.dtype.kind in "iu":
            return found("integers", name=f"W{l}")
    return _look_at_numbers(learner, function, len(layers), found)


def _look_at_numbers(
    learner: Learner, function: str, layers: int, found: Callable[..., list[Finding]]
) -> list[Finding]:
    drawn = _drawn(learner, function, _LARGE) or {}
    W = [drawn[f"W{l}"] for l in range(1, layers + 1)]  # noqa: E741
    for l, w in enumerate(W, start=1):  # noqa: E741
        if np.all(w == w[0]) or np.all(w == w[:, :1]):
            return [] if "zero" in function else found("symmetric", name=f"W{l}", got=f"{w.flat[0]:g}")
        if not np.isfinite(w).all():
            return found("not-finite", name=f"W{l}")
    for l in range(1, layers):  # noqa: E741
        a, b = W[l - 1].ravel()[:9], W[l].ravel()[:9]
        if np.allclose(a / a[0], b / b[0]):
            return found("same-numbers", name=f"W{l}", other=f"W{l + 1}")
    for l, w in enumerate(W, start=1):  # noqa: E741
        deviation = float(w.std())
        if w.min() >= 0:
            return found("all-positive", "warning", name=f"W{l}")
        if deviation > _TOO_LARGE:
            return found("too-large", "warning", name=f"W{l}", got=f"{deviation:.2g}", inputs=str(_LARGE[l - 1]))
        if deviation < _TOO_SMALL and layers > 2:
            return found("too-small", "warning", name=f"W{l}", got=f"{deviation:.2g}", inputs=str(_LARGE[l - 1]))
    return []


def update_cases(*, two: bool = False) -> list[Values]:
    """Return parameters, gradients and learning rates; `two` for functions that know two layers only."""
    rng = np.random.default_rng(3)
    made: list[Values] = []
    for sizes, rate in (((3, 4, 2), 0.3), ((4, 4, 4) if two else (4, 4, 4, 4), 0.07)):
        v: Values = {"learning_rate": rate}
        for l in range(1, len(sizes)):  # noqa: E741
            for name, shape in ((f"W{l}", (sizes[l], sizes[l - 1])), (f"b{l}", (sizes[l], 1))):
                v |= {name: rng.standard_normal(shape), f"d{name}": rng.standard_normal(shape)}
        made.append(v)
    return made


def names(v: Values) -> list[str]:
    """Return the parameters among values: W1, b1, W2, ..."""
    return [name for name in v if name[0] in "Wb"]


def update(v: Values) -> Values:
    """Return every parameter minus the learning rate times its gradient."""
    return {name: v[name] - v["learning_rate"] * v[f"d{name}"] for name in names(v)}


def _each(equation: Callable[[Any, Any, float], Any], v: Values) -> Values:
    return {name: equation(v[name], v[f"d{name}"], v["learning_rate"]) for name in names(v)}


def _only(keep: Callable[[str, int], bool], v: Values) -> Values:
    """Update only some parameters."""
    last = max(int(name[1:]) for name in names(v))
    return update(v) | {name: v[name] for name in names(v) if not keep(name, last)}


def _ascent(kind: str, v: Values) -> Values:
    return update(v) | {name: v[name] + v["learning_rate"] * v[f"d{name}"] for name in names(v) if name[0] == kind}


def _without(name: str, v: Values) -> Values:
    return update(v) | ({name: v[name]} if name in v else {})


def _first_gradient(v: Values) -> Values:
    return {name: v[name] - v["learning_rate"] * v[f"d{name[0]}1"] for name in names(v)}


def _bias_by_itself(v: Values) -> Values:
    return update(v) | {name: v[name] * (1 - v["learning_rate"]) for name in names(v) if name[0] == "b"}


_EACH: dict[str, Callable[[Any, Any, float], Any]] = {
    "ascent": lambda p, g, rate: p + rate * g,
    "thrown-away": lambda p, g, rate: p,
    "no-rate": lambda p, g, rate: p - g,
    "rate-divides": lambda p, g, rate: p - g / rate,
    "parameter-lost": lambda p, g, rate: -rate * g,
    "gradient-itself": lambda p, g, rate: rate * g,
    "gradient-lost": lambda p, g, rate: p - rate,
    "by-itself": lambda p, g, rate: p - rate * p,
    "swapped": lambda p, g, rate: g - rate * p,
    "brackets": lambda p, g, rate: (p - rate) * g,
    "rate-outside": lambda p, g, rate: (p - g) * rate,
    "twice": lambda p, g, rate: p - 2 * rate * g,
}
_ONLY: dict[str, Callable[[str, int], bool]] = {
    "last-layer-skipped": lambda name, last: int(name[1:]) < last,
    "first-layer-skipped": lambda name, last: int(name[1:]) > 1,
    "biases-skipped": lambda name, last: name[0] == "W",
    "weights-skipped": lambda name, last: name[0] == "b",
    "only-last-layer": lambda name, last: int(name[1:]) == last,
}
_FIXED = (0.0001, 0.001, 0.003, 0.005, 0.0075, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.2)


def _fixed(rate: float, v: Values) -> Values:
    return update(v | {"learning_rate": rate})


UPDATE_MISTAKES = [
    *(Mistake(f"update.{key}", partial(_each, equation)) for key, equation in _EACH.items()),
    *(Mistake(f"update.{key}", partial(_only, keep)) for key, keep in _ONLY.items()),
    *(Mistake("update.ascent", partial(_ascent, kind)) for kind in "Wb"),
    *(Mistake("update.one-skipped", partial(_without, name)) for name in ("W1", "b1", "W2", "b2", "W3", "b3")),
    Mistake("update.bias-by-itself", _bias_by_itself),
    Mistake("update.first-gradient", _first_gradient),
    *(Mistake("update.rate-fixed", partial(_fixed, rate)) for rate in _FIXED),
]
"""Usual wrong versions of `update`."""


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
