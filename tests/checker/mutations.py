"""One mistake at a time, planted into code of any style: changes of its syntax tree where a network is computed."""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.checker.computing import GRADIENT, NO_NETWORK, UPSTREAM, is_network, is_update, last_name, target

_BIAS = re.compile(r"^_?(b|bias(es)?|b[a-z]|beta)_?\d*$", re.IGNORECASE)
_NUMBER = re.compile(
    r"lr|eta|alpha|.*rate|step_?size|beta\d?|rho|mu|momentum|.*decay|lambd?a?|reg|eps\w*|scale|[mnN]", re.IGNORECASE
)
_COUNT = re.compile(
    r"^(m|n|N|batch_?size|num_?train|num_examples|train_num|T)$|batch|shape\[|^len\(|\.size$|_num$|^num_"
)
_SLOPE = re.compile(r"1(\.0)? - |[<>]|prime|deriv|d_?(relu|sigmoid|tanh|act)|grad\(|slope|backward\(|_back\(|mask")
_LAYERS = re.compile(
    r"\bL\b|layer|len\((self\.)?(params|parameters|weights|W|sizes|hidden|dims)|caches|depth|num_hidden"
)

Update = ast.Assign | ast.AugAssign | ast.AnnAssign
Simple = Update | ast.Return | ast.Expr
SENTENCES = {
    "factor": "the mean is forgotten, or a constant factor",
    "mean": "a mean for a sum or a sum for a mean",
    "axis": "summed over the other axis",
    "update-sign": "the update goes up",
    "sign": "a sign",
    "order": "what is subtracted from what",
    "transpose": "a transpose too much or too little",
    "slope": "the slope of the activation is forgotten, or a part of it",
    "product": "the other product",
    "other-variable": "another variable of the same kind",
    "one-minus": "1 + a for 1 - a",
    "square": "a square is forgotten",
    "function": "a function is not applied",
    "loop": "a loop over layers or steps ends one early",
    "not-updated": "a parameter is not updated",
    "update-lost": "an update is computed and thrown away",
    "misspelt": "a name is misspelt",
    "unused": "a result is computed and not used",
    "mask": "a mask is inverted",
    "bias": "the bias is not added",
    "overwritten": "a sum of gradients is overwritten",
}


@dataclass(frozen=True)
class Mutation:
    """A mistake: what kind it is, where it is, and the text with it.

    It is in some lines, in a function ("" for none) and in the statement that computes a target ("" for none).
    """

    kind: str
    line: int
    last_line: int
    function: str
    target: str
    before: str
    after: str
    text: str


@dataclass(frozen=True)
class _Place:
    statement: ast.stmt
    function: str
    names: frozenset[str]
    """All names that the function, or the file, has."""
    in_loop: bool
    is_convention: bool
    """Whether equations are fixed to the factor, as those of a course are."""

    @property
    def target(self) -> str:
        return target(self.statement)

    @property
    def is_gradient(self) -> bool:
        return bool(GRADIENT.match(self.target)) or bool(
            re.search(r"back|grad|prime|deriv|bptt", self.function, re.IGNORECASE)
        )


def mutations(text: str, *, is_convention: bool = True) -> Iterator[Mutation]:
    """Yield the mistakes that can be planted into a text, each on a line of its own; the number of lines stays.

    Parameters
    ----------
    text
        A file that can be parsed.
    is_convention
        Whether every factor of a cost and a gradient is fixed. Where it is not, a sum is as right as a mean.
    """
    tree = ast.parse(text)
    lines = text.split("\n")
    for place in _places(tree.body, "", False, is_convention):
        for kind, changed in _changes(place):
            if mutation := _planted(kind, place, changed, lines):
                yield mutation


