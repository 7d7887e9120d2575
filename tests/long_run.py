"""A run to be killed: `python -m tests.long_run NETWORK OUT [FOLDER]` trains, with checkpoints, and saves the end."""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

import numpy as np

import chainrule as cr
from chainrule.arrays import machine
from chainrule.training.checkpoint import Checkpoint

NETWORKS = ("dropout", "batch-norm", "lstm")


def network(name: str) -> tuple[cr.Network, Any, Any]:
    """Return a small network of a kind, and examples for it."""
    rng = np.random.default_rng(0)
    kinds: dict[str, tuple[tuple[int, ...], list[Any]]] = {
        "dropout": ((6,), [cr.Dense(16), cr.ReLU(), cr.Dropout(0.5)]),
        "batch-norm": (
            (6, 6, 1),
            [cr.Conv2D(3, 3, bias=False), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2), cr.Flatten()],
        ),
        "lstm": ((5, 3), [cr.LSTM(8)]),
    }
    shape, layers = kinds[name]
    X, y = rng.standard_normal((203, *shape)).astype(np.float32), rng.integers(3, size=203)
    return cr.Network([*layers, cr.Dense(3)], "categorical_cross_entropy", input_shape=shape), X, y


def train(name: str, checkpoint: Checkpoint | None, **options: Any) -> cr.Network:
    """Return a trained network; validation and early stopping have something to remember, and blocks are small."""
    net, X, y = network(name)
    callbacks = [cr.EarlyStopping(patience=20), *options.pop("callbacks", [])]
    settings: dict[str, Any] = {
        "epochs": 6,
        "batch_size": 8,
        "accumulate": 3,
        "optimizer": cr.Adam(cr.Cosine(0.01, steps=100)),
        "validation_split": 0.2,
        "callbacks": callbacks,
        "verbose": False,
    }
    with patch.object(machine, "BLOCK_BATCHES", 4):
        net.fit(X, y, checkpoint=checkpoint, **settings | options)
    return net


if __name__ == "__main__":
    name, out, *folder = sys.argv[1:]
    cr.save(train(name, Checkpoint(folder[0], seconds=0.0) if folder else None, epochs=20), out)
