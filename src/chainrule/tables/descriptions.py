"""Encoders and targets as plain data for JSON, and back: whatever a file says, only what makes sense is built."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.common.texts import Note
from chainrule.tables.encoders import CYCLES, ENCODERS, SMALLEST, Encoder
from chainrule.tables.number_texts import UNITS, NumberFormat
from chainrule.tables.targets import WHY, Target


def described(part: Encoder | Target) -> dict[str, Any]:
    """Return an encoder or a target as plain data."""
    fields = dict(vars(part))
    if "numbers" in fields:
        fields["numbers"] = dict(vars(fields["numbers"]))
    if "why" in fields:
        why: Note = fields["why"]
        # What an old file said stays the sentence that it was: it is none of our texts.
        fields["why"] = why._asdict() if why.english in WHY.values() else why.english
    return {"kind": part.kind, **fields} if isinstance(part, Encoder) else fields


def rebuilt_encoder(description: Mapping[str, Any]) -> Encoder:
    """Return the encoder of a description; raise TypeError, ValueError or KeyError if it is none."""
    fields = _checked(description)
    return ENCODERS[fields.pop("kind")](**fields)


def rebuilt_target(description: Mapping[str, Any]) -> Target:
    """Return the target of a description; raise TypeError, ValueError or KeyError if it is none."""
    fields = _checked(description)
    why = fields.pop("why")
    target = Target(why=Note(why) if isinstance(why, str) else Note(**why), **fields)
    if target.whole:
        for name in target.classes:
            int(name)
    return target


def rebuilt_report(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of a description; raise TypeError, ValueError or KeyError if it is none."""
    rows, versions = description["rows"], description["versions"]
    history, test = description.get("history", []), description.get("test", {})
    if type(rows) is not int or not all(map(_text, versions.values())):
        raise ValueError(f"its report has the rows {rows!r:.80} and the versions {versions!r:.80}")
    for scores in (*history, *test.values()):
        if not all(isinstance(score, float | int) for score in scores.values()):
            raise ValueError(f"its report has the scores {scores!r:.80}")
    return dict(description)


def _checked(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields, with lists as tuples, each of which is what its name says."""
    fields: dict[str, Any] = {}
    for name, value in description.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
        if not _RIGHT[name](fields[name]):
            raise ValueError(f"its {name} is {value!r:.80}")
    if "numbers" in fields:
        fields["numbers"] = rebuilt_numbers(fields["numbers"])
    return fields


def rebuilt_numbers(description: Mapping[str, Any]) -> NumberFormat:
    """Return the format of numbers of a description; raise TypeError, ValueError or KeyError if it is none."""
    return NumberFormat(**_checked(description))


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _note(value: Any) -> bool:
    """Return whether a text is one of ours, whose places take their numbers; old files have the sentence itself."""
    numbers = value["values"].values()
    return value.keys() == {"english", "values"} and value["english"] in WHY.values() and all(map(_finite, numbers))


def _finite(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_text, value)) and len(set(value)) == len(value)


_RIGHT: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "kind"), _text),
    **dict.fromkeys(("missing", "other", "boolean", "whole", "grouped", "ago", "as_written"), _flag),
    **dict.fromkeys(("center", "low", "high"), _finite),
    **dict.fromkeys(("categories", "classes", "formats", "rare", "spelled", "words"), _texts),
    "why": lambda value: _text(value) or _note(value),
    "task": lambda value: value in ("classification", "regression"),
    "scale": lambda value: _finite(value) and value >= SMALLEST,
    "unit": lambda value: value == "" or value in UNITS,
    "decimal": lambda value: value in (".", ","),
    "cycles": lambda value: _texts(value) and set(value) <= CYCLES.keys(),
    "shape": lambda value: (
        isinstance(value, tuple) and len(value) == 3 and all(type(n) is int and n > 0 for n in value)
    ),
    "numbers": lambda value: isinstance(value, Mapping),
}
"""What each field may be, by its name."""
