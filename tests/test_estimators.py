"""The estimators: what scikit-learn's own checks ask for, and its tools."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.ensemble import VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import chainrule as cr
from chainrule.common.errors import DivergenceError, InputError
from chainrule.data.spread import mean_and_deviation
from chainrule.estimators import NetworkClassifier, NetworkRegressor, plan
from chainrule.estimators.scaling import RobustScale

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


CHECKS = """
import sys, warnings
from sklearn.utils.estimator_checks import check_estimator
from chainrule import estimators

warnings.simplefilter("ignore")  # some checks warn that they are skipped
for result in check_estimator(getattr(estimators, sys.argv[1])(), on_fail=None):
    print(result["status"], result["check_name"], repr(result["exception"])[:300])
"""


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_what_scikit_learn_asks_for(name: str) -> None:
    """In a process without the tests' checks of types, which make the many fits ten times as slow."""
    run = subprocess.run([sys.executable, "-c", CHECKS, name], capture_output=True, text=True, check=True)
    results = run.stdout.splitlines()
    assert sum(line.startswith("passed ") for line in results) >= 50
    assert [line for line in results if not line.startswith(("passed ", "skipped check_array_api"))] == []


def test_without_scikit_learn_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import chainrule as cr; print('light'); cr.estimators"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "light\n"
    assert "chainrule.estimators needs scikit-learn, which is not installed: pip install" in run.stderr


def same(a: Any, b: Any, X: Any) -> bool:
    """Whether two estimators have the same history and predict the same bits."""
    outputs = [e.predict_proba(X) if hasattr(e, "predict_proba") else e.predict(X) for e in (a, b)]
    return np.array_equal(*outputs) and bool(a.loss_curve_ == b.loss_curve_) and len(a.loss_curve_) == a.n_iter_


# Going on

CONTINUED: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout, momentum": {"dropout": 0.2, "optimizer": "momentum"},
    "a schedule": {"learning_rate": cr.Cosine(0.01, steps=60)},
    "batch norm": {"layers": [cr.Dense(8), cr.BatchNorm(), cr.ReLU()]},
    "early stopping": {"early_stopping": True, "learning_rate": 0.03},
    "early stopping by accuracy": {"early_stopping": True, "monitor": "accuracy"},
}


@pytest.mark.parametrize("settings", CONTINUED.values(), ids=CONTINUED)
def test_two_fits_are_one_to_the_bit(settings: dict[str, Any]) -> None:
    X, y = IRIS
    whole = NetworkClassifier(epochs=7, random_state=0, warm_start=True, **settings).fit(X, y)
    halves = NetworkClassifier(epochs=3, random_state=0, warm_start=True, **settings).fit(X, y)
    halves = pickle.loads(pickle.dumps(halves)).set_params(epochs=4).fit(X, y)
    assert same(whole, halves, X)
    assert whole.validation_curve_ == halves.validation_curve_


