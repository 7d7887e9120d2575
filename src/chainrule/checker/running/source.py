"""A learner's file as text and as a tree: notebooks joined to one text, magics taken out."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.running.mending import mended
from chainrule.checker.unfinished import parsed

Told = TypeVar("Told", Finding, Checked)
ABOVE = 2  # folders above that of a file in which its modules are looked for
LARGEST = 50_000_000  # bytes; notebooks hold their pictures
PYTHON_CELLS = {"time", "timeit", "capture", "prun", "writefile", "python", "python3"}
MAGIC = re.compile(r"\s*(%|!|\?)|\s*[\w.]+\s*\?{1,2}\s*$")
ASSIGNED_MAGIC = re.compile(r"(\s*[\w, ]+=\s*)[%!].*")
PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(print|exec)'|leading zeros in decimal|multiple exception types must be"
)
PYTHON_2_LINE = re.compile(r"\s*print\s+[\w\"'\[(]|.*<>|\s*except\s+\w+\s*,\s*\w+\s*:|\s*raise\s+\w+\s*,")
NEWER_LINE = re.compile(r"\s*(async\s+def|def|class)\s+\w+\[|\s*type\s+\w+(\[.*\])?\s*=")  # of Python 3.12


@dataclass(frozen=True)
class Source:
    """What a file holds.

    Parameters
    ----------
    path
        Where it was read from.
    text
        The code; that of a notebook is all its code cells, one after the other.
    tree
        The text parsed, or None if there is a problem.
    problem
        Why it cannot be checked, or None.
    cells
        The first line of each code cell of a notebook.
    broken
        The errors of the statements that are no Python, where there is something else to judge.
    """

    path: Path
    text: str = ""
    tree: ast.Module | None = None
    problem: Finding | None = None
    cells: tuple[int, ...] = ()
    broken: tuple[Finding, ...] = ()

    def cell(self, line: int) -> tuple[int, int] | None:
        """Return which code cell of a notebook a line is in, from 1, and which line of the cell it is."""
        number = sum(first <= line for first in self.cells)
        return (number, line - self.cells[number - 1] + 1) if number else None

    def placed(self, finding: Told) -> Told:
        """Return what was found with the facts `cell` and `cell_line`, if this is a notebook."""
        place = None if finding.line is None else self.cell(finding.line)
        if place is None:
            return finding
        facts = finding.facts | {"cell": str(place[0]), "cell_line": str(place[1])}
        if inside := facts.get("code_line"):  # of the function, so of the same cell
            facts["code_line"] = str(int(inside) - self.cells[place[0] - 1] + 1)
        return replace(finding, facts=facts)

    def report(self, report: Report) -> Report:
        """Return a report in which everything says which cell it is in."""
        problem = None if report.problem is None else self.placed(report.problem)
        checked, findings = tuple(map(self.placed, report.checked)), tuple(map(self.placed, report.findings))
        return replace(report, checked=checked, findings=findings, problem=problem)


class _NotTextError(ValueError):
    pass


def read(path: Path) -> Source:
    """Return what a .py or .ipynb file holds; whatever is wrong with it becomes the problem of the source."""
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
            raise _NotTextError("it is a link that leads out of its folder")  # to what its owner may not read, perhaps
        if not path.is_file():
            raise _NotTextError("there is no such file")
        if path.stat().st_size > LARGEST:
            raise _NotTextError(f"it has more than {LARGEST // 10**6} MB")
        text = _decoded(path.read_bytes())
        if path.suffix == ".ipynb":
            return _joined(path, _cells(text))
        return _parsed(Source(path, text))
    except PermissionError:
        return Source(path, problem=Finding("unreadable", "", facts={"text": "there is no permission to read it"}))
    except (_NotTextError, OSError) as error:
        return Source(path, problem=Finding("unreadable", "", facts={"text": str(error)}))


def _decoded(data: bytes) -> str:
    encodings = ["utf-8-sig", "cp949", "latin-1"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings.insert(0, "utf-16")
    try:  # what its first lines say, if they say something
        encodings.insert(0, tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except SyntaxError:
        pass
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if re.search(r"[\x00-\x08\x0e-\x19]", text):
            raise _NotTextError("it is not text")
        return text.removeprefix("\ufeff").replace("\x1a", "").replace("\r\n", "\n").replace("\r", "\n")
    raise _NotTextError("it is not text")


def _cells(text: str) -> list[str]:
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        codes = [c.get("source", c.get("input", "")) for c in cells if c["cell_type"] == "code"]
        return ["".join(code).replace("\r\n", "\n") for code in codes]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _NotTextError("it is not a notebook") from None


def _joined(path: Path, cells: list[str]) -> Source:
    """Return the cells as one text; a cell that is not Python counts only if it defines something."""
    first, firsts, texts, broken = 1, [], [], list[Finding]()
    for cell in cells:
        text, tree, error = _code(cell)
        if tree is None and re.search(r"^\s*(def|class)\s", cell, re.MULTILINE):
            text, tree, errors = _mended(text, error)
            broken += [_moved(finding, first - 1) for finding in errors]
        lines = text.split("\n")
        texts.append(text if tree is not None else "\n" * (len(lines) - 1))
        firsts.append(first)
        first += len(lines)
    return _parsed(Source(path, "\n".join(texts), cells=tuple(firsts), broken=tuple(broken)))


def _moved(finding: Finding, by: int) -> Finding:
    """Return a finding in a cell as one in the notebook, whose lines are those of all cells."""
    line = (finding.line or 1) + by
    return replace(finding, line=line, facts=finding.facts | {"line": str(line)})


def _parsed(source: Source) -> Source:
    """Return a source with its tree; with its problem if nothing can be made of it."""
    text, tree, error = _code(source.text)
    broken = list(source.broken)
    if tree is None:
        text, tree, broken = _mended(text, error)
    names = {finding.function for finding in broken}
    if tree is None or (broken and all(name in names for name in _defined(tree))):
        return replace(source, problem=source.placed(replace(broken[0], function="")), broken=())
    return replace(source, text=text, tree=tree, broken=tuple(broken))


def _mended(text: str, error: Exception | None) -> tuple[str, ast.Module | None, list[Finding]]:
    """Return code without its broken statements, its tree, and the errors; no tree if that does not help."""
    whole = _syntax("", text, error)
    if not isinstance(error, SyntaxError) or whole.facts["kind"] == "python-2":
        return text, None, [whole]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rest = mended(text, error, parsed)
    if rest is None:
        return text, None, [whole]
    return rest[0], rest[1], [_syntax(broken.name, text, broken.error) for broken in rest[2]]


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the functions and methods of a file."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{method.name}" for method in node.body if isinstance(method, ast.FunctionDef))


def _code(text: str) -> tuple[str, ast.Module | None, Exception | None]:
    """Return the text, without magics if it needs that to be Python, and its tree or why there is none."""
    error: Exception | None = None
    for attempt in (text, without_magics(text)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return attempt, parsed(attempt), None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as failed:
            error = failed
    return text, None, error


def without_magics(text: str) -> str:
    r"""Return a cell without IPython's magics, with as many lines as before.

    >>> print(without_magics("%matplotlib inline\nx = 1\nif x:\n    !ls\nfiles = !ls"))
    pass
    x = 1
    if x:
        pass
    files = None
    """
    lines = text.split("\n")
    heading = next((line for line in lines if line.strip()), "").strip()
    if heading.startswith("%%"):
        if (heading[2:].split() or [""])[0] not in PYTHON_CELLS:
            return "\n" * (len(lines) - 1)
    for number, line in enumerate(lines):
        if MAGIC.match(line) and not _in_a_statement(lines[:number]):
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
        elif assigned := ASSIGNED_MAGIC.fullmatch(line):
            lines[number] = assigned[1] + "None"
    return "\n".join(lines)


def _in_a_statement(lines: list[str]) -> bool:
    """Return whether the next line goes on with a statement, as ``% 3)`` does after an open bracket."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            pass
    except tokenize.TokenError as error:
        return "EOF in multi-line" in str(error)
    except SyntaxError:
        pass
    return False


