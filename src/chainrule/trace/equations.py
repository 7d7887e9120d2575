"""Equations of layers, losses and optimizers, read from their docstrings, where each stands once."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from chainrule.equations.activations import ACTIVATIONS
from chainrule.layers import Activation
from chainrule.layers.own import OwnLayer

# A directive's equation follows on its line, or as an indented block after a blank line or none.
_BLOCK = re.compile(r"^\.\. math::[ ]*(?P<line>\S.*)?\n?(?P<block>(?:[ ]*\n|[ ]+\S.*\n?)*)", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]+)`")


def equations_of(thing: Any) -> tuple[str, ...]:
    """Return the equations of a layer, a loss or an optimizer in LaTeX, one text for each display of its docstring.

    A layer of a user's own has those that the user wrote.
    """
    if isinstance(thing, Activation):
        return equations_in(ACTIVATIONS[thing.function].value.__doc__)
    if isinstance(thing, OwnLayer):
        thing = thing.layer
    documented = getattr(thing, "documented", None)  # the functions of a lesson, which this layer runs
    if documented is not None:
        return tuple(text for function in documented for text in equations_in(function.__doc__))
    return equations_in(type(thing).__doc__)


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
