"""Lessons 8 to 10: the size of the first weights, the pass of L layers with its caches, and the cost."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from chainrule.common.texts import Note, later, tr
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict, judged, wrong_numbers
from chainrule.lab.session import Session
from chainrule.lessons import stepwise

_SCALES: dict[str, float | str] = {"0": 0.0, "0.01": 0.01, "1/sqrt(n)": "lecun"}
_UNITS, _DEPTH, _EXAMPLES = 100, 5, 200


@cache
def _activations(scale: str) -> list[Any]:
    """Return the activations of each of some tanh layers, for normal inputs, with weights of a scale."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((_UNITS, _EXAMPLES))
    drawn = stepwise.initialize_parameters_deep([_UNITS] * (_DEPTH + 1), scale=_SCALES[scale], seed=1)
    layers = []
    for l in range(1, _DEPTH + 1):  # noqa: E741
        A, _ = stepwise.linear_activation_forward(A, drawn[f"W{l}"], drawn[f"b{l}"], activation="tanh")
        layers.append(A)
    return layers


def _look_at_scales(answers: Answers) -> list[Block]:
    scale = answers["scale"] or "0.01"
    layers = _activations(scale)
    named = {tr("layer {number}", number=i): A for i, A in enumerate(layers, start=1)}
    notes = {name: tr("spread {std}", std=blocks.number(A.std())) for name, A in named.items()}
    return [
        blocks.bars(tr("activations with weights of randn · {scale}", scale=scale), named, (-1.0, 1.0), notes),
        blocks.table(
            tr("layer 1, the first example"),
            [tr("neuron {number}", number=i) for i in range(4)],
            [layers[0][:4, 0].tolist()],
        ),
    ]


def _check_scales(answers: Answers, _session: Session) -> Verdict:
    wrong = [] if answers["best"] == "1/sqrt(n)" else ["best"]
    different = len(np.unique(_activations("0")[0]))
    wrong += wrong_numbers(answers, {"different": float(different)}, 2)
    return judged(
        wrong,
        later(
            "At 0 all neurons of a layer are one and the same, and get the same gradient: they never become "
            "different. At 0.01 the signal dies out layer by layer, and the gradient with it. With 1/sqrt(n) it stays."
        ),
        later("Not right yet: {count} of the answers. Switch the scale, and look at the last layer."),
    )


SCALES = Lesson(
    "scales",
    later("Weights at first: 0, 0.01 or 1/sqrt(n)"),
    (
        later("Five layers of 100 tanh neurons, and 200 examples. The weights are random numbers times a scale."),
        later("The bars show what comes out of each layer. A layer whose activations are all alike tells nothing."),
    ),
    later(
        "At which scale does the last layer still tell examples apart? And at 0: how many different activations has "
        "layer 1 in all?"
    ),
    (
        Field("scale", Note("scale"), "choice", "0.01", choices=tuple((name, name) for name in _SCALES)),
        Field("best", Note("the scale that works"), "choice", None, choices=tuple((name, name) for name in _SCALES)),
        Field("different", Note("different activations at 0")),
    ),
    _look_at_scales,
    _check_scales,
    (r"W^{[l]} = s \cdot \mathrm{randn}(n_l, n_{l-1})", r"s = 0, \quad 0.01, \quad \frac{1}{\sqrt{n_{l-1}}}"),
    later("The sum of n products grows with sqrt(n). What has to be done to each, so that the sum stays as it is?"),
)

_DIMS, _M = (5, 4, 3, 1), 4
_SHAPES = {"W2 rows": 3.0, "W2 columns": 4.0, "Z2 rows": 3.0, "Z2 columns": 4.0, "caches": 3.0}


def deep_pass() -> tuple[Any, Any, Any]:
    """Return parameters, output and caches of the pass of the notes: 5, 4, 3 and 1 neurons, and four examples."""
    X = np.random.default_rng(2).standard_normal((_DIMS[0], _M))
    parameters = stepwise.initialize_parameters_deep(_DIMS, seed=3)
    AL, caches = stepwise.L_model_forward(X, parameters)
    return parameters, AL, caches


