"""Compare the estimators, untuned, with those of scikit-learn, untuned: scores and times on eight tables.

Run with: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.tables [--folds 5] [SET ...]

All take the same folds in turns. scikit-learn's networks and linear models get a StandardScaler, and its networks one
for the targets of a regression, too, without which R² is below 0; ours scale inside. Scores are accuracy, the area
under the ROC curve where a class is rare, and R² for numbers. Times are those of the processor, so that what else the
machine does counts little. The tables that are made have a seed; the defaults were chosen with other seeds, for the
folds as well as for these tables.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import machine
from chainrule.arrays import Array
from chainrule.common.text_table import text_table
from chainrule.estimators import NetworkClassifier, NetworkRegressor

SEED = 7


class Table(NamedTuple):
    """A data set, and what is measured on it."""

    load: Callable[[], tuple[Array, Array]]
    score: str  # accuracy, auc or r2


def rare(rows: int, share: float) -> tuple[Array, Array]:
    """Return a table with two classes, one of which is rare."""
    weights = [1 - share]
    made: tuple[Array, Array] = datasets.make_classification(
        rows, 20, n_informative=6, weights=weights, flip_y=0.01, random_state=SEED
    )
    return made


def districts() -> tuple[Array, Array]:
    """Return 2,500 rows like those of house prices by district: skewed columns, each in units of its own."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((2500, 8))
    income, rooms, people = np.exp(0.5 * X[:, 0]), np.exp(0.3 * X[:, 1]), np.exp(X[:, 2])
    north, west, age = X[:, 3], X[:, 4], abs(X[:, 5])
    coast = np.exp(-((north - 0.5 * west) ** 2))
    price = 60 * income + 80 * coast + 10 * np.minimum(age, 1) * rooms - 15 * np.log(people) + 25 * X[:, 6]
    X = np.column_stack([income, rooms, 1000 * people, 34 + north, -118 + west, 30 * age, X[:, 6], X[:, 7]])
    return X, 1000 * (price + 20 * rng.standard_normal(2500))


TABLES = {
    "iris": Table(lambda: datasets.load_iris(return_X_y=True), "accuracy"),
    "wine": Table(lambda: datasets.load_wine(return_X_y=True), "accuracy"),
    "breast cancer": Table(lambda: datasets.load_breast_cancer(return_X_y=True), "accuracy"),
    "digits": Table(lambda: datasets.load_digits(return_X_y=True), "accuracy"),
    "rare, 5 %": Table(lambda: rare(3000, 0.05), "auc"),
    "rare, 1 %": Table(lambda: rare(5000, 0.01), "auc"),
    "diabetes": Table(lambda: datasets.load_diabetes(return_X_y=True), "r2"),
    "districts": Table(districts, "r2"),
}


def contenders(classes: bool) -> dict[str, Any]:
    """Return the estimators for classes or for numbers, with their usual settings."""
    if classes:
        return {
            "ours": NetworkClassifier(random_state=SEED),
            "MLP": make_pipeline(StandardScaler(), MLPClassifier(random_state=SEED)),
            "boosting": HistGradientBoostingClassifier(random_state=SEED),
            "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        }
    return {
        "ours": NetworkRegressor(random_state=SEED),
        "MLP": TransformedTargetRegressor(
            make_pipeline(StandardScaler(), MLPRegressor(random_state=SEED)), transformer=StandardScaler()
        ),
        "boosting": HistGradientBoostingRegressor(random_state=SEED),
        "linear": make_pipeline(StandardScaler(), RidgeCV()),
    }


def measured(model: Any, table: Table, train: tuple[Array, Array], test: tuple[Array, Array]) -> list[float]:
    """Return the score, and the seconds that fit and predict took."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # MLP* says so of its 200 epochs
        model.fit(*train)
    fitted = time.process_time()
    outputs = model.predict_proba(test[0])[:, 1] if table.score == "auc" else model.predict(test[0])
    predicted = time.process_time()
    score = {"accuracy": accuracy_score, "auc": roc_auc_score, "r2": r2_score}[table.score](test[1], outputs)
    return [score, fitted - start, predicted - fitted]


def compare(table: Table, folds: int) -> dict[str, Array]:
    """Return for each contender its numbers in each fold."""
    X, y = table.load()
    classes = table.score != "r2"
    cut = (StratifiedKFold if classes else KFold)(folds, shuffle=True, random_state=SEED)
    numbers: dict[str, list[list[float]]] = {}
    for train, test in cut.split(X, y):
        for name, model in contenders(classes).items():
            numbers.setdefault(name, []).append(measured(model, table, (X[train], y[train]), (X[test], y[test])))
    return {name: np.array(rows) for name, rows in numbers.items()}


def main() -> None:
    """Print the mean scores and the median times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="SET", help=f"some of: {', '.join(TABLES)}")
    parser.add_argument("--folds", type=int, default=5)
    arguments = parser.parse_args()
    print(machine(), flush=True)
    rows = []
    for name in arguments.tables or TABLES:
        numbers = compare(TABLES[name], arguments.folds)
        for i, what in enumerate((TABLES[name].score, "fit, ms", "predict, ms")):
            values = [np.mean(folds[:, 0]) if i == 0 else 1000 * np.median(folds[:, i]) for folds in numbers.values()]
            rows.append(
                [name if i == 0 else "", what, *(f"{value:.3f}" if i == 0 else f"{value:.1f}" for value in values)]
            )
            print(*rows[-1], flush=True)  # it takes minutes
    print(text_table(["table", "", *contenders(classes=True)], rows))


if __name__ == "__main__":
    main()
