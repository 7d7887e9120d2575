"""How `chainrule check` does on mistakes planted into code from elsewhere: how many are found, and who is blamed.

Run it with `python -m tests.checker.planted_wild LIST --folder FOLDER`; the list and the folder are those of
`tests.checker.wild`. Into each file it plants mistakes of `mutations`, one at a time, where the network is computed. A
mistake counts if it changes what some call of the learner's comes to (see `behavior`), and if the file as it was is not
accused in the same function. Where too few count, others are planted into code that nothing ran to its end; whether
these change anything is not known, so they have a table of their own. The same seed plants the same mistakes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chainrule.checker.findings import Finding, Report
from chainrule.checker.running.sandbox import check_file
from chainrule.checker.running.source import beside, read
from chainrule.checker.telling.terminal import measured
from chainrule.checker.telling.texts import hints
from tests.checker.behavior import Behavior, observed
from tests.checker.mutations import SENTENCES, Mutation, mutations
from tests.checker.wild import listed

TRIED = 12  # mistakes of a file that are planted to find one that counts
NEAR = 3  # lines between a mistake outside of functions and the line that is blamed
FIXED = ("coursera", "book", "cs231n")  # the styles in which a course fixes every factor
STOPS = ("misspelt",)  # what may make a program stop; whatever else does would be seen without a checker

_MEAN = r"mean|averag|divided|scaled|factor|ratio|half|wrong-m|m-is|per-|sum"
_SIGN = r"sign|minus|plus|ascent|uphill|grows|order|swapped|subtracted|exponents"
_UNMOVED = r"unchanged|zero|missing|lost|skipped|thrown|nothing|never|forgotten|not-updated"
NAMES = {
    "factor": _MEAN,
    "mean": _MEAN,
    "axis": r"axis|axes|per-|over-|flat|whole|columns|rows|scalar|number|keepdims|shape",
    "update-sign": _SIGN,
    "sign": _SIGN,
    "order": _SIGN,
    "transpose": r"transpos|order",
    "slope": r"slope|factor|mask|lost|formula|gate|passed-on|times-value",
    "product": r"elementwise|product|matrix|times|not-summed|table",
    "other-variable": r"other|from|of-|swapped|exchanged|order|partner|same|cache|passed|lost|twice|old|itself",
    "one-minus": r"plus|minus|no-one|inverted|correct|weights|decayed|unbiased|sign|slope|gate",
    "square": r"square|power|absolute|root|formula|factor",
    "function": r"no-|not-|lost|root|log|returns|is-|one-term|exponential|tanh|variance",
    "loop": r"layer|last|first|steps|one-lost|one-skipped|some-lost|fixed|" + _UNMOVED,
    "not-updated": _UNMOVED,
    "update-lost": _UNMOVED,
    "misspelt": r"misspelt|no-such|never",
    "unused": r"used|returns|no-|lost|from|of-|formula|overwritten|activat",
    "mask": r"mask|inverted|minimum|sign",
    "bias": r"bias|unused",
    "overwritten": r"overwritten|not-added|adds-up|last|first|lost|sum",
}
"""What the key of a finding, or the pattern in what was measured, has to say of each kind of mistake."""


@dataclass(frozen=True)
class Outcome:
    """A mistake that was planted, and what became of it.

    Parameters
    ----------
    file, style
        Where it was planted.
    kind, line, function, before, after
        The mistake: its kind, its line (of a notebook, "cell, line"), its function and the text.
    said
        The errors that the file did not have before, as "function (line): key, sentence".
    detected, blamed, named
        Whether there is one, whether all of them are at the right place, and whether one of those says what it is.
    counts
        Whether the mistake is known to change something.
    """

    file: str
    style: str
    kind: str
    line: str
    function: str
    before: str
    after: str
    said: tuple[str, ...]
    detected: bool
    blamed: bool
    named: bool
    counts: bool

    @property
    def label(self) -> str:
        """What was planted and where, in a line."""
        change = f"{' '.join(self.before.split())}  ->  {self.after}"
        return f"{self.file}:{self.line} {self.function} ({self.kind}): {change}"


@dataclass(frozen=True)
class Row:
    """A line of the table: how many mistakes were planted, detected, blamed on the right place, and named."""

    style: str
    files: int
    planted: int
    detected: int
    blamed: int
    named: int

    def shown(self) -> str:
        """Return the line in Markdown."""
        counts = (self.detected, self.blamed, self.named)
        cells = [self.style, self.files, self.planted, *(f"{n} ({n / max(self.planted, 1):.0%})" for n in counts)]
        return f"| {' | '.join(map(str, cells))} |"


HEADINGS = {
    "en": ("style", "files", "planted", "detected", "right function or line", "rightly described"),
    "ko": ("방식", "파일", "심은 실수", "발견", "맞는 함수나 줄", "맞는 설명"),
}


class Planter:
    """A file, and what it is like without a mistake.

    Parameters
    ----------
    path, style
        The file and how it is written.
    folder
        Where the file with a mistake is written, beside the files that it imports.
    """

    def __init__(self, path: Path, style: str, folder: Path) -> None:
        self.source, self.style = read(path), style
        self.counts: Counter[str] = Counter()
        """How many mistakes were left out, by the reason."""
        self._wrong = folder / path.name
        for name, other in beside(self.source).items() if self.source.tree else ():
            copy = folder / f"{name.replace('.', '/')}.py"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(other.path, copy)

    def outcomes(self, file: str, wanted: int, rng: random.Random) -> Iterator[Outcome]:
        """Yield what becomes of so many mistakes that count, each of another kind; fewer if there are not as many."""
        if self.source.tree is None:
            return
        candidates = list(mutations(self.source.text, is_convention=self.style.startswith(FIXED)))
        if not candidates:
            return
        before, without = self._checked(self.source.text), self._observed(self.source.text)
        accused = {finding.function for finding in before.findings if finding.severity == "error"}
        free = [mutation for mutation in candidates if mutation.function not in accused]
        ran = [m for m in free if without.has_run(m.function, range(m.line, m.last_line + 1))]
        never_run = [mutation for mutation in free if mutation not in ran]
        self.counts["never run to the end"] += len(never_run)
        kinds: set[str] = set()
        for mutation in drawn(ran, rng)[:TRIED]:
            if len(kinds) < wanted and mutation.kind not in kinds and self._counts(mutation, without):
                kinds.add(mutation.kind)
                yield self._outcome(file, mutation, before, counts=True)
        for mutation in drawn(never_run, rng)[: wanted - len(kinds)]:
            yield self._outcome(file, mutation, before, counts=False)

    def _counts(self, mutation: Mutation, without: Behavior) -> bool:
        """Return whether a mistake changes something, and more than that the program stops."""
        wrong = self._observed(mutation.text)
        if not without.differs(wrong):
            self.counts["changes nothing"] += 1
            return False
        if mutation.kind not in STOPS and without.stops(wrong):
            self.counts["stops"] += 1
            return False
        return True

    def _outcome(self, file: str, mutation: Mutation, before: Report, *, counts: bool) -> Outcome:
        known = {(finding.mistake, finding.function) for finding in before.findings}
        report = self._checked(mutation.text)
        new = [f for f in report.findings if f.severity == "error" and (f.mistake, f.function) not in known]
        there = [finding for finding in new if self._is_there(finding, mutation)]
        place = self.source.cell(mutation.line)
        return Outcome(
            file,
            self.style,
            mutation.kind,
            f"cell {place[0]}, line {place[1]}" if place else str(mutation.line),
            mutation.function,
            mutation.before,
            mutation.after,
            tuple(f"{f.function} ({f.line}): {f.mistake}, {_sentence(f)}" for f in new),
            bool(new),
            bool(new) and len(there) == len(new),
            any(describes(finding, mutation) for finding in there),
            counts,
        )

    def _is_there(self, finding: Finding, mutation: Mutation) -> bool:
        """Return whether a finding is of the function of a mistake, or of its line."""
        if mutation.function and finding.function in (mutation.function, mutation.function.partition(".")[0]):
            return True
        return finding.line is not None and abs(finding.line - mutation.line) <= NEAR

    def _checked(self, text: str) -> Report:
        self._write(text)
        return check_file(self._wrong)

    def _observed(self, text: str) -> Behavior:
        self._write(text)
        return observed(self._wrong)

    def _write(self, text: str) -> None:
        cells = self.source.cells
        if not cells:
            self._wrong.write_text(text, "utf-8")
            return
        lines = text.split("\n")
        ends = [*(first - 1 for first in cells[1:]), len(lines)]
        codes = ["\n".join(lines[first - 1 : end]) for first, end in zip(cells, ends, strict=True)]
        notebook = {"cells": [{"cell_type": "code", "source": code} for code in codes]}
        self._wrong.write_text(json.dumps(notebook), "utf-8")


def _sentence(finding: Finding) -> str:
    said = f"{hints(finding, 'en', 1)[0]} {measured(finding, 'en')}"
    return " ".join(said.split())


def describes(finding: Finding, mutation: Mutation) -> bool:
    """Return whether a finding says what a mistake is, or of differences, which quantity is wrong and how."""
    names = re.compile(NAMES[mutation.kind])
    if names.search(finding.facts.get("pattern", "")):
        return True
    if finding.mistake in ("own-unused", "own-step-uphill") or not finding.mistake.startswith("own-"):
        return bool(names.search(finding.mistake.rpartition(".")[2]))
    told = {_quantity(finding.facts.get("name", "")), _quantity(finding.facts.get("upstream", ""))} - {""}
    return _quantity(mutation.target) in told


def _quantity(name: str) -> str:
    """Return what a gradient is that of, or a quantity itself, in small letters: "w1" of `grads['dW1']`."""
    last = re.sub(r"\W", "", re.split(r"[.\[]", name)[-1])
    return re.sub(r"^_?d_?(?=\w)", "", last).lower()


def drawn(candidates: Sequence[Mutation], rng: random.Random) -> list[Mutation]:
    """Return mistakes in an order by chance: one of each kind, then another one of each, and so on."""
    shuffled = rng.sample(candidates, len(candidates))
    seen: Counter[str] = Counter()
    rounds = []
    for mutation in shuffled:
        rounds.append((seen[mutation.kind], rng.random(), mutation))
        seen[mutation.kind] += 1
    return [mutation for _, _, mutation in sorted(rounds, key=lambda entry: entry[:2])]


def table(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the counts of each style, and of all of them."""
    rows = []
    for style in [*dict.fromkeys(outcome.style for outcome in outcomes), "all"]:
        of_style = [outcome for outcome in outcomes if style in (outcome.style, "all")]
        counts = [sum(getattr(o, what) for o in of_style) for what in ("detected", "blamed", "named")]
        rows.append(Row(style, len({outcome.file for outcome in of_style}), len(of_style), *counts))
    return rows


