"""A class as web pages: one for each file, and an index with the table of the mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from chainrule.checker.findings import Checked, Finding, Report, Status
from chainrule.checker.telling import classroom
from chainrule.checker.telling.catalogue import address
from chainrule.checker.telling.grading import points
from chainrule.checker.telling.terminal import (
    MARKS,
    labeled,
    measured,
    obstacle,
    outcome,
    snippet,
    suggestion,
    summary,
    title,
)
from chainrule.checker.telling.texts import advice, hints, located, phrase, plain, reason
from chainrule.common import atomic

INDEX = "index.html"
STATUSES: tuple[Status, ...] = ("ok", "wrong", "unchecked", "not-started")
NARROW = 8  # columns that fit a phone
KNOW_THE_LINE = ("raised", "syntax-error", "old-numpy")  # others know the function alone
_PAGE_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
"""
# Every rule begins with .chainrule: in a notebook, nothing else may change its looks. Notebooks are light or dark as
# their user chose, whatever the system says, so colors are made of that of the text, or can be read on both.
_STYLE = """\
.chainrule { --line: color-mix(in srgb, currentColor 20%, transparent);
  --soft: color-mix(in srgb, currentColor 68%, transparent);
  --card: color-mix(in srgb, currentColor 4%, transparent); --mark: color-mix(in srgb, #e0a100 35%, transparent);
  --ok: #1f8a5b; --wrong: #d8474c; --warning: #a8730a; line-height: 1.6; word-break: keep-all; overflow-wrap: anywhere;
  font-family: system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; }
.chainrule h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .25rem; }
.chainrule h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
.chainrule h3 { font-size: 1rem; margin: 0 0 .3rem; }
.chainrule p { margin: .4rem 0; }
.chainrule code, .chainrule pre { font-size: .9em;
  font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "D2Coding", "Noto Sans Mono CJK KR", monospace; }
.chainrule pre { overflow-x: auto; overflow-wrap: normal; line-height: 1.45; margin: .5rem 0; padding: .5rem 0;
  border: 1px solid var(--line); border-radius: 4px; }
.chainrule pre > span, .chainrule pre > mark { display: block; width: max-content; min-width: 100%; padding-right: 1rem;
  box-sizing: border-box; }
.chainrule pre i { color: var(--soft); display: inline-block; font-style: normal; padding-right: 1em; text-align: right;
  user-select: none; width: 3em; }
.chainrule mark { background: var(--mark); color: inherit; }
.chainrule .wide { overflow-x: auto; }
.chainrule table { border-collapse: collapse; min-width: 100%; }
.chainrule th, .chainrule td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0;
  border-bottom: 1px solid var(--line); }
.chainrule th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.chainrule td code { overflow-wrap: normal; white-space: nowrap; }
.chainrule .file { overflow-wrap: break-word; }
.chainrule .grid { min-width: 0; } .chainrule .grid th code { writing-mode: vertical-rl; }
.chainrule .grid th { vertical-align: bottom; } .chainrule .grid td { text-align: center; }
.chainrule .grid td:first-child { background: Canvas; left: 0; min-width: 8rem; position: sticky; text-align: left; }
.chainrule .grid td.unread { text-align: left; }
.chainrule .legend > span { margin-right: 1rem; white-space: nowrap; } .chainrule .more { display: none; }
@media (max-width: 40rem) {
  .chainrule .rows tr { border-bottom: 1px solid var(--line); display: block; padding: .4rem 0; }
  .chainrule .rows td { border: 0; display: inline-block; padding: 0 .9rem 0 0; }
  .chainrule .rows td[data-label]::before { color: var(--soft); content: attr(data-label) " "; font-size: .85rem; }
  .chainrule .rows .said, .chainrule .rows .file { display: block; } .chainrule .rows th { display: none; }
  .chainrule .grid th, .chainrule .grid td { padding: .3rem .3rem .3rem 0; } .chainrule .more { display: block; }
  .chainrule .grid td:first-child { max-width: 7.5rem; min-width: 7.5rem; padding-right: .5rem; } }
.chainrule .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.chainrule .soft, .chainrule .unchecked, .chainrule .not-started { color: var(--soft); }
.chainrule .ok { color: var(--ok); } .chainrule .wrong { color: var(--wrong); }
.chainrule .warning { color: var(--warning); }
.chainrule ul.functions { list-style: none; padding: 0; columns: 16rem; }
.chainrule section { background: var(--card); border-left: 4px solid var(--wrong); border-radius: 4px;
  padding: .8rem 1rem; margin: 1rem 0; }
.chainrule section.warning { border-color: var(--warning); color: inherit; }
.chainrule details summary { cursor: pointer; color: var(--soft); }
"""


