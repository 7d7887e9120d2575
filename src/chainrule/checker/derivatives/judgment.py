"""What is not judged by its name: layers and pairs of functions, by differences of their own forward pass."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from chainrule.checker import clock
from chainrule.checker.derivatives import arguments, attempts, fused, layers, pairs, slopes, step_patterns, tensors
from chainrule.checker.derivatives import reversed as reversed_
from chainrule.checker.derivatives.attempts import Attempt
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.gradients import Comparison, Gradient, best
from chainrule.checker.derivatives.snippets import Wrong, snippet
from chainrule.checker.derivatives.training import Seen
from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner, Raised

SECONDS = 5.0  # for all layers of a file ...
LONGEST = 1.5  # ... and for one, if there are several left
NUMBERS = 1e-4


class Watcher(Protocol):
    """What runs code with the learner's definitions, again and again."""

    def exercise(self, setup: str, code: str, values: Mapping[str, Any]) -> Rerun:
        """Return code to be rehearsed; `setup` runs once, before."""

    def watch(self) -> Seen:
        """Run the whole program on made-up data, and return what was seen."""


class Unit(NamedTuple):
    """What computes something and what computes its gradient, and how to call both.

    `made_by` is the constructor, or "". `by_flag` says that a parameter asks for the gradient: no other check does.
    """

    forward: str
    backward: str
    attempts: Iterable[Attempt]
    made_by: str = ""
    by_flag: bool = False

    @property
    def functions(self) -> set[str]:
        """Those that are judged together."""
        return {self.forward, self.backward, self.made_by} - {""}


def judged(
    learner: Learner, watcher: Watcher, calls: Mapping[str, Mapping[str, Any]], settled: set[str], wrong: set[str]
) -> Iterator[tuple[Checked, Finding | None]]:
    """Yield what became of the functions and methods that are not settled yet, as far as that can be said.

    They are tried as the program was seen to call them, and in other ways if it did not. What goes through a function
    that is `wrong` is not accused: the mistake is there.
    """
    known, trusted, end = set(settled), learner.nodes.keys() - wrong, clock.now() + SECONDS
    accused: list[tuple[Unit, Comparison]] = []
    units = [*_units(learner)]
    for place, unit in enumerate(units):
        functions, now = unit.functions, clock.now()
        if (functions <= known and (not unit.by_flag or functions & wrong)) or now > end:
            continue
        left = sum(not other.functions <= known for other in units[place:])
        until = min(end, now + max(LONGEST, (end - now) / max(1, left)))
        seen = () if unit.forward == unit.backward else _as_seen(learner, calls, unit.forward, unit.backward)
        comparison = _compared(watcher, itertools.chain(seen, attempts.distinct(unit.attempts)), until)
        if opposite := reversed_.gradient(learner, unit.forward, comparison):
            found = _of_sign(learner, unit, opposite, comparison)
            known.add(found.function)
            trusted.discard(found.function)
            yield Checked(found.function, found.function, found.line, "wrong"), found
        elif comparison.is_right:
            trusted |= comparison.functions
            for function in sorted((functions | comparison.functions & learner.nodes.keys()) - known):
                known.add(function)
                yield Checked(function, function, learner.line(function), "ok"), None
        elif _wrong(comparison) or _without_slope(learner, unit, comparison):
            accused.append((unit, comparison))
    accused.sort(key=lambda accusation: len(accusation[1].functions))  # the smallest piece of code first
    for unit, comparison in accused:
        gradient = _wrong(comparison) or _without_slope(learner, unit, comparison)
        # Of what takes part in it, nothing may be wrong itself, or come from another file where it never was right and
        # is nothing usual either.
        others = comparison.functions - (comparison.usual - learner.nodes.keys())
        if gradient and (unit.by_flag or unit.backward not in known) and others <= trusted:
            known.add(unit.backward)
            trusted.discard(unit.backward)
            checked = Checked(unit.backward, unit.backward, learner.line(unit.backward), "wrong")
            yield checked, _finding(learner, unit, gradient, comparison)


