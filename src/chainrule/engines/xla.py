"""The XLA engine: traces the same equations with JAX and runs many steps in one compiled call."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, machine, map_leaves, replace_leaves
from chainrule.common.errors import missing_extra
from chainrule.data.batches import Arrays, Block, BlockSize, Data, Source, cleared, counting_rows
from chainrule.engines.base import Results
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer, clip_scale
from chainrule.layers import Sequential
from chainrule.layers.base import convolves, path_kinds
from chainrule.metrics import Metric

try:
    import jax
    from jax import lax
    from jax import numpy as jnp
except ImportError:
    raise missing_extra("The XLA engine", "jax", "xla") from None


class _Carry(NamedTuple):
    """What one step hands to the next."""

    params: Params
    state: dict[str, Any]  # the optimizer's, by the path of the parameter
    pending: dict[str, Array]  # the sum of gradients times their batch's weight; empty unless they are accumulated
    pending_weight: Array
    pending_batches: Array
    steps: Array


class _Settings(NamedTuple):
    """All that a compiled program depends on, besides shapes."""

    body: Sequential
    loss: Loss
    optimizer: Optimizer
    metrics: tuple[Metric, ...]
    accumulate: int
    precision: Any  # the dtype of forward and backward
    whole: bool  # whether the inputs are whole numbers that something is looked up by
    ragged: bool = False  # whether some batches are filled up with rows that do not count


_Result = tuple[Array, Array, tuple[Array, ...]]
"""Of one batch, or along a first axis of several: the loss, the weight, and what the metrics counted."""


class XlaEngine:
    """One network being trained on whatever JAX finds: CPU, GPU or TPU.

    Parameters
    ----------
    body, loss, optimizer
        What to run.
    params
        The first parameters.
    metrics
        What to count besides the loss.
    seed
        Of the random numbers in training.
    accumulate
        How many batches make one step.
    precision
        The dtype of forward and backward; parameters, the optimizer's state and the loss keep their own.
    """

    def __init__(
        self,
        body: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        params: Params,
        *,
        metrics: tuple[Metric, ...] = (),
        seed: int = 0,
        accumulate: int = 1,
        precision: Any = None,
    ) -> None:
        self.body, self.loss, self.optimizer, self._like = body, loss, optimizer, params
        arrays = dict(leaves(params))
        self.dtype = next((p.dtype for p in arrays.values()), np.dtype(np.float32))
        self._seed, self._accumulate = seed % 2**31, accumulate  # JAX's integers have 32 bits
        whole = body.vocabulary_of_input is not None
        self._settings = _Settings(
            body, loss, optimizer, metrics, accumulate, jnp.dtype(precision or self.dtype), whole
        )
        kinds = path_kinds(body, params)
        # On a CPU, XLA computes a convolution inside of a loop many times slower than outside.
        self._looped = jax.default_backend() != "cpu" or not convolves(body)
        self._pace = 16  # steps per call
        self._rows = self._batches = 0  # the largest batch and block so far: the shapes of the compiled program
        self._resident: tuple[Source, Data] | None = None
        self.counts: list[Array] = []
        trained = {path: p for path, p in arrays.items() if kinds[path] != "statistic"}
        # Made on the host and put on the device: each operation there would be compiled for each shape.
        carry = _Carry(
            params,
            {path: optimizer.init(p) for path, p in trained.items()},
            {path: np.zeros_like(p) for path, p in trained.items()} if accumulate > 1 else {},
            np.zeros((), self.dtype),
            np.zeros((), np.int32),
            np.zeros((), np.int32),
        )
        with _wide(self.dtype):
            self._carry = _on_device(carry)

    @property
    def params(self) -> Params:
        """The current parameters as NumPy arrays."""
        by_path = {path: np.array(p) for path, p in leaves(self._carry.params)}
        return replace_leaves(self._like, by_path)  # JAX sorts dicts

    @property
    def block(self) -> BlockSize:
        """The largest block that it wants."""
        return BlockSize(machine.XLA_BLOCK_BYTES, machine.XLA_BLOCK_BATCHES)

    @property
    def steps(self) -> int:
        """Updates of the parameters so far."""
        return int(self._carry.steps)

    def run(self, source: Source, block: Block, epoch: int) -> Results:
        """Train on the batches of a block; yield their losses, before each step, and their weights."""
        ragged = not isinstance(source, Arrays) or source.ragged
        self._settings = self._settings._replace(ragged=ragged)
        data, index = self._on_device(source, block)
        done, batches, key = 0, len(block.cuts) - 1, (self._seed, epoch, block.first)
        counts: list[Any] = []
        try:
            while done < batches:
                n = min(self._pace, batches - done)
                started = time.perf_counter()
                losses, weights, counted = self._steps(data, index, done, n, key)
                seconds = time.perf_counter() - started
                self._pace = max(1, min(2 * self._pace, int(machine.CALL_SECONDS / seconds * n)))
                done += n
                counts.append(counted)
                yield losses.tolist(), weights.tolist()
        finally:
            each = (np.concatenate(parts) for parts in zip(*counts, strict=True))
            self.counts = [np.sum(c, axis=0, dtype=np.float64) for c in each]

    def _steps(self, data: Data, index: Array, start: int, n: int, key: tuple[int, ...]) -> _Result:
        """Train on some of the batches of a block; return the results with a first axis of batches."""
        numbers = np.array(key, np.int32)
        with _wide(self.dtype):
            if self._looped:
                place = np.array([start, start + n], np.int32)
                self._carry, results = _loop(self._settings)(self._carry, data, index, place, numbers)
                taken: _Result = map_leaves(lambda a: np.asarray(a)[start : start + n], results)
                return taken
            step, several = _single(self._settings), []
            for i in range(start, start + n):
                self._carry, result = step(self._carry, data, index[i], numbers + np.array([0, 0, i], np.int32))
                several.append(result)
            stacked: _Result = jax.tree.map(lambda *each: np.stack(each), *jax.device_get(several))
            return stacked

    def _on_device(self, source: Source, block: Block) -> tuple[Data, Array]:
        """Return data on the device and, for each batch, which rows of it to take; -1 fills up.

        Every batch of a network gets the same shape, so that a short one at the end compiles nothing new.
        """
        widths = np.diff(block.cuts)
        self._rows, self._batches = max(self._rows, int(widths.max())), max(self._batches, len(widths))
        inside = np.arange(self._rows) < widths[:, None]
        index = np.full((self._batches, self._rows), -1, np.int32)
        if isinstance(source, Arrays) and sum(a.nbytes for a in source.data if a is not None) <= machine.RESIDENT_BYTES:
            if self._resident is None or self._resident[0] is not source:
                self._resident = source, self._put(source.data._replace(X=cleared(*_inputs(source.data))))
            index[: len(widths)][inside] = np.asarray(block.rows)
            return self._resident[1], index
        index[: len(widths)][inside] = np.arange(block.cuts[-1])
        block_data = source.take(block, self.dtype, whole=self._settings.whole)
        return self._put(block_data, self._batches * self._rows), index

    def _put(self, data: Data, rows: int = 0) -> Data:
        """Return data on the device, with at least so many rows.

        Words and labels stay whole numbers; JAX would cut off the upper half of any others that have 64 bits.
        """

        def put(a: Array | None, whole: bool = False) -> Array | None:
            if a is None:
                return None
            dtype = a.dtype.newbyteorder("=") if whole and a.dtype.kind != "f" else self.dtype
            return jnp.asarray(_filled_up(a.astype(dtype, copy=False), rows))

        labels = self.loss.task != "regression"
        with _wide(self.dtype):
            return Data(put(data.X, self._settings.whole), put(data.Y, labels), put(data.weights), put(data.mask))

    def flush(self) -> None:
        """Do the step of gradients that are still being accumulated."""
        if self._accumulate > 1 and int(self._carry.pending_batches):
            with _wide(self.dtype):
                self._carry = _flushed(self._settings)(self._carry)

    def forward(self, X: Array, mask: Array | None = None) -> Array:
        """Return the logits of a batch."""
        with _wide(self.dtype):
            settings = self._settings
            return _padded_forward(self.body, settings.precision, settings.whole, self._carry.params, X, mask)

    def state(self) -> dict[str, Array]:
        """Return copies of all that training goes on from, for `restore`; the names are the same for every engine."""
        carry = jax.device_get(self._carry)
        state = {f"params/{path}": np.array(p) for path, p in leaves(carry.params)}
        for path, moments in carry.state.items():
            state |= {f"{name}/{path}": np.array(a) for name, a in moments._asdict().items()}
        if carry.pending_batches:
            state |= {f"pending/{path}": np.array(g) for path, g in carry.pending.items()}
            state["pending_weight"] = np.array([carry.pending_weight, carry.pending_batches], np.float64)
        return state | {"steps": np.array(carry.steps, np.int64)}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from a state; one that holds only parameters changes only those."""
        carry = self._carry
        with _wide(self.dtype):
            by_path = {path: jnp.array(state[f"params/{path}"]) for path, _ in leaves(carry.params)}
            carry = carry._replace(params=replace_leaves(carry.params, by_path))
            if "steps" in state:
                moments = {
                    path: type(m)(*(jnp.array(state[f"{name}/{path}"]) for name in m._fields))
                    for path, m in carry.state.items()
                }
                carry = carry._replace(state=moments, steps=jnp.array(state["steps"], jnp.int32))
            if "pending_weight" in state:
                weight, batches = state["pending_weight"]
                carry = carry._replace(
                    pending={path: jnp.array(state[f"pending/{path}"]) for path in carry.pending},
                    pending_weight=jnp.array(weight, self.dtype),
                    pending_batches=jnp.array(batches, jnp.int32),
                )
        self._carry = carry


