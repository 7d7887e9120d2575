"""The training loop: callbacks, early stopping, weights of classes, accumulated gradients, metrics; on both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import chainrule as cr
from chainrule.arrays import leaves, machine
from chainrule.common.errors import DivergenceError, InputError
from chainrule.engines.choose import choose
from chainrule.metrics import MAE, METRICS, R2, Accuracy, Metric
from chainrule.training.callbacks import Callback, EarlyStopping
from chainrule.training.run import Run
from tests.engines import TORCH

X, Y = cr.datasets.blobs(seed=0)
CLASSES = int(Y.max()) + 1
ENGINES = ["numpy", "fast", "xla", TORCH]


def network(*hidden: Any, **options: Any) -> cr.Network:
    layers = [*(hidden or (cr.Dense(8), cr.ReLU())), cr.Dense(CLASSES)]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=X.shape[1:], **options)


def fit(net: cr.Network, **options: Any) -> Any:
    return net.fit(X, Y, **{"epochs": 2, "verbose": False, **options})


def assert_close(a: Any, b: Any, rtol: float = 1e-4, atol: float = 1e-5) -> None:
    for (path, left), (_, right) in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_allclose(left, right, rtol=rtol, atol=atol, err_msg=path)


def assert_equal(a: Any, b: Any) -> None:
    for (path, left), (_, right) in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_array_equal(left, right, err_msg=path)


# Callbacks


class Recorder(Callback):
    """Writes down what is called, and when."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def run_start(self, run: Run) -> None:
        self.seen.append(("run_start", run.first_epoch, run.last_epoch, run.batches, run.scores))

    def epoch_start(self, run: Run) -> None:
        self.seen.append(("epoch_start", run.epoch, run.batch))

    def batch_start(self, run: Run) -> None:
        self.seen.append(("batch_start", run.batch))

    def batch_end(self, run: Run) -> None:
        self.seen.append(("batch_end", run.batch, sorted(run.scores)))

    def epoch_end(self, run: Run) -> None:
        self.seen.append(("epoch_end", run.epoch, run.scores == run.history.rows[-1], run.step))

    def run_end(self, run: Run) -> None:
        self.seen.append(("run_end", run.epoch, run.learning_rate))


