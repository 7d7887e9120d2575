"""`chainrule predict`: what a saved model says about images or other data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from chainrule import Network, load
from chainrule.cli.digit import read_digit
from chainrule.cli.output import JsonOption, print_json
from chainrule.common.errors import InputError
from chainrule.common.text_table import text_table
from chainrule.datasets import load_mnist_small, read_idx
from chainrule.datasets.npy import read_npy

EXAMPLE = "Example: chainrule predict digits.safetensors my-digit.png"

_DRAWN = 100  # more images than this are listed instead
_PIXELS = 28 * 28


def run(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that `chainrule train --out` wrote.")],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="INPUT", help="An image of a digit (PNG, JPEG), an IDX file, or a .npy array."),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", show_default=False, help="Instead of INPUT: this many of the shipped test digits."
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show what a saved model makes of images or other data.

    Up to 100 images of 28x28 pixels are drawn with the prediction and its probability below; other data gives a table.
    A digit in an image may be of any size, dark on light or light on dark. Whole numbers 0..255 (uint8) are divided by
    255.
    """
    if (file is None) == (samples == 0):
        raise InputError("predict needs an input: name one file, or say --samples 6 to take shipped digits.")
    network = load(model)
    X, labels = (_read(file), []) if file is not None else _shipped(samples)
    X = _fitted(X, network, str(file or "the shipped digits"))
    predictions = _predictions(network, X)
    for prediction, label in zip(predictions, labels, strict=False):
        prediction["label"] = label
    if as_json:
        print_json(predictions)
    elif X[0].size == _PIXELS and len(X) <= _DRAWN:
        from rich.console import Console

        from chainrule.cli.draw import draw

        draw(X.reshape(-1, 28, 28), [_caption(p) for p in predictions], Console(highlight=False))
    else:
        columns = list(predictions[0])
        rows = [[str(i), *(_cell(name, p[name]) for name in columns)] for i, p in enumerate(predictions)]
        print(text_table(["example", *columns], rows))


def _read(path: Path) -> NDArray[Any]:
    """Return the array in a file, whose kind is told by its first bytes."""
    with path.open("rb") as file:
        start = file.read(6)
        if start == b"\x93NUMPY":
            X = read_npy(path)
        elif start[:2] in (b"\0\0", b"\x1f\x8b"):
            X = read_idx(path)
        else:
            X = read_digit(path)
    return X / np.float32(255) if X.dtype == np.uint8 else X


def _shipped(n: int) -> tuple[NDArray[Any], list[int]]:
    """Return n test digits, evenly spread, and their labels."""
    _, (X, y) = load_mnist_small()
    if n > len(X):
        raise InputError(f"There are {len(X):,} shipped test digits, but --samples asks for {n:,}.")
    rows = np.linspace(0, len(X) - 1, n).astype(int)
    return X[rows], y[rows].tolist()


def _fitted(X: NDArray[Any], network: Network, name: str) -> NDArray[Any]:
    """Return one example or several as a batch of the model's input shape."""
    assert network.input_shape is not None
    size = math.prod(network.input_shape)
    if X.size and (X.size == size or math.prod(X.shape[1:]) == size):
        return X.reshape(-1, *network.input_shape)
    raise InputError(
        f"The model takes examples of shape {network.input_shape}, but the shape of {name} is {X.shape}. "
        "Was the model trained on other data?"
    )


def _predictions(network: Network, X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return one dict per example: the prediction, and its probability unless it is a value."""
    P = network.predict(X)
    if network.loss.task == "regression":
        return [{"prediction": p[0] if len(p) == 1 else p} for p in P.tolist()]
    classes = network.predict_classes(X)
    if network.loss.task == "multiclass":
        certain = P.max(axis=-1)
    else:
        certain = np.maximum(P, 1 - P).reshape(classes.shape)
    return [{"prediction": k, "probability": p} for k, p in zip(classes.tolist(), certain.tolist(), strict=True)]


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_cell(name, v) for v in value)
    if name == "probability":
        return f"{value:.1%}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _caption(prediction: dict[str, Any]) -> str:
    """Return what stands below an image, such as "7  99.8%  wrong, is 1"."""
    cells = [_cell(name, prediction[name]) for name in ("prediction", "probability") if name in prediction]
    label = prediction.get("label")
    if label is not None:
        cells.append("right" if label == prediction["prediction"] else f"wrong, is {label}")
    return "  ".join(cells)
