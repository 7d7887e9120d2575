"""The column to predict: classes or values, and what a network learns in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import Note, later, tr
from chainrule.data.spread import mean_and_deviation
from chainrule.tables.encoders import LARGEST, SMALLEST, read_numbers, truth_values
from chainrule.tables.frames import Series, needs_polars, texts
from chainrule.tables.number_texts import PLAIN, NumberFormat, number_format
from chainrule.tables.recognition import Column, shown
from chainrule.tables.rows import WrongRowError
from chainrule.tables.scans import rows_of_table

Task = Literal["classification", "regression"]

_MOST_CLASSES = 10  # whole numbers that are classes, if nobody says what they are
_ROWS_PER_CLASS = 5
_MOST = 1000  # classes of texts
WHY = {
    "said": later("you said so"),
    "in time": later("numbers in time"),
    "classes": later("{count:,} classes"),
    "two": later("2 different numbers"),
    "whole": later("{count} different whole numbers; --task regression takes them as values"),
    "numbers": later("{count:,} different numbers"),
}
"""Why a target is classes or values: what a model file keeps of it, in whatever language it was trained."""


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Attributes
    ----------
    name
        The column's name.
    task
        "classification" or "regression".
    why
        Why it is that task, one of `WHY`.
    classes
        The texts of the classes, in order.
    boolean, whole
        Whether the classes are truth values, or whole numbers.
    spelled
        How the table writes false and true, if they are words in it.
    numbers
        How values are written in texts.
    center, scale
        Mean and standard deviation of the values, which are learned as numbers around 0.
    low, high
        The smallest and largest value.
    """

    name: str
    task: Task
    why: Note
    classes: tuple[str, ...] = ()
    boolean: bool = False
    whole: bool = False
    spelled: tuple[str, ...] = ()
    numbers: NumberFormat = PLAIN
    center: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    high: float = 0.0

    @property
    def predictions(self) -> list[str]:
        """The names of the columns that predictions add to a table."""
        return ["prediction", *(f"probability of {name}" for name in self.classes)]

    def numbers_of(self, series: Series) -> NDArray[Any]:
        """Return the place of each row's class, or its value.

        Raises
        ------
        InputError
            If a value is missing, or is none of the classes.
        """
        if self.task == "regression":
            y = read_numbers(series, self.numbers)
            missing = np.isnan(y)
        else:
            polars = needs_polars("A table")
            values = truth_values(series) if self.boolean else texts(series)
            places = dict(zip(self.classes, range(len(self.classes)), strict=True))
            codes = values.replace_strict(places, default=-1, return_dtype=polars.Int64)
            missing = values.is_null().to_numpy()
            unknown = (codes.fill_null(-1) < 0).to_numpy() & ~missing
            if unknown.any():
                row = int(unknown.argmax())
                raise WrongRowError(
                    "Column {name!r} is {value!r:.40} in {row}, but the model knows the classes {classes}.",
                    row,
                    name=self.name,
                    value=values[row],
                    classes=shown(self.classes),
                )
            y = codes.fill_null(-1).to_numpy()
        if missing.any():
            raise WrongRowError(
                "Column {name!r} is missing in {row}: where the answer is unknown, there is nothing to compare with.",
                int(missing.argmax()),
                name=self.name,
            )
        return y

    def answers_of(self, table: Any) -> NDArray[Any]:
        """Return what `numbers_of` does of its column of a table, in memory or in a file, whose rows are named."""
        with rows_of_table(table):
            return self.numbers_of(table[self.name])

    def values_of(self, P: NDArray[Any], rows: NDArray[np.int64], height: int) -> NDArray[np.float64]:
        """Return what a network's outputs say of a table.

        Parameters
        ----------
        P
            The outputs, of shape (examples, outputs).
        rows
            The row of the table that each example predicts.
        height
            How many rows the table has.

        Returns
        -------
        numpy.ndarray
            Probabilities of shape (rows, classes), or values of shape (rows,) in the units of the table; NaN where no
            example predicts.
        """
        values = np.full((height, max(len(self.classes), 1)), np.nan)
        if len(P):
            P = P.astype(np.float64)
            values[rows] = np.hstack([1 - P, P]) if values.shape[1] > P.shape[1] else P
        return values if self.task == "classification" else values[:, 0] * self.scale + self.center

    def labels(self, P: NDArray[Any]) -> Series:
        """Return the most probable classes: whole numbers or truth values, if they are that, else texts; null for NaN.

        Of probabilities of shape (rows, classes).
        """
        polars = needs_polars("A table")
        labels = polars.Series("prediction", np.array(self.classes, object)[P.argmax(axis=1)].tolist(), polars.String)
        labels = labels.set(polars.Series(np.isnan(P[:, 0])), None)
        if self.boolean:
            return labels == "true"
        return labels.cast(polars.Int64) if self.whole else labels

    def as_written(self, labels: Series) -> Series:
        """Return labels as the table writes them: TRUE where truth values are words."""
        polars = needs_polars("A table")
        if not self.spelled:
            return labels
        words = dict(zip((False, True), self.spelled, strict=True))
        return labels.replace_strict(words, default=None, return_dtype=polars.String)

    def weights_of(self, weights: Mapping[Any, float]) -> dict[int, float]:
        """Return weights of classes by the places of these."""
        places = {text: place for place, text in enumerate(self.classes)}
        polars = needs_polars("A table")
        names = [texts(polars.Series([name]))[0] for name in weights]  # 1.0 names the class 1
        names = [str(name).lower() if self.boolean else str(name) for name in names]
        by_text = dict(zip(names, weights.values(), strict=True))
        if by_text.keys() != places.keys():
            raise InputError(
                "class_weight takes a weight for each class of {name!r}, which are {classes}, but it has weights for "
                "{by_text}.",
                name=self.name,
                classes=shown(self.classes),
                by_text=shown(list(by_text)),
            )
        return {place: by_text[text] for text, place in places.items()}


