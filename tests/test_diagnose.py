"""Diagnosis: each planted fault is named, healthy networks are left alone, and nothing of the network changes."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.arrays import leaves, map_leaves
from chainrule.cli import main
from chainrule.common.errors import InputError, NetworkWarning
from chainrule.trace.diagnosis import telling, thresholds
from chainrule.trace.diagnosis.finding import Diagnosis
from tests.diagnosed_nets import (
    BLOBS,
    HEALTHY,
    MOONS,
    SICK,
    Patient,
    blobs,
    dead,
    digits,
    learned,
    mlp,
    rare,
    scaled,
    stack,
    values,
)
from tests.engines import TORCH
from tests.pages import Page

TEXTS = tomllib.loads(Path(telling.__file__).with_name("findings.toml").read_text("utf-8"))


def diagnosed(patient: Patient) -> Diagnosis:
    return patient.network.diagnose(patient.X, patient.y, **patient.options)


def keys(diagnosis: Diagnosis) -> list[str]:
    return [finding.key for finding in diagnosis.findings]


@pytest.mark.parametrize("name", SICK)
def test_a_planted_fault_is_named_first(name: str) -> None:
    fault = SICK[name]
    diagnosis = diagnosed(fault.make())
    assert not diagnosis.ok and diagnosis.findings[0].key == fault.key, str(diagnosis)
    assert fault.layer in ("", diagnosis.findings[0].layer)
    assert set(keys(diagnosis)) - {fault.key} <= set(fault.effects), str(diagnosis)


def test_every_fault_is_planted() -> None:
    assert {fault.key for fault in SICK.values()} == set(TEXTS)


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_network_is_left_alone(name: str, no_type_checks: None) -> None:
    """Before training, with its optimizer, and afterwards."""
    healthy = HEALTHY[name]
    patient = healthy.make()
    network, X, y = patient.network, patient.X, patient.y
    assert keys(network.diagnose(X, y, optimizer=healthy.optimizer)) == []
    if healthy.epochs:
        network.fit(X, y, epochs=healthy.epochs, batch_size=64, optimizer=healthy.optimizer, verbose=False)
        diagnosis = network.diagnose(X, y)
        assert diagnosis.ok and not diagnosis.notes, str(diagnosis)


def test_a_rate_that_kills_units_is_told_before_it_does(no_type_checks: None) -> None:
    """SGD(0.1) on the sine: with it, 15 of 16 ReLUs of the second layer are dead after 60 epochs."""
    (X, y), _ = cr.datasets.DATASETS["sine"].load(0)
    network = cr.Network.mlp([1, 16, 16, 1], "relu", "mean_squared_error")
    assert keys(network.diagnose(X, y, optimizer=cr.SGD(0.1))) == ["high-learning-rate"]
    network.fit(X, y, epochs=60, optimizer=cr.SGD(0.1), verbose=False)
    (finding,) = network.diagnose(X, y).findings
    assert (finding.key, finding.layer, finding.numbers["units"]) == ("dead-units", "layer3", 16)
    assert finding.numbers["dead"] >= 12


def test_a_better_rate_is_one_with_which_the_loss_falls() -> None:
    X, y = digits()
    network = cr.Network.mlp([784, 64, 10], seed=0)
    for optimizer in (cr.SGD(20.0), cr.SGD(1e-6)):
        (finding,) = network.diagnose(X, y, optimizer=optimizer).findings
        assert keys(network.diagnose(X, y, optimizer=cr.SGD(finding.numbers["better"]))) == []
    # A schedule begins low on purpose.
    assert network.diagnose(X, y, optimizer=cr.SGD(cr.Warmup(10**6, cr.Constant(0.1)))).ok


@pytest.mark.parametrize("make", [cr.SGD, cr.Momentum, cr.Adam, cr.Lion])
def test_a_rate_may_be_wrong_by_any_factor(make: Any) -> None:
    for patient in (blobs(), Patient(cr.Network.mlp([2, 16, 1], seed=0), *MOONS)):
        for rate, key in ((1e-37, "low"), (1e-12, "low"), (1e12, "high"), (1e37, "high")):
            (finding,) = patient.network.diagnose(patient.X, patient.y, optimizer=make(rate)).findings
            assert finding.key == f"{key}-learning-rate" and 1e-4 <= finding.numbers["better"] <= 0.1


def test_a_rate_is_judged_from_the_start_if_the_optimizer_forgot_its_state() -> None:
    """Adam's first steps are as long as its rate in every parameter, also where it would have arrived."""
    (X, y), _ = cr.datasets.DATASETS["sine"].load(0)
    network, optimizer = cr.Network.mlp([1, 64, 64, 1], "tanh", "mean_squared_error"), cr.Adam(0.01)
    network.fit(X, y, epochs=20, optimizer=optimizer, verbose=False)
    network._optimizer = None  # as after it was loaded
    diagnosis = network.diagnose(X, y, optimizer=optimizer)
    assert diagnosis.ok and diagnosis.notes == ("from-start",) and "began with" in str(diagnosis)
    assert keys(network.diagnose(X, y, optimizer=cr.Adam(3.0))) == ["high-learning-rate"]


