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
        It answers for each step or place of an example, or has more outputs than the lab shows.
    """
    network = load(path)
    data = data_for(network)
    return Blueprint(data, tuple(network.body.layers), network.loss, dtype=network.dtype.name, head=False), network


def data_for(network: Network) -> DataChoice:
    """Return examples in the shape of a network's inputs and outputs; random ones where the lab has none."""
    shape, outputs, task = network.input_shape, network.output_shape, network.loss.task
    assert shape is not None and outputs is not None
    if len(outputs) > 1:
        raise InputError(
            "The model answers for each of the places {shape} of an example, and the lab shows models with one answer "
            "for each example.",
            shape=outputs[:-1],
        )
    units, vocabulary = outputs[-1], network.body.vocabulary_of_input or 0
    if vocabulary:
        return _random(network, units, vocabulary)
    form = next((name for name, of in SHAPES.items() if of == shape), None)
    if form is not None and task == "multiclass" and units == 10:
        return DataChoice("digits", "mnist-small", form=form)
    if shape == (2,) and task == "binary" and units == 1:
        return DataChoice("toy", "moons")
    if shape == (2,) and task == "multiclass" and 3 <= units <= MOST_CLASSES:
        return DataChoice("toy", "spirals", classes=units)
    if shape == (1,) and task == "regression" and units == 1:
        return DataChoice("toy", "sine")
    return _random(network, units, vocabulary)


def _random(network: Network, units: int, vocabulary: int) -> DataChoice:
    """Return random examples of the shape of a network's inputs, with as many answers as it gives."""
    assert network.input_shape is not None
    kind, task = "classes", network.loss.task
    if task == "regression":
        kind = "counts" if network.loss.log_link else "values"
    elif task == "binary" and units > 1:
        kind = "yes_no"
    return DataChoice("random", "random", shape=network.input_shape, outputs=units, task=kind, vocabulary=vocabulary)


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
