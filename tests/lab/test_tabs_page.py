"""Several windows of one browser, which has six connections to a host; browsers without shared workers; a full lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule.lab.desk import Desk
from chainrule.lab.routes import events
from tests.lab.pages import eventually, status

pytestmark = pytest.mark.slow  # a browser

Open = Callable[..., Any]


def another_tab(page: Any, lang: str = "en") -> Any:
    tab = page.context.new_page()
    tab.set_default_timeout(20_000)
    tab.goto(page.url.replace("lang=en", f"lang={lang}"))
    tab.wait_for_selector("#room > :not(.faint)")
    return tab


def test_ten_windows_of_one_browser_hold_no_more_than_two_streams(open_page: Open, desk: Desk) -> None:
    tabs = [open_page()]
    tabs += [another_tab(tabs[0], lang) for lang in ["en"] * 6 + ["ko"] * 3]
    tabs[6].get_by_role("button", name="One epoch").click()
    eventually(lambda: status(tabs[0])["Epoch"] == status(tabs[6])["Epoch"] == status(tabs[9])["에폭"] == "1")
    assert desk.keep(events._Listeners).count == 2
    tabs[9].locator("#tab-build").click()
    tabs[9].locator(".data .map > canvas").wait_for()
    for tab in tabs[1:]:
        tab.close()
    eventually(lambda: desk.keep(events._Listeners).count == 1)
    tabs[0].get_by_role("button", name="One epoch").click()
    eventually(lambda: status(tabs[0])["Epoch"] == "2")
    tabs[0].locator(".train-map canvas").first.wait_for()


def test_a_tab_that_comes_later_sees_all_and_wants_its_own(open_page: Open, desk: Desk) -> None:
    one = open_page("build")
    for _ in range(2):
        desk.session.run("epoch", wait=True)
    other = another_tab(one)
    other.locator("#tab-train").click()
    other.locator(".chart .u-wrap").nth(1).wait_for()
    other.get_by_role("button", name="Histograms").click()
    other.locator(".histogram rect").first.wait_for()
    one.locator("#tab-train").click()
    eventually(lambda: status(one).get("Epoch") == "2")


def test_a_browser_without_shared_workers_listens_in_each_tab(open_page: Open, desk: Desk) -> None:
    page = open_page()
    page.context.add_init_script("delete globalThis.SharedWorker")
    page.reload()
    page.get_by_role("button", name="One epoch").click()
    eventually(lambda: status(page)["Epoch"] == "1")


def test_a_page_too_many_says_so_and_goes_on_when_there_is_room(
    open_page: Open, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 1)
    one, other = open_page(), open_page()
    other.get_by_text("open in so many browsers").wait_for()
    one.close()
    other.get_by_text("open in so many browsers").wait_for(state="detached")
    other.get_by_role("button", name="One epoch").click()
    eventually(lambda: status(other)["Epoch"] == "1")


def test_each_room_hears_what_happens(open_page: Open, desk: Desk) -> None:
    for room in "build", "train", "pass", "code", "lessons", "take":
        page = open_page(room)
        eventually(lambda: desk.keep(events._Listeners).count == 1)
        page.context.close()
        eventually(lambda: desk.keep(events._Listeners).count == 0)
