"""Settings: every one of every class is checked when an object is made, and equal ones are equal however spelled."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, ClassVar

import jaxtyping
import numpy as np
import pytest

from chainrule import metrics
from chainrule.arrays import Array, Params, Shape
from chainrule.common import settings
from chainrule.common.errors import InputError
from chainrule.common.settings import Checked, Rule
from chainrule.engines import devices
from chainrule.equations import losses, optimizers, schedules
from chainrule.layers import LAYERS, Dense, Flatten, Layer
from chainrule.layers.own import LayerRule
from chainrule.training import callbacks, checkpoint, loggers

cr: Any = importlib.import_module("chainrule")  # without types, as the settings here are wrong


@pytest.fixture(autouse=True)
def as_for_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let the library alone refuse what is wrong, without the tests' types, and MLflow write where it may."""
    for name, value in {
        "DISABLE_TELEMETRY": "true",
        "ALLOW_FILE_STORE": "true",
        "TRACKING_URI": tmp_path.as_uri(),
    }.items():
        monkeypatch.setenv(f"MLFLOW_{name}", value)
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


# Every public class, with settings to make one; float32 holds their numbers exactly.

MODULES = (losses, optimizers, schedules, metrics, callbacks, checkpoint, loggers, devices)
MADE: dict[str, dict[str, Any]] = {
    "Activation": {"function": "elu", "alpha": 0.5},
    "AveragePool": {"window": (2, 1), "stride": 2, "padding": "same"},
    "Bidirectional": {"layer": cr.GRU(2)},
    "Checkpoint": {"folder": Path("run")},
    "Concatenate": {"bodies": (cr.ReLU(), cr.Dense(2))},
    "Constant": {"rate": 0.5},
    "Conv1D": {"filters": 4, "kernel": (3,), "padding": ((2, 0),), "dilation": 2, "groups": 2},
    "Conv2D": {"filters": 4, "kernel": (3, 2), "stride": 2, "padding": 1, "groups": 2, "bias": False},
    "Cosine": {"rate": 0.5, "steps": 9, "end": 0.25},
    "CosineLog": {"rate": 0.5, "steps": 9},
    "CSVLogger": {"path": Path("log.csv")},
    "Dense": {"units": 3, "initializer": "xavier"},
    "Devices": {"count": 4, "sharded": True},
    "Embedding": {"vocabulary": 9, "units": 2},
    "Exponential": {"rate": 0.5, "every": 3, "factor": 0.5},
    "GRU": {"units": 2, "sequence": True},
    "Graph": {"nodes": {"a": (cr.Dense(2), "input"), "b": ("add", ["a", "a"])}},
    "GroupNorm": {"groups": 2},
    "JSONLinesLogger": {"path": Path("log.jsonl")},
    "LSTM": {"units": 2, "reverse": True},
    "MLflowLogger": {"run_name": "a", "params": {"layers": "2-1"}},
    "MaxPool": {"window": 2},
    "NTKDense": {"units": 3, "bias_rate": 0.25},
    "ParametricActivation": {"function": "mish", "rate": 0.25},
    "R2": {"center": 0.5, "task": "regression"},
    "RNN": {"units": 2, "activation": "relu"},
    "RandomDense": {"units": 4, "density": 0.5, "seed": 1, "group": 2},
    "Reshape": {"shape": (-1, 2)},
    "Residual": {"body": cr.Sequential([cr.Dense(6)])},
    "Sequential": {"layers": (cr.Dense(2), cr.ReLU())},
    "StepDecay": {"rate": 0.5, "every": 3},
    "TensorBoardLogger": {"folder": Path("events")},
    "TopK": {"k": 3},
    "Upsample": {"factor": (2,)},
    "Warmup": {"steps": 3, "after": 0.5},
    "ZeroPad": {"padding": ((1, 0),)},
}


def public_classes() -> list[type[Any]]:
    classes: list[type[Any]] = list(LAYERS.values())
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_"):
                classes += [value] if is_dataclass(value) or issubclass(value, Checked) else []
    return [c for c in classes if not inspect.isabstract(c)]


CLASSES = public_classes()
SETTINGS = [
    pytest.param(c, name, id=f"{c.__name__}-{name}") for c in CLASSES for name in inspect.signature(c).parameters
]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
every_setting = pytest.mark.parametrize(("cls", "name"), SETTINGS)


