"""Scores of predictions in the units of the table, and of what needs no network: the baselines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.number_text import number_text
from chainrule.common.texts import later, tr
from chainrule.tables.encoders import SMALLEST
from chainrule.tables.frames import Frame, texts
from chainrule.tables.linear import linear_model, sklearn_module
from chainrule.tables.rows import rows_among, rows_of
from chainrule.tables.targets import Target
from chainrule.tables.windows import Past

LINEAR = {"regression": later("ridge regression"), "classification": later("logistic regression")}
"""What the linear baseline is called."""
_IMBALANCED = 0.2  # of the rows: of a rarer class the accuracy says little


def scores(target: Target, y: NDArray[Any], P: NDArray[Any]) -> dict[str, float]:
    """Return the scores of predictions.

    Parameters
    ----------
    target
        What is predicted.
    y
        The place of each row's class, or its value, of shape (rows,).
    P
        The probability of each class, of shape (rows, classes), or the values, of shape (rows,).

    Returns
    -------
    dict
        For classes the accuracy; the area under the ROC curve if there are two, the mean of the classes' recalls
        if one is rare; and the mean cross-entropy. For values the mean absolute error, the root of the mean squared
        error, and the share of the variance that is explained (R²).
    """
    metrics = sklearn_module("metrics")
    if target.task == "regression":
        return {
            "mae": float(metrics.mean_absolute_error(y, P)),
            "rmse": float(metrics.root_mean_squared_error(y, P)),
            **({"r2": float(metrics.r2_score(y, P))} if np.ptp(y) > 0 else {}),
        }
    shares = np.bincount(y, minlength=len(target.classes)) / len(y)
    places = P.argmax(axis=1)
    result = {"accuracy": float((places == y).mean())}
    if len(target.classes) == 2 and shares.all():
        result["roc_auc"] = float(metrics.roc_auc_score(y, P[:, 1]))
    if shares[shares > 0].min() < _IMBALANCED and (shares > 0).sum() > 1:
        result["balanced_accuracy"] = float(np.mean([(places[y == k] == k).mean() for k in np.flatnonzero(shares)]))
    likelihood = P[np.arange(len(y)), y].clip(np.finfo(np.float32).tiny)
    return {**result, "log_loss": float(-np.log(likelihood).mean())}


def baselines(
    target: Target, train: tuple[NDArray[Any], NDArray[Any]], blocks: Iterable[NDArray[Any]], y_test: NDArray[Any]
) -> dict[str, dict[str, float]]:
    """Return the scores of two models without a network, so that its scores mean something.

    Parameters
    ----------
    target
        What is predicted.
    train
        The prepared inputs and the classes' places or the values.
    blocks, y_test
        The inputs to test on, some rows at a time, and the classes' places or values of all of them.

    Returns
    -------
    dict
        Scores under "most frequent class" or "mean", and under "logistic regression" or "ridge regression".
    """
    dummy = sklearn_module("dummy")
    X, y = _at_most(*train)
    linear = linear_model(target, X, y)
    if target.task == "regression":
        contenders = {later("mean"): dummy.DummyRegressor().fit(X, y), LINEAR[target.task]: linear}
    else:
        most_frequent = dummy.DummyClassifier(strategy="prior").fit(X, y)
        contenders = {later("most frequent class"): most_frequent, LINEAR[target.task]: linear}
    outputs: dict[str, list[NDArray[Any]]] = {name: [] for name in contenders}
    for X in blocks:
        if not len(X):
            continue
        for name, contender in contenders.items():
            P = contender.predict(X) if target.task == "regression" else _of_all(contender, target, X)
            outputs[name].append(P)
    return {name: scores(target, y_test, np.concatenate(P)) for name, P in outputs.items()}


def behind(scores: Mapping[str, Mapping[str, float]], *, weighed: bool = False, pictures: bool = False) -> str:
    """Return a sentence if the first of several models, the network, is clearly behind another one, else "".

    Where classes weighed in training, its probabilities are those of another mixture: its classes are compared. What
    to try is another thing for pictures.

    >>> behind({"this network": {"rmse": 3.0, "r2": 0.9}, "mean": {"rmse": 10.0, "r2": 0.0}})
    ''
    >>> print(behind({later("this network"): {"accuracy": 0.5}, "last class": {"accuracy": 0.75}}))
    The network is behind the last class on the rows that test (accuracy 0.5000 against 0.7500). Try a longer history.
    """
    (_, network), *baselines = scores.items()
    deciding = _DECIDING_CLASSES if weighed else _DECIDING
    worst, sentence = _CLEARLY, ""
    for name, values in baselines:
        score = next((score for score in deciding if score in network and score in values), None)
        if score is None or _nearly_the_same(network, values):
            continue
        own, other = (1 - s[score] if score in _DECIDING_CLASSES else s[score] for s in (network, values))
        if own > worst * other:
            worst = own / max(other, SMALLEST)
            sentence = tr(
                "The network is behind {baseline} on the rows that test ({score} {own} against {other}).",
                baseline=tr(_CALLED[name]),
                score=tr(score),
                own=number_text(network[score]),
                other=number_text(values[score]),
            )
            sentence += f" {tr(_PICTURES if pictures else _NEXT[name])}"
    return sentence


_CLEARLY = 1.1  # times the error: what is less may be the draw of the rows that test
_DECIDING = ("rmse", "log_loss", "accuracy")
_DECIDING_CLASSES = ("balanced_accuracy", "accuracy")
_NEGLIGIBLE = {"r2": 0.01, "log_loss": 0.01}
_CALLED = {
    **{name: name for name in LINEAR.values()},
    "mean": later("the mean"),
    "most frequent class": later("the most frequent class"),
    "last value": later("the last value"),
    "last class": later("the last class"),
    "one season before": later("the value one season before"),
}
_HISTORY = later("Try a longer history.")
_PICTURES = later("Try more epochs (--epochs), a larger learning rate (--lr 0.01), or more pictures.")
_COLUMNS = later("The columns say little of the target, or these rows are unlike those that train: look at both.")
_NEXT = {
    **dict.fromkeys(
        LINEAR.values(),
        later(
            'Try preset="tabular" (--preset tabular), or fewer and smaller layers; a network gains most from more rows.'
        ),
    ),
    **dict.fromkeys(("mean", "most frequent class"), _COLUMNS),
    **dict.fromkeys(("last value", "last class", "one season before"), _HISTORY),
}
"""What to try where the network is behind a baseline."""


def _nearly_the_same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Return whether two models are equally good for all that anybody would notice."""
    return any(s in one and s in other and abs(one[s] - other[s]) < least for s, least in _NEGLIGIBLE.items())


