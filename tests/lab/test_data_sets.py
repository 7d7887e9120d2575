"""What the lab learns from: toy sets, gates, sequences, digits, tables, what is drawn; limits and refusals."""

from __future__ import annotations

import base64
import json
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import ChainruleError, FileFormatError, InputError
from chainrule.common.languages import speaking
from chainrule.lab import pictures as drawings
from chainrule.lab import saved
from chainrule.lab.data_sets import DataChoice, DataSets, Examples, choice, pixels, tables
from chainrule.lab.data_sets.sequences import adding, first_sign, waves
from chainrule.lab.data_sets.toys import OUTPUTS, flower, gate
from chainrule.lab.frames import PARTS, Frames
from chainrule.lab.opening import desk_for
from chainrule.lab.routes import touch
from chainrule.lab.routes.passes import run
from chainrule.layers import LSTM, Dense, Embedding, Flatten, Layer

HOUSES = "area,town,price,sold\n" + "".join(
    f"{40 + i % 37},{'Ulm' if i % 3 else 'Bonn'},{(40 + i % 37) * (3 if i % 3 else 2)},{'yes' if i % 2 else 'no'}\n"
    for i in range(120)
)


def picture(level: int = 200) -> str:
    return base64.b64encode(bytes([level] * 784)).decode()


CHOICES = {
    **{name: DataChoice("toy", name) for name in choice.TOYS},
    **{f"gate {name}": DataChoice("gate", name) for name in choice.GATES},
    **{f"sequence {name}": DataChoice("sequence", name) for name in choice.SEQUENCES},
    **{f"digits {form}": DataChoice("digits", "mnist-small", count=50, form=form) for form in choice.FORMS},
    "points": DataChoice("points", points=[(0.5, 1.0, 0), (1.0, 0.0, 1), (0.0, 0.0, 2), (2.0, 1.0, 5), (1.0, 2.0, 5)]),
    "curve": DataChoice("curve", points=[(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, 0.5), (4.0, 2.0)]),
    "drawn digits": DataChoice("drawn_digits", pictures=[(i, picture(20 * i)) for i in range(6)], form="picture"),
    "random": DataChoice("random", shape=(3, 4), outputs=3),
}


@pytest.fixture
def sets() -> DataSets:
    return DataSets()


@pytest.mark.parametrize("name", CHOICES)
def test_examples_are_what_a_network_takes(sets: DataSets, name: str) -> None:
    examples = sets.examples(CHOICES[name])
    assert len(examples.X) == len(examples.y)
    assert np.isfinite(examples.X).all()
    if examples.task == "regression":
        assert examples.y.shape == (len(examples.X), examples.outputs)
    else:
        assert examples.y.shape == (len(examples.X),)
        assert set(examples.y.tolist()) <= set(range(len(examples.classes)))
        assert examples.outputs == (1 if len(examples.classes) == 2 else len(examples.classes))
    with pytest.raises(ValueError, match="read-only"):
        examples.X[0] = 0
    assert sets.examples(CHOICES[name]) is examples


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_plain_data(name: str) -> None:
    assert DataChoice.from_json(json.loads(json.dumps(CHOICES[name].json()))) == CHOICES[name]


def test_toys_are_those_of_the_library(sets: DataSets) -> None:
    examples = sets.examples(DataChoice("toy", "moons", count=50, noise=0.2, seed=3, split=0.0))
    X, y = cr.datasets.moons(50, 0.2, 3)
    assert np.array_equal(examples.X, X)
    assert np.array_equal(examples.y, y)
    assert examples.validation is None


def test_the_split_takes_each_example_once(sets: DataSets) -> None:
    examples = sets.examples(DataChoice("toy", "blobs", count=40, split=0.25))
    assert examples.X_val is not None
    assert len(examples.X_val) == 10
    both = np.concatenate([examples.X, examples.X_val])
    X, _ = cr.datasets.blobs(40)
    assert np.array_equal(both[np.lexsort(both.T)], X[np.lexsort(X.T)])


