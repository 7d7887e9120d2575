"""Draws the charts of docs/benchmarks.md and docs/benchmarks.ko.md from the tables that stand below them.

Run: make gallery
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

from chainrule.common.drawing import MARKERS, PALETTE, panels
from chainrule.common.fonts import with_hangul

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"en": DOCS / "benchmarks.md", "ko": DOCS / "benchmarks.ko.md"}
_CHARTED = re.compile(r"^!\[[^\]]*\]\((benchmarks/\w+\.\w+\.svg)\)\n\n((?:\|.*\n)+)", re.M)
_TIME = re.compile(r"([\d.]+) ?(µs|ms|s|초)$")
_SECONDS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "초": 1.0}
_WORDS = {"en": {"score": "score", "time": "seconds"}, "ko": {"score": "점수", "time": "초"}}


class Table(NamedTuple):
    """A table of the page: what was measured, for whom, and each one's numbers by the kind of number."""

    rows: list[str]
    columns: list[str]
    numbers: dict[str, list[list[float]]]  # "score", "time": a list for each column


def tables(page: str) -> dict[str, str]:
    """Return the tables that have a chart, as they are written, by the address of the chart."""
    return dict(_CHARTED.findall(page))


def read(table: str) -> Table:
    """Read cells such as `0.967, 53 ms`, or times alone."""
    cells = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
    first = 1 if _TIME.search(cells[2][1]) else 2  # what the score is stands before the scores
    columns = [column.replace("`", "") for column in cells[0][first:]]
    rows = [", ".join(row[:first]) for row in cells[2:]]
    by_column = list(zip(*(row[first:] for row in cells[2:]), strict=True))
    numbers = {"time": [[_seconds(cell) for cell in column] for column in by_column]}
    if first > 1:
        scores = [[float(cell.partition(",")[0]) for cell in column] for column in by_column]
        numbers = {"score": scores, **numbers}
    return Table(rows, columns, numbers)


def _seconds(cell: str) -> float:
    time = _TIME.search(cell)
    assert time is not None, cell
    return float(time[1]) * _SECONDS[time[2]]


def draw(table: Table, lang: str) -> Any:
    """Draw a line for each row, with a mark for each column; times on a logarithmic axis."""
    height = 1.1 + 0.34 * len(table.rows)
    figure, axes = panels(None, 1, len(table.numbers), size=(9.0 / len(table.numbers), height))
    places = range(len(table.rows))
    for ax, (kind, numbers) in zip(axes[0], table.numbers.items(), strict=True):
        for values, column, color, marker in zip(numbers, table.columns, PALETTE, MARKERS, strict=False):
            ax.plot(values, places, marker, color=color, label=column, markersize=7, alpha=0.85)
        ax.set_yticks(places, table.rows if ax is axes[0][0] else [""] * len(table.rows))
        ax.invert_yaxis()
        ax.set_xscale("log" if kind == "time" else "linear")
        ax.set_xlabel(_WORDS[lang][kind])
        ax.grid(axis="both", color="#dddddd")
        ax.set_axisbelow(True)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    return with_hangul(figure)


def svg(table: str, lang: str) -> bytes:
    """Return a table's chart, which carries the table that it was drawn from."""
    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "chainrule"}):
        draw(read(table), lang).savefig(content, format="svg", metadata={"Date": None, "Description": table})
    return content.getvalue()


def main() -> None:
    """Write all charts."""
    for lang, page in PAGES.items():
        for address, table in tables(page.read_text("utf-8")).items():
            path = DOCS / address
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(svg(table, lang))
            print(f"{path.relative_to(DOCS.parent)} written")


if __name__ == "__main__":
    main()
