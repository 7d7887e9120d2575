"""Train on rows that lie on the disk: peak memory, and the time of a step against training in memory.

Run with: python -m benchmarks.streaming [--quick] [--gigabytes 10] [--folder DIR]

The rows, of the size of MNIST's, are deleted afterwards. Before a cold run the file is put out of the system's cache,
so that it really is read from the disk. The memory is that of the whole process, with what it has mapped of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import in_own_process, machine, peak_memory

FEATURES, BATCH = 784, 128
MEMORY_ROWS = 128_000  # of the run in memory: 0.4 GB
MODULE = "benchmarks.streaming"
_PIECE = 64_000  # rows written at a time


def write(folder: Path, rows: int) -> None:
    """Write made-up rows and labels."""
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (rows, FEATURES))
    for i in range(0, rows, _PIECE):
        X[i : i + _PIECE] = rng.standard_normal(X[i : i + _PIECE].shape, dtype=np.float32)
    X.flush()
    np.save(folder / "y.npy", rng.integers(10, size=rows))


def forget(path: Path) -> None:
    """Put a file out of the system's cache."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def train(folder: Path, *, in_memory: bool) -> dict[str, float]:
    """Train an epoch in this process; return the seconds per step and the peak memory."""
    import chainrule as cr

    X, y = np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "y.npy", mmap_mode="r")
    if in_memory:
        X, y = np.array(X[:MEMORY_ROWS]), np.array(y[:MEMORY_ROWS])
    network = cr.Network.mlp([FEATURES, 128, 64, 10])
    start = time.perf_counter()
    network.fit(X, y, epochs=1, batch_size=BATCH, verbose=False)
    return {"step": (time.perf_counter() - start) / (len(X) / BATCH), "memory": peak_memory()}


def main() -> None:
    """Write, train in turns, delete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1 GB")
    parser.add_argument("--gigabytes", type=float, default=None, help="10 unless given")
    parser.add_argument(
        "--folder", type=Path, default=None, help="on the disk to measure; the system's for temporary files"
    )
    parser.add_argument("--train", choices=["stored", "memory"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        print(json.dumps(train(options.folder, in_memory=options.train == "memory")))
        return
    gigabytes = options.gigabytes or (1 if options.quick else 10)
    rows = int(gigabytes * 1e9 / (4 * FEATURES))
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="streaming-") as name:
        folder = Path(name)
        write(folder, rows)
        results: dict[str, list[dict[str, float]]] = {"memory": [], "cold": [], "warm": []}
        for _ in range(2):
            results["memory"].append(in_own_process(MODULE, "--folder", str(folder), "--train", "memory"))
            forget(folder / "X.npy")
            results["cold"].append(in_own_process(MODULE, "--folder", str(folder), "--train", "stored"))
            results["warm"].append(in_own_process(MODULE, "--folder", str(folder), "--train", "stored"))
    steps = {how: min(run["step"] for run in runs) for how, runs in results.items()}
    memory = {how: max(run["memory"] for run in runs) / 1e6 for how, runs in results.items()}
    shown = {
        "memory": f"{min(rows, MEMORY_ROWS):,} rows in memory",
        "cold": "read from the disk",
        "warm": "read from the cache",
    }
    print(f"{rows:,} rows of {FEATURES} numbers, {gigabytes:g} GB, batch {BATCH}, 784-128-64-10, best of 2")
    for how, text in shown.items():
        ratio = steps[how] / steps["memory"]
        print(f"{text:24} {1e6 * steps[how]:7.0f} µs per step, {ratio:.2f} times in memory, peak {memory[how]:5.0f} MB")


if __name__ == "__main__":
    main()
