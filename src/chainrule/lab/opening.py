"""What a lab begins with: the file that it was opened with."""

from __future__ import annotations

from pathlib import Path

from chainrule.common.errors import ChainruleError, InputError
from chainrule.common.reading import opened
from chainrule.lab.data_sets import DataSets
from chainrule.lab.desk import Desk
from chainrule.lab.learners import LearnerFile
from chainrule.lab.saved import blueprint_of_model, blueprint_of_table, is_model

_CODE = (".py", ".ipynb")
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")


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
    if is_model(file):
        return _desk_of_model(file)
    if kind in _CODE:
        with opened(file):
            return Desk(learner=LearnerFile(file))
    if kind in _TABLES:
        sets = DataSets()
        return Desk(blueprint_of_table(file, sets), sets)
    raise InputError(
        "{file} is no file that the lab opens: a model ({models}), a table ({tables}), or your own code ({code}).",
        file=file,
        models=".safetensors",
        tables=", ".join(_TABLES),
        code=", ".join(_CODE),
    )


def _desk_of_model(file: Path) -> Desk:
    desk = Desk()
    try:
        blueprint, network = blueprint_of_model(file)
        desk.session.load(network, blueprint)
    except InputError as error:
        desk.close()
        raise InputError(
            "The lab cannot open {file}. {reason} `chainrule explain` shows a pass of it, and `Network.fit` trains it.",
            file=file,
            reason=error,
        ) from error
    except ChainruleError:
        desk.close()
        raise
    return desk
