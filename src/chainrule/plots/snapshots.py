"""A callback that keeps what the parameters were, for pictures of how a network learned."""

from __future__ import annotations

import copy
import math
from typing import Any, NamedTuple

from chainrule.arrays import Params
from chainrule.common.errors import InputError
from chainrule.common.settings import whole
from chainrule.network import Network
from chainrule.training.callbacks import Callback


class Snapshot(NamedTuple):
    """The parameters after an epoch; epoch 0 is before the first one."""

    epoch: int
    params: Params


class Snapshots(Callback):
    """Keeps the parameters before training and after every n-th epoch, and after the last one.

    Parameters
    ----------
    every
        How many epochs lie between two of them.

    Attributes
    ----------
    kept
        The snapshots of the last run, in order.

    Examples
    --------
    >>> import chainrule as cr
    >>> X, y = cr.datasets.moons(seed=0)
    >>> network, snapshots = cr.Network.mlp([2, 4, 1]), Snapshots(every=2)
    >>> history = network.fit(X, y, epochs=5, callbacks=[snapshots], verbose=False)
    >>> [snapshot.epoch for snapshot in snapshots.kept]
    [0, 2, 4, 5]
    """

    def __init__(self, every: int = 1) -> None:
        self.every = whole("Snapshots", "every", every, least=1)
        self.kept: list[Snapshot] = []

    def run_start(self, run: Any) -> None:
        """Forget an earlier run, and keep the parameters before the first step."""
        self.kept = [Snapshot(run.first_epoch - 1, run.network.params)]

    def epoch_end(self, run: Any) -> None:
        """Keep the parameters of this moment."""
        if run.epoch % self.every == 0 or run.epoch == run.last_epoch:
            self.kept.append(Snapshot(run.epoch, run.network.params))


def selected(owner: str, snapshots: Snapshots, count: int) -> list[Snapshot]:
    """Return at most so many snapshots, the first, every n-th and the last.

    Raises
    ------
    InputError
        There is none.
    """
    if not snapshots.kept:
        raise InputError(
            "{owner} needs the snapshots of a run, but there is none yet: call fit with callbacks=[snapshots] first.",
            owner=owner,
        )
    last = len(snapshots.kept) - 1
    step = max(1, math.ceil(last / (count - 1)))
    return [*snapshots.kept[:last:step], snapshots.kept[last]]


def network_of(network: Network, snapshot: Snapshot) -> Network:
    """Return a network with the parameters of a snapshot; the given one stays as it is."""
    earlier = copy.copy(network)
    earlier.params = snapshot.params
    return earlier
