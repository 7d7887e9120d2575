"""Layers as classes with forward and backward, as the book writes them. Examples are rows there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.styles import meaning
from chainrule.checker.equations import activations, linear
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.roles.book import loss, modes, network_classes, nodes

ACTIVATIONS = {
    "relu": ("Relu", "ReluLayer", "ReluActivation", "ActivationRelu", "Activation_ReLU"),
    "sigmoid": ("Sigmoid", "SigmoidLayer", "SigmoidActivation", "Activation_Sigmoid"),
    "tanh": ("Tanh", "TanhLayer", "TanhActivation", "Activation_Tanh"),
}
AFFINE: tuple[str, ...] = ("Affine", "Linear", "Dense", "FullyConnected", "FC", "FullyConnectedLayer", "Layer_Dense")
AFFINE += ("AffineLayer", "LinearLayer", "DenseLayer", "FCLayer", "LinearRegression")
Layout = tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]
"""How inputs, weights and biases are written: each turns what is canonical into what the learner has."""

LAYOUTS: tuple[Layout, ...] = (
    (np.transpose, np.transpose, np.ravel),  # x (m, n_prev), W (n_prev, n), b (n,)
    (np.transpose, np.transpose, np.transpose),  # the same, b (1, n)
    (np.transpose, np.copy, np.ravel),  # W (n, n_prev)
    (np.transpose, np.copy, np.transpose),
    (np.copy, np.copy, np.copy),  # the course's columns
)


def _activate(learner: Learner, name: str, v: Values) -> Values:
    result = classes.call(learner, name, classes.build(learner, name), "forward", v["Z"].T)
    return {"A": np.transpose(result)}


def _slope_back(learner: Learner, name: str, instance: Any, v: Values) -> Values:
    classes.call(learner, name, instance, "forward", v["Z"].T)
    return {"dZ": np.transpose(classes.call(learner, name, instance, "backward", v["dA"].T))}


def _slope(learner: Learner, name: str, v: Values) -> Values:
    back = partial(_slope_back, learner, name, classes.build(learner, name))
    return classes.also_alone(back, ("Z", "dA"))(v)


def _right_slope(activation: str, v: Values) -> Values:
    return {"dZ": v["dA"] * activations.SLOPES[activation](v["Z"])}


def _right_value(activation: str, v: Values) -> Values:
    return {"A": activations.VALUES[activation](v["Z"])}


def alone(mistakes: Sequence[Mistake], names: Sequence[str]) -> list[Mistake]:
    """Return mistakes whose results are those of `layers.also_alone`."""
    return [Mistake(m.key, classes.also_alone(m.wrong, names), m.severity) for m in mistakes]


def _activations(learner: Learner) -> Iterator[Probe]:
    names = ("Z", "dA")
    for activation, usual in ACTIVATIONS.items():
        for name in classes.layers(learner, *usual):
            cls: Any = learner.classes[name]
            if classes.required(cls) or len(classes.required(cls.forward)) != 2:  # self is one of them
                continue
            cases = activations.cases()
            forward = Probe(
                f"{name}.forward",
                activation,
                cases,
                [partial(_activate, learner, name)],
                [partial(_right_value, activation)],
                activations.value_mistakes(activation),
            )
            yield forward
            if len(classes.required(cls.backward)) == 2:
                backward = Probe(
                    f"{name}.backward",
                    f"{activation}_backward",
                    cases,
                    [partial(_slope, learner, name)],
                    [classes.also_alone(partial(_right_slope, activation), names)],
                    alone(activations.slope_mistakes(activation), names),
                    needs=[forward.function],
                )
                yield backward


def affine(learner: Learner, name: str, layout: Layout, v: Values) -> Any:
    """Return an affine layer that holds W and b, given to its constructor or written over what it drew."""
    W, b = layout[1](v["W"]), layout[2](v["b"])
    needed = classes.required(learner.classes[name])
    if len(needed) < 2 or needed[0].lower().startswith("w"):
        return classes.build(learner, name, W, b)
    instance = classes.build(learner, name, v["W"].shape[1], v["W"].shape[0])
    slots = {slot: a.shape for slot, a in classes.slots(learner, instance) if not slot[0].startswith(("d", "grad"))}
    weight = next((slot for slot, shape in slots.items() if shape == W.shape), None)
    bias = next((slot for slot, shape in slots.items() if shape == b.shape and slot != weight), None)
    if weight is None or bias is None:
        raise ValueError("no such arrays")
    learner.fill(instance, weight, W)
    learner.fill(instance, bias, b)
    return instance


def rate_of(learner: Learner, function: str) -> str | None:
    """Return where a backward pass that takes the step itself has its learning rate: a parameter, or "self.lr"."""
    if function not in learner.nodes:
        return None
    attributes = [node for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Attribute)]
    names = [*learner.parameters(function)[1:2], *(ast.unparse(node) for node in attributes)]
    return next((name for name in names if meaning(name.removeprefix("self.")) == "learning_rate"), None)


def affine_forward(learner: Learner, name: str, layout: Layout, v: Values) -> Values:
    """Return Z of a layer that holds W and b."""
    instance = affine(learner, name, layout, v)
    return {"Z": layout[0](classes.call(learner, name, instance, "forward", layout[0](v["A_prev"])))}


def _affine_back(learner: Learner, name: str, layout: Layout, instance: Any, v: Values) -> Values:
    classes.call(learner, name, instance, "forward", layout[0](v["A_prev"]))
    result = classes.call(learner, name, instance, "backward", layout[0](v["dZ"]))
    returned = result if isinstance(result, tuple) and len(result) == 3 else None
    dx, dW, db = returned or (result, classes.stored(instance, "dW"), classes.stored(instance, "db"))
    dW, db = (None if g is None else np.array(g) for g in (dW, db))
    rows = layout[0] is np.transpose
    return {
        "dA_prev": layout[0](dx),
        "dW": None if dW is None else dW.T if layout[1] is np.transpose else dW,
        "db": None if db is None else np.ravel(db) if rows else db,
    }


def _affine_backward(learner: Learner, name: str, layout: Layout, v: Values) -> Values:
    """Return the gradients, and those of the next batch, from a layer that may add up what it stores."""
    first, second = (affine(learner, name, layout, v) for _ in range(2))
    back = partial(_affine_back, learner, name, layout)
    gradients, again = back(first, v), back(first, v)
    next_layer = second if _is_double(gradients["dW"], again["dW"]) else first
    alone = classes.attempt(partial(back, next_layer), classes.first_example(v, ("A_prev", "dZ")))
    return gradients | {f"{key} of the next batch": np.nan if alone is None else alone[key] for key in gradients}


def _is_double(once: Any, again: Any) -> bool:
    return again is not None and np.shape(again) == np.shape(once) and np.allclose(again, 2 * once)


def _adds_up(learner: Learner, name: str, layout: Layout) -> list[Finding]:
    """Return a finding if a second call adds its gradient to that of the first, and nothing sets it back."""
    v = linear.cases()[0]
    instance, function = affine(learner, name, layout, v), f"{name}.backward"
    once, again = (_affine_back(learner, name, layout, instance, v)["dW"] for _ in range(2))
    if classes.resets(learner) or not _is_double(once, again):
        return []
    return [Finding("affine_backward.adds-up", function, learner.line(function))]


def _written(equation: Equation, rows: bool, v: Values) -> Values:
    result = equation(v)
    return result | {"db": np.ravel(result["db"]) if rows else result["db"]}


def _as_stored(equation: Equation, rows: bool) -> Equation:
    return classes.also_alone(partial(_written, equation, rows), ("A_prev", "dZ"))


def affine_backward(learner: Learner, name: str, means: Sequence[bool]) -> Probe:
    """Return a probe of an affine layer's backward; `means` says whether it may, or must not, divide by m."""
    fitting = [l for l in LAYOUTS if classes.attempt(partial(affine_forward, learner, name, l), linear.cases()[0])]  # noqa: E741
    layout = fitting[0] if fitting else LAYOUTS[0]
    rows = layout[0] is np.transpose
    right = [partial(linear.backward, mean=mean) for mean in means]
    wrong = [*linear.backward_mistakes(mean=means[0]), *linear.STORED_MISTAKES]
    return Probe(
        f"{name}.backward",
        "linear_backward",
        linear.cases(),
        [partial(_affine_backward, learner, name, layout)],
        [_as_stored(equation, rows) for equation in right],
        [Mistake(mistake.key, _as_stored(mistake.wrong, rows)) for mistake in wrong],
        needs=[f"{name}.forward"],
        also=partial(_adds_up, learner, name, layout),
    )


