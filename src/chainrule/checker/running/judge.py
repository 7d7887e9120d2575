"""The process that judges a learner's file, and never executes it: another one does, which it asks (`child`)."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from chainrule.checker import clock, roles, sight
from chainrule.checker.findings import Finding, Report
from chainrule.checker.running import kernel
from chainrule.checker.running.definitions import definitions, last
from chainrule.checker.running.excerpts import with_code
from chainrule.checker.running.messages import EndedError, NotAMessageError, counted, need, send, typed
from chainrule.checker.running.remote import Connection, RemoteLearner
from chainrule.checker.running.source import Source, bound_beside, read
from chainrule.checker.running.walls import limit
from chainrule.checker.running.watcher import RemoteWatcher

LONGEST = 500  # characters of a fact
LATE = 0.6  # of the time for a file: then nothing new is tried, so that what is judged is told in time
PATIENCE = 10.0  # seconds until a process that has closed its pipes has ended, on a busy machine


def main(child: subprocess.Popen[bytes], whole: subprocess.Popen[bytes]) -> NoReturn:
    """Read what to check from the standard input, judge it, and write the report to the standard output.

    Parameters
    ----------
    child, whole
        The processes that are to execute the file: its definitions, and all of it. They were started before this module
        was imported: all take their time.
    """
    request = json.loads(sys.stdin.buffer.read())
    kernel.end_with_parent()
    limit(request["memory"], request["seconds"])
    clock.hurry_after(LATE * request["seconds"])
    file = request["file"]
    try:
        report = _checked(request, child, whole)
    except EndedError as ended:
        report = Report(file, problem=_end(child, request, *ended.args))
    except NotAMessageError:
        report = Report(file, problem=Finding("crashed", "", facts={"text": "message", "pattern": "no-report"}))
    except MemoryError:
        report = Report(file, problem=_problem("memory", request))
    except BaseException as error:
        report = Report(file, problem=_problem("crashed", request, f"{type(error).__name__}: {error}"))
    for process in (child, whole):
        with suppress(OSError):
            process.kill()
            process.wait()
    sys.stdout.buffer.write(json.dumps(report.as_dict()).encode())
    sys.stdout.buffer.flush()
    os._exit(0)


def _checked(request: Mapping[str, Any], child: subprocess.Popen[bytes], whole: subprocess.Popen[bytes]) -> Report:
    """Return the report on a file."""
    if child.stdin is None or child.stdout is None:
        raise EndedError
    with suppress(OSError):  # one that has ended is noticed below
        send(child.stdin, dict(request) | {"whole": False})
    file = request["file"]
    source = read(Path(request["path"]))
    if source.tree is None:
        return with_code(Report(file, problem=source.problem), source)
    connection = Connection(child.stdin, child.stdout)
    watcher = RemoteWatcher(connection, whole, request)
    described = connection.receive()
    failed = [_failed(told) for told in typed(described.get("failed"), list)]
    tree = last(definitions(source.tree))
    learner = RemoteLearner(connection, described, tree, request["names"], source.tree)
    loops = [node for node in ast.walk(source.tree) if isinstance(node, ast.For | ast.While)]
    if not learner.nodes and not learner.classes and not loops:
        return Report(file, findings=tuple(failed), problem=Finding("no-definitions", ""))
    return _finished(roles.check(learner, file, watcher, sight.seen(source.tree, bound_beside(source))), failed, source)


def _failed(told: Any) -> Finding:
    """Return the warning of a definition that raised."""
    need(isinstance(told, list) and len(told) == 4)
    name, line, kind, text = told
    facts = {"kind": typed(kind, str)[:LONGEST], "text": typed(text, str)[:LONGEST]}
    return Finding("raised", typed(name, str), counted(line), facts, "warning")


def _finished(report: Report, failed: list[Finding], source: Source) -> Report:
    findings = sorted([*failed, *source.broken, *report.findings], key=lambda finding: finding.line or 0)
    broken = {finding.function for finding in source.broken if finding.severity == "error"}
    checked = tuple(replace(c, status="wrong", reason="") if c.function in broken else c for c in report.checked)
    report = with_code(source.report(replace(report, checked=checked, findings=tuple(findings))), source)
    return replace(report, findings=tuple(_shortened(finding) for finding in report.findings))


def _shortened(finding: Finding) -> Finding:
    return replace(finding, facts={name: str(fact)[:LONGEST] for name, fact in finding.facts.items()})


def _end(child: subprocess.Popen[bytes], request: Mapping[str, Any], problem: str = "", text: str = "") -> Finding:
    """Return why a process has ended: as it said, or as the system says."""
    if problem:
        return _problem(problem, request, text)
    try:
        status = child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return _problem("crashed", request, "it closed its pipes")
    if status == -getattr(signal, "SIGXCPU", 0):
        return _problem("timeout", request)
    return _problem("crashed", request, how_it_ended(status))


def how_it_ended(status: int) -> str:
    """Return what the status of a process says, in words."""
    if status >= 0:
        return f"it ended with status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"


def _problem(key: str, request: Mapping[str, Any], text: str = "") -> Finding:
    facts = {
        "memory": {"gigabytes": f"{request['memory'] / 2**30:g}"},
        "timeout": {"seconds": f"{request['seconds']:g}"},
        "crashed": {"text": text[:LONGEST]},
    }
    return Finding(key, "", facts=facts[key])
