"""What people hold their numbers in, as NumPy arrays: frames, series, lists, tensors."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.texts import tr


def table(data: Any) -> Any:
    """Return a table of pyarrow as a data frame, and anything else as it is."""
    return data.to_pandas() if type(data).__module__ == "pyarrow.lib" and hasattr(data, "column_names") else data


def column_names(data: Any) -> tuple[str, ...] | None:
    """Return the names of a data frame's columns as texts, or None if there are none or they are only numbered."""
    names = getattr(data, "column_names" if type(data).__module__ == "pyarrow.lib" else "columns", None)
    if names is None or getattr(data, "ndim", len(getattr(data, "shape", ()))) != 2:
        return None
    texts = tuple(map(str, names))
    return texts if texts and len(set(texts)) == len(texts) and not _numbered(names) else None


def _numbered(names: Iterable[Any]) -> bool:
    """Return whether names are the numbers from 0 on, in any order."""
    return all(isinstance(n, numbers.Integral) for n in names) and {*names} == {*range(len([*names]))}


def select(data: Any, names: Sequence[str]) -> Any:
    """Return a data frame's columns in the order of the names, which a network was trained with.

    Raises
    ------
    InputError
        A column is missing, comes twice, or is one that the network does not know.
    """
    columns, data = column_names(data), table(data)
    if columns is None or columns == tuple(names):
        return data
    missing, unknown = [n for n in names if n not in columns], [n for n in columns if n not in names]
    if missing or unknown or len(columns) != len(names):
        raise InputError(
            "The network was trained with the columns {names}, but this frame {difference}. Give it the same columns, "
            "in any order.",
            names=_shown(names),
            difference=_difference(missing, unknown),
        )
    by_text = {str(column): column for column in data.columns}
    return data[[by_text[name] for name in names]]


def _difference(missing: list[str], unknown: list[str]) -> str:
    """Return how the columns of a frame are not those that a network knows, as the end of a sentence about it."""
    if missing and unknown:
        return tr("lacks {missing} and also has {unknown}", missing=_shown(missing), unknown=_shown(unknown))
    if missing:
        return tr("lacks {missing}", missing=_shown(missing))
    return tr("also has {unknown}", unknown=_shown(unknown)) if unknown else tr("has some of them twice")


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:8]))
    return shown if len(names) <= 8 else tr("{names} and {count} more", names=shown, count=len(names) - 8)


def as_array(name: str, data: Any) -> Array:
    """Return data as a NumPy array of numbers.

    Parameters
    ----------
    name
        What it is, for errors.
    data
        An array, a data frame or series of pandas or polars, a tensor, or lists.

    Raises
    ------
    InputError
        It is sparse, hides or lacks values, has rows of different length, or holds what is not a number.
    """
    if type(data) is np.ndarray and data.dtype.kind in "fiub":
        return data
    data = table(opened(name, data))
    module = type(data).__module__.partition(".")[0]
    if module in ("pandas", "polars") and hasattr(data, "to_numpy"):
        return _frame(name, data) if len(data.shape) == 2 else _column(name, data, "")
    try:
        array = np.asarray(data)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            "{name} cannot be read as an array of numbers. {reason}", name=name, reason=_why(data, error)
        ) from error
    return _numbers(name, array)


def refuse_masked(name: str, data: Any) -> None:
    """Raise an error if data is an array that hides some of its values."""
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise InputError(
            "{name} is a masked array that hides {count} values, which would be trained on. Fill them in, "
            "as in {name}.filled(0), or leave out their rows.",
            name=name,
            count=int(np.count_nonzero(np.ma.getmaskarray(data))),
        )


def opened(name: str, data: Any) -> Any:
    """Return data as it came, or raise an error if it holds numbers in a way that cannot be computed with."""
    module = type(data).__module__.partition(".")[0]
    if module == "h5py" and data and hasattr(data, "keys"):
        raise InputError(
            "{name} is a {kind} of HDF5, which holds datasets and no numbers: name one, as in file['{name}']. "
            "It has {names}.",
            name=name,
            kind=type(data).__name__,
            names=_shown(list(data.keys())),
        )
    if module == "polars" and hasattr(data, "collect"):
        raise InputError(
            "{name} is a {kind}, which is not computed yet: write {name}.collect().",
            name=name,
            kind=type(data).__name__,
        )
    if module == "h5py" and not data:
        raise InputError(
            "{name} is a dataset of an HDF5 file that is closed: open the file, and keep it open (with "
            "h5py.File(...) as file: ...) until training ends.",
            name=name,
        )
    refuse_masked(name, data)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        for item in data:
            if isinstance(item, np.ma.MaskedArray):
                opened(name, item)
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise InputError(
            "{name} is sparse ({kind}), and networks compute with dense arrays: write {name}.toarray().",
            name=name,
            kind=type(data).__name__,
        )
    if isinstance(data, (str, bytes, dict, set, frozenset, type)) or data is None:
        raise InputError(
            "{name} must be an array, a data frame or lists of numbers, but it is {what}.",
            name=name,
            what=tr("a class") if isinstance(data, type) else None if data is None else _of_type(data),
        )
    return data


def _of_type(data: Any) -> str:
    return tr("of type {kind}", kind=type(data).__name__)


