"""What went where: a table of the arrays that a network got from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from chainrule.common import notebook
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr

_COLUMNS = (later("here"), later("shape"), later("from"), later("its shape"), later("change"))


@dataclass(frozen=True, repr=False)
class WeightsReport:
    """Which array of another library went to which of the network, as a table when printed and in notebooks.

    Attributes
    ----------
    rows
        A row of texts for each array of the network that was set: its path, its shape, the arrays that it was made of,
        their shape, and what was done to them.
    kept
        The paths of the layers whose arrays stayed as they were, because a mapping left them out.
    unused
        The names of the modules elsewhere that no layer took.
    notes
        Sentences about what the weights alone do not say.
    """

    rows: tuple[tuple[str, str, str, str, str], ...]
    kept: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([text_table(tuple(map(tr, _COLUMNS)), self.rows, texts=(0, 2, 4)), *self._lines()])

    def __repr__(self) -> str:
        return tr("WeightsReport({count} arrays)", count=len(self.rows))

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in self._lines())
        return notebook.fragment(notebook.table(tuple(map(tr, _COLUMNS)), self.rows) + lines)

    def _lines(self) -> Iterable[str]:
        if self.kept:
            yield tr("Kept as they were: {layers}.", layers=", ".join(self.kept))
        if self.unused:
            yield tr("Not used: {modules}.", modules=", ".join(self.unused))
        yield from self.notes
