"""Lessons 3 and 4: activations with their slopes, and why a stack of linear layers is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.texts import Note, later, tr
from chainrule.equations.activations import ACTIVATIONS
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict, judged, wrong_numbers
from chainrule.lab.session import Session
from chainrule.layers import Dense
from chainrule.network import Network

_SHOWN = ("step", "sigmoid", "tanh", "relu")


def slopes(name: str, Z: Any) -> Any:
    """Return the slope of an activation at each of some numbers."""
    activation = ACTIVATIONS[name]
    A = activation.value(Z)
    return activation.backward(np.ones_like(Z), A if activation.keeps == "A" else Z)


def _look_at_slopes(answers: Answers) -> list[Block]:
    name, z = answers["function"] or "sigmoid", answers["z"] or 0.0
    Z, at = np.linspace(-6, 6, 121), np.array([z])
    A = ACTIVATIONS[name].value(Z)
    value, slope = float(ACTIVATIONS[name].value(at)[0]), float(slopes(name, at)[0])
    lines = {"g(z)": A, "g'(z)": slopes(name, Z)}
    rows = [[blocks.number(z), blocks.number(value), blocks.number(slope)]]
    return [
        blocks.curves(tr("{name}: the function and its slope", name=name), Z, lines, ("z", ""), z),
        blocks.table(tr("at your z"), ["z", "g(z)", "g'(z)"], rows),
    ]


def _check_slopes(answers: Answers, _session: Session) -> Verdict:
    zero, below = np.zeros(1), np.full(1, -2.0)
    right = {"sigmoid": slopes("sigmoid", zero), "tanh": slopes("tanh", zero), "relu": slopes("relu", below)}
    wrong = wrong_numbers(answers, {name: float(slope[0]) for name, slope in right.items()}, 2)
    return judged(
        wrong,
        later(
            "Behind each sigmoid the gradient is at most a quarter of what it was, so little of it arrives in "
            "deep networks. Where a ReLU is off, nothing does."
        ),
        later("Not right yet: {count} of the slopes. Slide z to where they are asked for."),
    )


SLOPES = Lesson(
    "slopes",
    later("Activations and their slopes"),
    (
        later("An activation bends the sum of a neuron. Backward, the gradient is multiplied by its slope g'(z)."),
        later("Choose a function, and slide z: see where it is steep and where it is flat."),
    ),
    later("What is the slope of the sigmoid at 0, that of tanh at 0, and that of ReLU at -2?"),
    (
        Field("function", Note("function"), "choice", "sigmoid", choices=tuple((name, name) for name in _SHOWN)),
        Field("z", "z", "slider", 2.0, -6.0, 6.0, 0.1),
        Field("sigmoid", Note("slope of sigmoid at 0")),
        Field("tanh", Note("slope of tanh at 0")),
        Field("relu", Note("slope of ReLU at -2")),
    ),
    _look_at_slopes,
    _check_slopes,
    (
        r"\sigma'(z) = \sigma(z)\,(1 - \sigma(z)), \quad \sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\tanh'(z) = 1 - \tanh^2 z",
        r"\mathrm{relu}'(z) = 1 \text{ if } z > 0, \text{ else } 0",
    ),
    later("The slope is the second number in the table. At 0 the sigmoid is 0.5: put that into its slope's equation."),
)

_FIRST = (np.array([[1.0, -2.0], [3.0, 1.0]]), np.array([1.0, 0.0]))
_SECOND = (np.array([[2.0], [-1.0]]), np.array([0.5]))
_INPUTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 2.0]])


def stack() -> Network:
    """Return two linear layers, one behind the other, with small whole numbers."""
    network = Network([Dense(2), Dense(1)], "mean_squared_error", input_shape=(2,), dtype="float64")
    network.params = tuple({"W": W, "b": b} for W, b in (_FIRST, _SECOND))
    return network


def _one_layer() -> dict[str, float]:
    """Return the weights and the bias of the one layer that the stack is: its answers to 0 and to the units."""
    answers = stack().predict(_INPUTS[:3]).ravel()
    return {"w1": float(answers[1] - answers[0]), "w2": float(answers[2] - answers[0]), "b": float(answers[0])}


def _look_at_stack(answers: Answers) -> list[Block]:
    traced = stack().trace(_INPUTS)
    wanted = traced["layer1.Z"].ravel()
    typed = [answers[name] for name in ("w1", "w2", "b")]
    rows = []
    for i, (x1, x2) in enumerate(_INPUTS):
        own = None if None in typed else x1 * typed[0] + x2 * typed[1] + typed[2]
        mark = "" if own is None else blocks.RIGHT if np.isclose(own, wanted[i]) else blocks.WRONG
        rows.append([x1, x2, wanted[i], blocks.cell("" if own is None else own, mark)])
    arrays = {"W1": _FIRST[0], "b1": _FIRST[1], "W2": _SECOND[0], "b2": _SECOND[1]}
    return [
        blocks.matrices(tr("the two layers"), arrays),
        blocks.table(tr("the stack beside your one layer"), ["x1", "x2", tr("both layers"), tr("your layer")], rows),
    ]


def _check_stack(answers: Answers, _session: Session) -> Verdict:
    return judged(
        wrong_numbers(answers, _one_layer(), 2),
        later(
            "W = W1 W2 and b = b1 W2 + b2. However many linear layers there are, they are one. Only an "
            "activation between them makes more of them. Open it in the lab, and add one."
        ),
        later("Not right yet: {count} of the three numbers."),
    )


STACK = Lesson(
    "stack",
    later("Why a stack of linear layers is one"),
    (
        later("Here are two layers without an activation between them. The first gives two numbers, the second one."),
        later("Multiplied out, they are a single layer with two weights and a bias."),
    ),
    later("Find w1, w2 and b of the one layer that does the same as both."),
    (Field("w1", "w1"), Field("w2", "w2"), Field("b", "b")),
    _look_at_stack,
    _check_stack,
    (r"(x W_1 + b_1)\, W_2 + b_2 = x\, W + b", r"W = W_1 W_2, \quad b = b_1 W_2 + b_2"),
    later("What comes out for (0, 0) is the bias. How much more comes out for (1, 0) is w1."),
    Blueprint(data=DataChoice(name="circles"), layers=(Dense(4, initializer="xavier"), Dense(4, initializer="xavier"))),
)
