"""Convolution and pooling as the course writes them, and as others do with channels before height and width."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.layout import from_channels_first, kernel_channels_first, to_channels_first
from chainrule.checker.equations import convolution as eq
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised, same
from chainrule.checker.probe import Probe
from chainrule.checker.roles.course import convolution_steps
from chainrule.checker.roles.course.convolution_steps import MASK, SINGLE_STEP, SPREAD, ZERO_PAD

FORWARD = ("conv_forward", "convolution_forward", "conv2d_forward", "conv_forward_naive")
BACKWARD = ("conv_backward", "convolution_backward", "conv2d_backward", "conv_backward_naive")
POOL_FORWARD = ("pool_forward", "pooling_forward", "max_pool_forward_naive")
POOL_BACKWARD = ("pool_backward", "pooling_backward", "max_pool_backward_naive")


def _settings(v: Values) -> dict[str, int]:
    """Return what a function may look for among its settings."""
    sizes = {name: v["f"] for name in ("f", "pool_height", "pool_width")}
    return sizes | {"stride": v["stride"], "pad": v["pad"]}


def _inputs(v: Values, channels_first: bool) -> list[Any]:
    """Return the arguments of conv_forward."""
    if channels_first:
        W = kernel_channels_first(v["W"])
        return [to_channels_first(v["A_prev"]), W, v["b"].ravel(), _settings(v)]
    return [v["A_prev"], v["W"], v["b"], _settings(v)]


def _forward(learner: Learner, function: str, channels_first: bool, v: Values) -> Values:
    result = learner.call(function, *_inputs(v, channels_first))
    Z = result[0] if isinstance(result, tuple) else result
    return {"Z": from_channels_first(Z) if channels_first else Z}


def _caches(learner: Learner, names: tuple[str, ...], arguments: list[Any]) -> list[Any]:
    """Return what the cache of a backward function may be: what the learner's forward keeps, and what is usual."""
    function = learner.find(*names)
    kept = []
    if function in learner.nodes:
        try:
            result = learner.call(function, *arguments)
            kept = [result[1]] if isinstance(result, tuple) else []
        except Raised:
            pass
    return [*kept, tuple(a for a in arguments if not isinstance(a, str))]


def _handing_on(learner: Learner, names: tuple[str, ...], arguments: list[Any]) -> list[str]:
    """Return the learner's forward function, unless its cache is the usual one: its arguments, whatever it computes."""
    function = learner.find(*names)
    own, *others = _caches(learner, names, arguments)
    is_usual = bool(others) and same(own, others[0])
    return [] if function is None or is_usual else [function]


def _backward(learner: Learner, function: str, channels_first: bool, which: int, v: Values) -> Values:
    caches = _caches(learner, FORWARD, _inputs(v, channels_first))
    dZ = to_channels_first(v["dZ"]) if channels_first else v["dZ"]
    dA, dW, db = learner.call(function, dZ, caches[which % len(caches)])[:3]
    if channels_first:
        dW = np.transpose(dW, (2, 3, 1, 0))
        return {"dA_prev": from_channels_first(dA), "dW": dW, "db": np.reshape(db, (1, 1, 1, -1))}
    return {"dA_prev": dA, "dW": dW, "db": db}


def _pool(learner: Learner, function: str, channels_first: bool, v: Values) -> Values:
    A = to_channels_first(v["A_prev"]) if channels_first else v["A_prev"]
    mode = [v["mode"]] if len(learner.parameters(function)) > 2 else []
    result = learner.call(function, A, _settings(v), *mode)
    pooled = result[0] if isinstance(result, tuple) else result
    return {"A": from_channels_first(pooled) if channels_first else pooled}


def _pool_backward(learner: Learner, function: str, channels_first: bool, which: int, v: Values) -> Values:
    mode = [v["mode"]] if len(learner.parameters(function)) > 2 else []
    A, dA = (to_channels_first(v[name]) if channels_first else v[name] for name in ("A_prev", "dA"))
    caches = _caches(learner, POOL_FORWARD, [A, _settings(v), *mode])
    gradient = learner.call(function, dA, caches[which % len(caches)], *mode)
    return {"dA_prev": from_channels_first(gradient) if channels_first else gradient}


