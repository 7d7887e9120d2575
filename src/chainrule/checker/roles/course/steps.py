"""One layer of the course's network: linear, then activation, forward and backward. Examples are columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.handed_over import in_another_order, is_cache_ignored, without_cache
from chainrule.checker.conventions.layout import rows
from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, first
from chainrule.checker.equations import layer, linear
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised, arrays
from chainrule.checker.probe import Probe, close

LINEAR_FORWARD, LINEAR_BACKWARD = ("linear_forward",), ("linear_backward",)
STEP_FORWARD, STEP_BACKWARD = ("linear_activation_forward",), ("linear_activation_backward",)
BACKWARDS = (STEP_BACKWARD, LINEAR_BACKWARD)
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
    if lacking := without_cache(learner, function, result):
        return lacking
    if not isinstance(result, tuple) or len(result) != 2 or not learner.find(*LINEAR_BACKWARD):
        return []
    kept = list(arrays(result[1]))
    for name, wanted in zip(("A_prev", "W"), _layer(v, as_rows), strict=False):
        if kept and not any(close(wanted, a, 1e-5) or close(wanted.T, a, 1e-5) for a in kept):
            return [Finding("linear_forward.cache", function, learner.line(function), {"name": name})]
    return _in_another_place(learner, function, as_rows)


def _in_another_place(learner: Learner, function: str, as_rows: bool) -> list[Finding]:
    """Return a finding if linear_backward is right with the usual cache, but not with what linear_forward keeps."""
    backward = learner.find(*LINEAR_BACKWARD)
    if backward not in learner.nodes or len(learner.parameters(backward)) != 2 or is_cache_ignored(learner, function):
        return []
    right = [partial(linear.backward, mean=mean) for mean in (True, False)]
    own, usual = (partial(_linear_backward, learner, backward, as_rows, own_cache) for own_cache in (True, False))
    if _is_right(own, right, linear.cases()) or not _is_right(usual, right, linear.cases()):
        return []
    return [Finding("linear_forward.cache-order", function, learner.line(function), {"name": backward})]


def _is_right(run: Equation, right: Sequence[Equation], examples: Sequence[Values]) -> bool:
    """Return whether a run agrees with one of some equations; one that cannot be worked out does not."""
    try:
        got = [run(v) for v in examples]
    except (Raised, TypeError, ValueError):
        return False
    for equation in right:
        wanted = [equation(v) for v in examples]
        if all(close(a, g.get(name), 1e-6) for w, g in zip(wanted, got, strict=True) for name, a in w.items()):
            return True
    return False


def named(learner: Learner, function: str, result: Any, patterns: dict[str, str]) -> Values:
    """Return the parts of a result by their textbook names: by keys, by the names in its return, or by their order."""
    if isinstance(result, dict):
        return {name: by_key(result, pattern) for name, pattern in patterns.items()}
    if not isinstance(result, tuple | list):
        return dict.fromkeys(patterns)
    written = learner.returned_names(function)
    parts: Values = {}
    for name, pattern in patterns.items():
        places = [i for i, text in enumerate(written) if text and re.fullmatch(pattern, text)]
        if len(places) == 1 and places[0] < len(result):
            parts[name] = result[places[0]]
    return parts if len(parts) == len(patterns) else dict(zip(patterns, result, strict=False))


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
            pair = learner.call(forward, *cache)
            cache = pair[1] if isinstance(pair, tuple) and len(pair) == 2 else cache
        result = learner.call(function, dZ, cache)
    parts = named(learner, function, result, BACK_NAMES)
    if not as_rows:
        return parts
    turned: Values = {name: None if a is None else np.transpose(a) for name, a in parts.items()}
    flat = turned.get("db") is not None and turned["db"].shape == (len(v["W"]),)
    return turned | {"db": turned["db"][:, None]} if flat else turned


# --- linear, then activation -------------------------------------------------------------------------------------


def _own_parts(learner: Learner, as_rows: bool) -> tuple[Equation, layer.Activation]:
    """Return the learner's linear and activation functions, in columns; those that are missing are the right ones."""
    forward = learner.find(*LINEAR_FORWARD)

    def its_activation(Z: Any, name: str) -> Any:
        function = learner.find(*FORWARD_NAMES[name])
        return first(learner.call(function, Z)) if function in learner.nodes else layer.activate(Z, name)

    if forward is None or forward not in learner.nodes:
        return linear.forward, its_activation
    return partial(_linear_forward, learner, forward, as_rows), its_activation


def _step_run(learner: Learner, function: str, as_rows: bool, v: Values) -> Values:
    return {"A": _turn(first(learner.call(function, *_layer(v, as_rows), v["activation"])), as_rows)}


def _usual_cache(learner: Learner, as_rows: bool, v: Values) -> Any:
    """Return the cache of a layer as the course lays it out, of what the learner's own parts keep."""
    forward, activation = learner.find(*LINEAR_FORWARD), learner.find(*FORWARD_NAMES[v["activation"]])
    layer_parts, Z = _layer(v, as_rows), _turn(v["Z"], as_rows)
    pair = learner.call(forward, *layer_parts) if forward in learner.nodes else None
    kept = learner.call(activation, Z) if activation in learner.nodes else None
    return pair[1] if isinstance(pair, tuple) else layer_parts, kept[1] if isinstance(kept, tuple) else Z


