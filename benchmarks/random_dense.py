"""Measure RandomDense against Dense: forward and backward of 2048 x 2048 at 5 %, by group size, batch 128.

Run with: OPENBLAS_NUM_THREADS=1 python -m benchmarks.random_dense
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.machine import machine
from chainrule.layers import Dense, Layer
from chainrule.layers.random_dense import RandomDense

SIZE, DENSITY, BATCH = 2048, 0.05, 128
GROUPS = [1, 8, 16, 32, 64, 128]
ROUNDS = 15


def main() -> None:
    """Time all layers in turns, so that what else the machine does meets them alike."""
    x = np.random.default_rng(0).standard_normal((BATCH, SIZE), dtype=np.float32)
    layers: dict[str, Layer] = {"Dense": Dense(SIZE)}
    layers |= {f"RandomDense, group={group}": RandomDense(SIZE, DENSITY, seed=0, group=group) for group in GROUPS}
    params = {name: layer.init(np.random.default_rng(0), (SIZE,))[0] for name, layer in layers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for _ in range(ROUNDS + 1):
        for name, layer in layers.items():
            start = time.perf_counter()
            y, cache = layer.forward(params[name], x)
            layer.backward(cache, y)
            seconds[name].append(time.perf_counter() - start)
    rounds = {name: np.array(s[1:]) for name, s in seconds.items()}  # the first one draws the pattern
    for name, times in rounds.items():
        ratio = np.median(rounds["Dense"] / times)
        print(f"{name:24} {1000 * np.median(times):8.2f} ms, {ratio:5.2f} times as fast as Dense")


if __name__ == "__main__":
    print(machine())
    print(f"{SIZE} x {SIZE}, density {DENSITY}, batch {BATCH}, median of {ROUNDS}")
    main()
