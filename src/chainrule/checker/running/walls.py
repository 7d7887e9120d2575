"""What keeps a learner's code from doing harm, put up inside the process that runs it."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import stat
import sys
from collections.abc import Callable, Iterable
from types import ModuleType, SimpleNamespace
from typing import Any

FORBIDDEN = (  # the beginnings of the names of audit events
    *("subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.spawn"),
    *("os.kill", "signal.pthread_kill", "socket.", "ctypes.", "sqlite3.", "winreg.", "syslog.", "webbrowser."),
    *("os.chdir", "os.fchdir", "os.chmod", "os.lchmod", "os.chown", "os.lchown", "os.chflags", "os.lchflags"),
    *("os.link", "os.symlink", "os.setxattr", "os.removexattr", "resource.", "fcntl.", "mmap.", "shutil.chown"),
    *("gc.get_", "cpython.PyInterpreterState_New"),  # what finds the hook, and an interpreter that has none
)
CHANGES = {  # which arguments of these events are paths that change
    **{"os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.rename": 2, "os.truncate": 1, "os.utime": 1},
    **{"shutil.rmtree": 1, "shutil.move": 2},
}
UNSAFE_MODULES = {  # in C, writing or starting processes or interpreters with no audit event
    *("_ctypes", "_posixshmem", "_multiprocessing", "_sqlite3", "_dbm", "_gdbm", "readline", "_tkinter"),
    *("_xxsubinterpreters", "_interpreters", "_testcapi", "_testinternalcapi", "_testmultiphase"),
    *("posix", "nt", "_imp", "_signal", "_posixsubprocess"),  # a second time: they are there, made harmless
}
UNSAFE_FUNCTIONS = {
    "os": ("mkfifo", "mknod", "chroot", "pidfd_open", "setpriority", "memfd_create", "unshare", "setns"),
    "signal": ("pidfd_send_signal",),
    "posixsubprocess": ("fork_exec",),
    "subprocess": ("_fork_exec",),
    "imp": ("create_builtin",),  # it makes the functions above anew
    "ctypes": (  # all but what SciPy needs
        *("memmove", "memset", "pythonapi", "CDLL", "PyDLL", "cdll", "pydll", "_memmove_addr", "_memset_addr"),
    ),
}
OURS = "chainrule"  # the right answers are in there
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(memory: int, seconds: float) -> bool:
    """Limit memory (bytes), processor time, the size of files, and the numbers of files and processes.

    What a system does not have is left out; returned is whether it has limits at all, which Windows has not.
    """
    try:
        import resource
    except ImportError:
        return False
    wanted = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": int(seconds) + 2,
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
            # One second before the end of its time, a process is told: it ends with SIGXCPU, which says why.
            resource.setrlimit(kind, (value - 1 if name == "RLIMIT_CPU" else value, value))
    return True


def readable() -> list[str]:
    """Return where the files of Python's own modules and of other packages are.

    Those of this package are not among them: it knows the right answers, and a learner's function could return them.
    """
    library = os.path.dirname(os.__file__)
    places = [
        os.path.join(path, name) for path in (*sys.path, library) if os.path.isdir(path) for name in os.listdir(path)
    ]
    hidden = (OURS, "site-packages", "dist-packages")
    return [place for place in dict.fromkeys(places) if not os.path.basename(place).startswith(hidden)]


def _refuse(what: str) -> None:
    raise PermissionError(f"{what} is not allowed while a file is checked")


def _refused(*_: Any, **__: Any) -> None:
    raise PermissionError("this function is not allowed while a file is checked")


# The hook runs in a copy of this module that no table of modules leads to (see `lock`), so that the learner's code
# cannot put something else in the places of the tables and functions below.


def _within(folders: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a real path lies in one of these folders."""
    separator = os.sep
    roots = frozenset(folders) - {separator}

    def within(path: str) -> bool:
        return any(path == root or path.startswith(root + separator) for root in roots)

    return within


