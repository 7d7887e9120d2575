"""From files of arrays and pictures to what a network takes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.datasets import read_idx
from chainrule.datasets.csv_rows import read_csv
from chainrule.datasets.mnist import PIXEL_SCALE
from chainrule.datasets.npy import read_npy
from chainrule.files.digit import read_digit
from chainrule.network import Network
from chainrule.trace.telling.words import words


class FileInput(NamedTuple):
    """What is in a file."""

    X: NDArray[Any]
    scale: float = 1.0  # what its raw numbers were multiplied by
    moved: bool = False  # whether it is a picture whose digit was scaled and centered


def read(path: Path) -> FileInput:
    """Return the array in a file, told by its first bytes."""
    with path.open("rb") as file:
        start = file.read(6)
        if start == b"\x93NUMPY":
            X = read_npy(path)
        elif start[:2] in (b"\0\0", b"\x1f\x8b"):
            X = read_idx(path)
        elif path.suffix.lower() == ".csv":
            X = read_csv(path)
        else:
            digit = read_digit(path)
            return FileInput(digit.pixels, PIXEL_SCALE, digit.moved)
    return FileInput(X)


def scaled(X: NDArray[Any], scale: float, network: Network) -> tuple[NDArray[Any], str]:
    """Return what the model takes for raw numbers that were multiplied by `scale`, and a line that says what was done.

    Raw numbers are whole, so fractions in a file have been scaled by whoever wrote it. Nothing is done to them, nor for
    a model that does not know how its inputs were scaled.
    """
    wanted = network.input_scale
    if wanted is None or (wanted == scale == 1) or (scale == 1 and not _whole(X)):
        return X, ""
    factor = f"1/{1 / wanted:g}" if (1 / wanted).is_integer() else f"{wanted:g}"
    note = words("inputs-kept" if wanted == 1 else "inputs-scaled", language(), factor=factor)
    # Dividing by 255, and not multiplying by 1/255, gives the last bit of the data sets that the command trains on.
    return X if scale == wanted else np.divide(X, scale / wanted, dtype=network.dtype), note


def _whole(X: NDArray[Any]) -> bool:
    """Return whether all numbers are whole, as pixels are, also if they were stored as floating-point numbers."""
    return X.dtype.kind in "iu" or bool(X.dtype.kind == "f" and X.max(initial=0) > 1 and np.all(X == np.floor(X)))


def fitted(X: NDArray[Any], network: Network, name: str) -> NDArray[Any]:
    """Return one example or several as a batch of the model's input shape."""
    assert network.input_shape is not None
    size = math.prod(network.input_shape)
    if X.size and (X.size == size or math.prod(X.shape[1:]) == size):
        return X.reshape(-1, *network.input_shape)
    raise InputError(
        "The model takes examples of shape {expected}, but the shape of {name} is {got}. Was the model trained on "
        "other data?",
        expected=network.input_shape,
        name=name,
        got=X.shape,
    )