def _as_seen(
    learner: Learner, calls: Mapping[str, Mapping[str, Any]], forward: str, backward: str
) -> Iterator[Attempt]:
    """Yield how the program itself calls a layer or a pair of functions, if it was seen to call both."""
    if forward not in calls or backward not in calls:
        return
    name, _, method = forward.rpartition(".")
    try:
        result = learner.again(forward, calls[forward])
    except Raised:
        return
    yield from attempts.as_seen(name, method, backward.rpartition(".")[2], calls[forward], result, calls[backward])


def _units(learner: Learner) -> Iterator[Unit]:
    """Yield what may be judged."""
    functions = {name: node for name, node in learner.nodes.items() if "." not in name}
    yield from _operations(learner, functions)
    activations = [f"{name}()" for name in learner.classes if re.search("relu|sigmoid|tanh", name, re.IGNORECASE)]
    for name in learner.classes:
        owners = _owners(learner, name)
        methods = {method: learner.nodes[owner] for method, owner in owners.items()}
        for forward, backward in dict.fromkeys((*pairs.of_methods(methods), *pairs.of_functions(methods))):
            tried = attempts.of_class(name, methods, (forward, backward), activations[:2])
            yield Unit(owners[forward], owners[backward], tried, owners.get("__init__", ""))
        for method in filter(lambda method: fused.is_fused(method, methods[method]), methods):
            tried = fused.of_method(name, methods, method)
            yield Unit(owners[method], owners[method], tried, owners.get("__init__", ""))
    for forward, backward in pairs.of_functions(functions):
        yield Unit(forward, backward, attempts.of_pair(functions[forward], functions[backward]))
    for name, node in functions.items():
        yield Unit(name, name, attempts.of_flag(node), by_flag=bool(attempts.flag_of(node)))
        if fused.is_fused(name, node):
            yield Unit(name, name, fused.of_function(name, node))