def write(
    folder: Path, reports: Sequence[Report], lang: str, hint: int, scheme: Mapping[str, float] | None = None
) -> Path:
    """Write a page for each report and the index, with the points if there is a scheme; return the path of the index.

    The folder is made if there is none. No page needs anything outside of it; the names of mistakes lead to the
    catalogue, where the site's address is known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = page_names(report.file for report in reports)
    for report in reports:
        _write(folder / names[report.file], file_page(report, lang, hint))
    _write(folder / INDEX, index_page(reports, names, lang, scheme or {}))
    return folder / INDEX


def page_names(files: Iterable[str]) -> dict[str, str]:
    """Return for each file the name of its page: short, portable, and no two alike.

    >>> page_names(["kim/week4.py", "kim-week4.py"])
    {'kim/week4.py': 'kim-week4.py.html', 'kim-week4.py': 'kim-week4.py-2.html'}
    """
    names: dict[str, str] = {}
    taken = {INDEX}
    for file in files:
        stem = re.sub(r"[^\w.]+", "-", plain(file)).strip("-.")[-60:] or "file"
        name, number = f"{stem}.html", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}.html"
        taken.add(name.casefold())
        names[file] = name
    return names


def file_page(report: Report, lang: str, hint: int) -> str:
    """Return the page of one file, with the code of what is wrong."""
    back = f'<p><a href="{INDEX}">← {phrase("back", lang)}</a></p>'
    return _page(report.file, f"{back}\n{_body(report, lang, hint)}", lang)


def fragment(report: Report, lang: str, hint: int) -> str:
    """Return a report as a notebook shows it below a cell."""
    return f'<div class="chainrule" lang="{lang}">\n<style>\n{_STYLE}</style>\n{_body(report, lang, hint)}\n</div>'


def _body(report: Report, lang: str, hint: int) -> str:
    said = f'<span class="{outcome(report)}">{escape(summary(report, lang))}</span>'
    parts = [f"<h1>{_text(report.file)}</h1>", f"<p>{said}</p>"]
    problem = obstacle(report)
    if problem is not None:
        lines = "".join(f"<p>{escape(line)}</p>" for line in hints(problem, lang, 2))
        parts.append(f"<section>{lines}{_code(problem, lang)}</section>")
    parts += [_finding(report, finding, lang, hint) for finding in report.findings]
    if report.checked:
        parts.append('<ul class="functions">')
        parts += [_function(checked, lang) for checked in report.checked]
        parts.append("</ul>")
    if report.unmatched:
        names = phrase("unmatched", lang, names=", ".join(report.unmatched))
        lines = "<br>".join(escape(line) for line in (names, suggestion(report, lang)) if line)
        parts.append(f'<p class="soft">{lines}</p>')
    return "\n".join(parts)


def index_page(reports: Sequence[Report], names: Mapping[str, str], lang: str, scheme: Mapping[str, float]) -> str:
    """Return the page with the tables of the mistakes, of the files and of what became of their functions."""
    parts = [f"<h1>{phrase('title', lang)}</h1>", f"<p>{escape(classroom.counts(reports, lang))}</p>"]
    rows = classroom.tally(reports)
    if rows:
        parts.append(f"<h2>{phrase('table', lang)}</h2>")
        parts.append(_table(("files", "share", "function", "mistake"), lang))
        parts += [_mistake(row, reports, names, lang) for row in rows]
        parts.append("</table>")
    columns = ("file", "status", *(["points"] if scheme else []))
    parts += [f"<h2>{phrase('back', lang)}</h2>", _table(columns, lang)]
    for report in reports:
        mark = f'<span class="{outcome(report)}">{MARKS[outcome(report)]} {escape(summary(report, lang))}</span>'
        worth = f"<td>{points(report, scheme).said(lang)}</td>" if scheme else ""
        parts.append(f'<tr>{_file(report.file, names)}<td class="said">{mark}</td>{worth}</tr>')
    parts += ["</table>", _grid(reports, names, lang)]
    return _page(phrase("title", lang), "\n".join(parts), lang)


def _grid(reports: Sequence[Report], names: Mapping[str, str], lang: str) -> str:
    """Return the table of the files and their functions, with a mark in each cell, and what the marks mean."""
    grid = classroom.grid(reports)
    if not grid.functions:
        return ""
    heads = "".join(f"<th><code>{_text(function)}</code></th>" for function in grid.functions)
    rows = [f"<tr><th>{phrase('column-file', lang)}</th>{heads}</tr>"]
    for report, row in zip(reports, grid.rows, strict=True):
        cells = "".join(f"<td>{_mark(row.get(function), lang)}</td>" for function in grid.functions)
        if not row:  # an empty row would look like a file without functions
            cells = f'<td class="unread unchecked" colspan="{len(grid.functions)}">{escape(summary(report, lang))}</td>'
        rows.append(f"<tr>{_file(report.file, names)}{cells}</tr>")
    table = "\n".join(rows)
    marks = "".join(f"<span>{_mark(status, lang)} {phrase(f'status-{status}', lang)}</span>" for status in STATUSES)
    legend = f'<p class="legend">{marks}<span>{phrase("empty", lang)}</span></p>'
    heading = f"<h2>{phrase('grid', lang)}</h2>\n{legend}"
    if len(grid.functions) > NARROW:
        heading += f'\n<p class="soft more">{phrase("more-columns", lang, count=len(grid.functions))}</p>'
    return f'{heading}\n<div class="wide"><table class="grid">\n{table}\n</table></div>'


def _mark(status: Status | None, lang: str) -> str:
    if status is None:
        return f'<span title="{phrase("absent", lang)}"></span>'
    return f'<span class="{status}" title="{phrase(f"status-{status}", lang)}">{MARKS[status]}</span>'


def _finding(report: Report, finding: Finding, lang: str, hint: int) -> str:
    heading = escape(title(finding, lang))
    if finding.severity == "warning":
        heading = f'<span class="warning">{MARKS["warning"]} {phrase("warning", lang)}:</span> {heading}'
    lines = [f"<p>{escape(hints(finding, lang, 1)[0])}</p>"]
    if numbers := measured(finding, lang):
        lines.append(f"<p><code>{escape(numbers)}</code></p>")
    lines += [f"<p>{escape(said)}</p>" for said in labeled(finding, lang, hint)]
    if more := address(finding.mistake, lang):
        lines.append(f'<p><a href="{escape(more)}">{escape(finding.mistake)}</a></p>')
    lines.append(_code(finding, lang))
    if shown := snippet(report, finding, lang):
        code = "\n".join(map(escape, shown))
        lines.append(f"<details><summary>{phrase('repro', lang)}</summary><pre>{code}</pre></details>")
    return f'<section class="{_severity(finding)}">\n<h3>{heading}</h3>\n' + "\n".join(lines) + "\n</section>"


def _severity(finding: Finding) -> str:
    return "warning" if finding.severity == "warning" else "error"


def _code(finding: Finding, lang: str) -> str:
    """Return the function that a finding is in, with the line marked if it is known: the first one says only where."""
    if not finding.code:
        return ""
    marked = located(finding)[1] if finding.mistake in KNOW_THE_LINE else None
    rows = ""
    for line in finding.code:
        tag = "mark" if line.number == marked else "span"
        text = "".join(character for character in line.text if character.isprintable())
        rows += f"<{tag}><i>{line.number}</i>{escape(text)}</{tag}>"
    return f'<pre aria-label="{phrase("code", lang)}">{rows}</pre>'


def _function(checked: Checked, lang: str) -> str:
    said = ""
    if checked.reason:
        help_said = f"{phrase('where', lang)}: {advice(checked, lang)}"
        said = f"<details><summary>{escape(reason(checked, lang))}</summary>{escape(help_said)}</details>"
    mark = f'<span class="{checked.status}">{MARKS[checked.status]}</span>'
    return f"<li>{mark} <code>{_text(checked.function)}</code>{said}</li>"


def _mistake(row: classroom.Row, reports: Sequence[Report], names: Mapping[str, str], lang: str) -> str:
    files = ", ".join(_link(file, names) for file in row.files)
    return (
        f'<tr><td class="number" data-label="{phrase("column-files", lang)}">{len(row.files)}</td>'
        f'<td class="number" data-label="{phrase("column-share", lang)}">{classroom.share(row, reports)}</td>'
        f'<td><code>{_text(row.function)}</code></td><td class="said">{escape(row.said(lang))}'
        f"<details><summary>{phrase('column-where', lang)}</summary>{files}</details></td></tr>"
    )


def _table(columns: Iterable[str], lang: str) -> str:
    heads = ""
    for column in columns:
        number = ' class="number"' if column in ("files", "share") else ""
        heads += f"<th{number}>{phrase(f'column-{column}', lang)}</th>"
    return f'<table class="rows">\n<tr>{heads}</tr>'


def _file(file: str, names: Mapping[str, str]) -> str:
    return f'<td class="file">{_link(file, names)}</td>'


def _link(file: str, names: Mapping[str, str]) -> str:
    """Return the link to the page of a file; its name is broken after what separates words, and not inside of them."""
    name = re.sub(r"(?<=[/_-])(?=\w)", "<wbr>", _text(file))
    return f'<a href="{quote(names[file])}">{name}</a>'


def _text(text: str) -> str:
    return escape(plain(text))


def _page(heading: str, body: str, lang: str) -> str:
    return f"""\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(heading)}</title>
<style>
{_PAGE_STYLE}{_STYLE}</style>
</head>
<body class="chainrule">
{body}
</body>
</html>
"""


def _write(path: Path, page: str) -> None:
    atomic.write(path, page.encode("utf-8"))
