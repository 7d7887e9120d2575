"""A Korean beginner's way, from the first gate to a network and a check of own code, has no English sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from chainrule.cli import main
from chainrule.common.texts import fill
from tests.commands import COMMANDS, PLOTS

OWN = """\
import numpy as np

def sigmoid(Z):
    return 1 / (1 + np.exp(Z))

def relu(Z):
    return np.maximum(0, Z)

def step(w):
    return w @ undefined_name
"""
TABLE = "size,town,price\n" + "".join(f"{i},{'서울' if i % 3 else '부산'},{3 * i + i % 7}\n" for i in range(120))
TERMINAL = [
    "gates",
    "datasets",
    "train xor --epochs 3 --out xor.safetensors",
    "train moons --layers 8 --epochs 3 --lr 0.1 --optimizer adam --out moons.safetensors",
    "train moons --epochs 0",
    "train moons --hidden rulu",
    "train moon",
    "train moons --layers x",
    "summary moons.safetensors",
    "info moons.safetensors",
    "evaluate moons.safetensors moons",
    "evaluate moons.safetensors spirals",
    "predict moons.safetensors",
    "predict nothing.safetensors",
    "predict digits.csv",
    "explain moons.safetensors --input one.csv --label 1",
    "explain moons.safetensors --input one.csv --label 1 --why layer0.W[0,1]",
    "diagnose moons.safetensors --data moons --optimizer adam --lr 100",
    "plot boundary moons.safetensors moons --out boundary.png",
    "plot gates --out gates.txt",
    "check own.py --hint 3",
    "check own.py --hint 9",
    "check none.py",
    "train houses.csv --target price --out houses.safetensors",
    "train houses.csv --target prise",
    "info houses.safetensors",
    "evaluate houses.safetensors houses.csv",
    "predict houses.safetensors houses.csv --out scored.csv",
    "--nope",
]
CELLS = [
    "import numpy as np\nimport chainrule as cr\nX, y = cr.datasets.moons(n=60)",
    "network = cr.Network.mlp([2, 4, 1], hidden='tanh')\nnetwork",
    "history = network.fit(X, y, epochs=3, validation_data=(X, y))\nhistory",
    "network.summary()",
    "cr.gradcheck(network, X[:5], y[:5])",
    "def sigmoid(Z):\n    return 1 / (1 + np.exp(Z))\ncr.check(sigmoid)",
    "trace = network.trace(X[:3], y[:3])\ntrace",
    "trace.why('layer0.W[0, 1]')",
    "print(network.summary(), network.history, trace, trace.why('layer0.W[0, 1]'), cr.check(sigmoid))",
    "network.diagnose(100 * X, y)",
    "for wrong in (lambda: network.predict(X[:, :1]), lambda: cr.Dense(-1), lambda: network.fit(X, y[:3]),\n"
    "              lambda: cr.Network.mlp([2, 1], loss='mse'), lambda: cr.load('none.safetensors')):\n"
    "    try:\n        wrong()\n    except (ValueError, OSError) as error:\n        print(error)",
]
_LITTLE_WORDS = {"the", "of", "is", "are", "to", "and", "with", "no", "not", "for", "in", "it", "its", "was", "but"}
_LITTLE_WORDS |= {"each", "or", "that", "this", "by", "as", "from", "has", "have", "on", "at", "be", "a", "an", "than"}


def english(text: str) -> list[str]:
    """Return what reads like an English sentence: three words in a row, one of them a little one.

    Python's own words and code are no sentences of ours.
    """
    text = re.sub(r"name '\w+' is not defined|<(style|pre|code)\b.*?</\1>", " | ", text, flags=re.DOTALL)
    prose = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|<[^>]*>|\x1b\[[0-9;]*m", " | ", text, flags=re.DOTALL)
    runs = re.findall(r"(?<![\w./=-])[A-Za-z]+(?: [A-Za-z]+){2,}(?![\w/=])", prose)
    return [run for run in runs if _LITTLE_WORDS & set(run.lower().split())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("korean")
    (folder / "own.py").write_text(OWN, "utf-8")
    (folder / "one.csv").write_text("0.5,-0.2\n", "utf-8")
    (folder / "digits.csv").write_text("1,2,3\n", "utf-8")
    (folder / "houses.csv").write_text(TABLE, "utf-8")
    return folder


def test_what_an_english_sentence_is() -> None:
    assert english("There is no model of this name.") and english("the first in row 3")
    assert english("<pre>import numpy as np</pre> and what is wrong in it")
    assert not english("<pre>import numpy as np</pre> 이름이 없습니다: name 'x' is not defined")
    assert not english("chainrule train moons --layers 8, Dense와 ReLU, learning_rate=0.1, softmax cross entropy")


def test_a_terminal_session_is_korean(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CHAINRULE_LANG", "ko")
    for line in TERMINAL:
        main(line.split())
        out, err = capsys.readouterr()
        assert not english(out + err), (line, english(out + err))
        assert re.search("[가-힣]", out + err), line
        assert not re.search(r"[을은이과]\([를는가와]\)|\([으이]\)", out + err), line


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), *(["plot", name] for name in PLOTS), []])
def test_the_help_is_korean(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main([*command, "--help", "--lang", "ko"])
    out = re.sub(r"(?m)^.*(사용법|예): .*$", "", capsys.readouterr().out)
    assert not english(out)


def test_a_notebook_is_korean(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR":
        monkeypatch.setenv(variable, str(folder / variable))
    monkeypatch.setenv("CHAINRULE_LANG", "ko")
    cells = [nbformat.v4.new_code_cell(code) for code in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    for cell in NotebookClient(notebook, timeout=120).execute(cwd=str(folder)).cells:
        said = "\n".join(_texts(output) for output in cell.outputs)
        assert not english(said), (cell.source, english(said))


def _texts(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    assert output.output_type != "error", output
    return "\n".join(str(value) for kind, value in output.data.items() if kind in ("text/plain", "text/html"))


@pytest.mark.parametrize("value", ["학습", "Dense", "3", "0.5", "train.csv", "(2, 3)", "x_train"])
def test_no_form_of_a_particle_is_left(value: str) -> None:
    forms = ["을(를)", "은(는)", "이(가)", "과(와)", "(으)로", "(이)라"]
    assert not any("(" in fill("{value}" + form, {"value": value}).removeprefix(value) for form in forms)
