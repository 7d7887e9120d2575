"""The column to predict among the rows and the columns of a table that is learned from."""

from __future__ import annotations

from typing import Any

from chainrule.common.errors import DataWarning, InputError, warn
from chainrule.common.texts import later, tr
from chainrule.tables.columns import Columns
from chainrule.tables.columns import columns as recognized
from chainrule.tables.frames import Frame, texts
from chainrule.tables.rows import with_places_of
from chainrule.tables.scans import some_of
from chainrule.tables.targets import Target


def with_answers(table: Any, target: str, *, quiet: bool = False, instead: str = later("which are left out")) -> Any:
    """Return the rows that have a target; warn of those that have none, and of what becomes of them, unless quiet."""
    missing = texts(table[target]).is_null().to_numpy()
    if not (n := int(missing.sum())):
        return table
    if n == table.height:
        raise InputError("Column {target!r} is missing in all rows: there is nothing to learn.", target=target)
    if not quiet:
        written = sorted({str(value) for value in table[target].filter(missing).drop_nulls()} - {"", "NaN", "nan"})
        as_text = (
            " " + tr("({values} stands for a missing value)", values=", ".join(map(repr, written[:3])))
            if written
            else ""
        )
        warn(
            "{target!r} is missing in {count:,} of {rows:,} rows{as_text}, {instead}.",
            DataWarning,
            target=target,
            count=n,
            rows=table.height,
            as_text=as_text,
            instead=tr(instead),
        )
    return some_of(table, ~missing)


def with_own_past(columns: Columns, answered: Frame, target: Target) -> Columns:
    """Return columns with a target of numbers among what is learned from, though they may look like an identifier."""
    if columns[target.name].kind != "left out" or target.task == "classification":
        return columns
    own = recognized(with_places_of(answered, answered.select(target.name)), numeric=[target.name])[target.name]
    return Columns([own if column.name == target.name else column for column in columns])
