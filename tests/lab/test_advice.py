"""The diagnosis in the lab: what it says, what it shows, and that its remedies do what they say."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

import chainrule as cr
from chainrule import layers
from chainrule.common.errors import ChainruleError, InputError
from chainrule.common.languages import speaking
from chainrule.lab import remedies
from chainrule.lab.advice import advice
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.session import Session
from chainrule.layers import Activation, BatchNorm, Dense, LayerNorm
from chainrule.trace.diagnosis.finding import Finding


@pytest.fixture
def opened() -> Iterator[list[Session]]:
    """Sessions that are closed in the end."""
    sessions: list[Session] = []
    yield sessions
    for session in sessions:
        session.close()


def started(opened: list[Session], **settings: Any) -> Session:
    session = Session(dataclasses.replace(Blueprint(), **settings), DataSets())
    opened.append(session)
    return session


def findings(session: Session) -> dict[str, Any]:
    data = advice(session)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    return {finding["key"]: finding for finding in data["findings"]}


def test_the_network_that_one_begins_with_is_in_order(opened: list[Session]) -> None:
    data = advice(started(opened))
    assert data["findings"] == []
    assert data["said"].startswith("Nothing is wrong with")
    assert data["notes"]


def test_a_rate_that_is_too_high_is_found_shown_and_lowered(opened: list[Session]) -> None:
    session = started(opened, optimizer=cr.SGD(lr=1000.0))
    finding = findings(session)["high-learning-rate"]
    assert finding["show"] == {"room": "pass", "what": "rate"}
    first = finding["apply"][0]
    assert first["kind"] == "rate"
    remedies.apply(session, first["kind"], first["value"])
    assert session.blueprint.optimizer.lr == first["value"]
    assert "high-learning-rate" not in findings(session)


def test_equal_units_are_found_in_their_layer_and_begun_anew(opened: list[Session]) -> None:
    zeros = Dense(4, initializer="zeros")
    session = started(opened, layers=(zeros, layers.Tanh(), zeros, layers.Tanh()))
    finding = findings(session)["symmetric-units"]
    assert finding["show"] == {"room": "pass", "layer": "layer0", "phase": "forward"}
    assert [remedy["kind"] for remedy in finding["apply"]] == ["he", "xavier"]
    remedies.apply(session, "he", finding["apply"][0]["value"])
    first: Any = session.blueprint.layers[0]
    assert first.initializer == "he"
    assert "layer0" not in [finding["show"].get("layer") for finding in findings(session).values()]


def test_after_a_divergence_there_is_the_way_back(opened: list[Session]) -> None:
    session = started(
        opened, data=DataChoice(kind="toy", name="sine"), optimizer=cr.SGD(lr=1e6), layers=(Dense(4), layers.ReLU())
    )
    session.run("epoch", wait=True)
    session.run("epoch", wait=True)
    state = session.state()
    assert state.divergence is not None
    data = advice(session)
    assert data["said"] == "Training diverged."
    (finding,) = data["findings"]
    assert [remedy["kind"] for remedy in finding["apply"]] == ["good", "clip"]
    remedies.apply(session, "good", finding["apply"][0]["value"])
    assert session.state().divergence is None
    assert session.blueprint.optimizer.lr == 0.1
    session.run("epoch", wait=True)
    assert session.state().divergence is None


HOPELESS = {"SGD": cr.SGD(lr=1e30), "Adam": cr.Adam(lr=1e30)}


@pytest.mark.parametrize("rule", HOPELESS)
@pytest.mark.parametrize("hidden", [layers.ReLU(), layers.Tanh()], ids=["relu", "tanh"])
def test_what_a_hopeless_rate_has_spoiled_is_blamed_on_the_rate_alone(
    opened: list[Session], rule: str, hidden: layers.Layer
) -> None:
    session = started(opened, optimizer=HOPELESS[rule], layers=(Dense(8), hidden, Dense(8), hidden))
    assert [*findings(session)] == ["high-learning-rate"]
    for _ in range(4):
        session.run("batch", wait=True)
        if session.state().divergence is None:
            (finding,) = findings(session).values()
            assert finding["key"] == "made-worse"
            assert [remedy["kind"] for remedy in finding["apply"]] == ["anew", "clip"]
            assert 1e-4 <= finding["apply"][0]["value"] <= 1
    (finding,) = findings(session).values()
    first = session.first.params[0]["W"]
    remedies.apply(session, finding["apply"][0]["kind"], finding["apply"][0]["value"])
    assert (session.network.params[0]["W"] == first).all()
    assert findings(session) == {}


def test_a_rate_turned_down_too_late_is_no_longer_to_blame(opened: list[Session]) -> None:
    session = started(opened, optimizer=cr.SGD(lr=1000.0))
    session.run("batch", wait=True)
    session.knob("lr", 0.5)
    finding = findings(session)["made-worse"]
    assert finding["apply"][0] == {"kind": "anew", "value": 0.5, "text": "Start anew with a learning rate of 0.5"}


def test_faults_of_the_beginning_are_told_beside_what_came_of_them(opened: list[Session]) -> None:
    points = tuple((4e4 * i, 4e4 * i) for i in range(20))
    session = started(opened, data=DataChoice(kind="curve", points=points), optimizer=cr.SGD(lr=0.1), layers=())
    session.run("epoch", wait=True)
    session.run("epoch", wait=True)
    data = advice(session)
    assert data["said"].endswith("What else is said is about the network as it began.")
    keys = [finding["key"] for finding in data["findings"]]
    assert keys[0] in ("diverged", "made-worse")
    assert "large-inputs" in keys


def test_the_diagnosis_speaks_korean(opened: list[Session]) -> None:
    session = started(opened, optimizer=cr.SGD(lr=1000.0))
    with speaking("ko"):
        data = advice(session)
    assert re.search("[가-힣]", data["said"])
    for finding in data["findings"]:
        texts = [finding["sentence"], finding["fix"], *(remedy["text"] for remedy in finding["apply"])]
        assert all(re.search("[가-힣]", text) for text in texts)


MLP = (Dense(4, initializer="xavier"), Activation("tanh"), Dense(4), Activation("sigmoid"))


def remedied(kind: str, at: int, hidden: tuple[Any, ...] = MLP) -> tuple[Any, ...]:
    """Return the layers after a remedy."""
    blueprint = Blueprint(layers=hidden)
    return tuple(remedies._OF_LAYERS[kind](list(blueprint.layers), at))


@pytest.mark.parametrize(
    ("kind", "at", "hidden", "expected"),
    [
        ("remove", 3, MLP, MLP[:3]),
        ("normalize-inputs", 0, MLP, (BatchNorm(), *MLP)),
        ("normalize-inputs", 0, (BatchNorm(), *MLP), (BatchNorm(), *MLP)),
        ("normalize", 1, MLP, (MLP[0], BatchNorm(), *MLP[1:])),
        ("per-example", 0, (BatchNorm(), *MLP), (LayerNorm(), *MLP)),
        ("relu", 3, MLP, (*MLP[:3], Activation("relu"))),
        ("leaky-relu", 1, MLP, (MLP[0], Activation("leaky_relu"), *MLP[2:])),
        ("relus", 0, MLP, (Dense(4, initializer="he"), Activation("relu"), Dense(4), Activation("relu"))),
        ("xavier", 3, MLP, (*MLP[:2], Dense(4, initializer="xavier"), MLP[3])),
        ("gated", 0, (layers.RNN(3, sequence=True),), (layers.LSTM(3, sequence=True),)),
        ("gated", 1, MLP, MLP),
        ("larger", 0, MLP, (*MLP[:2], Dense(8), MLP[3])),
        ("larger", 0, (), (Dense(8, initializer="he"), Activation("relu"))),
    ],
)
def test_remedies_change_the_layers_as_they_say(kind: str, at: int, hidden: Any, expected: Any) -> None:
    assert remedied(kind, at, hidden) == expected


def test_what_changes_nothing_is_not_offered() -> None:
    blueprint = Blueprint(layers=(Dense(4, initializer="he"), Activation("relu")), optimizer=cr.Adam(clip_norm=0.5))
    found = remedies.remedies(Finding("exploding-gradients", "layer0", {}), blueprint)
    assert found == []


def test_every_finding_that_has_remedies_is_one_that_is_found() -> None:
    from chainrule.trace.diagnosis.telling import _texts

    assert set(remedies._BY_FINDING) <= set(_texts())
    assert set(remedies._OF_LAYERS) == set(remedies._TEXTS)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("nothing", 1),
        (None, None),
        ("remove", 99),
        ("remove", -1),
        ("remove", "0"),
        ("remove", True),
        (["a"], 1),
        ("rate", "a"),
    ],
)
def test_remedies_that_are_none_are_refused(opened: list[Session], kind: Any, value: Any) -> None:
    session = started(opened)
    before = session.blueprint
    with pytest.raises(InputError, match="There is no remedy"):
        remedies.apply(session, kind, value)
    assert session.blueprint == before


@pytest.mark.parametrize(("kind", "value"), [("rate", -1), ("batch", 0), ("clip", -2.0)])
def test_values_that_break_a_rule_leave_the_network_as_it_is(opened: list[Session], kind: str, value: Any) -> None:
    session = started(opened)
    before = session.blueprint
    with pytest.raises(ChainruleError):
        remedies.apply(session, kind, value)
    assert session.blueprint == before
