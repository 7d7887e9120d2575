"""What all tests share: types and shapes checked at run time, where the full data is, and JAX with float64."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

os.environ["CHAINRULE_LANG"] = "en"  # whatever the machine speaks; tests of Korean ask for it

import jax
import pytest
from jaxtyping import config, install_import_hook

# All but the checker, which would take ten times as long and has no shapes in its signatures.
_PACKAGE = next(iter(getattr(find_spec("chainrule"), "submodule_search_locations", None) or []))
HOOKED = [f"chainrule.{room.name}" for room in pkgutil.iter_modules([_PACKAGE]) if room.name != "checker"]
install_import_hook(HOOKED, "beartype.beartype")

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


@pytest.fixture
def no_type_checks() -> Iterator[None]:
    """Run what users run: no checks of types, which meet odd arguments before ours do and slow long loops down."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the full data sets, from CHAINRULE_DATA or beside the repository; skip without it."""
    beside = Path(__file__).resolve().parents[2] / "shared/data"
    folder = Path(os.environ.get("CHAINRULE_DATA", beside))
    if not (folder / "mnist").is_dir():
        pytest.skip("needs the full data: set CHAINRULE_DATA to a folder with mnist/, book/ and cats/")
    return folder
