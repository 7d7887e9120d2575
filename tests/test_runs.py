"""Who owns the parameters during a run, what comes of errors and numbers that blow up, what a second fit does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import leaves, map_leaves
from chainrule.common.errors import DataWarning, DivergenceError, InputError, NetworkWarning, NotFiniteError, warn
from chainrule.layers import Layer
from tests.engines import TORCH

ENGINES = ["numpy", "fast", "xla", TORCH]
rng = np.random.default_rng(0)
X = rng.standard_normal((40, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def mlp(**more: Any) -> cr.Network:
    return cr.Network.mlp([3, 4, 2], **more)


def fit(network: cr.Network, *args: Any, **more: Any) -> Any:
    return network.fit(*(args or (X, Y)), **({"epochs": 2, "batch_size": 8, "verbose": False} | more))


# Who owns the parameters.


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("moment", ["run_start", "epoch_start", "batch_start", "batch_end", "epoch_end"])
def test_parameters_that_were_read_do_not_change(engine: str, moment: str) -> None:
    seen, copies = [], []

    def read(self: Any, run: Any) -> None:
        seen.append(run.network.params)
        copies.append(map_leaves(np.array, run.network.params))

    fit(mlp(), callbacks=[type("Reader", (cr.Callback,), {moment: read})()], engine=engine)
    for params, copy in zip(seen, copies, strict=True):
        for (path, a), (_, b) in zip(leaves(params), leaves(copy), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=path)


@pytest.mark.parametrize("engine", ENGINES)
def test_writing_into_parameters_raises_and_assigning_them_works(engine: str) -> None:
    class InPlace(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            run.network.params[0]["W"][:] = 0

    class Closure(cr.Callback):
        def batch_start(self, run: Any) -> None:
            network.params[0]["W"] *= 2

    class Item(cr.Callback):
        def batch_end(self, run: Any) -> None:
            network.params[0]["W"] = np.zeros((3, 4))

    for callback, message in ((InPlace(), "read-only"), (Closure(), "read-only"), (Item(), "assign all of them")):
        network = mlp()
        with pytest.raises(ValueError, match=message):
            fit(network, callbacks=[callback], engine=engine)

    class Clip(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            run.network.params = map_leaves(lambda p: np.clip(p, -0.1, 0.1), run.network.params)

    network = mlp()
    fit(network, callbacks=[Clip()], engine=engine, epochs=3)
    assert all(np.abs(p).max() <= np.float32(0.1) for _, p in leaves(network.params))
    network.params[0]["W"][:] = 0  # after the run they are the user's


def test_clipping_after_each_batch_is_what_sgd_with_clipping_is() -> None:
    class Clip(cr.Callback):
        def batch_end(self, run: Any) -> None:
            run.network.params = map_leaves(lambda p: np.clip(p, -0.2, 0.2), run.network.params)

    network = mlp()
    fit(network, callbacks=[Clip()], epochs=3, optimizer=cr.SGD(0.5))
    assert all(np.abs(p).max() <= np.float32(0.2) for _, p in leaves(network.params))
    with pytest.raises(InputError, match="one of 5 batches that this engine does in one call"):
        fit(mlp(), callbacks=[Clip()], engine="xla")


def test_parameters_of_other_shapes_are_refused() -> None:
    class Wrong(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            run.network.params = mlp().params[:1]

    network = mlp()
    before = map_leaves(np.array, network.params)
    with pytest.raises(InputError, match="A callback assigned parameters of the shapes"):
        fit(network, callbacks=[Wrong()])
    assert [path for path, _ in leaves(network.params)] == [path for path, _ in leaves(before)]


class Cast(cr.Callback):
    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def epoch_end(self, run: Any) -> None:
        run.network.params = map_leaves(lambda p: np.asarray(p).astype(self.dtype), run.network.params)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["f8", "f2", "i4", "?"])
def test_assigned_parameters_get_the_dtype_of_the_network(engine: str, dtype: str) -> None:
    network = cr.Network([cr.Dense(4), cr.BatchNorm(), cr.Dense(2)], "categorical_cross_entropy")
    fit(network, callbacks=[Cast(dtype)], engine=engine)
    assert {p.dtype for _, p in leaves(network.params)} == {np.dtype(np.float32)}


class Words(cr.Callback):
    def epoch_end(self, run: Any) -> None:
        run.network.params = map_leaves(lambda p: np.full(p.shape, "no"), run.network.params)


def test_assigned_words_are_no_parameters() -> None:
    with pytest.raises(InputError, match="assigned parameters that are no numbers"):
        fit(mlp(), callbacks=[Words()])


class Reading(cr.Callback):
    def run_end(self, run: Any) -> None:
        self.seen = run.network.params


def test_a_network_that_was_read_at_the_end_is_an_ordinary_one() -> None:
    network = mlp()
    fit(network, callbacks=[Reading()])
    network.params[0]["W"][:] = 0
    assert type(network.params[0]) is dict


# Callbacks.


class Noted(cr.Callback):
    def __init__(self, notes: list[str], name: str, fail: str = "") -> None:
        self.notes, self.name, self.fail = notes, name, fail

    def run_start(self, run: Any) -> None:
        assert run.seconds >= 0 and run.epoch == 1
        self._note("start")

    def epoch_end(self, run: Any) -> None:
        self._note("epoch")

    def run_end(self, run: Any) -> None:
        self._note("end")

    def _note(self, moment: str) -> None:
        self.notes.append(f"{self.name} {moment}")
        if moment == self.fail:
            raise OSError(f"{self.name} failed at the {moment}")


@pytest.mark.parametrize(
    ("fail", "notes"),
    [
        ("start", ["a start", "b start", "a end"]),
        ("epoch", ["a start", "b start", "c start", "a epoch", "b epoch", "a end", "b end", "c end"]),
        ("end", ["a start", "b start", "c start", "a epoch", "b epoch", "c epoch", "a end", "b end", "c end"]),
    ],
)
def test_what_was_started_ends_and_nothing_else(fail: str, notes: list[str]) -> None:
    seen: list[str] = []
    callbacks = [Noted(seen, "a"), Noted(seen, "b", fail), Noted(seen, "c")]
    with pytest.raises(OSError, match=f"b failed at the {fail}"):
        fit(mlp(), callbacks=callbacks, epochs=1)
    assert seen == notes


def test_the_first_error_is_the_one_that_arrives() -> None:
    seen: list[str] = []
    with pytest.raises(OSError, match="a failed at the epoch"):
        fit(mlp(), callbacks=[Noted(seen, "a", "epoch"), Noted(seen, "b", "end")], epochs=1)
    assert seen[-2:] == ["a end", "b end"]


# Numbers that blow up.


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_that_blow_up_in_the_last_step(engine: str) -> None:
    network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    start = map_leaves(np.array, network.params)
    with pytest.raises(DivergenceError, match=r"the last steps of epoch 1 made 0\.W \(Dense\) NaN or infinite"):
        fit(network, 1000 * X, X[:, 0], epochs=1, batch_size=40, optimizer=cr.SGD(1e35), engine=engine)
    for (path, p), (_, q) in zip(leaves(network.params), leaves(start), strict=True):
        np.testing.assert_array_equal(p, q, err_msg=path)
    assert len(network.history) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_validation_loss_that_is_not_finite_keeps_the_best_weights(engine: str) -> None:
    network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    with pytest.raises(DivergenceError, match=r"on the validation data after epoch \d+\. The loss is not finite"):
        fit(
            network,
            X,
            X[:, 0],
            epochs=60,
            batch_size=40,
            optimizer=cr.SGD(2.0),
            validation_data=(X * 1e15, X[:, 0]),
            engine=engine,
        )
    assert network.history.rows and all(map(math.isfinite, network.history["val_loss"]))
    assert network.evaluate(X * 1e15, X[:, 0])["loss"] == pytest.approx(min(network.history["val_loss"]), rel=1e-3)


def test_predictions_and_scores_that_are_not_finite_name_the_place() -> None:
    network = cr.Network([cr.Dense(4), cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    network.params[1]["W"][:] = 3e38
    with pytest.raises(NotFiniteError, match=r"Predictions are NaN or infinite: .* first in W of layer 1 \(Dense\)"):
        network.predict(100 * X)
    with pytest.raises(
        NotFiniteError, match=r"The loss is not finite \((inf|nan)\): .* first in W of layer 1 \(Dense\)"
    ):
        network.evaluate(X, Y)


# A second fit.


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", [cr.Adam(cr.Cosine(0.1, steps=14)), cr.Momentum(0.1), cr.SGD(0.1)], ids=str)
def test_two_fits_of_one_epoch_are_one_of_two(engine: str, optimizer: Any) -> None:
    a, b = mlp(), mlp()
    fit(a, epochs=2, optimizer=optimizer, engine=engine)
    for _ in range(2):
        fit(b, epochs=1, optimizer=optimizer, engine=engine)
    for (path, p), (_, q) in zip(leaves(a.params), leaves(b.params), strict=True):
        np.testing.assert_array_equal(p, q, err_msg=path)
    assert a.history.rows == b.history.rows


def test_restart_and_another_optimizer_start_anew() -> None:
    steps = []

    class Steps(cr.Callback):
        def run_start(self, run: Any) -> None:
            steps.append(run.step)

    network = mlp()
    for more in ({}, {}, {"restart": True}, {"optimizer": cr.Adam(0.01)}):
        fit(network, epochs=1, callbacks=[Steps()], **more)
    assert steps == [0, 5, 0, 0]


def test_histories_are_not_shared() -> None:
    import copy

    network = mlp()
    first = fit(network, epochs=2)
    twin = copy.deepcopy(network)
    second = fit(network, epochs=3)
    assert (len(first), len(second), len(network.history), len(twin.history)) == (2, 5, 5, 2)
    second.rows[0]["loss"] = 9.0
    assert first["loss"][0] != 9.0


def test_l2_is_shown_beside_the_loss() -> None:
    network = mlp()
    history = fit(network, epochs=1, optimizer=cr.Momentum(weight_decay=0.1))
    weights = [p for path, p in leaves(network.params) if path.endswith("W")]
    assert history["l2"][0] == pytest.approx(0.05 * sum(float((W**2).sum()) for W in weights), rel=1e-5)
    assert "l2" not in fit(mlp(), epochs=1, optimizer=cr.AdamW()).names
    stop = cr.EarlyStopping(monitor="l2", mode="min")
    fit(mlp(), epochs=1, optimizer=cr.Adam(weight_decay=0.1), callbacks=[stop])


# What is worth a warning.


@pytest.mark.parametrize("source", ["arrays", "batches", "stored"])
def test_one_class_is_noted_after_an_epoch(source: str, tmp_path: Any) -> None:
    ones = np.ones(40, int)
    np.save(tmp_path / "X.npy", X)
    data = {"arrays": (X, ones), "batches": ([(X, ones)],), "stored": (np.load(tmp_path / "X.npy", "r"), ones)}[source]
    network = mlp()
    with pytest.warns(DataWarning, match=r"The examples that count \(40\) all have the same target"):
        fit(network, *data, epochs=2)
    assert len(network.history) == 2
    with pytest.warns(DataWarning):
        fit(mlp(), X[:1], Y[:1])


def test_a_warning_names_the_line_of_the_users() -> None:
    unchecked = getattr(warn, "__wrapped__", warn)  # the check of types would be a frame in between
    inside: dict[str, Any] = {"__name__": "chainrule.somewhere", "warn": unchecked}
    exec("def inner(): warn('text', UserWarning)\ndef outer(): inner()", inside)
    with pytest.warns(UserWarning, match="text") as caught:
        inside["outer"]()
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("activation", "loss", "outputs", "warned"),
    [
        (cr.Softmax(), "categorical_cross_entropy", 3, True),
        (cr.Sigmoid(), "categorical_cross_entropy", 3, True),
        (cr.LogSoftmax(), "categorical_cross_entropy", 3, False),  # the softmax of its output is the same
        (cr.Sigmoid(), "binary_cross_entropy", 1, True),
        (cr.Softmax(), "binary_cross_entropy", 3, True),
        (cr.LogSoftmax(), "binary_cross_entropy", 3, True),
        (cr.Sigmoid(), "mean_squared_error", 1, False),
    ],
)
def test_an_activation_that_the_loss_owns(activation: Any, loss: str, outputs: int, warned: bool) -> None:
    import warnings

    for last in ([activation], [cr.Sequential([cr.Dense(outputs), activation])]):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cr.Network([cr.Dense(outputs), *last], loss, input_shape=(3,))
        assert [w.category for w in caught] == [NetworkWarning] * warned
        assert not warned or "Leave the last layer out" in str(caught[0].message)


# Masks that cannot be honored, and layers of one's own.


MIXED: dict[str, list[Any]] = {
    "Flatten": [cr.Flatten(), cr.Dense(2)],
    "Reshape": [cr.Reshape((-1,)), cr.Dense(2)],
    "MaxPool": [cr.MaxPool(2), cr.Flatten(), cr.Dense(2)],
    "AveragePool": [cr.AveragePool(2), cr.LSTM(2)],
    "ZeroPad": [cr.ZeroPad(1), cr.LSTM(2)],
    "Upsample": [cr.Upsample(2), cr.LSTM(2)],
    "Conv1D": [cr.Conv1D(2, 3), cr.LSTM(2)],
    "Residual": [cr.Residual([cr.Flatten(), cr.Dense(15), cr.Reshape((5, 3))]), cr.LSTM(2)],
    "Graph": [cr.Graph({"a": (cr.Flatten(), "input"), "b": (cr.Dense(2), "a")})],
}


@pytest.mark.parametrize("name", MIXED)
def test_layers_that_mix_padding_in_refuse_a_mask_by_name(name: str) -> None:
    sequences, mask = np.zeros((4, 5, 3)), np.ones((4, 5))
    culprit = "Conv1D" if name == "Conv1D" else "Flatten" if name in ("Residual", "Graph") else name
    network = cr.Network(MIXED[name], "categorical_cross_entropy", input_shape=(5, 3))
    for call in (
        lambda: fit(network, sequences, [0, 1, 0, 1], mask=mask),
        lambda: network.predict(sequences, mask=mask),
        lambda: network.evaluate(sequences, [0, 1, 0, 1], mask=mask),
    ):
        with pytest.raises(InputError, match=rf"^{culprit} (cannot honor a mask|with stride=1 and padding='valid')"):
            call()
    network.predict(sequences)  # without a mask it is fine


def test_a_mask_of_rows_is_refused() -> None:
    with pytest.raises(InputError, match="A mask is for the steps of sequences"):
        fit(mlp(), mask=np.ones((40, 3)))


def test_every_layer_says_what_it_does_with_steps() -> None:
    for name, layer in cr.layers.LAYERS.items():
        told = layer.steps != "mixed" or layer.keeps_steps is not Layer.keeps_steps
        assert told or name in MIXED or name == "Conv2D", name


class MyReLU:
    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return np.maximum(0, x), x

    def backward(self, x: Any, dy: Any) -> Any:
        return dy * (x > 0), {}


@dataclass(frozen=True)
class Scale(Layer):
    key: str = "W"

    def init(self, rng: Any, input_shape: Any, dtype: Any = np.float32) -> Any:
        return {self.key: np.ones(input_shape[-1], dtype)}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return x * params[self.key], (params, x)

    def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
        params, x = cache
        return (dy * params[self.key] if input_gradient else None), {self.key: (dy * x).sum(0)}


@pytest.mark.usefixtures("no_type_checks")
def test_a_layer_of_ones_own_is_a_layer_wherever_one_goes() -> None:
    own: Any = MyReLU()
    built_in: Any = cr.ReLU()
    for made in (
        lambda layer: [cr.Dense(4), layer, cr.Dense(2)],
        lambda layer: [cr.Residual([cr.Dense(3), layer]), cr.Dense(2)],
        lambda layer: [cr.Concatenate([cr.Dense(3), layer]), cr.Dense(2)],
        lambda layer: [cr.Graph({"a": (cr.Dense(4), "input"), "b": (layer, "a")}), cr.Dense(2)],
    ):
        a, b = (cr.Network(made(layer), "categorical_cross_entropy", input_shape=(3,)) for layer in (own, built_in))
        assert fit(a).rows == fit(b).rows
        assert "MyReLU" in str(a.summary()) or "MyReLU" not in repr(a)
    with pytest.raises(InputError, match=r"^MyReLU computes with NumPy's own functions, which JAX cannot trace"):
        fit(cr.Network([cr.Dense(4), own, cr.Dense(2)], "categorical_cross_entropy"), engine="xla")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", ["W", "kernel", "weight", "w"])
def test_decay_does_not_depend_on_a_parameters_name(engine: str, key: str) -> None:
    network = cr.Network([Scale(key), cr.Dense(2, initializer="zeros")], "categorical_cross_entropy", input_shape=(3,))
    fit(
        network,
        np.zeros((8, 3)),
        np.arange(8) % 2,
        epochs=1,
        optimizer=cr.AdamW(lr=0.1, weight_decay=0.5),
        engine=engine,
    )
    np.testing.assert_allclose(network.params[0][key], 0.95, rtol=1e-6)


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("part", [cr.ReLU, "relu", None, 3, object()])
def test_what_is_no_layer_is_named(part: Any) -> None:
    with pytest.raises(InputError, match=r"layer"):
        cr.Network([cr.Dense(4), part], "huber", input_shape=(2,))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_network_without_parameters_can_be_fitted(engine: str) -> None:
    network = cr.Network([cr.ReLU()], "mean_squared_error", input_shape=(3,))
    assert len(fit(network, X, X, engine=engine, optimizer=cr.Adam(clip_norm=1.0))) == 2


# Answers at one half, long sequences, and one output.


def test_one_half_is_the_same_answer_everywhere() -> None:
    network = cr.Network([cr.Dense(1, initializer="zeros")], "binary_cross_entropy", input_shape=(3,))
    scores = network.evaluate(X, Y, metrics=["accuracy", "precision", "recall", "f1"])
    assert scores["accuracy"] == np.mean(network.predict_classes(X) == Y)
    for tiny in (1e-9, -1e-9, 1e-7, -1e-7, 1e-6):
        network.params[0]["b"][:] = tiny
        assert network.evaluate(X, Y)["accuracy"] == np.mean(network.predict_classes(X) == Y), tiny
        assert network.predict_classes(X[:1])[0] == (network.predict(X[:1])[0, 0] > 0.5), tiny


@pytest.mark.parametrize("cell", [cr.RNN, cr.GRU, cr.LSTM])
def test_a_long_sequence_in_two_parts(cell: Any) -> None:
    layer = cell(4, sequence=True)
    params, _ = layer.init(np.random.default_rng(0), (10, 3))
    x = np.random.default_rng(1).standard_normal((2, 10, 3))
    whole, cache = layer.forward(params, x)
    first, half = layer.forward(params, x[:, :5])
    second, rest = layer.forward(params, (x[:, 5:], half.last))
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-12)
    for a, b in zip(rest.last, cache.last, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_one_output_has_no_classes_to_choose_from() -> None:
    network = cr.Network([cr.Dense(1)], "categorical_cross_entropy", input_shape=(3,))
    with pytest.raises(InputError, match="the last layer has one output, whose probability is always 1"):
        fit(network, X, Y[:, None])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y + 1, r"y goes from 1 to 2\. The classes are numbered from 1: write y - 1"),
        (np.full((40, 2), 0.7), r"must sum to 1 in every row, but those at \(0,\) sum to 1\.4"),
    ],
)
def test_targets_that_fit_by_accident(y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(mlp(), X, y)


# Weights.


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.r_[1e-320, np.ones(39)], "must be 0, or from 1e-20 to 1e\\+20, but it goes from 9.99989e-321 to 1"),
        (np.r_[1e38, np.ones(39)], "Only the proportions count, so divide all weights by the same number"),
        (np.r_[np.nan, np.ones(39)], "sample_weight must be 0 or more, but it goes from nan"),
        (["a"] * 40, "sample_weight must hold numbers"),
        (np.ones((40, 2)), r"one weight per example, \(40,\), but has shape \(40, 2\)"),
    ],
)
def test_weights_that_cannot_be_computed_with(weights: Any, message: str) -> None:
    for call in (fit, lambda network, **more: network.evaluate(X, Y, **more)):
        with pytest.raises(InputError, match=message):
            call(mlp(), sample_weight=weights)
    if np.shape(weights) == (40,) and not isinstance(weights, list):
        with pytest.raises(InputError, match=message):
            fit(mlp(), [(X, Y, weights)])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"class_weight is \"balanced\" or \{label: weight\}, .* but it is \[1, 2\]"),
        ("balancd", "but it is 'balancd'"),
        ({}, r"but it is \{\}"),
        ({0: 1.0, 1: 2.0, 7: 1.0}, "labels go from 0 to 1 in this network, but one is 7"),
        ({0: 1.0, 1: 2.0, 10**13: 1.0}, "but one is 10000000000000"),
        ({"0": 1.0, "1": 2.0}, "labels are whole numbers from 0, as y holds them, but one is '0'. Write 0"),
        ({0: "1", 1: 2.0}, "label 0 has '1'"),
        ({0: np.ones(2), 1: 2.0}, "label 0 has array"),
        ({0: np.nan, 1: 1.0}, "label 0 has nan"),
        ({0: 1e30, 1: 1.0}, "sample_weight times class_weight must be 0, or from"),
        ({0: 0.0, 1: 0.0}, "so there is nothing to average"),
    ],
)
@pytest.mark.usefixtures("no_type_checks")
def test_class_weights_that_cannot_be_meant(weights: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(mlp(), class_weight=weights)
    if weights != "balancd":
        with pytest.raises(InputError, match=message):
            fit(mlp(), [(X, Y)], class_weight=weights)


def test_class_weights_are_not_guessed_from_soft_or_several_answers() -> None:
    soft = np.full((40, 2), 0.5)
    with pytest.raises(InputError, match="y holds shares between 0 and 1: use sample_weight"):
        fit(mlp(), X, soft, class_weight={0: 1.0, 1: 2.0})
    several = cr.Network([cr.Dense(2)], "binary_cross_entropy", input_shape=(3,))
    with pytest.raises(InputError, match="there are 2 yes/no answers for each: use sample_weight"):
        fit(several, X, (X[:, :2] > 0) * 1.0, class_weight={0: 1.0, 1: 2.0})


def test_class_weights_of_steps() -> None:
    sequences, labels = rng.standard_normal((8, 5, 3)), rng.integers(0, 2, (8, 5))
    mask = np.arange(5) < rng.integers(1, 6, 8)[:, None]
    layers = [cr.LSTM(3, sequence=True), cr.Dense(2)]
    a = fit(
        cr.Network(layers, "categorical_cross_entropy"), sequences, labels, mask=mask, class_weight={0: 1.0, 1: 5.0}
    )
    b = fit(
        cr.Network(layers, "categorical_cross_entropy"),
        sequences,
        labels,
        mask=mask,
        sample_weight=np.where(labels == 1, 5.0, 1.0),
    )
    assert a.rows == b.rows


# Schedules and scores that could not count.


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rate", [None, "a", float("nan"), float("inf"), -0.1])
@pytest.mark.usefixtures("no_type_checks")
def test_a_schedule_that_returns_no_rate(rate: Any, engine: str) -> None:
    with pytest.raises(InputError, match="must return a learning rate, a finite number of 0 or more, but it returned"):
        fit(mlp(), optimizer=cr.SGD(lr=lambda step: rate), engine=engine)


def test_a_score_of_validation_data_needs_validation_data() -> None:
    with pytest.raises(InputError, match=r"roc_auc needs the outputs for all examples at once, .* validation_data or"):
        fit(mlp(), metrics=["roc_auc"])
