"""Lessons 5 to 7: three layers with the book's numbers, softmax, and digits one by one and in batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule import datasets
from chainrule.common.texts import Note, later, tr
from chainrule.equations.optimizers import Adam
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict, is_close, judged, wrong_numbers
from chainrule.lab.session import Session
from chainrule.layers import Dense, Sigmoid
from chainrule.lessons import book

_X = np.array([1.0, 0.5])
_DIGITS = 3  # behind the point, that are asked for


def _right() -> dict[str, float]:
    """Return the numbers that are asked for, from the trace of the book's pass."""
    network = book.init_network()
    traced = book.trace(network, _X)
    y = book.forward(network, _X)
    return {"L1": float(traced["L1"].flat[0]), "z1": float(traced["z1"].flat[0]), "y1": float(y[0]), "y2": float(y[1])}


def _with_sums_for_signals() -> Any:
    """Return what comes out if sums are handed on in place of activations, as happens in notes on the book."""
    n = book.init_network()
    return ((_X @ n["W1"] + n["b1"]) @ n["W2"] + n["b2"]) @ n["W3"] + n["b3"]


def _look_at_three_layers(answers: Answers) -> list[Block]:
    network = book.init_network()
    traced = book.trace(network, _X)
    shown = [blocks.matrices(tr("layer 1"), {"x": _X, "W1": network["W1"], "b1": network["b1"]})]
    right = _right()
    if not wrong_numbers(answers, {name: right[name] for name in ("L1", "z1")}, _DIGITS):
        later_layers = {name: network[name] for name in ("W2", "b2", "W3", "b3")}
        shown.append(blocks.matrices(tr("what layer 1 gives"), {"L1": traced["L1"], "z1": traced["z1"]}))
        shown.append(blocks.matrices(tr("layers 2 and 3"), later_layers))
    if not wrong_numbers(answers, right, _DIGITS):
        names = ("L2", "z2", "L3")
        shown.append(blocks.matrices(tr("what layers 2 and 3 give"), {name: traced[name] for name in names}))
    return shown


def _check_three_layers(answers: Answers, _session: Session) -> Verdict:
    slip = _with_sums_for_signals()
    if is_close(answers["y1"], slip[0], _DIGITS) or is_close(answers["y2"], slip[1], _DIGITS):
        text = Note(
            "That is what comes of the sums L1 and L2. The next layer gets z1 and z2, which went through the sigmoid."
        )
        return Verdict(False, text, ("y1", "y2"))
    return judged(
        wrong_numbers(answers, _right(), _DIGITS),
        later("To the digit of the book. The output is the identity here: the numbers themselves."),
        later("Not right yet: {count} of the numbers. Three digits behind the point are enough."),
    )


THREE_LAYERS = Lesson(
    "three-layers",
    later("Three layers with the book's numbers"),
    (
        later(
            "Two inputs, three and two hidden neurons, two outputs. Each layer adds up L = z W + b, and a hidden one "
            "sends z = sigmoid(L) on. The last one sends L itself."
        ),
        later("When the first two numbers are right, the page shows the rest of layer 1, and the layers behind it."),
    ),
    later("Compute the first sum L1[0] and its z1[0], and then both outputs."),
    (Field("L1", "L1[0]"), Field("z1", "z1[0]"), Field("y1", "y[0]"), Field("y2", "y[1]")),
    _look_at_three_layers,
    _check_three_layers,
    (r"L^{(l)} = z^{(l-1)} W^{(l)} + b^{(l)}", r"z^{(l)} = \sigma(L^{(l)}), \quad y = L^{(3)}"),
    later("L1[0] = 1.0 · 0.1 + 0.5 · 0.2 + 0.1: the first column of W1 belongs to the first neuron."),
)

_SCORES = np.array([1010.0, 1000.0, 990.0])


def _look_at_softmax(answers: Answers) -> list[Block]:
    c = answers["c"] or 0.0
    with np.errstate(all="ignore"):
        powers = np.exp(_SCORES - c)
        shares = powers / powers.sum()
    rows = []
    for score, power, share in zip(_SCORES, powers, shares, strict=True):
        mark = blocks.RIGHT if np.isfinite(share) else blocks.WRONG
        rows.append([score, score - c, blocks.cell(power), blocks.cell(share, mark)])
    return [blocks.table(tr("softmax, as it is computed"), ["a", "a - c", "exp(a - c)", "y"], rows)]


def _check_softmax(answers: Answers, _session: Session) -> Verdict:
    c = answers["c"] or 0.0
    with np.errstate(all="ignore"):
        powers = np.exp(_SCORES - c)
        finite = bool(np.isfinite(powers / powers.sum()).all())
    wrong = [] if finite else ["c"]
    wrong += [] if is_close(answers["y1"], float(book.softmax(_SCORES)[0]), 4) else ["y1"]
    wrong += [] if answers["always"] == "largest" else ["always"]
    return judged(
        wrong,
        later(
            "The largest exponent is 0 then, so no power is above 1, and at least one is not 0. Both the "
            "numerator and the denominator are divided by the same number, so softmax does not change."
        ),
        later("Not right yet: {count} of the answers."),
    )


