"""A whole network in one class: its methods, tried as functions of their parameters."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.checker.conventions.styles import meaning
from chainrule.checker.learner import Learner, Raised

FORWARD = ("forward", "forward_pass", "feedforward", "feed_forward", "forward_propagation", "forward_prop")
BACKWARD = (
    "backward",
    "backward_pass",
    "backprop",
    "back_prop",
    "backward_propagation",
    "backward_prop",
    "backpropagation",
)
PREDICT = ("predict",)
_SIZES = (5, 4, 6, 3)
_RATE = 0.1


def network_classes(learner: Learner) -> Iterator[tuple[Learner, dict[str, str]]]:
    """Yield, for each class that is a network, a learner whose methods are functions, and their names by their task."""
    for name, cls in learner.classes.items():
        found = {
            task: next((f"{name}.{method}" for method in usual if f"{name}.{method}" in learner.nodes), "")
            for task, usual in (("forward", FORWARD), ("backward", BACKWARD), ("predict", PREDICT))
        }
        if found["forward"] and found["backward"] and _required(learner, found["forward"]) == 1:
            build = _builder(learner, name, cls)
            if build is not None and _has_biases(_kept(learner, build())):
                yield _as_functions(learner, found, build), found


def _has_biases(kept: Iterable[str]) -> bool:
    """Return whether there are weights, and a bias beside each: a network without any is no mistake."""
    weights, biases = ({what[1:] for what in kept if what[0] == kind} for kind in "Wb")
    return bool(weights) and weights == biases


def _required(learner: Learner, function: str) -> int:
    node = learner.nodes[function].args
    return len(learner.parameters(function)) - len(node.defaults)


def _builder(learner: Learner, name: str, cls: type) -> Callable[[], Any] | None:
    """Return what makes an instance, or None if its sizes cannot be given."""
    count = _required(learner, f"{name}.__init__") if f"{name}.__init__" in learner.nodes else 0
    sizes = (_SIZES[0], _SIZES[1], _SIZES[3])
    choices: dict[int, list[tuple[Any, ...]]] = {0: [()], 1: [(list(_SIZES),)], 3: [sizes], 4: [(*sizes, _RATE)]}
    choices[2] = [(list(_SIZES), _RATE)]
    for arguments in choices.get(count, []):
        try:
            learner.contained(name, cls, arguments)
        except (Raised, TypeError):
            continue
        return lambda: learner.contained(name, cls, arguments)
    return None


def _kept(learner: Learner, net: Any) -> dict[str, tuple[tuple[Any, ...], Any]]:
    """Return W1, b1, ... of an instance by the meaning of their names: the place of each, and what is there."""
    found: dict[str, tuple[tuple[Any, ...], Any]] = {}
    for name, value in learner.attributes(net).items():
        if isinstance(value, dict):
            found |= {meaning(str(key)): ((name, key), part) for key, part in value.items()}
        elif isinstance(value, list) and meaning(name) in ("params", "Ws", "bs"):
            kind = "b" if meaning(name) == "bs" else "W"
            found |= {f"{kind}{i}": ((name, i - 1), part) for i, part in enumerate(value, 1)}
        else:
            found[meaning(name)] = ((name,), value)
    return {what: kept for what, kept in found.items() if re.fullmatch(r"[Wb]\d", what)}


def _values(learner: Learner, net: Any) -> dict[str, Any]:
    return {what: np.array(value) for what, (_, value) in _kept(learner, net).items()}


def _as_functions(learner: Learner, found: dict[str, str], build: Callable[[], Any]) -> Learner:
    """Return a learner with forward(X, params) -> (AL, cache), backward(cache, ...) and predict(X, params)."""
    made = copy.copy(learner)
    made.nodes, made.namespace = dict(learner.nodes), dict(learner.namespace)
    parameters = learner.parameters(found["backward"])
    rates = [name for name in parameters if meaning(name) == "learning_rate"]
    others = [name for name in parameters if name not in rates]

    def filled(params: Any) -> Any:
        net = build()
        for what, (place, drawn) in _kept(learner, net).items():
            value = np.array(params[what])
            learner.put(net, place, value.ravel() if np.ndim(drawn) == 1 else value)
        return net

    def forward(X: Any, params: Any) -> Any:
        net = filled(params)
        return getattr(net, found["forward"].partition(".")[2])(X), net

    def backward(cache: Any, *arguments: Any, **named: Any) -> Any:
        before = _values(learner, cache)
        given = dict(zip(others, arguments, strict=False)) | named | dict.fromkeys(rates, _RATE)
        result = getattr(cache, found["backward"].partition(".")[2])(**given)
        return _gradients(learner, cache, before, bool(rates)) if result is None else result

    def predict(X: Any, params: Any) -> Any:
        return getattr(filled(params), "predict")(X)  # noqa: B009 - any class that has one

    makers = {"forward": forward, "backward": backward, "predict": predict}
    for task, function in found.items():
        if function:
            made.namespace[function] = makers[task]
            made.nodes[function] = _node(learner.nodes[function], task)
    return made


def _node(method: ast.FunctionDef, task: str) -> ast.FunctionDef:
    """Return the definition of a method with the parameters of its function."""
    node = copy.deepcopy(method)
    if task == "backward":
        defaults = len(node.args.args) - len(node.args.defaults)
        kept = [(a, i >= defaults) for i, a in enumerate(node.args.args) if meaning(a.arg) != "learning_rate"]
        node.args.defaults = node.args.defaults[: sum(optional for _, optional in kept)]
        node.args.args = [argument for argument, _ in kept]
        node.args.args.insert(1, ast.arg("cache"))
        return node
    node.args.args = [ast.arg("self"), ast.arg("X"), ast.arg("params")]
    node.args.defaults = []
    if task == "forward":
        node.body.append(ast.parse("def f():\n return AL, cache").body[0].body[0])  # type: ignore[attr-defined]
    return node


def _gradients(learner: Learner, net: Any, before: dict[str, Any], given: bool) -> dict[str, Any]:
    """Return what a backward pass that returns nothing has left behind: gradients, or parameters that moved."""
    held: dict[str, Any] = {}
    attributes = learner.attributes(net)
    for name, value in attributes.items():
        if isinstance(value, dict) and meaning(name) == "grads":
            held |= {f"d{meaning(str(key)).removeprefix('d')}": gradient for key, gradient in value.items()}
        elif isinstance(value, list) and meaning(name) in ("dWs", "dbs"):
            held |= {f"{meaning(name)[:2]}{i}": gradient for i, gradient in enumerate(value, 1)}
        elif re.fullmatch(r"d[Wb]\d", meaning(name)):
            held[meaning(name)] = value
    if held:
        return held
    own = next((float(v) for name, v in attributes.items() if meaning(name) == "learning_rate"), _RATE)
    rate = _RATE if given else own
    return {f"d{what}": (before[what] - value) / rate for what, value in _values(learner, net).items()}
