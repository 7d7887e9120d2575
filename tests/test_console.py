"""Text on consoles of every kind: none, closed, without a terminal, with few characters."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.cli import main
from chainrule.common import console
from chainrule.common.number_text import number_text
from chainrule.training.progress import LiveBar
from tests.commands import COMMANDS

ENCODINGS = ["cp949", "cp1252", "ascii", "latin-1", "euc-kr", "utf-8"]
LEARNERS = """\
import numpy as np

def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    dZ[Z > 0] = 1
    return dZ
"""
# What each command is asked to print; a command that is not here fails the first test.
ARGUMENTS: dict[str, list[list[str]]] = {
    "train": [["moons", "--epochs", "1"], ["moons", "--epochs", "1", "--json"], ["nöpe"]],
    "evaluate": [["moons.safetensors", "moons"], ["해파리"]],
    "predict": [["digits.safetensors", "--samples", "2"], ["digits.safetensors", "--samples", "2", "--json"]],
    "serve": [["해파리"]],
    "lab": [["해파리"]],
    "tour": [["nöpe"]],
    "exercise": [["new", "week", "--lessons", "nope"]],
    "figures": [["slides", "nöpe"]],
    "info": [["digits.safetensors"], ["digits.safetensors", "--json"], ["해파리"]],
    "explain": [["moons.safetensors", "--input", "row.csv", "--label", "1", "--why", "layer0.W", "--lang", "ko"]],
    "diagnose": [
        ["moons.safetensors", "--data", "moons", "--optimizer", "sgd", "--lr", "99", "--lang", "ko"],
        ["nöpe"],
    ],
    "summary": [["digits.safetensors"], ["해파리"]],
    "plan": [["moons.safetensors", "--devices", "2", "--batch", "4"], ["해파리", "--devices", "2", "--batch", "4"]],
    "export": [["moons.safetensors", "--to", "c", "--out", "moons.c"], ["해파리", "--to", "c", "--out", "a.c"]],
    "check": [["mine.py"], ["mine.py", "--lang", "ko", "--hint", "3"], ["mine.py", "--csv", "--lang", "ko"]],
    "gates": [[]],
    "datasets": [[]],
    "plot": [["activations", "--out", "activations.png"], ["activations", "--out", "activations.png", "nöpe"]],
}
CALLS = [[command, *arguments] for command, calls in ARGUMENTS.items() for arguments in calls]
CALLS += [["--help"], ["nope"], *([command, "--help"] for command in ARGUMENTS)]


class WriteOnly:
    """What consoles of editors put in the place of sys.stdout."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


class Narrow(WriteOnly):
    """One that knows few characters and does not say so."""

    def write(self, text: str) -> None:
        self.text += text.encode("ascii").decode()


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def detached() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO())
    stream.detach()
    return stream


class ClosedTerminal(WriteOnly):
    def write(self, text: str) -> None:
        raise OSError(errno.EIO, "Input/output error")


