"""A layer on other numbers: they tell what a factor is that many numbers equal, such as the 0 of a black pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.arrays import Array, map_leaves
from chainrule.trace.naming import Factor, factor_names
from chainrule.trace.paths import at
from chainrule.trace.record import LayerRecord, differential
from chainrule.trace.terms import local_derivatives, shares
from chainrule.trace.untouched import copied

_TOLD = 8  # factors of 0


def names_of_constants(
    record: LayerRecord,
    called: str,
    place: tuple[int, ...],
    others: Sequence[tuple[int, ...]],
    factors: Sequence[float],
) -> list[Factor | None]:
    """Return what factors that look like constants, such as 1, are; None if they are constants, as those of a bias.

    Parameters
    ----------
    record, called, place
        The layer, and the number that is explained.
    others, factors
        The places of the numbers from above, and the factors.
    """
    other = elsewhere(record)
    if other is None or local_derivatives(other, called, place, others[:1])[0] == factors[0]:
        return [None] * len(factors)
    names = factor_names(other, place, others, local_derivatives(other, called, place, others))
    return [
        name if name and name.value(record) == factor else None for name, factor in zip(names, factors, strict=True)
    ]


def zero_factors(record: LayerRecord, called: str, place: tuple[int, ...]) -> dict[str, float]:
    """Return the factors of 0 for which a gradient has no terms, by their paths; the first of them if there are many.

    Parameters
    ----------
    record, called, place
        The layer above, and the number whose gradient is 0.
    """
    other = elsewhere(record)
    if other is None or record.dy is None:
        return {}
    singles = [share for share in shares(other, called, place) if share.local is not None][:_TOLD]
    names = factor_names(other, place, [s.index for s in singles], [float(s.local or 0) for s in singles])
    above, output = record.prefix + differential(record.layer.symbols[1]), record.prefix + record.layer.symbols[1]
    zeros: dict[str, float] = {}
    for share, name in zip(singles, names, strict=True):
        if not record.dy[share.index]:
            zeros[at(above, share.index)] = 0.0
        elif local_derivatives(record, called, place, [share.index]) != [0.0]:
            continue
        elif name and not name.value(record):
            zeros[name.path(record.prefix)] = 0.0
        else:
            zeros[f"∂{at(output, share.index)}/∂{at(record.prefix + called, place)}"] = 0.0
            if called in record.inputs:  # of an activation, the number at which it is flat
                zeros[at(record.prefix + called, place)] = float(record.inputs[called][place])
    return zeros


def elsewhere(record: LayerRecord) -> LayerRecord | None:
    """Return a layer as it would be on other inputs, parameters and gradients: positive ones, and no two are equal.

    None of a layer that looks up its input, which has no other numbers.
    """
    rng = np.random.default_rng(0)

    def drawn(array: Array) -> Array:
        return rng.uniform(0.25, 0.75, array.shape).astype(array.dtype)

    inputs = record.x if isinstance(record.x, tuple) else (record.x,)
    if any(x.dtype.kind != "f" for x in inputs):
        return None
    x = tuple(map(drawn, inputs)) if isinstance(record.x, tuple) else drawn(record.x)
    params = map_leaves(drawn, record.params)
    layer = copied(record.layer)  # one that keeps its cache in itself still has to go back from the record's numbers
    y, cache = layer.forward(params, x, record.mode)
    return replace(record, layer=layer, x=x, y=y, cache=cache, params=params, dy=np.ones_like(y))
