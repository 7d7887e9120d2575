"""How long a trace takes, how large its page is, and how fast it says why: `python -m benchmarks.trace [RUNS]`.

The network is 784-128-64-10 on 32 digits, and an LSTM that reads them row by row. Each time is the smallest and the
median of several runs; the exit status is 1 if one is over its limit.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import chainrule as cr

LIMITS = {"trace": 0.2, "why of a weight of the first layer": 0.2, "why of a weight of the LSTM": 0.2}
"""Seconds that something may take at most."""
LARGEST = 2_000_000
"""Bytes of the page, at most."""


def subjects() -> dict[str, Callable[[], Any]]:
    """Return what is timed, by its name."""
    (X, y), _ = cr.datasets.load_mnist_small()
    X, y = X[:32], y[:32]
    network = cr.Network.mlp([784, 128, 64, 10])
    traced = network.trace(X, y, optimizer="adam")
    layers = [cr.LSTM(64), cr.Dense(10)]
    rows = cr.Network(layers, "categorical_cross_entropy", input_shape=(28, 28)).trace(X.reshape(-1, 28, 28), y)
    return {
        "trace": lambda: network.trace(X, y, optimizer="adam"),
        "why of a weight of the first layer": lambda: traced.why("layer0.W[400, 7]"),
        "why of a weight of the last layer": lambda: traced.why("layer4.W[5, 3]"),
        "why of a value": lambda: traced.why("layer0.Z[3, 7]"),
        "why of a weight of the LSTM": lambda: rows.why("layer0.Wx[14, 70]"),
        "why of a gate of the LSTM": lambda: rows.why("layer0.step20.i[3, 7]"),
        "page": traced.html,
    }


def main(runs: int) -> list[str]:
    """Print the table, and return what is over its limit."""
    over, works = [], subjects()
    for name, work in works.items():
        seconds = [timed(work) for _ in range(runs)]
        print(f"{name:40} {min(seconds) * 1e3:8.1f} ms  (median {statistics.median(seconds) * 1e3:.1f} ms)")
        over += [name] if min(seconds) > LIMITS.get(name, float("inf")) else []
    size = len(works["page"]().encode("utf-8"))
    print(f"{'size of the page':40} {size / 1e6:8.2f} MB")
    return [*over, *(["size of the page"] if size > LARGEST else [])]


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    if late := main(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        sys.exit(f"Over the limit: {', '.join(late)}")
