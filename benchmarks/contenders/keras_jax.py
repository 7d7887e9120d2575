"""Keras on JAX: `fit` of one epoch per call, which shuffles by itself."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.workloads import CHECKED, LEARNING_RATE, SEED, UNCORRECTED_EPSILON, Workload, order
from chainrule.layers import Activation, Conv2D, Dense, Flatten, Layer, MaxPool

STEPS_PER_CALL = 20


def _layer(layer: Layer) -> Any:
    if isinstance(layer, Dense):
        return keras.layers.Dense(layer.units)
    if isinstance(layer, Conv2D):
        return keras.layers.Conv2D(layer.filters, layer.kernel, padding="valid" if layer.padding == "valid" else "same")
    if isinstance(layer, cr.LSTM):
        return keras.layers.LSTM(layer.units)
    if isinstance(layer, MaxPool):
        return keras.layers.MaxPooling2D(layer.window)
    if isinstance(layer, Flatten):
        return keras.layers.Flatten()
    assert isinstance(layer, Activation) and layer.function == "relu"
    return keras.layers.ReLU()


def model_of(workload: Workload) -> Any:
    """Return the compiled model with everyone's weights."""
    network = workload.network()
    model = keras.Sequential([keras.Input(workload.input_shape), *map(_layer, network.body.layers)])
    for layer, params in zip(model.layers, network.params, strict=True):
        layer.set_weights(list(params.values()))
    losses = keras.losses
    loss = losses.BinaryCrossentropy if workload.outputs == 1 else losses.SparseCategoricalCrossentropy
    scanned = any(isinstance(layer, Conv2D) for layer in network.body.layers)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE, epsilon=UNCORRECTED_EPSILON),
        loss=loss(from_logits=True),
        steps_per_execution=1 if scanned else min(STEPS_PER_CALL, workload.steps),
    )
    return model


class Training:
    """`fit` of one epoch per call."""

    def __init__(self, workload: Workload) -> None:
        keras.utils.set_random_seed(SEED)
        self._workload = workload
        self._X, self._y = workload.examples()
        self._model = model_of(workload)

    def first(self) -> list[float]:
        """Return the losses of the first steps."""
        X, y = self._workload.examples(CHECKED)
        model = model_of(self._workload)
        batches = order(1, len(X)).reshape(CHECKED, -1)
        losses = []
        for rows in batches:
            model.reset_metrics()
            losses.append(float(model.train_on_batch(X[rows], y[rows])))
        return losses

    def run(self, epoch: int) -> None:
        """Train for an epoch."""
        self._model.fit(self._X, self._y, batch_size=self._workload.batch, verbose=0)


def make(workload: Workload, variant: str) -> Contender:
    """Return the contender."""
    return Training(workload)
