"""Rows that test and are the same as rows that train, if they are more than chance makes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import DataWarning, warn
from chainrule.tables.frames import Frame, needs_polars
from chainrule.tables.scans import Scan, rows_to_look_at

_FEW_VALUES = 50  # of a column, which may follow from another one
_COPIES = 5  # rows: a value that only they have, all of them the same, comes again because the row does
_NEGLIGIBLE = 0.01  # rows


def warn_of_repeated(train: Any, test: Any) -> None:
    """Warn of rows of a table that tests and one that trains, as far as both have the same columns."""
    types = comparable(train).items() & comparable(test).items()
    if names := [name for name, _ in types]:
        warn_of_equal(digests_of(train, names), digests_of(test, names), (train, test), names)


def warn_of_equal(
    train: NDArray[np.uint64], test: NDArray[np.uint64], parts: tuple[Any, Any], names: list[str]
) -> None:
    """Warn of rows of two parts of a table with equal digests, if chance does not make as many."""
    repeated = int(np.isin(test, train).sum())
    if not repeated:
        return
    looked_at, new = (rows_to_look_at(part)[names] for part in parts)
    chance = len(test) * _share_by_chance(looked_at, new, len(train))
    # Twice, because columns that depend on each other have fewer different rows than they would have by themselves.
    if repeated > 2 * chance + 3 * math.sqrt(chance):
        warn(
            "{repeated:,} of {test:,} rows that test are the same as rows that train, so they test nothing new: "
            "remove duplicate rows, or split by the group that they come from.",
            DataWarning,
            repeated=repeated,
            test=len(test),
        )


def comparable(table: Any) -> dict[str, Any]:
    """Return the types of the columns whose values can be compared."""
    polars = needs_polars("A table")
    schema = dict(next(table.map(lambda block: block.schema)) if isinstance(table, Scan) else table.schema)
    return {name: dtype for name, dtype in schema.items() if not dtype.is_nested() and dtype != polars.Object}


def digests_of(table: Any, names: list[str]) -> NDArray[np.uint64]:
    """Return a number for each row, which rows with the same values in these columns share."""
    blocks = table.map(lambda block: block[names]) if isinstance(table, Scan) else [table[names]]
    return np.concatenate([block.hash_rows().to_numpy() for block in blocks])


def _share_by_chance(train: Frame, test: Frame, rows: int) -> float:
    r"""Return the share of test rows that are like one of some rows of training, if columns are independent.

    .. math:: 1 - (1 - p)^n, \quad p = \prod_c p_c

    with the share :math:`p_c` that the row's value has of column c. A column that another one says counts once.
    """
    polars = needs_polars("A table")
    distinct, p = train.unique(), np.ones(test.height)
    counts = {name: train[name].n_unique() for name in train.columns}
    kept: list[str] = []
    for name in sorted(counts, key=lambda name: -counts[name]):
        if any(polars.DataFrame([train[k].alias("k"), train[name].alias("v")]).n_unique() == counts[k] for k in kept):
            continue
        kept += [name] if counts[name] <= _FEW_VALUES else []
        of_value = train[name].alias("value").value_counts(name="rows").join(
            distinct[name].alias("value").value_counts(name="different"), on="value", nulls_equal=True
        )  # fmt: skip
        copies = (polars.col("different") == 1) & (polars.col("rows") <= _COPIES)
        share = of_value.select("value", p=polars.when(copies).then(0.0).otherwise(polars.col("rows") / train.height))
        tests = test.select(value=test[name]).join(
            share, on="value", how="left", nulls_equal=True, maintain_order="left"
        )
        p *= tests["p"].fill_null(0).to_numpy()
        if rows * p.sum() < _NEGLIGIBLE:
            return 0.0
    return float(np.mean(1 - (1 - p) ** rows))
