"""What the exception says that a learner's function stops with: a key of the texts for each usual kind."""

from __future__ import annotations

import re

# The first that fits counts: the kind of the exception, what its text holds, and the key after "pattern.".
_KINDS = (
    ("UnboundLocalError", "", "never-set"),
    ("NameError", "", "no-such-name"),
    ("ValueError|TypeError", "unpack", "unpacking"),
    ("TypeError|AttributeError", "NoneType", "is-none"),
    ("TypeError", "positional argument|keyword argument|as a data type", "arguments"),
    ("TypeError", "not supported between|operand type|concatenate|not subscriptable|not callable|indices", "kinds"),
    ("RecursionError", "", "recursion"),
    ("KeyError", "", "no-such-key"),
    ("IndexError", "", "no-such-index"),
    ("AttributeError", "", "no-such-attribute"),
    ("ValueError", "shape|dimension|broadcast|align", "shapes"),
)


def pattern(kind: str, text: str) -> str:
    """Return the key of what can be said of an exception, without "pattern."; "" if it is no usual one.

    >>> pattern("ValueError", "too many values to unpack (expected 2)"), pattern("OverflowError", "too large")
    ('unpacking', '')
    """
    fitting = (key for kinds, words, key in _KINDS if re.fullmatch(kinds, kind) and re.search(words, text))
    return next(fitting, "")