@pytest.mark.parametrize("engine", ENGINES)
def test_callbacks_see_the_run(engine: str) -> None:
    recorder = Recorder()
    net = network()
    fit(net, epochs=1)  # the count of epochs goes on from here
    fit(net, epochs=1, batch_size=len(X) // 2, callbacks=[recorder], engine=engine, optimizer=cr.Adam(0.25))
    assert recorder.seen == [
        ("run_start", 2, 2, 2, {}),
        ("epoch_start", 2, 0),
        ("batch_start", 0),
        ("batch_end", 1, ["loss"]),
        ("batch_start", 1),
        ("batch_end", 2, ["loss"]),
        ("epoch_end", 2, True, 2),
        ("run_end", 2, 0.25),
    ]


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
def test_a_callback_can_use_the_network_and_stop_the_run(engine: str) -> None:
    losses = []

    class Enough(Callback):
        def batch_end(self, run: Run) -> None:
            losses.append(run.network.evaluate(X, Y)["loss"])

        def epoch_end(self, run: Run) -> None:
            if run.epoch == 2:
                run.stop("that is enough")

    net = network()
    history = fit(net, epochs=9, callbacks=[Enough()], engine=engine)
    assert len(history) == 2 and losses[-1] == net.evaluate(X, Y)["loss"] != losses[0]
    assert engine == "xla" or len(set(losses)) == len(losses)


def test_stopping_within_an_epoch_stops_after_that_batch() -> None:
    class Soon(Callback):
        def batch_end(self, run: Run) -> None:
            if run.batch == 3:
                run.stop("three are enough")

    recorder = Recorder()
    history = fit(network(), callbacks=[Soon(), recorder], batch_size=8)
    assert [entry for entry in recorder.seen if entry[0] == "batch_end"][-1][1] == 3 and len(history) == 0


def test_the_end_of_a_run_is_called_and_said_whatever_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(Recorder):
        def batch_end(self, run: Run) -> None:
            raise ZeroDivisionError

    broken, net = Broken(), network()
    start = {path: p.copy() for path, p in leaves(net.params)}
    with pytest.raises(ZeroDivisionError):
        fit(net, callbacks=[broken])
    assert broken.seen[-1][0] == "run_end"
    assert_equal(dict(leaves(net.params)), start)
    fit(network(), callbacks=[EarlyStopping(1, "loss", min_delta=1e9)], verbose=True, epochs=9)
    out = capsys.readouterr().out
    assert "Stopped in epoch 2: loss has not improved for 1 epochs. The network keeps the weights of epoch 1" in out


# Early stopping


class Plan(Callback):
    """Makes validation return planned losses, and keeps the parameters of every epoch."""

    def __init__(self, losses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        planned: Iterator[float] = iter(losses)
        monkeypatch.setattr("chainrule.network.evaluate", lambda *_: {"loss": next(planned)})
        self.params: list[Any] = []

    def epoch_end(self, run: Run) -> None:
        self.params.append({path: np.array(p) for path, p in leaves(run.network.params)})


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
def test_early_stopping_waits_and_keeps_the_best(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan([3.0, 1.0, 1.5, 1.2, 1.1, 0.1], monkeypatch)
    net = network()
    history = fit(net, epochs=9, validation_data=(X, Y), callbacks=[plan, EarlyStopping(patience=3)], engine=engine)
    assert history["val_loss"] == [3.0, 1.0, 1.5, 1.2, 1.1]
    assert_equal(dict(leaves(net.params)), plan.params[1])


def test_early_stopping_keeps_the_best_when_the_epochs_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan([3.0, 1.0, 2.0], monkeypatch)
    net = network()
    fit(net, epochs=3, validation_data=(X, Y), callbacks=[EarlyStopping(), plan])
    assert_equal(dict(leaves(net.params)), plan.params[1])


def test_early_stopping_keeps_the_best_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Callback):
        def batch_end(self, run: Run) -> None:
            if run.epoch == 3:
                raise ZeroDivisionError

    plan = Plan([1.0, 2.0], monkeypatch)
    net = network()
    with pytest.raises(ZeroDivisionError):
        fit(net, epochs=3, validation_data=(X, Y), callbacks=[EarlyStopping(), plan, Broken()])
    assert_equal(dict(leaves(net.params)), plan.params[0])


@pytest.mark.parametrize(
    ("options", "scores", "waited"),
    [
        ({"monitor": "accuracy"}, [0.5, 0.6, 0.55], 1),
        ({"monitor": "mae"}, [0.5, 0.6, 0.4], 0),
        ({"monitor": "r2", "mode": "min"}, [0.5, 0.6], 1),
        ({"monitor": "loss", "min_delta": 0.2}, [1.0, 0.9, 0.85], 2),
        ({"monitor": "loss"}, [1.0, float("nan")], 1),
    ],
)
def test_what_counts_as_better(options: Any, scores: list[float], waited: int) -> None:
    stopping = EarlyStopping(patience=9, **options)

    class FakeRun:
        scores: dict[str, float]
        metrics = (Accuracy(), MAE(), R2())
        score_names = ("loss", "accuracy", "mae", "r2")

    stopping.run_start(FakeRun)
    for score in scores:
        FakeRun.scores = {options["monitor"]: score}
        stopping.epoch_end(FakeRun)
    assert stopping.waited == waited


def test_early_stopping_of_a_score_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"watches 'val_loss', but this run has only loss, accuracy. Give fit valid"):
        fit(network(), callbacks=[EarlyStopping()])
    with pytest.raises(InputError, match=r"watches 'f1', but .* Name it in metrics="):
        fit(network(), callbacks=[EarlyStopping(monitor="f1")])
    with pytest.raises(
        InputError, match="EarlyStopping takes patience as a whole number of at least 1, but patience=0"
    ):
        EarlyStopping(0)
    with pytest.raises(
        InputError, match=r"EarlyStopping takes min_delta as a number of at least 0, but min_delta=-1\.0"
    ):
        EarlyStopping(min_delta=-1.0)


@dataclass(frozen=True)
class Misses(Metric):
    """A score of one's own that falls as the network learns."""

    name, tasks = "misses", ("binary", "multiclass")

    def counts(self, Z: Any, Y: Any, rows: Any = None) -> Any:
        return np.array([np.sum((Z[:, 0] > 0) != (Y.reshape(len(Z)) > 0.5)), len(Z)], float)

    def score(self, counts: Any) -> float:
        return float(counts[0] / counts[1])


class FewerMisses(Misses):
    better = "min"


def test_which_score_of_a_metric_of_ones_own_is_better_must_be_said() -> None:
    options: dict[str, Any] = {"epochs": 4, "validation_data": (X, Y)}
    for better in (None, "lower"):
        metric = type("Misses", (Misses,), {"better": better})()
        with pytest.raises(InputError, match=r"watches 'val_misses', but Misses does not say .* mode=\"min\" or mode="):
            fit(network(), metrics=[metric], callbacks=[EarlyStopping(monitor="val_misses")], **options)
    modes: list[tuple[Metric, Any]] = [(FewerMisses(), "auto"), (Misses(), "min"), (Misses(), "max")]
    for metric, mode in modes:
        stopping = EarlyStopping(patience=9, monitor="val_misses", mode=mode)
        history = fit(network(), metrics=[metric], callbacks=[stopping], **options)["val_misses"]
        best = max(history) if mode == "max" else min(history)
        assert abs(stopping.state()["best"]) == best


def test_every_metric_says_which_score_is_better() -> None:
    better = {name: make().better for name, make in METRICS.items()}
    assert {name for name, which in better.items() if which != "max"} == {"mae"} and better["mae"] == "min"


@pytest.mark.parametrize(
    ("monitor", "fix"),
    [
        ("val_acc", "Write monitor='val_accuracy'."),
        ("val_auc", "Write monitor='val_roc_auc'."),
        ("val_Accuracy", "Write monitor='val_accuracy'."),
        ("los", "Write monitor='loss'."),
        ("acc", "Write monitor='accuracy'."),
        ("auc", "Write monitor='val_roc_auc'."),
        ("r2_score", "Name it in metrics=['r2']."),
        ("val_f1_score", "Name it in metrics=['f1']."),
        ("val_sharpness", "Name it in metrics=['...']."),
    ],
)
def test_a_score_by_another_name(monitor: str, fix: str) -> None:
    with pytest.raises(InputError, match=f"watches {monitor!r}, .*{re.escape(fix)}"):
        fit(
            network(),
            metrics=["accuracy", "roc_auc"],
            validation_data=(X, Y),
            callbacks=[EarlyStopping(monitor=monitor)],
        )


# Weights and accumulation


def test_class_weights_are_sample_weights() -> None:
    a, b, c = network(), network(), network()
    weights = {label: 1.0 + label for label in range(CLASSES)}
    fit(a, class_weight=weights)
    fit(b, sample_weight=1.0 + Y)
    assert_equal(a.params, b.params)
    fit(c, class_weight=weights, sample_weight=1 / (1.0 + Y))
    plain = network()
    fit(plain)
    assert_close(c.params, plain.params, atol=1e-4)


def test_balanced_classes_weigh_the_same() -> None:
    keep = (Y != 1) | (np.arange(len(Y)) % 5 == 0)
    weighted, by_hand = network(), network()
    counts = np.bincount(Y[keep])
    weighted.fit(X[keep], Y[keep], class_weight="balanced", verbose=False)
    by_hand.fit(X[keep], Y[keep], sample_weight=(len(Y[keep]) / (len(counts) * counts))[Y[keep]], verbose=False)
    assert_equal(weighted.params, by_hand.params)
    one_hot = network()
    one_hot.fit(X[keep], np.eye(CLASSES)[Y[keep]], class_weight="balanced", verbose=False)
    assert_close(one_hot.params, weighted.params)


def test_bad_class_weights() -> None:
    with pytest.raises(InputError, match=r"needs a weight for every label, but has none for \[1, 2\]"):
        fit(network(), class_weight={0: 1.0})
    with pytest.raises(InputError, match=r"weights are numbers of 0 or more, but label 0 has -1\.0"):
        fit(network(), class_weight={0: -1.0})
    with pytest.raises(InputError, match="class_weight needs classes, but MeanSquaredError is a regression loss"):
        cr.Network.mlp([2, 1], loss="mean_squared_error").fit(X, Y, class_weight="balanced")


@pytest.mark.parametrize("engine", ENGINES)
def test_accumulated_batches_make_the_step_of_one_large_batch(engine: str) -> None:
    accumulated, large = network(dtype=np.float64), network(dtype=np.float64)
    weights = np.random.default_rng(0).uniform(0.1, 2, len(X))
    options: dict[str, Any] = {"optimizer": cr.Adam(0.01, clip_norm=0.5), "engine": engine, "sample_weight": weights}
    # The last step of an epoch gets the batches that are left over.
    fit(accumulated, batch_size=16, accumulate=4, **options)
    fit(large, batch_size=64, **options)
    assert_close(accumulated.params, large.params, rtol=1e-7, atol=1e-9)
    recorder = Recorder()
    fit(network(), epochs=1, batch_size=16, accumulate=4, callbacks=[recorder], engine=engine)
    assert recorder.seen[-2][3] == -(-len(X) // 64)


# Metrics


def test_metrics_are_those_of_evaluate() -> None:
    net = network()
    names = ["accuracy", "top_2_accuracy", "precision", "recall", "f1", "roc_auc"]
    history = fit(net, metrics=names, validation_data=(X, Y))
    scores = net.evaluate(X, Y, metrics=names)
    assert list(scores) == ["loss", *names]
    for name in names:
        assert history.rows[-1][f"val_{name}"] == pytest.approx(scores[name])
    assert "f1" in history.rows[0] and "roc_auc" not in history.rows[0]
    assert METRICS.keys() >= {"accuracy", "r2"}


def test_an_unknown_metric() -> None:
    with pytest.raises(InputError, match=r"There is no metric 'accuracies'\. Did you mean 'accuracy'"):
        fit(network(), metrics=["accuracies"])


# Engines


@pytest.mark.parametrize("engine", ["fast", "xla", TORCH])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_engines_train_alike(engine: str, dtype: Any) -> None:
    optimizer = cr.AdamW(cr.Warmup(3, 0.01), weight_decay=0.1, clip_norm=1.0)
    options: dict[str, Any] = {"optimizer": optimizer, "batch_size": 32, "validation_data": (X[:50], Y[:50])}
    ours, other = network(dtype=dtype), network(dtype=dtype)
    expected = fit(ours, **options, metrics=["accuracy", "f1"])
    history = fit(other, **options, metrics=["accuracy", "f1"], engine=engine)
    assert_close(other.params, ours.params, **({"rtol": 1e-3, "atol": 1e-4} if dtype == np.float32 else {}))
    assert all(p.dtype == dtype and isinstance(p, np.ndarray) for _, p in leaves(other.params))
    for row, wanted in zip(history.rows, expected.rows, strict=True):
        assert row == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("examples", [64, 65, 70])
def test_a_short_last_batch_is_exact_on_xla_with_batch_normalization(examples: int) -> None:
    histories = []
    for engine in ("numpy", "xla"):
        net = network(cr.Dense(4, bias=False), cr.BatchNorm(), cr.Tanh(), dtype=np.float64)
        net.fit(X[:examples], Y[:examples], batch_size=32, epochs=2, engine=engine, verbose=False)
        histories.append(net)
    assert_close(histories[1].params, histories[0].params, rtol=1e-7, atol=1e-9)
    assert histories[1].history["loss"] == pytest.approx(histories[0].history["loss"])


def test_xla_compiles_once_for_all_fits_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.engines.xla_steps import loop

    loop.cache_clear()
    programs: list[Any] = []

    def spy(settings: Any) -> Any:
        programs.append(loop(settings))
        return programs[-1]

    net = network()
    monkeypatch.setattr("chainrule.engines.xla.loop", spy)
    for seed in (0, 1):
        fit(net, engine="xla", batch_size=32, seed=seed, callbacks=[EarlyStopping(9, "loss")])
    assert loop.cache_info().misses == 1
    assert programs[0]._cache_size() == 1


def test_xla_predicts_and_evaluates() -> None:
    net = network()
    fit(net)
    np.testing.assert_allclose(net.predict(X, engine="xla"), net.predict(X), rtol=1e-5, atol=1e-6)
    assert net.evaluate(X, Y, engine="xla") == pytest.approx(net.evaluate(X, Y), rel=1e-5)


def test_bfloat16_keeps_master_weights_in_float32() -> None:
    net = network(cr.Dense(16), cr.BatchNorm(), cr.ReLU(), cr.Dropout(0.1))
    history = fit(net, epochs=20, engine="xla", precision="bfloat16", optimizer=cr.Adam(0.01))
    assert history["accuracy"][-1] > 0.9 and all(p.dtype == np.float32 for _, p in leaves(net.params))
    fraction = np.frexp(net.params[0]["W"])[0] * 2**8
    assert not np.array_equal(fraction, np.round(fraction))  # more digits than bfloat16 has
    with pytest.raises(InputError, match=r"precision='bfloat16' is for engine"):
        fit(network(), precision="bfloat16")


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
def test_a_loss_that_is_not_finite_ends_the_run_on_any_engine(engine: str) -> None:
    net = network()
    start = {path: p.copy() for path, p in leaves(net.params)}
    with pytest.raises(DivergenceError, match=r"the loss became (nan|inf) in batch \d+ of epoch 1\. .* of layer \d"):
        net.fit(1e4 * X, Y, optimizer=cr.SGD(1e12), batch_size=32, verbose=False, engine=engine)
    assert_equal(dict(leaves(net.params)), start)


def test_an_unknown_engine() -> None:
    with pytest.raises(
        InputError, match="fit takes engine as 'numpy', 'fast', 'xla', 'torch' or 'auto', but engine='gpu'"
    ):
        fit(network(), engine="gpu")


@pytest.mark.parametrize(
    ("steps", "jax", "layers", "engine", "reason"),
    [
        (100, True, [cr.Dense(8)], "numpy", r"about 0\.01 s, which is too short to compile for"),
        (10**6, True, [cr.Dense(8)], "xla", r"about 100 s with NumPy, which is long enough to compile for"),
        (10**6, False, [cr.Dense(8)], "numpy", r"not installed: pip install 'chainrule\[xla\]'"),
        (10**6, True, [cr.Reshape((2, 1)), cr.Conv1D(4, 2)], "numpy", "convolutions are no faster when compiled"),
    ],
)
def test_auto_says_why(
    steps: int, jax: bool, layers: Any, engine: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if jax else None)
    net = cr.Network([*layers, cr.Flatten(), cr.Dense(1)], "binary_cross_entropy", input_shape=(2,))
    name, why = choose(net.body, net.params, (2,), 4, steps)
    assert name == engine and re.search(reason, why)


def test_auto_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(X, Y, epochs=1, engine="auto")
    assert "Engine: numpy, because the run should take about" in capsys.readouterr().out


# Data larger than memory


def stored(kind: str, folder: Path) -> tuple[Any, Any]:
    if kind == "memmap":
        np.save(folder / "X.npy", X)
        return np.load(folder / "X.npy", mmap_mode="r"), Y
    if kind == "hdf5":
        file = h5py.File(folder / "rows.h5", "w")
        return file.create_dataset("X", data=X), file.create_dataset("y", data=Y)
    if kind == "parquet":
        pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "label": Y}).to_parquet(folder / "rows.parquet", row_group_size=50)
        return cr.sources.Parquet(folder / "rows.parquet", target="label"), None
    return [(X[i : i + 32], Y[i : i + 32]) for i in range(0, len(X), 32)], None


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
@pytest.mark.parametrize("kind", ["memmap", "hdf5", "parquet", "batches"])
def test_stored_data_trains_and_is_scored(kind: str, engine: str, tmp_path: Path) -> None:
    data, targets = stored(kind, tmp_path)
    net = cr.Network([cr.Dense(8), cr.ReLU(), cr.Dense(CLASSES)], "categorical_cross_entropy")
    validation = data if targets is None else (data, targets)
    history = net.fit(
        data, targets, epochs=15, optimizer=cr.Adam(0.02), validation_data=validation, verbose=False, engine=engine
    )
    assert history["val_accuracy"][-1] > 0.9
    expected = net.evaluate(X, Y)
    assert net.evaluate(data, targets) == pytest.approx(expected, rel=1e-5)
    assert history["val_loss"][-1] == pytest.approx(expected["loss"], rel=1e-4)
    if kind in ("memmap", "hdf5"):
        np.testing.assert_allclose(net.predict(data), net.predict(X), rtol=1e-6)


