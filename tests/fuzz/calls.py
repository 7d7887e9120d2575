"""Calls of the public functions with wrong and odd arguments."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse

import chainrule as cr
from chainrule.common.errors import ChainruleError

X = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
Y = np.array([0, 1, 0, 1, 1, 0])


class Call(NamedTuple):
    """A function, arguments that it takes, and those that are made odd."""

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]


def odd_values() -> list[Any]:
    """Return values of all kinds that people, and their bugs, pass."""
    arrays = [
        *(
            np.zeros(shape)
            for shape in [(), (0,), (5,), (6,), (0, 3), (6, 0), (5, 3), (3, 6), (6, 3, 2), (6, 1), (1, 6)]
        ),
        np.full((6, 3), np.nan),
        np.full(6, np.inf),
        np.full((6, 3), 1e300),
        np.full(6, 1e-320),
        np.array([["a"] * 3] * 6),
        np.array([[None] * 3] * 6),
        np.array([object()] * 6),
        np.zeros((6, 3), complex),
        np.zeros((6, 3), bool),
        np.zeros((6, 3), np.uint8),
        np.zeros((6, 3), np.float16),
        np.zeros((6, 3), np.longdouble),
        np.array(["2020-01-01"] * 6, "datetime64[D]"),
        np.zeros(6, [("a", float)]),
        np.ma.masked_equal(np.zeros((6, 3)), 0),
        X.T,
        X[::-1],
        np.arange(6),
        np.arange(6) - 3,
        np.arange(18).reshape(6, 3) / 7,
    ]
    frames = [
        pd.DataFrame(X),
        pd.DataFrame(X, columns=["a", "b", "c"]),
        pd.DataFrame({"a": ["x"] * 6, "b": range(6), "c": [None] * 6}),
        pd.Series(Y),
        pd.Series(["x"] * 6),
        pl.DataFrame({"a": [1.0] * 6, "b": [True] * 6, "c": [None] * 6}),
        pl.Series([1, 2, 3, 4, 5, None]),
        scipy.sparse.csr_matrix(X),
        scipy.sparse.coo_array(X),
    ]
    plain = [
        *(0, 1, -1, 2, 3, 0.5, -0.5, 1.5, 64.0, 1e-320, 1e38, 1e300, float("nan"), float("inf"), -float("inf")),
        *(True, False, None, "", "text", "mse", "relu", "he", "balanced", "loss", "val_loss", "max", b"x", "\0", "ㄱ"),
        *([], [1], [1, 2], [[1.0, 2.0], [3.0]], ["a"], [None], [[]], (), (1,), (2, 3), (3, None), {}, {0: 1.0}),
        *({"0": 1.0}, {0: float("nan")}, {0: 1.0, 1: -1.0}, {"a": 1}, set(), {1}, frozenset("a"), range(3), range(0)),
        *(object(), object, int, str, np.float32, cr.Adam, cr.ReLU, cr.Dense, cr.MeanSquaredError, lambda: None, len),
        *(np.int64(2), np.int8(-1), np.float32(0.5), np.float64("nan"), np.bool_(True), np.str_("he"), np.array(3)),
        *(cr.Dense(2), cr.ReLU(), cr.Adam(), cr.MeanSquaredError(), cr.EarlyStopping(), cr.Cosine(0.1, 5), cr.Mode()),
        *(
            Path("nowhere"),
            Path("."),
            Ellipsis,
            NotImplemented,
            Fraction(1, 2),
            2j,
            datetime.date(2020, 1, 1),
            slice(2),
        ),
        *(
            [cr.Dense(2)],
            [cr.ReLU],
            [cr.EarlyStopping()],
            [(X, Y)],
            [(X,)],
            (X, Y),
            (X, Y, Y, Y, Y),
            iter([]),
            iter([(X, Y)]),
        ),
    ]
    return [*arrays, *frames, *plain]


def network() -> cr.Network:
    """Return a small network."""
    return cr.Network.mlp([3, 4, 2])


def calls(folder: Path) -> list[Call]:
    """Return the calls that are made odd."""
    makers: list[tuple[Any, dict[str, Any]]] = [
        (cr.Dense, {"units": 2, "initializer": "he", "bias": True}),
        (cr.Activation, {"function": "elu", "alpha": 1.0}),
        (cr.Dropout, {"rate": 0.5}),
        (cr.SpatialDropout, {"rate": 0.5}),
        (cr.Embedding, {"vocabulary": 5, "units": 2}),
        (cr.Reshape, {"shape": (3,)}),
        (cr.ZeroPad, {"padding": 1}),
        (cr.Upsample, {"factor": 2}),
        (
            cr.Conv1D,
            {"filters": 2, "kernel": 3, "stride": 1, "padding": "same", "dilation": 1, "groups": 1},
        ),
        (
            cr.Conv2D,
            {"filters": 2, "kernel": 3, "stride": 1, "padding": "same", "dilation": 1, "groups": 1},
        ),
        (cr.MaxPool, {"window": 2, "stride": 2, "padding": "valid"}),
        (cr.AveragePool, {"window": 2, "stride": 2, "padding": "valid"}),
        (cr.BatchNorm, {"momentum": 0.9, "epsilon": 1e-5}),
        (cr.GroupNorm, {"groups": 2, "epsilon": 1e-5}),
        (cr.LayerNorm, {"epsilon": 1e-5}),
        (cr.RMSNorm, {"epsilon": 1e-5}),
        (cr.Scale, {"rate": 6.0}),
        (cr.NTKDense, {"units": 2, "bias_rate": 0.1, "zero": False}),
        (cr.ParametricActivation, {"function": "mish", "rate": 0.1}),
        (cr.RNN, {"units": 2, "activation": "tanh", "sequence": True, "reverse": False}),
        (cr.LSTM, {"units": 2, "sequence": True, "reverse": False}),
        (cr.GRU, {"units": 2, "sequence": True, "reverse": False}),
        (cr.Bidirectional, {"layer": cr.GRU(2)}),
        (cr.RandomDense, {"units": 2, "density": 0.5, "seed": 0, "group": 2}),
        (cr.Sequential, {"layers": [cr.Dense(2)]}),
        (cr.Residual, {"body": [cr.Dense(3)], "shortcut": None}),
        (cr.Concatenate, {"bodies": [cr.Dense(2), None]}),
        (cr.Graph, {"nodes": {"a": (cr.Dense(2), "input")}}),
        (cr.BinaryCrossEntropy, {"label_smoothing": 0.1}),
        (cr.CategoricalCrossEntropy, {"label_smoothing": 0.1}),
        (cr.Huber, {"delta": 1.0}),
        (cr.Quantile, {"q": 0.5}),
        (cr.SGD, {"lr": 0.1, "weight_decay": 0.0, "clip_norm": 1.0}),
        (cr.Momentum, {"lr": 0.1, "beta": 0.9}),
        (cr.Nesterov, {"lr": 0.1, "beta": 0.9}),
        (cr.AdaGrad, {"lr": 0.1, "epsilon": 1e-8}),
        (cr.RMSProp, {"lr": 0.1, "beta": 0.9, "epsilon": 1e-8}),
        (cr.Adam, {"lr": 0.1, "beta1": 0.9, "beta2": 0.9, "epsilon": 1e-8}),
        (cr.AdamW, {"lr": 0.1, "weight_decay": 0.1}),
        (cr.Lion, {"lr": 0.1, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.99}),
        (cr.Constant, {"rate": 0.1}),
        (cr.StepDecay, {"rate": 0.1, "every": 5, "factor": 0.1}),
        (cr.Exponential, {"rate": 0.1, "every": 5, "factor": 0.1}),
        (cr.Cosine, {"rate": 0.1, "steps": 5, "end": 0.0}),
        (cr.CosineLog, {"rate": 0.1, "steps": 5}),
        (cr.Warmup, {"steps": 5, "after": 0.1}),
        (cr.EarlyStopping, {"patience": 3, "monitor": "loss", "min_delta": 0.0, "mode": "min"}),
        (cr.Checkpoint, {"folder": folder / "run", "seconds": 1.0, "keep": 2}),
        (cr.Devices, {"count": 1, "sharded": False}),
        (cr.metrics.TopK, {"k": 2}),
        (cr.loggers.CSVLogger, {"path": folder / "log.csv"}),
        (cr.Network, {"layers": [cr.Dense(2)], "loss": "huber", "input_shape": (3,), "seed": 0, "dtype": np.float32}),
        (cr.Network.mlp, {"sizes": [3, 2], "hidden": "relu", "loss": None, "seed": 0, "dtype": np.float32}),
    ]
    fitting = {
        **{"X": X, "y": Y, "epochs": 1, "batch_size": 3, "optimizer": "adam", "validation_data": None},
        **{"validation_split": 0.0, "sample_weight": None, "class_weight": None, "mask": None, "metrics": None},
        **{"callbacks": (), "accumulate": 1, "steps_per_epoch": None, "restart": False, "engine": "numpy"},
        **{"precision": None, "devices": None, "seed": 0, "verbose": False},
    }
    scoring = {"X": X, "y": Y, "sample_weight": None, "mask": None, "metrics": None, "engine": "numpy"}
    tracing: dict[str, Any] = {
        **{"X": X, "y": Y, "sample_weight": None, "mask": None, "optimizer": "adam"},
        **{"training": None, "seed": 0, "batch": (1, 1)},
    }
    asking = {"path": "layer0.W[0, 0]", "difference": False}
    return [
        *(Call(getattr(maker, "__qualname__", str(maker)), maker, arguments) for maker, arguments in makers),
        *[Call("Network.fit", lambda **a: network().fit(**a), fitting)] * 12,
        *[Call("Network.evaluate", lambda **a: network().evaluate(**a), scoring)] * 5,
        *[Call("Network.predict", lambda **a: network().predict(**a), {"X": X, "mask": None, "engine": "numpy"})] * 4,
        *[Call("Network.trace", lambda **a: network().trace(**a), tracing)] * 4,
        Call("Trace.why", lambda **a: network().trace(X, Y).why(**a), asking),
        Call("Network.predict_classes", lambda **a: network().predict_classes(**a), {"X": X, "threshold": 0.5}),
        Call("Network.summary", lambda **a: network().summary(**a), {"batch_size": 3}),
        Call(
            "gradcheck", lambda **a: cr.gradcheck(cr.Dense(2), X, **a), {"seed": 0, "tolerance": 1e-6, "max_entries": 9}
        ),
        Call("save", lambda path: cr.save(network(), path), {"path": folder / "m.safetensors"}),
        Call("load", lambda path: cr.load(path), {"path": folder / "m.safetensors"}),
        *(
            Call(f"datasets.{name}", getattr(cr.datasets, name), {"n": 9, "noise": 0.1, "seed": 0})
            for name in ("xor", "spirals", "moons", "circles", "blobs", "sine")
        ),
        Call("sources.Parquet", cr.sources.Parquet, {"path": folder / "no.parquet", "target": "y", "columns": None}),
    ]


def odd_calls(folder: Path, seed: int) -> Iterator[tuple[Call, dict[str, Any]]]:
    """Yield calls with one to three odd arguments, without end."""
    rng = np.random.default_rng(seed)
    known, values = calls(folder), odd_values()
    while True:
        call = known[rng.integers(len(known))]
        number = min(len(call.arguments), int(rng.choice([1, 1, 1, 2, 3])))
        names = rng.choice(list(call.arguments), number, replace=False).tolist()
        yield call, {name: values[rng.integers(len(values))] for name in names}


def outcome(call: Call, odd: dict[str, Any]) -> str:
    """Return what came of a call: "result", "refused" by an error of ours, or the error that is not."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            call.function(**(call.arguments | odd))
    except ChainruleError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "result"