CONSOLES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "closed": closed,
    "detached": detached,
    "write and flush only": WriteOnly,
    "narrow": Narrow,
    "closed terminal": ClosedTerminal,
} | {name: lambda name=name: io.TextIOWrapper(io.BytesIO(), encoding=name) for name in ENCODINGS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console")
    (folder / "mine.py").write_text(LEARNERS)
    (folder / "row.csv").write_text("0.5,1\n")
    for dataset, name in ("moons", "moons"), ("mnist-small", "digits"):
        chosen = cr.datasets.DATASETS[dataset]
        (X, _), _ = chosen.load(0)
        network = cr.Network.mlp([X.shape[1], 10 if dataset == "mnist-small" else 1])
        network.input_scale = chosen.input_scale
        cr.save(network, folder / f"{name}.safetensors")
    return folder


def test_every_command_is_asked_to_print_something() -> None:
    assert set(ARGUMENTS) == set(COMMANDS)


@pytest.mark.parametrize("kind", CONSOLES)
def test_every_command_works_on_every_console(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for call in CALLS:
        if call[0] == "check" and kind not in ENCODINGS[:3]:
            continue  # it starts a process, which takes half a second
        wrong = bool({"nöpe", "해파리", "nope"} & {*call})
        expected = 2 if wrong else 1 if call[:2] == ["check", "mine.py"] else 0
        out, err = CONSOLES[kind](), CONSOLES[kind]()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            assert main(call) == expected, call
        if isinstance(out, io.TextIOWrapper) and kind != "detached":
            shown = (err if wrong else out).buffer.getvalue().decode(kind)
            assert shown.startswith("chainrule: ") if wrong else shown, call


@pytest.mark.parametrize("kind", CONSOLES)
def test_fit_works_on_every_console(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = cr.datasets.moons(n=20)
    network, out = cr.Network.mlp([2, 1]), CONSOLES[kind]()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        network.fit(X, y, epochs=2, engine="auto")
        str(network.history)
        network.summary()
    if isinstance(out, WriteOnly) and not isinstance(out, ClosedTerminal):
        assert [line.split()[0] for line in out.text.splitlines()] == ["Engine:", "epoch", "epoch"]


def test_the_live_bar_survives_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            if "epoch 2/" in self.getvalue():
                raise OSError(errno.EIO, "Input/output error")
            return super().write(text.encode("cp949").decode("cp949"))

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr("chainrule.training.progress._REFRESH", 0)
    X, y = cr.datasets.moons(n=20)
    network = cr.Network.mlp([2, 1])
    network.fit(X, y, epochs=4, callbacks=[])
    assert len(network.history) == 4
    assert "loss 0." in terminal.getvalue()


def test_the_live_bar_is_chosen_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.training.progress import choose

    assert not isinstance(choose(True)[0], LiveBar)
    monkeypatch.setattr("chainrule.common.console.Console.isatty", lambda _: True)
    assert isinstance(choose(True)[0], LiveBar)


def test_a_full_disk_and_a_broken_pipe_are_not_hidden() -> None:
    for number in errno.ENOSPC, errno.EPIPE:

        class Failing(WriteOnly):
            def write(self, text: str, number: int = number) -> None:
                raise OSError(number, "no")

        with pytest.raises(OSError, match="no"):
            console.Console(Failing()).write("text")


@settings(max_examples=60)
@given(st.text(), st.sampled_from([*ENCODINGS, "utf-16", "cp437", "shift_jis"]))
def test_what_is_encodable_stays_and_the_rest_is_replaced(text: str, encoding: str) -> None:
    shown = console.encodable(text, encoding)
    shown.encode(encoding)
    kept = "".join(c for c in text if c.encode(encoding, "ignore").decode(encoding, "ignore") == c)
    assert shown == text if kept == text else len(shown) >= len(text)


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("✓ ✗ wrong … 2 → 3", "cp949", "O X wrong … 2 → 3"),
        ("✗ wrong … 2 → 3", "ascii", "X wrong ... 2 -> 3"),
        ("한글 é ²", "cp949", "한글 e ²"),
        ("한글 é ²", "cp1252", "\\ud55c\\uae00 é ²"),
        ("a \udc80 b", "utf-8", "a \\udc80 b"),
        ("f(x)²", "ascii", "f(x)^2"),
    ],
)
def test_replacements_look_like_what_they_replace(text: str, encoding: str, shown: str) -> None:
    assert console.encodable(text, encoding) == shown


# Numbers.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1.0000"),
        (0.99996, "1.0000"),
        (9.99996, "10.00"),
        (12.345, "12.35"),
        (123.45, "123.5"),
        (123456.7, "123457"),
        (1.5e9, "1.5e+09"),
        (0.0999999, "0.1000"),
        (0.0123, "0.01230"),
        (0.00012345, "0.0001234"),
        (3.55e-06, "3.55e-06"),
        (-2.5e-07, "-2.5e-07"),
        (np.float32(0.25), "0.2500"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers_as_people_read_them(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_is_shown_to_four_digits(value: float) -> None:
    shown = float(number_text(value))
    assert abs(shown - value) <= 0.50001e-3 * abs(value)
    assert len(number_text(value)) <= 11


def test_small_losses_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    X = np.random.default_rng(0).standard_normal((100, 2)).astype(np.float32)
    network = cr.Network([cr.Dense(1, initializer="zeros")], "mean_squared_error", input_shape=(2,))
    network.fit(X, 1e-3 * (X @ [1.0, -2.0]), epochs=2, optimizer=cr.Adam(1e-4))
    print(network.history)
    lines = capsys.readouterr().out.splitlines()
    assert "loss 3." in lines[0] and "e-06  mae 0.0015" in lines[0]
    assert "e-06" in lines[-1] and "0.0000" not in "".join(lines)
