"""RealMLP-TD-S: a network for tables whose settings were tuned on many of them, so that they suit a new one."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from chainrule.equations.optimizers import Adam
from chainrule.equations.schedules import CosineLog
from chainrule.layers import Activation, Layer, NTKDense, Scale

# Of Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
# 2024, as their code has them, but for the epochs, of which it has 256: on small sets of benchmarks/tables.py, fewer
# came to the same scores.
_SIZES = (256, 256, 256)
EPOCHS, _BATCH = 150, 256
VALIDATED = 0.2  # of the rows, on which the best epoch is the best
_SCALE_RATE, _BIAS_RATE = 6.0, 0.1
_BETAS = 0.9, 0.95


class Task(NamedTuple):
    """What differs between classes and numbers."""

    activation: str
    learning_rate: float
    monitor: str
    label_smoothing: float


CLASSES = Task("selu", 0.04, "accuracy", 0.1)
NUMBERS = Task("mish", 0.07, "loss", 0.0)


def task_of(name: Literal["classification", "regression"]) -> Task:
    """Return what differs, for what a table asks for."""
    return CLASSES if name == "classification" else NUMBERS


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
