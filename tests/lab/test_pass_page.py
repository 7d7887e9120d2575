"""See the pass, touch it, the diagnosis: their routes, and the page in a real browser."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chainrule as cr
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.code import python_code
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.desk import Desk
from chainrule.trace.telling.numbers import text
from chainrule.trace.trace import Trace
from tests.lab.pages import eventually

pytestmark = pytest.mark.slow  # a browser

Open = Callable[..., Any]

BLUEPRINTS = {
    "mlp": Blueprint(),
    "conv": Blueprint(
        data=DataChoice(kind="digits", form="picture", count=40),
        layers=(cr.Conv2D(2, 3), cr.ReLU(), cr.MaxPool(2), cr.Flatten()),
    ),
    "lstm": Blueprint(data=DataChoice(kind="sequence", name="first", length=3, count=40), layers=(cr.LSTM(2),)),
}
CELLS = """() => [...document.querySelectorAll("td[data-path]")].map((cell) =>
    cell.title ? cell.title.split(" = ") : [cell.dataset.path, cell.firstChild?.textContent ?? ""])"""
LOADED = (
    """() => [...document.querySelectorAll(".step .arrays-row")].every((row) => row.querySelector("td[data-path]"))"""
)


@contextlib.contextmanager
def running(blueprint: Blueprint) -> Iterator[tuple[Desk, str]]:
    """Run a lab with a network; give its desk and the address of its page."""
    from chainrule.lab.running import serving

    desk = Desk(blueprint)
    try:
        with serving(desk, 0) as url:
            yield desk, url
    finally:
        desk.close()


def of_python_code(desk: Desk, rows: list[int], epochs: int) -> Trace:
    """Return the trace of examples by the network that the lab's Python code trains."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(python_code(desk.session.blueprint, desk.sets, epochs=epochs), names)
    network: cr.Network = names["network"]
    return network.trace(names["X"][rows], names["y"][rows], optimizer=desk.session.blueprint.optimizer)


def place(page: Any) -> tuple[int, int]:
    """Return at which step the page is, and how many there are."""
    number, count = re.findall(r"\d+", page.inner_text(".pass-place"))
    return int(number), int(count)


def go(page: Any, key: str, times: int = 1) -> None:
    """Press a key of the room, and wait until the numbers are there."""
    for _ in range(times):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelectorAll('.step .arrays-out td[data-path]').length > 0")


def ask(page: Any, path: str) -> None:
    """Click a cell, and wait for its explanation."""
    page.click(f'td[data-path="{path}"]')
    page.wait_for_selector(".why-said")


@pytest.mark.parametrize("kind", BLUEPRINTS)
def test_numbers_on_the_page_are_those_of_the_python_code(open_page: Open, kind: str) -> None:
    """To the last digit: every cell of every step, forward and backward, after two epochs."""
    with running(BLUEPRINTS[kind]) as (desk, url):
        for _ in range(2):
            desk.session.run("epoch", wait=True)
        trace = of_python_code(desk, [0], 2)
        page = open_page("pass", url=url)
        page.wait_for_selector(".pass-place")
        page.select_option(".pass-controls select", "layer")
        seen, (_, count) = 0, place(page)
        for _ in range(count):
            page.wait_for_function(LOADED)
            for path, written in page.evaluate(CELLS):
                if ":" not in path:
                    assert written == text(float(trace[path])), path
                    seen += 1
            go(page, "ArrowRight")
        assert seen > 40


def test_one_goes_forward_and_back_by_buttons_and_keys(open_page: Open) -> None:
    page = open_page("pass")
    page.wait_for_selector(".cells")
    eventually(lambda: place(page) == (1, 16))
    page.click("[aria-label='One further']")
    eventually(lambda: place(page) == (2, 16))
    go(page, "ArrowRight", 3)
    eventually(lambda: place(page)[0] == 5)
    eventually(lambda: "Backward" in page.inner_text(".step h3"))
    go(page, "ArrowLeft")
    eventually(lambda: place(page)[0] == 4)
    page.click(".pass-phases >> text=Update")
    eventually(lambda: place(page)[0] == 13)
    go(page, "End")
    eventually(lambda: place(page)[0] == 16)
    assert page.is_disabled("[aria-label='One further']")
    go(page, "Home")
    eventually(lambda: place(page)[0] == 1)
    page.select_option(".pass-controls select", "layer")
    eventually(lambda: place(page) == (1, 10))
    page.click(".pass-layers >> text=loss")
    eventually(lambda: "loss" in page.inner_text(".step h3"))


