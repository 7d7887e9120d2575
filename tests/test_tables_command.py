"""The command on tables of the user's own: from a raw CSV to a scored CSV in two commands."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from examples.data.make_tables import make

Run = Callable[..., tuple[int, str, str]]
QUICK = ["--layers", "8", "--epochs", "3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    make(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["train", "titanic.csv", "--target", "Survived", *QUICK, "--out", "titanic"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command in this process, in the folder with the tables; return its exit status and what it wrote."""
    monkeypatch.chdir(folder)
    before = set(folder.iterdir())

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # the command prints them
            status = main([str(a) for a in arguments])
        return status, *capsys.readouterr()

    yield run
    for path in set(folder.iterdir()) - before:
        path.unlink()


def fails(result: tuple[int, str, str]) -> str:
    status, out, err = result
    assert (status, err.count("\n"), err[:11]) == (2, 1, "chainrule: "), result
    assert "saved" not in out and "written" not in out
    return err


@pytest.mark.parametrize(
    ("name", "target", "more", "rows"),
    [
        ("titanic", "Survived", [], 418),
        ("houses", "price", [], 300),
        ("fraud", "fraud", ["--split-by-time", "time"], 5000),
        ("load", "load", ["--time", "hour", "--history", "24", "--horizon", "2"], 275),
    ],
)
def test_from_csv_to_scored_csv_in_two_commands(run: Run, name: str, target: str, more: list[str], rows: int) -> None:
    status, out, _ = run("train", f"{name}.csv", "--target", target, *more, *QUICK, "--out", "model")
    assert status == 0 and out.endswith("saved to model\n") and "this network" in out
    status, out, _ = run("predict", "model", f"{name}_new.csv", "--out", "scored.csv")
    assert status == 0 and out.startswith(f"{rows:,} predictions of '{target}' written to scored.csv")
    raw, scored = (
        polars.read_csv(f"{name}_new.csv", infer_schema=False),
        polars.read_csv("scored.csv", infer_schema=False),
    )
    assert scored[:, : raw.width].equals(raw) and scored.columns[raw.width] == "prediction"
    model = cr.TableModel.load("model")
    expected = model.scored(cr.tables.read(f"{name}_new.csv"))["prediction"]
    assert scored["prediction"].cast(expected.dtype).to_list() == pytest.approx(expected.to_list())


def test_train_as_json(run: Run) -> None:
    status, out, err = run("train", "titanic.csv", "--target", "Survived", *QUICK, "--json")
    result = json.loads(out)
    assert (status, err) == (0, "")
    assert (result["task"], result["rows"], result["test_rows"]) == ("classification", 713, 178)
    assert set(result["baselines"]) == {"most frequent class", "logistic regression"}
    assert {column["name"]: column["kind"] for column in result["columns"]}["Name"] == "left out"
    assert len(result["history"]) == 3 and set(result["test"]) >= {"accuracy", "roc_auc", "log_loss"}


def test_columns_may_be_corrected(run: Run) -> None:
    arguments = ["--categorical", "Pclass,Family", "--drop", "Fare", "--drop", "Age", "--numeric", "PassengerId"]
    _, out, _ = run("train", "titanic.csv", "--target", "Survived", *QUICK, *arguments, "--json")
    kinds = {column["name"]: column["kind"] for column in json.loads(out)["columns"]}
    assert [kinds[name] for name in ("Pclass", "Family", "Fare", "Age", "PassengerId")] == [
        "categorical", "categorical", "left out", "left out", "numeric",
    ]  # fmt: skip


def test_rows_that_test(run: Run) -> None:
    def rows(*arguments: str) -> tuple[int, int]:
        result = json.loads(run("train", "titanic.csv", "--target", "Survived", *QUICK, *arguments, "--json")[1])
        return result["rows"], result["test_rows"]

    assert rows("--split", "0.5") == (446, 445)
    assert rows("--test", "titanic.csv") == (891, 891)
    train, test = rows("--group", "Embarked", "--split", "0.1")
    assert train + test == 891 and 0 < test < 891


def test_the_same_arguments_give_the_same_model(run: Run) -> None:
    results = [run("train", "houses.csv", "--target", "price", *QUICK, "--json")[1] for _ in range(2)]
    assert results[0] == results[1]