def test_going_on_remembers_the_best_epoch_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = DIABETES
    settings: dict[str, Any] = {"learning_rate": 0.05, "early_stopping": True, "random_state": 0, "patience": 30}
    whole = NetworkRegressor(epochs=30, **settings).fit(X, y)
    best = int(np.argmin(whole.validation_curve_))
    assert best < 20  # so that a second fit does not see it
    halves = NetworkRegressor(epochs=20, warm_start=True, **settings).fit(X, y).set_params(epochs=10).fit(X, y)
    assert same(whole, halves, X)
    until_best = NetworkRegressor(epochs=best + 1, **settings).fit(X, y)
    assert np.array_equal(whole.predict(X), until_best.predict(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_calls_of_partial_fit_are_one_fit(early_stopping: bool) -> None:
    X, y = DIABETES
    settings: dict[str, Any] = {"random_state": 3, "early_stopping": early_stopping, "patience": 50}
    settings["optimizer"] = "adam"  # "auto" has one of its own for a fit that knows its end
    data = {"validation_data": (X[:50], y[:50])} if early_stopping else {}
    whole, parts = NetworkRegressor(epochs=4, **settings).fit(X, y, **data), NetworkRegressor(**settings)
    for _ in range(4):
        parts.partial_fit(X, y, **data)
    assert same(whole, parts, X)


def test_a_fit_without_warm_start_begins_anew() -> None:
    X, y = IRIS
    estimator = NetworkClassifier(epochs=2, random_state=0).fit(X[::2], y[::2])
    assert same(estimator.fit(X, y), NetworkClassifier(epochs=2, random_state=0).fit(X, y), X)
    assert estimator.n_iter_ == 2


def test_a_fit_that_ran_out_of_patience_can_go_on() -> None:
    X, y = IRIS
    estimator = NetworkClassifier(epochs=200, early_stopping=True, patience=2, learning_rate=0.1, random_state=0)
    first = estimator.set_params(warm_start=True).fit(X, y).n_iter_
    assert first < 200
    assert estimator.fit(X, y).n_iter_ > first + 1


def test_what_makes_another_network_is_refused_when_going_on() -> None:
    estimator = NetworkClassifier(epochs=1, warm_start=True).fit(*IRIS).set_params(activation="tanh")
    message = r"goes on with the network of the first fit, which had activation='relu', but now activation='tanh'"
    with pytest.raises(InputError, match=message):
        estimator.fit(*IRIS)
    with pytest.raises(InputError, match=r"y holds the labels \[7\], which are not among the classes"):
        NetworkClassifier(epochs=1, warm_start=True).fit(*IRIS).fit(IRIS[0], np.where(IRIS[1] == 0, 7, IRIS[1]))


def test_partial_fit_knows_classes_that_come_later() -> None:
    X, y = IRIS
    estimator = NetworkClassifier(random_state=0)
    for _ in range(30):
        for rows in np.split(np.argsort(y, kind="stable"), 2):  # the first half has no virginica
            estimator.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert estimator.predict_proba(X).shape == (150, 3)
    assert set(estimator.predict(X)) == {0, 1, 2}
    with pytest.raises(InputError, match=r"which were \[0, 1, 2\], but now classes=\[0, 1\]"):
        estimator.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(InputError, match='class_weight="balanced" counts all labels'):
        NetworkClassifier(class_weight="balanced").partial_fit(X, y)
    with pytest.raises(InputError, match="partial_fit with early_stopping=True needs validation_data"):
        NetworkClassifier(early_stopping=True).partial_fit(X, y)


# Early stopping


def test_the_best_weights_are_kept_however_training_ends() -> None:
    X, y = DIABETES

    class Interrupt(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            if run.epoch == 12:
                raise KeyboardInterrupt

    class BlowUp(cr.Callback):
        def epoch_start(self, run: Any) -> None:
            if run.epoch == 12:
                params = run.network.params
                run.network.params = ({"W": params[0]["W"] + np.inf, "b": params[0]["b"]}, *params[1:])

    settings: dict[str, Any] = {"learning_rate": 0.05, "early_stopping": True, "random_state": 0, "patience": 50}
    plain = NetworkRegressor(epochs=11, **settings).fit(X, y)
    best = int(np.argmin(plain.validation_curve_)) + 1
    assert best < 11
    expected = NetworkRegressor(epochs=best, **settings).fit(X, y).predict(X)
    interrupted = NetworkRegressor(epochs=20, callbacks=[Interrupt()], **settings).fit(X, y)
    broken = NetworkRegressor(epochs=20, callbacks=[BlowUp()], **settings)
    with pytest.raises(DivergenceError, match=f"keeps the weights of epoch {best}"):
        broken.fit(X, y)
    for estimator in (plain, interrupted, broken):
        assert np.array_equal(estimator.predict(X), expected)


def test_own_validation_data_is_scaled_and_scored() -> None:
    X, y = DIABETES
    rows = np.arange(len(X)) % 4 == 0
    settings: dict[str, Any] = {"epochs": 9, "early_stopping": True, "monitor": "r2", "random_state": 0}
    estimator = NetworkRegressor(**settings).fit(X[~rows], y[~rows], validation_data=(X[rows], y[rows]))
    assert estimator.score(X[rows], y[rows]) == pytest.approx(max(estimator.validation_curve_))
    only_watched = NetworkRegressor(epochs=9, random_state=0).fit(X, y, validation_data=(X[rows], y[rows]))
    assert len(only_watched.validation_curve_) == 9
    with pytest.raises(InputError, match=r"validation_data is \(X, y\), two things in a tuple"):
        NetworkRegressor().fit(X, y, validation_data=[X, y])


def test_rows_to_validate_on_have_each_class_in_proportion() -> None:
    y = np.repeat([0, 1], [180, 20])
    estimator = NetworkClassifier(epochs=1, early_stopping=True, validation_fraction=0.2, random_state=0)
    estimator.fit(np.random.default_rng(0).standard_normal((200, 3)), y)
    rows, kept = estimator._split(estimator._settings(), y)
    assert np.bincount(y[kept]).tolist() == [36, 4]
    assert np.bincount(y[rows]).tolist() == [144, 16]
    lonely = y.copy()
    lonely[0] = 2  # a class with one row goes to one side or the other
    assert len(estimator._split(estimator._settings(), lonely)[1]) == 40


# Targets


def test_labels_may_be_texts_or_truth_values() -> None:
    X, y = IRIS
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    for labels in (names, names.astype(object), pd.Series(names), pd.Series(names, dtype="category"), list(names)):
        estimator = NetworkClassifier(epochs=30, random_state=0).fit(X, labels)
        assert estimator.score(X, labels) > 0.9
        assert estimator.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    estimator = NetworkClassifier(epochs=30, random_state=0).fit(X, y == 0)
    assert estimator.predict(X).dtype == bool
    assert estimator.score(X, y == 0) == 1


def test_several_answers_for_each_row() -> None:
    X, Y = make_multilabel_classification(200, n_classes=4, random_state=0)
    estimator = NetworkClassifier(optimizer="adam", random_state=0).fit(X, Y)
    assert estimator.score(X, Y) > 0.9
    assert estimator.predict_proba(X).shape == (200, 4)
    assert np.array_equal(estimator.predict(X), (estimator.decision_function(X) > 0).astype(int))
    assert same(estimator, NetworkClassifier(optimizer="adam", random_state=0).fit(X, sparse.csr_array(Y)), X)
    several = np.column_stack([IRIS[1], IRIS[1][::-1]])
    with pytest.raises(InputError, match=r"several columns of classes: wrap it in sklearn\.multioutput"):
        NetworkClassifier().fit(IRIS[0], several)
    MultiOutputClassifier(NetworkClassifier(epochs=2)).fit(IRIS[0], several)


def test_several_numbers_for_each_row() -> None:
    X, y = DIABETES
    Y = np.column_stack([y, 1e6 - 1e3 * y])
    estimator = NetworkRegressor(random_state=0).fit(X, Y)
    assert estimator.predict(X).shape == (442, 2)
    assert estimator.score(X, Y) > 0.5
    assert NetworkRegressor(epochs=2).fit(X, y[:, None]).predict(X).shape == (442, 1)


def test_predictions_do_not_depend_on_the_units_of_y() -> None:
    X, y = DIABETES
    plain, other = (NetworkRegressor(epochs=20, random_state=0).fit(X, 1e6 * s + s * y) for s in (1.0, 1024.0))
    np.testing.assert_allclose(other.predict(X) / 1024 - 1e6, plain.predict(X) - 1e6, rtol=1e-6)
    assert plain.score(X, 1e6 + y) > 0.4
    assert NetworkRegressor(epochs=20, random_state=0, scale_target=False).fit(X, 1e6 + y).score(X, 1e6 + y) < 0
    constant = NetworkRegressor(epochs=20, random_state=0).fit(X, np.full(len(X), 3e5)).predict(X)
    np.testing.assert_allclose(constant, 3e5, atol=1)


@pytest.mark.parametrize("q", [0.1, 0.9])
def test_quantiles(q: float) -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (1500, 1))
    y = 100 + 50 * X[:, 0] + rng.exponential(20, 1500)
    estimator = NetworkRegressor(loss=cr.Quantile(q), random_state=0).fit(X, y)
    assert np.mean(y < estimator.predict(X)) == pytest.approx(q, abs=0.04)


def test_counts_are_above_0() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (1000, 2))
    mean = 40 * np.exp(X[:, 0] - X[:, 1])
    estimator = NetworkRegressor(loss="poisson", random_state=0).fit(X, rng.poisson(mean))
    predicted = estimator.predict(X)
    assert predicted.min() > 0
    assert np.mean(abs(predicted / mean - 1)) < 0.1
    with pytest.raises(InputError, match="Poisson takes counts"):
        estimator.fit(X, mean - 100)
    with pytest.raises(InputError, match="BinaryCrossEntropy is for classes: take NetworkClassifier"):
        NetworkRegressor(loss=cr.BinaryCrossEntropy()).fit(X, mean)


@pytest.mark.parametrize("form", [np.array, lambda y: y.astype(object), list, pd.Series, pl.Series])
def test_texts_are_no_regression(form: Any) -> None:
    X, y = DIABETES
    labels = form(np.where(y > 100, "much", "little"))
    message = r"NetworkRegressor predicts numbers, but y holds '(much|little)': for classes take NetworkClassifier"
    with pytest.raises(InputError, match=message):
        NetworkRegressor().fit(X, labels)
    with pytest.raises(InputError, match=message):
        NetworkRegressor(epochs=1).fit(X, y, validation_data=(X, labels))


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e300])
def test_targets_of_any_size_are_learned_alike(size: float) -> None:
    X, y = DIABETES
    plain, other = (NetworkRegressor(epochs=20, random_state=0).fit(X, s * y).predict(X) for s in (1.0, size))
    np.testing.assert_allclose(other / size, plain, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            2**60 + np.arange(442),
            r"y goes from 1152921504606846976 to 1152921504606847417, which differ in digits that",
        ),
        (1e16 + np.arange(442.0), r"hardly keeps: subtract 1e\+16 first"),
    ],
)
def test_targets_that_cannot_be_told_apart_are_refused(y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        NetworkRegressor(epochs=1).fit(DIABETES[0], y)


def test_a_distance_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="a distance beyond the largest number of float64: divide it by a power of 10"):
        mean_and_deviation("y", np.array([[1.7e308]] * 3 + [[-1.7e308]]))


