"""Times this checkout beside another, step by step in turns: `python -m benchmarks.compare ../before`.

Both run in this checkout's `benchmarks/.venv`. A ratio above 1 says that this checkout is slower. A round is noisy on a
shared machine, so the ratio is that of the two minima, and the median of the rounds' ratios stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from benchmarks import environment
from benchmarks.machine import facts
from benchmarks.processes import Process
from benchmarks.suite import names
from benchmarks.workloads import ALL

_OURS = ["numpy", "fast", "xla"]
_REST = 0.03  # seconds for the threads of the other to go to sleep


def compare(contender: str, workload: str, roots: tuple[Path, Path], rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds per step of each round, of both checkouts."""
    both = [Process(contender, workload, root=root) for root in roots]
    seconds: tuple[list[float], list[float]] = ([], [])
    try:
        for process in both:
            process.ask("first")
            process.ask("run 1")
        for epoch in range(2, rounds + 2):
            for process, times in zip(both, seconds, strict=True):
                time.sleep(_REST)
                times.append(process.ask(f"run {epoch}") / ALL[workload].steps)
    finally:
        for process in both:
            process.end()
    return seconds


def main() -> None:
    """Compare what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="a checkout of another commit")
    parser.add_argument("--workloads", type=names, default=["W1", "W2", "W3", "W8"], metavar="W1,W3")
    parser.add_argument("--contenders", type=names, default=_OURS, metavar="numpy,xla")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    environment.ensure()
    machine = facts()
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['date']}; load {machine['load_before']}")
    for workload in options.workloads:
        for contender in options.contenders:
            here, there = compare(contender, workload, (environment.ROOT, options.other.resolve()), options.rounds)
            ratios = [a / b for a, b in zip(here, there, strict=True)]
            print(
                f"{workload} {contender:6}{min(here) * 1e6:12.1f} µs here{min(there) * 1e6:12.1f} µs there   "
                f"ratio {min(here) / min(there):.3f}   of the rounds {statistics.median(ratios):.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
