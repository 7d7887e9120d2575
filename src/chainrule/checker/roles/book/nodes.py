"""The two nodes that the book begins backpropagation with: of a product, and of a sum, of two numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chainrule.checker.conventions import classes
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.equations.nodes import NODES
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe


def _two(learner: Learner, name: str, method: str, v: Values) -> Values:
    instance = classes.build(learner, name)
    z = classes.call(learner, name, instance, "forward", v["x"], v["y"])
    if method == "forward":
        return {"z": z}
    dx, dy = classes.call(learner, name, instance, "backward", v["dz"])
    return {"dx": dx, "dy": dy}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of the methods of both nodes."""
    cases: list[Values] = [{"x": 100.0, "y": 2.5, "dz": 1.3}, {"x": -3.0, "y": 7.0, "dz": -0.7}]
    for kind, node in NODES.items():
        for name in classes.layers(learner, f"{kind}Layer", kind, f"{kind}Node", f"{kind}Gate"):
            cls: Any = learner.classes[name]
            if (
                classes.required(cls)
                or len(classes.required(cls.forward)) != 3
                or len(classes.required(cls.backward)) != 2
            ):
                continue
            run = partial(_two, learner, name, "forward")
            forward = Probe(f"{name}.forward", kind, cases, [run], [node.forward], node.forward_mistakes)
            yield forward
            run = partial(_two, learner, name, "backward")
            role, needs = f"{kind}_backward", [forward.function]
            yield Probe(f"{name}.backward", role, cases, [run], [node.backward], node.backward_mistakes, needs=needs)
