"""The preset "tabular": what it is made of, that it is good, and what cannot be set beside it."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_friedman1, make_multilabel_classification

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.estimators import NetworkClassifier, NetworkRegressor
from chainrule.tables import realmlp

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


class Batches(cr.Callback):
    """Notes the learning rate of each step, and how many there are."""

    def run_start(self, run: Any) -> None:
        self.rates: list[float] = []

    def batch_end(self, run: Any) -> None:
        self.rates.append(run.learning_rate)
        self.optimizer = run.engine.optimizer


@pytest.mark.parametrize(
    ("estimator", "examples", "activation", "rate", "outputs"),
    [(NetworkClassifier, IRIS, "selu", 0.04, 3), (NetworkRegressor, DIABETES, "mish", 0.07, 1)],
)
def test_it_is_the_network_of_the_paper(
    estimator: Any, examples: Any, activation: str, rate: float, outputs: int
) -> None:
    noted = Batches()
    fitted = estimator(preset="tabular", epochs=8, random_state=0, callbacks=[noted]).fit(*examples)
    network = fitted.network_
    assert [layer.label for layer in network.body.layers] == ["Scale", *["NTKDense", activation] * 3, "NTKDense"]
    assert network.body.layers[0] == cr.Scale(6.0)
    assert network.body.layers[1] == cr.NTKDense(256, bias_rate=0.1)
    assert network.body.layers[-1] == cr.NTKDense(outputs, bias_rate=0.1, zero=True)
    assert network.dtype == np.float32
    batches = math.floor(0.8 * len(examples[0])) // 256 or 1
    assert noted.optimizer == cr.Adam(cr.CosineLog(rate, 8 * batches), beta2=0.95)
    assert len(noted.rates) == 8 * batches
    assert fitted.n_iter_ == len(fitted.validation_curve_) == 8


def test_batches_are_equal_and_none_is_small() -> None:
    for rows in (1, 100, 255, 256, 300, 511, 512, 800, 5000):
        size = realmlp.batch_size_for(rows)
        batches = math.ceil(rows / size)
        assert batches == max(rows // 256, 1)
        assert batches * size - rows < batches  # they are as good as equal


def test_it_learns_what_the_default_does_not() -> None:
    X, y = make_friedman1(600, noise=0.5, random_state=0)
    settings = {"epochs": 80, "random_state": 0}
    plain, tabular = (NetworkRegressor(preset=name, **settings).fit(X[:400], y[:400]) for name in (None, "tabular"))
    assert tabular.score(X[400:], y[400:]) > max(plain.score(X[400:], y[400:]), 0.9)
    assert NetworkClassifier(preset="tabular", epochs=32, random_state=0).fit(*IRIS).score(*IRIS) > 0.96


def test_several_answers_and_several_values() -> None:
    X, answers = make_multilabel_classification(200, 8, n_classes=3, random_state=0)
    classifier = NetworkClassifier(preset="tabular", epochs=16, random_state=0).fit(X, answers)
    assert classifier.predict(X).shape == (200, 3)
    assert classifier.score(X, answers) > 0.5
    values = np.column_stack([X[:, 0], 1000 * X[:, 1]])
    regressor = NetworkRegressor(preset="tabular", epochs=64, random_state=0).fit(X, values)
    assert regressor.score(X, values) > 0.9


@pytest.mark.parametrize("estimator", [NetworkClassifier, NetworkRegressor])
def test_a_seed_gives_the_same_bits_and_a_pickle_keeps_them(estimator: Any) -> None:
    X, y = IRIS
    one, other = (estimator(preset="tabular", epochs=4, random_state=3).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(clone(one).fit(X, y))).predict(X), one.predict(X))


def test_of_epochs_with_equal_scores_the_last_one_is_kept() -> None:
    """With accuracy on few rows many are equal; the rate falls in the end, so the last one is the steadiest."""
    X, y = IRIS

    class Parameters(cr.Callback):
        def run_start(self, run: Any) -> None:
            self.ends: list[Any] = []

        def epoch_end(self, run: Any) -> None:
            self.ends.append(run.network.params[1]["W"])

    noted = Parameters()
    classifier = NetworkClassifier(preset="tabular", epochs=30, random_state=0, callbacks=[noted]).fit(X, y)
    best = np.flatnonzero(np.equal(classifier.validation_curve_, max(classifier.validation_curve_)))
    assert len(best) > 1
    np.testing.assert_array_equal(classifier.network_.params[1]["W"], noted.ends[best[-1]])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"hidden_layer_sizes": (50,)}, r"decides hidden_layer_sizes itself, but hidden_layer_sizes=\(50,\)"),
        ({"layers": [cr.Dense(3)]}, "decides layers itself"),
        ({"activation": "tanh"}, "decides activation itself, but activation='tanh'. Leave out one of them"),
        ({"dropout": 0.1}, "decides dropout itself"),
        ({"optimizer": cr.Adam(0.1)}, "decides optimizer itself"),
        ({"learning_rate": 0.1}, "decides learning_rate itself"),
        ({"batch_size": 32}, "decides batch_size itself"),
        ({"scale": False}, "decides scale itself"),
        ({"monitor": "f1"}, "decides monitor itself"),
        ({"patience": 5}, "decides patience itself"),
        ({"label_smoothing": 0.2}, "decides label_smoothing itself"),
        ({"warm_start": True}, "decides warm_start itself"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_it_decides_cannot_be_set_beside_it(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f'preset="tabular" {text}'):
        NetworkClassifier(preset="tabular", **settings).fit(*IRIS)


def test_what_it_leaves_free_is_honored() -> None:
    fitted = NetworkClassifier(preset="tabular", epochs=2, dtype="float64", class_weight="balanced").fit(*IRIS)
    assert fitted.n_iter_ == 2
    assert fitted.network_.dtype == np.float64


def test_it_does_not_go_on() -> None:
    with pytest.raises(InputError, match='preset="tabular" has a schedule for a whole fit'):
        NetworkClassifier(preset="tabular").partial_fit(*IRIS)
    with pytest.raises(InputError, match=r"NetworkClassifier takes preset as .*tabular.*, but preset='tables'"):
        NetworkClassifier(preset="tables").fit(*IRIS)
