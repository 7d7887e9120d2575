"""What the machine is, to stand beside every number."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    # Not getrusage, whose number begins with that of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def in_own_process(module: str, *arguments: str) -> dict[str, float]:
    """Run a benchmark's module in a fresh process of this Python, and return the JSON that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    measured: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return measured


def facts() -> dict[str, str | float]:
    """Return the date, the processor, cores, memory, load and the version of Python: nothing that tells whose it is."""
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "date": str(datetime.date.today()),
        "processor": processors[0].partition(":")[2].strip() if processors else platform.machine(),
        "cores": cores(),
        "memory_gib": round(memory / 2**30),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def machine() -> str:
    """Return the facts and what NumPy computes with, in one line."""
    known = facts()
    threads = max((pool["num_threads"] for pool in threadpool_info()), default=1)
    return (
        f"{known['date']}, {known['processor']}, {known['cores']} cores, "
        f"Python {known['python']}, NumPy {np.__version__}, BLAS threads: {threads}"
    )
