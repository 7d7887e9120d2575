"""The book's network as a dict of weights and a function of it: forward(network, x), predict(network, x)."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.names import FORWARD_NAMES, first, weights
from chainrule.checker.equations.activations import VALUES, sigmoid
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.equations.softmax import softmax
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, examine

NETWORK = ("network", "net", "nn")
FORWARD = ("forward", "predict", "forward_propagation", "inference", "feedforward", "forward_pass")
Function = Callable[[Any], Any]
_HIDDEN: dict[str, Function] = {name: VALUES[name] for name in ("sigmoid", "relu", "tanh", "step")}
_OUTPUT: dict[str, Function] = {"identity": np.copy, "softmax": softmax, "sigmoid": sigmoid}


def run(v: Values, hidden: Sequence[Function], output: Function, **changes: Any) -> Values:
    """Return A of the last layer, for weights W1, b1, W2, ... and X.

    `changes` replaces quantities by others: W2=..., b1=..., or A1=... for what the second layer takes.
    """
    A, count = v["X"], len(hidden) + 1
    given: Values = {**v, **changes}
    for l in range(1, count + 1):  # noqa: E741
        A = (output if l == count else hidden[l - 1])(given[f"W{l}"] @ given.get(f"A{l - 1}", A) + given[f"b{l}"])
    return {"A": A}


def _with(hidden: Function, output: Function, changes: Mapping[str, str | float], v: Values) -> Values:
    """Return A with quantities replaced by others, by their names, or multiplied by a number."""
    replaced = {name: v[c] if isinstance(c, str) else c * v[name] for name, c in changes.items()}
    return run(v, [hidden] * (sum(name[0] == "W" for name in v) - 1), output, **replaced)


def _some_lost(hidden: Function, output: Function, kept: Sequence[bool], v: Values) -> Values:
    return run(v, [hidden if each else np.copy for each in kept], output)


def _transposed(hidden: Function, output: Function, which: Sequence[int], v: Values) -> Values:
    changes = {f"W{l}": v[f"W{l}"].T for l in which}  # noqa: E741
    return run(v, [hidden] * (sum(name[0] == "W" for name in v) - 1), output, **changes)


def _elementwise(hidden: Function, output: Function, at: int, v: Values) -> Values:
    """Return what products entry by entry in one layer make of single rows."""
    made = []
    for a in v["X"].T:
        for l in range(1, count := 1 + sum(name[0] == "W" for name in v)):  # noqa: E741
            W, b = v[f"W{l}"].T, v[f"b{l}"][:, 0]
            z = a * W + b if l == at else a @ W + b
            a = (output if l == count - 1 else hidden)(z.T).T
        made.append(np.ravel(a))
    return {"A": np.stack(made, axis=1)}


def _groups(index: Sequence[int]) -> list[Sequence[int]]:
    """Return all of some layers, and each of them by itself."""
    return [index, *([l] for l in index)]  # noqa: E741


def _wrong(hidden: Function, output: Function, count: int) -> Iterator[tuple[str, Equation]]:
    """Yield wrong versions of a network of so many layers with these activations, and what each is called."""
    index = range(1, count + 1)
    for kept in sorted(itertools.product((False, True), repeat=count - 1), key=sum):
        if not all(kept):
            yield "forward.activation-forgotten", partial(_some_lost, hidden, output, kept)
    for each in _groups(index):
        yield "forward.no-bias", partial(_with, hidden, output, {f"b{l}": 0.0 for l in each})  # noqa: E741
        yield "forward.minus-bias", partial(_with, hidden, output, {f"b{l}": -1.0 for l in each})  # noqa: E741
        yield "forward.transposed", partial(_transposed, hidden, output, each)
    for each in _groups(index[:-1]):
        yield "forward.input-again", partial(_with, hidden, output, {f"A{l}": "X" for l in each})  # noqa: E741
    for a, b in itertools.permutations(index, 2):
        for kinds in ("W", "b", "Wb"):
            changes = {f"{kind}{a}": f"{kind}{b}" for kind in kinds}
            yield f"forward.wrong-{kinds[0]}", partial(_with, hidden, output, changes)
    for l in index:  # noqa: E741
        yield "forward.elementwise", partial(_elementwise, hidden, output, l)


def network_mistakes(hidden: Sequence[Function], outputs: Sequence[Function], count: int) -> list[Mistake]:
    """Return usual wrong versions of a network of so many layers, likely ones first."""
    found: dict[str, list[Equation]] = {}
    for h, out in itertools.product(hidden, outputs):
        for key, equation in _wrong(h, out, count):
            found.setdefault(key, []).append(equation)
    pairs = itertools.product(hidden, _HIDDEN.values())
    found["forward.hidden-on-output"] = [partial(_with, h, out, {}) for h, out in pairs]
    return [Mistake(key, equation) for key, equations in found.items() for equation in equations]


def network_cases(count: int) -> list[Values]:
    """Return weights of so many layers, with biases, and X: of different widths, and of the same."""
    rng = np.random.default_rng(29)
    made = []
    for sizes in ([3, 4, 5, 2, 6, 3][: count + 1], [4] * (count + 1)):
        v: Values = {"X": rng.standard_normal((sizes[0], 7 if sizes[0] != 4 else 4))}
        for l in range(1, count + 1):  # noqa: E741
            v[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1]))
            v[f"b{l}"] = rng.uniform(0.2, 1.0, (sizes[l], 1)) * rng.choice([-1.0, 1.0], (sizes[l], 1))
        made.append(v)
    return made


def activations(learner: Learner, function: str) -> tuple[list[Function], list[Function]]:
    """Return what may be the hidden and the output activation: what is named in a function, or else any.

    If the learner's own activation is wrong, a network that uses it is right.
    """
    names = set(classes.used(learner, function))
    hidden: list[Function] = []
    outputs = list(_OUTPUT.values())
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
    made = [np.asarray(first(learner.call(function, z)), float) for z in Z.T]
    return np.stack(made, axis=1)


def written(v: Values, bias: str, rows: bool = True) -> dict[str, Any]:
    """Return the weights as the book has them in a dict; `bias` is the letter for biases."""
    return {
        name if name[0] == "W" else f"{bias}{name[1:]}": np.ravel(value) if rows and name[0] == "b" else value.T
        for name, value in v.items()
        if name[0] in "Wb"
    }


def _call(learner: Learner, function: str, bias: str, single: bool, v: Values) -> Values:
    network = written(v, bias)
    if single:
        made = [np.ravel(first(learner.call(function, network, x))) for x in v["X"].T]
        return {"A": np.stack(made, axis=1)}
    return {"A": np.transpose(first(learner.call(function, network, v["X"].T)))}


def _keys(learner: Learner, function: str) -> list[str]:
    """Return the names of weights and biases that a function's text has: W1, b1, ..."""
    texts = [node.value for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Constant)]
    return sorted({str(text) for text in texts if re.fullmatch(r"[WwbB]\d", str(text))})


