"""A model of a table behind a service: each row is an object with a value for each column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.texts import later, tr
from chainrule.serve.arrays import MOST_FIELDS
from chainrule.serve.errors import Field, RequestError, as_json, retold
from chainrule.serve.served import Inputs, classified
from chainrule.tables.encoders import Categorical, Picture
from chainrule.tables.examples import examples
from chainrule.tables.findings import told_unknown
from chainrule.tables.frames import Frame, needs_polars
from chainrule.tables.model import TableModel
from chainrule.tables.pictures import picture_of
from chainrule.tables.preparation import Preparation, likely
from chainrule.tables.rows import NamedRowError

_KINDS = {bool: later("true or false"), int: later("a number"), float: later("a number"), str: later("a text")}
_LARGEST = 2**63 - 1  # of whole numbers in a frame
_BYTE = 255.0


class TableRows:
    """A model of a table, whose rows come as JSON.

    Parameters
    ----------
    model
        As `chainrule.TableModel.load` gives it.
    """

    def __init__(self, model: TableModel) -> None:
        self.network, self._model = model.network, model
        time = [] if model.past is None or model.past.time is None else [model.past.time]
        self._columns = list(dict.fromkeys([*model.preparation.names, *time]))
        first = model.preparation.encoders[0]
        self._picture = first if isinstance(first, Picture) else None

    def from_rows(self, rows: list[Any]) -> Inputs:
        """Return the inputs of objects with a value for each column; null is a missing value.

        Raises
        ------
        RequestError
            If a column is missing, or a value is not of its column's kind. Of values that training would have read
            differently, the first of each column is named.
        """
        if self._picture is not None:
            raise RequestError("The model takes a picture: send one, such as a PNG file, in place of JSON.", status=415)
        self._refuse(list(islice(self._wrong(rows), MOST_FIELDS)))
        polars = needs_polars("A table")
        series = [_series(polars, name, [row[name] for row in rows]) for name in self._columns]
        return self._inputs(polars.DataFrame(series))

    def _inputs(self, frame: Frame) -> Inputs:
        model = self._model
        try:
            X, rows, unknown = examples(frame, model.preparation, model.past, model.target.name)
        except InputError as error:
            self._refuse(list(self._unreadable(frame)))
            raise retold(error, 422) from error
        return Inputs(X, rows, frame.height, told_unknown(unknown))

    def _refuse(self, fields: list[Field]) -> None:
        if fields:
            raise RequestError(
                "The rows are not what the model learned from: see fields. Its columns are {columns}.",
                status=422,
                fields=fields,
                columns=", ".join(map(repr, self._columns)),
            )

    def _wrong(self, rows: list[Any]) -> Iterator[Field]:
        """Yield what is wrong with rows, whatever the columns hold."""
        first: dict[str, tuple[int, str]] = {}  # of each column: the row of its first value, and what that is
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                text = tr(
                    "Row {row} must be an object with a value for each column, but it is {value}.",
                    row=number,
                    value=as_json(row),
                )
                yield Field(number, None, text)
                continue
            for name in self._columns:
                if text := _wrong_cell(row, name, number, first):
                    yield Field(number, name, text)

    def _unreadable(self, frame: Frame) -> Iterator[Field]:
        """Yield for each column the first value that is not of its kind."""
        for encoder in self._model.preparation.encoders:
            try:
                Preparation([encoder]).prepare(frame)
            except NamedRowError as error:
                number = error.row + 1
                yield Field(number, encoder.name, error.told_as(tr("row {row}", row=number)))
            except InputError as error:
                yield Field(None, encoder.name, str(error))

    def from_picture(self, content: bytes, name: str) -> Inputs:
        """Return the inputs of a picture, brought to the size that the model learned from.

        Raises
        ------
        RequestError
            If the model takes no pictures, or this is none.
        """
        if self._picture is None or self._picture.scale != _BYTE:
            raise RequestError(
                "The model takes rows of a table, and no picture files: send JSON with the columns {columns}.",
                status=415,
                columns=", ".join(map(repr, self._columns)),
            )
        polars = needs_polars("A table")
        try:
            picture = picture_of(name, content, self._picture.shape)
        except FileFormatError as error:
            raise retold(error, 422) from error
        kind = polars.Array(polars.UInt8, self._picture.shape)
        return self._inputs(polars.DataFrame([polars.Series(self._picture.name, picture[None], dtype=kind)]))

    def answer(self, P: NDArray[Any], inputs: Inputs) -> dict[str, Any]:
        """Return what the outputs say of each row; null where too few rows come before."""
        target = self._model.target
        values = target.values_of(P, inputs.rows, inputs.height)
        if target.task == "regression":
            return {"predictions": [None if v != v else v for v in values.tolist()]}
        classes = target.labels(np.eye(len(target.classes))).to_list()
        return classified(target.labels(values).to_list(), classes, values)

    def row_schema(self) -> dict[str, Any]:
        """Return the JSON schema of a row."""
        properties: dict[str, Any] = {name: {"type": ["string", "number", "null"]} for name in self._columns}
        for encoder in self._model.preparation.encoders:
            properties[encoder.name]["description"] = tr(encoder.kind)
            if encoder.kind == "boolean":
                properties[encoder.name]["type"] = ["boolean", "string", "number", "null"]
            elif isinstance(encoder, Categorical):
                properties[encoder.name]["examples"] = [c for c in encoder.categories if c][:10]
        return {"type": "object", "properties": properties, "required": self._columns}

    def form(self) -> dict[str, Any]:
        """Return the columns to fill in, with the categories that training knew; or a picture to choose."""
        if self._picture is not None:
            return {"kind": "picture"}
        encoders = self._model.preparation.encoders
        known = {e.name: [c for c in e.categories if c] for e in encoders if isinstance(e, Categorical)}
        kinds = {e.name: tr(e.kind) for e in encoders}
        columns = [{"name": n, "kind": kinds.get(n, ""), "known": known.get(n, [])} for n in self._columns]
        return {"kind": "table" if self._model.past is None else "rows", "columns": columns}


def _wrong_cell(row: dict[str, Any], name: str, number: int, first: dict[str, tuple[int, str]]) -> str:
    """Return what is wrong with a value of a row, beside the first one of its column; "" if nothing is."""
    if name not in row:
        return tr(
            "Row {row} has no column {column!r}: give it a value, or null if it is unknown.{suggestion}",
            row=number,
            column=name,
            suggestion=likely([name], list(row)),
        )
    value = row[name]
    if value is None:
        return ""
    kind = _KINDS.get(type(value))
    if kind is None or (type(value) is int and abs(value) > _LARGEST):
        return tr(
            "Column {column!r} of row {row} must be a text, a number, true, false or null, but it is {value}.",
            column=name,
            row=number,
            value=as_json(value),
        )
    before, usual = first.setdefault(name, (number, kind))
    if usual == kind:
        return ""
    return tr(
        "Column {column!r} of row {row} is {kind}, but that of row {before} is {usual}: write all of them in the same "
        "way.",
        column=name,
        row=number,
        kind=tr(kind),
        before=before,
        usual=tr(usual),
    )


def _series(polars: Any, name: str, values: list[Any]) -> Any:
    """Return a column of values of one kind, which is that of texts if all are missing."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        values = [None if value is None else float(value) for value in values]
    return polars.Series(name, values) if kinds else polars.Series(name, values, dtype=polars.String)
