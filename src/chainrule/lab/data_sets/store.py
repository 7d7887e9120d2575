"""Makes the examples of a choice, and keeps tables that were uploaded, in memory and within limits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.lab.data_sets.choice import DataChoice
from chainrule.lab.data_sets.examples import Examples, Task
from chainrule.lab.data_sets.sequences import SEQUENCES_BY_NAME
from chainrule.lab.data_sets.toys import TOYS_BY_NAME, gate

_KEPT = 4  # sets of examples
_FEWEST = 2  # examples to train on
_PLANE = ("x1", "x2")


class DataSets:
    """The examples of the lab; any thread may ask."""

    def __init__(self) -> None:
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
        examples = _MAKERS[choice.kind](choice)
        for array in (examples.X, examples.y, examples.X_val, examples.y_val):
            if array is not None:
                array.flags.writeable = False
        with self._lock:
            self._kept[choice] = examples
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return examples


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


def _points_of_classes(choice: DataChoice, X: NDArray[Any], y: NDArray[Any], classes: int, title: str) -> Examples:
    task: Task = "binary" if classes == 2 else "classes"
    return split(choice, X, y, task, names=_PLANE, classes=tuple(map(str, range(classes))), title=title)


def _points(choice: DataChoice) -> Examples:
    raise NotImplementedError


_MAKERS: dict[str, Callable[[DataChoice], Examples]] = {
    "toy": _toy,
    "gate": _gate,
    "sequence": _sequence,
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
