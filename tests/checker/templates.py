"""Templates of the course and the book, made from right code: functions are blanked as the course and the book do it.

Each stage of filling one in says what has to become of every function. Nothing in a template may be accused.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chainrule.checker.findings import Report
from tests.checker.corpus import text

COURSE = ["course_week2.py", "course_week3.py", "course.py"]
COURSE += [f"right/course_{week}.py" for week in ("regularization", "optimizers", "convolution", "recurrent")]
BOOK = ["book_chapter3.py", "book.py", "right/two_layer_book.py"]
BOOK += [f"right/book_{chapter}.py" for chapter in ("convolution", "dropout", "update_rules")]
TEMPLATES = [*COURSE, *BOOK]

HERE = "the lines of the learner"


@dataclass(frozen=True)
class Stage:
    """A template in which some functions are filled in.

    Parameters
    ----------
    file, blank
        The file of the corpus, and how the other functions are blanked.
    source
        The code.
    missing
        The functions that are not filled in, methods as "Class.method".
    waiting
        Those that are filled in, but cannot be judged without a missing one.
    """

    file: str
    blank: str
    source: str
    missing: frozenset[str]
    waiting: frozenset[str]

    def wrong(self, report: Report, complete: Report) -> list[str]:
        """Return what a report says otherwise than it has to; `complete` is that on the file without gaps."""
        said = [f"accused: {f.function} {f.mistake} {f.facts}" for f in report.findings if f.severity == "error"]
        became = {each.function: each for each in report.checked}
        for right in complete.checked:
            name = right.function
            now = became.get(name)
            status = "not there" if now is None else f"{now.status} {now.reason}".strip()
            wanted: tuple[str, ...] = (f"{right.status} {right.reason}".strip(),)
            if name in self.missing:
                wanted = ("not-started not-started",)
            elif name in self.waiting:
                wanted = ("unchecked needs-another", "ok")
            if status not in wanted:
                said.append(f"{name} is {status}, not {wanted[0]}")
        return said


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return the functions and methods of a file in their order, constructors left out."""
    nodes = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            methods = [node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name != "__init__"]
            nodes |= {f"{owner.name}.{node.name}": node for node in methods}
    return dict(sorted(nodes.items(), key=lambda item: item[1].lineno))


def needs(tree: ast.Module) -> dict[str, set[str]]:
    """Return for each function and constructor all those of the file that it cannot be judged without."""
    nodes = functions(tree)
    wanted = {name: {other for other in nodes if other != name and _needs(tree, name, other)} for name in nodes}
    for _ in nodes:
        wanted = {name: others.union(*(wanted[other] for other in others)) for name, others in wanted.items()}
    for owner in {name.partition(".")[0] for name in nodes if "." in name}:
        methods = {name for name in nodes if name.startswith(f"{owner}.")}
        wanted[f"{owner}.__init__"] = methods.union(*(wanted[method] for method in methods))
    return wanted


def _needs(tree: ast.Module, name: str, other: str) -> bool:
    """Return whether a function calls another, takes what it left, or trains with all of them."""
    (owner, method), (other_owner, other_method) = (each.rpartition(".")[::2] for each in (name, other))
    called = {part.attr for part in ast.walk(functions(tree)[name]) if isinstance(part, ast.Attribute)}
    if owner == other_owner and (other_method == method.replace("backward", "forward") or method.endswith("_model")):
        return True
    if owner and owner == other_owner:
        return other_method in called or ("gradient" in method and other_method in ("loss", "predict"))
    wholes: list[ast.stmt] = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == owner]
    nodes = [part for whole in (wholes or [functions(tree)[name]]) for part in ast.walk(whole)]
    return (other_owner or other_method) in {part.id for part in nodes if isinstance(part, ast.Name)}


def stages(file: str, blank: str) -> Iterator[Stage]:
    """Yield a template with nothing filled in, each first part of its functions, all but each one, and all."""
    names = list(functions(ast.parse(text(file))))
    first = [frozenset(names[count:]) for count in range(len(names) + 1)]
    alone = [frozenset({name}) for name in names]
    for missing in dict.fromkeys([*first, *alone] if blank not in ("pass", "raise") else first):
        yield stage(file, blank, missing)


