"""A network of one moment and what passes through it, computed when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array, Params
from chainrule.lab.data_sets import Examples
from chainrule.lab.state import Moment
from chainrule.plots.passes import loss_and_gradients, outputs

MAP = 48
"""Points along each axis of the map of answers."""
UNIT = 16
"""Points along each axis of the map of a unit."""
LINE = 96
"""Points of a curve."""
SAMPLES = (256, 48)
"""Examples that pass through for histograms; of a network that takes long, fewer."""
LONG = 100_000
"""Multiply-adds of an example from which on it takes long."""
JUDGED = 1000
"""Examples that are judged, at most."""


class Look:
    """What there is to see of a network at one moment.

    Parameters
    ----------
    moment
        The network, whose parameters do not change.
    examples
        What it learns from.
    """

    def __init__(self, moment: Moment, examples: Examples) -> None:
        self.moment, self.network, self.examples = moment, moment.network, examples

    def cast(self, X: NDArray[Any]) -> Array:
        """Return inputs in the dtype of the network."""
        return X.astype(self.network.dtype)

    def logits(self, X: NDArray[Any]) -> Array:
        """Return the network's logits."""
        with np.errstate(all="ignore"):
            return self.network.body.forward(self.network.params, self.cast(X))[0]

    def answers(self, X: NDArray[Any]) -> Array:
        """Return the network's outputs, which may be no finite numbers."""
        with np.errstate(all="ignore"):
            return self.network.loss.activation(self.logits(X))

    def layers(self, X: NDArray[Any]) -> list[Array]:
        """Return what each layer makes of inputs."""
        with np.errstate(all="ignore"):
            return outputs(self.network, self.cast(X))

    def grid(self, size: int) -> NDArray[np.float64]:
        """Return the points of a map, row by row from the top; of a line, from left to right."""
        if not self.examples.is_plane:
            ((left, right),) = self.examples.bounds
            return np.linspace(left, right, size)[:, np.newaxis]
        (left, right), (bottom, top) = self.examples.bounds
        x1, x2 = np.meshgrid(np.linspace(left, right, size), np.linspace(top, bottom, size))
        return np.column_stack([x1.ravel(), x2.ravel()])

    @cached_property
    def sample(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Some examples that it trains on, the same ones each time."""
        shape = self.network.input_shape
        assert shape is not None
        long = self.network.body.multiply_adds(self.network.params, shape) > LONG
        return self.examples.X[: SAMPLES[long]], self.examples.y[: SAMPLES[long]]

    @property
    def one(self) -> NDArray[Any]:
        """One example, with the axis of the batch: the first one of those that are judged."""
        X, _ = self.examples.validation or (self.examples.X, self.examples.y)
        return X[:1]

    @cached_property
    def activations(self) -> list[Array]:
        """What each layer makes of the sample."""
        return self.layers(self.sample[0])

    @cached_property
    def gradients(self) -> Params:
        """The gradients of the loss on the sample, as in a step of training."""
        X, y = self.sample
        with np.errstate(all="ignore"):
            return loss_and_gradients(self.network, self.cast(X), y)[1]

    @cached_property
    def judged(self) -> tuple[str, NDArray[Any], NDArray[Any], Array]:
        """Examples that are judged: whether they are of "val" or "train", inputs, targets, and the outputs for them."""
        X, y = self.examples.validation or (self.examples.X, self.examples.y)
        name = "train" if self.examples.validation is None else "val"
        return name, X[:JUDGED], y[:JUDGED], self.answers(X[:JUDGED])
