"""What a check found, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Status = Literal["ok", "wrong", "unchecked", "not-started"]
"""Right, wrong, not judged (the reason says why), or a template that is not filled in yet."""
WORST: tuple[Status, ...] = ("wrong", "not-started", "unchecked", "ok")
Severity = Literal["error", "warning"]
CLEAN, BUGS, NOT_CHECKED = 0, 1, 2
NOTHING_KNOWN = ("no-functions", "no-definitions")
"""The problems of a file that was read and ran, and holds nothing to judge."""


@dataclass(frozen=True)
class Line:
    """A line of the learner's code and its number, in a notebook that in its cell."""

    number: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One mistake in one function.

    Parameters
    ----------
    mistake
        Its key in the texts.
    function, line
        The learner's name for the function, such as "relu_backward" or "Relu.backward", and where it begins.
    facts
        What the text is filled in with: what was measured, written out.
    repro
        The lines of a snippet with the input that shows it, if there is one.
    code
        The function with the line, for who looks at it without the file.
    severity
        A warning is about something that works here and bites elsewhere; it does not make the file wrong.
    """

    mistake: str
    function: str
    line: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    severity: Severity = "error"
    repro: tuple[str, ...] = ()
    code: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Checked:
    """What became of one function; `reason` is a key in the texts if it was not judged, and `facts` fills it in."""

    function: str
    role: str
    line: int | None
    status: Status
    reason: str = ""
    facts: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Report:
    """Everything about one file.

    Parameters
    ----------
    file
        Its path, or what else was checked.
    checked
        One entry per function that was recognized, in the order of the lines.
    findings
        The mistakes, in the order of the lines.
    unmatched
        Functions whose task is not known; they can be named with --map.
    problem
        Why nothing could be checked: a Finding whose function is "", or None.
    seconds
        How long it took.
    required
        The functions that had to be there and to be judged (see `requiring`).
    """

    file: str
    checked: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = ()
    unmatched: tuple[str, ...] = ()
    problem: Finding | None = None
    seconds: float = 0.0
    required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Put the functions in order: they come as they were tried, what is called before what calls it."""
        object.__setattr__(self, "checked", tuple(sorted(self.checked, key=lambda checked: checked.line or 0)))

    @property
    def exit_status(self) -> int:
        """0 if no mistake was found, 1 if there are mistakes, 2 if it could not be checked.

        It could not be checked if it cannot be read, or if more of its functions are left than were judged. With
        `required` functions, those alone have to be judged.
        """
        if any(finding.severity == "error" for finding in self.findings):
            return BUGS
        judged = self.count("ok", "wrong")
        left = len(self.checked) + len(self.unmatched) - judged
        return CLEAN if judged and not self.problem and (self.required or judged >= left) else NOT_CHECKED

    @property
    def ok(self) -> bool:
        """Whether enough was judged and no mistake was found; this is also what the report is as a condition."""
        return self.exit_status == CLEAN

    def __bool__(self) -> bool:
        return self.ok

    def count(self, *statuses: Status) -> int:
        """Return how many functions became one of these."""
        return sum(checked.status in statuses for checked in self.checked)

    def named(self, name: str) -> list[Checked]:
        """Return what became of a function, or of a class's methods, by the learner's name or by the usual one."""
        return [c for c in self.checked if name in (c.function, c.function.partition(".")[0], c.role)]

    def requiring(self, names: Iterable[str]) -> Report:
        """Return the report with an error for each of some functions that is missing or was not judged.

        A function or a class may be named by the learner's name or by the usual one.
        """
        required = tuple(dict.fromkeys(names))
        if self.problem and self.problem.mistake not in NOTHING_KNOWN:  # which is all that there is to say
            return replace(self, required=required)
        errors = []
        for name in required:
            asked = self.named(name)
            left = next((c for c in asked if c.status in ("unchecked", "not-started")), None)
            if left is not None:
                key = "required.not-started" if left.status == "not-started" else "required.unchecked"
                errors.append(Finding(key, left.function, left.line, left.facts))
            elif name in self.unmatched:
                errors.append(Finding("required.unknown", name))
            elif not asked:
                errors.append(Finding("required.missing", name))
        return replace(self, findings=(*self.findings, *errors), required=required)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return asdict(self)
