"""What can be seen in a learner's code without running it: names that nothing binds, and results that go nowhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from pyflakes import checker, messages

from chainrule.checker import outside
from chainrule.checker.findings import Finding
from chainrule.checker.softmax_axes import NUMPY, last, target_of, two_axes

ALIKE = 0.6  # of the letters, for one name to be another one misspelt ...
NEARLY = 0.8  # ... and for it to be one that the whole file knows
_WORD = 4  # letters that no abbreviation has
_SETS = ("setattr", "__dict__", "__getattr__", "vars")
_WEIGHTS = re.compile(r"[wW]\d?|[wW]eights?\d?")
_BIAS = re.compile(r"(b\d?|bias)")
_PARAMETER = re.compile(r"[wWbUV]\w{0,2}\d?|[wW]eights?\d?|bias(es)?\d?|gamma\d?|beta\d?")  # an x is none
# The helper files of courses and books, and tests, bind functions and classes, and no variables but `np`.
_HELPERS = re.compile(
    r"((dnn|dnn_app|planar|lr|init|reg|opt|gc|rnn|cnn)_utils|test_?cases?)\w*|public_tests?|(\w*\.)*common\.\w+", re.I
)
_NOT_FORWARD = re.compile(r"(?i)back|grad|cost|loss|update|deriv|train|fit")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def seen(tree: ast.Module, known: Iterable[str] = ()) -> list[Finding]:
    """Return what is wrong in a file for sure, as errors, and what is doubtful, as warnings.

    Each kind has its own key: "misspelt-name", "misspelt-attribute", "update-lost", "bias-never-used",
    "weights-never-used", "gradient-never-used" and "softmax.different-exponents" are errors; "never-used" and
    "overwritten" are warnings, and so is "misspelt-name" where everything is imported from another file.

    Parameters
    ----------
    tree
        The code.
    known
        Names that are bound elsewhere.
    """
    findings = [*_names(tree, known), *_attributes(tree)]
    for name, function in functions(tree):
        findings += [*_overwritten(name, function), *_lost(name, function), *_thrown_away(name, function)]
        findings += [*_unused_gradients(name, function), *two_axes(name, function)]
        if not any(finding.function == name and finding.mistake == "misspelt-name" for finding in findings):
            findings += [*_unused_bias(name, function), *_unused_weights(name, function)]
    for statement in outside.statements(tree.body):
        if isinstance(statement, outside.Loop):
            findings += _thrown_away(outside.of_loop(statement), statement)
            findings += _unused_gradients(outside.of_loop(statement), statement)
    return sorted(findings, key=lambda finding: finding.line or 0)


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Yield the functions of a file and the methods of its classes, by their names."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{method.name}", method) for method in node.body if isinstance(method, Function))


def _names(tree: ast.Module, known: Iterable[str]) -> Iterator[Finding]:
    """Yield names that nothing binds but that are nearly one that is bound there, and results that nobody uses."""
    for message in checker.Checker(tree, builtins=set(known)).messages:
        name, function = _around(tree, message.lineno)
        if function is None:
            yield from _outside(tree, message)
        elif isinstance(message, messages.UndefinedName | messages.ImportStarUsage):
            misspelt = str(message.message_args[0])
            variables = set(bound(function))
            other = None if misspelt in variables else alike(misspelt, variables)  # one that it deletes again
            of_file = _of_file(tree)
            if misspelt not in variables and misspelt not in of_file:
                other = other or next(iter(get_close_matches(misspelt, of_file, 1, NEARLY)), None)
            if other and not _is_called(function, misspelt):
                finding = Finding("misspelt-name", name, message.lineno, {"name": misspelt, "other": other})
                # A file from which everything is imported may bind it: only an exception can tell.
                is_doubtful = isinstance(message, messages.ImportStarUsage) and not (
                    all(map(_HELPERS.fullmatch, str(message.message_args[1]).split(", ")))
                    or _is_slip(tree, misspelt, other)
                )
                yield replace(finding, severity="warning") if is_doubtful else finding
        elif isinstance(message, messages.UnusedVariable):
            variable = str(message.message_args[0])
            if _is_computed(function, variable, message.lineno):
                yield Finding("never-used", name, message.lineno, {"name": variable}, "warning")


def _is_slip(tree: ast.Module, name: str, other: str) -> bool:
    """Return whether a name is one of several letters with other capitals or in another order, and stands only once.

    Nobody exports both, but for constants in capitals.
    """
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    is_same = sorted(name.lower()) == sorted(other.lower())
    return len(name) > 1 and is_same and not name.isupper() and len(uses) == 1


def _outside(tree: ast.Module, message: messages.Message) -> Iterator[Finding]:
    """Yield a name in code outside of functions that nothing binds there, if it is nearly one that is bound there."""
    if not isinstance(message, messages.UndefinedName):
        return
    misspelt, line = str(message.message_args[0]), message.lineno
    nodes = [node for statement in outside.statements(tree.body) for node in ast.walk(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    others = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    other = None if misspelt in others else alike(misspelt, others)
    is_called = any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == misspelt for n in nodes)
    if other and not is_called:
        facts = {"name": misspelt, "other": other}
        yield Finding("misspelt-name", outside.of_line(tree, line), line, facts)


def _around(tree: ast.Module, line: int) -> tuple[str, Function | None]:
    for name, function in functions(tree):
        if function.lineno <= line <= (function.end_lineno or 0):
            return name, function
    return "", None


def alike(name: str, others: Iterable[str]) -> str | None:
    """Return the name that another one was probably meant to be: the same but for capitals and "_", or nearly the same.

    >>> alike("dz", ["W", "dZ", "db"]), alike("sofmax", ["softmax"]), alike("foo", ["bar"])
    ('dZ', 'softmax', None)
    """
    others = sorted(set(others) - {name})
    same = [other for other in others if other.lower().strip("_") == name.lower().strip("_")]
    close = get_close_matches(name, [other for other in others if len(other) > 2], 1, ALIKE) if len(name) > 2 else []
    return next(iter(same or close), None)


def bound(function: Function) -> Iterator[str]:
    """Yield the names that a function binds: its parameters and variables."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _of_file(tree: ast.Module) -> list[str]:
    """Return the names that a file imports, defines or gives values outside of its functions."""
    imported = [
        alias.asname or alias.name for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) for alias in n.names
    ]
    given = [
        n.id
        for s in tree.body
        if not isinstance(s, Function | ast.ClassDef)
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    return [name for name in {*imported, *given} if len(name) > 2]


def _is_called(function: Function, name: str) -> bool:
    """Return whether a name is that of a function, which another file may define."""
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in ast.walk(function)
    )


