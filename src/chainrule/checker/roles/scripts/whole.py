"""A learner's whole forward and backward pass in one function each, in any layout, with any usual activations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, SLOPE_NAMES, first
from chainrule.checker.conventions.styles import (
    Style,
    arguments,
    call,
    calls,
    gradients,
    layers_of,
    meaning,
    outputs,
    passed,
    styles,
    text,
)
from chainrule.checker.equations import network, network_mistakes
from chainrule.checker.equations.activations import SLOPES, VALUES
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.equations.network import GATES, Step, Steps
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe, close, examine

SOFTMAX = ("softmax", "stable_softmax", "soft_max")


@dataclass(frozen=True)
class Reading:
    """What a learner's network is: its activation, its steps, and the ways it can be called in.

    Parameters
    ----------
    hidden
        The name of the hidden activation, "" if it is none of the usual ones.
    right
        The steps as they should be.
    taken
        The steps that the learner's forward pass takes; None if they fit nothing.
    """

    hidden: str
    right: Steps
    taken: Steps | None
    output: str
    styles: tuple[Style, ...]


_LINEAR = replace(network.steps("relu", "identity"), hidden=VALUES["identity"], gate=lambda dA, Z, A: dA)


def _leaky(slope: float, Z: Any) -> Any:
    return np.where(Z > 0, Z, slope * Z)


def _leaky_gate(slope: float, dA: Any, Z: Any, A: Any) -> Any:
    return dA * np.where(A > 0, 1.0, slope)


def _own_value(learner: Learner, function: str, Z: Any) -> Any:
    return np.asarray(first(learner.call(function, Z)))


def _own_output(learner: Learner, function: str, style: Style, Z: Any) -> Any:
    return style.examples(_own_value(learner, function, style.examples(Z)))


def _measured(value: Callable[[Any], Any], dA: Any, Z: Any, A: Any) -> Any:
    return dA * (value(Z + 1e-5) - value(Z - 1e-5)) / 2e-5


def usual_of(learner: Learner, function: str) -> list[str]:
    """Return the usual hidden activations, those that the function mentions first."""
    source = text(learner, function).replace("maximum(", "relu(")
    return sorted(GATES, key=lambda name: name not in source)


def candidates_of(learner: Learner, function: str, output: str, style: Style) -> list[tuple[str, Steps]]:
    """Return the steps that are right: with each usual activation, and with the learner's own."""
    used = calls(learner, function)
    names = FORWARD_NAMES["sigmoid"] if output == "sigmoid" else SOFTMAX
    own_output = [partial(_own_output, learner, f, style) for f in sorted(used) if f in names]
    candidates = [(name, network.steps(name, output)) for name in usual_of(learner, function)]
    without = network.steps("relu", output)
    for slope in (0.01, 0.1, 0.2):
        candidates.append(("", replace(without, hidden=partial(_leaky, slope), gate=partial(_leaky_gate, slope))))
    if not re.search(r"exp\(|tanh|maximum|relu|sigmoid|softmax|> ?0", text(learner, *learner.nodes)):
        candidates.append(("", _LINEAR))  # where no activation is anywhere in the file, none is meant
    for helper in sorted(used):
        if len(learner.parameters(helper)) == 1:
            value = partial(_own_value, learner, helper)
            usual = next((name for name in GATES if helper in FORWARD_NAMES[name]), "")
            gate = GATES[usual] if usual else partial(_measured, value)
            candidates.append((usual, replace(without, hidden=value, gate=gate)))
    return candidates + [(name, replace(step, output=own)) for own in own_output for name, step in candidates]


def _agrees(got: Sequence[Values], equation: Equation, cases: Sequence[Values]) -> bool:
    with np.errstate(all="ignore"):
        try:
            return all(close(equation(v)["AL"], g["AL"], 1e-6) for v, g in zip(cases, got, strict=True))
        except Exception:  # a wrong equation may not fit the shapes
            return False