# What is judged, and on which numbers.


def test_numbers_are_those_of_the_examples() -> None:
    X, y = BLOBS
    finding = mlp().diagnose(100 * X[:200], y[:200]).findings[0]
    assert finding.key == "large-inputs"
    np.testing.assert_allclose(finding.numbers["rms"], 100 * np.sqrt(np.mean(X[:200] ** 2)), rtol=1e-5)
    np.testing.assert_allclose(finding.numbers["largest"], 100 * X[:200].max(), rtol=1e-6)
    diagnosis = mlp().diagnose(X, y)
    shares = np.bincount(y) / len(y)
    assert diagnosis.examples == 400 and diagnosis.guessing is not None
    assert abs(diagnosis.guessing - -np.sum(shares * np.log(shares))) < 0.01  # of the 256 that pass through
    (finding,) = diagnosed(rare()).findings
    assert (finding.numbers["rare"], finding.numbers["examples"]) == (2, 272)
    np.testing.assert_allclose(finding.numbers["rare_share"], 5 / 272)


def test_weights_count_in_the_balance_of_classes() -> None:
    patient = rare()
    weights = np.where(patient.y == 2, 26.7, 1.0)
    assert patient.network.diagnose(patient.X, patient.y, sample_weight=weights).ok
    X, y = MOONS
    network = cr.Network.mlp([2, 8, 1])
    rare_yes = np.flatnonzero((y == 0) | (np.arange(400) < 12))
    assert keys(network.diagnose(X[rare_yes], y[rare_yes])) == ["imbalanced-classes"]
    assert keys(mlp().diagnose(BLOBS[0], np.eye(3)[np.minimum(BLOBS[1], 1)])) == ["unused-outputs"]


def test_rare_and_missing_classes_and_a_single_one_are_told_apart() -> None:
    X, y = digits()
    few = np.flatnonzero((y != 9) | (np.cumsum(y == 9) <= 3))
    network = cr.Network.mlp([784, 32, 10], seed=0)
    (finding,) = network.diagnose(X[few], y[few]).findings
    assert "Class 9 makes up <1%" in finding.sentence() and "an even share is 10%" in finding.sentence()
    (finding,) = network.diagnose(X[y < 7], y[y < 7]).findings
    assert (finding.key, finding.numbers["missing"]) == ("unused-outputs", "7, 8, 9")
    binary = cr.Network.mlp([2, 8, 1])
    assert keys(binary.diagnose(MOONS[0][:20], np.ones(20, int))) == ["one-class"]
    assert binary.diagnose(MOONS[0][:8], np.ones(8, int)).ok  # eight may be alike by chance


