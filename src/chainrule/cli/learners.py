"""What `chainrule check` is asked to look at: learners' files, their exercise, and names that may be misspelled."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from chainrule.checker.findings import Finding, Report
from chainrule.checker.names import NAMES
from chainrule.cli.output import suggested
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.lessons.exercises import MARK

_KINDS = (".py", ".ipynb")
_SKIPPED = ("__pycache__", "node_modules")  # and what is hidden
_ENVIRONMENT = "pyvenv.cfg"  # the file that every virtual environment has, whatever its name


def to_check(paths: Sequence[Path]) -> list[Path]:
    """Return the files to check, each once; those of folders without what is hidden."""
    if not paths:
        raise InputError("Name the files or folders to check, such as week4.py (FILE_OR_FOLDER).")
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(_inside(path))
            if not inside:
                raise InputError("{path} has no .py or .ipynb file in it.", path=path)
            files.update(dict.fromkeys(inside))
        elif not path.exists():
            raise InputError("{path}: there is no such file or folder.", path=path)
        elif path.suffix not in _KINDS:
            raise InputError("{path} is neither a .py nor an .ipynb file.", path=path)
        else:
            files[path] = None
    return list(files)


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder; with a list of what waits, as recursion ends in a tree of some thousand folders."""
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as scanned:
                entries = [entry for entry in scanned if not entry.name.startswith(".")]
        except OSError:  # no permission, or a path that is longer than the system takes
            continue
        if any(entry.name == _ENVIRONMENT for entry in entries):
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting += [] if entry.name in _SKIPPED else [entry.path]
            elif entry.name.endswith(_KINDS) and (entry.is_symlink() or entry.is_file()):
                yield Path(entry.path)  # of a link, the report says what is wrong with it


def of_exercise(report: Report, own: str) -> Report:
    """Return the report of a file, or one that says that it belongs to another exercise and is not graded."""
    from chainrule.checker.running import source

    named = re.findall(rf"^{MARK} *(\S+)", source.read(Path(report.file)).text, re.MULTILINE)
    if not named or own in named:
        return report
    other = Finding("other-exercise", "", facts={"exercise": ", ".join(named), "own": own})
    return Report(report.file, problem=other, seconds=report.seconds)


def misspelled(reports: Sequence[Report], usual: Mapping[str, str], options: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a sentence for each name that no file has: one of --map, or of another option and not a usual one.

    Parameters
    ----------
    reports
        What is known of the files; if none of them could be read, nothing is said.
    usual
        The names of --map, and the usual ones that they stand for.
    options
        Other options with the names in them, which may be usual names, too.
    """
    if all(report.problem and not report.unmatched for report in reports):
        return []
    seen = {name.partition(".")[0] for report in reports for name in report.unmatched}
    seen |= {checked.function.partition(".")[0] for report in reports for checked in report.checked}
    said = [
        tr("--map {name}={role}: no file has a function {name!r}.", name=mine, role=role) + suggested(mine, seen)
        for mine, role in usual.items()
        if mine not in seen
    ]
    known = {*seen, *usual, *NAMES, *(checked.role for report in reports for checked in report.checked)}
    said += [
        tr(
            "{option}: no file has a function {name!r}, and there is no usual one of that name.",
            option=option,
            name=name,
        )
        + suggested(name, known)
        for option, names in options.items()
        for name in names
        if name not in known and name.partition(".")[0] not in known
    ]
    return said
