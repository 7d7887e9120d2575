"""Cases of the ways to connect layers."""

from __future__ import annotations

import chainrule as cr
from chainrule.layers.connectivity import Concatenate, Residual
from chainrule.layers.graph import Graph
from chainrule.layers.random_dense import RandomDense
from tests.cases.form import MASKED, TRAINING, LayerCase

SKIP = {
    "out": (cr.Dense(3), "joined"),  # in no order
    "joined": ("concatenate", ["sum", "input", "a"]),
    "sum": ("add", ["a", "c", "a"]),
    "c": (cr.Dense(4), "b"),
    "b": (cr.Tanh(), "a"),
    "a": (cr.Dense(4), "input"),
}

LAYER_CASES = [
    LayerCase("residual", Residual([cr.Dense(4), cr.Tanh(), cr.Dense(5)]), (4, 5)),
    LayerCase(
        "residual with a shortcut, in training",
        Residual([cr.Dense(3), cr.Dropout(0.4)], shortcut=[cr.Dense(3, bias=False), cr.Dropout(0.4)]),
        (4, 5),
        TRAINING,
        random=True,
    ),
    LayerCase("concatenate", Concatenate([None, [cr.Dense(4), cr.Tanh()], cr.Dense(2)]), (4, 2, 5)),
    LayerCase("graph", Graph(SKIP), (4, 5)),
    LayerCase(
        "sequences merged after their steps became one, masked",
        Graph(
            {"a": (cr.GRU(3), "input"), "b": (cr.LSTM(3), "input"), "c": ("add", ["a", "b"]), "d": (cr.Dense(2), "c")}
        ),
        (3, 5, 2),
        MASKED,
    ),
    LayerCase(
        "residual of sequences, masked",
        cr.Sequential([Residual([cr.Conv1D(2, 3, padding="same"), cr.Tanh()]), cr.GlobalAveragePool(), cr.Dense(2)]),
        (3, 5, 2),
        MASKED,
    ),
    LayerCase(
        "graph in a residual in a graph",
        Graph(
            {"first": (Residual(Graph({"a": (cr.Dense(5), "input")})), "input"), "twice": ("add", ["first", "input"])}
        ),
        (4, 5),
    ),
    LayerCase(
        "words beside the whole numbers that they are",
        Concatenate([[cr.Embedding(9, 3), cr.Flatten()], None, [cr.Flatten()], cr.Dense(2)]),
        (4, 3),
        integers=9,
    ),
    LayerCase(
        "graph of words and the whole numbers that they are",
        Graph(
            {
                "words": (cr.Embedding(9, 3), "input"),
                "flat": (cr.Flatten(), "words"),
                "same": (cr.Flatten(), "input"),
                "all": ("concatenate", ["flat", "input", "same"]),
            }
        ),
        (4, 3),
        integers=9,
    ),
    LayerCase("random dense", RandomDense(6, density=0.4, seed=1, group=2), (4, 5)),
    LayerCase("random dense, last group smaller", RandomDense(7, density=0.5, seed=1, group=3), (4, 2, 5)),
    LayerCase("random dense, every unit its own", RandomDense(3, density=0.1, seed=1, group=1), (4, 5)),
]