def test_outputs_that_reach_the_targets_are_in_order() -> None:
    X, y = BLOBS
    shares = np.linspace(0, 1, 400)[:, np.newaxis]
    for function, targets in (
        ("sigmoid", shares),
        ("tanh", 2 * shares - 1),
        ("relu", 3 * shares),
        ("softplus", shares),
    ):
        network = stack(cr.Dense(16), cr.ReLU(), cr.Dense(1), cr.Activation(function), loss="mean_squared_error")
        assert network.diagnose(X, targets).ok, function
        assert keys(network.diagnose(X, targets - 2)) == ["unreachable-targets"], function
    for function, found in (("leaky_relu", []), ("log_softmax", []), ("tanh", ["limited-logits"])):
        assert keys(stack(cr.Dense(16), cr.Dense(3), cr.Activation(function)).diagnose(X, y)) == found, function


def test_a_range_without_an_end_reads_well() -> None:
    X, y = BLOBS
    (finding,) = stack(cr.Dense(16), cr.Dense(3), cr.ReLU()).diagnose(X, y).findings
    assert "whose values lie between 0 and ∞, but" in finding.sentence() and "0~∞" in finding.sentence("ko")


def test_what_strives_for_the_unreachable_is_not_called_saturated() -> None:
    patient = values(cr.Dense(16), cr.ReLU(), cr.Dense(1), cr.Sigmoid())
    scaled(patient.network, "W", 40, (2,))
    assert keys(diagnosed(patient)) == ["unreachable-targets"]


def test_examples_of_weight_0_are_not_looked_at() -> None:
    X, y = BLOBS
    weights = np.r_[np.zeros(300), np.ones(100)]
    wild = np.where(weights[:, np.newaxis] > 0, X, 1e6)
    diagnosis = mlp().diagnose(wild, y, sample_weight=weights, optimizer="adam")
    assert diagnosis.ok and diagnosis.examples == 100
    with pytest.raises(InputError, match="all 0"):
        mlp().diagnose(X, y, sample_weight=np.zeros(400))


def test_padding_is_not_looked_at() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((100, 5, 3)), rng.integers(2, size=100)
    mask = (np.arange(5) < rng.integers(1, 6, size=(100, 1))).astype(float)
    X[mask == 0] = 1e6
    network = stack(cr.LSTM(8), cr.Dense(1), loss="binary_cross_entropy", shape=(5, 3))
    assert network.diagnose(X, y, mask=mask, optimizer="adam").ok
    assert keys(network.diagnose(X, y))[0] == "large-inputs"
    X[..., 1] = 0.5  # at all steps that count, though zeros take the place of the padding
    assert keys(network.diagnose(X, y, mask=mask)) == ["constant-feature"]


def test_what_a_normalization_scales_is_in_order() -> None:
    X, y = BLOBS
    layers = [cr.BatchNorm(), cr.Dense(16), cr.ReLU(), cr.Dense(3, "xavier")]
    assert stack(*layers).diagnose(X * [1, 50_000] + 1000, y).ok
    assert keys(stack(*layers[1:]).diagnose(X * [1, 50_000] + 1000, y))[0] == "uneven-columns"


def test_the_background_of_pictures_is_no_constant_feature() -> None:
    """Hundreds of border pixels are the same in all pictures, also if pictures were standardized."""
    X, y = digits()
    network = cr.Network.mlp([784, 32, 10])
    assert network.diagnose(X, y).ok and network.diagnose((X - X.mean()) / X.std(), y).ok
    table = np.c_[BLOBS[0], np.zeros((400, 1))]  # in a table, a column of zeros is one that nobody filled in
    (finding,) = mlp(features=3).diagnose(table, BLOBS[1]).findings
    assert (finding.key, finding.numbers["columns"], finding.numbers["value"]) == ("constant-feature", "2", 0)


def test_columns_have_their_names() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(BLOBS[0] * [1, 50_000], columns=["age", "income"])
    network = cr.Network.mlp([2, 4, 3], "tanh")
    network.fit(table / [1, 50_000], BLOBS[1], epochs=1, verbose=False)
    assert "standard deviation of column income is" in network.diagnose(table, BLOBS[1]).findings[0].sentence()


