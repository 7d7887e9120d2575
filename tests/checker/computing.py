"""What of a file computes something of a network, by its code: what a checker that judges everything would judge."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from chainrule.checker.findings import Report

NO_NETWORK = re.compile(
    r"load|plot|print|show|draw|^_?test|data|read|save|numerical|grad(ient)?s?_?check|check_?grad|accuracy|evaluat"
    r"|one_?hot|shuffle|mini_?batch|summary|visuali|to_vector|_to_|__repr__|__str__|download|preprocess|sample"
    r"|init|compile|zero_?grad|rel_error|analogy|similar|^f(unc(tion)?)?(_?(tmp)?\d*)$",
    re.IGNORECASE,
)
"""The names of functions that have nothing to learn with."""
GRADIENT = re.compile(r"^_?(d[A-Z_]?\w{0,6}\d*|grads?\w*|delta\w*|\w*_?(grad|delta|error|err)s?\d*)$")
_PARAMETER = re.compile(
    r"^_?(w|b|theta|weights?|bias(es)?|params?|parameters?|gamma|beta|W[a-z]{0,2}|b[a-z]?)_?\d*$", re.IGNORECASE
)
UPSTREAM = re.compile(r"\b_?(d[A-Za-z]\w*|grad\w*|delta\w*|error\w*)\b(?!\()")
_COMPUTES = re.compile(
    r"np\.(dot|sum|mean|exp|log|tanh|maximum|sqrt|matmul|square|power|where|einsum|outer|multiply|tensordot|add\.at)\b"
    r"|@|\*\*|\.(dot|sum|mean|matmul|exp|log|tanh|T)\b"
)
_MASK = re.compile(r"^[\w.]+(\[(.* [<>]=? 0(\.0)?|.*mask.*)\] = 0(\.0)?| = \(?[\w.]+ [<>]=? 0(\.0)?\)?)$")
_NO_COMPUTATION = re.compile(
    r"random|\brand|shuffle|permutation|zeros|print|plt\.|load|accuracy|\bacc\b|argmax|open\(|time\.|format\(|shape ==|"
    r"num_?grad|numerical|history|predict|astype\(int|normalize|flatten|orig\b|\.fit\(|scale|\brn\(|corpus|\.params \+="
)
LONGEST = 400  # characters of a statement


class Unit(NamedTuple):
    """A function, a method ("Class.method") or a loop outside of functions ("") that computes something."""

    name: str
    line: int
    last_line: int


def units(tree: ast.Module) -> Iterator[Unit]:
    """Yield what of a file computes something of a network: no data loading, plots, tests or initial values.

    What has an underscore before its name and is called in the file is a piece of its callers.
    """
    called = {last_name(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in _outside_of_functions(tree.body):
        if isinstance(node, ast.For | ast.While) and any(map(is_update, ast.walk(node))):
            yield Unit("", node.lineno, node.end_lineno or node.lineno)
        for name, function in _functions(node):
            is_piece = re.match(r"_(?!_.*__$)", function.name) and function.name in called
            if not is_piece and _is_computing(function):
                yield Unit(name, function.lineno, function.end_lineno or function.lineno)


def _functions(node: ast.stmt) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield a function by itself, or the methods of a class."""
    if isinstance(node, ast.FunctionDef):
        yield node.name, node
    elif isinstance(node, ast.ClassDef):
        yield from ((f"{node.name}.{m.name}", m) for m in node.body if isinstance(m, ast.FunctionDef))


def _outside_of_functions(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _outside_of_functions([*node.body, *getattr(node, "orelse", [])])


def _is_computing(function: ast.FunctionDef) -> bool:
    return not NO_NETWORK.search(function.name) and any(
        is_network(node) for node in ast.walk(function) if isinstance(node, ast.stmt)
    )


def is_network(statement: ast.stmt) -> bool:
    """Return whether a statement computes something of a network: a product, a mean, a gradient, an update."""
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr):
        return False
    text = ast.unparse(statement)
    if _NO_COMPUTATION.search(text) or len(text) > LONGEST:
        return False
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):  # a docstring
        return False
    name = target(statement)
    has_product = any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult | ast.MatMult) for n in ast.walk(statement)
    )
    is_named = bool(GRADIENT.match(name) or _PARAMETER.match(name))
    moves = (has_product or isinstance(statement, ast.AugAssign)) and is_named
    return moves or bool(_COMPUTES.search(text) or _MASK.search(text))


def is_update(node: ast.AST) -> bool:
    """Return whether a node moves something by a product: `W -= rate * dW`, or `W = W - rate * dW`."""
    if isinstance(node, ast.AugAssign):
        moves = UPSTREAM.search(ast.unparse(node.value)) or _has_product(node.value)
        return isinstance(node.op, ast.Sub | ast.Add) and bool(moves) and is_parameter(target(node))
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp):
        return False
    value = node.value
    is_itself = ast.unparse(value.left) == ast.unparse(node.targets[0])
    return isinstance(value.op, ast.Sub | ast.Add) and is_itself and _has_product(value.right)


def is_parameter(name: str) -> bool:
    """Return whether a name is that of weights or the like, and not that of a gradient."""
    return bool(_PARAMETER.match(name)) and not GRADIENT.match(name)


def _has_product(node: ast.expr) -> bool:
    return any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult) for n in ast.walk(node))


def target(statement: ast.stmt) -> str:
    """Return the last name of what a statement assigns to: W of `self.params["W"]`, or of `params["W" + str(l)]`."""
    if isinstance(statement, ast.Assign):
        return last_name(statement.targets[0])
    return last_name(statement.target) if isinstance(statement, ast.AugAssign | ast.AnnAssign) else ""


def last_name(node: ast.expr) -> str:
    """Return the last name of an expression, be it a variable, an attribute or a key."""
    if isinstance(node, ast.Subscript):
        keys = [n.value for n in ast.walk(node.slice) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return keys[0] if keys and keys[0] else last_name(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr if node.attr not in ("value", "data") else last_name(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def left_out(report: Report, computing: Iterable[Unit]) -> list[Unit]:
    """Return what computes something and is not listed in a report, nor judged with all of its class."""
    listed = {checked.function for checked in report.checked}
    judged = {checked.function for checked in report.checked if checked.status in ("ok", "wrong")}
    lines = [checked.line for checked in report.checked if checked.line is not None]
    return [unit for unit in computing if not (_is_listed(unit, listed, judged) if unit.name else _is_in(unit, lines))]


def _is_listed(unit: Unit, listed: Collection[str], judged: Collection[str]) -> bool:
    return unit.name in listed or unit.name.partition(".")[0] in judged


def _is_in(unit: Unit, lines: Iterable[int]) -> bool:
    return any(unit.line <= line <= unit.last_line for line in lines)
