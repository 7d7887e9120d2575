"""Settings, checked and normalized: a table of rules for each class, and one form of message.

A class that is configured inherits from `Checked` and says in its table `rules` what each setting may be. Equal
settings are equal afterwards, however they were spelled: NumPy's numbers and texts become Python's, lists and arrays
become tuples. Functions check their arguments with `whole`, `number`, `choice` and `flag`, or with any other rule.

>>> whole("Dense", "units", 64.0, least=1)
Traceback (most recent call last):
chainrule.common.errors.InputError: Dense takes units as a whole number of at least 1, but units=64.0. Write 64.
"""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Set
from dataclasses import fields
from functools import reduce
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from chainrule.common.errors import InputError, Told
from chainrule.common.formulas import Typeset
from chainrule.common.names import meant
from chainrule.common.texts import later, tr

Made = TypeVar("Made", bound="Checked")

_SHOWN = 100  # characters of a wrong value in a message
_LARGEST = 3.4e38  # of float32, in which networks compute: a larger number would be infinite there


class Refusal(Told, ValueError):  # noqa: N818 - `Rule.check` makes the error of it
    """A value that breaks a rule; the text is the likely fix, a sentence, or nothing."""


class Rule(ABC):
    """What one setting may be.

    Parameters
    ----------
    meaning
        What the setting is, if its name does not say it.
    """

    def __init__(self, meaning: str = "") -> None:
        self.meaning = meaning

    @property
    @abstractmethod
    def text(self) -> str:
        """The rule in words, such as "a whole number of at least 1"; those without numbers in English."""

    def told(self) -> str:
        """Return the rule in the reader's language; a text that is told already is in no catalogue, and stays."""
        return tr(self.text)

    @abstractmethod
    def normal(self, value: Any) -> Any:
        """Return the value as it is kept, or raise `Refusal`."""

    def check(self, owner: str, name: str, value: Any) -> Any:
        """Return the value as it is kept.

        Raises
        ------
        InputError
            If it breaks the rule, with the rule, what came, and the likely fix.
        """
        try:
            return self.normal(value)
        except Refusal as refusal:
            facts = {"owner": owner, "name": name, "rule": self.told(), "value": shown(value)}
            if self.meaning:
                meaning = tr(self.meaning)
                text = tr("{owner} takes {name}, {meaning}, as {rule}, but {name}={value}.", meaning=meaning, **facts)
            else:
                text = tr("{owner} takes {name} as {rule}, but {name}={value}.", **facts)
            raise InputError(f"{text} {refusal}".rstrip()) from None


class Whole(Rule):
    """A whole number of at least some other."""

    def __init__(self, least: int, meaning: str = "") -> None:
        super().__init__(meaning)
        self.least = least

    @property
    def text(self) -> str:
        """The rule in words."""
        return tr("a whole number of at least {least}", least=self.least)

    def normal(self, value: Any) -> int:
        """Return an int."""
        value = _scalar(value)
        number = _as_float(value)
        if number is None or number < self.least or not number.is_integer():
            raise Refusal
        if not isinstance(value, Integral):
            raise Refusal("Write {value}.", value=int(number))
        return int(value)


# By whether the least number may be reached and whether the largest may; None where there is none.
_BOUNDS = {
    (None, None): later("a finite number"),
    (True, None): later("a number of at least {least}"),
    (False, None): later("a number above {least}"),
    (None, True): later("a number of at most {most}"),
    (None, False): later("a number below {most}"),
    (True, True): later("a number of at least {least} and of at most {most}"),
    (True, False): later("a number of at least {least} and below {most}"),
    (False, True): later("a number above {least} and of at most {most}"),
    (False, False): later("a number above {least} and below {most}"),
}


class Number(Rule):
    """A finite number between bounds.

    Parameters
    ----------
    least, most
        The bounds; None for none.
    closed
        Which of them may be reached.
    """

    def __init__(
        self,
        least: int | float | None = None,
        most: int | float | None = None,
        closed: Literal["both", "left", "right", "neither"] = "both",
        meaning: str = "",
    ) -> None:
        super().__init__(meaning)
        self.least, self.most = least, most
        self._to_least, self._to_most = closed in ("both", "left"), closed in ("both", "right")

    @property
    def text(self) -> str:
        """The rule in words."""
        to_least = None if self.least is None else self._to_least
        to_most = None if self.most is None else self._to_most
        return tr(_BOUNDS[to_least, to_most], least=self.least, most=self.most)

    def normal(self, value: Any) -> float:
        """Return a float."""
        value = _scalar(value)
        number = _as_float(value)
        if number is None or not self._within(number):
            raise Refusal
        if abs(number) > _LARGEST:
            raise Refusal("Numbers go up to {most}, the largest of float32.", most=_LARGEST)
        if isinstance(value, str):
            raise Refusal("Write {value} without quotes.", value=value.strip())
        return number

    def _within(self, number: float) -> bool:
        high = self.least is None or number > self.least or (self._to_least and number == self.least)
        low = self.most is None or number < self.most or (self._to_most and number == self.most)
        return high and low


