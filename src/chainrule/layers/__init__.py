"""Every layer, and the table by which files name them; the rarer families are imported when they are first used."""

import importlib
from typing import TYPE_CHECKING, Any

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
from chainrule.layers.connectivity import Concatenate, Residual, Sequential
from chainrule.layers.dense import Dense

if TYPE_CHECKING:
    from chainrule.layers.cells import GRU, LSTM, RNN
    from chainrule.layers.convolution import Conv1D, Conv2D
    from chainrule.layers.dropout import Dropout, SpatialDropout
    from chainrule.layers.embedding import Embedding
    from chainrule.layers.graph import Graph
    from chainrule.layers.normalization import BatchNorm, LayerNorm, RMSNorm
    from chainrule.layers.pooling import AveragePool, GlobalAveragePool, MaxPool
    from chainrule.layers.random_dense import RandomDense
    from chainrule.layers.recurrent import Bidirectional
    from chainrule.layers.shape import Flatten, Reshape, Upsample, ZeroPad

    LAYERS: dict[str, type[Layer]]
    """Every layer class by the name that model files use."""

_FAMILIES = {
    "activation": ["Activation"],
    "cells": ["GRU", "LSTM", "RNN"],
    "connectivity": ["Concatenate", "Residual", "Sequential"],
    "convolution": ["Conv1D", "Conv2D"],
    "dense": ["Dense"],
    "dropout": ["Dropout", "SpatialDropout"],
    "embedding": ["Embedding"],
    "graph": ["Graph"],
    "normalization": ["BatchNorm", "LayerNorm", "RMSNorm"],
    "pooling": ["AveragePool", "GlobalAveragePool", "MaxPool"],
    "random_dense": ["RandomDense"],
    "recurrent": ["Bidirectional"],
    "shape": ["Flatten", "Reshape", "Upsample", "ZeroPad"],
}
_MODULES = {name: module for module, names in _FAMILIES.items() for name in names}

__all__ = ["ELU", "GELU", "GRU", "LAYERS", "LSTM", "RNN", "Activation", "AveragePool", "BatchNorm", "Bidirectional"]
__all__ += ["Concatenate", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten", "GlobalAveragePool", "Graph"]
__all__ += ["Identity", "Layer", "LayerNorm", "LeakyReLU", "LogSoftmax", "MaxPool", "RMSNorm", "RandomDense", "ReLU"]
__all__ += ["Reshape", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "SpatialDropout", "Step"]
__all__ += ["Tanh", "Upsample", "ZeroPad"]


def __getattr__(name: str) -> Any:
    if name == "LAYERS":
        return {layer: __getattr__(layer) for layer in _MODULES}
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"chainrule.layers.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
