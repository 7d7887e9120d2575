"""What a path asks for, answered: the explanation of the number that it names."""

from __future__ import annotations

import math
from dataclasses import replace

from chainrule.arrays import leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import InputError
from chainrule.trace.differences import slope_at
from chainrule.trace.explanation import Explanation
from chainrule.trace.loss_sums import of_loss, of_loss_slope, of_output
from chainrule.trace.paths import Block, Place, Quantity, at
from chainrule.trace.record import LayerRecord, PassRecord, differential
from chainrule.trace.steps import of_part, of_step
from chainrule.trace.sums import of_gradient, of_value
from chainrule.trace.untouched import random_numbers_kept


def answer(
    traced: PassRecord, quantity: Quantity, place: Place, within: Block | None = None, *, difference: bool = False
) -> Explanation:
    """Return why a number is what it is.

    Parameters
    ----------
    traced
        The pass.
    quantity, place
        The number.
    within
        The block of the gradient from above to look at; None for all of it.
    difference
        Whether to put a finite difference beside a gradient.

    Raises
    ------
    InputError
        It cannot be explained; the message says what can.
    """
    with one_blas_thread(), random_numbers_kept():  # small products, very many of them
        explanation, moved = _explained(traced, quantity, place, within)
    if not difference:
        return explanation
    if moved is None or traced.loss is None:
        raise InputError(
            "A finite difference is the slope of the loss along one number, so it stands beside a gradient, such as "
            "that of a parameter, but {path} is none of that kind.",
            path=explanation.path,
        )
    record, name = moved
    if traced.loss.axis and name not in dict(leaves(record.params)):
        raise InputError(
            "In the lesson, {path} is a gradient of the sum over the examples and the cost is their mean, so a "
            "finite difference of the cost stands beside the gradients of W and b only.",
            path=explanation.path,
        )
    with random_numbers_kept():
        slope, gradient = slope_at(traced, record, name, place)
    off = abs(explanation.value - gradient)
    rounding = max(explanation.rounding, off) if math.isfinite(off) else explanation.rounding
    return replace(explanation, difference=slope, rounding=rounding)


def _explained(
    traced: PassRecord, quantity: Quantity, place: Place, within: Block | None
) -> tuple[Explanation, tuple[LayerRecord, str] | None]:
    """Return an explanation, and what the loss's slope may be taken along."""
    record = quantity.record
    if record is None:
        return _of_the_loss(traced, quantity, place), None
    if quantity.kind == "step":
        return of_step(traced, record, quantity.time, quantity.of, place), None
    if quantity.kind == "updated":
        old = quantity.name.replace("new_", "")
        raise InputError(
            "{name} is what the optimizer made of {old} by its gradient: ask about {old}, whose gradient has terms.",
            name=quantity.name,
            old=old,
        )
    if quantity.kind == "kept":
        raise InputError(
            "{name} is what {layer} ({label}) kept on the way; explained are its input, output and "
            "parameters and their gradients: {explained}.",
            name=quantity.name,
            layer=record.path,
            label=record.label,
            explained=", ".join(_explainable(record)),
        )
    if quantity.kind in ("input", "output"):
        value = record.inputs.get(quantity.name.removeprefix(record.prefix), record.y)
        producer = traced.producer(value)
        if producer is None:
            _refuse_parts(traced, record, value)
            return Explanation(at(quantity.name, place), float(quantity.array[place]), "data"), None
        return of_value(traced, producer, place), None
    return _gradient(traced, quantity, record, place, within)


def _gradient(
    traced: PassRecord, quantity: Quantity, record: LayerRecord, place: Place, within: Block | None
) -> tuple[Explanation, tuple[LayerRecord, str]]:
    of = quantity.of or quantity.name.removeprefix(record.prefix)
    name = record.prefix + differential(of)
    array = record.backward.get(differential(of))
    if array is None:
        raise _without_gradient(traced, quantity.name)
    if traced.loss is not None and of == record.layer.symbols[1] and record.y is traced.loss.Z:
        return of_loss_slope(traced, name, place), (record, of)
    if of == record.layer.symbols[1] and (joined := of_part(traced, record, name, place)) is not None:
        return joined, (record, of)
    users = _users(traced, record, of)
    return of_gradient(name, float(array[place]), users, place, within), (record, of)


def _without_gradient(traced: PassRecord, name: str) -> InputError:
    if traced.loss is not None:
        return InputError("{name} cannot be explained, because it has no gradient.", name=name)
    if traced.of_lesson:
        return InputError(
            "{name} cannot be explained, because no loss was computed: this lesson has a forward pass only.", name=name
        )
    return InputError(
        "{name} cannot be explained, because no loss was computed: give the targets: y, or in a terminal --label.",
        name=name,
    )


def _users(traced: PassRecord, record: LayerRecord, of: str) -> list[tuple[LayerRecord, str]]:
    """Return the layers through which a number has its influence, and what each calls it."""
    if record.steps and of != record.layer.symbols[1]:
        return [(record, of)]
    unit = next(u for u in traced.units if f"{record.path}.".startswith(f"{u.path}.") or _inside(u, record))
    if of == record.layer.symbols[1]:
        _refuse_parts(traced, record, record.y)
        return traced.users(record.y)
    if of in record.inputs and unit.path != record.path:
        _refuse_parts(traced, record, None)
        return [(user, called) for user, called in traced.users(record.inputs[of]) if _inside(user, record)]
    inner = record.path[len(unit.path) + 1 :] if record.path != unit.path else ""
    return [(unit, f"{inner}.{of}" if inner else of)]


def _inside(part: LayerRecord, whole: LayerRecord) -> bool:
    return part.path.startswith(f"{whole.path}.")


def _refuse_parts(traced: PassRecord, record: LayerRecord, value: object) -> None:
    """Raise an error for the values of a layer's parts that it joins on its own: nothing says how."""
    for unit in traced.units:
        if _inside(record, unit) and value is not unit.x:
            raise InputError(
                "{part} is a part of {whole} ({label}), which is explained as a whole: ask about {explained}.",
                part=record.path,
                whole=unit.path,
                label=unit.label,
                explained=", ".join(_explainable(unit)),
            )


def _explainable(record: LayerRecord) -> list[str]:
    kept = {*record.forward} - {*record.inputs} - {record.layer.symbols[1]}
    names = [n for n in record.forward if n not in kept or differential(n) in record.backward]
    return [record.prefix + name for name in [*names, *record.backward]]


def _of_the_loss(traced: PassRecord, quantity: Quantity, place: Place) -> Explanation:
    loss = traced.loss
    assert loss is not None
    if quantity.name == loss.symbols[1]:
        return of_loss(loss, traced, place)
    if quantity.array is loss.slope:
        return of_loss_slope(traced, quantity.name, place)
    producer = traced.producer(quantity.array)
    if producer is not None:  # the logits
        return of_value(traced, producer, place)
    if quantity.array is loss.P:
        return of_output(loss, place)
    return Explanation(at(quantity.name, place), float(quantity.array[place]), "data")
