"""How traces and explanations look: in a terminal, as a page, as plain data; in both languages."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import tomllib
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import book, stepwise
from chainrule.common.errors import InputError
from chainrule.trace.telling import numbers
from chainrule.trace.telling import words as texts
from chainrule.trace.telling.groups import groups
from chainrule.trace.telling.idle import idle
from chainrule.trace.trace import Trace, Why, ask
from tests.pages import Page


@pytest.fixture(scope="module")
def trace() -> Trace:
    network = cr.Network.mlp([4, 3, 2], hidden="tanh", seed=0)
    X = np.random.default_rng(0).standard_normal((5, 4))
    return network.trace(X, [0, 1, 1, 0, 1], optimizer="adam")


def deep(layers: list[Any], **shape: Any) -> cr.Network:
    return cr.Network(layers, "categorical_cross_entropy", **shape)


def test_both_languages_say_the_same() -> None:
    tables = tomllib.loads(Path(texts.__file__).with_name("words.toml").read_text("utf-8"))
    assert set(tables) == {"en", "ko"} and tables["en"].keys() == tables["ko"].keys()
    for key in tables["en"]:
        placeholders = [set(re.findall(r"\{(\w+)\}", tables[lang][key])) for lang in ("en", "ko")]
        assert placeholders[0] == placeholders[1], key


def test_the_table_of_a_trace(trace: Trace) -> None:
    lines = str(trace).splitlines()
    assert lines[0].split() == "layer output min … max zeros gradient RMS dW RMS dead / saturated".split()
    assert lines[1].split()[:4] == ["layer0", "Dense", "Z", "5×3"]
    assert "5 examples, as in training; loss = 0." in str(trace) and "updated by Adam" in str(trace)
    assert "layer2.dW" in str(trace)  # few numbers are all there
    large = cr.Network.mlp([784, 30, 10]).trace(np.ones((2, 784)), [1, 2])
    assert "layer0.W  " not in str(large) and max(map(len, str(large).splitlines())) <= 100
    assert str(trace).count('Ask why: why("layer0.W[0, 0]")') == 1 and "Ask why" not in trace.html()
    assert repr(trace) == f"Trace(Dense, tanh, Dense, loss={trace['loss']:.6g})"
    assert "역전파" in trace.html(lang="ko") and "기울기 RMS" in trace.text(lang="ko")


def test_the_language_is_asked_for_or_that_of_the_locale(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    one, all_of_them = trace.why("layer2.W[0, 0]"), trace.why("layer2.W")
    shown = (trace, one, all_of_them)
    for refused in (*(x.text for x in shown), *(x.html for x in shown)):
        with pytest.raises(InputError, match="takes lang as 'en' or 'ko', but lang='fr'"):
            refused(lang="fr")
    for x in shown:
        for variable in "CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES":
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("LANG", "en_US.UTF-8")
        assert not re.search("[가-힣]", str(x) + x._repr_html_())
        monkeypatch.setenv("LANG", "ko_KR.UTF-8")
        assert re.search("[가-힣]", str(x)) and re.search("[가-힣]", x._repr_html_())


def test_a_page_takes_explanations(trace: Trace, tmp_path: Path, no_type_checks: None) -> None:
    one: Any = trace.why("layer2.W[0, 0]")
    all_of_them: Any = trace.why("layer2.W")
    assert trace.html(why=one) == trace.html(why=[one]) and len(trace.html(why=all_of_them)) > len(trace.html(why=one))
    wrongs: list[Any] = [["layer0.W[0, 0]"], "layer0.W[0, 0]", [all_of_them], 3]
    for wrong in wrongs:
        with pytest.raises(
            InputError, match=r"takes why as what trace.why\(...\) returned, or a list of such, but why=.* came"
        ):
            trace.write(tmp_path / "new" / "a.html", why=wrong)
    with pytest.raises(InputError, match="lang='fr'"):
        trace.write(tmp_path / "new" / "a.html", lang="fr")
    assert not (tmp_path / "new").exists()


def test_units_and_epochs_have_one_name_in_korean() -> None:
    folder = Path(cr.__file__).parent
    korean = [*folder.rglob("*.toml"), *folder.rglob("*.po")]
    said = "".join(path.read_text("utf-8") for path in korean)
    assert "뉴런" in said and "에폭" in said and "유닛" not in said and "에포크" not in said


def test_all_but_the_largest_terms_are_one_line() -> None:
    network = cr.Network.mlp([30, 2, 1], seed=0, dtype="float64")
    why = network.trace(np.random.default_rng(0).standard_normal((20, 30)), np.arange(20) % 2).why("layer0.W[3, 0]")
    assert isinstance(why, Why)
    text = why.text(terms=3)
    count = len(why.terms) - 3
    assert count > 2 and f"{count} more terms" in text and "sum of all terms" in text
    assert sum(" × " in line for line in text.splitlines()) == 3
    np.testing.assert_allclose(why.rest(3) + sum(term.product for term in why.terms[:3]), why.value)


def test_wrong_options_get_a_sentence(trace: Trace, no_type_checks: None, tmp_path: Path) -> None:
    why: Any = trace.why("layer0.W[0, 0]")
    wrong: Any
    for wrong in None, "0", [0], 0.5:
        with pytest.raises(InputError, match=r"open takes term as a whole number of at least -5, but term="):
            why.open(wrong)
    for wrong in 1.5, None, "3", -1:
        for shown, name in ((why.text, "text"), (why.html, "html"), (ask(trace, "layer0.b").text, "text")):
            with pytest.raises(InputError, match=f"{name} takes terms as a whole number of at least 0, but terms="):
                shown(terms=wrong)
    diagnosis = cr.Network.mlp([2, 3, 2]).diagnose(np.eye(2), [0, 1])
    for wrong in "a", 1.5, 0, -5, None:
        for shown in why.text, trace.text, diagnosis.text:
            with pytest.raises(InputError, match="text takes width as a whole number of at least"):
                shown(width=wrong)
    for wrong in None, "layer0.W", ["layer0.W"], [None], 5:
        with pytest.raises(InputError, match=r"A page takes why as what trace.why\(...\) returned, or a list of such"):
            trace.html(why=wrong)
    assert trace.html(why=why) == trace.html(why=[why])
    for path in None, 5, "":
        with pytest.raises(InputError, match="write takes path, the file to write, as a path, but path="):
            trace.write(path)  # type: ignore[arg-type]


def test_layers_that_repeat_are_folded() -> None:
    body = [layer for _ in range(5) for layer in (cr.Dense(4), cr.ReLU())]
    network = deep([cr.Dense(4), cr.Tanh(), *body, cr.Dense(3)], input_shape=(4,))
    trace = network.trace(np.ones((2, 4)), [0, 1])
    found = groups(trace.layers)
    assert [(len(group.shown), group.times) for group in found] == [(1, 0), (1, 0), (2, 4), (1, 0)]
    assert "4 more like these: Dense, relu" in str(trace)
    assert "4 more like these: Dense, relu" in trace.html()
    assert [len(group.shown) for group in groups(network.trace(np.ones((2, 4))).layers[:4])] == [1, 1, 1, 1]


def test_dead_and_saturated_units_are_counted() -> None:
    network = deep([cr.Dense(4), cr.ReLU(), cr.Dense(2), cr.Sigmoid(), cr.Dense(2)], input_shape=(1,))
    network.params[0]["W"][:] = [[1, 1, 1, 1]]
    network.params[0]["b"][:] = [0, 0, -9, -9]
    network.params[2]["W"][:] = 0
    network.params[2]["b"][:] = [0, 8]
    trace = network.trace(np.array([[1.0], [2.0]]), [0, 1])
    relu, sigmoid = idle(trace.layers[1]), idle(trace.layers[3])
    assert relu is not None and relu == (0.5, 0.0)
    assert sigmoid is not None and sigmoid == (0.0, 0.5)
    assert idle(trace.layers[0]) is None
    assert "50% dead" in trace.html() and "50% saturated" in trace.html()
    one = network.trace(np.array([[1.0]]), [0])  # whether a unit is dead, one example does not tell
    assert "50% off here" in one.html() and "dead" not in one.html() + str(one)
    assert "off / saturated" in str(one) and one.json()["layers"][1]["off"] == 0.5
    softmax = deep([cr.Dense(2), cr.Softmax(), cr.Dense(2)], input_shape=(1,)).trace(np.ones((1, 1)))
    assert idle(softmax.layers[1]) is None


def pages() -> dict[str, str]:
    lstm = cr.Network([cr.Bidirectional(cr.LSTM(2)), cr.Dense(1)], "binary_cross_entropy", input_shape=(3, 2))
    layers = [cr.Conv2D(2, 3), cr.BatchNorm(), cr.Residual(cr.Conv2D(2, 1)), cr.Flatten(), cr.Dense(3)]
    conv = deep(layers, input_shape=(8, 8, 1))
    traces = {
        "lstm": lstm.trace(np.ones((2, 3, 2)), [0, 1], sample_weight=[1.0, 2.0]),
        "conv": conv.trace(np.random.default_rng(0).standard_normal((2, 8, 8, 1)), [0, 1], optimizer="sgd"),
        "lesson": stepwise.trace([[1.0, 2.0]], [[0, 1]], {"W1": [[0.5]], "b1": [[0.0]]}),
        "book": book.trace(book.init_network(), [1.0, 0.5]),
    }
    asked = {"lstm": "layer0.ahead.Wx[0, 1]", "conv": "layer0.W[0, 1, 0, 1]", "lesson": "W1[0, 0]", "book": "y[1]"}
    whys = {name: ask(traces[name], path)[0] for name, path in asked.items()}
    both = itertools.product(traces.items(), ("en", "ko"))
    found = {f"{name} {lang}": trace.html(why=[whys[name]], lang=lang) for (name, trace), lang in both}
    return found | {f"why {name}": why.html() for name, why in whys.items()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, text in pages().items():
        paths[name] = folder / f"{name.replace(' ', '-')}.html"
        paths[name].write_text(text, "utf-8")
    return paths


def test_a_page_is_well_formed_and_needs_nothing_else(written: dict[str, Path]) -> None:
    for name, path in written.items():
        text = path.read_text("utf-8")
        page = Page(text)
        assert page.references == ["data:,"], name  # no icon is asked for either
        assert "url(" not in text and "@import" not in text and "script" not in page.tags
        assert page.tags.count("details") == page.tags.count("summary") > 0  # which the keyboard opens by itself
        assert "math" in page.tags or name == "why book"  # whose identity has no equation
        assert f'lang="{"ko" if name.endswith("ko") else "en"}"' in text


# Opens every part by what the Enter key does to a summary that has the focus, and writes down what was asked for.
_PROBE = """<script>
const keys = [...document.querySelectorAll("summary")].every((summary) => {
  const before = summary.parentElement.open;
  for (let outer = summary.parentElement; outer; outer = outer.parentElement.closest("details")) outer.open = true;
  summary.focus();
  const there = document.activeElement === summary;
  summary.click();
  const closed = !summary.parentElement.open;
  summary.click();
  return there && closed && summary.parentElement.open && !before;
});
const asked = performance.getEntriesByType("resource").filter((entry) => /^https?:/.test(entry.name));
parent.document.title += [document.documentElement.scrollWidth, innerWidth, keys, asked.length].join(" ") + ";";
</script></body>"""
# A window of Chromium is at least 500 pixels wide, a frame as narrow as it shall be.
_FRAME = '<iframe width="{width}" height="900" style="border: 0" srcdoc="{page}"></iframe>'


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [375, 1440])
def test_chromium_opens_the_pages_without_an_error(written: dict[str, Path], tmp_path: Path, width: int) -> None:
    """On a telephone and on a screen all fits, no network is asked, and the keyboard opens and closes every part."""
    names = "lstm ko", "conv en", "why lesson"
    texts = [written[name].read_text("utf-8").replace("</body>", _PROBE) for name in names]
    frames = "".join(_FRAME.format(width=width, page=escape(text)) for text in texts)
    (tmp_path / "page.html").write_text(f'<meta charset="utf-8"><title></title>{frames}', "utf-8")
    options = ["--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command = ["chromium", "--headless", *options, "--dump-dom", (tmp_path / "page.html").as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    results = re.findall(r"(\d+) (\d+) (\w+) (\d+);", run.stdout.partition("</title>")[0])
    assert len(results) == len(names), run.stderr
    for name, (needed, there, keys, asked) in zip(names, results, strict=True):
        assert int(needed) <= int(there) == width, name
        assert (keys, asked) == ("true", "0"), name
    assert "CONSOLE" not in run.stderr


def test_large_arrays_show_corners_and_say_of_what(tmp_path: Path) -> None:
    X, y = np.random.default_rng(0).random((32, 784)), np.arange(32) % 10
    trace = cr.Network.mlp([784, 128, 64, 10]).trace(X, y, optimizer="adam")
    path = trace.write(tmp_path / "new/mlp.html")
    text = path.read_text("utf-8")
    assert len(text) < 2_000_000
    assert "[0:28, 0:28] of 784×128" in text
    data = trace.json()
    assert data["layers"][0]["forward"]["W"]["shown"] == "[0:16, 0:16]"
    assert np.shape(data["layers"][0]["forward"]["W"]["numbers"]) == (16, 16)


def test_a_corner_of_zeros_gives_way_to_where_numbers_are() -> None:
    row = np.zeros((1, 784))
    row[0, 300] = -2
    corner = numbers.corner(row, 6, 8)
    assert (corner.where, corner.first) == ("[0:1, 296:304]", (0, 296))
    assert corner.matrix[0, 4] == -2
    assert numbers.corner(row, 6, 400).where == "[0:1, 0:400]"
    row[0, 783] = 3
    assert numbers.corner(row, 6, 8).where == "[0:1, 776:784]"
    assert numbers.corner(np.zeros((3, 20)), 6, 8).where == "[0:3, 0:8]"
    network = cr.Network.mlp([784, 10])
    page = network.trace(row + 2, [3]).html(), network.trace(row * (row > 0), [3]).html()
    assert "<th scope=col>783</th>" not in page[0] and page[1].count("<th scope=col>783</th>") >= 2


def test_a_page_shows_the_digit_the_prediction_and_the_label() -> None:
    _, (X, y) = cr.datasets.load_mnist_small()
    trace = cr.Network.mlp([784, 10], seed=0).trace(X[:12], y[:12], training=False)
    page = trace.html()
    assert page.count("<svg") == 8 and page.count("<rect") == np.count_nonzero(X[:8])
    assert trace.loss is not None
    k = int(trace.loss.P[0].argmax())
    assert f"<figcaption>prediction: {k} ({trace.loss.P[0, k]:.1%})</figcaption>" in page
    assert f"<figcaption>label: {y[0]}</figcaption>" in page
    one_hot = cr.Network.mlp([784, 10], seed=0).trace(X[:1], np.eye(10)[y[:1]], training=False)
    assert f"<figcaption>정답: {y[0]}</figcaption>" in one_hot.html(lang="ko")
    assert "<svg" not in cr.Network.mlp([64, 2]).trace(np.random.default_rng(0).standard_normal((1, 64))).html()


def test_records_have_a_short_repr(trace: Trace) -> None:
    assert [repr(record) for record in trace.layers][:2] == ["LayerRecord(layer0  Dense)", "LayerRecord(layer1  tanh)"]
    assert repr(trace.loss).startswith("LossRecord(loss = 0.")
    assert re.fullmatch(r"Why\(layer0.dW\[0, 0\] = \S+, 5 terms\)", repr(trace.why("layer0.W[0, 0]")))


def test_a_page_has_the_equations_of_the_optimizer(trace: Trace) -> None:
    assert "Adam(lr=0.001" in trace.html() and trace.html().count('<div class="equation">') == 2 + 1 + 2 + 1 + len(
        trace.optimizer.equations
    )


def test_notebooks_get_a_fragment(trace: Trace) -> None:
    for thing in trace, trace.why("layer0.W[0, 0]"), trace.why("layer0.W[:, 0]"):
        fragment = thing._repr_html_()
        assert fragment.startswith("<style>") and "<html" not in fragment
        Page(fragment)


def test_json_has_every_number_of_small_arrays(trace: Trace) -> None:
    data = json.loads(json.dumps(trace.json(), allow_nan=False))
    assert data["mode"] == "training" and data["optimizer"].startswith("Adam(")
    first = data["layers"][0]
    np.testing.assert_allclose(first["forward"]["W"]["numbers"], trace["layer0.W"])
    np.testing.assert_allclose(first["updated"]["W"]["numbers"], trace.layers[0].updated["W"])
    assert first["equations"][0] == "Z = A W + b" and data["loss"]["value"] == trace["loss"]
    assert "dead" in data["layers"][1]
    why = ask(trace, "layer2.W[0, 1]", difference=True)[0].json()
    assert why["terms"][0]["factor"].startswith("layer2.A[") and set(why["difference"]) == {"value", "doubt", "kink"}
    np.testing.assert_allclose(why["sum"], why["value"], rtol=1e-5)
    lstm = cr.Network([cr.LSTM(2)], "huber", input_shape=(3, 2)).trace(np.ones((1, 3, 2)), np.ones((1, 2)))
    assert len(lstm.json()["layers"][0]["steps"]) == 3


def test_the_book_shows_the_notes_numbers() -> None:
    record = book.trace(book.init_network(), np.array([1.0, 0.5]))
    assert list(record.json()["layers"][1]["forward"]) == ["L1", "z1"]
    np.testing.assert_allclose(record["y"], [0.31682708, 0.69627909], atol=1e-8)
    np.testing.assert_array_equal(record["y"], book.forward(book.init_network(), [1.0, 0.5]))
    why = record.why("L2[0]")
    assert isinstance(why, Why)
    assert [term.number_path for term in why.terms] == ["z1[2]", "z1[1]", "b2[0]", "z1[0]"]
    assert "sigmoid(L1[0] = 0.3000)" in str(record.why("z1[0]"))
    network, X = book.init_network(random=True, seed=0), [[1.0, 0.5], [0.2, 0.1]]
    np.testing.assert_array_equal(book.trace(network, X)["y"], book.forward(network, X))
