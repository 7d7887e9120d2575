"""The page as a whole, in a real browser: languages, widths, keyboard, readers, and a server that goes away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from chainrule.lab.desk import Desk
from tests.lab.pages import eventually, status

pytestmark = pytest.mark.slow  # a browser

ROOMS = ("build", "train", "pass", "code", "lessons", "take")
WIDTHS = {"narrow": 375, "wide": 1440}

Open = Callable[..., Any]


# What is chosen in a list, if its letters have no room; names of rooms that are not in view.
CUT_OFF = """() => {
    const context = document.createElement('canvas').getContext('2d');
    const needs = (select) => {
        context.font = getComputedStyle(select).font;
        return context.measureText(select.selectedOptions[0]?.text ?? '').width + 30;  // the arrow and the padding
    };
    const isCut = (list) => list.offsetWidth && needs(list) > list.offsetWidth;
    const isOut = (tab) => tab.getBoundingClientRect().right > innerWidth;
    const lists = [...document.querySelectorAll('select')].filter(isCut).map((list) => list.selectedOptions[0].text);
    const tabs = [...document.querySelectorAll('[role=tab]')].filter(isOut).map((tab) => tab.textContent);
    return [...lists, ...tabs];
}"""

SERVER = "import sys; from chainrule.cli import main; sys.exit(main(sys.argv[1:]))"

Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a lab in a process of its own; give the process and its address."""
    processes = []

    def started(port: int = 0, *options: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-c", SERVER, "lab", "--no-open", "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        return process, re.findall(r"http://\S+", process.stdout.readline())[0]

    yield started
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("width", WIDTHS)
def test_each_room_fits_speaks_and_has_no_serious_findings(open_page: Open, lang: str, width: str) -> None:
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core-python is not installed").Axe()
    page = open_page(lang=lang, width=WIDTHS[width])
    assert page.locator("html").get_attribute("lang") == lang
    for room in ROOMS:
        page.locator(f"#tab-{room}").click()
        page.wait_for_selector("#room > :not(.faint)")
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width], room
        assert page.evaluate(CUT_OFF) == [], room
        found = axe.run(page)["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], room


@pytest.mark.parametrize("dark", [False, True])
def test_colors_have_contrast_in_light_and_dark(open_page: Open, dark: bool) -> None:
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core-python is not installed").Axe()
    page = open_page(dark=dark)
    for room in ROOMS:
        page.locator(f"#tab-{room}").click()
        page.wait_for_selector("#room > :not(.faint)")
        page.wait_for_timeout(600)
        open_all(page)
        violations = axe.run(page)["violations"]
        assert [(rule["id"], node["html"]) for rule in violations for node in rule["nodes"]] == [], room


def open_all(page: Any) -> None:
    """Open what a room shows only when it is asked for."""
    for selector in (".train > section .row .button", ".train .advice .button", ".pass-step td[data-path]"):
        for place in page.locator(selector).all()[:5]:
            place.click()
    for _ in range(page.locator("details:not([open]) > summary").count()):
        page.locator("details:not([open]) > summary").first.click()
    page.wait_for_timeout(1500)


def test_the_page_speaks_the_other_language_at_once(open_page: Open) -> None:
    page = open_page(lang="en")
    page.get_by_label("Language").select_option("ko")
    page.get_by_role("tab", name="학습").wait_for()
    assert page.get_by_role("button", name="학습 시작").is_visible()
    page.wait_for_selector(".train-map canvas")
    assert "lang=ko" in page.url
    page.reload()
    page.get_by_role("button", name="학습 시작").wait_for()


@pytest.mark.parametrize("how", [["--lang", "ko"], []], ids=["option", "variable"])
def test_the_page_begins_in_the_language_of_the_command(
    browser: Any, start: Start, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    monkeypatch.setenv("CHAINRULE_LANG", "en" if how else "ko")
    _, url = start(0, *how)
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="학습 시작").wait_for()
    context.close()


def test_colors_are_chosen_and_kept(open_page: Open) -> None:
    page = open_page()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_label("Colors").select_option("dark")
    eventually(lambda: page.evaluate(ground) != light)
    page.reload()
    page.wait_for_selector(".play")
    assert page.evaluate(ground) != light


def test_rooms_are_reached_by_the_keyboard_and_stand_in_the_address(open_page: Open) -> None:
    page = open_page()
    page.locator("#tab-train").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".build-grid")
    assert "room=build" in page.url and page.evaluate("document.activeElement.id") == "tab-build"
    page.keyboard.press("End")
    assert "room=take" in page.url
    page.keyboard.press("Home")
    page.reload()
    page.wait_for_selector(".build-grid")


def test_from_opening_to_a_trained_xor_with_its_boundary_in_one_click_and_to_a_why_in_three_more(
    open_page: Open, desk: Desk
) -> None:
    page = open_page()
    page.wait_for_selector(".train-map canvas")
    page.get_by_role("button", name="Play").click()
    eventually(lambda: status(page).get("accuracy") == "1.0000")
    seen = """() => { const canvas = document.querySelector('.train-map canvas');
        const side = canvas.width, found = new Set();
        for (const [x, y] of [[0.06, 0.06], [0.94, 0.06]]) {
            const [red, , blue] = canvas.getContext('2d').getImageData(x * side, y * side, 1, 1).data;
            found.add(red > blue);
        }
        return found.size; }"""
    eventually(lambda: page.evaluate(seen) == 2)
    assert desk.session.state().scores["accuracy"] == 1
    page.locator("#tab-pass").click()
    page.wait_for_selector("main button")


