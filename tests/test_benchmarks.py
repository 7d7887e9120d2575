"""The benchmarks' own arithmetic; nothing is timed here."""

import numpy as np
import pytest

from benchmarks.contenders import CONTENDERS, TRAINING, ours
from benchmarks.scaling import fitted_exponent
from benchmarks.tables import LARGE_TABLES, TABLES, compare, contenders, mean_ranks
from benchmarks.targets import TARGETS, deviating, ratio, to_best_peer, verdicts
from benchmarks.workloads import CHECKED, WORKLOADS, order


@pytest.mark.parametrize("name", [name for name in WORKLOADS if name not in ("W5", "W7", "W10")])
def test_our_side_of_a_workload_runs(name: str) -> None:
    first = ours.make(WORKLOADS[name], "numpy").first()
    numbers = CHECKED if name in TRAINING else WORKLOADS[name].outputs * CHECKED
    assert len(first) == numbers
    assert np.isfinite(first).all()


def test_our_losses_are_those_of_single_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "LEARNING_RATE", 1e-30)  # so that all batches meet the first weights
    workload = WORKLOADS["W2"]
    X, y = workload.examples(CHECKED)
    network, batches = workload.network(), order(1, len(X)).reshape(CHECKED, workload.batch)
    losses = [float(network.loss(network.body.forward(network.params, X[rows])[0], y[rows])[0]) for rows in batches]
    assert ours.make(workload, "numpy").first() == pytest.approx(losses, rel=1e-5)


def test_every_target_names_contenders_that_take_part() -> None:
    for target in TARGETS:
        assert target.workload in CONTENDERS[target.ours].workloads
        assert any(target.workload in CONTENDERS[peer].workloads for peer in target.peers)


def test_who_computes_something_else_is_found() -> None:
    losses = {"numpy": [1.0, 2.0], "torch": [1.0001, 2.0], "jax-step": [1.0, 1.9999], "keras": [1.0, 2.01]}
    assert deviating(losses) == ["keras"]
    assert deviating(losses | {"keras": [1.0, float("nan")]}) == ["keras"]
    assert deviating({name: losses[name] for name in ("numpy", "torch", "jax-step")}) == []
    with pytest.raises(ValueError, match="must report as many numbers"):
        deviating({"numpy": [1.0], "torch": [1.0, 2.0]})


def test_ratios_are_to_the_best_peer() -> None:
    times = {"numpy": [1.0, 3.0, 2.0], "torch": [4.0, 5.0, 9.0], "torch-1": [2.0, 8.0, 8.0]}
    assert ratio(times, "numpy", ("torch", "torch-1", "keras")) == (0.5, 0.4)
    assert ratio(times, "xla", ("torch",)) is None
    assert ratio(times, "numpy", ("keras",)) is None
    assert to_best_peer(times, "torch") == 2.0


def test_targets_are_met_or_missed_by_the_minimum() -> None:
    met = {"numpy": [9.0, 1.0, 9.0], "torch": [1.0, 1.0, 1.0]}
    missed = {"numpy": [1.3, 1.3, 1.3], "torch": [9.0, 1.0, 9.0]}  # the medians say the opposite of both
    rows = verdicts({"W3": met, "W4": missed})
    assert [(row["workload"], row["met"]) for row in rows] == [("W3", True), ("W4", False)]
    (row,) = verdicts({"W9": {"xla": [1.0], "jax-step": [1.0]}})
    assert row["met"] is None


def test_the_exponent_is_that_of_the_larger_sizes() -> None:
    sizes = [1, 10, 100, 1000]
    assert fitted_exponent(sizes, [7.0, 7.0, 100.0**1.5, 1000.0**1.5]) == pytest.approx(1.5)


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_all_contenders_learn_a_table(name: str) -> None:
    least = 0.85 if name == "iris" else 0.3
    numbers = compare(TABLES[name], folds=2)
    assert list(numbers) == list(contenders(name == "iris"))
    assert {"ours", "tabular", "MLP", "boosting", "linear"} <= numbers.keys()
    for rows in numbers.values():
        assert rows.shape == (2, 3)
        assert rows[:, 0].mean() > least
    assert list(compare(TABLES[name], folds=2, only=["linear"])) == ["linear"]


def test_ranks_are_of_scores_as_they_are_shown() -> None:
    assert mean_ranks([[0.9, 0.8, 0.7], [0.5001, 0.5, 0.4]]).tolist() == [1.25, 1.75, 3]


def test_large_tables_have_as_many_rows_as_their_names_say() -> None:
    for name, table in LARGE_TABLES.items():
        X, y = table.load()
        assert f"{len(X):,}" == name.rpartition(", ")[2] == f"{len(y):,}"
        assert np.isfinite(X).all()
