"""What all tests share: where the full data is, and JAX with float64."""

from __future__ import annotations

import os
from pathlib import Path

import jax
import pytest

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the full data sets, from CHAINRULE_DATA or beside the repository; skip without it."""
    beside = Path(__file__).resolve().parents[2] / "shared/data"
    folder = Path(os.environ.get("CHAINRULE_DATA", beside))
    if not (folder / "mnist").is_dir():
        pytest.skip("needs the full data: set CHAINRULE_DATA to a folder with mnist/, book/ and cats/")
    return folder
