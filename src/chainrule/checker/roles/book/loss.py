"""Softmax and cross-entropy as one layer, as the book writes it. Examples are rows there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import class_scores, cost
from chainrule.checker.equations.class_scores import Formula
from chainrule.checker.equations.mistakes import Mistake, Values, each_equation
from chainrule.checker.equations.softmax import LARGE, WRONG, cases, far_apart, softmax
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

NAMES = ("SoftmaxWithLoss", "SoftmaxLoss", "SoftmaxCrossEntropy", "SoftmaxWithCrossEntropy", "SoftmaxCrossEntropyLoss")
TOLERANCE = 1e-5  # a small number inside of the logarithm is a choice
_KINDS: dict[str, Callable[[Any], Any]] = {"one-hot": np.transpose, "labels": lambda Y: Y.argmax(axis=0)}
"""How targets may be given."""


def _forward(learner: Learner, name: str, kind: str, v: Values) -> Values:
    instance = classes.build(learner, name)
    return {"cost": _number(classes.call(learner, name, instance, "forward", v["Z"].T, _KINDS[kind](v["Y"])))}


def _number(loss: Any) -> Any:
    return loss.item() if isinstance(loss, np.ndarray) and loss.size == 1 else loss


def _back_through(learner: Learner, name: str, kind: str, instance: Any, v: Values) -> Values:
    classes.call(learner, name, instance, "forward", v["Z"].T, _KINDS[kind](v["Y"]))
    arguments = [1.0] * (len(classes.required(learner.classes[name].backward)) - 1)  # type: ignore[attr-defined]
    return {"dZ": np.transpose(classes.call(learner, name, instance, "backward", *arguments))}


def _backward(learner: Learner, name: str, kind: str, v: Values) -> Values:
    back = partial(_back_through, learner, name, kind, classes.build(learner, name))
    return classes.also_alone(back, ("Z", "Y"))(v)


def _both(learner: Learner, name: str, kinds: list[str], v: Values) -> Values:
    gradients = _backward(learner, name, kinds[0], v)
    for kind in kinds[1:]:
        labels = classes.attempt(partial(_backward, learner, name, kind), v)
        gradients |= {f"{key} with {kind}": np.nan if labels is None else labels[key] for key in gradients}
    return gradients


def _loss(v: Values) -> Values:
    return cost.categorical({"AL": softmax(v["Z"]), "Y": v["Y"]})


def _loss_of(wrong: Callable[[Any], Any], v: Values) -> Values:
    return cost.categorical({"AL": wrong(v["Z"]), "Y": v["Y"]})


def _cost_of(wrong: Callable[[Values], Values], v: Values) -> Values:
    return wrong({"AL": softmax(v["Z"]), "Y": v["Y"]})


_RIGHT: Formula = lambda P, Y, m: (P - Y) / m  # noqa: E731
_UNDIVIDED = "softmax_loss.no-mean"


def _gradient_of(equation: Formula, v: Values) -> Values:
    return {"dZ": equation(softmax(v["Z"]), v["Y"], v["Y"].shape[1])}


def _gradient(kinds: list[str], equations: list[Formula], v: Values) -> Values:
    """Return the gradient for every kind of targets, by an equation for each; without one, it may be anything."""
    gradients: Values = {}
    for kind, equation in zip(kinds, equations, strict=False):
        suffix = "" if kind == kinds[0] else f" with {kind}"
        both = classes.also_alone(partial(_gradient_of, equation), ("Z", "Y"))(v)
        gradients |= {f"{name}{suffix}": value for name, value in both.items()}
    return gradients


def _classes(learner: Learner) -> Iterator[str]:
    for name in classes.layers(learner, *NAMES):
        cls: Any = learner.classes[name]
        fits = not classes.required(cls) and len(classes.required(cls.forward)) == 3
        if fits and len(classes.required(cls.backward)) in (1, 2):
            yield name


def _kinds(learner: Learner, name: str) -> list[str]:
    """Return the kinds of targets for which forward is right; one-hot if for none.

    The book's first version takes the loss of labels, too, but its backward is for one-hot targets alone.
    """
    right = [
        kind
        for kind in _KINDS
        if classes.is_right(
            learner, Probe("", "", cases(), [partial(_forward, learner, name, kind)], [_loss], tolerance=TOLERANCE)
        )
    ]
    code = ast.unparse(learner.nodes[f"{name}.backward"]) if f"{name}.backward" in learner.nodes else "arange"
    if "one-hot" in right and not re.search(r"arange|eye|\.size|ndim|argmax", code):
        return ["one-hot"]
    return right or ["one-hot"]


def _back(learner: Learner, name: str, kinds: list[str], *, divided: bool) -> Probe:
    equations = list(each_equation(class_scores.GRADIENTS))
    right = _RIGHT if divided else next(equation for key, equation in equations if key == _UNDIVIDED)
    mistakes = [
        Mistake(key, partial(_gradient, kinds, by_kind))
        for key, wrong in equations
        if wrong is not right
        for by_kind in ([wrong], [right, wrong])[: len(kinds)]
    ]
    return Probe(
        f"{name}.backward",
        "softmax_loss_backward",
        cases(),
        [partial(_both, learner, name, kinds)],
        [partial(_gradient, kinds, [right] * len(kinds))],
        mistakes,
        needs=[f"{name}.forward", *classes.used(learner, f"{name}.forward", f"{name}.backward")],
    )


def divides(learner: Learner) -> bool | None:
    """Return whether the gradient of the loss is divided by the number of examples; None if that cannot be told."""
    for name in _classes(learner):
        kinds = _kinds(learner, name)
        for divided in (True, False):
            if classes.is_right(learner, _back(learner, name, kinds, divided=divided)):
                return divided
    return None


def probes(learner: Learner, *, divided_by_affine: bool) -> Iterator[Probe]:
    """Yield probes of the loss layer; its gradient need not be divided by m if that of an affine layer is."""
    for name in _classes(learner):
        wrong = [Mistake(key, partial(_loss_of, each)) for key, each in WRONG]
        wrong += [Mistake(m.key, partial(_cost_of, m.wrong)) for m in cost.categorical_mistakes()]
        runs = [partial(_forward, learner, name, kind) for kind in _KINDS]
        needs = classes.used(learner, f"{name}.forward")
        moderate = Probe(
            f"{name}.forward", "softmax_loss", cases(), runs, [_loss], wrong, tolerance=TOLERANCE, needs=needs
        )
        forward = moderate
        if classes.is_right(learner, moderate):
            large = [Mistake("softmax.batch-maximum", partial(_loss_of, LARGE["batch-maximum"]), "warning")]
            forward = Probe(
                f"{name}.forward",
                "softmax_loss",
                [*cases(), far_apart()],
                runs,
                [_loss],
                large,
                tolerance=TOLERANCE,
                needs=needs,
            )
        yield forward
        kinds = _kinds(learner, name)
        undivided = divided_by_affine and divides(learner) is False
        yield _back(learner, name, kinds, divided=not undivided)
