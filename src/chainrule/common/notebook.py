"""What notebooks show in the place of a text: small tables and equations, and whether there is a notebook at all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from html import escape

# Notebooks are light or dark as their user chose, whatever the system says, so colors are only ever those around it.
_STYLE = """\
.chainrule-shown { line-height: 1.5; }
.chainrule-shown .equation { overflow-x: auto; overflow-y: hidden; padding: .25rem 0; }
.chainrule-shown .equation math { display: inline math; math-style: normal; font-size: 1.15em; }
.chainrule-shown .scroll { max-height: 36rem; max-width: 100%; overflow: auto; }
.chainrule-shown table { border-collapse: collapse; margin: .3rem 0; }
.chainrule-shown th, .chainrule-shown td { padding: .15rem .6rem; text-align: right; white-space: nowrap; }
.chainrule-shown th:first-child, .chainrule-shown td:first-child { text-align: left; }
.chainrule-shown thead th { border-bottom: 1px solid currentColor; }
.chainrule-shown tr.marked td { font-weight: 700; }
.chainrule-shown progress { vertical-align: middle; width: 12rem; }
"""


def fragment(content: str) -> str:
    """Return what a notebook shows below a cell; its style touches nothing else there."""
    return f'<style>{_STYLE}</style><div class="chainrule-shown">{content}</div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], marked: Iterable[int] = ()) -> str:
    """Return a table of texts that scrolls where it is large, with some rows in bold type.

    >>> table(["layer"], [["Dense"]]).partition("<tbody>")[2]
    '<tr><td>Dense</td></tr></tbody></table></div>'
    """
    bold = set(marked)
    heads = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = ""
    for i, row in enumerate(rows):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        body += f'<tr class="marked">{cells}</tr>' if i in bold else f"<tr>{cells}</tr>"
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def running() -> bool:
    """Return whether a notebook shows what is displayed; IPython in a terminal has no kernel."""
    interactive = sys.modules.get("IPython")
    shell = None if interactive is None else interactive.get_ipython()
    return hasattr(shell, "kernel")
