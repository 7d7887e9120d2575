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


@pytest.mark.slow  # 500 networks
def test_files_of_keras(tmp_path: Path) -> None:
    unlike = {"relu6", "bounded"}
    for name, model in keras_models().items():
        model.set_weights([RNG.standard_normal(w.shape).astype(np.float32) for w in model.get_weights()])
        model.save(tmp_path / "a.keras")
        model.save_weights(tmp_path / "a.weights.h5")
        expected = model.predict(X, verbose=0)
        found = check(cr.files.from_keras, tmp_path / "a.keras", tmp_path / "a.weights.h5", expected, name)
        assert found == (name not in unlike), name


@pytest.mark.slow
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


SEQUENCE, WORDS = (8, 6), (8,)


def keras_settings() -> list[tuple[Any, list[Any], tuple[int, ...], str]]:
    """Layers of Keras beside such of ours that take their weights, and what is told; "" if they compute the same."""
    kl = pytest.importorskip("keras", reason="needs Keras").layers
    twice = {"return_sequences": True}
    return [
        ([kl.LSTM(3, go_backwards=True, **twice)], [cr.LSTM(3, sequence=True, reverse=True)], SEQUENCE, "Flip there"),
        ([kl.LSTM(3, **twice)], [cr.LSTM(3)], SEQUENCE, "sequence=False, but lstm.* has True"),
        ([kl.LSTM(3, stateful=True)], [cr.LSTM(3)], SEQUENCE, "stateful=False"),
        ([kl.GRU(3, reset_after=False, use_bias=False)], [cr.GRU(3)], SEQUENCE, "reset_after=True"),
        ([kl.Bidirectional(kl.GRU(3), merge_mode="sum")], [cr.Bidirectional(cr.GRU(3))], SEQUENCE, "'concat', but"),
        ([kl.LSTM(3, activation="gelu")], [cr.LSTM(3)], SEQUENCE, "activation='tanh'"),
        (
            [kl.Conv1D(3, 2, padding="causal")],
            [cr.Conv1D(3, 2)],
            SEQUENCE,
            r"by \(\(0, 0\),\) here, but conv1d.*\(1, 0\)",
        ),
        ([kl.Conv1D(3, 2, padding="causal")], [cr.Conv1D(3, 2, padding=((1, 0),))], SEQUENCE, ""),
        ([kl.Conv1D(3, 2, dilation_rate=2)], [cr.Conv1D(3, 2)], SEQUENCE, "dilation=1"),
        ([kl.GroupNormalization(3)], [cr.GroupNorm(2, 1e-3)], SEQUENCE, "groups=2, but group_norm.* has 3"),
        ([kl.GroupNormalization(-1)], [cr.GroupNorm(6, 1e-3)], SEQUENCE, ""),
        ([kl.BatchNormalization(axis=1)], [cr.BatchNorm(epsilon=1e-3)], (6, 6), r"axis=-1, but batch.* has \[1\]"),
        ([kl.BatchNormalization(axis=2)], [cr.BatchNorm(epsilon=1e-3)], (6, 6), ""),
        ([kl.LayerNormalization(axis=1)], [cr.LayerNorm(1e-3)], (6, 6), "axis=-1"),
        ([kl.Dense(3), kl.Softmax(axis=1)], [cr.Dense(3), cr.Softmax()], SEQUENCE, r"Softmax\(axis=1\) there"),
        ([kl.Dense(3, activation="tanh")], [cr.Dense(3), cr.ReLU()], SEQUENCE, "comes relu here, but tanh there"),
        ([kl.Dense(3, activation="tanh")], [cr.Dense(3)], SEQUENCE, "comes nothing here, but tanh there"),
        ([kl.Dense(3)], [cr.Dense(3), cr.Tanh()], SEQUENCE, "comes tanh here, but nothing there"),
        ([kl.Dense(3), kl.UpSampling1D(2)], [cr.Dense(3), cr.Upsample(3)], SEQUENCE, r"Upsample\(factor=2\) there"),
        ([kl.Dense(3, activation="tanh"), kl.Dense(2)], [cr.Dense(3), Own(), cr.Dense(2)], SEQUENCE, ""),
        ([kl.ReLU(), kl.Dense(3)], [cr.Dense(3)], SEQUENCE, "After the input comes nothing here, but relu there"),
    ]


