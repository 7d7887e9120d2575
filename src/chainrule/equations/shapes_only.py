"""The shapes of parameters without their values, for files, whose claims are compared before anything is allocated."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape


class ShapesOnly(np.random.Generator):
    """Takes the place of a generator in `init` of a layer where only the shapes of the parameters are wanted.

    Nothing is drawn, and the arrays take no memory: each is one zero that is seen in every place.

    Examples
    --------
    >>> from chainrule.layers import Dense
    >>> params, output_shape = Dense(3_000_000).init(ShapesOnly(), (2_000_000,))
    >>> params["W"].shape, params["W"].strides, output_shape
    ((2000000, 3000000), (0, 0), (3000000,))
    """

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def without_drawing(self, shape: Shape, dtype: Any) -> Array:
        """Return zeros that take no memory."""
        return np.broadcast_to(np.zeros((), dtype), shape)
