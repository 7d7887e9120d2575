"""Time from the start of the process to 97 % test accuracy on all of MNIST: 784-128-64-10, Adam, batches of 128.

Everything counts: imports, reading the data, compilation. Each library takes its own default initialization. The test
digits are classified every 200 steps and at the end of each epoch.

Run with: python -m benchmarks.mnist_97 (the data is taken from CHAINRULE_DATA; if not set, from ../shared/data).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import environment
from benchmarks.machine import machine
from benchmarks.mnist_runs import LIBRARIES

SEEDS = range(3)
_SHARED = environment.ROOT.parent / "shared/data"


def seconds_and_memory(library: str, seed: int) -> tuple[float, int, int]:
    """Return the seconds to 97 %, the steps it took and the peak memory, of a process of its own."""
    start = time.perf_counter()
    process = environment.start("-m", "benchmarks.mnist_runs", library, str(seed))
    assert process.stdout is not None
    words = process.stdout.readline().split()
    seconds = time.perf_counter() - start
    if process.wait() or not words:
        raise subprocess.CalledProcessError(process.returncode, f"{library}, seed {seed}")
    return seconds, int(words[0]), int(words[1])


def main() -> None:
    """Run everyone in turns and print the medians."""
    environment.ensure()
    if not Path(os.environ.setdefault("CHAINRULE_DATA", str(_SHARED))).is_dir():
        sys.exit("benchmarks.mnist_97 needs the four files of MNIST: set CHAINRULE_DATA to the folder that holds them.")
    print(machine())
    for library in LIBRARIES:  # once before, for the disk's cache
        seconds_and_memory(library, 0)
    runs: dict[str, list[tuple[float, int, int]]] = {library: [] for library in LIBRARIES}
    for seed in SEEDS:
        for library, done in runs.items():
            done.append(seconds_and_memory(library, seed))
    for library, done in runs.items():
        seconds, steps, memory = (statistics.median(column) for column in zip(*done, strict=True))
        print(f"{library:28} {seconds:6.2f} s, {steps:5.0f} steps, peak memory {memory / 2**20:4.0f} MiB")


if __name__ == "__main__":
    main()
