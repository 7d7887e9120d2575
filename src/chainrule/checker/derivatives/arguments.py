"""What to try a stranger's functions with, by the names of their parameters: arrays whose sizes fit each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

INPUTS, OUTPUTS, ROWS, STEPS, WORDS = 4, 3, 6, 5, 7
LARGE = 8
SIDE = 12  # of an image that two convolutions and a pooling leave something of

_NUMBERS: list[tuple[str, Any]] = [
    (r"^hidden\w*s$", [OUTPUTS]),
    (r"^(sizes|layers|layer_?(sizes|dims)|dims|topology|structure|architecture)$", [INPUTS, 5, OUTPUTS]),
    (r"vocab|num_embeddings|n_words|^V$", WORDS),
    (r"corpus", [*range(WORDS)] * 3),
    (r"sample_size|n_samples|heads?", 2),
    (r"window", 1),
    (r"power|^c$", 2.0),
    (r"pool", 2),
    (r"(^|_)(kernel|filter|k)(_?(size|h|w|height|width))?$|^(fh|fw|size|ksize|f)$", 3),
    (r"stride|^s$", 1),
    (r"pad|^p$", 1),
    (r"axis|axes|(start|end)_dim", None),
    (r"lr|learning_?rate|alpha|eta$|slope", 0.1),
    (r"rate|ratio|drop|keep|prob", 0.5),
    (r"eps", 1e-5),
    (r"momentum|decay|rho", 0.9),
    (r"lamb?d|reg", 0.0),
    (r"train|bias|flg|stateful", True),
    (r"mask|dropout_param", None),
    (r"activation|initiali[sz]er|method$|(^|_)name$|(^|_)mode$", None),
    (r"hidden|units|neurons|nodes|out|n_y|d_ff|filters|classes|next|n_h|n_a|^h\d?$|^n$|^m$|^o$", OUTPUTS),
    (r"in|feat|prev|dim|d_model|channels|wordvec|^d$|n_x|size|shape|^i$", INPUTS),
]
_LABELS = re.compile(r"^(y|t|ts|ys|yt)$|label|target|true|truth|actual|expected|^y_", re.IGNORECASE)
_PREDICTIONS = re.compile(r"pred|hat|prob|output", re.IGNORECASE)
_BY_NAME: list[tuple[str, str]] = [
    (r"^[wu]_?(h|hh|aa|rec)\w?$|^wh|recurrent|^u$", "U"),
    (r"^w|weight|^kernel$|^filters$|^embed(dings?)?$|^theta", "W"),
    (r"^gamma|^beta$|^scale|^shift", "scale"),
    (r"^b$|bias|^b\d|^b_", "b"),
    (r"^(h|c|a|s)(_?(prev|0|t|tm1|next))?$|prev|state", "state"),
    (r"^(idx|ids?|index|indices)$|word", "words"),
]
_NO_WEIGHT = re.compile(r"decay|scale|init|reg|lamb|std|method|dim|size|use_|^bias$|^(s|h|a)$|num|n_", re.IGNORECASE)
_OF_SETTINGS = re.compile(r"param(s|eters)?$|config|cfg|options|args$", re.IGNORECASE)
_SETTINGS: dict[str, Any] = {
    "stride": 1,
    "pad": 1,
    "mode": "train",
    "pool_height": 2,
    "pool_width": 2,
    "f": 2,
    "p": 0.5,
    "eps": 1e-5,
}
LETTERS = 27
_rng = np.random.default_rng(4)
# What the course's recurrent network over letters keeps in one dict.
_SETTINGS |= {
    name: 0.5 * _rng.standard_normal(shape)
    for name, shape in (
        ("Wax", (OUTPUTS, LETTERS)),
        ("Waa", (OUTPUTS, OUTPUTS)),
        ("Wya", (LETTERS, OUTPUTS)),
        ("b", (OUTPUTS, 1)),
        ("ba", (OUTPUTS, 1)),
        ("by", (LETTERS, 1)),
    )
}
IS_WORDS = re.compile(r"^(idx|ids?|indices|index|tokens?|contexts?)$|word", re.IGNORECASE)


class Sizes(NamedTuple):
    """Shapes that fit each other: of an input, weights, weights from state to state, a bias, a state.

    `words` says that the input is numbers of words, and `several` that it is several examples: one by itself, or what
    takes long, is only looked at if several are not taken.
    """

    x: tuple[int, ...]
    W: tuple[int, ...] = (INPUTS, OUTPUTS)
    b: tuple[int, ...] = (OUTPUTS,)
    scale: tuple[int, ...] = (INPUTS,)
    U: tuple[int, ...] = (OUTPUTS, OUTPUTS)
    state: tuple[int, ...] = (ROWS, OUTPUTS)
    words: bool = False
    several: bool = True


def _gates(count: int) -> Iterator[Sizes]:
    """Yield sizes of recurrent layers with so many gates side by side, for a step and for a sequence."""
    wide = count * OUTPUTS
    for x, rows in (((ROWS, INPUTS), ROWS), ((2, STEPS, INPUTS), 2)):
        yield Sizes(x, (INPUTS, wide), (wide,), U=(OUTPUTS, wide), state=(rows, OUTPUTS))


_COLUMNS = Sizes((INPUTS, ROWS), (OUTPUTS, INPUTS), (OUTPUTS, 1), (INPUTS, 1), state=(OUTPUTS, ROWS))
_WORDS = Sizes((ROWS,), (WORDS, INPUTS), words=True)
SIZES = (
    Sizes((ROWS, INPUTS)),
    _COLUMNS,
    Sizes((2, INPUTS, 5, 5), (OUTPUTS, INPUTS, 3, 3), state=(2, OUTPUTS)),
    Sizes((2, 5, 5, INPUTS), (3, 3, INPUTS, OUTPUTS), state=(2, OUTPUTS)),
    Sizes((2, STEPS, INPUTS), state=(2, OUTPUTS)),
    _WORDS,
    _WORDS._replace(state=(OUTPUTS, 1)),
    _WORDS._replace(x=(2, STEPS), state=(2, OUTPUTS)),
    _WORDS._replace(x=(ROWS, 2)),
    Sizes((ROWS, INPUTS), (WORDS, INPUTS)),
    *_gates(3),
    *_gates(4),
    Sizes((2, 2, WORDS), (WORDS, INPUTS)),
    Sizes((2, STEPS, INPUTS), state=(STEPS, OUTPUTS)),
    Sizes((2, STEPS, INPUTS), state=(2, STEPS)),
    Sizes((2, STEPS, INPUTS), state=(2, INPUTS)),
    Sizes((2, 4, 4, INPUTS)),
    Sizes((2, INPUTS, 4, 4)),
    _COLUMNS._replace(x=(INPUTS, 1), state=(OUTPUTS, 1), several=False),
    Sizes((INPUTS,), (OUTPUTS, INPUTS), state=(OUTPUTS,), several=False),
    Sizes((1, INPUTS), state=(1, OUTPUTS), several=False),
    Sizes((INPUTS, 5, 5), (OUTPUTS, INPUTS, 3, 3), several=False),
    Sizes((5, 5), (3, 3), several=False),
    Sizes((5, 5, INPUTS), (3, 3, INPUTS, OUTPUTS), several=False),
)
"""What is tried, in this order."""
ONE_OUTPUT = Sizes((ROWS, INPUTS), (INPUTS, 1), (1,))
"""What a loss for labels of two classes may take: one number for each example, as a column."""


def is_label(name: str) -> bool:
    """Return whether a parameter is called like labels."""
    return bool(_LABELS.search(name)) and not _PREDICTIONS.search(name)


def is_probability(name: str) -> bool:
    """Return whether a parameter is called like predicted probabilities."""
    return bool(re.search(r"^pred|^p$|prob|y_?(hat|pred)", name, re.IGNORECASE))


def is_output(name: str) -> bool:
    """Return whether a parameter is called like what a network puts out, before or after its last activation."""
    return bool(re.search(r"^(x|z|a|al|p|s)$|pred|hat|prob|out|logit|score|^y", name, re.IGNORECASE))


def setting(name: str) -> Any:
    """Return a value for a parameter that is no array, by its name; the size of the input if nothing fits."""
    if _OF_SETTINGS.search(name):
        return _SETTINGS
    return next((value for pattern, value in _NUMBERS if re.search(pattern, name, re.IGNORECASE)), INPUTS)


def needed(function: ast.FunctionDef) -> list[str]:
    """Return the names of a method's parameters without a default value, and without self."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    names = [argument.arg for argument in arguments[: len(arguments) - len(function.args.defaults)]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def large(function: ast.FunctionDef) -> list[str]:
    """Return the names of a constructor's sizes whose default values are large: a hidden layer of 650."""
    arguments, defaults = function.args.args, function.args.defaults
    optional = zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True)
    return [
        a.arg
        for a, default in optional
        if re.search("size|dim|hidden|units|feat|chan|classes|filters|n_", a.arg) and _is_large(default)
    ]


