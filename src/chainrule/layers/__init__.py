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
from chainrule.layers.cells import GRU, LSTM, RNN
from chainrule.layers.connectivity import Concatenate, Residual, Sequential
from chainrule.layers.convolution import Conv1D, Conv2D
from chainrule.layers.dense import Dense
from chainrule.layers.dropout import Dropout, SpatialDropout
from chainrule.layers.embedding import Embedding
from chainrule.layers.graph import Graph
from chainrule.layers.normalization import BatchNorm, LayerNorm, RMSNorm
from chainrule.layers.pooling import AveragePool, GlobalAveragePool, MaxPool
from chainrule.layers.random_dense import RandomDense
from chainrule.layers.recurrent import Bidirectional
from chainrule.layers.shape import Flatten, Reshape, Upsample, ZeroPad

_CLASSES: tuple[type[Layer], ...] = (
    *(Activation, AveragePool, BatchNorm, Bidirectional, Concatenate, Conv1D, Conv2D, Dense, Dropout, Embedding),
    *(Flatten, GRU, GlobalAveragePool, Graph, LSTM, LayerNorm, MaxPool, RMSNorm, RNN, RandomDense, Reshape, Residual),
    *(Sequential, SpatialDropout, Upsample, ZeroPad),
)
LAYERS: dict[str, type[Layer]] = {cls.__name__: cls for cls in _CLASSES}
"""Every layer class by the name that model files use."""

__all__ = ["ELU", "GELU", "GRU", "LAYERS", "LSTM", "RNN", "Activation", "AveragePool", "BatchNorm", "Bidirectional"]
__all__ += ["Concatenate", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten", "GlobalAveragePool", "Graph"]
__all__ += ["Identity", "Layer", "LayerNorm", "LeakyReLU", "LogSoftmax", "MaxPool", "RMSNorm", "RandomDense", "ReLU"]
__all__ += ["Reshape", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "SpatialDropout", "Step"]
__all__ += ["Tanh", "Upsample", "ZeroPad"]