def test_one_class_is_no_classification() -> None:
    with pytest.raises(InputError, match="y has 1 class, 0"):
        NetworkClassifier().fit(IRIS[0][:50], IRIS[1][:50])


# Weights


def test_weights_are_copies_of_rows() -> None:
    X, y = IRIS
    weights = np.tile([0, 1, 2], 50)
    settings: dict[str, Any] = {"epochs": 20, "batch_size": 300, "random_state": 0}
    weighted = NetworkClassifier(**settings).fit(X, y, sample_weight=weights)
    copied = NetworkClassifier(**settings).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighted.predict_proba(X), copied.predict_proba(X), rtol=1e-6)
    nothing = X.copy()
    nothing[weights == 0] = 1e9
    assert same(weighted, NetworkClassifier(**settings).fit(nothing, y, sample_weight=weights), X)


def test_class_weights_are_weights_of_rows() -> None:
    X, y = IRIS[0], np.array(["a", "b", "c"])[IRIS[1]]
    settings: dict[str, Any] = {"epochs": 20, "scale": False, "random_state": 0}
    table = {"a": 1.0, "b": 4.0, "c": 0.5}
    by_class = NetworkClassifier(class_weight=table, **settings).fit(X, y, sample_weight=np.arange(150) % 2 + 1)
    by_row = NetworkClassifier(**settings)
    by_row.fit(X, y, sample_weight=(np.arange(150) % 2 + 1) * np.vectorize(table.get)(y))
    assert same(by_class, by_row, X)
    rare = np.r_[0:50, 50:55]
    plain, balanced = (NetworkClassifier(class_weight=w, **settings).fit(X[rare], y[rare]) for w in (None, "balanced"))
    assert balanced.predict_proba(X[rare])[:, 1].sum() > plain.predict_proba(X[rare])[:, 1].sum()