def _on_device(tree: Any) -> Any:
    """Return nested NumPy arrays as arrays of their own on the device, which may be given up for results."""
    return jax.tree.map(lambda a: jax.device_put(a, may_alias=False), tree)


def _inputs(data: Data) -> tuple[Array, Array | None, Array | None]:
    return data.X, data.weights, data.mask


def _wide(dtype: Any) -> AbstractContextManager[Any]:
    """Return a context in which JAX has float64, if that is asked for."""
    return jax.enable_x64(True) if dtype == np.float64 else nullcontext()


def _filled_up(a: Array, rows: int) -> Array:
    return a if len(a) >= rows else np.concatenate([a, np.zeros((rows - len(a), *a.shape[1:]), a.dtype)])


def _cast(a: Array | None, dtype: Any) -> Array | None:
    return None if a is None else a.astype(dtype)


def _step(
    settings: _Settings, carry: _Carry, data: Data, index: Array, key: tuple[Array, ...]
) -> tuple[_Carry, _Result]:
    """Return the carry after one batch; its loss, its weight, and what the metrics counted in it."""
    like = next((p for _, p in leaves(carry.params)), data.X)
    dtype, precision = like.dtype, settings.precision
    inside = (index >= 0).astype(dtype) if settings.ragged else None
    places = jnp.maximum(index, 0)
    X, Y = data.X[places], data.Y[places]
    weights, mask = (None if a is None else a[places] for a in (data.weights, data.mask))
    if inside is not None:
        weights = inside if weights is None else weights * inside.reshape(-1, *[1] * (weights.ndim - 1))
    counted = weights
    weight = jnp.asarray(len(index), dtype) if weights is None else jnp.sum(weights)
    if weights is not None:
        weights = jnp.where(weight > 0, weights, 1)  # what follows from a batch of weight zero is not used

    rows = None if counted is None else counting_rows(counted)
    mode = Mode(True, key, _cast(mask, precision), _cast(rows, precision))
    params = map_leaves(lambda p: p.astype(precision), carry.params)
    Z, cache = settings.body.forward(params, X if settings.whole else X.astype(precision), mode)
    Z = Z.astype(dtype)
    J, dZ = settings.loss(Z, Y, weights)
    _, grads = settings.body.backward(cache, dZ.astype(precision), input_gradient=False)
    # A loss that is not finite ends training. Without its gradient the parameters stay finite, which is all that the
    # report needs; to keep each of them as it was would take a tenth of a step's time.
    gradient = {path: jnp.where(jnp.isfinite(J), g.astype(dtype), 0) for path, g in leaves(grads)}
    counts = tuple(metric.counts(Z, Y, counted) for metric in settings.metrics)

    new = carry._replace(params=settings.body.update_statistics(carry.params, cache))
    if settings.accumulate == 1:
        new = _updated(settings, new, gradient)
    else:
        new = new._replace(
            pending={path: g + weight * gradient[path] for path, g in carry.pending.items()},
            pending_weight=carry.pending_weight + weight,
            pending_batches=carry.pending_batches + 1,
        )
        full = new.pending_batches == settings.accumulate
        new = lax.cond(full, functools.partial(_apply_pending, settings), lambda carry: carry, new)
    result = J, weight, counts
    if data.weights is not None:  # a batch may weigh nothing
        nothing = carry, jax.tree.map(jnp.zeros_like, result)
        new, result = jax.tree.map(lambda a, b: jnp.where(weight > 0, a, b), (new, result), nothing)
    return new, result


