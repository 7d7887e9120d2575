"""The site's own parts: chapters are notebooks in both languages, and the reference has every public name."""

from __future__ import annotations

import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import chainrule as cr
from tools import site
from tools.site import as_notebook, chapters, environment_of_cells
from tools.webpages import reference

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTEBOOKS = sorted(str(p.relative_to(DOCS)) for p in chapters() if not p.name.endswith(".ko.md"))


def test_every_public_name_is_in_the_reference(tmp_path: Path) -> None:

    reference.write(tmp_path)
    text = "\n".join(page.read_text("utf-8") for page in tmp_path.rglob("*.rst"))
    entries = set(re.findall(r"auto(?:class|function):: \S+\.(\w+)", text))
    public = [name for name in cr.__all__ if name not in reference.public_modules() and name != "LAYERS"]
    assert len(public) > 70 and [name for name in public if name not in entries] == []


def test_the_reference_says_each_name_as_it_is_written(tmp_path: Path) -> None:
    """Short, and with its module: who looks for either finds it, and both are the same."""
    reference.write(tmp_path)
    written = {
        line for page in tmp_path.rglob("*.rst") for line in page.read_text("utf-8").splitlines() if line[:5] == "``cr."
    }
    assert {
        "``cr.EarlyStopping`` or ``cr.callbacks.EarlyStopping``",
        "``cr.Network``",
        "``cr.plots.plot_fit``",
    } <= written
    for line in written:
        values = [attrgetter(name.removeprefix("cr."))(cr) for name in re.findall("``(.*?)``", line)]
        assert values and all(value is values[0] for value in values)
    main = (tmp_path / "main.rst").read_text("utf-8")
    assert "cr.EarlyStopping <chainrule.training.callbacks.EarlyStopping>" in main


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


@pytest.fixture
def printed() -> Any:
    return pytest.importorskip("tools.webpages.printed", reason="the site is built with Sphinx, which is not installed")


def test_what_a_command_prints_in_pieces_is_one_text(printed: Any) -> None:
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("1 mistake", "\n", "in 2")]
    picture = nbformat.v4.new_output("display_data")
    other = nbformat.v4.new_output("stream", name="stderr", text="slow")
    assert [output.get("text") for output in printed.whole([*pieces, other, picture])] == [
        "1 mistake\nin 2",
        "slow",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("findfont: Font family 'NanumGothic' not found.\n" * 3, 1),
        ("UserWarning: Glyph 54620 (\\N{HANGUL SYLLABLE HAN}) missing from font(s) DejaVu Sans.\n", 1),
        ("all is well\n", 0),
    ],
)
def test_a_picture_without_its_letters_is_a_warning(
    text: str, count: int, printed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And warnings end the build."""
    warned: list[str] = []
    monkeypatch.setattr(printed._log, "warning", lambda message, *values: warned.append(message % values))
    outputs = [nbformat.v4.new_output("stream", name="stderr", text=text), nbformat.v4.new_output("display_data")]
    assert printed.legible(outputs) == outputs and len(warned) == count


def test_korean_cells_draw_with_the_fonts_that_are_there_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with those that matplotlib remembers of its first start."""
    monkeypatch.setattr(site, "BUILT", tmp_path)
    monkeypatch.setattr(site, "hangul_font", lambda: "DejaVu Serif")
    code = "import matplotlib; print(matplotlib.get_configdir(), matplotlib.rcParams['font.family'])"
    for _ in range(2):
        environment = environment_of_cells() | site._with_letters("ko")
        assert not [*tmp_path.rglob("fontlist*")]
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout == f"{tmp_path / 'matplotlib'} ['DejaVu Sans', 'DejaVu Serif']\n"
        (tmp_path / "matplotlib/fontlist-old.json").write_text("{}", "utf-8")


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_chapters_and_guides_have_the_same_cells_in_both_languages(page: str) -> None:
    """But for texts and comments in them."""

    def cells(path: Path) -> list[str]:
        found = re.findall(r"```\{code-cell\} python\n(.*?)```", path.read_text("utf-8"), re.S)
        return [re.sub(r'"[^"]*"|\'[^\']*\'|,? ?lang=| --lang (?:en|ko)|#.*', "", cell) for cell in found]

    english, korean = cells(DOCS / page), cells(DOCS / page.replace(".md", ".ko.md"))
    assert english and english == korean


NAMES = {"loss", "matmul:", "dot:", "Parquet:", "1 / sqrt(n):"}
"""What Korean cells call by its name in the code."""


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_what_korean_cells_print_and_draw_is_korean(page: str) -> None:
    """But for names and formulas, no text beside numbers and axes is that of the English page."""

    def texts(path: Path) -> set[str]:
        cells = re.findall(r"```\{code-cell\} python\n(.*?)```", path.read_text("utf-8"), re.S)
        said = r'(?:print\(f?|(?:label|title)=f?|set_(?:[xy]label|title)\(f?)"([^"]*)"'
        return {text.strip() for cell in cells for text in re.findall(said, cell)}

    english, korean = texts(DOCS / page), texts(DOCS / page.replace(".md", ".ko.md"))
    words = {text for text in english & korean if re.search("[a-z]{3}", re.sub(r"\{.*?\}|\$.*?\$|\w+_\w+", "", text))}
    assert words <= NAMES


def test_cells_are_forgotten_when_the_package_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_broken_cell_fails_the_build_and_any_other_is_quiet(tmp_path: Path) -> None:
    for package in "furo", "myst_nb", "numpydoc":
        pytest.importorskip(package, reason=f"the site is built with {package}, which is not installed")
    front = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n# Page\n\n"
    page = tmp_path / "index.ko.md"
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-t", "ko", "-c", str(DOCS)]
    told = []
    for cell, status in ("print(1 + 1)", 0), ("1 / 0", 2):
        page.write_text(f"{front}```{{code-cell}} python\n{cell}\n```\n", "utf-8")
        run = [*command, str(tmp_path), str(tmp_path / "_build/html")]
        done = subprocess.run(run, capture_output=True, text=True, env=environment_of_cells())
        assert done.returncode == status, done.stderr
        told.append(done.stdout + done.stderr)
    assert told[0] == "" and "ZeroDivisionError" in told[1]


def test_a_command_that_fails_ends_its_cell() -> None:
    """But for a cell that is to show it; what it printed is there in both."""
    cells = [
        nbformat.v4.new_code_cell("import warnings; warnings.warn('odd')"),
        nbformat.v4.new_code_cell("!echo told; exit 3", metadata={"tags": ["raises-exception"]}),
        nbformat.v4.new_code_cell("!chainrule no-such-command"),
        nbformat.v4.new_code_cell("print('too late')"),
    ]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=120)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment_of_cells().items():
            patched.setenv(name, value)
        with pytest.raises(CellExecutionError, match="exit status 2"):
            client.execute()
    warned, told, failed, late = (cell.get("outputs", []) for cell in client.nb.cells)
    assert warned[0].text == "UserWarning: odd\n"
    assert told[0].text == "told\n" and told[1].ename == "CommandFailedError"
    assert "no-such-command" in failed[0].text and late == []


def test_a_notebook_installs_what_its_cells_need() -> None:
    """Tables, too, which guides are about."""
    cell = as_notebook(DOCS / "guides/own-csv.ko.md").cells[0]
    assert "chainrule[plot,data,tables]" in cell.source and "fonts-nanum" in cell.source


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
