"""A report that came back from a process that ran a learner's code: believed field by field, or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from chainrule.checker import outside
from chainrule.checker.findings import NOTHING_KNOWN, Finding, Line, Report
from chainrule.checker.telling.texts import entries

PROBLEMS = (*NOTHING_KNOWN, "syntax-error", "unreadable", "memory", "timeout", "crashed")
MANY = 5000  # functions, or findings, in one file
LONG = 1000  # characters
_FACT = re.compile(r"(?!(?:file|status|key|lang)$)[a-z_]{1,30}")  # those are words of who writes a report out

_LOOP = re.compile(r"(for [\w, ]{1,40}|while)( \d{1,6})?")


class NotAReportError(ValueError):
    """What came back is no report that a check writes; the text says the place that tells."""


def report(data: bytes) -> Report:
    """Return the report that a process wrote.

    Raises
    ------
    NotAReportError
        If there is something in it that no check writes: a field that is missing or unknown, another type, a severity
        or a key that there is not, a name that no function has, a text or a list that is too long.
    """
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        raise NotAReportError("report") from None
    found: Report = _value(given, Report, "report")
    _need(found.problem is None or found.problem.mistake in PROBLEMS, "report.problem.mistake")
    _need(found.problem is None or found.problem.function == "", "report.problem.function")
    _need(found.required == (), "report.required")  # only who asked for the report says that
    for position, finding in enumerate(found.findings):
        place = f"report.findings[{position}]"
        _need(finding.mistake == "syntax-error" or finding.mistake not in PROBLEMS, f"{place}.mistake")
        _need(finding.function != "" or finding.mistake in ("broke-off", "syntax-error"), f"{place}.function")
    return found


def _need(right: bool, place: str) -> None:
    if not right:
        raise NotAReportError(place)


def _value(given: Any, kind: Any, place: str) -> Any:
    """Return a value of the type that a field has, from what JSON has in its place."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _fields(given, kind, place)
    if origin is Literal:
        _need(isinstance(given, str) and given in parts, place)
    elif origin in (Union, UnionType):  # X | None
        (other,) = set(parts) - {NoneType}
        return None if given is None else _value(given, other, place)
    elif origin is tuple:
        _need(isinstance(given, list) and len(given) <= MANY, place)
        return tuple(_value(each, parts[0], f"{place}[{position}]") for position, each in enumerate(given))
    elif origin is dict:
        return _facts(given, place)
    elif kind is str:
        return _text(given, place)
    elif kind is int:
        _need(type(given) is int and 0 < given < 10**7, place)
    elif kind is float:
        _need(type(given) in (int, float) and math.isfinite(given) and given >= 0, place)
    else:
        raise TypeError(f"{place}: there is no rule for {kind}")
    return given


@cache
def _types(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _fields(given: Any, kind: type, place: str) -> Any:
    types = _types(kind)
    _need(isinstance(given, dict) and given.keys() == types.keys(), place)
    made = kind(**{name: _value(given[name], types[name], f"{place}.{name}") for name in types})
    for name in ("function", "role"):
        _need(_is_name(getattr(made, name, "")), f"{place}.{name}")
    for name in ("mistake", "reason"):
        _need(getattr(made, name, "") in {"", *entries()}, f"{place}.{name}")
    _need(not isinstance(made, Finding) or made.mistake != "", f"{place}.mistake")
    lines = (made.text,) if isinstance(made, Line) else getattr(made, "repro", ())
    _need(all(line.isprintable() for line in lines), place)  # they are shown as they are
    for position, name in enumerate(getattr(made, "unmatched", ())):
        _need(name != "" and _is_name(name), f"{place}.unmatched[{position}]")
    return made


def _facts(given: Any, place: str) -> dict[str, str]:
    _need(isinstance(given, dict) and len(given) <= 20, place)
    _need(all(_FACT.fullmatch(name) for name in given), place)
    return {name: _text(fact, f"{place}.{name}") for name, fact in given.items()}


def _text(given: Any, place: str) -> str:
    _need(isinstance(given, str), place)
    _need(len(given) <= LONG, place)
    text: str = given
    return text.encode("utf-8", "replace").decode()  # half a character can be in no file


def _is_name(text: str) -> bool:
    """Return whether a text may name code: "relu", "Relu.forward", "for epoch", "<module>"; "" is the file."""
    return (
        text in ("", outside.MODULE)
        or all(part.isidentifier() for part in text.split("."))
        or bool(_LOOP.fullmatch(text))
    )
