"""Losses of class scores with their gradients: softmax with cross-entropy, and margins; examples are columns.

Y is one-hot, and both losses are means over the examples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation
from chainrule.checker.equations.softmax import softmax

Formula = Callable[[Any, Any, int], Any]
"""A loss, or its gradient, from the probabilities or the scores, the targets and the number of examples."""


def cases() -> list[Values]:
    """Return scores Z and targets Y, of different numbers of classes and examples and of the same."""
    rng = np.random.default_rng(8)
    return [{"Z": rng.standard_normal((K, m)), "Y": np.eye(K)[:, np.arange(m) % K]} for K, m in ((3, 5), (4, 4))]


def _of_probabilities(gradient: Formula, value: Formula, v: Values) -> Values:
    P, Y, m = softmax(v["Z"]), v["Y"], v["Y"].shape[1]
    return {"loss": value(P, Y, m), "dx": gradient(P, Y, m)}


def _of_scores(gradient: Formula, value: Formula, v: Values) -> Values:
    Z, Y, m = v["Z"], v["Y"], v["Y"].shape[1]
    return {"loss": value(Z, Y, m), "dx": gradient(Z, Y, m)}


def _entropy_gradient(P: Any, Y: Any, m: int) -> Any:
    return (P - Y) / m


def _entropy(P: Any, Y: Any, m: int) -> Any:
    return -(Y * np.log(P)).sum() / m


def softmax_loss(v: Values) -> Values:
    """Return the mean cross-entropy of softmax, and its gradient with respect to the scores."""
    return _of_probabilities(_entropy_gradient, _entropy, v)


def summed_softmax_loss(v: Values) -> Values:
    """Return the sum over the examples, with its gradient."""
    return _of_probabilities(lambda P, Y, m: P - Y, lambda P, Y, m: -(Y * np.log(P)).sum(), v)


def _not_logged(P: Any, Y: Any, m: int) -> Any:
    """Return the loss with the sum of the exponentials where its logarithm belongs."""
    shifted = np.log(P) - np.log(P).max(axis=0)
    return -(Y * (shifted - np.exp(shifted).sum(axis=0))).sum() / m


GRADIENTS: Rows[Formula] = {
    "softmax_loss.no-mean": lambda P, Y, m: P - Y,
    "softmax_loss.mean-twice": lambda P, Y, m: (P - Y) / m**2,
    "softmax_loss.slope-only": lambda P, Y, m: P * (1 - P) / m,
    "network_backward.mean-of-labels": lambda P, Y, m: P - Y / m,
    "network_backward.m-is-outputs": [lambda P, Y, m: (P - Y) / len(P), lambda P, Y, m: (P - Y) / P.size],
    "network_backward.sign": [lambda P, Y, m: (Y - P) / m, lambda P, Y, m: Y - P],
    "network_backward.labels-lost": [lambda P, Y, m: P / m, lambda P, Y, m: P],
    "network_backward.output-slope-lost": [lambda P, Y, m: -(Y / P) / m, lambda P, Y, m: -(Y / P)],
    "network_backward.softmax-elementwise": [lambda P, Y, m: -Y * (1 - P) / m, lambda P, Y, m: -Y * (1 - P)],
    "network_backward.output-slope-twice": [
        lambda P, Y, m: (P - Y) * P * (1 - P) / m,
        lambda P, Y, m: (P - Y) * P * (1 - P),
    ],
    "network_backward.all-doubled": lambda P, Y, m: 2 * (P - Y) / m,
}
"""Wrong gradients of softmax with cross-entropy with respect to the scores, which are dZ of a network's last layer."""
_VALUES: dict[str, Formula] = {
    "cost.no-mean": lambda P, Y, m: -(Y * np.log(P)).sum(),
    "cost.no-minus": lambda P, Y, m: (Y * np.log(P)).sum() / m,
    "cost.no-minus-no-mean": lambda P, Y, m: (Y * np.log(P)).sum(),
    "cost.mean-over-classes": lambda P, Y, m: -(Y * np.log(P)).mean(),
    "cost.no-logarithm": lambda P, Y, m: -(Y * P).sum() / m,
    "cost.per-example": lambda P, Y, m: -(Y * np.log(P)).sum(axis=0),
    "cost.all-classes": lambda P, Y, m: -np.log(P).sum() / m,
    "softmax_loss.sum-not-logged": _not_logged,
}


def _over_examples(v: Values) -> Values:
    """Return loss and gradient of a softmax that is normalized over the examples."""
    P, Y, m = softmax(v["Z"].T).T, v["Y"], v["Y"].shape[1]
    return {"loss": _entropy(P, Y, m), "dx": _entropy_gradient(P, Y, m)}


