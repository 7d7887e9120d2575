"""What XLA compiles: one step of training, many in a loop, a forward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.arrays import Array, Mode, Params, leaves, map_leaves, replace_leaves
from chainrule.common.errors import missing_extra
from chainrule.data.batches import Data, counting_rows
from chainrule.engines.devices import divided_axis
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer, clip_scale
from chainrule.layers import Sequential
from chainrule.layers.base import path_kinds
from chainrule.metrics import Metric

try:
    import jax
    from jax import lax
    from jax import numpy as jnp
    from jax.sharding import Mesh, NamedSharding, PartitionSpec
except ImportError:
    raise missing_extra("The XLA engine", "jax", "xla") from None


class Carry(NamedTuple):
    """What one step hands to the next."""

    params: Params
    state: dict[str, Any]  # the optimizer's, by the path of the parameter
    pending: dict[str, Array]  # the sum of gradients times their batch's weight; empty unless they are accumulated
    pending_weight: Array
    pending_batches: Array
    steps: Array


class Layout(NamedTuple):
    """How arrays lie on several devices: the rows of a batch are divided, and parameters, too, if they are sharded."""

    mesh: Mesh
    sharded: bool

    def _sharding(self, *axes: str | None) -> NamedSharding:
        return NamedSharding(self.mesh, PartitionSpec(*axes))  # type: ignore[no-untyped-call]

    @property
    def whole(self) -> NamedSharding:
        """Every device holds all."""
        return self._sharding()

    @property
    def batches(self) -> NamedSharding:
        """Each device holds some rows of every batch; axes: batches, rows, ..."""
        return self._sharding(None, AXIS)

    @property
    def rows(self) -> NamedSharding:
        """Each device holds some rows; axes: rows, ..."""
        return self._sharding(AXIS)

    def of(self, array: Array) -> NamedSharding:
        """Return how a parameter lies, or what the optimizer keeps of it."""
        axis = divided_axis(array.shape, self.mesh.size) if self.sharded else None
        if axis is None:
            return self.whole
        return self._sharding(*(None,) * axis, AXIS)


AXIS = "devices"


class Settings(NamedTuple):
    """All that a compiled program depends on, besides shapes."""

    body: Sequential
    loss: Loss
    optimizer: Optimizer
    metrics: tuple[Metric, ...]
    accumulate: int
    precision: Any  # the dtype of forward and backward
    whole: bool  # whether the inputs are whole numbers that something is looked up by
    layout: Layout | None  # None on one device
    ragged: bool = False  # whether some batches are filled up with rows that do not count


Result = tuple[Array, Array, tuple[Array, ...]]
"""Of one batch, or along a first axis of several: the loss, the weight, and what the metrics counted."""


def cast(a: Array | None, dtype: Any) -> Array | None:
    """Return an array in a dtype, if there is one."""
    return None if a is None else a.astype(dtype)


def _lying(tree: Any, sharding: Callable[[Array], NamedSharding]) -> Any:
    return map_leaves(lambda a: lax.with_sharding_constraint(a, sharding(a)), tree)  # type: ignore[no-untyped-call]


def _laid(layout: Layout | None, tree: Any) -> Any:
    """Return arrays that lie as parameters do."""
    return tree if layout is None else _lying(tree, layout.of)


def _whole(layout: Layout | None, tree: Any) -> Any:
    """Return arrays that every device holds all of."""
    return tree if layout is None else _lying(tree, lambda _: layout.whole)


def _batch(settings: Settings, data: Data, index: Array) -> Data:
    """Return the rows of a batch; on several devices they lie there already."""
    if settings.layout is not None:
        return data
    places = jnp.maximum(index, 0)
    return data.each(lambda a: a[places])


def train_step(
    settings: Settings, carry: Carry, data: Data, index: Array, key: tuple[Array, ...]
) -> tuple[Carry, Result]:
    """Return the carry after one batch; its loss, its weight, and what the metrics counted in it."""
    like = next((p for _, p in leaves(carry.params)), data.X)
    dtype, precision = like.dtype, settings.precision
    inside = (index >= 0).astype(dtype) if settings.ragged else None
    X, Y, weights, mask = _batch(settings, data, index)
    if inside is not None:
        weights = inside if weights is None else weights * inside.reshape(-1, *[1] * (weights.ndim - 1))
    counted = weights
    weight = jnp.asarray(len(index), dtype) if weights is None else jnp.sum(weights)
    if weights is not None:
        weights = jnp.where(weight > 0, weights, 1)  # what follows from a batch of weight zero is not used

    rows = None if counted is None else counting_rows(counted)
    mode = Mode(True, key, cast(mask, precision), cast(rows, precision))
    params = map_leaves(lambda p: p.astype(precision), _whole(settings.layout, carry.params))
    Z, cache = settings.body.forward(params, X if settings.whole else X.astype(precision), mode)
    Z = Z.astype(dtype)
    J, dZ = settings.loss(Z, Y, weights)
    _, grads = settings.body.backward(cache, dZ.astype(precision), input_gradient=False)
    # A loss that is not finite ends training. Without its gradient the parameters stay finite, which is all that the
    # report needs; to keep each of them as it was would take a tenth of a step's time.
    gradient = {path: jnp.where(jnp.isfinite(J), g.astype(dtype), 0) for path, g in leaves(grads)}
    gradient = _laid(settings.layout, _whole(settings.layout, gradient))
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
    return _laid(settings.layout, new), _whole(settings.layout, result)


def _updated(settings: Settings, carry: Carry, gradient: dict[str, Array]) -> Carry:
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


def _apply_pending(settings: Settings, carry: Carry) -> Carry:
    mean = {path: g / carry.pending_weight for path, g in carry.pending.items()}
    return _updated(settings, carry, mean)._replace(
        pending={path: jnp.zeros_like(g) for path, g in carry.pending.items()},
        pending_weight=jnp.zeros_like(carry.pending_weight),
        pending_batches=jnp.zeros_like(carry.pending_batches),
    )


def _numbered(settings: Settings, data: Data, i: Array) -> Data:
    """Return what a step takes batch i from."""
    return data if settings.layout is None else data.each(lambda a: a[i])


@functools.lru_cache(16)
def loop(settings: Settings) -> Callable[..., tuple[Carry, Result]]:
    """Return the compiled loop over batches of a block; which ones is an argument, and not compiled in."""

    def run(carry: Carry, data: Data, index: Array, place: Array, key: Array) -> tuple[Carry, Result]:
        start, end = place

        def step(carry: Carry, i: Array) -> tuple[Carry, Result]:
            return train_step(settings, carry, _numbered(settings, data, i), index[i], (key[0], key[1], key[2] + i))

        def going_on(state: tuple[Array, Carry, Result]) -> Array:
            i, _, (losses, *_) = state
            return (i < end) & ((i == start) | jnp.isfinite(losses[i - 1]))

        def body(state: tuple[Array, Carry, Result]) -> tuple[Array, Carry, Result]:
            i, carry, results = state
            carry, result = step(carry, i)
            return i + 1, carry, jax.tree.map(lambda of_all, one: of_all.at[i].set(one), results, result)

        shapes = jax.eval_shape(step, carry, start)[1]
        results = jax.tree.map(lambda one: jnp.zeros((len(index), *one.shape), one.dtype), shapes)
        _, carry, results = lax.while_loop(going_on, body, (start, carry, results))
        return carry, _whole(settings.layout, results)

    compiled: Callable[..., tuple[Carry, Result]] = jax.jit(run, donate_argnums=0)
    return compiled


@functools.lru_cache(16)
def single(settings: Settings) -> Callable[..., tuple[Carry, Result]]:
    """Return one compiled step."""

    def run(carry: Carry, data: Data, index: Array, i: Array, key: Array) -> tuple[Carry, Result]:
        return train_step(settings, carry, _numbered(settings, data, i), index[i], tuple(key))

    compiled: Callable[..., tuple[Carry, Result]] = jax.jit(run, donate_argnums=0)
    return compiled


@functools.lru_cache(16)
def flushed(settings: Settings) -> Callable[[Carry], Carry]:
    """Return the compiled step of gradients that are still being accumulated."""

    def run(carry: Carry) -> Carry:
        return _laid(settings.layout, _apply_pending(settings, carry))  # type: ignore[no-any-return]

    compiled: Callable[[Carry], Carry] = jax.jit(run, donate_argnums=0)
    return compiled


@functools.lru_cache(16)
def forward(body: Sequential, precision: Any, whole: bool, layout: Layout | None) -> Callable[..., Array]:
    """Return the compiled pass from parameters, inputs and mask to logits, which are whole on each device."""

    def run(params: Params, X: Array, mask: Array | None) -> Array:
        params = map_leaves(lambda p: p.astype(precision), _whole(layout, params))
        Z = body.forward(params, X if whole else X.astype(precision), Mode(mask=cast(mask, precision)))[0]
        return _whole(layout, Z)

    compiled: Callable[..., Array] = jax.jit(run)
    return compiled