def test_a_truth_table_is_not_split(sets: DataSets) -> None:
    examples = sets.examples(DataChoice("gate", "nand"))
    assert examples.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert examples.y.tolist() == [1, 1, 1, 0]
    assert examples.X_val is None
    assert sets.examples(DataChoice("gate", "nand", count=100, noise=0.1)).X_val is not None


@pytest.mark.parametrize("name", choice.GATES)
def test_gates_say_what_their_name_says(name: str) -> None:
    bits = [(a, b) for a in (0, 1) for b in (0, 1)]
    rules: dict[str, Any] = {"and": min, "or": max, "xor": lambda bits: bits[0] ^ bits[1]}
    for bit, output in zip(bits, OUTPUTS[name], strict=True):
        negated = name.startswith("n") or name == "xnor"
        rule = {"nand": "and", "nor": "or", "xnor": "xor"}.get(name, name)
        assert output == rules[rule](bit) ^ negated
    assert len(gate(name, n=10)[0]) == 10


def test_petals_take_turns() -> None:
    X, y = flower(n=3000, noise=0.0)
    petal = np.floor(3 * (np.arctan2(X[:, 1], X[:, 0]) % (2 * np.pi)) / np.pi).astype(int)
    assert np.mean(petal % 2 == y) > 0.999
    assert 0.4 < y.mean() < 0.6


def test_sequences_mean_what_is_said() -> None:
    X, y = first_sign(50, length=5)
    assert np.array_equal(y, X[:, 0, 0] > 0)
    X, y = adding(50, length=7)
    assert np.array_equal(X[..., 1].sum(axis=1), np.full(50, 2))
    np.testing.assert_allclose((X[..., 0] * X[..., 1]).sum(axis=1), y[:, 0], rtol=1e-5)
    X, y = waves(60, length=16, noise=0.0)
    assert set(np.abs(X[y == 1]).ravel().tolist()) <= {0.0, 1.0}
    assert np.bincount(y).tolist() == [20, 20, 20]


def test_digits_come_in_three_forms_of_the_same_pixels(sets: DataSets) -> None:
    flat, pictures, rows = (sets.examples(CHOICES[f"digits {form}"]) for form in choice.FORMS)
    assert (flat.X.shape, pictures.X.shape, rows.X.shape) == ((50, 784), (50, 28, 28, 1), (50, 28, 28))
    assert np.array_equal(flat.X.ravel(), pictures.X.ravel())
    assert np.array_equal(flat.X.ravel(), rows.X.ravel())
    assert flat.X_val is not None
    assert len(flat.X_val) == 10
    assert pictures.is_picture
    assert rows.is_sequence
    assert not flat.bounds


def test_drawn_digits_are_pixels_from_0_to_1() -> None:
    X, y = pixels.drawn([(7, picture(255)), (3, picture(0))])
    assert X.min() == 0
    assert X.max() == 1
    assert y.tolist() == [7, 3]


def test_where_a_map_goes(sets: DataSets) -> None:
    examples = sets.examples(CHOICES["points"])
    (left, right), (bottom, top) = examples.bounds
    assert left < 0 < 2 < right
    assert bottom < 0 < 2 < top
    assert examples.is_plane
    assert sets.examples(CHOICES["curve"]).is_curve


def test_points_keep_six_digits_as_addresses_are_short() -> None:
    assert DataChoice("points", points=[(1 / 3, 2 / 3, 1)]).points == ((0.333333, 0.666667, 1),)