def test_words_are_looked_up_and_need_no_scale() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(500, size=(100, 6)), rng.integers(2, size=100)
    layers = [cr.Embedding(500, 8), cr.Flatten(), cr.Dense(1, "xavier")]
    network = stack(*layers, loss="binary_cross_entropy", shape=(6,))
    assert network.diagnose(X, y, optimizer="adam").ok


def test_both_directions_of_time_are_looked_at() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 40, 3)), rng.integers(2, size=60)
    layers = [cr.Bidirectional(cr.RNN(16)), cr.Dense(1)]
    network = stack(*layers, loss="binary_cross_entropy", shape=(40, 3))
    assert network.diagnose(X, y).ok
    for direction in network.params[0].values():
        direction["Wh"] *= 0.3
    findings = network.diagnose(X, y).findings
    assert [(f.key, f.layer) for f in findings] == [
        ("vanishing-in-time", "layer0.ahead"),
        ("vanishing-in-time", "layer0.back"),
    ]


def test_several_answers_and_steps_are_judged() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 4))
    several = stack(cr.Dense(8), cr.ReLU(), cr.Dense(3), loss="binary_cross_entropy", shape=(4,))
    assert several.diagnose(X, rng.integers(2, size=(100, 3)), optimizer="adam").ok
    steps = stack(cr.LSTM(8, sequence=True), cr.Dense(3), shape=(4, 4))
    assert steps.diagnose(rng.standard_normal((60, 4, 4)), rng.integers(3, size=(60, 4)), optimizer="adam").ok
    flat = rng.standard_normal((60, 4, 4)), np.where(rng.random((60, 4)) < 0.02, 2, rng.integers(2, size=(60, 4)))
    assert keys(steps.diagnose(*flat)) == ["imbalanced-classes"]


def test_few_examples_accuse_nobody() -> None:
    X, y = BLOBS
    assert "with 1 example and" in str(mlp().diagnose(X[:1], y[:1]))
    assert mlp().diagnose([[0.0, 0.5], [1.0, 0.501], [0.5, 0.503]], [0, 1, 2]).ok  # column 1 varies little by chance
    off = dead()
    assert off.network.diagnose(X[:8], y[:8]).ok  # of 8 examples, all units may be off by chance
    for rows in 1, 2, 8:
        assert keys(mlp().diagnose(X[:rows], y[:rows], optimizer="adam")) == []
    assert mlp().diagnose(X[:8], y[:8]).notes == ("untrained", "no-optimizer", "few-examples")
    assert mlp().diagnose(X, y, optimizer="adam").notes == ("untrained",)
    assert "not trained yet" in str(mlp().diagnose(X, y)) and "not trained yet" not in str(learned().diagnose(X, y))


@pytest.mark.parametrize("optimizer", [cr.Adam(1e-4), cr.SGD(0.01)], ids=["Adam", "SGD"])
def test_first_epochs_accuse_no_labels(optimizer: Any, no_type_checks: None) -> None:
    """Before a network learned something, it is right about swapped or shifted labels now and then, and not sure."""
    seeds = {(2, 16, 1): (12, 18), (2, 16, 16, 1): (1, 3, 16, 19), (2, 16, 3): (10, 13, 14, 17)}
    for sizes, some in seeds.items():
        X, y = MOONS if sizes[-1] == 1 else BLOBS
        for seed in some:
            network = cr.Network.mlp(sizes, seed=seed)
            network.fit(X, y, epochs=1, optimizer=optimizer, seed=seed, verbose=False)
            assert not [key for key in keys(network.diagnose(X, y)) if key.endswith("-labels")], (sizes, seed)
    network = cr.Network.mlp([2, 16, 1], seed=18)
    network.params[0]["W"] += 0.001  # no longer what it began with, and still nothing learned
    assert network.diagnose(*MOONS).ok


