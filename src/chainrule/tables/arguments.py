"""What `TableModel.fit` checks of its arguments before anything is done with them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from chainrule.common.errors import InputError
from chainrule.common.names import meant
from chainrule.common.texts import tr
from chainrule.network import Network
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.recognition import shown
from chainrule.tables.scans import Scan
from chainrule.tables.targets import Target
from chainrule.training.settings import FitSettings


def check_said(task: Any, class_weight: Any, history: Any, horizon: Any, group: Any) -> None:
    """Raise an error if an argument is none that `TableModel.fit` knows, or says nothing without another."""
    if task not in (None, "classification", "regression"):
        raise InputError("task is 'classification' or 'regression', but it is {task!r:.40}.", task=task)
    if not (class_weight is None or class_weight == "balanced" or isinstance(class_weight, Mapping)):
        raise InputError(
            "class_weight is 'balanced' or a weight for each class, but it is {class_weight!r:.40}.",
            class_weight=class_weight,
        )
    if history is None and horizon != 1:
        raise InputError(
            "horizon={horizon!r} goes with history, the rows before it that a prediction is made from.", horizon=horizon
        )
    if history is not None and group is not None:
        raise InputError("With a history, the last rows in time tell when to stop: leave out the group.")


def check_preset(preset: Any, layers: Any, history: Any, settings: Mapping[str, Any]) -> None:
    """Raise an error if there is no such preset, or something of it was said already."""
    if preset not in (None, "tabular"):
        raise InputError("preset is 'tabular' or None, but it is {preset!r:.40}.", preset=preset)
    if preset is None:
        return
    if history is not None:
        raise InputError(
            'preset="{preset}" learns from a row, and history={history!r} from those before: leave out one.',
            preset=preset,
            history=history,
        )
    said = {"layers": layers, **settings}
    for name in "layers", "batch_size", "optimizer":
        if said.get(name) is not None:
            raise InputError(
                'preset="{preset}" decides {name} itself: leave out one of them.', preset=preset, name=name
            )


def check_names_of(table: Any, target: str, ordering: Iterable[str | None]) -> None:
    """Raise an error if the target, or a column that orders the rows, is not there; look at them in a file at once."""
    named = [name for name in ordering if name is not None]
    for name in target, *named:
        check_has(table, name)
    if target in named:
        raise InputError(
            "{target!r} is to be predicted, so it is no time and no group: name another column.", target=target
        )
    if isinstance(table, Scan):
        table.look(target, *named)


def checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings of `Network.fit`, checked before anything is done with them."""
    known = [name for name in inspect.signature(Network.fit).parameters if name not in ("self", "X", "y")]
    for name in settings:
        if name not in known:
            near = meant(name, known)
            fix = (
                tr("Did you mean {name!r}?", name=near)
                if near
                else tr("Of Network.fit it takes {known}.", known=", ".join(known))
            )
            raise InputError("TableModel.fit takes no {name!r}. {fix}", name=name, fix=fix)
    rules = FitSettings.rules
    return {n: rules[n].check("TableModel.fit", n, value) if n in rules else value for n, value in settings.items()}


def check_covers(columns: Columns, target: str) -> None:
    """Raise an error if columns were told of a table without the target."""
    if target not in columns.names:
        raise InputError(
            "columns says nothing of {target!r}: pass what chainrule.tables.columns tells of the whole table.",
            target=target,
        )


def check_weighs(class_weight: Any, goal: Target) -> None:
    """Raise an error if classes shall weigh where there are none."""
    if class_weight is not None and goal.task == "regression":
        raise InputError(
            "class_weight is for classes, but {name!r} is learned as a number ({why}): leave it out, or say "
            "that the task is classification.",
            name=goal.name,
            why=goal.why,
        )


def check_unlike_predictions(names: Iterable[str], goal: Target) -> None:
    """Raise an error if columns are called like what is predicted."""
    if taken := [name for name in names if name in goal.predictions]:
        raise InputError(
            "The columns {taken} are called like the predictions, which could not be added to the table: rename "
            "them, or leave them out.",
            taken=shown(taken),
        )
