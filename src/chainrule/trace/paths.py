"""Paths such as ``layer2.W[3, 1]``: what they name in a pass, and which numbers of it."""

from __future__ import annotations

import difflib
import itertools
import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import tr
from chainrule.trace.record import LayerRecord, PassRecord, differential

_PATH = re.compile(r"\s*([\w.]+?)\s*(?:\[([^\[\]]*)\])?\s*")
_PLACE = re.compile(r"-?\d{1,18}")  # no array is longer, and int() refuses thousands of digits
_SLICE = re.compile(r"(-?\d{1,18})?:(-?\d{1,18})?(?::(-?\d{1,18})?)?")

Kind = Literal["input", "parameter", "kept", "output", "gradient", "step", "updated", "loss"]
Index = tuple[Any, ...]
"""Whole numbers and slices, one per axis."""
Place = tuple[int, ...]
"""Whole numbers, one per axis."""


class Block(NamedTuple):
    """Some of the numbers of an array."""

    name: str
    places: Index


@dataclass(frozen=True, eq=False)
class Quantity:
    """An array of a pass.

    Attributes
    ----------
    name
        Its full name.
    array
        The array.
    kind
        What it is.
    record
        The layer that it belongs to; None if it is the loss's.
    of
        For a gradient: the name, in its layer, of what it is the gradient of; in a step, its own name.
    time
        For a number of a recurrent layer's step: which one.
    """

    name: str
    array: Array
    kind: Kind
    record: LayerRecord | None = None
    of: str = ""
    time: int = 0


def quantities(traced: PassRecord) -> dict[str, Quantity]:
    """Return every array of a pass by its name."""
    known: dict[str, Quantity] = {}
    for layer in traced.layers:
        for record in layer.walk():
            known |= {q.name: q for q in _of_layer(record)}
    if traced.loss is not None:
        known |= {q.name: q for q in _of_loss(traced) if q.name not in known}
    return known


def _of_layer(record: LayerRecord) -> list[Quantity]:
    parameters = dict(leaves(record.params))
    kinds: dict[str, Kind] = {name: "input" for name in record.inputs}
    kinds |= {name: "parameter" for name in parameters}
    kinds[record.layer.symbols[1]] = "output"
    arrays = [Quantity(record.prefix + n, a, kinds.get(n, "kept"), record) for n, a in record.forward.items()]
    gradients = {differential(name): name for name in kinds}
    arrays += [
        Quantity(record.prefix + name, array, "gradient", record, gradients[name])
        for name, array in record.backward.items()
    ]
    arrays += [Quantity(record.prefix + n, a, "updated", record) for n, a in record.after_step.items()]
    for step in record.steps:
        at = f"{record.prefix}step{step.time}."
        arrays += [
            Quantity(at + name, array, "step", record, name, step.time)
            for name, array in (step.forward | step.backward).items()
        ]
    return arrays


def _of_loss(traced: PassRecord) -> list[Quantity]:
    loss = traced.loss
    assert loss is not None
    Z, value = loss.symbols
    prefix = "" if traced.of_lesson else f"{value}."
    arrays = {Z: loss.Z, "Y": loss.Y, "P": loss.P, differential(Z): loss.slope}
    if loss.weights is not None:
        arrays["weights"] = loss.weights
    return [Quantity(value, np.asarray(loss.value), "loss")] + [
        Quantity(prefix + name, array, "loss") for name, array in arrays.items()
    ]


def find(traced: PassRecord, path: str) -> tuple[Quantity, Index | None]:
    """Return what a path names, and which numbers of it; None for all.

    Raises
    ------
    InputError
        It names nothing, or numbers that are not there; the message says what there is.
    """
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    if match is None:
        raise InputError(
            "A path is a name with the place of a number, such as 'layer0.W[3, 1]', or with slices, 'layer0.W[:, "
            "1]', but {path} came.",
            path=shown(path),
        )
    known = quantities(traced)
    quantity = known.get(match[1])
    if quantity is None:
        raise InputError(_unknown(match[1], known, traced))
    if match[2] is None:
        return quantity, None
    shape = quantity.array.shape
    if quantity.kind == "loss" and not shape:  # the losses of the examples, which no array holds
        assert traced.loss is not None
        axis = traced.loss.axis
        shape = traced.loss.Z.shape[axis:] if axis else traced.loss.Z.shape[:-1]
        shape = shape[: match[2].count(",") + 1] or shape  # of one example with steps, the mean over all of them
    return quantity, _index(quantity.name, match[2], shape)


