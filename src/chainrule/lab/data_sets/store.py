"""Makes the examples of a choice, and keeps tables that were uploaded, in memory and within limits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import Note
from chainrule.lab.data_sets import pixels
from chainrule.lab.data_sets.choice import DataChoice
from chainrule.lab.data_sets.examples import Examples, Task
from chainrule.lab.data_sets.sequences import SEQUENCES_BY_NAME
from chainrule.lab.data_sets.tables import Tables, examples_of
from chainrule.lab.data_sets.toys import TOYS_BY_NAME, gate

_KEPT = 4  # sets of examples
_FEWEST = 2  # examples to train on
_FEWEST_DRAWN = 4
_PLANE = ("x1", "x2")


class DataSets:
    """The examples of the lab; any thread may ask.

    Attributes
    ----------
    tables
        Those that were uploaded.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self._lock = threading.Lock()
        self._kept: OrderedDict[DataChoice, Examples] = OrderedDict()

    def examples(self, choice: DataChoice) -> Examples:
        """Return the examples of a choice; the same arrays again while they are kept.

        Raises
        ------
        InputError
            There are too few examples, or none of this kind.
        """
        with self._lock:
            if choice in self._kept:
                self._kept.move_to_end(choice)
                return self._kept[choice]
        examples = examples_of(self.tables, choice) if choice.kind == "table" else _MAKERS[choice.kind](choice)
        for array in (examples.X, examples.y, examples.X_val, examples.y_val):
            if array is not None:
                array.flags.writeable = False
        with self._lock:
            self._kept[choice] = examples
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return examples

    def upload(self, name: str, content: bytes) -> str:
        """Keep the table of a CSV or TSV file; return its token, which a `DataChoice` takes.

        Raises
        ------
        InputError, FileFormatError
            It is too large, or no table; the text names the row.
        """
        return self.tables.add(name, content)

    def columns(self, token: str) -> list[dict[str, Any]]:
        """Return what the columns of a table are: name, kind, some values, and which is likely to be predicted."""
        return self.tables.columns(token)


def _toy(choice: DataChoice) -> Examples:
    toy = TOYS_BY_NAME[choice.name]
    settings: dict[str, Any] = {"classes": choice.classes} if toy.classed else {}
    X, y = toy.draw(choice.count or 200, noise=_noise(choice, toy.noise), seed=choice.seed, **settings)
    if choice.name == "sine":
        return split(choice, X, y, "regression", names=("x",), classes=("y",), title=toy.title)
    return _points_of_classes(choice, X, y, choice.classes if toy.classed else 2, toy.title)


def _gate(choice: DataChoice) -> Examples:
    X, y = gate(choice.name, choice.count or 4, _noise(choice, 0.0), choice.seed)
    return split(choice, X, y, "binary", names=_PLANE, classes=("0", "1"), title=choice.name.upper())


def _sequence(choice: DataChoice) -> Examples:
    kind = SEQUENCES_BY_NAME[choice.name]
    X, y = kind.draw(choice.count or 400, choice.length, _noise(choice, kind.noise), choice.seed)
    task: Task = "regression" if choice.name == "adding" else "binary" if len(kind.classes) == 2 else "classes"
    return split(choice, X, y, task, names=kind.names, classes=kind.classes, title=kind.title)


def _noise(choice: DataChoice, usual: float) -> float:
    return usual if choice.noise is None else choice.noise


def _points_of_classes(choice: DataChoice, X: NDArray[Any], y: NDArray[Any], classes: int, title: Note) -> Examples:
    task: Task = "binary" if classes == 2 else "classes"
    return split(choice, X, y, task, names=_PLANE, classes=tuple(map(str, range(classes))), title=title)


def _points(choice: DataChoice) -> Examples:
    if any(len(point) != 3 for point in choice.points):
        raise InputError("Points that were drawn are [x, y, class]: one of them has no class.")
    _enough(len(choice.points))
    X = np.array([point[:2] for point in choice.points], np.float32)
    y = np.array([point[2] for point in choice.points], np.int64)
    return _points_of_classes(choice, X, y, max(2, int(y.max()) + 1), Note("points that were drawn"))


