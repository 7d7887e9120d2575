"""Show how the cost of training grows with batch, width, depth, rows and time steps: exponents and limits.

Run with: python -m benchmarks.scaling [--quick] [--out FILE.png]

Beside each time stand two limits of this machine, both measured first with NumPy: how long the step's products take at
the rate of a large product, and how long its numbers take to be read and written at the speed of a large copy. A step
does three products for each weight and example, but for the first layer two. It moves each parameter eight times
(gradient, parameter and the two moments of Adam, in and out) and each input and output of a layer three times.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from benchmarks.machine import machine
from benchmarks.report import time_text
from chainrule.arrays import leaves

BATCH, WIDTH, DEPTH, UNITS = 128, 128, 2, 64
SWEEPS = {
    "batch": [16, 32, 64, 128, 256, 512, 1024, 2048],
    "width": [32, 64, 128, 256, 512, 1024, 2048],
    "depth": [1, 2, 4, 8, 16, 32],
    "rows": [2_000, 4_000, 8_000, 16_000, 32_000, 64_000],
    "steps": [10, 20, 40, 80, 160, 320],
}
_LABELS = {
    "batch": "examples per batch",
    "width": "units per hidden layer",
    "depth": "hidden layers",
    "rows": "rows",
    "steps": "time steps of an LSTM",
}


class Limits(NamedTuple):
    """What the machine can do at most: multiply-adds and bytes in a second."""

    products: float
    bytes: float


class Point(NamedTuple):
    """The time of a step, or for rows of an epoch, and what it would be at each limit."""

    seconds: float
    products: float
    bytes: float


def fitted_exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope in the log-log plot of the upper half of the sizes, where fixed costs no longer count.

    >>> round(fitted_exponent([1, 2, 4, 8], [5, 5, 32, 128]), 3)
    2.0
    """
    half = len(sizes) // 2
    slope: float = np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0]
    return slope


def limits() -> Limits:
    """Return what this machine can do, measured on arrays that no cache holds."""
    A = np.ones((2048, 2048), np.float32)
    source, copy = np.ones(2**26, np.uint8), np.ones(2**26, np.uint8)
    product, moving = (_shortest(work) for work in (lambda: A @ A, lambda: np.copyto(copy, source)))
    return Limits(len(A) ** 3 / product, 2 * source.nbytes / moving)


def _shortest(work: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def network_of(quantity: str, size: int) -> cr.Network:
    """Return 784-128-128-10 with one quantity changed, or for time steps an LSTM."""
    if quantity == "steps":
        layers = [cr.LSTM(UNITS), cr.Dense(10)]
        return cr.Network(layers, "categorical_cross_entropy", input_shape=(size, 32))
    width = size if quantity == "width" else WIDTH
    depth = size if quantity == "depth" else DEPTH
    return cr.Network.mlp([784, *[width] * depth, 10])


def point(quantity: str, size: int, rounds: int, most: Limits) -> Point:
    """Return the shortest time, and its limits."""
    network, batch = network_of(quantity, size), size if quantity == "batch" else BATCH
    assert network.input_shape is not None
    rows = size if quantity == "rows" else 4 * batch if quantity == "steps" else 16 * batch
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((rows, *network.input_shape), dtype=np.float32), rng.integers(10, size=rows)
    seconds = _shortest(lambda: network.fit(X, y, epochs=1, batch_size=batch, verbose=False), rounds)
    steps = rows / batch
    adds, numbers = work_of(network, batch)
    times = Point(seconds / steps, adds / most.products, 4 * numbers / most.bytes)
    return Point(*(steps * t for t in times)) if quantity == "rows" else times


def work_of(network: cr.Network, batch: int) -> tuple[int, int]:
    """Return the multiply-adds of the products of a step, and how many numbers it moves.

    >>> work_of(cr.Network([cr.Dense(3), cr.Dense(2)], "mean_squared_error", input_shape=(4,)), 10)
    (420, 544)
    """
    shape, adds, activations = network.input_shape, [], 0
    assert shape is not None
    for layer, params in zip(network.body.layers, network.params, strict=True):
        adds.append(layer.multiply_adds(params, shape))
        activations += int(np.prod(shape))
        _, shape = layer.init(np.random.default_rng(0), shape)
        activations += int(np.prod(shape))
    parameters = sum(p.size for _, p in leaves(network.params))
    first = next(a for a in adds if a)
    return batch * (3 * sum(adds) - first), 8 * parameters + 3 * batch * activations


def draw(results: dict[str, list[Point]], path: Path) -> None:
    """Draw a panel per quantity."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 3, figsize=(14, 7), layout="constrained")
    panels.flat[-1].set_visible(False)
    for axes, (quantity, points) in zip(panels.flat, results.items(), strict=False):
        sizes: Any = SWEEPS[quantity]
        seconds = [p.seconds for p in points]
        slope, half = fitted_exponent(sizes, seconds), len(sizes) // 2
        level = np.exp(np.mean(np.log(seconds[half:]) - slope * np.log(sizes[half:])))
        axes.loglog(
            sizes[half:],
            level * np.array(sizes[half:], float) ** slope,
            color="#9ca3af",
            label=f"size to the {slope:.2f}",
        )
        axes.loglog(sizes, seconds, "o", color="#c2410c", label="measured")
        axes.loglog(sizes, [p.products for p in points], "--", color="#1d4ed8", label="limit of products")
        axes.loglog(sizes, [p.bytes for p in points], ":", color="#15803d", label="limit of memory")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(lambda value, _: f"{1000 * value:g} ms")
        axes.set_xlabel(_LABELS[quantity])
        axes.set_ylabel("time of an epoch" if quantity == "rows" else "time of a step")
        axes.grid(color="#e5e7eb")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.suptitle(
        f"Cost of training 784-{WIDTH}-{WIDTH}-10, batch {BATCH}, one quantity at a time\n{machine()}", fontsize=10
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Measure, print the exponents, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="2 rounds instead of 7")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks/scaling.png"))
    options = parser.parse_args()
    most = limits()
    print(machine())
    print(f"at most {most.products / 1e9:.1f} billion multiply-adds and {most.bytes / 1e9:.1f} GB in a second")
    results: dict[str, list[Point]] = {}
    for quantity, sizes in SWEEPS.items():
        results[quantity] = [point(quantity, size, 2 if options.quick else 7, most) for size in sizes]
        slope = fitted_exponent(sizes, [p.seconds for p in results[quantity]])
        print(f"{_LABELS[quantity]}: exponent {slope:.2f}")
        for size, p in zip(sizes, results[quantity], strict=True):
            least = f"products {time_text(p.products)}, memory {time_text(p.bytes)}"
            print(f"  {size:7,} {time_text(p.seconds):>9}; {least}", flush=True)
    draw(results, options.out)
    print(f"Written: {options.out}")


if __name__ == "__main__":
    main()