def _is_computed(function: Function, variable: str, line: int) -> bool:
    """Return whether a variable is assigned something that was computed, and by itself."""
    return any(
        isinstance(node, ast.Assign)
        and node.lineno == line
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == variable
        and isinstance(node.value, ast.Call | ast.BinOp)
        for node in ast.walk(function)
    )


def _attributes(tree: ast.Module) -> Iterator[Finding]:
    """Yield attributes that the methods of a class read and nothing sets, if they are nearly one that is set.

    Where a class from another file may set more, two letters have to be exchanged that nobody exchanges on purpose.
    """
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if any(isinstance(node, ast.Name | ast.Attribute) and last(node) in _SETS for node in ast.walk(tree)):
        return
    stored = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)}
    for cls in classes.values():
        is_whole = all(last(base) in classes or last(base) == "object" for base in cls.bases)
        known = stored | {name for other in classes.values() for name in _members(other)}
        reads = [n for n in ast.walk(cls) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "self"]
        for read in reads:
            other = None if read.attr in known or read.attr.startswith("__") else alike(read.attr, known)
            if other and (is_whole or _is_exchanged(read.attr, other)):
                function, _ = _around(tree, read.lineno)
                facts = {"name": f"self.{read.attr}", "other": f"self.{other}"}
                yield Finding("misspelt-attribute", function, read.lineno, facts)