def test_the_table_names_classes_that_there_are() -> None:
    assert MADE.keys() <= {c.__name__ for c in CLASSES}
    assert len(CLASSES) >= 55


@every_class
def test_every_setting_has_a_rule(cls: type[Checked]) -> None:
    assert issubclass(cls, Checked)
    assert list(inspect.signature(cls).parameters.keys() - cls.rules.keys()) == []
    assert list(cls.rules.keys() - inspect.signature(cls).parameters.keys()) == []


# Wrong values

ODD: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a huge number": 10**400,
    "-1": -1,
    "0": 0,
    "1": 1,
    "1.5": 1.5,
    "2.0": 2.0,
    "True": True,
    "NumPy's True": np.True_,
    "None": None,
    "a text": "text",
    "a number in quotes": "0.5",
    "bytes": b"relu",
    "[]": [],
    "[1]": [1],
    "an array": np.ones((2, 2)),
    "a dict": {"a": 1},
    "a set": {1},
    "a class": int,
    "a class of ours": cr.Adam,
    "an object": object(),
}
NUMBERS = {"-1", "0", "1", "1.5", "2.0"}
TEXTS = {"a text", "a number in quotes"}


def allowed(rule: Rule) -> set[str]:
    """Return which of the odd values a rule allows."""
    if isinstance(rule, settings.Whole):
        return {name for name in ("-1", "0", "1") if ODD[name] >= rule.least}
    if isinstance(rule, settings.Number):
        least, most = (-np.inf if rule.least is None else rule.least), (np.inf if rule.most is None else rule.most)
        ends = {"above": {least}, "below": {most}}
        out = {end for word, values in ends.items() if word in rule.text for end in values}
        return {name for name in NUMBERS if least <= ODD[name] <= most and ODD[name] not in out}
    if isinstance(rule, settings.Maybe):
        return {"None"} | allowed(rule.rule)
    if isinstance(rule, settings.Either):
        return set().union(*map(allowed, rule.rules))
    if isinstance(rule, settings.Each):
        entries = {"[1]"} if "1" in allowed(rule.rule) and rule.least <= 1 else set()
        return entries | ({"[]"} if rule.least == 0 else set())
    known: dict[type[Any], set[str]] = {
        settings.Flag: {"True", "NumPy's True"},
        settings.Text: TEXTS,
        settings.Place: TEXTS,
        settings.OneOf: set(),
        settings.Function: set(),
        settings.Instance: {"a dict"} if getattr(rule, "text", "") == "a dict" else set(),
        LayerRule: set(),
    }
    return next((names for kind, names in known.items() if isinstance(rule, kind)), set())


@every_setting
def test_wrong_values_are_refused_by_name(cls: type[Checked], name: str) -> None:
    for value in (value for odd, value in ODD.items() if odd not in allowed(cls.rules[name])):
        with pytest.raises(InputError) as error:
            cls(**{**MADE.get(cls.__name__, {}), name: value})
        assert str(error.value).startswith(f"{cls.__name__} takes {name}"), value
        assert f"but {name}=" in str(error.value)
        assert "\n" not in str(error.value) and len(str(error.value)) < 500


@every_setting
def test_what_a_rule_allows_is_not_refused(cls: type[Checked], name: str) -> None:
    for odd in allowed(cls.rules[name]):
        try:
            cls(**{**MADE.get(cls.__name__, {}), name: ODD[odd]})
        except InputError as error:  # a rule between several settings
            assert not str(error).startswith(f"{cls.__name__} takes {name} as"), odd


# The bounds, which the tables above take from the rules themselves

