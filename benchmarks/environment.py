"""The suite's own environment, `benchmarks/.venv`, with all contenders and chainrule itself; and its processes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PYTHON = HERE / ".venv/bin/python"
_STAMP = HERE / ".venv/installed"
_NEEDS = (HERE / "requirements.txt", ROOT / "pyproject.toml")
SHOWN = ("numpy", "torch", "jax", "optax", "keras", "scikit-learn", "onnxruntime", "numba")


def ensure() -> None:
    """Make the environment, or bring it up to date if what it is made from has changed."""
    made_from = hashlib.sha256(b"".join(path.read_bytes() for path in _NEEDS)).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == made_from:
        return
    print("Installing the contenders in benchmarks/.venv ...", flush=True)
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parents[1]], check=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True)
    subprocess.run([*pip, "--editable", f"{ROOT}[xla,fast,torch]"], check=True)
    _STAMP.write_text(made_from)


def versions() -> dict[str, str]:
    """Return the versions of the contenders."""
    script = (
        f"import json; from importlib.metadata import version as v; print(json.dumps({{n: v(n) for n in {SHOWN}}}))"
    )
    found: dict[str, str] = json.loads(subprocess.run([PYTHON, "-c", script], check=True, capture_output=True).stdout)
    return found


def start(
    *arguments: str, python: str = str(PYTHON), root: Path = ROOT, stderr: IO[str] | int | None = None
) -> subprocess.Popen[str]:
    """Start the environment's Python in a checkout, whose package it imports, to write to and read from."""
    command, places = [python, *arguments], os.environ | {"PYTHONPATH": str(root / "src")}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=root, env=places, text=True, stdin=pipe, stdout=pipe, stderr=stderr)
