"""Knobs that are turned while a network trains: a blueprint with one setting changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chainrule.common.errors import InputError
from chainrule.common.settings import Maybe, Number, choice, whole
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.equations.schedules import Constant, Warmup, rate_at
from chainrule.files.descriptions import rebuilt
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.json_numbers import settings_with_floats, with_floats
from chainrule.layers import Layer

SPEED = Maybe(Number(0, closed="neither"))
"""Batches per second; None for as many as there can be."""
_RATE = Number(0, closed="neither")  # a schedule has a knob of its own
_OF_DATA = ("noise", "count", "split", "classes", "length")


def turned(blueprint: Blueprint, name: str, value: Any) -> Blueprint:
    """Return the blueprint with a knob turned.

    Raises
    ------
    InputError
        There is no such knob, or the value breaks the rule of the setting.
    """
    name = choice("knob", "name", name, KNOBS)
    if name in _OF_DATA:
        return replace(blueprint, data=DataChoice.from_json(blueprint.data.json() | {name: value}))
    return _TURNED[name](blueprint, value)


def _lr(blueprint: Blueprint, value: Any) -> Blueprint:
    optimizer = blueprint.optimizer
    rate = _RATE.check(type(optimizer).__name__, "lr", value)
    return replace(blueprint, optimizer=replace(optimizer, lr=_with_rate(optimizer.lr, rate)))


def _with_rate(schedule: Any, rate: Any) -> Any:
    """Return a schedule that begins at a rate, or the rate itself where there is no schedule."""
    if isinstance(schedule, Warmup):
        return replace(schedule, after=_with_rate(schedule.after, rate))
    return replace(schedule, rate=rate) if hasattr(schedule, "rate") else rate


def _schedule(blueprint: Blueprint, value: Any) -> Blueprint:
    optimizer = blueprint.optimizer
    if value is None:
        schedule = optimizer.lr.after if isinstance(optimizer.lr, Warmup) else optimizer.lr
        rate = schedule.rate if hasattr(schedule, "rate") else float(rate_at(schedule, 1))
        return replace(blueprint, optimizer=replace(optimizer, lr=rate))
    schedule = _of_kind(value, object)
    if not callable(schedule):
        raise InputError("A schedule is one such as {example}, but {got!r:.80} came.", example="Cosine", got=value)
    return replace(
        blueprint, optimizer=replace(optimizer, lr=schedule.rate if type(schedule) is Constant else schedule)
    )


def _optimizer_setting(name: str) -> Callable[[Blueprint, Any], Blueprint]:
    def turn(blueprint: Blueprint, value: Any) -> Blueprint:
        settings = settings_with_floats(blueprint.optimizer.rules, {name: value})
        return replace(blueprint, optimizer=replace(blueprint.optimizer, **settings))

    return turn


def _optimizer(blueprint: Blueprint, value: Any) -> Blueprint:
    return replace(blueprint, optimizer=_of_kind(value, Optimizer))


def _loss(blueprint: Blueprint, value: Any) -> Blueprint:
    return replace(blueprint, loss=None if value is None else _of_kind(value, Loss))


def _batch_size(blueprint: Blueprint, value: Any) -> Blueprint:
    return replace(blueprint, batch_size=value)


def _layer(blueprint: Blueprint, value: Any) -> Blueprint:
    if not isinstance(value, Mapping) or not {"index", "layer"} <= value.keys():
        raise InputError("The knob layer takes its index and the layer, but {got!r:.80} came.", got=value)
    index = whole("knob", "index", value["index"], least=0)
    if index >= len(blueprint.layers):
        raise InputError(
            "There are {count} hidden layers, counted from 0, but the index is {index}.",
            count=len(blueprint.layers),
            index=index,
        )
    layers = list(blueprint.layers)
    layers[index] = _of_kind(value["layer"], Layer)
    return replace(blueprint, layers=tuple(layers))


def _of_kind(value: Any, kind: type[Any]) -> Any:
    """Return what plain data describes, or the value itself if it is of the kind already."""
    built = rebuilt(with_floats(value)) if isinstance(value, dict) else value
    if not isinstance(built, kind):
        raise InputError(
            "{kind} is wanted, but {got!r:.80} came: write its type and its settings.", kind=kind.__name__, got=value
        )
    return built


_TURNED: dict[str, Callable[[Blueprint, Any], Blueprint]] = {
    "lr": _lr,
    "schedule": _schedule,
    "weight_decay": _optimizer_setting("weight_decay"),
    "clip_norm": _optimizer_setting("clip_norm"),
    "optimizer": _optimizer,
    "loss": _loss,
    "batch_size": _batch_size,
    "layer": _layer,
}
KNOBS = (*_TURNED, *_OF_DATA)
"""What can be turned while it runs, besides the speed."""
