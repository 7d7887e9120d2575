"""A class as web pages: one for each file, and an index with the table of the mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from chainrule.checker import classroom
from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.report import MARKS, labeled, measured, obstacle, outcome, summary, title
from chainrule.checker.texts import hints, phrase, plain, reason
from chainrule.common import atomic

INDEX = "index.html"
_STYLE = """\
:root { color-scheme: light dark; --line: #d8dce2; --soft: #667085; --card: #f7f8fa; --ok: #18794e; --wrong: #c8262b;
        --warning: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --line: #3a3f47; --soft: #9aa4b2; --card: #1d2126; --ok: #4cc38a;
        --wrong: #ff8589; --warning: #e2b340; } }
body { margin: 2.5rem auto; max-width: 56rem; padding: 0 1.25rem; line-height: 1.6; word-break: keep-all;
       overflow-wrap: anywhere;
       font-family: system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.3; margin-bottom: .25rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .4rem 0; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "D2Coding", monospace; font-size: .92em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.soft { color: var(--soft); }
.ok { color: var(--ok); } .wrong { color: var(--wrong); } .unchecked, .not-started { color: var(--soft); }
.warning { color: var(--warning); }
ul.functions { list-style: none; padding: 0; columns: 16rem; }
section { background: var(--card); border-left: 4px solid var(--wrong); border-radius: 4px; padding: .8rem 1.1rem;
          margin: 1rem 0; }
section.warning { border-color: var(--warning); color: inherit; }
section h3 { font-size: 1rem; margin: 0 0 .3rem; }
details summary { cursor: pointer; color: var(--soft); }
"""


def write(folder: Path, reports: Sequence[Report], lang: str, hint: int) -> Path:
    """Write a page for each report and the index; return the path of the index.

    The folder is made if there is none. No page refers to anything outside of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = page_names(report.file for report in reports)
    for report in reports:
        _write(folder / names[report.file], file_page(report, lang, hint))
    _write(folder / INDEX, index_page(reports, names, lang))
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
    """Return the page of one file."""
    said = f'<span class="{outcome(report)}">{escape(summary(report, lang))}</span>'
    parts = [
        f'<p><a href="{INDEX}">← {phrase("back", lang)}</a></p>',
        f"<h1>{_text(report.file)}</h1>",
        f"<p>{said}</p>",
    ]
    problem = obstacle(report)
    if problem is not None:
        lines = "".join(f"<p>{escape(line)}</p>" for line in hints(problem, lang, 2))
        parts.append(f"<section>{lines}</section>")
    parts += [_finding(finding, lang, hint) for finding in report.findings]
    if report.checked:
        parts.append('<ul class="functions">')
        parts += [_function(checked, lang) for checked in report.checked]
        parts.append("</ul>")
    if report.unmatched:
        names = escape(phrase("unmatched", lang, names=", ".join(report.unmatched)))
        parts.append(f'<p class="soft">{names}<br>{escape(phrase("name-it", lang, name=report.unmatched[0]))}</p>')
    return _page(report.file, "\n".join(parts), lang)


def index_page(reports: Sequence[Report], names: Mapping[str, str], lang: str) -> str:
    """Return the page with the table of the mistakes and the list of the files."""
    parts = [f"<h1>{phrase('title', lang)}</h1>", f"<p>{escape(classroom.counts(reports, lang))}</p>"]
    rows = classroom.tally(reports)
    if rows:
        parts.append(f"<h2>{phrase('table', lang)}</h2>")
        parts.append(_table(("files", "share", "function", "mistake"), lang))
        parts += [_mistake(row, reports, names, lang) for row in rows]
        parts.append("</table>")
    parts += [f"<h2>{phrase('back', lang)}</h2>", _table(("file", "status"), lang)]
    for report in reports:
        mark = f'<span class="{outcome(report)}">{MARKS[outcome(report)]} {escape(summary(report, lang))}</span>'
        parts.append(f"<tr><td>{_link(report.file, names)}</td><td>{mark}</td></tr>")
    parts.append("</table>")
    return _page(phrase("title", lang), "\n".join(parts), lang)


def _finding(finding: Finding, lang: str, hint: int) -> str:
    heading = escape(title(finding, lang))
    if finding.severity == "warning":
        heading = f'<span class="warning">{MARKS["warning"]} {phrase("warning", lang)}:</span> {heading}'
    lines = [f"<p>{escape(hints(finding, lang, 1)[0])}</p>"]
    if numbers := measured(finding, lang):
        lines.append(f"<p><code>{escape(numbers)}</code></p>")
    lines += [f"<p>{escape(said)}</p>" for said in labeled(finding, lang, hint)]
    return f'<section class="{finding.severity}">\n<h3>{heading}</h3>\n' + "\n".join(lines) + "\n</section>"


def _function(checked: Checked, lang: str) -> str:
    said = reason(checked, lang)
    said = f' <span class="soft">{escape(said)}</span>' if said else ""
    mark = f'<span class="{checked.status}">{MARKS[checked.status]}</span>'
    return f"<li>{mark} <code>{_text(checked.function)}</code>{said}</li>"


def _mistake(row: classroom.Row, reports: Sequence[Report], names: Mapping[str, str], lang: str) -> str:
    files = ", ".join(_link(file, names) for file in row.files)
    return (
        f'<tr><td class="number">{len(row.files)}</td><td class="number">{classroom.share(row, reports)}</td>'
        f"<td><code>{_text(row.function)}</code></td><td>{escape(row.said(lang))}"
        f"<details><summary>{phrase('column-where', lang)}</summary>{files}</details></td></tr>"
    )


def _table(columns: Iterable[str], lang: str) -> str:
    heads = ""
    for column in columns:
        number = ' class="number"' if column in ("files", "share") else ""
        heads += f"<th{number}>{phrase(f'column-{column}', lang)}</th>"
    return f"<table>\n<tr>{heads}</tr>"


def _link(file: str, names: Mapping[str, str]) -> str:
    return f'<a href="{quote(names[file])}">{_text(file)}</a>'


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
{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _write(path: Path, page: str) -> None:
    atomic.write(path, page.encode("utf-8"))
