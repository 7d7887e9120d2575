"""The lessons: what is right is right, what is wrong is not, and every number is one of chainrule's."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.lessons import activations, cats
from chainrule.lab.lessons import book as digits
from chainrule.lab.lessons.blocks import number
from chainrule.lab.lessons.course import LESSONS, checked, lesson, looked_at
from chainrule.lab.session import Session
from chainrule.lessons import book, stepwise

RIGHT: dict[str, dict[str, Any]] = {
    "gate": {"w1": 0.5, "w2": 0.5, "b": -0.7},
    "xor": {"s1": "OR", "s2": "NAND", "y": "AND"},
    "slopes": {"function": "relu", "z": 1.0, "sigmoid": 0.25, "tanh": 1, "relu": 0},
    "stack": {"w1": 4, "w2": 5, "b": 2.5},
    "three-layers": {"L1": 0.3, "z1": 0.574, "y1": 0.317, "y2": 0.696},
    "softmax": {"c": 1010, "y1": 0.99995, "always": "largest"},
    "scales": {"scale": "0", "best": "1/sqrt(n)", "different": 1},
    "caches": {"W2 rows": 3, "W2 columns": 4, "Z2 rows": 3, "Z2 columns": 4, "caches": 3},
    "cost": {"cost": 0.28},
    "backward": {"dz": -0.475, "dw1": -0.475, "dw2": -0.95, "db": -0.475},
    "update": {"w1": 0.7375, "w2": 0.225, "b": 0.3375, "rate": 2.0},
}
KINDS = {
    "table": {"caption", "head", "rows"},
    "matrices": {"caption", "matrices"},
    "text": {"text"},
    "curves": {"caption", "x", "lines", "axes", "marked"},
    "plane": {"caption", "points", "lines", "axes"},
    "bars": {"caption", "histograms", "low", "high"},
    "pictures": {"caption", "pictures"},
}
KEYS = [each.key for each in LESSONS]


@pytest.fixture(scope="module")
def session() -> Any:
    """The lab as it starts."""
    opened = Session(Blueprint(), DataSets())
    yield opened
    opened.close()


@pytest.fixture
def few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that are made up, whatever there is on this machine."""
    monkeypatch.setattr(cats, "_FILES", ("no.h5",))
    cats.cats.cache_clear()
    cats.trained.cache_clear()


@pytest.mark.parametrize("key", RIGHT)
def test_right_answers_are_right(key: str, session: Session) -> None:
    verdict = checked(key, RIGHT[key], session)
    assert verdict["right"] and not verdict["wrong"], verdict["said"]


@pytest.mark.parametrize("key", [key for key in RIGHT if key not in ("gate", "xor")])
def test_each_wrong_number_is_named(key: str, session: Session) -> None:
    numbers = [field.name for field in lesson(key).fields if field.kind == "number"]
    for name in numbers:
        for wrong in (RIGHT[key][name] + 0.5 if name != "c" else 0.0, None):
            verdict = checked(key, RIGHT[key] | {name: wrong}, session)
            assert not verdict["right"] and verdict["wrong"] == [name], (name, wrong)


@pytest.mark.parametrize("key", KEYS)
def test_empty_answers_are_looked_at_and_are_not_right(key: str, session: Session, few_pixels: None) -> None:
    blocks = looked_at(key, {})["blocks"]
    assert blocks and all(block.keys() - {"kind"} == KINDS[block["kind"]] for block in blocks)
    json.dumps(blocks, allow_nan=False)
    if key != "cats":
        verdict = checked(key, {}, session)
        assert verdict["right"] is False and verdict["said"]


@pytest.mark.parametrize("key", KEYS)
def test_what_is_no_answer_is_refused(key: str) -> None:
    field = lesson(key).fields[0]
    for value in ("1e5; import os", [1], {"a": 1}, True, math.inf, math.nan):
        with pytest.raises(InputError, match=r"takes .* but .* came"):
            looked_at(key, {field.name: value})
    with pytest.raises(InputError, match="Answers are an object"):
        looked_at(key, [1, 2])


def test_an_unknown_lesson_is_refused() -> None:
    with pytest.raises(InputError, match="lesson"):
        looked_at("lesson14", {})


def test_the_order_is_that_of_the_notes() -> None:
    assert KEYS[:4] == ["gate", "xor", "slopes", "stack"] and KEYS[-3:] == ["backward", "update", "cats"]
    assert len(KEYS) == len(set(KEYS)) == 13


@pytest.mark.parametrize("each", LESSONS, ids=KEYS)
def test_words_are_told_in_both_languages(each: Any) -> None:
    english = each.json()
    with speaking("ko"):
        korean = each.json()
    assert english["title"] and english["task"] and english["text"] and english["hint"]
    for name in ("title", "task", "hint"):
        assert re.search("[가-힣]", korean[name]), name
    json.dumps(english)


def test_the_numbers_are_those_of_the_book_and_the_course() -> None:
    """Not of another computation in the lesson: what the lessons' functions return has to stand on the page."""
    y = book.forward(book.init_network(), [1.0, 0.5])
    shown = json.dumps(looked_at("three-layers", RIGHT["three-layers"]))
    assert all(number(value) in shown for value in y)
    cost = float(stepwise.compute_cost([[0.8]], [[1]]))
    assert number(cost) in json.dumps(looked_at("cost", {}))
    assert np.allclose(activations.slopes("tanh", np.array([0.5])), 1 - np.tanh(0.5) ** 2)


