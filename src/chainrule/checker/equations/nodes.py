"""The product and the sum of two numbers with their gradients, and how they go wrong."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named


def _product(v: Values) -> Values:
    return {"z": v["x"] * v["y"]}


def _sum(v: Values) -> Values:
    return {"z": v["x"] + v["y"]}


def _times_other(v: Values) -> Values:
    return {"dx": v["dz"] * v["y"], "dy": v["dz"] * v["x"]}


def _times_own(v: Values) -> Values:
    return {"dx": v["dz"] * v["x"], "dy": v["dz"] * v["y"]}


def _passed_on(v: Values) -> Values:
    return {"dx": v["dz"], "dy": v["dz"]}


@dataclass(frozen=True)
class Node:
    """The value z of a node, its gradients dx and dy, and the wrong versions of both."""

    forward: Equation
    backward: Equation
    forward_mistakes: list[Mistake]
    backward_mistakes: list[Mistake]


NODES = {
    "mul": Node(
        _product,
        _times_other,
        named({"mul_forward.is-add": _sum}),
        named(
            {
                "mul_backward.not-switched": _times_own,
                "mul_backward.gradient-lost": lambda v: {"dx": v["y"], "dy": v["x"]},
                "mul_backward.passed-on": _passed_on,
            }
        ),
    ),
    "add": Node(
        _sum,
        _passed_on,
        named({"add_forward.is-mul": _product}),
        named(
            {
                "add_backward.gradient-lost": lambda v: {"dx": 1.0, "dy": 1.0},
                "add_backward.times-input": _times_own,
                "add_backward.times-other": _times_other,
            }
        ),
    ),
}
