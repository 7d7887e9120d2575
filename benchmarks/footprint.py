"""Measure what chainrule and its peers weigh: import time, installed size, and peak memory of training W3.

Run with: python -m benchmarks.footprint
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from importlib.metadata import Distribution, distributions
from pathlib import Path

from benchmarks import environment
from benchmarks.contenders import CONTENDERS
from benchmarks.machine import machine
from benchmarks.processes import processes

IMPORTS = {
    "python": "pass",
    "numpy": "import numpy",
    "chainrule": "import chainrule",
    "scikit-learn": "import sklearn.neural_network",
    "jax": "import jax",
    "torch": "import torch",
    "keras": "import os; os.environ['KERAS_BACKEND'] = 'jax'; import keras",
}
PACKAGES = ("scikit-learn", "jax", "torch", "keras")
ROUNDS = 7


def import_seconds() -> dict[str, float]:
    """Return the shortest time of a process that imports a library, in turns."""
    times: dict[str, list[float]] = {library: [] for library in IMPORTS}
    for _ in range(ROUNDS + 1):
        for library, seconds in times.items():
            start = time.perf_counter()
            subprocess.run([str(environment.PYTHON), "-c", IMPORTS[library]], check=True)
            seconds.append(time.perf_counter() - start)
    return {library: min(seconds[1:]) for library, seconds in times.items()}  # the first reads from the disk


def installed(folder: Path) -> dict[str, Distribution]:
    """Return the distributions in a folder by their normalized names."""
    return {_normalized(str(d.metadata["Name"])): d for d in distributions(path=[str(folder)])}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def with_needs(name: str, there: dict[str, Distribution]) -> set[str]:
    """Return a distribution and all that it needs without extras, as far as it is installed."""
    found, open_names = set(), {_normalized(name)}
    while open_names:
        found |= open_names
        needs = [need for n in open_names for need in there[n].requires or [] if "extra ==" not in need]
        names = {_normalized(re.split(r"[^\w.-]", need.strip())[0]) for need in needs}
        open_names = (names & there.keys()) - found
    return found


def size(distribution: Distribution) -> int:
    """Return the bytes of a distribution's files, without compiled caches, which not everyone has."""
    paths = [Path(str(file.locate())) for file in distribution.files or [] if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def installed_sizes() -> dict[str, tuple[int, int]]:
    """Return the bytes of each library by itself and with all that it needs; chainrule is installed from its wheel."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [str(environment.PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--target", folder, str(environment.ROOT)], check=True, stderr=subprocess.DEVNULL)
        sizes = {"chainrule": _sizes("chainrule", installed(Path(folder)))}
    peers = installed(next(environment.HERE.glob(".venv/lib/python*/site-packages")))
    return sizes | {name: _sizes(name, peers) for name in PACKAGES}


def _sizes(name: str, there: dict[str, Distribution]) -> tuple[int, int]:
    return size(there[name]), sum(size(there[need]) for need in with_needs(name, there))


def main() -> None:
    """Print the three tables."""
    environment.ensure()
    print(machine())
    seconds = import_seconds()
    start = seconds.pop("python")
    for library, total in seconds.items():
        print(f"import {library:24} {1000 * (total - start):7.0f} ms after the start of Python")
    for name, (alone, everything) in installed_sizes().items():
        print(f"installed {name:21} {alone / 2**20:7.1f} MiB alone, {everything / 2**20:7.1f} MiB with what it needs")
    print("(PyTorch as it was installed: in the build for CPUs or the larger one; Keras without a backend)")
    for name in (name for name, entry in CONTENDERS.items() if "W3" in entry.workloads):
        with processes("W3", [name]) as running:  # one alone, as memory may be short
            for process in running.values():
                process.ask("run 1")
                print(f"W3 peak {CONTENDERS[name].label:34} {process.ask('memory') / 2**20:6.0f} MiB, data included")


if __name__ == "__main__":
    main()
