"""`chainrule tour`: the shortest way through what there is, in two minutes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from chainrule.common.console import say
from chainrule.common.languages import language
from chainrule.common.texts import later, tr

EXAMPLE = "Example: chainrule tour"

_NOTE = '''"""A learner's note: one line of it is wrong."""

import numpy as np


def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=0, keepdims=True) / m
    return np.dot(W.T, dZ), dW, db
'''


class _Stop(NamedTuple):
    """One stop of the tour: what there is to see, and the command that shows it."""

    text: str
    command: tuple[str, ...]


_STOPS = (
    _Stop(
        later("A neuron with a step is a logic gate, and XOR takes two layers of them."),
        ("gates",),
    ),
    _Stop(
        later("The checker finds the mistake in code that you wrote yourself. One line of note.py is wrong:"),
        ("check", "note.py", "--hint", "2"),
    ),
    _Stop(
        later("A network learns 10,000 handwritten digits, which are in the package."),
        ("train", "mnist-small", "--layers", "32", "--epochs", "3", "--seed", "0", "--out", "digits.safetensors"),
    ),
    _Stop(
        later("It answers for digits that it has not seen."),
        ("predict", "digits.safetensors", "--samples", "3"),
    ),
    _Stop(
        later("If something is wrong with a network, sentences say what, and what to do."),
        ("diagnose", "digits.safetensors", "--data", "mnist-small"),
    ),
    _Stop(
        later("What runs elsewhere: the same network as one readable script that needs NumPy alone."),
        ("export", "digits.safetensors", "--to", "numpy", "--out", "net.py"),
    ),
)


def run() -> None:
    """Show the shortest way through what there is, in two minutes.

    Each stop is a command that you can run yourself. On a terminal, Enter goes on, and Ctrl-C ends the tour. What it
    writes lies in a folder of its own, which is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="chainrule-tour-", ignore_cleanup_errors=True) as folder:
        Path(folder, "note.py").write_text(_NOTE, "utf-8")
        for number, stop in enumerate(_STOPS, 1):
            say("\n{number} of {count}. {text}", number=number, count=len(_STOPS), text=tr(stop.text))
            print(f"$ chainrule {' '.join(stop.command)}\n", flush=True)
            _show(stop.command, folder)
            if number < len(_STOPS) and sys.stdin.isatty() and sys.stdout.isatty():
                input(tr("Enter goes on."))
    say(
        "\nThat was the tour. Next: chainrule train on a table of your own (CSV), chainrule check on your own code, "
        "and chainrule --help for the rest."
    )


def _show(command: tuple[str, ...], folder: str) -> None:
    """Run a command as a process of its own; that `check` ends with 1 only says that it found the mistake."""
    environment = os.environ | {"CHAINRULE_LANG": language()}
    subprocess.run([sys.executable, "-m", "chainrule", *command], cwd=folder, env=environment)
