"""The course's week of gradient checking."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import first
from chainrule.checker.equations import gradient_checking as eq
from chainrule.checker.equations.derivatives import derivatives
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_FORWARD, _BACKWARD, _CHECK = "forward_propagation", "backward_propagation", "gradient_check"


def _takes(learner: Learner, function: str, *names: str) -> bool:
    """Return whether a function is there with these parameters first; other functions of the course have its name."""
    return function in learner.nodes and learner.parameters(function)[: len(names)] == list(names)


def _product(learner: Learner, v: Values) -> Values:
    return {"J": learner.call(_FORWARD, float(v["x"]), float(v["theta"]))}


def _slope(learner: Learner, v: Values) -> Values:
    return {"dtheta": learner.call(_BACKWARD, float(v["x"]), float(v["theta"]))}


def _difference(learner: Learner, v: Values) -> Values:
    return eq.rounded(learner.call(_CHECK, float(v["x"]), float(v["theta"])))


def _derivative(forward: Equation, v: Values) -> Values:
    return derivatives(forward, ["theta"], ["J"], v | {"dJ": 1.0})


def _between(learner: Learner, distance: eq.Distance, v: Values) -> Values:
    """Return the distance of what the learner's own functions say, right or wrong."""
    approximated = _derivative(partial(_product, learner), v)["dtheta"]
    return distance(np.asarray(_slope(learner, v)["dtheta"], float), approximated)


def _one_dimension(learner: Learner) -> Iterator[Probe]:
    forward = _takes(learner, _FORWARD, "x", "theta")
    if forward:
        run = partial(_product, learner)
        yield Probe(_FORWARD, _FORWARD, eq.cases(), [run], [eq.product], eq.PRODUCT_MISTAKES)
    if _takes(learner, _BACKWARD, "x", "theta"):
        right: list[Equation] = [eq.slope, *([partial(_derivative, partial(_product, learner))] if forward else [])]
        yield Probe(_BACKWARD, _BACKWARD, eq.cases(), [partial(_slope, learner)], right, eq.SLOPE_MISTAKES)
    if forward and _takes(learner, _CHECK, "x", "theta"):
        right = [partial(_between, learner, eq.distance)]
        wrong = [Mistake(key, partial(_between, learner, each)) for key, each in eq.DISTANCE_MISTAKES]
        yield Probe(_CHECK, _CHECK, eq.cases(), [partial(_difference, learner)], right, wrong, own_parts=True)


def _parameters(v: Values) -> Values:
    return {name: v[name] for name in eq.PARAMETERS}


def _cost(learner: Learner, v: Values) -> Values:
    return {"cost": np.squeeze(first(learner.call(f"{_FORWARD}_n", v["X"], v["Y"], _parameters(v))))}


def _gradients(learner: Learner, v: Values) -> Values:
    kept = learner.call(f"{_FORWARD}_n", v["X"], v["Y"], _parameters(v))[1]
    gradients = learner.call(f"{_BACKWARD}_n", v["X"], v["Y"], kept)
    return {f"d{name}": gradients[f"d{name}"] for name in eq.PARAMETERS}


def _of_cost(cost: Equation, v: Values) -> Values:
    return derivatives(cost, eq.PARAMETERS, ["cost"], v | {"dcost": 1.0})


def _checked_gradients(gradients: Values) -> Values:
    """Return gradients that are not quite right, so that the distance is not 0."""
    rng = np.random.default_rng(45)
    return {name: g + 0.3 * rng.standard_normal(np.shape(g)) for name, g in gradients.items()}


def _vector(gradients: Values) -> Any:
    return np.concatenate([np.ravel(gradients[f"d{name}"]) for name in eq.PARAMETERS])


def _distance_n(learner: Learner, own: Equation, v: Values) -> Values:
    checked = _checked_gradients(own(v))
    return eq.rounded(learner.call(f"{_CHECK}_n", _parameters(v), checked, v["X"], v["Y"]))


def _between_n(distance: eq.Distance, own: Equation, v: Values) -> Values:
    return distance(_vector(_checked_gradients(own(v))), _vector(own(v)))


def _many_dimensions(learner: Learner) -> Iterator[Probe]:
    cases = eq.network_cases()
    forward = _takes(learner, f"{_FORWARD}_n", "X", "Y", "parameters")
    own = partial(_of_cost, partial(_cost, learner))
    if forward:
        run = partial(_cost, learner)
        role = f"{_FORWARD}_n"
        yield Probe(role, role, cases, [run], [eq.network_cost], eq.network_mistakes(), 1e-5)
    if forward and _takes(learner, f"{_BACKWARD}_n", "X", "Y", "cache"):
        role, right = f"{_BACKWARD}_n", partial(_of_cost, eq.network_cost)
        wrong = eq.gradients_mistakes(right)
        yield Probe(role, role, cases, [partial(_gradients, learner)], [right, own], wrong, needs=[f"{_FORWARD}_n"])
    if forward and _takes(learner, f"{_CHECK}_n", "parameters", "gradients", "X", "Y"):
        role, known = f"{_CHECK}_n", _once(own)
        right = partial(_between_n, eq.distance, known)
        wrong = [Mistake(key, partial(_between_n, each, known)) for key, each in eq.DISTANCE_MISTAKES]
        run = partial(_distance_n, learner, known)
        yield Probe(role, role, cases[:1], [run], [right], wrong, own_parts=True)


def _once(equation: Equation) -> Equation:
    """Return an equation that is worked out once for each X: differences of a whole network take their time."""
    known: dict[bytes, Values] = {}

    def looked_up(v: Values) -> Values:
        key = v["X"].tobytes()
        if key not in known:
            known[key] = equation(v)
        return known[key]

    return looked_up


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of the check in one dimension, then of that of a network."""
    yield from _one_dimension(learner)
    yield from _many_dimensions(learner)