def test_the_why_of_a_weight_is_two_clicks_from_training(open_page: Open) -> None:
    page = open_page("train")
    page.click("[data-tab=pass]")
    page.click('td[data-path="layer0.W[0, 1]"]')
    page.wait_for_selector(".why-said")
    assert page.inner_text(".why-parameter").startswith("layer0.W[0, 1] = ")
    assert "layer0.dW[0, 1]" in page.inner_text(".why-said")


def test_an_equation_that_has_left_the_page_before_katex_comes_is_not_typeset(open_page: Open) -> None:
    page, held = open_page("train"), []
    page.route("**/katex.mjs*", lambda route: held.append(route))
    page.click("[data-tab=pass]")
    ask(page, "layer0.W[0, 1]")
    eventually(lambda: page.evaluate("document.querySelectorAll('.formula .equation').length") and held)
    page.wait_for_timeout(300)
    # What Preact does after it has drawn, such as to call what cleans up after an effect, comes later than KaTeX.
    page.evaluate("() => { window.requestAnimationFrame = () => 0; window.setTimeout = () => 0; }")
    page.evaluate("document.querySelector('[data-tab=take]').click()")
    eventually(lambda: page.evaluate("document.querySelectorAll('.formula').length") == 0)
    held[0].continue_()
    page.wait_for_timeout(500)  # an error meanwhile is one of the page


def test_a_number_opens_down_to_the_loss_and_is_compared(open_page: Open) -> None:
    page = open_page("pass")
    ask(page, "layer0.W[0, 1]")
    page.wait_for_selector(".formula .katex")
    for depth in range(1, 4):
        page.locator(".explained .term-line[aria-expanded=false]").first.click()
        page.wait_for_function(f"() => document.querySelectorAll('.explained.nested').length === {depth}")
    assert "the slope of the loss" in page.inner_text(".why")
    page.click("text=Compare with a finite difference >> nth=0")
    page.wait_for_selector(".remark")
    assert page.inner_text(".remark").startswith("finite difference")
    page.locator("text=Show it in the pass").last.click()
    eventually(lambda: "dW" in page.inner_text(".step h3"))


def test_an_update_shows_old_gradient_state_and_new(open_page: Open) -> None:
    page = open_page("pass")
    ask(page, "layer0.W[0, 1]")
    page.click("text=What the step makes of it")
    page.wait_for_selector(".update")
    heads = page.locator(".update th").all_inner_texts()
    letters = ["m before", "m after", "v before", "v after"]
    assert heads == ["before", "gradient", "learning rate", *letters, "difference", "after"]


def test_a_weight_is_changed_followed_taken_back_and_kept(open_page: Open, desk: Desk) -> None:
    page = open_page("pass")
    ask(page, "layer0.W[0, 1]")
    page.fill(".touch-set input", "2.5")
    page.click(".touch-set button")
    page.wait_for_selector(".effect")
    assert "2.5000" in page.inner_text(".effect .changes")
    page.wait_for_function("() => document.querySelectorAll('.cells .changed').length === 2")
    page.click("text=Take it back")
    page.wait_for_selector(".effect", state="detached")
    page.wait_for_function("() => !document.querySelector('.cells .changed') && document.querySelector('.cells')")
    page.fill(".touch-set input", "-1.5")
    page.click(".touch-set button")
    page.click("text=Keep it in the network")
    page.wait_for_selector(".effect .note")
    assert desk.session.network.params[0]["W"][0, 1] == -1.5


def test_an_input_is_changed_and_cannot_be_kept(open_page: Open) -> None:
    page = open_page("pass")
    ask(page, "layer0.A[0, 0]")
    page.fill(".touch-set input", "3")
    page.press(".touch-set input", "Enter")
    page.wait_for_selector(".effect")
    assert page.locator("text=Keep it in the network").count() == 0
    assert "cannot be kept" in page.inner_text(".effect")


def test_a_unit_is_switched_off(open_page: Open) -> None:
    page = open_page("pass")
    ask(page, "layer0.Z[0, 2]")
    page.click("text=Switch unit 2 of this layer off")
    page.wait_for_selector(".effect")
    assert page.inner_text(".effect .changes") == "layer0: unit 2 is off"


