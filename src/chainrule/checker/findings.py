"""What a check found, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["ok", "wrong", "unchecked"]
Severity = Literal["error", "warning"]
CLEAN, BUGS, NOT_CHECKED = 0, 1, 2


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
    severity
        A warning is about something that works here and bites elsewhere; it does not make the file wrong.
    """

    mistake: str
    function: str
    line: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    severity: Severity = "error"


@dataclass(frozen=True)
class Checked:
    """What became of one function; `reason` is a key in the texts if it could not be checked."""

    function: str
    role: str
    line: int | None
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """Everything about one file.

    Parameters
    ----------
    file
        Its path, or what else was checked.
    checked
        One entry per function that was recognized.
    findings
        The mistakes, in the order of the lines.
    unmatched
        Functions whose task is not known; they can be named with --map.
    problem
        Why nothing could be checked: a Finding whose function is "", or None.
    seconds
        How long it took.
    """

    file: str
    checked: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = ()
    unmatched: tuple[str, ...] = ()
    problem: Finding | None = None
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        """0 if all that was recognized is right, 1 if there are mistakes, 2 if nothing could be checked."""
        if any(finding.severity == "error" for finding in self.findings):
            return BUGS
        return CLEAN if any(c.status == "ok" for c in self.checked) and not self.problem else NOT_CHECKED

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return asdict(self)
