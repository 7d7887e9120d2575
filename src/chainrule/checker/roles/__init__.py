"""Which functions learners write, and how to call them; all that is known is tried on a file."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from chainrule.checker import clock, stops
from chainrule.checker.conventions.count_of_file import with_count_of_file
from chainrule.checker.conventions.handed_over import never_kept
from chainrule.checker.derivatives import attempts, judgment, outer_costs, single_steps, training
from chainrule.checker.derivatives.judgment import Watcher
from chainrule.checker.evidence import joined
from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, examine, inspect, not_started
from chainrule.checker.proof import uses
from chainrule.checker.repro import snippet
from chainrule.checker.roles import (
    activations_of_methods,
    normalization_of_objects,
    optimizers_of_objects,
    updates_of_dicts,
)
from chainrule.checker.roles.book import clipping, gates, layers, learning_layers, softmax_layers
from chainrule.checker.roles.book import convolution as book_convolution
from chainrule.checker.roles.book import functions as book_functions
from chainrule.checker.roles.book import optimizers as book_optimizers
from chainrule.checker.roles.course import (
    basics,
    cost,
    elementwise,
    gradient_checking,
    letters,
    logistic,
    network,
    recurrent,
    regularization,
    setup,
    shallow,
)
from chainrule.checker.roles.course import convolution as course_convolution
from chainrule.checker.roles.course import optimizers as course_optimizers
from chainrule.checker.roles.cs231n import classifiers, normalization
from chainrule.checker.roles.cs231n import optimizers as update_rules
from chainrule.checker.roles.cs231n import recurrent as recurrent_rows
from chainrule.checker.roles.scripts import functions as script_functions
from chainrule.checker.roles.scripts import labels
from chainrule.checker.unfinished import unfinished


class Named(Protocol):
    """A module."""

    __name__: str


class Family(Named, Protocol):
    """A module that knows functions of one kind."""

    def probes(self, learner: Learner, /) -> Iterator[Probe | Inspection]:
        """Yield what there is to try of the learner's."""


# In this order: what is called comes before what calls it, so that a mistake is found where it is.
FAMILIES: Sequence[Family] = (
    *(elementwise, gates, basics, labels, cost, setup, gradient_checking),
    *(classifiers, normalization, recurrent_rows, update_rules),
    *(course_optimizers, book_optimizers, course_convolution, book_convolution, recurrent, letters, regularization),
    *(network, logistic, shallow, book_functions, layers, learning_layers, softmax_layers, clipping, script_functions),
)


def _repro(learner: Learner, probe: Probe | Inspection, finding: Finding) -> tuple[str, ...]:
    """Return the snippet that shows a mistake, if there is one; whatever the search for it does, the mistake stays."""
    try:
        return snippet(learner, probe, finding) if isinstance(probe, Probe) else ()
    except Exception:  # such as an attribute of the learner's that raises when it is read
        return ()


def check(learner: Learner, file: str, watcher: Watcher | None = None, seen: Iterable[Finding] = ()) -> Report:
    """Try every function of the learner's whose task is known, and with a watcher layers and pairs of any name.

    What was `seen` in the code, by `sight`, joins what comes of it.
    """
    started = time.perf_counter()
    clock.restart()
    checked: dict[str, Checked] = {}
    findings: list[Finding] = []
    blanks = {function: blank for function in learner.nodes if (blank := not_started(learner, function, function))}
    for family, probes in _families(learner, watcher):
        try:
            for probe in probes():
                if _is_open(checked.get(probe.function), family):
                    findings += _tried(learner, probe, blanks, checked, family)
        except Exception as error:  # whatever a learner's code does to one family, the others judge the rest
            findings.append(_broke_off(family, error))
    try:
        for done, finding in _watched(learner, watcher, blanks, checked) if watcher else ():
            checked[done.function] = done
            findings += [finding] if finding else []
    except Exception as error:  # whatever a program does, what was judged before stays judged
        findings.append(_broke_off(judgment, error))
    known = {function.partition(".")[0] for function in checked}
    for function, blank in blanks.items():
        # A method counts where its class does: that of a base class may be empty for good.
        if "." not in function or function.partition(".")[0] in known:
            checked.setdefault(function, blank)
    checked |= {unknown.function: unknown for unknown in _unknown_classes(learner, checked)}
    known = {*checked, *(function.partition(".")[0] for function in checked)}
    private = ("_", "test", "main", "load", "plot", "print", "show")  # helpers, and what has no equation
    unmatched = [
        name
        for name in learner.nodes
        if "." not in name and name not in {*known, *blanks} and not name.startswith(private)
    ]
    known |= _bases(learner)
    unmatched += [name for name in learner.classes if name not in known and f"{name}.forward" in learner.nodes]
    meant = {mine: usual for usual, mine in learner.names.items()}  # what a learner says goes before our own names
    report = Report(
        file,
        tuple(replace(c, role=meant.get(c.function.partition(".")[0], c.role)) for c in checked.values()),
        tuple(sorted(findings, key=lambda finding: finding.line or 0)),
        tuple(sorted(unmatched, key=lambda name: learner.line(name) or 0)),
    )
    report = joined(report, seen, {function: learner.line(function) for function in learner.nodes})
    report = replace(report, seconds=time.perf_counter() - started)
    nothing = "no-definitions" if watcher and not learner.nodes and not learner.classes else "no-functions"
    return report if report.checked else replace(report, problem=Finding(nothing, ""))


def _is_open(before: Checked | None, family: Named) -> bool:
    """Return whether a function is not tried yet, or may be judged by who knows a step in general."""
    return before is None or (family is updates_of_dicts and before.status == "unchecked")


