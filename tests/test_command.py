"""The `chainrule` command on data that a model was not made for, on files of raw numbers, and on odd arguments."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import shlex
import struct
import sys
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

import chainrule as cr
from chainrule.checker.findings import Report
from chainrule.cli import app, main
from chainrule.common.errors import FileFormatError, InputError
from chainrule.lessons.chapters import chapters
from chainrule.serve import server
from tests.commands import COMMANDS

Run = Callable[..., tuple[int, str, str]]
DATASETS = cr.datasets.DATASETS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process and an empty folder; return its exit status and what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave 30 examples of each data set, loaded once."""
    monkeypatch.setenv("CHAINRULE_DATA", "no such folder")
    for name, dataset in DATASETS.items():
        if name != "mnist":
            (X, y), (X_test, y_test) = dataset.load(0)
            parts = (X[:30], y[:30]), (X_test[:30], y_test[:30])
            monkeypatch.setitem(DATASETS, name, dataset._replace(load=partial(lambda parts, _: parts, parts)))


def fails(result: tuple[int, str, str]) -> str:
    status, out, err = result
    assert (status, out, err.count("\n"), err[:11]) == (2, "", 1, "chainrule: "), result
    return err


def model(sizes: list[int], loss: str | None = None, scale: float | None = None, path: str = "model") -> cr.Network:
    network = cr.Network.mlp(sizes, loss=loss)
    network.input_scale = scale
    cr.save(network, path)
    return network


# Every command has an example that runs.


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let serve and lab end at once, take a port that is free, and open no browser."""
    listening = server.listening
    monkeypatch.setattr("chainrule.serve.server.listening", lambda host, _: listening(host, 0))
    monkeypatch.setattr("chainrule.serve.server.run", lambda *_: None)
    monkeypatch.setattr("chainrule.lab.running.run", lambda *_: None)
    monkeypatch.setattr("webbrowser.open", lambda *_: True)


@pytest.fixture
def one_chapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the first chapter of the book."""
    monkeypatch.setattr("chainrule.cli.figures.chapters", lambda lang: chapters(lang)[:1])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_runs(
    run: Run, few_examples: None, served: None, one_chapter: None, command: str
) -> None:
    model([784, 10], path="digits.safetensors")
    image = cr.datasets.load_mnist_small()[1][0][0].reshape(28, 28)
    Image.fromarray((image * 255).astype(np.uint8)).save("my-digit.png")
    Path("week4.py").write_text("import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n")
    status, text, _ = run(command, "--help")
    example = re.search(r"Example: chainrule (.+)\n$", text)
    assert status == 0 and example is not None
    assert run(*shlex.split(example[1]))[0] == 0


def test_the_first_example_runs(run: Run, few_examples: None) -> None:
    example = re.search(r"Example: chainrule (.+)\n$", run("--help")[1])
    assert example is not None and run(*shlex.split(example[1]))[0] == 0


# `evaluate` says for which data a model was made.

ANSWERS: dict[tuple[int, str | None], str] = {
    (1, None): "one of 2 classes",
    (2, None): "one of 2 classes",
    (3, None): "one of 3 classes",
    (3, "binary_cross_entropy"): "3 times yes or no",
    (10, None): "one of 10 classes",
    (1, "mean_squared_error"): "one value",
    (2, "huber"): "2 values",
}
SHAPES = {
    "mnist-small": (784, "one of 10 classes"),
    "xor": (2, "one of 2 classes"),
    "moons": (2, "one of 2 classes"),
    "circles": (2, "one of 2 classes"),
    "spirals": (2, "one of 3 classes"),
    "blobs": (2, "one of 3 classes"),
    "sine": (1, "one value"),
}


@pytest.mark.parametrize("features", [1, 2, 784])
@pytest.mark.parametrize(("outputs", "loss"), ANSWERS)
def test_evaluate_on_every_data_set(
    run: Run, few_examples: None, features: int, outputs: int, loss: str | None
) -> None:
    assert set(SHAPES) == set(DATASETS) - {"mnist"}
    model([features, outputs], loss)
    for name, shape in SHAPES.items():
        result = run("evaluate", "model", name)
        if shape == (features, ANSWERS[outputs, loss]):
            assert result[0] == 0 and result[1].startswith("test ")
            continue
        assert fails(result) == (
            f"chainrule: model takes {features} numbers per example and answers with {ANSWERS[outputs, loss]}, but "
            f"{name} has {shape[0]} and {shape[1]}: the model was made for other data. Name the data set that it was "
            "trained on; `chainrule datasets` lists them.\n"
        )


