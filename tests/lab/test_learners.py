"""The learner's file in the lab: the report, hints one by one, and the learner's own numbers beside the right ones."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.checker.equations import convolution, recurrent
from chainrule.checker.findings import Report
from chainrule.checker.running import sandbox
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.lab import own_numbers
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.compared import compared, differing
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.learners import LearnerFile
from chainrule.lab.on_screen import OnScreen, on_screen, rows_of
from chainrule.lab.session import Session
from chainrule.layers import LSTM, RNN, Activation, AveragePool, Conv2D, Dense, Flatten, MaxPool, ReLU, Tanh

CORPUS = Path(__file__).resolve().parents[1] / "checker" / "corpus"
COURSE, BOOK = CORPUS / "right" / "course_korean.py", CORPUS / "right" / "two_layer_book.py"
RELU = Blueprint(data=DataChoice(count=40), layers=(Dense(4), Activation("relu"), Dense(3), Activation("relu")))
CLASSES = Blueprint(data=DataChoice(name="spirals", count=60), layers=(Dense(5), Activation("sigmoid")))
FUNCTIONS = """\
import numpy as np

def relu(Z):
    return np.maximum(0, Z), Z

def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ

def linear_forward(A, W, b):
    return W.dot(A) + b, (A, W, b)

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / m, np.sum(dZ, axis=1, keepdims=True) / m
"""


@pytest.fixture(scope="module")
def relu_net() -> Iterator[Session]:
    """A network as the course has it: ReLU, ReLU, sigmoid."""
    session = Session(RELU, DataSets())
    yield session
    session.close()


@pytest.fixture(scope="module")
def class_net() -> Iterator[Session]:
    """A network as the book has it: sigmoid, softmax."""
    session = Session(CLASSES, DataSets())
    yield session
    session.close()


def written(folder: Path, code: str, name: str = "mine.py") -> LearnerFile:
    """A file with some code."""
    path = folder / name
    path.write_text(code, "utf-8")
    return LearnerFile(path)


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What became of each function."""
    assert told["problem"] is None
    return {function["function"]: function for function in told["functions"]}


def test_right_functions_give_the_numbers_on_the_screen(relu_net: Session) -> None:
    functions = by_name(LearnerFile(COURSE).beside(relu_net, [0, 1, 2]))
    assert {function["status"] for function in functions.values()} == {"same"}
    assert [tried["layer"] for tried in functions["linear_backward"]["tries"]] == [0, 2, 4]
    assert [tried["layer"] for tried in functions["sigmoid_backward"]["tries"]] == [4]
    whole = functions["N_layers_backward"]["tries"][0]
    assert whole["title"] == "the whole network"
    assert {quantity["name"] for quantity in whole["quantities"]} == {f"d{kind}{n}" for kind in "Wb" for n in (1, 2, 3)}


def test_the_right_numbers_are_those_of_the_trace(relu_net: Session) -> None:
    """The gradients of the course's layers are those of the sum over the examples, those of parameters of the mean."""
    functions = by_name(LearnerFile(COURSE).beside(relu_net, [0, 1]))
    examples = relu_net.examples
    traced = relu_net.network.trace(examples.X[:2], examples.y[:2])
    first = functions["linear_backward"]["tries"][0]
    assert first["in_pass"] == {"room": "pass", "layer": "layer0", "phase": "backward"}
    assert functions["linear_forward"]["tries"][1]["in_pass"]["phase"] == "forward"
    shown = {quantity["name"]: quantity["table"]["cells"] for quantity in first["quantities"]}
    assert float(shown["dW"][1][0]["right"]) == pytest.approx(traced["layer0.dW"][0, 1], abs=1e-4)
    assert float(shown["dA_prev"][0][1]["right"]) == pytest.approx(2 * traced["layer0.dA"][1, 0], abs=1e-3)


def test_rows_and_classes_of_the_book(class_net: Session) -> None:
    functions = by_name(LearnerFile(BOOK).beside(class_net, [0, 1, 2, 3]))
    assert {function["status"] for function in functions.values()} == {"same", "no-place"}
    gradient = functions["TwoLayerNet.gradient"]["tries"][0]
    W1 = next(quantity for quantity in gradient["quantities"] if quantity["name"] == "dW1")
    assert gradient["status"] == "same" and W1["shape"] == "(2, 5)"  # as rows have it


