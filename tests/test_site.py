"""The site's own parts: chapters are notebooks in both languages, and the reference has every public name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule as cr
from tools.webpages import reference

BOOK = Path(__file__).resolve().parents[1] / "docs/book"


def test_every_public_name_is_in_the_reference(tmp_path: Path) -> None:

    reference.write(tmp_path)
    text = "\n".join(page.read_text("utf-8") for page in tmp_path.rglob("*.rst"))
    entries = set(re.findall(r"auto(?:class|function):: \S+\.(\w+)", text))
    public = [name for name in cr.__all__ if name not in reference.public_modules() and name != "LAYERS"]
    assert len(public) > 70 and [name for name in public if name not in entries] == []


def test_a_page_that_no_name_has_any_more_goes(tmp_path: Path) -> None:

    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/Gone.rst").write_text("gone")
    reference.write(tmp_path)
    assert not (tmp_path / "layers/Gone.rst").exists() and (tmp_path / "layers/LSTM.rst").exists()


@pytest.mark.parametrize("page", sorted(p.name for p in BOOK.glob("*.md") if not p.name.endswith(".ko.md")))
def test_chapters_have_the_same_cells_in_both_languages(page: str) -> None:
    """But for texts and comments in them."""

    def cells(path: Path) -> list[str]:
        found = re.findall(r"```\{code-cell\} python\n(.*?)```", path.read_text("utf-8"), re.S)
        return [re.sub(r'"[^"]*"|\'[^\']*\'|,? ?lang=|#.*', "", cell) for cell in found]

    english, korean = cells(BOOK / page), cells(BOOK / page.replace(".md", ".ko.md"))
    assert english and english == korean


def test_cells_are_forgotten_when_the_package_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = pytest.importorskip("tools.site", reason="the site needs jupytext, which is not installed")
    monkeypatch.setattr(site, "BUILT", tmp_path / "_build")
    monkeypatch.setattr(site, "CELLS", tmp_path / "_build/cells")
    monkeypatch.setattr(site, "package", lambda: "one")
    site.forget_other_packages()
    (tmp_path / "_build/doctrees-en").mkdir()
    site.CELLS.mkdir()
    site.forget_other_packages()
    assert site.CELLS.exists()
    monkeypatch.setattr(site, "package", lambda: "another")
    site.forget_other_packages()
    assert [path.name for path in (tmp_path / "_build").iterdir()] == ["package"]


@pytest.mark.slow
def test_a_broken_cell_fails_the_build(tmp_path: Path) -> None:
    for package in "furo", "myst_nb", "numpydoc":
        pytest.importorskip(package, reason=f"the site is built with {package}, which is not installed")
    front = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n# Page\n\n"
    page = tmp_path / "index.ko.md"
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-t", "ko", "-c", str(BOOK.parent)]
    for cell, status in ("print(1 + 1)", 0), ("1 / 0", 2):
        page.write_text(f"{front}```{{code-cell}} python\n{cell}\n```\n", "utf-8")
        done = subprocess.run([*command, str(tmp_path), str(tmp_path / "_build")], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    assert "ZeroDivisionError" in done.stderr
