"""What was tuned by measuring, and what the machine has: no other file holds such a number.

Each number says what was measured. `python -m benchmarks.tuned NAME` repeats it: it times work that depends on the
number, with a half, a quarter, twice and four times the number beside it, in turns.

Numbers that decide how a sum is cut are constants, the same on every machine: else results would differ in their last
digits. Only what leaves every bit as it is follows the machine.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

# What the machine has.


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def level_2_cache() -> int | None:
    """Return the bytes of a core's second-level cache, where the system says so."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text("ascii").strip()
        return int(text.removesuffix("K")) * 1024
    except (OSError, ValueError):
        return None


@cache
def keep_freed_memory() -> None:
    """Teach glibc's malloc to keep what is freed, up to 64 MB.

    It gives memory back to the system when twice as much is free as the largest array that was ever freed (mallopt(3),
    M_MMAP_THRESHOLD and M_TRIM_THRESHOLD), and a step of training, which frees many arrays, gets its memory again page
    by page. Only arrays below 32 MB count, so it takes one of that size to be freed. Elsewhere this does nothing.
    """
    np.empty(2**25 - 2**16, np.uint8)


# How work is cut, for any number of threads (see `arrays.threads`).

PARTS = 16
CONVOLVED = 2**22
MULTIPLIED = 2**25
ELEMENTS = min(max((level_2_cache() or 2**21) // 32, 2**14), 2**17)
SHARED = 2**19
PASS_ROWS = 1024
PASS_BYTES = 2**23


def step(n: int, work: int, least: int) -> int:
    """Return how many of n things make a part: there are at most `PARTS`, each with at least so much of the work."""
    parts = max(1, min(PARTS, work // least))
    return max(1, -(-n // (1 << (parts.bit_length() - 1))))


# Convolutions (see `arrays.windows`).

COPIED = 2**17
SHIFTED = 2**16
SHORT_ROW = 96
TILE_FILTERS = 96
TILE_WIDTH = 4
MORE_WINDOWS = 1.5
XLA_PICTURES, XLA_PRODUCTS = 8, 16

# Training.

LARGE_ARRAY = 2**16
BLOCK_BYTES, BLOCK_BATCHES = 2**18, 256
XLA_BLOCK_BYTES, XLA_BLOCK_BATCHES = 2**26, 4096
CALL_SECONDS = 1.0
RESIDENT_BYTES = 2**32

# Stored data.

RUN_BYTES = 2**20
POOL_BYTES = 2**25
HASHED_ROWS = 4096

# Which engine is faster.

STEP_SECONDS, MULTIPLY_ADDS_PER_SECOND = 1e-4, 3e10
COMPILING_PAYS = 10.0