def naive(target: Target, past: Past, frame: Frame) -> dict[str, dict[str, float]]:
    """Return the scores of the last value (or class) that is known, and of the one a season before, on a table."""
    seen, rows = past.windows(frame, target.name)
    known = ~texts(frame[target.name]).is_null().to_numpy()
    values = np.full(frame.height, np.nan)
    with rows_of(frame), rows_among(np.flatnonzero(known)):
        values[known] = target.numbers_of(frame[target.name].filter(known))
    seen, rows = seen[known[rows]], rows[known[rows]]
    last = later("last value") if target.task == "regression" else later("last class")
    result = {last: _of_certain(target, values[rows], values[seen[:, -1]])}
    season, back = past.season(frame), 0
    if season:
        back = past.history - (-past.horizon % season) - 1  # of the same hour, the last one that is known
    if season and 0 <= back < past.history:
        result[later("one season before")] = _of_certain(target, values[rows], values[seen[:, back]])
    return result


def _of_certain(target: Target, y: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return the scores of values, or of the places of classes, which come without probabilities."""
    if target.task == "regression":
        return scores(target, y, predicted)
    of_classes = scores(target, y.astype(int), np.eye(len(target.classes))[predicted.astype(int)])
    return {name: score for name, score in of_classes.items() if name not in ("roc_auc", "log_loss")}


_ENOUGH = 50_000_000  # numbers: more rows change no digit of a linear model that is shown


def _at_most(X: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    rows = max(1000, _ENOUGH // max(X.shape[1], 1))
    if len(X) <= rows:
        return X, y
    chosen = np.random.default_rng(0).choice(len(X), rows, replace=False)
    return X[chosen], y[chosen]


def _of_all(contender: Any, target: Target, X: NDArray[Any]) -> NDArray[Any]:
    """Return the probabilities of all classes, also of those that no row of training has."""
    P = np.zeros((len(X), len(target.classes)))
    P[:, contender.classes_] = contender.predict_proba(X)
    return P
