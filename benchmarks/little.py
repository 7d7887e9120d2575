"""Time what `fit` costs beside its steps, and 200 little trainings by each of the engines without XLA.

Run with: python -m benchmarks.little. The first is a fit of one epoch on 100 rows, less the time of its bare steps: the
minimum of 200 calls each, in turns. The trainings are of W2, five epochs on 300 rows each, all of an engine in one new
process, so that what it compiles counts: the minimum of three, in turns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.machine import in_own_process, machine
from benchmarks.workloads import WORKLOADS
from chainrule.arrays.threads import one_blas_thread
from chainrule.engines.numpy import NumpyEngine

ROWS, BATCH, CALLS = 100, 32, 200
TRAININGS, TRAINED_ROWS, EPOCHS, TURNS = 200, 300, 5, 3
ENGINES = ("numpy", "fast")


def networks() -> Iterator[tuple[str, cr.Network]]:
    """Yield the networks that are fitted once more and once more."""
    yield "20-16-2", cr.Network.mlp([20, 16, 2])
    yield "W2, 30-64-32-2", WORKLOADS["W2"].network()
    yield "ten hidden layers of 16", cr.Network.mlp([20, *[16] * 10, 2])
    small = [cr.Conv2D(4, kernel=3), cr.ReLU(), cr.Flatten(), cr.Dense(2)]
    yield "a convolution on 8x8", cr.Network(small, "categorical_cross_entropy", input_shape=(8, 8, 1))
    yield "an LSTM of 5 steps", cr.Network([cr.LSTM(4), cr.Dense(2)], "categorical_cross_entropy", input_shape=(5, 4))


def examples(shape: tuple[int, ...], rows: int) -> tuple[Any, Any]:
    """Return random inputs and labels 0 and 1."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, *shape), dtype=np.float32), rng.integers(2, size=rows)


def bare_steps(network: cr.Network, X: Any, y: Any) -> Callable[[], None]:
    """Return what does the steps of an epoch and nothing else."""
    engine = NumpyEngine(network.body, network.loss, cr.Adam(), network.params)
    Y = np.eye(2, dtype=np.float32)[y]
    cuts = [slice(start, start + BATCH) for start in range(0, ROWS, BATCH)]
    batches = [(X[rows], Y[rows], None, (0, 1, i)) for i, rows in enumerate(cuts)]

    def steps() -> None:
        with one_blas_thread():
            for batch in batches:
                engine.step(*batch)

    return steps


def shortest(*works: Callable[[], None]) -> list[float]:
    """Return the shortest time of each in milliseconds."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(CALLS):
        for times, work in zip(seconds, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [1e3 * min(times) for times in seconds]


def overhead() -> None:
    """Print what a fit takes, what its steps take, and what is left."""
    print(f"{'fit, 100 rows, 1 epoch':26} {'fit':>8} {'steps':>8} {'beside':>8}")
    for name, network in networks():
        X, y = examples(network.input_shape or (), ROWS)
        both, alone = shortest(partial(fit, network, X, y, "numpy", 1), bare_steps(network, X, y))
        print(f"{name:26} {both:5.2f} ms {alone:5.2f} ms {both - alone:5.2f} ms", flush=True)


def fit(network: cr.Network, X: Any, y: Any, engine: str, epochs: int) -> None:
    """Train without a word."""
    network.fit(X, y, epochs=epochs, batch_size=BATCH, engine=engine, verbose=False)


def train(engine: str) -> None:
    """Print the seconds that the trainings take in this process."""
    workload = WORKLOADS["W2"]
    X, y = examples(workload.input_shape, TRAINED_ROWS)
    start = time.perf_counter()
    for _ in range(TRAININGS):
        fit(workload.network(), X, y, engine, EPOCHS)
    print(json.dumps({"seconds": time.perf_counter() - start}))


def main() -> None:
    """Print both."""
    print(machine())
    overhead()
    seconds = dict.fromkeys(ENGINES, float("inf"))
    for _ in range(TURNS):
        for engine in ENGINES:
            seconds[engine] = min(seconds[engine], in_own_process("benchmarks.little", engine)["seconds"])
    for engine, least in seconds.items():
        print(f"{TRAININGS} trainings of W2, {engine:6} {least:5.2f} s")


if __name__ == "__main__":
    train(sys.argv[1]) if len(sys.argv) > 1 else main()