# Tables


def frame() -> pd.DataFrame:
    return pd.DataFrame(IRIS[0], columns=["sl", "sw", "pl", "pw"])


def test_columns_in_another_order_are_refused_by_name() -> None:
    estimator = NetworkClassifier(epochs=2, random_state=0).fit(frame(), IRIS[1])
    assert estimator.feature_names_in_.tolist() == ["sl", "sw", "pl", "pw"]
    turned = frame()[["pw", "pl", "sw", "sl"]]
    with pytest.raises(InputError, match=r"They were sl, sw, pl, pw: write X\[estimator.feature_names_in_\]"):
        estimator.predict(turned)
    estimator.predict(turned[estimator.feature_names_in_])
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing:\n- pw"):
        estimator.predict(turned[["sl", "sw", "pl"]])
    with pytest.raises(InputError, match="They were sl"):
        estimator.fit(frame(), IRIS[1], validation_data=(turned, IRIS[1]))


def test_frames_of_polars() -> None:
    numbers = NetworkClassifier(epochs=2, random_state=0).fit(*IRIS)
    estimator = NetworkClassifier(epochs=2, random_state=0).fit(pl.from_pandas(frame()), pl.Series(IRIS[1]))
    assert estimator.feature_names_in_.tolist() == ["sl", "sw", "pl", "pw"]
    assert np.array_equal(estimator.predict_proba(frame()), numbers.predict_proba(IRIS[0]))


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_rows_are_the_same_rows(form: Any) -> None:
    X = np.where(IRIS[0] > 2, IRIS[0], 0)
    dense, other = (NetworkClassifier(epochs=3, random_state=0).fit(x, IRIS[1]) for x in (X, form(X)))
    assert same(dense, other, X)
    assert np.array_equal(other.predict(form(X)), dense.predict(X))


