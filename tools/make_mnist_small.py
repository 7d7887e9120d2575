"""Draw the digits that ship with chainrule from the official MNIST files.

Usage: CHAINRULE_DATA=FOLDER python tools/make_mnist_small.py
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.mnist import FILES, load_mnist

FOLDER = Path(__file__).resolve().parents[1] / "src/chainrule/datasets/mnist_small"
SIZES = 10_000, 2_000
SEED = 1998


def drawn(population: int, size: int) -> NDArray[np.int64]:
    """Return ``size`` different positions below ``population``, in random order."""
    # The raw output of a bit generator is the only stream that NumPy promises never to change.
    keys = np.random.PCG64(SEED).random_raw(population)
    return np.argsort(keys, kind="stable")[:size]


def to_idx(array: NDArray[np.uint8]) -> bytes:
    """Return the bytes of an IDX file."""
    header = bytes([0, 0, 0x08, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def contents() -> dict[str, bytes]:
    """Return the unpacked content of each file of the subset."""
    arrays: list[NDArray[Any]] = []
    for (images, labels), size in zip(load_mnist(normalize=False, flatten=False), SIZES, strict=True):
        chosen = drawn(len(images), size)
        arrays += [images[chosen, :, :, 0], labels[chosen].astype(np.uint8)]
    return {file.name: to_idx(array) for file, array in zip(FILES, arrays, strict=True)}


if __name__ == "__main__":
    for name, content in contents().items():
        packed = gzip.compress(content, compresslevel=9, mtime=0)
        (FOLDER / name).write_bytes(packed)
        print(f"{name}: {len(packed)} bytes, SHA-256 of the content {hashlib.sha256(content).hexdigest()}")
        if "labels" in name:
            print("  digits 0 to 9:", *np.bincount(np.frombuffer(content[8:], np.uint8), minlength=10))
