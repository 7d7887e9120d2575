"""The XLA engine: traces the same equations with JAX and runs many steps in one compiled call."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, leaves, machine, map_leaves, replace_leaves
from chainrule.common.errors import missing_extra
from chainrule.data.batches import Block, BlockSize, Data, Source
from chainrule.engines.base import Results
from chainrule.engines.devices import USUAL, Hardware
from chainrule.engines.xla_placing import Kinds, ManyDevices, OneDevice, Placing, wide
from chainrule.engines.xla_steps import Carry, Result, Settings, flushed, forward, loop, single
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential
from chainrule.layers.base import convolves, path_kinds
from chainrule.metrics import Metric

try:
    import jax
    from jax import numpy as jnp
except ImportError:
    raise missing_extra("The XLA engine", "jax", "xla") from None


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
    hardware
        The dtype of forward and backward (parameters, the optimizer's state and the loss keep their own), and the
        devices; one if None.
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
        hardware: Hardware = USUAL,
    ) -> None:
        self.body, self.loss, self.optimizer, self._like = body, loss, optimizer, params
        arrays = dict(leaves(params))
        self.dtype = next((p.dtype for p in arrays.values()), np.dtype(np.float32))
        self._seed, self._accumulate = seed % 2**31, accumulate  # JAX's integers have 32 bits
        words, labels = body.vocabulary_of_input is not None, loss.task != "regression"
        types = Kinds(self.dtype, words, labels)
        self._placing: Placing = OneDevice(types) if hardware.devices is None else ManyDevices(types, hardware.devices)
        precision = jnp.dtype(hardware.precision or self.dtype)
        self._settings = Settings(body, loss, optimizer, metrics, accumulate, precision, words, self._placing.layout)
        kinds = path_kinds(body, params)
        # On a CPU, XLA computes a convolution inside of a loop many times slower than outside.
        self._looped = jax.default_backend() != "cpu" or not convolves(body)
        self._pace = 16  # steps per call
        self.counts: list[Array] = []
        trained = {path: p for path, p in arrays.items() if kinds[path] != "statistic"}
        # Made on the host and put on the device: each operation there would be compiled for each shape.
        carry = Carry(
            params,
            {path: optimizer.init(p) for path, p in trained.items()},
            {path: np.zeros_like(p) for path, p in trained.items()} if accumulate > 1 else {},
            np.zeros((), self.dtype),
            np.zeros((), np.int32),
            np.zeros((), np.int32),
        )
        with wide(self.dtype):
            self._carry = self._placing.put(carry)

    @property
    def params(self) -> Params:
        """The current parameters as NumPy arrays."""
        by_path = {path: np.array(p) for path, p in leaves(self._placing.on_host(self._carry.params))}
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
        data, index = self._placing.examples(source, block)
        self._settings = self._settings._replace(ragged=self._placing.ragged)
        done, batches, key = 0, len(block.cuts) - 1, (self._seed, epoch, block.first)
        counts: list[Any] = []
        try:
            while done < batches:
                n = self._placing.agreed(min(self._pace, batches - done))
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

    def _steps(self, data: Data, index: Array, start: int, n: int, key: tuple[int, ...]) -> Result:
        """Train on some of the batches of a block; return the results with a first axis of batches."""
        numbers = np.array(key, np.int32)
        with wide(self.dtype):
            if self._looped:
                place = np.array([start, start + n], np.int32)
                self._carry, results = loop(self._settings)(self._carry, data, index, place, numbers)
                taken: Result = map_leaves(lambda a: np.asarray(a)[start : start + n], results)
                return taken
            step, several = single(self._settings), []
            for i in range(start, start + n):
                key_of_step = numbers + np.array([0, 0, i], np.int32)
                self._carry, result = step(self._carry, data, index, np.int32(i), key_of_step)
                several.append(result)
            stacked: Result = jax.tree.map(lambda *each: np.stack(each), *jax.device_get(several))
            return stacked

    def flush(self) -> None:
        """Do the step of gradients that are still being accumulated."""
        if self._accumulate > 1 and int(self._carry.pending_batches):
            with wide(self.dtype):
                self._carry = flushed(self._settings)(self._carry)

    def forward(self, X: Array, mask: Array | None = None) -> Array:
        """Return the logits of a batch."""
        _, _, _, _, _, precision, words, layout, _ = self._settings
        with wide(self.dtype):
            program = forward(self.body, precision, words, layout)
            return np.asarray(self._placing.logits(program, self._carry.params, X, mask), self.dtype)[: len(X)]

    def state(self) -> dict[str, Array]:
        """Return copies of all that training goes on from, for `restore`; the names are the same for every engine."""
        carry = self._placing.on_host(self._carry)
        state = {f"params/{path}": np.array(p) for path, p in leaves(carry.params)}
        for path, moments in carry.state.items():
            state |= {f"{name}/{path}": np.array(a) for name, a in moments._asdict().items()}
        if carry.pending_batches:
            state |= {f"pending/{path}": np.array(g) for path, g in carry.pending.items()}
            state["pending_weight"] = np.array([carry.pending_weight, carry.pending_batches], np.float64)
        return state | {"steps": np.array(carry.steps, np.int64)}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from a state; one that holds only parameters changes only those."""
        carry, put = self._carry, self._placing.put
        with wide(self.dtype):
            by_path = {path: put(state[f"params/{path}"]) for path, _ in leaves(carry.params)}
            carry = carry._replace(params=replace_leaves(carry.params, by_path))
            if "steps" in state:
                moments = {
                    path: type(m)(*(put(state[f"{name}/{path}"]) for name in m._fields))
                    for path, m in carry.state.items()
                }
                carry = carry._replace(state=moments, steps=put(np.asarray(state["steps"], np.int32)))
            if "pending_weight" in state:
                weight, batches = state["pending_weight"]
                carry = carry._replace(
                    pending={path: put(state[f"pending/{path}"]) for path in carry.pending},
                    pending_weight=put(np.asarray(weight, self.dtype)),
                    pending_batches=put(np.asarray(batches, np.int32)),
                )
        self._carry = carry
