"""Arrays in NPZ and HDF5 files as the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.common.errors import InputError, missing_extra
from chainrule.common.texts import tr
from chainrule.datasets import read_idx
from chainrule.datasets.idx import read_unzipped
from chainrule.tables.recognition import shown

_PICTURE_AXES = (3, 4)  # of an array of pictures: rows, height, width, and perhaps channels


def read_npz(path: Path, x: str | None, y: str | None) -> dict[str, Any]:
    """Return the arrays of an NPZ file as columns; nothing in it is unpickled."""
    with np.load(path, allow_pickle=False) as file:
        return columns_of(str(path), {name: file[name] for name in _chosen(str(path), file.files, x, y)}, x, y)


def read_hdf5(path: Path, x: str | None, y: str | None) -> dict[str, Any]:
    """Return the datasets of an HDF5 file as columns."""
    try:
        import h5py
    except ImportError as error:
        raise missing_extra("Reading HDF5", "h5py", "tables") from error
    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        arrays = {}
        for name in _chosen(str(path), names, x, y):
            dataset = file[name]
            arrays[name] = dataset.asstr()[...] if h5py.check_string_dtype(dataset.dtype) else dataset[...]
        return columns_of(str(path), arrays, x, y)


def is_idx(path: Path) -> bool:
    """Return whether a packed file begins as an IDX file does."""
    return read_unzipped(path, 1)[:2] == b"\0\0"


def read_idx_pair(path: Path, y: str | None) -> dict[str, Any]:
    """Return the array of an IDX file as "picture" or "x", and the classes in another one as "class"."""
    inputs = read_idx(path)
    arrays = {"picture" if inputs.ndim in _PICTURE_AXES else "x": inputs}
    if y is not None:
        arrays["class"] = read_idx(y)
    names = tr("its inputs") if y is None else tr("its inputs and the classes of {y}", y=y)
    return columns_of(f"{path}, {names},", arrays, None, None)


def _chosen(path: str, names: list[str], x: str | None, y: str | None) -> list[str]:
    """Return which arrays to read: those that were named, or all."""
    for name in x, y:
        if name is not None and name not in names:
            raise InputError(
                "{path} has no array {name!r}; it has {names}.", path=path, name=name, names=shown(names) or tr("none")
            )
    named = [name for name in (x, y) if name is not None]
    if not named and not names:
        raise InputError("{path} has no arrays.", path=path)
    return named or names


def columns_of(path: str, arrays: Mapping[str, Any], x: str | None, y: str | None) -> dict[str, Any]:
    """Return arrays as columns: of an array of two axes each column, of more axes a picture in each row.

    Raises
    ------
    InputError
        If they have not equally many rows, or hold what is no number or text.
    """
    rows = {name: len(array) if array.ndim else -1 for name, array in arrays.items()}
    if len(set(rows.values())) > 1 or -1 in rows.values():
        sizes = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:6])
        raise InputError(
            "The arrays of {path} have not equally many rows: {sizes}. Name those of the inputs and of the target, x "
            "and y (on the command line --x and --y).",
            path=path,
            sizes=sizes,
        )
    columns: dict[str, Any] = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "biufUOM":
            raise InputError(
                "The array {name!r} of {path} is of type {dtype}, and neither numbers nor texts.",
                name=name,
                path=path,
                dtype=array.dtype,
            )
        of_array = _columns(name, array)
        if twice := [column for column in of_array if column in columns]:
            raise InputError(
                "{path} has {twice!r} both as a column of the array {name!r} and as another array: rename one, or "
                "name those to read, x and y (on the command line --x and --y).",
                path=path,
                twice=twice[0],
                name=name,
            )
        columns.update(of_array)
    return columns


def _columns(name: str, array: Any) -> dict[str, Any]:
    import polars

    if array.ndim == 1:
        return {name: array}
    if array.ndim == 2 and array.shape[1] == 1:
        return {name: array[:, 0]}
    if array.ndim == 2:
        return {f"{name}_{i}": np.ascontiguousarray(array[:, i]) for i in range(array.shape[1])}
    if array.ndim not in _PICTURE_AXES or array.dtype.kind not in "biuf":
        raise InputError(
            "The array {name!r} has the shape {shape}: a table takes arrays of one axis, of two, or of pictures.",
            name=name,
            shape=array.shape,
        )
    pictures = array if array.ndim == 4 else array[..., None]
    if pictures.dtype.kind != "f":
        low, high = int(pictures.min(initial=0)), int(pictures.max(initial=0))
        if low < 0 or high > 255:
            raise InputError(
                "The pictures {name!r} go from {low} to {high}, but whole numbers of pixels go from 0 to 255.",
                name=name,
                low=low,
                high=high,
            )
        pictures = pictures.astype(np.uint8)
    return {
        name: polars.Series(
            name, pictures, polars.Array(polars.UInt8, pictures.shape[1:]) if pictures.dtype == np.uint8 else None
        )
    }
