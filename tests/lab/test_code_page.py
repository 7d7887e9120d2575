"""Own code, lessons, links and files in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chainrule.lab.learners import LearnerFile
from tests.lab.pages import eventually

pytestmark = pytest.mark.slow  # a browser

RIGHT = "dZ = np.array(dA, copy=True)\n    dZ[Z <= 0] = 0\n    return dZ\n"
WRONG = "dZ = np.array(dA, copy=True)\n    dZ[Z <= 0] = 0\n    dZ[Z > 0] = 1\n    return dZ\n"
CODE = f"""\
import numpy as np

def tanh(Z):
    return np.tanh(Z), Z

def relu_backward(dA, Z):
    {WRONG}
def linear_forward(A, W, b):
    return W.dot(A) - b - 1, (A, W, b)
"""
SLOW = 60_000  # milliseconds: a file is checked in a process of its own, which takes its time on a busy machine
WIDTHS = pytest.mark.parametrize("width", [375, 1440])


@pytest.fixture
def own(desk: Any, lab: str, tmp_path: Path) -> Path:
    """A learner's file with two mistakes, which the lab knows."""
    path = tmp_path / "mine.py"
    path.write_text(CODE, "utf-8")
    desk.learner = LearnerFile(path)
    return path


def fits(page: Any) -> bool:
    """Return whether nothing sticks out of the window to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def until(page: Any, expression: str) -> None:
    """Wait until an expression is true; the page's own policy forbids playwright's way of waiting."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)