def test_inputs_need_no_scaler() -> None:
    X = IRIS[0] * [1e-6, 1, 1e6, 1e3] + [0, 1e5, 0, -1e3]
    assert NetworkClassifier(random_state=0).fit(X, IRIS[1]).score(X, IRIS[1]) > 0.95


def test_robust_scale() -> None:
    X = np.array([[0.0, 0, 5], [1, 0, 5], [2, 0, 5], [3, 0, 5], [1e200, 8, 5]])
    scale = RobustScale.fit(X, None, constant=0.0)
    np.testing.assert_allclose(scale.center, [2, 0, 5])
    np.testing.assert_allclose(scale.factor, [1 / 2, 1 / 4, 0])
    Z = scale(X, np.dtype(np.float64))
    np.testing.assert_allclose(Z[0], [-1 / np.sqrt(1 + 1 / 9), 0, 0])
    np.testing.assert_allclose(Z[-1], [3, 2 / np.sqrt(1 + 4 / 9), 0])
    assert np.all(scale(np.full((1, 3), 7.0), np.dtype(np.float64))[:, 2] == 0)  # an unseen value of a constant column
    weighted = RobustScale.fit(X, np.array([1, 5, 1, 1, 1]), constant=1.0)
    copied = RobustScale.fit(np.repeat(X, [1, 5, 1, 1, 1], axis=0), None, constant=1.0)
    np.testing.assert_array_equal(weighted.center, copied.center)
    np.testing.assert_array_equal(weighted.factor, copied.factor)
    assert weighted.factor[2] == 1


def test_a_small_table_gets_as_many_updates_as_a_larger_one() -> None:
    for rows in (20, 150, 1000, 5000, 10**6):
        batch_size = plan.batch_size_for(rows)
        epochs = plan.epochs_for(rows, batch_size, least=20)
        assert epochs in (20, 300) or 400 <= epochs * np.ceil(rows / batch_size) < 480


def optimizer_of(estimator: Any) -> Any:
    """Return the optimizer of the last fit."""
    return estimator.network_._optimizer[0]


def test_the_rate_falls_to_0_where_the_end_of_the_fit_is_known() -> None:
    X, y = IRIS
    estimator = NetworkClassifier(random_state=0).fit(X, y)
    assert optimizer_of(estimator) == plan.optimizer_for(estimator.n_iter_, 5)
    assert optimizer_of(estimator).lr == cr.Cosine(0.015, 5 * estimator.n_iter_)
    settings: dict[str, Any]
    for settings in ({"early_stopping": True}, {"warm_start": True}, {"learning_rate": 0.003}):
        assert optimizer_of(NetworkClassifier(epochs=2, **settings).fit(X, y)) == cr.Adam(0.003)
    assert optimizer_of(NetworkClassifier().partial_fit(X, y)) == cr.Adam(0.003)


