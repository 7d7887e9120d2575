"""Whatever a checked file writes, it is too much before it is dangerous, and is removed with no error."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_files
from chainrule.checker.running.workspace import ENTRIES, is_overfull, remove, workspace
from chainrule.checker.telling import classroom


def deep(folder: Path, depth: int, name: str) -> None:
    """Make folders in folders, deeper than a path may be long."""
    for _ in range(depth):
        (folder / "new").mkdir()
        if (folder / name).exists():
            (folder / name).rename(folder / "new" / name)
        (folder / "new").rename(folder / name)


def without_permission(folder: Path) -> None:
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed/inner/file").write_text("x")
    (folder / "closed/inner/file").chmod(0)
    (folder / "closed/inner").chmod(0)
    (folder / "closed").chmod(0)
    folder.chmod(0o500)


def strange_names(folder: Path) -> None:
    for name in (b"\xff\xfe", b"a\nb", b"-rf", b"x" * 255, "한글".encode()):
        os.mkdir(os.path.join(os.fsencode(folder), name))


def links(folder: Path) -> None:
    (folder / "up").symlink_to(folder.parent)
    (folder / "itself").symlink_to("itself")
    (folder / "file").symlink_to("/etc/passwd")


def many(folder: Path) -> None:
    for number in range(3000):
        (folder / str(number)).write_text("x")


TREES: list[Callable[[Path], None]] = [
    lambda folder: deep(folder, 1500, "d"),
    lambda folder: deep(folder, 100, "x" * 200),
    without_permission,
    strange_names,
    links,
    many,
    lambda folder: os.mkfifo(folder / "pipe"),
    lambda folder: folder.rmdir(),
]


@pytest.mark.parametrize("make", TREES, ids=["deep", "long", "closed", "names", "links", "many", "pipe", "gone"])
@pytest.mark.parametrize("user", ["administrator", "ordinary user"])
def test_a_folder_is_removed_whatever_is_in_it(make: Callable[[Path], None], user: str) -> None:
    if user == "ordinary user" and os.geteuid() != 0:
        pytest.skip("this is one already")
    with tempfile.TemporaryDirectory() as above:
        os.chmod(above, 0o777)
        before = sorted(os.listdir("/etc"))
        if user == "ordinary user":
            os.seteuid(65534)
        try:
            folder = Path(tempfile.mkdtemp(dir=above))
            make(folder)
            remove(str(folder))
        finally:
            if user == "ordinary user":
                os.seteuid(0)
        assert (os.listdir(above), sorted(os.listdir("/etc"))) == ([], before)


def test_a_folder_that_changes_while_it_is_removed_raises_nothing(tmp_path: Path) -> None:
    def disturb() -> None:
        for number in range(500):
            try:
                (folder / f"{number}/a/b").mkdir(parents=True)
                (folder / f"{number - 3}").rename(folder / f"{number}/a/b/c")
            except OSError:
                pass

    folder = tmp_path / "folder"
    folder.mkdir()
    thread = threading.Thread(target=disturb)
    thread.start()
    while thread.is_alive():
        remove(str(folder))
    thread.join()
    remove(str(folder))
    assert not folder.exists()


def test_what_is_too_much() -> None:
    with workspace() as folder:
        assert not is_overfull(folder)
        for number in range(ENTRIES):
            (Path(folder) / str(number)).touch()
        assert not is_overfull(folder)
        (Path(folder) / "one more").touch()
        assert is_overfull(folder)
    assert not Path(folder).exists()


NEST = "def nest(depth, name):\n    for _ in range(depth):\n        os.mkdir('new')\n        os.path.exists(name) and "
NEST += "os.rename(name, 'new/' + name)\n        os.rename('new', name)\n"
HOSTILE = {
    "3,000 folders in each other": "nest(3000, 'd')",
    "paths too long for the system": "nest(100, 'x' * 200)",
    "folders without permission": "for i in range(50): os.mkdir(f'd{i}', 0)",
    "files without permission": "for i in range(50): os.close(os.open(f'f{i}', os.O_CREAT | os.O_WRONLY, 0))",
    "names that are no text": "for i in range(128, 255): os.mkdir(bytes([i]) + b'\\n')",
    "5,000 files": "for i in range(5000): open(f'f{i}', 'w').close()",
    "folders in folders, 9 wide": "for i in range(9**3): os.makedirs(f'{i // 81}/{i // 9 % 9}/{i % 9}')",
    "files without end": "i = 0\n    while True:\n        i += 1\n        open(f'f{i % 40000}', 'w').close()",
    "1 MB without end": "for i in range(500): open(f'f{i}', 'wb').write(bytes(2**20))",
    "folders that change": "for i in range(300): os.mkdir('a'), os.rename('a', 'b'), os.rmdir('b')",
}


def test_hostile_trees_end_as_rows_of_a_complete_class_table(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    paths = [tmp_path / f"{number}.py" for number in range(len(HOSTILE))]
    for path, code in zip(paths, HOSTILE.values(), strict=True):
        no_alarm = "import signal; signal.setitimer(signal.ITIMER_REAL, 0)"
        path.write_text(f"import os\n{NEST}\nclass A:\n    {no_alarm}\n    {code}\n    os._exit(3)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        reports = list(check_files(paths, 2, seconds=30.0))
    assert os.listdir(tmp_path / "tmp") == []
    assert [report.problem and report.problem.mistake for report in reports] == ["crashed"] * len(HOSTILE)
    assert classroom.table(reports)
