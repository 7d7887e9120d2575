"""A network of Keras for tables as people write it, with scikit-learn's methods: one of the contenders in tables.py."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")  # read when Keras is imported

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array

_UNITS = 100
_EPOCHS, _PATIENCE, _VALIDATION = 200, 10, 0.1


class _Network(BaseEstimator):  # type: ignore[misc]
    """Two hidden layers of ReLU, Adam with its usual rate and batches, the best epoch on a tenth of the rows."""

    def __init__(self, random_state: int) -> None:
        self.random_state = random_state

    def _train(self, X: Array, targets: Array, outputs: int, loss: str, activation: str, strata: Array | None) -> Any:
        keras.utils.set_random_seed(self.random_state)
        hidden = [keras.layers.Dense(_UNITS, activation="relu") for _ in range(2)]
        last = keras.layers.Dense(outputs, activation=activation)
        self.model_ = keras.Sequential([keras.Input(X.shape[1:]), *hidden, last])
        self.model_.compile(optimizer="adam", loss=loss)
        # Not validation_split, which takes the last rows: in a sorted table those of one class.
        X, kept, targets, kept_targets = train_test_split(
            X, targets, test_size=_VALIDATION, random_state=self.random_state, stratify=strata
        )
        stopping = keras.callbacks.EarlyStopping(patience=_PATIENCE, restore_best_weights=True)
        data = (kept, kept_targets)
        self.model_.fit(X, targets, epochs=_EPOCHS, validation_data=data, callbacks=[stopping], verbose=0)
        return self

    def _outputs(self, X: Array) -> Array:
        outputs: Array = self.model_.predict(X, verbose=0)
        return outputs


class KerasClassifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """For classes."""

    def fit(self, X: Array, y: Array) -> Any:
        """Train on rows and their classes."""
        self.classes_, targets = np.unique(y, return_inverse=True)
        outputs, loss = len(self.classes_), "sparse_categorical_crossentropy"
        return self._train(X, targets, outputs, loss, "softmax", strata=targets)

    def predict_proba(self, X: Array) -> Array:
        """Return the probability of each class."""
        return self._outputs(X)

    def predict(self, X: Array) -> Array:
        """Return the most probable class of each row."""
        labels: Array = self.classes_[self._outputs(X).argmax(axis=1)]
        return labels


class KerasRegressor(RegressorMixin, _Network):  # type: ignore[misc]
    """For numbers."""

    def fit(self, X: Array, y: Array) -> Any:
        """Train on rows and their numbers."""
        return self._train(X, y, 1, "mean_squared_error", "linear", strata=None)

    def predict(self, X: Array) -> Array:
        """Return the number of each row."""
        return self._outputs(X)[:, 0]
