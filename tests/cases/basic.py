"""Cases of the basic layers and of the losses."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from chainrule.equations.activations import ACTIVATIONS
from tests.cases.form import TRAINING, LayerCase, LossCase

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


LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]
BINARY = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
VALUES = np.random.default_rng(10).standard_normal((4, 2))
COUNTS = np.array([[0.0, 3.0], [1.0, 0.0], [7.0, 2.0], [1.5, 4.0]])
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
    LossCase("quantile", cr.Quantile(0.9), (4, 2), VALUES),
    LossCase("quantile, weighted", cr.Quantile(0.2), (4, 2), VALUES, WEIGHTS),
    LossCase("poisson", cr.Poisson(), (4, 2), COUNTS),
    LossCase("poisson, weighted", cr.Poisson(), (4, 2), COUNTS, WEIGHTS),
]
