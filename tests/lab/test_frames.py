"""What the page shows: numbers that are those of the network, deltas, and no NaN on the wire."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from chainrule.arrays import leaves
from chainrule.common.languages import speaking
from chainrule.common.number_text import number_text
from chainrule.equations.optimizers import SGD
from chainrule.lab import curves
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.frames import PARTS, Frames, insides
from chainrule.lab.frames.plain import in_bytes, rounded, signed_in_bytes
from chainrule.lab.frames.shown import points
from chainrule.lab.session import Session
from chainrule.layers import GRU, LSTM, Bidirectional, Conv2D, Dense, Flatten, MaxPool, ReLU, Tanh

Open = Callable[..., tuple[Session, Frames]]

DIGITS = {form: DataChoice("digits", "mnist-small", count=60, form=form) for form in ("flat", "picture", "rows")}
BLUEPRINTS = {
    "plane": Blueprint.first(),
    "classes": Blueprint(DataChoice("toy", "spirals"), (Dense(40), ReLU())),
    "curve": Blueprint(DataChoice("toy", "sine")),
    "gate": Blueprint(DataChoice("gate", "and"), ()),
    "flat": Blueprint(DIGITS["flat"], (Dense(6), ReLU())),
    "picture": Blueprint(DIGITS["picture"], (Conv2D(3, kernel=3), ReLU(), MaxPool(2), Flatten())),
    "rows": Blueprint(DIGITS["rows"], (LSTM(4, sequence=True), Bidirectional(GRU(3)))),
    "values of sequences": Blueprint(DataChoice("sequence", "adding", count=40), (LSTM(4),)),
    "random": Blueprint(DataChoice("random", shape=(5,), outputs=2, task="values"), (Dense(3), Tanh())),
}
ALL = set(PARTS)


@pytest.fixture
def opened() -> Iterator[Open]:
    sessions = []

    def open_session(blueprint: Blueprint) -> tuple[Session, Frames]:
        sessions.append(Session(blueprint, DataSets()))
        return sessions[-1], Frames(sessions[-1])

    yield open_session
    for session in sessions:
        session.close()


def bytes_of(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), np.uint8)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_frame_is_plain_data_in_both_languages(opened: Open, name: str) -> None:
    session, frames = opened(BLUEPRINTS[name])
    session.run("epoch", wait=True)
    for lang in "en", "ko":
        with speaking(lang):
            frame = frames.frame({}, ALL)
        assert frame.keys() == {"version", "state", "seen", *PARTS}
        json.dumps(frame, allow_nan=False)
    assert frame["units"]["layers"]
    assert frame["worst"]["examples"]


def test_the_map_is_what_predict_says_from_the_top_row_down(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    session.run("epoch", wait=True)
    drawn = frames.frame({}, {"map"})["map"]
    (left, right), (bottom, top) = drawn["bounds"]
    corners = session.network.predict([[left, top], [right, top], [left, bottom], [right, bottom]])[:, 0]
    values = bytes_of(drawn["values"]).reshape(48, 48)
    assert values[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == np.rint(corners * 255).tolist()


def test_the_map_of_classes_says_which_and_how_sure(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["classes"])
    drawn = frames.frame({}, {"map"})["map"]
    (left, _), (_, top) = drawn["bounds"]
    P = session.network.predict([[left, top]])[0]
    assert bytes_of(drawn["values"])[0] == P.argmax()
    assert bytes_of(drawn["sure"])[0] == round(P.max() * 255)


def test_the_curve_is_what_predict_says(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["curve"])
    drawn = frames.frame({}, {"map"})["map"]
    assert drawn["kind"] == "curve"
    np.testing.assert_allclose(drawn["y"], session.network.predict(np.array(drawn["x"])[:, None])[:, 0], atol=1e-4)


def test_units_are_the_layers_outputs_at_the_points(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    session.switch(1, 3, True)
    units = frames.frame({}, {"units"})["units"]
    entry = next(entry for entry in units["layers"] if entry["layer"] == 1)
    assert (entry["height"], entry["width"], len(entry["units"])) == (16, 16, 4)
    assert entry["off"] == [False, False, False, True]
    (left, right), (bottom, top) = session.examples.bounds
    network = session.network
    layers = network.body.layers
    Z, _ = layers[0].forward(network.params[0], np.array([[left, top], [right, bottom]]))
    A, _ = layers[1].forward({}, Z)
    maps = [bytes_of(unit).astype(int) - 128 for unit in entry["units"]]
    for unit, values in enumerate(maps):
        assert np.sign(values[[0, -1]]).tolist() == np.sign(A[:, unit]).tolist()
        assert np.abs(values).max() == 127


def test_many_units_are_counted_and_some_shown(opened: Open) -> None:
    _, frames = opened(BLUEPRINTS["classes"])
    entry = frames.frame({}, {"units"})["units"]["layers"][1]
    assert (len(entry["units"]), entry["more"]) == (32, 8)


def test_pictures_show_feature_maps_and_weights_as_pictures(opened: Open) -> None:
    _, frames = opened(BLUEPRINTS["picture"])
    layers = {entry["layer"]: entry for entry in frames.frame({}, {"units"})["units"]["layers"]}
    assert (layers[-1]["height"], layers[-1]["width"]) == (28, 28)
    assert (layers[0]["height"], layers[0]["width"], len(layers[0]["units"])) == (26, 26, 3)
    assert (layers[2]["height"], layers[2]["width"]) == (13, 13)
    _, frames = opened(BLUEPRINTS["flat"])
    layers = {entry["layer"]: entry for entry in frames.frame({}, {"units"})["units"]["layers"]}
    assert (layers[0]["height"], layers[0]["width"], len(layers[0]["units"])) == (28, 28, 6)
    logits = [bytes_of(unit)[0] for unit in layers[2]["units"]]
    assert len(set(logits)) > 2  # compared with each other


def test_weights_with_their_texts(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["flat"])
    first, last = frames.frame({}, {"weights"})["weights"]["layers"]
    params = session.network.params
    assert (first["path"], first["rows"], first["columns"]) == ("0.W", 784, 6)
    assert (len(first["values"]), len(first["values"][0])) == (24, 6)
    np.testing.assert_allclose(last["values"], params[2]["W"], rtol=1e-4)
    np.testing.assert_allclose(last["biases"], params[2]["b"], rtol=1e-4)
    assert last["largest"] == np.abs(params[2]["W"]).max()
    assert last["bias"] == "2.b"
    assert len(last["texts"][0][0]) >= 6


def test_gradients_are_those_of_the_trace(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    session.run("epoch", wait=True)
    sizes = frames.frame({}, {"rms"})["rms"]["layers"]
    examples = session.examples
    trace = session.network.trace(examples.X, examples.y)
    for size, layer in zip(sizes, (0, 2), strict=True):
        rms = np.sqrt(np.mean(np.square(trace[f"layer{layer}.dW"])))
        assert float(size["text"]) == pytest.approx(rms, rel=1e-3)
        assert size["note"] is None
    assert max(size["share"] for size in sizes) == 1.0


def test_a_gradient_that_does_not_arrive_is_told() -> None:
    assert insides._size("0.W", 0.0, 1.0)["note"] == "no gradient arrives: these weights stay as they are"
    assert insides._size("0.W", 1e-5, 1.0)["note"] == "far smaller than the largest: this layer hardly learns"


def test_a_gradient_that_is_lost_among_others_has_a_bar() -> None:
    assert insides._size("0.W", 5e-324, 1e300)["share"] == 0.02


@pytest.mark.parametrize(
    "numbers",
    [
        (1e38, 1e38),
        (1e38, np.nextafter(1e38, 2e38)),
        (-1.7e308, 1.7e308),
        (1.7e308, 1.79e308, 1.79e308),
        (5e-324, -5e-324),
        (1e-200, 2e-200),
        (3.0, 3.0),
    ],
)
def test_histograms_of_numbers_of_any_size(numbers: tuple[float, ...]) -> None:
    told = insides._histogram("0.W", np.array(numbers))
    assert sum(told["counts"]) == len(numbers)
    json.dumps(told, allow_nan=False)


def test_histograms_count_all_numbers_and_tell_of_zeros(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["classes"])
    histograms = frames.frame({}, {"histograms"})["histograms"]
    assert [sum(h["counts"]) for h in histograms["weights"]] == [80, 120]
    relu = histograms["activations"][1]
    A = np.maximum(session.examples.X[:256] @ session.network.params[0]["W"], 0)
    assert relu["note"] == f"{np.mean(A == 0):.0%} are 0"
    assert sum(relu["counts"]) == (A != 0).sum()


def test_confusion_counts_the_validation_examples(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["classes"])
    session.run("epoch", wait=True)
    confusion, examples = frames.frame({}, {"confusion"})["confusion"], session.examples
    counts = np.array(confusion["counts"])
    assert counts.sum() == len(examples.X_val)  # type: ignore[arg-type]
    accuracy = session.state().scores["val_accuracy"]
    assert np.trace(counts) == round(accuracy * counts.sum())
    assert confusion["caption"] == f"{np.trace(counts)} of {counts.sum()} are right, of those for validation"


def test_the_worst_examples_have_the_largest_losses(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["flat"])
    worst = frames.frame({}, {"worst"})["worst"]["examples"]
    losses = [float(example["loss"]) for example in worst]
    assert losses == sorted(losses, reverse=True)
    row, examples = worst[0]["row"], session.examples
    assert examples.X_val is not None
    assert examples.y_val is not None
    P = session.network.predict(examples.X_val)
    loss = -np.log(P[np.arange(len(P)), examples.y_val])
    assert loss.argmax() == row
    assert float(worst[0]["loss"]) == pytest.approx(loss.max(), rel=1e-3)
    assert worst[0]["truth"] == str(examples.y_val[row])
    assert bytes_of(worst[0]["pixels"]).tolist() == np.rint(examples.X_val[row] * 255).tolist()


def test_points_are_the_examples(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    points = frames.frame({}, {"points"})["points"]
    np.testing.assert_allclose(points["X"], session.examples.X, rtol=1e-3)
    assert points["y"] == session.examples.y.tolist()
    assert points["caption"] == "160 examples to train on, 40 for validation"


def test_only_what_is_wanted_and_new_comes(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    first = frames.frame({}, {"map", "points", "curves", "nonsense"})
    assert first.keys() == {"version", "state", "seen", "map", "points", "curves"}
    assert frames.frame(first["seen"], {"map", "points", "curves"}).keys() == {"version", "state", "seen"}
    session.run("epoch", wait=True)
    second = frames.frame(first["seen"], {"map", "points", "curves"})
    assert second.keys() == {"version", "state", "seen", "map", "curves"}
    session.build(BLUEPRINTS["curve"])
    assert "points" in frames.frame(second["seen"], {"points"})


def test_curves_come_as_new_rows_alone_and_anew_when_they_were_cut(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "MOST_ROWS", 12)
    session, frames = opened(BLUEPRINTS["gate"])
    seen: dict[str, int] = {}
    shown: dict[str, list[Any]] = {}
    news: list[int] = []
    for step in range(40):
        session.run("epoch", wait=True)
        if step == 25:
            session.back("epoch")
        frame = frames.frame(seen, {"curves"})
        seen, news = frame["seen"], [*news, frame["curves"]["from"]]
        first = frame["curves"]["from"]
        shown = {name: shown.get(name, [])[:first] + column for name, column in frame["curves"]["columns"].items()}
        history = session.state().history
        assert shown["epoch"] == history["epoch"]
        np.testing.assert_allclose(shown["loss"], history["loss"])
    assert news[1:8] == list(range(7))
    assert news.count(0) < 10


def test_numbers_that_are_not_finite_are_sentences(opened: Open) -> None:
    blueprint = Blueprint(DataChoice("toy", "spirals"), (Dense(4), ReLU()), optimizer=SGD(lr=1e30), dtype="float32")
    session, frames = opened(blueprint)
    session.run("epoch", wait=True)
    frame = frames.frame({}, ALL)
    json.dumps(frame, allow_nan=False)
    assert frame["state"]["divergence"]["layer"] is not None
    assert not all(np.isfinite(p).all() for _, p in leaves(session.network.params)) or frame["map"]["values"] is None
    if frame["map"]["values"] is None:
        assert "no finite numbers" in frame["map"]["note"]


def test_while_it_trains_frames_leave_it_time_and_after_a_pause_all_come(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["flat"])
    session.play()
    seen: dict[str, int] = {}
    came: list[set[str]] = []
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        frame = frames.frame(seen, ALL)
        seen = frame["seen"]
        came.append(set(frame) & ALL)
        time.sleep(0.01)
    session.pause()
    last = frames.frame({}, ALL)
    assert came[0] >= {"map", "confusion"}
    assert not all("confusion" in parts for parts in came[1:])
    assert set(last) >= ALL


def test_frames_are_made_beside_the_training(opened: Open) -> None:
    session, frames = opened(BLUEPRINTS["plane"])
    session.play()
    errors = []

    def look() -> None:
        try:
            for _ in range(20):
                json.dumps(frames.frame({}, ALL), allow_nan=False)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors


def test_bytes_and_digits() -> None:
    assert bytes_of(in_bytes(np.array([0.0, 0.5, 1.0, 2.0]))).tolist() == [0, 128, 255, 255]
    assert bytes_of(signed_in_bytes(np.array([-2.0, 0.0, 1.0])) or "").tolist() == [1, 128, 192]
    assert signed_in_bytes(np.array([np.nan])) is None
    assert bytes_of(signed_in_bytes(np.zeros(2)) or "").tolist() == [128, 128]
    assert rounded(np.array([[1 / 3, np.inf], [-2.0, 0.0]])) == [[0.33333, None], [-2.0, 0.0]]


def test_examples_without_a_picture_are_told_as_numbers() -> None:
    pytest.importorskip("polars", reason="tables need polars, which is not installed")
    names = [f"c{i}" for i in range(14)]
    rows = [",".join(str(n) for n in [*(i * 7 % (11 + k) for k in range(14)), i]) for i in range(40)]
    lines = [",".join([*names, "y"]), *rows]
    sets = DataSets()
    token = sets.upload("numbers.csv", "\n".join(lines).encode())
    examples = sets.examples(DataChoice("table", "numbers.csv", token=token, target="y"))
    first = points(examples)["first"]
    assert [row["name"] for row in first["inputs"]] == names[:12] and first["more"] == "and 2 more inputs"
    assert [row["texts"][2] for row in first["inputs"]] == [number_text(x) for x in examples.X[2, :12].tolist()]
    assert len(first["labels"]) == 3
    assert "first" not in points(sets.examples(DataChoice()))