def softmax_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of the loss of softmax or of its gradient."""
    gradients, values = each_equation(GRADIENTS), _VALUES.items()
    wrong = [Mistake(key, partial(_of_probabilities, gradient, _entropy)) for key, gradient in gradients]
    wrong += [Mistake(key, partial(_of_probabilities, _entropy_gradient, value)) for key, value in values]
    return [*wrong, Mistake("softmax.wrong-axis", _over_examples)]


def _margins(Z: Any, Y: Any, width: float = 1.0) -> Any:
    """Return by how much each other class is nearer to the right one than the width."""
    return np.maximum(0, Z - (Y * Z).sum(axis=0) + width) * (1 - Y)


def _margin_gradient(Z: Any, Y: Any, m: int, width: float = 1.0) -> Any:
    inside = (_margins(Z, Y, width) > 0) * 1.0
    return (inside - Y * inside.sum(axis=0)) / m


def _margin_value(Z: Any, Y: Any, m: int, width: float = 1.0) -> Any:
    return _margins(Z, Y, width).sum() / m


def margin_loss(v: Values) -> Values:
    """Return the mean of the margins that are not kept, and its gradient with respect to the scores."""
    return _of_scores(_margin_gradient, _margin_value, v)


_MARGIN_GRADIENTS: dict[str, Formula] = {
    "svm_loss.no-mean": lambda Z, Y, m: _margin_gradient(Z, Y, 1),
    "svm_loss.sign": lambda Z, Y, m: -_margin_gradient(Z, Y, m),
    "svm_loss.right-class-lost": lambda Z, Y, m: (_margins(Z, Y) > 0) / m,
    "svm_loss.right-class-once": lambda Z, Y, m: ((_margins(Z, Y) > 0) * 1.0 - Y) / m,
    "svm_loss.margins-for-steps": lambda Z, Y, m: (_margins(Z, Y) - Y * _margins(Z, Y).sum(axis=0)) / m,
}
_MARGIN_VALUES: dict[str, Formula] = {
    "svm_loss.no-mean": lambda Z, Y, m: _margins(Z, Y).sum(),
    "svm_loss.own-margin": lambda Z, Y, m: _margins(Z, Y).sum() / m + 1,
    "svm_loss.not-clipped": lambda Z, Y, m: ((Z - (Y * Z).sum(axis=0) + 1) * (1 - Y)).sum() / m,
}


def margin_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of the loss of margins or of its gradient."""
    wrong = [Mistake(key, partial(_of_scores, each, _margin_value)) for key, each in _MARGIN_GRADIENTS.items()]
    wrong += [Mistake(key, partial(_of_scores, _margin_gradient, each)) for key, each in _MARGIN_VALUES.items()]
    no_width = partial(_of_scores, partial(_margin_gradient, width=0.0), partial(_margin_value, width=0.0))
    return [*wrong, Mistake("svm_loss.no-width", no_width)]


def classifier_cases() -> list[Values]:
    """Return a linear classifier's W, pictures X as columns, targets Y, and the strength of the penalty."""
    rng = np.random.default_rng(9)
    drawn: list[Values] = []
    for n_x, K, m in ((6, 3, 5), (4, 4, 4)):
        X, W = rng.standard_normal((n_x, m)), rng.standard_normal((K, n_x))
        drawn.append({"X": X, "W": W, "Y": np.eye(K)[:, np.arange(m) % K], "reg": 0.7})
    return drawn


def classifier(loss: Equation, v: Values, value: float = 1.0, slope: float = 2.0) -> Values:
    """Return the loss of scores W X, plus `value` times the penalty of W, and dW with `slope` times its gradient."""
    data = loss({"Z": v["W"] @ v["X"], "Y": v["Y"]})
    penalty, gradient = v["reg"] * (v["W"] ** 2).sum(), v["reg"] * v["W"]
    return {"loss": data["loss"] + value * penalty, "dW": data["dx"] @ v["X"].T + slope * gradient}


def classifier_rights(loss: Equation) -> list[Equation]:
    """Return the two usual penalties: with the factor 1/2 and without."""
    return [partial(classifier, loss), partial(classifier, loss, value=0.5, slope=1.0)]


def classifier_mistakes(loss: Equation, wrong: list[Mistake]) -> list[Mistake]:
    """Return the usual wrong versions of a linear classifier's loss, those of the loss of its scores among them."""
    penalties = [(1.0, 1.0), (0.5, 2.0), (1.0, 0.5)]
    mistakes = [Mistake("classifier.penalty-factor", partial(classifier, loss, value=a, slope=b)) for a, b in penalties]
    mistakes += [
        Mistake("classifier.penalty-not-in-loss", partial(classifier, loss, value=0.0, slope=b)) for b in (1, 2)
    ]
    mistakes += [Mistake("classifier.penalty-not-in-dW", partial(classifier, loss, value=a, slope=0)) for a in (0.5, 1)]
    mistakes.append(Mistake("classifier.no-penalty", partial(classifier, loss, value=0.0, slope=0.0)))
    for value, slope in ((1.0, 2.0), (0.5, 1.0)):
        mistakes += [Mistake(m.key, partial(classifier, m.wrong, value=value, slope=slope)) for m in wrong]
    return mistakes
