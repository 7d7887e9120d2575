"""Sick networks, one for each fault, and healthy ones on all data that ships and as in `examples/`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.arrays import Array
from chainrule.layers.own import OwnLayer

CROSS_ENTROPY = "categorical_cross_entropy"


@dataclass
class Patient:
    """A network with examples, and how it is diagnosed."""

    network: cr.Network
    X: Any
    y: Any
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fault:
    """A sick network: the fault that was planted, in which layer, and what may follow from it."""

    key: str
    make: Callable[[], Patient]
    layer: str = ""
    effects: tuple[str, ...] = ()


BLOBS = cr.datasets.blobs(400, seed=0)
MOONS = cr.datasets.moons(400, seed=0)


@cache
def digits() -> tuple[Array, Array]:
    (X, y), _ = cr.datasets.load_mnist_small()
    return X[:1000], y[:1000]


def mlp(hidden: str = "relu", features: int = 2) -> cr.Network:
    return cr.Network.mlp([features, 16, 16, 3], hidden, seed=0)


def blobs(network: cr.Network | None = None, **options: Any) -> Patient:
    return Patient(network or mlp(), *BLOBS, options)


def stack(*layers: Any, loss: str = CROSS_ENTROPY, shape: tuple[int, ...] = (2,)) -> cr.Network:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cr.errors.NetworkWarning)
        return cr.Network(layers, loss, input_shape=shape, seed=0)


def scaled(network: cr.Network, name: str, factor: float, layers: tuple[int, ...] | None = None) -> cr.Network:
    """Return a network some of whose arrays were multiplied."""
    for i, params in enumerate(network.params):
        if name in params and (layers is None or i in layers):
            params[name] *= factor
    return network


def constant(network: cr.Network, value: float) -> cr.Network:
    """Return a network whose weights are all the same."""
    for params in network.params:
        for name in {"W"} & set(params):
            params[name][:] = value
    return network


def dead() -> Patient:
    network = mlp()
    network.params[0]["b"][:] = -9
    return blobs(network)


@cache
def learned() -> cr.Network:
    network = mlp()
    network.fit(*BLOBS, epochs=20, optimizer=cr.Adam(0.01), verbose=False)
    return network


@cache
def learned_moons() -> cr.Network:
    network = cr.Network.mlp([2, 16, 1], seed=0)
    network.fit(*MOONS, epochs=20, optimizer=cr.Adam(0.01), verbose=False)
    return network


def learned_from(y: Array) -> Patient:
    network = mlp()
    network.fit(BLOBS[0], y, epochs=10, optimizer=cr.Adam(0.0001), verbose=False)
    return Patient(network, BLOBS[0], y)


def shuffled(y: Array) -> Array:
    return np.random.default_rng(1).permutation(y)


def rare() -> Patient:
    X, y = BLOBS
    kept = np.flatnonzero((y != 2) | (np.arange(400) < 15))
    return Patient(mlp(), X[kept], y[kept])


def values(*layers: Any) -> Patient:
    """Return a network with values from -15 to 15 to predict."""
    return Patient(stack(*layers, loss="mean_squared_error"), BLOBS[0], np.linspace(-15, 15, 400)[:, np.newaxis])


def sequences(factor: float, activation: str = "tanh") -> Patient:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 40, 3)), rng.integers(2, size=200)
    network = stack(cr.RNN(16, activation), cr.Dense(1), loss="binary_cross_entropy", shape=(40, 3))
    return Patient(scaled(network, "Wh", factor), X, y)


def on_digits(scale: float = 1.0, **options: Any) -> Patient:
    X, y = digits()
    return Patient(cr.Network.mlp([784, 64, 10], seed=0), X * scale, y, options)


class Infinite:
    """A layer of a user's own whose backward returns infinity."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return x, x

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * np.float32("inf"), {}