def _why(data: Any, error: Exception) -> str:
    """Return what is wrong with data that NumPy makes no array of."""
    if isinstance(data, Sequence):
        lengths = [len(row) if hasattr(row, "__len__") else None for row in data]
        for i, length in enumerate(lengths):
            if length != lengths[0]:
                first, other = [
                    tr("one number") if n is None else tr("{count} numbers", count=n) for n in (lengths[0], length)
                ]
                return tr(
                    "Row 0 has {first}, but row {row} has {other}: make all rows equally long.",
                    first=first,
                    row=i,
                    other=other,
                )
    return f"{type(error).__name__}: {error}"


def _frame(name: str, frame: Any) -> Array:
    """Return a data frame as an array; each column must hold numbers or truth values."""
    columns = list(frame.columns)
    if len(set(columns)) < len(columns):
        twice = next(c for c in columns if columns.count(c) > 1)
        raise InputError(
            "{name} has several columns named {column!r}: give each its own name.", name=name, column=twice
        )
    if not columns:
        raise InputError("{name} has no columns.", name=name)
    if _numbered(columns) and columns != sorted(columns):
        frame, columns = frame[sorted(columns)], sorted(columns)
    dtypes = {np.dtype(d) if isinstance(d, np.dtype) else None for d in getattr(frame, "dtypes", [])}
    if len(dtypes) == 1 and (dtype := next(iter(dtypes))) is not None and dtype.kind in "fiu":
        return np.ascontiguousarray(frame.to_numpy())  # pandas lays columns in order, and batches are rows
    arrays = [_column(name, frame[column], tr(" in column {column!r}", column=column)) for column in columns]
    kinds = [np.uint8 if a.dtype.kind == "b" else a.dtype for a in arrays]
    out = np.empty((len(frame), len(arrays)), np.result_type(*kinds))
    for i, a in enumerate(arrays):
        out[:, i] = a
    return out


def _column(name: str, column: Any, where: str) -> Array:
    """Return a series as an array of numbers."""
    missing = np.asarray(column.is_null() if hasattr(column, "is_null") else column.isna())
    dtype = str(column.dtype).lower()
    if missing.any() and not dtype.startswith("float"):  # in a float column it is NaN, which is refused later
        raise InputError(
            "{name} has {count} missing values{where}, the first in row {row}. Fill them in or leave out their rows.",
            name=name,
            count=int(missing.sum()),
            where=where,
            row=int(missing.argmax()),
        )
    if dtype.startswith(("category", "categorical", "enum", "datetime", "date", "time", "duration", "period")):
        raise InputError(
            "{name} must hold numbers, but has {dtype}{where}. Encode it as numbers first, such as with "
            "pandas.get_dummies (categories) or as days since a date.",
            name=name,
            dtype=dtype,
            where=where,
        )
    try:
        array = np.asarray(column.to_numpy())
    except Exception as error:  # polars and pyarrow have errors of their own
        raise InputError(
            "{name} cannot be read as numbers{where}: {error}", name=name, where=where, error=error
        ) from error
    if array.ndim != 1 or array.dtype.names:
        raise InputError(
            "{name} must hold one number per row{where}, but holds {dtype}. Make a column of each number.",
            name=name,
            where=where,
            dtype=dtype,
        )
    if array.dtype == object and missing.any():
        array = np.where(missing, np.nan, array)
    return _numbers(name, array, where)


def _numbers(name: str, array: Array, where: str = "") -> Array:
    """Return an array of numbers; objects are looked at one by one."""
    if array.dtype.kind in "fiub":
        return array
    if array.dtype == object:
        return _objects(name, array, where)
    fix = tr("Encode it as numbers first.")
    if array.dtype.kind in "US":
        fix = tr("Encode text as numbers first, such as numpy.unique(y, return_inverse=True)[1] for labels.")
    elif array.dtype.kind == "c":
        fix = tr("Give the real and the imaginary part as features of their own.")
    example = tr(", such as {value!r}", value=array.ravel()[0]) if array.size else ""
    raise InputError(
        "{name} must hold numbers, but it has dtype {dtype}{where}{example}. {fix}",
        name=name,
        dtype=array.dtype,
        where=where,
        example=example,
        fix=fix,
    )


def _objects(name: str, array: Array, where: str) -> Array:
    from decimal import Decimal

    for index, value in np.ndenumerate(array):
        if not isinstance(value, (numbers.Real, np.bool_, Decimal)):
            ragged = hasattr(value, "__len__") and not isinstance(value, str)
            raise InputError(
                "{name} must hold numbers, but it has {value}{place}{where}. Encode text or categories as numbers "
                "first, and fill in what is missing.{fix}",
                name=name,
                value=_short(value),
                place=_place(index),
                where=where,
                fix=tr(" Make all rows equally long.") if ragged else "",
            )
    whole = all(isinstance(value, (numbers.Integral, np.bool_)) for value in array.ravel())
    try:
        return array.astype(np.int64 if whole and array.size else np.float64)
    except OverflowError:
        return np.vectorize(_rounded, otypes=[np.float64])(array)


def _place(index: tuple[int, ...]) -> str:
    if not index:
        return ""
    if len(index) == 1:
        return tr(" at row {row}", row=index[0])
    return tr(" at row {row}, column {column}", row=index[0], column=index[1])


def _rounded(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf  # refused like any other number that is too large


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
