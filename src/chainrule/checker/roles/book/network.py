"""The book's network as a dict of weights and a function of it: forward(network, x), predict(network, x)."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.names import FORWARD_NAMES, first, weights
from chainrule.checker.equations import network, network_mistakes
from chainrule.checker.equations.activations import VALUES, Function
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.network import Steps
from chainrule.checker.equations.softmax import over_examples, softmax
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, difference, examine

NETWORK = ("network", "net", "nn")
ELEMENTWISE = "linear_forward.elementwise"
FORWARD = ("forward", "predict", "forward_propagation", "inference", "feedforward", "forward_pass")
_HIDDEN: dict[str, Function] = {name: VALUES[name] for name in ("sigmoid", "relu", "tanh", "step")}


def candidates(hidden: Sequence[Function], outputs: Sequence[Function]) -> list[Steps]:
    """Return the steps of a network with each pair of a hidden and an output activation."""
    usual = network.steps("relu", "identity")
    return [replace(usual, hidden=h, output=out) for h, out in itertools.product(hidden, outputs)]


def activations(learner: Learner, function: str) -> tuple[list[Function], list[Function]]:
    """Return what may be the hidden and the output activation: what is named in a function, or else any.

    If the learner's own activation is wrong, a network that uses it is right.
    """
    names = set(classes.used(learner, function))
    hidden: list[Function] = []
    outputs = list(network.OUTPUTS.values())
    for activation, value in _HIDDEN.items():
        mine = learner.find(*FORWARD_NAMES[activation])
        if mine in names:
            own = partial(_own, learner, str(mine))
            hidden += [value, own]
            outputs.append(own)
    mine = learner.find("softmax", "identity_function", "identity")
    if mine in names:
        outputs.append(partial(_own, learner, str(mine)))
    return hidden or list(_HIDDEN.values()), outputs


def _own(learner: Learner, function: str, Z: Any) -> Any:
    """Return what the learner's function makes of Z, example by example as vectors."""
    vectors = [np.asarray(first(learner.call(function, z)), float) for z in Z.T]
    return np.stack(vectors, axis=1)


def written(v: Values, bias: str, rows: bool = True) -> dict[str, Any]:
    """Return the weights as the book has them in a dict; `bias` is the letter for biases."""
    return {
        name if name[0] == "W" else f"{bias}{name[1:]}": np.ravel(value) if rows and name[0] == "b" else value.T
        for name, value in v.items()
        if name[0] in "Wb"
    }


def _call(learner: Learner, function: str, bias: str, single: bool, v: Values) -> Values:
    weights = written(v, bias)
    if single:
        vectors = [np.ravel(first(learner.call(function, weights, x))) for x in v["X"].T]
        return {"AL": np.stack(vectors, axis=1)}
    return {"AL": np.transpose(first(learner.call(function, weights, v["X"].T)))}


def _example_by_example(equation: Equation, v: Values) -> Values:
    """Return what an equation makes of single examples in rows, which may be more than a vector."""
    vectors = [np.ravel(equation(v | {"X": x[:, None]})["AL"].T) for x in v["X"].T]
    return {"AL": np.stack(vectors, axis=1)}


def _normalized_over_examples(
    learner: Learner, function: str, bias: str, steps: Sequence[Steps], cases: Sequence[Values]
) -> list[Finding]:
    """Return a finding if a network that is right for single examples normalizes batches over the examples."""
    batches = [classes.attempt(partial(_call, learner, function, bias, False), v) for v in cases]
    for step in steps if None not in batches else ():
        wrong = [network.predict(replace(step, output=over_examples), v) for v in cases]
        if step.output is softmax and not difference(wrong, [batch or {} for batch in batches]):
            return [Finding("softmax.wrong-axis", function, learner.line(function))]
    return []


def _keys(learner: Learner, function: str) -> list[str]:
    """Return the names of weights and biases that a function's text has: W1, b1, ..."""
    texts = [node.value for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Constant)]
    return sorted({str(text) for text in texts if re.fullmatch(r"[WwbB]\d", str(text))})