def _look_at_caches(answers: Answers) -> list[Block]:
    parameters, AL, caches = deep_pass()
    rows = []
    for l, ((A_prev, W, b), Z) in enumerate(caches, start=1):  # noqa: E741
        is_known = l == 1 or not wrong_numbers(answers, _SHAPES, 1)
        shapes = [_shape(array) if is_known else "?" for array in (A_prev, W, b, Z)]
        rows.append([str(l), *shapes, "relu" if l < len(caches) else "sigmoid"])
    head = ["l", "A_prev", "W", "b", "Z", tr("activation")]
    shown = [blocks.table(tr("the caches, a row per layer"), head, rows)]
    (A_prev, W, b), Z = caches[0]
    shown.append(blocks.matrices(tr("caches[0]"), {"A0 = X": A_prev, "W1": W, "b1": b, "Z1": Z}))
    if not wrong_numbers(answers, _SHAPES, 1):
        shown.append(
            blocks.matrices(tr("caches[1], and the output"), {"W2": parameters["W2"], "Z2": caches[1][1], "AL": AL})
        )
    return shown


def _shape(array: Any) -> str:
    return "×".join(map(str, array.shape))


def _check_caches(answers: Answers, _session: Session) -> Verdict:
    return judged(
        wrong_numbers(answers, _SHAPES, 1),
        later(
            "Backward takes the caches from the last to the first: each has just what its layer needs for dW, "
            "db and dA_prev."
        ),
        later("Not right yet: {count} of the numbers."),
    )


CACHES = Lesson(
    "caches",
    later("The pass of L layers, with its caches"),
    (
        later("layer_dims = [5, 4, 3, 1], and four examples as columns. Each layer but the last ends with ReLU."),
        later("Each layer puts ((A_prev, W, b), Z) into the list of caches, because backward will need them."),
    ),
    later("Which shapes have W2 and Z2, and how many caches are there in the end?"),
    (
        Field("W2 rows", Note("rows of W2")),
        Field("W2 columns", Note("columns of W2")),
        Field("Z2 rows", Note("rows of Z2")),
        Field("Z2 columns", Note("columns of Z2")),
        Field("caches", Note("number of caches")),
    ),
    _look_at_caches,
    _check_caches,
    (r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}", r"A^{[l]} = g^{[l]}(Z^{[l]})"),
    later("W of a layer has a row per neuron and a column per input. Z has a row per neuron and a column per example."),
)

_AL, _Y = np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]])


def _look_at_cost(answers: Answers) -> list[Block]:
    cost = float(stepwise.compute_cost(_AL, _Y))
    is_known = not wrong_numbers(answers, {"cost": cost})
    rows = []
    for i, (a, y) in enumerate(zip(_AL.ravel(), _Y.ravel(), strict=True)):
        share = float(stepwise.compute_cost(_AL[:, [i]], _Y[:, [i]]))
        rows.append([a, int(y), "-log a" if y else "-log(1 - a)", share if is_known or i == 0 else "?"])
    head = ["a", "y", tr("what is left of the equation"), tr("cost of the example")]
    return [blocks.table(tr("three examples"), head, rows)]


def _check_cost(answers: Answers, _session: Session) -> Verdict:
    cost = float(stepwise.compute_cost(_AL, _Y))
    if not wrong_numbers(answers, {"cost": len(_Y.ravel()) * cost}, 3):
        return Verdict(False, Note("That is the sum. The cost is the mean over the examples."), ("cost",))
    return judged(
        wrong_numbers(answers, {"cost": cost}, 3),
        later("It would be 0 only if every probability were exactly its label."),
        later("The cost is not right yet. It is the natural logarithm, and the mean of all three."),
    )


COST = Lesson(
    "cost",
    later("The cost"),
    (
        later(
            "AL has the probability of 1 for each example, and Y the label. The cost says how wrong they are together."
        ),
        later("Of the two terms, one is always 0: where y is 1, only -log a is left; where y is 0, only -log(1 - a)."),
    ),
    later("What is the cost of these three examples?"),
    (Field("cost", Note("cost")),),
    _look_at_cost,
    _check_cost,
    (
        r"J = \frac{1}{m} \sum_{i=1}^{m} L_i",
        r"L_i = -y^{(i)} \log a^{(i)} - (1 - y^{(i)}) \log (1 - a^{(i)})",
    ),
    later("-log 0.8 = 0.2231. Two more such numbers, and then the mean."),
)
