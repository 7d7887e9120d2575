"""What the numbers inside of a recurrent layer are sums of: those of its steps, and its gradients, which add up steps.

Within a step, local derivatives come from the cell's own backward, as those of a layer do from the layer's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.equations.activations import ACTIVATIONS
from chainrule.layers import Bidirectional
from chainrule.trace.explanation import Explanation, Term, in_order
from chainrule.trace.paths import Block, Place, at
from chainrule.trace.record import LayerRecord, PassRecord, differential
from chainrule.trace.recorder import names_of_states, names_of_sums

_MOST = 1024  # terms of one gradient that are told apart; of more, each step is a block
_FUNCTIONS = ("sigmoid", "tanh", "relu")
_ROUNDING = 16  # times the precision of a float, by which a number may be off that is computed once more


def recurrent(user: LayerRecord) -> tuple[LayerRecord, ...]:
    """Return the layers with steps that a layer is or, if it runs both ways, is made of; none of other layers."""
    if user.steps:
        return (user,)
    return user.parts if isinstance(user.layer, Bidirectional) else ()


def of_part(traced: PassRecord, part: LayerRecord, name: str, place: Place) -> Explanation | None:
    """Return why a gradient that comes to one half of a layer that runs both ways is what it is; None for others.

    Parameters
    ----------
    name, place
        The gradient.
    """
    for unit in traced.units:
        if isinstance(unit.layer, Bidirectional) and part in unit.parts:
            of = unit.layer.symbols[1]
            there = (*place[:-1], place[-1] + unit.parts.index(part) * part.y.shape[-1])
            value = float(part.backward[differential(part.layer.symbols[1])][place])
            terms = _carried(at(unit.prefix + differential(of), there), value)
            return Explanation(at(name, place), value, "gradient", tuple(terms), equations=unit.equations)
    return None


def terms_of_gradient(user: LayerRecord, called: str, place: Place, within: Block | None = None) -> list[Term]:
    """Return the terms of a gradient of a recurrent layer: of a parameter or the input, by the steps.

    Parameters
    ----------
    user
        The layer.
    called
        What the gradient is of, as the layer calls it.
    place
        Which of its numbers.
    within
        The step to look at, if all of them are too many; None for all.
    """
    kinds = names_of_sums(user.layer)
    if called == "x":
        n, t, i = place
        dZ, name = user.steps[t].backward[f"d{kinds[0]}"][n], f"{_step(user, t)}.d{kinds[0]}"
        row = user.params["Wx"][i].tolist()
        weights = ((at(f"{user.prefix}Wx", (i, j)), W, at(name, (n, j)), float(dZ[j])) for j, W in enumerate(row))
        return [term for weight in weights for term in _product(*weight)]
    biases: Any = user.layer.biases  # type: ignore[attr-defined]
    kind = kinds[0] if called in ("Wx", biases[0]) else kinds[-1]
    in_blocks = len(user.steps) * len(user.steps[0].forward["h"]) > _MOST
    terms: list[Term] = []
    for t, step in enumerate(user.steps):
        name, dZ = f"{_step(user, t)}.d{kind}", step.backward[f"d{kind}"][:, place[-1]]
        if within is not None and within.name != name:
            continue
        factors, local = _factors(user, called, place, t)
        if within is None and in_blocks:
            product = float(local @ dZ)
            terms += [Term("", None, at(name, (slice(None), place[-1])), None, product)] if product else []
        else:
            for n, factor in enumerate(factors):
                terms += _product(factor, float(local[n]), at(name, (n, place[-1])), float(dZ[n]))
    return terms


def _factors(user: LayerRecord, called: str, place: Place, t: int) -> tuple[list[str], Array]:
    """Return the names and the values of what the gradients of a step's examples are multiplied by."""
    batch = range(len(user.steps[t].forward["h"]))
    if called == "Wx":
        return [at(f"{user.prefix}x", (n, t, place[0])) for n in batch], user.cache.X[t, :, place[0]]
    if called == "Wh":
        h_prev = user.steps[t].forward["h_prev"][:, place[0]]
        return [at(f"{_step(user, t)}.h_prev", (n, place[0])) for n in batch], h_prev
    kind = names_of_sums(user.layer)[user.layer.biases.index(called)]  # type: ignore[attr-defined]
    below = at(user.prefix + called, place)
    return [f"∂{at(f'{_step(user, t)}.{kind}', (n, place[0]))}/∂{below}" for n in batch], np.ones(len(batch))