def test_sorted_data_is_looked_at_from_end_to_end() -> None:
    order = np.repeat(np.argsort(BLOBS[1], kind="stable"), 20)  # 8,000 examples, one class after another
    assert mlp().diagnose(BLOBS[0][order], BLOBS[1][order]).ok
    assert mlp().diagnose(BLOBS[0][order], BLOBS[1][order]).examples == 4096


def test_what_cannot_be_diagnosed_is_said(no_type_checks: None) -> None:
    with pytest.raises(InputError, match="no parameters yet"):
        cr.Network([cr.Dense(1)], "huber").diagnose([[1.0]], [1.0])
    with pytest.raises(InputError, match="needs y, the target of each example"):
        mlp().diagnose(BLOBS[0])
    with pytest.raises(InputError, match="X must be finite, but 1 of its 2 values is NaN"):
        mlp().diagnose([[1.0, np.nan]], [1])
    with pytest.raises(InputError, match="adma"):
        mlp().diagnose(*BLOBS, optimizer="adma")


# Nothing changes.


def test_nothing_of_the_network_changes() -> None:
    networks = [cr.Network([cr.Dense(8), cr.BatchNorm(), cr.ReLU(), cr.Dense(3)], "huber") for _ in range(2)]
    y = np.eye(3)[BLOBS[1]]
    for i, network in enumerate(networks):
        network.fit(BLOBS[0], y, epochs=1, verbose=False)
        before = map_leaves(np.copy, network.params)
        if i:
            network.diagnose(BLOBS[0], y)
        for (path, p), (_, earlier) in zip(leaves(network.params), leaves(before), strict=True):
            assert_array_equal(p, earlier, strict=True, err_msg=path)
        network.fit(BLOBS[0], y, epochs=1, verbose=False)
    for (path, a), (_, b) in zip(*(leaves(network.params) for network in networks), strict=True):
        assert_array_equal(a, b, strict=True, err_msg=path)


# The callback.