def _operations(learner: Learner, functions: Mapping[str, ast.FunctionDef]) -> Iterator[Unit]:
    """Yield the operations of automatic differentiation: operators, classes with a forward pass, functions."""
    owners = {name: _owners(learner, name) for name in learner.classes}
    methods = {name: {m: learner.nodes[owner] for m, owner in owned.items()} for name, owned in owners.items()}
    own = tensors.classes_of(methods)
    makers = tensors.makers(learner.whole, own)
    for name in own if makers else ():
        for method, node in methods[name].items():
            function = owners[name][method]
            if not arguments.needed(node) and not method.startswith("_") and method != "backward":
                yield Unit(function, function, _each(makers, partial(tensors.of_method, method, node)))
            yield Unit(function, function, _each(makers, partial(tensors.of_operator, method)))
    for name, node in functions.items() if makers else ():
        called = {
            call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        backward = next(
            (owners[cls]["backward"] for cls in owners if cls in called and "backward" in owners[cls]), name
        )
        yield Unit(name, backward, _each(makers, partial(tensors.of_function, name, node, None)))
    for name, owned in owners.items() if makers else ():
        if name not in own and {"forward", "backward"} <= owned.keys():
            constructor = methods[name].get("__init__")
            tried = partial(tensors.of_function, name, methods[name]["forward"], constructor)
            yield Unit(owned["forward"], owned["backward"], _each(makers, tried), owned.get("__init__", ""))


def _each(makers: Iterable[str], attempts_of: Callable[[str], Iterator[Attempt]]) -> Iterator[Attempt]:
    return itertools.chain.from_iterable(map(attempts_of, makers))


def _owners(learner: Learner, name: str) -> dict[str, str]:
    """Return the methods of a class with those that it inherits, by their names: "forward" is "Layer.forward"."""
    owners: dict[str, str] = {}
    for base in learner.lineage(name):
        for key in learner.nodes:
            owner, _, method = key.rpartition(".")
            if owner == base and not _is_abstract(learner.nodes[key]):
                owners.setdefault(method, key)
    return owners


def _is_abstract(method: ast.FunctionDef) -> bool:
    """Return whether a method does nothing but say so."""
    says = (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in method.body)
    return all(told or isinstance(node, ast.Pass | ast.Raise) for told, node in zip(says, method.body, strict=True))


def _compared(watcher: Watcher, tried: Iterable[Attempt], until: float) -> Comparison:
    broken: set[str] = set()
    whole = (attempt for attempt in tried if attempt.made_with not in broken)
    return best(((a.several, partial(_gradients, watcher, a, until, broken)) for a in whole), until)


def _gradients(watcher: Watcher, attempt: Attempt, until: float, broken: set[str]) -> Comparison:
    """Return the gradients of one way to call a layer; if it cannot be made so, that is noted in `broken`."""
    try:
        rerun = watcher.exercise(attempt.setup, attempt.code, {"upstream": 1.0, **attempt.values})
    except Raised:
        broken |= {attempt.made_with} - {""}
        raise
    return layers.compare(rerun, until, exact=attempt.exact)._replace(attempt=attempt)


def _wrong(comparison: Comparison) -> Gradient | None:
    """Return the first wrong gradient, or None if nothing is proven.

    Where a layer has parameters, one gradient must agree, or all must follow from one that is wrong: else what its
    backward pass takes is not known, unless it is certain.
    """
    off = [gradient for gradient in comparison.arrays if not gradient.agreeing]
    if not comparison.all_tried:
        return None
    is_certain = comparison.attempt is not None and comparison.attempt.is_certain
    if len(comparison.arrays) == len(off) > 1 and not is_certain:
        return next((gradient for gradient in off if comparison.follows and not gradient.is_input), None)
    return next((gradient for gradient in off if gradient.instead is not None), None)


def _without_slope(learner: Learner, unit: Unit, comparison: Comparison) -> Gradient | None:
    """Return a gradient that lacks the slope of the activation, if the forward pass keeps that for nothing."""
    if comparison.before_slope is None or not comparison.all_tried or not slopes.unread(learner, unit.forward):
        return None
    return next((g for g in comparison.arrays if not g.agreeing and not g.is_input and g.instead is not None), None)


def _of_sign(learner: Learner, unit: Unit, opposite: Gradient, comparison: Comparison) -> Finding:
    """Return that a gradient has the other sign, or if the loss is below 0, that this has it."""
    if reversed_.is_negative(opposite) and unit.forward in learner.nodes:
        return Finding("cost.no-minus", unit.forward, learner.line(unit.forward))
    return _finding(learner, unit, opposite, comparison)


def _finding(learner: Learner, unit: Unit, wrong: Gradient, comparison: Comparison) -> Finding:
    expected = wrong.scale * wrong.derivative
    off = np.abs(wrong.instead - expected)
    at = int(np.argmax(off > NUMBERS * np.max(np.abs(expected))))
    place = ", ".join(map(str, wrong.places[at]))
    facts = {
        "name": wrong.name,
        "forward": unit.forward,
        "index": f"[{place}]" if place else "",
        "expected": f"{expected[at]:.6g}",
        "got": f"{wrong.instead[at]:.6g}",
        "pattern": wrong.pattern,
    }
    if comparison.follows:
        quantity, gradient = map(step_patterns.short, comparison.follows[:2])
        facts |= {"quantity": quantity, "upstream": gradient, "pattern": "own-upstream"}
    if comparison.before_slope:
        facts["pattern"] = "no-slope"
    if comparison.inside:
        facts["inside"] = step_patterns.short(comparison.inside)
        return Finding("own-gradient-inside", unit.backward, learner.line(unit.backward), facts)
    shown: tuple[str, ...] = ()
    attempt = comparison.attempt
    if attempt and wrong.instead_at:
        numbers = float(expected[at]), float(wrong.instead[at])
        shown = snippet(learner, attempt, Wrong(wrong.path, wrong.places[at], wrong.instead_at, *numbers))
    return Finding("own-gradient", unit.backward, learner.line(unit.backward), facts, repro=shown)
