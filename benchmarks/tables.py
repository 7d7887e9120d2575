"""Compare the estimators, untuned, with those of scikit-learn, untuned: scores and times on eight tables.

Run with: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.tables [--folds 5] [--only NAME ...] [SET ...]

"tabular" is ours with preset="tabular". Where pytabkit and Keras are installed, RealMLP-TD-S and a network as people
write it with Keras stand beside it; the environment of the other benchmarks has both (benchmarks/.venv, which
`python -m benchmarks.suite` makes). Without names of sets, the eight small ones are measured.

All take the same folds in turns. The networks of scikit-learn and of Keras and linear models get a StandardScaler, and
those networks one for the targets of a regression, too, without which R² is below 0; ours scale inside. Scores are
accuracy, the area under the ROC curve where a class is rare, and R² for numbers. Times are those of the processor, so
that what else the machine does counts little. The tables that are made have a seed; the defaults were chosen with other
seeds, for the folds as well as for these tables, and on other tables that are made.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import warnings
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import rankdata
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
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

try:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor
except ImportError:
    RealMLP_TD_S_Classifier = RealMLP_TD_S_Regressor = None
try:
    from benchmarks import keras_tables
except ImportError:
    keras_tables = None  # type: ignore[assignment]
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)  # it tells of each fit

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


def districts(rows: int) -> tuple[Array, Array]:
    """Return rows like those of house prices by district: skewed columns, each in units of its own."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((rows, 8))
    income, rooms, people = np.exp(0.5 * X[:, 0]), np.exp(0.3 * X[:, 1]), np.exp(X[:, 2])
    north, west, age = X[:, 3], X[:, 4], abs(X[:, 5])
    coast = np.exp(-((north - 0.5 * west) ** 2))
    price = 60 * income + 80 * coast + 10 * np.minimum(age, 1) * rooms - 15 * np.log(people) + 25 * X[:, 6]
    X = np.column_stack([income, rooms, 1000 * people, 34 + north, -118 + west, 30 * age, X[:, 6], X[:, 7]])
    return X, 1000 * (price + 20 * rng.standard_normal(rows))


def mixed(rows: int, classes: int) -> tuple[Array, Array]:
    """Return a table whose classes overlap: clusters in a few of 30 columns, some of them heavy-tailed."""
    X, y = datasets.make_classification(
        rows,
        30,
        n_informative=10,
        n_redundant=5,
        n_classes=classes,
        n_clusters_per_class=4,
        class_sep=0.7,
        flip_y=0.02,
        random_state=SEED,
    )
    X[:, ::3] = np.sinh(X[:, ::3])
    return X, y


def waves(rows: int) -> tuple[Array, Array]:
    """Return Friedman's function of 5 columns among 15, and noise."""
    made: tuple[Array, Array] = datasets.make_friedman1(rows, 15, noise=1.0, random_state=SEED)
    return made


TABLES = {
    "iris": Table(lambda: datasets.load_iris(return_X_y=True), "accuracy"),
    "wine": Table(lambda: datasets.load_wine(return_X_y=True), "accuracy"),
    "breast cancer": Table(lambda: datasets.load_breast_cancer(return_X_y=True), "accuracy"),
    "digits": Table(lambda: datasets.load_digits(return_X_y=True), "accuracy"),
    "rare, 5 %": Table(lambda: rare(3000, 0.05), "auc"),
    "rare, 1 %": Table(lambda: rare(5000, 0.01), "auc"),
    "diabetes": Table(lambda: datasets.load_diabetes(return_X_y=True), "r2"),
    "districts": Table(lambda: districts(2500), "r2"),
}
LARGE_TABLES = {
    "waves, 10,000": Table(lambda: waves(10_000), "r2"),
    "districts, 20,000": Table(lambda: districts(20_000), "r2"),
    "two classes, 20,000": Table(lambda: mixed(20_000, 2), "accuracy"),
    "five classes, 100,000": Table(lambda: mixed(100_000, 5), "accuracy"),
}


def scaled_around(regressor: Any) -> Any:
    """Return a regressor whose inputs and targets are standardized."""
    return TransformedTargetRegressor(make_pipeline(StandardScaler(), regressor), transformer=StandardScaler())


