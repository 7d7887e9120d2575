"""One layer of the course's network: linear, then activation, forward and backward. Examples are columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.layout import rows
from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, first
from chainrule.checker.equations import linear
from chainrule.checker.equations.activations import SLOPES, VALUES
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, arrays
from chainrule.checker.probe import Probe, close

LINEAR_FORWARD, LINEAR_BACKWARD = ("linear_forward",), ("linear_backward",)
STEP_FORWARD, STEP_BACKWARD = ("linear_activation_forward",), ("linear_activation_backward",)
BACK_NAMES = {"dA_prev": "dA_prev|d[AaXx]_?prev|d[AaXx]", "dW": "d[Ww]", "db": "d[bB]"}


def _linear_forward(learner: Learner, function: str, as_rows: bool, v: Values) -> Values:
    return {"Z": _turn(first(learner.call(function, *_layer(v, as_rows))), as_rows)}


def _layer(v: Values, as_rows: bool) -> tuple[Any, Any, Any]:
    return (v["A_prev"].T, v["W"].T, v["b"].ravel()) if as_rows else (v["A_prev"], v["W"], v["b"])


def _turn(result: Any, as_rows: bool) -> Any:
    return np.transpose(result) if as_rows else result


def _keeps_too_little(learner: Learner, function: str, as_rows: bool) -> list[Finding]:
    """Return a finding if the cache that linear_backward gets does not hold the input and the weights."""
    v = linear.cases()[0]
    result = learner.call(function, *_layer(v, as_rows))
    if not isinstance(result, tuple) or len(result) != 2 or not learner.find(*LINEAR_BACKWARD):
        return []
    kept = list(arrays(result[1]))
    for name, wanted in zip(("A_prev", "W"), _layer(v, as_rows), strict=False):
        if kept and not any(close(wanted, a, 1e-5) or close(wanted.T, a, 1e-5) for a in kept):
            return [Finding("linear_forward.cache", function, learner.line(function), {"name": name})]
    return []


def named(learner: Learner, function: str, result: Any, patterns: dict[str, str]) -> Values:
    """Return the parts of a result by their textbook names: by keys, by the names in its return, or by their order."""
    if isinstance(result, dict):
        return {name: by_key(result, pattern) for name, pattern in patterns.items()}
    if not isinstance(result, tuple | list):
        return dict.fromkeys(patterns)
    written = learner.returned_names(function)
    found: Values = {}
    for name, pattern in patterns.items():
        places = [i for i, text in enumerate(written) if text and re.fullmatch(pattern, text)]
        if len(places) == 1 and places[0] < len(result):
            found[name] = result[places[0]]
    return found if len(found) == len(patterns) else dict(zip(patterns, result, strict=False))


def by_key(result: dict[Any, Any], pattern: str) -> Any:
    """Return the value of the first key that fits a pattern, or None."""
    return next((value for key, value in result.items() if re.fullmatch(pattern, str(key))), None)


def _linear_backward(learner: Learner, function: str, as_rows: bool, own_cache: bool, v: Values) -> Values:
    dZ, parameters = _turn(v["dZ"], as_rows), learner.parameters(function)
    if len(parameters) > 2:
        result = learner.call(function, dZ, *_layer(v, as_rows)[: len(parameters) - 1])
    else:
        cache: Any = _layer(v, as_rows)
        forward = learner.find(*LINEAR_FORWARD)
        if own_cache and forward in learner.nodes:
            made = learner.call(forward, *cache)
            cache = made[1] if isinstance(made, tuple) and len(made) == 2 else cache
        result = learner.call(function, dZ, cache)
    parts = named(learner, function, result, BACK_NAMES)
    if not as_rows:
        return parts
    turned: Values = {name: None if a is None else np.transpose(a) for name, a in parts.items()}
    flat = turned.get("db") is not None and turned["db"].shape == (len(v["W"]),)
    return turned | {"db": turned["db"][:, None]} if flat else turned


# --- linear, then activation -------------------------------------------------------------------------------------


def step_cases() -> list[Values]:
    """Return layers with each activation, and the upstream gradient dA."""
    return [v | {"activation": name, "dA": v["dZ"]} for name in ("relu", "sigmoid") for v in linear.cases()]


def _step(v: Values, *, linear_: Callable[..., Any], activation: Callable[[Any, str], Any]) -> Values:
    return {"A": activation(linear_(v["A_prev"], v["W"], v["b"]), v["activation"])}


def _pure_linear(A: Any, W: Any, b: Any) -> Any:
    return W @ A + b


def _pure_activation(Z: Any, name: str) -> Any:
    return VALUES[name](Z)


_SWAPPED = {"relu": "sigmoid", "sigmoid": "relu", "tanh": "sigmoid"}
_ACTIVATION: dict[str, Callable[[Callable[[Any, str], Any], Any, str], Any]] = {
    "linear_activation_forward.no-activation": lambda g, Z, name: Z,
    "linear_activation_forward.no-activation-relu": lambda g, Z, name: Z if name == "relu" else g(Z, name),
    "linear_activation_forward.no-activation-sigmoid": lambda g, Z, name: Z if name == "sigmoid" else g(Z, name),
    "linear_activation_forward.activations-swapped": lambda g, Z, name: g(Z, _SWAPPED[name]),
    "linear_activation_forward.always-sigmoid": lambda g, Z, name: g(Z, "sigmoid"),
    "linear_activation_forward.always-relu": lambda g, Z, name: g(Z, "relu"),
    "linear_activation_forward.activated-twice": lambda g, Z, name: g(g(Z, name), name),
}


def _own(learner: Learner, as_rows: bool) -> tuple[Callable[..., Any], Callable[[Any, str], Any]]:
    """Return the learner's linear and activation functions, in columns; those that are missing are the right ones."""
    forward = learner.find(*LINEAR_FORWARD)

    def its_linear(A: Any, W: Any, b: Any) -> Any:
        if forward not in learner.nodes:
            return _pure_linear(A, W, b)
        return _turn(first(learner.call(forward, *_layer({"A_prev": A, "W": W, "b": b}, as_rows))), as_rows)

    def its_activation(Z: Any, name: str) -> Any:
        function = learner.find(*FORWARD_NAMES[name])
        return first(learner.call(function, Z)) if function in learner.nodes else VALUES[name](Z)

    return its_linear, its_activation


