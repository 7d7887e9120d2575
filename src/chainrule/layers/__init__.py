"""Every layer, and the table by which files name them."""

from chainrule.layers.activation import (
    ELU,
    GELU,
    Activation,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from chainrule.layers.base import Layer
from chainrule.layers.connectivity import Sequential
from chainrule.layers.dense import Dense
from chainrule.layers.dropout import Dropout
from chainrule.layers.shape import Flatten

LAYERS: dict[str, type[Layer]] = {cls.__name__: cls for cls in (Activation, Dense, Dropout, Flatten, Sequential)}
"""Every layer class by the name that model files use."""

__all__ = [
    "ELU",
    "GELU",
    "LAYERS",
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LeakyReLU",
]
__all__ += ["LogSoftmax", "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Step", "Tanh"]
