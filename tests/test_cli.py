"""The `chainrule` command, as a user types it."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import chainrule
from chainrule.cli import main
from chainrule.cli.command import Command
from chainrule.cli.draw import draw
from tests.commands import COMMANDS, PLOTS

_, (X_TEST, Y_TEST) = chainrule.datasets.load_mnist_small()
Run = Callable[..., tuple[int, str, str]]


def process(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    start = "import sys; from chainrule.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; return its exit status and what it wrote."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def fails(run: Run) -> Callable[..., str]:
    """Run a command that must fail; return its one sentence."""

    def fails(*arguments: object) -> str:
        status, out, err = run(*arguments)
        assert status == 2
        assert out == ""
        assert err.startswith("chainrule: ")
        assert err.count("\n") == 1
        return err

    return fails


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    assert (
        main(["train", "--layers", "64", "--batch-size", "128", "--lr", "0.005", "--epochs", "4", f"--out={path}"]) == 0
    )
    return path


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    for name in ("xor", "spirals", "sine"):
        assert main(["train", name, "--json", "--out", str(folder / name)]) == 0
    return folder


def test_nothing_prints_help(run: Run) -> None:
    status, out, _ = run()
    assert status == 0
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_an_example(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert re.search(rf"Example: chainrule {command}( .+)?\n$", out)


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"chainrule {chainrule.__version__}\n", "")


def test_help_is_light() -> None:
    slow = "{'matplotlib', 'PIL', 'pooch', 'safetensors'} & set(sys.modules)"
    code = f"import sys; from chainrule.cli import main; main(['--help']); sys.exit(str({slow} or ''))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.strip() == ""


def test_train_prints_the_test_score_and_saves(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "xor.safetensors"
    status, text, err = run("train", "xor", "--out", out)
    assert (status, err) == (0, "")
    assert "network: 2-128-64-1" in text
    *_, score, saved = text.splitlines()
    assert re.fullmatch(r"test accuracy (0\.9\d{3}|1\.0000)  \(loss 0\.\d{4,8}, 200 examples\)", score)
    assert saved == f"saved to {out}"
    assert run("evaluate", out, "xor")[1].strip() == score


def test_train_json(run: Run) -> None:
    arguments = "--layers 8,4 --hidden tanh --epochs 2 --batch-size 50 --optimizer sgd --lr 0.5 --seed 3 --json"
    status, out, err = run("train", "blobs", *arguments.split())
    assert (status, err) == (0, "")
    result = json.loads(out)
    assert result["sizes"] == [2, 8, 4, 3]
    assert (result["hidden"], result["optimizer"], result["lr"]) == ("tanh", "sgd", 0.5)
    assert (result["batch_size"], result["seed"], result["out"]) == (50, 3, None)
    assert len(result["history"]) == 2
    assert set(result["test"]) == {"loss", "accuracy"}
    assert run("train", "blobs", *arguments.split())[1] == out


def test_train_seed(run: Run) -> None:
    def losses(seed: int, batch_size: int) -> Any:
        arguments = f"train blobs --layers 8 --epochs 2 --seed {seed} --batch-size {batch_size} --json"
        return json.loads(run(*arguments.split())[1])["history"][-1]["loss"]

    assert losses(3, 50) == losses(3, 50)
    assert abs(losses(3, 800) - losses(4, 800)) > 1e-3  # one batch: only the first weights differ


def test_layers_may_be_none(run: Run) -> None:
    assert json.loads(run("train", "blobs", "--layers", "", "--epochs", "1", "--json")[1])["sizes"] == [2, 3]


@pytest.mark.parametrize(("dataset", "score", "limit"), [("xor", "accuracy", 0.99), ("spirals", "accuracy", 0.9)])
def test_defaults_suit_toys(run: Run, toy_models: Path, dataset: str, score: str, limit: float) -> None:
    result = json.loads(run("evaluate", toy_models / dataset, dataset, "--json")[1])
    assert result["test_examples"] == 200
    assert result["test"][score] >= limit


def test_regression(run: Run, toy_models: Path, tmp_path: Path) -> None:
    assert re.match(r"test mae 0\.[01]", run("evaluate", toy_models / "sine", "sine")[1])
    np.save(tmp_path / "x.npy", np.array([1.5, -1.5]))
    high, low = json.loads(run("predict", toy_models / "sine", tmp_path / "x.npy", "--json")[1])
    assert abs(high["prediction"] - 1) < 0.3
    assert abs(low["prediction"] + 1) < 0.3
    assert "probability" not in high


def test_evaluate(run: Run, model: Path) -> None:
    status, out, err = run("evaluate", model)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"test accuracy 0\.9\d{3}  \(loss 0\.\d{4}, 2,000 examples\)\n", out)
    result = json.loads(run("evaluate", model, "--json")[1])
    assert f"{result['test']['accuracy']:.4f}" in out


def test_summary(run: Run, model: Path) -> None:
    status, out, err = run("summary", model)
    assert (status, err) == (0, "")
    network = chainrule.load(model)
    *table, loss = out.splitlines()
    assert "\n".join(table) == str(network.summary())
    assert table[-1].startswith("50,890 parameters (198.8 KiB), ")
    assert loss == f"loss: {network.loss!r}" == "loss: CategoricalCrossEntropy(label_smoothing=0.0)"


def test_predict_samples(run: Run, model: Path) -> None:
    status, out, err = run("predict", model, "--samples", 6)
    assert (status, err) == (0, "")
    assert len(re.findall(r"\d  +\d+\.\d%  (?:right|wrong, is \d)", out)) == 6
    assert "@@" in out
    assert out.isascii()
    results = json.loads(run("predict", model, "--samples", 50, "--json")[1])
    assert [r["label"] for r in results] == Y_TEST[np.linspace(0, 1999, 50).astype(int)].tolist()
    assert np.mean([r["label"] == r["prediction"] for r in results]) > 0.8
    assert all(0.1 <= r["probability"] <= 1 for r in results)


def as_file(digits: Any, form: str, folder: Path) -> Path:
    """Write digits of shape (n, 28, 28), uint8, in the given form."""
    path = folder / f"digits.{form}"
    if form == "npy":
        np.save(path, digits)
    elif form == "flat.npy":
        np.save(path, digits.reshape(-1, 784).astype(np.float64) / 255)
    else:
        content = struct.pack(">HBB3I", 0, 8, 3, *digits.shape) + digits.tobytes()
        path.write_bytes(gzip.compress(content) if form == "idx.gz" else content)
    return path


def test_predict_says_which_input_a_model_needs(fails: Callable[..., str], model: Path, toy_models: Path) -> None:
    assert f"images for {model}: name a file, or say --samples 6 to take shipped digits" in fails("predict", model)
    spirals = toy_models / "spirals"
    assert f"examples of shape (2,) for {spirals}: name a CSV file with a row for each" in fails("predict", spirals)


@pytest.mark.parametrize("form", ["npy", "flat.npy", "idx", "idx.gz"])
def test_predict_files(run: Run, model: Path, tmp_path: Path, form: str) -> None:
    digits = (X_TEST[:20] * 255).round().astype(np.uint8).reshape(-1, 28, 28)
    expected = chainrule.load(model).predict(X_TEST[:20])
    status, out, _ = run("predict", model, as_file(digits, form, tmp_path), "--json")
    assert status == 0
    results = json.loads(out)
    assert [r["prediction"] for r in results] == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose([r["probability"] for r in results], expected.max(axis=1), rtol=1e-4)


def test_predict_one_array_or_many(run: Run, model: Path, tmp_path: Path) -> None:
    digits = np.concatenate([X_TEST[:101]]).reshape(-1, 28, 28)
    np.save(tmp_path / "one.npy", digits[0])
    assert len(json.loads(run("predict", model, tmp_path / "one.npy", "--json")[1])) == 1
    np.save(tmp_path / "many.npy", digits)
    table = run("predict", model, tmp_path / "many.npy")[1].splitlines()
    assert table[0].split() == ["example", "prediction", "probability"]
    assert len(table) == 102


def test_predict_table(run: Run, toy_models: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[0, 1], [1, 1]]))
    table = run("predict", toy_models / "xor", tmp_path / "x.npy")[1].splitlines()
    assert table[0].split() == ["example", "prediction", "probability"]
    assert [row.split()[:2] for row in table[1:]] == [["0", "1"], ["1", "0"]]
    assert all(float(row.split()[2].rstrip("%")) > 90 for row in table[1:])


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("size", [28, 200])
def test_predict_pictures(run: Run, model: Path, tmp_path: Path, suffix: str, inverted: bool, size: int) -> None:
    classes = chainrule.load(model).predict_classes(X_TEST)
    for digit in range(10):
        row = int(np.flatnonzero((Y_TEST == digit) & (classes == digit))[0])
        pixels = (X_TEST[row] * 255).astype(np.uint8).reshape(28, 28)
        path = tmp_path / f"{digit}.{suffix}"
        Image.fromarray(255 - pixels if inverted else pixels).resize((size, size)).save(path)
        assert json.loads(run("predict", model, path, "--json")[1])[0]["prediction"] == digit


def test_predict_picture_off_center_on_gray_paper(run: Run, model: Path, tmp_path: Path) -> None:
    paper = np.full((300, 400), 170, np.uint8)
    row = int(np.flatnonzero(Y_TEST == 3)[0])
    paper[20:160, 230:370] -= np.repeat(np.repeat((X_TEST[row].reshape(28, 28) * 120).astype(np.uint8), 5, 0), 5, 1)
    Image.fromarray(paper).convert("RGB").save(tmp_path / "paper.png")
    assert json.loads(run("predict", model, tmp_path / "paper.png", "--json")[1])[0]["prediction"] == 3


def test_drawing_on_a_terminal() -> None:
    image = np.zeros((1, 8, 8))
    image[0, 3, 4] = 1.0

    def drawn(**options: Any) -> str:
        console = Console(width=40, force_terminal=True, color_system="truecolor", **options)
        with console.capture() as capture:
            draw(image, ["a"], console)
        return capture.get()

    assert "38;2;0;0;0;48;2;255;255;255m▀" in drawn()  # one empty row above, then the pixel below
    assert "▀" not in drawn(no_color=True)


def test_drawing_fills_the_width() -> None:
    def rows(width: int) -> int:
        console = Console(width=width)
        with console.capture() as capture:
            draw(np.ones((6, 20, 20)), ["caption"] * 6, console)
        return sum("caption" in line for line in capture.get().splitlines())

    assert (rows(80), rows(30), rows(10)) == (2, 6, 6)


def test_gates(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "gates.png"
    status, text, err = run("gates", "--out", out)
    assert (status, err) == (0, "")
    lines = text.splitlines()
    assert lines[0].split() == ["x1", "x2", "AND", "OR", "NAND", "XOR", "XOR", "network"]
    assert [line.split() for line in lines[1:5]] == [
        ["0", "0", "0", "0", "1", "0", "0"],
        ["0", "1", "0", "1", "1", "1", "1"],
        ["1", "0", "0", "1", "1", "1", "1"],
        ["1", "1", "1", "1", "0", "0", "0"],
    ]
    assert "    0  \\\\...1....   \\...1.......1....   ....1..\\\\   0       \\...1..\\\\   0" in lines
    assert "No single line separates XOR" in text
    assert re.search("XOR .*has not learned it", text)
    with Image.open(out) as image:
        assert image.format == "PNG"
        assert image.width > 1000


def test_gates_json(run: Run) -> None:
    result = json.loads(run("gates", "--json")[1])
    assert result["inputs"] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert result["AND"] == [0, 0, 0, 1]
    assert result["XOR"] == result["XOR network"] == [0, 1, 1, 0]


def test_datasets(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    rows = {row["name"]: row for row in json.loads(run("datasets", "--json")[1])}
    assert set(rows) == set(chainrule.datasets.DATASETS)
    assert rows["mnist-small"] == {
        "name": "mnist-small",
        "task": "multiclass",
        "training": 10_000,
        "test": 2_000,
        "features": 784,
        "what": chainrule.datasets.DATASETS["mnist-small"].summary,
        "source": "shipped",
    }
    assert rows["mnist"]["source"] == f"not in {tmp_path} (CHAINRULE_DATA)"
    text = run("datasets")[1]
    assert re.search(r"^sine +regression +800 +200 +1$", text, re.MULTILINE)
    assert re.search(r"^moons +two interleaved half circles +from a seed$", text, re.MULTILINE)


def test_datasets_finds_mnist(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def source() -> str:
        rows = json.loads(run("datasets", "--json")[1])
        return next(str(row["source"]) for row in rows if row["name"] == "mnist")

    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert source() == "to download"
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / "mnist" / f"{name}-ubyte.gz").touch()
    assert source() == f"in {tmp_path / 'mnist'}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("teach", r"No such command 'teach'\."),
        ("train mnits", r"There is no data set 'mnits'\. Did you mean 'mnist'\? Known: mnist, mnist-small, xor"),
        ("train --optimizer adm", r"There is no optimizer 'adm'\. Did you mean 'adam'\? Known: sgd, "),
        ("train --hidden reul", r"There is no activation 'reul'\. Did you mean 'relu'\? Known: step, "),
        ("train --layers 128,x", r"--layers takes .* such as 128,64, but it is '128,x'\."),
        ("train --layers 128,0", r"--layers takes .* but it is '128,0'\."),
        ("train --layers 99999999999999999999", r"--layers takes .* from 1 to 1,000,000,000 separated by commas"),
        ("train --epochs 0", r"Invalid value for '--epochs': .*\(see: chainrule train --help\)"),
        ("train --epochs ten", r"Invalid value for '--epochs': "),
        ("train --lr 0", r"Adam takes lr as a number above 0, or a schedule, .* but lr=0\.0\."),
        ("train --epoch 3", r"No such option.*--epochs.*\(see: chainrule train --help\)"),
        ("train xor moons", r"Got unexpected extra argument.*moons"),
        ("train --out nowhere/x", r"nowhere/x cannot be written: there is no folder nowhere\. Create it first\."),
        ("train --resume", r"--resume goes on with the run in a folder of checkpoints: say --checkpoint FOLDER"),
        ("train --out .", r"\. is a folder\. Name the file to write"),
        ("evaluate", r"Missing argument 'MODEL'"),
        ("evaluate nope", r"There is no model file nope\."),
        ("evaluate nope sin", r"There is no data set 'sin'\. Did you mean 'sine'\?"),
        ("summary", r"Missing argument 'MODEL'.*\(see: chainrule summary --help\)"),
        ("summary nope", r"There is no model file nope\."),
        ("predict nope", r"There is no model file nope\."),
        ("predict nope x.png --samples 3", r"--samples takes shipped digits in place of a file: .* or x\.png\."),
        ("gates --out nowhere/gates.png", r"nowhere/gates.png cannot be written: there is no folder nowhere\."),
        ("gates --out gates.xyz", r"gates.xyz cannot be drawn: its suffix must be one of .*\.png"),
    ],
)
def test_wrong_use(
    fails: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert re.match(f"chainrule: {sentence}", fails(*arguments.split()))


def test_wrong_files(
    fails: Callable[..., str], model: Path, toy_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no image")
    Path("cut.npy").write_bytes(b"\x93NUMPY\x01")
    Path("cut.idx").write_bytes(b"\0\0\x08\x03\0\0")
    Image.new("L", (50, 50), 128).save("blank.png")
    np.save("objects.npy", np.array([{}, None]), allow_pickle=True)
    np.save("small.npy", np.zeros((4, 6)))
    np.save("empty.npy", np.zeros((0, 784)))
    np.save("nan.npy", np.full((1, 784), np.nan))
    Path("model").write_bytes(model.read_bytes()[:1000])
    for file, sentence in {
        "missing.png": "missing.png: No such file or directory",
        ".": r"\.: Is a directory",
        "text.png": "text.png is neither an image that Pillow can read, nor an IDX file, nor a .npy array",
        "cut.npy": "cut.npy is not a .npy array of numbers, or it is damaged",
        "objects.npy": "objects.npy is not a .npy array of numbers, or it is damaged: its dtype is object",
        "cut.idx": "cut.idx is truncated",
        "blank.png": "blank.png shows no digit: it is blank",
        "small.npy": r"The model takes examples of shape \(784,\), but the shape of small.npy is \(4, 6\)",
        "empty.npy": r"The model takes examples of shape \(784,\), but the shape of empty.npy is \(0, 784\)",
        "nan.npy": "X must be finite",
    }.items():
        assert re.match(f"chainrule: {sentence}", fails("predict", model, file))
    assert "There are 2,000 shipped test digits" in fails("predict", model, "--samples", 2001)
    assert "examples of shape (2,), but the shape of the shipped digits is (1, 784)" in fails(
        "predict", toy_models / "xor", "--samples", 1
    )
    for command in "evaluate", "summary":
        assert "model is not a model file" in fails(command, "model")


def test_out_is_checked_before_training(fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chainrule.common.atomic._open_locked", refuse)
    assert "x.safetensors cannot be written: Permission denied" in fails("train", "--out", "x.safetensors")


def test_divergence_saves_nothing(run: Run, tmp_path: Path) -> None:
    status, _, err = run("train", "xor", "--optimizer", "sgd", "--lr", "1e30", "--out", tmp_path / "x")
    assert status == 2
    assert err.startswith("chainrule: Training diverged")
    assert not list(tmp_path.iterdir())


def test_lack_of_memory(run: Run) -> None:
    status, _, err = run("train", "xor", "--layers", "1000000,100000000")
    assert status == 2
    assert err.startswith("chainrule: there is not enough memory. Unable to allocate")


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("chainrule.cli.evaluate.loaded", bug)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["evaluate", "model"])


def test_exit_status_and_stderr_of_the_process() -> None:
    with process("train", "mnits") as command:
        out, err = command.communicate()
    assert (command.returncode, out) == (2, "")
    assert err.startswith("chainrule: There is no data set 'mnits'.")
    assert "Traceback" not in err


@pytest.mark.parametrize(("arguments", "lines"), [(["train", "xor", "--epochs", "50"], 1), (["gates"], 0)])
def test_broken_pipe_is_silent(arguments: list[str], lines: int) -> None:
    with process(*arguments) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        for _ in range(lines):
            command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == ""
    assert command.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_tests_and_saves(tmp_path: Path) -> None:
    out = tmp_path / "stopped.safetensors"
    with process("train", "xor", "--epochs", "1000000", "--out", out) as command:
        assert command.stdout is not None
        for line in command.stdout:
            if line.startswith("epoch 2/"):
                break
        command.send_signal(signal.SIGINT)
        text, err = command.communicate()
    assert (command.returncode, err) == (0, "")
    assert "Stopped by Ctrl-C" in text
    assert re.search(r"^test accuracy .*\nsaved to ", text, re.MULTILINE)
    assert chainrule.load(out).input_shape == (2,)


def test_ctrl_c_leaves_json_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object, training: Any) -> None:
        if training.epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.training.callbacks.Callback.epoch_start", interrupt)
    status, out, err = run("train", "xor", "--epochs", 9, "--json")
    assert status == 0
    assert len(json.loads(out)["history"]) == 2
    assert err.startswith("Stopped by Ctrl-C in epoch 3")


def test_train_goes_on_from_a_checkpoint(run: Run, fails: Callable[..., str], tmp_path: Path) -> None:
    folder, first, again = tmp_path / "run", tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert "there is none in" in fails("train", "xor", "--checkpoint", folder, "--resume")
    run("train", "xor", "--epochs", 3, "--checkpoint", folder)
    _, out, _ = run("train", "xor", "--epochs", 5, "--checkpoint", folder, "--resume", "--out", again)
    assert "Going on from the checkpoint: 3 epochs and 0 batches are done." in out and "epoch 4/5" in out
    run("train", "xor", "--epochs", 5, "--out", first)
    assert first.read_bytes() == again.read_bytes()


def test_train_with_another_engine(run: Run, fails: Callable[..., str]) -> None:
    assert (
        "Engine: numpy, because the run should take about" in run("train", "xor", "--epochs", 2, "--engine", "auto")[1]
    )
    assert "There is no engine 'cuda'. Known: numpy, fast, xla, torch, auto." in fails(
        "train", "xor", "--engine", "cuda"
    )


# `explain` shows the numbers of one example.


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> chainrule.Network:
    """A small model beside a row for it."""
    monkeypatch.chdir(tmp_path)
    network = chainrule.Network.mlp([2, 3, 3], seed=0)
    chainrule.save(network, "small.safetensors")
    Path("row.csv").write_text("height,width\n0.5,2\n")
    np.save("row.npy", np.array([0.5, 2.0]))
    return network


def test_explain_a_row(run: Run, small: chainrule.Network) -> None:
    asked = "--label", 1, "--why", "layer0.W[1, 0]"
    status, out, err = run("explain", "small.safetensors", "--input", "row.csv", *asked)
    assert (status, err) == (0, "")
    trace = small.trace(np.array([[0.5, 2.0]]), [1], training=False)
    assert f"prediction: {small.predict_classes([[0.5, 2.0]])[0]} (" in out
    for_python, for_terminal = 'why("layer0.W[0, 0]")', '--why "layer0.W[0, 0]"'
    assert str(trace).replace(for_python, for_terminal) in out and for_python not in out
    assert str(trace.why("layer0.W[1, 0]")) in out
    assert "The path of greatest influence\nlayer0.dW[1, 0]" in out
    assert run("explain", "small.safetensors", "--input", "row.npy", *asked)[1] == out


def test_explain_without_a_label_and_in_korean(run: Run, small: chainrule.Network) -> None:
    status, out, _ = run(
        "explain", "small.safetensors", "--input", "row.csv", "--why", "layer2.Z[0, 1]", "--lang", "ko"
    )
    assert status == 0 and "보려면 --label을 주십시오" in out and "모든 항의 합" in out and "예측: " in out


def test_explain_says_what_it_leaves_out(run: Run, small: chainrule.Network) -> None:
    asked = "--label", 1, "--why", "layer2.W"
    out = run("explain", "small.safetensors", "--input", "row.csv", *asked)[1]
    assert out.count("\nlayer2.dW[") == 8 and "\n\nlayer2.W: 9 numbers, of which the 8 largest are explained" in out


def test_explain_writes_json_and_a_page(run: Run, small: chainrule.Network) -> None:
    arguments = ["small.safetensors", "--input", "row.csv", "--label", 1, "--why", "loss", "--html", "a/page.html"]
    status, out, _ = run("explain", *arguments, "--json")
    data = json.loads(out)
    assert status == 0 and data["layers"][0]["forward"]["A"]["numbers"] == [[0.5, 2.0]]
    assert data["why"][0]["path"] == "loss" and data["prediction"] == small.predict([[0.5, 2.0]])[0].tolist()
    assert "<math" in Path("a/page.html").read_text("utf-8")
    assert "The page is a/page.html." in run("explain", *arguments)[1]


def test_no_command_writes_over_what_it_reads(fails: Callable[..., str], small: chainrule.Network) -> None:
    Path("link.npy").symlink_to("row.npy")
    before = {name: Path(name).read_bytes() for name in ("small.safetensors", "row.npy")}
    for page in "small.safetensors", "./row.npy", "link.npy":
        message = fails("explain", "small.safetensors", "--input", "row.npy", "--html", page)
        assert f"--html {Path(page)} would write over the file that the command reads: name another one." in message
    message = fails("plot", "network", "small.safetensors", "row.npy", "--out", "row.npy")
    assert "--out row.npy would write over the file that the command reads" in message
    assert before == {name: Path(name).read_bytes() for name in before}
    commands = {**COMMANDS, **PLOTS}
    assert all(isinstance(command, Command) for command in commands.values() if not hasattr(command, "commands"))


def test_explain_refuses_what_it_cannot_explain(fails: Callable[..., str], small: chainrule.Network) -> None:
    Path("two.csv").write_text("1,2\n3,4\n")
    Path("words.csv").write_text("1,2\nthree,4\n")
    Path("none.csv").write_text("height,width\n")
    explain = ("explain", "small.safetensors", "--input")
    assert "explain takes one example, but two.csv has 2" in fails(*explain, "two.csv")
    assert "column 1 of row 2 is 'three': write a number for it" in fails(*explain, "words.csv")
    Path("gap.csv").write_text("height,width\n1,\n")
    assert "rows of one length: column 2 (width) of row 1 is empty: fill it in" in fails(*explain, "gap.csv")
    Path("short.csv").write_text("1,2\n3\n")
    assert "row 1 has 2 entries, but row 2 has 1" in fails(*explain, "short.csv")
    assert "none.csv has no row of numbers" in fails(*explain, "none.csv")
    for wrong in 9, 1.5, -1, "nan":
        rule = f"--label is the class of the example, a whole number from 0 to 2, but {wrong} came"
        assert rule in fails(*explain, "row.csv", "--label", wrong)
    assert "There is no 'layer7.W'" in fails(*explain, "row.csv", "--label", 1, "--why", "layer7.W[0]")
    assert "give the targets: y, or in a terminal --label" in fails(*explain, "row.csv", "--why", "layer0.W[0, 0]")
    assert "There is no language 'de'" in fails(*explain, "row.csv", "--lang", "de")
    network = chainrule.Network([chainrule.Dense(2)], "mean_squared_error", input_shape=(2,))
    chainrule.save(network, "two.safetensors")
    assert "this model has 2 outputs: leave it out" in fails(
        "explain", "two.safetensors", *explain[2:], "row.csv", "--label", 1
    )


def test_explain_writes_over_nothing_that_it_reads(fails: Callable[..., str], small: chainrule.Network) -> None:
    for file in "small.safetensors", "row.csv":
        before = Path(file).read_bytes()
        sentence = fails("explain", "small.safetensors", "--input", "row.csv", "--html", file)
        assert (
            f"--html {file} would write over the file that the command reads" in sentence
            and Path(file).read_bytes() == before
        )


def test_explain_shows_a_digit_as_the_model_saw_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    network = chainrule.Network.mlp([784, 10])
    network.input_scale = 1 / 255
    chainrule.save(network, "digits.safetensors")
    np.save("digit.npy", np.round(X_TEST[0] * 255).astype(np.uint8))
    status, out, _ = run("explain", "digits.safetensors", "--input", "digit.npy", "--json")
    assert status == 0 and json.loads(out)["layers"][0]["forward"]["A"]["statistics"]["max"] <= 1


def test_explain_names_the_class_of_a_binary_model(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    network = chainrule.Network.mlp([2, 1], seed=0)
    chainrule.save(network, "moons.safetensors")
    np.save("point.npy", np.ones((1, 2)))
    p = float(network.predict(np.ones((1, 2)))[0, 0])
    said = run("explain", "moons.safetensors", "--input", "point.npy")[1].splitlines()[0]
    assert said == f"prediction: {int(p > 0.5)} ({max(p, 1 - p):.1%})"
