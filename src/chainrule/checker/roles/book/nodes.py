"""The two nodes that the book begins backpropagation with: of a product, and of a sum, of two numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from chainrule.checker.conventions import classes
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_SIMPLE: dict[str, tuple[Callable[[Any, Any], Any], dict[str, tuple[Callable[[Any, Any, Any], Any], ...]]]] = {
    "mul": (
        lambda x, y: x * y,
        {
            "right": (lambda x, y, d: d * y, lambda x, y, d: d * x),
            "not-switched": (lambda x, y, d: d * x, lambda x, y, d: d * y),
            "gradient-lost": (lambda x, y, d: y, lambda x, y, d: x),
            "passed-on": (lambda x, y, d: d, lambda x, y, d: d),
        },
    ),
    "add": (
        lambda x, y: x + y,
        {
            "right": (lambda x, y, d: d, lambda x, y, d: d),
            "gradient-lost": (lambda x, y, d: 1.0, lambda x, y, d: 1.0),
            "times-input": (lambda x, y, d: d * x, lambda x, y, d: d * y),
            "times-other": (lambda x, y, d: d * y, lambda x, y, d: d * x),
        },
    ),
}


def _two(learner: Learner, name: str, method: str, v: Values) -> Values:
    instance = classes.build(learner, name)
    z = classes.call(learner, name, instance, "forward", v["x"], v["y"])
    if method == "forward":
        return {"z": z}
    dx, dy = classes.call(learner, name, instance, "backward", v["dz"])
    return {"dx": dx, "dy": dy}


def _two_right(value: Callable[[Any, Any], Any], v: Values) -> Values:
    return {"z": value(v["x"], v["y"])}


def _two_back(slopes: Sequence[Callable[[Any, Any, Any], Any]], v: Values) -> Values:
    return {name: slope(v["x"], v["y"], v["dz"]) for name, slope in zip(("dx", "dy"), slopes, strict=True)}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of the methods of both nodes."""
    cases: list[Values] = [{"x": 100.0, "y": 2.5, "dz": 1.3}, {"x": -3.0, "y": 7.0, "dz": -0.7}]
    for kind, (value, slopes) in _SIMPLE.items():
        for name in classes.layers(learner, f"{kind}Layer", kind, f"{kind}Node", f"{kind}Gate"):
            cls: Any = learner.classes[name]
            if (
                classes.required(cls)
                or len(classes.required(cls.forward)) != 3
                or len(classes.required(cls.backward)) != 2
            ):
                continue
            others = {other: pair[0] for other, pair in _SIMPLE.items() if other != kind}
            wrong = [Mistake(f"{kind}_forward.is-{other}", partial(_two_right, each)) for other, each in others.items()]
            right = partial(_two_right, value)
            run = partial(_two, learner, name, "forward")
            forward = Probe(f"{name}.forward", kind, cases, [run], [right], wrong)
            yield forward
            wrong = [
                Mistake(f"{kind}_backward.{key}", partial(_two_back, pair))
                for key, pair in slopes.items()
                if key != "right"
            ]
            right = partial(_two_back, slopes["right"])
            run = partial(_two, learner, name, "backward")
            backward = Probe(
                f"{name}.backward", f"{kind}_backward", cases, [run], [right], wrong, needs=[forward.function]
            )
            yield backward
