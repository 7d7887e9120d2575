"""`chainrule evaluate`: the scores of a saved model on a data set's test part."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainrule import load
from chainrule.cli.output import JsonOption, one_of, print_json, scores_line
from chainrule.datasets import DATASETS

EXAMPLE = "Example: chainrule evaluate digits.safetensors mnist-small"


def run(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that `chainrule train --out` wrote.")],
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=f"One of {', '.join(DATASETS)}.")] = "mnist-small",
    as_json: JsonOption = False,
) -> None:
    """Print a saved model's scores on the test part of a data set."""
    chosen = DATASETS[one_of("data set", dataset, DATASETS)]
    network = load(model)
    _, (X, y) = chosen.load(0)
    scores = network.evaluate(X, y)
    if as_json:
        print_json({"model": str(model), "dataset": dataset, "test": scores, "test_examples": len(X)})
    else:
        print(scores_line(scores, len(X)))