def test_other_learning_rates_are_drawn(open_page: Open) -> None:
    page = open_page("pass")
    page.click(".rates summary")
    page.wait_for_selector(".rate-chart polyline")
    assert eventually(lambda: page.locator(".rate-chart polyline").count() == 2)
    assert page.inner_text(".rates p").startswith("One step with the learning rate of 0.05000")
    assert page.text_content(".now-text") == "now: 0.05000"


def test_the_pass_says_when_the_network_has_changed_since(open_page: Open, desk: Desk) -> None:
    page = open_page("pass")
    page.wait_for_selector(".cells")
    before = page.inner_text('td[data-path="layer0.W[0, 0]"]')
    desk.session.run("epoch", wait=True)
    page.wait_for_selector("text=The network has changed since.")
    page.click("text=Run the pass anew")
    page.wait_for_function(
        f"""() => document.querySelector('td[data-path="layer0.W[0, 0]"]')?.innerText !== '{before}'"""
    )


def test_other_examples_and_batches(open_page: Open) -> None:
    page = open_page("pass")
    page.click("[aria-label='The next example']")
    page.wait_for_selector(".answers >> text=example 1")
    page.select_option(".pass-examples select >> nth=1", "4")
    page.wait_for_selector("text=4 examples, as in training")
    assert eventually(lambda: page.locator(".answers li").count() == 4)
    page.fill(".pass-which input", "99999")
    page.press(".pass-which input", "Enter")
    page.wait_for_selector("text=The examples have the numbers 0 to")


def test_training_goes_operation_by_operation(open_page: Open, desk: Desk) -> None:
    """The pass of the next batch ends with the very parameters that training then has."""
    page = open_page("pass")
    page.wait_for_selector(".cells")
    page.select_option(".pass-examples select >> nth=0", "next")
    page.wait_for_selector("text=16 examples, as in training")
    page.click(".pass-phases >> text=Update")
    page.wait_for_selector('td[data-path="layer0.new_W[0, 1]"]')
    promised = page.inner_text('td[data-path="layer0.new_W[0, 1]"]')
    page.click("text=Train on this batch, then the next")
    page.wait_for_function(
        f"""() => document.querySelector('td[data-path="layer0.W[0, 1]"]')?.innerText === '{promised}'"""
    )
    assert desk.session.state().step == 1
    assert text(float(desk.session.network.params[0]["W"][0, 1])) == promised
    page.click("[aria-label='Back to the batch before']")
    page.wait_for_function(
        f"""() => document.querySelector('td[data-path="layer0.W[0, 1]"]')?.innerText !== '{promised}'"""
    )
    assert desk.session.state().step == 0