def test_evaluate_and_predict_without_a_file(run: Run) -> None:
    status, out, _ = run("evaluate", "titanic", "titanic.csv", "--json")
    assert status == 0 and json.loads(out)["test"]["accuracy"] > 0.4
    assert run("evaluate", "titanic", "titanic.csv")[1].startswith("891 rows of titanic.csv\n")
    status, out, _ = run("predict", "titanic", "titanic_new.csv")
    assert len(out.splitlines()) == 22 and out.endswith("and 398 more rows; --out FILE writes them all\n")
    predictions = json.loads(run("predict", "titanic", "titanic_new.csv", "--json")[1])
    assert len(predictions) == 418 and set(predictions[0]) == {"prediction", "probability"}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".arrow", ".feather"])
def test_tables_of_every_kind_are_written(run: Run, suffix: str) -> None:
    assert run("predict", "titanic", "titanic_new.csv", "--out", f"scored{suffix}")[0] == 0
    assert cr.tables.read(f"scored{suffix}")["prediction"].cast(polars.Int64).is_in([0, 1]).all()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949", "utf-8"])
@pytest.mark.parametrize("large", [False, True])
def test_a_scored_text_file_is_written_as_its_table(
    run: Run, encoding: str, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{'서울' if i % 3 else '부산'};{i},5;{2 * i},25" for i in range(60)]
    Path("german.csv").write_bytes("\n".join(["도시;크기;값", *rows, ""]).encode(encoding))
    if large:
        monkeypatch.setattr("chainrule.cli.table_options.LARGE", 100)
        monkeypatch.setattr("chainrule.tables.text_files._BLOCK", 100)
    assert run("train", "german.csv", "--target", "값", *QUICK, "--out", "model")[0] == 0
    assert run("predict", "model", "german.csv", "--out", "scored.csv")[0] == 0
    raw = Path("scored.csv").read_bytes()
    assert raw.startswith(Path("german.csv").read_bytes()[:8])  # the mark of the byte order, too
    lines = raw.decode(encoding).splitlines()
    assert lines[0] == "도시;크기;값;prediction" and len(lines) == 61
    assert [line.rpartition(";")[0] for line in lines[1:]] == rows
    assert all("," in line.rpartition(";")[2] for line in lines[1:])
    assert run("predict", "model", "german.csv", "--out", "scored.tsv")[0] == 0
    assert Path("scored.tsv").read_bytes().decode(encoding).startswith("도시\t크기")


def test_what_the_encoding_of_a_table_lacks_is_told(run: Run) -> None:
    polars.DataFrame({"x": [i % 7 for i in range(60)], "맛": ["café", "thé", "eau"] * 20}).write_csv("new.csv")
    assert run("train", "new.csv", "--target", "맛", *QUICK, "--out", "model")[0] == 0
    Path("new.csv").write_bytes("x,이름\n1,가\n".encode("cp949"))
    error = fails(run("predict", "model", "new.csv", "--out", "scored.csv"))
    assert "scored.csv cannot be written in cp949, as the table was: this has no 'é'" in error
    assert not Path("scored.csv").exists()


def test_info_says_what_is_in_the_file(run: Run) -> None:
    status, out, _ = run("info", "titanic")
    assert status == 0
    for part in (
        "Survived: classification",
        "logistic regression",
        "female, male",
        "Residual",
        "written by chainrule",
        "checksum",
    ):
        assert part in out
    result = json.loads(run("info", "titanic", "--json")[1])
    assert result["table"]["target"]["classes"] == ["0", "1"] and len(result["sha256"]) == 64
    polars.DataFrame({"day": [f"2024-01-{d:02}" for d in range(1, 31)] * 2, "hour": ["09:30", "10:30", "11:30"] * 20,
                      "y": range(60)}).write_csv("days.csv")  # fmt: skip
    assert run("train", "days.csv", "--target", "y", "--task", "regression", *QUICK, "--out", "model")[0] == 0
    out = run("info", "model")[1]
    assert "2024-01-1" in out and " becomes 0, 2024-01-3" in out and "10:30 becomes 0, 1" in out


def test_a_network_that_is_behind_says_so(run: Run) -> None:
    said = ["--target", "price", "--layers", "2", "--hidden", "tanh", "--epochs", "1", "--out", "model"]
    sentence = "The network is behind ridge regression on the rows that test"
    assert sentence in run("train", "houses.csv", *said)[2]
    assert sentence in run("info", "model")[1]


def test_unseen_categories_are_counted_beside_the_result(run: Run) -> None:
    polars.read_csv("titanic_new.csv").with_columns(Sex=polars.lit("unknown")).write_csv("odd.csv")
    status, _, err = run("predict", "titanic", "odd.csv", "--out", "scored.csv")
    assert (status, err.count("\n")) == (0, 1) and "Column 'Sex' has 418 values that training did not know" in err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("train titanic.csv", "titanic.csv is a table: say which column to predict, as in --target Embarked"),
        ("train titanic.csv --target survived", "There is no column 'survived'. Did you mean 'Survived'?"),
        ("train titanik.csv --target Survived", "titanik.csv cannot be read"),
        ("train titanic.csv --target Survived --split 2", "split takes share as a number above 0 and below 1"),
        ("train titanic.csv --target Survived --test houses.csv", "There is no column 'Survived'"),
        ("train titanic.csv --target Survived --test titanic.csv --split 0.1", "--test names the rows that test"),
        ("train titanic.csv --target Survived --drop Pclas", "There is no column 'Pclas'. Did you mean 'Pclass'?"),
        ("train titanic.csv --target Survived --task guess", "task is 'classification' or 'regression'"),
        (
            "train titanic.csv --target Survived --sheet a",
            "titanic.csv is no Excel file, for which sheet='a' means nothing",
        ),
        ("train titanic.csv --target Survived --size 3", "--size takes height and width, such as 32x32"),
        ("train titanic.csv --target Survived --out nowhere/model", "there is no folder nowhere"),
        ("train titanic.csv --target Survived --layers lstm:8", "LSTM expects"),
        ("train titanic.csv --target Survived --layers 8,lstm:8", "recurrent layers before the others"),
        ("train titanic.csv --target Survived --time Age", "--horizon and --time go with --history N"),
        ("train load.csv --target load --history 9 --group hour", "With --history, the last rows in time test"),
        (
            "train moons --target Survived",
            "moons is known by its name and no table of yours, so --target means nothing",
        ),
        ("evaluate titanic titanic_new.csv", "There is no column 'Survived'"),
        (
            "evaluate titanic moons",
            "was trained on a table, to predict 'Survived': name a file with one, and not moons",
        ),
        ("predict titanic houses.csv", "the table lacks 'Pclass', 'Sex'"),
        ("predict titanic", "a table with the columns that titanic learned from ('Pclass', 'Sex', 'Age', 'Family',"),
        ("predict nothing.safetensors", "There is no model file nothing.safetensors"),
        (
            "predict titanic.csv",
            "titanic.csv is not a model file, or it is truncated or damaged: it is a table: a model",
        ),
        (
            "evaluate titanic.csv titanic.csv",
            "it is a table: a model learns from it with chainrule train TABLE --target",
        ),
        ("info titanic.csv", "it is a table: a model learns from it"),
        ("summary titanic.csv", "it is a table: a model learns from it"),
        (
            "evaluate titanic",
            "name one with the answers, in its column 'Survived', as in chainrule evaluate titanic held",
        ),
        ("train titanic --target Survived", "titanic is a model file, and here a table belongs"),
        ("predict titanic titanic", "titanic is a model file, and here a table belongs"),
        ("evaluate titanic titanic", "titanic is a model file, and here a table belongs"),
        ("predict titanic titanic.csv --samples 3", "leave out --samples, or titanic.csv"),
        ("explain titanic --input titanic.csv", "titanic was trained on a table, and the network gets its columns"),
        ("diagnose titanic --data titanic.csv", "titanic was trained on a table, and the network gets its columns"),
        ("predict titanic --samples 3", "titanic was trained on a table: name a file with one"),
        ("predict titanic titanic_new.csv --out scored.doc", "must end in the kind of table to write: .csv"),
        ("predict titanic titanic_new.csv --out nowhere/scored.csv", "there is no folder nowhere"),
    ],
)
@pytest.mark.usefixtures("no_type_checks")
def test_what_is_wrong_is_one_sentence(run: Run, arguments: str, error: str) -> None:
    assert error in fails(run(*arguments.split()))


