"""Ways to call a stranger's forward and backward pass, by the names of their parameters: lines of code to rehearse."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.derivatives import arguments

FORWARD = re.compile(
    r"(forward|__call__|call|predict|forward_?(pass|prop(agat(e|ion))?)|feed_?forward|propagate|fprop|(get_)?(loss|cost))",
    re.IGNORECASE,
)
BACKWARD = re.compile(
    r"(backward|back_?prop(agat(e|ion))?|backward_?(pass|prop(agat(e|ion))?)|bprop|backpropagate)", re.IGNORECASE
)
_UPSTREAM = re.compile(r"^(d|grad|delta|err)|dout|grad|upstream|error|_?last$", re.IGNORECASE)
_LABELS = re.compile(r"^[yt]$|label|target|true|^[yt]_", re.IGNORECASE)
_RATE = re.compile(r"lr|learning|alpha|eta|rate", re.IGNORECASE)
_PROBABILITIES = re.compile(r"^pred|^p$|prob|y_?(hat|pred)", re.IGNORECASE)
_KEPT = re.compile(r"cache|memory|saved|ctx|kept", re.IGNORECASE)


class Attempt(NamedTuple):
    """Lines that make a layer, lines that compute `y`, lines that take `dy`, and the values of the names in them.

    `several` says whether `x` is several examples.
    """

    several: bool
    setup: str
    forward: str
    backward: str
    values: dict[str, Any]


_Y = """
import numpy
y, *kept = result if isinstance(result, tuple) else (result,)
if y is None: y = getattr(layer, "output", getattr(layer, "out", None))
y = numpy.array(y)
if y.dtype.kind != "f": y = y.astype(float)
"""


def methods_of(methods: Mapping[str, ast.FunctionDef]) -> tuple[str, str] | None:
    """Return the names of a class's forward and backward pass, or None if it does not have both."""
    forward = min(filter(FORWARD.fullmatch, methods), key=lambda method: method != "forward", default=None)
    backward = next(filter(BACKWARD.fullmatch, methods), None)
    if forward is None or backward is None or not arguments.needed(methods[forward]):
        return None
    return forward, backward


def of_class(name: str, methods: Mapping[str, ast.FunctionDef]) -> Iterator[Attempt]:
    """Yield how the layers of a class may be made and called; nothing if it has no forward or no backward method."""
    both = methods_of(methods)
    if both is None:
        return
    forward, backward = both
    constructor = methods.get("__init__")
    takes, gets = arguments.needed(methods[forward]), arguments.needed(methods[backward])
    for settings in arguments.settings(arguments.needed(constructor) if constructor else []):
        made_with = {f"{name}_": value for name, value in settings.items()}
        setup = f"layer = {name}({', '.join(made_with)})"
        for several, values, call in _forward_calls(takes, gets):
            lines = f"result = layer.{forward}({call}){_Y}"
            back = f"gradients = layer.{backward}({_backward_arguments(takes, gets)})"
            yield Attempt(several, setup, lines, back, made_with | values)


def of_pair(forward: ast.FunctionDef, backward: ast.FunctionDef) -> Iterator[Attempt]:
    """Yield how two functions may be called of which one is the backward pass of the other."""
    takes, gets = arguments.needed(forward), arguments.needed(backward)
    if not takes or set(gets) <= set(takes):  # which is a slope
        return
    for settings in arguments.settings(takes[1:]):
        for several, values, _ in _forward_calls(takes[:1], gets):
            call = ", ".join(["x.copy()", *(f"{name}_" for name in takes[1:])])
            lines = f"layer = None\nresult = {forward.name}({call}){_Y}"
            back = f"gradients = {backward.name}({_backward_arguments(takes, gets)})"
            yield Attempt(several, "", lines, back, values | {f"{name}_": value for name, value in settings.items()})


Arguments = Mapping[str, Any]
"""What a call was seen to be given, by the names of the parameters."""


def as_seen(
    name: str, forward: str, backward: str, given: Arguments, result: Any, back: Arguments
) -> Iterator[Attempt]:
    """Yield how a layer or a pair of functions is called in the learner's own program.

    Parameters
    ----------
    name
        The class, or "" if these are functions.
    forward, backward
        The names of the methods or functions.
    given, result, back
        The arguments of a forward call, what it returned, and the arguments of a backward call.
    """
    x = next((key for key, value in given.items() if key != "self" and _is_array(value)), None)
    if x is None:
        return
    values = {("x" if key == x else "layer" if key == "self" else f"{key}_"): value for key, value in given.items()}
    owner = "layer." if name else ""
    call = ", ".join(f"{key}=x.copy()" if key == x else f"{key}={key}_" for key in given if key != "self")
    lines = f"{'' if name else 'layer = None'}\nresult = {owner}{forward}({call}){_Y}"
    parts = result if isinstance(result, tuple) else (result,)
    passed: list[str] = []
    rest: dict[str, Any] = {}
    for key, value in back.items():
        if key != "self":
            source = _source(key, value, x, given, parts, "dy" in "".join(passed))
            passed.append(f"{key}={source or f'back_{key}'}")
            rest |= {} if source else {f"back_{key}": value}
    several = np.ndim(given[x]) > 1 and min(np.shape(given[x])) > 1
    gradients = f"gradients = {owner}{backward}({', '.join(passed)})"
    yield Attempt(several, "", lines, gradients, values | rest | {"labels": np.zeros(0)})