def _updated(settings: _Settings, carry: _Carry, gradient: dict[str, Array]) -> _Carry:
    """Return the carry after one step of the optimizer."""
    optimizer, t = settings.optimizer, carry.steps + 1
    if optimizer.clip_norm is not None and gradient:
        scale = clip_scale(sum(jnp.sum(g * g) for g in gradient.values()), optimizer.clip_norm)
        gradient = {path: g * scale for path, g in gradient.items()}
    params, state = dict(leaves(carry.params)), {}
    kinds = path_kinds(settings.body, carry.params)
    for path, old in carry.state.items():
        params[path], state[path] = optimizer.rule(params[path], gradient[path], old, t, decay=kinds[path] == "weight")
    return carry._replace(params=replace_leaves(carry.params, params), state=state, steps=t)


def _apply_pending(settings: _Settings, carry: _Carry) -> _Carry:
    mean = {path: g / carry.pending_weight for path, g in carry.pending.items()}
    return _updated(settings, carry, mean)._replace(
        pending={path: jnp.zeros_like(g) for path, g in carry.pending.items()},
        pending_weight=jnp.zeros_like(carry.pending_weight),
        pending_batches=jnp.zeros_like(carry.pending_batches),
    )


@functools.lru_cache(16)
def _loop(settings: _Settings) -> Callable[..., tuple[_Carry, _Result]]:
    """Return the compiled loop over batches of a block; which ones is an argument, and not compiled in."""

    def run(carry: _Carry, data: Data, index: Array, place: Array, key: Array) -> tuple[_Carry, _Result]:
        start, end = place

        def going_on(state: tuple[Array, _Carry, _Result]) -> Array:
            i, _, (losses, *_) = state
            return (i < end) & ((i == start) | jnp.isfinite(losses[i - 1]))

        def body(state: tuple[Array, _Carry, _Result]) -> tuple[Array, _Carry, _Result]:
            i, carry, results = state
            carry, result = _step(settings, carry, data, index[i], (key[0], key[1], key[2] + i))
            return i + 1, carry, jax.tree.map(lambda of_all, one: of_all.at[i].set(one), results, result)

        shapes = jax.eval_shape(functools.partial(_step, settings), carry, data, index[0], tuple(key))[1]
        results = jax.tree.map(lambda one: jnp.zeros((len(index), *one.shape), one.dtype), shapes)
        _, carry, results = lax.while_loop(going_on, body, (start, carry, results))
        return carry, results

    compiled: Callable[..., tuple[_Carry, _Result]] = jax.jit(run, donate_argnums=0)
    return compiled


