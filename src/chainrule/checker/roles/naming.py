"""How a table of wrong equations becomes mistakes."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.checker.probe import Equation, Mistake


def named(family: str, wrong: Mapping[str, Equation]) -> list[Mistake]:
    """Return mistakes with keys in the texts; what follows a space in a name only tells alike ones apart.

    >>> [mistake.key for mistake in named("pooling", {"sign": dict, "averaged dW": dict, "averaged db": dict})]
    ['pooling.sign', 'pooling.averaged', 'pooling.averaged']
    """
    return [Mistake(f"{family}.{name.partition(' ')[0]}", equation) for name, equation in wrong.items()]
