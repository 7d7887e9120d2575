"""The site as a browser shows it: every equation is typeset, Korean is found, and nothing is asked of another host."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chainrule as cr
from chainrule.common import formulas

equations = pytest.importorskip("tools.webpages.equations", reason="the site needs docutils, which is not installed")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
_WRITTEN = re.compile(r"^\$\$\n(.+?)\n\$\$$|(?<![\\$\w])\$(?!\$)((?:[^$\\\n]|\\.|\n(?!\n))+?)\$(?![\w$])", re.M | re.S)
_CODE = re.compile(r"^(```|~~~).*?^\1$|`[^`\n]+`", re.M | re.S)
_FAULTS = """equations => equations.flatMap(tex => {
    try {
        const strict = code => code === "unicodeTextInMathMode" ? "ignore" : "error";
        katex.renderToString(tex, {displayMode: true, throwOnError: true, strict});
        return [];
    } catch (error) {
        return [`${tex}: ${error.message}`];
    }
})"""


def in_docstrings() -> set[str]:
    """Every equation of the package."""
    equations: set[str] = set()
    for path in Path(cr.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                equations |= {
                    f"{display['line'] or ''} {display['block']}" for display in formulas._BLOCK.finditer(text)
                }
                equations |= set(formulas._INLINE.findall(text))
    return equations


def in_pages() -> set[str]:
    """Every equation of the documentation."""
    pages = [_CODE.sub("", path.read_text("utf-8")) for path in (ROOT / "docs").rglob("*.md")]
    return {block or inline for page in pages for block, inline in _WRITTEN.findall(page)}


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    yield opened
    opened.close()


def test_every_equation_is_typeset(page: Any) -> None:
    page.add_script_tag(content=equations.script())
    assert page.evaluate(_FAULTS, [r"\frac{1}{2}", r"\frac{1}", r"\nosuchmacro"])[0].startswith(r"\frac{1}: ")
    docstrings, pages = in_docstrings(), in_pages()
    assert len(docstrings) > 150 and len(pages) > 50
    assert page.evaluate(_FAULTS, sorted(docstrings | pages)) == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Korean site of one page, and the list of messages."""
    for package in "furo", "myst_nb", "numpydoc":
        pytest.importorskip(package, reason=f"the site is built with {package}, which is not installed")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    (source / "index.ko.md").write_text(
        "# 학습\n\n경사하강법을 씁니다. 활성화 함수의 기울기가 $\\frac{\\partial J}{\\partial W}$입니다.\n"
        "텐서도 있습니다.\n",
        "utf-8",
    )
    (source / "messages.md").write_text("---\norphan: true\n---\n\n# 텐서\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-t",
        "ko",
        "-c",
        str(ROOT / "docs"),
        str(source),
        str(built),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    return built


@pytest.mark.parametrize(
    "word", ["경사하강법", "경사하강법은", "기울기", "기울기를", "활성화함수", "활성화 함수는", "합성곱"]
)
def test_korean_is_found_whatever_particle_is_behind_it(site: Path, page: Any, word: str) -> None:
    page.goto(f"{(site / 'search.html').as_uri()}?q={word}")
    page.wait_for_function("Search.output && !document.querySelector('#search-progress')?.textContent.includes('...')")
    page.wait_for_timeout(300)
    assert page.locator("#search-results li").count() == (word != "합성곱")


def test_a_list_of_all_messages_is_found_last(site: Path, page: Any) -> None:
    """Even where it has the word in a heading."""
    page.goto(f"{(site / 'search.html').as_uri()}?q=텐서")
    page.wait_for_function("document.querySelectorAll('#search-results li').length === 2")
    found = page.eval_on_selector_all("#search-results li > a", "all => all.map(each => each.pathname)")
    assert [Path(address).name for address in found] == ["index.ko.html", "messages.html"]


def test_the_folder_of_the_korean_site_opens_its_front_page(site: Path, page: Any) -> None:
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/index.ko.html")
    assert page.locator("h1").inner_text().startswith("학습")


def test_a_page_is_typeset_korean_and_asks_nothing_of_another_host(site: Path, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.ko.html").as_uri())
    assert page.locator("span.equation .katex .mfrac").count() == 1
    assert [url for url in asked if not url.startswith((site.as_uri(), "data:"))] == []
    assert page.get_by_text("맨 위로").count() == 1
    labels = page.eval_on_selector_all("[aria-label]", "all => all.map(each => each.ariaLabel)")
    assert [label for label in labels if re.search("Toggle|Search|Copy", label)] == []
