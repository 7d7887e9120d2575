"""Loops that train, judged by the slope of the cost that they go down."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chainrule.checker import clock
from chainrule.checker.derivatives import blame, lines, step_patterns, steps
from chainrule.checker.derivatives.blame import Place
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.derivatives.unmoved import unused, with_unmoved
from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.watching.paths import text

SECONDS = 4.0  # for all loops of a file ...
STEP = 3.0  # ... and for one
_TWO_AIMS = re.compile(r"generator|discriminator|adversar|\bgan\b|lagrang|minimax", re.IGNORECASE)


class Loop(NamedTuple):
    """A loop of the learner's program: what it is called, where it begins, and its first pass."""

    name: str
    line: int
    rerun: Rerun


class Seen(NamedTuple):
    """What was seen of the learner's program: its loops, the first call of each function, and what stops it."""

    loops: tuple[Loop, ...]
    calls: Mapping[str, Mapping[str, Any]]
    stop: Raised | None = None


def judged(
    learner: Learner, loops: Iterable[Loop], settled: Collection[str], wrong: Collection[str]
) -> Iterator[tuple[Checked, Finding | None]]:
    """Yield what became of the loops that train, and of the functions that they call and that are not settled yet.

    Parameters
    ----------
    learner
        What the file defines.
    loops
        The loops that its program came to.
    settled, wrong
        The functions that are judged already, and those of them that are wrong.
    """
    until, known = clock.now() + SECONDS, set(settled)
    inner: list[Loop] = []
    for loop in reversed([*loops]):  # what a pass of a loop comes to is judged before it
        seconds = min(STEP, until - clock.now())
        if seconds <= 0:
            return
        try:
            verdict = steps.assess(loop.rerun, seconds, lines.states(lines.body_of(learner.whole, loop.line)))
            if verdict is not None and verdict.is_right:
                verdict = with_unmoved(loop.rerun, verdict)
        except Raised:
            continue
        if verdict is None or _ran(verdict) & set(wrong):
            continue
        has_steps = any(_contains(learner, loop, verdict, other) for other in inner)
        inner.append(loop)
        name = loop.name if loop.name in learner.nodes or loop.name not in known else f"{loop.name} {loop.line}"
        finding = None if has_steps else _finding(learner, loop, name, verdict, until)
        if finding is not None:
            known.add(finding.function)
            yield Checked(finding.function, finding.function, finding.line, "wrong"), finding
        elif verdict.is_right:
            for function in [name, *sorted(_proven(learner, loop, verdict))]:
                if function not in known:
                    known.add(function)
                    yield Checked(function, function, learner.line(function) or loop.line, "ok"), None


def _ran(verdict: Verdict) -> set[str]:
    """Return the functions that ran in a step."""
    return {lines.split(path)[0] for path in verdict.point.after} - {""}


def _contains(learner: Learner, loop: Loop, verdict: Verdict, inner: Loop) -> bool:
    """Return whether a pass of a loop comes to another loop that trains: it takes many steps then, not one."""
    body = lines.body_of(learner.whole, loop.line)
    is_inside = bool(body) and body[0].lineno <= inner.line <= (body[-1].end_lineno or 0)
    return is_inside or inner.name in _ran(verdict)


def _proven(learner: Learner, loop: Loop, verdict: Verdict) -> set[str]:
    """Return the functions that what a right step moves goes through: not those that only report."""
    through = {lines.split(path)[0] for path in verdict.reached} & learner.nodes.keys()
    body = lines.body_of(learner.whole, loop.line)
    called = lines.needed(body, [text(parameter.path) for parameter in verdict.along])
    called |= {lines.split(path)[0].rpartition(".")[2] for path in verdict.cost.reads}
    waiting = list(called)
    while waiting:
        name = waiting.pop()
        nodes = [node for function, node in learner.nodes.items() if function.rpartition(".")[2] == name]
        more = set[str]().union(*map(lines.called, nodes)) - called
        called |= more
        waiting += more
    return {function for function in through if function.rpartition(".")[2] in called or "__call__" in function}


def _finding(learner: Learner, loop: Loop, name: str, verdict: Verdict, until: float) -> Finding | None:
    """Return what is wrong with a step, if it is proven: some of what it does goes along the slope."""
    if verdict.is_right:
        return _unused(learner, loop, name, verdict)
    facts = {"cost": verdict.cost.name, "loop": name}
    has_two_aims = bool(_TWO_AIMS.search(ast.unparse(learner.whole)))
    is_meant = verdict.cost.may_be_signed or has_two_aims
    if verdict.is_uphill:
        if is_meant:
            return None
        function, line = blame.blamed_uphill(learner, loop.line, verdict)
        return _found(learner, loop, name, "own-step-uphill", Place(function, line, facts))
    if not verdict.off or (verdict.uphill and (len(verdict.uphill) < len(verdict.along) or is_meant)):
        return None
    if blame.is_of_what_is_left(learner, loop.line, verdict):
        return None
    place = blame.blamed(learner, loop.line, loop.rerun, verdict, until)
    if place is None or (place.facts.get("pattern") == "sign" and has_two_aims):
        return None
    mistake = "own-step" if verdict.along else "own-step-everywhere"
    if verdict.uphill:
        mistake = "own-step-uphill-and-off"
    return _found(learner, loop, name, mistake, place._replace(facts=facts | place.facts))


def _unused(learner: Learner, loop: Loop, name: str, verdict: Verdict) -> Finding | None:
    """Return that a parameter is trained that the forward pass does not use, if there is one."""
    parameters = unused(loop.rerun, verdict)
    if parameters is None:
        return None
    path, beside = parameters
    function, line = blame.first_use(learner, loop.line, verdict, beside)
    facts = {"name": step_patterns.short(path), "other": step_patterns.short(beside.path), "cost": verdict.cost.name}
    return _found(learner, loop, name, "own-unused", Place(function, line, facts))


def _found(learner: Learner, loop: Loop, name: str, mistake: str, place: Place) -> Finding:
    function = place.function if place.function in learner.nodes else name
    return Finding(mistake, function, place.line or learner.line(function) or loop.line, place.facts)