def _places(body: list[ast.stmt], function: str, in_loop: bool, is_convention: bool) -> Iterator[_Place]:
    names = _names(body)
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inside = f"{function}.{node.name}" if function else node.name
            if not NO_NETWORK.search(node.name) or isinstance(node, ast.ClassDef):
                yield from _places(node.body, inside, False, is_convention)
            continue
        if isinstance(node, Simple) and is_network(node):
            yield _Place(node, function, names, in_loop, is_convention)
        if isinstance(node, ast.For) and _LAYERS.search(ast.unparse(node.iter)):
            yield _Place(node, function, names, in_loop, is_convention)
        is_loop = isinstance(node, ast.For | ast.While)
        for inner in ("body", "orelse", "finalbody"):
            block = getattr(node, inner, [])
            for place in _places(block, function, in_loop or is_loop, is_convention):
                yield _Place(place.statement, place.function, place.names | names, place.in_loop, is_convention)


def _names(body: list[ast.stmt]) -> frozenset[str]:
    nodes = [node for statement in body for node in ast.walk(statement)]
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(named | {node.arg for node in nodes if isinstance(node, ast.arg)})


Changed = ast.stmt | None
"""A statement with the mistake; None if it is left out."""


def _changes(place: _Place) -> Iterator[tuple[str, Changed]]:
    """Yield the kinds of mistakes and the statement with each."""
    if isinstance(place.statement, ast.For):
        yield from _of_loop(place.statement)
        return
    yield from _of_statement(place)
    for node in ast.walk(place.statement):
        if isinstance(node, ast.expr):
            for kind, new in _of_expression(node, place):
                yield kind, _replaced(place.statement, node, new)


def _of_loop(loop: ast.For) -> Iterator[tuple[str, Changed]]:
    """Yield a loop over layers that ends one early; only its heading is written anew."""
    call = loop.iter
    if isinstance(call, ast.Call) and last_name(call.func) == "reversed" and call.args:
        call = call.args[0]
    if isinstance(call, ast.Call) and last_name(call.func) == "range" and call.args:
        end = min(len(call.args) - 1, 1)
        steps_down = len(call.args) > 2 and ast.unparse(call.args[2]).startswith("-")
        new = ast.BinOp(call.args[end], ast.Add() if steps_down else ast.Sub(), ast.Constant(1))
        yield "loop", _replaced(loop, call.args[end], new)


def _of_statement(place: _Place) -> Iterator[tuple[str, Changed]]:
    node = place.statement
    if is_update(node):
        yield from _of_update(node)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        if GRADIENT.match(place.target) and place.in_loop:
            yield "overwritten", ast.Assign([node.target], node.value)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and place.is_gradient:
        if _SLOPE.search(ast.unparse(node.targets[0].slice)) and isinstance(node.value, ast.Constant):
            yield "slope", None


def _of_update(node: ast.stmt) -> Iterator[tuple[str, Changed]]:
    yield "not-updated", None
    if isinstance(node, ast.AugAssign):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "update-sign", ast.AugAssign(node.target, other, node.value)
        yield "update-lost", ast.Expr(ast.BinOp(_loaded(node.target), node.op, node.value))
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        value = node.value
        other = ast.Add() if isinstance(value.op, ast.Sub) else ast.Sub()
        yield "update-sign", ast.Assign(node.targets, ast.BinOp(value.left, other, value.right))
        yield "update-lost", ast.Expr(value)


def _loaded(target: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(target), mode="eval").body