def target_of(table: Any, column: Column, task: Task | None, *, in_time: bool = False) -> Target:
    """Return what is to be learned of a column without missing values; of numbers in time, their values.

    Raises
    ------
    InputError
        If there is nothing to learn, such as one class only, or the values do not suit the task.
    """
    with rows_of_table(table):
        return _target_of(table[column.name], column, task, in_time)


def _target_of(series: Series, column: Column, task: Task | None, in_time: bool) -> Target:
    name = series.name
    if task != "classification" and column.words and texts(series).is_in(column.words).any():
        raise InputError(
            "Column {name!r} is to be predicted as a number, but some rows hold {words}: leave the cell empty where "
            "the answer is unknown, and drop rows of totals.",
            name=name,
            words=shown(column.words),
        )
    if task is None and in_time and column.kind == "numeric":
        task, why = "regression", Note(WHY["in time"])
    elif task is None:
        task, why = _task(series, column)
    else:
        why = Note(WHY["said"])
    if series.len() < 2:
        raise InputError(
            "Rows with a value of {name!r}: {count}. To learn from examples takes at least 2, and some hundred to "
            "learn much.",
            count=series.len(),
            name=name,
        )
    target = _classes(series, column, why) if task == "classification" else _values(series, column, why)
    if target.task == "regression" and target.low == target.high:
        raise InputError(
            "Column {name!r} is {low:g} in all rows: there is nothing to learn.", name=name, low=target.low
        )
    return target


