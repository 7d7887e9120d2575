"""Writing files: whole or not at all, regular files only, whatever door is used."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.cli import main as command
from chainrule.common import atomic, drawing
from chainrule.common.errors import ChainruleError, InputError, UnwritableError
from chainrule.plots.gates import plot_gates
from chainrule.training.history import History

X, Y = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32), np.arange(20) % 2


def _fit(logger: Any) -> None:
    cr.Network.mlp([3, 2]).fit(X, Y, epochs=2, verbose=False, callbacks=[logger])


def _plot(path: Path) -> None:
    history = History()
    history.append({"loss": 0.5})
    history.plot(path)


def _command(path: Path, *arguments: str) -> None:
    arguments = arguments or ("train", "xor", "--layers", "2", "--epochs", "1")
    if command([*arguments, "--json", "--out", str(path)]):
        raise InputError("the command said so")


DOORS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "write": ("a", lambda path: atomic.write(path, b"new")),
    "save": ("a.safetensors", lambda path: cr.save(cr.Network.mlp([3, 2]), path)),
    "CSVLogger": ("a.csv", lambda path: _fit(cr.loggers.CSVLogger(path))),
    "JSONLinesLogger": ("a.jsonl", lambda path: _fit(cr.loggers.JSONLinesLogger(path))),
    "History.plot": ("a.png", _plot),
    "drawing.write": ("a.svg", lambda path: drawing.write(plot_gates(), path)),
    "train --out": ("b.safetensors", _command),
    "gates --out": ("b.png", lambda path: _command(path, "gates")),
}
EVERY_DOOR = pytest.mark.parametrize(("name", "write"), DOORS.values(), ids=DOORS)


@EVERY_DOOR
def test_what_is_no_regular_file_is_left_as_it_is(name: str, write: Callable[[Path], Any], tmp_path: Path) -> None:
    kinds: dict[str, Callable[[Path], None]] = {"pipe": os.mkfifo, "folder": os.mkdir}
    if os.geteuid() == 0:
        kinds["device"] = lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    for kind, make in kinds.items():
        (tmp_path / kind).mkdir()
        path = tmp_path / kind / name
        make(path)
        before = path.stat()
        for way in path, tmp_path / f"{kind}-{name}":
            if way != path:
                way.symlink_to(path)
            with pytest.raises(ChainruleError):
                write(way)
        after = path.stat()
        assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
        assert [p.name for p in path.parent.iterdir()] == [name]


@EVERY_DOOR
def test_links_and_modes_are_kept(name: str, write: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / f"other-{name}", tmp_path / name
    target.touch()
    target.chmod(0o640)
    link.symlink_to(Path("real") / target.name)
    write(link)
    assert link.is_symlink() and target.stat().st_size > 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted(["real", name, target.name])
    (dangling := tmp_path / f"dangling-{name}").symlink_to(tmp_path / "real" / f"new-{name}")
    write(dangling)
    assert dangling.is_symlink() and (tmp_path / "real" / f"new-{name}").stat().st_size > 0


def test_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def says(kind: type[Exception], match: str, path: Path) -> None:
        for call in atomic.check, lambda path: atomic.write(path, b""):
            with pytest.raises(kind, match=match):
                call(path)

    (file := tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "lost").symlink_to(tmp_path / "gone" / "file")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket")
        says(InputError, "socket is a device, a pipe or a socket", tmp_path / "socket")
    says(InputError, "is a folder. Name the file to write, such as .*/result", tmp_path)
    says(InputError, "pipe is a device, a pipe or a socket, which is not written to. Name a file", tmp_path / "pipe")
    says(
        UnwritableError, r"a cannot be written: there is no folder .*gone\. Create it first\.", tmp_path / "gone" / "a"
    )
    says(UnwritableError, r"lost cannot be written: there is no folder .*gone\. Create", tmp_path / "lost")
    says(UnwritableError, r"circle cannot be written: Too many levels of symbolic links\.", tmp_path / "circle")
    says(InputError, "is no name of a file", tmp_path / "a\0b")
    with pytest.raises(InputError, match=r"file/a must be a folder, but .*file is a file\. Name another one"):
        atomic.make_folder(file / "a")
    with pytest.raises(InputError, match="is no name of a folder"):
        atomic.make_folder(Path("a\0b"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    says(UnwritableError, r"file cannot be written: it is write-protected\.", file)


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    for name in ("save", "History.plot", "drawing.write", "CSVLogger"):
        file, write = DOORS[name]
        write(tmp_path / name / "new" / file)
        assert (tmp_path / name / "new" / file).is_file()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(UnwritableError, match=r"The folder .*new cannot be made: Read-only file system\."):
        atomic.make_folder(tmp_path / "new")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old\n")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for function in ("fsync", "replace"):
        with (
            monkeypatch.context() as patch,
            pytest.raises(UnwritableError, match=r"a cannot be written: No space left"),
        ):
            patch.setattr(os, function, full)
            atomic.write(path, b"new")
        assert path.read_bytes() == b"old\n" and len(list(tmp_path.iterdir())) == 1
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: whole(descriptor, line[:2]))
    with pytest.raises(UnwritableError, match="a cannot be written: No space left"):
        atomic.append(path, b"new\n")
    assert path.read_bytes() == b"old\n"


def test_a_folder_that_cannot_be_synchronized_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            folders.append(descriptor)
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", sync)
    atomic.write(tmp_path / "a", b"new")
    assert folders and (tmp_path / "a").read_bytes() == b"new"


def test_append_needs_a_file_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match="a cannot be written: No such file"):
        atomic.append(tmp_path / "a", b"line\n")
    assert not list(tmp_path.iterdir())


STOPPED = """
import os, signal, sys
from pathlib import Path
from chainrule.common import atomic, drawing
os.fsync = lambda _: (print("writing", flush=True), signal.pause())
atomic.write(Path(sys.argv[1]), b"half")
"""


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    others = ["." + "a" * 60, ".a.config", ".a.0123456.partial", ".b.01234567.partial", "a.01234567.partial"]
    for name in others:
        (tmp_path / name).touch()
    for path in tmp_path / "a", tmp_path / ("가" * 80):
        writer = subprocess.Popen([sys.executable, "-c", STOPPED, path], stdout=subprocess.PIPE)
        assert writer.stdout is not None and writer.stdout.readline() == b"writing\n"
        atomic.write(path, b"other")  # which leaves the file of a writer that lives
        assert len(list(tmp_path.iterdir())) == len(others) + 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        atomic.write(path, b"new")
        others.append(path.name)
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted(others)
        assert path.read_bytes() == b"new"


def test_many_writers_at_the_same_time(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from chainrule.common import atomic, drawing
for _ in range(60):
    atomic.write(Path(sys.argv[1]), sys.argv[2].encode() * 1000)
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, tmp_path / "a", letter]) for letter in "abc"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "a").exists():
            seen.add((tmp_path / "a").read_bytes())
        time.sleep(0.001)
    assert all(writer.returncode == 0 for writer in writers)
    assert seen <= {letter * 1000 for letter in (b"a", b"b", b"c")}
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    path = tmp_path / "a"
    path.touch()
    os.chown(path, 12345, 23456)
    atomic.write(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)
