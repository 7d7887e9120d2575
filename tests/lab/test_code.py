"""The Python code of what was built: it runs as shown, and its numbers are those of the lab."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.languages import speaking
from chainrule.equations.losses import CategoricalCrossEntropy, Huber, Poisson
from chainrule.equations.optimizers import AdamW, Momentum
from chainrule.equations.schedules import Cosine, Warmup
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.code import call_of, python_code
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.session import Session
from chainrule.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    BatchNorm,
    Bidirectional,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LeakyReLU,
    MaxPool,
    ReLU,
    Reshape,
    Tanh,
)

PIXELS = [(i, base64.b64encode(bytes([20 * i] * 784)).decode()) for i in range(8)]
BLUEPRINTS = {
    "mlp": Blueprint.first(),
    "convolution": Blueprint(
        DataChoice("digits", "mnist-small", count=50, form="picture"),
        (Conv2D(3, kernel=3), BatchNorm(), ReLU(), MaxPool(2), Flatten(), Dropout(0.2)),
        optimizer=Momentum(lr=Warmup(5, Cosine(0.01, 100)), clip_norm=1.0),
    ),
    "lstm": Blueprint(
        DataChoice("sequence", "waves", count=60),
        (LSTM(4, sequence=True), Bidirectional(GRU(3))),
        CategoricalCrossEntropy(0.1),
        AdamW(lr=0.01),
        dtype="float32",
        seed=4,
    ),
    "rows": Blueprint(DataChoice("digits", "mnist-small", count=20, form="rows", split=0.0), (RNN(3),)),
    "spirals": Blueprint(DataChoice("toy", "spirals", classes=5, noise=0.1), (Dense(6), LeakyReLU(alpha=0.2))),
    "flower": Blueprint(DataChoice("toy", "flower", split=0.0)),
    "gate": Blueprint(DataChoice("gate", "nand"), ()),
    "noisy gate": Blueprint(DataChoice("gate", "xnor", count=30, noise=0.2)),
    "points": Blueprint(DataChoice("points", points=[(i / 7, (i / 7) ** 2, i % 3) for i in range(30)])),
    "curve": Blueprint(DataChoice("curve", points=[(i / 7, (i / 7) ** 2) for i in range(30)]), loss=Huber(0.5)),
    "drawn digits": Blueprint(DataChoice("drawn_digits", pictures=PIXELS, form="picture"), (Flatten(),)),
    "random": Blueprint(DataChoice("random", shape=(2, 3), outputs=2, task="values"), (Reshape((6,)), Tanh())),
    "random classes": Blueprint(DataChoice("random", shape=(2,), outputs=1)),
    "yes or no": Blueprint(DataChoice("random", shape=(2,), outputs=3, task="yes_no")),
    "counts": Blueprint(DataChoice("random", shape=(2,), outputs=2, task="counts"), loss=Poisson()),
    "words": Blueprint(DataChoice("random", shape=(3,), outputs=2, vocabulary=9), (Embedding(9, 2), Flatten())),
}
EPOCHS = 2


def in_the_lab(blueprint: Blueprint, sets: DataSets) -> cr.Network:
    session = Session(blueprint, sets)
    for _ in range(EPOCHS):
        session.run("epoch", wait=True)
    network = session.network
    session.close()
    return network


def assert_equal(network: cr.Network, other: cr.Network) -> None:
    assert network.loss == other.loss
    for (path, p), (same, q) in zip(leaves(network.params), leaves(other.params), strict=True):
        assert path == same
        assert np.array_equal(p, q), path


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(code, "built.py", "exec"), names)
    return names


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_the_script_has_the_parameters_of_the_lab_to_the_last_bit(
    name: str, no_type_checks: None, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = DataSets()
    code = python_code(BLUEPRINTS[name], sets, EPOCHS)
    assert_equal(run(code)["network"], in_the_lab(BLUEPRINTS[name], sets))
    assert "loss" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_script_runs_as_shown(tmp_path: Path, lang: str) -> None:
    with speaking(lang):
        code = python_code(BLUEPRINTS["mlp"], DataSets(), EPOCHS)
    (tmp_path / "built.py").write_text(code, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "built.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    network = in_the_lab(BLUEPRINTS["mlp"], DataSets())
    examples = DataSets().examples(BLUEPRINTS["mlp"].data)
    scores = network.evaluate(examples.X_val, examples.y_val)
    assert ran.stdout.splitlines()[-1] == f"loss {scores['loss']:.6g}, accuracy {scores['accuracy']:.6g}"


def test_the_script_of_a_table_reads_it_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_type_checks: None
) -> None:
    content = "area,town,price\n" + "".join(
        f"{40 + i % 37},{'Ulm' if i % 3 else 'Bonn'},{i % 11 + i}\n" for i in range(60)
    )
    sets = DataSets()
    token = sets.upload("houses.csv", content.encode())
    blueprint = Blueprint(DataChoice("table", "houses.csv", token=token, target="price", dropped=("town",)))
    (tmp_path / "houses.csv").write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert_equal(run(python_code(blueprint, sets, EPOCHS))["network"], in_the_lab(blueprint, sets))


def test_the_script_of_a_loaded_model_loads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_type_checks: None
) -> None:
    network = cr.Network.mlp([2, 3, 1], seed=5)
    cr.save(network, tmp_path / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    sets, blueprint = DataSets(), Blueprint(DataChoice("toy", "moons"), tuple(network.body.layers), head=False)
    names = run(python_code(blueprint, sets, epochs=0 + 1, model="model.safetensors"))
    assert names["network"].body.layers == network.body.layers


def test_a_trace_of_the_script_is_one_of_the_lab(no_type_checks: None) -> None:
    sets = DataSets()
    blueprint = BLUEPRINTS["mlp"]
    session = Session(blueprint, sets)
    for _ in range(EPOCHS):
        session.run("epoch", wait=True)
    ours, examples = session.seen()
    names = run(python_code(blueprint, sets, EPOCHS))
    session.close()
    traces = [
        network.trace(examples.X[:4], examples.y[:4], optimizer=blueprint.optimizer)
        for network in (ours.network, names["network"])
    ]
    for path in "layer0.Z", "layer0.dW", "layer2.dZ", "layer2.new_W", "layer0.new_b":
        assert np.array_equal(traces[0][path], traces[1][path])


def test_what_is_usual_is_left_out() -> None:
    assert call_of(Dense(3)) == "cr.Dense(3)"
    assert call_of(Dense(3, bias=False)) == "cr.Dense(3, bias=False)"
    assert call_of(Activation("relu")) == "cr.ReLU()"
    assert call_of(LeakyReLU(alpha=0.2)) == 'cr.Activation("leaky_relu", alpha=0.2)'
    assert call_of(Bidirectional(GRU(3, sequence=True))) == "cr.Bidirectional(cr.GRU(3, sequence=True))"
    assert call_of(Momentum(lr=Warmup(5, Cosine(0.01, 100)))) == "cr.Momentum(lr=cr.Warmup(5, cr.Cosine(0.01, 100)))"


def test_hostile_names_stay_texts(no_type_checks: None) -> None:
    sets = DataSets()
    name = "x');print('gotcha').csv"
    token = sets.upload(name, b"a,b'+exit()+'\n" + b"1,2\n3,4\n5,6\n7,9\n8,1\n9,3\n")
    target = sets.columns(token)[-1]["name"]
    data = DataChoice("table", name, token=token, target=target)
    code = python_code(Blueprint(data), sets, 1)
    assert repr(name) in code
    assert repr(target) in code
    compile(code, "built.py", "exec")