def _is_large(default: ast.expr) -> bool:
    """Return whether a default value is a large number, or computed, such as 3 * 32 * 32, or a shape."""
    is_number = isinstance(default, ast.Constant) and type(default.value) is int
    return ast.literal_eval(default) > LARGE if is_number else isinstance(default, ast.BinOp | ast.Tuple)


def kind(name: str) -> str:
    """Return what array a parameter is called like: a field of `Sizes`, or "" if it is called like none."""
    return next((kind for pattern, kind in _BY_NAME if re.search(pattern, name, re.IGNORECASE)), "")


def array(of: str, sizes: Sizes, seed: int = 5) -> Any:
    """Return an array of a kind; words are the numbers of words, one for each example."""
    rng = np.random.default_rng(seed)
    if of == "words" or (of == "x" and sizes.words):
        return rng.integers(0, WORDS, sizes.x if of == "x" else sizes.x[:1])
    return rng.standard_normal(getattr(sizes, of))


def ways_to_make(
    constructor: ast.FunctionDef | None, all_sizes: Iterable[Sizes], texts: Sequence[str | None]
) -> Iterator[tuple[Sizes, dict[str, Any]]]:
    """Yield sizes of what an object may be called with, and values for the constructor that fit them.

    Where a default value is the shape of an image, images come first: small ones, and if the code takes none of those,
    because it counts on that shape elsewhere, images of that shape.
    """
    asked = [*needed(constructor), *large(constructor)] if constructor else []
    for name, shape in _shapes(constructor) if constructor else ():
        settings = {other: setting(other) for other in asked}
        small = tuple(min(side, SIDE) for side in shape)
        yield Sizes((2, *small)), settings | {name: small}
        yield Sizes((2, *shape), several=False), settings | {name: shape}
    for sizes in all_sizes:
        for settings in constructors(asked, sizes, texts):
            yield sizes, settings


