"""Lessons 11 and 12: backward by hand for one neuron, and the update."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.texts import Note, later, tr
from chainrule.equations.optimizers import SGD
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict, judged, wrong_numbers
from chainrule.lab.session import Session
from chainrule.layers import Dense
from chainrule.network import Network
from chainrule.trace.trace import Trace, Why

_X, _Y = np.array([[1.0, 2.0]]), np.array([1])
_W, _B = np.array([[0.5], [-0.25]]), np.array([0.1])
RATE = 0.5
_RATES = np.linspace(0.0, 4.0, 41)


def neuron(W: Any = _W, b: Any = _B) -> Network:
    """Return one neuron with a sigmoid, whose loss is the cross-entropy."""
    network = Network([Dense(1)], "binary_cross_entropy", input_shape=(2,), dtype="float64")
    network.params = ({"W": W, "b": b},)
    return network


def _traced() -> Trace:
    """Return the pass of the neuron, with one step of gradient descent."""
    return neuron().trace(_X, _Y, optimizer=SGD(lr=RATE))


def _gradients() -> dict[str, float]:
    traced = _traced()
    dW = traced["layer0.dW"].ravel()
    return {
        "dz": traced["layer0.dZ"].item(),
        "dw1": float(dW[0]),
        "dw2": float(dW[1]),
        "db": traced["layer0.db"].item(),
    }


def _look_at_neuron(answers: Answers) -> list[Block]:
    traced = _traced()
    z, a = traced["layer0.Z"].item(), traced["loss.P"].item()
    head = ["x1", "x2", "w1", "w2", "b", "z", "a", "y"]
    numbers = [*_X.ravel(), *_W.ravel(), _B.item(), z, a, 1]
    shown = [blocks.table(tr("forward"), head, [numbers])]
    if not wrong_numbers(answers, _gradients(), 3):
        rows = []
        for name, path in (("dw1", "layer0.W[0, 0]"), ("dw2", "layer0.W[1, 0]"), ("db", "layer0.b[0]")):
            why = traced.why(path, difference=True)
            assert isinstance(why, Why) and why.difference is not None
            rows.append([name, why.value, why.difference.value])
        head = ["", tr("your gradient"), tr("finite difference")]
        shown.append(blocks.table(tr("compared with a finite difference of the loss"), head, rows))
    return shown


def _check_backward(answers: Answers, _session: Session) -> Verdict:
    right = _gradients()
    flipped = {name: -value for name, value in right.items()}
    if not wrong_numbers(answers, flipped, 3):
        return Verdict(False, Note("All signs are turned around: dz is a - y, and not y - a."), tuple(right))
    return judged(
        wrong_numbers(answers, right, 3),
        later("dz is below 0: a larger z would make the loss smaller. Each weight's share of it is its input."),
        later("Not right yet: {count} of the gradients."),
    )


BACKWARD = Lesson(
    "backward",
    later("Backward by hand for one neuron"),
    (
        later("One neuron, one example with the label 1. Forward is done: z = w1 x1 + w2 x2 + b, and a = sigmoid(z)."),
        later("With the cross-entropy, the slope of the loss at z is simply a - y. From there it is one product each."),
    ),
    later("Compute dz, dw1, dw2 and db to three digits."),
    (Field("dz", "dz"), Field("dw1", "dw1"), Field("dw2", "dw2"), Field("db", "db")),
    _look_at_neuron,
    _check_backward,
    (r"dz = a - y, \quad dw_i = x_i\, dz, \quad db = dz",),
    later("a is in the table, and y is 1. x2 is 2, so dw2 is twice dw1."),
)


def _renewed() -> dict[str, float]:
    traced = _traced()
    W, b = traced["layer0.new_W"].ravel(), traced["layer0.new_b"]
    return {"w1": float(W[0]), "w2": float(W[1]), "b": b.item()}


def _loss_after(rate: float) -> float:
    traced = _traced()
    W = _W - rate * traced["layer0.dW"]
    b = _B - rate * traced["layer0.db"]
    loss = neuron(W, b).trace(_X, _Y).loss
    assert loss is not None
    return loss.value


def _look_at_update(answers: Answers) -> list[Block]:
    old, gradients = dict(zip(("w1", "w2", "b"), (*_W.ravel(), _B.item()), strict=True)), _gradients()
    is_known = not wrong_numbers(answers, _renewed(), 3)
    rows = [[name, old[name], gradients[f"d{name}"], _renewed()[name] if is_known else "?"] for name in old]
    shown = [
        blocks.table(tr("one step with a learning rate of {rate}", rate=RATE), ["", tr("old"), "d", tr("new")], rows)
    ]
    if is_known:
        rate = answers["rate"] or RATE
        losses = np.array([_loss_after(tried) for tried in _RATES])
        shown.append(
            blocks.curves(tr("loss after one step"), _RATES, {tr("loss"): losses}, (tr("learning rate"), ""), rate)
        )
        told = tr(
            "learning rate {rate}: the loss goes from {before} to {after}",
            rate=blocks.number(rate),
            before=blocks.number(_loss_after(0.0)),
            after=blocks.number(_loss_after(rate)),
        )
        shown.append(blocks.text(told))
    return shown


def _check_update(answers: Answers, _session: Session) -> Verdict:
    right, old = _renewed(), {"w1": float(_W[0, 0]), "w2": float(_W[1, 0]), "b": _B.item()}
    uphill = {name: 2 * old[name] - value for name, value in right.items()}
    if not wrong_numbers(answers, uphill, 3):
        text = Note(
            "That is a step up the hill: the gradient is subtracted, because it points to where the loss grows."
        )
        return Verdict(False, text, tuple(right))
    return judged(
        wrong_numbers(answers, right, 3),
        later("The loss is smaller. Slide the learning rate now: for one example, more is always better."),
        later("Not right yet: {count} of the numbers."),
    )


UPDATE = Lesson(
    "update",
    later("The update"),
    (
        later("The gradient says in which direction the loss grows. A step of gradient descent goes the other way."),
        later(
            "How far is up to the learning rate. It is the one number that most often decides whether training works."
        ),
    ),
    later("Compute the new w1, w2 and b after one step with a learning rate of 0.5."),
    (
        Field("w1", Note("new w1")),
        Field("w2", Note("new w2")),
        Field("b", Note("new b")),
        Field("rate", Note("learning rate, to try"), "slider", RATE, 0.0, 4.0, 0.1),
    ),
    _look_at_update,
    _check_update,
    (r"w := w - \eta\, dw, \qquad b := b - \eta\, db",),
    later("w1 is 0.5, and dw1 is in the table. Subtracting a number below 0 makes it larger."),
)
