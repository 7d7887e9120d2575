"""Which layer of Keras computes what a layer does; this file needs Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers as kl

from chainrule.export import keras_functions
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

Maker = Callable[..., Any]
"""What makes a Keras layer of a layer and the number of axes between batch and channels, with Keras's own settings."""

_KERAS_NAMES = {
    "identity": "linear",
    "gelu": keras_functions.gelu_tanh,
    "gelu_exact": "gelu",
    "step": keras_functions.step,
}
"""Keras's activations, where it calls them by another name or by none."""


def _activation(layer: Activation, axes: int, **own: Any) -> Any:
    if layer.function == "leaky_relu":
        return kl.LeakyReLU(negative_slope=layer.alpha, **own)
    if layer.function == "elu":
        return kl.ELU(alpha=layer.alpha, **own)
    return kl.Activation(_KERAS_NAMES.get(layer.function, layer.function), **own)


def _convolution(layer: Any, axes: int, **own: Any) -> Any:
    return (kl.Conv1D if axes == 1 else kl.Conv2D)(
        layer.filters,
        layer.per_axis("kernel"),
        strides=layer.per_axis("stride"),
        padding=layer.padding if isinstance(layer.padding, str) else "valid",  # of others, ZeroPadding comes before
        dilation_rate=layer.per_axis("dilation"),
        groups=layer.groups,
        use_bias=layer.bias,
        **own,
    )


def _pool(one: Any, two: Any) -> Maker:
    return lambda layer, axes, **own: (one if axes == 1 else two)(
        layer.window, strides=layer.stride, padding=layer.padding, **own
    )


def _recurrent(layer: Any, axes: int, **own: Any) -> Any:
    kinds: dict[type, Any] = {RNN: kl.SimpleRNN, LSTM: kl.LSTM, GRU: kl.GRU}
    settings = {"activation": layer.activation} if isinstance(layer, RNN) else {}
    return kinds[type(layer)](
        layer.units, return_sequences=layer.sequence, go_backwards=layer.reverse, **settings, **own
    )


def _bidirectional(layer: Bidirectional, axes: int, *, name: str, **own: Any) -> Any:
    return kl.Bidirectional(_recurrent(layer.layer, axes, name=f"{name}_forward", **own), name=name, **own)


def _mean(axes: int) -> Any:
    return kl.GlobalAveragePooling1D if axes == 1 else kl.GlobalAveragePooling2D


def _dropout(axes: int) -> Any:
    return kl.SpatialDropout1D if axes == 1 else kl.SpatialDropout2D


def zero_padding(padding: Any, axes: int, **own: Any) -> Any:
    """Return the layer that puts zeros around, so many at all ends or a pair for each axis."""
    pairs = ((padding, padding),) * axes if isinstance(padding, int) else padding
    return kl.ZeroPadding1D(pairs[0], **own) if axes == 1 else kl.ZeroPadding2D(pairs, **own)


def flipped(x: Any) -> Any:
    """Return a sequence from its end."""
    return keras.ops.flip(x, axis=1)


MAKERS: Mapping[type[Layer], Maker] = {
    Activation: _activation,
    AveragePool: _pool(kl.AveragePooling1D, kl.AveragePooling2D),
    BatchNorm: lambda layer, _, **own: kl.BatchNormalization(momentum=layer.momentum, epsilon=layer.epsilon, **own),
    Bidirectional: _bidirectional,
    Conv1D: _convolution,
    Conv2D: _convolution,
    Dense: lambda layer, _, **own: kl.Dense(layer.units, use_bias=layer.bias, **own),
    Dropout: lambda layer, _, **own: kl.Dropout(layer.rate, **own),
    Embedding: lambda layer, _, **own: kl.Embedding(layer.vocabulary, layer.units, **own),
    Flatten: lambda _, __, **own: kl.Flatten(**own),
    GRU: _recurrent,
    GlobalAveragePool: lambda _, axes, **own: _mean(axes)(**own),
    GroupNorm: lambda layer, _, **own: kl.GroupNormalization(layer.groups, epsilon=layer.epsilon, **own),
    LSTM: _recurrent,
    LayerNorm: lambda layer, _, **own: kl.LayerNormalization(epsilon=layer.epsilon, **own),
    MaxPool: _pool(kl.MaxPooling1D, kl.MaxPooling2D),
    RMSNorm: lambda layer, _, **own: kl.RMSNormalization(epsilon=layer.epsilon, **own),
    RNN: _recurrent,
    Reshape: lambda layer, _, **own: kl.Reshape(layer.shape, **own),
    SpatialDropout: lambda layer, axes, **own: _dropout(axes)(layer.rate, **own),
    Upsample: lambda layer, axes, **own: (kl.UpSampling1D if axes == 1 else kl.UpSampling2D)(layer.factor, **own),
    ZeroPad: lambda layer, axes, **own: zero_padding(layer.padding, axes, **own),
}
