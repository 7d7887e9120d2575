"""The known ways out of the audit hook lead nowhere, and where there is no hook, the kernel refuses them."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from chainrule.checker.findings import Report
from chainrule.checker.running import kernel, sandbox
from chainrule.checker.running.sandbox import check_file, check_files, walls

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="these are walls of Linux")
FILE = "import os, sys\nOUTSIDE = {outside!r}\nPORT = {port}\ndef leave():\n{way}\nclass A:\n    leave()\n"

# Each tries to make the file OUTSIDE; most begin by taking away what would refuse it. They import by importlib, because
# a plain import gives them a stand-in for what is refused.
WAYS = {
    "tables": """
        walls = sys.modules["chainrule.checker.running.walls"]
        walls.FORBIDDEN = walls.WRITING = ()
        walls.CHANGES.clear()
        walls.UNSAFE_MODULES.clear()
        walls._refuse = walls._refused = walls._check_of_open = lambda *_: None
        os.mkdir(OUTSIDE)
    """,
    "path functions": """
        import stat
        inside = os.path.join(os.getcwd(), "x")
        for module in (os.path, sys.modules["genericpath"]):
            module.realpath = module.abspath = module._joinrealpath = lambda *_, **__: inside
        os.fspath = os.fsdecode = os.readlink = lambda *_: inside
        open(OUTSIDE, "w")
    """,
    "builtins": """
        import builtins
        builtins.any = lambda *_: True
        open(OUTSIDE, "w")
    """,
    "sub-interpreter": """
        import importlib
        name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
        interpreters = importlib.import_module(name)
        interpreters.run_string(interpreters.create(), f"open({OUTSIDE!r}, 'w')")
    """,
    "posix again": """
        import importlib
        del sys.modules["posix"]
        importlib.import_module("posix").mkfifo(OUTSIDE)
    """,
    "a built-in module made anew": """
        import _imp, importlib.machinery
        _imp.create_builtin(importlib.machinery.ModuleSpec("posix", None)).mkfifo(OUTSIDE)
    """,
    "_posixsubprocess again": """
        import importlib, subprocess as process
        del sys.modules["_posixsubprocess"]
        sys.audit = lambda *_: None
        process._fork_exec = importlib.import_module("_posixsubprocess").fork_exec
        process._USE_POSIX_SPAWN = process._USE_VFORK = False
        process.Popen(["/bin/touch", OUTSIDE]).wait()
    """,
    "_posixsubprocess in a package": """
        import importlib.util, _posixsubprocess, subprocess as process
        spec = importlib.util.spec_from_file_location("a._posixsubprocess", _posixsubprocess.__file__)
        sys.audit = lambda *_: None
        process._fork_exec = importlib.util.module_from_spec(spec).fork_exec
        process._USE_POSIX_SPAWN = process._USE_VFORK = False
        process.Popen(["/bin/touch", OUTSIDE]).wait()
    """,
    "Tcl": """
        import importlib
        importlib.import_module("_tkinter").create(None, "a", "Tk", False, 0, False).eval("exec touch " + OUTSIDE)
    """,
    "the hook found by gc": """
        import gc
        for found in gc.get_objects():
            if getattr(found, "__module__", "") == "chainrule.checker.running.walls" and hasattr(found, "__code__"):
                found.__code__ = (lambda *_, **__: None).__code__
        open(OUTSIDE, "w")
    """,
    "another code": """
        try:
            os.path.realpath.__code__ = (lambda *_, **__: os.getcwd()).__code__
        finally:
            open(OUTSIDE, "w")
    """,
    "memmove": """
        import ctypes
        source, target = b"x", b"y"
        ctypes.memmove(id(target) + bytes.__basicsize__ - 1, id(source) + bytes.__basicsize__ - 1, 1)
        if target == b"x":
            raise SystemExit("memory can be written")
    """,
    "a foreign function": """
        import ctypes
        ctypes.pythonapi.mkdir(OUTSIDE.encode(), 0o777)
    """,
    "a foreign library": """
        import ctypes
        ctypes.CDLL(None).mkdir(OUTSIDE.encode(), 0o777)
    """,
    "a connection": """
        import socket
        socket.create_connection(("127.0.0.1", PORT))
        os.mkdir(OUTSIDE)
    """,
    "a program": """
        os.system("touch " + OUTSIDE)
    """,
    "a child": """
        if os.fork() == 0:
            open(OUTSIDE, "w")
    """,
    "a mode": """
        os.chmod(os.path.dirname(OUTSIDE), 0o700)
        os.mkdir(OUTSIDE)
    """,
    "a signal": """
        os.kill(os.getppid(), 0)
        os.mkdir(OUTSIDE)
    """,
}
# Of the hook's own frame there is no word in an audit event that the learner's code may not cause as well.
PAST_THE_HOOK = {
    "the hook's frame": """
        try:
            open(OUTSIDE, "w")
        except PermissionError as error:
            place = error.__traceback__
            while place.tb_next:
                place = place.tb_next
                place.tb_frame.f_globals["_refuse"] = lambda *_: None
        open(OUTSIDE, "w")
    """,
}

IMPORTS = sandbox.PATH + "from chainrule.checker.running import child, kernel; "
NO_WALLS = (
    IMPORTS + "child._hide = lambda: None; child.lock = lambda *_: lambda: None; "
    "kernel.enclose = lambda *_: {}; child.main()"
)
STARTS = {
    "all walls": sandbox.CHILD,
    "an ordinary user": IMPORTS
    + "places = child.readable(); kernel._become_nobody('.'); kernel._drop_privileges(places); "
    + "kernel._become_nobody = kernel._drop_privileges = lambda *_: None; child.main()",
    "the hook alone": IMPORTS + "child._hide = lambda: None; kernel.enclose = lambda *_: {}; child.main()",
    "the kernel alone": IMPORTS + "child.lock = lambda *_: lambda: None; child.main()",
}


@pytest.fixture
def aim() -> Iterator[Path]:
    """A folder that everybody may write into."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def files() -> Iterator[Path]:
    """A folder that everybody may read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def said(report: Report) -> str:
    """What the file's code said when it stopped; the code itself is beside it in a finding."""
    return " ".join(finding.facts.get("text", "") for finding in report.findings)


