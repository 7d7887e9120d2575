"""What a case of the table is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, map_leaves
from chainrule.equations.losses import Loss
from chainrule.layers import Layer

TRAINING = Mode(training=True, key=(3, 1, 4))
MASKED = Mode(mask=np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]]))  # a full, an empty, a short sequence
MASKED_TRAINING = MASKED._replace(training=True, key=(3, 1, 4))


class LayerCase(NamedTuple):
    """A layer, the shape of its input, and how to run it."""

    name: str
    layer: Layer
    shape: tuple[int, ...]
    mode: Mode = INFERENCE
    states: tuple[tuple[int, ...], ...] = ()  # the shapes of initial states: the input is then (x, states)
    integers: int = 0  # if not 0, the input holds whole numbers below this
    flat: bool = False  # its gradient is zero everywhere
    random: bool = False  # the engines draw different numbers

    def input(self) -> Any:
        """Return x, or (x, states)."""
        rng = np.random.default_rng(7)
        x: Array = rng.integers(self.integers, size=self.shape) if self.integers else rng.standard_normal(self.shape)
        return (x, tuple(rng.standard_normal(s) for s in self.states)) if self.states else x

    def params(self) -> Any:
        """Return random parameters (a bias of zeros would hide mistakes), above 0 for the sake of variances."""
        rng = np.random.default_rng(8)
        params, _ = self.layer.init(rng, self.shape[1:], np.float64)
        return map_leaves(lambda p: p + rng.uniform(0.2, 1.0, p.shape), params)


class LossCase(NamedTuple):
    """A loss, the shape of its logits, targets, and weights of the examples."""

    name: str
    loss: Loss
    shape: tuple[int, ...]
    Y: Array
    weights: Array | None = None

    def logits(self) -> Array:
        """Return random logits."""
        return 2 * np.random.default_rng(9).standard_normal(self.shape)