def of_step(traced: PassRecord, record: LayerRecord, t: int, name: str, place: Place) -> Explanation:
    """Return why a number of a step is what it is.

    Parameters
    ----------
    record, t, name, place
        The layer, the step, and the number in it.
    """
    step = record.steps[t]
    path = at(f"{_step(record, t)}.{name}", place)
    terms: Iterable[Term]
    if name in step.backward:
        value, states = float(step.backward[name][place]), [f"d{state}" for state in names_of_states(record.layer)]
        terms = _arriving(record, t, name, place) if name in states else _through_the_cell(record, t, name, place)
        return Explanation(path, value, "gradient", in_order(terms), equations=record.equations)
    value = float(step.forward[name][place])
    if name.endswith("_prev"):
        before = _neighbor(record, t, place[0], -1)
        if before is None:
            return Explanation(path, value, "data")
        terms = _carried(at(f"{_step(record, before)}.{name.removesuffix('_prev')}", place), value)
    elif name in names_of_sums(record.layer):
        terms = _products_with_weights(traced, record, t, name, place)
    else:
        terms = _of_same_place(record, t, name, place)
    terms = tuple(terms)
    facts = () if terms or name in names_of_sums(record.layer) else _facts(record, t, name, place)
    return Explanation(path, value, "value", in_order(terms), facts, record.equations)


def _arriving(record: LayerRecord, t: int, name: str, place: Place) -> Iterator[Term]:
    """Yield what a state's gradient is made of: what comes from above, and from the step that reads the state."""
    n, k = place
    if not _has_data(record, t, n) or record.dy is None:
        return
    output = record.prefix + differential(record.layer.symbols[1])
    following, sequence = _neighbor(record, t, n, 1), record.dy.ndim == 3
    if name == "dh" and (sequence or following is None):
        above = (n, t, k) if sequence else (n, k)
        yield from _carried(at(output, above), float(record.dy[above]))
    if following is not None:
        number = float(record.steps[following].backward[f"{name}_prev"][place])
        yield from _carried(at(f"{_step(record, following)}.{name}_prev", place), number)


def _through_the_cell(record: LayerRecord, t: int, name: str, place: Place) -> Iterator[Term]:
    """Yield what each gradient of the states after a step adds to one inside of it or before it."""
    n, column = place
    step, states = record.steps[t], names_of_states(record.layer)
    slopes = np.split(_slopes(record, t, n)[name][:, column], len(states))
    below = at(f"{_step(record, t)}.{name[1:]}", place)
    for state, local in zip(states, slopes, strict=True):
        for k in np.flatnonzero(local).tolist():
            same = (a for a in step.forward if step.forward[a].shape == step.forward["h"].shape)
            known = [a for a in same if float(step.forward[a][n, k]) == float(local[k]) and abs(local[k]) != 1]
            output = at(f"{_step(record, t)}.{state}", (n, k))
            factor = at(f"{_step(record, t)}.{known[0]}", (n, k)) if len(known) == 1 else f"∂{output}/∂{below}"
            number = float(step.backward[f"d{state}"][n, k])
            yield from _product(factor, float(local[k]), at(f"{_step(record, t)}.d{state}", (n, k)), number)


def _slopes(record: LayerRecord, t: int, n: int) -> dict[str, Array]:
    """Return the derivatives of all states of an example after a step, one below another, by what is inside of it.

    The cell's backward is asked once: a batch of unit gradients, with what it kept of the one example for each.
    """
    layer: Any = record.layer
    states, kept = names_of_states(record.layer), record.cache.kept
    units = np.eye(len(states) * layer.units, dtype=record.y.dtype)
    rows = type(kept)(*(np.repeat(a[t, n : n + 1], len(units), axis=0) for a in kept))
    dstates = tuple(np.split(units, len(states), axis=1))
    dZ, dbefore = layer.cell_backward(record.params["Wh"].T, rows, dstates)
    names = [f"d{name}" for name in names_of_sums(record.layer)] + [f"d{state}_prev" for state in states]
    return dict(zip(names, (*dZ, *dbefore), strict=True))


def _products_with_weights(traced: PassRecord, record: LayerRecord, t: int, name: str, place: Place) -> Iterator[Term]:
    """Yield the products of the input and of the state before with the weights, and the bias."""
    (n, column), layer, kinds = place, record.layer, names_of_sums(record.layer)
    biases: Any = layer.biases  # type: ignore[attr-defined]
    X, h_prev = record.cache.X[t, n], record.steps[t].forward["h_prev"][n]
    products: list[tuple[str, str, Place, Array, bool]] = []
    if name == kinds[0]:
        products.append(("Wx", f"{record.prefix}x", (n, t), X, traced.producer(record.x) is not None))
    if name == kinds[-1]:
        products.append(("Wh", f"{_step(record, t)}.h_prev", (n,), h_prev, _neighbor(record, t, n, -1) is not None))
    for weights, of, start, numbers, opens in products:
        for i, number in enumerate(numbers.tolist()):
            W = at(record.prefix + weights, (i, column)), float(record.params[weights][i, column])
            yield from _product(*W, at(of, (*start, i)), number, opens=opens)
    bias = biases[kinds.index(name)]
    below = at(record.prefix + bias, (column,))
    factor = f"∂{at(f'{_step(record, t)}.{name}', place)}/∂{below}"
    yield from _product(factor, 1.0, below, float(record.params[bias][column]), opens=False)


