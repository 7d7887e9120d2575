"""What a network answers: its outputs for examples in memory, on the disk or in batches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, machine
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import InputError, NotFiniteError
from chainrule.data import checks, sources
from chainrule.data.convert import as_array
from chainrule.data.door import Door
from chainrule.engines.choose import predictor
from chainrule.engines.inference import in_batches
from chainrule.layers.blow_up import first_blow_up


def outputs(
    network: Any,
    door: Door,
    work: tuple[int, int],
    activation: Callable[[Array], Array],
    X: Any,
    mask: Any,
    engine: str,
) -> Array:
    """Return an output activation for all examples.

    Parameters
    ----------
    network, door
        The network, which is only read, and what checks its inputs.
    work
        For how many examples at a time a forward pass is run, and the multiply-adds of one.
    activation
        From logits to outputs.
    X, mask, engine
        As for `Network.predict`.
    """
    logits = predictor(engine, network.body, network.params)
    rows, multiply_adds = work

    def outputs_of(X: Any, mask: Array | None) -> Array:
        mask = door.mask(X, mask)

        def some_outputs(taken: slice) -> Array:
            # Looked at here, where it is in the processor's cache.
            some_mask = None if mask is None else mask[taken]
            some, steps = door.taken(sources.rows_of(X, taken), some_mask, taken.start or 0)
            with np.errstate(over="ignore", invalid="ignore"):
                P = activation(logits(some, steps))
            if not checks.finite(P):
                place = first_blow_up(network.body, network.params, some, Mode(mask=steps))
                raise NotFiniteError(
                    "Predictions are NaN or infinite: the numbers blew up first in {place}.", place=place
                )
            return P

        threads = engine in ("numpy", "fast") and not sources.is_stored(X)
        small = 0 < len(X) * multiply_adds < machine.ALONE  # to limit BLAS would take as long as the pass
        with nullcontext() if small else one_blas_thread():
            return in_batches(some_outputs, len(X), network.output_shape, network.dtype, rows=rows, threads=threads)

    if sources.brings_batches(X):
        if mask is not None:
            raise InputError("Parquet files and batches bring their own masks, so leave out mask.")
        parts = [outputs_of(*part) for part in sources.inputs(X, network.feature_names)]
        if not parts:
            raise InputError("There is no batch to predict, or none is left: an iterator serves once.")
        return np.concatenate(parts)
    X = sources.array_or_stored(X, network.feature_names)
    return outputs_of(X, None if mask is None else as_array("mask", mask))
