"""Which examples to learn from, as the page says it: plain settings, checked by rules, JSON both ways."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.common.errors import InputError
from chainrule.common.names import meant
from chainrule.common.settings import Checked, Each, Maybe, Number, OneOf, Refusal, Rule, Text, Whole
from chainrule.common.texts import later, tr
from chainrule.lab.json_numbers import settings_with_floats

KINDS = ("toy", "gate", "digits", "sequence", "table", "points", "curve", "drawn_digits", "random")
TOYS = ("xor", "moons", "circles", "flower", "blobs", "spirals", "sine")
GATES = ("and", "or", "nand", "nor", "xor", "xnor")
SEQUENCES = ("first", "waves", "adding")
FORMS = ("flat", "picture", "rows")
TASKS = ("classes", "values")
RANDOM_TASKS = (*TASKS, "yes_no", "counts")
MOST_CLASSES = 6
MOST_EXAMPLES = 10_000
MOST_PICTURES = 500

_LARGEST = 200_000  # numbers of one example
_DIGITS = 6
_NAMES = {"toy": TOYS, "gate": GATES, "sequence": SEQUENCES}


class _Drawn(Rule):
    """A list of points or pictures that were drawn, as long as the lab takes, each checked by a rule of its own."""

    text = ""

    def __init__(self, entry: Rule, most: int, text: str) -> None:
        super().__init__()
        self.entry, self.most, self.text = entry, most, text

    def check(self, owner: str, name: str, value: Any) -> Any:
        """Return what was drawn, unless it is so much that even a message that shows it would take long."""
        if isinstance(value, list | tuple) and len(value) > self.most:
            raise InputError(
                "The lab takes up to {most:,} {name}, but {count:,} came.", most=self.most, name=name, count=len(value)
            )
        return super().check(owner, name, value)

    def normal(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple of what was drawn."""
        if not isinstance(value, list | tuple):
            raise Refusal
        return tuple(map(self.entry.normal, value))


class _Point(Rule):
    """Two coordinates with the digits that a mouse has, and the class if there is one."""

    text = later("two numbers and a class")

    def normal(self, value: Any) -> tuple[float | int, ...]:
        """Return the coordinates as floats, and the class as an int."""
        if not isinstance(value, list | tuple) or len(value) not in (2, 3):
            raise Refusal("A point is [x, y], or [x, y, class].")
        coordinate = Number(-1e6, 1e6)
        place = tuple(float(f"{coordinate.normal(number):.{_DIGITS}g}") for number in value[:2])
        if len(value) == 2:
            return place
        label = Whole(0).normal(value[2])
        if label >= MOST_CLASSES:
            raise Refusal("Classes go from 0 to {most}.", most=MOST_CLASSES - 1)
        return (*place, label)


class _Picture(Rule):
    """A digit with its picture."""

    text = later("a digit and its picture")

    def normal(self, value: Any) -> tuple[int, str]:
        """Return the digit and the pixels as a text."""
        if not isinstance(value, list | tuple) or len(value) != 2 or not isinstance(value[1], str):
            raise Refusal("A drawn digit is [digit, pixels], the pixels as 784 bytes in base64.")
        label = Whole(0).normal(value[0])
        if label > 9 or len(value[1]) != _PIXELS_TEXT:
            raise Refusal("Digits go from 0 to 9, and their pixels are 784 bytes in base64.")
        return label, value[1]


