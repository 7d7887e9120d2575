"""The process that asks a learner's functions, in the sandbox, for the numbers of the pass on the screen.

It stands in the place of the checker's `judge`, and like it never executes the file: another process does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from chainrule.checker import clock, roles
from chainrule.checker.conventions.layout import rows
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.findings import Checked
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import SINGLE, Probe, close
from chainrule.checker.running import kernel
from chainrule.checker.running.definitions import definitions, last
from chainrule.checker.running.messages import EndedError, NotAMessageError, send
from chainrule.checker.running.remote import Connection, RemoteLearner
from chainrule.checker.running.source import Source, read
from chainrule.checker.running.walls import limit
from chainrule.lab.on_screen import OnScreen
from chainrule.lab.places import Place, has_ties, kind_of, places

_OF_EPSILON = 1e-4
LATE = 0.6  # of the time: what is asked by then is told
_DENSE = ("activation", "layer", "network")  # whose numbers are columns here; others are as the learner has them
LARGEST = 100_000  # numbers of all answers; what comes after so many is left out


def main(child: subprocess.Popen[bytes], whole: subprocess.Popen[bytes]) -> NoReturn:
    """Read the pass from the standard input, ask the learner's functions, and write what they came to.

    Parameters
    ----------
    child, whole
        As for `chainrule.checker.running.judge.main`; nothing is asked of the whole program.
    """
    request = json.loads(sys.stdin.buffer.read())
    kernel.end_with_parent()
    limit(request["memory"], request["seconds"])
    clock.hurry_after(LATE * request["seconds"])
    try:
        answer = _answer(request, child)
    except (EndedError, NotAMessageError, MemoryError) as error:
        answer = {"ended": type(error).__name__}
    for process in (child, whole):
        with suppress(OSError):
            process.kill()
            process.wait()
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()
    os._exit(0)


def _answer(request: Mapping[str, Any], child: subprocess.Popen[bytes]) -> dict[str, Any]:
    source = read(Path(request["path"]))
    if source.tree is None or child.stdin is None or child.stdout is None:
        return {"functions": []}
    send(child.stdin, {name: value for name, value in request.items() if name != "question"} | {"whole": False})
    connection = Connection(child.stdin, child.stdout)
    tree = last(definitions(source.tree))
    learner = RemoteLearner(connection, connection.receive(), tree, request["names"], source.tree)
    told = list(beside(learner, OnScreen.from_json(request["question"]), source))
    return {"functions": sorted(told, key=lambda function: function["line"] or 0)}


def beside(learner: Learner, screen: OnScreen, source: Source) -> Iterator[dict[str, Any]]:
    """Yield for each function of the learner's what it comes to in the pass on the screen, and what is right there."""
    left = LARGEST
    by_sum: bool | None = None  # whether gradients are those of the sum over the examples, as far as it is known
    for probe in _probes(learner):
        tries = [_tried(learner, probe, place, by_sum) for place in places(probe, screen)]
        asked = [tried for tried in tries if tried is not None]
        kind = kind_of(probe)
        if kind == "layer" and "W" in probe.cases[0] and asked:
            by_sum = asked[0].by_sum
        as_rows = kind in _DENSE and rows(learner, probe.function)
        told = [tried.told(as_rows) for tried in asked if (left := left - tried.size) >= 0]
        place = source.placed(Checked(probe.function, probe.role, learner.line(probe.function), "ok"))
        yield {
            "function": probe.function,
            "role": probe.role,
            "kind": kind,
            "tolerance": _tolerance(learner, probe),
            "line": place.line,
            "cell": place.facts.get("cell"),
            "cell_line": place.facts.get("cell_line"),
            "tries": told,
        }


def _tolerance(learner: Learner, probe: Probe) -> float:
    """Return by how much numbers may differ, relative to the largest.

    It is more where the learner rounds to float32, and for optimizers, which add their epsilon in one place or another.
    """
    tolerance = max(probe.tolerance, _OF_EPSILON) if kind_of(probe) == "optimizer" else probe.tolerance
    return max(tolerance, SINGLE) if probe.function in learner.singles else tolerance


