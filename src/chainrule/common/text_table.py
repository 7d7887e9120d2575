"""Tables as plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from chainrule.common.rich_text import rich_text

_ENDLESS = 10**6  # columns of a line: what is wider than a terminal, that breaks; rich would leave letters out


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]], texts: Collection[int] = (0,)) -> str:
    """Return a table as text: columns of texts, by default the first one, left-aligned, the others right-aligned.

    >>> print(text_table(["layer", "parameters"], [["Dense", "12"], ["ReLU", "0"]]))
    layer  parameters
    Dense          12
    ReLU            0
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i in texts else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return rich_text([table], width=_ENDLESS)
