"""Gradients that vanish or explode on their way back, from layer to layer and from step to step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chainrule.layers.base import path_kinds
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.diagnosis.subject import Subject, rms
from chainrule.trace.diagnosis.thresholds import EXPLODING, TIME_EXPLODING, TIME_VANISHING, VANISHING
from chainrule.trace.record import LayerRecord


def across_layers(subject: Subject) -> Iterator[Finding]:
    """Find layers with weights whose outputs get a much smaller or larger gradient than those of the last one."""
    sizes = [(unit, _per_unit(unit)) for unit in subject.trace.units if _has_weights(unit) and unit.dy is not None]
    # What is exactly 0 has not vanished: it was cut off, which has findings of its own.
    sizes = [(unit, size) for unit, size in sizes if 0 < size < math.inf]
    if not sizes:
        return
    last, last_size = sizes[-1]
    facts = {"last": last.path, "last_label": last.label, "last_rms": last_size}
    smallest, largest = min(sizes, key=lambda each: each[1]), max(sizes, key=lambda each: each[1])
    for key, (unit, size), wrong in (
        ("vanishing-gradients", smallest, smallest[1] < VANISHING * last_size),
        ("exploding-gradients", largest, largest[1] > EXPLODING * last_size),
    ):
        if wrong:
            numbers = {"label": unit.label, "rms": size, "ratio": size / last_size}
            yield Finding(key, unit.path, numbers | facts)


def _has_weights(unit: LayerRecord) -> bool:
    return "weight" in path_kinds(unit.layer, unit.params).values()


def _per_unit(unit: LayerRecord) -> float:
    r"""Return the RMS of the gradient per unit, which adds up over the places where a convolution has the unit.

    .. math:: \sqrt{\frac{1}{m\,n} \sum_{i=1}^{m} \sum_{j=1}^{n} \sum_{\text{places}} dy_{ij}^2}
    """
    assert unit.dy is not None
    return rms(unit.dy) * math.sqrt(math.prod(unit.dy.shape[1:-1]))


def through_time(subject: Subject) -> Iterator[Finding]:
    """Find gradients of a recurrent layer that hardly reach the steps it read first, or grow on the way."""
    for unit in (record for layer in subject.trace.layers for record in layer.walk()):
        sizes = [rms(step.backward["dh"]) for step in unit.steps]
        if getattr(unit.layer, "reverse", False):
            sizes.reverse()
        if len(sizes) < 2 or not max(sizes) or not math.isfinite(max(sizes)):
            continue
        # Of the steps, the one where the largest gradient comes in: the last, or where a sequence of outputs has it.
        peak = max(range(len(sizes)), key=sizes.__getitem__)
        facts = {"label": unit.label, "steps": len(sizes), "first": sizes[0], "last": sizes[-1]}
        if sizes[-1] and sizes[0] / sizes[-1] > TIME_EXPLODING:
            yield Finding("exploding-in-time", unit.path, facts | {"ratio": sizes[0] / sizes[-1]})
        elif peak and sizes[0] / sizes[peak] < TIME_VANISHING:
            yield Finding("vanishing-in-time", unit.path, facts | {"ratio": sizes[0] / sizes[peak]})
