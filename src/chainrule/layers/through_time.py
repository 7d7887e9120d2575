"""A cell's pass through time: one step after another, forward and back; padded steps carry the states over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.arrays import Array, namespace, scan
from chainrule.common.errors import InputError

States = tuple[Array, ...]
"""What a cell carries from step to step: arrays of shape (batch, units), the first of which is its output H."""

Steps = Array
"""One array for all steps, time first: (time, batch, ...)."""


def time_first(x: Array, mask: Array | None) -> tuple[Steps, Steps | None]:
    """Return sequences and their mask by steps: X, (time, batch, features), 0 at padded ones; and M, (time, batch, 1).

    Raises
    ------
    InputError
        The mask has another shape than (batch, time).
    """
    if mask is not None and mask.shape != x.shape[:2]:
        raise InputError(
            "The mask needs one entry per step (1 for data, 0 for padding) and so the shape {expected}, (batch, "
            "time), but it has shape {shape}.",
            expected=x.shape[:2],
            shape=mask.shape,
        )
    xp = namespace(x)
    X = xp.permute_dims(x, (1, 0, 2))
    if mask is None:
        return X, None
    M = xp.asarray(mask, dtype=x.dtype).T[:, :, None]
    return X * M, M  # a product of padding with the weights could overflow


def unroll(
    cell: Callable[[Array, States], tuple[States, Any]],
    P: Steps,
    M: Steps | None,
    states: States,
    *,
    reverse: bool,
    sequence: bool,
) -> tuple[States, Steps | None, Any]:
    """Run a cell over all steps.

    Parameters
    ----------
    cell
        Returns the states after a step, and what its backward needs, from the step's input product and the states.
    P, M
        The input products, (time, batch, columns), and the mask, (time, batch, 1).
    states
        Those before the first step.
    reverse
        Whether to run from the last step to the first.
    sequence
        Whether H of every step is wanted.

    Returns
    -------
    states, H, kept
        The states after the last step; H of every step, 0 at padded ones, or None; and what the cell kept of each.
    """

    def step(states: States, now: tuple[Array, Array | None]) -> tuple[States, Any]:
        P, M = now
        new, kept = cell(P, states)
        if M is not None:
            new = tuple(M * s + (1 - M) * s_prev for s, s_prev in zip(new, states, strict=True))
        return new, (new[0] if sequence else None, kept)

    last, (H, kept) = scan(step, states, (P, M), reverse=reverse)
    return last, H if H is None or M is None else H * M, kept


def unroll_backward(
    cell_backward: Callable[[Any, States], tuple[tuple[Array, ...], States]],
    dH: Steps | None,
    M: Steps | None,
    kept: Any,
    dstates: States,
    *,
    reverse: bool,
) -> tuple[States, tuple[Steps, ...]]:
    """Go back over the steps: backpropagation through time.

    Parameters
    ----------
    cell_backward
        Returns the gradients of what a step's biases were added to, and of the states before, from what the cell kept
        and the gradients of the states after.
    dH
        The gradient of H of every step; None if it was not wanted.
    dstates
        The gradients of the states after the last step.
    reverse
        That of `unroll`.

    Returns
    -------
    dstates, dZ
        The gradients of the first states, and of what each bias was added to in every step.
    """
    if dH is not None and M is not None:
        dH = dH * M

    def step(dstates: States, now: tuple[Array | None, Array | None, Any]) -> tuple[States, tuple[Array, ...]]:
        dH, M, kept = now
        if dH is not None:
            dstates = (dstates[0] + dH, *dstates[1:])
        if M is None:
            dZ, dstates_prev = cell_backward(kept, dstates)
        else:
            dZ, dstates_prev = cell_backward(kept, tuple(M * d for d in dstates))
            dstates_prev = tuple(d_prev + (1 - M) * d for d_prev, d in zip(dstates_prev, dstates, strict=True))
        return dstates_prev, dZ

    first: States
    dZ: tuple[Steps, ...]
    first, dZ = scan(step, dstates, (dH, M, kept), reverse=not reverse)
    return first, dZ