def _unknown(name: str, known: dict[str, Quantity], traced: PassRecord) -> str:
    head, point, own = name.rpartition(".")
    if traced.loss is None and not traced.of_lesson and (name.startswith("loss") or own.startswith("d")):
        return tr(
            "There is no {name!r} in this trace, because no loss was computed, so there are no gradients either: give "
            "the targets (y, or --label).",
            name=name,
        )
    inside = [n.rpartition(".")[2] for n in known if head and n.rpartition(".")[0] == head]
    # Only what has the same name in a layer that is spelled differently: others are like it by the layer's name alone.
    meant = (
        _close(own, inside) if inside else _close(name, [n for n in known if n.rpartition(".")[2] == own or not point])
    )
    texts = [tr("There is no {name!r} in this trace.", name=name)]
    if meant:
        texts.append(tr("Did you mean {name!r}?", name=head + point + meant if inside else meant))
    if inside:
        texts.append(tr("{layer} has {names}.", layer=head, names=", ".join(inside)))
    elif traced.of_lesson:
        texts.append(_functions(traced))
    else:
        texts.append(_layers(traced))
    return " ".join(texts)


def _layers(traced: PassRecord) -> str:
    """Return which layers a network's trace has."""
    names = ", ".join(f"{record.path} ({record.label})" for layer in traced.layers for record in layer.walk())
    if traced.loss is None:
        return tr("Its layers are {names}.", names=names)
    return tr("Its layers are {names}; and there is the loss.", names=names)


def _functions(traced: PassRecord) -> str:
    """Return which functions a lesson's trace has."""
    records = [record for layer in traced.layers for record in layer.walk()]
    functions = "; ".join(f"{r.label} ({', '.join(r.forward)})" for r in records)
    if traced.loss is None:
        return tr("It has {functions}.", functions=functions)
    return tr("It has {functions}, and their gradients with a d before the name; and the loss's.", functions=functions)


def _close(name: str, known: list[str]) -> str | None:
    """Return the name that was meant: one that is spelled much like it, with the same numbers of layers and steps."""
    numbers = re.findall(r"\d+", name)
    alike = {n.lower(): n for n in known if re.findall(r"\d+", n) == numbers}
    close = difflib.get_close_matches(name.lower(), alike, n=1, cutoff=0.8)
    return alike[close[0]] if close else None


def _index(name: str, text: str, shape: tuple[int, ...]) -> Index:
    """Return an index for every axis; axes that are not mentioned are taken whole."""
    entries = [entry.strip() for entry in text.split(",")]
    if len(entries) > len(shape):
        raise InputError(
            "{name} has shape {shape}, so [{place}] has a number too many."
            if len(entries) == len(shape) + 1
            else "{name} has shape {shape}, so [{place}] has {count} numbers too many.",
            name=name,
            shape=shape,
            place=text,
            count=len(entries) - len(shape),
        )
    return tuple(_entry(name, entries[axis] if axis < len(entries) else ":", axis, shape) for axis in range(len(shape)))


def _entry(name: str, entry: str, axis: int, shape: tuple[int, ...]) -> Any:
    length = shape[axis]
    if match := _SLICE.fullmatch(entry):
        start, stop, step = (None if number is None else int(number) for number in match.groups())
        chosen = range(0) if step == 0 else range(length)[start:stop:step]
        if not chosen:
            raise InputError(
                "{name} has shape {shape}, and {entry} on axis {axis} takes none of its {length} places.",
                name=name,
                shape=shape,
                entry=entry,
                axis=axis,
                length=length,
            )
        return slice(chosen.start, chosen.stop if chosen.stop >= 0 else None, chosen.step)
    if not _PLACE.fullmatch(entry):
        raise InputError(
            "The place of a number is a whole number or a slice for every axis, such as [3, 1] or [:, 1], but "
            "{entry} came for axis {axis} of {name}, whose shape is {shape}.",
            entry=shown(entry),
            axis=axis,
            name=name,
            shape=shape,
        )
    place = int(entry)
    if not -length <= place < length:
        raise InputError(
            "{name} has shape {shape}, so axis {axis} has the places 0 to {last}, but {place} came.",
            name=name,
            shape=shape,
            axis=axis,
            last=length - 1,
            place=place,
        )
    return place % length


def places(shape: tuple[int, ...], index: Index | None) -> list[tuple[int, ...]]:
    """Return the places of all numbers that an index takes."""
    index = (slice(None),) * len(shape) if index is None else index
    axes = [[i] if isinstance(i, int) else list(range(n)[i]) for i, n in zip(index, shape, strict=True)]
    return list(itertools.product(*axes))


def at(name: str, index: Any) -> str:
    """Return the path of a number, or of a block of numbers.

    >>> at("layer2.W", (3, 1)), at("layer0.dY", (3, slice(None), slice(0, 2))), at("loss", ())
    ('layer2.W[3, 1]', 'layer0.dY[3, :, 0:2]', 'loss')
    """
    if not index:
        return name

    def text(entry: Any) -> str:
        if not isinstance(entry, slice):
            return str(entry)
        return ":" if entry == slice(None) else f"{entry.start}:{entry.stop}"

    return f"{name}[{', '.join(map(text, index))}]"
