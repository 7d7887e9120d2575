"""Equations: read from docstrings, where each stands once, and typeset as MathML, which browsers show without help."""

from __future__ import annotations

import inspect
import re
from functools import cache
from html import escape

from chainrule.common import notebook

# A directive's equation follows on its line, or as an indented block after a blank line or none.
_BLOCK = re.compile(r"^\.\. math::[ ]*(?P<line>\S.*)?\n?(?P<block>(?:[ ]*\n|[ ]+\S.*\n?)*)", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]+)`")


@cache
def equations_in(doc: str | None) -> tuple[str, ...]:
    r"""Return the displayed equations of a docstring, or if there are none, those inside of its sentences.

    >>> equations_in("Add.\n\n.. math:: Z = A W\n\n.. math::\n    dA =\n    dZ W^T\n\nText.")
    ('Z = A W', 'dA = dZ W^T')
    >>> equations_in(r"The sum :math:`y = \sum x`; and more.")
    ('y = \\sum x',)
    """
    text = inspect.cleandoc(doc or "")
    displays = (f"{match['line'] or ''} {match['block']}" for match in _BLOCK.finditer(text))
    return tuple(" ".join(display.split()) for display in displays) or tuple(_INLINE.findall(text))


@cache
def mathml(equation: str) -> str:
    """Return an equation in LaTeX as MathML; what cannot be converted, such as a user's own macros, as it is written.

    >>> mathml("Z = A W")[-34:]
    '<mi>A</mi><mi>W</mi></mrow></math>'
    """
    from latex2mathml.converter import convert

    try:
        return str(convert(equation, display="block"))
    except Exception:  # it has no error of its own, and raises whatever comes up
        return f"<code>{escape(equation)}</code>"


class Typeset:
    """A base of what may have equations in its docstring, and then shows them typeset in notebooks."""

    @property
    def equations(self) -> tuple[str, ...]:
        """The equations in LaTeX, a text for each display; none if a subclass of a user's has no docstring."""
        return equations_in(type(self).__doc__)

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows: the settings and the equations; None, so that it takes the repr, without."""
        shown = "".join(f'<div class="equation">{mathml(equation)}</div>' for equation in self.equations)
        return notebook.fragment(f"<code>{escape(repr(self))}</code>{shown}") if shown else None
