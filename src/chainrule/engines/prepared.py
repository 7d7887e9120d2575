"""Prediction for few rows at a time: the memory of a pass is taken once, and each layer writes into its own.

Which numbers come out is decided elsewhere: each call here is the one that the layer's forward makes, with a place for
its result.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Lock
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Params, Shape, machine, map_leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss
from chainrule.layers import Activation, Dense, Layer, Sequential

_LINE = 64  # bytes
_OWN = ("_passes", "_lock", "_context")  # what no two predictors share
Step = Callable[[Array], Array]


class Predictor:
    """What `Network.predict` returns, to the bit, with less around it; made by `Network.predictor`.

    A call that it is prepared for (an array of the network's dtype, contiguous, of at most `batch_size` rows, with
    numbers that are finite) takes no memory but for its result. Any other goes the way of `predict`, errors included.

    Parameters
    ----------
    body, params, loss
        The network; the parameters are copied.
    input_shape, dtype
        Of one example, and of all numbers.
    batch_size
        The rows of the largest batch that it is prepared for.
    otherwise
        Predicts what it is not prepared for, with the same parameters.

    Notes
    -----
    Threads may share it: one waits for the other. For more at a time, give each its own, such as a copy. Copies and
    pickles have the parameters, and take memory of their own.
    """

    def __init__(
        self,
        body: Sequential,
        params: Params,
        loss: Loss,
        *,
        input_shape: Shape,
        dtype: np.dtype[Any],
        batch_size: int,
        otherwise: Callable[[Any], Array],
    ) -> None:
        self._body, self._params, self._loss = body, params, loss
        self._input_shape, self._dtype, self._otherwise = input_shape, dtype, otherwise
        self._work = body.multiply_adds(params, input_shape)
        # Whole numbers that something is looked up by have no prepared form.
        self._rows = 0 if body.vocabulary_of_input is not None else batch_size
        self._take_place()

    def _take_place(self) -> None:
        """Take what belongs to one process and one object: memory, a lock, a context."""
        self._passes: dict[Shape, Callable[[Array], Array | None]] = {}
        self._lock = Lock()
        self._context = copy_context()  # to run in it takes a fifth of the time of np.errstate
        self._context.run(np.seterr, over="ignore", invalid="ignore")

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy or a pickle needs; the rest is taken anew."""
        return {name: value for name, value in vars(self).items() if name not in _OWN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the copy of another one."""
        vars(self).update(state)
        self._take_place()

    def __call__(self, X: Any) -> Float[Array, "batch *out"]:
        """Return the outputs for inputs of shape (batch, ...), as `Network.predict` does.

        Raises
        ------
        InputError, NotFiniteError
            As for `Network.predict`.
        """
        if type(X) is np.ndarray and X.dtype == self._dtype and X.flags.c_contiguous:
            run = self._passes.get(X.shape, self._first)
            with self._lock:
                A = self._context.run(run, X)
            if A is not None:
                return A
        return self._otherwise(X)

    def _first(self, X: Array) -> Array | None:
        """Return the outputs for the first inputs of a shape; or None if it is one that nothing is prepared for."""
        rows, *shape = X.shape or (0,)
        if not 0 < rows <= self._rows or tuple(shape) != self._input_shape:
            return None
        # As in predict: how BLAS cuts a product, and so the last bits of it, depends on its threads.
        alone = rows * self._work >= machine.ALONE
        self._passes[X.shape] = one_blas_thread()(self._pass(rows)) if alone else self._pass(rows)
        return self._passes[X.shape](X)

    def _pass(self, rows: int) -> Callable[[Array], Array | None]:
        """Return the pass of so many rows, with memory of its own; it returns None for what is not finite."""
        steps: list[Step] = []
        A = zeros_in = np.zeros((rows, *self._input_shape), self._dtype)
        ours = False
        for layer, params in zip(self._body.layers, self._params, strict=True):
            step, ours = _step(layer, params, A.shape, self._dtype, ours)
            steps.append(step)
            A = step(A)
        steps.append(_output(self._loss, A.shape, self._dtype, ours))
        zeros_out, vdot = np.zeros_like(A), np.vdot

        def run(X: Array) -> Array | None:
            A = X
            for step in steps:
                A = step(A)
            # 0 times a number that is not finite is NaN, and a product is one call.
            return A.copy() if vdot(X, zeros_in) == 0 == vdot(A, zeros_out) else None

        return run


def predictor_of(network: Any, batch_size: int, rows: int) -> Predictor:
    """Return the predictor of a network that has parameters; `rows` is how many its own pass takes at a time."""
    from copy import copy

    frozen = copy(network)
    frozen.params = map_leaves(_aligned, network.params)
    return Predictor(
        frozen.body,
        frozen.params,
        frozen.loss,
        input_shape=frozen.input_shape,
        dtype=frozen.dtype,
        batch_size=min(batch_size, rows),
        otherwise=frozen.predict,
    )


def _aligned(p: Array) -> Array:
    """Return a copy that begins where a line of the cache does: BLAS takes three quarters of the time for one row."""
    if not p.flags.c_contiguous:
        return np.array(p, order="K")
    memory = np.empty(p.nbytes + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    copy = memory[start : start + p.nbytes].view(p.dtype).reshape(p.shape)
    copy[...] = p
    return copy


def _step(layer: Layer, params: Params, shape: Shape, dtype: np.dtype[Any], ours: bool) -> tuple[Step, bool]:
    """Return a layer's step, and whether its result lies in memory of ours, which the next one may write over.

    Parameters
    ----------
    layer, params
        The layer.
    shape, dtype
        Of its input.
    ours
        Whether its input lies in memory of ours.
    """
    if type(layer) is Dense and len(shape) == 2 and shape[0] * params["W"].size < machine.CUT:
        return _dense(params["W"], params.get("b"), np.empty((shape[0], layer.units), dtype)), True
    if type(layer) is Activation and ours and layer.function in IN_PLACE:
        return IN_PLACE[layer.function](shape, dtype), True
    return lambda A: layer.forward(params, A, INFERENCE)[0], False


# Below, functions get the place of their result by position where NumPy takes it so, because a keyword takes time,
# and A.dot calls BLAS as A @ W does, with less around it.
def _dense(W: Array, b: Array | None, Z: Array) -> Step:
    if b is None:
        return lambda A: A.dot(W, Z)
    B = np.broadcast_to(b, Z.shape).copy()  # else NumPy makes a copy of Z in each call, as a part of it is read twice
    add = np.add
    return lambda A: add(A.dot(W, Z), B, Z)


def _relu(shape: Shape, dtype: np.dtype[Any]) -> Step:
    zero, maximum = np.zeros((), dtype), np.maximum  # a Python number would be made an array in each call
    return lambda Z: maximum(Z, zero, out=Z)


def _tanh(shape: Shape, dtype: np.dtype[Any]) -> Step:
    return lambda Z: np.tanh(Z, Z)


def _sigmoid(shape: Shape, dtype: np.dtype[Any]) -> Step:
    zero, one, E = np.zeros((), dtype), np.ones((), dtype), np.empty(shape, dtype)

    def step(Z: Array) -> Array:
        np.exp(np.minimum(Z, zero, out=E), E)
        np.negative(np.abs(Z, Z), Z)
        np.add(one, np.exp(Z, Z), Z)
        return np.divide(E, Z, Z)

    return step


def _softmax(shape: Shape, dtype: np.dtype[Any]) -> Step:
    alone = len(shape) == 2 and shape[0] == 1  # then a single number is taken from all, which NumPy does faster
    axis, of_row = None if alone else -1, np.empty(() if alone else (*shape[:-1], 1), dtype)
    largest, total, subtract, exp, divide = np.maximum.reduce, np.add.reduce, np.subtract, np.exp, np.divide

    def step(Z: Array) -> Array:
        exp(subtract(Z, largest(Z, axis, out=of_row, keepdims=not alone), Z), Z)
        return divide(Z, total(Z, axis, out=of_row, keepdims=not alone), Z)

    return step


IN_PLACE: dict[str, Callable[[Shape, np.dtype[Any]], Step]] = {
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
}
"""For activations by their names: what makes, for a shape and a dtype, the step that writes over its input.

Each makes the calls of the equation in `chainrule.activations`, in its order, so the bits are the same.
"""


def _output(loss: Loss, shape: Shape, dtype: np.dtype[Any], ours: bool) -> Step:
    """Return the step of the output activation, which the loss owns."""
    if ours and type(loss) is CategoricalCrossEntropy:
        return _softmax(shape, dtype)
    if ours and type(loss) is BinaryCrossEntropy:
        return _sigmoid(shape, dtype)
    return loss.activation