def markdown(rows: Sequence[Row], lang: str) -> str:
    """Return the table as it stands in the documentation."""
    lines = [f"| {' | '.join(HEADINGS[lang])} |", f"|{'---|' * len(HEADINGS[lang])}", *(row.shown() for row in rows)]
    return "\n".join(lines) + "\n"


def by_kind(outcomes: Sequence[Outcome]) -> str:
    """Return how many mistakes of each kind were planted, detected, blamed on the right place, and named."""
    lines = []
    for kind in sorted({outcome.kind for outcome in outcomes}):
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        counts = [len(of_kind), *(sum(getattr(o, what) for o in of_kind) for what in ("detected", "blamed", "named"))]
        lines.append(f"{SENTENCES[kind]}: {' / '.join(map(str, counts))}")
    return "\n".join(lines)


def misses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield each mistake that was not detected, blamed on the right place and named, and what was said."""
    for outcome in outcomes:
        wrong = [what for what in ("detected", "blamed", "named") if not getattr(outcome, what)]
        if wrong:
            said = "".join(f"\n    {said}" for said in outcome.said)
            yield f"not {wrong[0]}: {outcome.label}{said}"


def reasons(left: Mapping[str, int]) -> str:
    """Return how many mistakes were left out for which reason, in words."""
    return ", ".join(f"{count} {reason}" for reason, count in left.items())


def main(words: Sequence[str] | None = None) -> None:
    """Plant mistakes and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path, help="the list of files")
    parser.add_argument("--folder", type=Path, required=True, help="where you put them")
    parser.add_argument("--seed", type=int, default=0, help="which mistakes are drawn")
    parser.add_argument("--per-file", type=int, default=1, help="mistakes of a file, each of another kind")
    parser.add_argument(
        "--json", type=Path, help="write what became of each file to a line of this one, and leave out what is there"
    )
    arguments = parser.parse_args(words)
    written = arguments.json or Path(os.devnull)
    results = [json.loads(line) for line in written.read_text("utf-8").splitlines()] if written.is_file() else []
    done = {result["file"] for result in results}
    for file, style in listed(arguments.list.read_text("utf-8")).items():
        if file in done or not (arguments.folder / file).is_file():
            continue
        with tempfile.TemporaryDirectory() as folder:
            planter = Planter(arguments.folder / file, style, Path(folder))
            rng = random.Random(f"{arguments.seed} {file}")
            outcomes = []
            for outcome in planter.outcomes(file, arguments.per_file, rng):
                outcomes.append(asdict(outcome))
                print(f"{outcome.label} {'found' if outcome.detected else 'missed'}", file=sys.stderr, flush=True)
        results.append({"file": file, "outcomes": outcomes, "left": planter.counts})
        with written.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(results[-1], ensure_ascii=False) + "\n")
    _tell(results)


def _tell(results: Sequence[Mapping[str, Any]]) -> None:
    """Print the tables of what became of the mistakes, and what was left out."""
    outcomes = [Outcome(**outcome) for result in results for outcome in result["outcomes"]]
    counted = [outcome for outcome in outcomes if outcome.counts]
    rows, others = table(counted), table([outcome for outcome in outcomes if not outcome.counts])
    print(*(markdown(rows, lang) for lang in HEADINGS), by_kind(counted), "", *misses(counted), sep="\n")
    print("", "In code that nothing ran to its end:", "", *(markdown(others, lang) for lang in HEADINGS), sep="\n")
    with_some = {outcome.file for outcome in counted}
    without = [r for r in results if r["left"] and r["file"] not in with_some]
    print(*(f"no mistake counted: {result['file']} ({reasons(result['left'])})" for result in without), sep="\n")
    print(f"left out: {reasons(sum((Counter(result['left']) for result in results), Counter()))}")


if __name__ == "__main__":
    main()
