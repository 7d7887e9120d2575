"""`chainrule diagnose`: what is wrong with a saved model or its examples, if anything, and what to do."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from chainrule import Network
from chainrule.cli.inputs import ModelArgument, check_suits, loaded_for_arrays
from chainrule.cli.output import JsonOption, one_of, print_json
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.datasets import DATASETS
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer
from chainrule.files.inputs import fitted, read, scaled

EXAMPLE = "Example: chainrule diagnose digits.safetensors --data mnist-small"


def run(
    model: ModelArgument,
    data: Annotated[
        str,
        typer.Option(
            metavar="DATA", help=f"What it trains on: {', '.join(DATASETS)}, or a CSV file or .npy array of inputs."
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For a file of inputs: a CSV file or .npy array with the class or value of each.",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What it trains with, to judge the learning rate: {', '.join(OPTIMIZERS)}.",
            show_default=False,
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Its learning rate.", show_default="the optimizer's usual one"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say in sentences what is wrong with a model or its examples, if anything, and what to do.

    It looks at up to 4,096 examples, of which up to 256 pass through the model, and tries a few steps of training on a
    copy. Of a data set, that is its training part. The exit status is 0, whatever is found; scripts read "ok" in
    --json.

    Inputs in files are scaled as the model says, as for `chainrule predict`.
    """
    lang = language()
    rule = _rule(optimizer, lr)
    network = loaded_for_arrays(model, data)
    X, y, note = _examples(network, model, data, labels)
    diagnosis = network.diagnose(X, y, optimizer=rule)
    if as_json:
        print_json(diagnosis.as_dict(lang))
    else:
        width = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 100
        print(diagnosis.text(lang=lang, width=width))
    if note:
        print(note, file=sys.stderr if as_json else sys.stdout)


def _rule(optimizer: str | None, lr: float | None) -> Optimizer | None:
    if optimizer is None:
        if lr is not None:
            raise InputError("--lr is the learning rate of an optimizer: name it too, such as --optimizer adam.")
        return None
    make = OPTIMIZERS[one_of("optimizer", optimizer, OPTIMIZERS)]
    return make() if lr is None else make(lr=lr)


def _examples(network: Network, model: Path, data: str, labels: Path | None) -> tuple[NDArray[Any], NDArray[Any], str]:
    """Return inputs as the model takes them, their targets, and a line that says how they were scaled, if so."""
    if labels is None:
        if data not in DATASETS and Path(data).is_file():
            raise InputError(
                "{data} has inputs, but not what they are: give a file with that, too, as --labels.", data=data
            )
        chosen = DATASETS[one_of("data set", data, DATASETS)]
        (X, y), _ = chosen.load(0)
        check_suits(network, model, chosen, X, y)
        X, note = scaled(fitted(X, network, data), chosen.input_scale, network)
        return X, y, note if network.input_scale not in (None, chosen.input_scale) else ""
    if data in DATASETS:
        raise InputError(
            "--labels is for inputs in a file, but {data} is a data set, which has its own: leave it out.", data=data
        )
    X, scale, _ = read(Path(data))
    X, note = scaled(fitted(X, network, data), scale, network)
    y = read(labels).X
    outputs = (len(X), *(network.output_shape or ()))
    return X, y.reshape(len(X) if network.loss.task == "multiclass" else outputs) if y.size == len(X) else y, note
