"""What Keras calls the parameters of our layers, in the order of a layer's weights there, and how it orders gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.texts import later
from chainrule.files.weights.rules import Library, MisfitError, Rule, Rules
from chainrule.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    GroupNorm,
    Layer,
    LayerNorm,
    RMSNorm,
)

_WEIGHTS: Rules = {"W": Rule(("kernel",)), "b": Rule(("bias",), missing=0.0)}
_NORM: Rules = {"gamma": Rule(("gamma",), missing=1.0), "beta": Rule(("beta",), missing=0.0)}
_STATISTICS: Rules = {"running_mean": Rule(("moving_mean",)), "running_variance": Rule(("moving_variance",))}
_RECURRENT: Rules = {
    "Wx": Rule(("kernel",)),
    "Wh": Rule(("recurrent_kernel",)),
    "b": Rule(("bias",), missing=0.0),  # LSTM's gates are in our order: i, f, candidate, o
}
_OF_RECURRENT = {
    "activation": "activation",
    "recurrent_activation": "recurrent_activation",
    "go_backwards": "reverse",
    "return_sequences": "sequence",
    "stateful": "stateful",
    "reset_after": "reset_after",
}
_OF_CONVOLUTIONS = {"strides": "stride", "dilation_rate": "dilation", "groups": "groups", "data_format": "data_format"}
_OF_NORMALIZATIONS = {"axis": "axis", "groups": "groups", "rms_scaling": "rms_scaling"}
_SETTINGS = {
    **dict.fromkeys(("simple_rnn", "lstm", "gru"), _OF_RECURRENT),
    **dict.fromkeys(("conv1d", "conv2d"), _OF_CONVOLUTIONS),
    "embedding": {"mask_zero": "mask_zero"},
    **dict.fromkeys(
        ("batch_normalization", "layer_normalization", "group_normalization", "rms_normalization"), _OF_NORMALIZATIONS
    ),
}
"""For the kinds of layers: the settings that change numbers and that their arrays do not show, by our names."""
_ORDER = later("gates in the order r, z, n")


def _swapped(array: Array) -> Array:
    """Return a GRU's gates in the order r, z, n from z, r, n, and the other way around."""
    z, r, n = np.split(array, 3, axis=-1)
    return np.concatenate([r, z, n], axis=-1)


def _gates(name: str) -> Rule:
    return Rule((name,), _swapped, lambda W: (_swapped(W),), _ORDER)


_GRU: Rules = {
    "Wx": _gates("kernel"),
    "Wh": _gates("recurrent_kernel"),
    "bx": _gates("input_bias")._replace(missing=0.0),
    "bh": _gates("recurrent_bias")._replace(missing=0.0),
}


def divided(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return a GRU's arrays with the bias, (2, 3 * units) in Keras, as two.

    Raises
    ------
    MisfitError
        There is one bias, so that the GRU is the other one.
    """
    rest = dict(arrays)
    if "bias" in rest:
        bias = rest.pop("bias")
        if bias.ndim != 2:
            raise MisfitError(
                "Keras's GRU with reset_after=False is another equation, in which the reset gate acts before the "
                "product: only one with reset_after=True, as is usual, can be read."
            )
        rest["input_bias"], rest["recurrent_bias"] = bias
    return rest


def settings_of(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a layer's configuration says of settings that its arrays do not show, by our names."""
    said: dict[str, Any] = {}
    if kind == "bidirectional":
        said = {"merge_mode": config["merge_mode"]} if "merge_mode" in config else {}
        config = config.get("layer", {}).get("config", {})
        kind = "gru" if "reset_after" in config else "lstm" if "recurrent_activation" in config else "simple_rnn"
    for name, own in _SETTINGS.get(kind, {}).items():
        value = config.get(name)
        value = value.get("config") if isinstance(value, dict) else value  # of a function of someone's own
        if isinstance(value, str | list | tuple | int):
            said[own] = value
    return said


def joined(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return a layer's arrays with the two biases of a GRU as one."""
    rest = dict(arrays)
    if "input_bias" in rest:
        rest["bias"] = np.stack([rest.pop("input_bias"), rest.pop("recurrent_bias")])
    return rest


_RULES: dict[type[Layer], Rules] = {
    Dense: _WEIGHTS,
    Conv1D: _WEIGHTS,
    Conv2D: _WEIGHTS,
    Embedding: {"W": Rule(("embeddings",))},
    BatchNorm: {**_NORM, **_STATISTICS},
    LayerNorm: _NORM,
    GroupNorm: _NORM,
    RMSNorm: {"gamma": Rule(("gamma",), missing=1.0)},
    RNN: _RECURRENT,
    LSTM: _RECURRENT,
    GRU: _GRU,
}

_KINDS = {
    Dense: "dense",
    Conv1D: "conv1d",
    Conv2D: "conv2d",
    Embedding: "embedding",
    BatchNorm: "batch_normalization",
    LayerNorm: "layer_normalization",
    GroupNorm: "group_normalization",
    RMSNorm: "rms_normalization",
    RNN: "simple_rnn",
    LSTM: "lstm",
    GRU: "gru",
    Bidirectional: "bidirectional",
}
"""The names of Keras's classes as its files write them."""

LAYERS = {
    **{layer.__name__: layer.__name__ for layer in (Conv1D, Conv2D, Dense, Embedding, GRU, LSTM)},
    **{f"Depthwise{layer.__name__}": layer.__name__ for layer in (Conv1D, Conv2D)},
    "BatchNormalization": "BatchNorm",
    "GroupNormalization": "GroupNorm",
    "LayerNormalization": "LayerNorm",
    "RMSNormalization": "RMSNorm",
    "SimpleRNN": "RNN",
}
"""Which of our classes computes what a class of Keras does."""

NAMES = {
    kind: tuple(name for rule in _RULES[layer].values() for name in rule.names)
    for layer, kind in _KINDS.items()
    if layer in _RULES
} | {"gru": ("kernel", "recurrent_kernel", "bias")}
"""The names of a layer's arrays by the layer's kind; files have numbers in their place."""


KERAS = Library(
    "Keras",
    _RULES,
    lambda layer: _KINDS.get(type(layer), ""),
    (lambda name: f"forward.{name}", lambda name: f"backward.{name}"),
    channels_first=False,
    usual_epsilon={BatchNorm: 1e-3, LayerNorm: 1e-3, GroupNorm: 1e-3, RMSNorm: 1e-6},
)
