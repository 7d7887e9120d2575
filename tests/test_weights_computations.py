"""A model that says what it computes between its weights fits a network that computes the same, and no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from tests.elsewhere_nets import drawn

os.environ.setdefault("KERAS_BACKEND", "torch")
pytestmark = [
    pytest.mark.usefixtures("no_type_checks"),
    # Of Keras itself, with PyTorch and NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
PICTURE = (8, 8, 2)
RNG = np.random.default_rng(3)
X = RNG.standard_normal((5, *PICTURE)).astype(np.float32)


def conv(**settings: Any) -> cr.Conv2D:
    return cr.Conv2D(4, 3, **({"padding": "same"} | settings))


FLAT = (cr.Flatten(), cr.Dense(3))
OURS: dict[str, list[Any]] = {
    "relu, max": [conv(), cr.ReLU(), cr.MaxPool(2), *FLAT],
    "max, relu": [conv(), cr.MaxPool(2), cr.ReLU(), *FLAT],
    "max same": [conv(), cr.ReLU(), cr.MaxPool(2, 2, "same"), *FLAT],
    "wider max": [conv(), cr.ReLU(), cr.MaxPool(3, 2, "same"), *FLAT],
    "padded max": [conv(), cr.ReLU(), cr.ZeroPad(((0, 1), (0, 1))), cr.MaxPool(3, 2), *FLAT],
    "max, padded before": [conv(), cr.ReLU(), cr.ZeroPad(((1, 0), (1, 0))), cr.MaxPool(3, 2), *FLAT],
    "mean, padded before": [conv(), cr.ReLU(), cr.ZeroPad(1), cr.AveragePool(3, 2), *FLAT],
    "tanh": [conv(), cr.Tanh(), cr.MaxPool(2), *FLAT],
    "nothing": [conv(), cr.MaxPool(2), *FLAT],
    "mean": [conv(), cr.ReLU(), cr.AveragePool(2), *FLAT],
    "mean, relu": [conv(), cr.AveragePool(2), cr.ReLU(), *FLAT],
    "mean same": [conv(), cr.ReLU(), cr.AveragePool(3, 2, "same"), *FLAT],
    "leaky": [conv(), cr.LeakyReLU(0.2), cr.MaxPool(2), *FLAT],
    "leakier": [conv(), cr.LeakyReLU(0.3), cr.MaxPool(2), *FLAT],
    "valid": [conv(padding="valid"), cr.ReLU(), cr.MaxPool(2), cr.Dropout(0.1), *FLAT],
    "padded": [cr.ZeroPad(1), conv(padding="valid"), cr.ReLU(), cr.MaxPool(2), *FLAT],
    "padded itself": [conv(padding=1), cr.ReLU(), cr.MaxPool(2), *FLAT],
    "padded at one end": [conv(padding=((0, 2), (2, 0))), cr.ReLU(), cr.MaxPool(2), *FLAT],
    "global mean": [conv(), cr.ReLU(), cr.GlobalAveragePool(), cr.Dense(3)],
    "global mean by a window": [conv(), cr.ReLU(), cr.AveragePool(8), *FLAT],
    "global max": [conv(), cr.ReLU(), cr.MaxPool(8), *FLAT],
    "upsampled": [conv(), cr.GlobalAveragePool(), cr.Dense(3)],
    "tanh at the end": [conv(), cr.ReLU(), cr.GlobalAveragePool(), cr.Dense(3), cr.Tanh()],
    "softmax at the end": [conv(), cr.ReLU(), cr.GlobalAveragePool(), cr.Dense(3), cr.Softmax()],
    "silu": [conv(), cr.SiLU(), cr.GlobalAveragePool(), cr.Dense(3)],
    "gelu": [conv(), cr.GELU(), cr.GlobalAveragePool(), cr.Dense(3)],
    "gelu exact": [conv(), cr.GELU(False), cr.GlobalAveragePool(), cr.Dense(3)],
}


def keras_models() -> dict[str, Any]:
    keras = pytest.importorskip("keras", reason="needs Keras")
    kl = keras.layers

    def model(*layers: Any) -> Any:
        return keras.Sequential([keras.Input(PICTURE), *layers])

    def same(activation: Any = "relu") -> Any:
        return kl.Conv2D(4, 3, padding="same", activation=activation)

    flat: list[Callable[[], Any]] = [kl.Flatten, lambda: kl.Dense(3)]

    def flattened() -> list[Any]:
        return [make() for make in flat]

    x = keras.Input(PICTURE)
    called = keras.ops.relu(kl.Conv2D(4, 3, padding="same")(x))
    return {
        "relu, max": model(same(), kl.MaxPooling2D(2), *flattened()),
        "max, relu": model(same(None), kl.MaxPooling2D(2), kl.ReLU(), *flattened()),
        "wider max": model(same(), kl.MaxPooling2D(3, 2, padding="same"), *flattened()),
        "tanh": model(same(None), kl.Activation("tanh"), kl.MaxPooling2D(2), *flattened()),
        "mean": model(same(None), kl.Activation("relu"), kl.AveragePooling2D(2), *flattened()),
        "leaky": model(same("leaky_relu"), kl.MaxPooling2D(2), *flattened()),
        "leakier": model(same("linear"), kl.LeakyReLU(negative_slope=0.3), kl.MaxPooling2D(2), *flattened()),
        "relu6": model(same("relu6"), kl.MaxPooling2D(2), *flattened()),
        "bounded": model(same(None), kl.ReLU(max_value=1), kl.MaxPooling2D(2), *flattened()),
        "valid": model(kl.Conv2D(4, 3, activation="relu"), kl.MaxPooling2D(2), kl.Dropout(0.3), *flattened()),
        "padded": model(kl.ZeroPadding2D(1), kl.Conv2D(4, 3, activation="relu"), kl.MaxPooling2D(2), *flattened()),
        "padded at one end": model(
            *(kl.ZeroPadding2D(((0, 2), (2, 0))), kl.Conv2D(4, 3, activation="relu"), kl.MaxPooling2D(2)),
            *flattened(),
        ),
        "global mean": model(same(), kl.GlobalAveragePooling2D(), kl.Dense(3)),
        "global max": model(same(), kl.GlobalMaxPooling2D(), kl.Dense(3)),
        "tanh at the end": model(same(), kl.GlobalAveragePooling2D(), kl.Dense(3, activation="tanh")),
        "softmax at the end": model(same(), kl.GlobalAveragePooling2D(), kl.Dense(3), kl.Softmax()),
        "swish": model(same("swish"), kl.GlobalAveragePooling2D(), kl.Dense(3)),
        "gelu": model(same("gelu"), kl.GlobalAveragePooling2D(), kl.Dense(3)),
        "chain in a chain": model(keras.Sequential([same(), kl.MaxPooling2D(2)]), keras.Sequential(flattened())),
        "called": keras.Model(x, kl.Dense(3)(kl.GlobalAveragePooling2D()(called))),
    }


def torch_modules() -> dict[str, Any]:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    nn = torch.nn

    def same(*rest: Any, padding: Any = 1, features: int = 64) -> Any:
        return nn.Sequential(nn.Conv2d(2, 4, 3, padding=padding), *rest, nn.Flatten(), nn.Linear(features, 3))

    return {
        "relu, max": same(nn.ReLU(), nn.MaxPool2d(2)),
        "max, relu": same(nn.MaxPool2d(2), nn.ReLU(), padding="same"),
        "padded max": same(nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)),
        "rounded up": same(nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        "tanh": same(nn.Tanh(), nn.MaxPool2d(2)),
        "mean": same(nn.ReLU(), nn.AvgPool2d(2)),
        "mean with padding": same(nn.ReLU(), nn.AvgPool2d(3, 2, 1)),
        "mean without padding": same(nn.ReLU(), nn.AvgPool2d(3, 2, 1, count_include_pad=False)),
        "leaky": same(nn.LeakyReLU(0.2), nn.MaxPool2d(2)),
        "leakier": same(nn.LeakyReLU(0.3), nn.MaxPool2d(2)),
        "relu6": same(nn.ReLU6(), nn.MaxPool2d(2)),
        "valid": same(nn.ReLU(), nn.MaxPool2d(2), padding=0, features=36),
        "padded": same(nn.Identity(), nn.ReLU(), nn.Dropout(0.2), nn.MaxPool2d(2)),
        "zeros before": nn.Sequential(nn.ZeroPad2d((2, 0, 0, 2)), *same(nn.ReLU(), nn.MaxPool2d(2), padding=0)),
        "global mean": same(nn.ReLU(), nn.AdaptiveAvgPool2d(1), features=4),
        "global max": same(nn.ReLU(), nn.AdaptiveMaxPool2d(1), features=4),
        "softmax": nn.Sequential(*same(nn.ReLU(), nn.AdaptiveAvgPool2d(1), features=4), nn.Softmax(-1)),
        "gelu": same(nn.GELU("tanh"), nn.AdaptiveAvgPool2d(1), features=4),
        "gelu exact": same(nn.GELU(), nn.AdaptiveAvgPool2d(1), features=4),
        "chain in a chain": nn.Sequential(
            nn.Sequential(*list(same(nn.SiLU(), nn.AdaptiveAvgPool2d(1)))[:-1]), nn.Linear(4, 3)
        ),
    }


def check(read: Any, told: Any, weights: Any, expected: Any, says: str) -> bool:
    """Compare one model with each network: it is accepted where its weights give its numbers; say if that was once."""
    once = False
    for name, layers in OURS.items():
        network = drawn(layers, PICTURE)
        try:
            read(network, weights)
        except InputError:
            continue  # other shapes
        computed = network.predict(X)
        same = computed.shape == expected.shape and bool(np.abs(computed - expected).max() < 1e-4)
        before = drawn(layers, PICTURE)
        try:
            read(before, told)
            accepted = True
        except InputError as error:
            assert "here, but" in str(error), error
            accepted = False
        assert accepted == same, (says, name)
        once = once or same
    return once


def test_files_of_keras(tmp_path: Path) -> None:
    unlike = {"relu6", "bounded"}
    for name, model in keras_models().items():
        model.set_weights([RNG.standard_normal(w.shape).astype(np.float32) for w in model.get_weights()])
        model.save(tmp_path / "a.keras")
        model.save_weights(tmp_path / "a.weights.h5")
        expected = model.predict(X, verbose=0)
        found = check(cr.files.from_keras, tmp_path / "a.keras", tmp_path / "a.weights.h5", expected, name)
        assert found == (name not in unlike), name


def test_modules_of_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    torch.manual_seed(0)
    unlike = {"relu6", "mean without padding"}
    for name, module in torch_modules().items():
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.normal_()
            expected = module.eval()(torch.tensor(X).movedim(-1, 1)).numpy()
        assert check(cr.files.from_torch, module, module.state_dict(), expected, name) == (name not in unlike), name
