"""Reader of the book's pickled weights that runs nothing of what is in the file."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from chainrule.common import reading
from chainrule.common.errors import FileFormatError
from chainrule.common.texts import tr
from chainrule.files.foreign import PICKLE
from chainrule.files.kinds import UNKNOWN, file_kind
from chainrule.files.pickle_arrays import PickledArray, RefusedError
from chainrule.files.pickle_machine import run


def load_book_weights(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read a pickled dict of arrays, such as the book's ``sample_weight.pkl``.

    Pickles written by Python 3 with any protocol and any version of NumPy are read.

    Parameters
    ----------
    path
        The pickle.

    Returns
    -------
    dict of str to ndarray
        Integers or floating-point numbers, in native byte order.

    Raises
    ------
    DataUnavailableError
        The file cannot be read.
    FileFormatError
        The file is empty, truncated or not a pickle, or it holds anything but a dict of arrays of numbers
        by name. Nothing in it has run.

    References
    ----------
    Koki Saitoh, "Deep Learning from Scratch", O'Reilly, chapter 3 (the weights); the instructions are
    documented in Python's ``pickletools``.
    """
    with reading.opened(path) as file:
        content = file.read()
    if not content:
        raise FileFormatError("{path} is empty; expected a pickled dict of arrays.", path=path)
    try:
        with warnings.catch_warnings():
            # pickletools warns of a stray backslash in a name, which then is refused or damaged anyway.
            warnings.filterwarnings("ignore", "invalid escape sequence", DeprecationWarning)
            return _checked(run(content), len(content))
    except RefusedError as error:
        raise FileFormatError(
            "{path} holds {content}. It was refused, and nothing in it has run: only a pickled dict of arrays of "
            "numbers by name is read.",
            path=path,
            content=error,
        ) from error
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        if (kind := file_kind(Path(path))) not in (PICKLE, UNKNOWN):
            raise FileFormatError("{path} is not a pickle: it is {kind}.", path=path, kind=tr(kind)) from error
        raise FileFormatError("{path} is not a pickle, or it is truncated or damaged.", path=path) from error


def _checked(weights: Any, size: int) -> dict[str, NDArray[Any]]:
    if not isinstance(weights, dict):
        raise RefusedError("something other than a dict")
    for name, value in weights.items():
        if not isinstance(value, PickledArray) or value.view is None:
            raise RefusedError("something under {name!r} that is not an array", name=name[:80])
    views = {name: value.view for name, value in weights.items()}
    # Bytes that the file holds once can be named any number of times.
    if sum(view.nbytes for view in views.values()) > size:
        raise RefusedError("fewer bytes than its arrays claim")
    return {name: view.astype(view.dtype.newbyteorder("=")) for name, view in views.items()}
