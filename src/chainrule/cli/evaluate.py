"""`chainrule evaluate`: the scores of a saved model on a data set's test part."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from chainrule.cli.inputs import ModelArgument, check_suits, loaded
from chainrule.cli.output import JsonOption, one_of, print_json, scores_line, test
from chainrule.cli.score_table import evaluate_table
from chainrule.cli.table_options import SheetOption, SizeOption, TableOptions, XOption, YOption, picture_size
from chainrule.common.errors import InputError
from chainrule.datasets import DATASETS
from chainrule.files.inputs import fitted, scaled

EXAMPLE = """\
Example: chainrule evaluate titanic.safetensors held-out.csv

Example: chainrule evaluate digits.safetensors mnist-small"""

_USUAL = "mnist-small"


def run(
    model: ModelArgument,
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help=f"A table with the answers, or one of {', '.join(DATASETS)}.",
            show_default=f"{_USUAL}, unless the model was trained on a table",
        ),
    ] = None,
    as_json: JsonOption = False,
    sheet: SheetOption = None,
    x: XOption = None,
    y: YOption = None,
    size: SizeOption = None,
) -> None:
    """Print a saved model's scores on a table, or on the test part of a data set.

    The model must have been made for such data: as many numbers per example, and as many classes. If its inputs were
    scaled in another way than the data set's, the output says so.
    """
    options = TableOptions(reading={"sheet": sheet, "x": x, "y": y, "size": picture_size(size)})
    own = options.concern(dataset or _USUAL)
    chosen = None if own else DATASETS[one_of("data set", dataset or _USUAL, DATASETS)]
    network, table = loaded(model)
    if table is not None:
        if dataset is None:
            raise InputError(
                "{model} was trained on a table: name one with the answers, in its column {target!r}, as in "
                "chainrule evaluate {model} held-out.csv.",
                model=model,
                target=table.target.name,
            )
        evaluate_table(table, model, dataset, options, as_json)
        return
    if chosen is None:
        raise InputError(
            "{model} was not trained on a table: name the data set that it was trained on, and not {dataset}.",
            model=model,
            dataset=dataset,
        )
    dataset = chosen.name
    (_, y_train), (X, Y) = chosen.load(0)
    check_suits(network, model, chosen, X, y_train)
    X, note = scaled(fitted(X, network, dataset), chosen.input_scale, network)
    scores = test(network, X, Y)
    if as_json:
        print_json({"model": str(model), "dataset": dataset, "test": scores, "test_examples": len(X)})
    else:
        print(scores_line(scores, len(X)))
    if network.input_scale not in (None, chosen.input_scale):
        print(note, file=sys.stderr if as_json else sys.stdout)
