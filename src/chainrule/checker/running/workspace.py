"""The folder that a checked file may write into: made, watched, and removed whatever is in it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

ENTRIES = 1000  # files and folders
BYTES = 64 * 2**20
LONGEST = 1000  # characters of a path: what lies deeper could not be counted


@contextlib.contextmanager
def workspace() -> Iterator[str]:
    """Give an empty folder, and remove it; what cannot be removed is left, and nothing is raised."""
    folder = tempfile.mkdtemp(prefix="chainrule-")
    try:
        yield folder
    finally:
        remove(folder)


def is_overfull(folder: str) -> bool:
    """Return whether there are more entries in a folder, or more bytes, than a check may write."""
    entries, size, waiting = 0, 0, [folder]
    while waiting:
        for path, status in _entries(waiting.pop()):
            entries += 1
            size += status.st_blocks * 512 if hasattr(status, "st_blocks") else status.st_size
            if entries > ENTRIES or size > BYTES or len(path) > LONGEST:
                return True
            if stat.S_ISDIR(status.st_mode):
                waiting.append(path)
    return False


def remove(folder: str) -> None:
    """Remove a folder with everything in it, however deep, and whatever modes its parts have.

    Folders inside of folders are moved up beside their parents before they are emptied. So no path is longer than the
    system takes, nothing is called recursively, and few files are open.
    """
    waiting, number = [folder], 0
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            os.chmod(parent, 0o700)
        for path, status in _entries(parent):
            with contextlib.suppress(OSError):
                if not stat.S_ISDIR(status.st_mode):
                    _unlink(path)
                    continue
                os.chmod(path, 0o700)  # who moves a folder must be allowed to write into it
                number += 1
                above = str(Path(folder).with_name(f"{Path(folder).name}-{number}"))
                os.rename(path, above)
                waiting.append(above)
        with contextlib.suppress(OSError):
            os.rmdir(parent)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except PermissionError:  # Windows keeps what is read-only
        os.chmod(path, 0o600)
        os.unlink(path)


def _entries(folder: str) -> list[tuple[str, os.stat_result]]:
    """Return what is in a folder, links not followed; what has gone meanwhile, or cannot be read, is left out."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found.append((entry.path, entry.stat(follow_symlinks=False)))
    return found
