"""The one door for writing files: a reader sees the old file or the new one, and a crash leaves no half."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chainrule.common.errors import ChainruleError, InputError, UnwritableError
from chainrule.common.texts import later, tr

if sys.platform != "win32":
    import fcntl

_SYSTEM_SAYS = (
    later("No such file or directory"),
    later("Permission denied"),
    later("Is a directory"),
    later("Not a directory"),
    later("No space left on device"),
    later("Read-only file system"),
    later("File name too long"),
    later("Too many open files"),
)

_NAME_START = 40  # characters of a file's name in that of its temporary file: names have at most 255 bytes
_TOKEN_BYTES, _END = 4, ".partial"


def write(path: Path, content: bytes) -> None:
    """Replace a file whole: write the new one beside it, bring it to the disk, and rename it.

    If the path is a symbolic link, the file that it names is replaced. The mode and the owner of an existing file are
    kept. What an earlier writer of this file left when it was killed is removed.

    Raises
    ------
    InputError
        If the path names a folder, a device, a pipe or a socket: replacing these would destroy them.
    UnwritableError
        If the disk is full, the folder is missing, or writing is not permitted.
    """
    with writing(path) as file:
        file.write(content)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write it piece by piece, as `write` does at once; an error inside leaves the old file."""
    with _named(path):
        target, old = _target(path)
        with contextlib.suppress(OSError):  # a folder that cannot be listed may still be written to
            _remove_leftovers(target)
        with _temporary(target) as file:
            if old is not None:
                _take_over(file.name, old)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()  # an open file cannot be renamed there; elsewhere its lock keeps it from being removed
            os.replace(file.name, target)
        _sync_folder(target.parent)


def append(path: Path, line: bytes) -> None:
    """Add a line to a file that is there; a disk that is full leaves the file as it was.

    Raises
    ------
    InputError, UnwritableError
        As for `write`; and UnwritableError if there is no such file.
    """
    with _named(path):
        _target(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def check(path: Path) -> None:
    """Raise what `write` would raise; called before the work whose result the file shall hold."""
    with _named(path):
        target, _ = _target(path)
        with _temporary(target) as file:
            file.close()
            os.unlink(file.name)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, unless it is there.

    Raises
    ------
    InputError
        If the path, or one of the folders that it lies in, is a file.
    UnwritableError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next(part for part in (folder, *folder.parents) if os.path.lexists(part))
        raise InputError(
            "{folder} must be a folder, but {file} is a file. Name another one.", folder=folder, file=file
        ) from error
    except OSError as error:
        raise UnwritableError(
            "The folder {folder} cannot be made: {reason}.", folder=folder, reason=reason(error)
        ) from error
    except ValueError as error:  # a null character in the path
        raise InputError("{folder!r} is no name of a folder: {reason}.", folder=str(folder), reason=error) from error


def reason(error: OSError) -> str:
    """Return what the system says about an error, without its number and the path.

    >>> reason(OSError(28, "No space left on device", "a"))
    'No space left on device'
    """
    said = error.strerror or str(error)
    return tr(said) if said in _SYSTEM_SAYS else said


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of what fails inside that this path cannot be written."""
    try:
        yield
    except ChainruleError:
        raise
    except OSError as error:
        raise UnwritableError("{path} cannot be written: {reason}.", path=path, reason=reason(error)) from error
    except ValueError as error:  # a null character in the path
        raise InputError("{path!r} is no name of a file: {reason}.", path=str(path), reason=error) from error


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """Return the file that a path names, without symbolic links, and its status if it exists."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        target = Path(os.path.realpath(path))  # of a link too, whose file is not there yet
        folder = target.parent if path.is_symlink() else path.parent
        if not folder.is_dir():
            raise UnwritableError(
                "{path} cannot be written: there is no folder {folder}. Create it first.", path=path, folder=folder
            ) from None
        return target, None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(
            "{path} is a folder. Name the file to write, such as {example}.", path=path, example=path / "result"
        )
    if not stat.S_ISREG(status.st_mode):
        raise InputError("{path} is a device, a pipe or a socket, which is not written to. Name a file.", path=path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, tr("it is write-protected"))
    return Path(os.path.realpath(path)), status


def _beginning(target: Path) -> str:
    return f".{target.name[:_NAME_START]}."


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[BinaryIO]:
    """Open a new file beside the target; it is removed if writing it fails."""
    file = _open_locked(target)
    try:
        with file:
            yield file
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


def _open_locked(target: Path) -> BinaryIO:
    """Open a new file beside the target, locked while it is open."""
    while True:
        path = target.with_name(f"{_beginning(target)}{os.urandom(_TOKEN_BYTES).hex()}{_END}")
        file = path.open("xb")
        with contextlib.suppress(OSError):  # on a file system without locks nobody takes the file for a leftover
            _lock(file)
        if os.fstat(file.fileno()).st_nlink:  # else another writer did, before it was locked
            return file
        file.close()


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files of this target whose writers are dead: a lock goes away with its process."""
    beginning = _beginning(target)
    length = len(beginning) + 2 * _TOKEN_BYTES + len(_END)
    for name in os.listdir(target.parent):
        if name.startswith(beginning) and name.endswith(_END) and len(name) == length:
            path = target.with_name(name)
            with contextlib.suppress(OSError), path.open("rb") as file:
                _lock(file, wait=False)
                path.unlink()


if sys.platform == "win32":

    def _lock(file: BinaryIO, *, wait: bool = True) -> None:
        """Do nothing: what another process has open cannot be removed there."""
else:

    def _lock(file: BinaryIO, *, wait: bool = True) -> None:
        """Lock a file until it is closed; or raise BlockingIOError if it is locked and shall not be waited for."""
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take_over(path: str, old: os.stat_result) -> None:
    """Give a file the owner and the mode of another one; before it has content, which the mode may hide."""
    if sys.platform != "win32" and (os.geteuid(), os.getegid()) != (old.st_uid, old.st_gid):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(path, old.st_uid, old.st_gid)
    os.chmod(path, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too; the file is whole without it, so a system that cannot is no error."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
