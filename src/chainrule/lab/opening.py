"""What a lab begins with: the file that it was opened with."""

from __future__ import annotations

from pathlib import Path

from chainrule.common.errors import InputError
from chainrule.common.reading import opened
from chainrule.files import models
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.desk import Desk
from chainrule.lab.learners import LearnerFile

_CODE = (".py", ".ipynb")
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_MODELS = (".safetensors", "")


def desk_for(file: Path | None) -> Desk:
    """Return the desk of a lab that was opened with a model, a table, a learner's file, or nothing.

    Raises
    ------
    ChainruleError
        If the file cannot be read, or is none of these.
    """
    if file is None:
        return Desk()
    kind = file.suffix.lower()
    if kind in _CODE:
        with opened(file):
            return Desk(learner=LearnerFile(file))
    if kind in _TABLES:
        return _with_table(file)
    if kind in _MODELS:
        return _with_model(file)
    raise InputError(
        "{file} is no file that the lab opens: a model ({models}), a table ({tables}), or your own code ({code}).",
        file=file,
        models=".safetensors",
        tables=", ".join(_TABLES),
        code=", ".join(_CODE),
    )


def _with_table(file: Path) -> Desk:
    sets = DataSets()
    with opened(file) as source:
        token = sets.upload(file.name, source.read())
    target = next(column["name"] for column in sets.columns(token) if column["target"])
    return Desk(Blueprint(data=DataChoice("table", file.name, token=token, target=target)), sets)


def _with_model(file: Path) -> Desk:
    network = models.load(file)
    desk = Desk()
    desk.session.load(network, Blueprint.of(network))
    return desk
