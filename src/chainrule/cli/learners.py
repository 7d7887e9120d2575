"""What `chainrule check` is asked to look at: learners' files, and names that may be misspelled."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from chainrule.checker.findings import Report
from chainrule.checker.names import NAMES
from chainrule.checker.telling.texts import phrase
from chainrule.common.errors import InputError

_KINDS = (".py", ".ipynb")
_SKIPPED = ("__pycache__", "node_modules")  # and what is hidden
_ENVIRONMENT = "pyvenv.cfg"  # the file that every virtual environment has, whatever its name


def to_check(paths: Sequence[Path], lang: str) -> list[Path]:
    """Return the files to check, each once; those of folders without what is hidden."""
    if not paths:
        raise InputError(phrase("no-paths", lang))
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(_inside(path))
            if not inside:
                raise InputError(phrase("no-files-inside", lang, path=path))
            files.update(dict.fromkeys(inside))
        elif not path.exists():
            raise InputError(phrase("no-such-path", lang, path=path))
        elif path.suffix not in _KINDS:
            raise InputError(phrase("no-kind", lang, path=path))
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


def misspelled(
    reports: Sequence[Report], usual: Mapping[str, str], options: Mapping[str, Iterable[str]], lang: str
) -> list[str]:
    """Return a sentence for each name that no file has: one of --map, or of another option and not a usual one.

    Parameters
    ----------
    reports
        What is known of the files; if none of them could be read, nothing is said.
    usual
        The names of --map, and the usual ones that they stand for.
    options
        Other options with the names in them, which may be usual names, too.
    lang
        The language of the sentences.
    """
    if all(report.problem and not report.unmatched for report in reports):
        return []
    seen = {name.partition(".")[0] for report in reports for name in report.unmatched}
    seen |= {checked.function.partition(".")[0] for report in reports for checked in report.checked}
    said = [
        [phrase("map-unknown", lang, name=mine, role=role), *suggested(mine, seen, lang)]
        for mine, role in usual.items()
        if mine not in seen
    ]
    known = {*seen, *usual, *NAMES, *(checked.role for report in reports for checked in report.checked)}
    said += [
        [phrase("option-unknown", lang, option=option, name=name), *suggested(name, known, lang)]
        for option, names in options.items()
        for name in names
        if name not in known and name.partition(".")[0] not in known
    ]
    return [" ".join(sentences) for sentences in said]


def unknown(kind: str, name: str, known: Collection[str], lang: str) -> str:
    """Return the sentence that there is no language or role of a name, with the closest one that there is.

    >>> unknown("role", "relu_backwards", ["relu_backward"], "en")
    "There is no role 'relu_backwards'. Did you mean 'relu_backward'? Known: relu_backward."
    """
    said = [phrase(f"no-{kind}", lang, name=name), *suggested(name, known, lang)]
    return " ".join([*said, phrase("known-names", lang), f"{', '.join(known)}."])  # a fact would be cut off


def suggested(name: str, known: Collection[str], lang: str) -> list[str]:
    """Return the sentence that asks for the closest name; [] if none is close."""
    return [phrase("did-you-mean", lang, name=close) for close in get_close_matches(name, known, n=1)]
