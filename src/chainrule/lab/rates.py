"""The learning rate's what-if: the loss along minus the gradient, and along the optimizer's own step."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, replace_leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.equations.optimizers import SGD
from chainrule.lab.passes import OnePass
from chainrule.lab.updates import gradients_of
from chainrule.trace.record import LossRecord
from chainrule.trace.telling.numbers import text

_RATES = 49
_DECADES = 2  # below and above the rate of now
_LARGEST = 1e300  # loss for which there is a place above it
_SMALLEST = 1e-300  # rate of which a hundredth is a number
_WIDTH, _HEIGHT = 1000, 500
_ROOM = 0.15  # of the height above the loss of now that a curve may take


class _Line(NamedTuple):
    """The loss at each rate along one direction."""

    name: str
    losses: list[float]


def what_if(one: OnePass) -> dict[str, Any]:
    r"""Return the loss of a pass's examples after a step with other learning rates, as a drawing.

    .. math:: \eta \mapsto L(\theta - \eta\, g), \qquad \eta \mapsto L(\theta - \eta\, s)

    The direction is the gradient g, and if the optimizer goes another way, also its step s of the same pass.

    Parameters
    ----------
    one
        The pass.

    Returns
    -------
    dict
        The curves as points of a drawing of 1000 x 500, its ticks, the rates of now and of the lowest loss, and a
        sentence.

    Raises
    ------
    InputError
        The loss is no number any more, or so large that nothing is above it.
    """
    assert one.trace.loss is not None
    now = one.trace.loss.value
    if not abs(now) < _LARGEST:
        raise InputError(
            "The loss of these examples is {loss}, so there is nothing to compare other losses with. Go back to the "
            "last good state.",
            loss=text(now),
        )
    rate = max(one.rate or 1.0, _SMALLEST)
    rates = rate * np.logspace(-_DECADES, _DECADES, _RATES)
    lines = [_along(one, tr("against the gradient"), gradients_of(one.trace), rates)]
    if one.trace.optimizer is not None and (type(one.rule) is not SGD or one.step.clipped != 1):
        own = {u.name.removeprefix("layer"): (u.old - u.new) / rate for u in one.step.updates.values()}
        lines.append(_along(one, tr("in the direction of {rule}", rule=type(one.rule).__name__), own, rates))
    return _drawn(rates.tolist(), lines, now, rate)


def _along(one: OnePass, name: str, direction: dict[str, Array], rates: Array) -> _Line:
    params = dict(leaves(one.network.params))
    losses = []
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
        for rate in rates.tolist():
            moved = {path: params[path] - params[path].dtype.type(rate) * d for path, d in direction.items()}
            losses.append(_loss(one, replace_leaves(one.network.params, params | moved)))
    return _Line(name, losses)


def _loss(one: OnePass, params: Params) -> float:
    result: Any = one.trace.loss
    assert isinstance(result, LossRecord)
    mode: Mode = one.trace.mode
    Z, _ = one.network.body.forward(params, one.trace.X, mode)
    return float(result.loss(Z, result.Y, result.weights)[0])


def _drawn(rates: list[float], lines: list[_Line], now: float, rate: float) -> dict[str, Any]:
    finite = [loss for line in lines for loss in line.losses if math.isfinite(loss)]
    low = min([now, *finite])
    high = now + max(_ROOM * abs(now), (now - low) * 0.5, 1e-12)

    def across(value: float) -> float:
        return round(_WIDTH * (math.log10(value / rate) + _DECADES) / (2 * _DECADES), 1)

    def down(value: float) -> float:
        return round(_HEIGHT * (high - value) / ((high - low) or 1.0), 1)

    curves = []
    for line in lines:
        seen = [(across(r), down(loss)) for r, loss in zip(rates, line.losses, strict=True) if loss <= 2 * high - low]
        curves.append(
            {"name": line.name, "points": " ".join(f"{x},{y}" for x, y in seen)} | _best(line, rates, across, down)
        )
    own = lines[-1]
    after = own.losses[len(rates) // 2]
    ticks = [rate * 10.0**power for power in range(-_DECADES, _DECADES + 1)]
    return {
        "curves": curves,
        "now": {"x": across(rate), "rate": text(rate), "loss": text(after)},
        "start": {"y": down(now), "loss": text(now)},
        "x": [{"at": across(tick), "text": f"{tick:g}"} for tick in ticks],
        "y": [{"at": down(value), "text": text(value)} for value in (low, now)],
        "sentence": _sentence(own, rates, rate, now, after),
    }


def _best(line: _Line, rates: list[float], across: Any, down: Any) -> dict[str, Any]:
    finite = [i for i, loss in enumerate(line.losses) if math.isfinite(loss)]
    if not finite:
        return {"best": None}
    best = min(finite, key=line.losses.__getitem__)
    loss = line.losses[best]
    return {"best": {"x": across(rates[best]), "y": down(loss), "rate": text(rates[best]), "loss": text(loss)}}


def _sentence(line: _Line, rates: list[float], rate: float, now: float, after: float) -> str:
    finite = [i for i, loss in enumerate(line.losses) if math.isfinite(loss)]
    if not finite or not math.isfinite(after):
        return tr(
            "With the learning rate of {rate}, the loss of these examples is no number any more.", rate=text(rate)
        )
    best = min(finite, key=line.losses.__getitem__)
    facts = {"rate": text(rate), "now": text(now), "after": text(after), "best": text(rates[best])}
    if best == len(rates) - 1:
        return tr(
            "One step with the learning rate of {rate} takes the loss of these examples from {now} to {after}. On this "
            "line it still falls at {best}.",
            **facts,
        )
    if after > now:
        return tr(
            "One step with the learning rate of {rate} takes the loss of these examples from {now} up to {after}: it "
            "jumps over the valley. On this line it is lowest at {best}.",
            **facts,
        )
    return tr(
        "One step with the learning rate of {rate} takes the loss of these examples from {now} to {after}. On this "
        "line it is lowest at {best}.",
        **facts,
    )
