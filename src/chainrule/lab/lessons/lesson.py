"""What a lesson is: its words, what is answered on its page, and how the answers are looked at and judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.common.errors import InputError
from chainrule.common.texts import Note, tr
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.session import Session

Answers = Mapping[str, Any]
"""What was typed, chosen or slid, by the names of the fields; None where nothing was typed."""
Block = dict[str, Any]
"""Something to look at, as plain data: see `blocks`."""


@dataclass(frozen=True)
class Field:
    """A place for an answer.

    Parameters
    ----------
    name
        By which the answers have it.
    label
        What stands beside it: a symbol such as w1, or a text.
    kind
        "number" is typed, "slider" slid, "choice" chosen.
    start
        What stands there at first; None for nothing.
    least, most, step
        Of a slider, or the bounds of a number.
    choices
        Of a choice: the values with what is shown of each.
    """

    name: str
    label: str | Note
    kind: str = "number"
    start: float | str | None = None
    least: float = -1e9
    most: float = 1e9
    step: float = 0.1
    choices: Sequence[tuple[str, str | Note]] = ()

    def json(self) -> dict[str, Any]:
        """Return it as plain data, in the language of the context."""
        return {
            "name": self.name,
            "label": str(self.label),
            "kind": self.kind,
            "start": self.start,
            "least": self.least,
            "most": self.most,
            "step": self.step,
            "choices": [{"value": value, "label": str(label)} for value, label in self.choices],
        }

    def read(self, value: Any) -> Any:
        """Return an answer, if it is one; None for none.

        Raises
        ------
        InputError
            It is not what the field is for.
        """
        if value is None or value == "":
            return None
        if self.kind == "choice":
            if value in [known for known, _ in self.choices]:
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most:
            return float(value)
        raise InputError(
            "{label} takes {expected}, but {got!r:.40} came.",
            label=self.label,
            got=value,
            expected=tr("one of the choices") if self.choices else self._bounds(),
        )

    def _bounds(self) -> str:
        if self.most >= 1e9:
            return tr("a number")
        return tr("a number from {least:g} to {most:g}", least=self.least, most=self.most)


@dataclass(frozen=True)
class Verdict:
    """Whether answers are right, why, and which fields are not; and what else there is to see now."""

    right: bool
    said: Note
    wrong: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    def json(self) -> dict[str, Any]:
        """Return it as plain data, in the language of the context."""
        return {"right": self.right, "said": str(self.said), "wrong": list(self.wrong), "blocks": list(self.blocks)}


@dataclass(frozen=True)
class Lesson:
    """A page with one idea and one task.

    Parameters
    ----------
    key, title
        Its name in addresses and for people.
    text
        Paragraphs, in English; told through `tr`.
    task
        What to do.
    fields
        The places for the answers.
    look
        Returns what is to be seen for answers.
    check
        Returns whether answers are right, and the session if the task is done there.
    equations
        In LaTeX.
    hint
        What helps who does not get on.
    blueprint
        What the lesson opens in the lab; None for nothing.
    """

    key: str
    title: str
    text: tuple[str, ...]
    task: str
    fields: tuple[Field, ...]
    look: Callable[[Answers], list[Block]]
    check: Callable[[Answers, Session], Verdict]
    equations: tuple[str, ...] = ()
    hint: str = ""
    blueprint: Blueprint | None = None

    def json(self) -> dict[str, Any]:
        """Return its words and fields as plain data, in the language of the context."""
        return {
            "key": self.key,
            "title": tr(self.title),
            "text": [tr(paragraph) for paragraph in self.text],
            "task": tr(self.task),
            "fields": [field.json() for field in self.fields],
            "equations": list(self.equations),
            "hint": tr(self.hint) if self.hint else "",
            "blueprint": None if self.blueprint is None else self.blueprint.json(),
        }

    def read(self, answers: Any) -> dict[str, Any]:
        """Return the answers to the fields of this lesson.

        Raises
        ------
        InputError
            One is not what its field is for.
        """
        if not isinstance(answers, Mapping):
            raise InputError("Answers are an object with a value for each field, but {got!r:.40} came.", got=answers)
        return {field.name: field.read(answers.get(field.name)) for field in self.fields}


def wrong_numbers(answers: Answers, right: Mapping[str, float], digits: int = 4) -> tuple[str, ...]:
    """Return the fields whose numbers are not right to so many digits behind the point, rounded or cut off.

    >>> wrong_numbers({"a": 0.3168, "b": None}, {"a": 0.316827, "b": 1.0})
    ('b',)
    """
    return tuple(name for name, value in right.items() if not is_close(answers[name], value, digits))


def is_close(answer: Any, right: float, digits: int = 4) -> bool:
    """Return whether a number is typed right to so many digits behind the point."""
    return isinstance(answer, float) and math.isclose(answer, right, rel_tol=0.0, abs_tol=10.0**-digits * 1.001)


def judged(wrong: Sequence[str], said: str, otherwise: str, blocks: Sequence[Block] = ()) -> Verdict:
    """Return the verdict on numbers: one sentence if all are right, another one if some are not.

    `otherwise` has a place {count} for how many are wrong.
    """
    if wrong:
        return Verdict(False, Note(otherwise, {"count": len(wrong)}), tuple(wrong))
    return Verdict(True, Note(said), blocks=tuple(blocks))
