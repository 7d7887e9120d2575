"""What is wrong with the last activation: it is applied twice, or cannot give what the loss asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from chainrule.layers import Activation
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.diagnosis.guessing import example_weights, one_hot
from chainrule.trace.diagnosis.subject import Subject, rms
from chainrule.trace.diagnosis.thresholds import LOGIT, OUT_OF_REACH, SAME
from chainrule.training.notes import last_layer, output_activation

_ENDLESS = 1000.0  # no activation ends beyond it; a leaky one is at 10,000 for a million


def doubled_activation(subject: Subject) -> Iterator[Finding]:
    """Find an output activation that the loss applies itself; a layer of a user's own is told by what it gives."""
    name = output_activation(subject.body, subject.loss)
    if name is None and _sums_to_one(subject):
        name = subject.trace.units[-1].label
    if name is not None:
        yield Finding("doubled-activation", _place(subject), {"label": name, "loss": type(subject.loss).__name__})


def _sums_to_one(subject: Subject) -> bool:
    """Return whether the logits of classes are probabilities already: none is negative, and their sum is 1."""
    Z = subject.result.Z
    answers = Z[example_weights(Z, subject.passed) > 0]
    one = np.abs(answers.sum(axis=-1) - 1) <= SAME
    return subject.loss.task == "multiclass" and bool(one.size and one.all() and (answers >= 0).all())


def out_of_reach(subject: Subject) -> Iterator[Finding]:
    """Find an output activation whose values end before the targets do, or before the logits that a loss needs."""
    last = last_layer(subject.body)
    if not isinstance(last, Activation) or output_activation(subject.body, subject.loss) is not None:
        return
    low, high = _range(last)
    facts = {"label": last.function, "low": low, "high": high}
    if subject.loss.task != "regression":
        # A softmax gives the same whether its logits went through a log-softmax or not.
        harmless = subject.loss.task == "multiclass" and last.function == "log_softmax"
        if not harmless and (low > -LOGIT or high < LOGIT):
            yield Finding("limited-logits", _place(subject), facts | {"loss": type(subject.loss).__name__})
        return
    Z = subject.result.Z
    Y = one_hot(subject.loss, Z, subject.passed)[example_weights(Z, subject.passed) > 0]
    if rms(Y - np.clip(Y, low, high)) > OUT_OF_REACH * Y.std():
        bounds = {"least": float(Y.min()), "largest": float(Y.max())}
        share = float(np.mean((low > Y) | (high < Y)))
        yield Finding("unreachable-targets", _place(subject), facts | bounds | {"share": share})


def _range(layer: Activation) -> tuple[float, float]:
    """Return the smallest and the largest value of an activation; what still grows at a million has no end."""
    sizes = np.logspace(-3, 6, 181)
    Z = np.concatenate([-sizes, [0.0], sizes])
    A, _ = layer.forward({}, np.stack([Z, np.zeros_like(Z)], axis=-1))  # a softmax compares: one logit beside a 0
    low, high = float(A[:, 0].min()), float(A[:, 0].max())
    return low if low > -_ENDLESS else -math.inf, high if high < _ENDLESS else math.inf


def _place(subject: Subject) -> str:
    return subject.trace.units[-1].path