def _of_same_place(record: LayerRecord, t: int, name: str, place: Place) -> list[Term]:
    """Return the function or the products of the step's other numbers at the same place that give a number, if any do.

    They are found by their values, those of all examples and units at once.
    """
    arrays = dict(_same_shape(record, t))
    wanted = arrays.pop(name)
    if not wanted.any():
        return []
    n, k = place
    for called, array, start in _numbers(record, t, arrays):
        for function in _FUNCTIONS:
            if _equal(ACTIVATIONS[function].value(array), wanted):
                return [Term(function, None, at(called, (n, start + k)), float(array[place]), float(wanted[place]))]
    pairs = list(itertools.combinations(arrays, 2))
    for some in (*((pair,) for pair in pairs), *itertools.combinations(pairs, 2)):
        if _equal(sum(arrays[a] * arrays[b] for a, b in some), wanted):
            at_place = {a: at(f"{_step(record, t)}.{a}", place) for a in arrays}
            both = [(at_place[a], float(arrays[a][place]), at_place[b], float(arrays[b][place])) for a, b in some]
            return [term for each in both for term in _product(*each)]
    return []


def _numbers(record: LayerRecord, t: int, arrays: dict[str, Array]) -> Iterator[tuple[str, Array, int]]:
    """Yield what a number may be a function of: others at its place, and what comes to each gate from its column on."""
    for name, array in arrays.items():
        yield f"{_step(record, t)}.{name}", array, 0
    if len(kinds := names_of_sums(record.layer)) == 1:
        Z, units = record.steps[t].forward[kinds[0]], record.y.shape[-1]
        for start in range(0, Z.shape[1], units):
            yield f"{_step(record, t)}.{kinds[0]}", Z[:, start : start + units], start


def _equal(a: Array, b: Array) -> bool:
    kind = np.finfo(b.dtype)
    return np.allclose(a, b, rtol=_ROUNDING * float(kind.eps), atol=float(kind.tiny))


def _same_shape(record: LayerRecord, t: int) -> Iterator[tuple[str, Array]]:
    """Yield a step's states and gates: its arrays of shape (batch, units)."""
    shape, sums = record.steps[t].forward["h"].shape, names_of_sums(record.layer)
    return ((name, a) for name, a in record.steps[t].forward.items() if a.shape == shape and name not in sums)


def _facts(record: LayerRecord, t: int, name: str, place: Place) -> tuple[tuple[str, float], ...]:
    """Return the numbers that the step's equations may take a number from: of a gate of two sums, these two."""
    n, k = place
    step, units, kinds = record.steps[t].forward, record.y.shape[-1], names_of_sums(record.layer)
    starts = range(0, step[kinds[0]].shape[1], units)
    both = {start: sum(step[kind][:, start : start + units] for kind in kinds) for start in starts}
    own = [start for start in starts if _equal(ACTIVATIONS["sigmoid"].value(both[start]), step[name])]
    others = [] if own else [(other, place) for other, _ in _same_shape(record, t) if other != name]
    sums = [(kind, (n, start + k)) for kind in kinds for start in own or starts]
    return tuple((at(f"{_step(record, t)}.{a}", index), float(step[a][index])) for a, index in (*sums, *others))


def _carried(number_path: str, number: float) -> Iterator[Term]:
    """Yield a number that is passed on as it is."""
    return _product("1", 1.0, number_path, number)


def _product(factor: str, local: float, number_path: str, number: float, *, opens: bool = True) -> Iterator[Term]:
    if local * number:
        yield Term(factor, local, number_path, number, local * number, opens)


def _step(record: LayerRecord, t: int) -> str:
    return f"{record.prefix}step{t}"


def _has_data(record: LayerRecord, t: int, n: int) -> bool:
    return record.cache.M is None or bool(record.cache.M[t, n, 0])


def _neighbor(record: LayerRecord, t: int, n: int, way: int) -> int | None:
    """Return the step with data that runs next (1) or ran before (-1) for an example: padding carries states over."""
    way = -way if record.layer.reverse else way  # type: ignore[attr-defined]
    others = range(t + 1, len(record.steps)) if way > 0 else range(t - 1, -1, -1)
    return next((other for other in others if _has_data(record, other, n)), None)
