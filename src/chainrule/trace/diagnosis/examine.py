"""All that is looked for, in its order: what others follow from comes first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from chainrule.arrays import Mode, leaves
from chainrule.common.errors import NotFiniteError
from chainrule.data.checks import finite
from chainrule.layers.blow_up import first_blow_up
from chainrule.trace.diagnosis import of_data, of_gradients, of_layers, of_learning, of_outputs
from chainrule.trace.diagnosis.finding import Diagnosis, Finding
from chainrule.trace.diagnosis.subject import Subject
from chainrule.trace.diagnosis.thresholds import ENOUGH

CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    of_data.scales,
    of_data.targets,
    of_data.constant_features,
    of_data.imbalance,
    of_outputs.doubled_activation,
    of_outputs.out_of_reach,
    of_layers.batch_statistics,
    of_layers.symmetric_units,
    of_layers.idle_units,
    of_gradients.across_layers,
    of_gradients.through_time,
    of_layers.without_gradient,
    of_learning.answers,
    of_learning.learning_rate,
)

_BESIDE = {"shuffled-labels", "constant-feature", "imbalanced-classes", "unused-outputs"}
"""What may be besides shuffled labels, and does not explain a loss worse than guessing."""


def diagnosis(subject: Subject) -> Diagnosis:
    """Return what is wrong with a network at one moment, if anything."""
    notes = {"untrained": subject.fresh, "no-optimizer": subject.step is None, "from-start": subject.forgot}
    notes["few-examples"] = len(subject.passed.X) < ENOUGH
    noted = tuple(note for note, holds in notes.items() if holds)
    blown_up = list(_not_finite(subject))
    if blown_up:
        return Diagnosis(tuple(blown_up), len(subject.data.X), None, None, noted)
    with np.errstate(over="ignore", invalid="ignore"):
        findings = _labels_last(_without_effects([finding for check in CHECKS for finding in check(subject)]))
    return Diagnosis(findings, len(subject.data.X), subject.result.value, subject.guessing, noted)


def _without_effects(findings: list[Finding]) -> list[Finding]:
    """Leave out units of the last activation that are idle because they strive for what is out of reach."""
    cause = next((f for f in findings if f.key in ("unreachable-targets", "limited-logits")), None)
    effects = ("saturated-units", "dead-units")
    return [f for f in findings if cause is None or f.key not in effects or f.layer != cause.layer]


def _labels_last(findings: list[Finding]) -> tuple[Finding, ...]:
    """Leave out that labels look shuffled where something else explains why the loss is worse than guessing."""
    others = {finding.key for finding in findings} - _BESIDE
    return tuple(finding for finding in findings if finding.key != "shuffled-labels" or not others)


def _not_finite(subject: Subject) -> Iterator[Finding]:
    """Find parameters, outputs or gradients that are NaN or infinite; after these, nothing else can be judged."""
    for path, p in leaves(subject.params):
        if not finite(p):
            count = int(np.count_nonzero(~np.isfinite(p)))
            yield Finding("parameters-not-finite", _layer(path), {"path": path, "count": count, "size": p.size})
            return
    try:
        layers = subject.trace.layers
    except NotFiniteError:
        with np.errstate(over="ignore", invalid="ignore"):
            place = first_blow_up(subject.body, subject.params, subject.passed.X, Mode(mask=subject.passed.mask))
        yield Finding("outputs-not-finite", "", {"place": place})
        return
    if not math.isfinite(subject.result.value):
        yield from of_data.targets(subject)
        yield Finding("outputs-not-finite", "", {"place": "the loss"})
        return
    for record in reversed(layers):  # as backward goes
        for name, gradient in leaves(record.grads):
            if not finite(gradient):
                yield Finding("gradients-not-finite", record.path, {"label": record.label, "name": name})
                return


def _layer(path: str) -> str:
    return f"layer{path.partition('.')[0]}"
