"""Times the work behind each number of `arrays/machine.py` with others in its place.

Run with: python -m benchmarks.tuned COPIED (without a name, all of them). Each line gives the time with a quarter,
half, twice and four times the number, as the ratio to the time with the number itself: the median over rounds, in which
all of them take their turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.machine import machine as what_it_is
from benchmarks.workloads import WORKLOADS
from chainrule.arrays import machine
from chainrule.arrays.threads import one_blas_thread
from chainrule.data.batches import Arrays, BlockSize, Data, checksum
from chainrule.engines.compiled import numpy_rule
from chainrule.layers import Layer

_FACTORS = (0.25, 0.5, 1, 2, 4)
_FACTORS_OF = {"RESIDENT_BYTES": (0, 1)}  # never, and always

Work = Callable[[], object]
rng = np.random.default_rng(0)


def floats(*shape: int) -> Any:
    """Return standard normal numbers in float32."""
    return rng.standard_normal(shape, dtype=np.float32)


def passes(layer: Layer, *shape: int) -> Callable[[], Work]:
    """Return what makes a forward and a backward pass of a layer on a batch of a shape."""

    def make() -> Work:
        params, output = layer.init(np.random.default_rng(0), shape[1:])
        x, dy = floats(*shape), floats(shape[0], *output)

        def both() -> None:
            with one_blas_thread():
                layer.backward(layer.forward(params, x)[1], dy)

        return both

    return make


def training(workload: str, engine: str = "numpy") -> Callable[[], Work]:
    """Return what makes an epoch of a workload."""

    def make() -> Work:
        work, steps = WORKLOADS[workload], {"W3": 40, "W2": 200}[workload]
        network, (X, y) = work.network(), work.examples(steps)

        return lambda: network.fit(X, y, epochs=1, batch_size=work.batch, engine=engine, verbose=False)

    return make


def xla_blocks(size: Callable[[], BlockSize]) -> Callable[[], Work]:
    """Return what makes 2,000 steps of W2 with XLA, compiled before they are timed."""

    def make() -> Work:
        from chainrule.engines.xla import XlaEngine

        work = WORKLOADS["W2"]
        network, (X, y) = work.network(), work.examples(2000)
        engine = XlaEngine(network.body, network.loss, cr.Adam(), network.params)
        source = Arrays(Data(X, y), work.batch, 0)

        def epoch() -> None:
            for block in source.blocks(1, 0, size()):
                for _ in engine.run(source, block, 1):
                    pass

        return epoch

    return make


def xla_passes(layer: Layer, *shape: int) -> Callable[[], Work]:
    """Return what makes a forward and a backward pass of a layer on a batch of a shape, compiled."""

    def make() -> Work:
        import jax

        params, output = layer.init(np.random.default_rng(0), shape[1:])
        x, dy = floats(*shape), floats(shape[0], *output)
        gradients = jax.jit(lambda p, x, dy: layer.backward(layer.forward(p, x)[1], dy))
        return lambda: jax.block_until_ready(gradients(params, x, dy))  # type: ignore[no-untyped-call]

    return make


def many_networks() -> Work:
    """Return an epoch of 64 networks in one call."""
    work = WORKLOADS["W2"]
    networks, (X, y) = [work.network() for _ in range(64)], work.examples(50)
    return lambda: cr.fit_many(networks, X, y, epochs=5, batch_size=work.batch, verbose=False)


def update() -> Work:
    """Return a step of Adam on a million parameters."""
    p, g, *state = np.abs(floats(4, 2**20))
    apply, moments = numpy_rule(cr.Adam(), p.dtype), cr.Adam().state(*state)
    return lambda: apply(p, g, moments, 3, False)


def prediction() -> Work:
    """Return the prediction of 10,000 rows of W3."""
    work = WORKLOADS["W10"]
    network, X = work.network(), floats(work.batch, *work.input_shape)
    return lambda: network.predict(X)


def reading() -> Work:
    """Return an epoch of 64 MB on disk."""
    with tempfile.TemporaryDirectory() as folder:  # the map keeps the file until the work is done
        np.save(Path(folder, "X.npy"), floats(2**14, 1024))
        X = np.load(Path(folder, "X.npy"), mmap_mode="r")
    y, network = np.arange(len(X)) % 2, cr.Network.mlp([1024, 2])
    return lambda: network.fit(X, y, epochs=1, batch_size=512, verbose=False)


def summing() -> Work:
    """Return the checksum of a data frame's numbers: columns, not rows, lie together."""
    data = Data(floats(30, 200_000).T, np.zeros(200_000))
    return lambda: checksum(data)


_XLA_CONVOLUTION = xla_passes(cr.Conv2D(32, 3, padding=1), 64, 32, 32, 16)
_XLA_SIZE = xla_blocks(lambda: BlockSize(machine.XLA_BLOCK_BYTES, machine.XLA_BLOCK_BATCHES))

