"""What must not change a result, on random networks, data and engines: one property for each rule.

`CHAINRULE_FUZZ` multiplies the number of examples: ``make fuzz`` runs them for long.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.arrays import Array, leaves
from chainrule.common.errors import ChainruleError, DataWarning
from chainrule.training.checkpoint import Checkpoint
from tests.engines import TORCH, needs_torch
from tests.fuzz.scenarios import Scenario, garbage, scenarios

# The check of types at run time looks at random items of lists, which hypothesis takes for randomness of ours.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

MANY = int(os.environ.get("CHAINRULE_FUZZ", "1"))


def some(number: int) -> Any:
    """Return hypothesis settings for so many examples, or many times as many."""
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(
        max_examples=number * MANY,
        deadline=None,
        derandomize=MANY == 1,
        suppress_health_check=checks,
        phases=set(Phase) - {Phase.explain},
    )


@pytest.fixture(autouse=True)
def _no_notes() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        yield


def weights_of(network: cr.Network) -> dict[str, Array]:
    return dict(leaves(network.params))


def assert_same_bits(a: cr.Network, b: cr.Network) -> None:
    for path, p in weights_of(a).items():
        np.testing.assert_array_equal(p, weights_of(b)[path], err_msg=path)
    assert a.history.rows == b.history.rows


def assert_close(a: cr.Network, b: cr.Network, tolerance: float = 2e-4) -> None:
    """Compare two networks that were trained with `steady`."""
    for path, p in weights_of(a).items():
        np.testing.assert_allclose(p, weights_of(b)[path], rtol=tolerance, atol=tolerance, err_msg=path)
    for ours, theirs in zip(a.history.rows, b.history.rows, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-3)


def steady(scenario: Scenario) -> Scenario:
    """Return a scenario whose steps are as small as the gradient: Adam makes a step of any rounding error."""
    return replace(scenario, optimizer=cr.SGD(0.05))


seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


# What does not count may hold anything.


@some(60)
@given(scenarios(), seeds)
def test_what_does_not_count_changes_nothing(scenario: Scenario, rng: np.random.Generator) -> None:
    other = garbage(scenario, rng)
    a, b = scenario.fit(), other.fit()
    assert_same_bits(a, b)
    assert scenario.evaluate(a) == other.evaluate(a)
    if scenario.mask is not None and scenario.weights is None:
        P, Q = a.predict(scenario.X, mask=scenario.mask), a.predict(other.X, mask=other.mask)
        counted = scenario.counted
        np.testing.assert_array_equal(P[counted], Q[counted])


@pytest.mark.parametrize("engine", ["xla", TORCH])
@some(6)
@given(scenario=scenarios(), rng=seeds)
def test_what_does_not_count_changes_nothing_on_other_engines(
    engine: str, scenario: Scenario, rng: np.random.Generator
) -> None:
    other = garbage(scenario, rng)
    assert_same_bits(scenario.fit(engine=engine), other.fit(engine=engine))


@some(25)
@given(scenarios(kinds=("words", "sequence")), seeds)
def test_longer_padding_changes_nothing(scenario: Scenario, rng: np.random.Generator) -> None:
    assume(scenario.mask is not None and not scenario.random)
    assert scenario.mask is not None
    scenario = steady(scenario)

    def longer(a: Array, axes: int) -> Array:
        return np.pad(a, [(0, 0), (0, 2), *[(0, 0)] * (a.ndim - 2)][:axes] + [(0, 0)] * (a.ndim - axes))

    per_step = scenario.per_step
    y = longer(scenario.y, 2) if per_step else scenario.y
    weights = scenario.weights
    if weights is not None and weights.ndim == 2:
        weights = longer(weights, 2)
    other = replace(scenario, X=longer(scenario.X, 2), y=y, mask=longer(scenario.mask, 2), weights=weights)
    assert_close(scenario.fit(), other.fit())


@some(20)
@given(scenarios(), seeds)
def test_only_the_proportions_of_weights_count(scenario: Scenario, rng: np.random.Generator) -> None:
    assume(scenario.weights is not None)
    assert scenario.weights is not None
    for factor in (1e-6, 3.0, 1e6):
        other = replace(scenario, weights=factor * scenario.weights)
        assert_close(steady(scenario).fit(), steady(other).fit())


# The order of rows, the form of numbers, and where they lie.


@some(30)
@given(scenarios(), seeds)
def test_the_order_of_rows_changes_no_score(scenario: Scenario, rng: np.random.Generator) -> None:
    network, order = scenario.network(), rng.permutation(len(scenario.X))
    shuffled = replace(
        scenario,
        X=scenario.X[order],
        y=scenario.y[order],
        weights=None if scenario.weights is None else scenario.weights[order],
        mask=None if scenario.mask is None else scenario.mask[order],
    )
    assert scenario.evaluate(network) == pytest.approx(shuffled.evaluate(network), rel=1e-5, abs=1e-6)


@some(25)
@given(scenarios(kinds=("table", "words")), st.sampled_from(["int8", "uint16", "int64", "float32", "float64"]))
def test_the_type_of_whole_numbers_changes_nothing(scenario: Scenario, dtype: str) -> None:
    whole = replace(scenario, X=np.abs(np.round(scenario.X)).astype(np.int32))
    assert_same_bits(whole.fit(), replace(whole, X=whole.X.astype(dtype)).fit())


def frame(X: Array) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({f"c{i}": X[:, i] for i in range(X.shape[1])})


def held(X: Array, how: str, folder: Path) -> Any:
    """Return the same numbers held in another way."""
    if how == "list":
        return X.tolist() if X.dtype.kind == "i" else X.astype(float).tolist()
    if how == "columns first":
        return np.asfortranarray(X)
    if how == "memmap":
        np.save(folder / "X.npy", X)
        return np.load(folder / "X.npy", mmap_mode="r")
    if how == "hdf5":
        path = folder / "X.h5"
        path.unlink(missing_ok=True)
        return h5py.File(path, "w").create_dataset("X", data=X)
    return frame(X) if X.ndim == 2 else X


@some(40)
@given(scenarios(), st.sampled_from(["list", "columns first", "memmap", "hdf5", "frame"]))
def test_where_numbers_lie_changes_no_score_and_no_prediction(tmp_path: Path, scenario: Scenario, how: str) -> None:
    network, X = scenario.network(), held(scenario.X, how, tmp_path)
    assert scenario.evaluate(network) == pytest.approx(scenario.evaluate(network, X=X), rel=1e-6)
    P = network.predict(scenario.X, mask=scenario.mask)
    np.testing.assert_allclose(network.predict(X, mask=scenario.mask), P, rtol=1e-5, atol=1e-6)
    if scenario.batch_size == len(scenario.X) and not scenario.random:  # the order of stored rows is another one
        assert_close(steady(scenario).fit(), steady(scenario).fit(X, scenario.y))


@some(20)
@given(scenarios())
def test_batches_of_all_examples_are_the_examples(scenario: Scenario) -> None:
    whole = replace(steady(scenario), batch_size=len(scenario.X))
    assume(not whole.random)
    batch = (whole.X, whole.y, whole.weights, whole.mask)
    assert_close(whole.fit(), whole.fit([batch]))
    network = whole.network()
    assert network.evaluate([batch], metrics=whole.metrics) == pytest.approx(whole.evaluate(network), rel=1e-6)
    P = network.predict(whole.X, mask=whole.mask)
    np.testing.assert_allclose(network.predict([batch]), P, rtol=1e-5, atol=1e-6)


# Validation, engines, and runs that are cut off.


@some(25)
@given(scenarios(), seeds)
def test_validation_is_evaluation(scenario: Scenario, rng: np.random.Generator) -> None:
    unweighted = replace(scenario, weights=None)
    data = (scenario.X, scenario.y) if scenario.mask is None else (scenario.X, scenario.y, scenario.mask)
    network = scenario.fit(validation_data=data)
    row = network.history.rows[-1]
    scores = unweighted.evaluate(network)
    assert {name: row[f"val_{name}"] for name in scores} == pytest.approx(scores, rel=1e-4, abs=1e-6)


@some(8)
@given(scenarios(losses=("categorical_cross_entropy",), targets=("labels",)))
def test_class_weights_do_not_count_in_a_split(scenario: Scenario) -> None:
    still = {"optimizer": cr.SGD(1e-30), "validation_split": 0.4, "epochs": 1}
    a = scenario.fit(**still, class_weight={label: label + 0.5 for label in range(int(scenario.y.max()) + 1)})
    b = scenario.fit(**still, class_weight=None)
    assert a.history["val_loss"] == pytest.approx(b.history["val_loss"], rel=1e-5)


@some(8)
@given(scenarios())
def test_xla_trains_like_numpy(scenario: Scenario) -> None:
    assume(not scenario.random)
    assert_close(steady(scenario).fit(), steady(scenario).fit(engine="xla"), tolerance=3e-3)


@needs_torch
@some(16)
@given(scenarios())
def test_pytorch_trains_like_numpy_with_its_random_numbers_too(scenario: Scenario) -> None:
    assert_close(steady(scenario).fit(), steady(scenario).fit(engine="torch:cpu"), tolerance=3e-3)


class Killed(cr.Callback):
    """Ends a run as a kill would: no last checkpoint is written."""

    def __init__(self, step: int) -> None:
        self._step = step

    def batch_end(self, run: Any) -> None:
        if run.step == self._step:
            raise RuntimeError("killed")


@some(25)
@given(scenarios(), st.integers(1, 6), st.sampled_from(["none", "data", "split"]))
def test_a_killed_run_ends_with_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, step: int, validation: str
) -> None:
    folder = tmp_path_factory.mktemp("run")
    data = (scenario.X, scenario.y) if scenario.mask is None else (scenario.X, scenario.y, scenario.mask)
    more: dict[str, Any] = {"validation_split": 0.3} if validation == "split" else {}
    if validation == "data":
        more["validation_data"] = data
    checkpoint = Checkpoint(folder, seconds=0.0)
    try:
        scenario.fit(checkpoint=checkpoint, callbacks=[Killed(step)], **more)
    except RuntimeError:
        pass
    assert_same_bits(scenario.fit(checkpoint=checkpoint, **more), scenario.fit(**more))


@some(25)
@given(scenarios(), st.sampled_from(["X", "y", "weights", "mask", "class_weight", "metrics", "optimizer", "layers"]))
def test_a_run_that_depends_on_something_else_is_refused(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, changed: str
) -> None:
    folder = tmp_path_factory.mktemp("run")
    scenario.fit(checkpoint=folder, epochs=1)
    other = _changed(scenario, changed)
    assume(other is not None)
    assert other is not None
    with pytest.raises(ChainruleError, match="holds a run with other settings or data"):
        other.fit(checkpoint=folder, epochs=2)


def _changed(scenario: Scenario, what: str) -> Scenario | None:
    if what == "X":
        X = scenario.X.copy()
        X[-1] = 1 if X.dtype.kind == "i" and X[-1].ravel()[0] != 1 else X[-1] + 1 if X.dtype.kind == "f" else 0
        return replace(scenario, X=X)
    if what == "y":
        y = np.roll(scenario.y, 1, axis=0)
        counts = scenario.counted if scenario.counted.any() else None
        return None if counts is None or np.array_equal(y[counts], scenario.y[counts]) else replace(scenario, y=y)
    if what == "weights":
        weights = np.ones(len(scenario.X)) if scenario.weights is None else scenario.weights.copy()
        weights[-1] += 0.5
        return replace(scenario, weights=weights)
    if what == "mask":
        return None if scenario.mask is None else replace(scenario, mask=None)
    if what == "class_weight":
        return None if scenario.class_weight is None else replace(scenario, class_weight=None)
    if what == "metrics":
        return replace(scenario, metrics=() if scenario.metrics is None else None)
    if what == "optimizer":
        return replace(scenario, optimizer=cr.RMSProp(cr.Cosine(0.01, steps=9)))
    return replace(scenario, layers=(*scenario.layers[:-1], cr.Tanh(), scenario.layers[-1]))
