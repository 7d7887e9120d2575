"""The process in which a learner's file is executed; `judge` asks it for what the functions there come to."""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Any, NoReturn

from chainrule.checker import clock, draws
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised, quiet
from chainrule.checker.running import book_layers, courseware, kernel
from chainrule.checker.running.definitions import definitions, last
from chainrule.checker.running.imports import Importer, is_real, restore_numpy_names
from chainrule.checker.running.messages import receive, send
from chainrule.checker.running.serving import Service
from chainrule.checker.running.source import Source, beside, read, starred
from chainrule.checker.running.surroundings import PACKAGES, import_packages, make_harmless
from chainrule.checker.running.walls import OURS, limit, lock, readable
from chainrule.checker.watching.program import Program
from chainrule.lessons import book, stepwise

NAME = "<learner>"
LONGEST = 500  # characters of what an exception says


def main() -> NoReturn:
    """Execute the definitions of the file that the judge names, say what they are, and do what it asks for."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what the learner's code prints goes nowhere, and it finds no input
        os.dup2(nothing, stream)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the judge ends this process
    try:
        _serve(receive(requests), requests, answers)
    except MemoryError:
        send(answers, {"problem": "memory", "text": ""})
    except BaseException as error:
        send(answers, {"problem": "crashed", "text": f"{type(error).__name__}: {error}"[:LONGEST]})
    os._exit(0)  # whatever the learner's code wanted to do at the end


def show_walls() -> None:
    """Write to the standard output which walls stand."""
    standing = {"limits": limit(2**31, 60.0), **_enclose(), "hook": True}
    print(json.dumps(standing))


def _enclose() -> dict[str, bool]:
    """Put up all walls, and return which of the kernel's stand."""
    put_up_hook = lock(os.getcwd())
    find_spec("no_module_has_this_name")  # so the folders of packages are listed while they may be
    standing = kernel.enclose(os.getcwd(), readable())
    kernel.end_with_parent()  # once more: the system forgets it when the user changes
    put_up_hook()
    return standing


def _serve(request: Mapping[str, Any], requests: IO[bytes], answers: IO[bytes]) -> None:
    """Execute the definitions of a file, and serve the judge; from here on this process is good for nothing else."""
    kernel.end_with_parent()
    _end_in_time(request["seconds"])
    limit(request["memory"], request["seconds"])
    source = read(Path(request["path"]))
    if source.tree is None:  # which the judge says
        return
    others = beside(source)
    if request["whole"]:
        _move_aside()
        import_packages(source.tree)
    restore_numpy_names()
    draws.without_chance()
    draws.start_over()
    _enclose()
    _hide()
    if request["whole"]:
        make_harmless()
        program = _program(source.tree, others)
        program.run()
        tree = last(definitions(source.tree))
        Service(Learner(program.names, tree, None, source.tree), requests, answers, program).serve()
        return
    learner, failed = run(definitions(source.tree), source, None, others)
    service = Service(learner, requests, answers)
    told = [[finding.function, finding.line, finding.facts["kind"], finding.facts["text"]] for finding in failed]
    send(answers, service.description() | {"failed": told})
    service.serve()


def _move_aside() -> None:
    """Go to a folder within the folder: what the process of the definitions writes there must not be in the way."""
    folder = tempfile.mkdtemp(dir=os.getcwd())
    os.chmod(folder, 0o777)  # this process may soon be another user's
    os.chdir(folder)


def _end_in_time(seconds: float) -> None:
    """End this process after its time where ending the judge's does not end it, too."""
    if not hasattr(os, "killpg"):
        timer = threading.Timer(clock.by_the_wall(seconds), os._exit, (1,))
        timer.daemon = True
        timer.start()


def _hide() -> None:
    """Take our own modules out of the table of modules: what helper files define is right, and not to be looked up."""
    for name in [name for name in sys.modules if name.partition(".")[0] == OURS]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")


def run(
    tree: ast.Module,
    source: Source,
    names: Mapping[str, str] | None,
    others: Mapping[str, Source],
) -> tuple[Learner, list[Finding]]:
    """Execute definitions and return what they define, and a warning for each definition that raised."""
    importer = Importer()
    importer.beside = {name: partial(_define_beside, other, importer) for name, other in others.items()}
    namespace = _namespace(NAME, importer)
    for name, other in others.items():
        if other.path.resolve() == source.path.resolve():  # a helper file imports it, too
            importer.modules[name] = sys.modules[NAME]
    failed = []
    for statement, raised in _execute(tree, NAME, namespace):
        if raised.kind in ("MemoryError", "_ArrayMemoryError"):
            raise MemoryError
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            facts = {"kind": raised.kind, "text": raised.text[:LONGEST]}
            failed.append(Finding("raised", statement.name, raised.line or statement.lineno, facts, "warning"))
    if source.tree and not all(importer.knows(name) or is_real(name) for name in starred(source.tree)):
        for name in _unknown(tree, source.tree, namespace):
            namespace[name] = importer.stub(name)
    importer.loading = False
    own = [s for s in last(tree).body if not _is_borrowed(namespace.get(getattr(s, "name", "")))]
    return Learner(namespace, ast.Module(own, []), names, source.tree), failed


def _program(tree: ast.Module, others: Mapping[str, Source]) -> Program:
    """Return the whole program of a file, with names of its own."""
    importer = Importer()
    importer.beside = {name: partial(_define_beside, other, importer) for name, other in others.items()}
    importer.packages = PACKAGES
    names = _namespace(NAME, importer)
    names["__file__"] = "program.py"
    if not all(importer.knows(name) or is_real(name) for name in starred(tree)):
        names |= {name: importer.stub(name) for name in _unknown(tree, tree, names)}
    importer.loading = False
    return Program(tree, names, Path.cwd())


def _is_borrowed(value: Any) -> bool:
    return getattr(value, "__module__", "") in {m.__name__ for m in (courseware, book_layers, book, stepwise)}


def _define_beside(source: Source, importer: Importer) -> dict[str, Any]:
    namespace = _namespace(f"<{source.path.stem}>", importer)
    if source.tree:
        _execute(definitions(source.tree), f"<{source.path.stem}>", namespace)
        missing = _given_values(source.tree) - namespace.keys()
        namespace |= {name: importer.stub(name) for name in missing}  # it has them when it runs as a whole
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def _given_values(tree: ast.Module) -> set[str]:
    """Return the names to which the statements outside of definitions give values."""
    statements = [s for s in tree.body if not isinstance(s, ast.FunctionDef | ast.ClassDef)]
    nodes = [node for s in statements for node in ast.walk(s) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, ast.Store)}


def _namespace(name: str, importer: Importer) -> dict[str, Any]:
    module = ModuleType(name)
    sys.modules[name] = module  # data classes look their module up
    namespace = vars(module)
    ours = {"__import__": importer, "input": _input, "breakpoint": _nothing, "help": _nothing}
    namespace["__builtins__"] = vars(builtins) | ours
    return namespace


def _execute(tree: ast.Module, name: str, namespace: dict[str, Any]) -> list[tuple[ast.stmt, Raised]]:
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
