"""`chainrule plot`: every kind of picture is written as an image, and what is wrong is one sentence."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import chainrule as cr
from chainrule import plots
from chainrule.cli import main
from chainrule.common import fonts
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from tests.commands import PLOTS

Run = Callable[..., tuple[int, str, str]]
DATASETS = cr.datasets.DATASETS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `chainrule plot` in a folder with the files of the examples; return its exit status and what it wrote."""
    monkeypatch.chdir(tmp_path)
    for name in ("moons", "sine", "mnist-small"):
        (X, y), (X_test, y_test) = DATASETS[name].load(0)
        parts = (X[:40], y[:40]), (X_test[:40], y_test[:40])
        monkeypatch.setitem(DATASETS, name, DATASETS[name]._replace(load=partial(lambda parts, _: parts, parts)))
    cr.save(cr.Network.mlp([2, 4, 1], hidden="tanh"), "moons.safetensors")
    cr.save(cr.Network.mlp([1, 4, 1], loss="mean_squared_error"), "sine.safetensors")
    cr.save(cr.Network.mlp([784, 6, 10]), "digits.safetensors")
    layers = [cr.Conv2D(2, kernel=5), cr.ReLU(), cr.Flatten(), cr.Dense(10)]
    cr.save(cr.Network(layers, "categorical_cross_entropy", input_shape=(28, 28, 1)), "lenet.safetensors")
    image = cr.datasets.load_mnist_small()[1][0][0].reshape(28, 28)
    Image.fromarray((image * 255).astype(np.uint8)).save("my-digit.png")
    Path("run.json").write_text('{"history": [{"loss": 0.5}, {"loss": 0.25}]}')

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["plot", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def example_of(run: Run, kind: str) -> list[str]:
    status, text, _ = run(kind, "--help")
    example = re.search(r"Example: chainrule plot (.+)\n$", text)
    assert status == 0 and example is not None
    return shlex.split(example[1])


def fails(result: tuple[int, str, str]) -> str:
    status, out, err = result
    assert (status, out, err.count("\n"), err[:11]) == (2, "", 1, "chainrule: "), result
    return err


def is_image(file: Path) -> bool:
    """Return whether a file is what its suffix says, with something in it."""
    if file.suffix == ".svg":
        root = ElementTree.parse(file).getroot()
        return root.tag == "{http://www.w3.org/2000/svg}svg" and len(list(root.iter())) > 50
    with Image.open(file) as image:
        return image.format == file.suffix[1:].upper() and np.asarray(image.convert("L")).std() > 5


@pytest.mark.parametrize("kind", PLOTS)
def test_every_kind_writes_an_image_in_both_languages(run: Run, kind: str) -> None:
    example = example_of(run, kind)
    out = Path(example[-1])
    assert run(*example) == (0, f"saved to {out}\n", "")
    assert is_image(out)
    try:
        fonts.hangul_font()
    except InputError:
        pytest.skip("needs a font with Korean letters")  # tests/test_plots.py tests whether one is found
    assert run(*example[:-1], "korean.svg", "--lang", "ko") == (0, "korean.svg에 저장했습니다.\n", "")
    assert is_image(Path("korean.svg"))


def test_the_labels_are_in_the_language_of_the_locale(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def draw() -> Figure:
        asked.append(language())
        return Figure()

    monkeypatch.setattr(plots, "plot_gates", draw)
    monkeypatch.delenv("CHAINRULE_LANG")
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run("gates", "--out", "a.png")[0] == run("gates", "--out", "a.png", "--lang", "en")[0] == 0
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run("gates", "--out", "a.png")[0] == 0
    assert asked == ["ko", "en", "en"]


def test_every_picture_has_a_command() -> None:
    kinds = {f"plot_{kind.replace('-', '_')}" for kind in PLOTS}
    assert kinds == {name for name in dir(plots) if name.startswith("plot_")} - {"plot_boundary_steps"}


def test_a_film_shows_the_training(run: Run) -> None:
    assert run("boundary", "moons.safetensors", "moons", "--epochs", 3, "--lr", 0.1, "--out", "a.gif")[0] == 0
    film: Any
    with Image.open("a.gif") as film:
        assert film.n_frames == 4


@pytest.mark.parametrize("kind", PLOTS)
def test_what_cannot_be_drawn_is_one_sentence(run: Run, kind: str) -> None:
    example = example_of(run, kind)
    assert "its suffix must be one of" in fails(run(*example[:-1], "a.txt"))
    assert "There is no language 'fr'" in fails(run(*example, "--lang", "fr"))
    assert "Missing option '--out'" in fails(run(*example[:-2]))
    assert not Path("a.txt").exists()


def test_no_picture_is_written_over_what_it_shows(run: Run) -> None:
    Path("link.png").symlink_to("my-digit.png")
    before = Path("my-digit.png").read_bytes()
    for out in "my-digit.png", "link.png", "./my-digit.png":
        assert "would write over the file that the command reads" in fails(
            run("network", "digits.safetensors", "my-digit.png", "--out", out)
        )
        assert "would write over the file that the command reads" in fails(
            run("feature-maps", "lenet.safetensors", "my-digit.png", "--out", out)
        )
    Path("moons.png").write_bytes(Path("moons.safetensors").read_bytes())
    assert "would write over the file that the command reads" in fails(
        run("filters", "moons.png", "--out", "moons.png")
    )
    assert Path("my-digit.png").read_bytes() == before


def test_history_reads_what_was_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr("chainrule.cli.plot._save", lambda figure, out: shown.append(figure.axes[0].lines[0]))
    logger = cr.loggers.CSVLogger("run.csv")
    history = cr.Network.mlp([2, 1]).fit(*cr.datasets.moons(n=20), epochs=2, callbacks=[logger], verbose=False)
    assert run("history", "run.csv", "--out", "a.png")[0] == 0
    assert run("history", "run.json", "--out", "a.png")[0] == 0
    np.testing.assert_allclose(shown[0].get_ydata(), history["loss"])
    assert list(shown[1].get_ydata()) == [0.5, 0.25]
    for name, text in {
        "a.json": "{",
        "b.json": "[1]",
        "c.csv": "epoch,loss\n1,x\n",
        "d.json": '{"history": 3}',
    }.items():
        Path(name).write_text(text)
        assert "neither what `chainrule train --json` printed nor the .csv" in fails(
            run("history", name, "--out", "a.png")
        )
    Path("e.json").write_text('{"history": []}')
    assert "nothing to draw yet" in fails(run("history", "e.json", "--out", "a.png"))


def test_the_model_must_suit_the_data(run: Run) -> None:
    assert "the model was made for other data" in fails(
        run("boundary", "digits.safetensors", "moons", "--out", "a.png")
    )
    assert "Did you mean 'moons'?" in fails(run("boundary", "moons.safetensors", "moon", "--out", "a.png"))
    assert "(784,)" in fails(run("boundary", "digits.safetensors", "mnist-small", "--out", "a.png"))
    wrong = ["distributions", "moons.safetensors", "moons", "--of", "weight", "--out", "a.png"]
    assert "Did you mean 'weights'?" in fails(run(*wrong))


def test_the_numbers_of_an_example_come_from_its_file(run: Run) -> None:
    np.save("x.npy", [[0.5, -1.25], [3.0, 4.0]])
    assert run("network", "moons.safetensors", "x.npy", "--out", "a.svg")[0] == 0
    assert "0.50" in Path("a.svg").read_text() and "-1.25" in Path("a.svg").read_text()
