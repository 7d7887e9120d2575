"""Which module of PyTorch computes what a layer does; this file needs PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from chainrule.arrays.places import Window
from chainrule.export import torch_modules
from chainrule.files.weights.walk import Layout
from chainrule.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    AveragePool,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool,
    Reshape,
    RMSNorm,
    SpatialDropout,
    Upsample,
    ZeroPad,
)
from chainrule.layers.spatial import per_axis, same_padding

Maker = Callable[[Any, Layout], Any]
"""What makes a module of a layer, and of what one example looks like before it."""


def _of_rank(one: Any, two: Any, layout: Layout) -> Any:
    """Return the module for sequences or the one for pictures."""
    return one if len(layout.shape) == 2 else two


def _widths(pairs: Any) -> tuple[int, ...]:
    """Return padding as PyTorch has it: the last axis first."""
    return tuple(n for pair in reversed(list(pairs)) for n in pair)


def _padded(module: Any, pairs: Any, layout: Layout, value: float) -> Any:
    """Return a module after one that pads its input, if there is anything to pad."""
    if not any(map(any, pairs)):
        return module
    pad = _of_rank(nn.ConstantPad1d, nn.ConstantPad2d, layout)
    return nn.Sequential(pad(_widths(pairs), value), module)


def _convolution(layer: Any, layout: Layout) -> Any:
    window: Window = layer.window((1, *layout.shape))[0]
    pairs = window.padding[-len(layer.axes) :]
    even = all(before == after for before, after in pairs)
    module = _of_rank(nn.Conv1d, nn.Conv2d, layout)(
        layout.shape[-1],
        layer.filters,
        layer.per_axis("kernel"),
        layer.per_axis("stride"),
        padding=tuple(before for before, _ in pairs) if even else 0,
        dilation=layer.per_axis("dilation"),
        groups=layer.groups,
        bias=layer.bias,
    )
    return module if even else _padded(module, pairs, layout, 0.0)


def _pool(layer: Any, layout: Layout) -> Any:
    lengths = layout.shape[:-1]
    window = per_axis(layer.label, "window", layer.window, len(lengths))
    stride = per_axis(layer.label, "stride", layer.stride, len(lengths))
    pairs = [(0, 0)] * len(lengths)
    if layer.padding == "same":
        pairs = list(map(same_padding, lengths, window, stride))
    if isinstance(layer, MaxPool):
        return _padded(_of_rank(nn.MaxPool1d, nn.MaxPool2d, layout)(window, stride), pairs, layout, float("-inf"))
    if any(map(any, pairs)):
        return torch_modules.PaddedAverage(window, stride, _widths(pairs))
    return _of_rank(nn.AvgPool1d, nn.AvgPool2d, layout)(window, stride)


def _batch_norm(layer: BatchNorm, layout: Layout) -> Any:
    kind = nn.BatchNorm2d if len(layout.shape) == 3 else nn.BatchNorm1d
    return kind(layout.shape[-1], eps=layer.epsilon, momentum=1 - layer.momentum)


def _recurrent(layer: Any, layout: Layout, **both: Any) -> Any:
    kinds: dict[type, Any] = {RNN: torch_modules.RNN, LSTM: torch_modules.LSTM, GRU: torch_modules.GRU}
    settings = {"nonlinearity": layer.activation} if isinstance(layer, RNN) else {}
    return kinds[type(layer)](
        layout.shape[-1], layer.units, sequence=layer.sequence, reverse=layer.reverse, **settings, **both
    )


def _bidirectional(layer: Bidirectional, layout: Layout) -> Any:
    return _recurrent(layer.layer, layout, bidirectional=True)


def _zero_pad(layer: ZeroPad, layout: Layout) -> Any:
    axes = len(layout.shape) - 1
    pairs = ((layer.padding, layer.padding),) * axes if isinstance(layer.padding, int) else layer.padding
    return _of_rank(nn.ConstantPad1d, nn.ConstantPad2d, layout)(_widths(pairs), 0.0)


def _upsample(layer: Upsample, layout: Layout) -> Any:
    factors = per_axis(layer.label, "factor", layer.factor, len(layout.shape) - 1)
    return nn.Upsample(scale_factor=tuple(map(float, factors)))


def _mean(layer: GlobalAveragePool, layout: Layout) -> Any:
    axes = range(1, len(layout.shape))
    return torch_modules.Mean(*(axis + layout.channels_first for axis in axes))


def _spatial_dropout(layer: SpatialDropout, layout: Layout) -> Any:
    return _of_rank(nn.Dropout1d, nn.Dropout2d, layout)(layer.rate)


_ACTIVATIONS: Mapping[str, Callable[[], Any]] = {
    "identity": nn.Identity,
    "step": torch_modules.Step,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "gelu": lambda: nn.GELU("tanh"),
    "gelu_exact": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
}


def _activation(layer: Activation, layout: Layout) -> Any:
    channels = 1 if layout.channels_first else -1
    if layer.function == "leaky_relu":
        return nn.LeakyReLU(layer.alpha)
    if layer.function == "elu":
        return nn.ELU(layer.alpha)
    if layer.function in ("softmax", "log_softmax"):
        return (nn.Softmax if layer.function == "softmax" else nn.LogSoftmax)(channels)
    return _ACTIVATIONS[layer.function]()


MAKERS: Mapping[type[Layer], Maker] = {
    Activation: _activation,
    AveragePool: _pool,
    BatchNorm: _batch_norm,
    Bidirectional: _bidirectional,
    Conv1D: _convolution,
    Conv2D: _convolution,
    Dense: lambda layer, layout: nn.Linear(layout.shape[-1], layer.units, layer.bias),
    Dropout: lambda layer, layout: nn.Dropout(layer.rate),
    Embedding: lambda layer, layout: nn.Embedding(layer.vocabulary, layer.units),
    Flatten: lambda layer, layout: nn.Flatten(),
    GRU: _recurrent,
    GlobalAveragePool: _mean,
    GroupNorm: lambda layer, layout: nn.GroupNorm(layer.groups, layout.shape[-1], layer.epsilon),
    LSTM: _recurrent,
    LayerNorm: lambda layer, layout: nn.LayerNorm(layout.shape[-1], layer.epsilon),
    MaxPool: _pool,
    RMSNorm: lambda layer, layout: nn.RMSNorm(layout.shape[-1], layer.epsilon),
    RNN: _recurrent,
    Reshape: lambda layer, layout: torch_modules.Reshape(*layer.shape),
    SpatialDropout: _spatial_dropout,
    Upsample: _upsample,
    ZeroPad: _zero_pad,
}
