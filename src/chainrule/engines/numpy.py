"""The NumPy engine: runs the equations as they are written."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, machine, replace_leaves
from chainrule.common.errors import InputError
from chainrule.data.batches import Block, BlockSize, Source, counting_rows
from chainrule.engines.base import Results
from chainrule.engines.compiled import Apply, numpy_rule
from chainrule.engines.lazy_rows import PATH, apply_to_rows, lazy_embedding, looked_up
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer, clip_scale
from chainrule.layers import Sequential
from chainrule.layers.base import path_kinds
from chainrule.metrics import Metric, what_counts


class _Segment(NamedTuple):
    """A run of the parameter vector whose gradient comes in one piece: one large array, or many small ones."""

    paths: list[str]
    keys: list[list[Any]]  # the same, as keys of nested tuples and dicts
    start: int
    end: int
    decay: bool


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
    metrics
        What to count besides the loss.
    seed
        Of the random numbers in training.
    accumulate
        How many batches make one step.
    apply
        The optimizer's rule in another form than NumPy calls.
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
        apply: Apply | None = None,
    ) -> None:
        machine.keep_freed_memory()
        self.body, self.loss, self.optimizer, self.metrics = body, loss, optimizer, metrics
        self._seed, self._accumulate = seed, accumulate
        by_path = dict(leaves(params))
        kinds = path_kinds(body, params)
        self._statistics = "statistic" in kinds.values()
        self._whole = body.vocabulary_of_input is not None
        self._lazy = lazy_embedding(body)
        if self._lazy is not None and accumulate > 1:
            raise InputError(
                "Embedding(lazy=True) changes what a batch looks up, and accumulate={accumulate} makes a step of "
                "several batches: leave out one of them.",
                accumulate=accumulate,
            )
        trained = {path: p for path, p in by_path.items() if kinds[path] != "statistic"}
        alone = {PATH} if self._lazy is not None else set()
        self._segments = _segments(params, trained, kinds, alone, decaying=optimizer.weight_decay > 0)
        self._paths = [path for segment in self._segments for path in segment.paths]
        self._vector = np.concatenate([by_path[p].ravel() for p in self._paths] or [np.zeros(0, np.float32)])
        self.dtype = self._vector.dtype
        self._state = optimizer.init(self._vector)
        self._parts = [
            (self._vector[s.start : s.end], [array[s.start : s.end] for array in self._state], s.decay)
            for s in self._segments
        ]
        self._apply = apply or numpy_rule(optimizer, self.dtype)
        self._pending: list[Array] = []  # the sum of gradients times their batch's weight
        self._pending_weight, self._pending_batches = 0.0, 0
        self.steps = 0
        self.counts: list[Array] = []
        self.params = replace_leaves(params, by_path | self._views(self._vector, by_path))
        """The current parameters: views that change with every step."""

    @property
    def block(self) -> BlockSize:
        """The largest block that it wants."""
        return BlockSize(machine.BLOCK_BYTES, machine.BLOCK_BATCHES)

    def run(self, source: Source, block: Block, epoch: int) -> Results:
        """Train on the batches of a block; yield the loss of each, before its step, and its weight."""
        data = source.take(block, self.dtype, whole=self._whole)
        batches: list[tuple[Array, Array]] = []
        try:
            for i, (start, end) in enumerate(pairwise(block.cuts)):
                rows = slice(start, end)
                weights = None if data.weights is None else data.weights[rows]
                weight = float(end - start if weights is None else weights.sum())
                if not weight:  # nothing in the batch counts, and the weighted mean would divide by zero
                    yield [0.0], [0.0]
                    continue
                mask = None if data.mask is None else data.mask[rows]
                J, Z = self.step(data.X[rows], data.Y[rows], weights, (self._seed, epoch, block.first + i), mask)
                batches.append(what_counts(Z, data.Y[rows], weights))
                yield [J], [weight]
        finally:
            # Counting a block at once spares small batches most of the work.
            Z_and_Y = [_joined(list(arrays)) for arrays in zip(*batches, strict=True)]
            self.counts = [metric.counts(*Z_and_Y) for metric in self.metrics] if batches else []

    def step(
        self, X: Array, Y: Array, weights: Array | None, key: tuple[int, ...], mask: Array | None = None
    ) -> tuple[float, Array]:
        """Do one step of training on a batch; return the loss and the logits before the step.

        If the loss is NaN or infinite the parameters stay as they are.
        """
        rows, params = None, self.params
        if self._lazy is not None:
            rows, X, params = looked_up(self._lazy, self.params, X)
        Z, cache = self.body.forward(params, X, training_mode(self._statistics, key, weights, mask))
        J, dZ = self.loss(Z, Y, weights)
        J = float(J)
        if math.isfinite(J):
            _, grads = self.body.backward(cache, dZ, input_gradient=False)
            self._collect(grads, float(len(X) if weights is None else weights.sum()), rows)
            if self._statistics:
                self.params = self.body.update_statistics(self.params, cache)
        return J, Z

    def flush(self) -> None:
        """Do the step of gradients that are still being accumulated."""
        if self._pending_batches:
            gradient = [g / self._pending_weight for g in self._pending]
            self._pending, self._pending_weight, self._pending_batches = [], 0.0, 0
            self._update(gradient)

    def _collect(self, grads: Params, weight: float, rows: Array | None) -> None:
        gradient = [_joined([_at(grads, keys).ravel() for keys in segment.keys]) for segment in self._segments]
        if self._accumulate == 1:
            self._update(gradient, rows)
            return
        gradient = [g * weight for g in gradient]
        self._pending = [a + g for a, g in zip(self._pending, gradient, strict=True)] if self._pending else gradient
        self._pending_weight += weight
        self._pending_batches += 1
        if self._pending_batches == self._accumulate:
            self.flush()

    def _update(self, gradient: list[Array], rows: Array | None = None) -> None:
        """Do one step of the optimizer; the gradient comes in one vector per segment, of a lazy one for some rows."""
        if self.optimizer.clip_norm is not None:
            scale = clip_scale(np.asarray(sum(g @ g for g in gradient), self.dtype), self.optimizer.clip_norm)
            gradient = [g * scale for g in gradient]
        self.steps += 1
        for segment, (p, state, decay), g in zip(self._segments, self._parts, gradient, strict=True):
            if rows is not None and segment.paths == [PATH]:
                apply_to_rows(self._apply, rows, p, g, state, self.steps, decay)
            else:
                self._apply(p, g, state, self.steps, decay)

    def forward(self, X: Array, mask: Array | None = None) -> Array:
        """Return the logits of a batch."""
        return self.body.forward(self.params, X, Mode(mask=mask))[0]

    def _views(self, vector: Array, like: dict[str, Array]) -> dict[str, Array]:
        """Return the part of every array in a vector, by path."""
        ends = np.cumsum([like[path].size for path in self._paths], dtype=int)
        each = zip(self._paths, ends.tolist(), strict=True)
        return {path: vector[end - like[path].size : end].reshape(like[path].shape) for path, end in each}

    def state(self) -> dict[str, Array]:
        """Return copies of all that training goes on from, for `restore`; the names are the same for every engine."""
        by_path = dict(leaves(self.params))
        state = {f"params/{path}": p.copy() for path, p in by_path.items()}
        vectors = self._state._asdict()
        if self._pending:
            vectors["pending"] = np.concatenate(self._pending)
            state["pending_weight"] = np.array([self._pending_weight, self._pending_batches])
        for name, vector in vectors.items():
            state |= {f"{name}/{path}": part.copy() for path, part in self._views(vector, by_path).items()}
        return state | {"steps": np.array(self.steps)}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from a state; one that holds only parameters changes only those."""
        by_path = {path: state[f"params/{path}"] for path, _ in leaves(self.params)}
        self._vector[:] = self._joined_like(by_path)
        self.params = replace_leaves(self.params, by_path | self._views(self._vector, by_path))
        if "steps" not in state:
            return
        self.steps = int(state["steps"])
        for name, vector in self._state._asdict().items():
            vector[:] = self._joined_like({path: state[f"{name}/{path}"] for path in self._paths})
        if "pending_weight" in state:
            pending = self._joined_like({path: state[f"pending/{path}"] for path in self._paths})
            self._pending = [pending[start:end] for _, _, start, end, _ in self._segments]
            weight, batches = state["pending_weight"]
            self._pending_weight, self._pending_batches = float(weight), int(batches)

    def _joined_like(self, by_path: dict[str, Array]) -> Array:
        return np.concatenate([by_path[path].ravel() for path in self._paths] or [np.zeros(0, self.dtype)])