def blanks(file: str) -> dict[str, Blank]:
    """Return the ways in which functions of a file are blanked, by a name for each."""
    return _OF_BOTH | (_OF_BOOK if file in BOOK else _OF_COURSE)


def stage(file: str, blank: str, missing: frozenset[str]) -> Stage:
    """Return a template with some functions blanked."""
    tree = ast.parse(text(file))
    wanted = needs(tree)
    for name, node in functions(tree).items():
        if name in missing:
            node.body = blanks(file)[blank](node.body)
    source = ast.unparse(ast.fix_missing_locations(tree))
    source = re.sub(
        rf"^( *)'{HERE}'$",
        r"\1# (1 line of code)\n\1# YOUR CODE STARTS HERE\n\n\n\1# YOUR CODE ENDS HERE",
        source,
        flags=re.M,
    )
    waiting = frozenset(name for name, others in wanted.items() if others & missing and name not in missing)
    return Stage(file, blank, source, missing, waiting)


def _body(code: str) -> Callable[[list[ast.stmt]], list[ast.stmt]]:
    return lambda body: ast.parse(code).body


def _assignments(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body in which the course's lines of the learner's are `= None`, and its own lines as they were."""
    blanked = _without_values(body, _is_given)
    return _without_values(body) if _is_same(blanked, body) else blanked


def _second_half(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body whose first half is written, or less of it where the second half is the course's own."""
    for half in range(len(body) // 2, 0, -1):
        rest = _without_values(body[half:], _is_given)
        if not _is_same(rest, body[half:]):
            return [*body[:half], *rest]
    return _assignments(body)


def _stopped_halfway(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body whose first half is written and then raises."""
    return [*body[: len(body) // 2], *ast.parse("raise NotImplementedError").body]


def _lines(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body with comments where the learner's lines shall be, as in the course's newer templates."""
    start = ast.parse("'''Do what the course says.'''").body
    given = [each for each in body if isinstance(each, ast.Assign) and _is_given(each.value)]
    last = [each for each in body if isinstance(each, ast.Return) and _is_given(each.value)]
    return [*start, *given, *ast.parse(repr(HERE)).body, *last]


def _without_values(
    body: list[ast.stmt], keep: Callable[[ast.expr | None], bool] = lambda value: False
) -> list[ast.stmt]:
    """Return statements with None for the values that are not kept."""
    none = ast.Constant(None)
    statements: list[ast.stmt] = []
    for each in copy.deepcopy(body):
        if isinstance(each, ast.Assign) and not keep(each.value):
            each.value = none
        elif isinstance(each, ast.AugAssign):
            each = ast.Assign([each.target], none)
        elif isinstance(each, ast.Return) and not keep(each.value):
            each.value = none
        elif isinstance(each, ast.For | ast.While | ast.If | ast.With):
            each.body = _without_values(each.body, keep)
            if isinstance(each, ast.For | ast.While | ast.If):
                each.orelse = _without_values(each.orelse, keep)
        statements.append(each)
    return statements


def _is_same(a: list[ast.stmt], b: list[ast.stmt]) -> bool:
    return ast.dump(ast.Module(a, [])) == ast.dump(ast.Module(b, []))


def _is_given(value: ast.expr | None) -> bool:
    """Return whether the course's templates hold a value: names, caches and sizes, and what is empty at first."""
    if isinstance(value, ast.Subscript):
        return isinstance(value.value, ast.Attribute) and value.value.attr == "shape"
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "len"
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.FloorDiv) and _is_given(value.left)
    if isinstance(value, ast.Tuple | ast.List):
        return all(map(_is_given, value.elts))
    if isinstance(value, ast.Attribute):
        return isinstance(value.value, ast.Name) and value.value.id == "self"
    return isinstance(value, ast.Name) or (isinstance(value, ast.Dict) and all(map(_is_given, value.values)))


Blank = Callable[[list[ast.stmt]], list[ast.stmt]]
_OF_BOTH: dict[str, Blank] = {
    "= None": _assignments,
    "pass": _body("pass"),
    "raise": _body("raise NotImplementedError"),
}
_OF_COURSE: dict[str, Blank] = {"second half = None": _second_half, "comments": _lines}
_OF_BOOK: dict[str, Blank] = {"second half raises": _stopped_halfway}