def test_weights_decay_by_the_same_share_in_each_epoch_of_any_table() -> None:
    assert [plan.optimizer_for(20, batches).weight_decay * batches for batches in (8, 64, 4000)] == [8, 8, 8]
    assert plan.optimizer_for(20, 2).weight_decay == 1


# The tools of scikit-learn


def test_pipelines_of_mixed_columns() -> None:
    table = frame().assign(color=np.where(IRIS[0][:, 0] > 5.5, "red", "blue"))
    columns = ColumnTransformer([("numbers", StandardScaler(), ["sl", "sw"]), ("words", OneHotEncoder(), ["color"])])
    model = make_pipeline(columns, NetworkClassifier(random_state=0, epochs=40)).fit(table, IRIS[1])
    assert model.score(table, IRIS[1]) > 0.7
    named = make_pipeline(StandardScaler(), NetworkClassifier(random_state=0, epochs=5)).set_output(transform="pandas")
    assert named.fit(frame(), IRIS[1])[-1].feature_names_in_.tolist() == ["sl", "sw", "pl", "pw"]
    assert named.predict(frame()).shape == (150,)


def test_searches() -> None:
    grid: dict[str, list[Any]] = {
        "hidden_layer_sizes": [(4,), (8, 8)],
        "optimizer": [cr.Adam(0.01), cr.AdamW(0.01, weight_decay=0.1)],
    }
    search = GridSearchCV(NetworkClassifier(epochs=10, random_state=0), grid, cv=2).fit(*IRIS)
    assert search.best_estimator_.get_params()["optimizer"] in grid["optimizer"]
    assert search.best_score_ > 0.6


def test_meta_estimators() -> None:
    base = NetworkClassifier(epochs=20, random_state=0)
    X, y = IRIS
    assert CalibratedClassifierCV(base, cv=2).fit(X, y).predict_proba(X).shape == (150, 3)
    votes = VotingClassifier([("a", base), ("b", clone(base).set_params(activation="tanh"))], voting="soft")
    assert votes.fit(X, y, sample_weight=np.ones(150)).score(X, y) > 0.8
    importance = permutation_importance(base.fit(X, y), X, y, n_repeats=2, random_state=0).importances_mean
    assert importance.argmax() in (2, 3)
    assert cross_val_score(NetworkRegressor(epochs=20, random_state=0), *DIABETES, cv=2).mean() > 0.3


def test_a_pickle_predicts_the_same_and_a_clone_knows_nothing() -> None:
    for estimator, (X, y) in ((NetworkClassifier(epochs=3), IRIS), (NetworkRegressor(epochs=3), DIABETES)):
        estimator.fit(X, y)
        assert same(estimator, pickle.loads(pickle.dumps(estimator)), X)
        assert not hasattr(clone(estimator), "network_")
        assert "epochs" in estimator._repr_html_()


def test_layers_of_any_kind() -> None:
    (X, y), _ = cr.datasets.load_mnist_small()
    layers = [cr.Reshape((28, 28, 1)), cr.Conv2D(4, kernel=5, stride=3), cr.ReLU(), cr.Flatten()]
    estimator = NetworkClassifier(layers=layers, epochs=2, dtype="float32", random_state=0).fit(X[:600], y[:600])
    assert estimator.network_.dtype == np.float32
    assert estimator.score(X[:600], y[:600]) > 0.6


def test_callbacks_of_scikit_learn() -> None:
    callback = pytest.importorskip("sklearn.callback")
    seen: list[tuple[str, str, bool]] = []

    class Watch:
        def setup(self, estimator: Any, context: Any) -> None:
            seen.append(("setup", "", False))

        def teardown(self, estimator: Any, context: Any) -> None:
            seen.append(("teardown", "", False))

        def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
            seen.append(("begin", context.task_name, False))

        def on_fit_task_end(self, estimator: Any, context: Any, *, X: Any, y: Any, fitted_estimator: Any) -> bool:
            better = bool(fitted_estimator.score(X, y) > 0.9)
            seen.append(("end", context.task_name, better))
            return better

    estimator = NetworkClassifier(epochs=50, random_state=0).set_callbacks(Watch()).fit(*IRIS)
    assert seen[:3] == [("setup", "", False), ("begin", "fit", False), ("begin", "epoch", False)]
    assert seen[-3:] == [("end", "epoch", True), ("end", "fit", True), ("teardown", "", False)]
    assert 1 < estimator.n_iter_ < 50
    monitor = callback.ScoringMonitor(scoring="accuracy")
    NetworkClassifier(epochs=3, random_state=0).set_callbacks(monitor).fit(*IRIS)


