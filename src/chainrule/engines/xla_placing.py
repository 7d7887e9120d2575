"""Where the numbers of the XLA engine lie: on one device, or divided among several by `jax.sharding`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

import numpy as np

from chainrule.arrays import Array, Params, leaves, machine, map_leaves
from chainrule.common.errors import InputError, missing_extra
from chainrule.data.batches import Arrays, Block, Data, Source, cleared
from chainrule.engines import processes
from chainrule.engines.devices import Devices
from chainrule.engines.processes.shared_rows import SharedRows, share
from chainrule.engines.xla_steps import AXIS, Layout, forward
from chainrule.layers import Sequential

try:
    import jax
    from jax import numpy as jnp
    from jax.experimental.multihost_utils import process_allgather
    from jax.sharding import Mesh
except ImportError:
    raise missing_extra("The XLA engine", "jax", "xla") from None


class Kinds(NamedTuple):
    """What the arrays of examples are turned into: words and labels stay whole numbers."""

    dtype: Any
    words: bool
    labels: bool

    def typed(self, data: Data) -> Data:
        """Return examples in the dtypes of the engine.

        JAX would cut off the upper half of whole numbers that have 64 bits; so only words and labels stay whole.
        """

        def typed(a: Array | None, whole: bool = False) -> Array | None:
            if a is None:
                return None
            return a.astype(a.dtype.newbyteorder("=") if whole and a.dtype.kind != "f" else self.dtype, copy=False)

        return Data(typed(data.X, self.words), typed(data.Y, self.labels), typed(data.weights), typed(data.mask))


class Placing(Protocol):
    """Puts numbers on devices, and takes them from there."""

    @property
    def layout(self) -> Layout | None:
        """How arrays lie on several devices; None on one."""
        ...

    ragged: bool
    """Whether some batches of the last block are filled up with rows that do not count."""

    def put(self, tree: Any) -> Any:
        """Return nested NumPy arrays as arrays of their own on devices, which may be given up for results."""
        ...

    def examples(self, source: Source, block: Block) -> tuple[Data, Array]:
        """Return data on devices and, for each batch, which rows of it to take; -1 fills up.

        Every batch of a network gets the same shape, so that a short one at the end compiles nothing new.
        """
        ...

    def agreed(self, count: int) -> int:
        """Return a number that is the same in all processes."""
        ...

    def on_host(self, tree: Any) -> Any:
        """Return nested arrays as arrays of NumPy."""
        ...

    def logits(self, program: Callable[..., Array], params: Params, X: Array, mask: Array | None) -> Array:
        """Return what a compiled pass gives for a batch."""
        ...


class OneDevice:
    """All on the device that JAX takes by itself: CPU, GPU or TPU."""

    layout: Layout | None = None

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._rows = self._batches = 0  # the largest batch and block so far: the shapes of the compiled program
        self._resident: tuple[Source, Data] | None = None
        self.ragged = False

    def put(self, tree: Any) -> Any:
        """Return nested NumPy arrays as arrays of their own on the device."""
        return jax.tree.map(lambda a: jax.device_put(a, may_alias=False), tree)

    def examples(self, source: Source, block: Block) -> tuple[Data, Array]:
        """Return data on the device, all of it if it fits and else that of the block; which rows a batch takes."""
        widths = np.diff(block.cuts)
        self.ragged = not isinstance(source, Arrays) or source.ragged
        self._rows, self._batches = max(self._rows, int(widths.max())), max(self._batches, len(widths))
        inside = np.arange(self._rows) < widths[:, None]
        index = np.full((self._batches, self._rows), -1, np.int32)
        if isinstance(source, Arrays) and sum(a.nbytes for a in source.data if a is not None) <= machine.RESIDENT_BYTES:
            if self._resident is None or self._resident[0] is not source:
                data = source.data
                self._resident = source, self._put(data._replace(X=cleared(data.X, data.weights, data.mask)))
            index[: len(widths)][inside] = np.asarray(block.rows)
            return self._resident[1], index
        index[: len(widths)][inside] = np.arange(block.cuts[-1])
        data = source.take(block, self._kinds.dtype, whole=self._kinds.words)
        return self._put(data, self._batches * self._rows), index

    def _put(self, data: Data, rows: int = 0) -> Data:
        """Return data on the device, with at least so many rows."""
        with wide(self._kinds.dtype):
            return self._kinds.typed(data).each(lambda a: jnp.asarray(filled_up(a, rows)))

    def agreed(self, count: int) -> int:
        """Return the number; there is nobody else."""
        return count

    def on_host(self, tree: Any) -> Any:
        """Return nested arrays as arrays of NumPy."""
        return jax.device_get(tree)

    def logits(self, program: Callable[..., Array], params: Params, X: Array, mask: Array | None) -> Array:
        """Return what a compiled pass gives for a batch."""
        rows = 1 << (len(X) - 1).bit_length()  # a few sizes only: each one is compiled
        return program(params, *(None if a is None else filled_up(a, rows) for a in (X, mask)))


class ManyDevices:
    """The rows of every batch divided among devices; a process puts its own share there and reads no other.

    Parameters
    ----------
    kinds
        What examples are turned into.
    devices
        Which devices, and whether parameters are divided, too.
    """

    def __init__(self, kinds: Kinds, devices: Devices) -> None:
        self._kinds = kinds
        self.layout: Layout = Layout(Mesh(np.array(_those(devices)), (AXIS,)), devices.sharded)
        self._rows = self._batches = 0
        self.ragged = False

    def put(self, tree: Any) -> Any:
        """Return nested NumPy arrays as arrays of their own on the devices."""
        return map_leaves(lambda a: self._laid(a, self.layout.of(a)), tree)

    def _laid(self, a: Array, sharding: Any) -> Array:
        return jax.make_array_from_callback(a.shape, sharding, lambda part: a[part].copy())

    def examples(self, source: Source, block: Block) -> tuple[Data, Array]:
        """Return the examples of a block on the devices, each batch with its rows; -1 for rows that fill up.

        A process takes the rows of its own share: of each batch those at its places.
        """
        widths, n = np.diff(block.cuts), self.layout.mesh.size
        width = source.widest if isinstance(source, SharedRows) else int(widths.max())
        self._rows, self._batches = max(self._rows, -(-width // n) * n), max(self._batches, len(widths))
        self.ragged = not isinstance(source, Arrays) or source.ragged or self._rows != width
        own_share = share(self._rows, n, jax.process_count())
        batch = np.repeat(np.arange(len(widths)), widths)
        place = np.arange(block.cuts[-1]) - np.repeat(block.cuts[:-1], widths) - own_share * jax.process_index()
        own = np.flatnonzero((place >= 0) & (place < own_share))
        of_own = (
            block
            if isinstance(source, SharedRows)
            else block._replace(
                rows=None if block.rows is None else block.rows[own],
                data=None if block.data is None else block.data.each(lambda a: a[own]),
            )
        )
        data = self._kinds.typed(source.take(of_own, self._kinds.dtype, whole=self._kinds.words))

        def placed(a: Array, rest: int) -> Array:
            local = np.full((self._batches, own_share, *a.shape[1:]), rest, a.dtype)
            local[batch[own], place[own]] = a
            shape = (self._batches, self._rows, *a.shape[1:])
            return jax.make_array_from_process_local_data(  # type: ignore[no-untyped-call]
                self.layout.batches, local, shape
            )

        with wide(self._kinds.dtype):
            return data.each(lambda a: placed(a, 0)), placed(own.astype(np.int32), -1)

    def agreed(self, count: int) -> int:
        """Return the number of the first process, which others measured otherwise."""
        return count if jax.process_count() == 1 else processes.agreed(count)

    def on_host(self, tree: Any) -> Any:
        """Return nested arrays as arrays of NumPy, put together from their parts on all devices."""

        def whole(a: Array) -> Array:
            return np.asarray(a if a.is_fully_replicated else process_allgather(a, tiled=True))

        return map_leaves(whole, tree)

    def logits(self, program: Callable[..., Array], params: Params, X: Array, mask: Array | None) -> Array:
        """Return what a compiled pass gives for a batch, whose rows are divided among the devices."""
        n = self.layout.mesh.size
        rows = -(-(1 << (len(X) - 1).bit_length()) // n) * n
        sharding = self.layout.rows
        return program(params, *(None if a is None else self._laid(filled_up(a, rows), sharding) for a in (X, mask)))


def _those(devices: Devices) -> list[Any]:
    """Return the devices that were asked for."""
    there = jax.devices()
    count = len(there) if devices.count == "all" else devices.count
    if jax.process_count() > 1 and count != len(there):
        raise InputError(
            "A run of several processes takes all their devices, and these are {there}, but devices={count}. Write "
            'devices="all".',
            there=len(there),
            count=count,
        )
    if count > len(there):
        raise InputError(
            "devices={count}, but JAX has {there} here: {names}. Take fewer, or, to try it on a CPU, start Python with "
            "XLA_FLAGS=--xla_force_host_platform_device_count={count}.",
            count=count,
            there=len(there),
            names=", ".join(map(str, there[:8])),
        )
    return there[:count]


def wide(dtype: Any) -> AbstractContextManager[Any]:
    """Return a context in which JAX has float64, if that is asked for."""
    return jax.enable_x64(True) if dtype == np.float64 else nullcontext()


def filled_up(a: Array, rows: int) -> Array:
    """Return an array with at least so many rows; what is added is 0."""
    return a if len(a) >= rows else np.concatenate([a, np.zeros((rows - len(a), *a.shape[1:]), a.dtype)])


def predictor(body: Sequential, params: Params) -> Callable[[Array, Array | None], Array]:
    """Return the compiled function from inputs and mask to logits."""
    dtype = next((p.dtype for _, p in leaves(params)), np.dtype(np.float32))
    words = body.vocabulary_of_input is not None
    place = OneDevice(Kinds(dtype, words, labels=False))
    with wide(dtype):
        on_device = map_leaves(jnp.asarray, params)

    def logits(X: Array, mask: Array | None) -> Array:
        with wide(dtype):
            Z = place.logits(forward(body, dtype, words, None), on_device, X, mask)
        return np.asarray(Z, dtype)[: len(X)]

    return logits
