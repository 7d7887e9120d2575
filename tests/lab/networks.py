"""Small networks of several kinds, and a pass of each, for the tests of what the lab shows of a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import layers
from chainrule.lab.passes import Batch, OnePass, Passes
from chainrule.layers import Layer

LAYERS: dict[str, tuple[list[Layer], tuple[int, ...]]] = {
    "dense": ([layers.Dense(3), layers.Tanh(), layers.Dense(2)], (4,)),
    "conv": (
        [
            layers.Conv2D(2, 3),
            layers.BatchNorm(),
            layers.ReLU(),
            layers.MaxPool(2),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(2),
        ],
        (8, 8, 1),
    ),
    "lstm": ([layers.LSTM(3), layers.Dense(2)], (4, 2)),
    "gru both ways": ([layers.Bidirectional(layers.GRU(2)), layers.Dense(2)], (3, 2)),
    "rnn of sequences": ([layers.RNN(2, sequence=True), layers.GlobalAveragePool(), layers.Dense(2)], (3, 2)),
    "residual": (
        [layers.Residual(layers.Sequential((layers.Dense(4), layers.Tanh()))), layers.LayerNorm(), layers.Dense(2)],
        (4,),
    ),
}


def network(kind: str) -> cr.Network:
    """Return a network of two classes with its first parameters."""
    chosen, shape = LAYERS[kind]
    return cr.Network(chosen, "categorical_cross_entropy", input_shape=shape, seed=1, dtype="float64")


def batch(shape: Sequence[int], examples: int = 2, **more: Any) -> Batch:
    """Return examples of two classes."""
    X = np.random.default_rng(0).normal(size=(examples, *shape))
    return Batch(X, np.arange(examples) % 2, tuple(range(examples)), **more)


def one_pass(kind: str, rule: Any = None, passes: Passes | None = None) -> OnePass:
    """Return a pass of a small network."""
    return (passes or Passes()).start(network(kind), rule or cr.Adam(lr=0.1), batch(LAYERS[kind][1]))
