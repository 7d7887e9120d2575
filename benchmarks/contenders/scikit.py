"""scikit-learn's MLPClassifier: `fit` of one epoch per call, and `predict_proba`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.workloads import CHECKED, LEARNING_RATE, UNCORRECTED_EPSILON, Workload, order
from chainrule.layers import Dense


class GivenOrder(np.random.RandomState):
    """Random state that shuffles the examples into the order of the epoch."""

    epoch = 1

    def shuffle(self, x: Any) -> None:
        """Put the rows into their order."""
        x[:] = order(self.epoch, len(x))


def classifier(workload: Workload, X: Any, y: Any, state: GivenOrder) -> Any:
    """Return a classifier with everyone's weights, which goes on from them in fit (warm_start)."""
    network: cr.Network = workload.network()
    dense = [i for i, layer in enumerate(network.body.layers) if isinstance(layer, Dense)]
    units = [network.params[i]["b"].size for i in dense]
    model = MLPClassifier(
        units[:-1],
        alpha=0,
        batch_size=workload.batch,
        learning_rate_init=LEARNING_RATE,
        epsilon=UNCORRECTED_EPSILON,
        max_iter=1,
        tol=0,
        random_state=state,
        warm_start=True,
    )
    model.fit(X, y)
    if workload.outputs == 2:
        model.out_activation_ = "softmax"  # for one-hot rows it takes independent sigmoids
    model.coefs_ = [network.params[i]["W"].copy() for i in dense]
    model.intercepts_ = [network.params[i]["b"].copy() for i in dense]
    del model._optimizer
    return model


def one_hot_if_two(workload: Workload, y: Any) -> Any:
    """Return two columns if there are two outputs, of which scikit-learn would otherwise make one."""
    return np.eye(2, dtype=np.int64)[y] if workload.outputs == 2 else y


class Training:
    """`fit` of one epoch per call."""

    def __init__(self, workload: Workload) -> None:
        self._workload, self._state = workload, GivenOrder(0)
        X, y = workload.examples()
        self._X, self._y = X, one_hot_if_two(workload, y)
        self._model = classifier(workload, X, self._y, self._state)

    def first(self) -> list[float]:
        """Return the losses of the first steps."""
        X, y = self._workload.examples(CHECKED)
        y = one_hot_if_two(self._workload, y)
        model = classifier(self._workload, X, y, GivenOrder(0))
        model.warm_start = False  # with it, every batch would need all classes
        losses = []
        for rows in order(1, len(X)).reshape(CHECKED, -1):
            model.partial_fit(X[rows], y[rows])
            losses.append(float(model.loss_))
        return losses

    def run(self, epoch: int) -> None:
        """Train for an epoch."""
        self._state.epoch = epoch
        self._model.fit(self._X, self._y)


def predictor(workload: Workload) -> Callable[[Any], Any]:
    """Return a classifier's predict_proba."""
    rows = np.repeat(workload.inputs()[1][:1], workload.outputs, axis=0)
    predict: Callable[[Any], Any] = classifier(workload, rows, np.arange(workload.outputs), GivenOrder(0)).predict_proba
    return predict


def make(workload: Workload, variant: str) -> Contender:
    """Return the contender."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    return Prediction(workload, predictor(workload)) if workload.inference else Training(workload)
