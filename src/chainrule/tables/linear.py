"""The linear model of a table: a baseline, and where a network starts from."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import missing_extra
from chainrule.tables.targets import Target

_FEWEST = 10  # rows, of which a linear model can be made
_ENOUGH = 5_000_000  # numbers times classes: with more rows, a start is no better
_LEAST_ROWS = 1000  # that make a start where a table has many columns


def linear_model(
    target: Target, X: NDArray[Any], y: NDArray[Any], class_weight: Mapping[int, float] | None = None
) -> Any:
    """Return ridge regression or logistic regression, fitted by scikit-learn.

    Parameters
    ----------
    target
        What is predicted.
    X, y
        The prepared inputs, and the classes' places or the values.
    class_weight
        How much each class weighs, by its place.
    """
    models: Any = sklearn_module("linear_model")
    if target.task == "regression":
        model = models.RidgeCV(np.logspace(-2, 4, 7))
    else:
        model = models.LogisticRegression(max_iter=300, class_weight=class_weight)
    from threadpoolctl import threadpool_limits

    # How BLAS cuts a product, and so its last bits, depends on how many threads it has. SciPy has a BLAS of its own.
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that has not quite converged is a linear model, too
        return model.fit(X, y)


def linear_start(
    target: Target, X: NDArray[Any], y: NDArray[Any], class_weight: Mapping[int, float] | None
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return weights of shape (inputs, outputs) and biases of the linear model, for a network to start from.

    None, if there are too few rows, or so many inputs and classes that it would take longer than the training.

    Parameters
    ----------
    target
        What is predicted.
    X, y
        The examples, of shape (rows, ...), and what the network learns in the place of classes and values.
    class_weight
        How much each class weighs, by its place.
    """
    rows = min(len(X), _ENOUGH // (math.prod(X.shape[1:]) * max(1, len(target.classes))))
    if len(X) < _FEWEST or rows < min(len(X), _LEAST_ROWS):
        return None
    chosen = np.sort(np.random.default_rng(0).permutation(len(X))[:rows])
    if len(np.unique(y[chosen])) < len(target.classes):
        return None  # of a class without rows there are no weights
    model = linear_model(target, X[chosen].reshape(rows, -1), y[chosen].reshape(rows), class_weight)
    return np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)


def sklearn_module(name: str) -> Any:
    """Return a module of scikit-learn, or raise an error that says how to install it."""
    try:
        return importlib.import_module(f"sklearn.{name}")
    except ImportError as error:
        raise missing_extra("Scoring a table", "scikit-learn", "tables") from error
