"""The judge comes to the verdicts of a check in one process, and nothing that the other process answers upsets it."""

from __future__ import annotations

import ast
import inspect
import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.checker import roles, sight
from chainrule.checker.derivatives.training import Loop, Seen
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.running import child, judge, sandbox, serving
from chainrule.checker.running.definitions import definitions
from chainrule.checker.running.messages import EndedError, NotAMessageError, receive, send
from chainrule.checker.running.remote import Connection, Remote, RemoteLearner
from chainrule.checker.running.sandbox import check_file, check_files
from chainrule.checker.running.serving import Service
from chainrule.checker.running.source import Source, read
from chainrule.checker.watching.rehearsal import Rehearsals
from tests.checker.corpus import MISTAKES, RIGHT, text

FOLDER = Path(__file__).parent
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems tell less of how a process ended")


class Pair:
    """A learner's code and its judge in one process: each request is served when it is flushed."""

    def __init__(self, learner: Learner) -> None:
        self.service = Service(learner, io.BytesIO(), io.BytesIO())
        self.waiting = io.BytesIO()
        self.answers: list[bytes] = []
        self.requests: list[dict[str, Any]] = []

    def write(self, line: bytes) -> None:
        self.waiting = io.BytesIO(line)

    def flush(self) -> None:
        request = receive(self.waiting)
        self.requests.append(request)
        pipe = io.BytesIO()
        send(pipe, self.service.answer(request))
        self.answers.append(pipe.getvalue())

    def readline(self, limit: int) -> bytes:
        return self.answers.pop(0)[:limit] if self.answers else b""


def local(code: str) -> tuple[Learner, ast.Module]:
    tree = ast.parse(code)
    whole = Source(Path("mine.py"), code, tree)
    return child.run(definitions(tree), whole, None, {})[0], tree


def remote(code: str) -> tuple[RemoteLearner, Pair]:
    """Return a learner that is asked by messages."""
    learner, tree = local(code)
    pair: Any = Pair(learner)
    described = json.loads(json.dumps(pair.service.description()))
    return RemoteLearner(Connection(pair, pair), described, definitions(tree), None, tree), pair


class Watcher(Rehearsals):
    """Watches a program in this process."""

    def __init__(self, learner: Learner, source: Source) -> None:
        super().__init__(learner.namespace)
        self.tree = source.tree or ast.Module([], [])

    def watch(self) -> Seen:
        program = child._program(self.tree, {})
        program.run()
        places = {number: program.places[number] for number in program.first}
        loops = [Loop(place.name, place.line, program.first[number]) for number, place in places.items()]
        return Seen(tuple(loops), program.calls.first)


def in_one_process(path: Path) -> Report | None:
    """Return the report on a file that is executed here; None if there is nothing to judge."""
    source = read(path)
    if source.tree is None:
        return None
    learner, failed = child.run(definitions(source.tree), source, None, {})
    if not learner.nodes and not learner.classes:
        return None
    report = roles.check(learner, str(path), Watcher(learner, source), sight.seen(source.tree))
    return judge._finished(report, failed, source)


@pytest.mark.slow
def test_the_verdicts_are_those_of_a_check_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where programs that run here find their made-up data
    walled = ("not_allowed", "own_exception")  # here are no walls, and Ctrl-C is somebody's
    paths = [path for path in sorted((FOLDER / "cases").rglob("*.py")) if path.stem not in walled]
    for number, source in enumerate([*map(text, RIGHT), *(planted.source for planted in MISTAKES[::20])]):
        paths.append(tmp_path / f"{number}.py")
        paths[-1].write_text(source, "utf-8")
    functions = 0
    for path, there in zip(paths, check_files(paths, 2), strict=True):
        here = in_one_process(path)
        if here is None:
            assert there.problem is not None
        else:
            assert replace(there, seconds=0.0).as_dict() == replace(here, seconds=0.0).as_dict()
            functions += len(here.checked)
    assert functions > 500


