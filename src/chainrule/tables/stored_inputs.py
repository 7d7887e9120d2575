"""The inputs of a table in a file, prepared once and stored beside each other, to be trained on as they are."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.common.atomic import reason
from chainrule.common.errors import ChainruleError, UnwritableError
from chainrule.tables.preparation import Preparation
from chainrule.tables.scans import Scan


@contextlib.contextmanager
def stored_inputs(
    scan: Scan, preparation: Preparation, parts: Sequence[NDArray[np.bool_]]
) -> Iterator[list[NDArray[np.float32]]]:
    """Yield the inputs of parts of the rows, as arrays in temporary files that end with the context.

    Texts are understood once and not in every epoch, and rows of float32 can be read in any order.

    Raises
    ------
    InputError
        If a value is not of its column's kind.
    UnwritableError
        If the disk has no room for them.
    """
    with tempfile.TemporaryDirectory(prefix="chainrule-", ignore_cleanup_errors=True) as folder:
        paths = [Path(folder) / f"{i}.float32" for i in range(len(parts))]
        try:
            with contextlib.ExitStack() as stack:
                files = [stack.enter_context(path.open("wb")) for path in paths]
                start = 0
                for X in scan.map(lambda frame: preparation.prepare(frame).X):
                    for file, rows in zip(files, parts, strict=True):
                        file.write(X[rows[start : start + len(X)]].data)
                    start += len(X)
        except ChainruleError:  # of the table
            raise
        except OSError as error:
            raise UnwritableError(
                "The prepared inputs of {path} cannot be stored in {folder}: {error}. They take {height:,.0f} MB; "
                "name another folder by the variable TMPDIR.",
                path=scan.path,
                folder=folder,
                error=reason(error),
                height=scan.height * preparation.width * 4 / 1000000.0,
            ) from error
        sizes = [int(rows.sum()) for rows in parts]
        yield [
            np.memmap(path, np.float32, "r", shape=(size, preparation.width)) if size else np.zeros((0, 0), np.float32)
            for path, size in zip(paths, sizes, strict=True)
        ]
