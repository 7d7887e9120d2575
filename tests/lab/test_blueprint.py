"""What is built: plain data both ways, shapes, and errors that know their layer."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from chainrule.arrays import leaves
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Huber, MeanSquaredError
from chainrule.equations.optimizers import Adam, Momentum
from chainrule.equations.schedules import Cosine, Warmup
from chainrule.lab.blueprint import Blueprint, BlueprintError
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.layers import (
    LSTM,
    Bidirectional,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ReLU,
    Residual,
    Tanh,
)
from chainrule.network import Network

PICTURES = DataChoice("digits", "mnist-small", count=40, form="picture")
BLUEPRINTS = {
    "first": Blueprint.first(),
    "nothing hidden": Blueprint(layers=()),
    "schedule": Blueprint(optimizer=Momentum(lr=Warmup(10, Cosine(0.1, 100)), weight_decay=0.01, clip_norm=1.0)),
    "pictures": Blueprint(PICTURES, (Conv2D(4, kernel=3), ReLU(), MaxPool(2), Flatten(), Dropout(0.3))),
    "sequences": Blueprint(DataChoice("sequence", "waves"), (Bidirectional(LSTM(3)),), dtype="float32", seed=7),
    "blocks": Blueprint(layers=(Dense(4), Residual([Dense(4), ReLU()]), Concatenate([None, [Dense(2), Tanh()]]))),
    "loss": Blueprint(DataChoice("toy", "sine"), loss=Huber(0.5), batch_size=5),
    "points": Blueprint(DataChoice("points", points=((0.0, 0.5, 0), (1.0, 1.5, 3), (2.0, 1.0, 1), (0.5, 0.5, 2)))),
}


@pytest.fixture(scope="module")
def sets() -> DataSets:
    return DataSets()


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_plain_data_gives_the_blueprint_back(name: str) -> None:
    blueprint = BLUEPRINTS[name]
    assert Blueprint.from_json(json.loads(json.dumps(blueprint.json(), allow_nan=False))) == blueprint


def test_the_first_blueprint_is_two_four_one_on_xor(sets: DataSets) -> None:
    blueprint = Blueprint.first()
    plans = blueprint.shapes(sets.examples(blueprint.data))
    assert blueprint.data == DataChoice("toy", "xor")
    assert [(plan.input_shape, plan.output_shape) for plan in plans if plan.parameters] == [((2,), (4,)), ((4,), (1,))]


def test_what_is_left_out_is_as_usual() -> None:
    assert Blueprint.from_json({}) == Blueprint.first()
    assert Blueprint.from_json({"seed": 3, "layers": []}) == Blueprint(layers=(), seed=3)


def test_the_network_is_that_of_the_library(sets: DataSets) -> None:
    blueprint = BLUEPRINTS["pictures"]
    network = blueprint.network(sets.examples(blueprint.data))
    same = Network(
        [Conv2D(4, kernel=3), ReLU(), MaxPool(2), Flatten(), Dropout(0.3), Dense(10, initializer="xavier")],
        "categorical_cross_entropy",
        input_shape=(28, 28, 1),
        dtype="float64",
    )
    for (path, p), (other, q) in zip(leaves(network.params), leaves(same.params), strict=True):
        assert path == other
        assert np.array_equal(p, q)


@pytest.mark.parametrize(
    ("data", "loss"),
    [
        (DataChoice("toy", "moons"), BinaryCrossEntropy),
        (DataChoice("toy", "spirals"), CategoricalCrossEntropy),
        (DataChoice("toy", "sine"), MeanSquaredError),
    ],
)
def test_the_loss_suits_the_data(sets: DataSets, data: DataChoice, loss: type) -> None:
    assert type(Blueprint(data).loss_for(sets.examples(data))) is loss


def test_shapes_parameters_and_work(sets: DataSets) -> None:
    plans = BLUEPRINTS["pictures"].shapes(sets.examples(PICTURES))
    assert [plan.output_shape for plan in plans] == [
        (26, 26, 4), (26, 26, 4), (13, 13, 4), (676,), (676,), (10,)
    ]  # fmt: skip
    assert [plan.parameters for plan in plans] == [40, 0, 0, 0, 0, 6770]
    assert plans[0].multiply_adds == 26 * 26 * 4 * 9


WRONG: list[tuple[dict[str, Any], int | None, str]] = [
    (
        {"layers": [{"type": "Dense", "units": 0}]},
        0,
        r"Dense takes units as a whole number of at least 1, but units=0\.",
    ),
    ({"layers": [{"type": "Dense", "units": 3}, {"type": "Nope"}]}, 1, r"'Nope' is no layer"),
    ({"layers": [{"type": "Dense", "units": 3}, 7]}, 1, r"A layer, a loss or an optimizer is"),
    ({"layers": [{"type": "Dense", "unit": 3}]}, 0, r"Write units=3\."),
    ({"layers": [{"type": "Adam"}]}, None, r"layers as a list of layers"),
    ({"layers": "Dense"}, None, r"layers as a list of layers"),
    ({"layers": [{"type": "LSTM", "units": 4}]}, 0, r"LSTM expects \(batch, time, features\)"),
    (
        {"layers": [{"type": "Dense", "units": 3}, {"type": "MaxPool", "window": 2}]},
        1,
        r"MaxPool takes inputs of shape",
    ),
    (
        {"layers": [{"type": "Dense", "units": 3000}] * 2},
        1,
        r"would have 9,015,001 parameters, and the lab takes 5,000,000",
    ),
    ({"layers": [{"type": "Dense", "units": 300_000}]}, 0, r"would give 300,000 numbers for each of the 16 examples"),
    ({"layers": [{"type": "Dense", "units": 10**18}]}, 0, r"A parameter of shape \(2, 10{18}\) would"),
    ({"layers": [{"type": "Dense", "units": 10**30}]}, 0, r"would have 2e\+30 numbers, and no array has so many"),
    ({"layers": [{"type": "Flatten"}] * 100}, None, r"layers as a list of layers"),
    ({"optimizer": {"type": "Adam", "lr": -1}}, None, r"Adam takes lr"),
    ({"optimizer": {"type": "Dense", "units": 3}}, None, r"optimizer as an optimizer"),
    ({"loss": {"type": "MeanSquaredError"}}, None, r"MeanSquaredError does not fit these examples"),
    ({"batch_size": 0}, None, r"batch_size as a whole number of at least 1"),
    ({"dtype": "float16"}, None, r"dtype"),
    ({"batchsize": 3}, None, r"A blueprint has no 'batchsize'\. Did you mean 'batch_size'\?"),
    ({"data": {"kind": "toy", "name": "moon"}}, None, r"name='moon'"),
    ({"data": 3}, None, r"The data is described by settings"),
    (3, None, r"A blueprint has data, layers"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("data", "layer", "text"), WRONG, ids=str)
def test_an_error_says_the_rule_and_where(
    sets: DataSets, no_type_checks: None, data: Any, layer: int | None, text: str
) -> None:
    with pytest.raises(BlueprintError, match=text) as raised:
        blueprint = Blueprint.from_json(data)
        blueprint.shapes(sets.examples(blueprint.data))
    assert raised.value.layer == layer


@pytest.mark.parametrize(
    ("layers", "batch", "layer"),
    [
        ((Conv2D(1, kernel=1001, padding="same"), Flatten()), 1, 0),
        ((ReLU(), Conv2D(8, kernel=3), Conv2D(16, kernel=13), Flatten()), 2000, 2),
    ],
)
def test_a_batch_that_would_take_long_is_refused(
    sets: DataSets, layers: tuple[Any, ...], batch: int, layer: int
) -> None:
    data = DataChoice("digits", "mnist-small", form="picture")
    blueprint = Blueprint(data, layers, batch_size=batch)
    with pytest.raises(BlueprintError, match="which is more than the lab has time for") as raised:
        blueprint.shapes(sets.examples(data))
    assert raised.value.layer == layer


def test_no_layers_at_all_are_of_no_layer(sets: DataSets) -> None:
    blueprint = Blueprint(layers=(), head=False)
    with pytest.raises(BlueprintError, match="last layer has 2") as raised:
        blueprint.shapes(sets.examples(blueprint.data))
    assert raised.value.layer is None


def test_a_last_layer_that_answers_at_many_places_is_explained(sets: DataSets) -> None:
    blueprint = Blueprint(PICTURES, (Conv2D(4, kernel=3),))
    with pytest.raises(BlueprintError, match=re.escape("Put Flatten, GlobalAveragePool")) as raised:
        blueprint.shapes(sets.examples(PICTURES))
    assert raised.value.layer == 1


def test_layers_with_their_own_output_say_what_data_they_need(sets: DataSets) -> None:
    blueprint = Blueprint(DataChoice("toy", "xor"), (Dense(3), Tanh(), Dense(5)), head=False)
    with pytest.raises(BlueprintError, match="Choose data with 5 outputs"):
        blueprint.shapes(sets.examples(blueprint.data))


def test_optimizers_are_equal_however_they_are_spelled(no_type_checks: None) -> None:
    assert Blueprint.from_json({"optimizer": {"type": "Adam", "lr": 1}}).optimizer == Adam(lr=1.0)


def block(*body: Layer, shortcut: Any = None) -> Blueprint:
    """Return a network with two layers before a residual block."""
    return Blueprint(layers=(Dense(4), Tanh(), Residual(list(body), shortcut)))


def test_the_shapes_inside_of_a_block_are_those_of_its_branches(sets: DataSets, no_type_checks: None) -> None:
    examples = sets.examples(DataChoice())
    inner = Concatenate([Dense(3), None])
    plan = block(Dense(5), inner, Dense(4)).shapes(examples)[2]
    assert [[(p.label, p.input_shape, p.output_shape) for p in branch] for branch in plan.branches] == [
        [("Dense", (4,), (5,)), ("Concatenate", (5,), (8,)), ("Dense", (8,), (4,))],
        [],
    ]
    assert [p.parameters for p in plan.branches[0]] == [25, 18, 36] and plan.parameters == 79
    assert [[p.output_shape for p in branch] for branch in plan.branches[0][1].branches] == [[(3,)], []]
    body = Residual([Dense(5), inner, Dense(4)])
    assert plan.multiply_adds == body.multiply_adds(body.init(np.random.default_rng(0), (4,))[0], (4,))


def test_what_breaks_inside_of_a_block_is_placed_there(sets: DataSets, no_type_checks: None) -> None:
    examples = sets.examples(DataChoice())
    with pytest.raises(BlueprintError, match="height") as raised:
        block(Dense(4), Residual([Tanh()], [Tanh(), Conv2D(2, kernel=3)])).shapes(examples)
    assert raised.value.layer == 2 and raised.value.inside == (0, 1, 1, 1)
    assert [plan.label for plan in raised.value.branches[0]] == ["Dense"]
    with pytest.raises(BlueprintError, match="shortcut=Dense") as raised:
        block(Dense(7)).shapes(examples)
    assert raised.value.layer == 2 and raised.value.inside == ()
    assert [plan.output_shape for plan in raised.value.branches[0]] == [(7,)]


def test_layers_inside_of_a_block_have_the_same_limits(sets: DataSets, no_type_checks: None) -> None:
    examples = sets.examples(DataChoice())
    with pytest.raises(BlueprintError, match="more than the lab has memory for"):
        block(Dense(300_000, bias=False), Dense(4)).shapes(examples)