def _of_expression(node: ast.expr, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    for of in _OF_NODES.get(type(node), ()):
        yield from of(node, place)


def _of_binary(node: ast.BinOp, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    op = node.op
    left, right = ast.unparse(node.left), ast.unparse(node.right)
    if isinstance(op, ast.Sub) and place.is_gradient and left not in ("1", "1.0") and not _is_index(node, place):
        yield "order", ast.BinOp(node.right, op, node.left)
        yield "sign", ast.BinOp(node.left, ast.Add(), node.right)
    if isinstance(op, ast.Sub) and left in ("1", "1.0"):
        yield "one-minus", ast.BinOp(node.left, ast.Add(), node.right)
    if isinstance(op, ast.Add) and _BIAS.match(last_name(node.right)) and not place.is_gradient:
        yield "bias", node.left
    if isinstance(op, ast.MatMult):
        yield "product", ast.BinOp(node.left, ast.Mult(), node.right)
    if isinstance(op, ast.Pow) and right == "2":
        yield "square", node.left
    if isinstance(op, ast.Mult | ast.Div):
        yield from _of_product(node, place, left, right)


def _of_product(node: ast.BinOp, place: _Place, left: str, right: str) -> Iterator[tuple[str, ast.expr]]:
    fixed = place.is_convention or (place.is_gradient and bool(re.search(r"W|b|w", place.target)))
    if isinstance(node.op, ast.Div):
        if fixed and _COUNT.search(right) and left not in ("1", "1.0"):
            yield "factor", node.left
        return
    if fixed and re.fullmatch(r"\(?-?1(\.0?)? / .*|0\.5|2(\.0)?|\(1(\.0?)? / .*\)", left):
        yield "factor", node.right
    if place.is_gradient:
        for factor, rest in ((right, node.left), (left, node.right)):
            if _SLOPE.search(factor) and not UPSTREAM.search(factor):
                yield "slope", rest
    are_arrays = all(isinstance(n, ast.Name) and not _NUMBER.fullmatch(n.id) for n in (node.left, node.right))
    if are_arrays and place.is_gradient:  # with a number, np.dot is the product, too
        yield (
            "product",
            ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "dot", ast.Load()), [node.left, node.right], []),
        )


def _is_index(node: ast.expr, place: _Place) -> bool:
    return any(node in ast.walk(other.slice) for other in ast.walk(place.statement) if isinstance(other, ast.Subscript))