def _step_forms(learner: Learner, as_rows: bool) -> list[tuple[Callable[..., Any], Callable[[Any, str], Any]]]:
    return [(_pure_linear, _pure_activation), _own(learner, as_rows)]


def _step_run(learner: Learner, function: str, as_rows: bool, v: Values) -> Values:
    return {"A": _turn(first(learner.call(function, *_layer(v, as_rows), v["activation"])), as_rows)}


def _step_mistakes(learner: Learner, as_rows: bool) -> list[Mistake]:
    made = []
    for linear_, g in _step_forms(learner, as_rows):
        for key, wrong in _ACTIVATION.items():
            equation = partial(_step, linear_=linear_, activation=partial(wrong, g))
            made.append(Mistake(key, equation))
        for mistake in linear.FORWARD_MISTAKES:

            def changed(v: Values, mistake: Mistake = mistake, g: Any = g) -> Values:
                return {"A": g(mistake.wrong(v)["Z"], v["activation"])}

            made.append(Mistake(mistake.key, changed))
        made.append(Mistake("linear_forward.bias-after", partial(_bias_after, g)))
    return made


def _bias_after(g: Callable[[Any, str], Any], v: Values) -> Values:
    return {"A": g(v["W"] @ v["A_prev"], v["activation"]) + v["b"]}


def _back_run(learner: Learner, function: str, forward: str, as_rows: bool, v: Values) -> Values:
    _, cache = learner.call(forward, *_layer(v, as_rows), v["activation"])
    result = learner.call(function, _turn(v["dA"], as_rows), cache, v["activation"])
    parts = named(learner, function, result, BACK_NAMES)
    return {name: _turn(a, as_rows) if a is not None else None for name, a in parts.items()}


def _slope(v: Values, activation: str | None = None) -> Any:
    return SLOPES[activation or v["activation"]](_pure_linear(v["A_prev"], v["W"], v["b"]))


def _back(v: Values, *, dZ: Callable[[Values], Any], backward: Equation) -> Values:
    return backward(v | {"dZ": dZ(v)})


_DZ: dict[str, Callable[[Values], Any]] = {
    "linear_activation_backward.no-slope": lambda v: v["dA"],
    "linear_activation_backward.no-slope-relu": lambda v: v["dA"] if v["activation"] == "relu" else v["dA"] * _slope(v),
    "linear_activation_backward.no-slope-sigmoid": lambda v: (
        v["dA"] if v["activation"] == "sigmoid" else v["dA"] * _slope(v)
    ),
    "linear_activation_backward.slopes-swapped": lambda v: v["dA"] * _slope(v, _SWAPPED[v["activation"]]),
    "linear_activation_backward.always-sigmoid": lambda v: v["dA"] * _slope(v, "sigmoid"),
    "linear_activation_backward.always-relu": lambda v: v["dA"] * _slope(v, "relu"),
    "linear_activation_backward.gradient-lost": lambda v: _slope(v),
    "linear_activation_backward.slope-twice": lambda v: v["dA"] * _slope(v) ** 2,
}


