"""Metrics against scikit-learn, in one piece and in batches, in NumPy and under jax.jit."""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

import chainrule as cr
from chainrule.common.errors import InputError, MissingExtraError
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, MeanSquaredError
from chainrule.metrics import METRICS, R2, Metric, RocAuc, TopK, WholeMetric, default, find

BINARY, MULTICLASS, REGRESSION = BinaryCrossEntropy(), CategoricalCrossEntropy(), MeanSquaredError()
macro: dict[str, Any] = {"average": "macro", "zero_division": 0}


def data(kind: str) -> tuple[Loss, Any, Any]:
    """Logits with ties and targets; class 4 of 6 is neither guessed nor right, and class 5 is never guessed."""
    rng = np.random.default_rng(3)
    n = 203
    if kind == "multiclass":
        Z = rng.integers(-3, 4, (n, 6)).astype(np.float32)
        Z[:, 4:] = -9
        return MULTICLASS, Z, rng.choice([0, 1, 2, 3, 5], n)
    if kind == "one-hot":
        return MULTICLASS, data("multiclass")[1], np.eye(6)[data("multiclass")[2]]
    if kind == "sequence":
        return MULTICLASS, rng.normal(size=(n, 4, 3)).astype(np.float32), rng.integers(0, 3, (n, 4))
    if kind == "regression":
        values = rng.normal(size=(n, 3)) * [1, 5, 0] + [0, 30, 7]
        return REGRESSION, (values + rng.normal(size=values.shape)).astype(np.float32), values.astype(np.float32)
    outputs = 3 if kind == "several yes/no" else 1
    Z = rng.integers(-2, 3, (n, outputs)).astype(np.float32)
    Y = rng.integers(0, 2, (n, outputs))
    Y[:, 1:2], Z[:, 1:2] = 0, -1  # the second output never says yes
    return BINARY, Z, Y if outputs == 3 else Y[:, 0]


def answers(loss: Loss, Z: Any, Y: Any) -> tuple[Any, Any]:
    """Targets and guesses as scikit-learn takes them."""
    if loss.task == "binary":
        guesses = Z > 0
        return (Y, guesses) if Y.ndim == 2 else (Y, guesses[:, 0])
    labels = Y if Y.ndim < Z.ndim else Y.argmax(-1)
    return labels.ravel(), Z.argmax(-1).ravel()


def whole(metric: Metric | WholeMetric, Z: Any, Y: Any) -> float:
    assert isinstance(metric, Metric)
    return metric.score(metric.counts(Z, Y))


REFERENCES: dict[str, Any] = {
    "accuracy": lambda t, p: np.mean(t == p),
    "precision": partial(sk.precision_score, **macro),
    "recall": partial(sk.recall_score, **macro),
    "f1": partial(sk.f1_score, **macro),
}


@pytest.mark.parametrize("kind", ["multiclass", "one-hot", "sequence", "several yes/no"])
@pytest.mark.parametrize("name", REFERENCES)
def test_scores_are_those_of_scikit_learn(name: str, kind: str) -> None:
    loss, Z, Y = data(kind)
    assert whole(find(name, loss), Z, Y) == pytest.approx(REFERENCES[name](*answers(loss, Z, Y)), abs=1e-12)


@pytest.mark.parametrize("name", REFERENCES)
def test_one_yes_no_output_is_measured_on_yes(name: str) -> None:
    loss, Z, Y = data("binary")
    reference = REFERENCES[name] if name == "accuracy" else getattr(sk, f"{name}_score")
    assert whole(find(name, loss), Z, Y) == pytest.approx(reference(Y, Z[:, 0] > 0), abs=1e-12)
    never = np.full_like(Z, -1)
    assert whole(find(name, loss), never, Y) == (np.mean(Y == 0) if name == "accuracy" else 0)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_is_that_of_scikit_learn(k: int) -> None:
    loss, Z, labels = data("multiclass")
    # Of equal logits, the first come first here and the last come first there.
    expected = sk.top_k_accuracy_score(5 - labels, Z[:, ::-1], k=k, labels=range(6))
    assert whole(find(f"top_{k}_accuracy", loss), Z, labels) == pytest.approx(expected, abs=1e-12)
    assert whole(find(TopK(k), loss), Z, np.eye(6)[labels]) == pytest.approx(expected, abs=1e-12)
    if k == 1:
        assert expected == pytest.approx(whole(find("accuracy", loss), Z, labels))


