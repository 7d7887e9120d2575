"""The preset "tabular": RealMLP-TD-S, whose settings were tuned on many tables, so that they suit a new one."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.equations.optimizers import Adam
from chainrule.equations.schedules import CosineLog
from chainrule.layers import Activation, Layer, NTKDense, Scale

# Of Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
# 2024, as their code has them, but for the epochs, of which it has 256: on small sets of benchmarks/tables.py, fewer
# came to the same scores.
_SIZES = (256, 256, 256)
_EPOCHS, _BATCH = 150, 256
_SCALE_RATE, _BIAS_RATE = 6.0, 0.1
_BETAS = 0.9, 0.95
_ALWAYS = {
    "early_stopping": True,
    "patience": _EPOCHS,  # the best epoch of all
    "validation_fraction": 0.2,
    "epochs": _EPOCHS,
    "scale": True,
    "dtype": np.dtype(np.float32),
}
_FREE = ("epochs", "dtype")  # what a user may say besides
_REPLACED = (  # what it has in place of what these say
    *("hidden_layer_sizes", "layers", "activation", "dropout", "optimizer", "learning_rate", "batch_size"),
    "warm_start",  # its schedule ends with the fit
)


class Task(NamedTuple):
    """What differs between classes and numbers."""

    activation: str
    learning_rate: float
    settings: dict[str, Any]


CLASSES = Task("selu", 0.04, {"monitor": "accuracy", "label_smoothing": 0.1})
NUMBERS = Task("mish", 0.07, {"monitor": "loss"})


def apply(estimator: Any, settings: Any) -> None:
    """Set what the preset decides.

    Raises
    ------
    InputError
        Something of it was set already.
    """
    decided = _ALWAYS | estimator.tabular.settings
    usual = {field.name: field.default for field in fields(estimator)}
    for name in (*_REPLACED, *decided):
        value = getattr(estimator, name)
        if value is not usual[name] and value != usual[name]:
            if name in _FREE:
                continue
            raise InputError(
                f'preset="tabular" decides {name} itself, but {name}={shown(value)}. Leave out one of them.'
            )
        if name in decided:
            setattr(settings, name, decided[name])


def layers(task: Task, outputs: int) -> list[Layer]:
    """Return the layers from input to logits."""
    hidden: list[Layer] = []
    for units in _SIZES:
        hidden += [NTKDense(units, _BIAS_RATE), Activation(task.activation)]
    return [Scale(_SCALE_RATE), *hidden, NTKDense(outputs, _BIAS_RATE, zero=True)]


def batch_size_for(rows: int) -> int:
    """Return the size of equal batches, of 256 rows or some more: a step on a few rows left over would be noise.

    >>> batch_size_for(100), batch_size_for(511), batch_size_for(1100)
    (100, 511, 275)
    """
    return math.ceil(rows / max(1, rows // _BATCH))


def optimizer(task: Task, steps: int) -> Adam:
    """Return the optimizer for a number of steps."""
    beta1, beta2 = _BETAS
    return Adam(CosineLog(task.learning_rate, steps), beta1=beta1, beta2=beta2)
