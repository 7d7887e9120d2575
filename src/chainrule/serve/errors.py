"""Why a request is refused: a status, a sentence, and which fields of which rows are wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.common.errors import ChainruleError


class Field(NamedTuple):
    """One wrong value of a request.

    Attributes
    ----------
    row
        Counted from 1; None if all rows are meant.
    column
        The name of a column, or the place of a value in its row, counted from 1; None if the whole row is meant.
    message
        What is wrong with it, in the reader's language.
    """

    row: int | None
    column: str | int | None
    message: str


class RequestError(ChainruleError):
    """A request that is not answered.

    Parameters
    ----------
    english, **values
        As for all errors.
    status
        That of HTTP.
    fields
        The wrong values, if the request was read so far.
    """

    def __init__(self, english: str = "", /, *, status: int, fields: Sequence[Field] = (), **values: object) -> None:
        super().__init__(english, **values)
        self.status, self.fields = status, list(fields)

    def content(self) -> dict[str, Any]:
        """Return what the answer holds."""
        return {"error": str(self), "fields": [field._asdict() for field in self.fields]}


def retold(error: Exception, status: int) -> RequestError:
    """Return an error of the library as the reason why a request is refused; its text is in its language already."""
    refused = RequestError(status=status)
    refused.args = (str(error),)
    return refused


def as_json(value: Any) -> str:
    """Return a value as the client wrote it, or the beginning of a long one.

    >>> as_json(None), as_json("a"), as_json([True])
    ('null', '"a"', '[true]')
    """
    return json.dumps(value, ensure_ascii=False)[:40]
