"""Functions and methods that return a loss together with its gradients, or keep the gradients in the object."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

import numpy as np

from chainrule.checker.derivatives import arguments
from chainrule.checker.derivatives.arguments import Sizes
from chainrule.checker.derivatives.attempts import ENLARGED, Attempt

MOST = 8  # ways to call a function with an input
_LOSS = re.compile(r"loss|cost|entropy|regulari[sz]ation|__call__|criterion", re.IGNORECASE)
_KEEPS = re.compile(r"(loss|cost).*(grad|back)", re.IGNORECASE)
_PENALTY = re.compile(r"lamb?d|reg|decay|^l[12]", re.IGNORECASE)  # which may be in the gradients alone
_LOSS_FIRST = """
import numpy
y = numpy.array(result[0] if isinstance(result, tuple) else result, float)
assert y.size == 1
"""
# Only what is named is known to be a gradient: next to a loss there may be probabilities as well.
_GRADIENTS = """
gradients = [part.copy() for part in result[1:] if hasattr(part, "copy")] if isinstance(result, tuple) else []
if gradients and isinstance(gradients[0], dict):
    gradients = {key: upstream * numpy.array(value) for key, value in gradients[0].items()}
"""
_ALL = """
if isinstance(gradients, list): gradients = [upstream * part for part in gradients]
"""


def is_fused(name: str, node: ast.FunctionDef) -> bool:
    """Return whether a function is called like a loss and returns at least two things, or says that it does both."""
    returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)]
    returns_both = any(isinstance(value, ast.Tuple) and len(value.elts) > 1 for value in returned)
    return bool(_KEEPS.search(name)) or (bool(_LOSS.search(name)) and returns_both)


def of_function(name: str, node: ast.FunctionDef) -> Iterator[Attempt]:
    """Yield how a function may be called that returns a loss and gradients."""
    for sizes in arguments.SIZES:
        yield from _calls(f"layer = None\nresult = {name}", node, sizes, "")
    if not any(_PENALTY.search(argument.arg) for argument in node.args.args):
        yield from _calls(f"layer = None\nresult = {name}", node, arguments.ONE_OUTPUT, "")


def of_method(cls: str, methods: Mapping[str, ast.FunctionDef], method: str) -> Iterator[Attempt]:
    """Yield how a method may be called that returns a loss and gradients, or keeps the gradients."""
    for sizes, settings in arguments.ways_to_make(methods.get("__init__"), arguments.SIZES, (None,)):
        made_with = {f"{name}_": value for name, value in settings.items()}
        setup = f"layer = {cls}({', '.join(f'{key}={key}_' for key in settings)}){ENLARGED}"
        for attempt in _calls(f"result = layer.{method}", methods[method], sizes, setup):
            yield attempt._replace(values=made_with | attempt.values)


def _calls(call: str, node: ast.FunctionDef, sizes: Sizes, setup: str) -> Iterator[Attempt]:
    takes = arguments.needed(node)
    takes += [a.arg for a in node.args.args if a.arg not in (*takes, "self") and arguments.is_label(a.arg)]
    inputs = [name for name in takes if not arguments.is_label(name)]
    if not inputs:
        return
    x = arguments.array("x", sizes)
    if arguments.is_probability(inputs[0]) and x.dtype.kind == "f":
        x = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    labels = [*(arguments.labels_of_two(x) if sizes is arguments.ONE_OUTPUT else arguments.labels(x))]
    options = []
    for place, name in enumerate(takes):
        of = arguments.kind(name)
        weight = [arguments.array(of, sizes, 10 + place)] if of else [arguments.setting(name)]
        options.append([x] if name == inputs[0] else labels if arguments.is_label(name) else weight)
    for values in itertools.islice(itertools.product(*options), MOST):
        named = {("x" if name == inputs[0] else f"{name}_"): v for name, v in zip(takes, values, strict=True)}
        passed = ", ".join(f"{key}.copy()" if isinstance(v, np.ndarray) else key for key, v in named.items())
        lines = f"{call}({passed}){_LOSS_FIRST}"
        attempt = Attempt(sizes.several, setup, lines, _GRADIENTS, named, upstream=False)
        # With one output, nothing but a gradient has the shape of the weights.
        is_certain = sizes is arguments.ONE_OUTPUT
        yield attempt._replace(backward=_GRADIENTS + _ALL, is_certain=True) if is_certain else attempt
