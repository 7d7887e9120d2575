"""Operations that build a graph for automatic differentiation, and what flows back through it."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.checker.derivatives import arguments
from chainrule.checker.derivatives.arguments import Sizes
from chainrule.checker.derivatives.attempts import Attempt

MOST = 12  # ways to call an operation with an input
_TENSOR = re.compile(r"Variable|Tensor|Value|Var|Node|Scalar|as_variable|ensure_tensor")
_IN_DATA = re.compile(r"^(data|values?|array|x)$")
# In each expression a tensor is used twice: gradients have to be added up.
_OPERATORS = {
    "__add__": "a + b + a",
    "__radd__": "2.0 + a",
    "__sub__": "a - b - b",
    "__rsub__": "2.0 - a",
    "__mul__": "a * b * a",
    "__rmul__": "2.0 * a",
    "__truediv__": "a / b / b",
    "__rtruediv__": "2.0 / a",
    "__pow__": "a ** 3",
    "__neg__": "-a",
    "__matmul__": "a @ c",
}
_SIZES = (arguments.SIZES[0], arguments.SIZES[2])
_NUMBERS = """
import numpy
numbers = lambda v: numbers(getattr(v, "data", getattr(v, "value", None))) if is_object(v) else numpy.array(v)
is_object = lambda v: type(v).__module__.startswith("<")
"""
# The book's third volume gives its variables their operators by a function of this name.
_READY = """
try: setup_variable()
except Exception: pass
import numpy
try: Tensor_(numpy.ones(2), requires_grad=True)
except Exception: tensor = Tensor_
else: tensor = lambda array: Tensor_(array, requires_grad=True)
"""
_WALK = """
def walk(result):
    known, order, waiting = set(), [], [(result, False)]
    while waiting:
        each, is_done = waiting.pop()
        if is_done: order.append(each)
        elif id(each) not in known:
            known.add(id(each))
            waiting += [(each, True), *((other, False) for other in each.{children})]
    result.grad = 1.0
    for each in reversed(order): each.{step}()