def unused(learner: Learner, function: str) -> dict[str, str]:
    """Return the first variable that an activation is assigned to and that is never used, with the other names."""
    node = learner.nodes[function]
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for child in ast.walk(node):
        if not (isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name)):
            continue
        value = child.value
        called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
        known = {name for names in FORWARD_NAMES.values() for name in names}
        if called in known and child.targets[0].id not in read and isinstance(value, ast.Call) and value.args:
            return {"variable": child.targets[0].id, "activation": called, "other": ast.unparse(value.args[0])}
    return {}


def _look(learner: Learner, probe: Probe) -> list[Finding]:
    """Return what examining a network finds, with the names of the learner's variables where it is known."""
    _, findings = examine(learner, probe, {})
    names = unused(learner, probe.function)
    return [
        replace(finding, mistake="network_forward.activation-not-used", facts=finding.facts | names)
        if names and finding.mistake in ("network_forward.hidden-forgotten", "network_forward.all-forgotten")
        else finding
        for finding in findings
    ]


def _network_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    for usual in FORWARD:
        function = learner.find(usual)
        if function not in learner.nodes or not _is_mine(learner, function):
            continue
        keys = _keys(learner, function)
        count = len([key for key in keys if key[0] in "Ww"])
        if not 2 <= count <= 5 or "W1" not in keys:
            continue
        bias = "B" if "B1" in keys else "b"
        steps = candidates(*activations(learner, function))
        right = [partial(network.predict, step) for step in steps]
        runs = [partial(_call, learner, function, bias, single) for single in (True, False)]
        mistakes, needs = network_mistakes.forward_mistakes(steps, count), classes.used(learner, function)
        # A product entry by entry is another one where there is one example only.
        single = [replace(m, wrong=partial(_example_by_example, m.wrong)) for m in mistakes if m.key == ELEMENTWISE]
        cases = network.cases(count, "softmax")
        # A softmax of their own, which may be meant for one example, is judged by itself.
        inline = learner.find("softmax") not in needs
        also = partial(_normalized_over_examples, learner, function, bias, steps, cases) if inline else None
        probe = Probe(function, "forward", cases, runs, right, [*mistakes, *single], needs=needs, also=also)
        if classes.is_right(learner, probe) or not unused(learner, function):
            yield probe
        else:
            yield Inspection(function, "forward", partial(_look, learner, probe))


def _is_mine(learner: Learner, function: str) -> bool:
    parameters = learner.parameters(function)
    needed = classes.required(learner.namespace[function])
    return len(needed) == 2 and len(parameters) >= 2 and parameters[0] in NETWORK


def look_at_weights(function: str, line: int | None, initialized: Any) -> list[Finding]:
    """Return what is wrong with the weights and biases of a network whose layers follow each other."""

    def finding(key: str, **facts: str) -> list[Finding]:
        return [Finding(key, function, line, facts)]

    params = weights(initialized) or {}
    width, count = None, sum(name[0] == "W" for name in params)
    for l in range(1, count + 1):  # noqa: E741
        W, b = params.get(f"W{l}"), params.get(f"b{l}")
        if W is None or b is None:
            return finding("initialize.b-missing", name=f"b{l}") if W is not None else []
        columns = b.shape == (W.shape[0], 1) and W.shape[0] != 1
        into, out = W.shape[::-1] if columns else W.shape
        if width not in (None, into):
            expected = f"({out}, {width})" if columns else f"({width}, {out})"
            return finding("initialize.W-shape", name=f"W{l}", expected=expected, got=str(W.shape))
        if b.shape not in ((out,), (1, out), (out, 1)):
            return finding("initialize.b-shape", name=f"b{l}", expected=f"({out},)", got=str(b.shape))
        if l < count and W.size > 1 and np.all(W == W.flat[0]):
            return finding("initialize.symmetric", name=f"W{l}", got=f"{W.flat[0]:g}")
        width = out
    return []


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the network of three layers."""
    function = learner.find("init_network")
    if function in learner.nodes and not classes.required(learner.namespace[function]):
        try:
            initialized = learner.call(function)
        except Raised:  # it may read a file that is not here
            initialized = None
        if isinstance(initialized, dict) and weights(initialized):
            look = partial(look_at_weights, function, learner.line(function), initialized)
            yield Inspection(function, "init_network", look)
    yield from _network_probes(learner)
