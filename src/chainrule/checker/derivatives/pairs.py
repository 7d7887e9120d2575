"""Which functions and methods belong together, by their names: a forward pass and its gradient."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from chainrule.checker.derivatives import arguments

_FORWARD = re.compile(
    r"(forward|__call__|call|predict|forward_?(pass|prop(agat(e|ion))?)|feed_?forward|propagate|fprop|(get_|compute_)?"
    r"(loss|cost))|calculate|apply",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    r"(backward|back_?prop(agat(e|ion))?|backward_?(pass|prop(agat(e|ion))?)|bprop|backpropagate)", re.IGNORECASE
)
_PLAIN = re.compile(
    r"forward|__call__|call|f|fn|func(tion)?|activate|activation|compute|loss|cost|error", re.IGNORECASE
)
_SLOPE = re.compile(
    r"(compute_|get_|loss_|calc\w*_)?(d|df|grad(ient)?|deriv\w*|derive|prime|f_prime|d_?loss)(_loss)?"
    r"|(loss|fn|func(tion)?|activation|forward|error|cost)_?(prime|grad(ient)?|deriv\w*)|dloss|d_activation",
    re.IGNORECASE,
)
_AFTER = r"(_?(backward(_?(pass|prop(agation)?))?|back(prop)?|bwd|prime|derivative|deriv|gradient|grad)|_d)"
_BEFORE = r"(backward|back|deriv\w*(_of)?|grad(ient)?(_of)?|d|delta)_|d"
_WORDS = re.compile(
    r"_?(forward(_?(pass|prop(agation)?))?|fwd|function|func|fn|loss|error|cost|activation)", re.IGNORECASE
)


def of_methods(methods: Mapping[str, ast.FunctionDef]) -> Iterator[tuple[str, str]]:
    """Yield the names of a class's forward and backward pass, and of its function and slope or loss and gradient."""
    for computes, differentiates in ((_FORWARD, _BACKWARD), (_PLAIN, _SLOPE)):
        forward = sorted(filter(computes.fullmatch, methods), key=lambda method: method != "forward")
        forward = [method for method in forward if arguments.needed(methods[method])]
        backward = next(filter(differentiates.fullmatch, methods), None)
        if forward and backward and forward[0] != backward:
            yield forward[0], backward


def is_forward(method: str) -> bool:
    """Return whether a method is called like a forward pass."""
    return bool(_FORWARD.fullmatch(method))


def of_functions(functions: Mapping[str, ast.FunctionDef]) -> Iterator[tuple[str, str]]:
    """Yield the names of functions that say they belong together: affine_forward and affine_backward, tanh, dtanh."""
    stems: dict[str, list[str]] = {}
    for name in functions:
        stems.setdefault(_stem(name), []).append(name)
    for name in functions:
        for gradient in _differentiated(name):
            others = [other for other in stems.get(_stem(gradient), []) if other != name]
            # The nearest name: relu rather than relu_forward.
            others.sort(key=lambda other: (other != gradient, len(other)))
            if others and not _differentiated(others[0]):
                yield others[0], name
                break


def _stem(name: str) -> str:
    return _WORDS.sub("", name.lower()).strip("_") or name.lower()


def _differentiated(name: str) -> list[str]:
    """Return of what a function says that it is the gradient, or [] if it does not say so."""
    lower = name.lower()
    after, before = re.fullmatch(rf"(.+?){_AFTER}", lower), re.fullmatch(rf"(?:{_BEFORE})(?P<of>.+)", lower)
    middle = re.sub("backward|bwd", "forward", lower)
    stems = [after[1] if after else "", before["of"] if before else ""]
    return [*([middle] if middle != lower else []), *(stem for stem in stems if stem)]
