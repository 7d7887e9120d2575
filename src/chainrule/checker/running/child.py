"""The process in which a learner's file is executed and checked; `sandbox` starts it."""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NoReturn

from chainrule.checker import roles
from chainrule.checker.findings import Finding, Report
from chainrule.checker.learner import Learner, Raised, quiet
from chainrule.checker.running import courseware, judge, kernel
from chainrule.checker.running.definitions import definitions
from chainrule.checker.running.excerpts import with_code
from chainrule.checker.running.imports import Importer, is_real, restore_numpy_names
from chainrule.checker.running.source import Source, beside, read, starred
from chainrule.checker.running.walls import limit, lock, readable
from chainrule.lessons import book, stepwise

NAME = "<learner>"
LONGEST = 500  # characters of a fact


def main() -> NoReturn:
    """Read what to check from the standard input, check it, and write the report to the standard output."""
    request = json.loads(sys.stdin.buffer.read())
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what the learner's code prints goes nowhere, and it finds no input
        os.dup2(nothing, stream)
    file = request["file"]
    try:
        report = check(request)
    except MemoryError:
        report = Report(file, problem=Finding("memory", "", facts={"gigabytes": f"{request['memory'] / 2**30:g}"}))
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        report = Report(file, problem=Finding("crashed", "", facts={"text": text[:LONGEST]}))
    with os.fdopen(out, "wb") as stream_out:
        stream_out.write(json.dumps(report.as_dict()).encode())
    os._exit(0)  # whatever the learner's code wanted to do at the end


def show_walls() -> None:
    """Write to the standard output which walls stand."""
    standing = {"limits": limit(2**31, 60.0), **_enclose(), "hook": True}
    print(json.dumps(standing))


def _enclose() -> dict[str, bool]:
    """Put up all walls, and return which of the kernel's stand."""
    standing = kernel.enclose(os.getcwd(), readable())
    kernel.end_with_parent()  # once more: the system forgets it when the user changes
    lock(os.getcwd())
    return standing


def check(request: Mapping[str, Any]) -> Report:
    """Return the report on a file; from here on this process is good for nothing else."""
    kernel.end_with_parent()
    limit(request["memory"], request["seconds"])
    file = request["file"]
    source = read(Path(request["path"]))
    if source.tree is None:
        return with_code(Report(file, problem=source.problem), source)
    others = beside(source)
    restore_numpy_names()
    _enclose()
    judge.hide()
    learner, failed = run(definitions(source.tree), source, request["names"], others, judge.keeper())
    if not learner.nodes and not learner.classes:
        return Report(file, findings=tuple(failed), problem=Finding("no-definitions", ""))
    report = roles.check(learner, file)
    findings = sorted([*failed, *report.findings], key=lambda finding: finding.line or 0)
    report = with_code(source.report(replace(report, findings=tuple(findings))), source)
    return replace(report, findings=tuple(_shortened(finding) for finding in report.findings))


def _shortened(finding: Finding) -> Finding:
    return replace(finding, facts={name: str(fact)[:LONGEST] for name, fact in finding.facts.items()})


class _Guarded(Learner):
    """A learner whose functions cannot change what judges them."""

    def __init__(self, *arguments: Any, put_back: Callable[[], None]) -> None:
        super().__init__(*arguments)
        self._put_back = put_back

    def quietly(self, target: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return super().quietly(judge.guarded(target, self._put_back), *arguments, **named)


def run(
    tree: ast.Module,
    source: Source,
    names: Mapping[str, str] | None,
    others: Mapping[str, Source],
    put_back: Callable[[], None] = lambda: None,
) -> tuple[Learner, list[Finding]]:
    """Execute definitions and return what they define, and a warning for each definition that raised.

    `put_back` is called whenever some of the learner's code has run.
    """
    importer = Importer()
    importer.beside = {name: partial(_define_beside, other, importer) for name, other in others.items()}
    namespace = _namespace(NAME, importer)
    failed = []
    for statement, raised in _execute(tree, NAME, namespace, put_back):
        if raised.kind in ("MemoryError", "_ArrayMemoryError"):
            raise MemoryError
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            facts = {"kind": raised.kind, "text": raised.text}
            failed.append(Finding("raised", statement.name, raised.line or statement.lineno, facts, "warning"))
    if source.tree and not all(importer.knows(name) or is_real(name) for name in starred(source.tree)):
        for name in _unknown(tree, source.tree, namespace):
            namespace[name] = importer.stub(name)
    importer.loading = False
    last = {getattr(s, "name", i): s for i, s in enumerate(tree.body)}  # notebooks define again
    own = [s for s in last.values() if not _is_borrowed(namespace.get(getattr(s, "name", "")))]
    return _Guarded(namespace, ast.Module(own, []), names, source.tree, put_back=put_back), failed


def _is_borrowed(value: Any) -> bool:
    return getattr(value, "__module__", "") in (courseware.__name__, book.__name__, stepwise.__name__)


def _define_beside(source: Source, importer: Importer) -> dict[str, Any]:
    namespace = _namespace(f"<{source.path.stem}>", importer)
    if source.tree:
        _execute(definitions(source.tree), f"<{source.path.stem}>", namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def _namespace(name: str, importer: Importer) -> dict[str, Any]:
    module = ModuleType(name)
    sys.modules[name] = module  # data classes look their module up
    namespace = vars(module)
    ours = {"__import__": importer, "input": _input, "breakpoint": _nothing, "help": _nothing}
    namespace["__builtins__"] = vars(builtins) | ours
    return namespace


def _execute(
    tree: ast.Module, name: str, namespace: dict[str, Any], put_back: Callable[[], None] = lambda: None
) -> list[tuple[ast.stmt, Raised]]:
    """Execute statements one by one and return those that raised."""
    flags, raised = 0, []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(ast.Module([statement], []), name, "exec", flags, dont_inherit=True)
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    _import(code, namespace)  # not hurried: a busy machine takes its time
                else:
                    with quiet():
                        exec(code, namespace)
        except Raised as error:
            raised.append((statement, error))
        except (SyntaxError, ValueError, RecursionError) as error:
            raised.append((statement, Raised(type(error).__name__, str(error), getattr(error, "lineno", None))))
        finally:
            put_back()
    return raised


def _import(code: CodeType, namespace: dict[str, Any]) -> None:
    with contextlib.suppress(Exception):  # such as a name that a real module no longer has
        exec(code, namespace)


def _unknown(tree: ast.Module, whole: ast.Module, namespace: Mapping[str, Any]) -> set[str]:
    """Return the names that functions use and that nothing in the file defines."""
    names = [node for part in (tree, whole) for node in ast.walk(part) if isinstance(node, ast.Name | ast.arg)]
    bound = {n.arg if isinstance(n, ast.arg) else n.id for n in names if not isinstance(getattr(n, "ctx", 0), ast.Load)}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return used - bound - set(namespace) - set(dir(builtins))


def _input(*_: Any) -> NoReturn:
    raise EOFError("it asks for input(), and nobody is there to answer")


def _nothing(*_: Any, **__: Any) -> None:
    pass
