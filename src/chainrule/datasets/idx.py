"""Reader of the IDX format, in which MNIST is distributed."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common import reading
from chainrule.common.errors import FileFormatError

_ELEMENT_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LONGEST_HEADER = 4 + 4 * 255  # bytes
_PIECE = 2**20  # bytes read at once

LARGEST = 2**31  # bytes that a packed file may become: a few kilobytes of gzip can claim any number


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
        The file is empty, not IDX, truncated, too long, or damaged gzip; or it is gzip of more than 2 GiB.

    Notes
    -----
    The format, from "The MNIST database of handwritten digits" (LeCun, Cortes, Burges), all numbers
    big-endian: two zero bytes, one byte for the element type, one byte for the number of dimensions ``d``,
    ``d`` sizes of four bytes each, then the elements, the last dimension changing fastest.
    """
    name = str(path)
    expected = _header(read_unzipped(path, _LONGEST_HEADER), name).bytes
    return parse_idx(read_unzipped(path, expected), name)


def read_unzipped(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return the content of a file, unpacked if it is gzip; but of what is longer than the limit, one byte more."""
    with reading.opened(path) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _read(file, limit + 1)
        if limit > LARGEST:
            raise FileFormatError(
                "{path} unpacks to {size:,} bytes, but no more than {largest:,} are unpacked here: use gunzip first.",
                path=path,
                size=limit,
                largest=LARGEST,
            )
        try:
            return _read(gzip.GzipFile(fileobj=file), limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FileFormatError(
                "{path} is damaged gzip ({error}). Get the file again.", path=path, error=error
            ) from error


def _read(file: Any, limit: int) -> bytes:
    """Read so many bytes, or those that there are: `read` alone would allocate all that it is asked for."""
    pieces, left = [], limit
    while piece := file.read(min(left, _PIECE)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def parse_idx(content: bytes, name: str) -> NDArray[Any]:
    """Turn the unpacked bytes of an IDX file into an array; errors call the file ``name``."""
    shape, dtype, start, expected = _header(content, name)
    if len(content) != expected:
        raise FileFormatError(
            "{name} is truncated: shape {shape} of {itemsize}-byte elements makes {expected} bytes with the header, "
            "but there are {size}."
            if len(content) < expected
            else "{name} is too long: shape {shape} of {itemsize}-byte elements makes {expected} bytes with the "
            "header, but there are {size} or more.",
            name=name,
            shape=shape,
            itemsize=dtype.itemsize,
            expected=expected,
            size=len(content),
        )
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # more dimensions, or larger ones beside a zero, than NumPy can hold
        raise FileFormatError("{name} has a shape that NumPy cannot hold ({error}).", name=name, error=error) from error
    return array.astype(dtype.newbyteorder("="))


class _Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int  # of the elements
    bytes: int  # of the whole file


def _header(content: bytes, name: str) -> _Header:
    if not content:
        raise FileFormatError("{name} is empty; an IDX file starts with a header of at least 8 bytes.", name=name)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _ELEMENT_TYPES or content[3] == 0:
        raise FileFormatError(
            "{name} is not an IDX file: it starts with {beginning}, where IDX has 00 00, an element type (08, 09, 0b, "
            "0c, 0d or 0e) and the number of dimensions.",
            name=name,
            beginning=content[:4].hex(" "),
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise FileFormatError(
            "{name} is truncated: its header has {header} bytes, the whole file {size}.",
            name=name,
            header=start,
            size=len(content),
        )
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
    dtype = np.dtype(_ELEMENT_TYPES[content[2]])
    return _Header(shape, dtype, start, start + math.prod(shape) * dtype.itemsize)