MISTAKES = {
    "relu_backward": (("    dZ[Z <= 0] = 0\n", "    dZ[Z <= 0] = 0\n    dZ[Z > 0] = 1\n"), "dZ[", "differ"),
    "linear_forward": (("W.dot(A) + b,", "W.dot(A) - b + 1,"), "Z[0, 0] is ", "differ"),
    "linear_backward": (("np.sum(dZ, axis=1, keepdims=True) / m", "np.sum(dZ) / m"), "db has shape ()", "(4, 1)"),
    "relu": (
        ("    return np.maximum(0, Z), Z", "    return 1 / 0"),
        "It stops with ZeroDivisionError: division by zero",
        "",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_first_cell_that_differs_is_marked(name: str, relu_net: Session, tmp_path: Path) -> None:
    (old, new), begins, ends = MISTAKES[name]
    assert old in FUNCTIONS
    functions = by_name(written(tmp_path, FUNCTIONS.replace(old, new)).beside(relu_net, [0, 1, 2, 3]))
    assert [each for each, function in functions.items() if function["status"] != "same"] == [name]
    said = functions[name]["said"]
    assert said.startswith(begins) and ends in said
    for tried in functions[name]["tries"]:
        for quantity in tried["quantities"]:
            marked = [cell["differs"] for row in quantity["table"]["cells"] for cell in row]
            assert any(marked) == (quantity["table"]["first"] is not None)


def test_a_network_of_another_kind_has_no_place(class_net: Session, tmp_path: Path) -> None:
    told = written(tmp_path, FUNCTIONS).beside(class_net, [])
    functions = by_name(told)
    assert functions["relu"]["said"] == "No layer of the network on the screen has this activation."
    assert functions["linear_forward"]["status"] == "same"
    suggested = Blueprint.from_json(told["suggested"])
    assert suggested.layers[1] == Activation("relu") and suggested.data.name == "xor"


def test_whole_networks_of_another_depth_are_not_judged(class_net: Session) -> None:
    functions = by_name(LearnerFile(COURSE).beside(class_net, []))
    assert functions["N_layers_forward"]["said"].startswith("It is for a network with other layers")


def test_numbers_of_a_notebook_name_the_cell(relu_net: Session, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": part} for part in FUNCTIONS.split("\n\n")]
    file = written(tmp_path, json.dumps({"cells": cells, "nbformat": 4}), "mine.ipynb")
    functions = by_name(file.beside(relu_net, [0]))
    assert (functions["relu_backward"]["cell"], functions["relu_backward"]["cell_line"]) == ("3", "1")
    assert [each["place"] for each in file.told()["functions"]][:2] == ["cell 2, line 1", "cell 3, line 1"]


def test_the_report_has_code_findings_and_hints_one_by_one(tmp_path: Path) -> None:
    file = written(tmp_path, FUNCTIONS.replace("dZ[Z <= 0] = 0", "dZ[Z <= 0] = 0\n    dZ[Z > 0] = 1"))
    told = file.told()
    assert told["file"] == "mine.py" and told["outcome"] == "wrong" and "1 mistake" in told["summary"]
    wrong = next(each for each in told["functions"] if each["name"] == "relu_backward")
    assert wrong["status"] == "wrong" and wrong["code"][0] == {
        "number": 6,
        "text": "def relu_backward(dA, Z):",
        "marked": False,
    }
    (finding,) = wrong["findings"]
    assert finding["levels"] == 3 and "dA is lost" in finding["said"]
    hints = [file.hint(finding["index"], level) for level in (1, 2, 3)]
    assert [len(lines) for lines in hints] == [1, 2, 3] and hints[0] == [finding["said"]]
    assert "np.where" not in finding["said"]
    with speaking("ko"):
        assert "기울기 dA" in file.told()["functions"][1]["findings"][0]["said"]
    for finding_and_level in ((7, 1), (0, 4), (-1, 1)):
        with pytest.raises(InputError, match="There is no such hint"):
            file.hint(*finding_and_level)


def test_the_line_that_raises_is_marked(tmp_path: Path) -> None:
    told = written(tmp_path, FUNCTIONS.replace("return np.maximum(0, Z), Z", "return 1 / 0")).told()
    code = next(each for each in told["functions"] if each["name"] == "relu")["code"]
    assert [line["number"] for line in code if line["marked"]] == [4]


def test_it_is_checked_again_when_it_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Path] = []
    check = sandbox.check_file

    def counted(path: Path) -> Report:
        checked.append(path)
        return check(path)

    monkeypatch.setattr(sandbox, "check_file", counted)
    file = written(tmp_path, FUNCTIONS)
    version = file.told()["version"]
    assert file.told()["version"] == version and len(checked) == 1
    written(tmp_path, FUNCTIONS.replace("Z <= 0", "Z < 0"))
    assert file.version != version
    assert file.told()["version"] != version and len(checked) == 2
    written(tmp_path, FUNCTIONS)
    assert file.told()["version"] == version  # as it was: what it is called says what is in it
    file.path.unlink()
    assert file.version == "missing" and "no such file" in " ".join(file.told()["problem"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
def test_a_file_without_an_end_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    for name in "pipe.py", "zero.py":
        assert LearnerFile(tmp_path / name).told()["outcome"] == "unchecked"


def test_only_scripts_and_notebooks_are_taken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is neither a \.py nor an \.ipynb file"):
        LearnerFile(tmp_path / "data.csv")


HOSTILE = {
    "ends its process": "class A:\n    import os\n    os._exit(3)\n",
    "never returns": "class A:\n    while True:\n        pass\n",
    "no Python": "def (:\n",
    "empty": "",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_give_a_sentence(code: str, relu_net: Session, tmp_path: Path) -> None:
    told = written(tmp_path, code).beside(relu_net, [])
    assert told["functions"] == [] or told["problem"]


def test_functions_run_in_the_sandbox_alone(relu_net: Session, tmp_path: Path) -> None:
    trace = tmp_path / "escaped"
    code = FUNCTIONS.replace(
        "    return np.maximum(0, Z), Z", f"    open({str(trace)!r}, 'w').write('x')\n    return Z, Z"
    )
    functions = by_name(written(tmp_path, code).beside(relu_net, []))
    assert functions["relu"]["status"] == "raised" and not trace.exists()


def test_what_is_no_array_is_told(relu_net: Session, tmp_path: Path) -> None:
    for result in ("None", "'<img src=x>'", "{}", "[[1], [1, 2]]", "object()"):
        functions = by_name(written(tmp_path, FUNCTIONS.replace("W.dot(A) + b,", f"{result},")).beside(relu_net, [0]))
        said = functions["linear_forward"]["said"]
        assert "Z is missing" in said or "Z has shape" in said, result


def test_an_answer_that_is_cut_off_is_no_answer(
    relu_net: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "asked", lambda *_: b'{"functions": [')
    told = written(tmp_path, FUNCTIONS).beside(relu_net, [])
    assert told["problem"] == "Its code has ended the process in which it ran, so there are no numbers."


def test_the_screen_goes_through_json_as_it_is(relu_net: Session) -> None:
    examples = relu_net.examples
    screen = on_screen(relu_net.network.trace(examples.X[:3], examples.y[:3]), "binary", 0.1)
    again = OnScreen.from_json(json.loads(json.dumps(screen.json())))
    assert again.whole and len(again.layers) == 3
    for layer, other in zip(screen.layers, again.layers, strict=True):
        assert layer.keys() == other.keys()
        assert all(np.array_equal(layer[name], other[name]) for name in layer)


PICTURES = DataChoice("digits", "mnist-small", form="picture", count=20)
WAVES = DataChoice("sequence", "waves", count=20, length=6)
OTHERS = {
    "convolution": Blueprint(PICTURES, (Conv2D(2, 3, stride=2, padding=1), ReLU(), MaxPool(2), Flatten())),
    "average": Blueprint(PICTURES, (Conv2D(2, 5), AveragePool(4), Flatten())),
    "rnn": Blueprint(WAVES, (RNN(3),)),
    "lstm": Blueprint(WAVES, (LSTM(3, sequence=True), LSTM(2))),
    "dense": Blueprint(layers=(Dense(3), ReLU())),
}
"""Networks with what else is written by hand."""

RUN: list[tuple[str, str, set[str]]] = [
    ("convolution", "right/course_convolution", {"conv_forward", "conv_backward", "pool_forward", "pool_backward"}),
    (
        "convolution",
        "right/book_convolution",
        {"im2col", "col2im"}
        | {f"{kind}.{way}" for kind in ("Convolution", "Pooling") for way in ("forward", "backward")},
    ),
    ("average", "right/course_convolution", {"conv_forward", "conv_backward", "pool_forward", "pool_backward"}),
    (
        "rnn",
        "right/course_recurrent",
        {"rnn_cell_forward", "rnn_forward", "rnn_cell_backward", "rnn_backward", "softmax"},
    ),
    ("rnn", "cs231n", {"rnn_step_forward", "rnn_step_backward", "rnn_forward", "rnn_backward", "sgd_momentum", "adam"}),
    (
        "lstm",
        "right/course_recurrent",
        {"lstm_cell_forward", "lstm_forward", "lstm_cell_backward", "lstm_backward", "softmax"},
    ),
    (
        "lstm",
        "cs231n",
        {"lstm_step_forward", "lstm_step_backward", "lstm_forward", "lstm_backward", "sgd_momentum", "adam"},
    ),
    (
        "dense",
        "right/course_optimizers",
        {
            *(f"update_parameters_with_{kind}" for kind in ("gd", "momentum", "adam")),
            "initialize_velocity",
            "initialize_adam",
        },
    ),
    ("dense", "right/book_optimizers", {"SGD.update", "Momentum.update", "AdaGrad.update", "Adam.update"}),
    (
        "dense",
        "right/book_update_rules",
        {f"{kind}.update" for kind in ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam")},
    ),
]


@pytest.mark.slow  # a process of the sandbox each
@pytest.mark.parametrize(("network", "file", "run"), RUN)
def test_own_convolutions_cells_and_optimizers_run_beside_ours(network: str, file: str, run: set[str]) -> None:
    session = Session(OTHERS[network], DataSets())
    try:
        told = LearnerFile(CORPUS / f"{file}.py").beside(session, [])
    finally:
        session.close()
    functions = by_name(told)
    assert {name for name, function in functions.items() if function["tries"]} == run
    assert {function["status"] for function in functions.values()} <= {"same", "no-place"}
    assert all(function["said"] for function in functions.values())


SLIPS = [
    (
        "convolution",
        "right/course_convolution",
        "a_slice * dZ[i, h, w, c]",
        "2 * a_slice * dZ[i, h, w, c]",
        "conv_backward",
    ),
    ("rnn", "right/course_recurrent", "(1 - a_next**2) * da_next", "(1 - a_next) * da_next", "rnn_cell_backward"),
    ("lstm", "right/course_recurrent", "* ot * (1 - ot)", "* ot * (1 + ot)", "lstm_cell_backward"),
    (
        "dense",
        "right/book_update_rules",
        "(grads[key] ** 2 - self.v[key])",
        "(grads[key] - self.v[key])",
        "Adam.update",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("network", "file", "right", "wrong", "name"), SLIPS)
def test_a_slip_in_these_is_marked(network: str, file: str, right: str, wrong: str, name: str, tmp_path: Path) -> None:
    code = (CORPUS / f"{file}.py").read_text("utf-8")
    assert right in code
    session = Session(OTHERS[network], DataSets())
    try:
        functions = by_name(written(tmp_path, code.replace(right, wrong)).beside(session, []))
    finally:
        session.close()
    assert functions[name]["status"] == "differs"
    assert functions[name]["tries"][0]["quantities"]


def test_their_right_numbers_are_those_of_our_layers() -> None:
    for network in ("convolution", "average", "rnn", "lstm"):
        session = Session(OTHERS[network], DataSets())
        X, y = session.examples.X[:2], session.examples.y[:2]
        session.close()
        screen = on_screen(session.network.trace(X, y), "classes", 0.1)
        for other in screen.others:
            given, known = other["given"], other["known"]
            if other["kind"] in ("rnn", "lstm"):
                memory = other["kind"] == "lstm"
                cell, back = (
                    (recurrent.lstm_cell, recurrent.lstm_cell_backward)
                    if memory
                    else (recurrent.rnn_cell, recurrent.rnn_cell_backward)
                )
                result = recurrent.through_time(given, cell, memory) | recurrent.back_through_time(given, back, memory)
            elif other["kind"] == "convolution":
                result = convolution.forward(given) | convolution.backward(given)
            elif other["kind"] == "pooling" and given["mode"] == "average":
                result = convolution.pool(given) | convolution.pool_backward(given)
            else:
                continue
            for name, value in known.items():
                assert np.allclose(result[name], value, atol=1e-12), (network, name)


def test_functions_that_are_not_run_are_named(relu_net: Session, tmp_path: Path) -> None:
    told = written(tmp_path, FUNCTIONS + INSPECTED).beside(relu_net, [])
    assert told["left_out"].endswith(": initialize_parameters.")
    assert "linear_forward" in by_name(told)


INSPECTED = """
def initialize_parameters(n_x, n_h, n_y):
    return {
        "W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
        "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1)),
    }
"""


def test_functions_that_know_other_activations_have_no_place_at_these(tmp_path: Path) -> None:
    session = Session(Blueprint(layers=(Dense(3), Tanh())), DataSets())
    try:
        functions = by_name(LearnerFile(CORPUS / "right/course_dict_caches.py").beside(session, []))
    finally:
        session.close()
    for name in "linear_activation_forward", "linear_activation_backward":
        assert [tried["layer"] for tried in functions[name]["tries"]] == [2]
        assert functions[name]["status"] == "same"


def test_dense_functions_pass_convolutions_over(tmp_path: Path) -> None:
    layers = (cr.Conv2D(2, 3), cr.ReLU(), cr.Flatten(), cr.Dense(6), cr.ReLU())
    data = DataChoice(kind="digits", name="digits", form="picture", count=20)
    session = Session(Blueprint(data=data, layers=layers), DataSets())
    try:
        functions = by_name(written(tmp_path, FUNCTIONS).beside(session, [0, 1]))
        assert [tried["layer"] for tried in functions["linear_forward"]["tries"]] == [3, 5]
        table = functions["linear_backward"]["tries"][0]["quantities"][1]["table"]
        assert len(table["cells"]) == 6 and len(table["cells"][0]) == 6 and table["left_out"] > 0
    finally:
        session.close()


def test_the_window_lies_around_the_first_number_that_differs() -> None:
    right = np.arange(400.0).reshape(20, 20)
    theirs = right.copy()
    theirs[15, 18] = -1
    quantity = {"name": "Z", "right": right.tolist(), "theirs": theirs.tolist(), "kind": "ndarray"}
    tried = {"layer": None, "by_sum": False, "raised": None, "quantities": [quantity]}
    function = dict.fromkeys(("function", "role", "line", "cell", "cell_line"), "f")
    table = compared(function | {"kind": "layer", "tolerance": 1e-6, "tries": [tried]}, [])["tries"][0]["quantities"][
        0
    ]["table"]
    assert table["first"] == [15, 18] and 15 in table["rows"] and table["columns"] == [14, 15, 16, 17, 18, 19]
    assert sum(cell["differs"] for row in table["cells"] for cell in row) == 1


def test_a_single_number_in_place_of_an_array_is_shown() -> None:
    quantity = {"name": "db", "right": [[1.0], [2.0]], "theirs": 1.5, "kind": "float64"}
    tried = {"layer": None, "by_sum": False, "raised": None, "quantities": [quantity]}
    function = dict.fromkeys(("function", "role", "line", "cell", "cell_line"), "f")
    told = compared(function | {"kind": "layer", "tolerance": 1e-6, "tries": [tried]}, [])["tries"][0]["quantities"][0]
    assert told["alone"] == "1.5000" and "db has shape ()" in told["said"]


def test_nan_differs_from_numbers_and_not_from_itself() -> None:
    right, theirs = np.array([1.0, np.nan, np.inf]), np.array([np.nan, np.nan, np.inf])
    assert differing(right, theirs, 1e-6).tolist() == [True, False, False]


def test_which_examples_are_looked_at() -> None:
    assert rows_of([3, 99, 3, 1], 10, 5) == [3, 1]
    assert rows_of([], 3, 5) == [0, 1, 2]
    assert rows_of(list(range(100)), 100, 5) == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="The examples have the numbers 0 to 9, but 1000000000 came"):
        rows_of([10**9, 10], 10, 5)


def test_answers_of_far_too_many_numbers_are_left_out(relu_net: Session, tmp_path: Path) -> None:
    code = FUNCTIONS.replace("W.dot(A) + b,", "np.zeros((1000, 1000)),")
    assert by_name(written(tmp_path, code).beside(relu_net, [0]))["linear_forward"]["said"].startswith("Z is missing")
    assert own_numbers.LARGEST < 1_000_000


def test_the_server_tells_hints_and_runs(client: Any, desk: Any, tmp_path: Path) -> None:
    assert client.get("/api/learner").json() == {"file": None}
    refused = client.post("/api/learner/run", json={})
    assert refused.status_code == 422 and "chainrule lab my_file.py" in refused.json()["error"]
    desk.learner = written(tmp_path, FUNCTIONS.replace("W.dot(A) + b,", "W.dot(A) - b,"))
    told = client.get("/api/learner").json()
    assert client.get(f"/api/learner?known={told['version']}").json() == {"file": "mine.py", "same": True}
    assert client.post("/api/learner/hint", json={"finding": 0, "level": 2}).json()["lines"][1].startswith("Hint: ")
    numbers = client.post("/api/learner/run", json={"examples": [0, 1]}).json()
    assert numbers["examples"] == [0, 1] and len(numbers["functions"]) == 4
    for examples in ("0", [-1], [1e9]):
        assert client.post("/api/learner/run", json={"examples": examples}).status_code == 422
    for finding, level in ((None, None), (0, "2"), (True, 1)):
        assert client.post("/api/learner/hint", json={"finding": finding, "level": level}).status_code == 422
