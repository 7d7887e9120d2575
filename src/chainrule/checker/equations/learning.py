"""A linear layer that takes its own step in its backward pass, and how that goes wrong.

The results are the gradients, and dW and db are those that the parameters went along.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chainrule.checker.equations import linear
from chainrule.checker.equations.mistakes import Mistake, Rows, Values, each_equation

RATE = 0.2

_CHANGES: Rows[Callable[[Values, Values], Values]] = {
    "update.ascent": [
        lambda v, g: {"dW": -g["dW"], "db": -g["db"]},
        lambda v, g: {"dW": -g["dW"]},
        lambda v, g: {"db": -g["db"]},
        lambda v, g: {"dW": -g["dW"], "dA_prev": (v["W"] + RATE * g["dW"]).T @ v["dZ"]},
    ],
    "update.biases-skipped": lambda v, g: {"db": 0 * g["db"]},
    "update.weights-skipped": lambda v, g: {"dW": 0 * g["dW"]},
    "update.no-rate": lambda v, g: {"dW": g["dW"] / RATE, "db": g["db"] / RATE},
    "network_backward.updated-first": lambda v, g: {"dA_prev": (v["W"] - RATE * g["dW"]).T @ v["dZ"]},
}
"""What is different, from the case and the right gradients."""


def _changed(change: Callable[[Values, Values], Values], mean: bool, v: Values) -> Values:
    gradients = linear.backward(v, mean=mean)
    return gradients | change(v, gradients)


def mistakes() -> list[Mistake]:
    """Return what goes wrong in the step, and in the gradients."""
    changes = list(each_equation(_CHANGES))
    wrong = [Mistake(key, partial(_changed, change, mean)) for mean in (False, True) for key, change in changes]
    return wrong + linear.backward_mistakes(mean=False)
