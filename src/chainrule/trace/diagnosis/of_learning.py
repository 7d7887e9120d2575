"""What is wrong with the loss and the steps: the start, labels that do not belong to the inputs, the learning rate."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.equations.schedules import rate_at
from chainrule.layers.base import path_kinds
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.diagnosis.guessing import example_weights, one_hot
from chainrule.trace.diagnosis.subject import Subject, Trial, rms
from chainrule.trace.diagnosis.thresholds import (
    EPOCHS,
    FALLEN,
    FASTER,
    LEARNED,
    MANY,
    RISING,
    SHIFTED,
    SIGMAS,
    SLOWER,
    STANDSTILL,
    START,
    STUCK,
    SURE,
    TRIAL,
    UNMOVED,
    USUAL,
    WRONG,
)
from chainrule.trace.run import Step


def answers(subject: Subject) -> Iterator[Finding]:
    """Find a loss that is worse than that of guessing: at the start, or by labels that do not fit, or for long."""
    if subject.loss.task != "regression":
        if subject.fresh:
            yield from _start(subject)
        elif (shifted := _shifted(subject)) is not None:
            yield shifted
        else:
            yield from _shuffled(subject)
    ratio = _loss(subject) / (subject.guessing or math.inf)
    if subject.epochs >= EPOCHS and LEARNED <= ratio:
        facts = _losses(subject) | {"epochs": subject.epochs}
        if ratio <= WRONG:
            yield Finding("nothing-learned", "", facts)
        elif subject.loss.task == "regression":
            yield Finding("worse-than-constant", "", facts)


def _loss(subject: Subject) -> float:
    return subject.result.value


def _losses(subject: Subject) -> dict[str, Any]:
    return {"loss": _loss(subject), "guessing": subject.guessing}


def _start(subject: Subject) -> Iterator[Finding]:
    if _loss(subject) > START * subject.knowing_nothing:
        Z = subject.result.Z
        facts = {"loss": _loss(subject), "nothing": subject.knowing_nothing, "rms": rms(Z)}
        yield Finding("start-too-high", "", facts)


class _Answers(NamedTuple):
    """What a network says of examples that are each of one class."""

    P: Array  # (examples, classes), the probabilities
    predicted: Array  # (examples,), the classes that are likeliest
    Y: Array  # (examples,), the labels

    def belief(self, labels: Array) -> float:
        """Return the mean probability of some labels."""
        return float(np.mean(np.take_along_axis(self.P, labels[:, np.newaxis], axis=-1)))


def _labels(subject: Subject) -> _Answers | None:
    """Return the answers and the labels; None if answers are no single classes, or too few to tell."""
    Z = subject.result.Z
    rows = example_weights(Z, subject.passed) > 0
    P, Y = subject.result.P[rows], one_hot(subject.loss, Z, subject.passed)[rows]
    if len(Y) < MANY or (subject.loss.task == "binary" and Z.shape[-1] > 1):
        return None
    if subject.loss.task == "binary":
        P, Y = np.concatenate([1 - P, P], axis=-1), np.concatenate([1 - Y, Y], axis=-1)
    return _Answers(P, P.argmax(axis=-1), Y.argmax(axis=-1))


def _shifted(subject: Subject) -> Finding | None:
    """Return the finding if all labels are off by the same number; of two classes, if they are swapped.

    In its first epochs a network is often right about shifted labels by chance, but not sure of them.
    """
    answered = _labels(subject)
    if answered is None:
        return None
    classes = answered.P.shape[-1]
    shifted = [(answered.Y + shift) % classes for shift in range(classes)]
    right = [float(np.mean(answered.predicted == labels)) for labels in shifted]
    best = int(np.argmax(right))
    if not best or answered.belief(shifted[best]) < SHIFTED or right[best] < 2 * right[0]:
        return None
    shift = best if best <= classes // 2 else best - classes
    facts = {"shift": shift, "right": right[0], "right_shifted": right[best], "classes": classes}
    return Finding("shifted-labels" if classes > 2 else "swapped-labels", "", facts)


def _shuffled(subject: Subject) -> Iterator[Finding]:
    """Find a network that is surer than it knows: no more right answers than chance has, at a loss above guessing."""
    answered = _labels(subject)
    if answered is None or _loss(subject) <= WRONG * subject.guessing or answered.belief(answered.predicted) < SURE:
        return
    P, predicted, Y = answered
    classes = P.shape[-1]
    right = float(np.mean(predicted == Y))
    chance = float(np.bincount(predicted, minlength=classes) @ np.bincount(Y, minlength=classes)) / len(Y) ** 2
    doubt = SIGMAS * math.sqrt(chance * (1 - chance) / len(Y))
    if right <= chance + doubt:
        yield Finding("shuffled-labels", "", _losses(subject) | {"right": right, "chance": chance})


def learning_rate(subject: Subject) -> Iterator[Finding]:
    """Find a rate at which the loss of these examples runs away or stands still, where another lets it fall."""
    step = subject.step
    if step is None or not subject.trains:
        return
    if subject.forgot:
        subject = dataclasses.replace(subject, params=subject.begun)
    trial = subject.tried(step)
    if _runs_away(subject, trial):
        yield from _with_another_rate(subject, step, "high-learning-rate", max(trial.losses), SLOWER)
    elif isinstance(step.optimizer.lr, float) and _stands_still(subject, trial):  # a schedule changes it by itself
        yield from _with_another_rate(subject, step, "low-learning-rate", trial.losses[-1], FASTER)


def _with_another_rate(
    subject: Subject, step: Step, key: str, loss_after: float, factors: tuple[float, ...]
) -> Iterator[Finding]:
    """Find the first rate with which the loss falls; without one, the rate is not to blame.

    Of one that is too high by powers of ten, the usual rates may be too low to be seen falling in so few steps: then it
    is the one of them that falls most.
    """
    rate, ratio = float(rate_at(step.optimizer.lr, int(step.state.get("steps", 0)) + 1)), _update_ratio(subject, step)
    high = key == "high-learning-rate"
    if not high and ratio > STANDSTILL:
        return
    rates = [rate * factor for factor in factors]
    usual = [r for r in USUAL if r < rates[-1]] if high else [r for r in reversed(USUAL) if r > rates[-1]]
    facts = {"rate": rate, "ratio": ratio, "steps": TRIAL, "loss_after": loss_after}
    falling: list[tuple[float, float, float]] = []
    for better in rates + usual:
        other = subject.tried(step._replace(optimizer=dataclasses.replace(step.optimizer, lr=better)))
        first, last = other.losses[0], other.losses[-1]
        if not _runs_away(subject, other) and last < first:
            falling.append((last, better, first))
            if last < (1 - FALLEN) * first:
                break
    else:
        falling = sorted(falling, reverse=True) if high else []
    if falling:
        last, better, first = falling[-1]
        yield Finding(key, "", facts | {"loss": first, "better": better, "loss_better": last})


def _runs_away(subject: Subject, trial: Trial) -> bool:
    return trial.blew_up or max(trial.losses) > RISING * max(trial.losses[0], subject.guessing)


def _stands_still(subject: Subject, trial: Trial) -> bool:
    first, last = trial.losses[0], trial.losses[-1]
    return first - last < UNMOVED * first and first > STUCK * subject.guessing


def _update_ratio(subject: Subject, step: Step) -> float:
    """Return the largest RMS of an update over the RMS of the weights that it changes, among all arrays of weights."""
    before, after = dict(leaves(subject.params)), dict(leaves(subject.tried(step, steps=1).params))
    weights = [path for path, kind in path_kinds(subject.body, subject.params).items() if kind == "weight"]
    return max((rms(after[w] - before[w]) / size for w in weights if (size := rms(before[w]))), default=0.0)