ABOVE_0 = (0, -1.0, -1e-9)
SHARE = (-0.1, 1, 1.5)
OUT_OF_BOUNDS: dict[str, tuple[Any, ...]] = {
    "Activation alpha": (-0.5,),
    "AdaGrad epsilon": ABOVE_0,
    "Adam beta1": SHARE,
    "Adam beta2": SHARE,
    "Adam epsilon": ABOVE_0,
    "Adam lr": ABOVE_0,
    "AdamW weight_decay": (-0.01,),
    "BatchNorm epsilon": ABOVE_0,
    "BatchNorm momentum": SHARE,
    "BinaryCrossEntropy label_smoothing": (*SHARE, 2),
    "CategoricalCrossEntropy label_smoothing": (*SHARE, 2),
    "Checkpoint keep": (0, -1),
    "Checkpoint seconds": (-1,),
    "Constant rate": ABOVE_0,
    "Devices count": (0, -1),
    "Conv1D filters": (0, -4),
    "Conv1D groups": (0, -1, 3),
    "Conv2D kernel": (0, (3, 0), (3,), (3, 3, 3)),
    "Conv2D padding": (-1, "full", ((1, 1),), ((1, -1), (0, 0)), ((1,), (1,))),
    "Cosine end": (-0.1,),
    "Cosine rate": ABOVE_0,
    "Cosine steps": (0, -1, 2.5),
    "CosineLog rate": ABOVE_0,
    "CosineLog steps": (0, -1, 2.5),
    "Dense units": (0, -1, 2.5),
    "Dropout rate": SHARE,
    "EarlyStopping min_delta": (-1e-3,),
    "EarlyStopping mode": ("up", "MIN", "low"),
    "EarlyStopping patience": (0, -1, 2.5),
    "Embedding vocabulary": (0, -1),
    "Exponential every": (0, -3),
    "Exponential factor": ABOVE_0,
    "GroupNorm epsilon": ABOVE_0,
    "GroupNorm groups": (0, -1),
    "Huber delta": ABOVE_0,
    "Lion beta1": SHARE,
    "Lion beta2": SHARE,
    "MaxPool stride": (0, (1, 0), (1, 1, 1)),
    "Momentum beta": SHARE,
    "NTKDense bias_rate": ABOVE_0,
    "NTKDense units": (0, -1, 2.5),
    "Nesterov beta": SHARE,
    "ParametricActivation function": ("softmax", "log_softmax"),
    "ParametricActivation rate": ABOVE_0,
    "Quantile q": (0, 1, -0.1, 1.5),
    "RMSProp beta": SHARE,
    "RNN activation": ("sigmoid",),
    "RandomDense density": (0, -0.5, 1.5),
    "RandomDense group": (0,),
    "RandomDense seed": (-1,),
    "Reshape shape": ((0, 2), (-1, -1), (-2, 3), ()),
    "SGD clip_norm": ABOVE_0,
    "Scale rate": ABOVE_0,
    "SpatialDropout rate": SHARE,
    "StepDecay every": (0,),
    "StepDecay factor": ABOVE_0,
    "TopK k": (0, -1),
    "Upsample factor": (0,),
    "Warmup after": ABOVE_0,
    "Warmup steps": (0,),
    "ZeroPad padding": (-1, ((-1, 0),)),
}


@pytest.mark.parametrize("setting", OUT_OF_BOUNDS)
def test_what_is_out_of_bounds_is_refused(setting: str) -> None:
    owner, name = setting.split()
    cls = next(c for c in CLASSES if c.__name__ == owner)
    for value in OUT_OF_BOUNDS[setting]:
        with pytest.raises(InputError, match=f"^{owner} .*{name}="):
            cls(**{**MADE.get(owner, {}), name: value})


# Equal settings


def spellings(value: Any) -> list[Any]:
    """Return other ways to write a value."""
    if isinstance(value, bool):
        return [np.bool_(value), np.array(value)]
    if isinstance(value, int):
        return [np.int64(value), np.int8(value), np.array(value)]
    if isinstance(value, float):
        whole = [int(value)] if value.is_integer() else []
        exact = [np.float32(value), np.array(value, np.float32)] if float(np.float32(value)) == value else []
        return [np.float64(value), np.array(value), *whole, *exact]
    if isinstance(value, str):
        return [type("Word", (str,), {})(value), np.str_(value), np.array(value)]
    if isinstance(value, Path):
        return [str(value), np.str_(value)]
    if not isinstance(value, tuple):
        return []
    return [list_of(value), *([np.array(value)] if of_numbers(value) else [])]


def of_numbers(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, tuple) and all(map(of_numbers, value)))


def list_of(value: Any) -> Any:
    return list(map(list_of, value)) if isinstance(value, tuple) else np.int16(value) if type(value) is int else value


def types(value: Any) -> Any:
    return [types(v) for v in value] if isinstance(value, tuple) else type(value)


