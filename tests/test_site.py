"""The site's own parts: chapters are notebooks in both languages, and the reference has every public name."""

from __future__ import annotations

import re
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
