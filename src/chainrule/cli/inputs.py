"""Which model a command is given, and whether data suits it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from chainrule import Network
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.datasets import Dataset
from chainrule.files.kinds import ESTIMATOR
from chainrule.files.models import load_described
from chainrule.tables import TableModel

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model file that `chainrule train --out` wrote.")
]


def loaded(path: Path) -> tuple[Network, TableModel | None]:
    """Return the network of a model file, and what it knows of the table that it was trained on, if it was one.

    Raises
    ------
    InputError
        If an estimator wrote it: its network alone would predict scaled values from inputs that nobody scaled.
    """
    network, description = load_described(path)
    if ESTIMATOR in description:
        raise InputError(
            "{path} holds an estimator, which scales its inputs and knows its classes: load it in Python with "
            "chainrule.estimators.{kind}.load({text!r}).",
            path=path,
            kind=_estimator(description),
            text=str(path),
        )
    if TableModel.KEY not in description:
        return network, None
    return network, TableModel.of(network, description[TableModel.KEY], str(path))


def loaded_whole(path: Path) -> Any:
    """Return what a model file holds: a network, a model of a table, or an estimator."""
    _, description = load_described(path)
    if ESTIMATOR in description:
        from chainrule import estimators

        return getattr(estimators, _estimator(description)).load(path)
    network, table = loaded(path)
    return network if table is None else table


def _estimator(description: dict[str, Any]) -> str:
    """Return the class that wrote a file."""
    return "NetworkRegressor" if description[ESTIMATOR].get("task") == "regression" else "NetworkClassifier"


def loaded_for_arrays(path: Path, file: Path | str) -> Network:
    """Return the network of a model file, for a file with its inputs as arrays.

    Raises
    ------
    InputError
        If it was trained on a table, whose columns it gets prepared, and the file is no array of them.
    """
    network, table = loaded(path)
    if table is not None and Path(file).suffix != ".npy":
        raise InputError(
            "{path} was trained on a table, and the network gets its columns prepared: in place of {file}, name a "
            ".npy array of what chainrule.TableModel.load({text!r}).preparation.prepare(frame).X gives.",
            path=path,
            file=file,
            text=str(path),
        )
    return network


def outputs(dataset: Dataset, y: NDArray[Any]) -> int:
    """Return how many outputs a network for a data set has."""
    return int(y.max()) + 1 if dataset.task == "multiclass" else 1


def check_suits(network: Network, model: Path, dataset: Dataset, X: NDArray[Any], y: NDArray[Any]) -> None:
    """Raise an error if a model was made for other data than these."""
    assert network.input_shape is not None and network.output_shape is not None
    answers = (
        _answer(network.loss.task, network.output_shape[0])
        if len(network.output_shape) == 1
        else tr("outputs of shape {shape}", shape=network.output_shape)
    )
    takes, has = math.prod(network.input_shape), math.prod(X.shape[1:])
    right = _answer(dataset.task, outputs(dataset, y))
    if (takes, answers) != (has, right):
        raise InputError(
            "{model} takes {takes:,} numbers per example and answers with {answers}, but {data} has {has:,} and "
            "{right}: the model was made for other data. Name the data set that it was trained on; `chainrule "
            "datasets` lists them.",
            model=model,
            takes=takes,
            answers=answers,
            data=dataset.name,
            has=has,
            right=right,
        )


def _answer(task: str, outputs: int) -> str:
    if task == "regression":
        return tr("one value") if outputs == 1 else tr("{count} values", count=outputs)
    if task == "binary" and outputs > 1:
        return tr("{count} times yes or no", count=outputs)
    return tr("one of {count} classes", count=max(outputs, 2))