def left(ways: dict[str, str], child: str, aim: Path, files: Path) -> tuple[set[str], dict[str, Report]]:
    """Try ways out, each in a file of its own; return which led out, and the reports."""
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        patch.setattr(sandbox, "START", sandbox.start(child))
        port = server.getsockname()[1]
        paths = [files / f"{number}.py" for number in range(len(ways))]
        for path, way in zip(paths, ways.values(), strict=True):
            path.write_text(FILE.format(outside=str(aim / path.stem), port=port, way=way))
        reports = dict(zip(ways, check_files(paths, 2), strict=True))
    out = {list(ways)[int(name)] for name in os.listdir(aim)}
    return out | {name for name, report in reports.items() if "memory can be written" in said(report)}, reports


@ON_LINUX
def test_the_right_answers_are_out_of_reach_past_the_hook(tmp_path: Path) -> None:
    if not walls()["files"]:
        pytest.skip("this kernel has no Landlock")
    path = tmp_path / "week4.py"
    path.write_text(
        textwrap.dedent(
            """
            def linear_backward(dZ, cache):
                try:
                    open("/outside", "w")
                except PermissionError as error:
                    place = error.__traceback__
                    while place.tb_next:
                        place = place.tb_next
                        place.tb_frame.f_globals["_refuse"] = lambda *_: None
                import importlib
                linear = importlib.import_module("chainrule.checker.equations.linear")
                A, W, b = cache
                right = linear.backward({"A_prev": A, "W": W, "b": b, "dZ": dZ}, mean=True)
                return right["dA_prev"], right["dW"], right["db"]
            """
        )
    )
    assert [done.status for done in check_file(path).checked] != ["ok"]


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize("start", STARTS)
def test_no_known_way_leads_out(start: str, aim: Path, files: Path) -> None:
    whole = all(walls().values())
    ways = WAYS | PAST_THE_HOOK if whole and start != "the hook alone" else WAYS
    if start == "the kernel alone":
        if not whole:
            pytest.skip("this kernel has not all of the walls")
        ways = {name: way for name, way in ways.items() if name != "memmove"}  # its memory is its own
    out, reports = left(ways, STARTS[start], aim, files)
    assert out == set()
    assert aim.stat().st_mode & 0o777 == 0o777
    if start != "the kernel alone":  # where a foreign function fails without a word
        assert [name for name, report in reports.items() if not report.findings] == []


@ON_LINUX
def test_each_way_leads_out_where_nothing_is_in_its_way(aim: Path, files: Path) -> None:
    ways = {name: way for name, way in (WAYS | PAST_THE_HOOK).items() if name != "Tcl" or find_spec("_tkinter")}
    out, _ = left(ways, NO_WALLS, aim, files)
    assert out == set(ways)


@ON_LINUX
def test_which_walls_stand_is_said() -> None:
    standing = walls()
    assert set(standing) == {"user", "privileges", "files", "calls", "limits", "hook"}
    assert standing["user"] and standing["hook"] and standing["limits"]


@ON_LINUX
@pytest.mark.parametrize("failing", ["chown", "setgroups", "setresuid"])
def test_who_cannot_change_the_user_keeps_the_folder(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: list[int] = []

    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(kernel, "_prctl", lambda *_: None)
    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *_: None)
    monkeypatch.setattr(os, "chown", lambda path, user, group: owners.append(user))
    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(PermissionError):
        kernel._become_nobody(str(tmp_path))
    assert owners == ([] if failing == "chown" else [kernel.NOBODY, 0])