def _curve(choice: DataChoice) -> Examples:
    _enough(len(choice.points))
    X, y = (np.array([[point[i]] for point in choice.points], np.float32) for i in range(2))
    return split(choice, X, y, "regression", names=("x",), classes=("y",), title=Note("a curve that was drawn"))


def _digits(choice: DataChoice) -> Examples:
    (X, y), (X_val, y_val) = pixels.shipped()
    count = choice.count or 2000
    held_back = min(round(count * choice.split), len(X_val))
    return Examples(
        pixels.in_form(X[:count], choice.form),
        y[:count],
        pixels.in_form(X_val[:held_back], choice.form) if held_back else None,
        y_val[:held_back] if held_back else None,
        "classes",
        **_of_digits(Note("handwritten digits of MNIST")),
    )


def _drawn_digits(choice: DataChoice) -> Examples:
    _enough(len(choice.pictures))
    X, y = pixels.drawn(choice.pictures)
    return split(choice, pixels.in_form(X, choice.form), y, "classes", **_of_digits(Note("digits that were drawn")))


def _of_digits(title: Note) -> dict[str, Any]:
    return {
        "names": (),
        "classes": tuple(map(str, range(10))),
        "title": title,
        "pixel_shape": (pixels.SIDE, pixels.SIDE),
        "scale": pixels.SCALE,
    }


def _enough(count: int) -> None:
    if count < _FEWEST_DRAWN:
        raise InputError(
            "It takes at least {least} examples to learn from, and {count} were drawn. Draw some more.",
            least=_FEWEST_DRAWN,
            count=count,
        )


def _random(choice: DataChoice) -> Examples:
    rng = np.random.default_rng(choice.seed)
    count = choice.count or 64
    size = (count, *choice.shape)
    X: NDArray[Any] = (
        rng.integers(0, choice.vocabulary, size) if choice.vocabulary else rng.standard_normal(size).astype(np.float32)
    )
    title = Note("random numbers, until data is chosen")
    if choice.task in _NUMBERS:
        y = _NUMBERS[choice.task](rng.standard_normal((count, choice.outputs))).astype(np.float32)
        names = tuple(f"y{i}" for i in range(1, choice.outputs + 1))
        yes_no = choice.task == "yes_no"
        return split(choice, X, y, "regression", names=(), classes=names, title=title, yes_no=yes_no)
    labels = max(choice.outputs, 2)
    task: Task = "binary" if choice.outputs == 1 else "classes"
    classes = tuple(map(str, range(labels)))
    return split(choice, X, np.arange(count) % labels, task, names=(), classes=classes, title=title)


_NUMBERS: dict[str | None, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "values": lambda normal: normal,
    "yes_no": lambda normal: normal > 0,
    "counts": lambda normal: np.floor(2 * np.abs(normal)),
}

_MAKERS: dict[str, Callable[[DataChoice], Examples]] = {
    "toy": _toy,
    "gate": _gate,
    "sequence": _sequence,
    "digits": _digits,
    "points": _points,
    "curve": _curve,
    "drawn_digits": _drawn_digits,
    "random": _random,
}


def split(choice: DataChoice, X: NDArray[Any], y: NDArray[Any], task: Task, **about: Any) -> Examples:
    """Return examples, of which a share is drawn with the seed for validation; of a truth table nothing."""
    held_back = 0 if choice.kind == "gate" and len(X) <= 4 else round(len(X) * choice.split)
    if len(X) - held_back < _FEWEST:
        raise InputError(
            "{examples} examples, of which {validation} are for validation, leave {left} to train on, and it takes "
            "{least}. Take more examples, or a smaller share for validation.",
            examples=len(X),
            validation=held_back,
            left=len(X) - held_back,
            least=_FEWEST,
        )
    if not held_back:
        return Examples(X, y, None, None, task, **about)
    order = np.random.default_rng(choice.seed).permutation(len(X))
    drawn, left = order[:held_back], order[held_back:]
    return Examples(X[left], y[left], X[drawn], y[drawn], task, **about)
