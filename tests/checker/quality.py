"""How good `chainrule check` is: which planted mistakes it finds, whom it blames, how it names them; and false alarms.

Besides, what it says of the lecture notes, of small files with known verdicts, and of templates in every stage of being
filled in. Run it with `python -m tests.checker.quality`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chainrule.checker import roles
from chainrule.checker.findings import Finding, Report
from chainrule.checker.running import child
from chainrule.checker.running.definitions import definitions
from chainrule.checker.running.imports import restore_numpy_names
from chainrule.checker.running.sandbox import check_files
from chainrule.checker.running.source import Source
from chainrule.checker.unfinished import parsed
from tests.checker.corpus import MISTAKES, RIGHT, Planted, text
from tests.checker.corpus.notes import MISTAKES as WRONG_IN_NOTES
from tests.checker.corpus.notes import notes
from tests.checker.templates import TEMPLATES, blanks, stages
from tests.checker.verdicts import accused, deviations, is_found, shared_deviations

CASES = Path(__file__).parent / "cases"
SHARED_CASES = Path(__file__).resolve().parents[3] / "shared/cases/checker"
JOBS = 2  # processes at a time


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
    return {name: sorted(accused(checked(source, name))) for name, source in notes().items()}


def missed(outcomes: Iterable[Outcome]) -> list[str]:
    """Return, for each mistake that was not detected, blamed and named, what was reported instead."""
    lines = []
    for each in outcomes:
        wrong = [what for what in ("detected", "blamed", "named") if not getattr(each, what)]
        if wrong:
            said = [f"{f.function}: {f.mistake} {f.facts}" for f in each.findings] or ["nothing"]
            lines.append(f"not {wrong[0]}: {each.planted.label}\n    " + "\n    ".join(said))
    return lines


def deviating_stages(file: str, blank: str) -> tuple[int, list[str]]:
    """Return how many stages of a template were checked, and what is said otherwise than it has to."""
    every = list(stages(file, blank))
    lines = [
        f"{file}, {', '.join(sorted(stage.missing))} blank ({blank}): {said}"
        for stage in every
        for said in stage.wrong(checked(stage.source, file), without_mistake(file))
    ]
    return len(every), lines


def measured_planted(pool: Executor, style: str | None) -> dict[str, Any]:
    """Print what becomes of planted mistakes and of right code, and return it."""
    outcomes = list(pool.map(outcome, (p for p in MISTAKES if style in (None, p.style)), chunksize=8))
    rows, wronged = table(outcomes), accusations()
    print(f"{'style':<8}{'planted':>9}{'detected':>16}{'right function':>16}{'right name':>16}")
    print(*(row.shown() for row in rows), sep="\n")
    functions = sum(c.status == "ok" for file in RIGHT for c in without_mistake(file).checked)
    print(f"\n{len(RIGHT)} right implementations, {functions} functions checked, ", end="")
    print(f"{len({file for file, _ in wronged})} accused")
    return {
        "table": [asdict(row) for row in rows],
        "mistakes": [asdict(o) | {"detected": o.detected, "blamed": o.blamed, "named": o.named} for o in outcomes],
        "missed": missed(outcomes),
        "accused": [{"file": file} | asdict(finding) for file, finding in wronged],
        "ignored": [file for file in RIGHT if all(c.status != "ok" for c in without_mistake(file).checked)],
    }


def wrong_about_notes() -> list[str]:
    """Print what becomes of the lecture notes, and return what is said otherwise than they deserve."""
    lines = []
    blamed = blamed_in_notes()
    print(f"\n{'lecture note':<25}errors in" if blamed else "\nlecture notes: skipped, ../shared/seeds is not there")
    for name, functions in blamed.items():
        print(f"{name:<24} {', '.join(functions) or 'none'}")
        if set(functions) != (wanted := WRONG_IN_NOTES.get(name, set())):
            lines.append(f"{name} note: errors in {functions} instead of {wanted or 'none'}")
    return lines


def wrong_about_cases() -> list[str]:
    """Print what becomes of the small files of known verdicts, and return what is said otherwise."""
    lines = []
    for title, folder, compare in (("case", CASES, deviations), ("shared case", SHARED_CASES, shared_deviations)):
        if not folder.is_dir():
            print(f"\n{title}s: skipped, {folder} is not there")
            continue
        print(f"\n{title:<24}{'files':>6}{'otherwise':>11}{'not found':>11}")
        for kind in ("right", "wrong", "status"):
            paths = sorted((folder / kind).glob("*.py"))
            reports = list(check_files(paths, JOBS))
            said = [compare(path, report) for path, report in zip(paths, reports, strict=True)]
            lines += [f"{kind}/{path.name}: {line}" for path, found in zip(paths, said, strict=True) for line in found]
            hidden = [kind == "wrong" and not is_found(p, r) for p, r in zip(paths, reports, strict=True)]
            print(f"{kind:<24}{len(paths):>6}{sum(map(bool, said)) or '':>11}{sum(hidden) or '':>11}")
    return lines


def wrong_about_templates(pool: Executor) -> list[str]:
    """Print what becomes of the course's and the book's templates, and return what is said otherwise."""
    ways = [(file, blank) for file in TEMPLATES for blank in blanks(file)]
    outcomes = dict(zip(ways, pool.map(deviating_stages, *zip(*ways, strict=True)), strict=True))
    print(f"\n{'template':<34}{'stages':>6}{'otherwise':>11}")
    for file in TEMPLATES:
        count = sum(outcomes[file, blank][0] for blank in blanks(file))
        found = sum(bool(outcomes[file, blank][1]) for blank in blanks(file))
        print(f"{file:<34}{count:>6}{found or '':>11}")
    return [line for _, lines in outcomes.values() for line in lines]


def main() -> None:
    """Print the tables; the exit status is 1 if something is otherwise than it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    parser.add_argument("--show-missed", action="store_true", help="say what was reported instead")
    parser.add_argument(
        "--style",
        choices=list(dict.fromkeys(p.style for p in MISTAKES)),
        help="only what is planted in code of this one",
    )
    arguments = parser.parse_args()
    restore_numpy_names()  # as the child process does; this changes NumPy, and this process is for nothing else
    started = time.perf_counter()
    with ProcessPoolExecutor(JOBS, initializer=restore_numpy_names) as pool:
        results = measured_planted(pool, arguments.style)
        results["wrong"] = [f"accused: {each['file']} {each['function']}" for each in results["accused"]]
        if not arguments.style:
            results["wrong"] += [*wrong_about_notes(), *wrong_about_cases(), *wrong_about_templates(pool)]
    print(f"\n{time.perf_counter() - started:.0f} s", *results["wrong"], sep="\n")
    if arguments.show_missed:
        print(*results["missed"], sep="\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.exit(1 if results["wrong"] else 0)


if __name__ == "__main__":
    main()
