"""What all tests share: types and shapes checked at run time, where the full data is, JAX with float64, a browser."""

from __future__ import annotations

import os
import pkgutil
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["CHAINRULE_LANG"] = "en"  # whatever the machine speaks; tests of Korean ask for it

import jax
import pytest
from jaxtyping import config, install_import_hook

from chainrule.common import texts
from chainrule.datasets.table import DATASETS

# All but the checker, which would take ten times as long and has no shapes in its signatures.
_PACKAGE = next(iter(getattr(find_spec("chainrule"), "submodule_search_locations", None) or []))
HOOKED = [f"chainrule.{room.name}" for room in pkgutil.iter_modules([_PACKAGE]) if room.name != "checker"]
install_import_hook(HOOKED, "beartype.beartype")

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


_NAMES = dict.fromkeys([*DATASETS, "AND", "OR", "NAND", "XOR", "mae", "rmse", "r2", "roc_auc"])


@pytest.fixture(autouse=True)
def lacking(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The texts that were asked for in Korean and have none, such as one that is put together; a test fails on them.

    Names stay as they are, and so does what was told in Korean before.
    """
    catalogue, lacking = texts._catalogue, set()

    class Noting(dict[str, str]):
        def get(self, english: str, otherwise: object = None) -> str:
            if english not in self | _NAMES and not re.search("[가-힣]", english):
                lacking.add(english)
            return super().get(english, str(otherwise))

    monkeypatch.setattr(texts, "_catalogue", lambda lang: Noting(catalogue(lang)))
    yield lacking
    assert not lacking


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


@pytest.fixture(scope="module")  # while it is open an event loop runs, and other tests start their own
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pages are tested with playwright, which is not installed"
    )
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("pages are tested in chromium, which is not installed")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()
