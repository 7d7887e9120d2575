"""Building on the page: layers by mouse and keyboard, forms from rules, mistakes at their layer, data of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainrule.arrays import leaves
from chainrule.lab.desk import Desk
from tests.lab.pages import eventually

pytestmark = pytest.mark.slow  # a browser

Open = Callable[..., Any]


def layers(desk: Desk) -> list[str]:
    """Return the hidden layers of what is built."""
    return [layer.label for layer in desk.session.blueprint.layers]


def leaf_shape(desk: Desk, path: str) -> tuple[int, ...] | None:
    """Return the shape of a parameter of what is built, if it is there."""
    return next((array.shape for name, array in leaves(desk.session.network.params) if name == path), None)


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def middle(locator: Any) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_layer_is_added_set_moved_and_removed(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Add a layer", exact=True).click()
    page.locator(".add-entry", has_text="Batch normalization").click()
    eventually(lambda: layers(desk) == ["Dense", "tanh", "BatchNorm"])
    page.locator('[data-handle="2"]').focus()
    page.keyboard.press("ArrowUp")
    eventually(lambda: layers(desk) == ["Dense", "BatchNorm", "tanh"])
    eventually(lambda: page.evaluate("document.activeElement.dataset.handle") == "1")
    drag(page, middle(page.locator('[data-handle="2"]')), middle(page.locator('[data-handle="0"]')))
    eventually(lambda: layers(desk)[0] == "tanh")
    page.get_by_role("button", name="Remove Activation").click()
    eventually(lambda: layers(desk) == ["Dense", "BatchNorm"])
    page.locator(".layer.moved").first.get_by_role("button", expanded=False).click()
    page.get_by_label("Units").fill("7")
    page.keyboard.press("Tab")
    eventually(lambda: desk.session.network.params[0]["W"].shape == (2, 7))
    page.get_by_text("2 → 7").wait_for()
    page.get_by_text("21 parameters").wait_for()


def test_a_wrong_combination_is_said_where_it_breaks_and_taken_back(open_page: Open, desk: Desk) -> None:
    page = open_page("build", width=375)
    page.get_by_role("button", name="Add a layer", exact=True).click()
    page.locator(".add-entry", has_text="Convolution of pictures").click()
    wrong = page.locator(".layer.wrong")
    wrong.get_by_role("alert").wait_for()
    assert "Conv2D" in wrong.inner_text() and "height" in wrong.inner_text()
    assert page.locator(".layer.moved").first.get_by_text("2 → 4").is_visible()
    assert layers(desk) == ["Dense", "tanh"]
    page.get_by_role("button", name="Back to the network from before").click()
    wrong.wait_for(state="detached")


def test_each_kind_of_layer_opens_its_form(open_page: Open) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Add a layer", exact=True).click()
    count = page.locator(".add-entry").count()
    for i in range(count):
        if i:
            page.get_by_role("button", name="Add a layer", exact=True).click()
        page.locator(".add-entry").nth(i).click()
        page.locator(".layer-form").wait_for()
        page.locator('.layer:has(> [data-handle="2"]) > button').last.click()
        page.locator(".layer-form").wait_for(state="detached")


def test_a_residual_block_is_built_of_layers_and_a_shortcut(open_page: Open, desk: Desk) -> None:
    page = open_page("build", width=375)
    page.get_by_role("button", name="Add a layer", exact=True).click()
    page.locator(".add-entry", has_text="Residual block").click()
    eventually(lambda: layers(desk) == ["Dense", "tanh", "Residual"])
    block = page.locator('.layer:has(> [data-handle="2"])')
    eventually(lambda: [text for text in block.locator(".layer-shape").all_inner_texts() if text] == ["4 → 4"] * 3)
    block.locator('[data-handle="2.0.0"] + .layer-title').click()
    block.get_by_label("Units").fill("7")
    page.keyboard.press("Tab")
    block.get_by_role("alert").get_by_text("shortcut=Dense(7, bias=False)").wait_for()
    block.get_by_text("4 → 7").wait_for()
    page.get_by_role("button", name="Add a layer: Shortcut").click()
    page.locator(".add-entry", has_text="Connects every input").click()
    block.locator('[data-handle="2.1.0"]').wait_for()
    block.get_by_label("Units").last.fill("7")
    page.keyboard.press("Tab")
    eventually(lambda: leaf_shape(desk, "2.1.0.W") == (4, 7))
    block.locator('[data-handle="2.0.1"]').focus()
    page.keyboard.press("ArrowUp")
    eventually(lambda: leaf_shape(desk, "2.0.1.W") == (4, 7))
    eventually(lambda: page.evaluate("document.activeElement.dataset.handle") == "2.0.0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    desk.session.run("epoch", wait=True)
    page.locator("#tab-pass").click()
    page.get_by_role("button", name="relu layer2.0.0").or_(page.get_by_text("layer2")).first.wait_for()


def test_branches_are_added_filled_and_removed_and_what_breaks_in_one_is_said_there(
    open_page: Open, desk: Desk
) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Add a layer", exact=True).click()
    page.locator(".add-entry", has_text="Parallel branches").click()
    page.get_by_text("4 → 8").wait_for()
    page.get_by_role("button", name="Add a branch").click()
    page.get_by_role("button", name="Add a layer: Branch 3").click()
    page.locator(".add-entry", has_text="Residual block").click()
    eventually(lambda: leaf_shape(desk, "2.2.0.0.0.W") == (4, 4))
    page.get_by_text("4 → 12").wait_for()
    page.get_by_role("button", name="Remove branch 2").click()
    page.get_by_text("4 → 8").wait_for()
    page.locator('.layer:has(> [data-handle="2.1.0"])').get_by_role("button", name="Add a layer: Shortcut").click()
    page.locator(".add-entry", has_text="Convolution of pictures").click()
    page.locator('.layer.wrong:has(> [data-handle="2.1.0.1.0"])').get_by_role("alert").wait_for()
    assert page.locator(".layer.wrong").count() == 1
    page.get_by_role("button", name="Back to the network from before").click()
    page.locator(".layer.wrong").wait_for(state="detached")
    page.locator("#tab-train").click()
    page.get_by_role("button", name="One epoch").click()
    eventually(lambda: desk.session.state().epoch == 1)
    page.locator(".network-head", has_text="Concatenate").wait_for()


def test_optimizer_schedule_and_loss_are_chosen(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    page.get_by_label("Optimizer").select_option("Momentum")
    eventually(lambda: type(desk.session.blueprint.optimizer).__name__ == "Momentum")
    page.get_by_label("Learning rate over time").select_option("Cosine")
    eventually(lambda: type(desk.session.blueprint.optimizer.lr).__name__ == "Cosine")
    page.get_by_label("Learning rate over time").select_option("")
    eventually(lambda: isinstance(desk.session.blueprint.optimizer.lr, float))
    page.get_by_label("Loss").select_option("BinaryCrossEntropy")
    eventually(lambda: type(desk.session.blueprint.loss).__name__ == "BinaryCrossEntropy")


@pytest.mark.parametrize("name", ["Moons", "Circles", "Flower", "Spirals", "Sine", "AND"])
def test_each_small_set_is_one_click(open_page: Open, desk: Desk, name: str) -> None:
    page = open_page("build")
    page.get_by_role("button", name=name, exact=True).click()
    eventually(lambda: desk.session.blueprint.data.name == name.lower())
    page.get_by_role("button", name=name, exact=True, pressed=True).wait_for()
    page.locator(".data .map > canvas").wait_for()


def test_data_of_another_shape_come_with_a_network_that_suits_them(open_page: Open, desk: Desk) -> None:
    page = open_page("build", width=375)
    page.get_by_role("button", name="AND", exact=True).click()
    eventually(lambda: desk.session.blueprint.data.kind == "gate")
    page.get_by_role("button", name="Sequences").click()
    eventually(lambda: layers(desk) == ["LSTM"])
    assert desk.session.blueprint.data.split == 0.2  # gates have none
    page.locator(".note", has_text="The layers from before do not fit").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Moons").click()
    eventually(lambda: layers(desk) == ["Dense", "relu", "Dense", "relu"])
    page.locator(".note").wait_for()


def test_noise_is_turned_while_it_trains(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    desk.session.play()
    page.get_by_role("slider", name="Noise").fill("0.5")
    eventually(lambda: desk.session.blueprint.data.noise == 0.5)
    assert desk.session.state().running


def test_digits_as_pictures_offer_convolutions(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Handwritten digits").click()
    eventually(lambda: desk.session.blueprint.data.kind == "digits")
    page.get_by_label("A picture comes as").select_option("picture")
    page.get_by_role("button", name="Convolutions").click()
    eventually(lambda: "Conv2D" in layers(desk))
    page.locator(".data .picture").first.wait_for()


def test_points_are_drawn_with_the_mouse_and_the_keyboard(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Draw points").click()
    x, y = middle(page.locator(".drawing"))
    drag(page, (x - 100, y - 100), (x - 20, y - 100))
    page.get_by_role("button", name="Class 3").click()
    drag(page, (x + 20, y + 100), (x + 100, y + 100))
    eventually(lambda: desk.session.blueprint.data.kind == "points")
    before = len(desk.session.blueprint.data.points)
    page.locator(".drawing").focus()
    for key in ("ArrowRight", "ArrowRight", " "):
        page.keyboard.press(key)
    eventually(lambda: len(desk.session.blueprint.data.points) == before + 1)
    assert {point[2] for point in desk.session.blueprint.data.points} == {0, 3}
    page.get_by_role("button", name="Erase").click()
    drag(page, (x - 110, y - 100), (x, y - 100))
    eventually(
        lambda: len(desk.session.blueprint.data.points) < before or page.get_by_text("in two classes").is_visible()
    )


def test_what_can_be_chosen_may_come_last(open_page: Open) -> None:
    """After the network and its data, as on a busy machine."""
    page = open_page("build")

    def late(route: Any) -> None:
        time.sleep(2)
        route.continue_()

    page.route("**/api/choices*", late)
    page.reload()
    page.get_by_role("button", name="Draw points").click()
    page.locator(".drawing").wait_for()


def test_a_curve_is_drawn(open_page: Open, desk: Desk) -> None:
    page = open_page("build", width=375)
    page.get_by_role("button", name="Draw a curve").click()
    x, y = middle(page.locator(".drawing"))
    drag(page, (x - 120, y + 60), (x + 120, y - 60))
    eventually(lambda: desk.session.blueprint.data.kind == "curve")
    assert desk.session.examples.is_curve


def test_digits_are_drawn(open_page: Open, desk: Desk) -> None:
    page = open_page("build")
    page.get_by_role("button", name="Draw digits").click()
    for digit in "0101":
        x, y = middle(page.locator(".drawing"))
        page.get_by_label("It is a").select_option(digit)
        drag(page, (x, y - 80), (x + int(digit), y + 80))
        page.get_by_role("button", name="Add", exact=True).click()
    eventually(lambda: len(desk.session.blueprint.data.pictures) == 4)
    page.get_by_role("button", name="Remove the 1").first.click()
    eventually(lambda: len(desk.session.blueprint.data.pictures) == 3 or page.locator(".own .picture").count() == 3)


def test_a_table_is_uploaded_and_its_target_chosen(open_page: Open, desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("polars", reason="tables need polars, which is not installed")
    rows = [
        f"house{i},{40 + i % 37 if i else ''},{('Ulm', 'Bonn')[i % 2]},{'yes' if i % 37 > 18 else 'no'}"
        for i in range(120)
    ]
    (tmp_path / "houses.csv").write_text("\n".join(["number,area,town,dear", *rows]))
    (tmp_path / "broken.csv").write_bytes(b"\x00\x01\x02")
    page = open_page("build")
    page.get_by_role("button", name="Table (CSV)").click()
    page.locator('input[type="file"]').set_input_files(tmp_path / "broken.csv")
    page.locator(".own").get_by_role("alert").wait_for()
    page.locator('input[type="file"]').set_input_files(tmp_path / "houses.csv")
    eventually(lambda: desk.session.blueprint.data.target == "dear")
    page.get_by_text("empty: 1").wait_for()
    assert not page.get_by_role("checkbox", name="number").count()  # a column that is left out in any case
    page.get_by_label("Column to predict").select_option("town")
    eventually(lambda: desk.session.blueprint.data.target == "town")
    page.get_by_role("checkbox", name="area").uncheck()
    eventually(lambda: desk.session.blueprint.data.dropped == ("area",))
    page.get_by_role("checkbox", name="area").check()
    eventually(lambda: desk.session.blueprint.data.dropped == ())
    page.locator("#tab-train").click()
    page.locator(".first-examples").get_by_role("rowheader", name="dear").first.wait_for()
    page.locator(".unit-name", has_text="area").first.wait_for()
    page.get_by_text("what it answers for one example").wait_for()