WRONG: list[tuple[Any, str]] = [
    ({"kind": "table", "task": "yes_no"}, r"data takes task as 'classes' or 'values', or None, but task='yes_no'"),
    ({"kind": "cats"}, "kind as 'toy'"),
    ({"name": "moon"}, "name='moon'"),
    ({"kind": "gate", "name": "moons"}, "name as 'and'"),
    ({"count": 10_001}, "count goes up to 10,000"),
    ({"count": 3}, "count as a whole number of at least 4"),
    ({"classes": 7}, "classes goes up to 6"),
    ({"length": 101}, "length goes up to 100"),
    ({"noise": -0.1}, "noise as a number of at least 0"),
    ({"noise": float("nan")}, "noise"),
    ({"split": 0.95}, "split as a number"),
    ({"form": "round"}, "form as 'flat'"),
    ({"nosie": 1}, "no setting 'nosie'. Did you mean 'noise'"),
    ({"points": [[0, 0, 6]]}, "Classes go from 0 to 5"),
    ({"points": [[0, 0, 0.5]]}, "points as a list of points"),
    ({"points": [[0, float("inf")]]}, "points as a list of points"),
    ({"points": [[0]]}, r"A point is \[x, y\]"),
    ({"points": "points"}, "points as a list of points"),
    ({"points": [[0, 0, 1]] * 10_001}, "The lab takes up to 10,000 points, but 10,001 came"),
    ({"pictures": [[1, "AAAA"]]}, "784 bytes in base64"),
    ({"pictures": [[10, "A" * 1048]]}, "Digits go from 0 to 9"),
    ({"pictures": [[1, "A" * 1048]] * 501}, "The lab takes up to 500 pictures, but 501 came"),
    ({"shape": [1000, 1000]}, "up to 200,000 numbers"),
    ([], "described by settings such as kind and name"),
]


@pytest.mark.parametrize(("data", "text"), WRONG, ids=lambda wrong: str(wrong)[:40])
def test_a_choice_that_breaks_a_rule_says_so(no_type_checks: None, data: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        DataChoice.from_json(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (DataChoice("points", points=[(0.0, 0.0, 1)]), "at least 4 examples to learn from, and 1 were drawn"),
        (DataChoice("points", points=[(0.0, 0.0)] * 5), "one of them has no class"),
        (DataChoice("drawn_digits", pictures=[(1, "?" * 1048)] * 4), "another text came"),
        (DataChoice("toy", "xor", count=4, split=0.9), "leave 0 to train on"),
        (DataChoice("table", "t.csv"), "The table is not here, or not any more"),
    ],
    ids=lambda case: str(case)[:40],
)
def test_examples_that_cannot_be_made_say_why(sets: DataSets, data: DataChoice, text: str) -> None:
    with pytest.raises(InputError, match=text):
        sets.examples(data)


def test_a_table_is_uploaded_looked_at_and_learned(sets: DataSets) -> None:
    token = sets.upload("/home/me/houses.csv", HOUSES.encode())
    columns = sets.columns(token)
    assert [column["name"] for column in columns] == ["area", "town", "price", "sold"]
    assert [column["name"] for column in columns if column["target"]] == ["sold"]
    price = sets.examples(DataChoice("table", "houses.csv", token=token, target="price", dropped=("sold",)))
    assert price.task == "regression"
    assert price.names == ("area", "town")
    assert abs(float(price.y.mean())) < 0.2
    assert price.X_val is not None
    assert (len(price.X), len(price.X_val)) == (96, 24)
    sold = sets.examples(DataChoice("table", "houses.csv", token=token, target="sold"))
    assert sold.classes == ("no", "yes")
    assert sold.task == "binary"
    forced = sets.examples(DataChoice("table", "houses.csv", token=token, target="area", task="classes"))
    assert forced.outputs == 37