SOFTMAX = Lesson(
    "softmax",
    later("Softmax without overflow"),
    (
        later("Softmax makes probabilities of scores. But exp(1010) is larger than any float, and inf / inf is nan."),
        later("The same number c may be subtracted from all scores: it cancels out."),
    ),
    later("Subtract a c that gives finite numbers. What is y[0] then, and which c always works?"),
    (
        Field("c", "c", "number", 0.0, -2000.0, 2000.0),
        Field("y1", "y[0]"),
        Field(
            "always",
            Note("c that always works"),
            "choice",
            None,
            choices=(
                ("smallest", Note("the smallest score")),
                ("mean", Note("the mean of the scores")),
                ("largest", Note("the largest score")),
            ),
        ),
    ),
    _look_at_softmax,
    _check_softmax,
    (r"y_k = \frac{e^{a_k - c}}{\sum_i e^{a_i - c}}",),
    later("Try c = 1000. Then think of the scores 2000, 0 and 0: which c leaves no exponent above 0?"),
)

_BATCH = 100
_PASSED = 250  # pictures
_ENOUGH = 0.9
_RUNS = 3  # of which the fastest counts
_SIZES = (784, 50, 100, 10)


@cache
def _digits() -> Any:
    (X, _), _ = datasets.load_mnist_small()
    return np.asarray(X[:_PASSED], float)


def _network() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    network: dict[str, Any] = {}
    for l, (n, m) in enumerate(pairwise(_SIZES), start=1):  # noqa: E741
        network |= {f"W{l}": rng.standard_normal((n, m)) / np.sqrt(n), f"b{l}": np.zeros(m)}
    return network


def _timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a function makes, and the seconds of its fastest run: others may be held up by other programs."""
    seconds = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        made = function()
        seconds.append(time.perf_counter() - started)
    return made, min(seconds)


def _look_at_batches(answers: Answers) -> list[Block]:
    X, network = _digits(), _network()
    one_by_one, slow = _timed(lambda: np.stack([book.predict(network, x) for x in X]))
    at_once, fast = _timed(
        lambda: np.concatenate([book.predict(network, X[i : i + _BATCH]) for i in range(0, len(X), _BATCH)])
    )
    same = bool((one_by_one.argmax(axis=1) == at_once.argmax(axis=1)).all())
    head = ["", "x", "W1", "W2", "W3", "y", tr("passes"), tr("milliseconds")]
    shapes = ["784×50", "50×100", "100×10"]
    rows = [
        [tr("one by one"), "1×784", *shapes, "1×10", len(X), f"{1000 * slow:.1f}"],
        [
            tr("in batches of 100"),
            "100×784",
            *shapes,
            "100×10",
            -(-len(X) // _BATCH),
            f"{1000 * fast:.1f}",
        ],
    ]
    shown = [blocks.table(tr("{count} pictures through three layers, measured now", count=len(X)), head, rows)]
    shown.append(blocks.text(tr("Both say the same digit for every picture.") if same else tr("Their digits differ.")))
    pictures = _digits()[:10].reshape(-1, 28, 28)
    return [*shown, blocks.pictures(tr("some of the digits"), pictures, [str(i) for i in range(len(pictures))])]


def _check_batches(answers: Answers, session: Session) -> Verdict:
    wrong = wrong_numbers(answers, {"passes": 3.0, "last": 50.0}, 2)
    if wrong:
        return Verdict(False, Note("Not right yet: {count} of the two numbers.", {"count": len(wrong)}), wrong)
    scores = session.state().scores
    accuracy = scores.get("val_accuracy", scores.get("accuracy", 0.0))
    if session.blueprint.data.kind != "digits" or accuracy < _ENOUGH:
        missing = Note(
            "The numbers are right. Now train on the digits in the lab, to a validation accuracy of {enough:.0%}.",
            {"enough": _ENOUGH},
        )
        return Verdict(False, missing)
    read = Note("Your network reads {accuracy:.1%} of the digits that it has not seen.", {"accuracy": accuracy})
    return Verdict(True, read)


BATCHES = Lesson(
    "batches",
    later("Digits, one by one and in batches"),
    (
        later("A picture of a digit is a row of 784 numbers. A hundred of them below each other are a batch."),
        later(
            "The weights stay as they are; only the first axis of everything grows from 1 to 100. One large product is "
            "much faster than a hundred small ones."
        ),
    ),
    later(
        "250 pictures in batches of 100: how many passes are that, and how many pictures has the last one? Then open "
        "the digits in the lab, and train until 90% of the validation set are right."
    ),
    (Field("passes", Note("passes")), Field("last", Note("pictures in the last pass"))),
    _look_at_batches,
    _check_batches,
    (r"X_{100 \times 784}\; W_{784 \times 50}\; W_{50 \times 100}\; W_{100 \times 10} \to Y_{100 \times 10}",),
    later("100 and 100, and what is left. In the lab, press Play, and wait for some epochs."),
    Blueprint(
        data=DataChoice(kind="digits", name="digits"),
        layers=(Dense(50, initializer="xavier"), Sigmoid()),
        optimizer=Adam(lr=0.01),
    ),
)