def _without_padding(learner: Learner, function: str) -> list[Finding]:
    """Return a warning if the gradients are right except where there is no padding: dA[0:-0] is empty."""
    v = eq.convolution_cases()[0] | {"pad": 0}
    v["dZ"] = np.ones_like(eq.forward(v)["Z"])
    try:
        found = _backward(learner, function, False, 0, v)["dA_prev"]
    except Raised as raised:
        text = f"{raised.kind}: {raised.text}"
        return [Finding("convolution_backward.no-padding", function, raised.line, {"got": text}, "warning")]
    if np.shape(found) == v["A_prev"].shape:
        return []
    facts = {"got": f"{np.shape(found)}"}
    return [Finding("convolution_backward.no-padding", function, learner.line(function), facts, "warning")]


def _convolutions(learner: Learner) -> Iterator[Probe]:
    pad, single = learner.find(*ZERO_PAD), learner.find(*SINGLE_STEP)
    needs = [name for name in (pad, single) if name in learner.nodes]
    with_pad: dict[str, Any] = {"pad": partial(learner.call, pad)} if pad in learner.nodes else {}
    with_single: dict[str, Any] = {"single": partial(learner.call, single)} if single in learner.nodes else {}
    function = learner.find(*FORWARD)
    if function in learner.nodes and len(learner.parameters(function)) == 4:
        first = learner.parameters(function)[0] == "x"
        right: list[Equation] = [eq.forward, partial(eq.forward, **with_pad, **with_single)]
        run = partial(_forward, learner, function, first)
        wrong = eq.forward_mistakes()
        yield Probe(function, "conv_forward", eq.convolution_cases(), [run], right, wrong, needs=needs)
    function = learner.find(*BACKWARD)
    if function in learner.nodes and len(learner.parameters(function)) == 2:
        first = learner.parameters(function)[0] == "dout"
        runs = [partial(_backward, learner, function, first, which) for which in (0, 1)]
        right = [eq.backward, partial(eq.backward, **with_pad)]
        also = None if first else partial(_without_padding, learner, function)
        inputs = _inputs(eq.convolution_cases()[0], first)
        needs = [name for name in (pad, *_handing_on(learner, FORWARD, inputs)) if name in learner.nodes]
        wrong = eq.backward_mistakes()
        yield Probe(function, "conv_backward", eq.convolution_cases(), runs, right, wrong, needs=needs, also=also)


def _poolings(learner: Learner) -> Iterator[Probe]:
    function = learner.find(*POOL_FORWARD)
    if function in learner.nodes and len(learner.parameters(function)) in (2, 3):
        parameters = learner.parameters(function)
        cases = eq.pooling_cases("max", "average") if len(parameters) > 2 else eq.pooling_cases("max")
        run = partial(_pool, learner, function, parameters[0] == "x")
        yield Probe(function, "pool_forward", cases, [run], [eq.pool], eq.pool_mistakes())
    function = learner.find(*POOL_BACKWARD)
    if function in learner.nodes and len(learner.parameters(function)) in (2, 3):
        parameters = learner.parameters(function)
        cases = eq.pooling_cases("max", "average") if len(parameters) > 2 else eq.pooling_cases("max")
        runs = [partial(_pool_backward, learner, function, parameters[0] == "dout", which) for which in (0, 1)]
        mask, spread = learner.find(*MASK), learner.find(*SPREAD)
        lower = {"mask": mask, "distribute": spread}
        own: dict[str, Any] = {name: partial(learner.call, f) for name, f in lower.items() if f in learner.nodes}
        right: list[Equation] = [eq.pool_backward, partial(eq.pool_backward, **own)]
        mode = ["max"] if len(parameters) > 2 else []
        A = cases[0]["A_prev"] if parameters[0] != "dout" else to_channels_first(cases[0]["A_prev"])
        handing_on = _handing_on(learner, POOL_FORWARD, [A, _settings(cases[0]), *mode])
        needs = [name for name in (mask, spread, *handing_on) if name in learner.nodes]
        yield Probe(function, "pool_backward", cases, runs, right, eq.pool_backward_mistakes(), needs=needs)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every function of convolution and pooling, the smallest first."""
    yield from convolution_steps.probes(learner)
    yield from _convolutions(learner)
    yield from _poolings(learner)
