"""The workloads W1 to W10: networks, made-up examples and the order in which everyone takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.layers import Layer

SEED = 0
LEARNING_RATE = 1e-3
CHECKED = 8  # steps whose losses, or rows whose probabilities, must agree
# Keras and scikit-learn add Adam's epsilon before the correction of the second moment, which makes it 11 to 32 times as
# large in the first steps: this one acts there about as 1e-8 does for the others.
UNCORRECTED_EPSILON = 5e-10


@dataclass(frozen=True)
class Workload:
    """A network and how it is fed.

    Parameters
    ----------
    title
        What people read.
    layers
        Makes the layers, without the output activation.
    input_shape, outputs
        The shape of one example, and the number of classes (1 for a yes/no question).
    batch, steps
        Examples per step, and steps per round: an epoch, or for inference so many calls.
    inference
        Whether `batch` rows are predicted instead of learned from.
    """

    title: str
    layers: Callable[[], list[Layer]]
    input_shape: tuple[int, ...]
    outputs: int
    batch: int
    steps: int
    inference: bool = False

    def network(self) -> cr.Network:
        """Return the network with the weights that everyone starts from."""
        loss = "binary_cross_entropy" if self.outputs == 1 else "categorical_cross_entropy"
        return cr.Network(self.layers(), loss, input_shape=self.input_shape, seed=SEED)

    def examples(self, steps: int | None = None) -> tuple[Any, Any]:
        """Return float32 inputs and labels for so many steps: integers, or 0.0 and 1.0 if there is one output."""
        rng = np.random.default_rng(SEED)
        rows = self.batch * (steps or self.steps)
        labels = rng.integers(max(self.outputs, 2), size=rows)
        if rows >= self.outputs > 1:  # scikit-learn makes an output for every class that it sees
            labels[: self.outputs] = np.arange(self.outputs)
        X = rng.standard_normal((rows, *self.input_shape), dtype=np.float32)
        return X, labels.astype(np.float32 if self.outputs == 1 else np.int64)

    def inputs(self) -> tuple[Any, Any]:
        """Return batches to predict in turns, (n, batch, features), and the rows whose probabilities must agree."""
        X, _ = self.examples(CHECKED if self.batch == 1 else 1)
        return X.reshape(-1, self.batch, *self.input_shape), X[:CHECKED]


def order(epoch: int, rows: int) -> Any:
    """Return the order of an epoch (from 1), as `chainrule.data.Arrays` has it."""
    return np.random.default_rng((SEED, epoch)).permutation(rows)


def mlp(*units: int) -> Callable[[], list[Layer]]:
    """Return what makes dense layers with ReLU between them."""

    def layers() -> list[Layer]:
        made: list[Layer] = []
        for n in units:
            made += [cr.Dense(n), cr.ReLU()]
        return made[:-1]

    return layers


def lenet() -> list[Layer]:
    """Return LeNet-5 with ReLU and max pooling."""
    return [
        *(cr.Conv2D(6, kernel=5, padding=2), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Conv2D(16, kernel=5), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Flatten(), *mlp(120, 84, 10)()),
    ]


def four_convolutions() -> list[Layer]:
    """Return two pairs of 3x3 convolutions, each with a pool, and two dense layers."""
    layers: list[Layer] = []
    for filters in (32, 64):
        for _ in range(2):
            layers += [cr.Conv2D(filters, kernel=3, padding=1), cr.ReLU()]
        layers.append(cr.MaxPool(2))
    return [*layers, cr.Flatten(), *mlp(128, 10)()]


def lstm() -> list[Layer]:
    """Return an LSTM whose last state is classified."""
    return [cr.LSTM(128), cr.Dense(10)]


_W3 = mlp(128, 64, 10)

WORKLOADS = {
    "W1": Workload("MLP 2-4-1, batch 4", mlp(4, 1), (2,), 1, 4, 4000),
    "W2": Workload("MLP 30-64-32-2, batch 32", mlp(64, 32, 2), (30,), 2, 32, 2000),
    "W3": Workload("MLP 784-128-64-10, batch 128", _W3, (784,), 10, 128, 300),
    "W4": Workload("MLP 784-512-256-10, batch 256", mlp(512, 256, 10), (784,), 10, 256, 80),
    "W5": Workload("MLP 1024-2048-2048-1000, batch 512", mlp(2048, 2048, 1000), (1024,), 1000, 512, 8),
    "W6": Workload("LeNet-5, 28x28x1, batch 64", lenet, (28, 28, 1), 10, 64, 50),
    "W7": Workload("four 3x3 convolutions, 32x32x3, batch 64", four_convolutions, (32, 32, 3), 10, 64, 8),
    "W8": Workload("LSTM, 50 steps, 32 to 128, batch 32", lstm, (50, 32), 10, 32, 40),
    "W9": Workload("one row of W3, inference", _W3, (784,), 10, 1, 3000, inference=True),
    "W10": Workload("10,000 rows of W3, inference", _W3, (784,), 10, 10_000, 10, inference=True),
}
"""Every workload by its name."""

GPU_WORKLOADS = {
    **{name: replace(WORKLOADS[name], steps=200) for name in ("W4", "W5", "W7", "W8")},
    "W11": Workload("MLP of 8 layers, 4096 wide, batch 4096", mlp(*[4096] * 8), (4096,), 4096, 4096, 20),
}
GPU_WORKLOADS = {f"{name}-gpu": workload for name, workload in GPU_WORKLOADS.items()}
"""What `benchmarks.gpu` takes: more steps per round."""
