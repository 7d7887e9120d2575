"""Neural networks with every forward and backward equation written out by hand."""

from typing import TYPE_CHECKING, Any

from chainrule import activations, initializers, layers, losses, metrics, optimizers, schedules
from chainrule.arrays import Mode
from chainrule.callbacks import Callback, EarlyStopping
from chainrule.checkpoint import Checkpoint
from chainrule.gradcheck import gradcheck
from chainrule.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from chainrule.network import Network
from chainrule.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp
from chainrule.schedules import Constant, Cosine, Exponential, StepDecay, Warmup

if TYPE_CHECKING:
    from chainrule import datasets, loggers, sources
    from chainrule.checker.inprocess import check
    from chainrule.files import load, save
    from chainrule.layers import (
        ELU,
        GELU,
        GRU,
        LSTM,
        RNN,
        Activation,
        AveragePool,
        BatchNorm,
        Bidirectional,
        Concatenate,
        Conv1D,
        Conv2D,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        GlobalAveragePool,
        Graph,
        Identity,
        LayerNorm,
        LeakyReLU,
        LogSoftmax,
        MaxPool,
        RandomDense,
        ReLU,
        Reshape,
        Residual,
        RMSNorm,
        Sequential,
        Sigmoid,
        SiLU,
        Softmax,
        Softplus,
        SpatialDropout,
        Step,
        Tanh,
        Upsample,
        ZeroPad,
    )

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SGD",
    "Activation",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AveragePool",
    "BatchNorm",
    "Bidirectional",
    "BinaryCrossEntropy",
    "Callback",
    "CategoricalCrossEntropy",
    "Checkpoint",
    "Concatenate",
    "Constant",
    "Conv1D",
    "Conv2D",
    "Cosine",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Exponential",
    "Flatten",
    "GlobalAveragePool",
    "Graph",
    "Huber",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "MaxPool",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Mode",
    "Momentum",
    "Nesterov",
    "Network",
    "RMSNorm",
    "RMSProp",
    "RandomDense",
    "ReLU",
    "Reshape",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpatialDropout",
    "Step",
    "StepDecay",
    "Tanh",
    "Upsample",
    "Warmup",
    "ZeroPad",
    "activations",
    "check",
    "datasets",
    "gradcheck",
    "initializers",
    "layers",
    "load",
    "loggers",
    "losses",
    "metrics",
    "optimizers",
    "save",
    "schedules",
    "sources",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import layers, data sets and file formats when they are first used, to keep `import chainrule` short."""
    import importlib

    if name in layers.__all__:
        return getattr(layers, name)
    if name in ("datasets", "loggers", "sources"):
        return importlib.import_module(f"chainrule.{name}")
    if name == "check":
        return importlib.import_module("chainrule.checker.inprocess").check
    if name in ("load", "save"):
        return getattr(importlib.import_module("chainrule.files"), name)
    raise AttributeError(f"module 'chainrule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