class Flag(Rule):
    """True or False."""

    text = "True or False"

    def normal(self, value: Any) -> bool:
        """Return a bool."""
        value = _scalar(value)
        if not isinstance(value, bool):
            if isinstance(value, Real) and value in (0, 1):
                raise Refusal("Write {value}.", value=bool(value))
            raise Refusal
        return value


class Text(Rule):
    """A text that is not empty."""

    text = "a text"

    def normal(self, value: Any) -> str:
        """Return a str."""
        value = _scalar(value)
        if not isinstance(value, str) or not value:
            raise Refusal
        return str.__str__(value)


class Place(Rule):
    """Where a file or a folder is."""

    text = "a path"

    def normal(self, value: Any) -> Path:
        """Return a Path."""
        value = _scalar(value)
        path = os.fspath(value) if isinstance(value, str | os.PathLike) else ""
        if not path or not isinstance(path, str):
            raise Refusal
        return Path(path)


class OneOf(Rule):
    """One of some names.

    Parameters
    ----------
    names
        The names, or a table of them, which may still grow.
    """

    def __init__(self, names: Iterable[str], meaning: str = "") -> None:
        super().__init__(meaning)
        self.names = names

    @property
    def text(self) -> str:
        """The rule in words."""
        *others, last = map(repr, self.names)
        return tr("{others} or {last}", others=", ".join(others), last=last) if others else last

    def normal(self, value: Any) -> str:
        """Return a str."""
        value = _scalar(value)
        if isinstance(value, str) and value in list(self.names):
            return str.__str__(value)
        name = meant(value, self.names) if isinstance(value, str) else None
        if name:
            raise Refusal("Write {value}.", value=repr(name))
        raise Refusal


class Precision(Rule):
    """The dtype in which to compute."""

    text = "float32 or float64"

    def normal(self, value: Any) -> np.dtype[Any]:
        """Return a dtype of NumPy."""
        if isinstance(value, str | type | np.dtype):  # for NumPy, None is float64 too
            with contextlib.suppress(TypeError, ValueError):
                dtype: np.dtype[Any] = np.dtype(value)
                if dtype in (np.float32, np.float64):
                    return dtype
        raise Refusal


class Instance(Rule):
    """An object of a class.

    Parameters
    ----------
    kind
        The class.
    text
        The rule in words, such as "a loss".
    """

    text = ""

    def __init__(self, kind: type[Any], text: str, meaning: str = "") -> None:
        super().__init__(meaning)
        self.kind, self.text = kind, text

    def normal(self, value: Any) -> Any:
        """Return the object."""
        if not isinstance(value, self.kind):
            raise Refusal(made(value) if isinstance(value, type) and issubclass(value, self.kind) else "")
        return value


class Function(Rule):
    """A function, or an object that is called like one."""

    text = ""

    def __init__(self, text: str, meaning: str = "") -> None:
        super().__init__(meaning)
        self.text = text

    def normal(self, value: Any) -> Any:
        """Return the function."""
        if isinstance(value, type):
            makes_functions = any("__call__" in vars(kind) for kind in value.__mro__) and not issubclass(value, type)
            raise Refusal(made(value) if makes_functions else "")
        if not callable(value):
            raise Refusal
        return value


