"""L2 regularization and dropout in the course's network of three layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import cost, network, regularization
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, difference
from chainrule.checker.roles.course.cost import NAMES
from chainrule.checker.roles.course.network import parameters

COST = ("compute_cost_with_regularization",)
BACKWARD = ("backward_propagation_with_regularization",)
DROPOUT_FORWARD = ("forward_propagation_with_dropout",)
DROPOUT_BACKWARD = ("backward_propagation_with_dropout",)
_GRADIENTS = tuple(f"d{kind}{layer}" for layer in (3, 2, 1) for kind in "Wb")


def _cost(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": np.squeeze(learner.call(function, v["A3"], v["Y"], parameters(v), v["lambd"]))}


def _own_entropy(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": np.squeeze(learner.call(function, v["A3"], v["Y"]))}


def _cost_probe(learner: Learner, function: str) -> Probe:
    entropy = learner.find(*NAMES)
    own: list[Equation] = [partial(_own_entropy, learner, entropy)] if entropy in learner.nodes and entropy else []
    right = [partial(regularization.regularized, equation) for equation in (cost.binary, *own)]
    run, wrong = partial(_cost, learner, function), regularization.cost_mistakes()
    needs = [entropy] if own and entropy else []
    return Probe(function, COST[0], regularization.cases(), [run], right, wrong, cost.TOLERANCE, needs=needs)


def _result(learner: Learner, function: str, v: Values) -> Any:
    """Return what a backward pass gives for the cache of the course's forward pass, with masks or without."""
    hidden = ("Z", "D", "A", "W", "b") if "D1" in v else ("Z", "A", "W", "b")
    names = [f"{name}{layer}" for layer in (1, 2) for name in hidden] + ["Z3", "A3", "W3", "b3"]
    cache = tuple(v[name] for name in names)
    return learner.call(function, v["X"], v["Y"], cache, v["keep_prob"] if "D1" in v else v["lambd"])


def _gradients(learner: Learner, function: str, v: Values) -> Values:
    result = _result(learner, function, v)
    return {name: result.get(name) for name in _GRADIENTS}


def _dropout(learner: Learner, function: str, v: Values) -> Values:
    _, cache = learner.call(function, v["X"], parameters(v), v["keep_prob"])
    Z1, D1, A1, _, _, Z2, D2, A2, _, _, Z3, *_ = cache
    keep = v["keep_prob"]
    masks = regularization.measured(1, Z1, D1, A1, keep) | regularization.measured(2, Z2, D2, A2, keep)
    return masks | _off(v, (Z1, Z2, Z3), (v["X"], A1, A2))


def _off(v: Values, sums: tuple[Any, ...], before: tuple[Any, ...]) -> Values:
    """Return by how much each cached Z is off what follows from the A before it: a column if it is by the same."""
    off: Values = {}
    for layer, (Z, A) in enumerate(zip(sums, before, strict=True), 1):
        difference = np.round(Z - (v[f"W{layer}"] @ A + v[f"b{layer}"]), 9)
        is_alike = np.allclose(difference, difference[:, :1], atol=1e-8)
        off |= regularization.off_by(layer, difference[:, :1] if is_alike else difference)
    return off


def _draws_again(learner: Learner, function: str, v: Values) -> bool:
    """Return whether a backward pass gives other gradients when it is called again."""
    try:
        return bool(difference([_gradients(learner, function, v)], [_gradients(learner, function, v)]))
    except (Raised, AttributeError):  # told where it is tried
        return False


def _look_at_masks(learner: Learner, function: str) -> list[Finding]:
    return [Finding("dropout_backward.fresh-mask", function, learner.line(function))]


def _backward_probe(learner: Learner, function: str) -> Probe:
    right = [partial(network.backward, regularization.REGULARIZED)]
    run, wrong = partial(_gradients, learner, function), regularization.gradient_mistakes()
    return Probe(function, BACKWARD[0], regularization.cases(), [run], right, wrong)


def _dropout_forward_probe(learner: Learner, function: str) -> Probe:
    run, wrong = partial(_dropout, learner, function), regularization.dropout_mistakes()
    return Probe(function, DROPOUT_FORWARD[0], regularization.wide_cases(), [run], [regularization.dropout], wrong)


def _dropout_backward_probe(learner: Learner, function: str) -> Probe | Inspection:
    cases = regularization.dropout_cases()
    if _draws_again(learner, function, cases[0]):
        return Inspection(function, DROPOUT_BACKWARD[0], partial(_look_at_masks, learner, function))
    right = [partial(network.backward, regularization.DROPPED)]
    run, wrong = partial(_gradients, learner, function), regularization.dropout_gradient_mistakes()
    return Probe(function, DROPOUT_BACKWARD[0], cases, [run], right, wrong)


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the regularized cost, its gradients, and both passes with dropout."""
    passes = ((DROPOUT_FORWARD, _dropout_forward_probe), (DROPOUT_BACKWARD, _dropout_backward_probe))
    for names, probe in ((COST, _cost_probe), (BACKWARD, _backward_probe), *passes):
        function = learner.find(*names)
        if function is not None and function in learner.nodes:
            yield probe(learner, function)