def contenders(classes: bool) -> dict[str, Any]:
    """Return the estimators for classes or for numbers, with their usual settings."""
    if classes:
        networks = {
            "ours": NetworkClassifier(random_state=SEED),
            "tabular": NetworkClassifier(preset="tabular", random_state=SEED),
            "MLP": make_pipeline(StandardScaler(), MLPClassifier(random_state=SEED)),
        }
        others = {
            "boosting": HistGradientBoostingClassifier(random_state=SEED),
            "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        }
    else:
        networks = {
            "ours": NetworkRegressor(random_state=SEED),
            "tabular": NetworkRegressor(preset="tabular", random_state=SEED),
            "MLP": scaled_around(MLPRegressor(random_state=SEED)),
        }
        others = {
            "boosting": HistGradientBoostingRegressor(random_state=SEED),
            "linear": make_pipeline(StandardScaler(), RidgeCV()),
        }
    if RealMLP_TD_S_Classifier is not None:
        realmlp = RealMLP_TD_S_Classifier if classes else RealMLP_TD_S_Regressor
        networks["TD-S"] = realmlp(device="cpu", n_threads=1, random_state=SEED)
    if keras_tables is not None:
        classifier = make_pipeline(StandardScaler(), keras_tables.KerasClassifier(SEED))
        networks["Keras"] = classifier if classes else scaled_around(keras_tables.KerasRegressor(SEED))
    return networks | others


def measured(model: Any, table: Table, train: tuple[Array, Array], test: tuple[Array, Array]) -> list[float]:
    """Return the score, and the seconds that fit and predict took."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLP* says that its 200 epochs ended; Lightning, how it could be faster
        model.fit(*train)
    fitted = time.process_time()
    outputs = model.predict_proba(test[0])[:, 1] if table.score == "auc" else model.predict(test[0])
    predicted = time.process_time()
    score = {"accuracy": accuracy_score, "auc": roc_auc_score, "r2": r2_score}[table.score](test[1], outputs)
    return [score, fitted - start, predicted - fitted]


def compare(table: Table, folds: int, only: Collection[str] = ()) -> dict[str, Array]:
    """Return for each contender its numbers in each fold; `only` names those that take part, if not all do."""
    X, y = table.load()
    classes = table.score != "r2"
    cut = (StratifiedKFold if classes else KFold)(folds, shuffle=True, random_state=SEED)
    numbers: dict[str, list[list[float]]] = {}
    for train, test in cut.split(X, y):
        for name, model in contenders(classes).items():
            if only and name not in only:
                continue
            fold = measured(model, table, (X[train], y[train]), (X[test], y[test]))
            print(name, *(f"{number:.4g}" for number in fold), file=sys.stderr, flush=True)  # a large one takes an hour
            numbers.setdefault(name, []).append(fold)
    return {name: np.array(rows) for name, rows in numbers.items()}


def mean_ranks(scores: list[list[float]]) -> Array:
    """Return the mean rank of each contender, 1 for the best; scores that are equal as they are shown share ranks."""
    ranks: Array = np.mean([rankdata(-np.round(row, 3)) for row in scores], axis=0)
    return ranks


def main() -> None:
    """Print the mean scores and the median times."""
    known, names = TABLES | LARGE_TABLES, list(contenders(classes=True))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="SET", help=f"some of: {'; '.join(known)}")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help=f"one of: {', '.join(names)}")
    arguments = parser.parse_args()
    print(machine(), flush=True)
    rows, scores = [], []
    for name in arguments.tables or TABLES:
        numbers = compare(known[name], arguments.folds, arguments.only).values()
        scores.append([float(np.mean(folds[:, 0])) for folds in numbers])
        fit, predict = ([f"{1000 * np.median(folds[:, i]):.1f}" for folds in numbers] for i in (1, 2))
        part = [
            [name, known[name].score, *(f"{score:.3f}" for score in scores[-1])],
            ["", "fit, ms", *fit],
            ["", "predict, ms", *predict],
        ]
        for row in part:
            print(*row, flush=True)  # it takes minutes
        rows += part
    rows.append(["mean rank", "", *(f"{rank:.2f}" for rank in mean_ranks(scores))])
    print(text_table(["table", "", *(name for name in names if name in (arguments.only or names))], rows))


if __name__ == "__main__":
    main()
