"""A network as a NumPy script: the same numbers as `predict`, in code that people read, lint and run."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.arrays import INFERENCE, map_leaves
from chainrule.cli import main
from chainrule.common import atomic
from chainrule.common.errors import DataWarning, InputError
from chainrule.equations.losses import MeanSquaredError
from chainrule.export.checks import check_network, path_of
from chainrule.export.numpy_steps import STEPS
from chainrule.export.python_code import Bracket, list_of
from chainrule.layers import LAYERS
from chainrule.layers.own import OwnLayer
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase

ROWS = 1000
RUFF = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def script(network: Any, folder: Path, *, single: bool = False) -> dict[str, Any]:
    """Export a network, and return what its script defines."""
    path = folder / "net.py"
    cr.export.numpy(network, path, single)
    names: dict[str, Any] = {"__name__": "net", "__file__": str(path)}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    return names


def assert_same(P: Any, expected: Any, tolerance: float = 1e-6) -> None:
    assert P.shape == expected.shape and P.dtype == expected.dtype
    assert np.abs(P - expected).max() <= tolerance * max(1, np.abs(expected).max())


def inputs(network: cr.Network, rows: int = ROWS) -> Any:
    assert network.input_shape is not None
    rng = np.random.default_rng(0)
    if (vocabulary := network.body.vocabulary_of_input) is not None:
        return rng.integers(0, vocabulary, (rows, *network.input_shape))
    return rng.standard_normal((rows, *network.input_shape)).astype(np.float32)


def trained(layers: list[Any], loss: str, input_shape: tuple[int, ...]) -> cr.Network:
    """Return a network whose parameters are all different, running statistics included."""
    network = cr.Network(layers, loss, input_shape=input_shape)
    rng = np.random.default_rng(1)
    network.params = map_leaves(lambda p: p + rng.uniform(0.05, 0.2, p.shape).astype(p.dtype), network.params)
    return network


NETWORKS = {
    "classes": lambda: cr.Network.mlp([20, 30, 20, 4], seed=0),
    "yes or no": lambda: cr.Network.mlp([5, 8, 1], hidden="tanh", seed=0),
    "counts": lambda: trained([cr.Dense(8), cr.Softplus(), cr.Dense(1)], "poisson", (3,)),
    "pictures": lambda: trained(
        [
            *(cr.Conv2D(6, 3, stride=2, padding="same"), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2, padding="same")),
            *(cr.Conv2D(4, 3, groups=2, dilation=2, padding=2, bias=False), cr.GELU(), cr.AveragePool(2, 1, "same")),
            *(cr.SpatialDropout(0.2), cr.Flatten(), cr.Dense(3)),
        ],
        "categorical_cross_entropy",
        (11, 9, 2),
    ),
    "words": lambda: trained(
        [
            *(cr.Embedding(40, 5), cr.Bidirectional(cr.LSTM(4, sequence=True)), cr.GRU(4, sequence=True, reverse=True)),
            *(cr.RNN(4, activation="relu"), cr.Dense(1)),
        ],
        "binary_cross_entropy",
        (6,),
    ),
    "padding": lambda: trained(
        [
            *(cr.Embedding(40, 5), cr.Bidirectional(cr.LSTM(4, sequence=True)), cr.BatchNorm()),
            *(cr.Conv1D(6, 3, padding="same"), cr.GroupNorm(2), cr.GRU(4, sequence=True, reverse=True)),
            cr.Residual([cr.RNN(4, sequence=True), cr.Conv1D(4, 3, padding="same", groups=2)]),
            cr.Graph({"a": (cr.Tanh(), ["input"]), "b": ("concatenate", ["a", "input"])}),
            cr.Concatenate([cr.GlobalAveragePool(), cr.RNN(3, activation="relu", reverse=True)]),
            cr.Dense(1),
        ],
        "binary_cross_entropy",
        (6,),
    ),
    "branches": lambda: trained(
        [
            cr.Residual([cr.Dense(6), cr.Tanh()]),
            cr.Concatenate([cr.Dense(3), None, [cr.LayerNorm(), cr.RandomDense(4, 0.5, seed=0)]]),
            cr.Graph({"a": (cr.Dense(4), ["input"]), "b": (cr.Mish(), ["a"]), "sum": ("add", ["a", "b"])}),
            cr.NTKDense(2),
        ],
        "mean_squared_error",
        (6,),
    ),
    "numbers and words": lambda: trained(
        [
            cr.Concatenate([[cr.Embedding(9, 3), cr.Flatten()], [cr.Flatten(), cr.Dense(2), cr.ReLU()], cr.Dense(2)]),
            cr.Dense(2),
        ],
        "mean_squared_error",
        (4,),
    ),
}


@pytest.mark.parametrize("single", [False, True], ids=["weights beside", "weights inside"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_predicts_the_same_numbers(name: str, single: bool, tmp_path: Path) -> None:
    network = NETWORKS[name]()
    X = inputs(network)
    assert_same(script(network, tmp_path, single=single)["predict"](X), network.predict(X))
    assert sorted(os.listdir(tmp_path)) == (["net.py"] if single else ["net.npz", "net.py"])


CASES = [case for case in LAYER_CASES if case.mode is INFERENCE and not case.states and case.shape[1:]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_layer_computes_the_same_in_float64(case: LayerCase, tmp_path: Path) -> None:
    network = cr.Network([case.layer], "mean_squared_error", input_shape=case.shape[1:], dtype=np.float64)
    network.params = (case.params(),)
    x = case.input()
    assert_same(script(network, tmp_path)["predict"](x), network.predict(x), tolerance=1e-12)


MASKED = [case for case in LAYER_CASES if case.mode.mask is not None and not case.mode.training and not case.states]


@pytest.mark.parametrize("case", MASKED, ids=lambda case: case.name)
def test_every_layer_skips_padding_as_the_mask_says(case: LayerCase, tmp_path: Path) -> None:
    network = cr.Network([case.layer], "mean_squared_error", input_shape=case.shape[1:], dtype=np.float64)
    network.params = (case.params(),)
    x, mask = case.input(), case.mode.mask
    padded = np.where(mask if x.ndim == 2 else mask[:, :, None], x, 999 if x.ndim == 2 else np.nan)
    expected, predict = network.predict(x, mask=mask), script(network, tmp_path)["predict"]
    assert_same(predict(padded, mask) if "mask" in predict.__code__.co_varnames else predict(x), expected, 1e-12)


def test_a_network_of_all_that_skips_padding(tmp_path: Path) -> None:
    network = NETWORKS["padding"]()
    X, predict = inputs(network), script(network, tmp_path)["predict"]
    mask = np.random.default_rng(2).random(X.shape) < 0.6  # also between steps with data, and none at all
    mask[0] = False
    assert_same(predict(np.where(mask, X, -1), mask), network.predict(X, mask=mask))
    # Transposed, it has as many numbers; and neither a weight of 2 nor NaN is one or the other.
    for wrong in (mask[:, :5], mask.T, 2 * mask, np.where(mask, np.nan, 0)):
        with pytest.raises(ValueError, match=r"mask must be 0s and 1s of shape \(\d+, \d+\), \(n, time\)"):
            predict(X, wrong)


def test_every_layer_has_a_step() -> None:
    assert set(STEPS) == set(LAYERS.values())


@pytest.mark.skipif(RUFF is None, reason="Ruff is not installed")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_code_has_the_form_that_linters_ask_for(name: str, tmp_path: Path) -> None:
    cr.export.numpy(NETWORKS[name](), tmp_path / "net.py")
    assert_well_formed(tmp_path)


def assert_well_formed(folder: Path) -> None:
    for command in (["check", "--select=E,F,W,I,B,UP,C90,SIM", "--ignore=E741"], ["format", "--diff"]):
        assert RUFF is not None
        arguments = [RUFF, *command, "--isolated", "--no-cache", str(folder / "net.py")]
        done = subprocess.run(arguments, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_long_lists_stand_in_one_line_each() -> None:
    towns = tuple(f"town number {i}" for i in range(9))
    call = Bracket("others(", ("rows", list_of(towns)))
    lines = [f'            "{town}",' for town in towns]
    assert call.lines(4) == ["    others(", "        rows,", "        [", *lines, "        ],", "    )"]


def test_a_step_is_told_in_the_textbooks_names(tmp_path: Path) -> None:
    cr.export.numpy(cr.Network.mlp([4, 8, 3], seed=0), tmp_path / "net.py")
    text = (tmp_path / "net.py").read_text("utf-8")
    assert (
        text[text.index("def predict") : text.index("def is_number")]
        == '''\
def predict(X):
    """Return the outputs, (n, 3), for inputs X of shape (n, 4)."""
    A0 = np.asarray(X, np.float32)

    # Dense: from (n, 4) to (n, 8), Z = A W + b.
    W1, b1 = WEIGHTS["W1"], WEIGHTS["b1"]  # (4, 8), (8,)
    Z1 = A0 @ W1 + b1
    A1 = relu(Z1)

    # Dense: from (n, 8) to (n, 3), Z = A W + b.
    W2, b2 = WEIGHTS["W2"], WEIGHTS["b2"]  # (8, 3), (3,)
    Z2 = A1 @ W2 + b2
    A2 = softmax(Z2)
    return A2


'''
    )
    assert re.findall(r"^def (\w+)", text, re.M) == [
        "relu",
        "softmax",
        "predict",
        "is_number",
        "number",
        "read",
        "main",
        "load",
    ]
    assert "import chainrule" not in text


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "net.py", *arguments], cwd=folder, capture_output=True, text=True
    )


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    network = cr.Network.mlp([4, 8, 3], seed=0)
    X = inputs(network)
    cr.export.numpy(network, tmp_path / "net.py")
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",", header="a,b,c,d", comments="")
    done = ran(tmp_path, "rows.csv")
    assert done.returncode == 0, done.stderr
    classes, probabilities = np.array([line.split() for line in done.stdout.splitlines()]).T
    P = network.predict(X)
    assert (classes.astype(int) == P.argmax(axis=1)).all()
    assert np.abs(probabilities.astype(float) - P.max(axis=1)).max() < 2e-6
    assert "4 numbers in each row" in ran(tmp_path, "--help").stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1,2\n1\n", "row 2 of rows.csv has length 1, not 2"),
        ("1,x\n", "row 1, column 2 of rows.csv is no number, but 'x'"),
        ("nan,1\n", "row 1, column 1 of rows.csv is no number, but 'nan'"),
        ("1,2\ninf,2\n", "row 2, column 1 of rows.csv is no number, but 'inf'"),
        ("1,1_0\n", "row 1, column 2 of rows.csv is no number, but '1_0'"),
        ("1,1e39\n", "row 1, column 2 of rows.csv is too large: 1e39"),
        ("0.5;1\n", "rows.csv has no row of numbers"),
        (None, "No such file or directory: 'rows.csv'"),
    ],
)
def test_wrong_rows_are_an_error_in_one_line(content: str | None, said: str, tmp_path: Path) -> None:
    cr.export.numpy(cr.Network.mlp([2, 1], seed=0), tmp_path / "net.py")
    if content is not None:
        (tmp_path / "rows.csv").write_text(content)
    done = ran(tmp_path, "rows.csv")
    assert done.returncode == 1 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_raw_pixels_are_scaled_as_predict_scales_them(tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 1], seed=0)
    network.input_scale = 1 / 255
    names = script(network, tmp_path)
    for text, X in (("0,51,255\n", [[0, 0.2, 1]]), ("0,0.2,1\n", [[0, 0.2, 1]]), ("0,1,1\n", [[0, 1, 1]])):
        (tmp_path / "rows.csv").write_text(text)
        np.testing.assert_allclose(names["read"](tmp_path / "rows.csv"), X, rtol=1e-6)
    assert "multiplied by 0.00392157" in names["__doc__"]


def test_numbers_that_are_looked_up_are_checked(tmp_path: Path) -> None:
    predict = script(cr.Network([cr.Embedding(4, 2)], "mean_squared_error", input_shape=(2,)), tmp_path)["predict"]
    for wrong in ([[0, 4]], [[-1, 0]], [[0.5, 1]]):
        with pytest.raises(ValueError, match="whole numbers from 0 to 3"):
            predict(wrong)


# Tables.


def homes(rows: int = 200) -> polars.DataFrame:
    """Return a table with numbers, some of them missing, categories, some of them rare, and truth values."""
    rng = np.random.default_rng(0)
    area = rng.normal(70, 20, rows).round(1)
    town = rng.choice(["Ulm", 'the "old" town', "서울", "Bonn"], rows).tolist()
    town[0] = "Rare"
    return polars.DataFrame(
        {
            "area": [f"{a}" if i % 9 else ("N/A" if i % 2 else "") for i, a in enumerate(area)],
            "rooms": rng.integers(1, 5, rows),
            "town": town,
            "north": rng.choice(["yes", "No"], rows),
            "heating": rng.choice(["gas", "oil"], rows),
            "price": area * 3 + rng.normal(size=rows),
            "sold": rng.choice(["yes", "no"], rows),
            "kind": rng.choice(["flat", "house", "villa"], rows),
        }
    )


TARGETS = ["price", "sold", "kind"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_table_is_prepared_and_predicted_the_same(target: str, tmp_path: Path) -> None:
    table = homes().drop([name for name in TARGETS if name != target])
    model = cr.TableModel.fit(table, target, layers=(6,), epochs=1, verbose=False)
    names = script(model, tmp_path)
    new = homes(ROWS).with_columns(polars.Series("town", [" Ulm ", "Rare", "unknown", "서울", "NA"] * (ROWS // 5)))
    new.write_csv(tmp_path / "new.csv", include_bom=True)
    rows = names["read"](tmp_path / "new.csv")
    table = cr.tables.read(tmp_path / "new.csv")
    with pytest.warns(DataWarning, match="200 values that training did not know"):
        expected = model.predict(table) if target == "price" else model.predict_proba(table)
    assert_same(names["predict"](rows), expected)
    done = ran(tmp_path, "new.csv")
    assert done.returncode == 0, done.stderr
    printed = [line.split()[0] for line in done.stdout.splitlines()]
    if target == "price":
        np.testing.assert_allclose(np.array(printed, float), expected, rtol=1e-5)
    else:
        assert printed == [model.target.classes[place] for place in expected.argmax(axis=1)]
    if RUFF is not None:
        assert_well_formed(tmp_path)


def test_a_table_without_a_column_is_an_error(tmp_path: Path) -> None:
    table = {"x": [float(i % 7) for i in range(60)], "y": ["a", "b"] * 30}
    cr.export.numpy(cr.TableModel.fit(table, "y", layers=(2,), epochs=1, verbose=False), tmp_path / "net.py")
    (tmp_path / "new.csv").write_text("z\n1\n")
    assert ran(tmp_path, "new.csv").stderr == "error: new.csv lacks the columns x\n"


def test_numbers_of_a_table_are_read_and_refused_as_by_predict(tmp_path: Path) -> None:
    table = {"x": [float(i % 7 * 300) for i in range(60)], "y": ["a", "b"] * 30}
    model = cr.TableModel.fit(table, "y", layers=(2,), epochs=1, verbose=False)
    predict = script(model, tmp_path)["predict"]
    texts = ["1,234", "1,234.5", "(5)", "\u22125", ".5", "1 234", "1e3", "+7", "1'000"]
    assert_same(predict([{"x": text} for text in texts]), model.predict_proba({"x": texts}))
    for wrong in ("inf", "1_000", "\u0663", "1e999", "1,23", "x"):
        (tmp_path / "new.csv").write_text("x\n" + "1\n" * 300 + f'"{wrong}"\n', "utf-8")
        done = ran(tmp_path, "new.csv")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: row 301, column 'x' is ") and done.stderr.count("\n") == 1
        with pytest.raises(InputError):
            model.predict({"x": [wrong, "1"]})


def test_names_are_never_code(tmp_path: Path) -> None:
    evil = 'a"]\nraise SystemExit("""'
    nodes = {evil.replace(".", ""): (cr.Dense(2), ["input"])}
    network = cr.Network([cr.Graph(nodes)], "mean_squared_error", input_shape=(2,))
    assert_same(script(network, tmp_path)["predict"](inputs(network)), network.predict(inputs(network)))
    table = {evil: [float(i % 7) for i in range(60)], "color": [evil, "b", "b"] * 20, "y": ["'\"\\", "b"] * 30}
    model = cr.TableModel.fit(table, "y", layers=(2,), epochs=1, verbose=False)
    names = script(model, tmp_path)
    rows = [{evil: "3", "color": evil}, {evil: "4", "color": "b"}]
    assert names["CLASSES"] == ["'\"\\", "b"]
    assert_same(names["predict"](rows), model.predict_proba({evil: [3.0, 4.0], "color": [evil, "b"]}))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([f"2024-0{1 + i % 9}-0{1 + i % 7}" for i in range(60)], "Column 'x' holds dates, whose reading is too long"),
        ([f"{i % 7},5" for i in range(60)], "Column 'x' holds numbers like 1,5, whose reading is too long"),
    ],
)
def test_columns_that_take_long_to_read_are_refused(column: list[str], said: str, tmp_path: Path) -> None:
    model = cr.TableModel.fit({"x": column, "y": ["a", "b"] * 30}, "y", layers=(2,), epochs=1, verbose=False)
    with pytest.raises(InputError, match=said):
        cr.export.numpy(model, tmp_path / "net.py")
    assert not os.listdir(tmp_path)


