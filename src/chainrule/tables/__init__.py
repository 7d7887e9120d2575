"""Tables of one's own: read from files, recognized, split, and learned by a network that keeps how it was done."""

from chainrule.tables.columns import Columns, columns
from chainrule.tables.model import TableModel
from chainrule.tables.reading import read, scan
from chainrule.tables.recognition import Column
from chainrule.tables.scans import Scan
from chainrule.tables.splitting import split
from chainrule.tables.windows import Windows, windows

__all__ = ["Column", "Columns", "Scan", "TableModel", "Windows", "columns", "read", "scan", "split", "windows"]
