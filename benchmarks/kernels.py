"""Time the kernels of engine "fast" beside the equations whose place they take.

Run with: python -m benchmarks.kernels. Minima of 30 rounds in turns, by the time of the processor; a kernel whose ratio
is not below 1 is not worth its lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule.layers.cells  # noqa: F401  whose equations have kernels, as those of pooling
from benchmarks.machine import facts, machine
from chainrule.arrays import compiled_kernels
from chainrule.arrays.kernels import EQUATIONS
from chainrule.arrays.places import Window
from chainrule.layers import MaxPool

ROUNDS, CALLS = 30, 10
_WINDOW = Window((1, 1), ((0, 0), (0, 0)), (1, 1))
rng = np.random.default_rng(0)


def floats(*shape: int) -> Any:
    """Return standard normal numbers in float32."""
    return rng.standard_normal(shape, dtype=np.float32)


def arguments(batch: int, units: int) -> dict[str, tuple[Any, ...]]:
    """Return what each kernel gets for such a batch."""
    H, Z = floats(batch, units), floats(batch, 4 * units)
    P, Q = floats(batch, 3 * units), floats(batch, 3 * units)
    pictures, filters = floats(batch, 18, 18, units), floats(3, 3, 1, units)
    windows = tuple(MaxPool(2)._windows(pictures.shape[1:]))
    words, looked_up = floats(10_000, units), rng.integers(10_000, size=50 * batch)
    return {
        "where_positive": (H, -H),
        "rows_added": (words, looked_up, floats(50 * batch, units)),
        "lstm_step": (Z, H),
        "lstm_step_backward": (H, *EQUATIONS["lstm_step"](Z, H)[2:], floats(batch, units), floats(batch, units)),
        "gru_step": (P, Q, H),
        "add_shifted": (pictures, filters, floats(batch, 16, 16, units), _WINDOW),
        "add_shifted_dW": (pictures, floats(batch, 16, 16, units), filters, _WINDOW),
        "add_shifted_dx": (floats(batch, 16, 16, units), filters, pictures, _WINDOW),
        "add_at_maxima": (floats(batch, 9, 9, units), pictures, np.zeros_like(pictures), windows),
        "gru_step_backward": (H, *EQUATIONS["gru_step"](P, Q, H)[1:], floats(batch, units)),
    }


def shortest(functions: list[Callable[..., Any]], inputs: tuple[Any, ...]) -> list[float]:
    """Return the shortest time of a call of each in microseconds."""
    seconds = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for i, function in enumerate(functions):
            start = time.process_time()
            for _ in range(CALLS):
                function(*inputs)
            seconds[i] = min(seconds[i], (time.process_time() - start) / CALLS)
    return [1e6 * s for s in seconds]


def main() -> None:
    """Print the times and their ratio."""
    print(f"{machine()}, load {facts()['load_before']}")
    print(f"{'batch of rows, 128 units':34} {'NumPy':>10} {'kernel':>10} {'ratio':>6}")
    for batch in (1, 8, 32):
        for name, inputs in arguments(batch, 128).items():
            numpy, kernel = shortest([EQUATIONS[name], getattr(compiled_kernels, name)], inputs)
            print(f"{name:24} {batch:9} {numpy:7.1f} µs {kernel:7.1f} µs {kernel / numpy:6.2f}", flush=True)


if __name__ == "__main__":
    main()
