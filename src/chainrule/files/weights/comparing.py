"""What another library says that it computes between weights, compared with what a network computes there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chainrule.arrays import Shape
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss
from chainrule.files.weights.flow import ANYTHING, END, FORK, INPUT, MERGE, Flow, Gap, Operation
from chainrule.files.weights.matching import Match
from chainrule.layers.sliding import SlidingWindow
from chainrule.layers.spatial import per_axis, same_padding

Pairs = tuple[tuple[int, int], ...]
_OWNED: Mapping[type[Loss], tuple[str, ...]] = {
    BinaryCrossEntropy: ("sigmoid",),
    CategoricalCrossEntropy: ("softmax", "log_softmax"),
}
"""The output activations that a loss owns; the logarithm of the softmax is what others give to their loss."""
_MONOTONE = {"elu", "leaky_relu", "relu", "selu", "sigmoid", "softplus", "softsign", "tanh"}
"""Activations before or after which the largest number of a window is taken, with the same result."""


def check_between(matches: Sequence[Match], ours: Flow, theirs: Flow, loss: Loss) -> Iterator[str]:
    """Compare what stands between layers with weights that are matched; yield notes on what cannot be compared.

    Raises
    ------
    InputError
        If something else is computed there, which is named.
    """
    node_of = {match.target.path: match.group.node for match in matches if match.group.node in theirs.nodes}
    titles = {match.target.path: f"{match.target.path} {match.target.layer.label}" for match in matches}
    for path in (INPUT, *node_of):
        gap, other = ours.after(path), theirs.after(node_of.get(path, INPUT))
        if _same_end(gap, other, node_of):
            after = titles.get(path, tr("the input"))
            yield from _check_gap(after, node_of.get(path, ""), gap, other, loss)
    joined = [operation for node in theirs.nodes.values() if len(node.inputs) > 1 for operation in node.operations]
    yield from _unknown(tr("the input"), joined)
    for match in matches:
        if match.group.node in theirs.nodes and isinstance(match.target.layer, SlidingWindow):
            _check_padding(match, ours, theirs, titles[match.target.path])


def check_apart(operations: Sequence[Operation], ours: Flow, loss: Loss) -> None:
    """Raise an error for an activation that nobody says the place of, if a network has none like it."""
    here = [operation for node in ours.nodes.values() for operation in node.operations]
    if any(operation.kind == ANYTHING for operation in here):
        return
    owned = _OWNED.get(type(loss), ())
    for operation in operations:
        if operation.kind not in owned and not any(_same(one, operation) for one in here):
            raise InputError(
                "{name} is {theirs} there, and no layer here computes it: build both with the same, or give the "
                "weights alone, as a state_dict, if it is not used.",
                name=operation.name,
                theirs=_named(operation),
            )


def _same_end(gap: Gap, other: Gap, node_of: Mapping[str, str]) -> bool:
    if gap.end in (END, FORK, MERGE):
        return gap.end == other.end
    return gap.end is not None and other.end is not None and node_of.get(gap.end) == other.end


def _check_gap(after: str, module: str, gap: Gap, other: Gap, loss: Loss) -> Iterator[str]:
    ours, theirs = _normal(gap.operations), _normal(other.operations)
    if unknown := list(_unknown(after, theirs)):
        yield from unknown
        return
    if any(operation.kind == ANYTHING for operation in ours):
        return  # a layer of the user's own, which may be just that
    if gap.end == END:
        ours, theirs = _without_output(ours, theirs, loss)
    if gap.end == FORK:  # what is common to the branches may stand before them or in each
        ours, theirs = (side[: min(len(ours), len(theirs))] for side in (ours, theirs))
    if len(ours) != len(theirs) or not all(map(_same, ours, theirs)):
        raise InputError(
            "After {layer} comes {ours} here, but {theirs} there{place}, which gives other numbers: build both with "
            "the same, or give the weights alone if that is meant.",
            layer=after,
            ours=_shown(gap.operations),
            theirs=_shown(other.operations),
            place=f" ({module})" if module else "",
        )


def _unknown(after: str, theirs: Sequence[Operation]) -> Iterator[str]:
    """Yield a note on operations there of which nothing is known."""
    if names := [operation.name for operation in theirs if operation.kind == ANYTHING]:
        yield tr(
            "Whether the layers after {layer} compute what {names} does is not known.",
            layer=after,
            names=", ".join(names),
        )


def _shown(operations: Sequence[Operation]) -> str:
    return ", ".join(map(_named, operations)) or tr("nothing")


def _named(operation: Operation) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in operation.settings.items() if name != "shape")
    return f"{operation.kind}({settings})" if settings else operation.kind


def _normal(operations: Sequence[Operation]) -> list[Operation]:
    """Return operations with the zeros before a window as a setting of it, and in one order of those that commute.

    Zeros at the end belong to the layer that comes then; two flips are none.
    """
    normal: list[Operation] = []
    zeros: list[Operation] = []
    for operation in operations:
        if operation.kind == "ZeroPad":
            zeros.append(operation)
            continue
        if zeros:
            operation = operation._replace(settings={**operation.settings, "zeros": tuple(zeros)})
            zeros = []
        if operation.kind == "Flip" and normal and normal[-1].kind == "Flip":
            normal.pop()
            continue
        normal.append(operation)
        last = normal[-2] if len(normal) > 1 else operation
        if operation.kind in _MONOTONE and last.kind == "MaxPool" and "zeros" not in last.settings:
            normal[-2:] = operation, last
    return normal


def _without_output(
    ours: list[Operation], theirs: list[Operation], loss: Loss
) -> tuple[list[Operation], list[Operation]]:
    """Return what is before the output activation: the loss owns it here, and there it may be left to the loss, too."""
    owned = _OWNED.get(type(loss), ())
    if theirs and theirs[-1].kind in owned and len(theirs) > len(ours):
        return ours, theirs[:-1]
    return ours, theirs


def _same(one: Operation, two: Operation) -> bool:
    """Return whether an operation here is that of the other library, to which the shape here is known."""
    if "shape" in one.settings:
        return _same_pool(one, two)
    if one.kind != two.kind:
        return False
    names = one.settings.keys() | two.settings.keys()
    return all(_equal(one.settings.get(name), two.settings.get(name)) for name in names)


def _equal(one: Any, two: Any) -> bool:
    """Return whether settings are the same: numbers, or one for all axes and one for each."""
    ones, twos = (tuple(value) if isinstance(value, list | tuple) else (value,) for value in (one, two))
    most = max(len(ones), len(twos))
    ones, twos = (values * most if len(values) == 1 else values for values in (ones, twos))
    numbers = all(isinstance(value, int | float) for value in (*ones, *twos))
    if not numbers or len(ones) != len(twos):
        return ones == twos
    return all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(ones, twos, strict=True))


def _same_pool(one: Operation, two: Operation) -> bool:
    if one.kind.removeprefix("Global") != two.kind.removeprefix("Global"):
        return False
    shape: Shape = one.settings["shape"]
    lengths = shape[:-1]
    zeros = _zeros(one, lengths)
    base = tuple(n - sum(pair) for n, pair in zip(lengths, zeros, strict=True))
    (a, counts), (b, counted) = _windows(one, base, zeros), _windows(two, base, _zeros(two, base))
    return a == b and (counts == counted or one.kind != "AveragePool")


def _zeros(operation: Operation, lengths: Shape) -> Pairs:
    pads = operation.settings.get("zeros", ())
    return _total([_pairs(pad.settings["padding"], lengths, lengths, lengths) for pad in pads], len(lengths))


def _total(pads: Sequence[Pairs], axes: int) -> Pairs:
    return tuple((sum(pad[i][0] for pad in pads), sum(pad[i][1] for pad in pads)) for i in range(axes))


def _pairs(padding: Any, lengths: Shape, covered: Sequence[int], stride: Sequence[int]) -> Pairs:
    """Return the zeros at both ends of each axis that a setting means."""
    if padding == "same":
        return tuple(map(same_padding, lengths, covered, stride))
    if padding == "causal":
        return tuple((n - 1, 0) for n in covered)
    if isinstance(padding, str):  # valid
        return ((0, 0),) * len(lengths)
    if isinstance(padding, int):
        return ((padding, padding),) * len(lengths)
    return tuple((pair, pair) if isinstance(pair, int) else (int(pair[0]), int(pair[1])) for pair in padding)


class _Windows(NamedTuple):
    """Where windows lie along an axis; cells at its end that none of them reaches count for nothing."""

    size: int
    stride: int
    before: int  # zeros before the first cell
    number: int

    @classmethod
    def along(cls, n: int, size: int, stride: int, pair: tuple[int, int]) -> _Windows:
        """Return the windows along an axis of n cells, with some zeros at both ends."""
        number = (n + sum(pair) - size) // stride + 1
        return cls(size, stride if number > 1 else 0, pair[0], number)

    def padded(self, n: int) -> bool:
        """Return whether a window has zeros in it."""
        return self.before > 0 or (self.number - 1) * self.stride + self.size > n + self.before


def _windows(operation: Operation, base: Shape, zeros: Pairs) -> tuple[list[_Windows], bool]:
    """Return the windows along each axis, and whether there are zeros in them that count in a mean."""
    settings, lengths = operation.settings, tuple(n + sum(pair) for n, pair in zip(base, zeros, strict=True))
    if operation.kind.startswith("Global"):
        window, stride, own = lengths, lengths, ((0, 0),) * len(base)
    else:
        window, stride = (per_axis(operation.kind, name, settings[name], len(base)) for name in ("window", "stride"))
        own = _pairs(settings["padding"], lengths, window, stride)
    counted = any(map(any, zeros)) or bool(settings.get("counts_padding"))
    if settings.get("ceil_mode"):  # the last window may go beyond the end
        beyond = (
            -(n + sum(pair) - size) % step for n, pair, size, step in zip(lengths, own, window, stride, strict=True)
        )
        own = tuple((pair[0], pair[1] + more) for pair, more in zip(own, beyond, strict=True))
    total = _total([zeros, own], len(base))
    axes = [_Windows.along(*axis) for axis in zip(base, window, stride, total, strict=True)]
    return axes, counted and any(axis.padded(n) for axis, n in zip(axes, base, strict=True))


def _check_padding(match: Match, ours: Flow, theirs: Flow, title: str) -> None:
    """Raise an error if a convolution pads its input in another way there; padding by calls cannot be seen."""
    layer: Any = match.target.layer
    shape = match.target.shape
    before, _ = ours.padding_into(match.target.path)
    said, known = theirs.padding_into(match.group.node)
    if not said:
        return
    lengths = shape[:-1]
    zeros = _total([_pairs(pad.settings["padding"], lengths, lengths, lengths) for pad in before], len(lengths))
    base = tuple(n - sum(pair) for n, pair in zip(lengths, zeros, strict=True))
    kernel, stride, dilation = (layer.per_axis(name) for name in ("kernel", "stride", "dilation"))
    covered = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    here = _total([zeros, _pairs(layer.padding, lengths, covered, stride)], len(lengths))
    there: Pairs = ((0, 0),) * len(lengths)
    for pad in said:
        now = tuple(n + sum(pair) for n, pair in zip(base, there, strict=True))
        there = _total([there, _pairs(pad.settings["padding"], now, covered, stride)], len(lengths))
    windows = [
        [_Windows.along(*axis) for axis in zip(base, covered, stride, pairs, strict=True)] for pairs in (here, there)
    ]
    if windows[0] != windows[1] and (known or any(map(any, there))):
        raise InputError(
            "{layer} pads its input by {ours} here, but {module} by {theirs} there, which gives other numbers: build "
            "both with the same padding.",
            layer=title,
            ours=here,
            module=match.group.name,
            theirs=there,
        )
