"""What the loss is the sum of: examples, their steps, outputs and classes; and where backward begins."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from chainrule.arrays import Array
from chainrule.trace.explanation import Explanation, Said, Term, in_order
from chainrule.trace.paths import Place, at
from chainrule.trace.record import LossRecord, PassRecord

_OUTPUTS = 20  # of an example that are told
_ROUNDED = 5e-6  # of a float32 that is computed once more


def of_loss(loss: LossRecord, traced: PassRecord, index: Place = ()) -> Explanation:
    """Return what the loss is the mean of: of examples, of their steps, of their outputs or classes.

    Parameters
    ----------
    index
        An example, or one of its steps; nothing for the whole loss.
    """
    name, value = loss.symbols[1], _loss_at(loss, index)
    axis = loss.axis + len(index)
    positions = loss.Z.ndim - 1  # the axes of examples and steps
    if len(index) == positions:
        terms = _classes(loss, index)
        outputs = (("P", loss.P), ("Y", loss.Y)) if loss.axis == 0 else ()
        facts = sum((_outputs(loss, called, array, index) for called, array in outputs), ())
        facts = facts or _facts(loss, traced, (0, *index))
        return Explanation(at(name, index), value, "example", in_order(terms), facts, loss.equations)
    count = loss.Z.shape[axis]
    factor = f"1/{count}" if loss.weights is None or loss.weights.ndim <= len(index) else "w"
    terms = []
    for inner_index in ((*index, i) for i in range(count)):
        if share := _share(loss, index, inner_index):
            inner = _loss_at(loss, inner_index)
            terms.append(Term(factor, share, at(name, inner_index), inner, share * inner))
    said: Said = "example" if index else "loss"
    return Explanation(at(name, index), value, said, in_order(terms), equations=loss.equations)


def of_output(loss: LossRecord, place: Place) -> Explanation:
    """Return which logits an output, such as a probability, is a function of."""
    facts = _outputs(loss, "Z", loss.Z, place[:-1])
    return Explanation(at(f"{loss.symbols[1]}.P", place), float(loss.P[place]), "value", (), facts, loss.equations)


def _outputs(loss: LossRecord, called: str, array: Array, index: Place) -> tuple[tuple[str, float], ...]:
    """Return the logits or outputs of an example, up to a limit."""
    if array.ndim == len(index):  # a label
        return ((at(f"{loss.symbols[1]}.{called}", index), float(array[index])),)
    outputs = array[index][:_OUTPUTS].tolist()
    return tuple((at(f"{loss.symbols[1]}.{called}", (*index, k)), float(output)) for k, output in enumerate(outputs))


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


def _classes(loss: LossRecord, index: Place) -> list[Term]:
    """Return the terms of one example's loss: one per class or output."""
    outputs = loss.Z.shape[-1]
    if loss.axis:
        return []
    Z, Y = _cut(loss, loss.Z, index), _cut(loss, loss.Y, index)
    if loss.loss.task != "multiclass" and outputs == 1:
        return _of_one_output(loss, Z, Y, index)
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
    terms = []
    for k in np.flatnonzero(target).tolist():
        one = np.broadcast_to(targets[k], Z.shape)
        inner = float(loss.loss(Z, one)[0])
        if not _is_minus_log(inner, float(loss.P[index][k])):
            return []
        share = float(target[k])
        factor, logarithm = at(f"{name}Y", (*index, k)), f"-log {at(f'{name}P', (*index, k))}"
        terms.append(Term(factor, share, logarithm, inner, share * inner, opens=False))
    return terms


def _of_one_output(loss: LossRecord, Z: Array, Y: Array, index: Place) -> list[Term]:
    """Return the terms of the loss of one output: yes and no, or a squared error; none of other losses."""
    name, y, p = f"{loss.symbols[1]}.", float(Y.reshape(-1)[0]), float(loss.P[index][0])
    P, target = at(f"{name}P", (*index, 0)), at(f"{name}Y", (*index, 0)[: loss.Y.ndim])
    value = _loss_at(replace(loss, weights=None), index)
    if loss.loss.task == "binary":
        yes = (target, y, f"-log {P}", float(loss.loss(Z, np.ones_like(Z))[0]))
        no = (f"1 - {target}", 1 - y, f"-log(1 - {P})", float(loss.loss(Z, np.zeros_like(Z))[0]))
        if _is_minus_log(yes[-1], p) and _is_minus_log(no[-1], 1 - p):
            return [Term(*side, side[1] * side[3], opens=False) for side in (yes, no) if side[1]]
    elif np.isclose(value, (p - y) ** 2, rtol=_ROUNDED, atol=0):
        return [Term(f"({P} - {target})", p - y, f"({P} - {target})", p - y, (p - y) ** 2, opens=False)]
    return []


def _is_minus_log(number: float, p: float) -> bool:
    """Return whether a loss is that of cross-entropy: smoothed labels and losses of users give other numbers."""
    return p > 0 and bool(np.isclose(number, -math.log(p), rtol=1e-3, atol=1e-6))


def of_loss_slope(traced: PassRecord, name: str, place: Place) -> Explanation:
    """Return where backward begins: the gradient of the loss itself."""
    loss = traced.loss
    assert loss is not None
    facts = _facts(loss, traced, place)
    value = float(loss.slope[place])
    terms = () if loss.axis else _difference(loss, place, value)
    return Explanation(at(name, place), value, "slope of the loss", terms, facts, loss.equations)


def _difference(loss: LossRecord, place: Place, value: float) -> tuple[Term, ...]:
    """Return the slope as a share of the difference between the output and its target, if that is what it is."""
    shape, name = loss.Z.shape, f"{loss.symbols[1]}."
    a_class = loss.Y.ndim < loss.Z.ndim and shape[-1] > 1
    target = float(loss.Y[place[:-1]] == place[-1]) if a_class else float(loss.Y[place[: loss.Y.ndim]])
    Y = f"{target:.0f}" if a_class else at(f"{name}Y", place[: loss.Y.ndim])
    difference = float(loss.P[place]) - target
    if loss.weights is not None or not difference:
        return ()
    for count in (math.prod(shape[:-1]), math.prod(shape)):
        for times in (1, 2):
            if np.isclose(value, difference * times / count, rtol=_ROUNDED, atol=0):
                between = f"({at(f'{name}P', place)} - {Y})"
                return (
                    Term(
                        f"{times}/{count}", times / count, between, difference, times / count * difference, opens=False
                    ),
                )
    return ()


def _facts(loss: LossRecord, traced: PassRecord, place: Place) -> tuple[tuple[str, float], ...]:
    """Return the output and the target that belong to a logit."""
    P, Y = (loss.symbols[0], "Y") if traced.of_lesson else ("loss.P", "loss.Y")
    outputs = ((P, loss.P, place), (Y, loss.Y, place[: loss.Y.ndim]))
    return tuple((at(name, index), float(array[index])) for name, array, index in outputs)
