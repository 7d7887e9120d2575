"""How long a trace takes, how large its page is, and how fast it says why: `python -m benchmarks.trace`.

The network is 784-128-64-10 on 32 digits; each time is the smallest and the median of several runs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import chainrule as cr
from chainrule.trace.trace import Trace

RUNS = 20


def main() -> None:
    """Print the table."""
    (X, y), _ = cr.datasets.load_mnist_small()
    network = cr.Network.mlp([784, 128, 64, 10])
    X, y = X[:32], y[:32]

    def trace() -> Trace:
        return network.trace(X, y, optimizer="adam")

    traced = trace()
    size = len(traced.html().encode("utf-8"))
    show("trace", trace)
    show("why of a weight of the first layer", lambda: traced.why("layer0.W[400, 7]"))
    show("why of a weight of the last layer", lambda: traced.why("layer4.W[5, 3]"))
    show("why of a value", lambda: traced.why("layer0.Z[3, 7]"))
    show("page", traced.html)
    print(f"{'size of the page':40} {size / 1e6:8.2f} MB")


def show(name: str, work: Callable[[], object]) -> None:
    """Print how long something takes."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    print(f"{name:40} {min(seconds) * 1e3:8.1f} ms  (median {statistics.median(seconds) * 1e3:.1f} ms)")


if __name__ == "__main__":
    main()
