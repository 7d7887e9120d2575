"""Parameters as callbacks see them: those of one moment, which nobody can change."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.common.errors import InputError


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
