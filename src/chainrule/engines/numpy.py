"""The NumPy engine: runs the equations as they are written."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import Array, Params, machine
from chainrule.engines.compiled import Apply, numpy_rule
from chainrule.engines.vector import VectorEngine, joined
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential


class NumpyEngine(VectorEngine):
    """One network being trained with NumPy.

    Parameters
    ----------
    body, loss, optimizer, params
        As for `VectorEngine`.
    apply
        The optimizer's rule in another form than NumPy calls.
    **settings
        The others of `VectorEngine`.
    """

    def __init__(
        self,
        body: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        params: Params,
        *,
        apply: Apply | None = None,
        **settings: Any,
    ) -> None:
        machine.keep_freed_memory()
        super().__init__(body, loss, optimizer, params, **settings)
        self._rule = apply or numpy_rule(optimizer, self.dtype)

    def _placed(self, array: Array) -> Array:
        return array

    def _copied(self, array: Array) -> Array:
        return array.copy()

    def _joined(self, vectors: list[Array]) -> Array:
        return joined(vectors)