def training_mode(statistics: bool, key: tuple[int, ...], weights: Array | None, mask: Array | None) -> Mode:
    """Return how a batch is run in training; if there are running statistics, rows of weight 0 stay out of them."""
    rows = counting_rows(weights) if statistics and weights is not None else None
    if rows is None or weights is None or rows.all():
        return Mode(True, key, mask)
    return Mode(True, key, mask, rows.astype(weights.dtype))


def _segments(
    params: Params, arrays: dict[str, Array], kinds: dict[str, str], alone: set[str], *, decaying: bool
) -> list[_Segment]:
    segments, start = [], 0
    for decay in (True, False):
        paths = [path for path in arrays if (decaying and kinds[path] == "weight") is decay]
        single = [path for path in paths if path in alone or arrays[path].size >= machine.LARGE_ARRAY]
        large, small = [[path] for path in single], [path for path in paths if path not in single]
        for group in [*large, small] if small else large:
            end = start + sum(arrays[path].size for path in group)
            segments.append(_Segment(group, [_keys(params, path) for path in group], start, end, decay))
            start = end
    return segments


def _keys(tree: Params, path: str) -> list[Any]:
    keys: list[Any] = []
    for part in path.split("."):
        keys.append(int(part) if isinstance(tree, tuple) else part)
        tree = tree[keys[-1]]
    return keys


def _at(tree: Params, keys: list[Any]) -> Array:
    for key in keys:
        tree = tree[key]
    return tree


def _joined(vectors: list[Array]) -> Array:
    return vectors[0] if len(vectors) == 1 else np.concatenate(vectors)
