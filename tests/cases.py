"""The table of cases: every layer, activation and loss, with inputs to prove it on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule.activations import ACTIVATIONS
from chainrule.arrays import INFERENCE, Array, Mode
from chainrule.layers import Layer
from chainrule.losses import Loss

TRAINING = Mode(training=True, key=(3, 1, 4))


class LayerCase(NamedTuple):
    """A layer, the shape of its input, and how to run it."""

    name: str
    layer: Layer
    shape: tuple[int, ...]
    mode: Mode = INFERENCE
    flat: bool = False  # its gradient is zero everywhere
    random: bool = False  # the engines draw different numbers

    def input(self) -> Array:
        return np.random.default_rng(7).standard_normal(self.shape)

    def params(self) -> Any:
        """Random parameters: a bias of zeros would hide mistakes."""
        rng = np.random.default_rng(8)
        params, _ = self.layer.init(rng, self.shape[1:], np.float64)
        return cr.arrays.map_leaves(lambda p: rng.standard_normal(p.shape), params)


LAYER_CASES = [
    LayerCase("dense", cr.Dense(3), (4, 5)),
    LayerCase("dense one example", cr.Dense(3), (1, 5)),
    LayerCase("dense over time", cr.Dense(3), (4, 2, 5)),
    LayerCase("dense without bias", cr.Dense(3, bias=False), (4, 5)),
    *(LayerCase(name, cr.Activation(name), (4, 5), flat=name == "step") for name in ACTIVATIONS),
    LayerCase("softmax over time", cr.Softmax(), (4, 2, 5)),
    LayerCase("leaky relu, steep", cr.LeakyReLU(alpha=0.3), (4, 5)),
    LayerCase("elu, steep", cr.ELU(alpha=2.0), (4, 5)),
    LayerCase("dropout", cr.Dropout(0.4), (4, 5), TRAINING, random=True),
    LayerCase("dropout in inference", cr.Dropout(0.4), (4, 5)),
    LayerCase("flatten", cr.Flatten(), (4, 2, 3, 2)),
    LayerCase("sequential", cr.Sequential([cr.Dense(6), cr.Tanh(), cr.Dense(3), cr.LogSoftmax()]), (4, 5)),
    LayerCase(
        "sequential in training",
        cr.Sequential([cr.Flatten(), cr.Dense(6), cr.Dropout(0.5), cr.GELU(), cr.Sequential([cr.Dense(2)])]),
        (4, 3, 2),
        TRAINING,
        random=True,
    ),
]


class LossCase(NamedTuple):
    """A loss, the shape of its logits, targets, and weights of the examples."""

    name: str
    loss: Loss
    shape: tuple[int, ...]
    Y: Array
    weights: Array | None = None

    def logits(self) -> Array:
        return 2 * np.random.default_rng(9).standard_normal(self.shape)


LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]
BINARY = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
VALUES = np.random.default_rng(10).standard_normal((4, 2))
WEIGHTS = np.array([1.0, 0.0, 2.5, 0.3])

LOSS_CASES = [
    LossCase("binary", cr.BinaryCrossEntropy(), (4, 2), BINARY),
    LossCase("binary, flat targets", cr.BinaryCrossEntropy(), (4, 1), BINARY[:, 0]),
    LossCase("binary, smoothed, weighted", cr.BinaryCrossEntropy(0.2), (4, 2), BINARY, WEIGHTS),
    LossCase("categorical, labels", cr.CategoricalCrossEntropy(), (4, 3), LABELS),
    LossCase("categorical, one-hot", cr.CategoricalCrossEntropy(), (4, 3), ONE_HOT),
    LossCase("categorical, smoothed, weighted", cr.CategoricalCrossEntropy(0.2), (4, 3), LABELS, WEIGHTS),
    LossCase("categorical over time", cr.CategoricalCrossEntropy(), (4, 2, 3), np.stack([LABELS, LABELS[::-1]], 1)),
    LossCase("squared", cr.MeanSquaredError(), (4, 2), VALUES),
    LossCase("squared, weighted", cr.MeanSquaredError(), (4, 2), VALUES, WEIGHTS),
    LossCase("absolute", cr.MeanAbsoluteError(), (4, 2), VALUES),
    LossCase("absolute, weighted", cr.MeanAbsoluteError(), (4, 2), VALUES, WEIGHTS),
    LossCase("huber", cr.Huber(), (4, 2), VALUES),
    LossCase("huber, narrow, weighted", cr.Huber(delta=0.3), (4, 2), VALUES, WEIGHTS),
]