def _syntax(function: str, text: str, error: Exception | None) -> Finding:
    line = getattr(error, "lineno", None)
    message = getattr(error, "msg", "") or str(error)
    lines = text.split("\n")
    there = lines[line - 1] if line and line <= len(lines) else ""
    kind = "syntax"
    if isinstance(error, TabError):
        kind = "tabs"
    elif PYTHON_2.search(message) or PYTHON_2_LINE.match(there):
        kind = "python-2"
    elif isinstance(error, IndentationError):
        kind = "indentation"
    elif NEWER_LINE.match(there):  # no mistake of theirs
        kind, message = "newer", f"{message} (this is Python {sys.version_info.major}.{sys.version_info.minor})"
    facts = {"line": str(line or ""), "text": message, "kind": kind, "code": there.strip()[:100]}
    return Finding("syntax-error", function, line, facts, "warning" if kind == "newer" else "error")


def beside(source: Source, limit: int = 20) -> dict[str, Source]:
    """Return the Python files of its own that a file imports, and those that they import.

    They are looked for where the dots of a relative import say, in its folder, and in those above that it adds to
    `sys.path`; modules of packages are in the two above, too, for such programs are started at the top.
    """
    levels = _levels_up(source.tree)
    found: dict[str, Source] = {}
    waiting = [source]
    while waiting and len(found) < limit:
        importing = waiting.pop()
        tree, above = importing.tree, importing.path.absolute().parents
        dotted = _dots(tree) if tree else {}
        for name in (*imported(tree), *_perhaps_modules(tree)) if tree else ():
            own = [above[dotted[name] - 1]] if 0 < dotted.get(name, 0) <= len(above) else []
            other = None if name in found else _module(source.path.absolute(), name, levels, own)
            if other is not None:
                found[name] = other
                waiting.append(other)
    return found