def _shapes(constructor: ast.FunctionDef) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the parameters whose default value is the shape of an image."""
    arguments, defaults = constructor.args.args, constructor.args.defaults
    for argument, default in zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True):
        constants = [side.value for side in getattr(default, "elts", ()) if isinstance(side, ast.Constant)]
        sides = tuple(side for side in constants if type(side) is int)
        if len(sides) == len(constants) == 3:
            yield argument.arg, sides


def constructors(names: Sequence[str], sizes: Sizes, texts: Sequence[str | None]) -> Iterator[dict[str, Any]]:
    """Yield values for a constructor: arrays for weights, numbers for sizes, and each text for what is an activation.

    Then all sizes are the same; and for images they are written as pairs, what is a shape as that of the input,
    nothing is padded, and windows are of 2 by 2.
    """
    values = {name: setting(name) for name in names}
    values |= {name: array(of, sizes, 5 + place) for place, name in enumerate(names) if (of := _weight(name))}
    chosen = [name for name, value in values.items() if value is None]
    for text in texts if chosen else texts[:1]:
        yield values | dict.fromkeys(chosen, text)
    if {INPUTS, OUTPUTS} <= {value for value in values.values() if type(value) is int}:
        yield {name: INPUTS if type(value) is int and value == OUTPUTS else value for name, value in values.items()}
    if len(sizes.x) > 2:
        pairs = {name: (values[name],) * 2 for name in names if re.search("kernel|filter_|pool_|^k$", name)}
        shapes = {name: sizes.x[1:] for name in names if re.search(r"shape|^in(put)?(_size|_dim)?$", name)}
        unpadded = {name: 0 for name in names if re.search("pad", name)}
        # Windows side by side fit only images whose sides they divide.
        halves = {name: 2 for name in names if re.search(r"kernel_size|pool|^k$", name)}
        yield from (values | other for other in (pairs, shapes, unpadded, halves) if other)


def _weight(name: str) -> str:
    """Return what array a constructor takes under a name: only weights come as arrays."""
    of = "" if _NO_WEIGHT.search(name) else kind(name)
    return of if of in ("W", "U", "b") else ""


def labels_of_two(like: Any) -> Iterator[Any]:
    """Yield the labels of two classes for an input, one below the other: -1 and 1, and 0 and 1."""
    drawn = np.random.default_rng(7).permutation(np.arange(len(like)) % 2)[:, None]
    yield 2.0 * drawn - 1
    yield drawn


def labels(like: Any) -> Iterator[Any]:
    """Yield what may stand beside an input: one-hot labels, numbers of classes, one for each step, of its shape."""
    rng, shape = np.random.default_rng(7), np.shape(like)
    if np.asarray(like).dtype.kind in "iu":
        yield rng.integers(0, WORDS, shape)
        yield rng.integers(0, WORDS, shape[:1])
        return
    if len(shape) == 4:
        classes = rng.integers(0, OUTPUTS, shape[0])
        yield classes
        yield np.eye(OUTPUTS)[classes]
    if len(shape) > 1:
        numbers = rng.integers(0, shape[-1], shape[:-1])
        yield np.eye(shape[-1])[numbers]
        yield numbers
    if len(shape) == 2:
        yield np.eye(shape[0])[:, rng.integers(0, shape[0], shape[1])]
    if len(shape) == 3:
        yield np.eye(shape[-1])[numbers[:, 0]]
        yield rng.integers(0, 2, shape[:-1])
    yield rng.integers(0, 2, shape[:1])
    yield rng.random(shape)