class Each(Rule):
    """Several values, kept as a tuple.

    Parameters
    ----------
    rule
        What each value may be.
    text
        The rule in words, such as "sizes of at least 1".
    least, most
        How many there may be.
    """

    text = ""

    def __init__(self, rule: Rule, text: str, least: int = 1, most: int | None = None, meaning: str = "") -> None:
        super().__init__(meaning)
        self.rule, self.text, self.least, self.most = rule, text, least, most

    def normal(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        values = listed(value)
        if values is None:
            single = self.rule.normal(value)
            if self.least <= 1:
                raise Refusal("Write {value}.", value=f"[{shown(single)}]")
            raise Refusal
        if len(values) < self.least or (self.most is not None and len(values) > self.most):
            raise Refusal
        return tuple(self._entry(i, v) for i, v in enumerate(values))

    def _entry(self, i: int, value: Any) -> Any:
        try:
            return self.rule.normal(value)
        except Refusal as refusal:
            entry = tr("Entry {i} is {value}.", i=i, value=shown(value))
            raise Refusal(f"{entry} {refusal}".rstrip()) from None


class Either(Rule):
    """What any of several rules allows; they are tried in their order."""

    def __init__(self, *rules: Rule, meaning: str = "") -> None:
        super().__init__(meaning)
        self.rules = rules

    @property
    def text(self) -> str:
        """The rule in words."""
        return reduce(lambda a, b: tr("{first}, or {second}", first=a, second=b), (rule.told() for rule in self.rules))

    def normal(self, value: Any) -> Any:
        """Return what the first rule that allows the value makes of it."""
        fixes = []
        for rule in self.rules:
            try:
                return rule.normal(value)
            except Refusal as refusal:
                fixes.append(str(refusal))
        raise Refusal(next(filter(None, fixes), ""))


class Maybe(Rule):
    """What a rule allows, or None."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.meaning)
        self.rule = rule

    @property
    def text(self) -> str:
        """The rule in words."""
        return tr("{rule}, or None", rule=self.rule.told())

    def normal(self, value: Any) -> Any:
        """Return what the rule makes of it, or None."""
        return None if value is None else self.rule.normal(value)


class Checked(Typeset):
    """A base of classes that are configured: checks and normalizes what their table of rules names.

    A dataclass checks its fields when it is made; a class with an `__init__` of its own gives them to `settle`. Rules
    between several settings go into the class's own `__post_init__`.
    """

    rules: ClassVar[Mapping[str, Rule]] = {}
    owner: ClassVar[str] = ""
    """What errors call it; the name of the class if empty."""

    def __new__(cls: type[Made], *args: Any, **kwargs: Any) -> Made:
        """Refuse settings that there are not, and name those that were likely meant."""
        if kwargs:
            _refuse_unknown(cls, kwargs)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        names = [field.name for field in fields(self) if hasattr(self, field.name)]  # type: ignore[arg-type]
        self.settle(**{name: getattr(self, name) for name in names})

    def settle(self, **settings: Any) -> None:
        """Check settings, and keep each under its name in the one spelling that it has."""
        for name, value in settings.items():
            rule = self.rules.get(name)
            value = _plain(value) if rule is None else rule.check(self.owner or type(self).__name__, name, value)
            object.__setattr__(self, name, value)  # the class may be frozen


def _refuse_unknown(cls: type[Checked], names: Mapping[str, Any]) -> None:
    if names.keys() <= getattr(cls, "__dataclass_fields__", {}).keys():
        return
    import inspect

    parameters = inspect.signature(cls).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for name, value in names.items():
        if name not in parameters:
            near = meant(name, parameters)
            fix = tr("Write {value}.", value=f"{near}={shown(value)}") if near else ""
            facts = {"kind": cls.__name__, "name": name, "value": shown(value)}
            if parameters:
                known = ", ".join(parameters)
                text = tr("{kind} takes {known}, but {name}={value} came.", known=known, **facts)
            else:
                text = tr("{kind} takes no settings, but {name}={value} came.", **facts)
            raise InputError(f"{text} {fix}".rstrip())


def whole(owner: str, name: str, value: Any, least: int) -> int:
    """Return a whole number of at least another as an int, or raise an InputError."""
    return Whole(least).check(owner, name, value)  # type: ignore[no-any-return]


def number(
    owner: str,
    name: str,
    value: Any,
    least: int | float | None = None,
    most: int | float | None = None,
    closed: Literal["both", "left", "right", "neither"] = "both",
) -> float:
    """Return a finite number between bounds, as for `Number`, as a float, or raise an InputError."""
    return Number(least, most, closed).check(owner, name, value)  # type: ignore[no-any-return]


def choice(owner: str, name: str, value: Any, names: Iterable[str]) -> str:
    """Return one of the names, or raise an InputError that says which one was likely meant."""
    return OneOf(names).check(owner, name, value)  # type: ignore[no-any-return]


def flag(owner: str, name: str, value: Any) -> bool:
    """Return True or False, or raise an InputError."""
    return Flag().check(owner, name, value)  # type: ignore[no-any-return]


def shown(value: Any) -> str:
    """Return a value as one short line."""
    text = value.__qualname__ if hasattr(value, "__qualname__") else repr(value)
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def made(maker: Any) -> str:
    """Return the fix for a class, or a function that makes an object, in the place of the object."""
    import inspect

    settings = any(p.default is p.empty for p in inspect.signature(maker).parameters.values())
    return tr("Write {call} with parentheses.", call=f"{maker.__name__}({'...' if settings else ''})")


def listed(value: Any) -> list[Any] | None:
    """Return the values of what has an order, such as a list, a tuple or an array, or None for anything else."""
    if isinstance(value, str | bytes | Mapping | Set) or _scalar(value) is not value:
        return None
    return list(value) if isinstance(value, Iterable) else None


def _scalar(value: Any) -> Any:
    """Return a number or text of NumPy, or an array without axes, as Python's."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _as_float(value: Any) -> float | None:
    """Return a number, or a text that is one, as a finite float; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, Real | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if number - number == 0 else None


def _plain(value: Any) -> Any:
    """Return a value of a setting without a rule, with NumPy's numbers as Python's and lists as tuples."""
    return tuple(map(_plain, value)) if type(value) in (list, tuple) else _scalar(value)
