"""`chainrule figures` draws what the cells of the book show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chainrule.cli import main
from chainrule.lessons.chapters import chapters, figures

_SHOWS = ("pyplot", "cr.plots.plot_")


def test_a_figure_has_the_language_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("chainrule.cli.figures.chapters", lambda lang: chapters(lang)[:1])
    for lang, label in ("en", "output 1"), ("ko", "출력 1"):
        folder = tmp_path / lang
        assert main(["figures", str(folder), "--lang", lang]) == 0
        (path,) = folder.iterdir()
        assert path.name == "01-gates-1.svg" and str(path) in capsys.readouterr().out
        assert f"<!-- {label} -->" in path.read_text("utf-8")


def test_figures_of_pyplot_and_of_a_last_line_are_shown_once(tmp_path: Path) -> None:
    cells = [
        "import matplotlib.pyplot as plt\n\nfigure, axes = plt.subplots()\naxes.set_xlabel('x')\n",
        "figure\n",  # of pyplot, which has closed it
        "import chainrule as cr\n\ncr.plots.plot_gates()\n",
        "1 + 1\n",
    ]
    chapter = tmp_path / "chapter.md"
    chapter.write_text("Text.\n\n" + "\n".join(f"```{{code-cell}} python\n{cell}```\n" for cell in cells))
    assert [len(figure.axes) for figure in figures(chapter)] == [1, 1, 4]


@pytest.mark.slow
def test_every_figure_of_the_book_is_drawn(tmp_path: Path) -> None:
    names = {}
    for lang in "en", "ko":
        command = [sys.executable, "-W", "error", "-m", "chainrule", "figures", lang, "--lang", lang]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        paths = list((tmp_path / lang).iterdir())
        assert all(ElementTree.parse(path).getroot().tag.endswith("svg") for path in paths)
        names[lang] = {path.name for path in paths}
    assert names["en"] == names["ko"]
    drawn = {name.rpartition("-")[0] for name in names["en"]}
    assert drawn == {path.stem for path in chapters("en") if any(sign in path.read_text("utf-8") for sign in _SHOWS)}