def test_what_is_asked_for_is_not_shown_before() -> None:
    for key, hidden in (("three-layers", 0.5744), ("cost", 0.5108), ("update", 0.7375)):
        shown = json.dumps(looked_at(key, {})["blocks"])
        assert f'"{hidden:.4f}' not in shown, key
    assert "?" in json.dumps(looked_at("caches", {})["blocks"])


SLIPS = {
    "three-layers": ({"L1": 0.3, "z1": 0.574, "y1": 0.4, "y2": 0.9}, "The next layer gets z1 and z2"),
    "cost": ({"cost": 0.839}, "That is the sum"),
    "backward": ({"dz": 0.475, "dw1": 0.475, "dw2": 0.95, "db": 0.475}, "All signs are turned around"),
    "update": ({"w1": 0.2625, "w2": -0.725, "b": -0.1375}, "a step up the hill"),
}


@pytest.mark.parametrize("key", SLIPS)
def test_usual_slips_are_named(key: str, session: Session) -> None:
    answers, said = SLIPS[key]
    if key == "three-layers":
        n = book.init_network()
        y = ((np.array([1.0, 0.5]) @ n["W1"] + n["b1"]) @ n["W2"] + n["b2"]) @ n["W3"] + n["b3"]
        answers = answers | {"y1": float(y[0]), "y2": float(y[1])}
    verdict = checked(key, answers, session)
    assert not verdict["right"] and said in verdict["said"]


def test_the_gradient_is_compared_with_a_finite_difference(session: Session) -> None:
    table = checked("backward", RIGHT["backward"], session)["blocks"][-1]
    for row in table["rows"]:
        assert float(row[1]["text"]) == pytest.approx(float(row[2]["text"]), abs=1e-3)


def test_a_run_that_was_held_up_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 9.0, 10.0, 10.5, 11.0, 13.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert digits._timed(lambda: "made") == ("made", 0.5)


def test_digits_are_read_by_the_network_in_the_lab(session: Session) -> None:
    answers = {"passes": 3, "last": 50}
    assert "Now train on the digits" in checked("batches", answers, session)["said"]
    opened = lesson("batches").blueprint
    assert opened is not None
    small = replace(opened, data=DataChoice(kind="digits", name="digits", count=1500))
    lab = Session(small, DataSets())
    try:
        for _ in range(12):
            lab.run("epoch", wait=True)
        assert checked("batches", answers, lab)["right"]
        assert checked("batches", {"passes": 2, "last": 50}, lab)["wrong"] == ["passes"]
    finally:
        lab.close()


@pytest.mark.parametrize("each", [each for each in LESSONS if each.blueprint], ids=lambda each: str(each.key))
def test_what_a_lesson_opens_can_be_built(each: Any) -> None:
    blueprint = Blueprint.from_json(each.json()["blueprint"])
    assert blueprint.network(DataSets().examples(blueprint.data)).params is not None


def test_cats_that_are_made_up_are_told_apart(session: Session, few_pixels: None) -> None:
    assert "made up" in looked_at("cats", {})["blocks"][1]["text"]
    few = checked("cats", {"rate": 0.0075, "iterations": 10}, session)
    assert not few["right"] and "85%" in few["said"]
    enough = checked("cats", {"rate": 0.05, "iterations": 1000}, session)
    assert enough["right"] and [block["kind"] for block in enough["blocks"][2:]] == ["table", "curves"]


def test_real_cats_are_taken_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    h5py = pytest.importorskip("h5py", reason="the course's files are read by h5py, which is not installed")
    rng = np.random.default_rng(0)
    for name, part, count in zip(cats._FILES, ("train", "test"), (6, 3), strict=True):
        with h5py.File(tmp_path / name, "w") as file:
            file[f"{part}_set_x"] = rng.integers(0, 256, (count, 64, 64, 3), np.uint8)
            file[f"{part}_set_y"] = np.arange(count) % 2
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    cats.cats.cache_clear()
    try:
        pictures = cats.cats()
        assert pictures.is_real and pictures.train.shape == (6, 16, 16, 3) and pictures.y_test.tolist() == [0, 1, 0]
        with h5py.File(tmp_path / cats._FILES[0]) as file:
            assert np.allclose(pictures.train[0, 0, 0], file["train_set_x"][0, :4, :4].mean(axis=(0, 1)) / 255)
    finally:
        cats.cats.cache_clear()


def test_files_of_other_content_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cats._FILES:
        (tmp_path / name).write_bytes(b"no HDF5")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    cats.cats.cache_clear()
    assert not cats.cats().is_real
    cats.cats.cache_clear()


def test_the_server_lists_looks_and_checks(client: Any) -> None:
    listed = client.get("/api/lessons").json()["lessons"]
    assert [each["key"] for each in listed] == KEYS
    look = client.post("/api/lessons/look", json={"lesson": "gate", "answers": {"w1": 0.5, "w2": 0.5, "b": -0.7}})
    assert [row[3]["mark"] for row in look.json()["blocks"][0]["rows"]] == ["right"] * 4
    verdict = client.post("/api/lessons/check", json={"lesson": "gate", "answers": RIGHT["gate"]})
    assert verdict.json()["right"] is True
    refused = client.post("/api/lessons/check", json={"lesson": "gate", "answers": {"w1": 5}})
    assert refused.status_code == 422 and refused.json()["error"] == "w1 takes a number from -1 to 1, but 5 came."