def test_a_second_tab_sees_the_same_network(open_page: Open) -> None:
    one, other = open_page(), open_page(width=375)
    one.get_by_role("button", name="One epoch").click()
    eventually(lambda: status(one)["Epoch"] == status(other)["Epoch"] == "1")
    other.locator("#tab-build").click()
    other.get_by_role("button", name="Circles").click()
    eventually(lambda: status(one)["Epoch"] == "0")
    other.close()
    one.get_by_role("button", name="One epoch").click()
    eventually(lambda: status(one)["Epoch"] == "1")


def test_nothing_is_asked_of_another_host(open_page: Open, lab: str) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    for room in ROOMS:
        page.locator(f"#tab-{room}").click()
        page.wait_for_timeout(300)
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))} == {urlsplit(lab).netloc}


# A server that goes away.


def test_a_killed_lab_is_told_and_another_one_in_its_place_is_no_mystery(open_page: Open, start: Start) -> None:
    server, url = start(0, "--lang", "en")
    page = open_page(url=url)
    page.wait_for_selector(".train-map canvas")
    server.kill()
    page.get_by_text("The lab does not answer").wait_for()
    page.get_by_role("button", name="One epoch").click()
    page.get_by_role("alert").wait_for()
    server.wait()
    start(int(url.split(":")[2].split("/")[0]))
    page.get_by_text("Another lab runs at this address now").wait_for()


@pytest.mark.skipif(os.name != "posix", reason="signals that stop a process are those of POSIX")
def test_a_server_that_sleeps_is_told_and_when_it_wakes_the_page_goes_on(open_page: Open, start: Start) -> None:
    server, url = start(0, "--lang", "en")
    page = open_page(url=url)
    page.wait_for_selector(".train-map canvas")
    server.send_signal(signal.SIGSTOP)
    page.get_by_text("The lab does not answer").wait_for(timeout=15_000)
    server.send_signal(signal.SIGCONT)
    page.get_by_text("The lab does not answer").wait_for(state="detached", timeout=15_000)
    page.get_by_role("button", name="One epoch").click()
    eventually(lambda: status(page)["Epoch"] == "1")


def test_what_the_lab_did_not_answer_is_no_news_once_it_does(open_page: Open, desk: Desk) -> None:
    from chainrule.lab.running import serving

    with serving(desk) as url:
        page = open_page(url=url)
        page.locator("#tab-pass").click()
        page.locator(".pass-step").wait_for()
    page.get_by_text("The lab was ended").wait_for()
    page.get_by_role("button", name="Run the pass anew").click()
    page.get_by_role("alert").get_by_text("The lab does not answer").wait_for()
    with serving(desk, int(url.split(":")[2].split("/")[0])):
        page.get_by_role("alert").wait_for(state="detached")
        page.get_by_text("The lab was ended").wait_for(state="detached")
        page.get_by_role("button", name="Run the pass anew").click()
        page.locator("#tab-train").click()
        page.get_by_role("button", name="One epoch").click()
        eventually(lambda: status(page)["Epoch"] == "1")
        page.close()


def test_ctrl_c_ends_the_lab_at_once_and_the_page_says_so(open_page: Open, start: Start) -> None:
    server, url = start(0, "--lang", "en")
    page = open_page(url=url)
    page.wait_for_selector(".train-map canvas")
    page.get_by_role("button", name="Play").click()
    began = time.monotonic()
    server.send_signal(signal.SIGINT)
    assert server.wait(15) == 0
    assert time.monotonic() - began < 10
    page.get_by_text("The lab was ended in its console").wait_for()
    assert server.stdout is not None and "The lab has ended." in server.stdout.read()


@pytest.mark.parametrize("room", ROOMS)
def test_the_keyboard_reaches_all_that_the_mouse_does(open_page: Open, room: str) -> None:
    page = open_page(room, width=375)
    page.wait_for_timeout(800)
    page.evaluate(
        """() => { window.reached = new Set();
        document.addEventListener('focusin', ({target}) => window.reached.add(target)); }"""
    )
    page.get_by_label("Language").focus()
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('body, .top *')"):
            break
    missed = """() => [...document.querySelectorAll('#room :is(button, select, input, textarea, summary, a[href])')]
        .filter((control) => control.checkVisibility() && !control.disabled && control.tabIndex >= 0 &&
            !window.reached.has(control)).map((control) => control.outerHTML.slice(0, 120))"""
    assert page.evaluate(missed) == []
    assert page.evaluate("document.activeElement.matches('body, .top *')"), "the keyboard is held in the room"
    unseen = """() => [...window.reached].filter((place) => place.closest('#room') && place.isConnected
        && !place.getClientRects().length).map((place) => place.outerHTML.slice(0, 120))"""
    assert page.evaluate(unseen) == []
