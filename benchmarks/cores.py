"""Show how much faster training gets with more cores, beside PyTorch.

Run with: python -m benchmarks.cores [--quick] [--workloads W4 W7 ...]. Each process may use the first 1, 2, 4 ... of
the cores; all take their turns, an epoch at a time, and the shortest epoch counts. After each time stands how many
times as fast that is as on one core. --python runs the processes by another Python than that of benchmarks/.venv.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import environment
from benchmarks.contenders import CONTENDERS, CONVOLUTIONS
from benchmarks.machine import cores, facts, machine
from benchmarks.processes import Process
from benchmarks.report import time_text
from benchmarks.workloads import WORKLOADS

TAKE_PART = ("numpy", "fast", "torch", "torch-last")
ASKED = ("W3", "W4", "W5", "W6", "W7", "W8")


def counts(most: int) -> list[int]:
    """Return the numbers of cores to try.

    >>> counts(6)
    [1, 2, 4, 6]
    """
    return sorted({2**i for i in range(most.bit_length()) if 2**i < most} | {most})


@contextmanager
def with_cores(number: int) -> Iterator[None]:
    """Let the processes that begin inside of the block use so many cores."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_of_them)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def shortest(workload: str, rounds: int, python: str) -> dict[tuple[str, int], float]:
    """Return the shortest time of a step, by contender and number of cores."""
    running: dict[tuple[str, int], Process] = {}
    seconds: dict[tuple[str, int], float] = {}
    try:
        for name in TAKE_PART:
            if name == "torch-last" and workload not in CONVOLUTIONS:
                continue
            for number in counts(cores()):
                with with_cores(number):
                    running[name, number] = Process(name, workload, python)
        for epoch in range(1, rounds + 1):
            for key, process in running.items():
                seconds[key] = min(seconds.get(key, float("inf")), process.ask(f"run {epoch}"))
    finally:
        for process in running.values():
            process.end()
    return {key: best / WORKLOADS[workload].steps for key, best in seconds.items()}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="2 rounds instead of 7")
    parser.add_argument("--workloads", nargs="+", choices=ASKED, default=ASKED)
    parser.add_argument("--python", default=str(environment.PYTHON))
    options = parser.parse_args()
    if options.python == str(environment.PYTHON):
        environment.ensure()
    print(f"{machine()}, load {facts()['load_before']}")
    numbers = counts(cores())
    print(f"{'a step':48}" + "".join(f"{f'{number} cores':>18}" for number in numbers))
    for workload in options.workloads:
        seconds = shortest(workload, 2 if options.quick else 7, options.python)
        for name in dict.fromkeys(name for name, _ in seconds):
            times = [f"{time_text(seconds[name, n])}  x{seconds[name, 1] / seconds[name, n]:.2f}" for n in numbers]
            print(f"{workload}  {CONTENDERS[name].label:44}" + "".join(f"{text:>18}" for text in times), flush=True)


if __name__ == "__main__":
    main()