def read(learner: Learner, function: str, backward: str | None, *, scores: bool = False) -> Reading:
    """Return what the network is whose forward pass is `function`; with `scores`, it may end without an activation."""
    layers = layers_of(learner, function, backward or "")
    readings: list[tuple[str, Reading, bool]] = []
    for output in outputs_of(learner, function)[: 3 if scores else 2]:
        cases = network.cases(layers, output)
        ways = styles(learner, function, backward, cases[0])
        for style in ways:
            try:
                got = [outputs(learner, function, style, v) for v in cases]
            except Exception:  # whatever the learner's code makes of it
                continue
            candidates = candidates_of(learner, function, output, style)
            for hidden, step in candidates:
                if _agrees(got, partial(network.forward, step), cases):
                    return Reading(hidden, step, step, output, (style,))
            for hidden, step in candidates[: len(GATES)]:
                for _, wrong in network_mistakes.wrong_forwards(step, layers):
                    if _agrees(got, partial(network.forward, wrong), cases):
                        readings.append((output, Reading(hidden, step, wrong, output, (style,)), True))
        hidden, step = candidates_of(learner, function, output, ways[0])[0]
        readings.append((output, Reading(hidden, step, None, output, tuple(ways)), False))
    likely = [reading for reading in readings if reading[2] and reading[0] == readings[0][0]] or [
        reading for reading in readings if reading[2]
    ]
    return (likely or readings)[0][1]


def outputs_of(learner: Learner, function: str) -> list[str]:
    """Return the usual outputs, the likelier one first."""
    source = text(learner, function, *calls(learner, function))
    if not re.search(r"softmax|sigmoid|exp\(|tanh", source) and learner.find(*SOFTMAX):
        source = "softmax"  # it is there to be used
    classes = "softmax" in source or re.search(r"np\.exp\([^-].*\bsum\(", source, re.DOTALL)
    return ["softmax", "sigmoid", "identity"] if classes else ["sigmoid", "softmax", "identity"]


def _only_named(names: Sequence[str], equation: Equation, v: Values) -> Values:
    quantities = equation(v)
    return {name: quantities[name] for name in names if name in quantities}


def forward_probe(learner: Learner, function: str, backward: str | None, reading: Reading) -> Probe:
    """Return how to try a forward pass, and whether the backward pass belongs to it."""
    layers = reading.styles[0].layers
    cases = network.cases(layers, reading.output)
    runs = [partial(outputs, learner, function, style) for style in reading.styles]
    try:
        names = list(runs[0](cases[0]))
    except Exception:  # whatever the learner's code makes of it
        names = ["AL"]
    candidates = candidates_of(learner, function, reading.output, reading.styles[0])
    right = [partial(_only_named, names, partial(network.forward, step)) for _, step in candidates]
    mistakes = []
    for _, step in candidates[: len(GATES)]:
        forwards = network_mistakes.wrong_forwards(step, layers)
        wrong: list[tuple[str, Equation]] = [(key, partial(network.forward, step)) for key, step in forwards]
        wrong += network_mistakes.wrong_memories(step, names)
        mistakes += [Mistake(key, partial(_only_named, names, equation)) for key, equation in wrong]
    also = partial(_is_odd, learner, function, backward, reading) if backward in learner.nodes else None
    return Probe(function, "forward", cases, runs, right, mistakes, needs=sorted(calls(learner, function)), also=also)


def _is_odd(learner: Learner, function: str, backward: str, reading: Reading) -> list[Finding]:
    """Return a finding if the hidden layers are sigmoids but the backward pass is that of another activation."""
    if reading.hidden != "sigmoid":
        return []
    probe = backward_probe(learner, function, backward, reading, [(None, True)])
    for name in ("relu", "tanh") if probe else ():
        step = replace(reading.right, gate=GATES[name])
        by_Z = replace(step, gate=partial(network.slope_at_z, name))
        right = [partial(upright, reading.styles[0], partial(network.backward, form)) for form in (step, by_Z)]
        if probe and examine(learner, replace(probe, right=right, mistakes=()), {})[0].status == "ok":
            return [Finding("network_forward.hidden-is-sigmoid", function, learner.line(function), {"name": "A1"})]
    return []


def upright(style: Style, equation: Equation, v: Values) -> Values:
    """Return gradients whose flat biases are columns, where flat biases are no mistake."""
    grads = equation(v)
    if not (style.rows or style.flat):
        return grads
    return {name: np.reshape(a, (-1, 1)) if "b" in name and np.ndim(a) == 1 else a for name, a in grads.items()}


def _own_gates(learner: Learner, function: str, hidden: str) -> Iterator[Step]:
    """Yield the learner's own ways from dA to dZ, as far as the function uses any."""
    for helper in sorted(calls(learner, function)):
        if helper in SLOPE_NAMES.get(hidden, ()):
            fits = [_is_slope(learner, helper, hidden, from_A) for from_A in (False, True)]
            for from_A in (False, True):
                if fits[from_A] or not any(fits):  # a slope for Z does not become right when it is given A
                    yield partial(_own_slope, learner, helper, from_A)
        if helper in BACKWARD_NAMES.get(hidden, ()):
            for order in (False, True):
                yield partial(_own_gate, learner, helper, order, False)
                yield partial(_own_gate, learner, helper, order, True)


