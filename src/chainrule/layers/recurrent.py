"""Layers that step through time: one machinery for every cell, forward, backward and in both directions."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace, scan
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, Instance, Whole
from chainrule.equations.initializers import INITIALIZERS, first_values, zeros
from chainrule.layers.base import Layer
from chainrule.layers.composite import Composite

States = tuple[Array, ...]
"""What a cell carries from step to step: arrays of shape (batch, units), the first of which is its output H."""


class SequenceCache(NamedTuple):
    """What the backward pass needs."""

    X: Array  # (time, batch, features), 0 at padded steps
    M: Array | None  # (time, batch, 1), the mask
    given: States | None  # the initial states, if they came with the input
    kept: Any  # what the cell kept of every step: arrays of shape (time, batch, units)
    params: Params
    last: States  # the states after the last step, from which the next part of a long sequence goes on


class Recurrent(Layer):
    """What all recurrent layers share; a subclass adds its cell, which is one step of time.

    The products of the inputs with Wx do not depend on the states, so one matrix product before the loop computes them
    for all steps; in the same way the gradients of the weights are one product each after the loop.

    The input is x of shape (batch, time, features), or (x, states) with the initial states, each (batch, units). They
    start at zero if not given; if given, backward returns (dx, dstates). Where `mode.mask` is 0 the states are carried
    over and the output of a sequence is 0, so padding changes no result, whatever finite numbers it holds.
    """

    units: int
    sequence: bool
    reverse: bool
    gates: ClassVar[int]
    state_count: ClassVar[int] = 1
    biases: ClassVar[tuple[str, ...]] = ("b",)  # of the input product; and of the recurrent product, if it has its own
    rules: ClassVar = {"units": Whole(1), "sequence": Flag(), "reverse": Flag()}

    @property
    def initializer(self) -> str:
        """The initializer of Wx, by name."""
        return "xavier"

    @abstractmethod
    def cell(self, params: Params, P: Array, states: States) -> tuple[States, Any]:
        """Return the states after one step, and a NamedTuple of what backward needs, whose field H is the state before.

        P is the step's input product, (batch, gates * units).
        """

    @abstractmethod
    def cell_backward(self, WhT: Array, kept: Any, dstates: States) -> tuple[tuple[Array, ...], States]:
        """Return the gradients of one step: of what each bias was added to, and of the states before."""

    def keeps_steps(self) -> bool:
        """Return whether the output is a sequence; padded steps are skipped in any case."""
        return self.sequence

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return Wx, Wh and the biases, and the output shape: (time, units) or (units,)."""
        if len(input_shape) != 2:
            raise InputError(
                f"{self.label} expects (batch, time, features), but one example has shape {input_shape}, "
                "which should be (time, features)."
            )
        time, features = input_shape

        def blocks(initializer: str, rows: int) -> Array:
            def draw(rng: np.random.Generator, shape: Shape) -> Array:
                each = [INITIALIZERS[initializer](rng, (rows, self.units)) for _ in range(self.gates)]
                return np.concatenate(each, axis=1)

            return first_values(draw, rng, (rows, self.gates * self.units), dtype)

        params = {"Wx": blocks(self.initializer, features), "Wh": blocks("orthogonal", self.units)}
        params |= {name: first_values(zeros, rng, (self.gates * self.units,), dtype) for name in self.biases}
        return params, (time, self.units) if self.sequence else (self.units,)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return time * (features + units) * gates * units."""
        return input_shape[0] * int(params["Wx"].size + params["Wh"].size)

    def forward(
        self, params: Params, x: Array | tuple[Array, States], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *time units"], SequenceCache]:
        """Return the state H of every step (batch, time, units), or of the last one (batch, units)."""
        x, given = x if isinstance(x, tuple) else (x, None)
        self._check(params, x, given, mode.mask)
        xp = namespace(x)
        X, M = xp.permute_dims(x, (1, 0, 2)), None
        if mode.mask is not None:
            M = xp.asarray(mode.mask, dtype=x.dtype).T[:, :, None]
            X = X * M  # a product of padding with the weights could overflow
        time, batch, features = X.shape
        P = xp.reshape(X, (-1, features)) @ params["Wx"]
        P += params[self.biases[0]]
        P = xp.reshape(P, (time, batch, -1))
        zeros = xp.zeros((batch, self.units), dtype=x.dtype)
        first = (zeros,) * self.state_count if given is None else given
        last, (H, kept) = scan(partial(self._step, params), first, (P, M), reverse=self.reverse)
        cache = SequenceCache(X, M, given, kept, params, last)
        if not self.sequence:
            return last[0], cache
        return xp.permute_dims(H if M is None else H * M, (1, 0, 2)), cache

    def backward(
        self, cache: SequenceCache, dy: Float[Array, "batch *time units"], *, input_gradient: bool = True
    ) -> tuple[Any, Params]:
        """Return dx (or dx and dstates, if states were given) and the gradients of the parameters."""
        xp = namespace(dy)
        X, M, given, kept, params, _ = cache
        zeros = xp.zeros_like(kept.H[0])
        dH, last = None, dy
        if self.sequence:
            dH, last = xp.permute_dims(dy, (1, 0, 2)), zeros
            dH = dH if M is None else dH * M
        first = (last,) + (zeros,) * (self.state_count - 1)
        # Copied flat, which lays the rows in order: with a transposed view every product of the loop takes longer.
        WhT = xp.reshape(xp.reshape(params["Wh"].T, (-1,)), (-1, self.units))
        dstates, dZ = scan(partial(self._step_backward, WhT), first, (dH, M, kept), reverse=not self.reverse)
        dZ = [xp.reshape(d, (-1, d.shape[-1])) for d in dZ]
        dP, dQ = dZ[0], dZ[-1]  # of the products with Wx and Wh; the same if one bias serves both
        grads = {"Wx": xp.reshape(X, (-1, X.shape[-1])).T @ dP, "Wh": xp.reshape(kept.H, (-1, self.units)).T @ dQ}
        grads |= {name: xp.sum(d, axis=0) for name, d in zip(self.biases, dZ, strict=True)}
        if not input_gradient:
            return None, grads
        dx = xp.permute_dims(xp.reshape(dP @ params["Wx"].T, X.shape), (1, 0, 2))
        return (dx if given is None else (dx, dstates)), grads

    def _step(self, params: Params, states: States, now: tuple[Array, Array | None]) -> tuple[States, Any]:
        P, M = now
        new, kept = self.cell(params, P, states)
        if M is not None:
            new = tuple(M * s + (1 - M) * s_prev for s, s_prev in zip(new, states, strict=True))
        return new, (new[0] if self.sequence else None, kept)

    def _step_backward(
        self, WhT: Array, dstates: States, now: tuple[Array | None, Array | None, Any]
    ) -> tuple[States, Any]:
        dH, M, kept = now
        if dH is not None:
            dstates = (dstates[0] + dH, *dstates[1:])
        if M is None:
            dZ, dstates_prev = self.cell_backward(WhT, kept, dstates)
        else:
            dZ, dstates_prev = self.cell_backward(WhT, kept, tuple(M * d for d in dstates))
            dstates_prev = tuple(d_prev + (1 - M) * d for d_prev, d in zip(dstates_prev, dstates, strict=True))
        return dstates_prev, dZ

    def _check(self, params: Params, x: Array, states: States | None, mask: Array | None) -> None:
        if x.ndim != 3 or x.shape[1] < 1:
            raise InputError(
                f"{self.label} expects (batch, time, features) with at least one step, "
                f"but the input has shape {x.shape}; for a single step pass x[:, None]."
            )
        if x.shape[2] != params["Wx"].shape[0]:
            raise InputError(
                f"{self.label} expects {params['Wx'].shape[0]} features (Wx is {params['Wx'].shape}), "
                f"but the input has shape {x.shape}."
            )
        expected = [(x.shape[0], self.units)] * self.state_count
        if states is not None and [s.shape for s in states] != expected:
            raise InputError(
                f"{self.label} starts from states of the shapes {expected}, each (batch, units), "
                f"but got {[s.shape for s in states]}."
            )
        if mask is not None and mask.shape != x.shape[:2]:
            raise InputError(
                f"The mask needs one entry per step (1 for data, 0 for padding) and so the shape {x.shape[:2]}, "
                f"(batch, time), but it has shape {mask.shape}."
            )


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
                "Bidirectional takes layer as an RNN, LSTM or GRU with reverse=False and adds its reversed twin, "
                f"but layer={self.layer!r}."
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
        x_back = x
        if isinstance(x, tuple):
            (x, states), n = x, self.layer.state_count
            x, x_back = (x, states[:n]), (x, states[n:])
        H, ahead = self.layer.forward(params["ahead"], x, mode)
        H_back, back = self._twin.forward(params["back"], x_back, mode)
        return namespace(H).concatenate([H, H_back], axis=-1), BidirectionalCache(ahead, back)

    def backward(
        self, cache: BidirectionalCache, dy: Float[Array, "batch *time units"], *, input_gradient: bool = True
    ) -> tuple[Any, Params]:
        """Return dx (or dx and dstates, if states were given) and the gradients of the parameters."""
        n = self.layer.units
        dx, ahead = self.layer.backward(cache.ahead, dy[..., :n], input_gradient=input_gradient)
        dx_back, back = self._twin.backward(cache.back, dy[..., n:], input_gradient=input_gradient)
        if isinstance(dx, tuple):
            dx = dx[0] + dx_back[0], dx[1] + dx_back[1]
        elif input_gradient:
            dx = dx + dx_back
        return dx, {"ahead": ahead, "back": back}