def _back_mistakes() -> list[Mistake]:
    made = []
    for mean in (True, False):
        for key, dZ in _DZ.items():
            equation = partial(_back, dZ=dZ, backward=partial(linear.backward, mean=mean))
            made.append(Mistake(key, equation))
    for mistake in linear.backward_mistakes(mean=True):
        made.append(Mistake(mistake.key, partial(_back, dZ=_right, backward=mistake.wrong)))
    return made


def _right(v: Values) -> Any:
    return v["dA"] * _slope(v)


def _composed_back(learner: Learner, forward: str, as_rows: bool, v: Values, mistake: str = "") -> Values:
    """Return what the learner's own activation backward and linear_backward give one after the other."""
    change = mistake.removeprefix("linear_activation_backward.")
    _, cache = learner.call(forward, *_layer(v, as_rows), v["activation"])
    linear_cache, activation_cache = cache
    activation = _SWAPPED[v["activation"]] if change == "slopes-swapped" else v["activation"]
    activation = change.removeprefix("always-") if change.startswith("always-") else activation
    function = learner.find(*BACKWARD_NAMES[activation])
    dA = _turn(v["dA"], as_rows)
    dZ = dA if change == "no-slope" or function is None else learner.call(function, dA, activation_cache)
    backward = learner.find(*LINEAR_BACKWARD) or ""
    parts = named(learner, backward, learner.call(backward, dZ, linear_cache), BACK_NAMES)
    return {name: _turn(a, as_rows) if a is not None else None for name, a in parts.items()}


def _cache_wrong(learner: Learner, forward: str, run: Equation, pure: Sequence[Equation]) -> list[Finding]:
    """Return a finding if right parts give a wrong gradient: the cache between them is not what backward expects."""
    for equation in pure:
        if all(close(a, run(v)[name], 1e-6) for v in step_cases() for name, a in equation(v).items()):
            return []
    return [Finding("linear_activation_forward.cache", forward, learner.line(forward))]


def _step_probes(learner: Learner, as_rows: bool, summed: bool) -> Iterator[Probe]:
    forward, backward = learner.find(*STEP_FORWARD), learner.find(*STEP_BACKWARD)
    parts = [learner.find(*names) or "" for names in (LINEAR_FORWARD, LINEAR_BACKWARD)]
    gates = [learner.find(*n) or "" for table in (FORWARD_NAMES, BACKWARD_NAMES) for n in table.values()]
    if forward in learner.nodes:
        yield Probe(
            forward,
            "linear_activation_forward",
            step_cases(),
            [partial(_step_run, learner, forward, as_rows)],
            [partial(_step, linear_=f, activation=g) for f, g in _step_forms(learner, as_rows)],
            _step_mistakes(learner, as_rows),
            needs=[*parts, *gates],
        )
    if backward in learner.nodes and forward in learner.nodes:
        composed = partial(_composed_back, learner, forward, as_rows)
        wrong = [
            Mistake(key, partial(composed, mistake=key))
            for key in (
                "linear_activation_backward.no-slope",
                "linear_activation_backward.slopes-swapped",
                "linear_activation_backward.always-sigmoid",
                "linear_activation_backward.always-relu",
            )
        ]
        pure = [partial(_back, dZ=_right, backward=partial(linear.backward, mean=m)) for m in (True, not summed)]
        yield Probe(
            backward,
            "linear_activation_backward",
            step_cases(),
            [partial(_back_run, learner, backward, forward, as_rows)],
            [*pure, composed],
            [*wrong, *_back_mistakes()],
            needs=[forward, *parts, *gates],
            also=partial(_cache_wrong, learner, forward, partial(_back_run, learner, backward, forward, as_rows), pure),
        )


def probes(learner: Learner, *, summed: bool) -> Iterator[Probe]:
    """Yield a probe for every function of one layer; `summed` allows linear_backward to leave out the 1/m."""
    as_rows = rows(learner)
    summed = summed or as_rows
    forward, backward = learner.find(*LINEAR_FORWARD), learner.find(*LINEAR_BACKWARD)
    if forward in learner.nodes and len(learner.parameters(forward)) == 3:
        yield Probe(
            forward,
            "linear_forward",
            linear.cases(),
            [partial(_linear_forward, learner, forward, as_rows)],
            [linear.forward],
            linear.FORWARD_MISTAKES,
            also=partial(_keeps_too_little, learner, forward, as_rows),
        )
    if backward in learner.nodes and len(learner.parameters(backward)) in (2, 3, 4):
        runs = [partial(_linear_backward, learner, backward, as_rows, own_cache) for own_cache in (True, False)]
        right = [partial(linear.backward, mean=True), *([partial(linear.backward, mean=False)] if summed else [])]
        wrong = linear.backward_mistakes(mean=True) + (linear.backward_mistakes(mean=False) if summed else [])
        yield Probe(backward, "linear_backward", linear.cases(), runs, right, wrong)
    yield from _step_probes(learner, as_rows, summed)
