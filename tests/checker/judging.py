"""Judges code by differences of its own forward pass, in this process and with time enough."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from typing import Any

import pytest

from chainrule.checker.derivatives import judgment
from chainrule.checker.derivatives.training import Seen
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.watching.rehearsal import Rehearsal, Rehearsals


class Watcher:
    """Rehearses code in this process; it watches no program."""

    def __init__(self, learner: Learner) -> None:
        self._rehearsals = Rehearsals(learner.namespace)

    def exercise(self, setup: str, code: str, values: Mapping[str, Any]) -> Rehearsal:
        return self._rehearsals.exercise(setup, code, values)

    def watch(self) -> Seen:
        return Seen((), {})


def judged(code: str, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...] = ()) -> tuple[set[str], list[Finding]]:
    """Return the functions that are right, and what is wrong with others; some are known to be wrong already."""
    monkeypatch.setattr(judgment, "SECONDS", 60.0)
    monkeypatch.setattr(judgment, "LONGEST", 30.0)
    names, tree = _namespace("<learner>", Importer()), ast.parse("import numpy as np\n" + textwrap.dedent(code))
    exec(compile(tree, "<learner>", "exec"), names)
    learner = Learner(names, tree)
    outcomes = list(judgment.judged(learner, Watcher(learner), {}, set(wrong), set(wrong)))
    right = {checked.function for checked, _ in outcomes if checked.status == "ok"}
    return right, [finding for _, finding in outcomes if finding]