"""
_HAS_WALK = "def walk("
_WAYS_BACK = (
    "result.backward(dy.copy())",
    "result.grad = dy.copy(); result.backward()",
    "result.grad = tensor(dy.copy()); result.backward()",
    "result.backward()",
)


def classes_of(methods_by_class: Mapping[str, Mapping[str, ast.FunctionDef]]) -> dict[str, str]:
    """Return the classes of tensors: made from data, with operators; and what stands for a backward pass, or ""."""
    return {
        name: "" if "backward" in methods else walk_of(methods)
        for name, methods in methods_by_class.items()
        if ("backward" in methods or walk_of(methods))
        and "__init__" in methods
        and any(_IN_DATA.search(parameter) for parameter in arguments.needed(methods["__init__"])[:1])
        and (methods.keys() & _OPERATORS.keys() or _TENSOR.fullmatch(name))
    }


def walk_of(methods: Mapping[str, ast.FunctionDef]) -> str:
    """Return code that goes back through the graph of tensors whose operations keep a function for their own step.

    That is `out._backward = _backward`; what they were made from is what the constructor keeps a set or a tuple of.
    """
    nodes = [(method, node) for method in methods.values() for node in ast.walk(method)]
    closures = {node.name for method, node in nodes if isinstance(node, ast.FunctionDef) and node is not method}
    kept = [(node.targets[0], ast.unparse(node.value)) for _, node in nodes if isinstance(node, ast.Assign)]
    steps = [target.attr for target, value in kept if isinstance(target, ast.Attribute) and value in closures]
    children = _children(methods["__init__"]) if "__init__" in methods else []
    return _WALK.format(children=children[0], step=steps[0]) if steps and children else ""


def _children(constructor: ast.FunctionDef) -> list[str]:
    """Return the attributes in which a constructor keeps a set or a tuple of one of its parameters."""
    optional = {argument.arg for argument in constructor.args.args[2:]}
    both: list[tuple[ast.expr, ast.expr]] = []
    for node in [node for node in ast.walk(constructor) if isinstance(node, ast.Assign)]:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            both += zip(target.elts, value.elts, strict=False)
        else:
            both.append((target, value))
    return [
        target.attr
        for target, value in both
        if isinstance(target, ast.Attribute)
        and ast.unparse(value) in {form.format(name) for name in optional for form in ("set({})", "tuple({})", "{}")}
        and re.search("prev|child|parent|input|operand|depend", target.attr)
    ]


def makers(whole: ast.Module, own: Mapping[str, str]) -> list[str]:
    """Return code that makes `Tensor_` the class of tensors: one of the file's, or one that it imports.

    Of the file's, there is a way back for each that has none of its own, or "": see `classes_of`.
    """
    lines = [f"{walk}Tensor_ = {name}" for name, walk in own.items()]
    for node in ast.walk(whole):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = sorted((a.name for a in node.names if _TENSOR.fullmatch(a.name)), key=str.islower)
            lines += [f"from {module} import {name} as Tensor_, setup_variable" for name in names]
    return [line + _READY for line in dict.fromkeys(lines)][:2]


def of_operator(operator: str, maker: str) -> Iterator[Attempt]:
    """Yield how an operator of tensors may be used; nothing for another method."""
    if operator in _OPERATORS:
        yield from _of_expression(_OPERATORS[operator], {"a": "x", "b": "x", "c": "W"}, maker)


def of_method(method: str, node: ast.FunctionDef, maker: str) -> Iterator[Attempt]:
    """Yield how a method of tensors that takes nothing may be used, or a property."""
    call = "" if node.decorator_list else "()"
    yield from _of_expression(f"a.{method}{call}", {"a": "x"}, maker)


def _of_expression(expression: str, kinds: Mapping[str, str], maker: str) -> Iterator[Attempt]:
    """Yield an expression of arrays, and if tensors are single numbers, of each number."""
    names = [name for name in kinds if re.search(rf"\b{name}\b", expression)]
    arrays = {name: np.abs(arguments.array(kinds[name], _SIZES[0], 20 + ord(name))) + 0.5 for name in names}
    if _HAS_WALK not in maker:
        yield from _calls(expression, names, arrays, maker)
    if "c" not in names:  # a matrix is not looked at number by number
        arrays = {name: value[:1] for name, value in arrays.items()}
        singles = {name: value - 1.2 for name, value in arrays.items()}
        yield _one_by_one(expression, names, singles, maker)
        yield _one_by_one(expression, names, arrays, maker)


def of_function(
    name: str, function: ast.FunctionDef, constructor: ast.FunctionDef | None, maker: str
) -> Iterator[Attempt]:
    """Yield how a function of tensors may be called.

    Parameters
    ----------
    name
        What is called: the function, or a class of operations.
    function
        What takes the tensors: the function, or the forward pass of the class.
    constructor
        The constructor of the class, which takes settings.
    maker
        Code that defines `Tensor_`.
    """
    takes = arguments.needed(function)
    if function.args.vararg is not None or not takes:
        return
    optional = [a.arg for a in function.args.args if a.arg not in (*takes, "self") and arguments.kind(a.arg) == "b"]
    made_with = arguments.needed(constructor) if constructor else []
    for sizes, names in itertools.product(_SIZES, (takes, [*takes, *optional]) if optional else (takes,)):
        options = [_options(each, place, sizes) for place, each in enumerate(names)]
        settings = [_settings(each, sizes) for each in made_with]
        for values in itertools.islice(itertools.product(*options, *settings), MOST):
            inputs = dict(zip(names, values, strict=False))
            others = dict(zip(made_with, values[len(names) :], strict=True))
            called = f"{name}({', '.join(f'{each}_' for each in made_with)})" if function.name == "forward" else name
            tensors = [each for each, value in inputs.items() if _is_array(value)]
            call = f"{called}({', '.join(f'of_{each}' if each in tensors else f'{each}_' for each in names)})"
            rest = {f"{each}_": value for each, value in (inputs | others).items() if each not in tensors}
            arrays = {f"of_{each}": inputs[each] for each in tensors}
            for attempt in _calls(call, list(arrays), arrays, maker):
                yield attempt._replace(values=attempt.values | rest)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _options(name: str, place: int, sizes: Sizes) -> list[Any]:
    """Return what an operation may take under a name; arrays of floating-point numbers are made tensors of."""
    x = arguments.array("x", sizes)
    if place and arguments.is_label(name):
        return [*itertools.islice(arguments.labels(x), 2), np.random.default_rng(8).random(x.shape)]
    if place and arguments.kind(name) in ("W", "b", "scale", "U"):
        return [arguments.array(arguments.kind(name), sizes, 20 + place)]
    if not place or (re.search(r"^(x|input|other|a|b|y|z|t|w)", name, re.IGNORECASE) and "shape" not in name):
        positive = np.abs(arguments.array("x", sizes, 20 + place)) + 0.5
        pair = [] if not place else [arguments.array("W", sizes, 20 + place)]
        single = np.exp(-positive) if arguments.is_probability(name) else arguments.array("x", sizes, 20 + place)
        return [single, positive, *pair]
    return _settings(name, sizes)


def _settings(name: str, sizes: Sizes) -> list[Any]:
    """Return what an operation may take that is no tensor."""
    if "shape" in name:
        return [sizes.x[::-1], (2, *sizes.x), (1, *sizes.x[1:])]
    if "slice" in name:
        return [1]
    if re.search("mean|var", name):  # the statistics of batch normalization
        return [np.zeros(sizes.scale), np.ones(sizes.scale)]
    number = 2 if re.search("kernel|pool", name) else {"x_min": -0.5, "x_max": 0.5}.get(name, arguments.setting(name))
    return [number, 1, 0]


def _named(tensors: list[str], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays of tensors under the names that reports have for them."""
    names = ["x", *(f"{name.removeprefix('of_')}_" for name in tensors[1:])]
    return dict(zip(names, (arrays[name] for name in tensors), strict=False))


