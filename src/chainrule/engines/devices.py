"""Which devices the XLA engine trains on, and in what precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from chainrule.arrays import Shape
from chainrule.common.settings import Checked, Either, Flag, OneOf, Whole

COUNT = Either(Whole(1), OneOf(["all"]))


@dataclass(frozen=True)
class Devices(Checked):
    """The devices that `fit` trains on together (engine "xla"): each gets the same share of the rows of every batch.

    Parameters
    ----------
    count
        How many of those that JAX has, or "all". In a run of several processes it is all of them.
    sharded
        Whether parameters and the state of the optimizer are divided among the devices, too, and gathered where a pass
        needs them. Then a device holds its share of each array that has an axis which can be divided by the number of
        devices. If False, every device holds all of them.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.Devices("all", sharded=True)
    Devices(count='all', sharded=True)
    """

    count: int | Literal["all"] = "all"
    sharded: bool = False
    rules: ClassVar = {"count": COUNT, "sharded": Flag()}


def divided_axis(shape: Shape, devices: int) -> int | None:
    """Return the axis along which a sharded array is divided, the longest that can be; None if none can.

    >>> divided_axis((16, 64), 8), divided_axis((5, 3), 8)
    (1, None)
    """
    divisible = [axis for axis, length in enumerate(shape) if length and not length % devices]
    return max(divisible, key=lambda axis: shape[axis], default=None)


class Hardware(NamedTuple):
    """What the XLA engine runs on: the dtype of forward and backward, and the devices; None is the usual one."""

    precision: str | None = None
    devices: Devices | None = None


USUAL = Hardware()
