"""The NumPy engine: runs the equations as they are written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, replace_leaves
from chainrule.layers import Sequential
from chainrule.layers.base import is_statistic, is_weight
from chainrule.losses import Loss
from chainrule.optimizers import Optimizer, clip_scale

_SMALL = 2**25  # multiply-adds of a product that one thread does as fast as two
_CHUNK = 32_768  # elements: parameters, gradient and state of a chunk stay in the processor's cache


def blas_threads(params: Params, batch_size: int) -> AbstractContextManager[Any]:
    """Return a context in which BLAS takes one thread if the products of a step are small.

    Two threads hand such a product to each other for as long as they compute it, and on a busy machine each waits for
    the other: steps were seen to take ten times as long.
    """
    from threadpoolctl import threadpool_limits

    largest = batch_size * max((p.size for _, p in leaves(params)), default=0)
    return threadpool_limits(1, user_api="blas") if largest < _SMALL else nullcontext()


class NumpyEngine:
    """One network being trained.

    All parameters lie in one vector, weights first and then biases, and the layers get views into it, so that the
    optimizer's rule runs over few long pieces instead of many short ones.

    Parameters
    ----------
    body, loss, optimizer
        What to run.
    params
        The first parameters; they are copied.
    """

    def __init__(self, body: Sequential, loss: Loss, optimizer: Optimizer, params: Params) -> None:
        self.body, self.loss, self.optimizer = body, loss, optimizer
        by_path = dict(leaves(params))
        self._statistics = [path for path in by_path if is_statistic(path)]
        self._paths = sorted(by_path.keys() - self._statistics, key=lambda path: (not is_weight(path), path))
        self._decayed = sum(by_path[path].size for path in self._paths if is_weight(path))
        self._vector = np.concatenate([by_path[p].ravel() for p in self._paths] or [np.zeros(0, np.float32)])
        self.dtype = self._vector.dtype
        self._gradient = np.empty_like(self._vector)
        self._state = optimizer.init(self._vector)
        self._steps = 0
        ends = np.cumsum([by_path[p].size for p in self._paths])[:-1]
        views = zip(self._paths, np.split(self._vector, ends), strict=True)
        views_by_path = {path: view.reshape(by_path[path].shape) for path, view in views}
        self.params = replace_leaves(params, by_path | views_by_path)
        """The current parameters: views that change with every step."""

    def step(
        self, X: Array, Y: Array, weights: Array | None, key: tuple[int, ...], mask: Array | None = None
    ) -> tuple[float, Array]:
        """Do one step of training on a batch; return the loss and the logits before the step.

        If the loss is NaN or infinite the parameters stay as they are.
        """
        Z, cache = self.body.forward(self.params, X, Mode(training=True, key=key, mask=mask))
        J, dZ = self.loss(Z, Y, weights)
        if math.isfinite(J):
            _, grads = self.body.backward(cache, dZ, input_gradient=False)
            self._update(dict(leaves(grads)))
            if self._statistics:
                self.params = self.body.update_statistics(self.params, cache)
        return float(J), Z

    def _update(self, grads: dict[str, Array]) -> None:
        if not self._paths:
            return
        g = np.concatenate([grads[path].ravel() for path in self._paths], out=self._gradient)
        if self.optimizer.clip_norm is not None:
            g *= clip_scale(g @ g, self.optimizer.clip_norm)
        self._steps += 1
        for piece, decay in self._pieces():
            state = self.optimizer.state(*(array[piece] for array in self._state))
            p, new = self.optimizer.rule(self._vector[piece], g[piece], state, self._steps, decay=decay)
            self._vector[piece] = p
            for old_array, new_array in zip(state, new, strict=True):
                old_array[:] = new_array

    def _pieces(self) -> Iterator[tuple[slice, bool]]:
        for start, end, decay in ((0, self._decayed, True), (self._decayed, len(self._vector), False)):
            for i in range(start, end, _CHUNK):
                yield slice(i, min(i + _CHUNK, end)), decay

    def snapshot(self) -> tuple[Array, Params]:
        """Return a copy of all parameters, for `restore`."""
        return self._vector.copy(), self.params

    def restore(self, snapshot: tuple[Array, Params]) -> None:
        """Put back the parameters of a snapshot; its tree brings the statistics, which are replaced, not changed."""
        self._vector[:], self.params = snapshot