def _families(
    learner: Learner, watcher: Watcher | None
) -> Iterator[tuple[Named, Callable[[], Iterator[Probe | Inspection]]]]:
    """Yield who knows functions of one kind, and what they have to try of the learner's."""
    for family in FAMILIES:
        yield family, partial(family.probes, learner)
    yield updates_of_dicts, partial(updates_of_dicts.probes, learner)
    of_objects = (activations_of_methods, optimizers_of_objects, normalization_of_objects)
    for family in of_objects if watcher else ():
        yield family, partial(family.probes, learner, watcher)


def _watched(
    learner: Learner, watcher: Watcher, blanks: Mapping[str, Checked], checked: Mapping[str, Checked]
) -> Iterator[tuple[Checked, Finding | None]]:
    """Yield what differences of the learner's own forward pass say of what has no known name; `checked` grows."""
    settled = _settled(learner, {**blanks, **checked})
    flagged = {function for function, node in learner.nodes.items() if attempts.flag_of(node)}
    if not learner.nodes.keys() - settled and not flagged and not _has_loops(learner.whole.body):
        return
    seen = watcher.watch()
    yield from outer_costs.judged(learner, seen.calls, settled)
    settled = _settled(learner, {**blanks, **checked})
    yield from judgment.judged(learner, watcher, seen.calls, settled, _wrong(checked))
    yield from training.judged(learner, seen.loops, _settled(learner, {**blanks, **checked}), _wrong(checked))
    settled = _settled(learner, {**blanks, **checked})
    by_themselves = single_steps.loops(learner, watcher, seen.calls, settled)
    yield from training.judged(learner, by_themselves, settled, _wrong(checked))
    if seen.stop is not None and not _wrong(checked):
        right = {function for function, done in checked.items() if done.status == "ok"}
        if stop := stops.of_program(learner, seen.stop, right):
            yield Checked(stop.function, stop.function, stop.line, "wrong"), stop


def _has_loops(statements: Iterable[ast.stmt]) -> bool:
    """Return whether there are loops outside of functions."""
    outside = [s for s in statements if not isinstance(s, ast.FunctionDef | ast.ClassDef)]
    return any(isinstance(node, ast.For | ast.While) for s in outside for node in ast.walk(s))


def _settled(learner: Learner, checked: Mapping[str, Checked]) -> set[str]:
    """Return the functions that are judged, or that cannot be before another one is right."""
    wrong = _wrong(checked)
    settled = {f for f, done in checked.items() if done.status != "unchecked" or wrong & _awaited(done)}
    return settled | {function for function in learner.nodes if wrong & uses(learner, function)}


def _wrong(checked: Mapping[str, Checked]) -> set[str]:
    return {function for function, done in checked.items() if done.status == "wrong"}


def _awaited(done: Checked) -> set[str]:
    """Return the functions that have to be right before this one is judged."""
    return set(done.facts.get("name", "").split(", ")) if done.reason == "needs-another" else set()


def _tried(
    learner: Learner,
    probe: Probe | Inspection,
    blanks: Mapping[str, Checked],
    checked: dict[str, Checked],
    family: Named,
) -> list[Finding]:
    """Return what is wrong with a function, and note what became of it; the rest of the family is tried, too."""
    try:
        checked[probe.function], found = _judged(learner, probe, {**blanks, **checked})
    except Exception as error:
        return [_broke_off(family, error)]
    return [replace(each, repro=_repro(learner, probe, each)) for each in found]


def _broke_off(family: Named, error: Exception) -> Finding:
    name = family.__name__.rpartition(".")[2]
    text = f"{name}: {error.kind if isinstance(error, Raised) else type(error).__name__}"
    return Finding("broke-off", "", facts={"text": text}, severity="warning")


def _bases(learner: Learner) -> set[str]:
    """Return the names of the classes that others inherit from."""
    classes = [node for node in learner.whole.body if isinstance(node, ast.ClassDef)]
    return {ast.unparse(base) for node in classes for base in node.bases}


def _unknown_classes(learner: Learner, checked: Iterable[str]) -> Iterator[Checked]:
    """Yield the classes with a forward or a backward pass that no family knows how to make; no abstract ones."""
    known = {function.partition(".")[0] for function in checked}
    classes = [node for node in learner.whole.body if isinstance(node, ast.ClassDef) and node.name in learner.classes]
    bases = _bases(learner)
    for node in classes:
        if node.name in known or not re.search(r"\b_?(forward|backward)\b", ast.unparse(node)):
            continue
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name != "__init__"]
        if all(unfinished(method) for method in methods):
            if node.name not in bases:
                yield Checked(node.name, node.name, node.lineno, "not-started", "not-started")
            continue
        constructor = f"{node.name}.__init__"
        takes = learner.parameters(constructor) if constructor in learner.nodes else []
        if takes:
            facts = {"text": ", ".join(takes)}
            yield Checked(node.name, node.name, node.lineno, "unchecked", "other-constructor", facts)


def _judged(
    learner: Learner, probe: Probe | Inspection, checked: Mapping[str, Checked]
) -> tuple[Checked, list[Finding]]:
    others = {function: done.status for function, done in checked.items()}
    probe = with_count_of_file(learner, probe) if isinstance(probe, Probe) else probe
    done, findings = (
        inspect(learner, probe, others) if isinstance(probe, Inspection) else examine(learner, probe, others)
    )
    started = others.get(f"{probe.function.rpartition('.')[0]}.backward") != "not-started"
    if done.status == "ok" and started and (unkept := never_kept(learner, probe.function)):
        return replace(done, status="wrong"), [*findings, *unkept]
    if done.status == "ok" and probe.function in learner.needs_old_numpy:
        line = learner.needs_old_numpy[probe.function] or done.line
        findings = [*findings, Finding("old-numpy", probe.function, line, severity="warning")]
    return done, findings