def _is_exchanged(name: str, other: str) -> bool:
    """Return whether two names differ in the order of two letters of a word; `W_xh` and `W_hx` are two names."""
    pairs = [pair for pair in zip(name.split("_"), other.split("_"), strict=False) if pair[0] != pair[1]]
    if len(pairs) != 1 or len(name) != len(other) or len(pairs[0][0]) < _WORD:
        return False
    word, right = pairs[0]
    return any(word[:at] + word[at + 1] + word[at] + word[at + 2 :] == right for at in range(len(word) - 1))


def _members(cls: ast.ClassDef) -> Iterator[str]:
    for node in cls.body:
        if isinstance(node, Function):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _overwritten(name: str, function: Function) -> Iterator[Finding]:
    """Yield variables that are assigned twice in a row, with nothing that reads the first value."""
    for block in _blocks(function):
        last: dict[str, int] = {}
        for statement in block:
            for read in _reads(statement):
                last.pop(read, None)
            target = target_of(statement)
            if target is None:
                last.clear() if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) else None
            elif target in last:
                yield Finding("overwritten", name, last[target], {"name": target}, "warning")
            if target is not None and isinstance(statement, ast.Assign) and _computes(statement.value):
                last[target] = statement.lineno
            elif target is not None:
                last.pop(target, None)


def _blocks(function: Function | outside.Loop) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _reads(node: ast.AST) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return names | ({last(node.target)} if isinstance(node, ast.AugAssign) else set())


def _computes(value: ast.expr) -> bool:
    return isinstance(value, ast.BinOp) or (isinstance(value, ast.Call) and bool(value.args or value.keywords))


def _lost(name: str, function: Function) -> Iterator[Finding]:
    """Yield updates such as `W = W - learning_rate * dW` after which nobody reads W."""
    shared = {each for n in ast.walk(function) if isinstance(n, ast.Global | ast.Nonlocal) for each in n.names}
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)]
    for statement in ast.walk(function):
        target = target_of(statement) if isinstance(statement, ast.stmt) else None
        if target is None or target in shared or not isinstance(statement, ast.Assign):
            continue
        if not _is_update(target, statement.value):
            continue
        again = [loop for loop in loops if loop.lineno < statement.lineno <= (loop.end_lineno or 0)]
        names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == target]
        names = [n for n in names if isinstance(n.ctx, ast.Load) and n.lineno != statement.lineno]
        inside = {n for loop in again for n in ast.walk(loop)}
        is_read = any(n.lineno > statement.lineno or n in inside for n in names)
        if not is_read and (not again or _is_fetched(again[-1], target)):
            yield Finding("update-lost", name, statement.lineno, {"name": target})


def _thrown_away(name: str, function: Function | outside.Loop) -> Iterator[Finding]:
    """Yield updates that are assigned to nothing, as in `W - learning_rate * dW`, of what stays as it is."""
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)]
    for block in _blocks(function):
        for statement in block:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.BinOp):
                target = ast.unparse(statement.value.left)
                around: list[ast.stmt] = [loop for loop in loops if statement in ast.walk(loop)]
                if _is_update(target, statement.value) and target not in _given([function, *around][-1], statement):
                    yield Finding("update-lost", name, statement.lineno, {"name": target})


