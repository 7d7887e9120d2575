"""Show how the cost of training grows with batch, width, depth and rows, and with which exponent.

Run with: python -m benchmarks.scaling [--quick] [--out FILE.png]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.machine import machine

BATCH, WIDTH, DEPTH = 128, 128, 2
SWEEPS = {
    "batch": [16, 32, 64, 128, 256, 512, 1024, 2048],
    "width": [32, 64, 128, 256, 512, 1024, 2048],
    "depth": [1, 2, 4, 8, 16, 32],
    "rows": [2_000, 4_000, 8_000, 16_000, 32_000, 64_000],
}
_LABELS = {"batch": "examples per batch", "width": "units per hidden layer", "depth": "hidden layers", "rows": "rows"}


def fitted_exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope in the log-log plot of the upper half of the sizes, where fixed costs no longer count.

    >>> round(fitted_exponent([1, 2, 4, 8], [5, 5, 32, 128]), 3)
    2.0
    """
    half = len(sizes) // 2
    slope: float = np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0]
    return slope


def seconds_of(quantity: str, size: int, rounds: int) -> float:
    """Return the shortest time of a step, or for rows of an epoch, of 784-128-128-10 with one quantity changed."""
    batch = size if quantity == "batch" else BATCH
    width = size if quantity == "width" else WIDTH
    depth = size if quantity == "depth" else DEPTH
    rows = size if quantity == "rows" else 16 * batch
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((rows, 784), dtype=np.float32), rng.integers(10, size=rows)
    network = cr.Network.mlp([784, *[width] * depth, 10])
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        network.fit(X, y, epochs=1, batch_size=batch, verbose=False)
        times.append(time.perf_counter() - start)
    return min(times) * (1 if quantity == "rows" else batch / rows)


def draw(results: dict[str, list[float]], path: Path) -> None:
    """Draw a panel per quantity."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for axes, (quantity, seconds) in zip(panels.flat, results.items(), strict=True):
        sizes: Any = SWEEPS[quantity]
        slope, half = fitted_exponent(sizes, seconds), len(sizes) // 2
        level = np.exp(np.mean(np.log(seconds[half:]) - slope * np.log(sizes[half:])))
        axes.loglog(
            sizes[half:],
            level * np.array(sizes[half:], float) ** slope,
            color="#9ca3af",
            label=f"size to the {slope:.2f}",
        )
        axes.loglog(sizes, seconds, "o", color="#c2410c", label="measured")
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
    print(machine())
    results = {}
    for quantity, sizes in SWEEPS.items():
        results[quantity] = [seconds_of(quantity, size, 2 if options.quick else 7) for size in sizes]
        texts = ", ".join(f"{size:,}: {1000 * s:.2f} ms" for size, s in zip(sizes, results[quantity], strict=True))
        print(f"{quantity:6} exponent {fitted_exponent(sizes, results[quantity]):.2f}   {texts}")
    draw(results, options.out)
    print(f"Written: {options.out}")


if __name__ == "__main__":
    main()
