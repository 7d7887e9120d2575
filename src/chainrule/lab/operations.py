"""A pass as its operations: forward, loss, backward, update, each with its equation and the arrays in and out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from chainrule.arrays import leaves
from chainrule.trace.record import LayerRecord, PassRecord, differential, renewed
from chainrule.trace.steps import recurrent

Phase = Literal["forward", "loss", "backward", "update"]
_BREAK = re.compile(r",?\s*\\q+uad\s*")
_SIDES = re.compile(r"\\mathrel\{\+\}=|\\leftarrow|=")
_SYMBOL = re.compile(r"d?\\?[A-Za-z]+(?:_(?:\{[^{}]*\}|hat|\w))?")
_HAT = re.compile(r"\\hat\{(\w)\}")
_STEPS = 6  # of a recurrent layer whose arrays are shown side by side


@dataclass(frozen=True)
class Operation:
    """One step of a pass.

    Attributes
    ----------
    phase
        Which part of the pass it belongs to.
    layer, label
        The path and the name of the layer; of the loss, "loss" and its name.
    of
        What its sentence speaks of, such as "layer", "step", "loss", "slope", "parameter", "input", "statistic".
    equations
        In LaTeX, those of the layer's docstring that make what comes out.
    inputs, outputs
        The full names of the arrays that go in and come out.
    time
        Of a recurrent layer, which step it is.
    """

    phase: Phase
    layer: str
    label: str
    of: str
    equations: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    time: int | None = None


def operations(traced: PassRecord) -> tuple[Operation, ...]:
    """Return the operations of a pass in their order."""
    forward = [operation for unit in traced.units for operation in _forward(unit)]
    if traced.loss is None:
        return tuple(forward)
    backward = [operation for unit in reversed(traced.units) for operation in _backward(unit)]
    return (*forward, *_of_loss(traced), *backward, *_updates(traced))


def _forward(unit: LayerRecord) -> Iterator[Operation]:
    for layer in recurrent(unit):
        ordered = reversed(layer.steps) if getattr(layer.layer, "reverse", False) else iter(layer.steps)
        for step in ordered:
            known = [name for name in step.forward if name.endswith("_prev")]
            inside = f"{layer.prefix}step{step.time}."
            inputs = [f"{layer.prefix}x", *(f"{layer.prefix}{name}" for name, _ in leaves(layer.params))]
            yield Operation(
                "forward",
                layer.path,
                layer.label,
                "step",
                _forward_equations(layer),
                (*inputs, *(inside + name for name in known)),
                tuple(inside + name for name in step.forward if name not in known),
                step.time,
            )
    output = unit.layer.symbols[1]
    if unit.steps:
        states = tuple(f"{unit.prefix}step{step.time}.h" for step in unit.steps[-_STEPS:])
        yield Operation("forward", unit.path, unit.label, "states", (), states, (unit.prefix + output,))
        return
    comes_in = [*unit.inputs, *(name for name, _ in leaves(unit.params))] if not unit.parts else list(unit.inputs)
    kept = [name for name in unit.forward if name not in comes_in and name != output]
    yield Operation(
        "forward",
        unit.path,
        unit.label,
        "layer",
        _forward_equations(unit),
        tuple(unit.prefix + name for name in comes_in if name in unit.forward),
        tuple(unit.prefix + name for name in (*kept, output)),
    )


def _of_loss(traced: PassRecord) -> Iterator[Operation]:
    loss = traced.loss
    assert loss is not None
    Z, value = loss.symbols
    label = getattr(loss.loss, "label", type(loss.loss).__name__)
    ahead, back = _both_ways(loss.equations)
    answers = [f"{value}.P"] if loss.P is not loss.Z else []
    targets = [f"{value}.Y"] + ([f"{value}.weights"] if loss.weights is not None else [])
    yield Operation("loss", value, label, "loss", ahead, (f"{value}.{Z}", *targets), (*answers, value))
    begins_with = answers or [f"{value}.{Z}"]
    gradient = f"{value}.{differential(Z)}"
    yield Operation("backward", value, label, "slope", back, (*begins_with, *targets), (gradient,))


def _backward(unit: LayerRecord) -> Iterator[Operation]:
    layers = recurrent(unit)
    for layer in layers:
        ordered = iter(layer.steps) if getattr(layer.layer, "reverse", False) else reversed(layer.steps)
        above = f"{layer.prefix}{differential(layer.layer.symbols[1])}"
        for step in ordered:
            known = [name for name in step.backward if not name.endswith("_prev")]
            states = [name for name in known if name[1:] in ("h", "c")]
            inside = f"{layer.prefix}step{step.time}."
            yield Operation(
                "backward",
                layer.path,
                layer.label,
                "step",
                _of_one_step(layer),
                (above, *(inside + name for name in states)),
                tuple(inside + name for name in step.backward if name not in states),
                step.time,
            )
    for record in layers if unit.parts and layers else (unit,):
        yield from _gradients(record)
    if unit.parts and layers:
        yield from _gradients(unit)


def _of_one_step(layer: LayerRecord) -> tuple[str, ...]:
    """Return the backward equations of a step: those that do not add up all steps."""
    sums = {differential(name) for name, _ in leaves(layer.params)} | {differential(name) for name in layer.inputs}
    return tuple(text for text in _both_ways(layer.equations)[1] if _named(_left(text), sums) is None)


def _gradients(record: LayerRecord) -> Iterator[Operation]:
    """Yield the gradients of a layer, each as one operation: those of the parameters before those that go on."""
    above = differential(record.layer.symbols[1])
    goes_on = {differential(name) for name in record.inputs}
    names = sorted((name for name in record.backward if name != above), key=lambda name: name in goes_on)
    known = {*record.forward, *record.backward}
    for name in names:
        equations = _that_make(name, record.equations, known)
        used = _used(equations, known) - {name}
        factors = [other for other in (*record.backward, *record.forward) if other in used and other != above]
        begins_with = [above] if not record.steps else list(_of_steps(record, equations))
        yield Operation(
            "backward",
            record.path,
            record.label,
            "input" if name in goes_on else "parameter",
            equations or _both_ways(record.equations)[1],
            tuple(record.prefix + other for other in (*begins_with, *factors)),
            (record.prefix + name,),
        )


def _of_steps(record: LayerRecord, equations: Iterable[str]) -> Iterator[str]:
    """Yield the gradients of a recurrent layer's steps that a gradient adds up."""
    for step in record.steps[-_STEPS:]:
        yield from (f"step{step.time}.{name}" for name in sorted(_used(equations, set(step.backward))))


