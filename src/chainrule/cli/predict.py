"""`chainrule predict`: what a saved model says about images or other data."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from chainrule import Network
from chainrule.cli.inputs import ModelArgument, loaded
from chainrule.cli.output import JsonOption, print_json
from chainrule.cli.score_table import predict_table
from chainrule.cli.table_options import WRITTEN, SheetOption, SizeOption, TableOptions, XOption, picture_size
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.number_text import number_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.datasets import load_mnist_small
from chainrule.datasets.mnist import PIXEL_SCALE
from chainrule.files.inputs import FileInput, fitted, read, scaled
from chainrule.tables import TableModel
from chainrule.tables.recognition import shown
from chainrule.trace.telling.words import words

EXAMPLE = """\
Example: chainrule predict titanic.safetensors new.csv --out scored.csv

Example: chainrule predict digits.safetensors my-digit.png"""

_DRAWN = 100  # more images than this are listed instead
_PIXELS = 28 * 28


def run(
    model: ModelArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT", help="A table; or an image of a digit (PNG, JPEG), an IDX or CSV file, or a .npy array."
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", show_default=False, help="Instead of INPUT: this many of the shipped test digits."
        ),
    ] = 0,
    as_json: JsonOption = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Of a table: write it with the predictions ({', '.join(WRITTEN)})."),
    ] = None,
    sheet: SheetOption = None,
    x: XOption = None,
    size: SizeOption = None,
) -> None:
    """Show what a saved model makes of a table, of images or of other data.

    A model that was trained on a table takes one with the same columns, in any order; others are kept beside the
    predictions. The rows are printed, or written to the file of --out with the probability of each class.

    Up to 100 images of 28x28 pixels are drawn with the prediction and its probability below; other data gives a table.
    A digit in an image may be of any size, dark on light or light on dark: it is scaled and centered as in MNIST, and
    one that is so already stays as it is.

    Whole numbers, such as pixels of 0 to 255, are multiplied by what the model file says they were multiplied by in
    training (1/255 for mnist and mnist-small), and the output says so. If the file says nothing, they are taken as they
    are, and so are fractions.
    """
    if file is not None and samples:
        raise InputError(
            "--samples takes shipped digits in place of a file: leave out --samples, or {file}.", file=file
        )
    network, table = loaded(model)
    if file is None and samples == 0:
        raise InputError(_no_input(model, network, table))
    options = TableOptions(reading={"sheet": sheet, "x": x, "size": picture_size(size)})
    if table is not None:
        if file is None:
            raise InputError("{model} was trained on a table: name a file with one, and not --samples.", model=model)
        predict_table(table, file, options, out, as_json)
        return
    if out is not None or options.used_reading:
        raise InputError(
            "{model} was not trained on a table, so --out, --sheet, --x and --size mean nothing for it.", model=model
        )
    (X, scale, moved), labels = (read(file), []) if file is not None else _shipped(samples)
    X, note = scaled(fitted(X, network, str(file or "the shipped digits")), scale, network)
    predictions = _predictions(network, X)
    for prediction, label in zip(predictions, labels, strict=False):
        prediction[later("label")] = label
    if as_json:
        print_json(predictions)
    elif X[0].size == _PIXELS and len(X) <= _DRAWN:
        from rich.console import Console

        from chainrule.cli.draw import draw

        images = X.reshape(-1, 28, 28) / max(1.0, float(X.max()))
        draw(images, [_caption(p) for p in predictions], Console(file=sys.stdout, highlight=False))
    else:
        columns = list(predictions[0])
        rows = [[str(i), *(_cell(name, p[name]) for name in columns)] for i, p in enumerate(predictions)]
        print(text_table([tr("example"), *map(tr, columns)], rows))
    for line in filter(None, (note, words("moved", language()) if moved else "")):
        print(line, file=sys.stderr if as_json else sys.stdout)


def _no_input(model: Path, network: Network, table: TableModel | None) -> str:
    """Return the sentence that an input is missing, and which one it would be."""
    if table is not None:
        return tr(
            "predict needs a table with the columns that {model} learned from ({columns}): name its file, as in "
            "chainrule predict {model} new.csv.",
            model=model,
            columns=shown(table.feature_names),
        )
    assert network.input_shape is not None
    if math.prod(network.input_shape) == _PIXELS:
        return tr(
            "predict needs images for {model}: name a file, or say --samples 6 to take shipped digits.", model=model
        )
    return tr(
        "predict needs examples of shape {shape} for {model}: name a CSV file with a row for each, an IDX file or a "
        ".npy array.",
        shape=network.input_shape,
        model=model,
    )


def _shipped(n: int) -> tuple[FileInput, list[int]]:
    """Return n test digits, evenly spread, and their labels."""
    _, (X, y) = load_mnist_small()
    if n > len(X):
        raise InputError("There are {count:,} shipped test digits, but --samples asks for {n:,}.", count=len(X), n=n)
    rows = np.linspace(0, len(X) - 1, n).astype(int)
    return FileInput(X[rows], PIXEL_SCALE), y[rows].tolist()


def _predictions(network: Network, X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return one dict per example: the prediction, and its probability unless it is a value."""
    P = network.predict(X)
    if network.loss.task == "regression":
        return [{later("prediction"): p[0] if len(p) == 1 else p} for p in P.tolist()]
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
    return number_text(value) if isinstance(value, float) else str(value)


def _caption(prediction: dict[str, Any]) -> str:
    """Return what stands below an image, such as "7  99.8%  wrong, is 1"."""
    cells = [_cell(name, prediction[name]) for name in ("prediction", "probability") if name in prediction]
    label = prediction.get("label")
    if label is not None:
        cells.append(tr("right") if label == prediction["prediction"] else tr("wrong, is {label}", label=label))
    return "  ".join(cells)
