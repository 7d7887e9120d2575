"""Passes of the lab: their operations, windows onto their arrays, why each number is what it is, the update."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.cells import COLUMNS, Shown, window
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.desk import Desk
from chainrule.lab.explained import explained
from chainrule.lab.pass_memory import needed
from chainrule.lab.passes import MOST_EXAMPLES, OnePass, Passes, chosen_rows, typed_input, windows
from chainrule.lab.rates import what_if
from chainrule.lab.storyboard import told
from chainrule.lab.touch import touched
from chainrule.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, ReLU
from chainrule.trace.telling.numbers import text
from tests.lab.networks import LAYERS, batch, network, one_pass

KINDS = sorted(LAYERS)


def filled(template: str, places: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: str(places[place[1]]), template)


def shown_texts(part: dict[str, Any]) -> dict[str, str]:
    """Return the text of each cell of a window by its path."""
    texts = {}
    for i, row in enumerate(part["cells"]):
        for j, (written, _) in enumerate(row):
            places = {
                "row": (part["rows"] or [0])[min(i, len(part["rows"]) - 1)],
                "column": (part["columns"] or [0])[j],
            }
            places["pixel"] = part["flat"][i][j] if "flat" in part else None
            texts[filled(part["template"], places)] = written
    return texts


def index_in(path: str) -> tuple[int, ...]:
    """Return the place in a path; none for a single number."""
    return tuple(map(int, re.findall(r"\d+", path.partition("[")[2])))


@pytest.mark.parametrize("kind", KINDS)
def test_the_operations_lead_forward_and_back_and_end_with_the_update(kind: str) -> None:
    phases = [operation.phase for operation in one_pass(kind).operations]
    assert list(dict.fromkeys(phases)) == ["forward", "loss", "backward", "update"]
    assert phases == sorted(phases, key=["forward", "loss", "backward", "update"].index)


@pytest.mark.parametrize("kind", KINDS)
def test_every_output_gradient_and_new_parameter_comes_out_of_one_operation(kind: str) -> None:
    one = one_pass(kind)
    made = [name for operation in one.operations for name in operation.outputs]
    assert len(made) == len(set(made))
    units = {record.path for record in one.trace.units}
    for name, quantity in one.known.items():
        record = quantity.record
        if record is not None and record.path in units and quantity.kind in ("output", "updated"):
            assert name in made
        if record is not None and quantity.kind == "gradient" and quantity.of not in record.layer.symbols[1]:
            assert name in made or record.path not in units


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_into_an_operation_came_in_or_came_out_of_one_before(kind: str) -> None:
    """An array that goes from layer to layer has a name in each of them, so arrays are compared, not names."""
    one = one_pass(kind)
    known = {id(quantity.array) for quantity in one.known.values() if quantity.kind in ("parameter", "input")}
    for operation in one.operations:
        known |= {id(one.shown(name).array) for name in operation.outputs}
        if operation.phase in ("forward", "loss"):
            arrays = [one.shown(name) for name in operation.inputs]
            late = [a.name for a in arrays if id(a.array) not in known and not a.symbol.endswith("_prev")]
            assert [name for name in late if name not in ("loss.Z", "loss.Y")] == []


def test_each_gradient_of_a_layer_is_an_operation_with_its_own_equation() -> None:
    back = [op for op in one_pass("dense").operations if op.phase == "backward" and op.layer == "layer2"]
    assert [(op.outputs, op.inputs) for op in back] == [
        (("layer2.dW",), ("layer2.dZ", "layer2.A")),
        (("layer2.db",), ("layer2.dZ",)),
        (("layer2.dA",), ("layer2.dZ", "layer2.W")),
    ]
    assert [op.equations for op in back] == [
        (r"dW = \sum_{batch} A^\top dZ",),
        (r"db = \sum_{batch} dZ",),
        (r"dA = dZ\, W^\top",),
    ]


def test_sequences_go_step_by_step_forward_and_in_turn_backward() -> None:
    steps = [(op.phase, op.time) for op in one_pass("lstm").operations if op.time is not None]
    assert steps == [("forward", t) for t in range(4)] + [("backward", t) for t in reversed(range(4))]


def test_a_step_says_the_equations_of_a_step_and_a_sum_over_steps_its_own() -> None:
    one = one_pass("lstm")
    step = next(op for op in one.operations if op.phase == "backward" and op.time == 3)
    assert not [text for text in step.equations if text.startswith(("dW", "db", "dx"))]
    total = next(op for op in one.operations if op.outputs == ("layer0.dWx",))
    assert total.equations == (r"dW_x = \sum_t x_t^\top dz_t",)
    assert "layer0.step2.dz" in total.inputs


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_is_told_as_json_in_both_languages(kind: str, lang: str) -> None:
    with speaking(lang):
        data = told(one_pass(kind))
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    sentences = [step["sentence"] for step in data["steps"]]
    assert all(sentences)
    assert all(bool(re.search("[가-힣]", sentence)) == (lang == "ko") for sentence in sentences)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_in_cells_are_those_of_the_trace_to_the_last_digit(kind: str) -> None:
    one = one_pass(kind)
    trace = network(kind).trace(one.batch.X, one.batch.y, optimizer=cr.Adam(lr=0.1))
    for operation in one.operations:
        names = [name for name in (*operation.inputs, *operation.outputs) if ":" not in name]
        for name, part in windows(one, names).items():
            array = trace[name]
            for path, written in shown_texts(part).items():
                assert written == text(float(array[index_in(path)])), path


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_opens_and_its_value_is_the_one_in_the_cell(kind: str) -> None:
    one = one_pass(kind)
    for operation in one.operations:
        for name in (*operation.outputs, *(operation.inputs if operation.phase == "loss" else ())):
            cells = shown_texts(windows(one, [name])[name])
            for path in list(cells)[:1]:
                data = explained(one, path)
                json.dumps(data, allow_nan=False)
                value = data["parameter"]["value"] if "parameter" in data else data["value"]
                if data["path"].partition("[")[0] == name:
                    assert value == cells[path]


def test_terms_open_up_to_the_loss() -> None:
    one = one_pass("dense")
    why = explained(one, "layer0.W[1, 2]")
    assert why["parameter"] == {
        "name": "layer0.W[1, 2]",
        "value": text(float(one.trace["layer0.W[1, 2]"])),
        "update": "layer0.new_W[1, 2]",
    }
    kinds = []
    while why["terms"] and why["terms"][0]["opens"]:
        asked = why["terms"][0]["ask"]
        why = explained(one, asked["path"], asked["open"])
        kinds.append(why["path"].partition("[")[0])
    assert kinds == ["layer0.dZ", "layer1.dA", "layer2.dZ"]
    assert [fact["name"].partition("[")[0] for fact in why["facts"]] == ["loss.P", "loss.Y"]


def test_values_open_down_to_the_inputs() -> None:
    one = one_pass("dense")
    why, paths = explained(one, "layer2.Z[0, 1]"), []
    while why["terms"] and why["terms"][0]["opens"]:
        why = explained(one, why["terms"][0]["ask"]["path"])
        paths.append(why["path"].partition("[")[0])
    assert paths == ["layer1.A", "layer0.Z"]
    assert {term["number"].partition("[")[0] for term in why["terms"]} >= {"A"}


def test_blocks_of_terms_open_too() -> None:
    """A gradient with very many terms has blocks of them, which no path names."""
    X = np.random.default_rng(0).normal(size=(4, 30, 30, 1))
    one = Passes().start(
        cr.Network(
            [cr.layers.Conv2D(2, 3), cr.layers.Flatten(), Dense(2)],
            "categorical_cross_entropy",
            input_shape=(30, 30, 1),
        ),
        cr.SGD(lr=0.1),
        batch((30, 30, 1)).__class__(X, np.array([0, 1, 0, 1]), (0, 1, 2, 3)),
    )
    why = explained(one, "layer0.W[0, 0, 0, 0]")
    block = why["terms"][0]
    assert block["ask"] == {"path": "layer0.dW[0, 0, 0, 0]", "open": [0]}
    inside = explained(one, block["ask"]["path"], block["ask"]["open"])
    assert inside["terms"]
    assert why["formula"] is None


def test_a_formula_has_the_names_and_the_numbers() -> None:
    one = one_pass("dense")
    formula = explained(one, "layer0.dW[1, 2]")["formula"]
    first, second = (
        i for i in sorted(range(2), key=lambda i: -abs(one.trace["layer0.A"][i, 1] * one.trace["layer0.dZ"][i, 2]))
    )
    terms = [rf"A_{{{i},1}} \cdot dZ_{{{i},2}}" for i in (first, second)]
    assert formula.startswith(rf"\begin{{aligned}}dW_{{1,2}} &= {' + '.join(terms)} ")
    assert formula.endswith(rf"&= {text(float(one.trace['layer0.dW[1, 2]']))}\end{{aligned}}")


def test_one_click_compares_with_a_finite_difference() -> None:
    data = explained(one_pass("dense"), "layer0.W[1, 2]", difference=True)
    assert [remark["good"] for remark in data["remarks"]] == [True]
    assert data["remarks"][0]["text"].startswith(f"finite difference: {data['value']}")


def test_many_terms_are_listed_on_demand() -> None:
    one = Passes().start(network("lstm"), cr.Adam(lr=0.1), batch((4, 2), 8))
    few, many = explained(one, "layer0.Wx[0, 0]"), explained(one, "layer0.Wx[0, 0]", everything=True)
    assert len(few["terms"]) == 8
    assert few["rest"]["more"]
    assert len(many["terms"]) == 32
    assert "rest" not in many
    assert few["total"] == many["total"]


@pytest.mark.parametrize(
    "rule",
    [
        cr.SGD(lr=0.1),
        cr.Adam(lr=0.1, weight_decay=0.01, clip_norm=0.1),
        cr.AdamW(lr=0.1, weight_decay=0.01),
        cr.Momentum(lr=0.1),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_the_update_shows_what_it_was_made_of(rule: Any) -> None:
    trained = network("dense")
    examples = batch((4,), 8)
    trained.fit(examples.X, examples.y, epochs=2, batch_size=4, optimizer=rule, verbose=False)
    one = Passes().start(trained, rule, examples)
    assert one.step.number == 5
    for update in one.step.updates.values():
        np.testing.assert_array_equal(update.new, one.trace[update.new_name])
        np.testing.assert_array_equal(update.gradient, one.trace[update.gradient_name])
        g = update.gradient * one.step.clipped
        if not one.step.decoupled:
            g = g + update.decay * update.old
        by_hand, _ = rule.rule(
            update.old,
            update.gradient * one.step.clipped,
            rule.state(*(update.before[letter] for letter in rule.state._fields)),
            one.step.number,
            decay=bool(update.decay),
        )
        np.testing.assert_allclose(by_hand, update.new, rtol=1e-12, atol=1e-14)
    rows = {row["label"]: row["value"] for row in explained(one, "layer0.new_W[1, 2]")["update"]}
    assert rows["before"] == text(float(one.trace["layer0.W[1, 2]"]))
    assert rows["gradient"] == text(float(one.trace["layer0.dW[1, 2]"]))
    assert rows["after"] == text(float(one.trace["layer0.new_W[1, 2]"]))
    assert ("weight decay" in rows) == bool(rule.weight_decay)
    assert [label for label in rows if label.endswith(" after")] == [f"{letter} after" for letter in rule.state._fields]


def test_what_the_optimizer_remembers_goes_in_and_comes_out() -> None:
    update = next(op for op in one_pass("dense").operations if op.phase == "update")
    assert update.inputs == ("layer0.W", "layer0.dW", "layer0.W:m", "layer0.W:v")
    assert update.outputs == ("layer0.W:m'", "layer0.W:v'", "layer0.new_W")


def test_running_statistics_are_updated_without_a_gradient() -> None:
    one = one_pass("conv")
    assert ("layer1.running_mean",) in [op.inputs for op in one.operations if op.phase == "update"]
    data = explained(one, "layer1.new_running_mean[0]")
    assert data["said"].endswith("a running statistic")


def test_one_example_of_batch_normalization_runs_as_in_prediction() -> None:
    norm = cr.Network([Dense(2), BatchNorm(), Dense(2)], "categorical_cross_entropy", input_shape=(3,))
    alone = Passes().start(norm, cr.Adam(), batch((3,), 1))
    assert not alone.trace.mode.training
    assert {op.phase for op in alone.operations} == {"forward", "loss", "backward"}
    assert [curve["name"] for curve in what_if(alone)["curves"]] == ["against the gradient"]


# Windows.


def numbered(*shape: int) -> np.ndarray[Any, Any]:
    return np.arange(float(np.prod(shape))).reshape(shape)


def shown(array: Any, **more: Any) -> Shown:
    return Shown("layer0.W", "W", array, more.pop("is_parameter", True), **more)


DROPPING = Blueprint(
    DataChoice("toy", "moons"),
    (Dense(6), BatchNorm(), Dropout(0.5)),
    dtype="float32",
    batch_size=16,
)


def test_the_pass_of_the_next_batch_has_its_mask(desk: Desk, client: Any) -> None:
    desk.session.build(DROPPING)
    masks = []
    for _ in range(11):  # over the end of an epoch
        one = desk.passes.get(client.post("/api/pass", json={"next": True}).json()["id"])
        masks.append(one.known["layer2.M"].array)
        desk.session.run("batch", wait=True)
        assert (desk.session.network.params[0]["W"] == one.trace["layer0.new_W"]).all()
    assert len({mask.tobytes() for mask in masks}) == 11
    assert client.post("/api/pass", json={"next": True}).json()["mode"] == {
        "training": True,
        "matters": True,
        "said": "As in training, with the random numbers of batch 2 of epoch 2.",
    }


def test_a_pass_runs_as_in_prediction_if_that_is_asked_for(desk: Desk, client: Any) -> None:
    desk.session.build(DROPPING)
    told = client.post("/api/pass", json={"examples": [0, 1, 2], "training": False}).json()
    one, network = desk.passes.get(told["id"]), desk.session.network
    assert one.trace.loss is not None
    assert np.array_equal(one.trace.loss.P, network.predict(one.batch.X))
    assert "nothing is dropped" in told["mode"]["said"]
    assert "update" not in {step["phase"] for step in told["steps"]}
    touched = client.post("/api/touch/number", json={"id": told["id"], "path": "layer0.W[0, 0]", "value": 1}).json()
    assert touched["mode"] == told["mode"]
    alone = client.post("/api/pass", json={"examples": [0]}).json()["mode"]
    assert (alone["training"], alone["matters"]) == (False, True)
    assert "a single example has no statistics" in alone["said"]
    assert "training" in client.post("/api/pass", json={"training": 1}).json()["error"]


def test_without_dropout_and_normalization_both_modes_are_the_same(desk: Desk, client: Any) -> None:
    assert client.post("/api/pass", json={}).json()["mode"]["matters"] is False


def test_a_window_is_moved_by_the_places_that_it_gives() -> None:
    of = shown(numbered(20, 30))
    seen: set[str] = set()
    place = None
    while True:
        part = window(of, place)
        seen |= shown_texts(part).keys()
        place = part["moves"].get("right") or (part["moves"].get("down") and [part["moves"]["down"][0], 0])
        if not place:
            break
    assert len(seen) == 600
    assert window(of, [8, 12])["moves"] == {"up": [0, 12], "down": [16, 12], "left": [8, 0], "right": [8, 24]}


@pytest.mark.parametrize(
    ("array", "is_parameter", "labels"),
    [
        (numbered(2, 5, 3), False, ["example"]),
        (numbered(2, 8, 8, 3), False, ["example", "channel"]),
        (numbered(3, 3, 2, 4), True, ["from channel", "to channel"]),
        (numbered(1, 8, 8, 1), False, []),
    ],
)
def test_axes_that_are_not_shown_are_picked(array: Any, is_parameter: bool, labels: list[str]) -> None:
    part = window(shown(array, is_parameter=is_parameter))
    assert [pick["label"] for pick in part["picks"]] == labels
    for pick in part["picks"]:
        assert pick["less"] is None
        moved = shown_texts(window(shown(array, is_parameter=is_parameter), pick["more"]))
        assert moved.keys() != shown_texts(part).keys()
    for path, written in shown_texts(part).items():
        assert written == text(float(array[index_in(path)]))


def test_pictures_are_pixels_even_if_they_lie_flat() -> None:
    assert window(shown(numbered(2, 8, 8, 3), is_parameter=False))["pixels"]
    flat = window(shown(numbered(2, 48), is_parameter=False, folded=(6, 8)), [1, 0, 0])
    assert flat["pixels"]
    assert (len(flat["cells"]), len(flat["cells"][0])) == (6, 8)
    assert shown_texts(flat)["layer0.W[1, 9]"] == "57"
    weights = window(shown(numbered(48, 5), folded=(6, 8)), [0, 0, 3])
    assert shown_texts(weights)["layer0.W[9, 3]"] == "48"
    assert [pick["label"] for pick in weights["picks"]] == ["to unit"]


def test_a_pass_of_flat_pictures_shows_inputs_and_first_weights_as_pixels() -> None:
    mlp = cr.Network.mlp([36, 36, 2], seed=0)
    one = Passes().start(mlp, cr.Adam(), batch((36,), pixel_shape=(6, 6)))
    pixels = {name for name in one.known if one.shown(name).pixels}
    assert pixels == {"layer0.A", "layer0.W", "layer0.dW", "layer0.dA", "layer0.new_W"}


def test_a_target_of_two_classes_has_its_name(desk: Desk, client: Any) -> None:
    rows = "".join(f"{i * i % 7},{('no', 'yes')[i % 2]}\n" for i in range(20))
    token = desk.sets.upload("t.csv", f"a,sold\n{rows}".encode())
    desk.session.build(Blueprint(data=DataChoice("table", "t.csv", token=token, target="sold", split=0.0)))
    shown = client.post("/api/pass", json={"examples": [0, 1], "input": None}).json()["examples"]
    assert [each["target"] for each in shown] == ["0 (no)", "1 (yes)"]
    desk.session.build(Blueprint())
    shown = client.post("/api/pass", json={"examples": [0], "input": None}).json()["examples"]
    assert shown[0]["target"] in ("0", "1")


def test_numbers_that_are_none_are_told_apart() -> None:
    part = window(shown(np.array([[np.nan, np.inf], [-2.0, 1.0]])))
    assert part["cells"] == [[["nan", 0], ["inf", 0]], [["-2", -100], ["1", 50]]]
    json.dumps(part, allow_nan=False)


@pytest.mark.parametrize("place", [[0], [0, 30], [0, -1], [0, 1.5], "ab", [True, 0], {}])
def test_a_place_that_is_none_is_refused(place: Any) -> None:
    with pytest.raises(InputError, match=r"layer0\.W has shape \(2, 30\), so a window onto it begins at"):
        window(shown(numbered(2, 30)), place)


def test_a_window_has_at_most_so_many_columns() -> None:
    assert len(window(shown(numbered(500)))["cells"][0]) == COLUMNS


# What is asked for wrongly.


def test_only_the_last_passes_are_kept() -> None:
    passes = Passes()
    first = one_pass("dense", passes=passes)
    for _ in range(12):
        one_pass("dense", passes=passes)
    with pytest.raises(InputError, match="The pass 1 is not kept any more"):
        passes.get(first.number)
    assert passes.get(13).number == 13


def test_large_passes_are_kept_as_long_as_there_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.lab import passes as module

    passes = Passes()
    first = one_pass("dense", passes=passes)
    monkeypatch.setattr(module, "_BYTES", 2 * first.size + needed(first.network, len(first.batch.X)))
    for _ in range(4):
        one_pass("dense", passes=passes)
    with pytest.raises(InputError, match="is not kept any more"):
        passes.get(2)
    assert [passes.get(number).number for number in (3, 4, 5)] == [3, 4, 5]


def test_a_pass_with_changes_keeps_the_one_it_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.lab import passes as module

    passes = Passes()
    first = one_pass("dense", passes=passes)
    monkeypatch.setattr(module, "_BYTES", first.size)
    changed = touched(passes, first, "layer0.W[0, 0]", 3.0)
    assert passes.get(changed.number).origin is first
    with pytest.raises(InputError, match="is not kept any more"):
        passes.get(first.number)


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_of_a_pass_is_known_before(kind: str) -> None:
    one = Passes().start(network(kind), cr.Adam(), batch(LAYERS[kind][1], 64))
    assert 0.4 < one.size / needed(one.network, 64) < 1.5


def test_a_pass_that_takes_too_much_memory_is_refused(client: Any, desk: Desk) -> None:
    data = DataChoice("digits", "mnist-small", form="picture")
    desk.session.build(Blueprint(data, (Conv2D(32, 3, padding="same"), ReLU(), Conv2D(32, 3), Flatten())))
    refused = client.post("/api/pass", json={"examples": list(range(256))})
    assert refused.status_code == 422
    found = re.search(
        r"about ([\d,]+) MB, and the lab keeps 500 MB. Take up to (\d+) examples", refused.json()["error"]
    )
    assert found is not None
    few = client.post("/api/pass", json={"examples": list(range(int(found[2]) // 8))})
    assert few.status_code == 200


@pytest.mark.parametrize("number", [None, "1", 99, [1], {}])
def test_a_pass_that_never_was_is_refused(number: Any) -> None:
    with pytest.raises(InputError, match="is not kept any more"):
        Passes().get(number)


@pytest.mark.parametrize("rows", [None, [], "0", list(range(MOST_EXAMPLES + 1)), 3])
def test_examples_come_as_a_short_list(rows: Any) -> None:
    with pytest.raises(InputError, match="A pass takes a list of 1 to 256 examples by their numbers"):
        chosen_rows(rows, 10)


@pytest.mark.parametrize("wrong", [10, -1, 1.5, True, "a"])
def test_examples_that_are_not_there_are_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="The examples have the numbers 0 to 9, but"):
        chosen_rows([0, wrong], 10)


@pytest.mark.parametrize("numbers", [[1], [1, "a"], [1, None], "12", [1e999, 0], [[1, 2]], {}])
def test_a_typed_input_has_the_network_s_shape(numbers: Any) -> None:
    with pytest.raises(InputError, match=r"An input of this network is numbers of shape \(2,\)"):
        typed_input(numbers, np.zeros(2))


def test_a_typed_input_is_taken() -> None:
    np.testing.assert_array_equal(typed_input([1, 2.5], np.zeros(2)), [1, 2.5])


@pytest.mark.parametrize("path", ["layer0.Q[0]", "layer0.W[9, 9]", "layer0.W[0, 0, 0]", "", 3, None])
def test_paths_that_name_nothing_are_refused(path: Any) -> None:
    with pytest.raises(InputError):
        explained(one_pass("dense"), path)


@pytest.mark.parametrize("opened", [["a"], [99], 3, [None]])
def test_terms_that_are_not_there_are_refused(opened: Any) -> None:
    with pytest.raises(InputError):
        explained(one_pass("dense"), "layer0.W[0, 0]", opened)


def test_an_optimizer_state_that_is_not_there_is_refused() -> None:
    one: OnePass = one_pass("dense", cr.SGD())
    with pytest.raises(InputError, match="The optimizer keeps nothing that is called"):
        windows(one, ["layer0.W:m"])
    with pytest.raises(InputError, match=r"layer0\.W:m\[0, :\] is many numbers: ask about one"):
        explained(one_pass("dense"), "layer0.W:m[0, :]")
    with pytest.raises(InputError, match="names is a list of arrays' names"):
        windows(one, "layer0.W")