def check_access(page: Any) -> None:
    """Let axe look for what keeps people out."""
    axe = pytest.importorskip(
        "axe_core_python.sync_playwright", reason="pages are checked by axe, which is not installed"
    )
    found = axe.Axe().run(page)["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert not serious, [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in serious]


@WIDTHS
def test_own_code_hints_and_numbers(own: Path, open_page: Any, width: int) -> None:
    page = open_page("code", width=width, dark=width == 375)
    page.set_default_timeout(SLOW)
    page.get_by_text("2 mistakes").wait_for()
    page.get_by_role("button", name="relu_backward").first.click()
    eventually(lambda: page.locator(".my-function h2").text_content() == "relu_backward")
    hint = page.get_by_role("button", name="Hint 2 of 3")
    assert page.get_by_text("Formula:").count() == 0
    hint.click()
    page.get_by_role("button", name="Hint 3 of 3").click()
    page.get_by_text("Formula:").wait_for()
    numbers = page.locator(".own-numbers")
    numbers.get_by_text("Z[0, 0] is").first.wait_for()
    numbers.get_by_role("button", name="linear_forward").click()
    assert eventually(lambda: numbers.locator("td.differs.first").count() >= 1)
    assert numbers.locator("td.first").first.evaluate("cell => getComputedStyle(cell).outlineStyle") == "solid"
    check_access(page)
    assert fits(page)
    numbers.get_by_role("button", name="See it in the pass").first.click()
    page.locator(".pass-step").wait_for()


def test_saving_the_file_checks_it_again(own: Path, open_page: Any) -> None:
    page = open_page("code", lang="ko")
    page.set_default_timeout(SLOW)
    page.locator(".outcome.wrong").wait_for()
    own.write_text(CODE.replace(WRONG, RIGHT).replace("W.dot(A) - b - 1", "W.dot(A) + b"), "utf-8")
    page.locator(".outcome.ok").wait_for()
    page.locator(".own-numbers .standing.same").first.wait_for()
    assert "모든 값이 맞습니다" in page.locator(".own-numbers").text_content()


def test_a_network_in_which_own_functions_have_a_place(own: Path, open_page: Any) -> None:
    own.write_text(CODE.replace("def tanh", "def relu").replace("np.tanh(Z)", "np.maximum(0, Z)"), "utf-8")
    page = open_page("code")
    page.set_default_timeout(SLOW)
    page.get_by_text("No layer of the network on the screen has this activation.").first.wait_for()
    page.get_by_role("button", name="Build a network in which").click()
    page.locator(".own-numbers .standing.differs").nth(1).wait_for()
    assert page.get_by_text("No layer of the network on the screen").count() == 0


def test_without_a_file_the_page_says_how_to_start(open_page: Any) -> None:
    page = open_page("code")
    page.get_by_text("chainrule lab my_backprop.py").wait_for()
    check_access(page)


def solve(page: Any, answers: dict[str, str]) -> None:
    """Type answers by the labels of their fields, and let them be checked."""
    for label, value in answers.items():
        choice = page.get_by_role("combobox", name=label)
        if choice.count():
            choice.select_option(value)
        else:
            page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Check", exact=True).click()


@WIDTHS
def test_a_gate_and_xor_are_solved_one_after_the_other(open_page: Any, width: int) -> None:
    page = open_page("lessons", width=width)
    page.get_by_role("heading", name="1. A gate by hand").wait_for()
    assert eventually(lambda: page.locator("td.wrong").count() == 2)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("Not those of AND yet: 2 of the four outputs.").wait_for()
    page.locator("input[type=range]").nth(2).fill("-0.7")
    page.locator("td.right").nth(3).wait_for()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("That is AND.").wait_for()
    page.get_by_role("button", name="Next: XOR by composition").click()
    page.get_by_role("heading", name="2. XOR by composition").wait_for()
    solve(page, {"s1": "OR", "s2": "NAND", "y": "AND"})
    page.get_by_text("That is XOR").wait_for()
    page.get_by_text("2 of 13 solved").wait_for()
    check_access(page)
    assert fits(page)
    page.reload()
    page.get_by_text("2 of 13 solved").wait_for()


def test_the_keyboard_is_enough(open_page: Any) -> None:
    page = open_page("lessons")
    page.locator("input[type=range]").nth(2).focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    page.locator("td.right").nth(3).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("That is AND.").wait_for()


LESSONS = ["gate", "xor", "slopes", "stack", "three-layers", "softmax", "batches"]
LESSONS += ["scales", "caches", "cost", "backward", "update", "cats"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_lesson_fits_a_phone(open_page: Any, lang: str) -> None:
    page = open_page("lessons", lang=lang, width=375, dark=lang == "ko")
    page.locator(".lesson").wait_for()
    for key in LESSONS:
        page.locator(".only-narrow select").select_option(key)
        page.locator(".blocks > *").first.wait_for()
        until(page, "document.querySelectorAll('.lesson .katex, .lesson .equation').length > 0")
        assert fits(page), key
        check_access(page)


def test_what_was_revealed_shows_curves_and_pictures(open_page: Any) -> None:
    page = open_page("lessons")
    page.get_by_role("button", name="The update").click()
    solve(page, {"new w1": "0.7375", "new w2": "0.225", "new b": "0.3375"})
    page.locator(".uplot canvas").wait_for()
    page.locator(".lesson-contents").get_by_role("button", name="The exercise: a cat or no cat").click()
    page.locator(".small-pictures canvas").nth(9).wait_for()


def test_a_lesson_opens_its_network_in_the_lab(desk: Any, open_page: Any) -> None:
    page = open_page("lessons")
    page.get_by_role("button", name="Why a stack of linear layers is one").click()
    page.get_by_role("button", name="Open in the lab").click()
    until(page, "location.hash.includes('room=train')")
    assert desk.session.blueprint.data.name == "circles"


def test_a_refused_answer_is_told(open_page: Any) -> None:
    page = open_page("lessons")
    page.get_by_role("button", name="Softmax without overflow").click()
    page.get_by_label("c", exact=True).fill("99999")
    page.keyboard.press("Tab")
    page.get_by_text("c takes a number from -2000 to 2000, but 99999 came.").wait_for()


@WIDTHS
def test_files_and_pictures_are_saved(open_page: Any, width: int) -> None:
    page = open_page("take", width=width)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save: NumPy script").click()
    assert saved.value.suggested_filename == "net.py" and "def predict" in Path(saved.value.path()).read_text("utf-8")
    with page.expect_download() as drawn:
        page.get_by_role("button", name="the decision boundary: PNG").click()
    assert Path(drawn.value.path()).read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Show: the decision boundary").click()
    until(page, "document.querySelector('img.preview')?.naturalWidth > 0")
    assert "cr.Network(" in page.locator("pre.code").text_content()
    check_access(page)
    assert fits(page)


def test_a_link_is_opened_and_a_damaged_one_is_told(desk: Any, open_page: Any) -> None:
    from chainrule.lab.address import text_of
    from chainrule.lab.blueprint import Blueprint
    from chainrule.lab.data_sets import DataChoice

    page = open_page("take")
    page.get_by_label("Paste a link, or its text").fill("http://127.0.0.1/x/#room=take&b=1.AAAA")
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("The link does not say what was built").wait_for()
    text = text_of(Blueprint(data=DataChoice(name="moons")))
    page.get_by_label("Paste a link, or its text").fill(f"http://127.0.0.1/x/#room=take&b={text}")
    page.get_by_role("button", name="Open", exact=True).click()
    until(page, "location.hash.includes('room=train')")
    assert desk.session.blueprint.data.name == "moons"
    until(page, f"location.hash.includes('b={text}')")


def test_the_address_builds_what_it_says_and_a_reload_goes_on(desk: Any, lab: str, open_page: Any) -> None:
    from chainrule.lab.address import text_of
    from chainrule.lab.blueprint import Blueprint
    from chainrule.lab.data_sets import DataChoice

    page = open_page("take")
    text = text_of(Blueprint(data=DataChoice(name="blobs")))
    page.goto("about:blank")
    page.goto(f"{lab}?lang=en#room=take&b={text}")
    page.get_by_text("cr.datasets.blobs").wait_for()
    desk.session.run("epoch", wait=True)
    page.reload()
    page.get_by_text("cr.datasets.blobs").wait_for()
    assert desk.session.state().epoch == 1
    page.goto("about:blank")
    page.goto(f"{lab}?lang=ko#room=take&b=1.zzzz")
    page.get_by_text("링크에서 신경망을 읽을 수 없습니다").wait_for()
    assert desk.session.blueprint.data.name == "blobs"
    until(page, f"location.hash.includes('b={text}')")


def test_the_address_follows_knobs_the_way_back_and_other_tabs(desk: Any, open_page: Any) -> None:
    from chainrule.lab.address import text_of
    from chainrule.lab.blueprint import Blueprint

    page, other = open_page(), open_page("lessons")
    first = text_of(Blueprint())
    for tab in page, other:
        until(tab, f"location.hash.includes('b={first}')")
    page.get_by_role("slider", name="Learning rate").fill("7")
    until(page, f"!location.hash.includes('b={first}')")
    assert desk.session.blueprint.optimizer.lr == 0.3
    turned = text_of(desk.session.blueprint)
    for tab in page, other:
        until(tab, f"location.hash.includes('b={turned}')")
    page.get_by_role("button", name="Undo").click()
    for tab in page, other:
        until(tab, f"location.hash.includes('b={first}')")


def test_the_address_of_what_is_there_already_leaves_its_training_alone(desk: Any, open_page: Any) -> None:
    page = open_page()
    until(page, "location.hash.includes('b=')")
    desk.session.run("epoch", wait=True)
    other = page.context.browser.new_context().new_page()
    other.goto(page.url)
    other.wait_for_selector(".play")
    other.context.close()
    assert desk.session.state().epoch == 1