def _real(path: Any) -> str:
    real = os.path.realpath(path)
    return real if isinstance(real, str) else real.decode("utf-8", "surrogateescape")


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _check_of_open(inside: Callable[[str], bool], readable: Callable[[str], bool]) -> Callable[..., None]:
    """Return what refuses to open files, except those inside, and those that are readable for reading."""
    answers = _within([_real(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))])
    devices = frozenset((os.devnull, "/dev/urandom", "/dev/random"))

    def check(name: Any, mode: str | None, flags: int) -> None:
        if isinstance(name, int) or name is None:
            return
        path = _real(name)
        if inside(path) or path in devices:
            return
        if set(mode or "") & set("wax+") or flags & WRITING:
            _refuse(f"writing to {path}")
        if not readable(path) or answers(path) or (mode is None and _is_folder(path)):
            _refuse(f"opening {path}")

    return check


def _is_unsafe(name: str, path: str | None) -> bool:
    """Return whether a module must not be imported, whatever package it pretends to be in."""
    file = os.path.basename(path or "").partition(".")[0]
    return name.rpartition(".")[2] in UNSAFE_MODULES or file in UNSAFE_MODULES or name.partition(".")[0] == OURS


def _hook(folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the audit hook that refuses what reaches out of a folder."""
    inside = _within([_real(folder)])
    check_open = _check_of_open(inside, _within(_real(path) for path in (*readable(), folder)))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            check_open(*arguments)
        elif event == "import":
            if _is_unsafe(*arguments[:2]) or (arguments[1] and inside(_real(arguments[1]))):
                _refuse(f"import {arguments[0]}")
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                if isinstance(path, int) or not inside(_real(path)):
                    _refuse(f"{event} of {path}")
        elif event.startswith(FORBIDDEN):
            _refuse(event)
        elif event == "object.__setattr__" and arguments[1] == "__code__":  # another function in one that others hold
            _refuse("a new __code__")

    return hook


def _take_away_unsafe_functions() -> None:
    """Put what refuses in the place of functions that do harm with no audit event."""
    # Nothing built in can be imported for the first time later; and `subprocess`, which SciPy imports, needs the last.
    for name in (*(set(sys.builtin_module_names) - UNSAFE_MODULES), "_posixsubprocess"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module, names in UNSAFE_FUNCTIONS.items():
        for place in {module, "posix" if module == "os" else f"_{module}"} & set(sys.modules):
            for name in names:
                if hasattr(sys.modules[place], name):
                    setattr(sys.modules[place], name, _refused)


def _copy(module: ModuleType, **names: Any) -> Any:
    """Return a module executed once more, with builtins and some other names of its own."""
    made = ModuleType(module.__name__)
    vars(made).update(__builtins__=dict(vars(builtins)), __file__=module.__file__)
    loader: Any = module.__spec__ and module.__spec__.loader
    exec(loader.get_code(module.__spec__ and module.__spec__.name), vars(made))
    vars(made).update(names)
    return made


def lock(folder: str) -> Callable[[], None]:
    """Return what refuses, from then on and for the whole process, what reaches out of it.

    It is made before the walls of the kernel stand, behind which this file can no longer be read.

    Files can be changed in `folder` only, and read only there and where Python's own files are. New processes, network
    connections, signals to other processes and foreign functions are refused with a PermissionError.

    This is done by an audit hook, which sees what Python's own functions do and can say it in words. It stops accidents
    and the known ways around it; whoever knows the interpreter's insides will find another. What holds then are the
    walls of the kernel (`kernel.enclose`), where there are any.
    """
    functions = SimpleNamespace(**vars(os))
    functions.path = _copy(os.path, os=functions, stat=SimpleNamespace(**vars(stat)))
    own = _copy(sys.modules[__name__], os=functions, stat=SimpleNamespace(**vars(stat)))
    hook = own._hook(folder)

    def put_up() -> None:
        _take_away_unsafe_functions()
        sys.dont_write_bytecode = True
        sys.addaudithook(hook)

    return put_up