def test_bad_numbers_in_a_file_are_found_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUN_BYTES", "POOL_BYTES"):
        monkeypatch.setattr(machine, name, 40 * X[0].nbytes)  # rows 160 to 199 come second
    monkeypatch.setattr(machine, "BLOCK_BATCHES", 1)  # so there is a step before
    bad = X.copy()
    bad[190, 1] = np.nan
    np.save(tmp_path / "X.npy", bad)
    data = np.load(tmp_path / "X.npy", mmap_mode="r")
    net = network()
    start = {path: p.copy() for path, p in leaves(net.params)}
    with pytest.raises(InputError, match=r"In rows 160 to 199 of X .*X must be finite, .* at index \(30, 1\)"):
        net.fit(data, Y, verbose=False)
    assert_equal(dict(leaves(net.params)), start)
    with pytest.raises(InputError, match="validation_split draws from data in memory"):
        net.fit(data, Y, validation_split=0.1)


def test_a_generator_serves_one_epoch() -> None:
    def batches() -> Iterator[Any]:
        yield from ((X[i : i + 50], Y[i : i + 50]) for i in range(0, len(X), 50))

    assert len(network().fit(batches(), epochs=1, verbose=False)) == 1
    assert len(network().fit(batches, epochs=3, verbose=False)) == 3
    with pytest.raises(InputError, match=r"can be gone through only once\. Pass a list"):
        network().fit(batches(), epochs=2, verbose=False)
