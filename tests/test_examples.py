"""The examples run as they stand, and reach what they are there to show."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
# What the numbers of the last line must be.
SHOWN: dict[str, tuple[str, Callable[[list[float]], bool]]] = {
    "lenet": (r"test accuracy ([\d.]+)", lambda shown: shown[0] > 0.95),
    "dilated": (r"plain convolutions ([\d.]+), dilated ([\d.]+)", lambda shown: shown[0] < 0.4 and shown[1] > 0.9),
    "lstm_adding": (r"mean squared error ([\d.]+)", lambda shown: shown[0] < 0.01),
    "lstm_rows": (r"test accuracy ([\d.]+)", lambda shown: shown[0] > 0.9),
    "residual": (r"plain ([\d.]+), residual ([\d.]+)", lambda shown: shown[0] < 0.6 and shown[1] > 0.9),
    "linear_layers": (
        r"matrix ([\d.]+); superposition of linear layers ([\d.]+), with ReLU between them ([\d.]+)",
        lambda shown: shown[:2] == [0, 0] and shown[2] > 1,
    ),
    "xor": (r"hidden layer ([\d.]+), with one of 4 units ([\d.]+)", lambda shown: shown[0] < 0.8 and shown[1] == 1),
    "approximation": (r"unit ([\d.]+), with 64 ([\d.]+)", lambda shown: shown[0] > 0.05 and shown[1] < 1e-4),
    "optuna_search": (r"Accuracy on the test: ([\d.]+)", lambda shown: shown[0] > 0.95),
    "dask_search": (r"an accuracy of ([\d.]+) in 3 folds", lambda shown: shown[0] > 0.9),
    "random_connections": (r"parameters, test accuracy ([\d.]+)", lambda shown: shown[0] > 0.9),
}
# Packages that an example needs, and no extra of ours brings.
NEEDS = {"optuna_search": "optuna", "dask_search": "distributed"}


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_example(name: str, tmp_path: Path) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"the example needs {NEEDS[name]}, which is not installed")
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    pattern, reached = SHOWN[name]
    found = re.search(pattern, run.stdout.splitlines()[-1])
    assert found and reached([float(number.rstrip(".")) for number in found.groups()]), run.stdout[-300:]
