"""Rows as messages name them: counted from 1, without the header as data are and with it as spreadsheets do."""

from __future__ import annotations

from chainrule.common.errors import InputError
from chainrule.common.texts import tr


def place(row: int) -> str:
    """Return how a row is called, by its index.

    >>> place(2)
    'row 3 (4 with the header)'
    """
    return tr("row {row} ({line} with the header)", row=row + 1, line=row + 2)


class WrongRowError(InputError):
    """What is wrong with one row; who read it as a row of a block says which row of the whole table it is.

    Attributes
    ----------
    row
        Its index.
    """

    def __init__(self, english: str, index: int, /, **values: object) -> None:
        super().__init__(english, row=place(index), **values)
        self.row, self._english, self._values = index, english, values

    def told_as(self, place: str) -> str:
        """Return the text with another name for the row."""
        return tr(self._english, row=place, **self._values)

    def at(self, row: int) -> WrongRowError:
        """Return the same of another row."""
        return WrongRowError(self._english, row, **self._values)