def _back_run(learner: Learner, function: str, forward: str | None, as_rows: bool, v: Values) -> Values:
    """Return the gradients, with the cache of the learner's layer, or without one with the usual cache."""
    if forward is None:
        cache = _usual_cache(learner, as_rows, v)
    else:
        _, cache = learner.call(forward, *_layer(v, as_rows), v["activation"])
    result = learner.call(function, _turn(v["dA"], as_rows), cache, v["activation"])
    parts = named(learner, function, result, BACK_NAMES)
    return {name: _turn(a, as_rows) if a is not None else None for name, a in parts.items()}


def _own_caches(learner: Learner, forward: str, as_rows: bool, equation: Equation, v: Values) -> Values:
    """Return an equation with what the learner's layer keeps: in the place of Z, and as "cache" for the linear part."""
    _, (linear_cache, activation_cache) = learner.call(forward, *_layer(v, as_rows), v["activation"])
    return equation(v | {"Z": activation_cache, "cache": linear_cache})


def _own_gate(learner: Learner, as_rows: bool, dA: Any, cache: Any, name: str) -> Any:
    function = learner.find(*BACKWARD_NAMES[name])
    if function is None:  # it is the course's own, in a file beside it
        return layer.gate(dA, _turn(cache, as_rows), name)
    return _turn(learner.call(function, _turn(dA, as_rows), cache), as_rows)


def _own_linear(learner: Learner, as_rows: bool, v: Values) -> Values:
    backward = learner.find(*LINEAR_BACKWARD) or ""
    parts = named(learner, backward, learner.call(backward, _turn(v["dZ"], as_rows), v["cache"]), BACK_NAMES)
    return {name: _turn(a, as_rows) if a is not None else None for name, a in parts.items()}


def _layer_kept(learner: Learner, forward: str, as_rows: bool, summed: bool) -> list[Finding]:
    """Return a finding if the layer's backward is right with the usual cache, but not with what the layer keeps."""
    backward = learner.find(*STEP_BACKWARD)
    result = learner.call(forward, *_layer(layer.cases()[0], as_rows), layer.cases()[0]["activation"])
    if lacking := without_cache(learner, forward, result):
        return lacking
    if backward not in learner.nodes:
        return []
    own, usual = (partial(_back_run, learner, backward, which, as_rows) for which in (forward, None))
    right = _pure(summed)
    if _is_right(own, right, layer.cases()) or not _is_right(usual, right, layer.cases()):
        return []
    return [Finding("linear_activation_forward.cache", forward, learner.line(forward))]


def _pure(summed: bool) -> list[Equation]:
    means = [True] if not summed else [True, False]
    return [partial(layer.backward, layer.gate, partial(linear.backward, mean=mean)) for mean in means]


def _cache_wrong(learner: Learner, forward: str, run: Equation, pure: Sequence[Equation]) -> list[Finding]:
    """Return a finding if right parts give a wrong gradient: the cache between them is not what backward expects."""
    for equation in pure:
        if all(close(a, run(v)[name], 1e-6) for v in layer.cases() for name, a in equation(v).items()):
            return []
    return [Finding("linear_activation_forward.cache", forward, learner.line(forward))]


def _handed_on(learner: Learner, forward: str, backward: str, run: Equation, pure: Sequence[Equation]) -> list[Finding]:
    return in_another_order(learner, backward, BACK_NAMES) or _cache_wrong(learner, forward, run, pure)


def _step_probes(learner: Learner, as_rows: bool, summed: bool) -> Iterator[Probe]:
    forward, backward = learner.find(*STEP_FORWARD), learner.find(*STEP_BACKWARD)
    parts = [learner.find(*names) or "" for names in (LINEAR_FORWARD, LINEAR_BACKWARD)]
    activations = [learner.find(*names) or "" for names in FORWARD_NAMES.values()]
    slopes = [learner.find(*names) or "" for names in BACKWARD_NAMES.values()]
    if forward in learner.nodes:
        forms = [(linear.forward, layer.activate), _own_parts(learner, as_rows)]
        yield Probe(
            forward,
            "linear_activation_forward",
            layer.cases(),
            [partial(_step_run, learner, forward, as_rows)],
            [partial(layer.forward, *form) for form in forms],
            [mistake for form in forms for mistake in layer.forward_mistakes(*form)],
            needs=[parts[0], *activations],
            also=partial(_layer_kept, learner, forward, as_rows, summed),
        )
    if backward in learner.nodes and forward in learner.nodes:
        gate, linear_backward = partial(_own_gate, learner, as_rows), partial(_own_linear, learner, as_rows)
        own = partial(_own_caches, learner, forward, as_rows)
        wrong = [replace(m, wrong=partial(own, m.wrong)) for m in layer.gate_mistakes(gate, linear_backward)]
        pure, run = _pure(summed), partial(_back_run, learner, backward, forward, as_rows)
        yield Probe(
            backward,
            "linear_activation_backward",
            layer.cases(),
            [run, partial(_back_run, learner, backward, None, as_rows)],
            [*pure, partial(own, partial(layer.backward, gate, linear_backward))],
            [*wrong, *layer.backward_mistakes()],
            needs=[forward, *parts, *activations, *slopes],
            also=partial(_handed_on, learner, forward, backward, run, pure),
        )


def probes(learner: Learner, *, summed: bool) -> Iterator[Probe]:
    """Yield a probe for every function of one layer; `summed` allows linear_backward to leave out the 1/m."""
    as_rows = rows(learner, *(learner.find(*n) for n in (LINEAR_FORWARD, LINEAR_BACKWARD, STEP_FORWARD, STEP_BACKWARD)))
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
        also = partial(in_another_order, learner, backward, BACK_NAMES)
        yield Probe(backward, "linear_backward", linear.cases(), runs, right, wrong, also=also)
    yield from _step_probes(learner, as_rows, summed)
