"""The NumPy engine: runs the equations as they are written."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from chainrule.arrays import Array, Params, machine
from chainrule.arrays.kernels import kernels
from chainrule.engines.compiled import fast_rule, numpy_rule
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
    fast
        Whether what numba compiles may take the place of NumPy's calls.
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
        fast: bool = False,
        **settings: Any,
    ) -> None:
        machine.keep_freed_memory()
        super().__init__(body, loss, optimizer, params, **settings)
        self._rule = fast_rule(optimizer, self.dtype, len(self._vector)) if fast else numpy_rule(optimizer, self.dtype)
        self._kernels = fast and len(self._vector) >= machine.COMPILED

    def step(
        self, X: Array, Y: Array, weights: Array | None, key: tuple[int, ...], mask: Array | None = None
    ) -> tuple[float, Array]:
        """Do one step of training on a batch, as `VectorEngine.step` does."""
        with kernels() if self._kernels else nullcontext():
            return super().step(X, Y, weights, key, mask)

    def _placed(self, array: Array) -> Array:
        return array

    def _copied(self, array: Array) -> Array:
        return array.copy()

    def _joined(self, vectors: list[Array]) -> Array:
        return joined(vectors)
