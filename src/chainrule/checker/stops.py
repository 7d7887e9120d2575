"""What a function stops with, told at its own line."""

from __future__ import annotations

from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised


def stopped(learner: Learner, function: str, raised: Raised) -> Finding:
    """Return what a function stops with, at its own line: where it stops, or calls what stops."""
    facts = {"kind": raised.kind, "text": raised.text}
    within = learner.owner(raised.line)
    if raised.line is not None and within not in (None, function):
        own = [line for line in raised.calls if learner.owner(line) == function]
        facts |= {"name": str(within), "pattern": "stops-within"}
        return Finding("raised", function, own[-1] if own else learner.line(function), facts)
    return Finding("raised", function, raised.line or learner.line(function), facts)