def _probes(learner: Learner) -> list[Probe]:
    """Return how each function is tried, layers first: they tell which gradients the others get."""
    probes: dict[str, Probe] = {}
    for family in roles.FAMILIES:
        with suppress(Exception):  # whatever a learner's code does to one family, the others ask the rest
            for probe in family.probes(learner):
                if isinstance(probe, Probe) and probe.cases and probe.function in learner.nodes:
                    probes.setdefault(probe.function, probe)
    return sorted(probes.values(), key=lambda probe: "W" not in probe.cases[0])


class _Tried(NamedTuple):
    """What a function came to in one place, and what is right there."""

    layer: int | None
    right: Values
    got: Values | Raised
    by_sum: bool

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return 2 * sum(int(np.size(value)) for value in self.right.values())

    def told(self, as_rows: bool) -> dict[str, Any]:
        """Return it as plain data, with examples as the learner has them."""
        plain: dict[str, Any] = {"layer": self.layer, "by_sum": self.by_sum}
        if isinstance(self.got, Raised):
            raised = {"kind": self.got.kind, "text": self.got.text, "line": self.got.line}
            return plain | {"raised": raised, "quantities": []}
        quantities = []
        for name, right in self.right.items():
            theirs = _numbers(self.got.get(name))
            quantities.append(
                {
                    "name": name,
                    "right": _turned(np.asarray(right, float), as_rows).tolist(),
                    "theirs": None if theirs is None else _turned(theirs, as_rows).tolist(),
                    "kind": type(self.got.get(name)).__name__,
                }
            )
        return plain | {"raised": None, "quantities": quantities}


def _turned(array: Any, as_rows: bool) -> Any:
    return array.T if as_rows and array.ndim == 2 else array


def _numbers(value: Any) -> Any:
    """Return what a function gave as an array, or None if it is none of numbers, or of far too many."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(float) if array.dtype.kind in "biuf" and array.size <= LARGEST else None


def _tried(learner: Learner, probe: Probe, place: Place, by_sum: bool | None) -> _Tried | None:
    """Return what a function comes to in a place; None if what it should do there is not what the network does."""
    tries: list[tuple[int, _Tried]] = []
    for position, (values, known) in enumerate(place.ways):
        is_sum = len(place.ways) == 2 and position == 0
        if len(place.ways) == 2 and not _tells_which(known) and is_sum != (by_sum is not False):
            continue
        results = [_result(run, values) for run in probe.runs]
        for right in _rights(probe, values, known):
            for got in results:
                agreements = _agreements(right, got, _tolerance(learner, probe))
                tries.append((agreements, _Tried(place.layer, right, got, is_sum)))
    return max(tries, key=lambda pair: pair[0], default=(0, None))[1]


def _tells_which(known: Values) -> bool:
    """Return whether what is known tells which gradients a function gets: those of parameters are of the mean."""
    return any(known.get(name) is not None for name in known if name.startswith(("dW", "db")))


def _rights(probe: Probe, values: Values, known: Values) -> Iterator[Values]:
    """Yield what is right, by equations that agree with the pass: others are of another network.

    Who gets the gradient of a maximum that occurs twice is up to the author, so there the equations and the pass are
    both right.
    """
    ties = has_ties(values)
    for equation in probe.right:
        result = _result(equation, values)
        if isinstance(result, Raised):
            continue
        shared = {name: value for name, value in result.items() if known.get(name) is not None}
        if ties:
            yield from (result, {name: known[name] for name in shared})
        elif not known:
            yield result
        elif shared and all(_is_known(value, known[name], probe.tolerance) for name, value in shared.items()):
            yield shared


def _is_known(value: Any, known: Any, tolerance: float) -> bool:
    return np.size(value) == np.size(known) and close(np.reshape(known, np.shape(value)), value, tolerance)


def _result(equation: Equation, values: Values) -> Values | Raised:
    copies = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()}
    try:
        with np.errstate(all="ignore"):
            return equation(copies)
    except Raised as raised:
        return raised
    except (EndedError, NotAMessageError, MemoryError):
        raise
    except Exception as error:  # what the learner's function gave may be nothing that can be taken apart
        return Raised(type(error).__name__, str(error), None, inside=False)


def _agreements(right: Values, got: Values | Raised, tolerance: float) -> int:
    """Return how many quantities are right, and below that whether there are any."""
    if isinstance(got, Raised):
        return -1
    return sum(close(value, got.get(name), tolerance) for name, value in right.items())