def test_a_model_that_sees_the_past_is_refused(tmp_path: Path) -> None:
    table = {"y": [float(i % 5) for i in range(60)]}
    model = cr.TableModel.fit(table, "y", history=3, layers=(2,), epochs=1, verbose=False)
    with pytest.raises(InputError, match="predicts from the rows before"):
        cr.export.numpy(model, tmp_path / "net.py")


# What cannot be written.


class Own:
    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return x, None

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy, {}


class DoubledError(MeanSquaredError):
    """A loss of a user's own, with an output activation that no file knows."""

    def activation(self, Z: Any) -> Any:
        return 2 * Z


def not_finite() -> cr.Network:
    network = cr.Network.mlp([2, 1], seed=0)
    network.params[0]["W"][0, 0] = np.nan
    return network


@pytest.mark.parametrize(
    ("network", "path", "said"),
    [
        (lambda: cr.Network([cr.Dense(1)], "mean_squared_error"), "net.py", "needs a network with parameters"),
        (not_finite, "net.py", "0.W holds NaN"),
        (lambda: cr.Network([OwnLayer(Own())], "huber", input_shape=(2,)), "net.py", "Own is a layer of your own"),
        (lambda: cr.Network.mlp([2, 1]), "net", r"name ends with .py, but got net. Name it net.py."),
        (lambda: cr.Network.mlp([2, 1]), ".py", r"but got .py. Name it net.py."),
    ],
)
def test_what_cannot_be_exported_is_refused_with_the_reason(
    network: Any, path: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        cr.export.numpy(network(), path)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(("write", "name"), [(cr.export.numpy, "net.py"), (cr.export.c, "net.c")])
def test_a_loss_whose_output_activation_is_unknown_is_refused(write: Any, name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The loss DoubledError cannot be exported: it is none of chainrule's own"):
        write(cr.Network([cr.Dense(1)], DoubledError(), input_shape=(2,)), tmp_path / name)
    assert not os.listdir(tmp_path)


def test_what_is_no_network_or_no_path_is_refused() -> None:
    with pytest.raises(InputError, match=r"export.c takes a Network, but got a int."):
        check_network("export.c", 3)
    with pytest.raises(InputError, match=r"export.c takes the path of a file, but got 3."):
        path_of("export.c", 3, ".c")
    with pytest.raises(InputError, match=r"but got \.. Name it net.c."):
        path_of("export.c", "", ".c")


def test_parameters_that_do_not_fit_the_layers_are_refused(tmp_path: Path) -> None:
    network = cr.Network.mlp([2, 3, 1], seed=0)
    network.params = ({"W": np.ones((2, 4), np.float32), "b": np.ones(4, np.float32)}, *network.params[1:])
    for write, name in (cr.export.numpy, "a.py"), (cr.export.c, "a.c"):
        with pytest.raises(InputError, match=r"need 0\.W of shape \(2, 3\), but the network holds \(2, 4\)"):
            write(network, tmp_path / name)
    assert not [*tmp_path.iterdir()]


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, which another test may have begun; not the child
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, to start many writers fast")
def test_a_killed_writer_leaves_the_old_files_or_the_new_ones(tmp_path: Path) -> None:
    networks = [cr.Network.mlp([20, 30, 4], hidden=hidden) for hidden in ("relu", "tanh")]  # He's numbers, Xavier's
    texts, weights = set(), set()
    for network in networks:
        cr.export.numpy(network, tmp_path / "net.py")
        texts.add((tmp_path / "net.py").read_bytes())
    rng = np.random.default_rng(0)
    ends = set()
    fork = multiprocessing.get_context("fork")
    for _ in range(200):
        begun = fork.Event()
        writer = fork.Process(target=_write_again_and_again, args=(networks, tmp_path, begun))
        writer.start()
        begun.wait()
        time.sleep(rng.uniform(0.005, 0.02))
        writer.kill()
        writer.join()
        text = (tmp_path / "net.py").read_bytes()
        assert text in texts
        with np.load(tmp_path / "net.npz") as file:
            weights.add(file["W1"].tobytes())
            ends.add(str(file["of"]).encode() in text)
    assert len(weights) == 2  # some were killed after they had written one and the other
    assert True in ends


def _write_again_and_again(networks: list[cr.Network], folder: Path, begun: Any) -> None:
    begun.set()
    for network in itertools.cycle(networks):
        cr.export.numpy(network, folder / "net.py")


def test_a_script_refuses_the_weights_of_another_one(tmp_path: Path) -> None:
    first, second = (cr.Network.mlp([3, 4, 2], hidden=hidden, seed=0) for hidden in ("relu", "tanh"))
    cr.export.numpy(first, tmp_path / "net.py")
    script = (tmp_path / "net.py").read_text("utf-8")
    cr.export.numpy(second, tmp_path / "net.py")
    runpy.run_path(str(tmp_path / "net.py"))
    (tmp_path / "net.py").write_text(script, "utf-8")
    with pytest.raises(ValueError, match="are another script's: export both again"):
        runpy.run_path(str(tmp_path / "net.py"))


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_weights_that_are_missing_or_cut_are_told_in_one_sentence(damage: str, tmp_path: Path) -> None:
    cr.export.numpy(cr.Network.mlp([3, 4, 2], seed=0), tmp_path / "net.py")
    weights = tmp_path / "net.npz"
    weights.write_bytes(weights.read_bytes()[:400]) if damage == "cut" else weights.unlink()
    assert ran(tmp_path, "rows.csv").stderr == "error: net.npz is missing or damaged: export both again\n"
    with pytest.raises(ValueError, match=r"net.npz is missing or damaged"):
        runpy.run_path(str(tmp_path / "net.py"))


def test_weights_stand_beside_the_script_and_not_beside_a_link_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "target.py").touch()
    (tmp_path / "net.py").symlink_to(tmp_path / "scripts" / "target.py")
    network = cr.Network.mlp([3, 4, 2], seed=0)
    cr.export.numpy(network, tmp_path / "net.py")
    assert sorted(os.listdir(tmp_path / "scripts")) == ["target.npz", "target.py"]
    for path in (tmp_path / "net.py", tmp_path / "scripts" / "target.py"):
        assert_same(runpy.run_path(str(path))["predict"](inputs(network)), network.predict(inputs(network)))
    cr.save(network, tmp_path / "m.safetensors")
    assert main(["export", str(tmp_path / "m.safetensors"), "--to=numpy", f"--out={tmp_path / 'net.py'}"]) == 0
    assert f"{tmp_path / 'net.py'} + {tmp_path / 'scripts' / 'target.npz'} written." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["numpy.py", "csv.py", "argparse.py", "random.py"])
