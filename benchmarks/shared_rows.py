"""Four processes on one file: whether each row is seen once, what a process holds, and what sharing costs a step.

Run with: python -m benchmarks.shared_rows [--gigabytes 10] [--folder DIR]

The rows, of the size of MNIST's, are zeros that take no room on the disk; the target is the number of the row. The step
is compared with that of four processes that train at the same time, too, but each a network of its own on a quarter of
the file, with a quarter of the batch: the same work on the same cores, without the others.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine, peak_memory

FEATURES, BATCH, PROCESSES, STEPS = 784, 512, 4, 1200
QUIET = {"OPENBLAS_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}


def write(folder: Path, rows: int) -> None:
    """Write the file."""
    np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (rows, FEATURES)).flush()
    np.save(folder / "y.npy", np.arange(rows, dtype=np.float32))


def trained(X: Any, y: Any, batch: int, devices: str | None) -> dict[str, float]:
    """Train for some steps; return the seconds of one, without the first block, in which XLA compiles."""
    import chainrule as cr

    class Clock(cr.Callback):
        first: tuple[float, int] | None = None

        def batch_end(self, run: Any) -> None:
            self.last = time.perf_counter(), run.batch
            self.first = self.first or (self.last if run.batch >= 500 else None)
            if run.batch >= STEPS:
                run.stop("measured")

    clock = Clock()
    network = cr.Network.mlp([FEATURES, 128, 64, 1], loss="mean_squared_error")
    options: dict[str, Any] = {"engine": "xla", "devices": devices, "callbacks": [clock], "verbose": False}
    network.fit(X, y, epochs=1, batch_size=batch, **options)
    assert clock.first is not None
    return {"step": (clock.last[0] - clock.first[0]) / (clock.last[1] - clock.first[1]), "memory": peak_memory()}


def seen(X: Any, y: Any, path: Path) -> dict[str, float]:
    """Go through an epoch, and write down how often this process was given each row."""
    from chainrule.data import sources
    from chainrule.data.batches import BlockSize
    from chainrule.engines import processes

    source = processes.shared(sources.source(sources.Held(X, y), sources.Cutting(BATCH, 0), lambda data: data))
    times = np.zeros(len(X), np.uint8)
    for block in source.blocks(1, 0, BlockSize(2**24, 64)):
        times[source.take(block, np.float32).Y.astype(int)] += 1
    np.save(path, times)
    return {"rows": int(times.sum())}


def work(folder: Path, number: int, address: str) -> dict[str, float]:
    """Do what one process does; without an address it is alone with its quarter of the file."""
    import chainrule as cr

    X, y = (np.load(folder / name, mmap_mode="r") for name in ("X.npy", "y.npy"))
    if not address:
        quarter = slice(number * len(X) // PROCESSES, (number + 1) * len(X) // PROCESSES)
        return trained(X[quarter], y[quarter], BATCH // PROCESSES, None)
    with cr.processes.together(address, PROCESSES, number):
        return seen(X, y, folder / f"seen{number}.npy") | trained(X, y, BATCH, "all")


def at_once(folder: Path, address: str) -> list[dict[str, float]]:
    """Return what each of four processes measured, which run at the same time."""
    command = [sys.executable, "-m", "benchmarks.shared_rows", "--folder", str(folder), "--address", address]
    runs = [
        subprocess.Popen([*command, "--number", str(i)], stdout=subprocess.PIPE, env=os.environ | QUIET)
        for i in range(PROCESSES)
    ]
    return [json.loads(run.communicate()[0]) for run in runs]


def main() -> None:
    """Write, run both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--folder", type=Path, default=None, help="the system's for temporary files unless given")
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.number is not None:
        print(json.dumps(work(options.folder, options.number, options.address)))
        return
    rows = int(options.gigabytes * 1e9 / (4 * FEATURES))
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="shared-rows-") as name:
        folder = Path(name)
        write(folder, rows)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        together = at_once(folder, f"127.0.0.1:{port}")
        alone = at_once(folder, "")
        times = sum(np.load(folder / f"seen{i}.npy").astype(int) for i in range(PROCESSES))
        print(f"{rows:,} rows, {options.gigabytes:g} GB; each seen once: {bool(np.all(times == 1))}")
        print("rows of each process:", ", ".join(f"{run['rows']:,}" for run in together))
        for title, runs in (("together", together), ("alone", alone)):
            step, memory = max(run["step"] for run in runs), max(run["memory"] for run in runs)
            print(f"{title:9} {1000 * step:.2f} ms per step, peak memory {memory / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