def _of_call(node: ast.Call, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    name, args = ast.unparse(node.func), node.args
    if name in ("np.dot", "np.matmul", "numpy.dot") and len(args) == 2:
        yield "product", ast.BinOp(args[0], ast.Mult(), args[1])
    if name in ("np.sum", "np.mean") and (place.is_convention or (place.is_gradient and _BIAS.match(place.target[1:]))):
        other = {"np.sum": "np.mean", "np.mean": "np.sum"}[name]
        yield "mean", ast.Call(_loaded(ast.parse(other, mode="eval").body), args, node.keywords)
    if name in ("np.sqrt", "np.log", "np.exp", "np.tanh", "np.transpose") and len(args) == 1:
        yield "transpose" if name == "np.transpose" else "function", args[0]
    for keyword in node.keywords:
        if keyword.arg == "axis" and ast.unparse(keyword.value) in ("0", "1", "-1"):
            other_axis = ast.Constant(1 if ast.unparse(keyword.value) == "0" else 0)
            others = [k for k in node.keywords if k is not keyword]
            yield "axis", ast.Call(node.func, args, [ast.keyword("axis", other_axis), *others])


def _of_name(node: ast.Name | ast.Attribute | ast.Subscript, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    if not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", node.value
        return
    if isinstance(node, ast.Name):
        yield from ((kind, ast.Name(name, ast.Load())) for kind, name in _other_names(node.id, place))
    elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self" and not node.attr.startswith("__"):
        if not _is_called(node, place):
            yield "misspelt", ast.Attribute(node.value, _misspelt(node.attr, frozenset()), ast.Load())
        yield from (("other-variable", ast.Attribute(node.value, o, ast.Load())) for o in _next_numbers(node.attr))
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        key = node.slice.value
        if isinstance(key, str):
            for other in _next_numbers(key):
                yield "other-variable", ast.Subscript(node.value, ast.Constant(other), ast.Load())


def _other_names(name: str, place: _Place) -> Iterator[tuple[str, str]]:
    if name in ("np", "numpy", "self", "math") or hasattr(builtins, name) or _is_called_name(name, place):
        return
    yield from (("other-variable", other) for other in _next_numbers(name) if other in place.names)
    if place.is_gradient:
        pairs = (
            ("A", "Z"),
            ("a", "z"),
            ("W", "dW"),
            ("x", "dx"),
            ("y_hat", "y"),
            ("dZ", "dA"),
            ("out", "x"),
            ("A", "A_prev"),
        )
        yield from (("unused", other) for own, other in pairs if name == own and other in place.names)
    yield "misspelt", _misspelt(name, place.names)


def _next_numbers(name: str) -> Iterator[str]:
    """Yield W1 for W2 and W2 for W1."""
    match = re.fullmatch(r"(\D+)(\d)", name)
    if match:
        number = int(match[2])
        yield f"{match[1]}{number - 1 if number > 1 else number + 1}"


def _misspelt(name: str, known: frozenset[str]) -> str:
    """Return a name with one letter wrong: the case of the last one, or the last one missing."""
    other = name[:-1] + name[-1].swapcase()
    if len(name) > 3 or other == name or other in known:
        other = f"{name[:-2]}{name[-1]}{name[-2]}" if len(name) > 3 and name[-1] != name[-2] else f"{name}_"
    return other if other not in known and other.isidentifier() else f"{name}s"


def _is_called(node: ast.expr, place: _Place) -> bool:
    return any(isinstance(n, ast.Call) and n.func is node for n in ast.walk(place.statement))


def _is_called_name(name: str, place: _Place) -> bool:
    calls = [n.func for n in ast.walk(place.statement) if isinstance(n, ast.Call)]
    return any(isinstance(function, ast.Name) and function.id == name for function in calls)


def _of_comparison(node: ast.Compare, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    flipped = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE}
    other = flipped.get(type(node.ops[0]))
    if other and ast.unparse(node.comparators[0]) in ("0", "0.0"):
        yield "mask", ast.Compare(node.left, [other()], node.comparators)


def _of_minus(node: ast.UnaryOp, place: _Place) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant) and not _is_index(node, place):
        yield "sign", node.operand


_OF_NODES: dict[type, tuple[Callable[..., Iterator[tuple[str, ast.expr]]], ...]] = {
    ast.BinOp: (_of_binary,),
    ast.Call: (_of_call,),
    ast.Name: (_of_name,),
    ast.Attribute: (_of_name,),
    ast.Subscript: (_of_name,),
    ast.Compare: (_of_comparison,),
    ast.UnaryOp: (_of_minus,),
}


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self._new if node is self._old else self.generic_visit(node)


def _replaced(statement: ast.stmt, node: ast.expr, new: ast.expr) -> Any:
    """Return a copy of a statement in which one node is another one."""
    number = [*ast.walk(statement)].index(node)
    other = copy.deepcopy(statement)
    return _Swap([*ast.walk(other)][number], copy.deepcopy(new)).visit(other)


def _planted(kind: str, place: _Place, changed: Changed, lines: list[str]) -> Mutation | None:
    """Return the text with a changed statement; the lines that it needs less are left empty."""
    old = place.statement
    first = old.lineno
    if isinstance(old, ast.For):
        last, after = old.iter.end_lineno or first, _heading(changed)
    else:
        last = old.end_lineno or first
        after = ast.unparse(ast.fix_missing_locations(changed)) if changed else "pass"
    start = lines[first - 1].encode()[: old.col_offset].decode()
    rest = _rest(old, lines[last - 1])
    if "\n" in after or (last > first and rest.strip() and not rest.strip().startswith("#")):
        return None
    new = [f"{start}{after}{rest}", *[""] * (last - first)]
    text = "\n".join([*lines[: first - 1], *new, *lines[last:]])
    try:
        if ast.dump(ast.parse(text)) == ast.dump(ast.parse("\n".join(lines))):
            return None
    except SyntaxError:
        return None
    before = "\n".join(lines[first - 1 : last]).strip()
    return Mutation(kind, first, last, place.function, place.target, before, after, text)


def _heading(loop: Changed) -> str:
    return f"for {ast.unparse(loop.target)} in {ast.unparse(loop.iter)}" if isinstance(loop, ast.For) else "pass"


def _rest(old: ast.stmt, line: str) -> str:
    """Return what stands after a statement in its last line: a comment or another statement."""
    if isinstance(old, ast.For):
        return line.encode()[old.iter.end_col_offset or 0 :].decode()
    return line.encode()[old.end_col_offset or 0 :].decode()
