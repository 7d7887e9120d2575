"""A file that the lab is opened with: a saved model, or a table."""

from __future__ import annotations

from pathlib import Path

from chainrule.common.errors import InputError
from chainrule.files.models import load
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.data_sets.choice import MOST_CLASSES
from chainrule.lab.data_sets.pixels import SHAPES
from chainrule.layers import Dense, Flatten, ReLU
from chainrule.network import Network

_HIDDEN = 16  # units for a table


def is_model(path: Path) -> bool:
    """Return whether a file is a saved model, by its name."""
    return path.suffix.lower() == ".safetensors"


def blueprint_of_model(path: Path) -> tuple[Blueprint, Network]:
    """Return the blueprint of a saved model, with data of its shape, and the model with its parameters.

    Raises
    ------
    FileFormatError
        The file is damaged, or no model.
    InputError
        Its inputs are whole numbers that are looked up, for which the lab has no data.
    """
    network = load(path)
    if network.body.vocabulary_of_input is not None:
        raise InputError(
            "{path} looks up its inputs in a table of vectors (Embedding), and the lab has no data for that.", path=path
        )
    data = data_for(network)
    return Blueprint(data, tuple(network.body.layers), network.loss, dtype=network.dtype.name, head=False), network


def data_for(network: Network) -> DataChoice:
    """Return examples in the shape of a network's inputs and outputs; random ones where the lab has none."""
    shape, outputs, task = network.input_shape, network.output_shape, network.loss.task
    assert shape is not None and outputs is not None
    units = outputs[-1]
    form = next((name for name, of in SHAPES.items() if of == shape), None)
    if form is not None and task == "multiclass" and units == 10:
        return DataChoice("digits", "mnist-small", form=form)
    if shape == (2,) and task == "binary" and units == 1:
        return DataChoice("toy", "moons")
    if shape == (2,) and task == "multiclass" and 3 <= units <= MOST_CLASSES:
        return DataChoice("toy", "spirals", classes=units)
    if shape == (1,) and task == "regression" and units == 1:
        return DataChoice("toy", "sine")
    kind = "values" if task == "regression" or (task == "binary" and units > 1) else "classes"
    return DataChoice("random", "random", shape=shape, outputs=units, task=kind)


def blueprint_of_table(path: Path, sets: DataSets) -> Blueprint:
    """Return a blueprint that learns the last column of a table in a file.

    Raises
    ------
    ChainruleError
        The file is no table, or larger than the lab takes.
    """
    token = sets.tables.open(path)
    columns = sets.columns(token)
    target = next((column["name"] for column in columns if column["target"]), columns[-1]["name"])
    data = DataChoice("table", sets.tables.get(token).name, token=token, target=target)
    examples = sets.examples(data)
    layers = (Flatten(), Dense(_HIDDEN), ReLU()) if len(examples.input_shape) > 1 else (Dense(_HIDDEN), ReLU())
    return Blueprint(data, layers)
