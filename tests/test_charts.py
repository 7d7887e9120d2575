"""The charts of the benchmarks are drawn from the tables below them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tools import charts

_DESCRIPTION = ".//{http://purl.org/dc/elements/1.1/}description"


@pytest.mark.parametrize("lang", charts.PAGES)
def test_every_chart_shows_the_table_below_it(lang: str) -> None:
    tables = charts.tables(charts.PAGES[lang].read_text("utf-8"))
    assert len(tables) == 4
    for address, table in tables.items():
        description = ElementTree.parse(charts.DOCS / address).find(_DESCRIPTION)
        assert description is not None and description.text == table, f"{address} has another table: run `make gallery`"


def test_both_languages_have_the_same_numbers() -> None:
    english, korean = (charts.tables(page.read_text("utf-8")).values() for page in charts.PAGES.values())
    assert [charts.read(table).numbers for table in english] == [charts.read(table).numbers for table in korean]


def test_a_table_is_read_and_drawn() -> None:
    table = charts.read("| | score | ours | `B` |\n|---|---|---|---|\n| iris | R² | 0.9, 53 ms | 0.8, 1.5초 |\n")
    assert table == charts.Table(["iris, R²"], ["ours", "B"], {"score": [[0.9], [0.8]], "time": [[0.053], [1.5]]})
    scores, times = charts.draw(table, "en").axes
    assert [line.get_xdata().tolist() for line in scores.lines] == [[0.9], [0.8]]
    assert times.get_xscale() == "log" and [text.get_text() for text in scores.get_yticklabels()] == ["iris, R²"]