_PIXELS_TEXT = 4 * -(-784 // 3)  # letters of 784 bytes in base64


@dataclass(frozen=True)
class DataChoice(Checked):
    """Which examples to learn from.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        Which toy set, gate or sequences; of a table, the name of its file.
    count
        How many examples; None for as many as the set has usually.
    noise
        How far points are scattered; None for the usual scatter of the set.
    classes
        Of spirals and blobs.
    split
        The share of the examples that is kept for validation.
    seed
        Of toy sets and of the split.
    form
        Of digits: "flat" rows of 784 pixels, a "picture" of shape (28, 28, 1), or 28 "rows" as a sequence.
    length
        Of sequences.
    token, target, dropped
        Of a table: which one that was uploaded, the column to predict, and those that are left out.
    task
        Of a table: "classes" or "values"; None for what the target looks like. Random examples may also have several
        "yes_no" answers each, or "counts".
    points
        Of points and curves that were drawn: (x, y, class), or (x, y).
    pictures
        Of digits that were drawn: (digit, 784 bytes in base64).
    shape, outputs, vocabulary
        Of random examples, which stand in until data for a loaded model is chosen; with a vocabulary, inputs are whole
        numbers below it.
    """

    kind: str = "toy"
    name: str = "xor"
    count: int | None = None
    noise: float | int | None = None
    classes: int = 3
    split: float | int = 0.2
    seed: int = 0
    form: str = "flat"
    length: int = 12
    token: str | None = None
    target: str | None = None
    dropped: Sequence[str] = ()
    task: str | None = None
    points: Sequence[Sequence[float | int]] = ()
    pictures: Sequence[Sequence[Any]] = ()
    shape: Sequence[int] = (2,)
    outputs: int = 1
    vocabulary: int = 0
    owner: ClassVar[str] = "data"
    rules: ClassVar = {
        "kind": OneOf(KINDS),
        "name": Text(),
        "count": Maybe(Whole(4)),
        "noise": Maybe(Number(0, 10)),
        "classes": Whole(2),
        "split": Number(0, 0.9),
        "seed": Whole(0),
        "form": OneOf(FORMS),
        "length": Whole(2),
        "token": Maybe(Text()),
        "target": Maybe(Text()),
        "dropped": Each(Text(), later("names of columns"), least=0),
        "task": Maybe(OneOf(RANDOM_TASKS)),
        "points": _Drawn(_Point(), MOST_EXAMPLES, later("a list of points")),
        "pictures": _Drawn(_Picture(), MOST_PICTURES, later("a list of drawn digits")),
        "shape": Each(Whole(1), later("the lengths of the axes of one example, without the batch axis")),
        "outputs": Whole(1),
        "vocabulary": Whole(0),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        names = _NAMES.get(self.kind)
        if names is not None:
            OneOf(names).check(self.owner, "name", self.name)
        if self.kind != "random":
            Maybe(OneOf(TASKS)).check(self.owner, "task", self.task)
        for name, most in (("count", MOST_EXAMPLES), ("classes", MOST_CLASSES), ("length", 100), ("outputs", 1000)):
            value = getattr(self, name)
            if value is not None and value > most:
                raise InputError(
                    "In the lab {name} goes up to {most:,}, but {name}={value}.", name=name, most=most, value=value
                )
        if math.prod(self.shape) > _LARGEST:
            raise InputError(
                "In the lab an example has up to {most:,} numbers, but shape={shape}.", most=_LARGEST, shape=self.shape
            )

    def json(self) -> dict[str, Any]:
        """Return the settings that are not the usual ones as plain data."""
        settings = {"kind": self.kind, "name": self.name}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                settings[field.name] = _lists(value)
        return settings

    @classmethod
    def from_json(cls, data: Any) -> DataChoice:
        """Return the choice that plain data says.

        Raises
        ------
        InputError
            A setting breaks its rule, or there is no such setting.
        """
        if not isinstance(data, Mapping):
            raise InputError("The data is described by settings such as kind and name, but {got!r:.80} came.", got=data)
        known = [field.name for field in dataclasses.fields(cls)]
        for name in data:
            if name not in known:
                near = meant(str(name), known)
                fix = tr("Did you mean {name!r}?", name=near) if near else ""
                raise InputError("The data has no setting {name!r:.80}. {fix}", name=name, fix=fix)
        return cls(**settings_with_floats(cls.rules, data))


def _lists(value: Any) -> Any:
    return [_lists(entry) for entry in value] if isinstance(value, tuple) else value
