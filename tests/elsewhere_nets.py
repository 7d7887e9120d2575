"""Networks of every layer that PyTorch and Keras have too, with numbers drawn for all their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.layers import Layer

SEQUENCE, PICTURE = (8, 6), (9, 8, 4)
WORDS = 11

RECURRENT = [cr.RNN, cr.LSTM, cr.GRU]

_GRAPH = cr.Graph(
    {
        "a": (cr.Conv2D(4, 3), "input"),
        "b": (cr.Conv2D(4, 3, padding="same"), "a"),
        "sum": ("add", ["a", "b"]),
        "both": ("concatenate", ["sum", "a"]),
        "out": (cr.Sequential([cr.Flatten(), cr.Dense(3)]), "both"),
    }
)
NETS: dict[str, tuple[Sequence[Layer], tuple[int, ...]]] = {
    "dense": ([cr.Dense(5), cr.ReLU(), cr.Dropout(0.2), cr.Dense(3, bias=False)], (4,)),
    "dense of sequences": ([cr.Dense(5)], SEQUENCE),
    "conv1d": ([cr.Conv1D(4, 3, stride=2, padding="same"), cr.ReLU(), cr.Flatten(), cr.Dense(3)], SEQUENCE),
    "causal": ([cr.Conv1D(4, 3, dilation=2, padding=[(4, 0)]), cr.LSTM(3)], SEQUENCE),
    "conv2d": (
        [
            *(cr.Conv2D(6, (3, 2), groups=2), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2), cr.Flatten()),
            *(cr.BatchNorm(), cr.Dense(5)),
        ],
        PICTURE,
    ),
    "dilated": ([cr.Conv2D(6, 3, dilation=2, padding=((1, 0), (2, 1)), bias=False)], PICTURE),
    "same": ([cr.Conv2D(6, 3, stride=2, padding="same")], PICTURE),
    "depthwise": ([cr.Conv2D(8, 3, groups=4, padding=1)], PICTURE),
    "max pool": ([cr.MaxPool(3, 2, "same")], PICTURE),
    "average pool": ([cr.AveragePool((3, 2))], PICTURE),
    "even padding": ([cr.AveragePool(3, 2, "same")], (9, 7, 4)),
    "pools of sequences": ([cr.MaxPool(3, 2, "same"), cr.AveragePool(2)], SEQUENCE),
    "global average": ([cr.Conv2D(6, 3), cr.GlobalAveragePool(), cr.Dense(2)], PICTURE),
    "global average of sequences": ([cr.GlobalAveragePool(), cr.Dense(2)], SEQUENCE),
    "batch norm": ([cr.Dense(4), cr.BatchNorm(0.8, 1e-3), cr.Dense(3)], (5,)),
    "batch norm of sequences": ([cr.BatchNorm()], SEQUENCE),
    "layer norm": ([cr.LayerNorm(), cr.Dense(3)], PICTURE),
    "group norm": ([cr.GroupNorm(2)], PICTURE),
    "rms norm": ([cr.RMSNorm()], SEQUENCE),
    "embedding": ([cr.Embedding(WORDS, 4), cr.Flatten(), cr.Dense(3)], (5,)),
    "convolved words": (
        [
            *(cr.Embedding(WORDS, 4), cr.Conv1D(3, 2), cr.SpatialDropout(0.2), cr.Flatten(), cr.LayerNorm()),
            cr.Dense(3),
        ],
        (5,),
    ),
    **{
        f"{kind.__name__}, sequence={sequence}, reverse={reverse}": (
            [kind(5, sequence=sequence, reverse=reverse), cr.Dense(2)],
            SEQUENCE,
        )
        for kind in RECURRENT
        for sequence in (False, True)
        for reverse in (False, True)
    },
    "relu of an rnn": ([cr.RNN(4, "relu")], SEQUENCE),
    **{
        f"bidirectional {kind.__name__}, sequence={sequence}": (
            [cr.Bidirectional(kind(5, sequence=sequence)), cr.Dense(2)],
            SEQUENCE,
        )
        for kind in RECURRENT
        for sequence in (False, True)
    },
    "residual": ([cr.Dense(4), cr.Residual([cr.Dense(4), cr.ReLU(), cr.Dense(4)]), cr.Dense(2)], (3,)),
    "residual of pictures": (
        [
            cr.Conv2D(4, 3),
            cr.Residual([cr.Conv2D(6, 3, padding="same"), cr.BatchNorm()], cr.Conv2D(6, 1)),
            *(cr.ReLU(), cr.Flatten(), cr.Dense(2)),
        ],
        PICTURE,
    ),
    "concatenate": (
        [cr.Concatenate([None, cr.Conv2D(6, 3, padding="same")]), cr.Flatten(), cr.Dropout(0.1), cr.Dense(2)],
        PICTURE,
    ),
    "graph": ([_GRAPH], PICTURE),
    "chains": ([cr.Sequential([cr.Conv2D(3, 3), cr.Flatten()]), cr.Sequential([cr.Dense(2)])], PICTURE),
    "flattened first": ([cr.Flatten(), cr.Dense(3)], PICTURE),
    "flattened last": ([cr.Conv2D(3, 3), cr.Flatten()], PICTURE),
    "shapes": ([cr.Dense(12), cr.Reshape((2, 2, 3)), cr.Conv2D(2, 2), cr.Upsample(2), cr.ZeroPad(1)], (5,)),
    "shapes of sequences": ([cr.ZeroPad(((2, 1),)), cr.Upsample(3)], SEQUENCE),
    **{name: ([cr.Activation(name)], PICTURE) for name in cr.activations.ACTIVATIONS},
    "alphas": ([cr.ELU(0.7), cr.LeakyReLU(0.2)], (5,)),
}


def drawn(layers: Sequence[Layer], shape: tuple[int, ...], loss: Any = "mean_squared_error", **how: Any) -> cr.Network:
    """Return a network whose parameters are none that layers begin with."""
    network, rng = cr.Network(layers, loss, input_shape=shape, **how), np.random.default_rng(1)
    for path, array in leaves(network.params):
        array[...] = rng.random(array.shape) + 0.5 if "variance" in path else 0.4 * rng.standard_normal(array.shape)
    return network


def inputs(network: cr.Network, batch: int) -> Any:
    """Return random inputs, or whole numbers for what looks them up."""
    rng = np.random.default_rng(2)
    shape = (batch, *(network.input_shape or ()))
    whole = network.body.vocabulary_of_input is not None
    return rng.integers(0, WORDS, shape) if whole else rng.standard_normal(shape).astype(network.dtype)


def assert_close(got: Any, expected: Any, digits: float = 1e-5) -> None:
    """Compare relative to the largest number."""
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= digits * np.abs(expected).max()