def _is_slope(learner: Learner, helper: str, hidden: str, from_A: bool) -> bool:
    Z = np.array([[0.7, -1.3, 2.1]])
    try:
        got = _own_value(learner, helper, VALUES[hidden](Z) if from_A else Z)
    except Raised:
        return False
    return close(SLOPES[hidden](Z), got, 1e-6)


def _own_slope(learner: Learner, helper: str, from_A: bool, dA: Any, Z: Any, A: Any) -> Any:
    return dA * _own_value(learner, helper, A if from_A else Z)


def _own_gate(learner: Learner, helper: str, cache_first: bool, keeps_A: bool, dA: Any, Z: Any, A: Any) -> Any:
    cache = A if keeps_A else Z
    return first(learner.call(helper, *((cache, dA) if cache_first else (dA, cache))))


def _rights(learner: Learner, function: str, reading: Reading) -> list[tuple[str, Steps]]:
    """Return the steps that agree with the learner's forward pass, whose backward is right."""
    taken = reading.taken or reading.right
    gates = [(reading.hidden, reading.right.gate)]
    if taken is not reading.right:
        gates += GATES.items()
    for name in [reading.hidden] if taken is reading.right else list(GATES):
        gates += [(name, gate) for gate in _own_gates(learner, function, name)]
    return [(name, replace(taken, gate=gate)) for name, gate in gates]


def _backward_run(learner: Learner, forward: str, function: str, style: Style, v: Values) -> Values:
    known = passed(learner, forward, style, v)
    return gradients(learner, function, style, call(learner, function, known))


def backward_probe(
    learner: Learner, forward: str, function: str, reading: Reading, losses: Sequence[tuple[Step | None, bool]]
) -> Probe | None:
    """Return how to try a backward pass, or None if it cannot be called.

    Parameters
    ----------
    learner, forward, function, reading
        The learner's network.
    losses
        What loss it may have: dAL from AL and Y, None for cross-entropy, and whether it is the mean over the examples.
    """
    style = reading.styles[0]
    cases = network.cases(style.layers, reading.output)
    try:
        if arguments(learner, function, passed(learner, forward, style, cases[0])) is None:
            return None
    except Exception:  # whatever the learner's code makes of it
        return Probe(function, "backward", cases, [_nothing], [], needs=[forward])
    ways = [replace(style, labels=labels) for labels in _labels(learner, function)]
    runs = [partial(_backward_run, learner, forward, function, way) for way in ways]
    gates = _rights(learner, function, reading)
    rights = [
        (name, replace(network.with_loss(step, slope) if slope else step, mean=mean))
        for slope, mean in losses
        for name, step in gates
    ]
    right = [partial(upright, style, partial(network.backward, step)) for _, step in rights]
    mistakes = [
        replace(mistake, wrong=partial(upright, style, mistake.wrong))
        for name, step in rights[:: len(gates)]  # once for each loss
        for mistake in network_mistakes.gradient_mistakes(step, name, style.layers)
    ]
    needs = sorted(calls(learner, function) | {forward})
    if not re.search(r"sum\(|mean\(|shape\[|len\(|einsum|/ ?m\b", text(learner, function)):  # it is for one example
        cases = [v | {"X": v["X"][:, :1], "Y": v["Y"][:, :1]} for v in cases]
    return Probe(function, "backward", cases, runs, right, mistakes, needs=needs)


def _nothing(v: Values) -> Values:
    return {}


def _labels(learner: Learner, function: str) -> tuple[bool, ...]:
    """Return whether labels may be one number per example, the likelier first."""
    source = text(learner, function)
    numbers = re.search(r"arange\(|range\(.*\), ?y|one_?hot\w*\(|eye\(|\[:, none\]|reshape\(", source)
    return (True, False) if numbers else (False, True)


def is_forward(learner: Learner, function: str) -> bool:
    """Return whether a function takes an input and parameters, neither in the book's order nor as an object."""
    if function not in learner.nodes:
        return False
    names = learner.parameters(function)
    known = {meaning(name) for name in names} | ({"params"} if "p" in names else set())
    return "X" in known and bool(known & {"params", "Ws", "W1"}) and names[0] not in ("network", "net", "self")
