"""What is wrong inside of single layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.layers.base import path_kinds
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.diagnosis.subject import Subject, rms
from chainrule.trace.diagnosis.thresholds import BATCH_VALUES, DEAD, ENOUGH, SAME, SATURATED, TWINS
from chainrule.trace.record import LayerRecord
from chainrule.trace.telling.idle import FLAT, bounded, relative_slopes

Facts = dict[str, float | int | str]


def batch_statistics(subject: Subject) -> Iterator[Finding]:
    """Find statistics of a batch that rest on too few values."""
    for unit in subject.trace.units:
        values = math.prod(unit.y.shape[:-1])
        if unit.layer.statistics and values < BATCH_VALUES:
            yield _finding("few-batch-values", unit, {"examples": len(unit.y), "values": values})


def idle_units(subject: Subject) -> Iterator[Finding]:
    """Find activations that are flat: units that are for every example, or most numbers of a bounded activation."""
    for unit in subject.trace.units:
        slopes = relative_slopes(unit)
        if slopes is None:
            continue
        flat = slopes.reshape(-1, slopes.shape[-1]) < FLAT
        if len(flat) < ENOUGH:
            continue
        units, share = flat.shape[-1], float(flat.mean())
        dead = int(flat.all(axis=0).sum())
        if bounded(unit.layer):
            if share > SATURATED:
                z = rms(unit.inputs[unit.layer.symbols[0]])
                yield _finding("saturated-units", unit, {"share": share, "rms": z})
        elif dead > DEAD * units:
            yield _finding("dead-units", unit, {"dead": dead, "units": units, "share": dead / units})


def symmetric_units(subject: Subject) -> Iterator[Finding]:
    """Find units that have the same parameters as another one, and the same gradients: they stay the same for ever."""
    for unit in _with_weights(subject):
        columns = _columns(unit)
        units = columns.shape[-1]
        twins = _twins(columns)
        if units > 1 and twins > TWINS * units:
            yield _finding("symmetric-units", unit, {"twins": twins, "units": units})


def _columns(unit: LayerRecord) -> Array:
    """Return all that tells a layer's units apart: a column for each with its parameters and their gradients."""
    gradients = dict(leaves(unit.grads))
    params = [(name, p) for name, p in leaves(unit.params) if name in gradients]
    units = next(p.shape[-1] for name, p in params if p.ndim > 1)
    each = [a for name, p in params if p.shape[-1] == units for a in (p, gradients[name])]
    return np.concatenate([a.reshape(-1, units) / (rms(a) or 1.0) for a in each])


def _twins(columns: Array) -> int:
    """Return how many columns are equal to another one, to rounding."""
    # Along a random direction, equal columns come next to each other.
    direction = np.random.default_rng(0).standard_normal(len(columns))
    ordered = columns[:, np.argsort(direction @ columns)]
    same = [bool(np.abs(a - b).max(initial=0) <= SAME) for a, b in pairwise(ordered.T)]
    return sum(before or after for before, after in zip([False, *same], [*same, False], strict=True))


def without_gradient(subject: Subject) -> Iterator[Finding]:
    """Find weights whose gradient is 0, now and after some steps, unless dead or symmetric units explain it."""
    if len(subject.passed.X) < ENOUGH or not subject.result.slope.any():
        return
    silent = [unit for unit in _with_weights(subject) if _no_gradient(unit)]
    if not silent or any(symmetric_units(subject)) or any(f.numbers["share"] == 1 for f in idle_units(subject)):
        return
    still = {unit.path for unit in _with_weights(subject, later=True) if _no_gradient(unit)}
    yield from (_finding("no-gradient", unit, {}) for unit in silent if unit.path in still)


def _no_gradient(unit: LayerRecord) -> bool:
    kinds = path_kinds(unit.layer, unit.params)
    weights = [g for name, g in leaves(unit.grads) if kinds[name] == "weight"]
    return bool(weights) and not any(g.any() for g in weights)


def _with_weights(subject: Subject, *, later: bool = False) -> list[LayerRecord]:
    """Return the layers that have weights in two axes or more."""
    units = (subject.later if later else subject.trace).units
    kinds = [(unit, path_kinds(unit.layer, unit.params)) for unit in units]
    return [
        unit
        for unit, kind in kinds
        if any(kind[name] == "weight" and p.ndim > 1 for name, p in leaves(unit.params)) and unit.grads is not None
    ]


def _finding(key: str, unit: LayerRecord, facts: Facts) -> Finding:
    return Finding(key, unit.path, {"label": unit.label} | facts)
