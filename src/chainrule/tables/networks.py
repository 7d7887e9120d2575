"""A network without experience for what a table asks for, and how long it is trained if nobody says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.settings import whole
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, MeanSquaredError
from chainrule.equations.optimizers import AdamW
from chainrule.equations.schedules import Cosine, Warmup
from chainrule.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool,
    ReLU,
    Residual,
)
from chainrule.network import Network
from chainrule.tables import realmlp
from chainrule.tables.targets import Target

LAYERS = (128, 64)  # units of hidden layers, if nobody says so
DROPOUT = 0.3
VALIDATED = 0.2  # of the rows tell when to stop
_STEPS = 2000  # of the optimizer: a small table is gone through more often than a large one
_LEAST_EPOCHS, _MOST_EPOCHS = 10, 100
_MANY_ROWS = 2000
_RATE, _DECAY = 0.002, 0.02
_CHANNELS = (16, 32, 64)  # of convolutions, after each of which pictures are half as wide
_SMALLEST = 4  # pixels


def network(shape: tuple[int, ...], target: Target, layers: Sequence[int | Layer], seed: int) -> Network:
    """Return a network from examples of a shape to a target.

    Whole numbers among the layers are hidden layers of so many units: Dense, ReLU and Dropout. Pictures pass through
    convolutions before those, and the past is laid flat. Where there are only whole numbers, inputs that are no picture
    also go straight to the output, so that hidden layers need not learn what is linear (`start_from`).
    """
    usual = all(isinstance(layer, int) for layer in layers)
    first: list[Layer] = []
    if len(shape) == 3 and usual:
        first += _convolutions(min(shape[:2]))
    if len(shape) == 2 and usual:
        first.append(Flatten())
    hidden: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Layer):
            hidden.append(layer)
        else:
            units = whole("TableModel.fit", "layers", layer, least=1)
            hidden += [Dense(units, initializer="he"), ReLU(), Dropout(DROPOUT)]
    classes = max(len(target.classes), 1)
    loss = {1: "mean_squared_error", 2: "binary_cross_entropy"}.get(classes, "categorical_cross_entropy")
    outputs = 1 if classes == 2 else classes
    if hidden and usual and len(shape) < 3:
        straight = Dense(outputs, bias=False, initializer="zeros")
        last: list[Layer] = [Residual([*hidden, Dense(outputs, initializer="zeros")], shortcut=straight)]
    else:
        last = [*hidden, Dense(outputs, initializer="xavier")]
    return Network([*first, *last], loss, input_shape=shape, seed=seed)


def tabular(shape: tuple[int, ...], target: Target, seed: int) -> Network:
    """Return the network of the preset "tabular".

    Raises
    ------
    InputError
        If examples are pictures.
    """
    if len(shape) == 3:
        raise InputError(
            'preset="tabular" learns from columns of numbers, categories and dates, not from pictures: leave it out.'
        )
    classes = len(target.classes)
    task = realmlp.task_of(target.task)
    loss: Loss = MeanSquaredError()
    if classes:
        loss = (BinaryCrossEntropy if classes == 2 else CategoricalCrossEntropy)(task.label_smoothing)
    layers = realmlp.layers(task, 1 if classes <= 2 else classes)
    return Network(layers, loss, input_shape=shape, seed=seed)


def has_linear_part(network: Network) -> bool:
    """Return whether a network for a table has inputs that go straight to the output, beside hidden layers or alone."""
    *others, last = network.body.layers
    return isinstance(last, Residual) or all(isinstance(layer, Flatten) for layer in others)


def start_from(network: Network, W: NDArray[Any], b: NDArray[Any]) -> None:
    """Let a network that has a linear part start as a linear model: its hidden layers add 0 at first."""
    weights, biases = {"W": W.astype(network.dtype)}, {"b": b.astype(network.dtype)}
    *others, last = network.params
    if isinstance(last, dict):
        last = weights | biases
    else:
        hidden, straight = last
        last = ((*hidden[:-1], hidden[-1] | biases), straight | weights)
    network.params = (*others, last)


def _convolutions(side: int) -> list[Layer]:
    """Return convolutions for pictures whose shorter side has so many pixels."""
    layers: list[Layer] = []
    for channels in _CHANNELS:
        layers += [Conv2D(channels, kernel=3, padding="same"), BatchNorm(), ReLU()]
        if side >= 2 * _SMALLEST:
            layers.append(MaxPool(2))
            side //= 2
    return [*layers, GlobalAveragePool()]


def tabular_settings(rows: int, target: Target, said: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of `Network.fit` of the preset "tabular", for so many rows to train on."""
    batch_size, epochs = realmlp.batch_size_for(rows), said.get("epochs", realmlp.EPOCHS)
    optimizer = realmlp.optimizer(realmlp.task_of(target.task), epochs * math.ceil(rows / batch_size))
    return {**said, "batch_size": batch_size, "epochs": epochs, "optimizer": optimizer}


def settings(rows: int, said: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of `Network.fit` for so many rows, of which some may have been said."""
    batch_size = said.get("batch_size", 256 if rows >= _MANY_ROWS else 32)
    batches = math.ceil(rows * (1 - VALIDATED) / batch_size)
    epochs = said.get("epochs", min(max(_STEPS // batches, _LEAST_EPOCHS), _MOST_EPOCHS))
    steps = max(epochs * batches, 2)
    warm_up = max(1, steps // 20)
    optimizer = AdamW(Warmup(warm_up, Cosine(_RATE, steps=max(steps - warm_up, 1))), weight_decay=_DECAY)
    return {"batch_size": batch_size, "epochs": epochs, "optimizer": optimizer, **said}
