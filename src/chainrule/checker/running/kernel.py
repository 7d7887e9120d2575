"""Walls that the kernel holds around this process (Linux), put up by plain system calls before a learner's code runs.

Whatever the code does to the interpreter, the kernel goes on refusing; none of these walls can be taken down again.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Iterable

NOBODY = 65534
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")  # what shared libraries are loaded from
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")

# Landlock: https://docs.kernel.org/userspace-api/landlock.html
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every machine
_LIST = 1 << 3
_READ = 1 << 2 | _LIST
_WRITE = 1 << 1 | 1 << 14  # and shorten
_CHANGE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13  # remove folders and files, make them, and move them elsewhere
_FILES = (((1 << 13) - 1, 1), (1 << 13, 2), (1 << 14, 3), (1 << 15, 5))  # all that is refused, and since which version

# Seccomp: the numbers of the system calls that are refused, on x86-64 and on 64-bit ARM (None: there is none).
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_FORK, _CLONE3, _SIGNAL_THREAD, _LIMITS = (56, 220), (435, 435), (234, 131), (302, 261)
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    **{"socket": (41, 198), "socketpair": (53, 199), "io_uring_setup": (425, 425)},
    **{"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)},
    **{"kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138)},
    **{"rt_tgsigqueueinfo": (297, 240), "ptrace": (101, 117), "process_vm_readv": (310, 270)},
    **{"process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438)},
    **{"setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122)},
    **{"sched_setattr": (314, 274), "ioprio_set": (251, 30)},
    # Landlock does not see these changes of files.
    **{"chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None)},
    **{"fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6)},
    **{"fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
    **{"utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88)},
    # Memory that outlives the process, and that its limits do not count.
    **{"shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180)},
    **{"memfd_create": (319, 279)},
    # What only an administrator may do, where this process still is one.
    **{"mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429), "fsopen": (430, 430)},
    **{"open_tree": (428, 428), "mount_setattr": (442, 442), "pivot_root": (155, 41), "chroot": (161, 51)},
    **{"unshare": (272, 97)},
    **{"setns": (308, 268), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106)},
    **{"kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224)},
    **{"bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "personality": (135, 92)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "open_by_handle_at": (304, 265)},
    **{"mknod": (133, None), "mknodat": (259, 33), "acct": (163, 89), "quotactl": (179, 60)},
    **{"settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "sethostname": (170, 161)},
}
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # the last one with the error number that it gives
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # where these stand in what a filter sees
_THREAD = 0x10000  # the bit of `clone` that makes a thread instead of a process


def enclose(folder: str, readable: Iterable[str]) -> dict[str, bool]:
    """Put up every wall that this system has, and return which of them stand.

    Parameters
    ----------
    folder
        Where files may be made and changed.
    readable
        The other folders that may be read.

    Returns
    -------
    dict
        "user" (not the administrator), "privileges" (none, and none to be had), "files" (Landlock) and "calls"
        (seccomp: no processes, network, signals to others, or changes of modes and owners).
    """
    if sys.platform != "linux":
        return dict.fromkeys(("user", "privileges", "files", "calls"), False)
    paths = [path for path in {*map(os.path.realpath, readable), *_SYSTEM} if os.path.exists(path)]
    return {
        "user": _stands(lambda: _become_nobody(folder)),
        "privileges": _stands(lambda: _drop_privileges([folder, *paths])),
        "files": _stands(lambda: _restrict_files(folder, paths)),
        "calls": _stands(_restrict_calls),
    }


def end_with_parent() -> None:
    """Have the system end this process when the one that started it is gone, where the system can (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            _prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG


def _stands(put_up: Callable[[], None]) -> bool:
    try:
        put_up()
    except (OSError, AttributeError):  # this kernel or this C library does not have it, or somebody forbids it
        return False
    return True


def _called(result: int) -> int:
    """Return what a system call returned, or raise its error."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int) -> None:
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    _called(_library().prctl(option, *values))


def _become_nobody(folder: str) -> None:
    """Go on as the user who owns nothing, if this is the administrator."""
    if os.geteuid() != 0:
        return
    os.chown(folder, NOBODY, NOBODY)
    try:
        _prctl(8, 1)  # PR_SET_KEEPCAPS: `_drop_privileges` gives them up
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        os.chown(folder, 0, 0)
        raise


def _drop_privileges(readable: Iterable[str]) -> None:
    """Give up all capabilities, also those of an administrator, and whatever a program could get by its owner."""
    _prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
    kept = 0
    if os.geteuid() == NOBODY and not all(os.access(path, os.R_OK) for path in readable):
        kept = 1 << 2  # CAP_DAC_READ_SEARCH: Python or the folder lies in the administrator's home
    header = struct.pack("Ii", 0x20080522, 0)  # the third version of the call; this process
    _called(_library().capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)))


def _restrict_files(folder: str, readable: Iterable[str]) -> None:
    """Let files be changed in one folder only, and read there and in some others, by Landlock."""
    call = _library().syscall
    version = _called(call(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    files = sum(bits for bits, since in _FILES if version >= since)
    ports, outside = (3 if version >= 4 else 0), (3 if version >= 6 else 0)  # TCP; sockets and signals of others
    handled = struct.pack("QQQ", files, ports, outside)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _called(call(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0))
    try:
        rules = dict.fromkeys([*readable, *_DEVICES], _READ) | {os.devnull: _READ | _WRITE}
        for path, allowed in (rules | {folder: _READ | _WRITE | _CHANGE}).items():
            if os.path.exists(path):
                _allow(call, ruleset, path, allowed & files)
        _called(call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(call: Callable[..., int], ruleset: int, path: str, allowed: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            allowed &= ~_LIST
        _called(call(_ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, place), 0))
    finally:
        os.close(place)


def _restrict_calls() -> None:
    """Have a filter of system calls refuse what no check needs, by seccomp."""
    column, architecture = _ARCHITECTURES.get(platform.machine(), (0, 0))
    if not architecture or sys.maxsize < 2**32:
        raise OSError(errno.ENOSYS, "the numbers of this machine's system calls are not known")
    instructions = b"".join(_filter(column, architecture))
    program = ctypes.create_string_buffer(instructions)  # both have a name to be alive until the call has been made
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(instructions) // 8, ctypes.addressof(program)))
    _prctl(22, 2, ctypes.addressof(described))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _filter(column: int, architecture: int) -> Iterable[bytes]:
    """Yield the instructions of the filter, 8 bytes each: code, jumps if true and if false, operand."""

    def instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, operand)

    refuse = instruction(_RETURN, _REFUSE | errno.EPERM)
    yield instruction(_LOAD, _ARCHITECTURE)
    yield instruction(_EQUAL, architecture, 1)
    yield instruction(_RETURN, _KILL)
    yield instruction(_LOAD, _NUMBER)
    yield instruction(_AT_LEAST, 0x40000000, 0, 1)  # x32: the same calls under other numbers
    yield refuse
    for number in (numbers[column] for numbers in _REFUSED.values()):
        if number is not None:
            yield instruction(_EQUAL, number, 0, 1)
            yield refuse
    yield instruction(_EQUAL, _CLONE3[column], 0, 1)
    yield instruction(_RETURN, _REFUSE | errno.ENOSYS)  # so that the C library takes `clone`, whose flags can be seen
    conditions = [(_FORK[column], _ANY_BIT, _THREAD), (_SIGNAL_THREAD[column], _EQUAL, os.getpid())]
    for number, test, operand in [*conditions, (_LIMITS[column], _EQUAL, 0)]:  # allowed with this first argument only
        yield instruction(_EQUAL, number, 0, 4)
        yield instruction(_LOAD, _FIRST_ARGUMENT)
        yield instruction(test, operand, 1)
        yield refuse
        yield instruction(_RETURN, _ALLOW)
    yield instruction(_RETURN, _ALLOW)