class Own(cr.Activation):
    """A layer that may be anything."""

    def __init__(self) -> None:
        super().__init__("tanh")


def test_settings_of_keras(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    for theirs, ours, shape, said in keras_settings():
        model = keras.Sequential([keras.Input(shape, batch_size=1 if "stateful" in said else None), *theirs])
        network = drawn(ours, shape)
        if not said:
            cr.files.from_keras(network, model)
            continue
        with pytest.raises(InputError, match=said):
            cr.files.from_keras(network, model)
        model.save_weights(tmp_path / "a.weights.h5")  # which say nothing
        if "GRU" not in str(ours):
            cr.files.from_keras(network, tmp_path / "a.weights.h5")


def test_what_cannot_be_compared_is_a_note() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    kl = keras.layers
    model = keras.Sequential([keras.Input(WORDS), kl.Embedding(9, 4, mask_zero=True), kl.Rescaling(2.0), kl.LSTM(3)])
    notes = cr.files.from_keras(drawn([cr.Embedding(9, 4), cr.LSTM(3)], WORDS), model).notes
    assert any("mask=X != 0" in note for note in notes)
    assert any("after 0 Embedding" in note and "(Rescaling)" in note for note in notes)


def test_a_model_whose_connections_cannot_be_read_says_so() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    x, again = keras.Input((4,)), keras.layers.Dense(4, activation="tanh")
    model = keras.Model(x, again(again(x)))  # a layer that is used twice
    (note,) = cr.files.from_keras(drawn([cr.Dense(4)], (4,)), model).notes
    assert "cannot be read" in note


def test_a_model_with_code_of_its_own_says_so(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")

    class Own(keras.Model):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(4)

        def call(self, x: Any) -> Any:
            return keras.ops.tanh(self.dense(x))

    model = Own()
    model(np.zeros((1, 4), np.float32))
    model.save(tmp_path / "a.keras")
    model.save_weights(tmp_path / "a.weights.h5")
    for source in (model, tmp_path / "a.keras"):
        (note,) = cr.files.from_keras(drawn([cr.Dense(4)], (4,)), source).notes
        assert "code of its own" in note
    assert not cr.files.from_keras(drawn([cr.Dense(4)], (4,)), tmp_path / "a.weights.h5").notes


def test_a_product_of_branches_is_a_note() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Multiply()([x, keras.layers.Dense(4)(x)]))
    (note,) = cr.files.from_keras(drawn([cr.Residual([cr.Dense(4)])], (4,)), model).notes
    assert "(Multiply) does is not known" in note


def test_branches_of_keras() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    kl = keras.layers
    x = keras.Input((4,))
    inner = kl.Dense(4, activation="tanh")(kl.Dense(4, activation="relu")(x))
    model = keras.Model(x, kl.Dense(2)(kl.ReLU()(kl.Add()([x, inner]))))

    def read(*body: Any, after: Any = cr.ReLU) -> None:
        cr.files.from_keras(drawn([cr.Residual([*body]), after(), cr.Dense(2)], (4,)), model)

    read(cr.Dense(4), cr.ReLU(), cr.Dense(4), cr.Tanh())
    for wrong in ([cr.Dense(4), cr.Tanh(), cr.Dense(4), cr.Tanh()], [cr.Dense(4), cr.ReLU(), cr.Dense(4)]):
        with pytest.raises(InputError, match=r"here, but .* there"):
            read(*wrong)


def test_layers_that_a_mapping_leaves_out_are_not_compared() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    kl = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), kl.Dense(4, activation="tanh"), kl.Dense(3, activation="relu"), kl.Dense(2)]
    )
    network = drawn([cr.Dense(4), cr.Tanh(), cr.Dense(3), cr.GELU(), cr.Dense(7)], (4,))
    assert cr.files.from_keras(network, model, {"0": "dense", "2": "dense_1"}).kept == ("4",)
    with pytest.raises(InputError, match="After 0 Dense comes relu here, but tanh there"):
        cr.files.from_keras(drawn([cr.Dense(4), cr.ReLU(), cr.Dense(3)], (4,)), model, {"0": "dense", "2": "dense_1"})


