"""What functions learners write, how to call them, what is right and what the usual mistakes are."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from dataclasses import replace

from chainrule.checker.documented import is_documented
from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, examine, inspect

# In this order: what is called comes before what calls it, so that a mistake is found where it is.
FAMILIES = [
    *("elementwise", "gates", "cost", "setup", "optimizers", "convolution", "recurrent", "regularization"),
    *("network", "logistic", "shallow", "book_functions", "book", "scripts"),
]


def check(learner: Learner, file: str) -> Report:
    """Try every function of the learner's whose task is known."""
    started = time.perf_counter()
    checked: dict[str, Checked] = {}
    findings: list[Finding] = []
    for family in FAMILIES:
        try:
            for probe in importlib.import_module(f"{__name__}.{family}").probes(learner):
                if probe.function in checked:
                    continue
                checked[probe.function], found = _judged(learner, probe, checked)
                findings += found
        except Exception as error:  # whatever a learner's code does to one family, the others judge the rest
            text = f"{family}: {error.kind if isinstance(error, Raised) else type(error).__name__}"
            findings.append(Finding("broke-off", "", facts={"text": text}, severity="warning"))
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


def _judged(
    learner: Learner, probe: Probe | Inspection, checked: Mapping[str, Checked]
) -> tuple[Checked, list[Finding]]:
    # Who writes a documented signature says by it what the parts have to be, judged or not.
    bad = ("wrong", "not-started") if is_documented(learner, probe.function) else ("wrong", "not-started", "unchecked")
    doubtful = {function for function, done in checked.items() if done.status in bad}
    done, findings = (
        inspect(learner, probe, doubtful) if isinstance(probe, Inspection) else examine(learner, probe, doubtful)
    )
    if done.status == "ok" and probe.function in learner.needs_old_numpy:
        line = learner.needs_old_numpy[probe.function] or done.line
        findings = [*findings, Finding("old-numpy", probe.function, line, severity="warning")]
    return done, findings
