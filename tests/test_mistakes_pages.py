"""docs/mistakes.md and docs/mistakes.ko.md: every key and every code that users see can be looked up there."""

from __future__ import annotations

import csv
import io
import re
import runpy
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chainrule.checker.running.sandbox import check_files
from chainrule.checker.telling import formats
from chainrule.checker.telling.texts import entries

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("mistakes.md", "mistakes.ko.md")
CASES = [*(ROOT / "tests/checker/cases/wrong").glob("*.py"), *(ROOT / "tests/checker/cases/status").glob("*.py")]


def anchors(page: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)">', (ROOT / "docs" / page).read_text("utf-8"))


def codes(catalogs: Iterable[str]) -> set[str]:
    """The anchors of single codes, of entries that may have several: "B1, B7"."""
    return {f"code-{code}" for catalog in catalogs for code in catalog.split(", ") if code}


def test_the_pages_are_those_that_the_texts_make() -> None:
    pages = runpy.run_path(str(ROOT / "tools/make_mistakes.py"))["pages"]()
    assert pages.keys() == set(PAGES)
    for name, page in pages.items():
        assert (ROOT / "docs" / name).read_text("utf-8") == page, "run python -m tools.make_mistakes"


@pytest.mark.parametrize("page", PAGES)
def test_every_key_and_every_code_has_one_anchor(page: str) -> None:
    found = anchors(page)
    assert len(found) == len(set(found))
    assert {*entries()} | codes(entry.catalog for entry in entries().values()) <= set(found)
    links = re.findall(r"\]\(#([^)]+)\)", (ROOT / "docs" / page).read_text("utf-8"))
    assert links and [link for link in links if link not in found] == []


@pytest.mark.parametrize(("checker", "page"), [("checker.md", PAGES[0]), ("checker.ko.md", PAGES[1])])
def test_the_reasons_in_the_figures_lead_to_their_entries(checker: str, page: str) -> None:
    links = re.findall(rf"\({re.escape(page)}#([^)]+)\)", (ROOT / "docs" / checker).read_text("utf-8"))
    assert links and set(links) <= set(anchors(page))


@pytest.mark.slow
def test_what_programs_are_told_can_be_looked_up(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def relu(Z:\n", "utf-8")
    reports = list(check_files([*CASES, broken], 1))
    rows = list(csv.DictReader(io.StringIO(formats.csv(reports, "en").removeprefix("\ufeff"))))
    told = {row["mistake"] for row in rows} | codes(row["catalog"] for row in rows)
    data = formats.to_json(reports, "en", 1)
    told |= {finding["mistake"] for file in data["files"] for finding in file["findings"]}
    told |= {checked["reason"] for file in data["files"] for checked in file["checked"]}
    cases = ElementTree.fromstring(formats.junit(reports, "en", 1)).iter()
    told |= {case.get("type", "") for case in cases}
    assert {"relu.minimum", "needs-another", "not-started", "syntax-error"} <= told
    assert told - {""} <= set(anchors("mistakes.md"))


def test_a_wrong_line_stands_with_the_mistake_that_it_makes() -> None:
    page = (ROOT / "docs/mistakes.md").read_text("utf-8")
    entry = page[page.index('<a id="linear_forward.no-bias">') :].partition("\n\n")[0]
    assert "*Such as*: `Z = np.dot(W, A)`" in entry
    assert page.count("*Such as*: `") > 200