@every_setting
def test_equal_settings_are_equal_however_spelled(cls: type[Any], name: str) -> None:
    options = MADE.get(cls.__name__, {})
    plain = cls(**options)
    for value in spellings(getattr(plain, name)):
        other = cls(**{**options, name: value})
        assert types(getattr(other, name)) == types(getattr(plain, name)), repr(value)
        assert getattr(other, name) == getattr(plain, name), repr(value)
        if is_dataclass(cls):
            assert other == plain and hash(other) == hash(plain) and repr(other) == repr(plain), repr(value)


@every_class
def test_objects_are_copied_and_pickled(cls: type[Any]) -> None:
    if is_dataclass(cls):
        made = cls(**MADE.get(cls.__name__, {}))
        assert copy.deepcopy(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == made


def odd_spelling(made: Any) -> Any:
    """Return the same layer or loss, with every setting spelled in another way."""
    return type(made)(**{name: (spellings(v) or [v])[-1] for name, v in vars(made).items()})


INPUTS = {"Conv2D": (6, 6, 2), "AveragePool": (4, 4, 6), "BatchNorm": (6,)}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_in_another_spelling_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    layer = odd_spelling(LAYERS[name](**MADE.get(name, {})))
    network = cr.Network([layer], "mean_squared_error", input_shape=INPUTS.get(name, (4, 6)))
    cr.save(network, tmp_path / "a.safetensors")
    assert cr.load(tmp_path / "a.safetensors").body.layers == (layer,)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_loss_in_another_spelling_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    loss = odd_spelling(losses.find(name))
    cr.save(cr.Network([cr.Dense(2)], loss, input_shape=np.array([3])), tmp_path / "a.safetensors")
    assert cr.load(tmp_path / "a.safetensors").loss == loss == losses.find(name)


# Classes, functions and single objects in the place of objects and lists


class Doubled:
    """A layer of one's own without the base class."""

    def init(self, rng: Any, input_shape: Shape) -> tuple[Params, Shape]:
        return {}, input_shape

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        return 2 * x, None

    def backward(self, cache: None, dy: Array) -> tuple[Array, Params]:
        return 2 * dy, {}


D = cr.Dense(2)
IN_PLACE: dict[str, tuple[Callable[[], Any], str]] = {
    "a function": (
        lambda: cr.Sequential([D, cr.ReLU]),
        r"a list of layers.* Entry 1 is ReLU\. Write ReLU\(\) with paren",
    ),
    "a class": (lambda: cr.Sequential([cr.Dense]), r"Entry 0 is Dense\. Write Dense\(\.\.\.\) with parentheses"),
    "a class without settings": (lambda: cr.Sequential([cr.Flatten]), r"Write Flatten\(\) with parentheses"),
    "a class of one's own": (
        lambda: cr.Sequential([Doubled]),
        r"Entry 0 is Doubled\. Write Doubled\(\) with parentheses",
    ),
    "a layer for a list": (lambda: cr.Sequential(D), r"Sequential takes layers .*\. Write \[Dense\(units=2, .*\)\]\."),
    "None in a list": (lambda: cr.Sequential([D, None]), r"Entry 1 is None\."),
    "a name in a list": (lambda: cr.Sequential([D, "relu"]), r"Entry 1 is 'relu'\."),
    "a list in a list": (lambda: cr.Sequential([D, [D]]), r"Entry 1 is \[Dense"),
    "a network": (lambda: cr.Sequential(cr.Network.mlp([2, 1])), "Sequential takes layers as a list of layers"),
    "no body": (lambda: cr.Residual(None), "Residual takes body as a layer, or a list of layers, but body=None"),
    "a class for a body": (lambda: cr.Residual(cr.Dense), r"Write Dense\(\.\.\.\) with parentheses"),
    "a class for a shortcut": (
        lambda: cr.Residual(D, cr.Dense),
        r"shortcut as a layer, or a list .*, or None.*Write De",
    ),
    "a class among bodies": (lambda: cr.Concatenate([None, [cr.Dense]]), r"Entry 1 is \[.*Write Dense"),
    "a layer for bodies": (lambda: cr.Concatenate(D), r"Concatenate takes bodies .*Write \[Dense"),
    "a class for a recurrent layer": (lambda: cr.Bidirectional(cr.LSTM), r"Write LSTM\(\.\.\.\) with parentheses"),
    "a node without inputs": (lambda: cr.Graph({"a": D}), r"The node 'a' is not \(operation, inputs\)"),
    "a node with three parts": (lambda: cr.Graph({"a": (D, "input", 3)}), r"The node 'a' is not \(operation, inputs\)"),
    "a node without a name": (lambda: cr.Graph([(D, "input")]), "The node Dense.* is not"),
    "an input that is no name": (lambda: cr.Graph({"a": (D, [D])}), "The node 'a' is not"),
    "a merge by another name": (
        lambda: cr.Graph({"a": ("Concat", ["input"])}),
        "operation='Concat'. Write 'concatenate'",
    ),
    "a schedule's class": (lambda: cr.Adam(cr.Cosine), r"lr as .* but lr=Cosine\. Write Cosine\(\.\.\.\) with paren"),
    "another class": (lambda: cr.Adam(cr.Dense), r"but lr=Dense\.$"),
    "a class after a warmup": (lambda: cr.Warmup(3, cr.Constant), r"Warmup takes after as .* Write Constant\(\.\.\.\)"),
    "text for a rate": (lambda: cr.LeakyReLU("0.1"), r"LeakyReLU takes alpha .* Write 0\.1 without quotes\."),
    "no rate": (lambda: cr.ELU(None), "ELU takes alpha as a number of at least 0, but alpha=None"),
    "pairs for axes": (lambda: cr.Conv2D(2, 3, padding=(1, 1)), r"a pair .*for each axis, but padding=\(1, 1\)"),
    "a number for a shape": (lambda: cr.Reshape(4), r"Reshape takes shape .* but shape=4\. Write \[4\]\."),
    "a text for a shape": (lambda: cr.Reshape("4"), "Reshape takes shape"),
}


@pytest.mark.parametrize("case", IN_PLACE)
def test_what_stands_in_the_place_of_another_thing_is_named(case: str) -> None:
    call, text = IN_PLACE[case]
    with pytest.raises(InputError, match=text):
        call()


# What a network is made of


def network(**options: Any) -> Any:
    return cr.Network(**{"layers": [D], "loss": "huber", "input_shape": (3,), **options})


NETWORKS: dict[str, tuple[Callable[[], Any], str]] = {
    "a layer for a list": (lambda: network(layers=D), r"Network takes layers as a list of layers, .* Write \[Dense"),
    "a function in the list": (lambda: network(layers=[D, cr.ReLU]), r"Network takes layers .* Write ReLU\(\) with"),
    "text for layers": (lambda: network(layers="relu"), "Network takes layers"),
    "no loss": (lambda: network(loss=None), "Network takes loss as .* or a loss, but loss=None"),
    "a loss's class": (lambda: network(loss=cr.Huber), r"but loss=Huber\. Write Huber\(\) with parentheses"),
    "an optimizer for a loss": (lambda: network(loss=cr.SGD()), r"Network takes loss .* but loss=SGD\(lr=0\.1"),
    "a whole number for a shape": (lambda: network(input_shape=3), r"without the batch axis, .*=3\. Write \[3\]"),
    "the batch axis": (lambda: network(input_shape=(None, 3)), r"without the batch axis, .* Entry 0 is None"),
    "an empty shape": (lambda: network(input_shape=()), r"input_shape=\(\)"),
    "a float in a shape": (lambda: network(input_shape=[3.0]), r"Entry 0 is 3\.0\. Write 3\."),
    "text for a shape": (lambda: network(input_shape="3"), "Network takes input_shape"),
    "no seed": (lambda: network(seed=None), "Network takes seed as a whole number of at least 0, but seed=None"),
    "a seed below 0": (lambda: network(seed=-1), "seed=-1"),
    "a seed between": (lambda: network(seed=1.5), r"seed=1\.5"),
    "no dtype": (lambda: network(dtype=None), "Network takes dtype as float32 or float64, but dtype=None"),
    "an odd dtype": (lambda: network(dtype="real"), "dtype='real'"),
    "half a dtype": (lambda: network(dtype=np.float16), "dtype=float16"),
    "an object for a dtype": (lambda: network(dtype=D), "Network takes dtype"),
    "sizes apart": (lambda: cr.Network.mlp(784), r"such as \[784, 50, 10\], but sizes=784"),
    "a float among sizes": (lambda: cr.Network.mlp([4, 8.0, 2]), r"mlp takes sizes .* Entry 1 is 8\.0\. Write 8\."),
    "text among sizes": (lambda: cr.Network.mlp([4, "8", 2]), r"Entry 1 is '8'\. Write 8\."),
    "an unknown hidden activation": (lambda: cr.Network.mlp([4, 8, 2], "ReLU"), "mlp takes hidden as .* Write 'relu'"),
    "mlp's loss": (lambda: cr.Network.mlp([4, 2], loss="crossentropy"), "Write 'categorical_cross_entropy'"),
    "an optimizer's class": (
        lambda: optimizers.find(cr.Adam, "fit"),
        r"fit takes optimizer .* Write Adam\(\) with parenthe",
    ),
    "a rate for an optimizer": (lambda: optimizers.find(0.1, "fit"), r"fit takes optimizer as .*, but optimizer=0\.1"),
    "a metric's class": (lambda: cr.metrics.find(cr.metrics.TopK, cr.Huber()), r"Write TopK\(\.\.\.\) with parenthes"),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_networks_check_what_they_are_made_of(case: str) -> None:
    call, text = NETWORKS[case]
    with pytest.raises(InputError, match=text):
        call()


def test_networks_normalize_what_they_are_made_of() -> None:
    other = cr.Network.mlp(np.array([3, 4, 2]), np.str_("tanh"), seed=np.int64(1), dtype="float64")
    same = cr.Network.mlp([3, 4, 2], "tanh", seed=1, dtype=np.float64)
    assert other.body == same.body and type(other.seed) is int and other.dtype == same.dtype
    assert network(input_shape=np.array([3])).input_shape == network(input_shape=[np.int8(3)]).input_shape == (3,)
    assert cr.Sequential(layer for layer in [D, D]).layers == (D, D)


# Near misses


@pytest.mark.parametrize(
    ("table", "word", "name"),
    [
        (losses.LOSSES, "mse", "mean_squared_error"),
        (losses.LOSSES, "mae", "mean_absolute_error"),
        (losses.LOSSES, "MeanSquaredError", "mean_squared_error"),
        (losses.LOSSES, "binary_crossentropy", "binary_cross_entropy"),
        (losses.LOSSES, "categorical_crossentropy", "categorical_cross_entropy"),
        (losses.LOSSES, "sparse_categorical_crossentropy", "categorical_cross_entropy"),
        (losses.LOSSES, "crossentropy", "categorical_cross_entropy"),
        (losses.LOSSES, "hubber", "huber"),
        (optimizers.OPTIMIZERS, "adam ", "adam"),
        (optimizers.OPTIMIZERS, "Adam", "adam"),
        (optimizers.OPTIMIZERS, "rms_prop", "rmsprop"),
        (cr.initializers.INITIALIZERS, "kaiming", "he"),
        (cr.initializers.INITIALIZERS, "he_normal", "he"),
        (cr.initializers.INITIALIZERS, "glorot_uniform", "xavier"),
        (cr.activations.ACTIVATIONS, "swish", "silu"),
        (cr.activations.ACTIVATIONS, "Leaky-ReLU", "leaky_relu"),
        (cr.activations.ACTIVATIONS, "linear", "identity"),
        (cr.metrics.METRICS, "acc", "accuracy"),
        (cr.metrics.METRICS, "auc", "roc_auc"),
        (cr.metrics.METRICS, "mean_absolute_error", "mae"),
        (cr.metrics.METRICS, "mse", None),
        (losses.LOSSES, "hinge", None),
    ],
)
def test_near_misses_get_the_right_name(table: Any, word: str, name: str | None) -> None:
    with pytest.raises(InputError) as error:
        settings.choice("fit", "name", word, table)
    assert str(error.value).endswith("." if name is None else f"Write {name!r}.")
    assert ("Write" in str(error.value)) == (name is not None)


def test_near_misses_of_metrics_get_the_right_name() -> None:
    with pytest.raises(InputError, match=r"There is no metric 'acc'\. Did you mean 'accuracy'\? Known: accuracy, "):
        cr.metrics.find("acc", cr.BinaryCrossEntropy())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: cr.Adam(learning_rate=0.1), r"Adam takes lr, .* but learning_rate=0\.1 came\. Write lr=0\.1\."),
        (lambda: cr.Momentum(momentum=0.9), r"Momentum takes .* Write beta=0\.9\."),
        (lambda: cr.Dense(3, use_bias=False), r"Dense takes units, initializer, bias, but .* Write bias=False\."),
        (lambda: cr.Conv2D(3, kernel_size=3), r"Conv2D takes filters, kernel, .* Write kernel=3\."),
        (lambda: cr.Flatten(axis=1), r"Flatten takes no settings, but axis=1 came\.$"),
        (
            lambda: cr.EarlyStopping(restore_best_weights=True),
            "EarlyStopping takes patience, monitor, min_delta, mode, ",
        ),
        (lambda: cr.EarlyStopping(Patience=3), r"Write patience=3\."),
        (lambda: cr.loggers.CSVLogger(file="a"), r"CSVLogger takes path, but file='a' came\."),
    ],
)
def test_settings_that_there_are_not_are_refused(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        call()


# Functions check their arguments in the same way


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: settings.whole("fit", "epochs", 2.0, least=1),
            "epochs as a whole number of at least 1, but epochs=2.0. Write 2.",
        ),
        (lambda: settings.whole("fit", "epochs", "2", least=1), "but epochs='2'. Write 2."),
        (lambda: settings.whole("fit", "epochs", 0.0, least=1), "but epochs=0.0."),
        (
            lambda: settings.number("fit", "share", 1, 0, 1, closed="neither"),
            "share as a number above 0 and below 1, but share=1.",
        ),
        (
            lambda: settings.number("fit", "share", "1.0"),
            "share as a finite number, but share='1.0'. Write 1.0 without quotes.",
        ),
        (lambda: settings.number("fit", "share", 1e39), "Numbers go up to 3.4e+38, the largest of float32."),
        (lambda: settings.flag("fit", "verbose", 1), "verbose as True or False, but verbose=1. Write True."),
        (
            lambda: settings.choice("fit", "engine", "numpi", ("numpy", "xla")),
            "engine as 'numpy' or 'xla', but engine='numpi'. Write 'numpy'.",
        ),
        (lambda: settings.number("fit", "share", np.zeros(1000)), "..."),
    ],
)
def test_functions_check_their_arguments(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value).startswith("fit takes ") and str(error.value).rstrip().endswith(text)