def test_the_callback_says_each_thing_once(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = BLOBS
    diagnose = cr.Diagnose(every=2)
    network = mlp()
    network.fit(100 * X, y, epochs=5, optimizer=cr.Adam(1e-4), callbacks=[diagnose], verbose=False)
    said = capsys.readouterr().out.splitlines()
    assert list(diagnose.diagnoses) == [0, 2, 4]
    assert said[0].startswith("Before training: The inputs have an RMS of ")
    assert sum("The inputs have an RMS" in line for line in said) == 1
    assert said[1].startswith("Before training: The loss begins at ")
    network.fit(100 * X, y, epochs=1, callbacks=[cr.Diagnose(lang="ko")], verbose=False)
    assert "에폭 후: 입력의 RMS가" in capsys.readouterr().out


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
def test_the_callback_changes_nothing(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    histories = [
        mlp().fit(*BLOBS, epochs=3, optimizer="adam", callbacks=callbacks, engine=engine, verbose=False).rows
        for callbacks in ([], [cr.Diagnose()])
    ]
    assert histories[0] == histories[1] and capsys.readouterr().out == ""


def test_the_callback_sees_the_learning_rate_of_the_run() -> None:
    diagnose = cr.Diagnose(every=9)
    X, y = digits()
    network = cr.Network.mlp([784, 64, 10], seed=0)
    network.fit(X, y, epochs=1, optimizer=cr.SGD(1e-6), callbacks=[diagnose], verbose=False)
    assert keys(diagnose.diagnoses[0]) == ["low-learning-rate"]


def test_the_callback_refuses_what_comes_only_once() -> None:
    with pytest.raises(InputError, match="batches that you make may come only once"):
        mlp().fit(iter([BLOBS]), epochs=1, callbacks=[cr.Diagnose()], verbose=False)
    with pytest.raises(InputError, match="every as a whole number of at least 1, but every=0"):
        cr.Diagnose(every=0)
    with pytest.raises(InputError, match="lang"):
        cr.Diagnose(lang="de")


# How it is shown.


def test_both_languages_say_the_same() -> None:
    for key, texts in TEXTS.items():
        assert set(texts) == {"en", "ko"}, key
        for part in "sentence", "fix":
            placeholders = [set(re.findall(r"\{(\w+)", texts[lang][part])) for lang in ("en", "ko")]
            assert placeholders[0] == placeholders[1], key
            assert re.search("[가-힣]", texts["ko"][part]) and not re.search("[가-힣]", texts["en"][part]), key


def test_a_diagnosis_as_text_page_and_data() -> None:
    both = str(diagnosed(SICK["pixels up to 255"].make()))
    assert both.startswith("1,000 examples, 2 faults. Begin with the first: others may follow from it.")
    assert both.count("→") == 2 and "\n2. The loss begins at " in both
    assert repr(diagnosed(blobs())) == "Diagnosis(nothing found)"
    assert repr(diagnosed(dead())) == "Diagnosis(dead-units)"  # in two layers, and one fault
    text = str(diagnosed(dead()))
    assert "400 examples, one fault. The loss is " in text and max(map(len, text.splitlines())) <= 100
    assert "1. In layer1 (relu), 16 of 16 units (100%) are off for every example" in text
    assert "   → Train again from the start" in text and text.count("→") == 1
    assert "The learning rate was not judged" in text
    assert "Nothing is wrong with 400 examples and this network" in str(diagnosed(blobs()))
    for lang in "en", "ko":
        assert (
            json.loads(json.dumps(diagnosed(dead()).as_dict(lang), allow_nan=False))["findings"][0]["layer"] == "layer1"
        )
        page = diagnosed(dead()).html(lang=lang)
        Page(page)
        assert f'lang="{lang}"' in page and "dead-units" in page
    fragment = diagnosed(dead())._repr_html_()
    assert fragment.startswith("<style>") and "<html" not in fragment
    Page(fragment)


def test_a_language_is_asked_for_or_that_of_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnosis, well = diagnosed(dead()), diagnosed(blobs())
    for tell in (
        lambda: diagnosis.text(lang="fr"),
        lambda: diagnosis.html(lang="fr"),
        lambda: diagnosis.findings[0].fix("fr"),
        lambda: diagnosis.findings[0].sentence("fr"),
        lambda: well.as_dict("fr"),
    ):
        with pytest.raises(InputError, match="takes lang as 'en' or 'ko', but lang='fr'"):
            tell()
    monkeypatch.delenv("CHAINRULE_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "뉴런" in str(diagnosis) and "뉴런" in diagnosis._repr_html_()


def test_a_fix_speaks_of_no_other_finding() -> None:
    (finding,) = diagnosed(SICK["trained on shuffled labels"].make()).findings
    assert "above" not in finding.fix() and "위에" not in finding.fix("ko")


def test_what_blew_up_is_plain_data_too() -> None:
    data = diagnosed(SICK["weights overflow"].make()).as_dict()
    assert data["loss"] is None and data["findings"][0]["key"] == "outputs-not-finite"
    X, y = digits()
    (finding,) = cr.Network.mlp([784, 64, 10], seed=0).diagnose(X, y, optimizer=cr.SGD(1e7)).findings
    assert finding.key == "high-learning-rate" and not np.isfinite(finding.numbers["loss_after"])
    assert json.loads(json.dumps(finding.as_dict(), allow_nan=False))["numbers"]["loss_after"] is None
    network = cr.Network.mlp([2, 4, 1], loss="mean_squared_error")
    diagnosis = network.diagnose(BLOBS[0], np.full((400, 1), 1e30))
    assert keys(diagnosis) == ["large-targets", "outputs-not-finite"] and "first in the loss" in str(diagnosis)
    json.dumps(diagnosis.as_dict(), allow_nan=False)


def test_each_threshold_has_a_reason_and_a_use() -> None:
    folder = Path(thresholds.__file__).parent
    lines = Path(thresholds.__file__).read_text("utf-8").splitlines()
    assigned = [line for line in lines if re.match(r"[A-Z_]+ = ", line)]
    assert len(assigned) > 20 and all(len(line.partition("  # ")[2]) > 20 for line in assigned)
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in folder.glob("*.py")
        if path.name != "thresholds.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert {line.partition(" ")[0] for line in assigned} <= used


def test_a_graph_that_ends_in_a_softmax_is_warned_of() -> None:
    nodes = {"logits": (cr.Dense(3), "input"), "P": (cr.Softmax(), "logits")}
    with pytest.warns(NetworkWarning, match="The last layer is softmax"):
        network = cr.Network([cr.Graph(nodes)], "categorical_cross_entropy", input_shape=(2,))
    assert keys(network.diagnose(*BLOBS)) == ["doubled-activation"]


# The command.


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    cr.save(learned(), "blobs.safetensors")
    np.save("X.npy", BLOBS[0])
    np.save("y.npy", BLOBS[1])

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["diagnose", "blobs.safetensors", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def test_the_command_on_a_data_set(run: Callable[..., Any]) -> None:
    status, out, err = run("--data", "blobs", "--lang", "en")
    assert (status, err) == (0, "") and out.startswith("Nothing is wrong with 800 examples and this network")
    status, out, _ = run("--data", "blobs", "--optimizer", "adam", "--lr", 3, "--json")
    data = json.loads(out)
    assert status == 0 and not data["ok"] and data["findings"][0]["key"] == "high-learning-rate"
    assert "학습률이 너무 큽니다" in run("--data", "blobs", "--optimizer", "adam", "--lr", 3, "--lang", "ko")[1]


def test_the_command_on_files(run: Callable[..., Any]) -> None:
    assert "Nothing is wrong with 400 examples" in run("--data", "X.npy", "--labels", "y.npy", "--lang", "en")[1]
    np.savetxt("y.csv", (BLOBS[1] + 1) % 3, fmt="%d")
    data = json.loads(run("--data", "X.npy", "--labels", "y.csv", "--json")[1])
    assert [finding["key"] for finding in data["findings"]] == ["shifted-labels"]
    assert data["findings"][0]["numbers"]["shift"] == -1
    cr.save(cr.Network.mlp([2, 4, 1], loss="mean_squared_error"), "blobs.safetensors")
    assert run("--data", "X.npy", "--labels", "y.npy")[0] == 0


def test_the_command_says_in_korean_how_inputs_were_scaled(run: Callable[..., Any]) -> None:
    X, y = digits()
    network = cr.Network.mlp([784, 16, 10], seed=0)
    network.input_scale = 1 / 255
    cr.save(network, "blobs.safetensors")
    np.save("X.npy", np.round(X[:60] * 255).astype(np.uint8))
    np.save("y.npy", y[:60])
    assert "입력: 정수 × 1/255(학습할 때와 같음)" in run("--data", "X.npy", "--labels", "y.npy", "--lang", "ko")[1]
    english = run("--data", "X.npy", "--labels", "y.npy", "--lang", "en")[1]
    assert "inputs: whole numbers, multiplied by 1/255, as in training" in english


def test_the_command_refuses_what_does_not_fit(run: Callable[..., Any]) -> None:
    np.save("short.npy", BLOBS[1][:3])
    for arguments, sentence in (
        (["--data", "moons"], "moons has 2 and one of 2 classes"),
        (["--data", "blob"], "There is no data set 'blob'. Did you mean 'blobs'?"),
        (["--data", "X.npy"], "give a file with that, too, as --labels"),
        (["--data", "blobs", "--labels", "y.npy"], "blobs is a data set, which has its own"),
        (["--data", "X.npy", "--labels", "short.npy"], "X has 400 examples and y has 3"),
        (["--data", "blobs", "--lr", "1"], "name it too, such as --optimizer adam"),
        (["--data", "blobs", "--optimizer", "adma"], "Did you mean 'adam'?"),
        (["--data", "blobs", "--lang", "de"], "There is no language 'de'"),
    ):
        status, out, err = run(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1) and sentence in err, err
