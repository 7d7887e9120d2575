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
    words
        The vocabulary, if the inputs are whole numbers that something is looked up by.
    """

    title: str
    layers: Callable[[], list[Layer]]
    input_shape: tuple[int, ...]
    outputs: int
    batch: int
    steps: int
    inference: bool = False
    words: int = 0

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
        X: Any
        if self.words:
            X = rng.integers(self.words, size=(rows, *self.input_shape))
        else:
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


def classified(*layers: Layer | list[Layer]) -> Callable[[], list[Layer]]:
    """Return what makes layers, or lists of them, and a dense one of 10 classes."""
    lists = [entry if isinstance(entry, list) else [entry] for entry in layers]
    return lambda: [*(layer for entry in lists for layer in entry), cr.Dense(10)]


def convolved(filters: int, kernel: int = 3, **settings: Any) -> list[Layer]:
    """Return a convolution with ReLU; 3x3 ones leave the size as it is at stride 1."""
    return [cr.Conv2D(filters, kernel, padding=kernel // 2, **settings), cr.ReLU()]


def normalized(filters: int, kernel: int = 3, **settings: Any) -> list[Layer]:
    """Return a convolution, batch normalization and ReLU."""
    return [cr.Conv2D(filters, kernel, padding=kernel // 2, **settings), cr.BatchNorm(), cr.ReLU()]


def causal(dilation: int) -> list[Layer]:
    """Return a dilated convolution of a sequence, which never sees the future, with ReLU."""
    return [cr.Conv1D(32, 3, dilation=dilation, padding=[(2 * dilation, 0)]), cr.ReLU()]


def between_dense(*between: Layer) -> Callable[[], list[Layer]]:
    """Return what makes two dense layers of 256, with other layers behind each."""
    return classified(cr.Dense(256), *between, cr.Dense(256), *between)


def looked_up(words: int, *, lazy: bool) -> Callable[[], list[Layer]]:
    """Return what makes vectors of 64 numbers for words, and dense layers."""
    return lambda: [cr.Embedding(words, 64, lazy=lazy), cr.Flatten(), cr.Dense(64), cr.ReLU(), cr.Dense(2)]


_W3 = mlp(128, 64, 10)
_POOLED = cr.GlobalAveragePool()
_BLOCK = [*normalized(64), cr.Conv2D(64, 3, padding=1), cr.BatchNorm()]

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
"""The workloads that have targets, by their names."""

_DENSE = {
    "deep": Workload("MLP of 8 layers of 1024, batch 256", mlp(*[1024] * 8, 10), (1024,), 10, 256, 8),
    "batch-norm": Workload("MLP with batch norm", between_dense(cr.BatchNorm(), cr.ReLU()), (784,), 10, 256, 80),
    "layer-norm": Workload("MLP with layer norm", between_dense(cr.LayerNorm(), cr.ReLU()), (784,), 10, 256, 80),
    "gelu": Workload("MLP with GELU", between_dense(cr.GELU()), (784,), 10, 256, 80),
}
_SEQUENCES = {
    "gru": Workload("GRU, 50 steps, 32 to 128, batch 32", classified(cr.GRU(128)), (50, 32), 10, 32, 40),
    "rnn": Workload("RNN, 50 steps, 32 to 128, batch 32", classified(cr.RNN(128)), (50, 32), 10, 32, 100),
    "lstm-400": Workload("LSTM, 400 steps, 32 to 128, batch 8", classified(cr.LSTM(128)), (400, 32), 10, 8, 20),
    "both-ways": Workload(
        "LSTM in both directions, 50 steps", classified(cr.Bidirectional(cr.LSTM(128))), (50, 32), 10, 32, 20
    ),
}
_PICTURES = {
    "depthwise": Workload("3x3 depthwise", classified(convolved(64, groups=64), _POOLED), (32, 32, 64), 10, 32, 16),
    "groups-4": Workload("3x3, 4 groups", classified(convolved(64, groups=4), _POOLED), (16, 16, 64), 10, 32, 16),
    "groups-16": Workload("3x3, 16 groups", classified(convolved(64, groups=16), _POOLED), (16, 16, 64), 10, 32, 16),
    "mobile": Workload(
        "block of MobileNet, 32x32x64",
        classified(normalized(64, groups=64), normalized(128, 1), _POOLED),
        *((32, 32, 64), 10, 32, 8),
    ),
    "residual": Workload(
        "block of ResNet, 32x32x64", classified(cr.Residual(_BLOCK), cr.ReLU(), _POOLED), (32, 32, 64), 10, 32, 4
    ),
    "strides": Workload(
        "3x3 at stride 2, 3 to 32, 64, 128",
        classified(*(convolved(filters, stride=2) for filters in (32, 64, 128)), _POOLED),
        *((32, 32, 3), 10, 64, 16),
    ),
    "channels-256": Workload(
        "3x3, 256 to 256, twice, 8x8", classified(convolved(256), convolved(256), _POOLED), (8, 8, 256), 10, 32, 4
    ),
    "pointwise": Workload(
        "1x1, 64 to 128 to 64", classified(convolved(128, 1), convolved(64, 1), _POOLED), (16, 16, 64), 10, 32, 20
    ),
    "one-picture": Workload("3x3, 8 to 8, one picture", classified(convolved(8), _POOLED), (28, 28, 8), 10, 1, 500),
    "batch-norm-2d": Workload(
        "batch norm and ReLU, twice, 32x32x32",
        classified(*[cr.BatchNorm(), cr.ReLU()] * 2, _POOLED),
        *((32, 32, 32), 10, 32, 20),
    ),
}
_DILATED = {
    "dilated": Workload(
        "six dilated convolutions, T=512",
        classified(*(causal(2**i) for i in range(6)), _POOLED),
        *((512, 16), 10, 16, 12),
    ),
}
_WORDS = {
    "words-50000": Workload("embedding, 50,000 words", looked_up(50_000, lazy=False), (20,), 2, 128, 20, words=50_000),
}
_LAZY = {
    f"lazy-{n}": Workload(f"lazy embedding, {n:,} words", looked_up(n, lazy=True), (20,), 2, 128, 200, words=n)
    for n in (500_000, 1_000_000)
}
FAMILIES = {
    "dense": _DENSE,
    "sequences": _SEQUENCES,
    "pictures": _PICTURES,
    "dilated": _DILATED,
    "words": _WORDS,
    "lazy": _LAZY,
}
"""More workloads, by the families whose peers are the same."""

MORE = {name: workload for family in FAMILIES.values() for name, workload in family.items()}
ALL = WORKLOADS | MORE
"""Every workload by its name."""

GPU_WORKLOADS = {
    **{name: replace(WORKLOADS[name], steps=200) for name in ("W4", "W5", "W7", "W8")},
    "W11": Workload("MLP of 8 layers, 4096 wide, batch 4096", mlp(*[4096] * 8), (4096,), 4096, 4096, 20),
}
GPU_WORKLOADS = {f"{name}-gpu": workload for name, workload in GPU_WORKLOADS.items()}
"""What `benchmarks.gpu` takes: more steps per round."""
