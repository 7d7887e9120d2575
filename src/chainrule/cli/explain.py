"""`chainrule explain`: every number of one example's pass through a saved model, and why it is what it is."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from chainrule import Network
from chainrule.cli.inputs import ModelArgument, loaded_for_arrays
from chainrule.cli.output import JsonOption, print_json
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.files.inputs import fitted, read, scaled
from chainrule.trace.telling.examples import answer
from chainrule.trace.telling.words import words

_EXPLAINED = 8  # numbers of a slice, each with its terms and its path
EXAMPLE = "Example: chainrule explain digits.safetensors --input my-digit.png --label 3"


def run(
    model: ModelArgument,
    file: Annotated[
        Path,
        typer.Option(
            "--input", metavar="INPUT", help="One example: an image of a digit, a CSV file with a row, or a .npy array."
        ),
    ],
    label: Annotated[
        float | None,
        typer.Option(
            metavar="LABEL", show_default=False, help="Its class or value: without, there is no loss and no gradient."
        ),
    ] = None,
    asked: Annotated[
        list[str] | None,
        typer.Option(
            "--why", metavar="PATH", help='Say what a number is the sum of, such as "layer0.W[3, 1]" or loss.'
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a page of all arrays, to be opened in a browser; of large ones a part."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show every number of one example's pass: forward, and with a label the loss and the backward pass.

    A number's path is the layer's, as in the table, the array's name and its place, such as "layer2.dZ[0, 1]". For each
    --why, the terms of that number come in order of size, and then the path of greatest influence: from it to the loss,
    or for a value to the inputs. The pass is one as in prediction: nothing is dropped out.
    """
    lang = language()
    network = loaded_for_arrays(model, file)
    X, scale, moved = read(file)
    X, note = scaled(fitted(X, network, str(file)), scale, network)
    notes = [line for line in (note, words("moved", lang) if moved else "") if line]
    if len(X) != 1:
        raise InputError(
            "explain takes one example, but {file} has {count}: write the one to look at to a file.",
            file=file,
            count=len(X),
        )
    trace = network.trace(X, None if label is None else _target(network, label), training=False)
    from chainrule.trace.telling import terminal
    from chainrule.trace.trace import Why, ask

    explained = [ask(trace, path, most=_EXPLAINED) for path in asked or []]
    whys: list[Why] = [why for answers in explained for why in answers]
    if html is not None:
        trace.write(html, why=whys, lang=lang)
    if as_json:
        print_json({"prediction": network.predict(X)[0].tolist(), **trace.json(), "why": [why.json() for why in whys]})
        for note in notes:
            print(note, file=sys.stderr)
        return
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
    print(words("prediction", lang, answer=answer(network.loss.task, network.predict(X)[0])))
    for note in notes:
        print(note)
    print(f"\n{terminal.trace(trace, lang, command=True, color=color, width=width)}")
    for why in whys:
        print(f"\n{why.text(lang=lang, color=color, width=width)}")
        if len(path := why.influence()) > 2:
            print(f"\n{terminal.path_of_influence(path, lang, color=color, width=width)}")
    for left_out in filter(None, (answers.left_out(lang) for answers in explained)):
        print(f"\n{left_out}")
    if html is not None:
        print(f"\n{words('page', lang, path=html)}")


def _target(network: Network, label: float) -> NDArray[Any]:
    """Return a label in the shape of the network's targets."""
    assert network.output_shape is not None
    if len(network.output_shape) != 1:
        raise InputError(
            "--label is for models with one answer, but this one answers with outputs of shape {shape}.",
            shape=network.output_shape,
        )
    outputs, task = network.output_shape[0], network.loss.task
    if task == "multiclass":
        if label not in range(outputs):
            raise InputError(
                "--label is the class of the example, a whole number from 0 to {largest}, but {label:g} came.",
                largest=outputs - 1,
                label=label,
            )
        return np.array([int(label)])
    if outputs > 1:
        raise InputError("--label is one number, but this model has {count} outputs: leave it out.", count=outputs)
    if task == "binary" and not 0 <= label <= 1:
        raise InputError("--label is the class of the example, 0 or 1, but {label:g} came.", label=label)
    return np.array([[label]])
