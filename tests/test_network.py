"""What people do with a network: fit, predict, evaluate, summary; and what they do wrong."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Array, leaves, machine, map_leaves
from chainrule.common.errors import DivergenceError, InputError
from chainrule.engines.numpy import NumpyEngine
from chainrule.equations.optimizers import OPTIMIZERS
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase

X, Y = cr.datasets.blobs(seed=0)
CLASSES = int(Y.max()) + 1


def mlp(**options: Any) -> cr.Network:
    return cr.Network.mlp([X.shape[1], 8, CLASSES], **options)


def quick(network: cr.Network, X: Any, y: Any, **options: Any) -> Any:
    return network.fit(X, y, **{"epochs": 2, "verbose": False, **options})


def copy(params: Any) -> Any:
    return map_leaves(lambda p: np.array(p), params)


def assert_equal(a: Any, b: Any) -> None:
    for (path, left), (_, right) in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_array_equal(left, right, err_msg=path)


# Training


OF_ONE_INPUT = [case for case in LAYER_CASES if not case.states and case.shape[1:]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", OF_ONE_INPUT, ids=lambda case: case.name)
def test_outputs_have_the_dtype_of_the_network_whatever_that_of_the_inputs(case: LayerCase, dtype: Any) -> None:
    network = cr.Network([case.layer], "mean_squared_error", input_shape=case.shape[1:], dtype=dtype)
    network.params = (map_leaves(lambda p: p.astype(dtype), case.params()),)
    for other in (np.int64, np.uint8, np.float32, np.float64):
        assert network.predict(abs(case.input()).astype(other)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fit_learns_and_keeps_its_dtype(dtype: Any) -> None:
    network = mlp(dtype=dtype)
    before = network.evaluate(X, Y)
    history = quick(network, X, Y, epochs=20, optimizer=cr.Adam(0.01))
    after = network.evaluate(X, Y)
    assert after["loss"] < before["loss"] / 2 and after["accuracy"] > 0.9
    assert all(p.dtype == dtype for _, p in leaves(network.params))
    assert network.predict(X).dtype == dtype
    assert len(history) == 20 and history["loss"][-1] < history["loss"][0]


def test_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    layers = [cr.Dense(8), cr.ReLU(), cr.Dropout(0.5), cr.Dense(CLASSES)]
    runs = []
    for seed in (1, 1, 2):
        network = cr.Network(layers, "categorical_cross_entropy")
        quick(network, X, Y, seed=seed)
        runs.append(network.params)
    assert_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0][0]["W"], runs[2][0]["W"])


def test_one_step_is_the_equations() -> None:
    network = mlp(dtype=np.float64)
    params = copy(network.params)
    Z, cache = network.body.forward(params, X)
    J, dZ = network.loss(Z, Y)
    _, grads = network.body.backward(cache, dZ)
    history = quick(network, X, Y, epochs=1, batch_size=len(X), optimizer=cr.SGD(0.1))
    assert history["loss"] == [pytest.approx(float(J), rel=1e-12)]
    for (path, p), (_, g), (_, new) in zip(leaves(params), leaves(grads), leaves(network.params), strict=True):
        np.testing.assert_allclose(new, p - 0.1 * g, rtol=1e-10, atol=1e-14, err_msg=path)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_flat_vector_in_chunks_takes_the_same_steps_as_each_array_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LARGE_ARRAY", 7)
    monkeypatch.setattr(machine, "ELEMENTS", 7)
    optimizer = OPTIMIZERS[name](lr=0.05, weight_decay=0.1)
    network = mlp(dtype=np.float64)
    engine = NumpyEngine(network.body, network.loss, optimizer, network.params)
    params = copy(network.params)
    states = {path: optimizer.init(p) for path, p in leaves(params)}
    for t in range(1, 4):
        Z, cache = network.body.forward(params, X)
        grads = dict(leaves(network.body.backward(cache, network.loss(Z, Y)[1])[1]))
        engine.step(X, Y, None, (0,))
        for path, p in leaves(params):
            p[:], states[path] = optimizer.rule(p, grads[path], states[path], t, decay=path.endswith("W"))
    for (path, expected), (_, actual) in zip(leaves(params), leaves(engine.params), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-15, err_msg=path)


def test_a_second_fit_goes_on_and_the_first_networks_arrays_are_left_alone() -> None:
    network = mlp()
    start = network.params
    frozen = copy(start)
    quick(network, X, Y)
    assert_equal(start, frozen)
    loss = network.evaluate(X, Y)["loss"]
    history = quick(network, X, Y, epochs=3)
    assert len(history) == 5 and network.evaluate(X, Y)["loss"] < loss


def test_input_shape_is_learned_from_the_first_data() -> None:
    network = cr.Network([cr.Flatten(), cr.Dense(CLASSES)], "categorical_cross_entropy")
    with pytest.raises(InputError, match="no parameters yet: call fit first"):
        network.predict(X)
    quick(network, X[:, None, :], Y)
    assert network.input_shape == (1, X.shape[1]) and network.output_shape == (CLASSES,)


def test_integer_pictures_train_like_floats() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 4), dtype=np.uint8)
    labels = (pixels[:, 0] > 127).astype(int)
    a, b = cr.Network.mlp([4, 3, 1]), cr.Network.mlp([4, 3, 1])
    quick(a, pixels, labels)
    quick(b, pixels.astype(np.float32), labels)
    assert_equal(a.params, b.params)


def test_sample_weights_count_like_copies() -> None:
    a, b = mlp(dtype=np.float64), mlp(dtype=np.float64)
    rows = np.repeat(np.arange(len(X)), 2)
    options: dict[str, Any] = {"epochs": 3, "optimizer": cr.SGD(0.1)}
    weights = np.where(np.arange(len(X)) < 30, 2.0, 0.0)
    quick(a, X, Y, batch_size=len(X), sample_weight=weights, **options)
    quick(b, X[rows[:60]], Y[rows[:60]], batch_size=60, **options)
    for (path, p), (_, q) in zip(leaves(a.params), leaves(b.params), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-12, err_msg=path)
    assert a.evaluate(X, Y, sample_weight=weights)["loss"] == pytest.approx(b.evaluate(X[:30], Y[:30])["loss"])


def test_a_batch_whose_weights_are_all_zero_changes_nothing() -> None:
    network = mlp()
    weights = np.zeros(len(X))
    weights[:2] = 1.0
    quick(network, X, Y, batch_size=1, sample_weight=weights)
    assert all(np.isfinite(p).all() for _, p in leaves(network.params))


@pytest.mark.parametrize(("examples", "sizes"), [(9, [4, 5]), (8, [4, 4]), (1, [1]), (5, [5]), (10, [4, 4, 2])])
def test_no_batch_of_a_single_example_is_left_over(
    examples: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Array] = []
    step = NumpyEngine.step

    def spy(engine: NumpyEngine, X: Any, *others: Any) -> Any:
        seen.append(X)
        return step(engine, X, *others)

    monkeypatch.setattr(NumpyEngine, "step", spy)
    X, y = cr.datasets.sine(n=examples, seed=0)
    quick(cr.Network.mlp([1, 1], loss="huber"), X, y, epochs=1, batch_size=4)
    assert [len(batch) for batch in seen] == sizes
    np.testing.assert_array_equal(np.sort(np.concatenate(seen), axis=0), np.sort(X, axis=0))


def test_batch_normalization_trains_and_is_summarized() -> None:
    network = cr.Network([cr.Dense(8), cr.BatchNorm(), cr.ReLU(), cr.Dense(CLASSES)], "categorical_cross_entropy")
    rows = slice(0, 65)
    quick(network, X[rows], Y[rows], epochs=30, batch_size=32, optimizer=cr.Adam(0.02))
    statistics = network.params[1]
    assert not np.allclose(statistics["running_mean"], 0) and not np.allclose(statistics["running_variance"], 1)
    assert network.evaluate(X, Y)["accuracy"] > 0.8
    assert "BatchNorm" in str(network.summary())


def test_validation_data_and_split() -> None:
    history = quick(mlp(), X, Y, validation_data=(X[:20], Y[:20]))
    assert set(history.rows[0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    network = mlp()
    seen: list[Array] = []
    step = NumpyEngine.step

    def spy(engine: NumpyEngine, X: Any, *others: Any) -> Any:
        seen.append(X)
        return step(engine, X, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NumpyEngine, "step", spy)
        history = quick(network, X, Y, epochs=1, validation_split=0.25, seed=3)
    trained = np.concatenate(seen)
    held_out = [row for row in X if not (row == trained).all(axis=1).any()]
    assert len(trained) == round(0.75 * len(X)) and len(held_out) == len(X) - len(trained)
    assert "val_loss" in history.rows[0]


def test_dropout_acts_in_training_only() -> None:
    network = cr.Network([cr.Dense(8), cr.Dropout(0.5), cr.Dense(CLASSES)], "categorical_cross_entropy")
    quick(network, X, Y)
    np.testing.assert_array_equal(network.predict(X), network.predict(X))
    Z, _ = cr.Sequential([network.body.layers[0], network.body.layers[2]]).forward(
        (network.params[0], network.params[2]), X
    )
    np.testing.assert_allclose(network.predict(X), cr.activations.softmax(Z), rtol=1e-5)


def test_padding_changes_nothing_in_training_or_prediction() -> None:
    rng = np.random.default_rng(0)
    sequences, mask = rng.standard_normal((40, 6, 3)), np.ones((40, 6))
    labels = np.arange(40) % 3
    mask[::2, 4:] = 0
    mask[1::4, 1:] = 0
    networks = []
    for padding in (0.0, 1e6):
        network = cr.Network([cr.GRU(5, sequence=True), cr.LSTM(4), cr.Dense(3)], "categorical_cross_entropy")
        padded = np.where(mask[..., None] > 0, sequences, padding)
        quick(network, padded, labels, mask=mask, validation_data=(padded, labels, mask), batch_size=16)
        networks.append((network.params, network.history["val_loss"], network.predict(padded, mask=mask)))
    assert_equal(networks[0], networks[1])
    assert not np.allclose(network.predict(sequences), networks[0][2])
    Z, _ = network.body.forward(network.params, sequences[1:2, :1].astype(np.float32))  # without its padding
    np.testing.assert_allclose(cr.activations.softmax(Z), networks[0][2][1:2], rtol=1e-5)


def test_words_of_different_length_train_through_an_embedding() -> None:
    rng = np.random.default_rng(0)
    words, lengths = rng.integers(1, 9, size=(60, 7)), rng.integers(1, 8, size=60)
    mask = np.arange(7) < lengths[:, None]
    labels = (words[:, 0] > 4).astype(int)
    network = cr.Network([cr.Embedding(9, 4), cr.LSTM(8), cr.Dense(1)], "binary_cross_entropy")
    quick(network, words * mask, labels, mask=mask, epochs=60, optimizer=cr.Adam(0.02))
    assert network.evaluate(words * mask, labels, mask=mask)["accuracy"] > 0.95
    assert "Embedding" in str(network.summary())


# Predictions


def test_predictions_of_each_task() -> None:
    P = mlp().predict(X)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(mlp().predict_classes(X), P.argmax(axis=1))
    binary = cr.Network.mlp([2, 3, 1])
    P = binary.predict(X)
    assert P.shape == (len(X), 1) and ((0 < P) & (P < 1)).all()
    for threshold in (0.3, 0.7):
        np.testing.assert_array_equal(binary.predict_classes(X, threshold), P[:, 0] >= threshold)
    several = cr.Network.mlp([2, 3, 4], loss="binary_cross_entropy")
    assert several.predict_classes(X).shape == (len(X), 4)
    regression = cr.Network.mlp([2, 3, 1], loss="mean_squared_error")
    Z, _ = regression.body.forward(regression.params, X)
    np.testing.assert_array_equal(regression.predict(X), Z)
    with pytest.raises(InputError, match="MeanSquaredError is a regression loss and has no classes: use predict"):
        regression.predict_classes(X)


def test_logits_are_what_the_output_activation_gets() -> None:
    X = np.random.default_rng(0).standard_normal((7, 3))
    network = cr.Network.mlp([3, 5, 4])
    np.testing.assert_array_equal(network.predict(X), network.loss.activation(network.logits(X)))
    assert network.logits(X).min() < 0


def test_predicting_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    network = mlp(dtype=np.float64)
    whole, scores = network.predict(X), network.evaluate(X, Y)
    monkeypatch.setattr(machine, "PASS_ROWS", 7)
    np.testing.assert_allclose(network.predict(X), whole, rtol=1e-12)
    assert network.evaluate(X, Y) == pytest.approx(scores)


@pytest.mark.parametrize("face", ["predict", "evaluate"])
def test_memory_of_a_pass_does_not_grow_with_the_rows(face: str) -> None:
    network = cr.Network([cr.Conv2D(64, 3, padding="same"), cr.ReLU(), cr.GlobalAveragePool(), cr.Dense(2)],
        "categorical_cross_entropy", input_shape=(48, 48, 1))  # fmt: skip
    pictures = np.zeros((600, 48, 48, 1), np.float32)  # whose outputs of one layer take 354 MB together
    tracemalloc.start()
    try:
        network.predict(pictures) if face == "predict" else network.evaluate(pictures, np.zeros(600, int))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200e6


def test_scores() -> None:
    network = mlp()
    assert network.evaluate(X, Y)["accuracy"] == np.mean(network.predict_classes(X) == Y)
    assert network.evaluate(X, np.eye(CLASSES)[Y]) == pytest.approx(network.evaluate(X, Y))
    X_line, y_line = cr.datasets.sine(seed=0)
    line = cr.Network.mlp([1, 4, 1], loss="huber")
    assert line.evaluate(X_line, y_line)["mae"] == pytest.approx(np.abs(line.predict(X_line) - y_line).mean(), rel=1e-5)
    assert line.evaluate(X_line, y_line[:, 0]) == pytest.approx(line.evaluate(X_line, y_line))


def test_summary() -> None:
    text = str(cr.Network.mlp([784, 50, 100, 10]).summary(batch_size=100))
    lines = text.splitlines()
    assert lines[2].split() == ["Dense", "(50,)", "39,250", "39,200", "19.5", "KiB", "0", "B"]
    assert lines[3].split() == ["relu", "(50,)", "0", "0", "19.5", "KiB", "19.5", "KiB"]
    assert lines[-1] == (
        "45,360 parameters (177.2 KiB), 45,200 multiply-adds per example, 58.6 KiB kept for backward in a batch of 100"
    )
    with pytest.raises(InputError, match="no parameters yet"):
        cr.Network([cr.Dense(1)], "huber").summary()


def test_summary_knows_the_work_of_every_layer() -> None:
    layers = [
        *(cr.Conv2D(6, 5, padding="same"), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Residual([cr.Conv2D(6, 3, padding="same", groups=2)]), cr.Reshape((14, -1)), cr.LSTM(4)),
        cr.Graph({"a": (cr.Dense(3), "input"), "b": ("concatenate", ["a", "input"])}),
        cr.RandomDense(8, density=0.5, seed=0),
    ]
    network = cr.Network(layers, "mean_squared_error", input_shape=(28, 28, 1))
    work = {
        "Conv2D": 28 * 28 * 25 * 6,
        "Residual": 14 * 14 * 9 * 3 * 6,
        "LSTM": 14 * (84 + 4) * 16,
        "Graph": 4 * 3,
        "RandomDense": round(0.5 * 7) * 8,
    }
    rows = {line.split()[0]: line for line in str(network.summary()).splitlines()}
    for name, multiply_adds in work.items():
        assert f" {multiply_adds:,} " in rows[name], rows[name]
    assert f"{sum(work.values()):,} multiply-adds per example" in str(network.summary())


def test_summary_counts_an_array_once_however_many_layers_keep_it() -> None:
    layers = [cr.Flatten(), cr.Dense(50), cr.Sigmoid(), cr.Dropout(0.5), cr.Dense(3)]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=(4, 5))
    # Kept: sigmoid's A, dropout's mask, dropout's output; the input belongs to the caller.
    assert network.summary(batch_size=1).totals.endswith(" 600 B kept for backward in a batch of 1")


# What is shown


def test_one_line_per_epoch_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    mlp().fit(X, Y, epochs=2)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1/2  loss ") and "  accuracy " in first and second.startswith("epoch 2/2")
    mlp().fit(X, Y, epochs=2, verbose=False)
    assert capsys.readouterr().out == ""


def test_a_live_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "150")
    network = mlp()
    network.fit(X, Y, epochs=3, validation_data=(X, Y))
    shown = capsys.readouterr().out
    for text in ("epoch 3/3", "loss ", "accuracy ", "val_loss ", "left"):
        assert text in shown


# Runs that end early


def interrupt(monkeypatch: pytest.MonkeyPatch, at_step: int) -> None:
    step, steps = NumpyEngine.step, iter(range(1, 10_000))

    def interrupted(engine: NumpyEngine, *arguments: Any) -> Any:
        if next(steps) == at_step:
            raise KeyboardInterrupt
        return step(engine, *arguments)

    monkeypatch.setattr(NumpyEngine, "step", interrupted)


def test_ctrl_c_keeps_the_best_weights(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    losses = iter([3.0, 1.0, 2.0, 2.5])
    versions: list[Any] = []

    network = mlp()

    def evaluate(forward: Any, *others: Any) -> dict[str, float]:
        versions.append(copy(forward.__self__.params))
        return {"loss": next(losses)}

    monkeypatch.setattr("chainrule.network.evaluate", evaluate)
    interrupt(monkeypatch, at_step=4 * 5 + 3)
    history = quick(network, X, Y, epochs=9, batch_size=-(-len(X) // 5), validation_data=(X, Y))
    assert len(history) == 4
    assert_equal(network.params, versions[1])
    message = capsys.readouterr().out
    assert "Stopped by Ctrl-C in epoch 5: the network keeps the weights of epoch 2, the best so far (loss " in message


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network = mlp()
    start = copy(network.params)
    interrupt(monkeypatch, at_step=3)
    quick(network, X, Y, batch_size=10)
    assert not np.array_equal(network.params[0]["W"], start[0]["W"])
    assert "in epoch 1: the network keeps what it learned so far." in capsys.readouterr().out


@pytest.mark.filterwarnings("error")
def test_divergence_names_epoch_and_layer_and_restores() -> None:
    network = cr.Network([cr.Dense(8), cr.ReLU(), cr.Dense(1)], "mean_squared_error", input_shape=(2,))
    start = copy(network.params)
    with pytest.raises(DivergenceError) as caught:
        quick(network, 1000 * X, Y.astype(float), epochs=50, optimizer=cr.SGD(1e6), batch_size=10)
    text = str(caught.value)
    assert "Training diverged: the loss became" in text and "of epoch 1." in text
    assert "The numbers blew up first in the output of layer" in text and "(Dense)" in text
    assert "Try a smaller learning rate (lr=1000000.0 now), clip_norm=1.0 in the optimizer, or inputs scaled" in text
    assert text.endswith("The network keeps the weights of the start.")
    assert_equal(network.params, start)


def test_divergence_in_a_later_epoch_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    network = mlp()
    quick(network, X, Y, epochs=1)
    after_one = copy(network.params)
    again = mlp()
    step, calls = NumpyEngine.step, iter(range(10_000))
    batches = -(-len(X) // 32)

    def poisoned(engine: NumpyEngine, *arguments: Any) -> Any:
        if next(calls) == batches:
            engine.params[2]["W"][0, 0] = np.nan
        return step(engine, *arguments)

    monkeypatch.setattr(NumpyEngine, "step", poisoned)
    expected = r"in batch 1 of epoch 2\. .* first in W of layer 2 \(Dense\).* the weights of epoch 1, the best"
    with pytest.raises(DivergenceError, match=expected):
        quick(again, X, Y, epochs=5)
    assert_equal(again.params, after_one)


def test_a_layer_that_makes_nan_is_named() -> None:
    class Root(cr.Dense):
        def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
            Z, cache = super().forward(params, x)
            return np.sqrt(Z), cache

    network = cr.Network([cr.Dense(4), Root(4), cr.Dense(CLASSES)], "categorical_cross_entropy")
    with pytest.raises(DivergenceError, match=r"the loss became nan .* in the output of layer 1 \(Root\)"):
        quick(network, X, Y)


# Bad input


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "feature count": (
        lambda: quick(mlp(), np.zeros((4, 7)), [0, 1, 0, 1]),
        r"The network expects inputs of shape \('batch', 2\), but X has shape \(4, 7\)",
    ),
    "feature count in predict": (lambda: mlp().predict(np.zeros((4, 7))), "but X has shape"),
    "dense layer": (
        lambda: cr.Dense(3).forward({"W": np.zeros((5, 3))}, np.zeros((4, 6))),
        r"Dense expects 5 features \(W is \(5, 3\), read as \(n_in, n_out\)\), but the input has shape \(4, 6\)\.",
    ),
    "one example": (
        lambda: mlp().predict(X[0]),
        r"X must have one row per example, .* For one example write X\[None\]",
    ),
    "label too large": (
        lambda: quick(mlp(), X, np.full(len(X), CLASSES)),
        rf"With {CLASSES} outputs the labels must be whole numbers from 0 to {CLASSES - 1}, but y is {CLASSES}\.",
    ),
    "negative label": (lambda: quick(mlp(), X[:2], [0, -1]), "but y goes from -1 to 0. Number the classes from 0"),
    "fractional label": (lambda: quick(mlp(), X[:2], [0, 0.5]), "labels must be whole numbers"),
    "binary labels": (
        lambda: quick(cr.Network.mlp([2, 1]), X[:2], [1, 2]),
        r"BinaryCrossEntropy takes targets from 0 to 1, but y goes from 1 to 2\. Write the two classes as 0 and 1",
    ),
    "target shape": (
        lambda: quick(mlp(), X[:2], [[0, 1, 0, 0, 0, 0, 0, 0]] * 2),
        r"outputs have shape .* so y needs that shape \(or integer labels without the last axis\), but y has shape",
    ),
    "lengths": (lambda: quick(mlp(), X, Y[:-1]), rf"same length, but X has {len(X)} examples and y has {len(Y) - 1}"),
    "empty": (lambda: quick(mlp(), X[:0], Y[:0]), r"X must hold at least one example, but it has shape \(0, 2\)"),
    "empty list": (lambda: mlp().predict([]), "X must hold at least one example"),
    "NaN": (
        lambda: quick(mlp(), [[0.0, 1.0], [np.nan, np.inf]], [0, 1]),
        r"X must be finite, but 2 of its 4 values are NaN or infinite, the first \(nan\) at index \(1, 0\)",
    ),
    "NaN target": (
        lambda: quick(cr.Network.mlp([2, 1], loss="huber"), X[:2], [0.5, np.nan]),
        r"y must be finite, but 1 of its 2 values",
    ),
    "text": (lambda: quick(mlp(), [["a", "b"]], [0]), r"it has dtype <U1, such as .*a.*\. Encode text"),
    "objects": (lambda: quick(mlp(), np.array([[1, None]]), [0]), "X must hold numbers, but it has None at row 0, col"),
    "weights": (lambda: quick(mlp(), X[:2], [0, 1], sample_weight=[1.0]), r"one weight per example, \(2,\), but has"),
    "negative weight": (
        lambda: quick(mlp(), X[:2], [0, 1], sample_weight=[1.0, -1.0]),
        r"sample_weight must be 0 or more, but it goes from -1\.0 to 1\.0",
    ),
    "zero weights": (lambda: quick(mlp(), X[:2], [0, 1], sample_weight=[0.0, 0.0]), "the 2 examples are all 0"),
    "split": (
        lambda: quick(mlp(), X, Y, validation_split=1.0),
        r"fit takes validation_split, .* at least 0 and below 1, but validation_split=1\.0",
    ),
    "both": (
        lambda: quick(mlp(), X, Y, validation_split=0.5, validation_data=(X, Y)),
        "validation_data or validation_split, but not both",
    ),
    "mask shape": (
        lambda: quick(
            cr.Network([cr.LSTM(2), cr.Dense(2)], "huber"), np.zeros((4, 5, 3)), np.zeros((4, 2)), mask=np.ones(4)
        ),
        r"one value for each step of each sequence: X has shape \(4, 5, 3\), .* but mask has shape \(4,\)",
    ),
    "mask values": (
        lambda: quick(
            cr.Network([cr.LSTM(2)], "huber"), np.zeros((4, 5, 3)), np.zeros((4, 2)), mask=np.full((4, 5), 2)
        ),
        "mask must hold 1",
    ),
    "epochs": (lambda: quick(mlp(), X, Y, epochs=0), "fit takes epochs as a whole number of at least 1, but epochs=0"),
    "optimizer": (
        lambda: quick(mlp(), X, Y, optimizer="adm"),
        r"fit takes optimizer as 'sgd', .* but optimizer='adm'\. Write 'adam'\.",
    ),
    "loss": (
        lambda: cr.Network([cr.Dense(1)], "mse"),
        r"Network takes loss as 'binary_cross_entropy', .* but loss='mse'\. Write 'mean_squared_error'\.",
    ),
    "dtype": (lambda: mlp(dtype=np.int64), "Network takes dtype as float32 or float64, but dtype=int64"),
    "sizes": (lambda: cr.Network.mlp([3]), r"such as \[784, 50, 10\], but sizes=\[3\]"),
    "units": (lambda: cr.Dense(0), "Dense takes units as a whole number of at least 1, but units=0"),
    "initializer": (
        lambda: cr.Dense(1, "hee"),
        "Dense takes initializer as 'zeros', .* but initializer='hee'. Write 'he'",
    ),
    "dropout rate": (
        lambda: cr.Dropout(1.0),
        r"share of activations to drop, as a number of at least 0 and below 1, but rate=1\.0",
    ),
    "dropout key": (
        lambda: cr.Dropout(0.5).forward({}, X, cr.Mode(training=True)),
        r"give a key, Mode\(training=True, key=\(seed,\)\)",
    ),
}


@pytest.mark.parametrize("mistake", BAD)
def test_bad_input_gets_a_clear_error(mistake: str) -> None:
    do, message = BAD[mistake]
    with pytest.raises(InputError, match=message):
        do()


def test_bad_data_leaves_the_network_as_it_was() -> None:
    network = mlp()
    params = copy(network.params)
    with pytest.raises(InputError):
        quick(network, X, np.full(len(X), 99))
    assert_equal(network.params, params)
    assert len(network.history) == 0


def test_bad_data_does_not_build_a_network() -> None:
    network = cr.Network([cr.Dense(CLASSES)], "categorical_cross_entropy")
    with pytest.raises(InputError, match="same length"):
        quick(network, np.zeros((5, 7)), Y)
    assert network.params is None and network.input_shape is None
    quick(network, X, Y)


def test_repr() -> None:
    assert repr(cr.Network.mlp([2, 3, 1])) == "Network([Dense, relu, Dense], BinaryCrossEntropy, input_shape=(2,))"
