"""What functions learners write, how to call them, what is right and what the usual mistakes are."""

from __future__ import annotations

import importlib
import time
from dataclasses import replace
from functools import cache
from types import ModuleType

from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, examine, inspect

# In this order: what is called comes before what calls it, so that a mistake is found where it is.
FAMILIES = [
    *("elementwise", "gates", "cost", "setup", "optimizers", "convolution", "recurrent", "regularization"),
    *("network", "logistic", "shallow", "book_functions", "book", "scripts"),
]


@cache
def families() -> list[ModuleType]:
    """Return the modules of the families; a process that shuts the learner's code in has to ask for them before."""
    return [importlib.import_module(f"{__name__}.{family}") for family in FAMILIES]


def check(learner: Learner, file: str) -> Report:
    """Try every function of the learner's whose task is known."""
    started = time.perf_counter()
    checked: dict[str, Checked] = {}
    findings: list[Finding] = []
    for family in families():
        for probe in family.probes(learner):
            if probe.function in checked:
                continue
            wrong = {function for function, done in checked.items() if done.status == "wrong"}
            done, found = (
                inspect(learner, probe, wrong) if isinstance(probe, Inspection) else examine(learner, probe, wrong)
            )
            checked[probe.function] = done
            findings += found
    known = {*checked, *(function.partition(".")[0] for function in checked)}
    private = ("_", "test", "main", "load", "plot", "print", "show")  # helpers, and what has no equation
    unmatched = [
        name for name in learner.nodes if "." not in name and name not in known and not name.startswith(private)
    ]
    unmatched += [name for name in learner.classes if name not in known and f"{name}.forward" in learner.nodes]
    report = Report(
        file,
        tuple(checked.values()),
        tuple(sorted(findings, key=lambda finding: finding.line or 0)),
        tuple(sorted(unmatched, key=lambda name: learner.line(name) or 0)),
        seconds=time.perf_counter() - started,
    )
    return report if checked else replace(report, problem=Finding("no-functions", ""))
