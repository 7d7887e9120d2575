"""What notebooks show: a notebook is run, and each output is there once and has something in it."""

from __future__ import annotations

import re
import sys
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import chainrule as cr
from chainrule.training import progress
from chainrule.training.history import History
from tests.pages import Page

CELLS = {
    "start": """
        import numpy as np
        import chainrule as cr
        from chainrule import plots
        X, y = cr.datasets.moons(n=60)
        network = cr.Network.mlp([2, 4, 1], hidden="tanh")""",
    "unbuilt": 'cr.Network([cr.Dense(2), cr.ReLU()], "huber")',
    "no epoch": "network.history",
    "fit": "history = network.fit(X, y, epochs=3, validation_data=(X, y))",
    "fit again": "network.fit(X, y, epochs=2, verbose=False)",
    "stopped": """
        class Stop(cr.Callback):
            def batch_end(self, run):
                run.stop("that is enough")
        history = network.fit(X, y, epochs=3, callbacks=[Stop()])""",
    "network": "network",
    "summary": "network.summary()",
    "history": "history",
    "gradcheck": "report = cr.gradcheck(network, X[:5], y[:5])\nreport",
    "check": """
        def sigmoid(Z):
            return 1 / (1 + np.exp(-Z)), Z
        checked = cr.check(sigmoid)
        checked""",
    "dense": "cr.Dense(3)",
    "relu": "cr.ReLU()",
    "loss": "cr.CategoricalCrossEntropy()",
    "optimizer": "cr.Adam()",
    "trace": "trace = network.trace(X[:3], y[:3])\ntrace",
    "why": 'trace.why("layer0.W[0, 1]")',
    "prints": """
        for shown in network.summary(), history, report, checked, trace, trace.why("layer0.W[0, 1]"):
            print(shown)""",
    "activations": "plots.plot_activations()",
    "curve": "history.plot()",
    "boundary": "plots.plot_boundary(network, X, y)",
}  # fmt: skip


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each cell shows."""
    home = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patched:
        for variable in "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR":
            patched.setenv(variable, str(home / variable))
        cells = [nbformat.v4.new_code_cell(re.sub(r"^ {8}", "", code, flags=re.M).strip()) for code in CELLS.values()]
        notebook = nbformat.v4.new_notebook(cells=cells)
        run = NotebookClient(notebook, timeout=120, coalesce_streams=True).execute(cwd=str(home))
    return {name: cell.outputs for name, cell in zip(CELLS, run.cells, strict=True)}


def data(outputs: list[Any]) -> dict[str, str]:
    """The one output of a cell, by its kinds."""
    (output,) = outputs
    assert output.output_type in ("display_data", "execute_result"), output
    found: dict[str, str] = output.data
    return found


def test_nothing_that_is_shown_is_empty(outputs: dict[str, list[Any]]) -> None:
    for name, shown in outputs.items():
        assert len(shown) == {"start": 0, "stopped": 2}.get(name, 1), (name, shown)
        for output in shown:
            texts = {"text": output.text} if output.output_type == "stream" else dict(output.data)
            if "text/html" in texts:
                texts["text/html"] = re.sub(r"<style>.*?</style>|<[^>]*>", "", texts["text/html"], flags=re.S)
            assert all(text.strip() for text in texts.values()), name


def test_the_text_beside_the_page_is_one_short_line(outputs: dict[str, list[Any]]) -> None:
    for name in set(CELLS) - {"start", "stopped", "prints"}:
        text = data(outputs[name])["text/plain"]
        assert "\n" not in text and len(text) < 120, (name, text)


def test_progress_is_one_line_that_is_replaced(outputs: dict[str, list[Any]]) -> None:
    fit = data(outputs["fit"])
    scores = "".join(rf"{name} \S+  " for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
    assert re.fullmatch(rf"epoch 3/3  {scores}0:00:\d\d", fit["text/plain"])
    assert '<progress max="3" value="3.000">' in fit["text/html"]
    assert "History(5 epochs, loss 0." in data(outputs["fit again"])["text/plain"]
    line, reason = outputs["stopped"]
    assert "epoch 6/8" in line.data["text/html"] and reason.text == "Stopped in epoch 6: that is enough.\n"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("unbuilt", "No parameters yet"),
        ("no epoch", "No epoch yet"),
        ("network", "<td>Dense</td><td>(4,)</td><td>12</td>"),
        ("network", "loss: <code>BinaryCrossEntropy("),
        ("summary", "17 parameters (68 B)"),
        ("history", "<th>val_loss</th>"),
        ("history", 'Lowest val_loss: epoch'),
        ("gradcheck", "All gradients agree"),
        ("check", "no mistake in 1 function"),
        ("dense", "<code>Dense(units=3, "),
        ("dense", "<mi>Z</mi><mo>&#x0003D;</mo><mi>A</mi><mi>W</mi><mo>&#x0002B;</mo><mi>b</mi>"),
        ("relu", "<math "),
        ("loss", "<math "),
        ("optimizer", "<math "),
        ("trace", "layer2"),
        ("why", "layer0.dW[0, 1]"),
    ],
)  # fmt: skip
def test_what_has_a_page(outputs: dict[str, list[Any]], cell: str, text: str) -> None:
    html = data(outputs[cell])["text/html"]
    assert text in html
    Page(html)


def test_colors_are_those_of_the_notebook(outputs: dict[str, list[Any]]) -> None:
    """It may be light where the system is dark, so nothing asks for the system's colors or sets those of the page."""
    for name, shown in outputs.items():
        for html in (output.data.get("text/html", "") for output in shown if output.output_type != "stream"):
            assert "prefers-color-scheme" not in html and ":root" not in html and "body {" not in html, name