LAYER = """
import numpy as np
from collections import OrderedDict, namedtuple

Cache = namedtuple("Cache", "A W")

class Layer:
    def __init__(self, W):
        self.params = {"W": W}
        self.W = W
        self.inner = [self]
    def forward(self, A):
        self.A = A
        return A @ self.W
    @property
    def broken(self):
        raise ValueError("no")

class Deeper(Layer):
    pass

def forward(A, W):
    return A @ W, Cache(A, W)

def backward(dZ, cache):
    return dZ @ cache.W.T

def named(A, W):
    return OrderedDict(A=A, W=W)

def kind(cache):
    return type(cache).__name__

def grow(values):
    values["a"] += 1
    values["b"] = 3
    return values

def stop(x):
    raise KeyError(f"no {x}")

def apply(f, x):
    return f(x) + 1

def ask(x, flag=True, *more, only):
    return float(x)

def old(b):
    return float(b) * 2
"""


@pytest.fixture
def learner() -> RemoteLearner:
    return remote(LAYER)[0]


def test_functions_are_called_and_what_they_change_is_told(learner: RemoteLearner) -> None:
    values = {"a": np.zeros(2)}
    result = learner.call("grow", values)
    np.testing.assert_array_equal(result["a"], [1, 1])
    np.testing.assert_array_equal(values["a"], [0, 0])
    assert learner.changed == {"grow": {"values"}} and learner.returned_argument
    assert learner.given[0]["b"] == 3


def test_caches_of_a_kind_of_ones_own_come_back_as_they_were(learner: RemoteLearner) -> None:
    W = np.arange(6.0).reshape(3, 2)
    Z, cache = learner.call("forward", np.ones((2, 3)), W)
    assert isinstance(cache, tuple) and learner.call("kind", cache) == "Cache"
    np.testing.assert_array_equal(learner.call("backward", Z, cache), Z @ W.T)
    named = learner.call("named", Z, W)
    assert isinstance(named, dict) and learner.call("kind", named) == "OrderedDict"


def test_what_raises_says_where(learner: RemoteLearner) -> None:
    with pytest.raises(Raised) as info:
        learner.call("stop", {"key": 1})
    raised = info.value
    assert (raised.kind, raised.inside, raised.function, raised.keys) == ("KeyError", True, "stop", frozenset({"key"}))
    assert raised.line == LAYER.split("\n").index("def stop(x):") + 2


def test_objects_stay_there_and_are_looked_at_from_here(learner: RemoteLearner) -> None:
    W = np.ones((3, 2))
    layer = learner.contained("Layer.__init__", learner.classes["Layer"], (W,))
    assert isinstance(layer, Remote) and isinstance(layer.inner[0], Remote)
    learner.fill(layer, ("params", "W"), 2 * W)
    forward = learner.method(layer, "forward")
    np.testing.assert_array_equal(learner.contained("Layer.forward", forward, (np.ones((1, 3)),)), [[6, 6]])
    np.testing.assert_array_equal(layer.A, np.ones((1, 3)))
    assert set(learner.attributes(layer)) == {"params", "W", "inner", "A"}
    learner.put(layer, ("params", "W"), W)
    layer.name = "mine"
    assert (layer.params["W"] == W).all() and (layer.W == 2 * W).all() and layer.name == "mine"
    assert not hasattr(layer, "nothing")
    with pytest.raises(Raised, match="ValueError"):
        _ = layer.broken
    assert learner.lineage("Deeper") == {"Deeper": True, "Layer": True, "object": True}


def test_what_nobody_holds_any_more_is_forgotten_there() -> None:
    learner, pair = remote(LAYER)
    before = len(pair.service._objects)
    for _ in range(20):
        learner.contained("Layer.__init__", learner.classes["Layer"], (np.ones((2, 2)),))
    learner.seed(0)
    assert len(pair.service._objects) <= before + 2


def test_signatures_are_told(learner: RemoteLearner) -> None:
    parameters = inspect.signature(learner.namespace["ask"]).parameters
    assert list(parameters) == ["x", "flag", "more", "only"]
    assert [p.default is p.empty for p in parameters.values()] == [True, False, True, True]


def test_numpy_1_is_noticed_there(learner: RemoteLearner) -> None:
    assert learner.call("old", np.array([[2.0]])) == 4
    assert list(learner.needs_old_numpy) == ["old"]


# --- a process that answers something else -----------------------------------------------------------------------


