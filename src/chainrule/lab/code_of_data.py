"""The data of a blueprint as lines of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from chainrule.lab.data_sets import DataChoice, Examples
from chainrule.lab.data_sets.sequences import SEQUENCES_BY_NAME
from chainrule.lab.data_sets.toys import CORNERS, OUTPUTS, TOYS_BY_NAME

_PER_LINE = 4  # points


class Code(NamedTuple):
    """Lines that make X and y (and X_val, y_val), and the imports that they need."""

    lines: str
    imports: tuple[str, ...] = ()


def code_of_data(choice: DataChoice, examples: Examples) -> Code:
    """Return the lines that make the examples of a choice."""
    return _CODE[choice.kind](choice, examples)


def _split(choice: DataChoice, examples: Examples) -> list[str]:
    """Return the lines that draw the examples for validation, if there are some."""
    if examples.X_val is None:
        return []
    n = len(examples.X_val)
    return [
        f"order = np.random.default_rng({choice.seed}).permutation(len(X))",
        f"X, X_val, y, y_val = X[order[{n}:]], X[order[:{n}]], y[order[{n}:]], y[order[:{n}]]",
    ]


def _toy(choice: DataChoice, examples: Examples) -> Code:
    toy = TOYS_BY_NAME[choice.name]
    classes = f", classes={choice.classes}" if toy.classed else ""
    noise = toy.noise if choice.noise is None else choice.noise
    call = f"{choice.name}(n={choice.count or 200}{classes}, noise={noise}, seed={choice.seed})"
    ours = choice.name == "flower"
    imports = ("from chainrule.lab.data_sets.toys import flower",) if ours else ()
    first = f"X, y = {call}" if ours else f"X, y = cr.datasets.{call}"
    return Code("\n".join([first, *_split(choice, examples)]), imports)


def _gate(choice: DataChoice, examples: Examples) -> Code:
    if (choice.count or 4) == 4 and not choice.noise:
        corners, outputs = [list(corner) for corner in CORNERS], list(OUTPUTS[choice.name])
        return Code(f"X = np.array({corners}, np.float32)\ny = np.array({outputs})")
    first = f'X, y = gate("{choice.name}", n={choice.count or 4}, noise={choice.noise or 0.0}, seed={choice.seed})'
    lines = [first, *_split(choice, examples)]
    return Code("\n".join(lines), ("from chainrule.lab.data_sets.toys import gate",))


def _sequence(choice: DataChoice, examples: Examples) -> Code:
    kind = SEQUENCES_BY_NAME[choice.name]
    name, noise = kind.draw.__name__, kind.noise if choice.noise is None else choice.noise
    first = f"X, y = {name}(n={choice.count or 400}, length={choice.length}, noise={noise}, seed={choice.seed})"
    imports = (f"from chainrule.lab.data_sets.sequences import {name}",)
    return Code("\n".join([first, *_split(choice, examples)]), imports)


def _digits(choice: DataChoice, examples: Examples) -> Code:
    lines = [
        "(X, y), (X_val, y_val) = cr.datasets.load_mnist_small()",
        f"X, y = X[:{len(examples.X)}], y[:{len(examples.X)}]",
    ]
    if examples.X_val is not None:
        lines.append(f"X_val, y_val = X_val[:{len(examples.X_val)}], y_val[:{len(examples.X_val)}]")
    return Code("\n".join([*lines, *_in_form(examples, ("X", "X_val"))]))


def _in_form(examples: Examples, names: Iterable[str]) -> list[str]:
    """Return the lines that give digits their form."""
    if len(examples.input_shape) == 1:
        return []
    shape = ", ".join(map(str, examples.input_shape))
    there = [name for name in names if name == "X" or examples.X_val is not None]
    return [f"{name} = {name}.reshape(-1, {shape})" for name in there]


def _table(choice: DataChoice, examples: Examples) -> Code:
    said: dict[str, Any] = {"task": choice.task, "drop": list(choice.dropped)}
    settings = "".join(f", {name}={value!r}" for name, value in said.items() if value)
    call = f"prepared(frame, {choice.target!r}{settings}, split={choice.split}, seed={choice.seed})"
    lines = [f"frame = cr.tables.read({choice.name!r})", f"examples = {call}", "X, y = examples.X, examples.y"]
    if examples.X_val is not None:
        lines.append("X_val, y_val = examples.X_val, examples.y_val")
    return Code("\n".join(lines), ("from chainrule.lab.data_sets.tables import prepared",))


def _points(choice: DataChoice, examples: Examples) -> Code:
    lines = [
        "points = [",
        *_rows(choice.points),
        "]",
        "X = np.array([point[:2] for point in points], np.float32)",
        "y = np.array([point[2] for point in points])",
        *_split(choice, examples),
    ]
    return Code("\n".join(lines))


def _curve(choice: DataChoice, examples: Examples) -> Code:
    lines = [
        "points = [",
        *_rows(choice.points),
        "]",
        "X, y = (np.array([[point[i]] for point in points], np.float32) for i in range(2))",
        *_split(choice, examples),
    ]
    return Code("\n".join(lines))


def _rows(points: Sequence[Sequence[float | int]]) -> list[str]:
    texts = [f"({', '.join(map(repr, point))})" for point in points]
    return [f"    {', '.join(texts[i : i + _PER_LINE])}," for i in range(0, len(texts), _PER_LINE)]


def _drawn_digits(choice: DataChoice, examples: Examples) -> Code:
    lines = [
        "pictures = [",
        *(f'    ({label}, "{pixels}"),' for label, pixels in choice.pictures),
        "]",
        "X, y = drawn(pictures)",
        *_in_form(examples, ("X",)),
        *_split(choice, examples),
    ]
    return Code("\n".join(lines), ("from chainrule.lab.data_sets.pixels import drawn",))


_NUMBERS: dict[str | None, str] = {"values": "{}", "yes_no": "({} > 0)", "counts": "np.floor(2 * np.abs({}))"}


def _random(choice: DataChoice, examples: Examples) -> Code:
    count = choice.count or 64
    size = f"({', '.join(map(str, (count, *choice.shape)))})"
    normal = f"rng.standard_normal(({count}, {choice.outputs}))"
    lines = [
        f"rng = np.random.default_rng({choice.seed})",
        f"X = rng.integers(0, {choice.vocabulary}, {size})"
        if choice.vocabulary
        else f"X = rng.standard_normal({size}).astype(np.float32)",
        f"y = {_NUMBERS[choice.task].format(normal)}.astype(np.float32)"
        if choice.task in _NUMBERS
        else f"y = np.arange({count}) % {max(choice.outputs, 2)}",
        *_split(choice, examples),
    ]
    return Code("\n".join(lines))


_CODE: dict[str, Callable[[DataChoice, Examples], Code]] = {
    "toy": _toy,
    "gate": _gate,
    "sequence": _sequence,
    "digits": _digits,
    "table": _table,
    "points": _points,
    "curve": _curve,
    "drawn_digits": _drawn_digits,
    "random": _random,
}