def _source(key: str, value: Any, x: str, given: Arguments, parts: tuple[Any, ...], has_upstream: bool) -> str | None:
    """Return what an argument of the backward pass is in terms of the forward pass, or None if it is nothing of it."""
    y = parts[0]
    for other, argument in given.items():
        if other != "self" and _is_same(value, argument):
            return "x.copy()" if other == x else f"{other}_"
    if _is_same(value, y) and not _UPSTREAM.search(key):
        return "y.copy()"
    if len(parts) == 2 and (_KEPT.search(key) or _is_same(value, parts[1])):
        return "kept[0]"
    if len(parts) > 2 and isinstance(value, tuple) and len(value) == len(parts) - 1:
        return "tuple(kept)"
    kept = [position for position, part in enumerate(parts[1:]) if _is_same(value, part)]
    if kept:
        return f"kept[{kept[0]}]"
    return "dy.copy()" if not has_upstream and _is_array(value) and np.shape(value) == np.shape(y) else None


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size > 1


def _is_same(a: Any, b: Any) -> bool:
    return _is_array(a) and _is_array(b) and a.shape == b.shape and bool(np.array_equal(a, b))


def of_slope(function: ast.FunctionDef, slope: ast.FunctionDef) -> Iterator[Attempt]:
    """Yield how a function and its slope may be called: the slope at the input, and at the output."""
    for several, values, _ in _forward_calls(["x"], []):
        for at in ("x", "y"):
            lines = f"layer = None\nresult = {function.name}(x.copy()){_Y}"
            # A slope is all that there is to a gradient only where a function goes entry by entry.
            lines += f"assert numpy.allclose({function.name}(x[:1].copy()), y[:1])\n"
            yield Attempt(several, "", lines, f"gradients = dy * {slope.name}({at}.copy())", values)


def _forward_calls(takes: list[str], gets: list[str]) -> Iterator[tuple[bool, dict[str, Any], str]]:
    """Yield whether x is several examples, values for x and labels, and the arguments of the forward pass."""
    call = ", ".join(["x.copy()", *map(_beside, takes[1:])])
    has_labels = any(map(_LABELS.search, [*takes[1:], *gets]))
    for several, x in arguments.inputs():
        if _PROBABILITIES.search(takes[0]) and x.dtype.kind == "f":
            x = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
        for labels in arguments.labels(x) if has_labels else [np.zeros(0)]:
            yield several, {"x": x, "labels": labels}, call


def _beside(name: str) -> str:
    """Return what the forward pass gets for a parameter beside its input."""
    if _LABELS.search(name):
        return "labels"
    return (
        "x.copy()" if re.search(r"key|query|value|context|^x", name, re.IGNORECASE) else repr(arguments.setting(name))
    )


def _backward_arguments(takes: list[str], gets: list[str]) -> str:
    """Return what the backward pass gets: dy once, and what else its parameters ask for."""
    upstream = [name for name in gets if _UPSTREAM.search(name) and not _RATE.search(name)][:1]
    upstream = upstream or [name for name in gets if not _LABELS.search(name) and not _KEPT.search(name)][:1]
    return ", ".join(_backward_argument(name, upstream, takes) for name in gets)


def _backward_argument(name: str, upstream: list[str], takes: list[str]) -> str:
    if name in upstream:
        return "dy.copy()"
    if _KEPT.search(name):
        return "(kept[0] if len(kept) == 1 else tuple(kept))"
    if _RATE.search(name):
        return "0.1"
    if _LABELS.search(name):
        return "labels"
    if name in takes[1:]:
        return f"{name}_"
    return "x.copy()" if name in takes[:1] or re.search(r"^x|^z|input|pred", name, re.IGNORECASE) else "y.copy()"


def pairs(functions: Mapping[str, ast.FunctionDef]) -> Iterator[tuple[str, str]]:
    """Yield the names of functions that say they belong together: affine_forward and affine_backward."""
    for name in functions:
        for old, new in product(("forward", "fwd", "Forward"), ("backward", "bwd", "Backward")):
            other = name.replace(old, new)
            if other != name and other in functions:
                yield name, other
        for form in ("{}_backward", "backward_{}", "{}_back", "d{}", "d_{}", "{}_bwd"):
            if form.format(name) in functions:
                yield name, form.format(name)


_SLOPES = ("{}_prime", "{}_derivative", "{}_deriv", "deriv_{}", "{}_grad", "d{}", "d_{}", "{}_d", "derivative_{}")


def slopes(functions: Mapping[str, ast.FunctionDef]) -> Iterator[tuple[str, str]]:
    """Yield the names of functions and of their slopes: sigmoid and sigmoid_prime."""
    lower = {name.lower(): name for name in functions}
    for name in lower:
        for form in (
            "{}_prime",
            "{}_derivative",
            "{}_deriv",
            "deriv_{}",
            "{}_grad",
            "d{}",
            "d_{}",
            "{}_d",
            "derivative_{}",
        ):
            if form.format(name) in lower:
                yield lower[name], lower[form.format(name)]
