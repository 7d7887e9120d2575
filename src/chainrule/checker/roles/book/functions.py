"""Plain functions of the book: softmax, errors, numerical gradients and the network of three layers, with rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.layout import layouts, rows, together
from chainrule.checker.conventions.names import first
from chainrule.checker.equations import cost, softmax, squared_error
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.book import differences, log_softmax, network

CROSS_ENTROPY = ("cross_entropy_error", "cross_entropy", "crossentropy_error", "crossentropy", "CEE")
SQUARED_ERROR = ("mean_squared_error", "sum_squared_error", "sum_squares_error", "squared_error", "mse", "MSE")
SOFTMAX = ("softmax", "Softmax", "stable_softmax", "softmax_function")
_EACH = re.compile(r"(?:each|every|per)[ -](row|column)\b")
_PREDICTIONS = ("y_hat", "yhat", "y_pred", "y_predicted", "pred", "prediction", "predictions", "probs", "output")
_TARGETS = ("t", "y_true", "target", "targets", "label", "labels")


def _means_batches(learner: Learner, function: str) -> bool:
    """Return whether a file works with batches: an axis, or the number of examples, is spoken of in it."""
    named = ("axis", "keepdims", "batch_size", "batch_num")
    for node in learner.nodes.values():
        for part in ast.walk(node):
            if isinstance(part, ast.keyword) and part.arg in named:
                return True
            if isinstance(part, ast.Name) and part.id in named:
                return True
    return _counts_axes(learner, function)


def _counts_axes(learner: Learner, function: str) -> bool:
    """Return whether a function asks whether it got a vector or a matrix."""
    return any(isinstance(part, ast.Attribute) and part.attr == "ndim" for part in ast.walk(learner.nodes[function]))


def _says_rows(learner: Learner, function: str) -> bool | None:
    """Return whether a function says itself that examples are rows, or columns; None if it does not."""
    says = set(_EACH.findall(ast.get_docstring(learner.nodes[function]) or ""))
    return says == {"row"} if len(says) == 1 else None


def _probabilities(learner: Learner, function: str, turn: Callable[[Any], Any], v: Values) -> Values:
    return {"A": turn(np.asarray(first(learner.call(function, turn(v["Z"]))), float))}


def _sums_over_examples(run: Equation, batches: list[Values]) -> bool:
    """Return whether softmax is that of the examples of each class, which is right where the layout is not known."""
    try:
        return all(close(softmax.over_examples(v["Z"]), run(v)["A"], 1e-6) for v in batches)
    except Raised:
        return False


def _softmax_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    function = learner.find(*SOFTMAX)
    if function not in learner.nodes or len(classes.required(learner.namespace[function])) != 1:
        return
    in_rows = partial(_probabilities, learner, function, np.transpose)
    in_columns = partial(_probabilities, learner, function, np.copy)
    said = _says_rows(learner, function)
    taken = layouts(learner, function) if said is None else (said,)
    runs = [in_rows if as_rows else in_columns for as_rows in taken]
    batches = softmax.cases()
    vectors = [{"Z": v["Z"][:, 0]} for v in batches]
    right = [softmax.equation(softmax.softmax)]
    mistakes = [Mistake(key, softmax.equation(value)) for key, value in softmax.WRONG]
    large = [
        Mistake("softmax.batch-maximum", softmax.equation(softmax.LARGE["batch-maximum"]), "warning"),
        Mistake("softmax.overflow", softmax.equation(softmax.LARGE["overflow"]), "warning"),
    ]
    in_batches = Probe(function, "softmax", batches, runs, right, mistakes)
    one = Probe(function, "softmax", vectors, [in_rows], right, mistakes)
    robust = Probe(function, "softmax", [*batches, softmax.large()], runs, right, large)
    is_right_for_one = classes.is_right(learner, one)
    meant_for_one = is_right_for_one and not _means_batches(learner, function)
    wrong_for_one = replace(one, right=[mistake.wrong for mistake in mistakes])
    # Vectors have their own branch; for them some wrong versions are right, such as a sum over all.
    if _counts_axes(learner, function) and not is_right_for_one and classes.is_right(learner, wrong_for_one):
        yield one
    elif said is not None and _sums_over_examples(runs[0], batches):
        yield in_batches
    elif classes.is_right(learner, robust) or (classes.is_right(learner, in_batches) and not meant_for_one):
        yield robust
    elif meant_for_one:
        finding = Finding("softmax.one-example-only", function, learner.line(function), {}, "warning")
        yield Inspection(function, "softmax", lambda: [finding])
    else:
        yield in_batches


def _ordered(learner: Learner, function: str, y: Any, t: Any) -> Any:
    first, second = learner.parameters(function)[:2]
    swapped = first in _TARGETS or second.lower() in _PREDICTIONS
    result = learner.call(function, t, y) if swapped else learner.call(function, y, t)
    return result.item() if isinstance(result, np.ndarray) and result.size == 1 else result


def _error(learner: Learner, function: str, kind: str, v: Values) -> Values:
    t = v["Y"].argmax(axis=0) if kind == "labels" else v["Y"].T
    return {"cost": _ordered(learner, function, v["AL"].T, t)}


def _error_of_one(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": _ordered(learner, function, v["AL"][:, 0], v["Y"][:, 0])}


_ADDED = 1e-2
"""How much the error of one example may differ where up to 1e-5 is added to what the logarithm is taken of."""


def _takes_two(learner: Learner, *usual: str) -> str | None:
    function = learner.find(*usual)
    fits = function in learner.nodes and len(classes.required(learner.namespace[function])) == 2
    return function if fits else None


def _cross_entropy(learner: Learner) -> Iterator[Probe | Inspection]:
    function = _takes_two(learner, *CROSS_ENTROPY)
    if function is None:
        return
    cases = cost.categorical_cases()
    runs = [partial(_error, learner, function, kind) for kind in ("one-hot", "labels")]
    mistakes = cost.categorical_mistakes()
    batches = Probe(function, "cross_entropy", cases, runs, [cost.categorical], mistakes, cost.TOLERANCE)
    columns = Probe(function, "cross_entropy", cases, [partial(_in_columns, learner, function)], [cost.categorical])
    ones = [{name: value[:, :1] for name, value in v.items()} for v in cases]
    one = Probe(
        function,
        "cross_entropy",
        ones,
        [partial(_error_of_one, learner, function)],
        [cost.categorical],
        tolerance=cost.TOLERANCE,
    )
    if classes.is_right(learner, batches):
        one_hot = replace(batches, runs=runs[:1])
        if not classes.is_right(learner, one_hot) and _subtracts_targets(learner, function):
            finding = Finding("cross_entropy.one-hot-as-labels", function, learner.line(function))
            yield Inspection(function, "cross_entropy", lambda: [finding])
        else:
            yield replace(batches, also=partial(_log_of_zero, learner, function, cases[0]))
    elif not rows(learner) and classes.is_right(learner, columns):
        yield columns
    elif classes.is_right(learner, one) and not _means_batches(learner, function):
        finding = Finding("cross_entropy.one-example-only", function, learner.line(function), {}, "warning")
        yield Inspection(function, "cross_entropy", lambda: [finding])
    elif not any(classes.attempt(run, v) for run in runs for v in cases) and classes.attempt(one.runs[0], ones[0]):
        yield replace(batches, cases=ones, runs=one.runs, tolerance=_ADDED)
    else:
        yield batches


def _subtracts_targets(learner: Learner, error: str) -> bool:
    """Return whether targets are subtracted in what uses this error, as they came: they are one-hot then.

    What another error does with its targets says nothing of these.
    """
    related = together(learner, error) - {error, *SQUARED_ERROR}
    for function, definition in learner.nodes.items():
        if function.partition(".")[0] not in related:
            continue
        nodes = list(ast.walk(definition))
        replaced = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        subtracted = [n.right for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub)]
        names = {getattr(right, "attr", getattr(right, "id", "")) for right in subtracted}
        if names & set(_TARGETS) - replaced:
            return True
    return False


def _log_of_zero(learner: Learner, function: str, v: Values) -> list[Finding]:
    """Return a warning if the error is not finite where the probability of the right class is 0."""
    A = v["AL"] * (1 - v["Y"])
    for kind in ("one-hot", "labels"):
        error = classes.attempt(partial(_error, learner, function, kind), v | {"AL": A / A.sum(axis=0)})
        if error is not None and np.isfinite(np.asarray(error["cost"], float)).all():
            return []
    return [Finding("cross_entropy.log-of-zero", function, learner.line(function), {}, "warning")]


def _in_columns(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": _ordered(learner, function, v["AL"], v["Y"])}


def _squared_error(learner: Learner) -> Iterator[Probe]:
    function = _takes_two(learner, *SQUARED_ERROR)
    if function is None:
        return
    cases = cost.categorical_cases()
    right, mistakes = squared_error.rights(), squared_error.mistakes(cases[0])
    yield Probe(function, "squared_error", cases, [partial(_error, learner, function, "one-hot")], right, mistakes)


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the book's plain functions."""
    for family in (
        _softmax_probes,
        log_softmax.probes,
        _cross_entropy,
        _squared_error,
        differences.probes,
        network.probes,
    ):
        try:
            yield from family(learner)
        except Raised:  # what cannot be called here is left to others
            continue
