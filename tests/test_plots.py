"""Pictures: what is drawn is asserted from the figures, by their lines, texts and colors."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib._pylab_helpers import Gcf
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import chainrule as cr
from chainrule import plots
from chainrule.common import drawing, fonts
from chainrule.common.errors import DivergenceError, InputError, MissingExtraError

MOONS, DIGITS, SINE = cr.datasets.moons(n=60), cr.datasets.load_mnist_small()[1], cr.datasets.sine(n=40)
DIGITS = DIGITS[0][:200], DIGITS[1][:200]


def _fitted(network: cr.Network, data: Any, epochs: int) -> tuple[cr.Network, plots.Snapshots]:
    snapshots = plots.Snapshots()
    network.fit(*data, epochs=epochs, optimizer=cr.Adam(0.02), callbacks=[snapshots], verbose=False)
    return network, snapshots


POINTS, STEPS = _fitted(cr.Network.mlp([2, 4, 1], hidden="tanh"), MOONS, 9)
READER, _ = _fitted(cr.Network.mlp([784, 12, 10]), DIGITS, 3)
CURVE, _ = _fitted(cr.Network.mlp([1, 8, 1], "tanh", "mean_squared_error"), SINE, 3)
CONVOLUTIONAL = cr.Network(
    [cr.Conv2D(3, kernel=5), cr.ReLU(), cr.MaxPool(2), cr.Flatten(), cr.Dense(10)],
    "categorical_cross_entropy",
    input_shape=(28, 28, 1),
)
PAIR = ["layer0.W[0, 0]", "0.W[1, 0]"]  # as in a trace, and as in files

# Every picture, with what it takes besides where it is drawn and its language.
PICTURES: dict[str, Callable[..., Any]] = {
    "plot_activations": plots.plot_activations,
    "plot_boundary": lambda **how: plots.plot_boundary(POINTS, *MOONS, **how),
    "plot_boundary_steps": lambda **how: plots.plot_boundary_steps(POINTS, STEPS, *MOONS, **how),
    "plot_calibration": lambda **how: plots.plot_calibration(READER, *DIGITS, **how),
    "plot_confusion": lambda **how: plots.plot_confusion(READER, *DIGITS, **how),
    "plot_distributions": lambda **how: plots.plot_distributions(POINTS, STEPS, **how),
    "plot_feature_maps": lambda **how: plots.plot_feature_maps(CONVOLUTIONAL, DIGITS[0][0].reshape(28, 28, 1), **how),
    "plot_filters": lambda **how: plots.plot_filters(READER, **how),
    "plot_fit": lambda **how: plots.plot_fit(CURVE, *SINE, **how),
    "plot_gates": plots.plot_gates,
    "plot_history": lambda **how: plots.plot_history(POINTS.history, **how),
    "plot_mistakes": lambda **how: plots.plot_mistakes(READER, *DIGITS, **how),
    "plot_network": lambda **how: plots.plot_network(POINTS, MOONS[0][0], **how),
    "plot_predicted": lambda **how: plots.plot_predicted(CURVE, *SINE, **how),
    "plot_shapes": lambda **how: plots.plot_shapes(READER, **how),
    "plot_surface": lambda **how: plots.plot_surface(POINTS, *MOONS, PAIR, steps=3, **how),
}
EVERY_PICTURE = pytest.mark.parametrize("name", PICTURES)


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text().strip()]


def test_every_picture_is_tested_and_documented() -> None:
    assert set(PICTURES) == {name for name in dir(plots) if name.startswith("plot_")}
    for name in dir(plots):
        assert (getattr(plots, name).__doc__ or "").strip()


@EVERY_PICTURE
def test_a_picture_is_a_figure_that_pyplot_does_not_know(name: str) -> None:
    figure = PICTURES[name]()
    assert isinstance(figure, Figure) and not Gcf.figs
    image = Image.open(io.BytesIO(figure._repr_png_()))  # type: ignore[attr-defined] # as notebooks ask for it
    pixels = np.asarray(image.convert("L"))
    assert image.format == "PNG" and pixels.std() > 5  # something is drawn


@EVERY_PICTURE
def test_a_picture_goes_where_it_is_told(name: str) -> None:
    figure = Figure(figsize=(16, 8), layout="constrained")
    left, right = figure.subplots(1, 2)
    assert PICTURES[name](ax=right) is figure
    figure.draw_without_rendering()
    drawn = [axes for axes in figure.axes if axes is not left]
    assert all(axes.get_window_extent().x0 > left.get_window_extent().x1 for axes in drawn)
    assert not left.has_data() and any(axes.has_data() or axes.texts for axes in drawn)
    for part in figure.subfigs:  # what has several panels keeps its legend to itself
        assert all(part.bbox.x0 <= legend.get_window_extent().x0 for legend in part.legends)
    assert not figure.legends


@pytest.fixture(scope="session")
def korean_font() -> None:
    """Skip where no font has Korean letters; whether `fonts` finds one is what is tested."""
    for file in font_manager.findSystemFonts():
        with contextlib.suppress(RuntimeError):  # a font that matplotlib cannot read
            if font_manager.get_font(file).get_char_index(ord("한")):
                return
    pytest.skip("needs a font with Korean letters")


# What is the same in Korean: names of functions, layers, optimizers, parameters and measures.
_SAME = r"AND|OR|NAND|XOR|ECE|R²|MAE|Dense|sgd|momentum|adam|W|b|x|y|Z|[a-z_0-9]*(relu|tanh|softmax|sigmoid)|step"


@EVERY_PICTURE
def test_a_picture_speaks_korean(name: str, korean_font: None) -> None:
    """Warnings are errors here, and matplotlib warns of letters that its font lacks."""
    korean, english = PICTURES[name](lang="ko"), PICTURES[name]()
    korean.draw_without_rendering()
    plain = [re.sub(r"\$.*?\$", "", text) for text in texts(korean)]
    latin = [word for text in plain for word in re.findall(r"[A-Za-z_²]+", text)]
    assert [
        word for word in latin if not re.fullmatch(_SAME, word) and word not in ("Conv", "D", "MaxPool", "layer")
    ] == []
    assert any("가" <= letter <= "힣" for text in texts(korean) for letter in text)
    assert not any("가" <= letter <= "힣" for text in texts(english) for letter in text)


@EVERY_PICTURE
def test_a_picture_says_what_is_wrong(name: str) -> None:
    with pytest.raises(InputError, match="takes lang as 'en' or 'ko', but lang='Korean'"):
        PICTURES[name](lang="Korean")
    with pytest.raises(InputError, match=r"ax is one axes of matplotlib, .* but a list came"):
        PICTURES[name](ax=[])


@pytest.mark.parametrize(
    "name", [name for name in dir(plots) if "network" in signature(getattr(plots, name)).parameters]
)
def test_a_picture_needs_a_network(name: str, no_type_checks: None) -> None:
    needed = [p for p in signature(getattr(plots, name)).parameters.values() if p.default is p.empty]
    for wrong in None, cr.Network, "model.safetensors":
        with pytest.raises(InputError, match=f"{name} takes network as a network of chainrule, but network="):
            getattr(plots, name)(wrong, *[None] * (len(needed) - 1))


def test_panels_need_a_place_that_can_be_divided() -> None:
    ax = Figure().add_axes((0, 0, 1, 1))
    plots.plot_activations(["relu"], ax=ax)
    with pytest.raises(InputError, match=r"4 panels, which divide the place of ax, .* figure\.subplots"):
        plots.plot_gates(ax=ax)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(MissingExtraError, match=r"matplotlib.*chainrule\[plot\]"):
        plots.plot_gates()


# Fonts.


@pytest.fixture
def forgotten_fonts() -> Any:
    fonts.hangul_font.cache_clear()
    yield
    fonts.hangul_font.cache_clear()


def test_without_a_korean_font_the_error_says_which_package(
    forgotten_fonts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """matplotlib ships a font with a box for every letter, which does not count."""
    shipped = [font for font in font_manager.fontManager.ttflist if "mpl-data" in font.fname]
    assert any("Last Resort" in font.name for font in shipped)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", shipped)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [__file__, "/no/such/font.ttf"])
    with pytest.raises(InputError, match="fonts-noto-cjk"):
        plots.plot_gates(lang="ko")
    plots.plot_gates()  # in English no font is looked for


def test_a_font_that_was_installed_later_is_found(
    korean_font: None, forgotten_fonts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = [font for font in font_manager.fontManager.ttflist if "mpl-data" in font.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", shipped)
    assert fonts.hangul_font()


# What each picture shows.


def lines(axes: Any) -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in axes.lines}


@pytest.mark.parametrize("name", ["step", "sigmoid", "relu", "tanh", "gelu", "leaky_relu", "softsign"])
def test_activations_have_their_values_and_slopes(name: str) -> None:
    (axes,) = plots.plot_activations([name]).axes
    Z, A = lines(axes)["value"]
    _, slope = lines(axes)["slope"]
    known = ~np.isnan(A)
    np.testing.assert_array_equal(A[known], cr.activations.ACTIVATIONS[name].value(np.linspace(-5, 5, 1001))[known])
    differences = np.gradient(A, Z)
    compared = ~np.isnan(differences) & ~np.isnan(slope) & (np.abs(Z) > 0.02)
    np.testing.assert_allclose(slope[compared], differences[compared], atol=1e-3)
    assert (axes.get_title(), np.isnan(A).any()) == (name, name == "step")  # which jumps, where nothing is drawn


def test_activations_of_a_row_are_refused() -> None:
    with pytest.raises(InputError, match=r"softmax depends on a whole row\. There are step, identity, sigmoid"):
        plots.plot_activations(["softmax"])
    with pytest.raises(InputError, match="Write 'relu'"):
        plots.plot_activations(["rleu"])
    assert len(plots.plot_activations(["relu"] * 4).axes) == 4


def test_gates_show_the_corners_and_the_lines() -> None:
    figure = plots.plot_gates()
    assert [axes.get_title() for axes in figure.axes] == ["AND", "OR", "NAND", "XOR: both OR and NAND"]
    ones = {axes.get_title(): axes.collections[-1].get_offsets().tolist() for axes in figure.axes}
    assert ones["AND"] == [[1, 1]] and sorted(ones["XOR: both OR and NAND"]) == [[0, 1], [1, 0]]
    assert [text.get_text() for text in figure.legends[0].texts] == ["output 0", "output 1"]


def test_history_takes_costs_of_the_lessons(no_type_checks: None) -> None:
    (axes,) = plots.plot_history([0.7, 0.5, 0.6]).axes
    assert list(lines(axes)["training"][1]) == [0.7, 0.5, 0.6]
    assert "lowest loss: epoch 2" in lines(axes)
    for wrong in [[[0.7]], ["a"]]:
        with pytest.raises(InputError, match="takes the History that fit returns or a list of costs, but list of"):
            plots.plot_history(wrong)  # type: ignore[arg-type]


def test_boundary_has_the_line_of_each_unit() -> None:
    network = cr.Network.mlp([2, 3, 1], hidden="tanh")
    network.params[0]["W"][:] = [[1, 0, 1], [0, 2, 1]]
    network.params[0]["b"][:] = [-0.5, -0.4, -100]  # x1 = 0.5, x2 = 0.2, and one out of sight
    (axes,) = plots.plot_boundary(network, *MOONS).axes
    first, second = (line for line in axes.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(first.get_xdata(), 0.5)
    np.testing.assert_allclose(second.get_ydata(), 0.2, rtol=1e-6)
    assert first.get_label() == "a hidden unit is 0" and second.get_label().startswith("_")
    assert [text.get_text() for text in axes.texts] == ["0", "1"]


def test_boundary_colors_each_place_by_the_answer() -> None:
    (axes,) = plots.plot_boundary(POINTS, *MOONS).axes
    image = axes.images[0].get_array()
    left, right, bottom, top = axes.images[0].get_extent()
    x1, x2 = np.meshgrid(np.linspace(left, right, 150), np.linspace(bottom, top, 150))
    P = POINTS.predict(np.column_stack([x1.ravel(), x2.ravel()])).reshape(x1.shape)
    assert ((image[..., 2] > image[..., 0]) == (P < 0.5))[abs(P - 0.5) > 0.01].all()  # bluer than red: class 0
    points = [collection.get_offsets() for collection in axes.collections if len(collection.get_offsets()) > 1]
    np.testing.assert_allclose(points[-1], MOONS[0][MOONS[1] == 1])


def test_boundary_of_several_classes_and_of_layers_without_lines() -> None:
    X, y = cr.datasets.spirals(n=60)
    spirals = cr.Network([cr.Reshape((2,)), cr.Dense(3)], "categorical_cross_entropy", input_shape=(2,))
    (axes,) = plots.plot_boundary(spirals, X, y).axes
    assert not axes.lines
    assert [text.get_text() for text in axes.get_legend().texts] == ["class 0", "class 1", "class 2"]


def test_boundary_needs_a_plane_and_classes() -> None:
    with pytest.raises(InputError, match=r"draws a plane, .* shape \(2,\), but it takes \(784,\)"):
        plots.plot_boundary(READER, *DIGITS)
    with pytest.raises(InputError, match="answers with one class, but this one has MeanSquaredError"):
        plots.plot_boundary(cr.Network.mlp([2, 1], loss="mean_squared_error"), *MOONS)


def test_boundary_steps_go_from_the_first_epoch_to_the_last() -> None:
    before = {path: np.array(p) for path, p in cr.arrays.leaves(POINTS.params)}
    figure = plots.plot_boundary_steps(POINTS, STEPS, *MOONS)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["epoch 0", "epoch 2", "epoch 4", "epoch 6", "epoch 8", "epoch 9"]
    images = [axes.images[0].get_array() for axes in figure.axes]
    (last,) = plots.plot_boundary(POINTS, *MOONS).axes
    assert not np.array_equal(images[0], images[-1])
    np.testing.assert_array_equal(images[-1], last.images[0].get_array())
    for path, p in cr.arrays.leaves(POINTS.params):
        np.testing.assert_array_equal(p, before[path])


def test_a_film_has_a_frame_per_snapshot(tmp_path: Path) -> None:
    plots.film_boundary(POINTS, STEPS, *MOONS, tmp_path / "a.gif", seconds=0.2)
    film: Any
    with Image.open(tmp_path / "a.gif") as film:
        assert (film.format, film.n_frames) == ("GIF", 10)
        assert film.info["duration"] == 200 and film.info["loop"] == 0
        film.seek(9)
        assert film.info["duration"] == 2000
    with pytest.raises(InputError, match=r"a\.png cannot hold moving pictures: its suffix must be \.gif"):
        plots.film_boundary(POINTS, STEPS, *MOONS, tmp_path / "a.png")


def test_snapshots_are_of_their_moments() -> None:
    assert [snapshot.epoch for snapshot in STEPS.kept] == list(range(10))
    first = cr.Network.mlp([2, 4, 1], hidden="tanh").params
    np.testing.assert_array_equal(STEPS.kept[0].params[0]["W"], first[0]["W"])
    np.testing.assert_array_equal(STEPS.kept[-1].params[0]["W"], POINTS.params[0]["W"])
    with pytest.raises(InputError, match="needs the snapshots of a run, but there is none yet: call fit with"):
        plots.plot_boundary_steps(POINTS, plots.Snapshots(), *MOONS)


def test_a_network_has_its_weights_as_lines_and_the_numbers_of_an_example() -> None:
    x = MOONS[0][0]
    (axes,) = plots.plot_network(POINTS, x).axes
    W = np.concatenate([POINTS.params[0]["W"].ravel(), POINTS.params[2]["W"].ravel()])
    drawn = [line for line in axes.lines if len(line.get_xdata())]
    assert [line.get_color() == drawing.VERMILION for line in drawn] == (W > 0).tolist()
    widths = np.array([line.get_linewidth() for line in drawn])
    assert widths[:8].argmax() == abs(W[:8]).argmax() and widths[8:].argmax() == abs(W[8:]).argmax()
    shown = [text.get_text() for text in axes.texts]
    hidden, _ = cr.Activation("tanh").forward({}, POINTS.body.layers[0].forward(POINTS.params[0], x[None])[0])
    for value in (*x, *hidden[0], POINTS.predict(x[None])[0, 0], *W):
        assert f"{round(float(value), 2) + 0.0:.2f}" in shown
    assert {"input 2", "Dense 4\ntanh", "Dense 1\nsigmoid"} <= set(shown)
    assert sum(text.startswith("b ") for text in shown) == 5


def test_a_large_network_is_abridged_and_another_one_refused() -> None:
    (axes,) = plots.plot_network(READER).axes
    assert len(axes.patches) == 30 and [text.get_text() for text in axes.texts].count("⋮") == 2
    assert "0.00" not in texts(axes)
    with pytest.raises(InputError, match=r"layer 0 is Conv2D, .* plot_shapes draws every network"):
        plots.plot_network(CONVOLUTIONAL)
    folded = cr.Network([cr.Reshape((1, 2)), cr.Dense(1)], "mean_squared_error", input_shape=(2,))
    with pytest.raises(InputError, match=r"layer 0 is Reshape, whose output has the shape \(1, 2\)"):
        plots.plot_network(folded)
    with pytest.raises(InputError, match="no parameters yet"):
        plots.plot_network(cr.Network([cr.Dense(1)], "mean_squared_error"))


@pytest.mark.parametrize("of", ["weights", "activations", "gradients"])
def test_distributions_count_the_numbers_of_each_layer(of: str) -> None:
    figure = plots.plot_distributions(POINTS, STEPS, *MOONS, of=of)
    titles = [axes.get_title() for axes in figure.axes]
    weights = ["layer0.W (Dense)", "layer2.W (Dense)"]
    assert titles == (["layer0 (Dense)", "layer1 (tanh)", "layer2 (Dense)"] if of == "activations" else weights)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "2", "4", "6", "8", "9"]
    numbers = {
        "weights": POINTS.params[0]["W"],
        "activations": POINTS.body.layers[0].forward(POINTS.params[0], MOONS[0])[0],
        "gradients": gradient_of_first_weights(),
    }[of]
    first, last = axes.lines[0], axes.lines[-1]
    if of != "activations":  # a few numbers, each a dot
        np.testing.assert_array_equal(last.get_xdata(), np.ravel(numbers))
        assert not np.array_equal(first.get_xdata(), last.get_xdata())
        return
    low, high = axes.get_xlim()
    counts, _ = np.histogram(numbers, np.linspace(low, high, len(last.get_xdata()) + 1))
    np.testing.assert_allclose(last.get_ydata() - 5, 1.5 * counts / counts.max(), atol=1e-6)
    assert not np.array_equal(first.get_ydata(), last.get_ydata() - 5)  # of epoch 0


def gradient_of_first_weights() -> Any:
    Z, cache = POINTS.body.forward(POINTS.params, MOONS[0])
    _, dZ = POINTS.loss(Z, MOONS[1])
    return POINTS.body.backward(cache, dZ)[1][0]["W"]


def test_distributions_say_how_many_are_zero_and_what_they_need() -> None:
    network, snapshots = _fitted(cr.Network.mlp([2, 8, 1]), MOONS, 1)
    figure = plots.plot_distributions(network, snapshots, MOONS[0], of="activations")
    A = np.maximum(0, network.body.layers[0].forward(network.params[0], MOONS[0])[0])
    assert f"{np.mean(A == 0):.0%} are 0" in texts(figure.axes[1])
    with pytest.raises(InputError, match="gradients need examples that pass through the network: give X and y too"):
        plots.plot_distributions(network, snapshots, of="gradients")
    flat = cr.Network([cr.Flatten()], "mean_squared_error", input_shape=(2,))
    _, snapshots = _fitted(flat, (MOONS[0], MOONS[0]), 1)
    with pytest.raises(InputError, match="This network has no weights"):
        plots.plot_distributions(flat, snapshots)
    with pytest.raises(InputError, match="takes of as 'weights', 'activations' or 'gradients'"):
        plots.plot_distributions(network, snapshots, of="biases")


def test_filters_are_the_weights_of_the_first_layer() -> None:
    figure = plots.plot_filters(READER)
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(images) == 12
    np.testing.assert_array_equal(images[3], READER.params[0]["W"][:, 3].reshape(28, 28))
    (first, *others) = [axes.images[0] for axes in plots.plot_filters(CONVOLUTIONAL).axes if axes.images]
    np.testing.assert_array_equal(first.get_array(), CONVOLUTIONAL.params[0]["W"][:, :, 0, 0])
    assert len(others) == 2 and first.get_clim() == others[0].get_clim()  # one scale of colors
    assert first.get_clim()[0] == -first.get_clim()[1]
    with pytest.raises(InputError, match=r"shape \(2,\)"):
        plots.plot_filters(POINTS)
    with pytest.raises(InputError, match="layer 0, the first with parameters, is LSTM"):
        plots.plot_filters(cr.Network([cr.LSTM(2)], "mean_squared_error", input_shape=(3, 4)))


def test_feature_maps_are_what_each_layer_gives() -> None:
    x = DIGITS[0][0].reshape(28, 28, 1)
    figure = plots.plot_feature_maps(CONVOLUTIONAL, x)
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(images) == 1 + 3 + 3 + 3
    Z, _ = CONVOLUTIONAL.body.layers[0].forward(CONVOLUTIONAL.params[0], x[None])
    np.testing.assert_allclose(images[2], Z[0, ..., 1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(images[5], np.maximum(0, Z[0, ..., 1]), rtol=1e-5, atol=1e-6)
    assert "0 Conv2D\n24×24×3" in texts(figure)
    with pytest.raises(InputError, match="but no layer of this network has one"):
        plots.plot_feature_maps(READER, DIGITS[0][0])


def test_confusion_counts() -> None:
    figure = plots.plot_confusion(READER, *DIGITS)
    axes = figure.axes[0]
    predicted = READER.predict_classes(DIGITS[0])
    counts = np.zeros((10, 10), int)
    for true, answer in zip(DIGITS[1], predicted, strict=True):
        counts[true, answer] += 1
    shown = {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in axes.texts}
    assert shown == {(i, j): str(n) for (i, j), n in np.ndenumerate(counts) if n}
    np.testing.assert_allclose(axes.images[0].get_array().sum(axis=1), 1)
    assert axes.get_title() == f"{np.mean(predicted == DIGITS[1]):.1%} of 200 are right"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


@pytest.mark.parametrize("one_hot", [False, True])
def test_confusion_of_two_classes_and_of_one_hot_rows(one_hot: bool) -> None:
    if one_hot:
        figure = plots.plot_confusion(READER, DIGITS[0], np.eye(10)[DIGITS[1]])
        assert texts(figure) == texts(plots.plot_confusion(READER, *DIGITS))
    else:
        (title,) = [text for text in texts(plots.plot_confusion(POINTS, *MOONS)) if "right" in text]
        assert title.startswith(f"{POINTS.evaluate(*MOONS)['accuracy']:.1%} of 60")


def test_mistakes_begin_with_the_worst() -> None:
    P, y = READER.predict(DIGITS[0]), DIGITS[1]
    wrong = np.flatnonzero(P.argmax(axis=1) != y)
    worst = int(wrong[P[wrong, y[wrong]].argmin()])
    figure = plots.plot_mistakes(READER, *DIGITS, count=4)
    assert len(figure.axes) == 4
    answer = int(P[worst].argmax())
    title = f"row {worst}: {y[worst]}\ntaken for {answer} ({P[worst, answer]:.0%})"
    assert figure.axes[0].get_title() == title
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), DIGITS[0][worst].reshape(28, 28))
    right = np.flatnonzero(P.argmax(axis=1) == y)
    with pytest.raises(InputError, match=f"no mistake to draw: all {len(right)} answers are right"):
        plots.plot_mistakes(READER, DIGITS[0][right], y[right])
    with pytest.raises(InputError, match=r"shows examples as images, .* shape \(2,\)"):
        plots.plot_mistakes(POINTS, *MOONS)


def test_calibration_is_the_share_that_came_true() -> None:
    upper, lower = plots.plot_calibration(POINTS, *MOONS, bins=4).axes
    p = POINTS.predict(MOONS[0])[:, 0]
    said, true, counts = [], [], []
    for low in (0, 0.25, 0.5, 0.75):
        held = (low <= p) & (p < low + 0.25)
        counts.append(int(held.sum()))
        if held.any():
            said.append(p[held].mean())
            true.append(MOONS[1][held].mean())
    np.testing.assert_allclose(lines(upper)["the network"], [said, true], rtol=1e-5)
    assert [round(bar.get_height()) for bar in lower.patches] == counts
    weights = np.array([n for n in counts if n]) / 60
    error = float((weights * abs(np.array(said) - true)).sum())
    assert upper.get_title() == f"expected calibration error {error:.3f}"


def test_predicted_values_lie_beside_the_true_ones() -> None:
    (axes,) = plots.plot_predicted(CURVE, *SINE).axes
    true, predicted = axes.collections[0].get_offsets().T
    np.testing.assert_allclose(true, SINE[1].ravel(), rtol=1e-6)
    np.testing.assert_allclose(predicted, CURVE.predict(SINE[0])[:, 0], rtol=1e-6)
    scores = CURVE.evaluate(*SINE, metrics=["r2", "mae"])
    assert axes.get_title() == f"R² {scores['r2']:.3f}, MAE {scores['mae']:.3g}"
    with pytest.raises(InputError, match=r"BinaryCrossEntropy is a loss for classes\. Take plot_confusion"):
        plots.plot_predicted(POINTS, *MOONS)
    two = cr.Network.mlp([2, 2], loss="mean_squared_error")
    assert len(plots.plot_predicted(two, MOONS[0], MOONS[0]).axes) == 2


def test_fit_is_the_curve_of_the_network() -> None:
    (axes,) = plots.plot_fit(CURVE, *SINE).axes
    x, y = lines(axes)["the network"]
    np.testing.assert_allclose(y, CURVE.predict(np.asarray(x)[:, None])[:, 0], rtol=1e-5)
    with pytest.raises(InputError, match=r"one value over one input, but this network has BinaryCrossEntropy"):
        plots.plot_fit(POINTS, *MOONS)


def test_surface_paths_are_those_of_a_network_with_these_two_parameters() -> None:
    """Of a network with no other parameters, so that `fit` with all examples in a batch takes the same path."""
    network = cr.Network([cr.Dense(1, bias=False)], "binary_cross_entropy", input_shape=(2,), dtype=np.float64)
    rule, start = cr.Momentum(0.3, weight_decay=0.01, clip_norm=0.2), network.params[0]["W"].copy()
    figure = plots.plot_surface(network, *MOONS, PAIR, optimizers={"mine": rule}, steps=5)
    x, y = lines(figure.axes[0])["mine"]
    snapshots = plots.Snapshots()
    network.fit(*MOONS, epochs=5, batch_size=60, optimizer=rule, callbacks=[snapshots], verbose=False)
    np.testing.assert_allclose([x, y], np.array([s.params[0]["W"][:, 0] for s in snapshots.kept]).T, rtol=1e-9)
    np.testing.assert_array_equal(snapshots.kept[0].params[0]["W"], start)


def test_surface_says_what_is_wrong() -> None:
    def draw(pair: Any, **how: Any) -> Any:
        return plots.plot_surface(POINTS, *MOONS, pair, **how)

    for wrong in ["0.W[0, 0]"], ["0.b[0]"] * 2, "0.W":
        with pytest.raises(InputError, match="parameters are two entries, such as"):
            draw(wrong)
    for wrong in "0.V[0, 0]", "0.W[0]", "layer0.W[2, 0]", "0.W", "0.W[-1, 0]":
        with pytest.raises(InputError, match=re.escape("layer0.W of shape (2, 4), layer0.b of shape (4,)")):
            draw(["0.b[0]", wrong])
    with pytest.raises(InputError, match="Write 'adam'"):
        draw(PAIR, optimizers=["adma"])
    with pytest.raises(DivergenceError, match=r"The path of huge leads to .* smaller learning rate"):
        draw(PAIR, optimizers={"huge": cr.SGD(1e38, weight_decay=0.1)}, steps=50)


def test_shapes_are_those_of_a_batch() -> None:
    network = cr.Network.mlp([784, 50, 100, 10])
    (axes,) = plots.plot_shapes(network, 100).axes
    shown = [text.get_text() for text in axes.texts if text.get_text()]
    # The fifth note: 100 x 784, 784 x 50, 50 x 100, 100 x 10, 100 x 10, and what is in between.
    pairs = ["100", "784", "100", "50", "784", "50", "100", "100", "50", "100", "100", "10", "100", "10"]
    assert [text for text in shown if text.isdigit()] == pairs
    assert [text for text in shown if not text.isdigit()] == [
        *("input", "Dense\nrelu", "× W", "Dense\nrelu", "× W", "output", "Dense", "× W")
    ]
    colors = {text.get_text(): text.get_color() for text in axes.texts}
    inner = [text.get_color() for text in axes.texts if text.get_text() == "784"]
    assert inner[0] == inner[1] != colors["10"]
    assert len(axes.patches) == 4 + 3


def test_shapes_name_all_weights_of_a_recurrent_layer() -> None:
    layers = [cr.Bidirectional(cr.LSTM(8)), cr.Dense(1)]
    network = cr.Network(layers, "binary_cross_entropy", input_shape=(5, 3))
    (axes,) = plots.plot_shapes(network, 100).axes
    assert "Wx: 3 × 32\nWh: 8 × 32" in [text.get_text() for text in axes.texts]


def test_numbers_on_lines_do_not_overlap() -> None:
    X, y = cr.datasets.spirals(n=200, seed=0)
    figure = plots.plot_boundary(cr.Network.mlp([2, 16, 3], seed=0), X, y)
    figure.draw_without_rendering()
    badges = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(badges) > 8 and not any(a.overlaps(b) for a, b in itertools.combinations(badges, 2))


def test_panels_on_an_axes_of_the_user_stay_apart() -> None:
    snapshots = plots.Snapshots()
    network = cr.Network.mlp([2, 4, 1], seed=0)
    network.fit(*MOONS, epochs=5, callbacks=[snapshots], verbose=False)
    figure = Figure(figsize=(8, 6))
    drawn = plots.plot_boundary_steps(network, snapshots, *MOONS, ax=figure.subplots())
    figure.draw_without_rendering()
    panels = [
        Bbox.union([panel.title.get_window_extent(), panel.xaxis.get_tightbbox(), panel.yaxis.get_tightbbox()])
        for panel in drawn.axes
        if panel.axison
    ]
    assert len(panels) == 6 and not any(a.overlaps(b) for a, b in itertools.combinations(panels, 2))
    figure = Figure(figsize=(4, 3))
    ax = figure.subplots()
    plots.plot_boundary(network, *MOONS, ax=ax)
    figure.draw_without_rendering()
    legend = ax.get_legend()
    assert legend is not None and legend.get_window_extent().x1 <= ax.get_window_extent().x1


def test_few_numbers_are_dots_and_epochs_even() -> None:
    snapshots = plots.Snapshots()
    network = cr.Network.mlp([2, 3, 1], seed=0)
    network.fit(*MOONS, epochs=10, callbacks=[snapshots], verbose=False)
    panel = plots.plot_distributions(network, snapshots).axes[0]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["0", "2", "4", "6", "8", "10"]
    assert [line.get_marker() for line in panel.lines] == ["o"] * 6
    low, high = panel.get_xlim()
    assert all(low < x < high for line in panel.lines for x in line.get_xdata())


def test_an_unknown_activation_gets_the_known_names() -> None:
    with pytest.raises(InputError, match=r"a list of names, of .*relu.*, but names=\['swosh'\]"):
        plots.plot_activations(["swosh"])


def test_shapes_of_images_stand_below() -> None:
    (axes,) = plots.plot_shapes(CONVOLUTIONAL, 32).axes
    shown = [text.get_text() for text in axes.texts]
    assert {"28 × 28 × 1", "24 × 24 × 3", "12 × 12 × 3", "5 × 5 × 1 × 3", "1,728", "432"} <= set(shown)
    flat = [text.get_color() for text in axes.texts if text.get_text() == "432"]
    assert len(flat) == 3 and len(set(flat)) == 1  # before and after Flatten, and of the weights


def test_targets_and_inputs_are_checked_at_the_door() -> None:
    with pytest.raises(InputError, match="NaN"):
        plots.plot_confusion(POINTS, np.full((4, 2), np.nan), [0, 1, 0, 1])
    with pytest.raises(InputError):
        plots.plot_confusion(POINTS, MOONS[0], MOONS[1] + 5)
    with pytest.raises(InputError):
        plots.plot_network(POINTS, MOONS[0])