# What breaks a rule

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a rate": ({"dropout": 1.0}, r"NetworkClassifier takes dropout as .* but dropout=1\.0"),
    "units": ({"hidden_layer_sizes": 64}, r"hidden_layer_sizes=64\. Write \[64\]"),
    "an activation": ({"activation": "rleu"}, "Write 'relu'"),
    "activations": ({"activation": ["relu", "tanh"]}, r"hidden_layer_sizes=\(100,\) has 1 layers, and activation 2"),
    "rates": ({"optimizer": cr.SGD(0.1), "learning_rate": 0.2}, r"has its own rate\. Write optimizer=SGD\(lr=0\.2\)"),
    "a score": ({"early_stopping": True, "monitor": "acc"}, "Did you mean 'accuracy'"),
    "a layer's class": ({"layers": [cr.Dense]}, "Dense"),
    "patience": ({"patience": 0}, "patience as a whole number of at least 1"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_parameters_are_checked_in_fit(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        NetworkClassifier(**settings).fit(*IRIS)


def test_the_documentation_of_each_names_every_parameter() -> None:
    for kind in (NetworkClassifier, NetworkRegressor):
        text = kind.__doc__ or ""
        assert [name for name in kind().get_params() if f"\n    {name}\n" not in text] == []
        assert "{common}" not in text


@pytest.mark.parametrize("estimator", [NetworkClassifier, NetworkRegressor])
def test_skops_keeps_an_estimator_in_a_file_that_runs_no_code(estimator: Any) -> None:
    io = pytest.importorskip("skops.io", reason="skops is not installed")
    X, y = IRIS
    fitted = estimator(epochs=3, early_stopping=True, random_state=0).fit(X, y)
    file = io.dumps(fitted)
    unknown = io.get_untrusted_types(data=file)
    assert all(name.startswith(("chainrule.", "numpy.")) for name in unknown)
    again = io.loads(file, trusted=unknown)
    assert same(fitted, again, X)


def test_going_on_with_other_rows_forgets_what_was_best_on_those_of_before() -> None:
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = X @ [1.0, -2.0, 0.5]
    model = NetworkRegressor(warm_start=True, early_stopping=True, epochs=100, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9
    assert model.fit(X, 3 * y + 5).score(X, 3 * y + 5) > 0.9


def test_frames_that_hold_no_numbers_are_named_with_the_column() -> None:
    table = frame()
    estimator = NetworkClassifier(epochs=1).fit(table, IRIS[1])
    for texts in (["x"] * 150, pd.Categorical(["x"] * 150), pd.array(["x"] * 150, dtype="string")):
        with pytest.raises(InputError, match="Columns of X hold numbers, but 'sl' holds 'x': encode it first"):
            estimator.predict(table.assign(sl=texts))
    with pytest.raises(InputError, match="but 'sl' holds 'x': encode it first"):
        estimator.fit(pl.from_pandas(table).with_columns(sl=pl.lit("x")), IRIS[1])
    with pytest.raises(InputError, match="but 'pw' holds dates: write what of them counts as numbers"):
        estimator.fit(table.assign(pw=pd.Timestamp("2024-01-01")), IRIS[1])
    with pytest.raises(InputError, match="X holds numbers, but 'a' is among them"):
        estimator.fit([["a", "b"]] * 150, IRIS[1])


def test_lazy_frames_are_refused() -> None:
    table, y = pl.from_pandas(frame()), pl.DataFrame({"y": IRIS[1]})
    estimator = NetworkClassifier(epochs=1).fit(table, IRIS[1])
    with pytest.raises(InputError, match=r"X is a LazyFrame, .*: write X\.collect\(\)"):
        estimator.predict(table.lazy())
    with pytest.raises(InputError, match=r"y is a LazyFrame, .*: write y\.collect\(\)"):
        estimator.fit(table, y.lazy())
    for data in ((table.lazy(), IRIS[1]), (table, y.lazy())):
        with pytest.raises(InputError, match="is a LazyFrame"):
            estimator.fit(table, IRIS[1], validation_data=data)


def test_labels_of_validation_data_are_those_of_training() -> None:
    X, y = IRIS
    for labels, message in {
        "other": (y + 1, r"The y of validation_data holds the labels \[3\], .* \[0, 1, 2\]\. Leave these rows out"),
        "texts": (y.astype(str), r"They are of another type: write y\.astype\('int64'\)"),
    }.values():
        with pytest.raises(InputError, match=message):
            NetworkClassifier(epochs=1).fit(X, y, validation_data=(X, labels))


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputError, match=r"weights of all 150 rows are zero, .*: give rows that count a weight"):
        NetworkClassifier().fit(IRIS[0], IRIS[1], sample_weight=np.zeros(150))


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame(np.zeros((4, 3)), columns=["a", "b", "a"])
    with pytest.raises(InputError, match=r"Columns have different names, but 'a' is the name of 2\."):
        NetworkClassifier().fit(frame, [0, 1, 0, 1])


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
@pytest.mark.parametrize("estimator", [NetworkClassifier, NetworkRegressor])
def test_a_missing_label_is_told_with_its_row(estimator: Any, missing: Any) -> None:
    X = np.arange(20.0)[:, None]
    labels = np.arange(20) % 2 if estimator is NetworkRegressor else np.array(["no", "yes"] * 10)
    y = labels.astype(object)
    y[[3, 7]] = missing
    said = r"y is missing in 2 of 20 rows, the first of which is y\[3\]: .* known = ~pandas\.isna\(y\)"
    for data in y, pd.Series(y):
        with pytest.raises(InputError, match=said):
            estimator(epochs=1).fit(X, data)
    with pytest.raises(InputError, match=said):
        estimator(epochs=1).fit(X, labels, validation_data=(X, y))


def test_weights_of_classes_that_are_not_there_are_told() -> None:
    X, y = np.arange(20.0)[:, None], np.array(["no", "yes"] * 10)
    said = r"weight for \['maybe'\], which y does not hold, and none for \['yes'\]: .* \['no', 'yes'\]"
    with pytest.raises(InputError, match=said):
        NetworkClassifier(epochs=1, class_weight={"no": 1, "maybe": 2}).fit(X, y)
    with pytest.raises(InputError, match=r"class_weight is \"balanced\" or \{label: weight\}, but it is 'equal'"):
        NetworkClassifier(epochs=1, class_weight="equal").fit(X, y)
    for weights in {"no": 1, "yes": 2, "maybe": 3}, {"no": 2}:  # rare ones may be missing in a fold; others weigh 1
        NetworkClassifier(epochs=1, class_weight=weights).fit(X, y)


def test_a_dtype_of_later_is_refused_when_going_on() -> None:
    X, y = IRIS
    model = NetworkClassifier(epochs=1, warm_start=True).fit(X.astype(np.float32), y)
    with pytest.raises(InputError, match=r"which had dtype=None, but now dtype='float64'\. Fit anew"):
        model.set_params(dtype="float64").fit(X.astype(np.float32), y)


def test_values_behind_a_mask_are_not_learned_from() -> None:
    X, y = IRIS
    hidden = np.ma.masked_array(X, X > X.max() - 1)
    model = NetworkClassifier(epochs=1)
    with pytest.raises(InputError, match=r"X is a masked array that hides \d+ values, which would be trained on"):
        model.fit(hidden, y)
    model.fit(np.ma.masked_array(X, np.zeros(X.shape, bool)), y)
    with pytest.raises(InputError, match="X is a masked array that hides"):
        model.predict(hidden)
    with pytest.raises(InputError, match="y is a masked array that hides"):
        model.fit(X, np.ma.masked_array(y, y == y[0]))
