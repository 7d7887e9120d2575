"""Random networks with examples, weights, a mask and everything else that `fit` takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import chainrule as cr
from chainrule.arrays import Array

EXAMPLES, TIME, FEATURES, WORDS = 12, 5, 3, 9


@dataclass(frozen=True)
class Scenario:
    """A network to be made, and what to train it on."""

    layers: tuple[Any, ...]
    loss: str
    X: Array
    y: Array
    weights: Array | None = None
    class_weight: dict[int, float] | None = None
    mask: Array | None = None
    metrics: tuple[str, ...] | None = None
    optimizer: Any = field(default_factory=lambda: cr.Adam(0.01))
    batch_size: int = EXAMPLES
    random: bool = False  # whether a layer draws random numbers

    def network(self) -> cr.Network:
        """Return the network with its first parameters."""
        return cr.Network(list(self.layers), self.loss, input_shape=self.X.shape[1:], seed=1)

    def fit(self, X: Any = None, y: Any = None, **more: Any) -> cr.Network:
        """Train a network, on other ways to hold the examples if they are given."""
        network = self.network()
        data: dict[str, Any] = {"sample_weight": self.weights, "mask": self.mask}
        if X is not None and y is None:  # it brings all of that
            data = {}
        settings: dict[str, Any] = {"epochs": 2, "batch_size": self.batch_size, "verbose": False}
        settings |= {"optimizer": self.optimizer, "class_weight": self.class_weight, "metrics": self.metrics}
        X, y = (self.X, self.y) if X is None else (X, y)
        network.fit(X, y, **(data | settings | more))
        return network

    def evaluate(self, network: cr.Network, **more: Any) -> dict[str, float]:
        """Return the scores on the examples."""
        data = {"X": self.X, "y": self.y, "sample_weight": self.weights, "mask": self.mask, "metrics": self.metrics}
        return network.evaluate(**(data | more))

    @property
    def per_step(self) -> bool:
        """Whether there is a target for each step."""
        output_shape = self.network().output_shape
        assert output_shape is not None
        return self.mask is not None and len(output_shape) > 1

    @property
    def counted(self) -> Array:
        """Which targets count: (examples,), or (examples, time) where each step has one."""
        counted = np.ones(len(self.X), bool) if self.weights is None else self.weights > 0
        if self.per_step:
            assert self.mask is not None
            counted = (counted[:, None] if counted.ndim == 1 else counted) & (self.mask > 0)
        return counted


def garbage(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Return the same examples with other finite numbers wherever nothing counts, in inputs and in targets."""
    X, y, counted = scenario.X.copy(), scenario.y.copy(), scenario.counted
    unseen = np.zeros(X.shape[:2], bool)
    if scenario.mask is not None:
        unseen |= scenario.mask == 0
    if scenario.weights is not None:
        unseen |= ~counted.reshape(len(X), -1).any(axis=1)[:, None]
    X[unseen] = (
        rng.integers(-50, 50, X[unseen].shape) if X.dtype.kind == "i" else 1e3 * rng.standard_normal(X[unseen].shape)
    )
    wild = rng.integers(-99, 99, y[~counted].shape)
    y[~counted] = wild if y.dtype.kind == "i" else 1e3 * wild
    return replace(scenario, X=X, y=y)


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    kinds: Sequence[str] = ("table", "words", "sequence", "picture"),
    losses: Sequence[str] = ("binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error", "huber"),
    targets: Sequence[str] = ("labels", "one-hot", "soft"),
) -> Scenario:
    """Return a strategy for scenarios; `targets` are the forms of those of categorical cross-entropy."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(kinds))
    X = _inputs(kind, rng)
    layers, per_step, random = _layers(draw, kind)
    loss = draw(st.sampled_from(losses))
    outputs = draw(st.integers(1, 3)) + (loss == "categorical_cross_entropy")
    shape = (EXAMPLES, TIME) if per_step else (EXAMPLES,)
    y = _targets(draw, loss, outputs, shape, targets, rng)
    mask = _mask(rng) if kind in ("words", "sequence") and draw(st.booleans()) else None
    class_weight = None
    if loss == "categorical_cross_entropy" and y.dtype.kind == "i" and draw(st.booleans()):
        class_weight = {label: float(rng.uniform(0.2, 3)) for label in range(outputs)}
    optimizers = [cr.Adam(0.01), cr.SGD(0.05), cr.AdamW(0.01), cr.Momentum(0.01, weight_decay=0.01, clip_norm=1.0)]
    return Scenario(
        (*layers, cr.Dense(outputs)),
        loss,
        X,
        y,
        _weights(draw, rng, per_step),
        class_weight,
        mask,
        draw(st.sampled_from([None, *_metrics(loss)])),
        draw(st.sampled_from(optimizers)),
        draw(st.sampled_from([EXAMPLES, 5, 4])),
        random,
    )


def _inputs(kind: str, rng: np.random.Generator) -> Array:
    if kind == "words":
        return rng.integers(0, WORDS, (EXAMPLES, TIME))
    shapes = {"table": (FEATURES,), "sequence": (TIME, FEATURES), "picture": (6, 6, 2)}
    return rng.standard_normal((EXAMPLES, *shapes[kind])).astype(np.float32)


def _layers(draw: st.DrawFn, kind: str) -> tuple[list[Any], bool, bool]:
    """Return the layers before the last, whether they give an output for each step, and whether they are random."""
    around = draw(_one_of([[], [cr.BatchNorm()], [cr.LayerNorm()], [cr.GroupNorm(1)], [cr.Tanh()], [cr.Dropout(0.3)]]))
    random = any(isinstance(layer, cr.Dropout) for layer in around)
    if kind == "table":
        first = draw(
            _one_of(
                [
                    [cr.Dense(4)],
                    [cr.RandomDense(6, density=0.7, seed=0, group=2)],
                    [cr.Residual([cr.Dense(FEATURES), cr.ReLU()])],
                    [cr.Graph({"a": (cr.Dense(3), "input"), "b": ("concatenate", ["a", "input"])})],
                ]
            )
        )
        return [*first, *around, cr.ReLU()], False, random
    if kind == "picture":
        first = draw(st.sampled_from([[cr.Conv2D(3, 3)], [cr.Conv2D(2, 3, stride=2, padding="same"), cr.MaxPool(2)]]))
        return (
            [*first, *around, cr.ReLU(), draw(st.sampled_from([cr.Flatten(), cr.GlobalAveragePool()]))],
            False,
            random,
        )
    words = [cr.Embedding(WORDS, FEATURES)] if kind == "words" else []
    per_step = draw(st.booleans())
    cell = draw(st.sampled_from([cr.RNN, cr.GRU, cr.LSTM]))
    convolution = draw(_one_of([[], [cr.Conv1D(4, 3, padding="same")], [cr.Conv1D(3, 2, padding=[(1, 0)])]]))
    recurrent = [[cell(4, sequence=per_step)], [cr.Bidirectional(cell(2, sequence=per_step))]]
    last = draw(_one_of(recurrent if per_step else [*recurrent, [cr.GlobalAveragePool()]]))
    return [*words, *convolution, *around, *last], per_step, random


def _one_of(layers: list[list[Any]]) -> st.SearchStrategy[list[Any]]:
    return st.sampled_from(layers)


def _targets(
    draw: st.DrawFn, loss: str, outputs: int, shape: tuple[int, ...], forms: Sequence[str], rng: np.random.Generator
) -> Array:
    if loss == "categorical_cross_entropy":
        labels = rng.integers(0, outputs, shape)
        form = draw(st.sampled_from(forms))
        if form == "labels":
            return labels
        return np.eye(outputs)[labels] if form == "one-hot" else rng.dirichlet(np.ones(outputs), shape)
    if loss == "binary_cross_entropy":
        return rng.integers(0, 2, (*shape, outputs)).astype(float)
    return rng.standard_normal((*shape, outputs))


def _mask(rng: np.random.Generator) -> Array:
    lengths = rng.integers(1, TIME + 1, EXAMPLES)
    mask = np.arange(TIME) < lengths[:, None]
    return mask[:, ::-1].copy() if rng.random() < 0.3 else mask


def _weights(draw: st.DrawFn, rng: np.random.Generator, per_step: bool) -> Array | None:
    form = draw(st.sampled_from(["none", "example", "zeros", *(["step"] if per_step else [])]))
    if form == "none":
        return None
    weights = rng.uniform(0.1, 2, (EXAMPLES, TIME) if form == "step" else EXAMPLES)
    if form == "zeros":
        weights[rng.permutation(EXAMPLES)[:4]] = 0
    if form == "step":
        weights[rng.random(weights.shape) < 0.3] = 0
        weights[0] = 0
    return weights


def _metrics(loss: str) -> list[tuple[str, ...]]:
    if loss == "categorical_cross_entropy":
        return [("accuracy", "f1"), ("precision", "recall", "top_3_accuracy")]
    return [("accuracy", "f1", "recall")] if loss == "binary_cross_entropy" else [("mae", "r2")]
