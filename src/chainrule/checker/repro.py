"""The call that shows a mistake, as a snippet that does without chainrule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Call, Learner, Raised, arrays
from chainrule.checker.literals import NotWritableError, assigned
from chainrule.checker.probe import Probe, difference

_LONGEST, _WIDEST = 120, 500  # lines, and characters of one
_FACTS = ("name", "index", "expected", "got")


def snippet(learner: Learner, probe: Probe, finding: Finding) -> tuple[str, ...]:
    """Return the lines of a snippet with the input of the first case that differs.

    It was run, and what it prints holds the number that the finding tells of. () if there is none: where the input is
    no plain data, or the function depends on more than its arguments.
    """
    for run in probe.runs:
        for case in probe.cases:
            calls, result = _recorded(learner, probe, run, case, finding)
            if calls and _tells(finding, probe, case, result):
                try:
                    return tuple(_showing(learner, _lines(learner, probe.function, calls), finding))
                except NotWritableError:
                    return ()
    return ()


def _recorded(
    learner: Learner, probe: Probe, run: Any, case: Values, finding: Finding
) -> tuple[list[Call], Values | Raised]:
    """Return the calls of a run up to the one of the function that the finding is about, and the result."""
    calls: list[Call] = []
    learner.calls = calls
    try:
        with np.errstate(all="ignore"):
            result = run({name: a.copy() if isinstance(a, np.ndarray) else a for name, a in case.items()})
    except Raised as raised:
        result = raised
    except Exception:  # a result that is not what the run takes apart
        result = {}
    finally:
        learner.calls = None
    own = [position for position, call in enumerate(calls) if call.function == probe.function]
    if isinstance(result, Raised):
        own = [position for position in own if calls[position].result is result]
    return calls[: own[_which(len(own), result, finding)] + 1] if own else [], result


def _which(count: int, result: Values | Raised, finding: Finding) -> int:
    """Return which of a function's calls made the number that is wrong: each may make one, or those of an example."""
    if isinstance(result, Raised) or not finding.facts.get("index"):
        return 0
    shape = np.shape(result.get(finding.facts["name"], ()))
    index = [int(i) for i in finding.facts["index"].strip("[]").split(", ")]
    if len(index) == len(shape) and count == math.prod(shape):
        return int(np.ravel_multi_index(index, shape))
    return index[-1] if len(index) == len(shape) and count == shape[-1] else 0


def _tells(finding: Finding, probe: Probe, case: Values, result: Values | Raised) -> bool:
    """Return whether it is this result that the finding tells of."""
    if isinstance(result, Raised):
        return finding.mistake == "raised" and result.kind == finding.facts.get("kind")
    facts = {name: finding.facts.get(name) for name in _FACTS}
    for right in probe.right:
        try:
            measured: Mapping[str, str] = difference([right(dict(case))], [result])
        except Exception:  # an equation that does not fit this case
            continue
        if measured and {name: measured.get(name) for name in _FACTS} == facts:
            return True
    return False


def _lines(learner: Learner, function: str, calls: Sequence[Call]) -> list[str]:
    """Return the last call, and for a method all that its object went through before."""
    last = calls[-1]
    owner = getattr(last.target, "__self__", None)
    if owner is None:
        return _call(learner, last, function, "result")
    lines: list[str] = []
    for call in calls:
        if call.result is owner:
            lines += _call(learner, call, function.partition(".")[0], "layer")
        elif getattr(call.target, "__self__", None) is owner:
            lines += _call(learner, call, f"layer.{call.target.__name__}", "result")
    return lines


def _call(learner: Learner, call: Call, target: str, result: str) -> list[str]:
    """Return the lines that set the arguments by the names of the parameters, and call."""
    parameters = learner.parameters(call.function) if call.function in learner.nodes else []
    names = parameters[: len(call.arguments)]
    names += [f"argument_{position}" for position in range(len(names), len(call.arguments))]
    arguments = {**dict(zip(names, call.arguments, strict=True)), **call.named}
    lines = [line for name, value in arguments.items() for line in assigned(name, value)]
    passed = [*names, *(f"{name}={name}" for name in call.named)]
    return [*lines, f"{result} = {target}({', '.join(passed)})"]


def _showing(learner: Learner, lines: list[str], finding: Finding) -> list[str]:
    """Return the lines of a snippet with one that prints what is wrong; [] if it does not come to that."""
    try:
        shown = learner.shown_by(lines)
    except Raised as raised:
        return lines if finding.mistake == "raised" and raised.kind == finding.facts.get("kind") else []
    quantity = finding.facts.get("name", "").rstrip("0123456789")
    for name in sorted(shown, key=lambda name: (name != f"layer.{quantity}", name != "result")):
        if _holds(shown[name], finding.facts.get("got", "")):
            short = len(lines) < _LONGEST and max(map(len, lines)) < _WIDEST
            return [*lines, f"print({name})"] if short else []
    return []


def _holds(value: Any, got: str) -> bool:
    """Return whether a number, or an array of a shape, is somewhere in a value."""
    for a in arrays(np.asarray(value) if isinstance(value, int | float | np.generic) else value):
        if got in (str(a.shape), str(a.shape[::-1])):  # whatever way it is laid out
            return True
        if a.dtype.kind in "biuf" and any(math.isclose(number, _parsed(got), rel_tol=1e-3) for number in a.flat):
            return True
    return False


def _parsed(got: str) -> float:
    try:
        return float(got)
    except ValueError:
        return math.nan
