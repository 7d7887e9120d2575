"""Time loading and saving a model of 18 MB beside their floors.

Run with: python -m benchmarks.model_files. The floor of loading is `safetensors.numpy.load_file`, which checks no
digest; that of saving is safetensors' own bytes, written, brought to the disk and renamed. Beside them stand the
SHA-256 of the bytes alone, which both compute, and the same bytes as they are, written likewise: minima of 30 rounds in
turns, by the clock and by the time of the processor.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.numpy

import chainrule as cr
from benchmarks.machine import facts, machine

ROUNDS = 30


def written(content: bytes, path: Path) -> None:
    """Replace a file whole."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def works(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return what is timed."""
    network = cr.Network.mlp([784, 2000, 1000, 1000, 10])
    path, other = folder / "model.safetensors", folder / "other.safetensors"
    cr.save(network, path)
    content = path.read_bytes()
    arrays = safetensors.numpy.load(content)
    return {
        "load": lambda: cr.load(path),
        "its floor": lambda: safetensors.numpy.load_file(path),
        "save": lambda: cr.save(network, path),
        "its floor ": lambda: written(safetensors.numpy.save(arrays), other),
        "SHA-256 alone": lambda: hashlib.sha256(content).digest(),
        "bytes to a file": lambda: written(content, other),
    }


def main() -> None:
    """Print the shortest times."""
    print(f"{machine()}, load {facts()['load_before']}")
    with tempfile.TemporaryDirectory() as folder:
        timed = works(Path(folder))
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in timed}
        for _ in range(ROUNDS):
            for name, work in timed.items():
                start, processor = time.perf_counter(), time.process_time()
                work()
                seconds[name].append((time.perf_counter() - start, time.process_time() - processor))
    print(f"{'18 MB':16} {'clock':>9} {'processor':>10}")
    for name, both in seconds.items():
        clock, processor = (1e3 * min(times) for times in zip(*both, strict=True))
        print(f"{name:16} {clock:6.1f} ms {processor:7.1f} ms")


if __name__ == "__main__":
    main()
