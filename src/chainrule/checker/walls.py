"""What keeps a learner's code from doing harm, put up inside the process that runs it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import sys
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


def lock(folder: str) -> None:
    """Refuse, from now on and for the whole process, what reaches out of it.

    Files can be changed in `folder` only, and read only there and where Python's own files are. New processes, network
    connections, signals to other processes and foreign functions are refused with a PermissionError.

    This is done by an audit hook, which sees what Python's own functions do. It stops accidents and ordinary malice; it
    is no perfect wall: whoever knows the interpreter's insides can get around it. Code from people who would go that
    far belongs into a container or a virtual machine.
    """
    real, decode, is_folder, separator = os.path.realpath, os.fsdecode, os.path.isdir, os.sep
    inside = real(folder)
    readable = {real(path) for path in (*sys.path, sys.prefix, sys.base_prefix, inside) if path}
    readable.discard(separator)
    devices = {os.devnull, "/dev/urandom", "/dev/random"}

    def within(path: str, root: str) -> bool:
        return path == root or path.startswith(root + separator)

    def refuse(what: str) -> None:
        raise PermissionError(f"{what} is not allowed while a file is checked")

    def opened(name: Any, mode: str | None, flags: int) -> None:
        if isinstance(name, int) or name is None:
            return
        path = real(decode(name))
        if within(path, inside) or path in devices:
            return
        if set(mode or "") & set("wax+") or flags & WRITING:
            refuse(f"writing to {path}")
        if not any(within(path, root) for root in readable) or (mode is None and is_folder(path)):
            refuse(f"opening {path}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            opened(*arguments)
        elif event == "import":
            if arguments[0] in UNSAFE_MODULES or (arguments[1] and within(real(arguments[1]), inside)):
                refuse(f"import {arguments[0]}")
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                if isinstance(path, int) or not within(real(decode(path)), inside):
                    refuse(f"{event} of {path}")
        elif event.startswith(FORBIDDEN):
            refuse(event)

    def refused(*_: Any, **__: Any) -> None:
        refuse("this function")

    with contextlib.suppress(ImportError):
        importlib.import_module("_posixsubprocess")  # so that `subprocess`, which SciPy imports, finds it made harmless
    for module, names in UNSAFE_FUNCTIONS.items():
        for place in {module, "posix" if module == "os" else f"_{module}"} & set(sys.modules):
            for name in names:
                if hasattr(sys.modules[place], name):
                    setattr(sys.modules[place], name, refused)
    sys.dont_write_bytecode = True
    sys.addaudithook(hook)
