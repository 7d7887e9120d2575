"""How the axes of a file's values lie in our arrays, so that what only rearranges there costs nothing here.

A file has channels before pixels and may have time before the batch; chainrule has the batch first and channels last.
Each axis of the file is a tuple of atoms, and an atom is a run of numbers with a place in the order of our array. So
(batch, channels, height, width) that we keep as (batch, height, width, channels) has atoms of the ranks 0, 3, 1 and 2;
flattened, its axes are (0) and (3, 1, 2), and that tells how the rows of the following weights are to be ordered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from chainrule.arrays import Shape
from chainrule.common.errors import FileFormatError

BATCH = 7919
"""Stands for the number of examples where a file computes with sizes: a prime, which no other sizes multiply to."""


class Atom(NamedTuple):
    """A run of numbers along one of our axes."""

    rank: tuple[int, ...]  # the place in our order; what an axis was split into has longer ones
    size: int


Axis = tuple[Atom, ...]


@dataclass(frozen=True)
class Tensor:
    """A value of the file that depends on the input."""

    source: str  # the node of ours that computes it
    shape: Shape  # of one example, as that node gives it
    axes: tuple[Axis, ...]  # of the file

    @property
    def sizes(self) -> Shape:
        """The sizes of the file's axes."""
        return tuple(math.prod(atom.size for atom in axis) for axis in self.axes)

    def axis(self, index: int) -> int:
        """Return an axis that may be counted from the end."""
        if not -len(self.axes) <= index < len(self.axes):
            raise FileFormatError(
                "names axis {axis}, but its input has {count} axes.", axis=index, count=len(self.axes)
            )
        return index % len(self.axes)


def fresh_axes(sizes: Sequence[int], ranks: Sequence[int]) -> tuple[Axis, ...]:
    """Return axes that are one of ours each; `ranks` says which. Axes of size 1 have no numbers to order."""
    return tuple((Atom((rank,), size),) if size > 1 else () for size, rank in zip(sizes, ranks, strict=True))


def with_last_axis(axes: Sequence[Axis], size: int) -> tuple[Axis, ...]:
    """Return axes with one more, which comes last in our order, too."""
    order = {atom: (place,) for place, atom in enumerate(sorted(atom for axis in axes for atom in axis))}
    before = (tuple(Atom(order[atom], atom.size) for atom in axis) for axis in axes)
    return (*before, *fresh_axes([size], [len(order)]))


def transposed(tensor: Tensor, order: Sequence[int]) -> Tensor:
    """Return a tensor with its axes in another order."""
    if sorted(order) != list(range(len(tensor.axes))):
        raise FileFormatError("orders {count} axes as {order}.", count=len(tensor.axes), order=tuple(order))
    return replace(tensor, axes=tuple(tensor.axes[axis] for axis in order))


def squeezed(tensor: Tensor, axes: Sequence[int] | None) -> Tensor:
    """Return a tensor without axes of size 1; None means all of them."""
    chosen = range(len(tensor.axes)) if axes is None else [tensor.axis(axis) for axis in axes]
    dropped = {axis for axis in chosen if not tensor.axes[axis]}
    if axes is not None and len(dropped) < len(set(chosen)):
        raise FileFormatError("drops an axis that is longer than 1.")
    return replace(tensor, axes=tuple(axis for i, axis in enumerate(tensor.axes) if i not in dropped))


def unsqueezed(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """Return a tensor with new axes of size 1 in these places of the result."""
    count = len(tensor.axes) + len(axes)
    places = {axis % count for axis in axes}
    rest = iter(tensor.axes)
    return replace(tensor, axes=tuple(() if i in places else next(rest, ()) for i in range(count)))


def reshaped(tensor: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return a tensor whose numbers are arranged in axes of other sizes, in the file's row-major order."""
    rest = [atom for axis in tensor.axes for atom in axis]
    axes = []
    for size in sizes:
        axis: list[Atom] = []
        left = size
        while left > 1 and rest:
            atom = rest.pop(0)
            if left % atom.size == 0:
                axis.append(atom)
                left //= atom.size
            elif atom.size % left == 0:
                axis.append(Atom((*atom.rank, 0), left))
                rest.insert(0, Atom((*atom.rank, 1), atom.size // left))
                left = 1
            else:
                break
        if left != 1:
            raise FileFormatError(
                "arranges {got} as {wanted}, which joins parts of different axes.",
                got=shown(tensor.sizes),
                wanted=shown(sizes),
            )
        axes.append(tuple(axis))
    return replace(tensor, axes=tuple(axes))


def same_layout(tensors: Sequence[Tensor]) -> bool:
    """Return whether the numbers of tensors lie in the same order for the same places of the file."""
    return len({_canonical(tensor.axes) for tensor in tensors}) == 1


def _canonical(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return axes whose atoms are as long as they can be, and ranked by one number."""
    order = {atom: place for place, atom in enumerate(sorted(atom for axis in axes for atom in axis))}
    joined = []
    for axis in axes:
        runs: list[list[Atom]] = []
        for atom in axis:
            if runs and order[atom] == order[runs[-1][-1]] + 1:
                runs[-1].append(atom)
            else:
                runs.append([atom])
        joined.append([(order[run[0]], math.prod(atom.size for atom in run)) for run in runs])
    starts = {start: place for place, start in enumerate(sorted(start for axis in joined for start, _ in axis))}
    return tuple(tuple(Atom((starts[start],), size) for start, size in axis) for axis in joined)


def shown(sizes: Sequence[int]) -> tuple[int | str, ...]:
    """Return sizes as people read them.

    >>> shown((BATCH, 28, 28))
    ('batch', 28, 28)
    """
    return tuple("batch" if size == BATCH else int(size) for size in sizes)