def unused(learner: Learner, function: str) -> dict[str, str]:
    """Return the first variable that an activation is assigned to and that is never used, with the other names."""
    node = learner.nodes[function]
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for part in ast.walk(node):
        if not (isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name)):
            continue
        value = part.value
        called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
        known = {name for names in FORWARD_NAMES.values() for name in names}
        if called in known and part.targets[0].id not in read and isinstance(value, ast.Call) and value.args:
            return {"variable": part.targets[0].id, "activation": called, "other": ast.unparse(value.args[0])}
    return {}


def _look(learner: Learner, probe: Probe) -> list[Finding]:
    """Return what examining a network finds, with the names of the learner's variables where it is known."""
    _, findings = examine(learner, probe, set())
    names = unused(learner, probe.function)
    return [
        replace(finding, mistake="forward.activation-not-used", facts=finding.facts | names)
        if names and finding.mistake == "forward.activation-forgotten"
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
        hidden, outputs = activations(learner, function)
        right = [partial(_with, h, out, {}) for h, out in itertools.product(hidden, outputs)]
        runs = [partial(_call, learner, function, bias, single) for single in (True, False)]
        mistakes, needs = network_mistakes(hidden, outputs, count), classes.used(learner, function)
        probe = Probe(function, "forward", network_cases(count), runs, right, mistakes, needs=needs)
        if classes.is_right(learner, probe) or not unused(learner, function):
            yield probe
        else:
            yield Inspection(function, "forward", partial(_look, learner, probe))


def _is_mine(learner: Learner, function: str) -> bool:
    parameters = learner.parameters(function)
    needed = classes.required(learner.namespace[function])
    return len(needed) == 2 and len(parameters) >= 2 and parameters[0] in NETWORK


def look_at_weights(function: str, line: int | None, network: Any) -> list[Finding]:
    """Return what is wrong with the weights and biases of a network whose layers follow each other."""

    def found(key: str, **facts: str) -> list[Finding]:
        return [Finding(key, function, line, facts)]

    params = weights(network) or {}
    width, count = None, sum(name[0] == "W" for name in params)
    for l in range(1, count + 1):  # noqa: E741
        W, b = params.get(f"W{l}"), params.get(f"b{l}")
        if W is None or b is None:
            return found("initialize.b-missing", name=f"b{l}") if W is not None else []
        columns = b.shape == (W.shape[0], 1) and W.shape[0] != 1
        into, out = W.shape[::-1] if columns else W.shape
        if width not in (None, into):
            expected = f"({out}, {width})" if columns else f"({width}, {out})"
            return found("initialize.W-shape", name=f"W{l}", expected=expected, got=str(W.shape))
        if b.shape not in ((out,), (1, out), (out, 1)):
            return found("initialize.b-shape", name=f"b{l}", expected=f"({out},)", got=str(b.shape))
        if l < count and W.size > 1 and np.all(W == W.flat[0]):
            return found("initialize.symmetric", name=f"W{l}", got=f"{W.flat[0]:g}")
        width = out
    return []


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the network of three layers."""
    function = learner.find("init_network")
    if function in learner.nodes and not classes.required(learner.namespace[function]):
        try:
            network = learner.call(function)
        except Raised:  # it may read a file that is not here
            network = None
        if isinstance(network, dict) and weights(network):
            yield Inspection(
                function, "init_network", partial(look_at_weights, function, learner.line(function), network)
            )
    yield from _network_probes(learner)
