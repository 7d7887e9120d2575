"""Whatever the documentation shows is executed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt

from chainrule import plots
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.layers import LAYERS
from examples.data.make_tables import make as make_tables
from tests.checker.corpus import MISTAKES
from tests.commands import COMMANDS, PLOTS
from tools import gallery

ROOT = Path(__file__).resolve().parents[1]
CHECKER = ["docs/checker.md", "docs/checker.ko.md"]
GALLERY = {lang: str(path.relative_to(ROOT)) for lang, path in gallery.PAGES.items()}
READMES = ["README.md", "README.ko.md"]
_ENGLISH = [path for path in sorted((ROOT / "docs/library").glob("*.md")) if not path.name.endswith(".ko.md")]
LIBRARY = [[f"docs/library/{path.stem}{end}" for end in (".md", ".ko.md")] for path in _ENGLISH]
TOLD = [page for pair in (READMES, *LIBRARY) for page in pair]
PAGES = [*TOLD, "CONTRIBUTING.md", "docs/architecture.md", "docs/tables.md", "docs/tables.ko.md", "docs/export.md"]
PAGES += ["docs/export.ko.md", "docs/benchmarks.md", "docs/benchmarks.ko.md", *CHECKER, *GALLERY.values()]


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    tokens = MarkdownIt().parse((ROOT / page).read_text("utf-8"))
    return [Block(t.info.strip(), t.content) for t in tokens if t.type == "fence"]


@pytest.mark.parametrize("page", READMES)
def test_the_readme_is_short(page: str) -> None:
    assert len((ROOT / page).read_text("utf-8").splitlines()) <= 120


@pytest.mark.parametrize("page", READMES)
def test_the_readme_leads_to_each_guide(page: str) -> None:
    end = page.removeprefix("README")
    guides = {path.stem for path in (ROOT / "docs/guides").glob("*.md") if not path.name.endswith(".ko.md")}
    links = re.findall(rf"\(docs/guides/([\w-]+){re.escape(end)}\)", (ROOT / page).read_text("utf-8"))
    assert guides and sorted(links) == sorted(guides)


@pytest.mark.parametrize("page", [page for page, _ in (READMES, *LIBRARY) if page != "docs/library/command.md"])
def test_python_blocks_run_and_print_what_they_show(page: str, tmp_path: Path) -> None:
    """All blocks of a page share one session; a comment `# -> ...` after a print shows its exact output.

    Korean pages show the same code and the same output, says another test.
    """
    code = "\n".join(block.text for block in blocks(page) if block.language == "python")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    shown = [line.partition("  # -> ")[2] for line in code.splitlines() if "  # -> " in line]
    printed = run.stdout.splitlines()
    told = [block.text for block in blocks(page) if block.language == "text"]
    assert shown or told
    assert [line for line in shown if line not in printed] == []
    assert [text for text in told if text not in run.stdout] == []


@pytest.mark.parametrize("page", ["README.md", "docs/library/command.md"])
def test_shell_blocks_run(page: str, tmp_path: Path) -> None:
    """Commands of `chainrule` run as shown, in order; make targets must exist; nothing else is shown."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    make_tables(tmp_path)
    lines = [line for b in blocks(page) if b.language == "sh" for line in b.text.splitlines() if line.strip()]
    commands = [shlex.split(line, comments=True) for line in lines]
    assert any(command[0] == "chainrule" for command in commands)
    for command in commands:
        if command[0] == "make":
            subprocess.run(["make", "--dry-run", *command[1:]], cwd=ROOT, check=True, capture_output=True)
        else:
            assert command[0] == "chainrule", command
            run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert run.returncode == 0, (command, run.stderr)


@pytest.mark.parametrize("pages", [READMES, *LIBRARY, CHECKER], ids=lambda pages: pages[0])
def test_both_languages_show_the_same_code(pages: Sequence[str]) -> None:
    """The Korean page is written natively, but its code is the English page's, comments aside."""

    def code(page: str) -> list[str]:
        return [re.sub(r"\s*#(?! ->).*", "", b.text) for b in blocks(page) if b.language in ("python", "sh")]

    def outputs(page: str) -> list[str]:
        return [b.text for b in blocks(page) if b.language == "text"]

    assert code(pages[0]) == code(pages[1])
    assert outputs(pages[0]) == outputs(pages[1])