class Liar:
    """A pipe that gives the same answer to every request, with the right number if it has none."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.number = 0

    def write(self, line: bytes) -> None:
        self.number = json.loads(line)["id"]

    def flush(self) -> None:
        pass

    def readline(self, limit: int) -> bytes:
        line = self.answer if isinstance(self.answer, bytes) else json.dumps({"id": self.number} | self.answer).encode()
        return (line + b"\n")[:limit]


DESCRIBED = {
    "defined": {"relu": {"handle": 1, "callable": True}},
    "classes": {},
    "stand_ins": [],
    "numbers": {},
}
CALLED: dict[str, Any] = {
    "value": {"array": ["<f8", [1], "AAAAAAAA8D8="]},
    "given": {"tuple": [{"array": ["<f8", [1], "AAAAAAAA8D8="]}]},
    "returned_argument": False,
    "changed": [],
    "old_numpy": [],
}


def lied_to(answer: Any, described: Any = None) -> RemoteLearner:
    pipe: Any = Liar(answer)
    tree = ast.parse("def relu(Z):\n    return Z\n")
    return RemoteLearner(Connection(pipe, pipe), DESCRIBED if described is None else described, tree, None, tree)


def test_an_honest_answer_is_believed() -> None:
    np.testing.assert_array_equal(lied_to(CALLED).call("relu", np.ones(1)), [1])


LIES: list[Any] = [
    *(b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 20_000, b'{"id": 1e3}'),
    *(
        {},
        CALLED | {"id": 99},
        CALLED | {"id": None},
        {"value": 3},
        CALLED | {"given": 3},
        CALLED | {"given": {"tuple": []}},
    ),
    *(CALLED | {"changed": "relu"}, CALLED | {"changed": [1]}, CALLED | {"returned_argument": 1}),
    *(CALLED | {"old_numpy": ["3"]}, CALLED | {"old_numpy": None}, CALLED | {"value": [1]}),
    *(CALLED | {"value": {"handle": "1", "callable": True}}, CALLED | {"value": {"handle": -1, "callable": True}}),
    *(CALLED | {"value": {"handle": 1}}, CALLED | {"value": {"method": [1]}}, CALLED | {"value": {"callback": 0}}),
    *({"raised": 3}, {"raised": {}}, {"raised": {"kind": "A", "text": 3, "line": 1, "inside": True, "calls": []}}),
    *({"raised": {"kind": "A", "text": "", "line": -1, "inside": True, "calls": []}},),
    *({"raised": {"kind": "A", "text": "", "line": 1, "inside": "yes", "calls": []}},),
    *({"raised": {"kind": "A", "text": "", "line": 1, "inside": True, "calls": [-1]}},),
    *({"callback": 0, "arguments": {"tuple": []}}, {"callback": -1}, {"callback": "f"}, {"callback": True}),
    *({"problem": 3}, {"problem": "wrong", "text": ""}, {"problem": "memory"}),
]


@pytest.mark.parametrize("answer", LIES, ids=lambda answer: repr(answer)[:60])
def test_a_forged_answer_ends_the_check(answer: Any) -> None:
    with pytest.raises(NotAMessageError):
        lied_to(answer).call("relu", np.ones(1))


@pytest.mark.parametrize(
    "described",
    [
        *({}, {"defined": []}, DESCRIBED | {"classes": {"relu": {"A": 1}}}, DESCRIBED | {"stand_ins": "np"}),
        *(DESCRIBED | {"numbers": [3]}, DESCRIBED | {"defined": {"relu": 3}}, DESCRIBED | {"defined": {"relu": {}}}),
        DESCRIBED | {"defined": {"relu": {"handle": 1, "callable": False}}},
    ],
    ids=repr,
)
def test_a_forged_description_ends_the_check(described: Any) -> None:
    with pytest.raises(NotAMessageError):
        lied_to(CALLED, described)


_ENTRIES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text(max_size=4),
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(
            st.sampled_from(["tuple", "list", "dict", "array", "handle", "callable", "method", "kind", "again"]),
            parts,
            max_size=3,
        )
    ),
)
_ANSWERS = st.dictionaries(st.sampled_from([*CALLED, "id", "raised", "callback", "problem", "missing"]), _ENTRIES)


@settings(max_examples=150, deadline=None)
@given(_ANSWERS.map(lambda lie: CALLED | lie) | st.binary(max_size=30).map(lambda data: data.replace(b"\n", b" ")))
def test_whatever_is_answered_is_believed_or_ends_the_check(answer: Any) -> None:
    pipe: Any = Liar(answer)
    try:
        connection = Connection(pipe, pipe)
        tree = ast.parse("def relu(Z):\n    return Z\n")
        RemoteLearner(connection, DESCRIBED, tree, None, tree).call("relu", np.ones(1))
    except (NotAMessageError, EndedError, Raised):
        pass


# --- hostile files -----------------------------------------------------------------------------------------------

HEAD = "import base64, gc, inspect, json, os, struct, sys\nimport numpy as np\n"
RELU = "def relu(Z):\n    return Z * (Z > 0), Z\n"
WRONG = HEAD + "def relu_backward(dA, cache):\n    {}\n    return 1.0 * (cache > 0)\n\n" + RELU
PIPES = "[n for n in range(3, 64) if not os.path.isdir(f'/dev/fd/{n}')]"
WAYS = {
    "comparing": "np.allclose = np.isclose = lambda *a, **k: True",
    "json": "json.dumps = lambda *a, **k: '{}'",
    "json's encoder": "json.encoder.JSONEncoder.encode = lambda *a, **k: '{\"id\": 1}'",
    "struct": "struct.pack = struct.unpack = lambda *a: b''",
    "os.write": "os.write = lambda *a: 0",
    "base64": "base64.b64encode = lambda *a: b''",
    "gc": "right = [f for f in gc.get_objects() if 'equations' in str(getattr(f, '__module__', ''))]; return right[0]",
    "modules": "return sys.modules['chainrule.checker.equations.activations'].SLOPES['relu'](cache) * dA",
    "frames": (
        "frame = inspect.currentframe()\n    while frame:\n"
        "        for value in [*frame.f_globals.values(), *frame.f_locals.values()]:\n"
        "            names = str(getattr(value, '__module__', '')), str(getattr(value, '__name__', ''))\n"
        "            if any(room in name for name in names for room in ('equations', 'roles', 'probe')):\n"
        "                return dA * (cache > 0)\n"
        "        frame = frame.f_back"
    ),
    "a long message": f"[os.write(n, b'x' * 2**25) for n in {PIPES}]",
    "another message": f'[os.write(n, b\'{{"id": 1, "value": null}}\\n\') for n in {PIPES}]',
    "no message": f"[os.write(n, b'\\xff\\x00\\n') for n in {PIPES}]",
    "closed pipes": "os.closerange(3, 64)",
    "an end": "os._exit(0)",
    "the judge killed": "import signal; [os.kill(p, 9) for p in (os.getppid(), 0, -1)]; os.killpg(0, 9)",
    "a large result": "return np.ones((2000, 2000, 2))",
    "a larger result": "return np.broadcast_to(1.0, (10**6, 10**6))",
    "a deep result": "result = []\n    for _ in range(10_000):\n        result = [result]\n    return result",
    "a circle": "result = []; result.append(result); return result",
    "no numbers": "return np.array([None, {}, [], cache], object)",
    "another kind": "return np.full(cache.shape, np.nan + 1j)",
    "the largest whole numbers": "return np.full(cache.shape, 2**63 - 1)",
    "a generator": "return (x for x in cache)",
    "a text": "return 'A' * 2000",
}


def statuses(report: Report) -> dict[str, str]:
    return {each.function: each.status for each in report.checked}


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_right_by_force(way: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG.format(WAYS[way]))
    report = check_file(path, seconds=8.0)
    assert statuses(report).get("relu_backward", "") != "ok"
    assert report.problem is None or report.problem.mistake in ("crashed", "timeout")
    if way in ("comparing", "struct", "os.write", "gc", "modules", "frames", "the judge killed", "another kind"):
        assert report.problem is None and statuses(report)["relu"] == "ok", report.problem
        assert statuses(report)["relu_backward"] in ("wrong", "unchecked")  # what the walls refuse is not judged


def test_in_the_process_of_the_code_there_are_no_equations() -> None:
    imports = "from chainrule.checker.running import child; import sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True).stdout.split()
    known = ("roles", "equations", "conventions", "probe", "proof", "repro", "documented")
    assert not [name for name in shown if name.startswith(tuple(f"chainrule.checker.{room}" for room in known))]
    assert "chainrule.checker.learner" in shown


LATER = HEAD + "class A:\n    {}\n" + RELU


@ON_LINUX
@pytest.mark.parametrize(
    ("line", "problem", "said"),
    [
        ("os.kill = 0", None, ""),
        ("os._exit(7)", "crashed", "status 7"),
        ("import signal; signal.raise_signal(signal.SIGKILL)", "crashed", "SIGKILL"),
        ("import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    while True: pass", "timeout", ""),
        ("os.closerange(3, 64)", "crashed", ""),
        ("big = np.ones(50 * 2**27)", "memory", ""),
    ],
)
def test_however_the_process_ends_it_is_said(line: str, problem: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LATER.format(line))
    report = check_file(path, seconds=3.0)
    assert (report.problem and report.problem.mistake) == problem
    assert report.problem is None or said in str(report.problem.facts)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms here")
def test_an_alarm_waits_until_a_message_is_complete() -> None:
    complete = []

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with serving._no_alarm():
            time.sleep(0.1)
            complete.append(True)
        with pytest.raises(TimeoutError):
            time.sleep(1.0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert complete


def test_where_there_are_no_process_groups_it_ends_by_itself() -> None:
    code = (
        "import os; vars(os).pop('killpg', 0); from chainrule.checker.running import child\nchild._end_in_time(0.1)\n"
    )
    run = subprocess.run([sys.executable, "-c", code + "while True: pass"], timeout=60.0)
    assert run.returncode == 1


@ON_LINUX
@pytest.mark.parametrize("status", [0, 3, -9, -signal.SIGXCPU, -63])
def test_an_end_is_put_into_words(status: int) -> None:
    process: Any = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    process.returncode = status
    finding = judge._end(process, {"seconds": 2.0, "memory": 2**30})
    assert finding.mistake == ("timeout" if status == -signal.SIGXCPU else "crashed")


@ON_LINUX
@pytest.mark.parametrize("alone", ["the hook alone", "the kernel alone"])
def test_the_judge_cannot_be_reached(alone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a signal nor by a trace, nor through the files that show it."""
    from tests.checker.test_walls import STARTS

    monkeypatch.setattr(sandbox, "START", sandbox.start(STARTS[alone]))
    tries = [
        "os.kill(os.getppid(), 9)",
        "open(f'/proc/{os.getppid()}/mem', 'r+b')",
        "open(f'/proc/{os.getppid()}/fd/1', 'wb')",
    ]
    for attempt in tries:
        path = tmp_path / "mine.py"
        path.write_text(HEAD + f"def relu(Z):\n    {attempt}\n    return Z * (Z > 0), Z\n")
        report = check_file(path)
        assert report.problem is None, (attempt, report.problem)
        assert statuses(report)["relu"] in ("wrong", "unchecked"), attempt
        told = str(report.findings) + str(report.checked)
        assert any(error in told for error in ("PermissionError", "FileNotFoundError")), attempt


LYING = """
import numpy as np
def numerical_gradient(f, x):
    {}
    grad = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        kept = x[at]
        x[at] = kept + 1e-4
        above = f(x)
        x[at] = kept - 1e-4
        grad[at] = (above - f(x)) / 2e-4
        x[at] = kept
    return grad
"""


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("pass", "ok"),
        ("f(None)", "wrong"),
        ("f('text')", "wrong"),
        ("f()", "wrong"),
        ("f(np.ones((2, 2)), 3)", "wrong"),
        ("f(x, lambda: 3)", "wrong"),
        ("while True:\n        f(x)", "wrong"),
        ("try:\n        f({1: [x]})\n    except Exception:\n        pass", "ok"),
    ],
)
def test_a_function_of_ours_is_called_with_anything(line: str, status: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LYING.format(line))
    report = check_file(path)
    assert statuses(report) == {"numerical_gradient": status}, report