def test_evaluate_takes_images_and_refuses_sequences_of_answers(run: Run, few_examples: None) -> None:
    convolutional = cr.Network(
        [cr.Conv2D(1, kernel=3), cr.Flatten(), cr.Dense(10)], "categorical_cross_entropy", input_shape=(28, 28, 1)
    )
    cr.save(convolutional, "model")
    assert run("evaluate", "model", "mnist-small")[0] == 0
    cr.save(cr.Network([cr.Dense(10)], "categorical_cross_entropy", input_shape=(28, 28)), "model")
    assert "answers with outputs of shape (28, 10), but" in fails(run("evaluate", "model", "mnist-small"))


# A model file knows how its inputs were scaled.


def test_the_scale_is_in_the_file(tmp_path: Path) -> None:
    network = model([2, 1], path=str(tmp_path / "model"))
    assert cr.load(tmp_path / "model").input_scale is None
    for scale in 1 / 255, 1.0, np.float32(0.5), 2:
        network.input_scale = scale  # type: ignore[assignment]
        cr.save(network, tmp_path / "model")
        assert cr.load(tmp_path / "model").input_scale == scale


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "1/255", [1]])
def test_a_scale_is_a_positive_number(tmp_path: Path, scale: Any) -> None:
    network = model([2, 1], path=str(tmp_path / "model"))
    network.input_scale = scale
    with pytest.raises(InputError, match="input_scale is a number above 0, such as 1 / 255, or None, but it is"):
        cr.save(network, tmp_path / "other")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        description = json.loads(file.metadata()["chainrule"])
    description["input_scale"] = scale
    save_file(arrays, tmp_path / "model", metadata={"chainrule": json.dumps(description)})
    with pytest.raises(FileFormatError, match="input_scale is a number above 0"):
        cr.load(tmp_path / "model")