def test_regression_scores_are_those_of_scikit_learn() -> None:
    loss, Z, Y = data("regression")
    assert whole(find("mae", loss), Z, Y) == pytest.approx(sk.mean_absolute_error(Y, Z), rel=1e-6)
    assert whole(find("r2", loss), Z, Y) == pytest.approx(sk.r2_score(Y.astype(float), Z.astype(float)), rel=1e-12)
    assert whole(find("r2", loss), Z[:, :1], Y[:, 0]) == pytest.approx(sk.r2_score(Y[:, 0], Z[:, 0]), rel=1e-6)


@pytest.mark.parametrize(("mean", "scale", "tolerance"), [(1e4, 1.0, 1e-6), (-3.0, 1e-3, 1e-6), (2e6, 1.0, 1e-3)])
def test_r2_survives_targets_far_from_zero(mean: float, scale: float, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    Y = (mean + scale * rng.normal(size=(3000, 1))).astype(np.float32)
    Z = (Y + 0.7 * scale * rng.normal(size=Y.shape)).astype(np.float32)
    expected = sk.r2_score(Y.astype(float), Z.astype(float))
    for metric in (R2(), R2(center=mean + scale)):
        assert whole(metric, Z, Y) == pytest.approx(expected, abs=tolerance)
        with jax.enable_x64(False):
            counts = jax.jit(metric.counts)
            parts = [np.asarray(counts(Z[i : i + 100], Y[i : i + 100])) for i in range(0, 3000, 100)]
        assert metric.score(np.sum(parts, axis=0, dtype=float)) == pytest.approx(expected, abs=tolerance)


@given(st.floats(0, 6), st.floats(0, 2), st.integers(0, 99))
@settings(derandomize=True, deadline=None, database=None, max_examples=30)
def test_r2_is_the_same_on_both_engines_wherever_the_targets_lie(digits: float, noise: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    Y = (10.0**digits + rng.normal(size=(200, 2))).astype(np.float32)
    Z = (Y + noise * rng.normal(size=Y.shape)).astype(np.float32)
    expected = sk.r2_score(Y.astype(float), Z.astype(float))
    with jax.enable_x64(False):
        on_jax = whole(R2(), jnp.asarray(Z), jnp.asarray(Y))
    for actual in (whole(R2(), Z, Y), on_jax):
        assert actual == pytest.approx(expected, abs=1e-3)


def test_r2_in_training_needs_no_center_on_xla() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 3)).astype(np.float32)
    y = (1e6 + X @ [[1.0], [2.0], [-1.0]]).astype(np.float32)
    scores = {}
    for engine in ("numpy", "xla"):
        network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(3,), seed=0)
        network.params[0]["b"][:] = 1e6
        with jax.enable_x64(False):
            history = network.fit(
                X, y, epochs=1, batch_size=50, metrics=["r2"], engine=engine, optimizer=cr.SGD(1e-9), verbose=False
            )
        scores[engine] = history["r2"][0]
    assert scores["xla"] == pytest.approx(scores["numpy"], abs=1e-3) and 0 < abs(scores["xla"]) < 5


@pytest.mark.parametrize("value", [0.1, -1234.567, 0.0])
def test_r2_of_constant_targets_is_0_or_1(value: float) -> None:
    Y = np.full((1000, 1), value, np.float32)
    for array in (np.asarray, jnp.asarray):
        with jax.enable_x64(False):
            assert whole(R2(), array(Y), array(Y)) == 1
            assert whole(R2(), array(Y + 1), array(Y)) == 0