class OwnSoftmax:
    """A layer of a user's own that computes the softmax."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        A = np.exp(x - x.max(axis=-1, keepdims=True))
        A /= A.sum(axis=-1, keepdims=True)
        return A, A

    def backward(self, A: Any, dA: Any) -> Any:
        return A * (dA - (A * dA).sum(axis=-1, keepdims=True)), {}


def poisoned() -> Patient:
    network = mlp()
    network.params[2]["W"][3, 1] = np.nan
    return blobs(network)


def residual_tower() -> cr.Network:
    blocks = [cr.Residual([cr.Dense(16), cr.ReLU(), cr.Dense(16)]) for _ in range(12)]
    return stack(cr.Dense(16), *blocks, cr.Dense(3))


def normalized() -> cr.Network:
    return stack(cr.Dense(16), cr.BatchNorm(), cr.ReLU(), cr.Dense(3, "xavier"))


leaky = [layer for _ in range(8) for layer in (cr.Dense(16, "xavier"), cr.LeakyReLU())]

SICK = {
    "pixels up to 255": Fault("large-inputs", lambda: on_digits(255.0), effects=("start-too-high",)),
    "inputs near 0": Fault("small-inputs", lambda: Patient(mlp(), BLOBS[0] * 1e-3, BLOBS[1])),
    "a small column": Fault("uneven-columns", lambda: Patient(mlp("tanh"), BLOBS[0] * [1, 0.002], BLOBS[1])),
    "a large column": Fault(
        "uneven-columns", lambda: Patient(mlp("tanh"), BLOBS[0] * [1, 50_000], BLOBS[1]), effects=("saturated-units",)
    ),
    "prices": Fault(
        "large-targets",
        lambda: Patient(
            cr.Network.mlp([2, 16, 1], "relu", "mean_squared_error"), BLOBS[0], BLOBS[0][:, :1] * 1000 + 5000
        ),
    ),
    "a constant column": Fault(
        "constant-feature", lambda: Patient(mlp(features=3), np.c_[BLOBS[0], np.full(400, 0.5)], BLOBS[1])
    ),
    "a rare class": Fault("imbalanced-classes", rare),
    "one class alone": Fault("one-class", lambda: Patient(mlp(), BLOBS[0], np.zeros(400, int))),
    "an output too many": Fault("unused-outputs", lambda: Patient(mlp(), MOONS[0], MOONS[1])),
    "sigmoid before values": Fault(
        "unreachable-targets", lambda: values(cr.Dense(16), cr.ReLU(), cr.Dense(1), cr.Sigmoid()), "layer3"
    ),
    "relu before values": Fault("unreachable-targets", lambda: values(cr.Dense(16), cr.Dense(1), cr.ReLU()), "layer2"),
    "relu before classes": Fault(
        "limited-logits", lambda: blobs(stack(cr.Dense(16), cr.ReLU(), cr.Dense(3), cr.ReLU())), "layer3"
    ),
    "softmax twice": Fault(
        "doubled-activation", lambda: blobs(stack(cr.Dense(16), cr.ReLU(), cr.Dense(3), cr.Softmax())), "layer3"
    ),
    "a softmax of one's own": Fault(
        "doubled-activation",
        lambda: blobs(stack(cr.Dense(16), cr.ReLU(), cr.Dense(3), OwnLayer(OwnSoftmax()))),
        "layer3",
    ),
    "sigmoid twice": Fault(
        "doubled-activation",
        lambda: Patient(stack(cr.Dense(16), cr.ReLU(), cr.Dense(1), cr.Sigmoid(), loss="binary_cross_entropy"), *MOONS),
        "layer3",
    ),
    "a batch of one": Fault("few-batch-values", lambda: Patient(normalized(), BLOBS[0][:1], BLOBS[1][:1]), "layer1"),
    "a batch of four": Fault("few-batch-values", lambda: Patient(normalized(), BLOBS[0][:4], BLOBS[1][:4]), "layer1"),
    "weights of 0": Fault("symmetric-units", lambda: blobs(constant(mlp("tanh"), 0.0)), "layer0"),
    "equal weights": Fault(
        "symmetric-units", lambda: blobs(constant(mlp("tanh"), 0.1)), "layer0", effects=("vanishing-gradients",)
    ),
    "dead ReLUs": Fault("dead-units", dead, "layer1"),
    "saturated tanh": Fault("saturated-units", lambda: blobs(scaled(mlp("tanh"), "W", 60, (0,))), "layer1"),
    "saturated sigmoids": Fault("saturated-units", lambda: blobs(scaled(mlp("sigmoid"), "W", 300, (0,))), "layer1"),
    "ten layers of sigmoids": Fault(
        "vanishing-gradients", lambda: blobs(cr.Network.mlp([2, *[16] * 10, 3], "sigmoid")), "layer0"
    ),
    "large weights, one layer after another": Fault(
        "exploding-gradients", lambda: blobs(scaled(stack(*leaky, cr.Dense(3, "xavier")), "W", 4)), "layer0"
    ),
    "small recurrent weights": Fault("vanishing-in-time", lambda: sequences(0.3), "layer0"),
    "large recurrent weights": Fault("exploding-in-time", lambda: sequences(1.7, "relu"), "layer0"),
    "a step activation": Fault(
        "no-gradient", lambda: blobs(stack(cr.Dense(16), cr.Activation("step"), cr.Dense(3))), "layer0"
    ),
    "a tower without normalization": Fault("start-too-high", lambda: blobs(residual_tower())),
    "shifted labels": Fault("shifted-labels", lambda: Patient(learned(), BLOBS[0], (BLOBS[1] + 1) % 3)),
    "swapped classes": Fault("swapped-labels", lambda: Patient(learned_moons(), MOONS[0], 1 - MOONS[1])),
    "shuffled labels": Fault("shuffled-labels", lambda: Patient(learned(), BLOBS[0], shuffled(BLOBS[1]))),
    "trained on shuffled labels": Fault("nothing-learned", lambda: learned_from(shuffled(BLOBS[1]))),
    "SGD(20)": Fault("high-learning-rate", lambda: on_digits(optimizer=cr.SGD(20.0))),
    "Adam(1)": Fault("high-learning-rate", lambda: on_digits(optimizer=cr.Adam(1.0))),
    "SGD(1e-6)": Fault("low-learning-rate", lambda: on_digits(optimizer=cr.SGD(1e-6))),
    "Adam(1e-8)": Fault("low-learning-rate", lambda: on_digits(optimizer=cr.Adam(1e-8))),
    "a weight is NaN": Fault("parameters-not-finite", poisoned, "layer2"),
    "weights overflow": Fault("outputs-not-finite", lambda: blobs(scaled(mlp(), "W", 1e13))),
    "a wrong backward": Fault(
        "gradients-not-finite", lambda: blobs(stack(cr.Dense(8), OwnLayer(Infinite()), cr.Dense(3)))
    ),
}


# Healthy ones: how they are made and trained.


@dataclass
class Healthy:
    """A network as its optimizer trains it."""

    make: Callable[[], Patient]
    optimizer: cr.optimizers.Optimizer
    epochs: int = 20


def toy(name: str) -> Patient:
    dataset = cr.datasets.DATASETS[name]
    (X, y), _ = dataset.load(0)
    outputs = int(y.max()) + 1 if dataset.task == "multiclass" else 1
    loss = "mean_squared_error" if dataset.task == "regression" else None
    return Patient(cr.Network.mlp([X.shape[1], 128, 64, outputs], "relu", loss), X, y)


def pictures(network: cr.Network, *shape: int) -> Patient:
    (X, y), _ = cr.datasets.load_mnist_small()
    return Patient(network, X.reshape(-1, *shape), y)


def lenet() -> cr.Network:
    layers = [
        *(cr.Conv2D(6, kernel=5, padding="same"), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Conv2D(16, kernel=5), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Flatten(), cr.Dense(120), cr.ReLU(), cr.Dense(84), cr.ReLU(), cr.Dense(10)),
    ]
    return stack(*layers, shape=(28, 28, 1))


def dilated() -> Patient:
    rng = np.random.default_rng(0)
    symbols = rng.integers(4, size=500)
    X = rng.standard_normal((500, 64, 4), dtype=np.float32)
    X[:, 0] = 3 * np.eye(4, dtype=np.float32)[symbols]
    convolutions = [layer for i in range(6) for layer in (cr.Conv1D(16, kernel=2, dilation=2**i), cr.ReLU())]
    return Patient(stack(*convolutions, cr.Flatten(), cr.Dense(4), shape=(64, 4)), X, symbols)


def adding() -> Patient:
    rng = np.random.default_rng(0)
    numbers, markers, rows = rng.random((1000, 30)), np.zeros((1000, 30)), np.arange(1000)
    markers[rows, rng.integers(0, 15, 1000)] = markers[rows, rng.integers(15, 30, 1000)] = 1
    network = stack(cr.LSTM(32), cr.Dense(1), loss="mean_squared_error", shape=(30, 2))
    return Patient(network, np.stack([numbers, markers], axis=-1), (numbers * markers).sum(axis=1, keepdims=True))


def residual() -> Patient:
    """A network whose residual blocks begin as the identity: inside of them, first gradients are 0."""
    block = cr.Residual([cr.Tanh(), cr.Dense(16, "xavier"), cr.Tanh(), cr.Dense(16, "zeros")])
    layers = [cr.Dense(16, "xavier"), *[block] * 14, cr.Tanh(), cr.Dense(3, "xavier")]
    return Patient(stack(*layers), *cr.datasets.spirals(300, seed=0))


HEALTHY = {
    **{name: Healthy(partial(toy, name), cr.Adam()) for name in cr.datasets.DATASETS if "mnist" not in name},
    "digits": Healthy(lambda: pictures(cr.Network.mlp([784, 128, 64, 10]), 784), cr.Adam(), 2),
    "examples/lenet.py": Healthy(lambda: pictures(lenet(), 28, 28, 1), cr.Adam(), 0),
    "examples/dilated.py": Healthy(dilated, cr.Adam(0.003), 0),
    "examples/lstm_adding.py": Healthy(adding, cr.Adam(0.01, clip_norm=1.0), 2),
    "examples/lstm_rows.py": Healthy(
        lambda: pictures(stack(cr.LSTM(64), cr.Dense(10), shape=(28, 28)), 28, 28), cr.Adam(0.003), 0
    ),
    "examples/residual.py": Healthy(residual, cr.Momentum(0.03), 10),
    "examples/random_connections.py": Healthy(
        lambda: pictures(stack(cr.RandomDense(640, density=0.08, seed=0), cr.ReLU(), cr.Dense(10), shape=(784,)), 784),
        cr.Adam(),
        0,
    ),
    "examples/xor.py": Healthy(
        lambda: Patient(cr.Network.mlp([2, 4, 1], "tanh"), *cr.datasets.xor(200)), cr.Adam(0.05), 100
    ),
    "examples/approximation.py": Healthy(
        lambda: Patient(cr.Network.mlp([1, 16, 1], "tanh", "mean_squared_error"), *cr.datasets.sine(256, 0.0)),
        cr.Adam(cr.Cosine(0.02, steps=800)),
        100,
    ),
}
