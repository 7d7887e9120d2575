"""The linear model of a table: a network starts from it, and where it ends behind it, that is said."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.common.errors import DataWarning
from chainrule.common.texts import Note
from chainrule.tables import networks
from chainrule.tables.linear import linear_model, linear_start
from chainrule.tables.scores import behind
from chainrule.tables.targets import Target

TARGETS = {
    "values": Target("y", "regression", Note("")),
    "two classes": Target("y", "classification", Note(""), ("a", "b")),
    "three classes": Target("y", "classification", Note(""), ("a", "b", "c")),
}


def examples(target: Target, shape: tuple[int, ...] = (5,), rows: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose target is linear in them, with some noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, *shape)).astype(np.float32)
    Z = X.reshape(rows, -1) @ rng.normal(size=(int(np.prod(shape)), 3)) + rng.normal(0, 0.3, (rows, 3))
    if target.task == "regression":
        return X, Z[:, :1].astype(np.float32)
    return X, Z[:, : len(target.classes)].argmax(axis=1)


@pytest.mark.parametrize("layers", [(16, 8), ()])
@pytest.mark.parametrize("shape", [(5,), (4, 3)])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_network_starts_as_the_linear_model(target: Target, shape: tuple[int, ...], layers: tuple[int, ...]) -> None:
    X, y = examples(target, shape)
    network = networks.network(shape, target, layers, seed=0)
    assert networks.has_linear_part(network)
    start = linear_start(target, X, y, None)
    assert start is not None
    networks.start_from(network, *start)
    model = linear_model(target, X.reshape(len(X), -1), y.reshape(len(y)))
    if target.task == "regression":
        expected = model.predict(X.reshape(len(X), -1))[:, None]
    else:
        expected = model.predict_proba(X.reshape(len(X), -1))[:, 1 if len(target.classes) == 2 else 0 :]
    np.testing.assert_allclose(network.predict(X), expected, rtol=1e-3, atol=1e-4)


def test_only_hidden_layers_by_their_sizes_come_with_a_linear_part() -> None:
    for shape, layers in (((5,), [cr.Dense(3), cr.Tanh()]), ((8, 8, 1), (16,))):
        assert not networks.has_linear_part(networks.network(shape, TARGETS["values"], layers, seed=0))


def test_there_is_no_start_without_the_rows_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    target = TARGETS["three classes"]
    X, y = examples(target)
    assert linear_start(target, X[:9], y[:9], None) is None
    assert linear_start(target, X[y < 2], y[y < 2], None) is None
    monkeypatch.setattr("chainrule.tables.linear._ENOUGH", 79 * 15)
    assert linear_start(target, X, y, None) is None


def test_classes_weigh_in_the_start() -> None:
    target = TARGETS["two classes"]
    X, y = examples(target)
    starts = [linear_start(target, X, y, weights) for weights in (None, {0: 1.0, 1: 50.0})]
    assert starts[0] is not None and starts[1] is not None and starts[1][1] > starts[0][1] + 1


def linear_table(task: str, rows: int) -> polars.DataFrame:
    rng = np.random.default_rng(rows)
    X = rng.normal(size=(rows, 8))
    z = X @ rng.normal(size=8)
    y: Any = z + rng.normal(size=rows) if task == "regression" else np.where(z + rng.logistic(size=rows) > 0, "a", "b")
    return polars.DataFrame({**{f"x{i}": X[:, i] for i in range(8)}, "y": y})


@pytest.mark.parametrize("rows", [300, 1500])
@pytest.mark.parametrize(("task", "score"), [("regression", "rmse"), ("classification", "log_loss")])
def test_what_is_linear_is_learned_as_well_as_by_the_linear_model(task: str, score: str, rows: int) -> None:
    train, test = cr.tables.split(linear_table(task, rows), 0.3)
    model = cr.TableModel.fit(train, "y", verbose=False)
    _, linear = model.baselines(train, test).values()
    assert model.evaluate(test)[score] < 1.05 * linear[score]


SCORES: dict[str, tuple[dict[str, Any], dict[str, dict[str, float]], str]] = {
    "far behind": (
        {"rmse": 12.0, "r2": 0.7},
        {"mean": {"rmse": 20.0, "r2": 0.0}, "ridge regression": {"rmse": 9.0, "r2": 0.85}},
        r"is behind ridge regression on the rows that test \(rmse 12\.00 against 9\.0000\)\. Try preset=",
    ),
    "the farther one": (
        {"log_loss": 0.9, "accuracy": 0.5},
        {"most frequent class": {"log_loss": 0.7}, "logistic regression": {"log_loss": 0.3}},
        r"behind logistic regression .* \(log_loss 0\.9000 against 0\.3000\)",
    ),
    "no model at all": (
        {"rmse": 12.0, "r2": -0.4},
        {"mean": {"rmse": 10.0, "r2": 0.0}},
        "behind the mean .* The columns say little of the target",
    ),
    "a season": ({"rmse": 12.0, "r2": 0.4}, {"one season before": {"rmse": 10.0, "r2": 0.5}}, "Try a longer history"),
    "a little": ({"rmse": 10.5, "r2": 0.77}, {"ridge regression": {"rmse": 10.0, "r2": 0.79}}, "^$"),
    "both as good as perfect": ({"rmse": 0.02, "r2": 0.999}, {"ridge regression": {"rmse": 0.01, "r2": 0.9999}}, "^$"),
    "nothing to compare": ({"rmse": 0.02}, {"last value": {"mae": 0.01}}, "^$"),
}


@pytest.mark.parametrize(("network", "baselines", "sentence"), SCORES.values(), ids=SCORES)
def test_a_network_that_is_behind_says_so(network: Any, baselines: Any, sentence: str) -> None:
    assert re.search(sentence, behind({"this network": network, **baselines}))


def test_a_network_whose_classes_weigh_the_same_is_judged_by_its_classes() -> None:
    """Its probabilities are those of another mixture, so that their cross-entropy says nothing."""
    network = {"accuracy": 0.93, "balanced_accuracy": 0.89, "log_loss": 0.14}
    plain = {"logistic regression": {"accuracy": 0.99, "balanced_accuracy": 0.63, "log_loss": 0.04}}
    assert "log_loss" in behind({"this network": network, **plain})
    assert behind({"this network": network, **plain}, weighed=True) == ""
    assert "(balanced_accuracy 0.5000 against" in behind(
        {"this network": {**network, "balanced_accuracy": 0.5}, **plain}, weighed=True
    )


def test_no_preset_is_advised_for_pictures() -> None:
    """It refuses them."""
    scores = {"this network": {"log_loss": 0.9}, "logistic regression": {"log_loss": 0.3}}
    assert "preset" in behind(scores) and "preset" not in behind(scores, pictures=True)
    pictures = polars.Series("picture", np.random.default_rng(0).integers(0, 255, (60, 8, 8, 1)).astype(np.uint8))
    model = cr.TableModel.fit({"picture": pictures, "y": ["a", "b"] * 30}, "y", epochs=1, verbose=False)
    model.report["test"] = scores
    assert "behind logistic regression" in model.behind() and "more epochs" in model.behind()


def test_the_model_knows_whether_classes_weighed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = {"x": rng.normal(size=600), "y": np.where(rng.random(600) < 0.05, "rare", "often")}
    advised = pytest.warns(DataWarning, match="or weigh the classes")
    for weight, saying in ((None, advised), ("balanced", contextlib.nullcontext())):  # no advice that was followed
        with saying:
            model = cr.TableModel.fit(frame, "y", class_weight=weight, layers=(8,), epochs=2, verbose=False)
        model.save(tmp_path / "model")
        assert cr.TableModel.load(tmp_path / "model").report["weighed"] is (weight == "balanced")


def test_the_report_keeps_how_the_network_compares() -> None:
    """One that has hardly learned is behind, and the next thing to try is said."""
    train, test = cr.tables.split(linear_table("regression", 300), 0.3)
    model = cr.TableModel.fit(train, "y", layers=[cr.Dense(2), cr.ReLU()], epochs=1, verbose=False)
    with pytest.warns(DataWarning, match="The network is behind ridge regression on the rows that test"):
        scores = model.compare(train, test)
    assert list(scores) == ["this network", "mean", "ridge regression"] and model.report["test"] is scores