def test_roc_auc_is_that_of_scikit_learn() -> None:
    auc, (loss, Z, Y) = find("roc_auc", BINARY), data("binary")
    assert isinstance(auc, RocAuc)
    assert auc.value(Z, Y) == pytest.approx(sk.roc_auc_score(Y, Z[:, 0]), abs=1e-12)
    auc, (loss, Z, Y) = find("roc_auc", MULTICLASS), data("multiclass")
    assert isinstance(auc, RocAuc)
    P = np.asarray(loss.activation(Z.astype(float)))
    areas = [sk.roc_auc_score(Y == k, P[:, k]) for k in (0, 1, 2, 3, 5)]  # there is no class 4
    assert auc.value(Z, np.eye(6)[Y]) == pytest.approx(np.mean(areas), abs=1e-12)
    assert math.isnan(auc.value(Z, np.zeros_like(Y)))
    _, Z, Y = data("sequence")
    P = np.asarray(loss.activation(Z.astype(float))).reshape(-1, 3)
    expected = sk.roc_auc_score(Y.ravel(), P, multi_class="ovr")
    assert auc.value(Z, Y) == pytest.approx(expected, abs=1e-12)


def test_roc_auc_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(MissingExtraError, match=r"ROC AUC needs scikit-learn.*chainrule\[sklearn\]"):
        RocAuc().value(np.zeros((2, 2)), np.array([0, 1]))


COUNTED = [
    (kind, name)
    for kind in ("multiclass", "one-hot", "sequence", "binary", "several yes/no", "regression")
    for name, make in METRICS.items()
    if name != "roc_auc" and data(kind)[0].task in make().tasks
]


@pytest.mark.parametrize(("kind", "name"), COUNTED)
def test_counts_add_up_ignore_filling_rows_and_are_the_same_in_jax(kind: str, name: str) -> None:
    loss, Z, Y = data(kind)
    metric = find(name, loss)
    assert isinstance(metric, Metric)
    all_counts = metric.counts(Z, Y)
    assert all_counts.dtype == np.float64
    exact: Any = np.testing.assert_array_equal
    close: Any = exact if loss.task != "regression" else partial(np.testing.assert_allclose, rtol=1e-6)
    parts = [metric.counts(Z[i : i + 50], Y[i : i + 50]) for i in range(0, len(Z), 50)]
    close(sum(parts), all_counts)

    filler = np.full((5, *Z.shape[1:]), np.nan, Z.dtype)
    padded_Z, padded_Y = np.concatenate([Z, filler]), np.concatenate([Y, Y[:5]])
    rows = np.arange(len(padded_Z)) < len(Z)
    close(metric.counts(padded_Z, padded_Y, rows), all_counts)
    with jax.enable_x64(False):
        traced = jax.jit(metric.counts)(padded_Z, padded_Y, rows.astype(np.float32))
    assert traced.dtype == np.float32
    if loss.task == "regression":  # float32 sums
        assert metric.score(np.asarray(traced)) == pytest.approx(metric.score(all_counts), rel=1e-5)
    else:
        exact(traced, all_counts)


def test_counts_of_bfloat16_are_exact() -> None:
    metric = find("accuracy", MULTICLASS)
    assert isinstance(metric, Metric)
    counts = metric.counts(jnp.zeros((1001, 2), jnp.bfloat16), jnp.zeros(1001, int))
    np.testing.assert_array_equal(counts, [1001, 1001])


def test_default_is_the_metric_of_the_task() -> None:
    assert [default(loss).name for loss in (BINARY, MULTICLASS, REGRESSION)] == ["accuracy", "accuracy", "mae"]
    assert default(BINARY).task == "binary"


def test_names_in_the_table_are_the_metrics_names() -> None:
    assert [make().name for make in METRICS.values()] == list(METRICS)


@pytest.mark.parametrize(
    ("metric", "loss", "message"),
    [
        ("accurate", BINARY, r"There is no metric 'accurate'. Did you mean 'accuracy'\? Known: accuracy, top_3"),
        ("top_0_accuracy", MULTICLASS, "TopK takes k, how many guesses are allowed, as a whole .* least 1, but k=0"),
        ("accuracy", REGRESSION, "accuracy measures binary, multiclass targets, but MeanSquaredError is a loss for "
                                 r"regression targets. Metrics for those: mae, r2\."),
        ("top_3_accuracy", BINARY, "top_3_accuracy measures multiclass targets, but BinaryCrossEntropy"),
        (R2(), MULTICLASS, "r2 measures regression targets"),
        (R2, REGRESSION, r"an object such as TopK\(3\), but R2 came\. Write R2\(\) with parentheses"),
    ],
)  # fmt: skip
def test_unknown_and_unfit_metrics_are_refused(metric: Any, loss: Loss, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find(metric, loss)