def _updates(traced: PassRecord) -> Iterator[Operation]:
    if traced.optimizer is None:
        return
    for layer in traced.layers:
        for record in layer.walk():
            gradients = {name for name, _ in leaves(record.grads)} if not record.parts else set()
            for name in record.updated if not record.parts else ():
                trained = name in gradients
                full = record.prefix + name
                letters = traced.optimizer.state._fields if trained else ()
                gradient = [record.prefix + differential(name)] if trained else []
                yield Operation(
                    "update",
                    record.path,
                    record.label,
                    "update" if trained else "statistic",
                    tuple(single(traced.optimizer.equations))
                    if trained
                    else _that_make(name, record.equations, {name}),
                    (full, *gradient, *(f"{full}:{letter}" for letter in letters)),
                    (*(f"{full}:{letter}'" for letter in letters), record.prefix + renewed(name)),
                )


# Equations.


def single(equations: Iterable[str]) -> list[str]:
    """Return equations one by one: a docstring puts several into one line; a remark stays with what it belongs to."""
    found: list[str] = []
    for line in equations:
        for text in _BREAK.split(line):
            if found and text and not _SIDES.search(text):
                found[-1] += rf", \quad {text}"
            elif text:
                found.append(text)
    return found


def _left(equation: str) -> str:
    return _SIDES.split(equation, maxsplit=1)[0].strip()


def _both_ways(equations: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those of a layer's equations that run forward, and those that run backward."""
    all_of_them = single(equations)
    back = [text for text in all_of_them if re.match(r"(\\frac\{\\partial|d(\\|[A-Za-z]))", _left(text))]
    ahead = [text for text in all_of_them if text not in back]
    return tuple(ahead), tuple(back)


def _forward_equations(record: LayerRecord) -> tuple[str, ...]:
    return tuple(text for text in _both_ways(record.equations)[0] if r"\leftarrow" not in text)


def _named(symbol: str, known: Iterable[str]) -> str | None:
    r"""Return which array an equation means by a symbol in LaTeX, the longest name that fits; None for no array.

    >>> _named("W_x", ["W", "Wx"]), _named(r"d\gamma", ["dgamma"]), _named("W_{k,c}", ["W"])
    ('Wx', 'dgamma', 'W')
    """
    plain = re.sub(r"[\\{}\s]", "", symbol)
    spellings = (plain, plain.replace("_", ""), re.sub(r"[\\{}\s]", "", symbol.partition("_")[0]))
    return next((spelling for spelling in spellings if spelling in known), None)


def _that_make(name: str, equations: Iterable[str], known: set[str]) -> tuple[str, ...]:
    """Return the equations whose left side is an array."""
    return tuple(text for text in single(equations) if _named(_left(text), known) == name)


def _used(equations: Iterable[str], known: set[str]) -> set[str]:
    """Return which arrays stand on the right sides of equations."""
    right = [_HAT.sub(r"\1_hat", text.partition("=")[2]) for text in equations]
    names = (_named(symbol, known) for text in right for symbol in _SYMBOL.findall(text))
    return {name for name in names if name is not None}
