"""One function against its equation: whether it is right, and if not, which known mistake it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.documented import is_documented
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.findings import Checked, Finding, Status
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.proof import Doubt, agrees_somewhere, another, doubt_about_result, doubt_about_stop, uses
from chainrule.checker.stops import stopped
from chainrule.checker.unfinished import unfinished

SINGLE = 2e-4  # what float32 may differ by, relative to the largest number, where a score of 1000 is in between


@dataclass(frozen=True)
class Probe:
    """How to try one function of the learner's.

    Parameters
    ----------
    function
        The learner's name for it.
    role
        The usual name of what it should do.
    cases
        What to try it on.
    runs
        Each calls it on a case and returns its results by their textbook names. There are several where more than one
        way to call it is usual (such as a cache that holds Z or A) and nothing tells which is meant.
    right
        What it may return: a result that agrees with one of these in all cases is right.
    mistakes
        What else it might return.
    tolerance
        By how much results may differ, relative to the largest number.
    may_change
        The parameters that it may change.
    needs
        The learner's functions that it calls. If one is wrong, a deviation of this one is not held against it.
    also
        Looks at what else there is to a function whose numbers are right, such as what it keeps for later.
    own_parts
        Whether what is right is worked out with the learner's own other functions, so that a mistake in those is no
        excuse.
    """

    function: str
    role: str
    cases: Sequence[Values]
    runs: Sequence[Equation]
    right: Sequence[Equation]
    mistakes: Sequence[Mistake] = ()
    tolerance: float = 1e-6
    may_change: frozenset[str] = frozenset()
    needs: Sequence[str] = ()
    also: Callable[[], list[Finding]] | None = None
    own_parts: bool = False


@dataclass(frozen=True)
class Inspection:
    """A look at a function whose results no equation gives: random parameters, or a short run of training.

    Parameters
    ----------
    function, role
        As for a `Probe`.
    look
        Returns what is wrong, or why that cannot be said; raises `Raised` if the learner's code does.
    needs
        The learner's functions that it calls; if one is wrong, there is nothing to look at.
    """

    function: str
    role: str
    look: Callable[[], list[Finding] | Doubt]
    needs: Sequence[str] = ()


Others = Mapping[str, Status]
"""What became of the other functions."""


def inspect(learner: Learner, inspection: Inspection, others: Others) -> tuple[Checked, list[Finding]]:
    """Look at a function and return what became of it; `others` says what became of those before it."""
    if blank := not_started(learner, inspection.function, inspection.role):
        return blank, []
    if blocking := _blocking(learner, inspection, others):
        return _unjudged(learner, inspection, another(blocking)), []
    line = learner.line(inspection.function)
    try:
        outcome = inspection.look()
    except Raised as raised:
        doubt = _doubt_about_stop(learner, inspection, others, raised, fits=False)
        outcome = doubt or [stopped(learner, inspection.function, raised)]
    if isinstance(outcome, Doubt):
        return _unjudged(learner, inspection, outcome), []
    return _checked(inspection, line, outcome), outcome


def _checked(probe: Probe | Inspection, line: int | None, findings: list[Finding]) -> Checked:
    wrong = any(finding.severity == "error" for finding in findings)
    return Checked(probe.function, probe.role, line, "wrong" if wrong else "ok")


def _unjudged(learner: Learner, probe: Probe | Inspection, doubt: Doubt) -> Checked:
    line = learner.line(probe.function)
    return Checked(probe.function, probe.role, line, "unchecked", doubt.reason, doubt.facts)


def not_started(learner: Learner, function: str, role: str) -> Checked | None:
    """Return that a function is a template, if it is one; a constructor may have nothing to do."""
    node = learner.nodes.get(function)
    if node is None or node.name == "__init__" or unfinished(node) is None:
        return None
    return Checked(function, role, node.lineno, "not-started", "not-started")


def _blocking(learner: Learner, probe: Probe | Inspection, others: Others) -> set[str]:
    """Return which functions it uses that were not found right: what it deviates by may be their fault."""
    # Who writes a documented signature says by it what the parts have to be, judged or not.
    good = {"ok", "unchecked"} if is_documented(learner, probe.function) else {"ok"}
    doubtful = {function for function, status in others.items() if status not in good}
    used = {*probe.needs}.union(*(uses(learner, function) for function in (probe.function, *probe.needs)))
    return doubtful & used - {probe.function}


def _doubt_about_stop(
    learner: Learner, probe: Probe | Inspection, others: Others, raised: Raised, *, fits: bool
) -> Doubt | None:
    """Return why an exception proves no mistake of a function: it may be that of another, which was not found right."""
    within = {raised.function, learner.owner(raised.line)} & others.keys() - {probe.function}
    if culprits := {function for function in within if function and others[function] != "ok"}:
        return another(culprits)
    return doubt_about_stop(learner, probe.function, probe.role, raised, fits=fits)


def examine(learner: Learner, probe: Probe, others: Others) -> tuple[Checked, list[Finding]]:
    """Try a function and return what became of it; `others` says what became of those before it."""
    if blank := not_started(learner, probe.function, probe.role):
        return blank, []
    line = learner.line(probe.function)
    ways = [[_attempt(run, case) for case in probe.cases] for run in probe.runs]
    if probe.function in learner.singles:
        probe = replace(probe, tolerance=max(probe.tolerance, SINGLE))
    blocking = set() if probe.own_parts else _blocking(learner, probe, others)
    expected: list[list[Values | Raised]] = []
    way = None
    for right in probe.right:  # one by one: derivatives by differences take their time
        expected.append([_attempt(right, case) for case in probe.cases])
        way = next((i for i, got in enumerate(ways) if _agree(probe, expected[-1], got)), None)
        if way is not None:
            break
    if way is not None:
        findings = [] if blocking else _contract(learner, probe, probe.runs[way], ways[way][0])
        if probe.also and not findings and not blocking:
            with contextlib.suppress(Raised):  # what stops the learner's code is told where it stops
                findings += probe.also()
        return _checked(probe, line, findings), findings
    usable = [values for each in expected if len(values := [v for v in each if not isinstance(v, Raised)]) == len(each)]
    if blocking or not usable:
        stops = {a.function for results in expected for a in results if isinstance(a, Raised) and a.function}
        return _unjudged(learner, probe, another(blocking or stops)), []
    likeliest = max(usable, key=lambda each: _agreements(each, ways[0]))
    for mistake, got in _named(probe, ways):
        findings = [Finding(mistake.key, probe.function, line, difference(likeliest, got), mistake.severity)]
        return _checked(probe, line, findings), findings
    if _is_right_in_rows(learner, probe, usable):
        return _checked(probe, line, []), []
    return _unnamed(learner, probe, usable, ways, others)


def _is_right_in_rows(learner: Learner, probe: Probe, expected: Sequence[Sequence[Values]]) -> bool:
    """Return whether a function does the same with examples as rows: a signature does not say which are meant."""
    with learner.in_rows():
        ways = [[_attempt(run, case) for case in probe.cases] for run in probe.runs]
    return any(_agree(probe, right, got) for right in expected for got in ways)


def _named(probe: Probe, ways: Sequence[Sequence[Values | Raised]]) -> Iterator[tuple[Mistake, Sequence[Any]]]:
    """Yield the mistakes that agree with the results in every case; zeros are no evidence for one of several."""
    agreeing = (
        (mistake, got)
        for mistake in probe.mistakes
        for wrong in [[_attempt(mistake.wrong, case) for case in probe.cases]]
        for got in ways
        if _agree(probe, wrong, got)
    )
    for first in agreeing:
        if _is_something(first[1]) or all(mistake.key == first[0].key for mistake, _ in agreeing):
            yield first
        return


def _is_something(results: Sequence[Values | Raised]) -> bool:
    """Return whether there is a number other than 0 among results."""
    values = [np.asarray(a) for each in results if not isinstance(each, Raised) for a in each.values()]
    return any(a.dtype.kind in "biuf" and bool(np.nan_to_num(a).any()) for a in values)


def _attempt(equation: Equation, case: Values) -> Values | Raised:
    try:
        with np.errstate(all="ignore"):
            return equation({name: a.copy() if isinstance(a, np.ndarray) else a for name, a in case.items()})
    except Raised as raised:
        return raised
    except Exception as error:  # a wrong equation may not fit the shapes, as the learner's may not
        return Raised(type(error).__name__, str(error), None, inside=False)


def _agree(probe: Probe, each: Iterable[Values | Raised], got: Sequence[Values | Raised]) -> bool:
    """Return whether results are the same in all cases, and numbers in at least one."""
    numbers = False
    for expected, actual in zip(each, got, strict=True):
        if isinstance(expected, Raised) or isinstance(actual, Raised):
            if not (isinstance(expected, Raised) and isinstance(actual, Raised) and expected.kind == actual.kind):
                return False
            continue
        numbers = True
        if not all(close(expected[name], actual.get(name), probe.tolerance) for name in expected):
            return False
    return numbers


def _agreements(each: Sequence[Values], got: Sequence[Values | Raised]) -> int:
    """Return how many quantities are the same."""
    pairs = [(want, actual) for want, actual in zip(each, got, strict=True) if not isinstance(actual, Raised)]
    return sum(close(a, actual.get(name), 1e-6) for want, actual in pairs for name, a in want.items())


def _reals(value: Any) -> Any:
    """Return an array of real numbers; texts and complex numbers are none, though NumPy would make some of them."""
    array = np.asarray(value)
    if array.dtype.kind not in "biufO":
        raise TypeError
    return array.astype(float)


def _is_same(a: Values, b: Values) -> bool:
    """Return whether a function gave twice the same, whatever that is."""
    pairs = [(np.asarray(value), np.asarray(b.get(name))) for name, value in a.items()]
    alike = (x.dtype == y.dtype and x.shape == y.shape for x, y in pairs)
    return all(alike) and all(x.dtype.hasobject or x.tobytes() == y.tobytes() for x, y in pairs)


def close(expected: Any, actual: Any, tolerance: float) -> bool:
    """Return whether two arrays have the same shape and nearly the same numbers, or are both missing."""
    if expected is None or actual is None:
        return expected is actual
    try:
        a, b = _reals(expected), _reals(actual)
    except (TypeError, ValueError):
        return False
    if a.shape != b.shape:
        return False
    scale = float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))
    return bool(np.allclose(a, b, rtol=0.0, atol=tolerance * scale + 1e-12, equal_nan=True))


def _numbers(value: Any) -> Any:
    """Return an array, or None of what is no array of numbers, such as a dict or rows of different lengths."""
    try:
        a = np.asarray(value)
    except ValueError:
        return None
    return a if a.dtype.kind in "biuf" else None


def _is_object(value: Any) -> bool:
    """Return whether a value is neither numbers nor text nor a container."""
    plain = (np.ndarray, np.generic, int, float, complex, str, bytes, dict, list, tuple, set)
    return value is not None and not isinstance(value, plain)


def _kind(value: Any) -> str:
    """Return the shape of an array of numbers, or what else a value is."""
    a = _numbers(value)
    return type(value).__name__ if a is None else f"{a.shape}"


def difference(expected: Sequence[Values], got: Sequence[Values | Raised]) -> dict[str, str]:
    """Return where results first differ: the quantity, the index, the number expected and the number got."""
    for want, actual in zip(expected, got, strict=True):
        if isinstance(actual, Raised):
            continue
        for name, right in want.items():
            if close(right, actual.get(name), 1e-6):
                continue
            if name not in actual or actual[name] is None:
                return {"name": name, "expected": "", "got": ""}
            a, b = _numbers(right), _numbers(actual[name])
            if a is None or b is None:
                if a is b:  # nothing that can be compared
                    continue
                return {"name": name, "index": "", "expected": _kind(right), "got": _kind(actual[name])}
            if a.shape != b.shape:
                return {"name": name, "index": "", "expected": f"{a.shape}", "got": f"{b.shape}"}
            at = np.argwhere(~np.isclose(a, b, rtol=1e-6, atol=1e-12))
            index = tuple(int(i) for i in at[0]) if len(at) else (0,) * a.ndim
            place = f"[{', '.join(map(str, index))}]" if index else ""
            return {"name": name, "index": place, "expected": f"{a[index]:.6g}", "got": f"{b[index]:.6g}"}
    return {}


def _unnamed(
    learner: Learner,
    probe: Probe,
    expected: Sequence[Sequence[Values]],
    ways: Sequence[Sequence[Values | Raised]],
    others: Others,
) -> tuple[Checked, list[Finding]]:
    """Return a finding that says what was measured and guesses no name, if it is proven that it is a mistake."""
    line = learner.line(probe.function)
    pairs = [(each, got) for each in expected for got in ways]
    likeliest, got = max(pairs, key=lambda pair: (_agreements(*pair), -sum(isinstance(v, Raised) for v in pair[1])))
    again = [_attempt(probe.runs[next(i for i, way in enumerate(ways) if way is got)], case) for case in probe.cases]
    if not all(isinstance(b, dict) and _is_same(a, b) for a, b in zip(got, again, strict=True) if isinstance(a, dict)):
        return _unjudged(learner, probe, Doubt("random", {"role": probe.role})), []
    fits, facts = _fits(likeliest, got), difference(likeliest, got)
    raised = next((actual for actual in got if isinstance(actual, Raised)), None)
    if raised is not None and not facts:
        doubt = _doubt_about_stop(learner, probe, others, raised, fits=fits)
    else:
        # What a method does not return it may keep under a name that is not known here.
        fits = fits and not (facts.get("expected") == "" and "." in probe.function)
        doubt = doubt_about_result(learner, probe.function, probe.role, fits=fits)
    if any(_is_object(value) for actual in got if isinstance(actual, dict) for value in actual.values()):
        doubt = Doubt("other-result", {"role": probe.role})  # it computes with a class of its own, such as Tensor
    if doubt:
        return _unjudged(learner, probe, doubt), []
    if raised is not None and not facts:
        finding = stopped(learner, probe.function, raised)
    else:
        finding = _in_part(probe, line, likeliest, got) or _measured(probe, line, likeliest, got)
    return _checked(probe, line, [finding]), [finding]


def _fits(expected: Sequence[Values], got: Sequence[Values | Raised]) -> bool:
    """Return whether one quantity is right wherever the function returned."""
    pairs = [(want, actual) for want, actual in zip(expected, got, strict=True) if not isinstance(actual, Raised)]
    names = {name for want, _ in pairs for name in want}
    return any(
        agrees_somewhere([(want.get(name), actual.get(name)) for want, actual in pairs], partial(close, tolerance=1e-6))
        for name in names
    )


def _in_part(
    probe: Probe, line: int | None, expected: Sequence[Values], got: Sequence[Values | Raised]
) -> Finding | None:
    """Return the mistake that some quantities have where all others are right, such as only the biases; or None.

    If several mistakes fit, it is not known which it is.
    """
    mistakes = [mistake for mistake in probe.mistakes if mistake.severity == "error"]
    wrong = [(mistake.key, [_attempt(mistake.wrong, case) for case in probe.cases]) for mistake in mistakes]
    keys = {key for key, results in wrong if _has_in_part(probe, expected, results, got)}
    if len(keys) != 1:
        return None
    (key,) = keys
    return Finding(key, probe.function, line, difference(expected, got))


def _has_in_part(
    probe: Probe, right: Sequence[Values], wrong: Sequence[Values | Raised], got: Sequence[Values | Raised]
) -> bool:
    for want, mistaken, actual in zip(right, wrong, got, strict=True):
        if isinstance(mistaken, Raised) or isinstance(actual, Raised):
            return False
        for name, number in want.items():
            either = (number, mistaken.get(name))
            if not any(close(each, actual.get(name), probe.tolerance) for each in either):
                return False
    return True


_OF_ONE_CASE = ("shape", "transposed", "not-numbers", "not-finite")
"""Patterns that square arrays may hide."""


def _measured(probe: Probe, line: int | None, expected: Sequence[Values], got: Sequence[Values | Raised]) -> Finding:
    facts = difference(expected, got)
    if facts.get("expected") == "":
        kept = probe.function.endswith(".backward")  # what a layer does not return it keeps
        return Finding("missing-attribute" if kept else "missing-result", probe.function, line, facts)
    name = facts.get("name", "")
    pairs = [(want.get(name), a.get(name)) for want, a in zip(expected, got, strict=True) if not isinstance(a, Raised)]
    patterns = [pattern(right, actual) for right, actual in pairs if right is not None]
    if patterns:
        # What is measured in one case only, such as a factor that depends on m, is no relation.
        facts["pattern"] = patterns[0] if patterns[0] in _OF_ONE_CASE or len({*patterns}) == 1 else "other"
    key = "wrong-shape" if facts.get("index") == "" and "(" in facts.get("got", "") else "wrong-numbers"
    return Finding(key, probe.function, line, facts)


def pattern(expected: Any, actual: Any) -> str:
    """Return how wrong numbers are related to right ones: a key of the texts, perhaps with a number after a space."""
    a = np.asarray(expected, float)
    try:
        b = _reals(actual)
    except (TypeError, ValueError):
        return "not-numbers"
    if not np.isfinite(b).all():
        return "not-finite"
    if a.ndim == 2 and b.shape == a.T.shape and close(a.T, b, 1e-6):
        return "transposed"
    if a.shape != b.shape:
        return "shape"
    if not b.any():
        return "zero"
    with np.errstate(all="ignore"):
        ratios = (b / a)[a != 0]
    if ratios.size and np.allclose(ratios, ratios.flat[0], rtol=1e-5) and not b[a == 0].any():
        ratio = float(ratios.flat[0])
        return "sign" if np.isclose(ratio, -1) else f"ratio {ratio:.6g}"
    return "other"


def _contract(learner: Learner, probe: Probe, run: Equation, result: Values | Raised) -> list[Finding]:
    """Return what is wrong with a function that computes the right numbers."""
    line = learner.line(probe.function)
    again = _attempt(run, probe.cases[0])
    if not isinstance(result, Raised) and (isinstance(again, Raised) or difference([result], [again])):
        return [Finding("not-deterministic", probe.function, line)]
    changed = sorted(learner.changed.get(probe.function, set()) - probe.may_change)
    if not changed:
        return []
    # It bites only who uses the argument again; where the file does, that function's numbers are wrong.
    return [Finding("argument-changed", probe.function, line, {"name": ", ".join(changed)}, "warning")]
