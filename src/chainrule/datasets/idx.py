"""Reader of the IDX format, in which MNIST is distributed."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import DataUnavailableError, FileFormatError

_ELEMENT_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, plain or gzipped (told by its content, not by its name).

    Parameters
    ----------
    path
        For example ``train-images-idx3-ubyte.gz``.

    Returns
    -------
    ndarray
        An array of the file's shape and element type, in native byte order.

    Raises
    ------
    DataUnavailableError
        The file cannot be read.
    FileFormatError
        The file is empty, not IDX, truncated, too long, or damaged gzip.

    Notes
    -----
    The format, from "The MNIST database of handwritten digits" (LeCun, Cortes, Burges), all numbers
    big-endian: two zero bytes, one byte for the element type, one byte for the number of dimensions ``d``,
    ``d`` sizes of four bytes each, then the elements, the last dimension changing fastest.
    """
    return parse_idx(read_unzipped(path), str(path))


def read_unzipped(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file, unpacked if it is gzip."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read: {error.strerror}.") from error
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{path} is damaged gzip ({error}). Get the file again.") from error


def parse_idx(content: bytes, name: str) -> NDArray[Any]:
    """Turn the unpacked bytes of an IDX file into an array; errors call the file ``name``."""
    if not content:
        raise FileFormatError(f"{name} is empty; an IDX file starts with a header of at least 8 bytes.")
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _ELEMENT_TYPES or content[3] == 0:
        raise FileFormatError(
            f"{name} is not an IDX file: it starts with {content[:4].hex(' ')}, where IDX has 00 00, "
            "an element type (08, 09, 0b, 0c, 0d or 0e) and the number of dimensions."
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise FileFormatError(f"{name} is truncated: its header has {start} bytes, the whole file {len(content)}.")
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
    dtype = np.dtype(_ELEMENT_TYPES[content[2]])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        fault = "truncated" if len(content) < expected else "too long"
        raise FileFormatError(
            f"{name} is {fault}: shape {shape} of {dtype.itemsize}-byte elements makes {expected} bytes "
            f"with the header, but there are {len(content)}."
        )
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # more dimensions, or larger ones beside a zero, than NumPy can hold
        raise FileFormatError(f"{name} has a shape that NumPy cannot hold ({error}).") from error
    return array.astype(dtype.newbyteorder("="))
