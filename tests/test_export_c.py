"""A network as a C file: it compiles without a warning, predicts the same numbers, and touches no memory of others."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.equations.activations import ACTIVATIONS
from chainrule.layers.own import OwnLayer
from tests.test_export_numpy import ROWS, Own, assert_same, inputs, trained

CC = shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(CC is None, reason="there is no compiler of C")

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-DNET_MAIN"]
SANITIZED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

NETWORKS = {
    "classes": lambda: cr.Network.mlp([20, 30, 20, 4], seed=0),
    "as many as MNIST": lambda: cr.Network.mlp([784, 32, 10], seed=0),
    "yes or no": lambda: cr.Network.mlp([5, 8, 1], hidden="tanh", seed=0),
    "counts": lambda: trained([cr.Scale(), cr.Dense(8), cr.BatchNorm(), cr.Dense(1)], "poisson", (3,)),
    "sequences": lambda: trained(
        [
            *(cr.Conv1D(8, 5, stride=2, padding="same"), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2, padding="same")),
            *(cr.Conv1D(6, 3, groups=2, dilation=2, padding=[(2, 1)], bias=False), cr.AveragePool(3, 2, "same")),
            *(cr.Dropout(0.2), cr.Flatten(), cr.BatchNorm(), cr.NTKDense(5), cr.SELU()),
        ],
        "categorical_cross_entropy",
        (30, 2),
    ),
    "features of steps": lambda: trained(
        [
            cr.Dense(4),
            cr.Reshape((4, 6)),
            cr.BatchNorm(),
            cr.Softmax(),
            cr.GlobalAveragePool(),
            cr.RandomDense(5, 0.5, 0),
        ],
        "mean_squared_error",
        (6, 3),
    ),
    "nothing but an activation": lambda: cr.Network([cr.Tanh()], "mean_squared_error", input_shape=(3,)),
    "nothing at all": lambda: cr.Network([cr.Flatten()], "mean_squared_error", input_shape=(3, 2)),
}


def compiled(network: cr.Network, folder: Path, *options: str) -> Path:
    cr.export.c(network, folder / "net.c")
    assert CC is not None
    program = folder / "net"
    done = subprocess.run(
        [CC, *STRICT, *options, str(folder / "net.c"), "-lm", "-o", str(program)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


def predicted(command: list[str], X: Any) -> Any:
    text = "".join(",".join(f"{number:.9g}" for number in x.ravel()) + "\n" for x in X)
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.array([line.split() for line in done.stdout.splitlines()], np.float32)


@pytest.mark.parametrize("options", [["-O2"], SANITIZED], ids=["optimized", "sanitized"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_compiles_and_predicts_the_same_numbers(name: str, options: list[str], tmp_path: Path) -> None:
    network = NETWORKS[name]()
    X = inputs(network)
    if options is SANITIZED and "-fsanitize" not in _supported(tmp_path):
        pytest.skip("the compiler has no sanitizers")
    P = predicted([str(compiled(network, tmp_path, *options))], X)
    assert_same(P, network.predict(X).reshape(ROWS, -1))


def _supported(folder: Path) -> str:
    (folder / "empty.c").write_text("int main(void) { return 0; }\n")
    assert CC is not None
    command = [CC, *SANITIZED, str(folder / "empty.c"), "-o", str(folder / "empty")]
    return "-fsanitize" if subprocess.run(command, capture_output=True).returncode == 0 else ""


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="Valgrind is not installed")
def test_valgrind_finds_nothing(tmp_path: Path) -> None:
    network = NETWORKS["sequences"]()
    X = inputs(network, 20)
    program = compiled(network, tmp_path, "-g")
    command = ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=9", str(program)]
    assert_same(predicted(command, X), network.predict(X))


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_every_activation(function: str, tmp_path: Path) -> None:
    network = cr.Network([cr.Activation(function)], "mean_squared_error", input_shape=(6,))
    X = np.array([[-80, -9, -0.5, 0, 0.5, 3], [-1e3, -20, -1e-3, 1e-3, 20, 1e3]], np.float32)
    assert_same(predicted([str(compiled(network, tmp_path))], X), network.predict(X))


@pytest.mark.parametrize("layer", [cr.LeakyReLU(0.3), cr.ELU(0.5)], ids=["leaky_relu", "elu"])
def test_activations_with_a_number(layer: Any, tmp_path: Path) -> None:
    network = cr.Network([cr.Dense(4), layer, cr.Dense(2)], "mean_squared_error", input_shape=(3,))
    X = inputs(network)
    assert_same(predicted([str(compiled(network, tmp_path))], X), network.predict(X))


def test_batch_normalization_is_folded_where_it_follows_weights(tmp_path: Path) -> None:
    folded = trained([cr.Dense(4), cr.Dropout(), cr.BatchNorm(), cr.ReLU()], "mean_squared_error", (3,))
    cr.export.c(folded, tmp_path / "net.c")
    assert "scale_and_shift" not in (tmp_path / "net.c").read_text()
    apart = trained([cr.Dense(4), cr.ReLU(), cr.BatchNorm()], "mean_squared_error", (3,))
    cr.export.c(apart, tmp_path / "net.c")
    assert "scale_and_shift(a, 1, 4, scale2, shift2);" in (tmp_path / "net.c").read_text()


def test_a_file_holds_what_it_calls_alone(tmp_path: Path) -> None:
    cr.export.c(cr.Network.mlp([4, 8, 3], seed=0), tmp_path / "net.c")
    text = (tmp_path / "net.c").read_text()
    assert re.findall(r"^static (?:float|void) (\w+)", text, re.M) == ["relu", "softmax", "dense"]
    assert "malloc" not in text and re.findall(r"#include <(\w+)", text) == [
        "math",
        "string",
        "float",
        "stdio",
        "stdlib",
    ]
    assert "static float a[8], b[8];" in text


@pytest.mark.parametrize(
    ("text", "rows", "said"),
    [
        ("1 2 3\n4 5\n", 1, "line 2: expected 3 numbers, but it has 2"),
        ("1,2,3,4,5,6\n", 0, "line 1: expected 3 numbers, but it has 6"),
        ("1\n2\n3\n", 0, "line 1: expected 3 numbers, but it has 1"),
        ("a,b,c\n1,2,3\n", 0, 'line 1, number 1: "a" is no number'),
        ("1,2,x\n", 0, 'line 1, number 3: "x" is no number'),
        ("1,,3\n", 0, 'line 1, number 2: "" is no number'),
        ("1,2,\n", 0, 'line 1, number 3: "" is no number'),
        ("nan,1,2\n", 0, 'line 1, number 1: "nan" is no number, or NaN, infinite or too large'),
        ("1,inf,2\n", 0, 'line 1, number 2: "inf"'),
        ("1,1e39,2\n", 0, 'line 1, number 2: "1e39"'),
        ("3e38,3e38,3e38\n", 0, "line 1: the prediction is NaN or infinite"),
        (" 1 , 2\t,3 \r\n\n4 5 6", 2, ""),
        ("", 0, ""),
    ],
)
def test_a_line_is_a_row_and_what_is_none_is_an_error(text: str, rows: int, said: str, tmp_path: Path) -> None:
    network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(3,), seed=0)
    network.params[0]["W"][:] = 2
    done = subprocess.run([compiled(network, tmp_path)], input=text, capture_output=True, text=True)
    assert done.stdout.count("\n") == rows
    assert done.returncode == bool(said) and done.stderr.startswith(said) and done.stderr.count("\n") == bool(said)


def test_the_file_says_how_inputs_were_scaled(tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 1], seed=0)
    cr.export.c(network, tmp_path / "net.c")
    assert "multiplied" not in (tmp_path / "net.c").read_text()
    network.input_scale = 1 / 255
    cr.export.c(network, tmp_path / "net.c")
    assert "Inputs were multiplied by 0.00392157 in training" in (tmp_path / "net.c").read_text()


def test_float64_becomes_float32_or_is_refused(tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 4, 1], "tanh", seed=0, dtype=np.float64)
    X = inputs(network)
    P = predicted([str(compiled(network, tmp_path))], X)
    assert np.abs(P - network.predict(X)).max() < 1e-6
    network.params[0]["W"][0, 0] = 1e300
    with pytest.raises(InputError, match="W1 holds numbers that are too large for float32"):
        cr.export.c(network, tmp_path / "net.c")


@pytest.mark.parametrize(
    ("layers", "shape", "said"),
    [
        ([cr.Conv2D(2, 3)], (8, 8, 1), "Conv2D cannot be exported to C, which is for chains of Dense, NTKDense"),
        ([cr.LSTM(2)], (8, 1), "LSTM cannot be exported to C"),
        ([cr.Residual(cr.Dense(3))], (3,), "Residual cannot be exported to C"),
        ([cr.MaxPool(2)], (8, 8, 1), "MaxPool of pictures cannot be exported to C"),
        ([OwnLayer(Own())], (3,), "Own cannot be exported to C"),
    ],
)
def test_other_layers_are_refused_by_name(layers: Any, shape: Any, said: str, tmp_path: Path) -> None:
    network = cr.Network(layers, "mean_squared_error", input_shape=shape)
    with pytest.raises(InputError, match=said):
        cr.export.c(network, tmp_path / "net.c")
    assert not os.listdir(tmp_path)


def test_the_name_must_end_with_c(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"writes a file whose name ends with .c, but got net.py. Name it net.c."):
        cr.export.c(cr.Network.mlp([2, 1]), "net.py")