def test_pictures_are_pixels_with_channels_to_pick(open_page: Open) -> None:
    with running(BLUEPRINTS["conv"]) as (_, url):
        page = open_page("pass", url=url)
        page.wait_for_selector(".cells.pixels")
        assert page.locator('[data-array="layer0.X"] td[data-path]').count() == 784
        page.click('[data-array="layer0.Y"] [aria-label="channel: one more"]')
        ask(page, "layer0.Y[0, 5, 6, 1]")
        assert "layer0.Y[0, 5, 6, 1]" in page.inner_text(".why-said")


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page("pass")
    page.wait_for_selector(".cells")
    page.focus('[data-array="layer0.W"] td[tabindex="0"]')
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.path") == "layer0.W[1, 1]"
    eventually(lambda: place(page)[0] == 1)
    page.keyboard.press("Enter")
    page.wait_for_selector(".why-said")
    assert "layer0.dW[1, 1]" in page.inner_text(".why-said")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_room_fits_and_has_no_serious_fault_of_access(open_page: Open, lang: str, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core is not installed")
    page = open_page("pass", lang=lang, width=width, dark=dark)
    ask(page, "layer0.W[0, 1]")
    page.fill(".touch-set input", "2.5")
    page.click(".touch-set button")
    page.wait_for_selector(".effect")
    page.wait_for_selector(".formula .katex")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    faults = [fault for fault in axe.Axe().run(page)["violations"] if fault["impact"] in ("serious", "critical")]
    assert faults == []
    assert bool(re.search("[가-힣]", page.inner_text(".why"))) == (lang == "ko")


def test_on_a_narrow_page_the_explanation_leaves_the_cell_in_view(open_page: Open) -> None:
    page = open_page("pass", width=375)
    ask(page, "layer0.Z[0, 1]")
    page.wait_for_timeout(200)
    seen = page.evaluate(
        """() => { const box = document.querySelector('td[aria-selected="true"]').getBoundingClientRect();
        return document.elementFromPoint(box.x + 5, box.y + 5)?.dataset.path; }"""
    )
    assert seen == "layer0.Z[0, 1]"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_diagnosis_is_shown_and_applied(open_page: Open, lang: str) -> None:
    with running(dataclasses.replace(Blueprint(), optimizer=cr.SGD(lr=1000.0))) as (desk, url):
        page = open_page("train", lang=lang, url=url)
        page.click(".advice header button")
        page.wait_for_selector(".finding")
        page.locator(".finding button").nth(0).click()
        page.wait_for_selector(".rate-chart polyline")
        page.click("[data-tab=train]")
        page.click(".advice header button")
        page.locator(".finding button").nth(1).click()
        page.wait_for_selector(".advice .note")
        assert desk.session.blueprint.optimizer.lr != 1000.0


def test_requests_that_are_wrong_get_a_sentence(client: Any) -> None:
    first = client.post("/api/pass", json={"examples": [0, 1]}).json()
    for path, body, says in [
        ("/api/pass", {"examples": "all"}, "A pass takes a list"),
        ("/api/pass", {"input": [1]}, "An input of this network is numbers of shape (2,)"),
        ("/api/pass/arrays", {"id": first["id"]}, "names is a list"),
        ("/api/pass/arrays", {"id": first["id"], "names": ["layer9.W"]}, "There is no 'layer9.W'"),
        ("/api/why", {"id": 99, "path": "loss"}, "is not kept any more"),
        ("/api/why", {"id": first["id"]}, "path is the name of a number"),
        ("/api/touch/number", {"id": first["id"], "path": "loss", "value": 1}, "follows from others"),
        ("/api/touch/unit", {"id": first["id"]}, "A unit is the path of a layer"),
        ("/api/touch/keep", {"id": first["id"]}, "Only changed weights"),
        ("/api/advice/apply", {"kind": "magic"}, "There is no remedy"),
    ]:
        answer = client.post(path, json=body)
        assert answer.status_code == 422, path
        assert says in answer.json()["error"]


def test_the_pass_of_each_next_batch_is_the_step_of_training(client: Any, desk: Desk) -> None:
    for _ in range(11):  # over the end of an epoch
        first = client.post("/api/pass", json={"next": True}).json()
        one = desk.passes.get(first["id"])
        desk.session.run("batch", wait=True)
        for i in (0, 2):
            for name in ("W", "b"):
                expected = one.trace[f"layer{i}.new_{name}"]
                assert (desk.session.network.params[i][name] == expected).all()


def test_an_input_that_was_typed_passes(client: Any) -> None:
    told = client.post("/api/pass", json={"examples": [3], "input": [0.25, -1]}).json()
    part = client.post("/api/pass/arrays", json={"id": told["id"], "names": ["layer0.A"]}).json()["layer0.A"]
    assert [cell[0] for cell in part["cells"][0]] == ["0.2500", "-1"]
    assert [example["row"] for example in told["examples"]] == [3]


def test_a_pass_runs_as_in_training_or_as_in_prediction(open_page: Open) -> None:
    dropping = Blueprint(layers=(cr.Dense(4), cr.Dropout(0.5)), dtype="float64")
    with running(dropping) as (_, url):
        page = open_page("pass", url=url, width=375)
        page.get_by_label("Run it").select_option("prediction")
        page.get_by_text("nothing is dropped").wait_for()
        page.get_by_role("button", name="Update").wait_for(state="detached")
        page.get_by_role("button", name="One further").click()
        page.locator("td[data-path]").first.wait_for()
        page.locator("#tab-train").click()
        page.locator("#tab-pass").click()
        page.get_by_text("nothing is dropped").wait_for()
        page.get_by_label("Run it").select_option("training")
        page.get_by_text("As in training, with the random numbers").wait_for()
        page.get_by_role("button", name="Update").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_a_network_that_is_the_same_in_training_asks_for_no_mode(open_page: Open) -> None:
    page = open_page("pass")
    page.locator(".pass-step").wait_for()
    assert not page.get_by_label("Run it").count()
