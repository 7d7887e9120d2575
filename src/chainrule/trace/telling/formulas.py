"""Equations as MathML, which browsers typeset without help."""

from __future__ import annotations

from functools import cache
from html import escape


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
