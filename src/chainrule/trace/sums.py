"""What a number of a layer is the sum of: a gradient, or a value that it computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.trace.elsewhere import names_of_constants, zero_factors
from chainrule.trace.explanation import Explanation, Term, in_order
from chainrule.trace.naming import factor_names
from chainrule.trace.paths import Block, Place, at
from chainrule.trace.record import LayerRecord, PassRecord, differential
from chainrule.trace.steps import recurrent, terms_of_gradient
from chainrule.trace.terms import Share, rounding, shares
from chainrule.trace.untouched import copied, is_own

_ROUNDING = 32  # times the precision of the terms' sizes: less than that is left by rounding


def of_gradient(
    name: str, value: float, users: list[tuple[LayerRecord, str]], place: Place, within: Block | None = None
) -> Explanation:
    """Return what a gradient is the sum of.

    Parameters
    ----------
    name, value
        The gradient.
    users
        The layers through which the number has an influence on the loss, and what each calls it.
    place
        Which of the numbers.
    within
        The block of numbers from above to look at; None for all of them.
    """
    terms: list[Term] = []
    for user, called in users:
        if layers := recurrent(user):
            for layer in layers:
                terms += terms_of_gradient(layer, called, place, within)
        elif within is None or within.name == user.prefix + differential(user.layer.symbols[1]):
            some = shares(user, called, place, None if within is None else within.places)
            terms += _terms_of_shares(user, called, place, some)
    equations = tuple(text for user, _ in users for text in user.equations)
    zeros: dict[str, float] = {}
    for user, called in users if not terms and within is None else []:
        zeros |= {} if recurrent(user) else zero_factors(user, called, place)
    explanation = Explanation(at(name, place), value, "gradient", in_order(terms), tuple(zeros.items()), equations)
    if within is not None:
        return replace(explanation, of_block=True)
    if explanation.adds_up is False and not any(recurrent(user) for user, _ in users):
        return replace(explanation, rounding=rounding(users, place, value, explanation.total))
    return explanation


def _terms_of_shares(user: LayerRecord, called: str, place: Place, some: list[Share]) -> Iterator[Term]:
    above = user.prefix + differential(user.layer.symbols[1])
    output, number = user.prefix + user.layer.symbols[1], user.prefix + called
    singles = [share for share in some if share.local is not None]
    others, factors = [share.index for share in singles], [float(share.local or 0) for share in singles]
    constants = user.params and factors and all(abs(f) == 1 or _of_a_mean(user, called, abs(f)) for f in factors)
    factored = (
        names_of_constants(user, called, place, others, factors)
        if constants
        else factor_names(user, place, others, factors)
    )
    names = iter(factored)
    for share in some:
        path = at(above, share.index)
        if share.local is None:
            yield Term("", None, path, None, share.product)
        else:
            name, mean = next(names), _of_a_mean(user, called, share.local)
            factor = name.path(user.prefix) if name else mean or f"∂{at(output, share.index)}/∂{at(number, place)}"
            assert user.dy is not None
            yield Term(factor, share.local, path, float(user.dy[share.index]), share.product)


def _of_a_mean(user: LayerRecord, called: str, local: float) -> str:
    """Return 1/m for what a lesson multiplies by: its gradients of the parameters are means over the examples."""
    if user.prefix or called not in user.params:
        return ""
    return next((f"1/{m}" for m in user.y.shape if m > 1 and np.isclose(local, 1 / m)), "")


def of_value(traced: PassRecord, record: LayerRecord, place: Place) -> Explanation:
    """Return what a number that a layer computed is made of.

    Its inputs come first, each times the local derivative. If the layer is linear in its input, what is left is its
    bias; else it is what no single input gives.
    """
    name = record.prefix + record.layer.symbols[1]
    value = float(record.y[place])
    unit = np.zeros_like(record.y)
    unit[place] = 1
    pair = (record.layer, record.cache)
    layer, cache = copied(pair) if is_own(record.layer) else pair  # backward may use up what forward kept
    dx, grads = layer.backward(cache, unit)
    if _of_one_number(record, dx, place):
        ((called, x),) = record.inputs.items()
        function = record.label.partition(" ")[0]
        opens = traced.producer(x) is not None
        term = Term(function, None, at(record.prefix + called, place), float(x[place]), value, opens)
        return Explanation(at(name, place), value, "value", (term,), equations=record.equations)
    slopes = dx if isinstance(dx, tuple) else (dx,)
    terms: list[Term] = []
    for (called, x), slope in zip(record.inputs.items(), slopes, strict=True):
        if slope is not None:
            terms += _products(record, called, x, slope, place, opens=traced.producer(x) is not None)
    parameters = dict(leaves(record.params))
    by_parameter = {n: _products(record, n, parameters[n], g, place, opens=False) for n, g in leaves(grads)}
    if not terms:  # what is looked up has no gradient
        terms = [term for products in by_parameter.values() for term in products]
    terms += _left(record, value, terms, by_parameter)
    return Explanation(at(name, place), value, "value", in_order(terms), equations=record.equations)


def _of_one_number(record: LayerRecord, dx: Array, place: Place) -> bool:
    """Return whether a number is a function of the one at the same place of the input alone, as of an activation."""
    if isinstance(record.x, tuple) or dx is None or record.params or record.x.shape != record.y.shape:
        return False
    others = dx.copy()
    others[place] = 0
    return not others.any()


def _products(record: LayerRecord, called: str, array: Array, slope: Array, place: Place, *, opens: bool) -> list[Term]:
    """Return the terms of the numbers of an array, each times its slope; behind those of what came in is nothing."""
    places = [tuple(index) for index in np.argwhere((slope != 0) & (array != 0)).tolist()]
    factors = [float(slope[index]) for index in places]
    names = factor_names(record, place, places, factors)
    output, name = at(record.prefix + record.layer.symbols[1], place), record.prefix + called
    return [
        Term(
            text.path(record.prefix) if text else f"∂{output}/∂{at(name, i)}",
            factor,
            at(name, i),
            float(array[i]),
            factor * float(array[i]),
            opens,
        )
        for i, factor, text in zip(places, factors, names, strict=True)
    ]


def _left(record: LayerRecord, value: float, terms: list[Term], by_parameter: dict[str, list[Term]]) -> list[Term]:
    """Return what the terms leave of a value: a bias's, if that is all of it, or a term without a name."""
    left = value - math.fsum(term.product for term in terms)
    size = abs(value) + math.fsum(abs(term.product) for term in terms)
    rounding = _ROUNDING * float(np.finfo(record.y.dtype).eps) * size
    if abs(left) <= rounding:
        return []
    for bias in by_parameter.values():
        if bias and abs(math.fsum(term.product for term in bias) - left) <= rounding:
            return bias
    return [Term("", None, "", None, left, opens=False)]
