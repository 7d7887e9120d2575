"""Reader of NumPy's .npy format that believes no header before it has seen the size of the file."""

from __future__ import annotations

import math
import os
import warnings
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from chainrule.common import reading
from chainrule.common.errors import FileFormatError
from chainrule.common.texts import tr

# The header is a Python literal, and damage to it shows as whatever reading that meets.
_DAMAGE = (ValueError, TypeError, LookupError, EOFError, SyntaxError, TokenError, RecursionError, MemoryError)


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an array of numbers from a .npy file.

    Parameters
    ----------
    path
        What `numpy.save` wrote.

    Returns
    -------
    ndarray
        Integers, floating-point or Boolean numbers, in native byte order.

    Raises
    ------
    DataUnavailableError
        The file cannot be read.
    FileFormatError
        The file is no .npy array of numbers, or is truncated, too long or damaged.

    References
    ----------
    NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
    """
    with reading.opened(path) as file:
        try:
            shape, fortran, dtype = _header(file)
        # The header is a Python literal, and damage to it shows as whatever reading that meets.
        except (
            ValueError,
            TypeError,
            LookupError,
            EOFError,
            SyntaxError,
            TokenError,
            RecursionError,
            MemoryError,
        ) as error:
            raise FileFormatError(
                "{path} is not a .npy array of numbers, or it is damaged: {error!s:.200}", path=path, error=error
            ) from error
        if dtype.kind not in "fiub":
            raise FileFormatError(
                "{path} is not a .npy array of numbers, or it is damaged: its dtype is {dtype}.", path=path, dtype=dtype
            )
        left = os.fstat(file.fileno()).st_size - file.tell()
        if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != left:
            raise FileFormatError(
                "{path} is damaged: shape {shape} of {itemsize}-byte numbers makes {expected} bytes, but after the "
                "header there are {size}.",
                path=path,
                shape=shape,
                itemsize=dtype.itemsize,
                expected=math.prod(shape) * dtype.itemsize,
                size=left,
            )
        content = file.read()
    try:
        array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    except ValueError as error:  # more dimensions, or larger ones beside a zero, than NumPy can hold
        raise FileFormatError("{path} has a shape that NumPy cannot hold ({error}).", path=path, error=error) from error
    return array.astype(dtype.newbyteorder("="))


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the shape, whether the first axis changes fastest, and the dtype."""
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        number = ".".join(map(str, version))
        raise ValueError(tr("version {number} of the format is not for arrays of numbers", number=number))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that Python 2 wrote it
        return readers[version](file)
