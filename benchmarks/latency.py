"""Time the prediction of a single row (W9): the middle and the slowest hundredth of the calls.

Run with: python -m benchmarks.latency [--quick]
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks import environment
from benchmarks.contenders import CONTENDERS
from benchmarks.machine import machine
from benchmarks.processes import processes
from benchmarks.report import time_text

TAKE_PART = ("numpy", "predictor", "onnxruntime-1", "onnxruntime", "torch-1", "torch", "jax-step", "sklearn")


def main() -> None:
    """Let the contenders predict in turns, 1,000 calls at a time."""
    environment.ensure()
    print(machine())
    calls: dict[str, list[float]] = {}
    with processes("W9", TAKE_PART) as running:
        for turn in range(6 if "--quick" in sys.argv else 21):
            for name, process in running.items():
                seconds = process.ask("latencies 1000")
                if turn:  # the first warms up
                    calls.setdefault(name, []).extend(seconds)
    print(f"{'one row of 784-128-64-10':34} {'p50':>8} {'p99':>8}")
    for name, seconds in calls.items():
        p50, p99 = np.percentile(seconds, [50, 99])
        print(f"{CONTENDERS[name].label:34} {time_text(p50):>8} {time_text(p99):>8}")


if __name__ == "__main__":
    main()
