"""Build the documentation site, docs/_build/html, in English and Korean: `make docs`.

Warnings are errors, cells of notebooks are executed (from a cache if neither they nor the package changed since the
last build), and every link inside of the site is checked. Each chapter of the book is written as a notebook, too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from hashlib import sha256
from pathlib import Path

import jupytext
import nbformat

from chainrule.common.fonts import hangul_font

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BUILT = DOCS / "_build"
CELLS = BUILT / "cells"
LANGUAGES = ("en", "ko")
_SOURCES = {".py", ".pyi", ".toml", ".po"}
CHAPTERS = ("book", "guides")
LATIN = "DejaVu Sans"
_LETTERS = f"""
!apt-get install -qq fonts-nanum
import matplotlib
from chainrule.common.fonts import hangul_font

matplotlib.rcParams["font.family"] = ["{LATIN}", hangul_font()]"""
"""What the first cell does for the Korean labels of pictures."""
_FIRST_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>chainrule</title>
<script>location.replace(navigator.language.startsWith("ko") ? "ko/index.html" : "en/index.html")</script>
<a href="en/index.html">English</a> · <a href="ko/index.html" lang="ko">한국어</a>
"""


def repository() -> str:
    """Return the address that `pip install git+...` takes, which stands in pyproject.toml alone."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["urls"]["Repository"])


def package() -> str:
    """Return a digest of the package, on which the outputs of all cells depend."""
    digest = sha256()
    for path in sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in _SOURCES):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def forget_other_packages() -> None:
    """Remove what was executed or read with another state of the package."""
    built_with = BUILT / "package"
    if not built_with.exists() or built_with.read_text("utf-8") != package():
        for folder in CELLS, *BUILT.glob("doctrees-*"):
            shutil.rmtree(folder, ignore_errors=True)
        BUILT.mkdir(exist_ok=True)
        built_with.write_text(package(), "utf-8")


def build(language: str) -> int:
    """Build one language; the exit status of Sphinx."""
    options = ["-W", "--keep-going", "-q", "-j", "2", "-d", str(BUILT / f"doctrees-{language}")]
    options += ["-D", f"nb_execution_cache_path={CELLS}", *(["-t", "ko"] if language == "ko" else [])]
    command = [sys.executable, "-m", "sphinx", "-b", "html", *options, str(DOCS), str(BUILT / "html" / language)]
    return subprocess.run(command, cwd=ROOT, env=environment_of_cells() | _with_letters(language)).returncode


def environment_of_cells() -> dict[str, str]:
    """Return the environment in which cells run: `!chainrule` is this one, and the build ends if it fails."""
    profile = BUILT / "ipython/profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "tools/webpages/commands.py", profile / "startup")
    shutil.copy(ROOT / "tools/webpages/kernel.py", profile / "ipython_kernel_config.py")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "IPYTHONDIR": str(BUILT / "ipython")}


def _with_letters(language: str) -> dict[str, str]:
    """Return what lets the figures of cells have Korean labels; other pictures take a font by themselves.

    matplotlib gets a folder of its own: in the user's it remembers the fonts of its first start.
    """
    if language != "ko":
        return {}
    folder = BUILT / "matplotlib"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "matplotlibrc").write_text(f"font.family: {LATIN}, {hangul_font()}\n", "utf-8")
    return {"MPLCONFIGDIR": str(folder)}


def chapters() -> list[Path]:
    """Return the pages that are notebooks, in both languages."""
    return sorted(path for folder in CHAPTERS for path in (DOCS / folder).glob("*.md") if is_notebook(path))


def is_notebook(path: Path) -> bool:
    """Tell whether a page has cells."""
    return "```{code-cell}" in path.read_text("utf-8")


def as_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a chapter as a notebook for Jupyter and Colab; its first cell installs the package where it is not.

    A page's front matter says what its cells need: `extras` of chainrule, and packages `also` without one.
    """
    notebook = jupytext.read(path, fmt="md:myst")
    extras = notebook.metadata.pop("extras", "plot,data,tables")
    install = f'%pip install -q "chainrule[{extras}] @ git+{repository()}" {notebook.metadata.pop("also", "")}'.rstrip()
    if path.name.endswith(".ko.md"):
        install += _LETTERS
    cell = nbformat.v4.new_code_cell(f"# Needed in Colab, and wherever chainrule is not installed.\n{install}")
    cell.id = "install"
    notebook.cells.insert(0, cell)
    return notebook


def write_notebooks() -> int:
    """Write all chapters as notebooks beside their pages; return how many cells of code they have."""
    cells = 0
    for path in chapters():
        language = "ko" if path.name.endswith(".ko.md") else "en"
        target = BUILT / "html" / language / path.relative_to(DOCS).with_suffix(".ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = as_notebook(path)
        cells += sum(cell.cell_type == "code" for cell in notebook.cells) - 1
        target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), "utf-8")
    return cells


def main() -> int:
    """Build what is asked for, and say how much was executed and where the site is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", choices=[*LANGUAGES, []], help="only these")
    began = time.perf_counter()
    forget_other_packages()
    for language in parser.parse_args().languages or LANGUAGES:
        if status := build(language):
            return status
    cells = write_notebooks()
    (BUILT / "html/index.html").write_text(_FIRST_PAGE, "utf-8")
    print(f"{cells} cells of {len(chapters())} pages, {time.perf_counter() - began:.0f} s: {BUILT / 'html/index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