def test_figures_are_shown_without_a_magic_command(outputs: dict[str, list[Any]]) -> None:
    for name in "activations", "curve", "boundary":
        assert len(data(outputs[name])["image/png"]) > 10_000


def test_what_is_printed_is_text(outputs: dict[str, list[Any]]) -> None:
    (stream,) = outputs["prints"]
    assert stream.output_type == "stream"
    for text in "17 parameters", "val_accuracy", "All gradients agree", "no mistake in", "sum of these terms":
        assert text in stream.text


def test_long_histories_are_cut_and_show_the_best_epoch() -> None:
    history = History({"loss": abs(i - 49.5)} for i in range(100))
    html = history._repr_html_()
    assert html.count("<tr") == 1 + 10 + 1 + 10
    assert '<tr class="marked"><td>50</td><td>0.5000</td></tr>' in html
    assert "79 epochs are not shown" in html


def test_reports_mark_what_is_wrong() -> None:
    class Wrong:
        """A layer whose backward forgets the gradient from above."""

        def init(self, rng: Any, input_shape: Any) -> Any:
            return {}, input_shape

        def forward(self, params: Any, x: Any) -> Any:
            return x * x, x

        def backward(self, x: Any, dy: Any) -> Any:
            return 2 * x, {}

    report = cr.gradcheck(Wrong(), np.ones((2, 3)))
    assert repr(report) == "GradReport(x: WRONG)"
    assert '<tr class="marked"><td>x</td>' in report._repr_html_()
    assert "Some gradients are WRONG" in report._repr_html_()


def test_what_has_no_equation_is_shown_as_its_repr() -> None:
    assert cr.EarlyStopping()._repr_html_() is None


def test_elsewhere_there_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        """IPython in a terminal: there is a shell, but no kernel."""

        @staticmethod
        def get_ipython() -> object:
            return object()

    monkeypatch.setitem(sys.modules, "IPython", Terminal)
    assert [type(callback) for callback in progress.choose(True)] == [progress.Lines]
    assert progress.choose(False) == []
