"""For teachers' own tests: ``from chainrule.checker.pytest_plugin import assert_correct``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chainrule.checker import inprocess
from chainrule.checker.names import likely
from chainrule.checker.telling import terminal
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking


def assert_correct(
    obj: Any,
    *,
    names: Mapping[str, str] | None = None,
    require: Iterable[str] = (),
    required: Iterable[str] = (),
    hint: int = 1,
    lang: str | None = None,
) -> None:
    """Raise an AssertionError with the report if a learner's code has a mistake.

    Parameters
    ----------
    obj
        A function, a class, a module, or a dict of functions and classes.
    names
        The usual names of functions that are called otherwise: ``{"my_gradient": "linear_backward"}``.
    require
        What has to be there and to be judged, by its own or by its usual name; without it, most of what there is.
    required
        The same, by the name that it had before.
    hint
        1 says what is wrong, 2 also where to look, 3 also the formula.
    lang
        "en" or "ko"; by default that of `set_language`, else of the system.

    Raises
    ------
    InputError
        If there is nothing whose task is known, or less could be judged than not.
    """
    __tracebackhide__ = True
    found = inprocess.check(obj, names=names, require=require or required, hint=hint, lang=lang)
    if terminal.outcome(found) == "wrong":
        raise AssertionError(str(found))
    with speaking(lang):
        _refuse_unjudged(found)


def _refuse_unjudged(found: inprocess.Report) -> None:
    if not found.checked:
        name = found.unmatched[0] if found.unmatched else "my_function"
        example = f'assert_correct(..., names={{"{name}": "{likely(name) or "linear_backward"}"}})'
        raise InputError(
            "Nothing in {file} has a name that is known. Say what it should do: {example}.",
            file=found.file,
            example=example,
        )
    if terminal.outcome(found) == "unchecked":
        raise InputError("{file} could not be judged.\n{report}", file=found.file, report=found)
