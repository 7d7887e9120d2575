"""A report as a learner reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chainrule.checker.findings import BUGS, CLEAN, Checked, Finding, Report, Status
from chainrule.checker.names import NAMES, likely
from chainrule.checker.telling.catalogue import address
from chainrule.checker.telling.texts import advice, hints, phrase, place, plain, quantity, reason
from chainrule.common.languages import language
from chainrule.common.rich_text import rich_text

MARKS = {"ok": "✓", "wrong": "✗", "unchecked": "–", "not-started": "·", "warning": "!"}
_COLORS = {"ok": "green", "wrong": "bold red", "unchecked": "dim", "not-started": "dim", "warning": "yellow"}


def text(
    report: Report,
    lang: str | None = None,
    hint: int = 1,
    *,
    color: bool = False,
    width: int = 100,
    command: bool = True,
    highest: int = 3,
    repro: bool = False,
) -> str:
    """Return a report: a line per function, then each mistake with the hints up to a level.

    With `command` it says which options of `chainrule check` lead further, to hints up to the `highest` level; with
    `repro`, what shows a mistake.
    """
    lang, problem = language(lang), obstacle(report)
    parts: list[RenderableType] = [_heading(report, lang)]
    if report.checked:
        parts.append(_functions(report.checked, lang, hint))
    if problem is not None:
        parts.append(_indented(*map(Text, hints(problem, lang, 1 if report.unmatched else 2))))
    for finding in report.findings:
        parts += ["", _finding_heading(finding, lang), _indented(*_body(finding, lang, hint))]
        if repro:
            lines = snippet(report, finding, lang) or [phrase("no-repro", lang)]
            parts += ["", *(Text(f"    {line}" if line else "", no_wrap=True) for line in lines)]
    if report.unmatched:
        parts += ["", Text(phrase("unmatched", lang, names=", ".join(report.unmatched)))]
    if command and (suggested := suggestion(report, lang)):
        parts.append(_indented(Text(suggested)))
    following = next_level(report, lang, hint) if command and hint < highest else ""
    return rich_text(parts + (["", Text(following, "dim")] if following else []), color=color, width=width)


def line(report: Report, lang: str | None = None, *, color: bool = False) -> str:
    """Return a report in one line: for each file of a class."""
    lang = language(lang)
    said = summary(report, lang)
    wrong = [finding for finding in report.findings if finding.severity == "error"]
    if wrong:
        said = ", ".join(dict.fromkeys(title(finding, lang) for finding in wrong))
    elif problem := obstacle(report):
        said = hints(problem, lang, 1)[0]
    marked = _marked(outcome(report), f"{plain(report.file)}  {said}")
    return rich_text([marked], color=color, width=10_000)


def outcome(report: Report) -> Status:
    """Return what became of a file, in the words that say what became of a function."""
    found: dict[int, Status] = {CLEAN: "ok", BUGS: "wrong"}
    return found.get(report.exit_status, "unchecked")


def summary(report: Report, lang: str) -> str:
    """Return how a file did, in a few words.

    >>> summary(Report("week4.py", (Checked("relu", "relu", 3, "ok"),)), "en")
    'no mistake in 1 function'
    """
    judged = report.count("ok", "wrong")
    errors = [finding for finding in report.findings if finding.severity == "error"]
    required = sum(finding.mistake.startswith("required.") for finding in errors)
    mistakes = phrase("mistakes", lang, count=len(errors) - required)
    said = phrase(
        "bugs" if len(errors) > required else "clean", lang, mistakes=mistakes, functions=functions(judged, lang)
    )
    counts = {
        "required": required,
        "warnings": len(report.findings) - len(errors),
        "unjudged": report.count("unchecked"),
        "not-started": report.count("not-started"),
        "unknown": len(report.unmatched) if report.checked else 0,
    }
    parts = [said] if judged or len(errors) > required else []
    parts += [phrase(kind, lang, count=count) for kind, count in counts.items() if count]
    return ", ".join(parts) if parts and not report.problem else ", ".join([phrase("not-checked", lang), *parts])


def functions(count: int, lang: str) -> str:
    """Return a number of functions in words.

    >>> functions(1, "en"), functions(3, "ko")
    ('1 function', '함수 3개')
    """
    return phrase("functions", lang, count=count)


def obstacle(report: Report) -> Finding | None:
    """Return why nothing was checked, also where the report itself gives no reason; None if something was."""
    if report.problem is None and not report.checked and not report.findings:
        return Finding("no-functions", "")
    return report.problem


def title(finding: Finding, lang: str) -> str:
    """Return the function and the line of a mistake.

    >>> title(Finding("relu.step", "relu", 12), "en")
    'relu (line 12)'
    """
    return " ".join(filter(None, (plain(finding.function), f"({place(finding, lang)})".replace("()", ""))))


def measured(finding: Finding, lang: str) -> str:
    """Return where the numbers first differ, and by what; "" if no numbers were compared."""
    facts = finding.facts
    if not facts.get("expected") or not facts.get("name"):
        return ""
    number = quantity(facts["name"], facts.get("index", ""), lang)
    shapes = not facts.get("index") and facts["expected"].startswith("(")
    return phrase("differs-shape" if shapes else "differs", lang, **facts | {"name": number, "place": number})


def labeled(finding: Finding, lang: str, hint: int) -> list[str]:
    """Return the hints of level 2 and 3, each with what it is."""
    labels = [phrase("where", lang), phrase("formula", lang)]
    return [f"{label}: {said}" for label, said in zip(labels, hints(finding, lang, hint)[1:], strict=False)]


def snippet(report: Report, finding: Finding, lang: str) -> list[str]:
    """Return a snippet that shows a mistake without chainrule; [] if there is none."""
    if not finding.repro:
        return []
    path = Path(report.file)
    functions = dict.fromkeys((finding.facts.get("forward", finding.function), finding.function))
    name = ", ".join(dict.fromkeys(plain(function.partition(".")[0]) for function in functions))
    known = path.suffix == ".py" and path.stem.isidentifier()
    origin = f"from {path.stem} import {name}" if known else f"# {phrase('paste', lang, name=name)}"
    lines = ["".join(character for character in line if character.isprintable()) for line in finding.repro]
    ending = [f"# {numbers}"] if (numbers := measured(finding, lang)) else []
    return ["import numpy as np", "", origin, "", *lines, *ending]


def suggestion(report: Report, lang: str) -> str:
    """Return the option that names a function nobody recognized, if its name says what it may be."""
    fitting = [(name, role) for name in report.unmatched if (role := likely(name))]
    return phrase("name-it", lang, name=fitting[0][0], role=fitting[0][1]) if fitting else ""


def next_level(report: Report, lang: str, hint: int) -> str:
    """Return how to see more, if there is more."""
    unjudged = hint == 1 and any(advice(checked, lang) for checked in report.checked)
    longer = (len(hints(finding, lang, hint + 1)) > len(hints(finding, lang, hint)) for finding in report.findings)
    if unjudged or any(longer):
        return phrase(f"next-{hint + 1}", lang)
    return ""


def _heading(report: Report, lang: str) -> Text:
    return Text.assemble((plain(report.file), "bold"), "  ", (summary(report, lang), _COLORS[outcome(report)]))


def _functions(checked: Iterable[Checked], lang: str, hint: int) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")  # rich loses letters that are two columns wide where it shortens
    for each in checked:
        name = plain(each.function)
        said = reason(each, lang)
        if not said and each.function != each.role and each.role in NAMES:  # others are no names to say
            said = phrase("role", lang, role=each.role)
        table.add_row("", _marked(each.status, name), Text(said, "dim"))
        if hint > 1 and (help_said := advice(each, lang)):
            table.add_row("", "", Text(f"{phrase('where', lang)}: {help_said}"))
    return table


def _finding_heading(finding: Finding, lang: str) -> Text:
    if finding.severity == "error":
        return _marked("wrong", title(finding, lang))
    return _marked("warning", f"{phrase('warning', lang)}: {title(finding, lang)}")


def _body(finding: Finding, lang: str, hint: int) -> Iterable[Text]:
    yield Text(hints(finding, lang, 1)[0])
    if numbers := measured(finding, lang):
        yield Text(numbers, "cyan")
    for said in labeled(finding, lang, hint):
        yield Text(said)
    if more := address(finding.mistake, lang):
        yield Text(more, "dim", no_wrap=True, overflow="fold")


def _marked(status: str, said: str) -> Text:
    return Text.assemble((MARKS[status], _COLORS[status]), " ", said)


def _indented(*lines: Text) -> Padding:
    return Padding(Text("\n").join(lines), (0, 0, 0, 2), expand=False)