def _unused_bias(name: str, function: Function) -> Iterator[Finding]:
    """Yield what a function gets under the name b and does not read, though it multiplies something by the weights.

    It gets parameters, variables of loops, and what it takes apart: `w, b = layer`. Backward passes and updates need
    no b, and get it with the others.
    """
    if _NOT_FORWARD.search(name):
        return
    handed = {argument.arg: function.lineno for argument in [*function.args.args, *function.args.kwonlyargs]}
    for loop in [node for node in ast.walk(function) if isinstance(node, ast.For)]:
        handed |= {node.id: loop.lineno for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            handed |= {part.id: node.lineno for part in node.targets[0].elts if isinstance(part, ast.Name)}
    reads = _reads(function)
    for bias in filter(_BIAS.fullmatch, handed):
        weights = f"[wW]{bias[1:]}|[wW]eights?" if len(bias) < len("bias") else "[wW]|[wW]eights?"
        factors = [_reads(node) - NUMPY for node in _products(function)]
        is_multiplied = any(re.fullmatch(weights, name) and names > {name} for names in factors for name in names)
        if bias not in reads and is_multiplied:
            yield Finding("bias-never-used", name, handed[bias], {"name": bias})


def _unused_weights(name: str, function: Function) -> Iterator[Finding]:
    """Yield weights that a function takes apart and does not read, where it multiplies by their gradient."""
    reads = _reads(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
            continue
        for weights in [part.id for part in node.targets[0].elts if isinstance(part, ast.Name)]:
            if weights in reads or not _WEIGHTS.fullmatch(weights):
                continue
            gradient = f"d{weights}"
            for product in _products(function):
                if gradient in _reads(product) and _reads(product) - NUMPY > {gradient}:
                    yield Finding("weights-never-used", name, node.lineno, {"name": weights, "other": gradient})


def _unused_gradients(name: str, block: Function | outside.Loop) -> Iterator[Finding]:
    """Yield gradients that nobody reads where others that come with them update their parameters: dW beside db."""
    nodes = [*ast.walk(block)]
    groups = [
        node.targets[0] for node in nodes if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
    ]
    handed = [[part.id for part in group.elts if isinstance(part, ast.Name)] for group in groups]
    if isinstance(block, Function):
        handed.append([argument.arg for argument in block.args.args])
    reads = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound_here = {node.id for node in nodes if isinstance(node, ast.Name)} | {
        n.arg for n in nodes if isinstance(n, ast.arg)
    }
    updates = {target: node for node in nodes if isinstance(node, ast.stmt) and (target := _updated(node))}
    for group in handed:
        used = [name for name in group if name[1:] in updates and name in _reads(updates[name[1:]])]
        for gradient in [name for name in group if name[0] == "d" and used and name not in reads]:
            parameter = gradient[1:]
            if _PARAMETER.fullmatch(parameter) and parameter in bound_here and parameter not in updates:
                line = updates[used[0][1:]].lineno
                yield Finding("gradient-never-used", name, line, {"name": gradient, "other": parameter})


def _updated(statement: ast.stmt) -> str:
    """Return the name of what a statement moves, `W -= rate * dW` or `W = W - rate * dW`; "" if it moves nothing."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Sub | ast.Add):
        return last(statement.target)
    target = target_of(statement)
    is_moved = target and isinstance(statement, ast.Assign) and _is_update(target, statement.value)
    return target if target and is_moved else ""


def _products(function: Function) -> Iterator[ast.AST]:
    """Yield the products of matrices, as they are written with an operator or a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield node
        elif isinstance(node, ast.Call) and last(node.func) in ("dot", "matmul"):
            yield node


def _given(around: ast.stmt, beside: ast.stmt) -> set[str]:
    """Return what gets values around a statement, without the variables of loops, and where it does not run."""
    nodes = set(ast.walk(around))
    for choice in [node for node in nodes if isinstance(node, ast.If)]:
        branches = [{n for part in branch for n in ast.walk(part)} for branch in (choice.body, choice.orelse)]
        if any(beside in branch for branch in branches):
            nodes -= next(branch for branch in branches if beside not in branch)
    nodes -= {n for loop in nodes if isinstance(loop, ast.For) for n in ast.walk(loop.target)}
    stored = [n for n in nodes if isinstance(n, ast.Name | ast.Attribute | ast.Subscript)]
    return {ast.unparse(node) for node in stored if not isinstance(node.ctx, ast.Load)}


def _is_update(target: str, value: ast.expr) -> bool:
    """Return whether a value is what it is assigned to, plus or minus a product or a quotient."""
    return (
        isinstance(value, ast.BinOp)
        and isinstance(value.op, ast.Sub | ast.Add)
        and isinstance(value.left, ast.Name | ast.Attribute | ast.Subscript)
        and ast.unparse(value.left) == target
        and isinstance(value.right, ast.BinOp)
        and isinstance(value.right.op, ast.Mult | ast.Div)
    )


def _is_fetched(loop: ast.For | ast.While, target: str) -> bool:
    """Return whether each pass of a loop gets a variable anew, as in `W = parameters["W" + str(l)]`."""
    return any(
        target_of(node) == target and not _reads(node) & {target} for node in loop.body if isinstance(node, ast.stmt)
    )