def _calls(call: str, tensors: list[str], arrays: Mapping[str, Any], maker: str) -> Iterator[Attempt]:
    """Yield an expression of tensors with every way to send a gradient back."""
    named = _named(tensors, arrays)
    if not named:
        return
    made = "; ".join(f"{name} = tensor({key}.copy())" for name, key in zip(tensors, named, strict=True))
    forward = (
        f"layer = None\n{made}\nresult = {call}\nassert is_object(result)\ny = numbers(result)\ny = y.astype(float)\n"
    )
    gradients = f"\ngradients = [numbers(each.grad) for each in ({', '.join(tensors)},)]"
    for back in _WAYS_BACK:
        yield Attempt(True, maker + _NUMBERS, forward, back + gradients, named, "dy" in back, exact=True)


def _one_by_one(call: str, tensors: list[str], arrays: Mapping[str, Any], maker: str) -> Attempt:
    """Return an expression of tensors that hold one number each.

    Where there is only a walk back from each result, there are two results: gradients have to be added up.
    """
    times, back = (2, "walk(result)") if _HAS_WALK in maker else (1, "result.backward()")
    named = _named(tensors, arrays)
    made = [f"all_{name} = [tensor(float(e)) for e in {key}.ravel()]" for name, key in zip(tensors, named, strict=True)]
    each = ", ".join(tensors)
    lists = ", ".join(f"all_{name}" for name in tensors)
    forward = "\n".join(
        [
            "layer = None",
            *made,
            f"results = [{call} for _ in range({times}) for {each}, in zip({lists})]",
            f"y = numpy.array([numbers(result) for result in results], float).reshape({times}, *x.shape).sum(axis=0)\n",
        ]
    )
    back = f"for result in results: {back}\ngradients = [" + ", ".join(
        f"numpy.array([float(e.grad) for e in all_{name}]).reshape(x.shape) * dy" for name in tensors
    )
    return Attempt(True, maker + _NUMBERS, forward, back + "]", named, exact=True, is_certain=times > 1)
