"""What a gradient check found, and how it prints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np

from chainrule.common import notebook
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr

Verdict = Literal["ok", "WRONG", "cannot tell"]


@dataclass(frozen=True)
class Check:
    """The worst entry of one array's gradient, or a rule that forward or backward breaks.

    Parameters
    ----------
    name, shape
        The array that the gradient belongs to; "x" is the input. "forward", "backward" or "loss" for a broken rule.
    entries
        How many entries were compared one by one.
    kinks
        How many of them could not be judged because the slopes to their left and right differ, as ReLU's do at 0.
    error
        The largest relative error; NaN if any number was NaN or infinite.
    index, analytic, numeric
        Where it is, the gradient that backward returned there, and the difference.
    problem
        Why the gradient could not be compared, or not well enough, or "".
    verdict
        "ok", "WRONG", or "cannot tell" where the differences themselves are not precise enough to decide.
    """

    name: str
    shape: tuple[int, ...]
    entries: int = 0
    kinks: int = 0
    error: float = np.nan
    index: tuple[int, ...] = ()
    analytic: float = np.nan
    numeric: float = np.nan
    problem: str = ""
    verdict: Verdict = "WRONG"

    def _row(self) -> list[str]:
        size = math.prod(self.shape)
        entries = f"{self.entries:,}"
        if self.entries < size:
            entries = tr("{entries:,} of {size:,}", entries=self.entries, size=size)
        if self.kinks:
            entries = tr("{entries} ({kinks:,} on a kink)", entries=entries, kinks=self.kinks)
        numbers = [f"{self.error:.1e}", str(self.index), f"{self.analytic:.9g}", f"{self.numeric:.9g}"]
        return [
            self.name,
            str(self.shape),
            entries,
            *(numbers if self.index else [""] * 4),
            tr(_VERDICTS[self.verdict]),
        ]


_VERDICTS: dict[Verdict, str] = {"ok": later("ok"), "WRONG": later("WRONG"), "cannot tell": later("cannot tell")}
_COLUMNS = (
    later("array"),
    later("shape"),
    later("entries"),
    later("worst error"),
    later("at"),
    later("backward"),
    later("difference"),
    "",  # the verdict needs no head
)


@dataclass(frozen=True, repr=False)
class GradReport:
    """The result of `gradcheck`: true if every gradient is right, and a table when printed and in notebooks.

    A gradient is "ok", "WRONG", or "cannot tell" where the differences are too coarse to decide. The report is true
    only if all are ok; `wrong` is true only if something is proven wrong. So neither is true of a report that cannot
    tell: it accuses nobody and vouches for nothing.
    """

    checks: tuple[Check, ...]
    tolerance: float

    def passes(self, check: Check) -> bool:
        """Return whether one array's gradient is right; NaN never is."""
        return check.verdict == "ok"

    @property
    def ok(self) -> bool:
        """Whether there was a gradient to check and every one is right."""
        return bool(self.checks) and all(map(self.passes, self.checks))

    @property
    def wrong(self) -> bool:
        """Whether a gradient is wrong beyond doubt, or a rule is broken."""
        return any(check.verdict == "WRONG" for check in self.checks)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"GradReport({', '.join(f'{check.name}: {check.verdict}' for check in self.checks)})"

    def __str__(self) -> str:
        table = [text_table(_columns(), [check._row() for check in self._arrays])] if self._arrays else []
        return "\n".join([*table, *self._remarks()])

    def _repr_html_(self) -> str:
        wrong = (i for i, check in enumerate(self._arrays) if check.verdict == "WRONG")
        table = notebook.table(_columns(), [check._row() for check in self._arrays], wrong) if self._arrays else ""
        return notebook.fragment(table + "".join(f"<p>{escape(line)}</p>" for line in self._remarks()))

    @property
    def _arrays(self) -> list[Check]:
        return [check for check in self.checks if check.name not in RULES]

    def _remarks(self) -> list[str]:
        """Return what is said below the table; the last line is the verdict."""
        arrays, lines = self._arrays, []
        if any(check.entries < math.prod(check.shape) for check in arrays if check.index):
            lines.append(
                tr("Of a larger array, some entries are compared one by one and all of them in one random sum.")
            )
        lines += [f"{check.name}: {check.problem}" for check in self.checks if check.problem]
        return [*lines, tr(self._conclusion(), tolerance=self.tolerance)]

    def _conclusion(self) -> str:
        if self.ok:
            return later("All gradients agree (relative tolerance {tolerance:g}).")
        if any(check.verdict == "WRONG" for check in self._arrays):
            return later("Some gradients are WRONG (relative tolerance {tolerance:g}).")
        if self.wrong:
            return later("A rule is broken (relative tolerance {tolerance:g}).")
        return later(
            "Cannot tell: nothing is proven wrong, but not everything is proven right (relative tolerance "
            "{tolerance:g})."
        )


def _columns() -> list[str]:
    return [column and tr(column) for column in _COLUMNS]


RULES = ("forward", "backward", "loss")
"""The names of checks that are about a function and not about an array."""
