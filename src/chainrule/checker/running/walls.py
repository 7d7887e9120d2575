"""What keeps a learner's code from doing harm, put up inside the process that runs it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

FORBIDDEN = (  # the beginnings of the names of audit events
    *("subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.spawn"),
    *("os.kill", "signal.pthread_kill", "socket.", "ctypes.", "sqlite3.", "winreg.", "syslog.", "webbrowser."),
    *("os.chdir", "os.fchdir", "os.chmod", "os.lchmod", "os.chown", "os.lchown", "os.chflags", "os.lchflags"),
    *("os.link", "os.symlink", "os.setxattr", "os.removexattr", "resource.", "fcntl.", "mmap.", "shutil.chown"),
)
CHANGES = {  # which arguments of these events are paths that change
    **{"os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.rename": 2, "os.truncate": 1, "os.utime": 1},
    **{"shutil.rmtree": 1, "shutil.move": 2},
}
UNSAFE_MODULES = {  # in C, writing or starting processes with no audit event
    *("_ctypes", "_posixshmem", "_multiprocessing", "_sqlite3", "_dbm", "_gdbm", "readline"),
}
UNSAFE_FUNCTIONS = {
    "os": ("mkfifo", "mknod", "chroot", "pidfd_open", "setpriority", "memfd_create", "unshare", "setns"),
    "signal": ("pidfd_send_signal",),
    "_posixsubprocess": ("fork_exec",),
    "subprocess": ("_fork_exec",),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(memory: int, seconds: float) -> None:
    """Limit memory (bytes), processor time, the size of files, and the numbers of files and processes.

    What a system does not have, such as limits on Windows or of processes for its administrator, is left out.
    """
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": int(seconds) + 1,
        "RLIMIT_FSIZE": 2**20,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_NPROC": 0,
        "RLIMIT_CORE": 0,
    }
    for name, value in wanted.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            kind = getattr(resource, name)
            most = resource.getrlimit(kind)[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (value, value))


def end_with_parent() -> None:
    """Have the system end this process when the one that started it is gone, where the system can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG


def _refuse(what: str) -> None:
    raise PermissionError(f"{what} is not allowed while a file is checked")


def _refused(*_: Any, **__: Any) -> None:
    _refuse("this function")


# The hook keeps all functions that it needs, because the learner's code may put something else in their places.


def _within(folders: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a real path lies in one of these folders."""
    separator = os.sep
    roots = set(folders) - {separator}

    def within(path: str) -> bool:
        return any(path == root or path.startswith(root + separator) for root in roots)

    return within


def _check_of_open(inside: Callable[[str], bool], readable: Callable[[str], bool]) -> Callable[..., None]:
    """Return what refuses to open files, except those inside, and those that are readable for reading."""
    real, decode, is_folder, refuse = os.path.realpath, os.fsdecode, os.path.isdir, _refuse
    devices = {os.devnull, "/dev/urandom", "/dev/random"}

    def check(name: Any, mode: str | None, flags: int) -> None:
        if isinstance(name, int) or name is None:
            return
        path = real(decode(name))
        if inside(path) or path in devices:
            return
        if set(mode or "") & set("wax+") or flags & WRITING:
            refuse(f"writing to {path}")
        if not readable(path) or (mode is None and is_folder(path)):
            refuse(f"opening {path}")

    return check


def _hook(folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the audit hook that refuses what reaches out of a folder."""
    real, decode, refuse = os.path.realpath, os.fsdecode, _refuse
    inside = _within([real(folder)])
    readable = _within(real(path) for path in (*sys.path, sys.prefix, sys.base_prefix, folder) if path)
    check_open = _check_of_open(inside, readable)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            check_open(*arguments)
        elif event == "import":
            if arguments[0] in UNSAFE_MODULES or (arguments[1] and inside(real(arguments[1]))):
                refuse(f"import {arguments[0]}")
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                if isinstance(path, int) or not inside(real(decode(path))):
                    refuse(f"{event} of {path}")
        elif event.startswith(FORBIDDEN):
            refuse(event)

    return hook


def _take_away_unsafe_functions() -> None:
    """Put what refuses in the place of functions that do harm with no audit event."""
    with contextlib.suppress(ImportError):
        importlib.import_module("_posixsubprocess")  # so that `subprocess`, which SciPy imports, finds it made harmless
    for module, names in UNSAFE_FUNCTIONS.items():
        for place in {module, "posix" if module == "os" else f"_{module}"} & set(sys.modules):
            for name in names:
                if hasattr(sys.modules[place], name):
                    setattr(sys.modules[place], name, _refused)


def lock(folder: str) -> None:
    """Refuse, from now on and for the whole process, what reaches out of it.

    Files can be changed in `folder` only, and read only there and where Python's own files are. New processes, network
    connections, signals to other processes and foreign functions are refused with a PermissionError.

    This is done by an audit hook, which sees what Python's own functions do. It stops accidents and ordinary malice; it
    is no perfect wall: whoever knows the interpreter's insides can get around it. Code from people who would go that
    far belongs into a container or a virtual machine.
    """
    hook = _hook(folder)
    _take_away_unsafe_functions()
    sys.dont_write_bytecode = True
    sys.addaudithook(hook)