@functools.lru_cache(16)
def _single(settings: _Settings) -> Callable[..., tuple[_Carry, _Result]]:
    """Return one compiled step."""

    def run(carry: _Carry, data: Data, index: Array, key: Array) -> tuple[_Carry, _Result]:
        return _step(settings, carry, data, index, tuple(key))

    compiled: Callable[..., tuple[_Carry, _Result]] = jax.jit(run, donate_argnums=0)
    return compiled


@functools.lru_cache(16)
def _forward(body: Sequential, precision: Any, whole: bool) -> Callable[..., Array]:
    def forward(params: Params, X: Array, mask: Array | None) -> Array:
        params = map_leaves(lambda p: p.astype(precision), params)
        return body.forward(params, X if whole else X.astype(precision), Mode(mask=_cast(mask, precision)))[0]

    compiled: Callable[..., Array] = jax.jit(forward)
    return compiled


def _padded_forward(
    body: Sequential, precision: Any, whole: bool, params: Params, X: Array, mask: Array | None
) -> Array:
    rows = 1 << (len(X) - 1).bit_length()  # a few sizes only: each one is compiled
    Z = _forward(body, precision, whole)(params, *(None if a is None else _filled_up(a, rows) for a in (X, mask)))
    dtype = next((p.dtype for _, p in leaves(params)), np.dtype(np.float32))
    return np.asarray(Z, dtype)[: len(X)]


def predictor(body: Sequential, params: Params) -> Callable[[Array, Array | None], Array]:
    """Return the compiled function from inputs and mask to logits."""
    dtype = next((p.dtype for _, p in leaves(params)), np.dtype(np.float32))
    with _wide(dtype):
        on_device = map_leaves(jnp.asarray, params)

    def forward(X: Array, mask: Array | None) -> Array:
        with _wide(dtype):
            return _padded_forward(body, dtype, body.vocabulary_of_input is not None, on_device, X, mask)

    return forward


@functools.lru_cache(16)
def _flushed(settings: _Settings) -> Callable[[_Carry], _Carry]:
    compiled: Callable[[_Carry], _Carry] = jax.jit(functools.partial(_apply_pending, settings), donate_argnums=0)
    return compiled