def _module(path: Path, name: str, levels: list[int], first: list[Path]) -> Source | None:
    """Return the module of a name for the file of a path; some folders are looked at first."""
    above = range(1, ABOVE + 1) if "." in name else levels
    folders = first + [path.parents[up] for up in (0, *above) if up < len(path.parents)]
    paths = (folder / f"{name.replace('.', '/')}.py" for folder in folders)
    sources = (read(path) for path in paths if path.is_file())
    return next((source for source in sources if source.tree is not None), None)


def _levels_up(tree: ast.AST | None) -> list[int]:
    r"""Return how far above its own a file looks for modules: 1 for sys.path.append("..") or os.pardir, at most 2.

    >>> _levels_up(ast.parse("import sys, os\nsys.path.append(os.pardir)\nsys.path.insert(0, '../..')"))
    [1, 2]
    """
    calls = [node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Call) and node.args]
    calls = [call for call in calls if re.fullmatch(r"(sys\.)?path\.(append|insert)", ast.unparse(call.func))]
    added = [ast.unparse(call.args[-1]) for call in calls]
    levels = {text.count("..") + text.count("pardir") + max(text.count("dirname(") - 1, 0) for text in added}
    return sorted(levels & {*range(1, ABOVE + 1)})


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names of the modules that are imported anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _perhaps_modules(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported from a package, as modules of it: `from . import layers`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            yield from (f"{prefix}{alias.name}" for alias in node.names)


def _dots(tree: ast.AST) -> dict[str, int]:
    """Return how many dots stand before the name of each module that is imported."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {node.module: node.level for node in nodes if node.module}


def starred(tree: ast.Module) -> list[str]:
    """Return the modules from which everything is imported."""
    nodes: list[Any] = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [node.module or "" for node in nodes if node.names[0].name == "*"]


def bound_beside(source: Source) -> set[str]:
    """Return the names that the files beside bind, if everything is imported from one of them."""
    others = beside(source) if source.tree else {}
    if not source.tree or not set(starred(source.tree)) & others.keys():
        return set()
    nodes = [node for other in others.values() if other.tree for node in ast.walk(other.tree)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return names | {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