def test_a_file_of_before_knows_no_scale(tmp_path: Path) -> None:
    model([2, 1], scale=1 / 255, path=str(tmp_path / "model"))
    with safe_open(tmp_path / "model", framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        description = json.loads(file.metadata()["chainrule"])
    for name in ("input_scale", "feature_names", "digest"):
        del description[name]
    save_file(arrays, tmp_path / "model", metadata={"chainrule": json.dumps(description)})
    assert cr.load(tmp_path / "model").input_scale is None


@pytest.mark.parametrize("dataset", SHAPES)
def test_train_keeps_the_scale_of_the_data_set(run: Run, few_examples: None, dataset: str) -> None:
    run("train", dataset, "--epochs", 1, "--out", "model")
    assert cr.load("model").input_scale == (1 / 255 if dataset == "mnist-small" else 1.0)


def as_file(X: Any, kind: str) -> str:
    if kind == "npy":
        np.save("x.npy", X)
        return "x.npy"
    code = {"uint8": 0x08, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}[X.dtype.name]
    header = struct.pack(f">HBB{X.ndim}I", 0, code, X.ndim, *X.shape)
    Path("x.idx").write_bytes(header + X.astype(X.dtype.newbyteorder(">")).tobytes())
    return "x.idx"


WHOLE, FRACTIONS = np.arange(20).reshape(5, 4) * 13, np.linspace(-1, 3, 20).reshape(5, 4)
RAW = {
    **{name: WHOLE.astype(name) for name in ("uint8", "int16", "int32", "int64", "float32", "float64")},
    "fractions of float32": FRACTIONS.astype(np.float32),
    "fractions of float64": FRACTIONS,
}


@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("kind", ["npy", "idx"])
@pytest.mark.parametrize("scale", [None, 1.0, 1 / 255, 0.3])
def test_predict_applies_the_scale_of_the_model_and_nothing_else(
    run: Run, raw: str, kind: str, scale: float | None
) -> None:
    X = RAW[raw]
    if kind == "idx" and X.dtype == np.int64:
        return  # IDX has no such numbers
    network = model([4, 3, 1], "mean_squared_error", scale)
    status, out, err = run("predict", "model", as_file(X, kind), "--json")
    scaled = scale is not None and not raw.startswith("fractions")
    expected = network.predict(X * scale if scaled else X).ravel()
    np.testing.assert_allclose([row["prediction"] for row in json.loads(out)], expected, rtol=1e-4, atol=1e-5)
    factor = {1 / 255: "1/255", 0.3: "0.3"}.get(scale or 0)
    note = f"inputs: whole numbers, multiplied by {factor}, as in training\n" if scaled and factor else ""
    assert (status, err) == (0, note)
    assert run("predict", "model", as_file(X, kind))[1].endswith(note)


def test_pixels_are_scaled_to_the_last_bit_of_the_data_set(run: Run) -> None:
    (_, _), (X, _) = cr.datasets.load_mnist_small(normalize=False)
    (_, _), (scaled, _) = cr.datasets.load_mnist_small()
    network = model([784, 1], "mean_squared_error", 1 / 255)
    out = run("predict", "model", as_file(X[:50], "npy"), "--json")[1]
    assert [row["prediction"] for row in json.loads(out)] == network.predict(scaled[:50]).ravel().tolist()


@pytest.mark.parametrize("scale", [None, 1.0, 1 / 255])
def test_pictures_and_shipped_digits_are_scaled_too(run: Run, scale: float | None) -> None:
    network = model([784, 1], "mean_squared_error", scale)
    (_, _), (X, _) = cr.datasets.load_mnist_small()
    times = 255 if scale == 1 else 1
    (row,) = json.loads(run("predict", "model", "--samples", 1, "--json")[1])
    assert row["prediction"] == pytest.approx(float(network.predict(X[:1] * times)[0, 0]), rel=1e-4)
    Image.fromarray((X[0].reshape(28, 28) * 255).astype(np.uint8)).save("digit.png")
    (row,) = json.loads(run("predict", "model", "digit.png", "--json")[1])
    from chainrule.files.digit import read_digit

    digit = read_digit(Path("digit.png")).pixels.reshape(1, 784) * times
    assert row["prediction"] == pytest.approx(float(network.predict(digit)[0, 0]), rel=1e-4)


def test_evaluate_scales_as_the_model_was_trained(run: Run, few_examples: None) -> None:
    (_, _), (X, y) = DATASETS["mnist-small"].load(0)
    network = model([784, 10], scale=1.0)  # trained on pixels of 0 to 255
    expected = network.evaluate(X * 255, y)
    status, out, err = run("evaluate", "model", "--json")
    assert json.loads(out)["test"]["loss"] == pytest.approx(expected["loss"], rel=1e-4)
    assert (status, err) == (0, "inputs: whole numbers, as they are, as in training\n")
    model([784, 10], scale=1 / 255)
    assert run("evaluate", "model")[1].count("\n") == 1


def test_help_says_how_inputs_are_scaled(run: Run) -> None:
    assert "1/255 for mnist and mnist-small" in " ".join(run("predict", "--help")[1].split()).replace("- ", "-")


# JSON is JSON.


def strictly(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("json_too", [True, False])
@pytest.mark.parametrize(
    ("loss", "outputs"), [("mean_squared_error", 1), ("mean_squared_error", 2), (None, 1), (None, 3)]
)
def test_outputs_that_are_not_finite_are_an_error(run: Run, loss: str | None, outputs: int, json_too: bool) -> None:
    network = cr.Network.mlp([2, 4, outputs], loss=loss)
    network.params[0]["W"][:] = np.float32(3e38)
    network.params[2]["W"][:] = [[1], [-1], [1], [-1]]
    cr.save(network, "model")
    np.save("x.npy", np.array([[0.0, 0.0], [2.0, 2.0], [1e300, 0.0]]))
    arguments = ["predict", "model", "x.npy", *["--json"][:json_too]]
    assert "finite" in fails(run(*arguments))
    np.save("x.npy", np.zeros((1, 2)))
    assert run(*arguments)[0] == 0


@pytest.mark.parametrize("json_too", [True, False])
def test_scores_that_are_not_finite_are_an_error(run: Run, few_examples: None, json_too: bool) -> None:
    network = cr.Network.mlp([1, 1], loss="mean_squared_error")
    network.params[0]["W"][:] = np.float32(3e38)
    cr.save(network, "model")
    assert "finite" in fails(run("evaluate", "model", "sine", *["--json"][:json_too]))


def test_train_saves_nothing_whose_scores_are_not_finite(run: Run, few_examples: None) -> None:
    fails(run("train", "xor", "--optimizer", "sgd", "--lr", "1e30", "--epochs", 1, "--out", "model", "--json"))
    assert not Path("model").exists()


def test_json_refuses_what_json_has_no_number_for(capsys: pytest.CaptureFixture[str]) -> None:
    from chainrule.cli.output import print_json

    for value in float("nan"), float("inf"):
        with pytest.raises(InputError, match="holds NaN or infinity, which JSON has no number for"):
            print_json({"values": [value]})
    assert capsys.readouterr().out == ""


# Progress and warnings.


def test_json_shows_progress_to_a_person(run: Run, few_examples: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.common.console.Console.isatty", lambda _: True)
    _, out, err = run("train", "xor", "--epochs", 2, "--json")
    assert len(strictly(out)["history"]) == 2
    assert "epoch 2/2" in err


def test_a_warning_is_one_sentence(run: Run, few_examples: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*_: object) -> str:
        warnings.warn("the disk is full", UserWarning, stacklevel=1)
        return "somewhere"

    monkeypatch.setattr("chainrule.cli.datasets.where_mnist_is", warn)
    shown = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        status, _, err = run("datasets")
        assert (status, err) == (0, "chainrule: the disk is full\n")
    assert warnings.showwarning is shown


# Odd arguments.

ODD = [
    *("", " ", "-", "--", "0", "-1", "1", "2", "1e3", "1e400", "nan", "inf", "-inf", "٣", "1_0", "0x10", "9" * 20),
    *(
        "None",
        "True",
        "a\0b",
        "\n",
        "ü",
        "한글",
        "\udc80",
        ".",
        "nope",
        "x" * 300,
        "a/b/c",
        "code.py/x",
        "{}",
        "a=b",
        "=",
    ),
    *(
        "moons",
        "xor",
        "sine",
        "mnist",
        "mnist-small",
        "relu",
        "softmax",
        "step",
        "sgd",
        "momentum",
        "numpy",
        "en",
        "ko",
    ),
    *("8,4", "4,", "1,1,1", "99999999999", "3000000000,3000000000", "sigmoid=relu", "code.py", "empty", "folder"),
    *("net", "digits", "x.npy", "pixels.npy", "complex.npy", "text.npy", "rows.npy", "one.npy", "dates.npy"),
    *("negative.npy", "large.npy", "bool.npy", "x.idx", "digit.png", "out.png", "out.svg", "out"),
]
USUAL = {
    **{"train": ["moons"], "evaluate": ["net", "moons"], "predict": ["net", "x.npy"], "check": ["code.py"]},
    **{
        "explain": ["net", "--input=row.csv"],
        "info": ["net"],
        "summary": ["net"],
        "plan": ["net", "--devices=2", "--batch=4", "--bandwidth=1"],
        "export": ["net", "--to=numpy", "--out=net.py"],
        "gates": [],
        "datasets": [],
        "serve": ["net", "--port=0"],
        "lab": ["--no-open", "--port=0"],
        "tour": [],
        "exercise": ["new", "exercises"],
        "figures": ["slides"],
    },
    **{"plot": ["shapes", "net"], "diagnose": ["net", "--data=moons"], "info": ["net"]},
}


def test_every_command_has_usual_arguments() -> None:
    assert set(USUAL) == set(COMMANDS), "say in USUAL which arguments people give it"


def odd_files() -> None:
    model([2, 4, 1], scale=1.0, path="net")
    model([784, 10], scale=1 / 255, path="digits")
    Path("code.py").write_text("def relu(x):\n    return x\n")
    Path("empty").touch()
    Path("row.csv").write_text("0.5,1\n")
    Path("folder").mkdir()
    as_file(np.ones((1, 2), np.uint8), "idx")
    Image.fromarray(np.eye(30, dtype=np.uint8) * 255).save("digit.png")
    arrays: dict[str, Any] = {
        "x": np.zeros((3, 2)),
        "pixels": np.zeros((3, 784), np.uint8),
        "complex": np.array([[1 + 2j, 0]]),
        "text": np.array(["a", "b"]),
        "rows": np.zeros(2, [("a", "i4")]),
        "one": np.float64(1),
        "dates": np.array(["2020-01-01", "2020-01-02"], "M8[D]"),
        "negative": np.full((2, 2), -1),
        "large": np.full((2, 2), 1e300),
        "bool": np.ones((2, 2), bool),
    }
    for name, array in arrays.items():
        np.save(f"{name}.npy", array)


@pytest.fixture
def cheap(few_examples: None, served: None, one_chapter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let fit run for one epoch, the book have one chapter, nothing draw pictures or check files in processes."""
    fit = cr.Network.fit

    def short(self: cr.Network, *data: Any, epochs: int, **settings: Any) -> Any:
        return fit(self, *data, epochs=min(epochs, 1), **settings)

    monkeypatch.setattr(cr.Network, "fit", short)
    monkeypatch.setattr("chainrule.cli.app", typer.main.get_command(app))  # which typer makes anew in each call
    monkeypatch.setattr("chainrule.cli.gates.plot_gates", lambda: None)
    monkeypatch.setattr("chainrule.cli.tour._show", lambda *_: None)
    if find_spec("jax"):
        monkeypatch.setattr("chainrule.engines.xla_timing.seconds_of_step", lambda *_: 1e-3)
    monkeypatch.setattr("chainrule.common.drawing.write", lambda *_: None)
    monkeypatch.setattr("chainrule.checker.running.sandbox.check_file", lambda path, names: Report(str(path)))
    monkeypatch.setattr(
        "chainrule.checker.running.sandbox.check_files",
        lambda paths, names, jobs: [Report(str(path)) for path in paths],
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_arguments_end_in_a_result_or_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap: None, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    odd_files()
    options = ["--help", "--nope", "-x"]
    levels = [COMMANDS[command], *getattr(COMMANDS[command], "commands", {}).values()]
    options += [name for level in levels for option in level.params for name in option.opts if name.startswith("-")]
    rng = random.Random(command)
    for _ in range(300):
        arguments = [command, *USUAL[command][: rng.randrange(3)]]
        for _ in range(rng.randrange(5)):
            arguments += rng.choices(options) if rng.random() < 0.7 else []
            arguments += rng.choices(ODD) if rng.random() < 0.8 else []
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
        if status == 2 and command != "check":  # which reports what could not be checked
            assert err.getvalue().startswith("chainrule: ") and err.getvalue().count("\n") == 1, arguments
            assert "--json" not in arguments or not out.getvalue(), arguments
        else:
            assert status in ((0, 1, 2) if command == "check" else (0,)), arguments
        if out.getvalue()[:1] in ("[", "{"):
            strictly(out.getvalue())
    assert sys.stdout is not out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("teach", "그런 명령은 없습니다: 'teach'. (도움말: chainrule --help)"),
        ("plot", "명령이 빠졌습니다. (도움말: chainrule plot --help)"),
        ("summary", "MODEL이 빠졌습니다. (도움말: chainrule summary --help)"),
        ("summary a b", "남는 인수가 있습니다: b. (도움말: chainrule summary --help)"),
        ("gates --json=3", "--json에는 값을 쓰지 않습니다. (도움말: chainrule gates --help)"),
        ("gates --out", "--out에는 값이 필요합니다. (도움말: chainrule gates --help)"),
        (
            "plot confusion m moon --out a.png",
            "그런 데이터셋은 없습니다: 'moon'. 혹시 'moons'입니까?",
        ),
        ("plot history none.json --out a.png", "none.json: 그런 파일이나 폴더가 없습니다"),
        ("check --json --csv a.py", "--json, --csv, --junit, --repro는 함께 쓸 수 없습니다. 하나만 고르십시오."),
    ],
)
def test_errors_are_told_in_korean(run: Run, arguments: str, said: str) -> None:
    status, out, err = run("--lang=ko", *arguments.split())
    assert (status, out) == (2, "")
    assert err.startswith(f"chainrule: {said}")
