"""A network in training: the numbers of `fit`, back and forth, knobs, undo, what blows up, and bounds of memory."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule.arrays import Params, leaves
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.equations.losses import Huber
from chainrule.equations.optimizers import SGD, Adam, AdamW, Lion, Momentum, Nesterov, RMSProp
from chainrule.equations.schedules import Cosine, Warmup
from chainrule.files.descriptions import plain
from chainrule.lab import course as courses
from chainrule.lab import curves, snapshots
from chainrule.lab.blueprint import Blueprint, BlueprintError
from chainrule.lab.course import Course
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.session import Session
from chainrule.lab.switched import outgoing, switched_off
from chainrule.lab.trainer import Position
from chainrule.layers import LSTM, BatchNorm, Conv2D, Dense, Dropout, Flatten, MaxPool, ReLU, Tanh
from chainrule.network import Network

Open = Callable[..., Session]

FIRST = Blueprint.first()
PICTURES = DataChoice("digits", "mnist-small", count=40, form="picture")
LIKE_FIT = {
    "mlp": FIRST,
    "dropout, L2 and a schedule": Blueprint(
        DataChoice("toy", "spirals"),
        (Dense(8), ReLU(), Dropout(0.3)),
        optimizer=Momentum(lr=Warmup(10, Cosine(0.1, 100)), weight_decay=0.01, clip_norm=0.5),
        batch_size=7,
        seed=5,
    ),
    "values": Blueprint(
        DataChoice("toy", "sine", split=0.0), loss=Huber(0.5), optimizer=Lion(lr=0.01), dtype="float32"
    ),
    "convolution": Blueprint(
        PICTURES, (Conv2D(3, kernel=3), BatchNorm(), ReLU(), MaxPool(2), Flatten()), optimizer=AdamW(lr=0.01)
    ),
    "lstm": Blueprint(
        DataChoice("sequence", "first", count=60), (LSTM(4),), optimizer=RMSProp(lr=0.01), dtype="float32"
    ),
}


@pytest.fixture(scope="module")
def sets() -> DataSets:
    return DataSets()


@pytest.fixture
def opened(sets: DataSets) -> Iterator[Open]:
    """Opens sessions, which are closed after the test."""
    sessions = []

    def open_session(blueprint: Blueprint = FIRST) -> Session:
        sessions.append(Session(blueprint, sets))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


def fitted(blueprint: Blueprint, sets: DataSets, epochs: int) -> Network:
    examples = sets.examples(blueprint.data)
    network = blueprint.network(examples)
    network.fit(
        examples.X,
        examples.y,
        epochs=epochs,
        batch_size=blueprint.batch_size,
        optimizer=blueprint.optimizer,
        validation_data=examples.validation,
        seed=blueprint.seed,
        verbose=False,
    )
    return network


def assert_same(params: Params, others: Params) -> None:
    for (path, p), (other, q) in zip(leaves(params), leaves(others), strict=True):
        assert path == other
        assert np.array_equal(p, q), path


def train(session: Session, epochs: int = 0, batches: int = 0) -> None:
    for _ in range(epochs):
        session.run("epoch", wait=True)
    for _ in range(batches):
        session.run("batch", wait=True)


@pytest.mark.parametrize("name", LIKE_FIT)
def test_epochs_are_those_of_fit_to_the_last_bit(opened: Open, sets: DataSets, name: str) -> None:
    session, network = opened(LIKE_FIT[name]), fitted(LIKE_FIT[name], sets, epochs=3)
    train(session, epochs=3)
    assert_same(session.network.params, network.params)
    state = session.state()
    assert state.scores == network.history.rows[-1]
    assert state.history["loss"] == [row["loss"] for row in network.history.rows]
    assert state.epoch == 3
    assert not state.altered


def test_pauses_single_batches_and_steps_back_leave_the_numbers_as_they_are(opened: Open, sets: DataSets) -> None:
    blueprint = LIKE_FIT["dropout, L2 and a schedule"]
    session = opened(blueprint)
    train(session, epochs=1, batches=5)
    session.back()
    session.back()
    train(session, batches=1)
    session.back("epoch")
    assert session.state().epoch == 1
    assert session.state().batch == 0
    session.back("epoch")
    assert session.state().epoch == 0
    train(session, epochs=3)
    network = fitted(blueprint, sets, epochs=3)
    assert_same(session.network.params, network.params)
    assert session.state().scores == network.history.rows[-1]
    assert session.state().history["epoch"] == [1, 2, 3]


def test_playing_is_training(opened: Open, sets: DataSets) -> None:
    session = opened()
    session.play()
    while session.state().epoch < 2:
        time.sleep(0.01)
    session.pause()
    train(session, epochs=1)  # the rest of the epoch
    epochs = session.state().epoch
    assert_same(session.network.params, fitted(FIRST, sets, epochs).params)


def test_one_batch_back_is_the_state_before(opened: Open) -> None:
    session, states = opened(), []
    for _ in range(25):
        states.append((session.state().epoch, session.state().batch, session.moment()))
        train(session, batches=1)
    for epoch, batch, moment in reversed(states):
        session.back()
        now = session.moment()
        assert (session.state().epoch, session.state().batch) == (epoch, batch)
        assert_same(now.network.params, moment.network.params)
        assert now.state.keys() == moment.state.keys()
        assert all(np.array_equal(now.state[name], moment.state[name]) for name in now.state)
    assert not session.state().can_back
    with pytest.raises(InputError, match="no earlier state"):
        session.back()


def test_back_goes_over_many_batches_between_two_snapshots(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses, "_BETWEEN", 1e9)
    session = opened()
    train(session, epochs=2, batches=3)
    before = session.network.params
    train(session, batches=1)
    session.back()
    assert_same(session.network.params, before)
    session.back("epoch")
    session.back("epoch")
    assert session.state().epoch == 1
    assert session.state().history["epoch"] == [1]


def test_the_trace_goes_on_from_the_optimizer(opened: Open) -> None:
    session = opened()
    train(session, epochs=1)
    moment, examples = session.seen()
    order = np.random.default_rng((FIRST.seed, 2)).permutation(len(examples.X))[:16]
    trace = moment.network.trace(examples.X[order], examples.y[order], optimizer=moment.optimizer)
    train(session, batches=1)
    assert np.array_equal(trace["layer0.new_W"], session.network.params[0]["W"])


def test_the_next_batch_has_the_rows_of_fit(opened: Open) -> None:
    session = opened()
    order = np.random.default_rng((FIRST.seed, 1)).permutation(160)
    assert session.next_rows() == order[:16].tolist()
    train(session, batches=9)
    assert session.next_rows() == order[144:].tolist()
    train(session, batches=1)
    assert session.next_rows() == np.random.default_rng((FIRST.seed, 2)).permutation(160)[:16].tolist()


def test_the_next_batch_where_the_end_of_an_epoch_blew_up(opened: Open) -> None:
    data = DataChoice("toy", "sine", count=20, split=0.5)
    session = opened(Blueprint(data, (), optimizer=SGD(lr=1e30), batch_size=10, dtype="float32"))
    session.change("0.W", (0, 0), 1e15)
    train(session, batches=1)
    assert session.state().divergence is not None
    assert session.state().batch == session.state().batches == 1
    assert len(session.next_rows()) == 10


def test_what_is_seen_cannot_be_written_to(opened: Open) -> None:
    network = opened().network
    with pytest.raises(ValueError, match="read-only"):
        network.params[0]["W"][0, 0] = 1.0


def test_reset_and_seeds(opened: Open) -> None:
    session = opened()
    first = session.network.params
    train(session, epochs=1)
    session.reset()
    assert_same(session.network.params, first)
    assert session.state().epoch == 0
    assert session.state().history["epoch"] == []
    session.reset(9)
    assert session.blueprint.seed == 9
    assert not np.array_equal(session.network.params[0]["W"], first[0]["W"])
    session.undo()
    assert session.blueprint.seed == 0
    session.undo()
    assert session.state().epoch == 1
    assert session.state().history["epoch"] == [1]


def test_undo_and_redo_of_a_build(opened: Open) -> None:
    session = opened()
    train(session, epochs=2)
    params = session.network.params
    session.build(Blueprint(DataChoice("toy", "spirals"), (Dense(3), ReLU())))
    assert session.examples.outputs == 3
    train(session, epochs=1)
    session.undo()
    assert session.blueprint == FIRST
    assert_same(session.network.params, params)
    assert session.state().history["epoch"] == [1, 2]
    session.redo()
    assert session.blueprint.data.name == "spirals"
    assert session.state().epoch == 1
    with pytest.raises(InputError, match="no change to do again"):
        session.redo()


def test_a_wrong_build_changes_nothing(opened: Open) -> None:
    session = opened()
    with pytest.raises(BlueprintError):
        session.build(Blueprint(PICTURES, (Conv2D(3, kernel=3),)))
    assert session.blueprint == FIRST
    assert not session.state().can_undo


def test_the_learning_rate_turns_while_it_runs(opened: Open) -> None:
    session = opened()
    session.play()
    while not session.state().step:
        time.sleep(0.01)
    session.knob("lr", 0.25)
    assert session.state().running
    assert session.state().learning_rate == 0.25
    session.knob("lr", 0.5)  # turned on within a moment: one change
    session.pause()
    assert session.state().altered
    session.undo()
    assert session.blueprint == FIRST
    assert session.state().step > 0
    session.redo()
    assert session.blueprint.optimizer.lr == 0.5


def test_another_rate_is_what_fit_would_do_with_it(opened: Open, sets: DataSets) -> None:
    """Gradient descent has no state, so that a second fit with another rate is the same."""
    session = opened(replace(FIRST, optimizer=SGD(lr=0.1)))
    train(session, epochs=1)
    session.knob("lr", 0.3)
    train(session, epochs=1)
    examples = sets.examples(FIRST.data)
    network = FIRST.network(examples)
    for rate in 0.1, 0.3:
        network.fit(
            examples.X, examples.y, epochs=1, batch_size=16, optimizer=SGD(lr=rate), verbose=False,
            validation_data=examples.validation,
        )  # fmt: skip
    assert_same(session.network.params, network.params)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (Adam(lr=0.1), Adam(lr=0.2), True),
        (Adam(), AdamW(lr=0.01), True),
        (Momentum(), Nesterov(), True),
        (Adam(), Adam(beta1=0.5), False),
        (Adam(), Momentum(), False),
        (SGD(), Adam(), False),
    ],
    ids=str,
)
def test_the_state_of_the_optimizer_goes_on_where_it_means_the_same(
    opened: Open, before: Any, after: Any, kept: bool
) -> None:
    session = opened(replace(FIRST, optimizer=before))
    train(session, epochs=1)
    old = session.moment()
    session.knob("optimizer", plain(after, "optimizer"))
    new = session.moment()
    assert type(new.optimizer) is type(after)
    assert_same(new.network.params, old.network.params)
    assert session.state().step == 10
    if kept:
        assert all(np.array_equal(new.state[name], old.state[name]) for name in old.state)
    else:
        assert not any(array.any() for array in new.state.values())


KNOBS: list[tuple[str, Any]] = [
    ("schedule", {"type": "Cosine", "rate": 0.1, "steps": 100}),
    ("weight_decay", 0.01),
    ("clip_norm", 0.5),
    ("optimizer", {"type": "SGD", "lr": 0.1}),
    ("batch_size", 5),
    ("noise", 0.3),
    ("count", 100),
    ("split", 0.5),
    ("loss", {"type": "BinaryCrossEntropy", "label_smoothing": 0.1}),
    ("layer", {"index": 1, "layer": {"type": "Activation", "function": "relu"}}),
]


@pytest.mark.parametrize(("name", "value"), KNOBS, ids=lambda knob: str(knob)[:20])
def test_every_knob_turns_while_it_runs_and_back(opened: Open, name: str, value: Any) -> None:
    session = opened()
    session.play()
    time.sleep(0.05)
    session.knob(name, value)
    assert session.blueprint != FIRST
    step = session.state().step
    while session.state().step < step + 20:
        time.sleep(0.01)
    assert session.state().running
    session.pause()
    session.undo()
    assert session.blueprint == FIRST
    train(session, epochs=1)


def test_a_schedule_and_its_rate(opened: Open) -> None:
    session = opened()
    session.knob("schedule", {"type": "Warmup", "steps": 10, "after": {"type": "Cosine", "rate": 0.1, "steps": 100}})
    session.knob("lr", 0.2)
    assert session.blueprint.optimizer.lr == Warmup(10, Cosine(0.2, 100))
    session.knob("schedule", None)
    assert session.blueprint.optimizer == Adam(lr=0.2)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lr", -1.0, r"Adam takes lr as a number above 0, but lr=-1\.0\.$"),
        ("lr", "fast", r"Adam takes lr as a number above 0, but lr='fast'\.$"),
        ("nob", 1, "knob takes name as"),
        ("batch_size", 0, "batch_size as a whole number"),
        ("speed", 0.0, "speed as a number above 0, or None"),
        ("schedule", {"type": "Adam"}, "A schedule is one such as Cosine"),
        ("loss", {"type": "MeanSquaredError"}, "does not fit these examples"),
        ("layer", {"index": 0, "layer": {"type": "Dense", "units": 9}}, "it would be another network"),
        ("layer", {"index": 7, "layer": {"type": "Flatten"}}, "There are 2 hidden layers"),
        ("layer", 3, "takes its index and the layer"),
        ("noise", -1.0, "noise as a number of at least 0"),
    ],
)
def test_a_knob_that_cannot_be_turned_so_says_why(
    opened: Open, no_type_checks: None, name: str, value: Any, text: str
) -> None:
    session = opened()
    with pytest.raises(InputError, match=text):
        session.knob(name, value)
    assert session.blueprint == FIRST
    assert not session.state().can_undo


def test_a_number_changed_by_hand(opened: Open) -> None:
    session = opened()
    train(session, epochs=1)
    before = session.network.params
    session.change("0.W", (1, 2), 3.5)
    after = session.network.params
    assert after[0]["W"][1, 2] == 3.5
    assert (after[0]["W"] != before[0]["W"]).sum() == 1
    assert session.state().altered
    train(session, epochs=1)
    session.undo()
    assert_same(session.network.params, before)
    assert not session.state().altered


@pytest.mark.parametrize(
    ("path", "index", "value", "text"),
    [
        ("0.W", (2, 0), 1.0, r"0\.W has the shape \(2, 4\), so it has no place \(2, 0\)"),
        ("0.W", (0,), 1.0, "has no place"),
        ("9.W", (0, 0), 1.0, "change takes path as"),
        ("0.W", (0, 0), float("nan"), "change takes value as a finite number"),
    ],
)
def test_what_cannot_be_changed_says_why(
    opened: Open, path: str, index: tuple[int, ...], value: float, text: str
) -> None:
    session = opened()
    with pytest.raises(InputError, match=text):
        session.change(path, index, value)
    assert not session.state().can_undo


def test_a_unit_that_is_switched_off_stays_off_until_it_is_switched_on(opened: Open) -> None:
    session = opened()
    train(session, epochs=1)
    weights = session.network.params[2]["W"]
    session.switch(1, 2, True)
    assert session.state().off == ((1, 2),)
    train(session, epochs=1)
    moment = session.moment()
    assert not moment.network.params[2]["W"][2].any()
    assert moment.network.params[2]["W"][1].any()
    assert_same(switched_off(moment.network.body, moment.network.params, (2,), moment.off), moment.network.params)
    session.switch(1, 2, False)
    assert np.array_equal(session.network.params[2]["W"][2], weights[2])
    assert session.state().off == ()
    session.undo()
    assert session.state().off == ((1, 2),)


def test_a_channel_is_switched_off_behind_pooling_and_flattening(opened: Open) -> None:
    session = opened(LIKE_FIT["convolution"])
    x = session.examples.X[:2].astype(float)
    session.switch(0, 1, True)
    network = session.network
    loud = [{**network.params[0], "b": network.params[0]["b"] + np.array([0, 100.0, 0])}, *network.params[1:]]
    assert np.array_equal(network.body.forward(tuple(loud), x)[0], network.body.forward(network.params, x)[0])


@pytest.mark.parametrize(("unit", "text"), [((2, 0), "the last one is the answer"), ((0, 4), "the units 0 to 3")])
def test_units_that_cannot_be_switched_off(opened: Open, unit: tuple[int, int], text: str) -> None:
    session = opened()
    with pytest.raises(InputError, match=text):
        session.switch(*unit, True)


@pytest.mark.parametrize("blueprint", [FIRST, LIKE_FIT["values"]], ids=["classes", "values"])
def test_what_blows_up_is_told_with_its_layer_and_the_last_good_state_comes_back(
    opened: Open, blueprint: Blueprint
) -> None:
    session = opened(replace(blueprint, layers=(Dense(4), ReLU(), Dense(4), ReLU()), loss=None, dtype="float32"))
    train(session, epochs=1)
    session.knob("optimizer", {"type": "SGD", "lr": 1e30})
    session.play()
    while session.state().running:
        time.sleep(0.01)
    divergence = session.state().divergence
    assert divergence is not None
    assert divergence.layer in range(5)
    assert f"layer {divergence.layer}" in str(divergence.sentence) or "loss" in str(divergence.sentence)
    assert "smaller learning rate (it is 1e+30)" in str(divergence.advice)
    with speaking("ko"):
        assert "학습률" in divergence.json()["advice"]
    assert session.state().has_good
    session.good()
    assert session.state().divergence is None
    assert all(np.isfinite(p).all() for _, p in leaves(session.network.params))
    session.knob("optimizer", {"type": "SGD", "lr": 0.01})
    train(session, epochs=1)
    assert session.state().divergence is None


def test_an_error_in_the_thread_is_told_and_the_session_goes_on(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened()

    def broken(_: Course) -> bool:
        raise errors.pop()

    errors = [MemoryError("Unable to allocate 9 GiB"), ValueError("no such thing")]
    with monkeypatch.context() as patch:
        patch.setattr(Course, "advance", broken)
        for text in "Training stopped: no such thing", "there is not enough memory for a batch":
            session.run("epoch", wait=True)
            divergence = session.state().divergence
            assert divergence is not None and text in str(divergence.sentence)
    train(session, epochs=2)  # what stopped it is over, and so is what was said of it
    assert session.state().epoch == 2
    assert session.state().divergence is None


def test_a_batch_that_cannot_be_computed_is_told_each_time(opened: Open) -> None:
    session = opened(replace(FIRST, layers=(Dense(3), BatchNorm()), batch_size=1))
    for _ in range(2):
        session.run("epoch", wait=True)
        divergence = session.state().divergence
        assert divergence is not None
        assert "BatchNorm" in str(divergence.sentence)
        assert session.state().history["epoch"] == []
    session.knob("batch_size", 16)
    train(session, epochs=1)
    assert session.state().divergence is None
    assert session.state().epoch == 1


def test_speed_is_batches_per_second(opened: Open) -> None:
    session = opened()
    session.knob("speed", 20.0)
    session.play()
    time.sleep(0.5)
    session.pause()
    assert 5 <= session.state().step <= 15
    assert not session.state().can_undo


def test_a_speed_of_hardly_ever_can_be_changed(opened: Open) -> None:
    session = opened()
    session.knob("speed", 1e-300)
    session.play()
    time.sleep(0.2)
    assert session.state().step == 1
    session.knob("speed", None)
    session.run("epoch", wait=True)
    assert session.state().epoch == 1


def test_waiting_for_news(opened: Open) -> None:
    session = opened()
    version = session.version
    began = time.monotonic()
    assert session.wait(version, 0.05) == version
    assert time.monotonic() - began >= 0.04
    threading.Timer(0.05, session.run, ("batch",)).start()
    assert session.wait(version, 5) > version
    assert time.monotonic() - began < 4


def test_many_threads_ask_while_it_trains(opened: Open) -> None:
    session = opened()
    session.play()
    longest = []

    def ask() -> None:
        for _ in range(25):
            began = time.monotonic()
            state = session.state()
            assert state.history.keys() >= {"epoch"}
            session.moment()
            longest.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    session.pause()
    assert len(longest) == 100
    assert float(np.median(longest)) < 0.25


def test_a_closed_session_lets_go_of_everybody(sets: DataSets) -> None:
    session = Session(FIRST, sets)
    session.play()
    waiting = threading.Thread(target=session.wait, args=(10**9, 60.0))
    waiting.start()
    session.close()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_loaded_network_keeps_its_parameters_for_other_data_and_at_a_reset(opened: Open, sets: DataSets) -> None:
    network = Network([Dense(3), Tanh(), Dense(1)], "binary_cross_entropy", input_shape=(2,), seed=3)
    network.fit([[0.0, 1.0], [1.0, 0.0]] * 4, [0, 1] * 4, epochs=1, verbose=False)
    blueprint = Blueprint(DataChoice("toy", "moons"), tuple(network.body.layers), dtype="float32", head=False)
    session = opened()
    session.load(network, blueprint)
    assert_same(session.network.params, network.params)
    session.build(replace(blueprint, data=DataChoice("toy", "circles")))
    assert_same(session.network.params, network.params)
    train(session, epochs=1)
    session.reset()
    assert_same(session.network.params, network.params)


def test_memory_stays_level_however_long_it_trains(
    sets: DataSets, monkeypatch: pytest.MonkeyPatch, no_type_checks: None
) -> None:
    monkeypatch.setattr(courses, "_BETWEEN", 0.0)
    monkeypatch.setattr(courses, "_SHARE", 0)
    monkeypatch.setattr(snapshots, "MOST_BYTES", 100_000)
    monkeypatch.setattr(curves, "MOST_ROWS", 64)
    course = Course(Blueprint(DataChoice("gate", "xor"), batch_size=4), sets)
    for _ in range(3000):
        course.advance()
    assert course.trainer.epoch == 3000
    assert len(course.curves) <= 64
    assert course.curves.columns["epoch"][-1] == 3000
    assert course._ring.bytes <= 100_000
    assert course._ring.bytes == sum(s.progress.bytes for s in course._ring._snapshots)
    assert 10 < len(course._ring) < 1000
    for i in range(100):
        course.change("0.W", (0, 0), float(i))
    assert len(course._undo) <= snapshots.MOST_CHANGES
    assert sum(c.snapshot.progress.bytes for c in course._undo._changes if c.snapshot) <= 100_000


def test_thinned_curves_are_even_and_end_with_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_ROWS", 10)
    rows = curves.Curves()
    for epoch in range(1, 48):
        rows.add(epoch, {"loss": 1.0 / epoch})
    assert rows.columns["epoch"] == [8, 16, 24, 32, 40, 47]
    assert rows.columns["loss"] == [1.0 / epoch for epoch in rows.columns["epoch"]]
    generation = rows.generation
    rows.cut(30)
    assert rows.columns["epoch"] == [8, 16, 24]
    assert rows.generation > generation
    assert rows.last() == {"loss": 1 / 24}


BUILDS = [
    FIRST,
    Blueprint(DataChoice("gate", "xor"), ()),
    Blueprint(DataChoice("toy", "moons", count=40), (Dense(3), ReLU(), Dropout(0.1), Dense(3), BatchNorm(), Tanh())),
    Blueprint(DataChoice("sequence", "first", count=20), (LSTM(3),)),
]
TURNS: list[tuple[str, list[Any]]] = [
    ("lr", [0.001, 0.1, 1e9]),
    ("batch_size", [1, 3, 100]),
    ("optimizer", [{"type": "SGD"}, {"type": "Lion"}, {"type": "Adam"}]),
    ("noise", [0.0, 0.3]),
    ("split", [0.0, 0.5]),
    ("weight_decay", [0.0, 0.1]),
]


def _act(course: Course, draw: random.Random) -> None:
    """Do one thing that somebody may do."""
    path, p = draw.choice(list(leaves(course.trainer.params)))
    name, values = draw.choice(TURNS)
    place = tuple(draw.randrange(n) for n in p.shape)
    actions: list[Callable[[], object]] = [
        *[course.advance] * 8,
        lambda: course.back("batch"),
        lambda: course.back("epoch"),
        lambda: course.knob(name, draw.choice(values)),
        lambda: course.change(path, place, draw.uniform(-3, 3)),
        lambda: course.switch(draw.randrange(3), draw.randrange(3), draw.random() < 0.6),
        lambda: course.reset(draw.choice([None, 5])),
        lambda: course.build(draw.choice(BUILDS)),
        course.undo,
        course.redo,
        course.good,
    ]
    with contextlib.suppress(InputError), np.errstate(all="ignore"):
        draw.choice(actions)()


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_actions_leaves_a_whole_state(
    sets: DataSets, monkeypatch: pytest.MonkeyPatch, no_type_checks: None, seed: int
) -> None:
    monkeypatch.setattr(courses, "_BETWEEN", 0.002)
    draw, course = random.Random(seed), Course(FIRST, sets)
    for _ in range(300):
        _act(course, draw)
        epochs = course.curves.columns["epoch"]
        assert epochs == sorted(set(epochs))
        assert max(epochs, default=0) <= course.trainer.epoch
        assert 0 <= course.trainer.batch <= course.trainer.batches
        assert course.moment().network.body.layers == course.blueprint.all_layers(course.examples)
        assert sets.examples(course.blueprint.data).X.shape == course.examples.X.shape
        arrays = dict(leaves(course.trainer.params))
        shape = course.moment().network.input_shape
        assert shape is not None
        for unit in course.off:
            path, where = outgoing(course.trainer.network.body, shape, unit)
            assert not arrays[path][where].any()


def test_positions_are_in_the_order_of_time() -> None:
    assert Position(1, 0) < Position(1, 3) < Position(2, 0)