# Classes of one's own


@dataclass(frozen=True)
class Scaled(Flatten):
    factors: Any = (1, 2)
    rules: ClassVar = {}


@dataclass(frozen=True)
class Ranged(Layer):
    low: int = 0
    high: int = 1
    rules: ClassVar = {"low": settings.Whole(0)}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        return {}, input_shape

    def forward(self, params: Params, x: Array, mode: Any = None) -> tuple[Array, Any]:
        return x, None

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        return dy, {}


class Made(Dense):
    def __init__(self, size: int, **more: Any) -> None:
        super().__init__(2 * size, **more)


class Hasty(callbacks.EarlyStopping):
    def __init__(self, limit: float) -> None:
        super().__init__(patience=1)
        self.limit = limit
        self.seen: list[float] = []


def test_settings_of_ones_own_classes_are_normalized() -> None:
    made = Scaled([np.int64(1), [2.0]])
    assert made.factors == (1, (2.0,)) and hash(made) == hash(Scaled((1, (2.0,))))
    with pytest.raises(InputError, match="Ranged takes low"):
        Ranged(low=-1)
    assert Ranged(**{"high": np.int64(3)}) == Ranged(high=3)  # type: ignore[arg-type]
    assert Made(size=2, bias=False).units == 4
    assert Hasty(limit=0.5).seen == []
    for part in (
        cr.Sequential([Doubled()]).layers[0],
        cr.Residual(Doubled()).body,
        cr.Concatenate([Doubled()]).bodies[0],
    ):
        assert isinstance(part, Layer) and part.label == "Doubled"


def test_near_misses_cost_nothing_until_there_is_one() -> None:
    from tests.test_house import modules_after

    assert not {"difflib"} & (
        modules_after("import chainrule; chainrule.Dense(units=3)") - modules_after("import numpy")
    )