def torch_settings() -> list[tuple[Any, list[Any], tuple[int, ...], str]]:
    nn = pytest.importorskip("torch", reason="needs PyTorch").nn
    chain = nn.Sequential
    return [
        (
            chain(nn.Conv1d(6, 3, 3, padding=1, padding_mode="reflect")),
            [cr.Conv1D(3, 3, padding=1)],
            SEQUENCE,
            "'zeros'",
        ),
        (
            chain(nn.Conv1d(6, 3, 3, padding=1)),
            [cr.Conv1D(3, 3)],
            SEQUENCE,
            r"\(\(0, 0\),\) here, but 0 by \(\(1, 1\),\)",
        ),
        (chain(nn.ConvTranspose1d(6, 6, 3)), [cr.Conv1D(6, 3)], SEQUENCE, "computes what ConvTranspose1d does"),
        (chain(nn.LayerNorm(6)), [cr.GroupNorm(2)], (6,), "GroupNorm cannot take the weights of 0.*LayerNorm"),
        (chain(nn.GroupNorm(3, 6)), [cr.GroupNorm(2)], SEQUENCE, "groups=2, but 0 has 3"),
        (chain(nn.InstanceNorm1d(6, affine=True)), [cr.GroupNorm(6)], SEQUENCE, ""),
        (chain(nn.RMSNorm(6)), [cr.RMSNorm()], (6,), "epsilon=1e-06, but 0 has 1.19209e-07"),
        (chain(nn.Embedding(9, 6, max_norm=1.0)), [cr.Embedding(9, 6)], WORDS, "max_norm=None, but 0 has 1.0"),
        (
            chain(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 2)),
            [cr.Dense(3), cr.ReLU(), cr.Dense(2)],
            (6,),
            "relu here, but tanh",
        ),
        (chain(nn.Linear(6, 3), nn.Softmax(0)), [cr.Dense(3), cr.Softmax()], (6,), r"Softmax\(dim=0\) there"),
        (chain(nn.Linear(6, 3), nn.Softplus(2)), [cr.Dense(3), cr.Softplus()], (6,), r"Softplus\(beta=2\) there"),
        (chain(nn.Linear(6, 3), nn.ELU(0.5)), [cr.Dense(3), cr.ELU()], (6,), r"elu\(alpha=0.5\) there"),
        (
            chain(nn.Linear(6, 3), nn.Upsample(scale_factor=2)),
            [cr.Dense(3)],
            SEQUENCE,
            "comes nothing here, but Upsample",
        ),
        (Named(act=nn.Tanh()), [cr.Dense(3), cr.ReLU(), cr.Dense(3)], (6,), "act is tanh there, and no layer here"),
        (Named(act=nn.Tanh()), [cr.Dense(3), cr.Tanh(), cr.Dense(3)], (6,), ""),
        (Named(out=nn.Sigmoid()), [cr.Dense(3), cr.ReLU(), cr.Dense(3)], (6,), "out is sigmoid there"),
        (Named(body=chain(nn.Linear(6, 3), nn.Tanh())), [cr.Dense(3), cr.Tanh()], (6,), ""),
        (chain(Named(), nn.Tanh(), nn.Linear(3, 2)), [cr.Dense(3), cr.Dense(3), cr.Dense(2)], (6,), ""),
    ]


def Named(**modules: Any) -> Any:  # noqa: N802
    """Return a module of a class of one's own, of which nobody knows what it does with its modules."""
    import torch

    module = torch.nn.Module()
    if "body" not in modules:
        module.first, module.second = torch.nn.Linear(6, 3), torch.nn.Linear(3, 3)
    for name, inner in modules.items():
        setattr(module, name, inner)
    return module


def test_settings_of_pytorch() -> None:
    for module, ours, shape, said in torch_settings():
        network = drawn(ours, shape)
        if not said:
            cr.files.from_torch(network, module)
            continue
        with pytest.raises(InputError, match=said):
            cr.files.from_torch(network, module)
        cr.files.from_torch(network, module.state_dict())  # which says nothing