TUNED: dict[str, Callable[[], Work]] = {
    "PARTS": passes(cr.Conv2D(64, 3, padding=1), 64, 32, 32, 32),
    "CONVOLVED": passes(cr.Conv2D(16, 3, padding=1), 32, 14, 14, 8),
    "CUT": passes(cr.Dense(512), 256, 784),
    "MULTIPLIED": passes(cr.Dense(512), 256, 784),
    "ELEMENTS": update,
    "SHARED": update,
    "PASS_ROWS": prediction,
    "PASS_BYTES": prediction,
    "COPIED": passes(cr.Conv2D(64, 3, padding=1), 64, 16, 16, 32),
    "SHIFTED": passes(cr.Conv2D(32, 3, padding=1, groups=32), 64, 16, 16, 32),
    "SHORT_ROW": passes(cr.Conv2D(6, 5, padding=2), 64, 28, 28, 1),
    "TILE_FILTERS": passes(cr.Conv2D(6, 5, padding=2), 64, 28, 28, 1),
    "TILE_WIDTH": passes(cr.Conv2D(6, 5, padding=2), 64, 28, 28, 1),
    "MORE_WINDOWS": passes(cr.Conv2D(16, 5), 64, 14, 14, 6),
    "XLA_PICTURES": _XLA_CONVOLUTION,
    "XLA_PRODUCTS": _XLA_CONVOLUTION,
    "XLA_BLOCK": xla_passes(cr.Conv2D(64, 3, padding=1, groups=8), 32, 16, 16, 64),
    "XLA_SHIFTED": xla_passes(cr.Conv2D(64, 3, padding=1, groups=16), 32, 16, 16, 64),
    "XLA_SUMMED": xla_passes(cr.Conv2D(64, 3, padding=1, groups=64), 32, 16, 16, 64),
    "XLA_NETWORKS": many_networks,
    "LARGE_ARRAY": training("W3"),
    "BLOCK_BYTES": training("W3"),
    "BLOCK_BATCHES": training("W2"),
    "XLA_BLOCK_BYTES": _XLA_SIZE,
    "XLA_BLOCK_BATCHES": _XLA_SIZE,
    "TORCH_SHARED": training("W3", "torch"),
    "CALL_SECONDS": _XLA_SIZE,
    "RESIDENT_BYTES": _XLA_SIZE,
    "RUN_BYTES": reading,
    "POOL_BYTES": reading,
    "HASHED_ROWS": summing,
}
"""What to time for each number, made anew for each value of it."""


def ratios(name: str, rounds: int) -> dict[float, float]:
    """Return, for each value of a number, the median over the rounds of its time to that of the number itself."""
    chosen = getattr(machine, name)
    factors = _FACTORS_OF.get(name, _FACTORS)
    values = list(dict.fromkeys(type(chosen)(chosen * factor) for factor in factors))
    times: dict[float, list[float]] = {value: [] for value in values}
    try:
        works: dict[float, Work] = {}
        for value in values:
            setattr(machine, name, value)
            works[value] = TUNED[name]()
            works[value]()
        for _ in range(rounds):
            for value, work in works.items():
                setattr(machine, name, value)
                start = time.perf_counter()
                work()
                times[value].append(time.perf_counter() - start)
    finally:
        setattr(machine, name, chosen)
    return {
        value: statistics.median(a / b for a, b in zip(seconds, times[chosen], strict=True))
        for value, seconds in times.items()
    }


def engines() -> None:
    """Print what `engine="auto"` estimates by: the time of a tiny step, the rate of a large one, and of compiling."""
    for workload, what in (("W1", "seconds of a step"), ("W4", "multiply-adds per second")):
        work, steps = WORKLOADS[workload], WORKLOADS[workload].steps
        network, (X, y) = work.network(), work.examples()
        start = time.perf_counter()
        network.fit(X, y, epochs=1, batch_size=work.batch, verbose=False)
        seconds = (time.perf_counter() - start) / steps
        adds = 3 * work.batch * network.body.multiply_adds(network.params, work.input_shape)
        print(f"{workload}: {what} {seconds if workload == 'W1' else adds / seconds:.2g}")
    for workload in ("W4", "W8"):
        work = WORKLOADS[workload]
        network, (X, y) = work.network(), work.examples(2)
        start = time.perf_counter()
        network.fit(X, y, epochs=1, batch_size=work.batch, engine="xla", verbose=False)
        print(f"{workload}: {time.perf_counter() - start:.1f} s until XLA has compiled it and done two steps")


def main() -> None:
    """Time what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as COPIED; or ENGINES, for engine='auto'")
    parser.add_argument("--rounds", type=int, default=15, help="how often each value takes its turn (15)")
    options = parser.parse_args()
    unknown = set(options.names) - {*TUNED, "ENGINES"}
    if unknown or options.rounds < 1:
        parser.error(f"names are {', '.join(TUNED)} or ENGINES (for engine='auto'); rounds are at least 1.")
    print(what_it_is())
    for name in options.names or [*TUNED, "ENGINES"]:
        if name == "ENGINES":
            engines()
            continue
        each = "  ".join(f"{value:g}: {ratio:.2f}" for value, ratio in ratios(name, options.rounds).items())
        print(f"{name:18} {each}", flush=True)


if __name__ == "__main__":
    main()