def test_rows_that_cannot_test_are_told_before_the_training(run: Run) -> None:
    """And what is told only after it costs no model."""
    frame = polars.read_csv("titanic.csv", infer_schema=False)
    frame.drop("Fare").write_csv("lack.csv")
    frame.with_columns(Survived=polars.lit("perhaps")).write_csv("other.csv")
    frame.with_columns(Fare=polars.lit("soon")).write_csv("words.csv")
    said = ["train", "titanic.csv", "--target", "Survived", *QUICK, "--out", "model"]
    assert "lack.csv lacks 'Fare', which the network learns from" in fails(run(*said, "--test", "lack.csv"))
    assert "The rows that test: Column 'Survived' is 'perhaps' in row 1" in fails(run(*said, "--test", "other.csv"))
    error = fails(run(*said, "--test", "words.csv"))
    assert (
        "The rows that test: Column 'Fare' held numbers in training, but row 1 (line 2 of the file) is 'soon'" in error
    )
    assert not Path("model").exists()
    hours = ["--time", "hour", "--history", "24", *QUICK, "--out", "model"]
    polars.read_csv("load.csv", infer_schema=False)[:9].with_columns(temperature=polars.lit("9")).write_csv("short.csv")
    error = fails(run("train", "load.csv", "--target", "load", *hours, "--test", "short.csv"))
    assert "has no row that can be predicted" in error and "The model is in model, without scores" in error
    assert run("predict", "model", "load_new.csv", "--out", "scored.csv")[0] == 0


