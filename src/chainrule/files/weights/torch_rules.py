"""What PyTorch calls the parameters of our layers, and in which order it has their axes."""

from __future__ import annotations

import re

import numpy as np

from chainrule.arrays import Array
from chainrule.common.texts import later
from chainrule.files.weights.rules import TRANSPOSED, Library, Rule, Rules, transposed
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
from chainrule.layers.recurrent import Recurrent

_BIAS = Rule(("bias",), missing=0.0)
_SCALE, _SHIFT = Rule(("weight",), missing=1.0), Rule(("bias",), missing=0.0)
_NORM: Rules = {"gamma": _SCALE, "beta": _SHIFT}


def _matrix(name: str) -> Rule:
    return Rule((name,), transposed, lambda W: (W.T,), TRANSPOSED)  # PyTorch's is (n_out, n_in)


# PyTorch's is (filters, channels / groups, *kernel).
_KERNEL = Rule(
    ("weight",),
    lambda weight: np.moveaxis(weight, (0, 1), (-1, -2)),
    lambda W: (np.moveaxis(W, (-1, -2), (0, 1)),),
    later("kernel first, then channels, then filters"),
)


def _halves(b: Array) -> tuple[Array, Array]:
    return b, np.zeros_like(b)


# PyTorch adds one bias to each of the two products; their sum is all that counts, except to GRU.
_SUM = Rule(("bias_ih", "bias_hh"), lambda ih, hh: ih + hh, _halves, later("summed"), missing=0.0)
_PRODUCTS: Rules = {"Wx": _matrix("weight_ih"), "Wh": _matrix("weight_hh")}
_TWO_BIASES: Rules = {"bx": Rule(("bias_ih",), missing=0.0), "bh": Rule(("bias_hh",), missing=0.0)}

_RULES: dict[type[Layer], Rules] = {
    Dense: {"W": _matrix("weight"), "b": _BIAS},
    Embedding: {"W": Rule(("weight",))},
    Conv1D: {"W": _KERNEL, "b": _BIAS},
    Conv2D: {"W": _KERNEL, "b": _BIAS},
    BatchNorm: _NORM | {"running_mean": Rule(("running_mean",)), "running_variance": Rule(("running_var",))},  # type: ignore[operator]
    LayerNorm: _NORM,
    GroupNorm: _NORM,
    RMSNorm: {"gamma": _SCALE},
    RNN: {**_PRODUCTS, "b": _SUM},
    LSTM: {**_PRODUCTS, "b": _SUM},  # the gates are in our order: i, f, g, o
    GRU: {**_PRODUCTS, **_TWO_BIASES},  # r, z, n
}


def _kind(layer: Layer) -> str:
    if isinstance(layer, Bidirectional):
        return f"{_kind(layer.layer)}, both ways"
    if isinstance(layer, Recurrent):
        return f"{layer.gates} gates"
    if isinstance(layer, BatchNorm):
        return "statistics"
    axes = {Dense: 2, Embedding: 2, Conv1D: 3, Conv2D: 4}.get(type(layer), 1)
    return f"{axes} axes"


def state_name(name: str) -> str:
    """Return the name that a state dict has for an array: recurrent ones have the number of their layer.

    >>> state_name("weight_ih_reverse"), state_name("bias")
    ('weight_ih_l0_reverse', 'bias')
    """
    return re.sub("_(ih|hh)", r"_\1_l0", name)


def kind_of_arrays(shapes: dict[str, tuple[int, ...]]) -> str:
    """Return which kind of layers a module's arrays may belong to, by their shapes."""
    if "weight_ih" in shapes and "weight_hh" in shapes:
        rows, units = shapes["weight_hh"] if len(shapes["weight_hh"]) == 2 else (0, 1)
        return f"{rows // max(units, 1)} gates" + (", both ways" if "weight_ih_reverse" in shapes else "")
    if "running_mean" in shapes:
        return "statistics"
    return f"{len(shapes['weight'])} axes" if "weight" in shapes else "unknown"


PYTORCH = Library(
    "PyTorch",
    _RULES,
    _kind,
    (lambda name: name, lambda name: f"{name}_reverse"),
    channels_first=True,
    usual_epsilon={BatchNorm: 1e-5, LayerNorm: 1e-5, GroupNorm: 1e-5, RMSNorm: float(np.finfo(np.float32).eps)},
)
