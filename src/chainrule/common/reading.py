"""Opening files to read: regular ones only, since a device or a pipe may never end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chainrule.common.atomic import reason
from chainrule.common.errors import ChainruleError, DataUnavailableError, InputError


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file to read.

    Raises
    ------
    InputError
        If the path is none.
    DataUnavailableError
        If there is no such file, it is a folder, a device or a pipe, or it cannot be read.
    """
    if not isinstance(path, str | os.PathLike) or "\0" in os.fspath(path):
        raise InputError("Expected the path of a file, but got {path!r:.80}.", path=path)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise DataUnavailableError(
                "{path} cannot be read: it is a folder, a device or a pipe. Name a file.", path=path
            )
        with Path(path).open("rb") as file:
            yield file
    except ChainruleError:
        raise
    except OSError as error:
        raise DataUnavailableError("{path} cannot be read: {reason}.", path=path, reason=reason(error)) from error
