"""`chainrule evaluate`: the scores of a saved model on a data set's test part."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from chainrule import load
from chainrule.cli.inputs import ModelArgument, check_suits, fitted, scaled
from chainrule.cli.output import JsonOption, one_of, print_json, scores_line, test
from chainrule.datasets import DATASETS

EXAMPLE = "Example: chainrule evaluate digits.safetensors mnist-small"


def run(
    model: ModelArgument,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=f"One of {', '.join(DATASETS)}.")] = "mnist-small",
    as_json: JsonOption = False,
) -> None:
    """Print a saved model's scores on the test part of a data set.

    The model must have been made for such data: as many numbers per example, and as many classes. If its inputs were
    scaled in another way than the data set's, the output says so.
    """
    chosen = DATASETS[one_of("data set", dataset, DATASETS)]
    network = load(model)
    (_, y_train), (X, y) = chosen.load(0)
    check_suits(network, model, chosen, X, y_train)
    X, note = scaled(fitted(X, network, dataset), chosen.input_scale, network)
    scores = test(network, X, y)
    if as_json:
        print_json({"model": str(model), "dataset": dataset, "test": scores, "test_examples": len(X)})
    else:
        print(scores_line(scores, len(X)))
    if network.input_scale not in (None, chosen.input_scale):
        print(note, file=sys.stderr if as_json else sys.stdout)
