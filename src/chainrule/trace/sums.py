"""What each kind of number is the sum of: a gradient, a value that a layer computed, the loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.trace.explanation import Explanation, Term
from chainrule.trace.naming import factor_names
from chainrule.trace.paths import Index, at
from chainrule.trace.record import LayerRecord, LossRecord, PassRecord, differential
from chainrule.trace.terms import Share, shares

Place = tuple[int, ...]
_LINEAR = 1e-9  # of the largest term: less than that is rounding


def in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return terms, the largest first."""
    return tuple(sorted(terms, key=lambda term: -abs(term.product)))


def of_gradient(
    name: str, value: float, users: list[tuple[LayerRecord, str]], place: Place, within: dict[str, Index] | None = None
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
        The blocks of the users' gradients from above to look at, by path; None for all.
    """
    terms: list[Term] = []
    for user, called in users:
        if within is None or user.path in within:
            some = shares(user, called, place, None if within is None else within[user.path])
            terms += _terms_of_shares(user, called, place, some)
    equations = tuple(text for user, _ in users for text in user.equations)
    return Explanation(at(name, place), value, "gradient", in_order(terms), equations=equations)


def _terms_of_shares(user: LayerRecord, called: str, place: Place, some: list[Share]) -> Iterator[Term]:
    above = user.prefix + differential(user.layer.symbols[1])
    output, number = user.prefix + user.layer.symbols[1], user.prefix + called
    singles = [share for share in some if share.local is not None]
    names = iter(factor_names(user, place, [s.index for s in singles], [float(s.local or 0) for s in singles]))
    for share in some:
        path = at(above, share.index)
        if share.local is None:
            yield Term("", None, path, None, share.product)
        else:
            factor = next(names) or f"∂{at(output, share.index)}/∂{at(number, place)}"
            assert user.dy is not None
            yield Term(factor, share.local, path, float(user.dy[share.index]), share.product)


def of_loss_slope(traced: PassRecord, name: str, place: Place) -> Explanation:
    """Return where backward begins: the gradient of the loss itself."""
    loss = traced.loss
    assert loss is not None
    facts = _facts(loss, traced, place)
    return Explanation(
        at(name, place), float(loss.slope[place]), "slope of the loss", facts=facts, equations=loss.equations
    )


def _facts(loss: LossRecord, traced: PassRecord, place: Place) -> tuple[tuple[str, float], ...]:
    """Return the output and the target that belong to a logit."""
    P, Y = ("loss.P", "loss.Y") if traced.layers[0].prefix else (loss.symbols[0], "Y")
    outputs = ((P, loss.P, place), (Y, loss.Y, place[: loss.Y.ndim]))
    return tuple((at(name, index), float(array[index])) for name, array, index in outputs)


def of_value(record: LayerRecord, place: Place) -> Explanation:
    """Return what a number that a layer computed is made of.

    Its inputs come first, each times the local derivative. If the layer is linear in its input, what is left is its
    bias; else it is what no single input gives.
    """
    name = record.prefix + record.layer.symbols[1]
    value = float(record.y[place])
    unit = np.zeros_like(record.y)
    unit[place] = 1
    dx, grads = record.layer.backward(record.cache, unit)
    if _of_one_number(record, dx, place):
        ((called, x),) = record.inputs.items()
        function = record.label.partition(" ")[0]
        term = Term(function, None, at(record.prefix + called, place), float(x[place]), value)
        return Explanation(at(name, place), value, "value", (term,), equations=record.equations)
    slopes = dx if isinstance(dx, tuple) else (dx,)
    terms: list[Term] = []
    for (called, x), slope in zip(record.inputs.items(), slopes, strict=True):
        if slope is not None:
            terms += _products(record, called, x, slope, place)
    parameters = dict(leaves(record.params))
    by_parameter = {n: _products(record, n, parameters[n], g, place, opens=False) for n, g in leaves(grads)}
    if not terms:  # what is looked up has no gradient
        terms = [term for found in by_parameter.values() for term in found]
    terms += _left(value, terms, by_parameter)
    return Explanation(at(name, place), value, "value", in_order(terms), equations=record.equations)


def _of_one_number(record: LayerRecord, dx: Array, place: Place) -> bool:
    """Return whether a number is a function of the one at the same place of the input alone, as of an activation."""
    if isinstance(record.x, tuple) or dx is None or record.params or record.x.shape != record.y.shape:
        return False
    others = dx.copy()
    others[place] = 0
    return not others.any()


def _products(
    record: LayerRecord, called: str, array: Array, slope: Array, place: Place, *, opens: bool = True
) -> list[Term]:
    """Return the terms of the numbers of an array: each times its slope. Nothing is behind those of a parameter."""
    places = [tuple(index) for index in np.argwhere((slope != 0) & (array != 0)).tolist()]
    factors = [float(slope[index]) for index in places]
    names = factor_names(record, place, places, factors)
    output, name = at(record.prefix + record.layer.symbols[1], place), record.prefix + called
    return [
        Term(text or f"∂{output}/∂{at(name, i)}", factor, at(name, i), float(array[i]), factor * float(array[i]), opens)
        for i, factor, text in zip(places, factors, names, strict=True)
    ]


def _left(value: float, terms: list[Term], by_parameter: dict[str, list[Term]]) -> list[Term]:
    """Return what the terms leave of a value: a bias's, if that is all of it, or a term without a name."""
    left = value - math.fsum(term.product for term in terms)
    size = max([abs(value), *(abs(term.product) for term in terms)], default=0.0)
    eps = float(np.finfo(np.float32).eps)
    if abs(left) <= _LINEAR * size:
        return []
    for found in by_parameter.values():
        if found and abs(math.fsum(term.product for term in found) - left) <= 8 * eps * size:
            return found
    return [Term("", None, "", None, left, opens=False)]


def of_loss(loss: LossRecord, traced: PassRecord, index: Place = ()) -> Explanation:
    """Return what the loss is the mean of: of examples, of their steps, of their outputs or classes.

    Parameters
    ----------
    index
        An example, or one of its steps; nothing for the whole loss.
    """
    name = loss.symbols[1]
    value = _loss_at(loss, index)
    axis = loss.axis + len(index)
    positions = loss.Z.shape[: loss.Z.ndim - 1] if loss.axis == 0 else loss.Z.shape[1:]
    if len(index) == len(positions):
        terms = _classes(loss, traced, index)
        facts = () if terms else _facts(loss, traced, (*index, 0) if loss.axis == 0 else (0, *index))
        return Explanation(at(name, index), value, "example", in_order(terms), facts, loss.equations)
    terms = []
    for i in range(loss.Z.shape[axis]):
        part = (*index, i)
        if share := _share(loss, index, part):
            inner = _loss_at(loss, part)
            count = loss.Z.shape[axis]
            weighted = loss.weights is not None and loss.weights.ndim >= len(part)
            terms.append(Term("w" if weighted else f"1/{count}", share, at(name, part), inner, share * inner))
    return Explanation(
        at(name, index), value, "example" if index else "loss", in_order(terms), equations=loss.equations
    )


def _cut(loss: LossRecord, array: Array, index: Place) -> Array:
    """Return an example, or one of its steps, as a batch of one."""
    slices = tuple(slice(i, i + 1) for i in index)
    return array[(slice(None),) * loss.axis + slices]


def _loss_at(loss: LossRecord, index: Place) -> float:
    if not index:
        return loss.value
    weights = None if loss.weights is None or loss.weights.ndim < len(index) else _cut(loss, loss.weights, index)
    if weights is not None and not weights.any():
        return 0.0
    value: float = loss.loss(_cut(loss, loss.Z, index), _cut(loss, loss.Y, index), weights)[0]
    return float(value)


def _share(loss: LossRecord, whole: Place, part: Place) -> float:
    """Return the weight of a part in the mean."""
    weights = loss.weights
    if weights is None or weights.ndim < len(part):
        return 1 / int(loss.Z.shape[loss.axis + len(whole)])
    total = float(weights[whole].sum())
    return float(weights[part].sum()) / total if total else 0.0


def _classes(loss: LossRecord, traced: PassRecord, index: Place) -> list[Term]:
    """Return the terms of one example's loss: one per class or output."""
    outputs = loss.Z.shape[-1]
    if loss.axis or (loss.loss.task != "multiclass" and outputs == 1):
        return []
    Z, Y = _cut(loss, loss.Z, index), _cut(loss, loss.Y, index)
    name = f"{loss.symbols[1]}."
    if loss.loss.task != "multiclass":
        means = [float(loss.loss(Z[..., k : k + 1], Y[..., k : k + 1])[0]) for k in range(outputs)]
        return [
            Term(f"1/{outputs}", 1 / outputs, at(loss.symbols[1], (*index, k)), mean, 1 / outputs * mean, opens=False)
            for k, mean in enumerate(means)
        ]
    # The cross-entropy is linear in its target, so a target is the sum of the classes, each by its share.
    targets = np.eye(outputs, dtype=Z.dtype)
    target = targets[Y.reshape(-1)[0]] if Y.ndim < Z.ndim else Y.reshape(-1)
    found = []
    for k in np.flatnonzero(target).tolist():
        one = np.broadcast_to(targets[k], Z.shape)
        inner = float(loss.loss(Z, one)[0])
        share = float(target[k])
        factor, logarithm = at(f"{name}Y", (*index, k)), f"-log {at(f'{name}P', (*index, k))}"
        found.append(Term(factor, share, logarithm, inner, share * inner, opens=False))
    return found
