"""What is wrong with a table though it can be learned from: leaks, rare classes, rows without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import DataWarning, warn
from chainrule.common.texts import tr
from chainrule.tables.encoders import SMALLEST, Categorical, Date, Numeric, days
from chainrule.tables.frames import Frame, Series, texts
from chainrule.tables.preparation import Preparation
from chainrule.tables.rows import called
from chainrule.tables.targets import Target

_RARE = 0.1  # of the rows
_SAME = 0.9999  # correlation of a column that is the target in other units
_ROWS_PER_VALUE = 5  # with fewer, each value may come with one class by chance
_FEW = 10  # rows, in which anything may agree by chance
_TOTALS = ["total", "totals", "grand total", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "zwischensumme"]
_TOTALS += ["합계", "총계", "소계", "총합", "누계"]
_MOST_TOTALS = 3  # rows; a category of more is one of its own


def warn_of_findings(frame: Frame, preparation: Preparation, target: Target, y: NDArray[Any], *, weighed: bool) -> None:
    """Warn of columns that know the answer, and of classes that few rows have, unless classes are weighed."""
    for encoder in preparation.encoders:
        if len(y) > _FEW and _gives_away(frame, encoder, target, y):
            warn(
                "Column {name!r} says what {target!r} is: if it is known only afterwards, as the end of "
                "a trip that is to be predicted, leave it out (--drop {name}, or columns(..., "
                "drop=[{name!r}])).",
                DataWarning,
                name=encoder.name,
                target=target.name,
            )
        if isinstance(encoder, Categorical):
            _warn_of_totals(frame[encoder.name])
    _warn_of_alike(target)
    if target.task == "classification" and not weighed:
        shares = np.bincount(y) / len(y)
        if (rarest := int(shares.argmin())) >= 0 and shares[rarest] < _RARE:
            warn(
                "Class {label!r} of {target!r} has {share:.1%} of the rows: the accuracy says little about "
                "it. See the ROC AUC or the balanced accuracy, or weigh the classes (--class-weight balanced, or "
                'class_weight="balanced").',
                DataWarning,
                label=target.classes[rarest],
                target=target.name,
                share=shares[rarest],
            )


def warn_of_unknown(unknown: Iterable[Mapping[str, int]]) -> None:
    """Warn of categories that training did not know, of which each block of a table says how many a column has."""
    for sentence in told_unknown(sum(map(Counter, unknown), Counter[str]())):
        warn(sentence, DataWarning)


def warn_of_learned_rows(share: float, table: Any) -> None:
    """Say that a model meets rows that it learned from, if any, which it knows better than it will know others."""
    if share:
        warn(
            "The model learned from about {share:.0%} of the rows of {table}, so what it makes of them does not tell "
            "what it will make of new ones: test it on rows that it has not seen.",
            DataWarning,
            share=share,
            table=called(table),
        )


def _warn_of_totals(series: Series) -> None:
    """Warn of rows that seem to be the sum of others, as spreadsheets have below a table."""
    values = texts(series)
    totals = values.filter(values.str.to_lowercase().is_in(_TOTALS).fill_null(False))
    if 0 < totals.len() <= _MOST_TOTALS:
        warn(
            "Column {name!r} holds {word!r} in {count:,} of its rows: if these add up the others, remove "
            "them, because they are learned from.",
            DataWarning,
            name=series.name,
            word=totals[0],
            count=totals.len(),
        )


def _warn_of_alike(target: Target) -> None:
    """Warn of classes that are told apart by capital letters only."""
    of_word: dict[str, str] = {}
    for name in target.classes:
        other = of_word.setdefault(name.casefold(), name)
        if other != name:
            warn(
                "The classes {other!r} and {name!r} of {target!r} differ in capital letters only and are "
                "learned as two: write them alike if they are one.",
                DataWarning,
                other=other,
                name=name,
                target=target.name,
            )


def _gives_away(frame: Frame, encoder: Any, target: Target, y: NDArray[Any]) -> bool:
    """Return whether a column is the target under another name, in other units or in other words."""
    series = frame[encoder.name]
    if target.task == "regression":
        if isinstance(encoder, Numeric):
            x = encoder.read(series)
        elif isinstance(encoder, Date):
            x = days(encoder.read(series))
        else:
            return False
        present = ~np.isnan(x)
        spread = present.sum() > _FEW and min(np.ptp(x[present]), np.ptp(y[present])) > SMALLEST
        return bool(spread and abs(np.corrcoef(x[present], y[present])[0, 1]) > _SAME)
    if not isinstance(encoder, Numeric | Categorical):
        return False
    if isinstance(encoder, Numeric):
        values = np.unique(encoder.read(series), return_inverse=True)[1]
    else:
        values = encoder.codes(series)
    values = values + 1  # a category that training does not know is -1
    different = np.count_nonzero(np.bincount(values))
    pairs = np.count_nonzero(np.bincount(values * len(target.classes) + y))
    return bool(pairs == different <= len(y) / _ROWS_PER_VALUE)  # each value comes with one class only


def told_unknown(counts: Mapping[str, int]) -> list[str]:
    """Return a sentence for each column with categories that training did not know, by how many they are."""
    return [
        tr(
            "Column {name!r} has {count:,} value that training did not know; for the network it is none of its "
            "categories."
            if count == 1
            else "Column {name!r} has {count:,} values that training did not know; for the network they are none of "
            "its categories.",
            name=name,
            count=count,
        )
        for name, count in counts.items()
    ]