def test_a_script_hides_no_module_that_it_imports(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"must not be named {name}: Python would import it"):
        cr.export.numpy(cr.Network.mlp([2, 1]), tmp_path / name)
    assert not os.listdir(tmp_path)


def test_the_script_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(atomic, "write", lambda path, content: written.append(path.name))
    cr.export.numpy(cr.Network.mlp([2, 1]), tmp_path / "new" / "net.py")
    assert written == ["net.npz", "net.py"]


# The command.


def test_the_command_says_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cr.save(cr.Network.mlp([2, 1], seed=0), "m.safetensors")
    assert main(["export", "m.safetensors", "--to", "numpy", "--out", "net.py"]) == 0
    assert capsys.readouterr().out == (
        "net.py + net.npz written. python net.py rows.csv prints a prediction for each row.\n"
    )
    assert main(["export", "m.safetensors", "--to", "numpy", "--out", "one.py", "--single"]) == 0
    assert capsys.readouterr().out.startswith("one.py written. python one.py rows.csv")
    assert sorted(os.listdir()) == ["m.safetensors", "net.npz", "net.py", "one.py"]
    assert main(["export", "m.safetensors", "--to", "nunpy", "--out", "net.py"]) == 2
    assert "There is no format 'nunpy'. Did you mean 'numpy'?" in capsys.readouterr().err
    assert main(["export", "m.safetensors", "--to", "c", "--out", "net.c", "--single"]) == 2
    assert "--single is for --to numpy" in capsys.readouterr().err


def test_the_command_exports_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_type_checks: None
) -> None:
    monkeypatch.chdir(tmp_path)
    table = {"x": [float(i % 7) for i in range(60)], "y": ["a", "b"] * 30}
    cr.TableModel.fit(table, "y", layers=(2,), epochs=1, verbose=False).save("m.safetensors")
    assert main(["export", "m.safetensors", "--to", "numpy", "--out", "net.py"]) == 0
    assert 'CLASSES = ["a", "b"]' in Path("net.py").read_text("utf-8")
    capsys.readouterr()
    assert main(["export", "m.safetensors", "--to", "c", "--out", "net.c"]) == 2
    assert "export.c writes a network alone, but a TableModel prepares its inputs, too" in capsys.readouterr().err
