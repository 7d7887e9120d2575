"""How to build and call the layer classes that learners write: constructors, calls and stored gradients differ."""

from __future__ import annotations

import ast
import inspect as signatures
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, examine

TRAINING = ("train_flg", "train_flag", "train", "training", "is_training", "is_train")


def layers(learner: Learner, *usual: str) -> Iterator[str]:
    """Yield the learner's classes that have one of some usual names and the methods forward and backward."""
    wanted = {name.lower() for name in usual}
    meant = {mine: name for name, mine in learner.names.items()}
    for name, cls in learner.classes.items():
        methods = callable(getattr(cls, "forward", None)) and callable(getattr(cls, "backward", None))
        if methods and meant.get(name, name).lower() in wanted:
            yield name


def required(target: Any) -> list[str]:
    """Return the names of the parameters that a class, a function or a bound method cannot do without."""
    kinds = (signatures.Parameter.POSITIONAL_ONLY, signatures.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = signatures.signature(target).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def build(learner: Learner, name: str, *arguments: Any) -> Any:
    """Return a new instance of a learner's class."""
    return learner.contained(f"{name}.__init__", learner.classes[name], arguments)


def call(learner: Learner, name: str, instance: Any, method: str, *arguments: Any, **named: Any) -> Any:
    """Return what a method of an instance returns."""
    return learner.contained(f"{name}.{method}", learner.method(instance, method), arguments, named)


def attempt(equation: Equation, v: Values) -> Values | None:
    """Return what an equation gives, or None if it raises."""
    try:
        with np.errstate(all="ignore"):
            return equation(v)
    except Exception:  # results of any kind come back from a learner's code
        return None


def is_right(learner: Learner, probe: Probe) -> bool:
    """Return whether a probe finds no mistake."""
    return examine(learner, probe, {})[0].status == "ok"


def first_example(v: Values, names: Sequence[str]) -> Values:
    """Return values with only the first example of some of them."""
    return v | {name: v[name][:, :1] for name in names}


def also_alone(equation: Equation, names: Sequence[str]) -> Equation:
    """Return an equation that is worked out for a batch, and once more for its first example alone.

    The layers are called in the same way: a layer that keeps something of the batch before is found out. Where one
    example raises an error, there is NaN, so that equations that do not fit its shapes can still be told apart.
    """
    return partial(_batch_and_one, equation, names)


def _batch_and_one(equation: Equation, names: Sequence[str], v: Values) -> Values:
    results = equation(v)
    alone = attempt(equation, first_example(v, names))
    return results | {f"{name} of the next batch": np.nan if alone is None else alone[name] for name in results}


def slots(learner: Learner, instance: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the arrays that an instance holds, with their places; those in its dicts and lists too."""
    for name, value in learner.attributes(instance).items():
        if isinstance(value, np.ndarray):
            yield (name,), value
        elif isinstance(value, dict):
            yield from (((name, key), each) for key, each in value.items() if isinstance(each, np.ndarray))
        elif isinstance(value, list):
            yield from (((name, i), each) for i, each in enumerate(value) if isinstance(each, np.ndarray))


_STORED = {
    "dW": (
        *("dW", "dw", "grad_W", "W_grad", "gradW", "dweights", "grad_weights", "weights_grad", "dWeight", "d_W"),
        *("_dW", "_dw"),
    ),
    "db": ("db", "dB", "grad_b", "b_grad", "gradb", "dbias", "dbiases", "grad_bias", "bias_grad", "d_b", "_db"),
    "dgamma": ("dgamma", "d_gamma", "grad_gamma"),
    "dbeta": ("dbeta", "d_beta", "grad_beta"),
}
_KEYS = {"dW": ("W", "dW", "w", "weights", "weight"), "db": ("b", "db", "bias", "biases")}


def stored(instance: Any, gradient: str) -> Any:
    """Return a gradient such as "dW" that a layer keeps for itself, or None."""
    for name in _STORED[gradient]:
        if hasattr(instance, name):
            return getattr(instance, name)
    grads = getattr(instance, "grads", getattr(instance, "gradients", None))
    if isinstance(grads, dict):
        return next((grads[key] for key in _KEYS.get(gradient, ()) if key in grads), None)
    if isinstance(grads, list) and len(grads) == 2:
        return grads[0 if gradient in ("dW", "dgamma") else 1]
    return None


def resets(learner: Learner) -> bool:
    """Return whether the file sets gradients back by itself, so that they may add up."""
    return any(word in name.lower() for name in learner.nodes for word in ("zero", "reset", "clear"))


def training_flag(learner: Learner, name: str) -> bool:
    """Return whether forward is told whether it is training."""
    parameters = learner.parameters(f"{name}.forward") if f"{name}.forward" in learner.nodes else []
    return any(parameter in TRAINING for parameter in parameters)


def used(learner: Learner, *functions: str) -> list[str]:
    """Return the learner's functions and methods that some functions use, directly or through others."""
    found: dict[str, None] = {}
    waiting = [function for function in functions if function in learner.nodes]
    while waiting:
        function = waiting.pop()
        owner = function.partition(".")[0]
        for node in ast.walk(learner.nodes[function]):
            names: list[str] = []
            if isinstance(node, ast.Name):
                methods = [f"{node.id}.forward", f"{node.id}.backward"] if node.id in learner.classes else []
                names = [node.id, *methods]
            elif isinstance(node, ast.Attribute):
                names = [f"{owner}.{node.attr}"]
            for name in names:
                if name in learner.nodes and name not in found and name not in functions:
                    found[name] = None
                    waiting.append(name)
    return list(found)
