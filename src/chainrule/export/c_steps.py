"""What each layer becomes in a C file: calls that fill one of two buffers from the other, or change it in place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, Shape
from chainrule.common.errors import InputError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.export import folding
from chainrule.export.pool_windows import pool_windows
from chainrule.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool,
    NTKDense,
    RandomDense,
    Reshape,
    Scale,
    Sequential,
    SpatialDropout,
)


class Steps:
    """The calls of a forward pass as they come, and what they need: weights, functions, and the size of the buffers."""

    def __init__(self, input_shape: Shape) -> None:
        self.lines: list[str] = []
        self.weights: dict[str, Array] = {}
        self.functions: set[str] = set()
        self.shape = input_shape
        self.largest = math.prod(input_shape)
        self.buffer = "x"  # what holds the numbers so far
        self._count = 0
        self._linear: tuple[str, str] | None = None  # the weights that the numbers so far come from, without activation

    @property
    def size(self) -> int:
        """How many numbers the buffer holds."""
        return math.prod(self.shape)

    @property
    def places(self) -> int:
        """For how many places, such as steps of time, there are features."""
        return math.prod(self.shape[:-1])

    def begin(self, text: str) -> None:
        """Write a comment."""
        self.lines += ["", f"    /* {text} */"]

    def add(self, **arrays: Array) -> list[str]:
        """Add weights; return their names, which end with the number of their layer."""
        self._count += 1
        names = [f"{name}{self._count}" for name in arrays]
        self.weights |= zip(names, arrays.values(), strict=True)
        return names

    def fill(self, function: str, before: str, after: str, shape: Shape) -> None:
        """Write a call that reads the one buffer and fills the other: function(from, before, after, to)."""
        target = "b" if self.buffer == "a" else "a"
        self.functions.add(function)
        arguments = ", ".join(text for text in (self.buffer, before, after, target) if text)
        self.lines.append(f"    {function}({arguments});")
        self.buffer, self.shape, self._linear = target, shape, None
        self.largest = max(self.largest, self.size)

    def linear(self, function: str, before: str, W: Array, b: Array | None, after: str, shape: Shape) -> None:
        """Write a call with weights, into which a normalization behind it can be folded."""
        W_name, b_name = self.add(W=W, b=np.zeros(W.shape[-1], W.dtype) if b is None else b)
        self.fill(function, f"{before}, {W_name}, {b_name}", after, shape)
        self._linear = W_name, b_name

    def fold(self, factors: folding.ScaleAndShift) -> bool:
        """Multiply a factor for each feature into the weights before it, if nothing lies between; else return False."""
        if self._linear is None:
            return False
        W, b = self._linear
        self.weights[W] = self.weights[W] * factors.scale
        self.weights[b] = self.weights[b] * factors.scale + factors.shift
        return True

    def change(self, function: str, arguments: str) -> None:
        """Write a call that changes the buffer: function(buffer, arguments)."""
        self._make_writable()
        self.functions.add(function)
        self.lines.append(f"    {function}({self.buffer}, {arguments});")

    def change_each(self, function: str, more: str = "") -> None:
        """Write the loop that applies a function to each number of the buffer."""
        self._make_writable()
        self.functions.add(function)
        self.lines.append(f"    for (int i = 0; i < {self.size}; i++)")
        self.lines.append(f"        {self.buffer}[i] = {function}({self.buffer}[i]{more});")

    def arrange(self, shape: Shape) -> None:
        """Take the numbers, which stay where they are, as an array of another shape."""
        if shape != self.shape:
            self.shape, self._linear = shape, None  # what were features may be features of places now

    def _make_writable(self) -> None:
        self._linear = None
        if self.buffer == "x":
            self.lines.append(f"    memcpy(a, x, {self.size} * sizeof *a);")
            self.buffer = "a"


def in_c(steps: Steps, layer: Layer, params: Params) -> None:
    """Write the calls of a layer.

    Raises
    ------
    InputError
        If it is none of those that a C file holds.
    """
    step = STEPS.get(type(layer))
    if step is None:
        raise InputError(
            "{layer} cannot be exported to C, which is for chains of {known}. Most others can stand in a NumPy script.",
            layer=layer.label,
            known=", ".join(known.__name__ for known in STEPS),
        )
    step(steps, layer, params)


def _dense(steps: Steps, layer: Dense | NTKDense | RandomDense, params: Params) -> None:
    W, b = folding.dense(layer, params, steps.shape)
    n_in, n_out = W.shape
    steps.begin(f"Dense: from {n_in} numbers to {n_out}{f' at {steps.places} places' if steps.places > 1 else ''}")
    steps.linear("dense", f"{steps.places}, {n_in}", W, b, str(n_out), (*steps.shape[:-1], n_out))


def _convolution(steps: Steps, layer: Conv1D, params: Params) -> None:
    time, channels = steps.shape
    window, (places,) = layer.window((1, *steps.shape))
    W = params["W"]
    kernel, _, filters = W.shape
    settings = (kernel, filters, window.stride[1], window.padding[1][0], window.dilation[1], layer.groups, places)
    steps.begin(f"Conv1D: {filters} filters of size {kernel} along {time} steps of {channels} channels")
    steps.linear("conv1d", f"{time}, {channels}", W, params.get("b"), ", ".join(map(str, settings)), (places, filters))


def _scale_and_shift(steps: Steps, layer: BatchNorm | Scale, params: Params) -> None:
    factors = folding.scale_and_shift(layer, params)
    if steps.fold(factors):
        steps.lines.append(f"    /* {layer.label} is multiplied into the weights of the layer before it. */")
        return
    steps.begin(layer.label)
    scale, shift = steps.add(scale=factors.scale, shift=factors.shift)
    steps.change("scale_and_shift", f"{steps.places}, {steps.shape[-1]}, {scale}, {shift}")


def _activation(steps: Steps, layer: Activation, params: Params) -> None:
    activation(steps, layer.function, layer.alpha)


def activation(steps: Steps, function: str, alpha: float | None = None) -> None:
    """Write the step of an activation by its name."""
    if function in ("softmax", "log_softmax"):
        steps.change(function, f"{steps.places}, {steps.shape[-1]}")
    elif function != "identity":
        of_numbers = {"tanh": "tanhf", "exp": "expf"}.get(function, function)
        steps.change_each(of_numbers, "" if alpha is None else f", {number(alpha)}")


def _pool(steps: Steps, layer: MaxPool | AveragePool, params: Params) -> None:
    if len(steps.shape) != 2:
        raise InputError(
            "{layer} of pictures cannot be exported to C, which is for sequences: write a NumPy script.",
            layer=layer.label,
        )
    (window,), (stride,), ((before, _),) = pool_windows(layer, steps.shape)
    _, shape = layer.init(ShapesOnly(), steps.shape)
    steps.begin(f"{layer.label}: windows of {window} steps")
    sizes = ", ".join(map(str, (*steps.shape, window, stride, before, shape[0])))
    steps.fill("max_pool" if isinstance(layer, MaxPool) else "average_pool", sizes, "", shape)


def _global_pool(steps: Steps, layer: GlobalAveragePool, params: Params) -> None:
    steps.begin("GlobalAveragePool: the mean of each channel")
    sizes = f"{steps.places}, {steps.shape[-1]}, {steps.places}, 1, 0, 1"
    steps.fill("average_pool", sizes, "", steps.shape[-1:])


def _nothing(steps: Steps, layer: Layer, params: Params) -> None:
    """Do nothing: the numbers stay as they lie, or the layer is for training."""
    steps.arrange(layer.init(ShapesOnly(), steps.shape)[1])


def _sequential(steps: Steps, layer: Sequential, params: Params) -> None:
    for part, part_params in zip(layer.parts, params, strict=True):
        in_c(steps, part, part_params)


STEPS: dict[type[Layer], Callable[[Steps, Any, Any], None]] = {
    **dict.fromkeys((Dense, NTKDense, RandomDense), _dense),
    Conv1D: _convolution,
    **dict.fromkeys((BatchNorm, Scale), _scale_and_shift),
    Activation: _activation,
    **dict.fromkeys((MaxPool, AveragePool), _pool),
    GlobalAveragePool: _global_pool,
    **dict.fromkeys((Flatten, Reshape, Dropout, SpatialDropout), _nothing),
    Sequential: _sequential,
}
"""The step of each layer."""


def number(value: float) -> str:
    """Return a number as a constant of C, with all digits of float32.

    >>> number(0.1), number(2.0), number(1e-10)
    ('0.1f', '2.0f', '1e-10f')
    """
    return f"{np.float32(value)!s}f"