def _affine_probes(learner: Learner, loss_divides: bool | None) -> Iterator[Probe]:
    for name in classes.layers(learner, *AFFINE):
        cls: Any = learner.classes[name]
        if len(classes.required(cls)) > 2 or len(classes.required(cls.forward)) != 2:
            continue
        try:
            affine(learner, name, LAYOUTS[0], linear.cases()[0])
        except (Raised, ValueError):
            if not any(classes.attempt(partial(affine_forward, learner, name, l), linear.cases()[0]) for l in LAYOUTS):  # noqa: E741
                continue
        runs = [partial(affine_forward, learner, name, layout) for layout in LAYOUTS]
        forward = Probe(
            f"{name}.forward", "linear_forward", linear.cases(), runs, [linear.forward], linear.FORWARD_MISTAKES
        )
        yield forward
        if len(classes.required(cls.backward)) == 2 and not rate_of(learner, f"{name}.backward"):
            means = {None: (False, True), True: (False,), False: (True, False)}[loss_divides]
            yield affine_backward(learner, name, means)


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of every layer class and network class that is known."""
    yield from nodes.probes(learner)
    yield from _activations(learner)
    affine = list(_affine_probes(learner, loss.divides(learner)))
    yield from affine
    divided = any(
        classes.is_right(learner, affine_backward(learner, probe.function.partition(".")[0], (True,)))
        for probe in affine
        if probe.role == "linear_backward"
    )
    yield from loss.probes(learner, divided_by_affine=divided)
    yield from modes.probes(learner)
    yield from network_classes.probes(learner)
