"""What was tuned by measuring, and what the machine has: no other file holds such a number.

`python -m benchmarks.tuned NAME` times the work behind a number with a quarter, half, twice and four times as much in
its place. "1.68 at a quarter" says that this took 1.68 times as long, on two cores of an Intel Xeon with 2 MiB of
second-level cache each, NumPy 2.4 and OpenBLAS, on 2026-11-27. Numbers that hardly matter within these bounds are
marked "flat".

What decides how a sum is cut is the same on every machine, or results would differ in their last digits. Only what
leaves every bit as it is follows the machine.
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


# How work is cut into parts, for any number of threads to take (see `arrays.threads`). To wake one takes some 0.1 ms.

PARTS = 16
"""Parts of a convolution or a product, at most. 0.98 at a quarter, 1.12 at four times: more cores want more parts."""

CONVOLVED = 2**23
"""Multiply-adds of a part of a convolution, at least. 1.22 at a quarter, 0.96 at four times."""

CUT = 2**26
"""Multiply-adds from which products are cut. 1.00 at a quarter, 1.60 at four times; smaller ones lose by it."""

MULTIPLIED = 2**24
"""A quarter of the multiply-adds of a product that is cut in two; parts double with four times the work.

1.04 at a quarter, 1.18 at twice. More parts would take longer: BLAS makes a copy of a whole factor for each.
"""

ALONE = 2**18
"""Multiply-adds that OpenBLAS computes in one thread anyway: its bits were the same with 1, 2 and 4 threads up to 4e5.

A prediction of one row by W3 takes 57 instead of 38 µs if BLAS is kept to one thread for it.
"""

ELEMENTS = min(max((level_2_cache() or 2**21) // 32, 2**14), 2**17)
"""Elements of a pass over arrays that are computed at a time: eight arrays of float32 fill the second-level cache.

1.76 at a quarter, 0.83 at twice in two threads, which hand Python's lock to each other for each chunk; but 1.07 in one.
"""

SHARED = 2**19
"""Elements of such a pass from which threads share it. 1.33 at four times, where one takes a million alone."""

PASS_ROWS = 1024
"""Examples of a part of a prediction, at most. 1.11 at a quarter, then flat."""

PASS_BYTES = 2**23
"""Bytes of all arrays of a part of a prediction; so many for each thread. 1.22 at a quarter, then flat."""


def step(n: int, work: int, least: int) -> int:
    """Return how many of n things make a part: there are up to `PARTS`, a power of two, each with so much work."""
    parts = max(1, min(PARTS, work // least))
    return max(1, -(-n // (1 << (parts.bit_length() - 1))))


# Convolutions (see `arrays.windows`).

COPIED = 2**17
"""Numbers in the windows that are copied at a time. Flat; more would not fit smaller caches."""

SHIFTED = 2**16
"""Numbers in the pictures that are shifted at a time. 1.20 at a quarter, 1.23 at four times."""

SHORT_ROW = 96
"""Numbers in a window's row below which windows become tiles. 1.43 at a quarter, then flat."""

TILE_FILTERS = 96
"""Filters of a tile, at most. Flat."""

TILE_WIDTH = 2
"""How many times as wide as a kernel its tile is, at most. 1.83 at half, 1.41 at twice: zeros are multiplied, too."""

MORE_WINDOWS = 1.5
"""How many times as many windows the reversed kernel may have. 1.66 at twice."""

XLA_PICTURES = 8
"""Pictures in one product for the gradient of W by XLA on a CPU. 1.07 at a quarter, 2.00 at four times."""

XLA_PRODUCTS = 16
"""Such products, at most. 1.39 at a quarter, 1.06 at four times."""

XLA_BLOCK = 32
"""Channels that neighboring groups have as one, for XLA on a CPU. 1.03 at a quarter, 1.70 at twice (AMD EPYC)."""

XLA_SHIFTED = 4
"""Channels of a group, at most, for which XLA's products on a CPU are elementwise."""

XLA_SUMMED = 8
"""Pictures of which XLA adds up one product each in a loop, for the gradient of a depthwise W on a CPU."""

# Training.

LARGE_ARRAY = 2**16
"""Elements from which an array's gradient stays where it is; smaller ones are joined, for fewer calls. Flat."""

COMPILED = 2**15
"""Parameters from which engine "fast" has numba compile the optimizer's rule and takes kernels.

To start numba takes 0.6 s and to compile a rule 0.3 s, which 30 microseconds less for a step of Adam on so many
parameters earn back in 30,000 steps, kernels of recurrent layers in 1,000; smaller networks would gain a tenth of that.
"""

BLOCK_BYTES, BLOCK_BATCHES = 2**18, 256
"""What is gathered at a time; scores are summed up, and progress is shown, as often. Flat."""

XLA_BLOCK_BYTES, XLA_BLOCK_BATCHES = 2**26, 4096
"""The same for XLA. Flat, where the data stays on the device."""

TORCH_SHARED = 2**22
"""Multiply-adds of a batch from which PyTorch may use several threads; their waiting for each other takes longer than
smaller ones. On a machine whose cores were busy, a batch of 2**20 took 10 times as long with two."""

CALL_SECONDS = 1.0
"""Of a compiled call of many steps. Flat; progress and Ctrl-C wait as long."""

RESIDENT_BYTES = 2**32
"""Of data that is kept on the device, which not every GPU has more of. Without: 0.91 to 1.04 on a CPU."""

XLA_NETWORKS = 16
"""Networks that are trained side by side in one compiled loop."""

# Stored data.

RUN_BYTES = 2**20
"""Read at once. 1.27 at a quarter, 0.89 at four times, but then a pool would hold rows from fewer places."""

POOL_BYTES = 2**25
"""Shuffled at once; two such pools are in memory. 0.86 at a quarter, but rows would be mixed with fewer others."""

HASHED_ROWS = 4096
"""Rows in a checksum that are copied at a time, where they lie apart in memory. Flat."""

# Which engine is faster (ENGINES). Two cores of this machine take 5.7e-5 s for a step, and do 7.8e10 multiply-adds per
# second; those of an older Xeon at 2.5 GHz, which these numbers are of, half as much. XLA compiles for a second.

STEP_SECONDS, MULTIPLY_ADDS_PER_SECOND = 1e-4, 3e10
COMPILING_PAYS = 10.0
"""Seconds with NumPy from which XLA is taken."""