@pytest.mark.parametrize("option", ["--drop", "--group", "--split-by-time"])
def test_the_target_is_named_once(run: Run, option: str) -> None:
    error = fails(run("train", "titanic.csv", "--target", "Survived", option, "Survived"))
    assert f"{option} names 'Survived', which is to be predicted" in error


def test_groups_only_split(run: Run) -> None:
    said = ["train", "titanic.csv", "--target", "Survived", *QUICK, "--group", "Family"]
    columns = json.loads(run(*said, "--json")[1])["columns"]
    assert next(column["kind"] for column in columns if column["name"] == "Family") == "left out"
    error = fails(run(*said, "--numeric", "Age,Family"))
    assert "--group Family only splits the rows, and nothing is learned from it, so --numeric Family" in error


@pytest.mark.parametrize("large", [False, True])
def test_rows_that_train_and_test_are_counted(run: Run, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr("chainrule.cli.table_options.LARGE", 1000)
        monkeypatch.setattr("chainrule.tables.text_files._BLOCK", 2000)
    polars.read_csv("titanic.csv", infer_schema=False)[:50].write_csv("again.csv")
    _, _, err = run("train", "titanic.csv", "--target", "Survived", *QUICK, "--test", "again.csv")
    assert "50 of 50 rows that test are the same as rows that train" in err


def test_what_tells_when_to_stop_is_split_as_what_tests(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Mock(wraps=cr.TableModel.fit)
    monkeypatch.setattr(cr.TableModel, "fit", spy)
    run("train", "titanic.csv", "--target", "Survived", *QUICK, "--group", "Family")
    run("train", "houses.csv", "--target", "price", *QUICK, "--split-by-time", "sold")
    said = [(call.kwargs["time"], call.kwargs["group"]) for call in spy.call_args_list]
    assert said == [(None, "Family"), ("sold", None)]


def test_arrays_and_pictures(run: Run, folder: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    np.savez("arrays.npz", inputs=X, answer=X[:, 0] > 0, more=np.zeros(3))
    said = ["--x", "inputs", "--y", "answer"]
    assert run("train", "arrays.npz", *said, *QUICK, "--out", "model")[0] == 0
    assert run("predict", "model", "arrays.npz", "--x", "inputs", "--out", "scored.parquet")[0] == 0
    assert cr.tables.read("scored.parquet").columns[:4] == ["inputs_0", "inputs_1", "inputs_2", "prediction"]
    assert run("evaluate", "model", "arrays.npz", *said)[0] == 0


def test_classes_may_weigh_the_same(run: Run) -> None:
    """The rarest class is then said as often as the others, though it hardly ever comes."""
    arguments = ["train", "fraud.csv", "--target", "fraud", "--split-by-time", "time", "--layers", "8", "--epochs", "4"]
    plain, balanced = (
        json.loads(run(*arguments, *more, "--json")[1])["test"] for more in ([], ["--class-weight", "balanced"])
    )
    assert balanced["balanced_accuracy"] > plain["balanced_accuracy"] + 0.03
    assert "--class-weight takes 'balanced', but it is 'even'" in fails(run(*arguments, "--class-weight", "even"))
    values = run("train", "houses.csv", "--target", "price", *QUICK, "--class-weight", "balanced")
    assert "class_weight is for classes, but 'price' is learned as a number (1,4" in fails(values)


def test_classes_in_time(run: Run) -> None:
    frame = polars.read_csv("load.csv")[:400].with_columns(high=polars.col("load") > 620).drop("load")
    frame.write_csv("high.csv")
    said = ["--time", "hour", "--history", "24", "--out", "model", *QUICK]
    _, out, _ = run("train", "high.csv", "--target", "high", *said)
    assert "high: classification, 'false', 'true' (2 classes)" in out
    assert "last class" in out and "one season before" in out
    out = run("predict", "model", "high.csv", "--out", "scored.csv")[1]
    assert out.startswith("376 predictions of 'high' written")
    assert out.endswith("24 rows have none, because fewer than 24 whole rows come before them\n")
    assert polars.read_csv("scored.csv")["prediction"].null_count() == 24
    assert run("predict", "model", "high.csv", "--json")[1].startswith('[{"prediction": null}')


def test_idx_files(run: Run) -> None:
    """In the layout of MNIST: numbers in the order of the last axis, with a header of sizes."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90).astype(np.uint8)
    X = rng.integers(0, 60, (90, 8, 8)).astype(np.uint8)
    X[np.arange(90), 2 * y + 1] = 250
    for name, array in {"x.idx": X, "y.idx": y}.items():
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        Path(name).write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    said = ["--y", "y.idx"]
    status, out, _ = run("train", "x.idx", *said, "--epochs", "20", "--layers", "16", "--out", "model")
    assert status == 0 and "picture  picture" in out and "class: classification, '0', '1', '2'" in out
    assert json.loads(run("evaluate", "model", "x.idx", *said, "--json")[1])["test"]["accuracy"] > 0.9
    assert run("predict", "model", "x.idx", "--out", "scored.csv")[0] == 0
    assert polars.read_csv("scored.csv").columns[0] == "prediction"
    assert "say which column to predict" in fails(run("train", "x.idx"))
    assert "no.idx cannot be read: No such file" in fails(run("train", "x.idx", "--y", "no.idx"))
    Path("y.idx").write_bytes(Path("y.idx").read_bytes()[:-1])
    assert "y.idx is truncated" in fails(run("train", "x.idx", *said))


def test_a_column_that_names_pictures(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    monkeypatch.chdir(tmp_path)
    Path("bars").mkdir()
    rows = []
    for i in range(60):
        picture = rng.integers(0, 60, (12, 12), dtype=np.uint8)
        picture[4:7] = 230
        Image.fromarray(picture if i % 2 else picture.T).save(f"bars/{i}.png")
        rows.append(f"bars/{i}.png,{'lying' if i % 2 else 'standing'}")
    Path("index.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    said = ["--target", "label", "--epochs", "25", "--layers", "8"]
    status, out, _ = run("train", "index.csv", *said, "--size", "8x8", "--out", "model")
    assert status == 0 and "path     left out           0         60  names of pictures" in out and "8 x 8 x 1" in out
    Path("new.csv").write_text("path\nbars/0.png\nbars/1.png\n")
    assert run("predict", "model", "new.csv", "--size", "8x8", "--out", "scored.csv")[0] == 0
    scored = polars.read_csv("scored.csv")
    assert scored.columns[:2] == ["path", "prediction"] and scored["prediction"].to_list() == ["standing", "lying"]
    Path("new.csv").write_text("path\nbars/0.png\nbars/none.png\n")
    assert "in row 2 (line 3 of the file) it is 'bars/none.png', and . has no such file" in fails(
        run("predict", "model", "new.csv")
    )
    Path("plain.csv").write_text("a,b\n1,2\n")
    wrong = run("train", "plain.csv", "--target", "b", "--size", "8x8")
    assert "is a table without names of pictures, for which size=(8, 8) means nothing" in fails(wrong)
    Image.open("bars/1.png").resize((30, 30)).convert("RGB").save("large.png")  # in the size and gray of training
    for name, count in (("large.png", 1), ("index.csv", 60), (".", 60)):
        assert run("predict", "model", name, "--out", "scored.csv")[0] == 0
        assert polars.read_csv("scored.csv").height == count
    assert "lying 30 times, standing 30 times" in run("predict", "model", "index.csv", "--out", "scored.csv")[1]
    assert run("predict", "model", "large.png", "--json")[1].startswith('[{"prediction": "lying"')
    assert "large.png is a table: say which column to predict" in fails(run("train", "large.png"))


def test_a_table_of_few_rows_trains(run: Run) -> None:
    rows = "".join(f"{1.5 * i + i % 3},{2 * i + 1}\n" for i in range(12))
    Path("tiny.csv").write_text(f"x,y\n{rows}", "utf-8")
    status, out, _ = run("train", "tiny.csv", "--target", "y", *QUICK)
    assert status == 0 and "2 test rows (20%), drawn at random" in out


def test_a_model_is_not_written_over_a_table(run: Run) -> None:
    before = Path("titanic.csv").read_bytes()
    error = fails(run("train", "titanic.csv", "--target", "Survived", *QUICK, "--out", "other.csv"))
    assert "That is the ending of a table, which a model learns from" in error
    assert Path("titanic.csv").read_bytes() == before and not Path("other.csv").exists()
