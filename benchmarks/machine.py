"""What the machine is, to stand beside every number."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def machine() -> str:
    """Return the date, the processor, the cores that this process may use, and the versions."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    cores = f"{names[0].partition(':')[2].strip()}, {len(os.sched_getaffinity(0))} cores"
    threads = max((pool["num_threads"] for pool in threadpool_info()), default=1)
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, BLAS threads: {threads}"
    return f"{datetime.date.today()}, {cores}, {versions}"
