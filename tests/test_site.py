"""The site's own parts: chapters are notebooks in both languages, and the reference has every public name."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

import chainrule as cr
from tools.webpages import printed, reference

DOCS = Path(__file__).resolve().parents[1] / "docs"
CHAPTERS = sorted(p for p in (*DOCS.glob("book/*.md"), *DOCS.glob("guides/*.md")) if not p.name.endswith(".ko.md"))


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


def test_links_into_the_reference_lead_to_a_name_in_it(tmp_path: Path) -> None:
    """Sphinx says nothing where one leads nowhere: it is shown as plain code."""
    reference.write(tmp_path)
    text = "\n".join(page.read_text("utf-8") for page in tmp_path.rglob("*.rst"))
    entries = set(re.findall(r"auto(?:class|function):: (\S+)", text))
    links = [
        (path.name, target.rpartition(".")[0] if kind == "meth" else target)
        for path in DOCS.rglob("*.md")
        for kind, target in re.findall(r"\{py:(\w+)\}`(?:[^`<]*<)?([\w.]+)>?`", path.read_text("utf-8"))
    ]
    assert len(links) >= 10 and [link for link in links if link[1] not in entries] == []


def test_what_a_command_prints_in_pieces_is_one_text() -> None:
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("one m", "istake\n", "in two")]
    picture = nbformat.v4.new_output("display_data")
    other = nbformat.v4.new_output("stream", name="stderr", text="slow")
    assert [output.get("text") for output in printed.whole([*pieces, other, picture])] == [
        "one mistake\nin two",
        "slow",
        None,
    ]


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_chapters_have_the_same_cells_in_both_languages(page: Path) -> None:
    """But for texts and comments in them."""

    def cells(path: Path) -> list[str]:
        found = re.findall(r"```\{code-cell\} python\n(.*?)```", path.read_text("utf-8"), re.S)
        return [re.sub(r'"[^"]*"|\'[^\']*\'|,? ?lang=| --lang (?:en|ko)|#.*', "", cell) for cell in found]

    english, korean = cells(page), cells(page.with_suffix(".ko.md"))
    assert english and english == korean


@pytest.mark.parametrize("page", ["exporting.md", "exporting.ko.md"])
def test_what_is_shown_of_other_libraries_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Building the site does without them, so it is no cell."""
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "guides" / page).read_text("utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    cr.save(cr.Network.mlp([784, 32, 10], seed=0), "digits.safetensors")
    exec(code, {})
    differences = re.findall(r"-?\d\.\d+(?:e-\d+)?", capsys.readouterr().out)
    assert len(differences) == 50 and max(abs(float(number)) for number in differences) < 1e-5
