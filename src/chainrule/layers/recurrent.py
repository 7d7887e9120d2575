"""Layers that step through time: a cell, which is one step, and what all of them do before and after their loop."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.arrays.threads import product, row_products
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, Whole
from chainrule.equations.initializers import INITIALIZERS, first_values, zeros
from chainrule.layers.base import Layer
from chainrule.layers.through_time import States, time_first, unroll, unroll_backward


class Cell(Layer):
    """One step of time, which a subclass adds: its equations, parameters and states."""

    units: int
    gates: ClassVar[int]
    state_count: ClassVar[int] = 1
    biases: ClassVar[tuple[str, ...]] = ("b",)  # of the input product; and of the recurrent product, if it has its own
    rules: ClassVar = {"units": Whole(1)}

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

    def first_params(self, rng: np.random.Generator, features: int, dtype: Any) -> dict[str, Array]:
        """Return Wx, Wh and the biases."""

        def weights(initializer: str, rows: int) -> Array:
            def draw(rng: np.random.Generator, shape: Shape) -> Array:
                each = [INITIALIZERS[initializer](rng, (rows, self.units)) for _ in range(self.gates)]
                return np.concatenate(each, axis=1)

            return first_values(draw, rng, (rows, self.gates * self.units), dtype)

        params = {"Wx": weights(self.initializer, features), "Wh": weights("orthogonal", self.units)}
        return params | {name: first_values(zeros, rng, (self.gates * self.units,), dtype) for name in self.biases}

    def first_states(self, x: Array, given: States | None) -> States:
        """Return the states before the first step: those given with a batch x, checked, or zeros."""
        shape = (x.shape[0], self.units)
        if given is None:
            return (namespace(x).zeros(shape, dtype=x.dtype),) * self.state_count
        expected = [shape] * self.state_count
        if [s.shape for s in given] != expected:
            raise InputError(
                "{label} starts from states of the shapes {expected}, each (batch, units), but got {got}.",
                label=self.label,
                expected=expected,
                got=[s.shape for s in given],
            )
        return given


class SequenceCache(NamedTuple):
    """What the backward pass needs."""

    X: Array  # (time, batch, features), 0 at padded steps
    M: Array | None  # (time, batch, 1), the mask
    given: States | None  # the initial states, if they came with the input
    kept: Any  # what the cell kept of every step: arrays of shape (time, batch, units)
    params: Params
    last: States  # the states after the last step, from which the next part of a long sequence goes on


class Recurrent(Cell):
    """What all recurrent layers share.

    The products of the inputs with Wx do not depend on the states, so one matrix product before the loop computes them
    for all steps; in the same way the gradients of the weights are one product each after the loop.

    The input is x of shape (batch, time, features), or (x, states) with the initial states, each (batch, units). They
    start at zero if not given; if given, backward returns (dx, dstates). Where `mode.mask` is 0 the states are carried
    over and the output of a sequence is 0, so padding changes no result, whatever finite numbers it holds.
    """

    sequence: bool
    reverse: bool
    symbols = ("x", "h")
    rules: ClassVar = Cell.rules | {"sequence": Flag(), "reverse": Flag()}

    def keeps_steps(self) -> bool:
        """Return whether the output is a sequence; padded steps are skipped in any case."""
        return self.sequence

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return Wx, Wh and the biases, and the output shape: (time, units) or (units,)."""
        if len(input_shape) != 2:
            raise InputError(
                "{label} expects (batch, time, features), but one example has shape {shape}, which should be "
                "(time, features).",
                label=self.label,
                shape=input_shape,
            )
        time, features = input_shape
        return self.first_params(rng, features, dtype), (time, self.units) if self.sequence else (self.units,)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return time * (features + units) * gates * units."""
        return input_shape[0] * int(params["Wx"].size + params["Wh"].size)

    def forward(
        self, params: Params, x: Array | tuple[Array, States], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *time units"], SequenceCache]:
        """Return the state H of every step (batch, time, units), or of the last one (batch, units)."""
        x, given = x if isinstance(x, tuple) else (x, None)
        _check_input(self.label, params["Wx"], x)
        first = self.first_states(x, given)
        X, M = time_first(x, mode.mask)
        P = product(X, params["Wx"])
        P += params[self.biases[0]]
        last, H, kept = unroll(partial(self.cell, params), P, M, first, reverse=self.reverse, sequence=self.sequence)
        y = last[0] if H is None else namespace(H).permute_dims(H, (1, 0, 2))
        return y, SequenceCache(X, M, given, kept, params, last)

    def backward(
        self, cache: SequenceCache, dy: Float[Array, "batch *time units"], *, input_gradient: bool = True
    ) -> tuple[Any, Params]:
        """Return dx (or dx and dstates, if states were given) and the gradients of the parameters."""
        xp = namespace(dy)
        X, M, given, kept, params, _ = cache
        zeros = xp.zeros_like(kept.H[0])
        dH, dlast = (xp.permute_dims(dy, (1, 0, 2)), zeros) if self.sequence else (None, dy)
        dlast = (dlast,) + (zeros,) * (self.state_count - 1)
        # Copied flat, which lays the rows in order: with a transposed view every product of the loop takes longer.
        WhT = xp.reshape(xp.reshape(params["Wh"].T, (-1,)), (-1, self.units))
        dstates, dZ = unroll_backward(partial(self.cell_backward, WhT), dH, M, kept, dlast, reverse=self.reverse)
        dP, dQ = dZ[0], dZ[-1]  # of the products with Wx and Wh; the same if one bias serves both
        dWx, dWh = row_products((X, dP), (kept.H, dQ))
        grads = {"Wx": dWx, "Wh": dWh}
        grads |= {name: xp.sum(d, axis=(0, 1)) for name, d in zip(self.biases, dZ, strict=True)}
        if not input_gradient:
            return None, grads
        dx = xp.permute_dims(product(dP, params["Wx"].T), (1, 0, 2))
        return (dx if given is None else (dx, dstates)), grads


def _check_input(label: str, Wx: Array, x: Array) -> None:
    """Raise an error unless an input is sequences of the features that Wx is for."""
    if x.ndim != 3 or x.shape[1] < 1:
        raise InputError(
            "{label} expects (batch, time, features) with at least one step, but the input has shape {shape}; for a "
            "single step pass x[:, None].",
            label=label,
            shape=x.shape,
        )
    if x.shape[2] != Wx.shape[0]:
        raise InputError(
            "{label} expects {expected} features (Wx is {Wx}), but the input has shape {shape}.",
            label=label,
            expected=Wx.shape[0],
            Wx=Wx.shape,
            shape=x.shape,
        )
