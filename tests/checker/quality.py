"""How good `chainrule check` is: which planted mistakes it finds, whom it blames, how it names them; and false alarms.

Run it with `python -m tests.checker.quality`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from chainrule.checker import roles
from chainrule.checker.findings import Finding, Report
from chainrule.checker.running import child
from chainrule.checker.running.definitions import definitions
from chainrule.checker.running.imports import restore_numpy_names
from chainrule.checker.running.source import Source
from chainrule.checker.unfinished import parsed
from tests.checker.corpus import MISTAKES, RIGHT, Planted, text
from tests.checker.corpus.notes import MISTAKES as WRONG_IN_NOTES
from tests.checker.corpus.notes import notes


@dataclass(frozen=True)
class Outcome:
    """What the checker said about a planted mistake, beyond what it says about the file without the mistake."""

    planted: Planted
    findings: tuple[Finding, ...]

    @property
    def detected(self) -> bool:
        """Whether it said anything."""
        return bool(self.findings)

    @property
    def blamed(self) -> bool:
        """Whether it blamed the function that has the mistake, and no other as an error."""
        return bool(self._there()) and all(f in self._there() for f in self.findings if f.severity == "error")

    @property
    def named(self) -> bool:
        """Whether it gave the mistake its name, in the right place."""
        return any(finding.mistake in self.planted.named.split("|") for finding in self._there())

    def _there(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.function in self.planted.function.split("|")]


@dataclass(frozen=True)
class Row:
    """A line of the table; the numbers count planted mistakes."""

    style: str
    planted: int
    detected: int
    blamed: int
    named: int

    def shown(self) -> str:
        """Return the line as it is printed."""
        shares = [f"{n} ({100 * n / self.planted:.0f} %)" for n in (self.detected, self.blamed, self.named)]
        return f"{self.style:<8}{self.planted:>9}{shares[0]:>16}{shares[1]:>16}{shares[2]:>16}"


def checked(source: str, file: str) -> Report:
    """Return the checker's report on some code, which runs in this process."""
    tree = parsed(source)
    return roles.check(child.run(definitions(tree), Source(Path(file), source, tree), None, {})[0], file)


@cache
def without_mistake(file: str) -> Report:
    """Return the report on a file of the corpus as it is."""
    return checked(text(file), file)


def outcome(planted: Planted) -> Outcome:
    """Return what the checker says about a planted mistake."""
    known = {(finding.mistake, finding.function) for finding in without_mistake(planted.file).findings}
    findings = checked(planted.source, planted.file).findings
    return Outcome(planted, tuple(f for f in findings if (f.mistake, f.function) not in known))


def table(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the counts of each style, and of all of them."""
    rows = []
    for style in [*dict.fromkeys(each.planted.style for each in outcomes), "all"]:
        of_style = [each for each in outcomes if style in (each.planted.style, "all")]
        counts = [sum(getattr(o, what) for o in of_style) for what in ("detected", "blamed", "named")]
        rows.append(Row(style, len(of_style), *counts))
    return rows


def accusations(files: Iterable[str] = RIGHT) -> list[tuple[str, Finding]]:
    """Return the errors that the checker reports in right code."""
    return [(file, f) for file in files for f in without_mistake(file).findings if f.severity == "error"]


def blamed_in_notes() -> dict[str, list[str]]:
    """Return the functions that the checker reports errors in, for each lecture note."""
    reports = {name: checked(source, name) for name, source in notes().items()}
    return {name: [f.function for f in r.findings if f.severity == "error"] for name, r in reports.items()}


def missed(outcomes: Iterable[Outcome]) -> list[str]:
    """Return, for each mistake that was not detected, blamed and named, what was reported instead."""
    lines = []
    for each in outcomes:
        wrong = [what for what in ("detected", "blamed", "named") if not getattr(each, what)]
        if wrong:
            said = [f"{f.function}: {f.mistake} {f.facts}" for f in each.findings] or ["nothing"]
            lines.append(f"not {wrong[0]}: {each.planted.label}\n    " + "\n    ".join(said))
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    parser.add_argument("--show-missed", action="store_true", help="say what was reported instead")
    parser.add_argument("--style", choices=list(dict.fromkeys(each.style for each in MISTAKES)), help="only this one")
    arguments = parser.parse_args()
    restore_numpy_names()  # as the child process does; this changes NumPy, and this process is for nothing else
    started = time.perf_counter()
    outcomes = [outcome(planted) for planted in MISTAKES if arguments.style in (None, planted.style)]
    rows, accused, blamed = table(outcomes), accusations(), blamed_in_notes()
    ignored = [file for file in RIGHT if all(c.status != "ok" for c in without_mistake(file).checked)]
    print(f"{'style':<8}{'planted':>9}{'detected':>16}{'right function':>16}{'right name':>16}")
    print(*(row.shown() for row in rows), sep="\n")
    functions = sum(c.status == "ok" for file in RIGHT for c in without_mistake(file).checked)
    print(f"right code: {len(RIGHT)} implementations, {functions} functions checked, ", end="")
    print(f"{len({file for file, _ in accused})} accused; {time.perf_counter() - started:.0f} s")
    for name in blamed:
        if set(blamed[name]) != WRONG_IN_NOTES.get(name, set()):
            print(f"{name} note: errors in {blamed[name]} instead of {WRONG_IN_NOTES.get(name, set()) or 'none'}")
    for file, finding in accused:
        print(f"accused: {file} {finding.function}: {finding.mistake} {finding.facts}")
    if arguments.show_missed:
        print(*missed(outcomes), sep="\n")
    if arguments.json:
        results = {
            "table": [asdict(row) for row in rows],
            "mistakes": [asdict(o) | {"detected": o.detected, "blamed": o.blamed, "named": o.named} for o in outcomes],
            "missed": missed(outcomes),
            "accused": [{"file": file} | asdict(finding) for file, finding in accused],
            "ignored": ignored,
            "notes": blamed,
        }
        arguments.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
