"""Parameters as callbacks see them: those of one moment, which nobody can change, but which can be assigned anew."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from chainrule.arrays import Array, Params, leaves, map_leaves
from chainrule.common.errors import InputError
from chainrule.engines.base import Engine

Moment = tuple[int, int, int]
"""The step, the epoch, and the batches of it that are done."""


class FrozenDict(dict[str, Any]):
    """A dict that refuses to be changed; a copy of it is a plain dict."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise InputError(
            "During a run the parameters belong to the engine, and what callbacks see of them is a copy: to change "
            "them, assign all of them, run.network.params = (...)."
        )

    __setitem__ = __delitem__ = update = pop = popitem = clear = setdefault = __ior__ = _refuse

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


def frozen(params: Params) -> Params:
    """Return a copy of parameters that cannot be written to."""
    if isinstance(params, dict):
        return FrozenDict((name, frozen(child)) for name, child in params.items())
    if isinstance(params, tuple):
        return tuple(frozen(child) for child in params)
    return _frozen_array(params)


def _frozen_array(p: Array) -> Array:
    copy = np.array(p)
    copy.flags.writeable = False
    return copy


def snapshot(params: Params) -> dict[str, Array]:
    """Return a copy of the parameters, for an engine's `restore`."""
    return {f"params/{path}": np.array(p) for path, p in leaves(params)}


class Shown:
    """A network during a run: its parameters belong to the engine, and the network has copies of them.

    Parameters
    ----------
    network
        The network, whose `params` are shown and may be assigned.
    engine
        What trains it.
    """

    def __init__(self, network: Any, engine: Engine) -> None:
        self._network, self._engine = network, engine
        self._params = network.params  # what the network has for parameters
        self._moment: Moment | None = None  # and since when
        self._over = False

    def network(self, moment: Moment) -> Any:
        """Return the network, with the parameters of this moment."""
        if moment != self._moment and not self._over:
            self.renew()
            self._moment = moment
        return self._network

    def renew(self) -> None:
        """Show what the engine has now; what was assigned is forgotten."""
        self._network.params = self._params = frozen(self._engine.params)

    def hand_over(self) -> None:
        """Give the network the parameters for good; from now on it is shown as it is."""
        self._network.params = self._params = self._engine.params
        self._over = True

    def take_over(self) -> bool:
        """Give the engine the parameters that a callback assigned to the network, if it did; return whether.

        Raises
        ------
        InputError
            They have other shapes than the network's, or are no numbers.
        """
        params = self._network.params
        if params is self._params:
            return False
        shapes, new = ({path: np.shape(p) for path, p in leaves(tree)} for tree in (self._engine.params, params))
        if shapes != new:
            raise InputError(
                "A callback assigned parameters of the shapes {got}, but the network has {expected}.",
                got=new,
                expected=shapes,
            )
        try:
            self._engine.restore(snapshot(map_leaves(lambda p: np.asarray(p, self._engine.dtype), params)))
        except (ValueError, TypeError) as error:
            raise InputError("A callback assigned parameters that are no numbers: {reason}.", reason=error) from error
        self.renew()
        return True
