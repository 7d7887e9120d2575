"""Rows as messages name them: counted from 1, without the header as data are and with it as spreadsheets do."""

from __future__ import annotations

from chainrule.common.errors import InputError


def place(row: int) -> str:
    """Return how a row is called, by its index.

    >>> place(2)
    'row 3 (4 with the header)'
    """
    return f"row {row + 1} ({row + 2} with the header)"


class WrongRowError(InputError):
    """What is wrong with one row; who read it as a row of a block says which row of the whole table it is.

    Attributes
    ----------
    row
        Its index.
    """

    def __init__(self, before: str, row: int, after: str) -> None:
        super().__init__(f"{before}{place(row)}{after}")
        self.row, self._before, self._after = row, before, after

    def at(self, row: int) -> WrongRowError:
        """Return the same of another row."""
        return WrongRowError(self._before, row, self._after)
