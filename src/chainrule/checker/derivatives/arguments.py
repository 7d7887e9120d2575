"""What to try a stranger's constructor and forward method with, by the names of their parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

INPUTS, OUTPUTS, ROWS = 4, 3, 6
_RULES: list[tuple[str, Any]] = [
    (r"vocab|num_embeddings|n_words|V$", 7),
    (r"heads?", 2),
    (r"pool", 2),
    (r"(^|_)(kernel|filter|window|k)(_?(size|h|w|height|width))?$|^(fh|fw|size|ksize|f)$", 3),
    (r"stride|^s$", 1),
    (r"pad", 1),
    (r"lr|learning_?rate|alpha|eta$|slope", 0.1),
    (r"rate|ratio|drop|^p$|keep|prob", 0.5),
    (r"eps", 1e-5),
    (r"momentum|beta|decay|gamma", 0.9),
    (r"lamb?d|reg", 0.0),
    (r"train|bias", True),
    (r"activation|initiali[sz]er|method|name|mode", None),
    (r"hidden|units|neurons|nodes|out|n_y|d_ff|filters|classes|next|n_h|^h\d?$|^n$|^m$|^o$", OUTPUTS),
    (r"in|feat|prev|dim|d_model|channels|^d$|n_x|size|shape|^i$", INPUTS),
]
_WEIGHT, _BIAS = re.compile(r"^w|weight|kernel$", re.IGNORECASE), re.compile(r"^b$|bias|^b\d|beta", re.IGNORECASE)
_TEXTS = (None, "relu", "sigmoid")


def setting(name: str) -> Any:
    """Return a value for a parameter that has no default, by its name; the size of the input if nothing fits."""
    return next((value for pattern, value in _RULES if re.search(pattern, name, re.IGNORECASE)), INPUTS)


def needed(function: ast.FunctionDef) -> list[str]:
    """Return the names of a method's parameters without a default value, and without self."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    names = [argument.arg for argument in arguments[: len(arguments) - len(function.args.defaults)]]
    return names[1:] if names[:1] == ["self"] else names


def settings(names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield values for a constructor: arrays for weights, in rows and in columns; texts for names of activations."""
    rng = np.random.default_rng(5)
    for shapes in (((INPUTS, OUTPUTS), (OUTPUTS,)), ((OUTPUTS, INPUTS), (OUTPUTS, 1))):
        weights = {name: rng.standard_normal(shapes[0]) for name in names if _WEIGHT.search(name)}
        biases = {name: rng.standard_normal(shapes[1]) for name in names if _BIAS.search(name) and weights}
        values = {name: setting(name) for name in names} | biases | weights
        texts = [name for name in names if values[name] is None]
        for activation in _TEXTS if texts else _TEXTS[:1]:
            yield values | dict.fromkeys(texts, activation)
        if not weights:
            return


def inputs() -> Iterator[tuple[bool, Any]]:
    """Yield what a layer may take, and whether that is several examples: in rows, in columns, images, sequences, words.

    Then follow single examples.
    """
    rng = np.random.default_rng(6)
    for shape in ((ROWS, INPUTS), (INPUTS, ROWS), (2, INPUTS, 5, 5), (2, 5, 5, INPUTS), (2, 5, INPUTS)):
        yield True, rng.standard_normal(shape)
    yield True, rng.integers(0, 7, (2, 5))
    yield True, rng.integers(0, 7, (ROWS,))
    for single in ((INPUTS,), (INPUTS, 1), (1, INPUTS), (INPUTS, 5, 5), (5, 5), (5, 5, INPUTS)):
        yield False, rng.standard_normal(single)


def labels(like: Any) -> Iterator[Any]:
    """Yield what may stand beside an input: labels of its shape, one-hot, as numbers of classes."""
    rng = np.random.default_rng(7)
    shape = np.shape(like)
    if len(shape) == 2:
        yield np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
        yield rng.integers(0, shape[1], shape[0])
        yield np.eye(shape[0])[:, rng.integers(0, shape[0], shape[1])]
    yield rng.random(shape)
