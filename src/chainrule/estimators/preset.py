"""The preset "tabular" of the estimators: what RealMLP-TD-S decides in place of their parameters."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.tables.realmlp import EPOCHS, VALIDATED

_ALWAYS = {
    "early_stopping": True,
    "patience": EPOCHS,  # the best epoch of all
    "validation_fraction": VALIDATED,
    "epochs": EPOCHS,
    "scale": True,
    "dtype": np.dtype(np.float32),
}
_FREE = ("epochs", "dtype")  # what a user may say besides
_REPLACED = (  # what it has in place of what these say
    *("hidden_layer_sizes", "layers", "activation", "dropout", "optimizer", "learning_rate", "batch_size"),
    "warm_start",  # its schedule ends with the fit
)


def apply(estimator: Any, settings: Any) -> None:
    """Set what the preset decides.

    Raises
    ------
    InputError
        Something of it was set already.
    """
    task = estimator.tabular
    decided = _ALWAYS | {"monitor": task.monitor}
    if task.label_smoothing:  # which an estimator of numbers has no parameter for
        decided["label_smoothing"] = task.label_smoothing
    usual = {field.name: field.default for field in fields(estimator)}
    for name in (*_REPLACED, *decided):
        value = getattr(estimator, name)
        if value is not usual[name] and value != usual[name]:
            if name in _FREE:
                continue
            raise InputError(
                'preset="tabular" decides {name} itself, but {name}={value}. Leave out one of them.',
                name=name,
                value=shown(value),
            )
        if name in decided:
            setattr(settings, name, decided[name])
