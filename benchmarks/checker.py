"""How long `chainrule check` takes: for one file, and for a class's 300.

The files are those of the mutation suite: planted mistakes and right code, in three styles.

Run with: python -m benchmarks.checker
"""

from __future__ import annotations

import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from benchmarks.machine import cores, machine
from chainrule.checker.running.sandbox import check_file, check_files
from tests.checker.corpus import MISTAKES, RIGHT, text

FILES = 300


def main() -> None:
    """Write the files, check the first, check all of them, and print the seconds."""
    sources = [*(text(name) for name in RIGHT), *(planted.source for planted in MISTAKES)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i:03}.py") for i in range(FILES)]
        for path, source in zip(paths, islice(cycle(sources), FILES), strict=True):
            path.write_text(source, "utf-8")
        print(machine())
        seconds = sorted(_seconds(path) for path in paths[:: FILES // 10])
        print(f"one file: {seconds[len(seconds) // 2]:.2f} s (median of {len(seconds)}), {seconds[-1]:.2f} s at most")
        start = time.perf_counter()
        statuses = [report.exit_status for report in check_files(paths, jobs=cores())]
        took = time.perf_counter() - start
        print(f"{FILES} files: {took:.0f} s; {statuses.count(0)} right, {statuses.count(1)} with mistakes", end="")
        print(f", {statuses.count(2)} that could not be checked")


def _seconds(path: Path) -> float:
    start = time.perf_counter()
    check_file(path)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