@pytest.mark.parametrize("kind", [".xlsx", ".parquet"])
def test_a_table_of_another_program_is_uploaded(kind: str, sets: DataSets, tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    written = polars.read_csv(HOUSES.encode())
    path = tmp_path / f"houses{kind}"
    if kind == ".xlsx":
        pytest.importorskip("xlsxwriter")
        written.write_excel(path)
    else:
        written.write_parquet(path)
    token = sets.upload(path.name, path.read_bytes())
    read = sets.examples(DataChoice("table", path.name, token=token, target="price"))
    text = sets.examples(DataChoice("table", "h.csv", token=sets.upload("h.csv", HOUSES.encode()), target="price"))
    np.testing.assert_array_equal(read.X, text.X)
    np.testing.assert_array_equal(read.y, text.y)


def test_small_files_that_unpack_to_huge_tables_are_refused(
    sets: DataSets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", bytes(2000))
    monkeypatch.setattr(tables, "_MOST_UNPACKED", 1000)
    with pytest.raises(InputError, match=r"up to 1,000 bytes when unpacked, but huge\.xlsx has 2,000"):
        sets.upload(path.name, path.read_bytes())
    polars = pytest.importorskip("polars")
    polars.DataFrame({"a": [1] * 50, "b": [2] * 50}).write_parquet(tmp_path / "long.parquet")
    monkeypatch.setattr(tables, "MOST_ROWS", 10)
    with pytest.raises(InputError, match=r"up to 10 rows, but long\.parquet has 50"):
        sets.upload("long.parquet", (tmp_path / "long.parquet").read_bytes())


def test_the_columns_of_a_table_are_recognized_once(sets: DataSets, monkeypatch: pytest.MonkeyPatch) -> None:
    recognized = []
    columns = cr.tables.columns

    def counting(*table: Any, **settings: Any) -> Any:
        recognized.append(settings)
        return columns(*table, **settings)

    monkeypatch.setattr(cr.tables, "columns", counting)
    rows = "".join(f"{i},{i * i % 7},{('no', 'yes')[i % 2]}\n" for i in range(20))
    token = sets.upload("t.csv", f"a,b,sold\n{rows}".encode())
    sets.columns(token)
    known = sets.examples(DataChoice("table", token=token, target="sold"))
    assert len(recognized) == 1
    anew = tables.prepared(sets.tables.get(token).frame, "sold")
    assert np.array_equal(known.X, anew.X)
    assert len(recognized) == 2
    sets.examples(DataChoice("table", token=token, target="sold", dropped=("a",)))
    assert recognized[2]["drop"] == ["a"]


def test_an_input_of_a_category_has_its_name(sets: DataSets) -> None:
    rows = "".join(f"{('Ulm', 'Bonn', 'Kiel')[i % 3]},{i % 2}\n" for i in range(60))
    token = sets.upload("t.csv", f"town,sold\n{rows}".encode())
    names = sets.examples(DataChoice("table", "t.csv", token=token, target="sold")).names
    assert set(names) >= {"town: Bonn", "town: Kiel", "town: Ulm"}


def test_what_is_measured_is_measured_on_the_rows_that_train(sets: DataSets) -> None:
    rows = [f"{i},{i % 2}\n" for i in range(40)]
    held = np.random.default_rng(0).permutation(40)[:8]
    for row in held:
        rows[row] = f"{1000 + row},{row % 2}\n"  # which would move the center, if they were seen
    examples = sets.examples(
        DataChoice("table", "t.csv", token=sets.upload("t.csv", ("a,b\n" + "".join(rows)).encode()), target="b")
    )
    assert examples.X_val is not None
    assert examples.X_val.min() > 2 * np.abs(examples.X).max()  # far outside, where numbers are drawn in
    assert abs(float(np.median(examples.X))) < 1e-6


def test_warnings_of_a_table_are_kept_as_sentences(sets: DataSets) -> None:
    token = sets.upload("t.csv", b"a,b\n" + b"1,2\n2,\n3,4\n4,5\n5,6\n6,5\n7,8\n" * 5)
    examples = sets.examples(DataChoice("table", "t.csv", token=token, target="b"))
    assert any("'b' is missing in 5 of 35 rows" in note for note in examples.notes)


@pytest.mark.parametrize("header", [b"", b"a,b\n1,2\n"])
def test_a_line_of_millions_of_fields_is_refused_at_once(sets: DataSets, header: bytes) -> None:
    began = time.process_time()
    with pytest.raises(InputError, match=r"up to 1,000 columns, but huge\.csv has 10,000,001"):
        sets.upload("huge.csv", header + b"1," * 10_000_000)
    assert time.process_time() - began < 20  # to read it takes minutes


HOSTILE = [
    (b"", FileFormatError | InputError, "bad.csv is empty"),
    (b"\x00\x01\xff\xfe" * 100, FileFormatError | InputError, "bad.csv"),
    (b"PK\x03\x04" + bytes(100), FileFormatError | InputError, "bad.csv"),
    (b"a,b\n1,2,3\n", InputError, "Row 1 of bad.csv, in line 2, has 3 fields"),
    (b'a,b\n"1,2\n', InputError, "wrong quotes"),
    (b"a,b\n", InputError, r"bad\.csv has names of columns, but no rows"),
    (b"a,a\n1,2\n", InputError, "a"),
]


@pytest.mark.parametrize(("content", "kind", "text"), HOSTILE, ids=lambda case: str(case)[:30])
def test_files_that_are_no_tables_are_refused_by_their_name(
    sets: DataSets, content: bytes, kind: Any, text: str
) -> None:
    with pytest.raises(ChainruleError, match=text) as raised:
        sets.upload("bad.csv", content)
    assert isinstance(raised.value, FileFormatError | InputError)
    assert "/tmp" not in str(raised.value)


def test_limits_of_tables(sets: DataSets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 100)
    with pytest.raises(
        InputError, match=r"up to 100 bytes, but houses\.csv has [0-9,]+\. Train on it with `chainrule train`"
    ):
        sets.upload("houses.csv", HOUSES.encode())
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MOST_ROWS", 100)
    with pytest.raises(InputError, match=r"up to 100 rows, but houses\.csv has 120"):
        sets.upload("houses.csv", HOUSES.encode())
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MOST_COLUMNS", 3)
    with pytest.raises(InputError, match=r"up to 3 columns, but houses\.csv has [0-9]+\. Train on it with"):
        sets.upload("houses.csv", HOUSES.encode())
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MOST_NUMBERS", 100)
    token = sets.upload("houses.csv", HOUSES.encode())
    with pytest.raises(InputError, match="inputs for each of 120 rows"):
        sets.examples(DataChoice("table", "houses.csv", token=token, target="sold"))


@pytest.mark.parametrize("name", ["a.\0", "b." + "가" * 200, "c." + "x" * 300, "..", "d.csv.", "e\n.csv"])
def test_names_of_tables_may_be_any(sets: DataSets, name: str) -> None:
    token = sets.upload(name, HOUSES.encode())
    assert sets.examples(DataChoice("table", name, token=token, target="price")).outputs == 1


def test_only_the_last_tables_are_kept(sets: DataSets) -> None:
    tokens = [sets.upload(f"{i}.csv", f"a,b\n{i},1\n2,3\n".encode()) for i in range(4)]
    with pytest.raises(InputError, match="keeps the last 3 in memory"):
        sets.columns(tokens[0])
    assert sets.columns(tokens[3])
    assert sets.upload("again.csv", b"a,b\n3,1\n2,3\n") == tokens[3]


def test_what_examples_are_is_told_in_korean(sets: DataSets) -> None:
    with speaking("ko"):
        examples = sets.examples(CHOICES["sequence first"])
        assert str(examples.title).startswith("난수열")
        assert list(map(str, examples.classes)) == ["음수", "양수"]


def test_a_saved_model_opens_with_data_of_its_shape(tmp_path: Path, sets: DataSets) -> None:
    shapes = {
        "digits": ([784, 5, 10], None),
        "toy": ([2, 4, 1], None),
        "spirals": ([2, 4, 4], None),
        "sine": ([1, 4, 1], "mean_squared_error"),
        "random": ([7, 4, 3], None),
    }
    for name, (sizes, loss) in shapes.items():
        cr.save(cr.Network.mlp(sizes, loss=loss), tmp_path / "model.safetensors")
        blueprint, network = saved.blueprint_of_model(tmp_path / "model.safetensors")
        assert name in (blueprint.data.kind, blueprint.data.name)
        examples: Examples = sets.examples(blueprint.data)
        assert blueprint.network(examples).body.layers == network.body.layers
    assert saved.is_model(tmp_path / "model.safetensors")


OPENED: dict[str, tuple[list[Layer], str, tuple[int, ...]]] = {
    "words": ([Embedding(50, 4), LSTM(3), Dense(3)], "categorical_cross_entropy", (7,)),
    "two words": ([Embedding(50, 4), Flatten(), Dense(1)], "binary_cross_entropy", (2,)),
    "a word": ([Embedding(50, 4), Flatten(), Dense(1)], "mean_squared_error", (1,)),
    "yes or no, three times": ([Dense(3)], "binary_cross_entropy", (2,)),
    "three numbers": ([Dense(3)], "huber", (2,)),
    "counts": ([Dense(2)], "poisson", (5,)),
}


@pytest.mark.parametrize("name", OPENED)
def test_models_of_any_answers_are_opened_and_trained_and_shown(name: str, tmp_path: Path) -> None:
    layers, loss, shape = OPENED[name]
    network = cr.Network(layers, loss, input_shape=shape)
    cr.save(network, tmp_path / "model.safetensors")
    desk = desk_for(tmp_path / "model.safetensors")
    try:
        first = desk.session.network.predict(desk.session.examples.X[:2])
        assert np.array_equal(first, network.predict(desk.session.examples.X[:2]))
        desk.session.run("epoch", wait=True)
        state = desk.session.state()
        assert state.divergence is None and np.isfinite(state.scores["loss"])
        frame = Frames(desk.session).frame({}, set(PARTS))
        assert (frame.get("map") is not None) == (name in ("yes or no, three times", "three numbers"))
        json.dumps(frame, allow_nan=False)
        told = run(desk, {"examples": [0, 1]}, {})
        number = next(name for name, quantity in desk.passes.get(told["id"]).known.items() if quantity.kind == "input")
        assert touch.number(desk, {"id": told["id"], "path": f"{number}[0, 0]", "value": 1}, {})["touched"]
        if "word" in name:
            with pytest.raises(InputError, match=r"whole numbers that are looked up, but 1\.5 came"):
                touch.number(desk, {"id": told["id"], "path": f"{number}[0, 0]", "value": 1.5}, {})
            with pytest.raises(InputError, match="Embedding looks up whole numbers from 0 to 49"):
                run(desk, {"input": [50] * shape[0]}, {})
        for drawn in drawings.pictures(desk.session):
            assert drawings.picture(desk.session, drawn["name"], "svg").data
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("layers", "shape", "text"),
    [
        (
            [LSTM(5, sequence=True), Dense(3)],
            (7, 2),
            r"cannot open .*model\.safetensors\. The model answers for each of",
        ),
        ([Dense(2000)], (3,), r"In the lab outputs goes up to 1,000, but outputs=2000\. `chainrule explain` shows"),
        ([Dense(3000), Dense(3000), Dense(3)], (3,), r"parameters, and the lab takes 5,000,000\."),
    ],
)
def test_a_model_that_cannot_be_shown_says_why_and_what_to_do(
    layers: list[Layer], shape: tuple[int, ...], text: str, tmp_path: Path
) -> None:
    cr.save(cr.Network(layers, "categorical_cross_entropy", input_shape=shape), tmp_path / "model.safetensors")
    threads = threading.active_count()
    with pytest.raises(InputError, match=text):
        desk_for(tmp_path / "model.safetensors")
    assert threading.active_count() == threads


def test_a_table_on_the_command_line_learns_its_last_column(tmp_path: Path, sets: DataSets) -> None:
    (tmp_path / "houses.csv").write_text(HOUSES, "utf-8")
    blueprint = saved.blueprint_of_table(tmp_path / "houses.csv", sets)
    assert blueprint.data.target == "sold"
    blueprint.shapes(sets.examples(blueprint.data))
