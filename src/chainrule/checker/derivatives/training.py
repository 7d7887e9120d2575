"""Loops that train, judged by the slope of the cost that they go down."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.derivatives import steps
from chainrule.checker.derivatives.steps import Agreement, Rerun, Verdict
from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.watching.paths import text

SECONDS = 5.0  # for all loops of a file


class Loop(NamedTuple):
    """A loop of the learner's program: what it is called, where it begins, and its first pass."""

    name: str
    line: int
    rerun: Rerun


class Seen(NamedTuple):
    """What was seen of the learner's program: its loops, and what each function was first called with."""

    loops: tuple[Loop, ...]
    calls: Mapping[str, Mapping[str, Any]]


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
    until, known = time.monotonic() + SECONDS, set(settled)
    for loop in loops:
        if time.monotonic() > until:
            return
        try:
            verdict = steps.assess(loop.rerun, min(2.0, until - time.monotonic()))
        except Raised:
            continue
        if verdict is None or verdict.functions & set(wrong):
            continue
        name = loop.name if loop.name in learner.nodes or loop.name not in known else f"{loop.name} {loop.line}"
        if verdict.is_right:
            for function in [name, *sorted(verdict.functions & learner.nodes.keys())]:
                if function not in known:
                    known.add(function)
                    yield Checked(function, function, learner.line(function) or loop.line, "ok"), None
        elif finding := _finding(learner, name, loop.line, verdict):
            known.add(finding.function)
            yield Checked(finding.function, finding.function, finding.line, "wrong"), finding


def _finding(learner: Learner, name: str, line: int, verdict: Verdict) -> Finding | None:
    """Return what is wrong with a step, if it is proven: some of what it does goes along the slope."""
    cost, along = verdict.cost.name, [parameter for parameter in verdict.parameters if parameter not in verdict.off]
    if not any(len(parameter.entries) > 1 for parameter in along):
        return None
    if not verdict.off:
        return Finding("own-step-uphill", name, line, {"cost": cost})
    first, rate = verdict.off[-1], along[0].factor
    at = int(np.argmax(np.abs(first.move - rate * first.derivative)))
    place = ", ".join(map(str, first.entries[at]))
    source = verdict.sources.get(first.path, "")
    blamed = source if source in learner.nodes else name
    return Finding(
        "own-step",
        blamed,
        learner.line(blamed) or line,
        {
            "name": text(first.path),
            "loop": name,
            "index": f"[{place}]" if place else "",
            "cost": cost,
            "others": ", ".join(text(parameter.path) for parameter in along),
            "expected": f"{rate * first.derivative[at]:.6g}",
            "got": f"{first.move[at]:.6g}",
            "pattern": _pattern(first, rate),
        },
    )


def _pattern(off: Agreement, rate: float) -> str:
    if not off.move.any():
        return "zero"
    if not off.is_multiple:
        return "other"
    ratio = off.factor / rate
    return "sign" if np.isclose(ratio, -1) else f"ratio {ratio:.6g}"
