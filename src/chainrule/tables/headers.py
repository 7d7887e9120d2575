"""The names of the columns in the first row of a table, and what stands there in their place."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.tables.frames import Frame, refuse_patterns
from chainrule.tables.rows import places_of
from chainrule.tables.separators import LOOKED_AT, NAMES, SEPARATORS, first_records

_MOST_OF_A_TITLE = 20  # lines


def check_no_title_above(path: Path, text: str, separator: str) -> None:
    """Raise an error if all lines but the first ones have the same number of some separator: these are a title."""
    fields = {len(record) for record in first_records(text, separator)}
    if len(fields) == 1 and fields != {1}:
        return
    # Commas tell only where nothing else separates, because they stand in numbers, too.
    for other in (*(s for s in SEPARATORS if s not in (separator, ",")), separator):
        records = first_records(text, other)
        widths = [len(record) for record in records]
        width = widths[-1] if widths else 1
        above = widths.index(width) if widths else 0
        as_long = len(widths) > above + 1 and set(widths[above:]) == {width}
        if width > 1 and 0 < above <= _MOST_OF_A_TITLE and as_long and not any(map(_is_number, records[above])):
            lines = text.split("\n")
            raise InputError(
                "The first line of {path}, {title!r:.60}, looks like a title: the names of the columns seem to be in "
                "line {line}, with a {separator} between them. Remove what is above them. If the first line does name "
                "the columns, a {separator} inside of a field needs quotes around it.",
                path=path,
                title=next(line for line in lines if line.strip()).strip(),
                line=1 + next(i for i, line in enumerate(lines) if line.count(other) >= width - 1),
                separator=tr(NAMES[other]),
            )


def check_no_blanks_between(path: Path, text: str) -> None:
    """Raise an error if the first lines of a single column are as many numbers each, with blanks between them."""
    lines = [line.split() for line in text[: 1 << 20].split("\n") if line.strip()][:LOOKED_AT]
    cells = [cell for line in lines[1:] for cell in line]
    if len(lines[0]) < 2 or len({len(line) for line in lines}) > 1 or sum(map(_is_number, cells)) <= len(cells) / 2:
        return
    raise InputError(
        "The lines of {path} seem to have {count} fields with blanks between them, which are not told from blanks "
        "inside of a field: put a comma or a tab in their place.",
        path=path,
        count=len(lines[0]),
    )


def header_of(path: Path, frame: Frame) -> list[str]:
    """Return the names of the columns, the first row of a frame; those that have none are numbered."""
    cells = [(cell or "").strip() for cell in frame.row(0)]
    numbers = [cell for cell in cells if cell and _is_number(cell)]
    if len(numbers) == len(cells) or _are_measured(numbers):
        raise InputError(
            "The first row of {path} holds numbers ({cells}) where the names of the columns belong. Add a line with "
            "a name for each column.",
            path=path,
            cells=", ".join(numbers[:4]),
        )
    names = [cell or f"column {i}" for i, cell in enumerate(cells, 1)]
    check_header(str(path), names, frame)
    return names


def _are_measured(numbers: list[str]) -> bool:
    """Return whether some numbers are values of a row; years and wavelengths, which name columns, are in order."""
    fractions = [float(number) for number in numbers if "." in number]
    return len(fractions) > 1 and fractions not in (sorted(fractions), sorted(fractions, reverse=True))


def check_no_title(source: str, frame: Frame, unnamed: Collection[str]) -> None:
    """Raise an error if the first line names so few of the columns that it is a title, or a heading of groups."""
    named = [name for name in frame.columns if name not in unnamed]
    after = frame.columns[frame.columns.index(named[0]) :] if named else []
    lacking = [name for name in after if name in unnamed and frame[name].null_count() < frame.height]
    if lacking and len(lacking) >= len(named):
        raise InputError(
            "The first line of {source} names {count} of its {width} columns ({names}), as a title or a heading of "
            "groups does: remove the lines above the one with a name for each column.{where}",
            source=source,
            count=len(named),
            width=frame.width,
            names=", ".join(f"{name!r:.40}" for name in named[:3]),
            where=_line_of_names(frame),
        )


def _line_of_names(frame: Frame) -> str:
    """Return a sentence that says in which line the names of the columns seem to be, if some line has them all."""
    first = frame.head(_MOST_OF_A_TITLE)
    row = next((row for row, cells in enumerate(first.iter_rows()) if None not in cells), None)
    if row is None:
        return ""
    return " " + tr("They seem to be in line {line}.", line=int(places_of(frame)[row, 1]))


def check_header(source: str, names: list[str], frame: Frame) -> None:
    """Raise an error if a name, of the first row of a frame, comes twice; the second row may say why."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        places = [i for i, name in enumerate(names) if name == twice]
        below = [frame.row(1)[i] for i in places] if frame.height > 1 else []
        fix = tr("give each its own name")
        if _is_number(twice):
            fix = tr("give each its own name, or add a line with names if these are values")
        elif below and not any(cell is None or _is_number(cell) for cell in below):
            fix = tr("give each its own name, or join it with the one below if that is a further heading")
        raise InputError(
            "{source} has {count} columns named {twice!r} (columns {numbers}): {fix}.",
            source=source,
            count=len(places),
            twice=twice,
            numbers=", ".join(str(i + 1) for i in places[:5]),
            fix=fix,
        )
    refuse_patterns(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