@pytest.mark.parametrize("page", CHECKER)
def test_sessions_with_the_checker_are_as_shown(page: str, tmp_path: Path) -> None:
    names = re.findall(r"<!-- (\S+) -->", (ROOT / page).read_text("utf-8"))
    codes = [block.text for block in blocks(page) if block.language == "python"]
    sessions = [block.text.removeprefix("$ ").split("\n", 1) for block in blocks(page) if block.language == "console"]
    assert len(names) == len(sessions) == 2
    for name, code in zip(names, codes, strict=False):
        (tmp_path / name).write_text(code, "utf-8")
    environment = os.environ | {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    for command, output in sessions:
        run = [str(Path(sys.executable).parent / "chainrule"), *command.split()[1:]]
        done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert (done.returncode, done.stdout) == (1, output)
    subprocess.run([sys.executable, "-c", codes[-1]], check=True, cwd=tmp_path)


def test_sessions_with_tables_are_as_shown(tmp_path: Path) -> None:
    """What was told of a table before training is compared; scores differ in their last digits between machines."""
    make_tables(tmp_path)
    commands = []
    for page, lang in ("docs/tables.md", "en"), ("docs/tables.ko.md", "ko"):
        sessions = [block.text.split("\n", 1) for block in blocks(page) if block.language == "console"]
        assert len(sessions) == 2
        commands.append([command for command, _ in sessions])
        environment = os.environ | {"CHAINRULE_LANG": lang, "PYTHONIOENCODING": "utf-8"}
        for command, output in sessions:
            run = [sys.executable, "-m", "chainrule", *shlex.split(command)[2:]]
            done = subprocess.run(run, capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment)
            assert done.returncode == 0, (command, done.stderr)
            assert _told(done.stdout + done.stderr) == _told(output), command
    assert commands[0] == commands[1]


def test_both_pages_on_tables_show_the_same_code() -> None:
    english, korean = (
        [re.sub("  # .*", "", block.text) for block in blocks(page) if block.language not in ("text", "console")]
        for page in ("docs/tables.md", "docs/tables.ko.md")
    )
    assert english and english == korean


def test_tables_from_python(tmp_path: Path) -> None:
    make_tables(tmp_path)
    (code,) = [block.text for block in blocks("docs/tables.md") if block.language == "python"]
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path)


def test_exports_are_as_shown(tmp_path: Path) -> None:
    shown, korean = ([b for b in blocks(page)] for page in ("docs/export.md", "docs/export.ko.md"))
    assert shown == korean
    code = "\n".join(block.text for block in shown if block.language == "python")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for session in [block.text for block in shown if block.language == "console"]:
        if "$ cc" in session and shutil.which("cc") is None:
            pytest.skip("there is no compiler of C")
        for command, output in re.findall(r"^\$ (.+)\n((?:[^$].*\n)*)", session, re.M):
            done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path, env=environment)
            assert done.returncode == 0, (command, done.stderr)
            assert _without_digits(done.stdout) == _without_digits(output), command
    for block in shown:
        if block.language in ("py", "c"):
            assert any(block.text in file.read_text("utf-8") for file in tmp_path.glob(f"*.{block.language}"))


def _without_digits(output: str) -> str:
    """Return what was printed without the digits behind the point, whose last ones differ between machines."""
    return re.sub(r"\d\.\d+", "", output)


def _told(output: str) -> list[str]:
    """Return the lines without scores and predictions."""
    scores = r"\d\.\d{3}|%$|epoch|에폭|^ *\d+ +\d+$|predictions of|예측 \d+개를"
    return [line for line in output.splitlines() if not re.search(scores, line)]


@pytest.mark.parametrize("lang", GALLERY)
def test_the_gallery_is_what_its_command_makes(lang: str) -> None:
    """Of the page, the text; of the pictures, that they are there and small."""
    assert (ROOT / GALLERY[lang]).read_text("utf-8") == gallery.page(lang), "run `make gallery`"
    shown = {entry.kind for entry in gallery.ENTRIES}
    functions = set(re.findall(r"\b(?:plot|film)_\w+", gallery.page(lang)))
    assert shown == set(PLOTS)
    assert functions == {name for name in dir(plots) if name != "Snapshots"}
    pictures = list((ROOT / "docs/gallery").iterdir())
    assert len(pictures) == len(GALLERY) * len(gallery.ENTRIES)
    assert sum(picture.stat().st_size for picture in pictures) < 2_000_000


def test_the_lines_of_the_gallery_run(tmp_path: Path) -> None:
    code = "\n".join(block.text for block in blocks(GALLERY["en"]) if block.language == "python")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "film.gif").stat().st_size > 10_000


@pytest.mark.parametrize("page", ["docs/library/command.md", "docs/library/command.ko.md"])
def test_the_page_of_the_command_has_every_command(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [command for command in COMMANDS if f"chainrule {command}" not in text] == []


@pytest.mark.parametrize(
    ("page", "activations", "optimizers"),
    [("networks.md", "activations", "optimizers"), ("networks.ko.md", "활성화 함수", "최적화")],
)
def test_the_lists_of_what_is_in_it_are_complete(page: str, activations: str, optimizers: str) -> None:
    text = (ROOT / "docs/library" / page).read_text("utf-8")
    assert [name for name in LAYERS if f"`{name}`" not in text] == []
    for title, names in (activations, ACTIVATIONS.keys() - {"gelu_exact"}), (optimizers, OPTIMIZERS.keys()):
        row = re.search(rf"^\| {title} \| (.*?)[;.|]", text, re.MULTILINE)
        assert row is not None
        listed = [re.sub(r"\(.*|\W", "", entry).lower() for entry in row[1].split(", ")]
        assert len(listed) == len(names)
        assert page.endswith(".ko.md") or set(listed) == {name.replace("_", "") for name in names}


@pytest.mark.parametrize("page", CHECKER)
def test_pages_know_how_many_mistakes_are_planted(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    rows = re.findall(r"^\| [^|]+ \| (\d+) \| \d+ \| \d+ \| \d+ \|$", text, re.MULTILINE)
    planted = rows or re.findall(r"(?:Of|실수) (\d+)(?: planted|개를)", text)
    assert sum(map(int, planted)) == len(MISTAKES), f"`make check-quality` plants {len(MISTAKES)} mistakes by now"


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_make_targets_named_in_the_documentation_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"\bmake ([a-z-]+)\b", "".join(b.text for b in blocks(page))):
            assert f"\n{target}:" in makefile, (page, target)