def _task(series: Series, column: Column) -> tuple[Task, Note]:
    """Return what a column asks for, and why."""
    if column.kind in ("date", "picture"):
        raise InputError(
            "Column {name!r} holds dates: a model predicts a class or a number."
            if column.kind == "date"
            else "Column {name!r} holds pictures: a model predicts a class or a number.",
            name=column.name,
        )
    if column.kind in ("boolean", "categorical"):
        return "classification", Note(WHY["classes"], {"count": column.distinct})
    distinct = texts(series).unique()
    values = column.numbers.parsed(distinct)
    if values.null_count():
        return "classification", Note(WHY["classes"], {"count": column.distinct})
    if column.distinct == 2:
        return "classification", Note(WHY["two"])
    whole = bool((values == values.floor()).all())
    if whole and column.distinct <= _MOST_CLASSES and series.len() >= _ROWS_PER_CLASS * column.distinct:
        return "classification", Note(WHY["whole"], {"count": column.distinct})
    return "regression", Note(WHY["numbers"], {"count": column.distinct})


def _classes(series: Series, column: Column, why: Note) -> Target:
    polars = needs_polars("A table")
    name, boolean = series.name, column.kind == "boolean" and _are_words(series)
    classes = (truth_values(series) if boolean else texts(series)).unique().sort()
    if classes.len() == 1:
        raise InputError(
            "Column {name!r} is {classes!r:.40} in all rows with a value: telling classes apart takes two or more.",
            name=name,
            classes=classes[0],
        )
    if classes.len() > _MOST or (classes.len() > _MOST_CLASSES and classes.len() > series.len() / 2):
        raise InputError(
            "Column {name!r} has {count:,} different texts in {rows:,} rows ({examples}): these are no classes. "
            "Name another target, or say that its task is regression if these are numbers.",
            name=name,
            count=classes.len(),
            rows=series.len(),
            examples=shown(classes.to_list(), 3),
        )
    whole = not boolean and bool(classes.str.contains(r"^-?(0|[1-9][0-9]{0,17})$").all())
    if whole:
        classes = classes.cast(polars.Int64).sort().cast(polars.String)
    spelled = _spelled(series) if boolean else ()
    return Target(name, "classification", why, tuple(classes.to_list()), boolean, whole, spelled)


def _spelled(series: Series) -> tuple[str, ...]:
    """Return how false and true are mostly written; nothing if they are no words."""
    if series.dtype == needs_polars("A table").Boolean:
        return ()
    words = texts(series)
    return tuple(words.filter(words.str.to_lowercase() == word).mode().sort()[0] for word in ("false", "true"))


def _are_words(series: Series) -> bool:
    """Return whether truth values are written as words, and not as 0 and 1, which stay numbers."""
    polars = needs_polars("A table")
    return bool(series.dtype == polars.Boolean or texts(series).str.to_lowercase().is_in(["true", "false"]).all())


def _values(series: Series, column: Column, why: Note) -> Target:
    format = column.numbers
    if not series.dtype.is_numeric() and column.kind != "numeric":
        distinct = texts(series).unique()
        format, numbers = number_format(distinct)
        if numbers < distinct.len():
            row = format.parsed(texts(series)).is_null().arg_true()[0]
            raise WrongRowError(
                "Column {name!r} is to be predicted as a number, but {row} is {value!r:.40}. Say that the task is "
                "classification, or correct it.",
                row,
                name=series.name,
                value=series[row],
            )
    numbers = series if series.dtype.is_numeric() else format.parsed(texts(series))
    low, high = float(numbers.min()), float(numbers.max())
    span = tr(
        "Column {name!r} is to be predicted as a number, but goes from {low:g} to {high:g}",
        name=series.name,
        low=low,
        high=high,
    )
    if max(abs(low), abs(high)) > LARGEST:
        raise InputError(
            "{span}, beyond {largest:g}, the largest of float32: divide it by a power of 10, or take its logarithm.",
            span=span,
            largest=LARGEST,
        )
    y = numbers.to_numpy() if series.dtype.is_integer() else read_numbers(series, format)
    (center,), (scale,) = mean_and_deviation(tr("Column {name!r}", name=series.name), y[:, None])
    if 0 < scale < SMALLEST:
        raise InputError("{span}, which differ by less than float32 can tell: multiply it by a power of 10.", span=span)
    return Target(
        series.name, "regression", why, numbers=format, center=float(center), scale=float(scale) or 1.0,
        low=low, high=high,
    )  # fmt: skip
