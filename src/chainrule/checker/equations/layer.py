"""One layer, linear and then the activation that is asked for by its name: both passes, and how they go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chainrule.checker.equations import linear
from chainrule.checker.equations.activations import COMMON_GATES, SLOPES, VALUES
from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Activation = Callable[[Any, str], Any]
"""A from Z and the name of the activation."""
Gate = Callable[[Any, Any, str], Any]
"""dZ from dA, Z (or what a learner keeps in its place) and the name of the activation."""


def cases() -> list[Values]:
    """Return layers with each activation, and the upstream gradient dA."""
    return [
        v | {"activation": name, "dA": v["dZ"], "Z": linear.forward(v)["Z"]}
        for name in ("relu", "sigmoid")
        for v in linear.cases()
    ]


def activate(Z: Any, name: str) -> Any:
    """Return A."""
    return VALUES[name](Z)


def gate(dA: Any, Z: Any, name: str) -> Any:
    """Return dZ."""
    return dA * SLOPES[name](Z)


def forward(linear_part: Equation, activation: Activation, v: Values) -> Values:
    """Return A. What the linear part calls "late" is added after the activation."""
    sums = linear_part(v)
    return {"A": activation(sums["Z"], v["activation"]) + sums.get("late", 0)}


def backward(gate: Gate, linear_backward: Equation, v: Values) -> Values:
    """Return dA_prev, dW and db."""
    return linear_backward(v | {"dZ": gate(v["dA"], v["Z"], v["activation"])})


_SWAPPED = {"relu": "sigmoid", "sigmoid": "relu"}
_FORWARD: dict[str, Callable[[Activation, Any, str], Any]] = {
    "linear_activation_forward.no-activation": lambda g, Z, name: Z,
    "linear_activation_forward.no-activation-relu": lambda g, Z, name: Z if name == "relu" else g(Z, name),
    "linear_activation_forward.no-activation-sigmoid": lambda g, Z, name: Z if name == "sigmoid" else g(Z, name),
    "linear_activation_forward.activations-swapped": lambda g, Z, name: g(Z, _SWAPPED[name]),
    "linear_activation_forward.always-sigmoid": lambda g, Z, name: g(Z, "sigmoid"),
    "linear_activation_forward.always-relu": lambda g, Z, name: g(Z, "relu"),
    "network_forward.hidden-twice": lambda g, Z, name: g(g(Z, name), name),
}


def forward_mistakes(linear_part: Equation, activation: Activation) -> Iterator[Mistake]:
    """Yield usual wrong versions of the forward pass; its parts may be the learner's."""
    for key, wrong in _FORWARD.items():
        yield Mistake(key, partial(forward, linear_part, partial(wrong, activation)))
    for mistake in [*linear.FORWARD_MISTAKES, *linear.ACTIVATED_MISTAKES]:
        yield Mistake(mistake.key, partial(forward, mistake.wrong, activation))


_GATES: dict[str, Callable[[Gate, Any, Any, str], Any]] = {
    "linear_activation_backward.no-slope-relu": lambda gate, dA, Z, name: dA if name == "relu" else gate(dA, Z, name),
    "linear_activation_backward.no-slope-sigmoid": lambda gate, dA, Z, name: (
        dA if name == "sigmoid" else gate(dA, Z, name)
    ),
    "linear_activation_backward.slopes-swapped": lambda gate, dA, Z, name: gate(dA, Z, _SWAPPED[name]),
    "linear_activation_backward.always-sigmoid": lambda gate, dA, Z, name: gate(dA, Z, "sigmoid"),
    "linear_activation_backward.always-relu": lambda gate, dA, Z, name: gate(dA, Z, "relu"),
}


def gate_mistakes(gate: Gate, linear_backward: Equation) -> Iterator[Mistake]:
    """Yield what goes wrong between dA and dZ; both parts may be the learner's."""
    for key, wrong in _GATES.items():
        yield Mistake(key, partial(backward, partial(wrong, gate), linear_backward))


def backward_mistakes() -> Iterator[Mistake]:
    """Yield usual wrong versions of the backward pass."""
    for mean in (True, False):
        linear_backward = partial(linear.backward, mean=mean)
        yield from gate_mistakes(gate, linear_backward)
        for key, wrong in COMMON_GATES.items():
            yield Mistake(key, partial(backward, partial(_by_name, wrong), linear_backward))
    for mistake in linear.backward_mistakes(mean=True):
        yield Mistake(mistake.key, partial(backward, gate, mistake.wrong))


def _by_name(wrong: Callable[..., Any], dA: Any, Z: Any, name: str) -> Any:
    return wrong(dA, Z, VALUES[name], SLOPES[name])
