"""Training on the page: steps and the way back, knobs, curves, maps, panels, what blew up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.desk import Desk
from tests.lab.pages import eventually, status

pytestmark = pytest.mark.slow  # a browser

Open = Callable[..., Any]


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_steps_forward_and_back(open_page: Open, desk: Desk) -> None:
    page = open_page()
    press(page, "One batch")
    eventually(lambda: status(page)["Step"] == "1")
    press(page, "One epoch")
    eventually(lambda: status(page)["Epoch"] == "1")
    press(page, "One batch back")
    eventually(lambda: status(page)["Step"] == "9")
    press(page, "Back to the start of the epoch")
    eventually(lambda: status(page)["Step"] == "0")
    press(page, "One epoch")
    eventually(lambda: status(page)["Epoch"] == "1")
    press(page, "Start anew")
    eventually(lambda: status(page)["Epoch"] == "0")
    press(page, "Undo")
    eventually(lambda: status(page)["Epoch"] == "1")
    press(page, "Redo")
    eventually(lambda: status(page)["Epoch"] == "0")
    assert desk.session.state().step == 0


def test_knobs_are_turned_while_it_runs_and_what_is_wrong_is_said(open_page: Open, desk: Desk) -> None:
    page = open_page()
    page.get_by_label("Speed").select_option("25")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("slider", name="Learning rate").fill("7")
    page.locator(".field-value", has_text="0.3000").wait_for()
    assert desk.session.blueprint.optimizer.lr == 0.3
    page.get_by_role("combobox", name="Optimizer").select_option("Momentum")
    eventually(lambda: type(desk.session.blueprint.optimizer).__name__ == "Momentum")
    page.get_by_role("spinbutton", name="L2 penalty").fill("0.25")
    page.get_by_role("spinbutton", name="Batch size").fill("8")
    page.keyboard.press("Tab")
    eventually(lambda: desk.session.blueprint.batch_size == 8)
    eventually(lambda: desk.session.blueprint.optimizer.weight_decay == 0.25)
    page.get_by_label("Learning rate, exactly").fill("-1")
    page.keyboard.press("Tab")
    page.get_by_role("alert").get_by_text("lr").wait_for()
    assert desk.session.blueprint.optimizer.lr == 0.3 and desk.session.state().running
    press(page, "Start anew")
    page.get_by_role("alert").wait_for(state="detached")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    eventually(lambda: not desk.session.state().running)


@pytest.mark.parametrize("width", [375, 1440])
def test_what_there_is_to_look_at(open_page: Open, width: int) -> None:
    page = open_page(width=width)
    press(page, "One epoch")
    eventually(lambda: status(page)["Epoch"] == "1")
    assert eventually(lambda: page.locator(".chart .u-wrap").count() == 2)
    assert eventually(lambda: page.locator(".network .unit canvas").count() == 7)
    assert eventually(
        lambda: page.locator(".network path.negative").count() + page.locator(".network path.positive").count() == 12
    )
    for name, selector in {
        "Weights": ".heat",
        "Histograms": ".histogram rect",
        "Gradients per layer": ".bars .bar",
        "Confusion matrix": ".confusion td",
        "Worst examples": "table >> text=x1 =",
    }.items():
        page.get_by_role("button", name=name, exact=True).click()
        page.locator(".panels").locator(selector).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_numbers_of_weights_are_those_of_the_network(open_page: Open, desk: Desk) -> None:
    from chainrule.common.number_text import number_text

    page = open_page()
    press(page, "Weights")
    page.locator(".panels .heat").first.wait_for()
    shown = page.locator(".panels .heat").first.locator("td").all_inner_texts()
    assert shown == [number_text(w) for w in desk.session.network.params[0]["W"].ravel().tolist()]


def test_a_unit_is_switched_off_and_on(open_page: Open, desk: Desk) -> None:
    page = open_page()
    page.get_by_role("button", name="Dense, unit 2").click()
    press(page, "Switch off")
    eventually(lambda: desk.session.off == ((0, 1),))
    page.get_by_role("button", name="Dense, unit 2 (off)").click()
    press(page, "Switch on")
    eventually(lambda: desk.session.off == ())


def test_numbers_that_blow_up_are_said_and_the_last_good_state_is_there(open_page: Open, desk: Desk) -> None:
    page = open_page()
    desk.session.build(
        Blueprint.from_json({"data": {"kind": "toy", "name": "sine"}, "optimizer": {"type": "SGD", "lr": 1e4}})
    )
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Go back to the last good state").click()
    eventually(lambda: desk.session.state().divergence is None)
    page.get_by_role("button", name="Go back to the last good state").wait_for(state="detached")


@pytest.mark.parametrize(
    "data",
    [
        DataChoice("digits", "mnist-small", count=60),
        DataChoice("sequence", "waves", count=60),
        DataChoice("toy", "sine"),
        DataChoice("toy", "spirals", classes=5),
        DataChoice("gate", "and"),
    ],
    ids=lambda data: data.name,
)
def test_data_of_each_kind_is_shown(open_page: Open, desk: Desk, data: DataChoice) -> None:
    layers = [{"type": "LSTM", "units": 4}] if data.kind == "sequence" else [{"type": "Dense", "units": 5}]
    desk.session.build(Blueprint.from_json({"data": data.json(), "layers": layers}))
    page = open_page(width=375)
    press(page, "One epoch")
    eventually(lambda: status(page)["Epoch"] == "1")
    page.locator(".train-map").locator("canvas, .series").first.wait_for()
    press(page, "Worst examples")
    page.locator(".panels").locator(".pictures li, tbody tr").first.wait_for()


def test_units_that_look_at_pixels_show_their_weights(open_page: Open, desk: Desk) -> None:
    digits = DataChoice("digits", "mnist-small", count=60, form="flat")
    layers = [{"type": "Dense", "units": 5}, {"type": "Activation", "function": "relu"}]
    desk.session.build(Blueprint.from_json({"data": digits.json(), "layers": layers}))
    page = open_page()
    page.get_by_role("button", name="Dense, unit 3").wait_for()
    assert eventually(lambda: page.evaluate("document.querySelectorAll('button.unit canvas')[2]?.height") == 28)
    page.get_by_text("its weights, one for each pixel").wait_for()


def test_a_page_that_draws_slowly_still_hears_who_clicks(open_page: Open, desk: Desk) -> None:
    desk.session.build(Blueprint.from_json({"layers": [{"type": "Dense", "units": 10}] * 4}))
    page = open_page()
    page.evaluate(
        """() => new MutationObserver(() => {
            for (const until = performance.now() + 400; performance.now() < until;);
        }).observe(document.querySelector(".status"), {subtree: true, childList: true, characterData: true})"""
    )
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(6000)
    page.get_by_role("button", name="Pause").click(timeout=60_000)
    eventually(lambda: not desk.session.state().running)


def test_a_loss_of_many_powers_of_ten_is_drawn(open_page: Open, desk: Desk) -> None:
    desk.session.build(Blueprint.from_json({"optimizer": {"type": "SGD", "lr": 1e30}}))
    for _ in range(3):
        desk.session.run("epoch", wait=True)
    page = open_page("train")
    page.locator(".chart canvas").nth(1).wait_for()
    page.wait_for_timeout(300)  # what fails while it draws is an error of the page


def test_a_line_leads_to_the_why_of_its_weight(open_page: Open) -> None:
    page = open_page()
    page.locator(".network path.positive, .network path.negative").first.wait_for()
    page.locator(".network path.positive, .network path.negative").first.dispatch_event("click")
    page.get_by_text("0.W").or_(page.get_by_text("layer0.W")).first.wait_for()
    assert "room=pass" in page.url
