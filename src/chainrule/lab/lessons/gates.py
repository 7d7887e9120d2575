"""Lessons 1 and 2: a gate whose weights are set by hand, and XOR, which takes three of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.common.texts import Note, later, tr
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict
from chainrule.lab.session import Session
from chainrule.lessons.perceptron import AND, NAND, OR, Perceptron, learn, xor

_POINTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
_GATES = {"AND": AND, "OR": OR, "NAND": NAND}
_NAMES = tuple((name, name) for name in _GATES)


def _perceptron(answers: Answers) -> Perceptron:
    w1, w2, b = (answers[name] or 0.0 for name in ("w1", "w2", "b"))
    return Perceptron((w1, w2), b)


def _look_at_gate(answers: Answers) -> list[Block]:
    gate = _perceptron(answers)
    y, wanted = gate(_POINTS), AND(_POINTS)
    sums = _POINTS @ np.array(gate.weights) + gate.bias
    rows = [
        [x1, x2, total, blocks.cell(int(got), blocks.RIGHT if got == want else blocks.WRONG), int(want)]
        for (x1, x2), total, got, want in zip(_POINTS, sums, y, wanted, strict=True)
    ]
    caption = tr("the four inputs")
    return [
        blocks.table(caption, ["x1", "x2", "w1·x1 + w2·x2 + b", "y", "AND"], rows),
        blocks.plane(tr("1 on one side of the line, 0 on the other"), _dots(wanted), _line(gate), ("x1", "x2")),
    ]


def _dots(labels: Any, at: Any = _POINTS) -> list[tuple[float, float, int, str]]:
    return [(float(x), float(y), int(label), str(int(label))) for (x, y), label in zip(at, labels, strict=True)]


def _line(gate: Perceptron) -> list[Sequence[tuple[float, float]]]:
    """Return where the sum of a gate is 0, as far as it lies in the picture."""
    (w1, w2), b = gate.weights, gate.bias
    low, high = -0.5, 1.5
    ends = [(x, -(b + w1 * x) / w2) for x in (low, high)] if w2 else []
    ends += [(-(b + w2 * y) / w1, y) for y in (low, high)] if w1 else []
    inside = sorted({(round(x, 9), round(y, 9)) for x, y in ends if low <= x <= high and low <= y <= high})
    return [[inside[0], inside[-1]]] if len(inside) > 1 else []


def _check_gate(answers: Answers, _session: Session) -> Verdict:
    missed = int((_perceptron(answers)(_POINTS) != AND(_POINTS)).sum())
    if missed == 0:
        return Verdict(True, Note("That is AND. There are many such numbers: every line that cuts off (1, 1) alone."))
    return Verdict(False, Note("Not those of AND yet: {count} of the four outputs.", {"count": missed}))


GATE = Lesson(
    "gate",
    later("A gate by hand"),
    (
        later(
            "A perceptron adds up its inputs, each times a weight, and a bias. Its output is 1 if the sum is above 0, "
            "and 0 otherwise."
        ),
        later("It learns nothing here: you are the one who finds the three numbers."),
    ),
    later("Set w1, w2 and b so that the output is that of AND."),
    (
        Field("w1", "w1", "slider", 0.5, -1.0, 1.0, 0.05),
        Field("w2", "w2", "slider", 0.5, -1.0, 1.0, 0.05),
        Field("b", "b", "slider", -0.2, -1.0, 1.0, 0.05),
    ),
    _look_at_gate,
    _check_gate,
    (r"y = 1 \text{ if } w_1 x_1 + w_2 x_2 + b > 0, \text{ else } 0",),
    later("At (1, 1) the sum must be above 0, and at (0, 1) and (1, 0) not. Only the bias has to move."),
)


def _composed(answers: Answers) -> tuple[Any, Any, Any] | None:
    """Return what the two first gates and the last one say of the four inputs."""
    if not all(answers.values()):
        return None
    s1, s2 = (_GATES[answers[name]](_POINTS) for name in ("s1", "s2"))
    return s1, s2, _GATES[answers["y"]](np.stack([s1, s2], axis=-1))


def _look_at_xor(answers: Answers) -> list[Block]:
    wanted = xor(_POINTS)
    composed = _composed(answers)
    if composed is None:
        learned = learn(_POINTS, wanted)
        told = tr(
            "No line has both ones on one side: the perceptron's own rule tried {epochs} epochs, and made at least "
            "{mistakes} mistakes in each.",
            epochs=len(learned.mistakes),
            mistakes=min(learned.mistakes),
        )
        return [blocks.plane(tr("XOR: which line?"), _dots(wanted), [], ("x1", "x2")), blocks.text(told)]
    s1, s2, y = composed
    rows = [
        [*point, int(a), int(b), blocks.cell(int(got), blocks.RIGHT if got == want else blocks.WRONG), int(want)]
        for point, a, b, got, want in zip(_POINTS, s1, s2, y, wanted, strict=True)
    ]
    last = _GATES[answers["y"]]
    places = np.stack([s1, s2], axis=-1)
    return [
        blocks.table(tr("the four inputs"), ["x1", "x2", "s1", "s2", "y", "XOR"], rows),
        blocks.plane(tr("what the last gate sees"), _dots(wanted, places), _line(last), ("s1", "s2")),
    ]


def _check_xor(answers: Answers, _session: Session) -> Verdict:
    composed = _composed(answers)
    if composed is None:
        return Verdict(False, Note("Choose all three gates."), tuple(name for name in answers if not answers[name]))
    missed = int((composed[2] != xor(_POINTS)).sum())
    if missed:
        return Verdict(False, Note("Not those of XOR yet: {count} of the four outputs.", {"count": missed}))
    return Verdict(
        True,
        Note(
            "That is XOR: the first two gates move the points so that one line is enough for the last one. This is "
            "what a hidden layer does."
        ),
    )


XOR = Lesson(
    "xor",
    later("XOR by composition"),
    (
        later(
            "XOR is 1 if exactly one of the inputs is 1. One line cannot cut that off, so one perceptron cannot say it."
        ),
        later("But gates can be put behind gates: s1 and s2 look at the inputs, and the last one looks at s1 and s2."),
    ),
    later("Choose the three gates so that the output is that of XOR."),
    (
        Field("s1", "s1", "choice", None, choices=_NAMES),
        Field("s2", "s2", "choice", None, choices=_NAMES),
        Field("y", "y", "choice", None, choices=_NAMES),
    ),
    _look_at_xor,
    _check_xor,
    (r"s_1 = g_1(x_1, x_2), \quad s_2 = g_2(x_1, x_2)", r"y = g_3(s_1, s_2)"),
    later("XOR is: one of them (OR), but not both (NAND), and that together (AND)."),
    Blueprint(data=DataChoice(kind="gate", name="xor")),
)
