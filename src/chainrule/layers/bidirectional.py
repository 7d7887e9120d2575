"""A recurrent layer and its twin, which runs the other way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Instance
from chainrule.layers.base import Layer
from chainrule.layers.composite import Composite
from chainrule.layers.recurrent import Recurrent, SequenceCache
from chainrule.layers.through_time import States


class BidirectionalCache(NamedTuple):
    """What the backward pass needs."""

    ahead: SequenceCache
    back: SequenceCache


@dataclass(frozen=True)
class Bidirectional(Composite):
    r"""Run a recurrent layer and a twin of it from the last step to the first, and put their outputs side by side.

    .. math:: Y = [\overrightarrow{H}, \overleftarrow{H}], \qquad dx = d\overrightarrow{x} + d\overleftarrow{x}

    Each has its own parameters. Initial states are those of the forward layer, followed by those of its twin.

    Parameters
    ----------
    layer
        An RNN, LSTM or GRU that runs forward.

    References
    ----------
    Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
    """

    names = ("ahead", "back")

    layer: Any  # a Recurrent, which as a base of dataclasses is none itself, as `replace` needs
    rules: ClassVar = {"layer": Instance(Recurrent, "an RNN, LSTM or GRU with reverse=False")}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.layer.reverse:
            raise InputError(
                "Bidirectional takes layer as an RNN, LSTM or GRU with reverse=False and adds its reversed twin, but "
                "layer={layer!r}.",
                layer=self.layer,
            )

    @property
    def label(self) -> str:
        """The name with that of the layer."""
        return f"Bidirectional {self.layer.label}"

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The layer and its twin."""
        return self.layer, self._twin

    def keeps_steps(self) -> bool:
        """Return whether the output is a sequence."""
        return bool(self.layer.sequence)

    @property
    def _twin(self) -> Recurrent:
        twin: Recurrent = replace(self.layer, reverse=True)
        return twin

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the parameters of both layers, and the output shape: (time, 2 * units) or (2 * units,)."""
        ahead, shape = self.layer.init(rng, input_shape, dtype)
        back, _ = self._twin.init(rng, input_shape, dtype)
        return {"ahead": ahead, "back": back}, (*shape[:-1], 2 * shape[-1])

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over both layers."""
        return sum(self.layer.multiply_adds(p, input_shape) for p in params.values())

    def forward(
        self, params: Params, x: Array | tuple[Array, States], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *time units"], BidirectionalCache]:
        """Return both outputs, joined along the features."""
        (ahead_layer, back_layer), x_back = self.parts, x
        if isinstance(x, tuple):
            (x, states), n = x, self.layer.state_count
            x, x_back = (x, states[:n]), (x, states[n:])
        H, ahead = ahead_layer.forward(params["ahead"], x, mode)
        H_back, back = back_layer.forward(params["back"], x_back, mode)
        return namespace(H).concatenate([H, H_back], axis=-1), BidirectionalCache(ahead, back)

    def backward(
        self, cache: BidirectionalCache, dy: Float[Array, "batch *time units"], *, input_gradient: bool = True
    ) -> tuple[Any, Params]:
        """Return dx (or dx and dstates, if states were given) and the gradients of the parameters."""
        (ahead_layer, back_layer), n = self.parts, self.layer.units
        dx: Any
        dx, ahead = ahead_layer.backward(cache.ahead, dy[..., :n], input_gradient=input_gradient)
        dx_back: Any
        dx_back, back = back_layer.backward(cache.back, dy[..., n:], input_gradient=input_gradient)
        if isinstance(dx, tuple):
            dx = dx[0] + dx_back[0], dx[1] + dx_back[1]
        elif input_gradient:
            dx = dx + dx_back
        return dx, {"ahead": ahead, "back": back}
