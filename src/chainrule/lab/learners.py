"""The learner's file in the lab: what the checker says of it, and its functions on the examples on the screen."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from chainrule.checker.findings import Checked, Finding, Line, Report
from chainrule.checker.running import sandbox
from chainrule.checker.running.excerpts import excerpt
from chainrule.checker.running.source import LARGEST, Source, read
from chainrule.checker.telling import terminal, texts
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.texts import tr
from chainrule.lab.compared import compared
from chainrule.lab.on_screen import on_screen, rows_of
from chainrule.lab.session import Session
from chainrule.lab.suggested import suggested

KINDS = (".py", ".ipynb")
MOST_EXAMPLES = 5
"""How many examples the learner's functions get at once."""
_KNOW_THE_LINE = ("raised", "syntax-error", "old-numpy")
"""Findings that are about a line; others are about a function."""
_LEVELS = 3


class _State(NamedTuple):
    """The file at one moment: which, as it was read, and what the checker found."""

    version: str
    source: Source
    report: Report


class LearnerFile:
    """A .py or .ipynb file that is checked again whenever it was saved.

    Parameters
    ----------
    path
        Where it is. It is executed in the checker's sandbox alone.

    Raises
    ------
    InputError
        If it is neither a script nor a notebook.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.suffix not in KINDS:
            raise InputError("{path} is neither a .py nor an .ipynb file.", path=self.path)
        self._lock = Lock()
        self._seen: tuple[Any, str] | None = None  # when it was saved and its size, and the digest of what is in it
        self._state: _State | None = None

    @property
    def version(self) -> str:
        """What names the file as it is now; another one after it was saved with other content."""
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:  # which may have no end
                return f"unread {status.st_mtime_ns} {status.st_size}"
            saved = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._seen is None or self._seen[0] != saved:
                with self.path.open("rb") as file:
                    self._seen = saved, hashlib.file_digest(file, "sha256").hexdigest()[:16]
            return self._seen[1]
        except OSError:
            return "missing"  # which the checker says in a sentence

    def told(self) -> dict[str, Any]:
        """Return the report on the file as it is now, as the page shows it, in the language of the context."""
        state, lang = self._checked(), language()
        report = state.report
        problem = terminal.obstacle(report)
        functions = [_function(state, checked, lang) for checked in report.checked]
        known = {checked.function for checked in report.checked}
        others = [i for i, finding in enumerate(report.findings) if finding.function not in known]
        return {
            "file": self.path.name,
            "version": state.version,
            "outcome": terminal.outcome(report),
            "summary": terminal.summary(report, lang),
            "problem": None if problem is None else texts.hints(problem, lang, 2),
            "functions": functions,
            "others": [_finding(state, i, lang) for i in others],
            "unmatched": _unmatched(report, lang),
        }

    def hint(self, finding: int, level: int) -> list[str]:
        """Return what is said of a finding up to a level: 1 what is wrong, 2 also where to look, 3 also the formula."""
        findings = self._checked().report.findings
        if not (0 <= finding < len(findings) and 1 <= level <= _LEVELS):
            raise InputError("There is no such hint: the file has been checked anew.")
        lang = language()
        return [texts.hints(findings[finding], lang, 1)[0], *terminal.labeled(findings[finding], lang, level)]

    def beside(self, session: Session, chosen: Sequence[int]) -> dict[str, Any]:
        """Return the numbers of the learner's own functions beside those of the session's network.

        Parameters
        ----------
        session
            Whose network and examples are on the screen.
        chosen
            Which of its examples; at most five of them.
        """
        examples, network = session.examples, session.network
        rows = rows_of(chosen, len(examples.X), MOST_EXAMPLES)
        traced = network.trace(examples.X[rows], examples.y[rows], training=False)
        screen = on_screen(traced, "binary" if examples.yes_no else examples.task, session.state().learning_rate)
        answer = sandbox.asked(self.path, "chainrule.lab.own_numbers", screen.json())
        told: dict[str, Any] = {"version": self.version, "examples": rows, "functions": []}
        told |= {"problem": None, "suggested": None, "left_out": ""}
        if isinstance(answer, Finding):
            return told | {"problem": " ".join(texts.hints(answer, language(), 2))}
        said = _read(answer)
        if "functions" not in said:
            return told | {"problem": tr("Its code has ended the process in which it ran, so there are no numbers.")}
        labels = [record.label for record in traced.layers]
        functions = [compared(function, labels) for function in said["functions"]]
        other = suggested(session.blueprint, functions)
        told |= {"functions": functions, "suggested": None if other is None else other.json()}
        return told | {"left_out": self._left_out({function["function"] for function in functions})}

    def _left_out(self, run: set[str]) -> str:
        """Return a sentence about the functions that the checker looks at, but not by their numbers; "" for none."""
        others = [checked.function for checked in self._checked().report.checked if checked.function not in run]
        if not others:
            return ""
        names = ", ".join(map(texts.plain, others))
        return tr("Not run beside ours, because no pass has numbers to compare with theirs: {names}.", names=names)

    def _checked(self) -> _State:
        """Return the file as it is now, checked; one check at a time."""
        with self._lock:
            version = self.version
            if self._state is None or self._state.version != version:
                self._state = _State(version, read(self.path), sandbox.check_file(self.path))
            return self._state


def _read(answer: bytes) -> dict[str, Any]:
    """Return what the process has answered; nothing if it was ended in the middle."""
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError:
        return {}
    return said


def _function(state: _State, checked: Checked, lang: str) -> dict[str, Any]:
    """Return what became of a function, with its code and what was found in it."""
    found = [i for i, finding in enumerate(state.report.findings) if finding.function == checked.function]
    where = Finding("", checked.function, checked.line)
    return {
        "name": texts.plain(checked.function),
        "role": texts.plain(checked.role),
        "status": checked.status,
        "status_text": texts.phrase(f"status-{checked.status}", lang),
        "mark": terminal.MARKS[checked.status],
        "place": texts.place(checked, lang),
        "reason": texts.reason(checked, lang),
        "advice": texts.advice(checked, lang),
        "code": _code(excerpt(state.source, where), [state.report.findings[i] for i in found]),
        "findings": [_finding(state, i, lang) for i in found],
    }


def _finding(state: _State, index: int, lang: str) -> dict[str, Any]:
    """Return a finding with its first hint; the others are asked for one by one."""
    finding = state.report.findings[index]
    return {
        "index": index,
        "severity": finding.severity,
        "title": terminal.title(finding, lang),
        "said": texts.hints(finding, lang, 1)[0],
        "measured": terminal.measured(finding, lang),
        "levels": len(texts.hints(finding, lang, _LEVELS)),
        "code": _code(finding.code, [finding]),
        "repro": terminal.snippet(state.report, finding, lang),
    }


def _code(lines: Sequence[Line], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    marked = {texts.located(finding)[1] for finding in findings if finding.mistake in _KNOW_THE_LINE}
    return [{"number": line.number, "text": line.text, "marked": line.number in marked} for line in lines]


def _unmatched(report: Report, lang: str) -> str:
    if not report.unmatched:
        return ""
    return texts.phrase("unmatched", lang, names=", ".join(map(texts.plain, report.unmatched)))
