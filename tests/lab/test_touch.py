"""Numbers of a pass set by hand, units switched off, the learning rate's what-if."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.lab.desk import Desk
from chainrule.lab.passes import Batch, OnePass, Passes, windows
from chainrule.lab.rates import what_if
from chainrule.lab.touch import effect, keep, touchable, touched, without_unit
from chainrule.trace.telling.numbers import text
from tests.lab.networks import batch, network, one_pass


@pytest.fixture
def passes() -> Passes:
    """No pass yet."""
    return Passes()


def loss(one: OnePass) -> float:
    assert one.trace.loss is not None
    return one.trace.loss.value


def test_a_weight_set_by_hand_is_followed_to_the_loss(passes: Passes) -> None:
    one = one_pass("dense", passes=passes)
    other = touched(passes, one, "layer0.W[1, 2]", 3)
    same = network("dense")
    same.params[0]["W"][1, 2] = 3
    trace = same.trace(one.batch.X, one.batch.y, optimizer=cr.Adam(lr=0.1))
    for name, quantity in other.known.items():
        np.testing.assert_array_equal(quantity.array, trace[name], name)
    told = effect(other)
    assert told is not None
    assert told["loss"]["before"] == text(loss(one))
    assert told["loss"]["after"] == text(loss(other))
    assert told["changes"] == [f"layer0.W[1, 2]: {text(float(one.trace['layer0.W[1, 2]']))} → 3"]
    assert told["origin"] == one.number
    assert len(told["examples"]) == 2
    json.dumps(told, allow_nan=False)


def test_the_network_and_the_first_pass_stay_as_they_are(passes: Passes) -> None:
    one = one_pass("dense", passes=passes)
    before = {name: quantity.array.copy() for name, quantity in one.known.items()}
    touched(passes, one, "layer0.W[1, 2]", 3)
    touched(passes, one, "layer0.A[0, 0]", 3)
    without_unit(passes, one, "layer0", 0)
    for name, array in before.items():
        np.testing.assert_array_equal(one.known[name].array, array)
    np.testing.assert_array_equal(one.network.params[0]["W"], before["layer0.W"])


def test_cells_that_changed_are_marked_with_the_number_before(passes: Passes) -> None:
    other = touched(passes, one_pass("dense", passes=passes), "layer0.W[1, 2]", 3)
    parts = windows(other, ["layer0.Z", "layer0.W", "layer0.b"])
    marked = [[was is not None for was in row] for row in parts["layer0.Z"]["before"]]
    assert marked == [[False, False, True], [False, False, True]]
    assert sum(was is not None for row in parts["layer0.W"]["before"] for was in row) == 1
    assert not any(was is not None for row in parts["layer0.b"]["before"] for was in row)


def test_changes_add_up_and_are_compared_with_the_untouched_pass(passes: Passes) -> None:
    one = one_pass("dense", passes=passes)
    twice = touched(passes, touched(passes, one, "layer0.W[1, 2]", 3), "layer0.A[0, 0]", 2)
    assert [change.kind for change in twice.changes] == ["parameter", "input"]
    assert twice.origin is one
    again = touched(passes, twice, "layer0.W[1, 2]", -1)
    assert [(change.path, change.value) for change in again.changes] == [("layer0.A", 2.0), ("layer0.W", -1.0)]
    told = effect(again)
    assert told is not None
    assert not told["keeps"]
    assert effect(one) is None


def test_an_input_set_by_hand_changes_this_example_alone(passes: Passes) -> None:
    one = one_pass("dense", passes=passes)
    other = touched(passes, one, "layer0.A[1, 3]", 0.25)
    assert other.batch.X[1, 3] == 0.25
    np.testing.assert_array_equal(other.batch.X[0], one.batch.X[0])


def test_a_unit_that_is_off_has_no_influence(passes: Passes) -> None:
    one = one_pass("dense", passes=passes)
    other = without_unit(passes, one, "layer0", 1)
    np.testing.assert_array_equal(other.trace["layer2.W[1]"], 0)
    told = effect(other)
    assert told is not None
    assert told["changes"] == ["layer0: unit 1 is off"]
    assert told["keeps"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("layer0.Z[0, 0]", 1, "follows from others"),
        ("layer1.Z[0, 0]", 1, "follows from others"),
        ("layer0.dW[0, 0]", 1, "follows from others"),
        ("layer0.W", 1, "follows from others"),
        ("layer0.W[:, 0]", 1, "follows from others"),
        ("layer0.W[9, 0]", 1, "places 0 to 3"),
        ("layer0.W[0, 0]", "a", "is set to a number"),
        ("layer0.W[0, 0]", None, "is set to a number"),
        ("layer0.W[0, 0]", True, "is set to a number"),
        ("layer0.W[0, 0]", float("inf"), "is set to a number"),
        (7, 1, "path is the name of a number"),
    ],
)
def test_what_cannot_be_set_is_refused(passes: Passes, path: Any, value: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        touched(passes, one_pass("dense", passes=passes), path, value)


@pytest.mark.parametrize(("layer", "unit"), [("layer0", 9), ("layer2", 0), ("W", 0), (None, None), ("layer0", "1")])
def test_units_that_are_not_there_are_refused(passes: Passes, layer: Any, unit: Any) -> None:
    with pytest.raises(InputError):
        without_unit(passes, one_pass("dense", passes=passes), layer, unit)


def test_the_page_is_told_what_can_be_touched() -> None:
    one = one_pass("dense")
    assert touchable(one, "layer0.W[1, 2]") == {
        "set": {"path": "layer0.W[1, 2]", "value": float(one.trace["layer0.W[1, 2]"])}
    }
    assert touchable(one, "layer0.A[0, 1]")["set"]["value"] == one.batch.X[0, 1]
    assert touchable(one, "layer1.A[0, 2]") == {"unit": {"layer": "layer1", "unit": 2}}
    assert touchable(one, "layer2.A[0, 2]") == {"unit": {"layer": "layer1", "unit": 2}}
    assert touchable(one, "layer2.Z[0, 0]") == {}  # the answer
    assert touchable(one, "layer0.dW[0, 0]") == {}
    assert touchable(one, "loss") == {}


def test_changes_are_kept_in_the_network_in_training(desk: Desk) -> None:
    examples = desk.session.examples
    moment = desk.session.moment()
    one = desk.passes.start(moment.network, moment.optimizer, Batch(examples.X[:1], examples.y[:1], (0,)))
    keep(desk.session, without_unit(desk.passes, touched(desk.passes, one, "layer0.W[0, 1]", 2.5), "layer0", 3))
    params = desk.session.network.params
    assert params[0]["W"][0, 1] == 2.5
    assert (params[2]["W"][3] == 0).all()
    assert desk.session.state().off == ((0, 3),)
    with pytest.raises(InputError, match="Only changed weights and units that are off can be kept"):
        keep(desk.session, touched(desk.passes, one, "layer0.A[0, 0]", 2))
    with pytest.raises(InputError, match="Only changed weights"):
        keep(desk.session, one)


# The learning rate.


def losses_by_hand(one: OnePass, rates: list[float]) -> list[float]:
    losses = []
    for rate in rates:
        moved = network("dense")
        for i in (0, 2):
            for name in ("W", "b"):
                moved.params[i][name][...] -= rate * one.trace[f"layer{i}.d{name}"]
        losses.append(moved.evaluate(one.batch.X, one.batch.y)["loss"])
    return losses


def test_the_rates_curve_is_the_loss_along_minus_the_gradient() -> None:
    one = one_pass("dense", cr.SGD(lr=0.5))
    data = what_if(one)
    (curve,) = data["curves"]
    expected = losses_by_hand(one, [0.005, 0.5, 50.0])
    assert data["now"]["rate"] == "0.5000"
    assert data["now"]["loss"] == text(expected[1])
    assert data["start"]["loss"] == text(loss(one))
    points = [tuple(map(float, point.split(","))) for point in curve["points"].split()]
    assert points[0][0] == 0
    assert min(y for _, y in points) >= -500
    assert points[0][1] == pytest.approx(data["start"]["y"], abs=5)
    assert [tick["text"] for tick in data["x"]] == ["0.005", "0.05", "0.5", "5", "50"]
    json.dumps(data, allow_nan=False)


def test_another_optimizer_has_a_line_in_its_own_direction() -> None:
    one = one_pass("dense", cr.Adam(lr=0.1))
    data = what_if(one)
    assert [curve["name"] for curve in data["curves"]] == ["against the gradient", "in the direction of Adam"]
    stepped = network("dense")
    for update in one.step.updates.values():
        layer, name = update.name.removeprefix("layer").split(".")
        stepped.params[int(layer)][name][...] = update.new
    assert data["now"]["loss"] == text(stepped.evaluate(one.batch.X, one.batch.y)["loss"])


def test_a_rate_that_is_too_high_is_said_to_be() -> None:
    one = Passes().start(network("dense"), cr.SGD(lr=500.0), batch((4,), 8))
    sentence = what_if(one)["sentence"]
    assert "jumps over the valley" in sentence
    assert re.search(r"lowest at [\d.]+\.$", sentence)


def test_losses_that_are_none_end_the_curve() -> None:
    regression = cr.Network([cr.layers.Dense(1)], "mean_squared_error", input_shape=(4,), seed=0)
    examples = batch((4,))
    one = Passes().start(regression, cr.SGD(lr=1e30), examples)
    data = what_if(one)
    json.dumps(data, allow_nan=False)
    assert "no number any more" in data["sentence"]


@pytest.mark.parametrize("weight", [1e160, 1e154, 1e140])
def test_a_loss_that_is_hardly_a_number_is_told(weight: float) -> None:
    regression = cr.Network([cr.layers.Dense(1)], "mean_squared_error", input_shape=(4,), seed=0, dtype="float64")
    regression.params[0]["W"][:] = weight
    one = Passes().start(regression, cr.SGD(lr=1e-320), batch((4,)))
    if weight == 1e140:
        json.dumps(what_if(one), allow_nan=False)
        return
    with pytest.raises(InputError, match="nothing to compare other losses with"):
        what_if(one)


def test_the_what_if_speaks_korean() -> None:
    with speaking("ko"):
        data = what_if(one_pass("dense"))
    assert re.search("[가-힣]", data["sentence"])
    assert all(re.search("[가-힣]", curve["name"]) for curve in data["curves"])
