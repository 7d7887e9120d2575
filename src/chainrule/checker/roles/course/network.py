"""The course's network of L layers, forward and backward; what trains it and what it predicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, first
from chainrule.checker.equations import cost, linear
from chainrule.checker.equations.activations import SLOPES, VALUES
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised, arrays
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.course import steps

FORWARD = ("L_model_forward", "N_layers_forward", "n_layers_forward", "model_forward", "L_layers_forward")
BACKWARD = ("L_model_backward", "N_layers_backward", "n_layers_backward", "model_backward", "L_layers_backward")

Step = Callable[[Any, Any, Any, str], Any]
"""From A_prev, W, b and the activation to A, or to (A, cache)."""


def network_cases() -> list[Values]:
    """Return X, Y and the parameters of a network: all sizes different, and all equal but the last."""
    rng = np.random.default_rng(13)
    made: list[Values] = []
    for sizes, m in (((5, 4, 3, 1), 7), ((4, 4, 4, 1), 4)):
        v: Values = {"X": rng.standard_normal((sizes[0], m)), "Y": (rng.random((1, m)) > 0.5) * 1.0}
        v["Y"][0, :2] = 0.0, 1.0
        for l in range(1, len(sizes)):  # noqa: E741 - the lesson's name for the number of a layer
            v[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1])) / np.sqrt(sizes[l - 1])
            v[f"b{l}"] = 0.3 * rng.standard_normal((sizes[l], 1))
        made.append(v)
    return made


def parameters(v: Values) -> dict[str, Any]:
    """Return W1, b1, W2, ... among values."""
    return {name: value for name, value in v.items() if re.fullmatch(r"[Wb]\d", name)}


def depth(v: Values) -> int:
    """Return the number of layers, L."""
    return len(parameters(v)) // 2


def _pure_step(A: Any, W: Any, b: Any, activation: str) -> Any:
    return VALUES[activation](W @ A + b)


def _forward(step: Step, v: Values, mistake: str = "") -> Values:
    """Return AL; `mistake` is the key of what is done wrong."""
    change = mistake.removeprefix("network_forward.")
    A, before, L = v["X"], v["X"], depth(v)
    for l in range(1, L + 1):  # noqa: E741
        activation = "sigmoid" if l == L else "relu"
        if change == "hidden-sigmoid" or (change == "output-relu" and l == L):
            activation = "sigmoid" if change == "hidden-sigmoid" else "relu"
        name = {"first-weights": 1, "last-weights": L}.get(change, l)
        name = L - 1 if change in ("output-weights", "output-W") and l == L else name
        if change == "first-layer-skipped" and l == 1:
            continue
        if change == "last-hidden-skipped" and l == L - 1:
            continue
        everywhere = change == "input-everywhere" or (change == "input-to-hidden" and l < L)
        A_prev = v["X"] if everywhere else A
        if change == "output-from-before" and l == L:
            A_prev = before
        before = A
        bias = L if change == "output-W" and l == L else name
        A = first(step(A_prev, v[f"W{name}"], v[f"b{bias}"], activation))
    return {"AL": A}


_FORWARD = (
    *(
        "network_forward.input-everywhere",
        "network_forward.input-to-hidden",
        "network_forward.output-W",
        "network_forward.hidden-sigmoid",
        "network_forward.output-relu",
        "network_forward.first-weights",
        "network_forward.last-weights",
        "network_forward.output-weights",
    ),
    *(
        "network_forward.first-layer-skipped",
        "network_forward.last-hidden-skipped",
        "network_forward.output-from-before",
    ),
)


def _forward_run(learner: Learner, function: str, v: Values) -> Values:
    return {"AL": first(learner.call(function, v["X"], parameters(v)))}


def _own_step(learner: Learner) -> Step | None:
    function = learner.find(*steps.STEP_FORWARD)
    return None if function not in learner.nodes else partial(learner.call, function)


def _caches_wrong(learner: Learner, function: str) -> list[Finding]:
    """Return a finding if there is not one cache per layer, or one does not hold its layer's weights."""
    v = network_cases()[0]
    result = learner.call(function, v["X"], parameters(v))
    caches = result[1] if isinstance(result, tuple) and len(result) == 2 else None
    if not isinstance(caches, list) or learner.find(*BACKWARD) not in learner.nodes:
        return []
    facts = {"expected": str(depth(v)), "got": str(len(caches))}
    if len(caches) != depth(v):
        return [Finding("network_forward.caches-missing", function, learner.line(function), facts)]
    for l, cache in enumerate(caches, start=1):  # noqa: E741
        held = list(arrays(cache))
        its_own = any(close(v[f"W{l}"], a, 1e-9) for a in held)
        if not its_own and any(close(v[f"W{k}"], a, 1e-9) for k in range(1, depth(v) + 1) for a in held):
            return [Finding("network_forward.caches-same", function, learner.line(function), {"name": str(l)})]
    return []


Back = Callable[[Any, int, str], tuple[Any, Any, Any]]
"""From dA, the number of the layer and the activation to dA_prev, dW and db."""


def _pure_back(v: Values) -> Back:
    inputs = [v["X"]]
    for l in range(1, depth(v)):  # noqa: E741
        inputs.append(_pure_step(inputs[-1], v[f"W{l}"], v[f"b{l}"], "relu"))

    def back(dA: Any, l: int, activation: str) -> tuple[Any, Any, Any]:  # noqa: E741
        layer = {"A_prev": inputs[l - 1], "W": v[f"W{l}"], "b": v[f"b{l}"]}
        grads = linear.backward(layer | {"dZ": dA * SLOPES[activation](linear.forward(layer)["Z"])}, mean=True)
        return grads["dA_prev"], grads["dW"], grads["db"]

    return back


def _own_back(learner: Learner, function: str, caches: Sequence[Any]) -> Back:
    def back(dA: Any, l: int, activation: str) -> tuple[Any, Any, Any]:  # noqa: E741
        result = learner.call(function, dA, caches[l - 1], activation)
        parts = steps.named(learner, function, result, steps.BACK_NAMES)
        return parts["dA_prev"], parts["dW"], parts["db"]

    return back


_DAL: dict[str, Callable[[Any, Any], Any]] = {
    "network_backward.dAL-sign": lambda A, Y: Y / A - (1 - Y) / (1 - A),
    "network_backward.dAL-precedence": lambda A, Y: -(Y / A) - (1 - Y) / (1 - A),
    "network_backward.dAL-both-plus": lambda A, Y: Y / A + (1 - Y) / (1 - A),
    "network_backward.dAL-is-dZ": lambda A, Y: A - Y,
    "network_backward.dAL-is-minus-dZ": lambda A, Y: Y - A,
    "network_backward.dAL-one-term": lambda A, Y: -Y / A,
    "network_backward.dAL-mean": lambda A, Y: -(Y / A - (1 - Y) / (1 - A)) / Y.shape[1],
    "network_backward.dAL-cost": lambda A, Y: -(Y * np.log(A) + (1 - Y) * np.log(1 - A)),
    "network_backward.dAL-inverted": lambda A, Y: -(A / Y - (1 - A) / (1 - Y)),
    "network_backward.dAL-squared-error": lambda A, Y: 2 * (A - Y),
}
_CHAIN = (
    *(
        "network_backward.chain-not-advanced",
        "network_backward.hidden-sigmoid",
        "network_backward.output-relu",
        "network_backward.cache-next",
        "network_backward.cache-first",
    ),
    *(
        "network_backward.keys-shifted",
        "network_backward.first-layer-missing",
        "network_backward.last-layer-missing",
        "network_backward.cache-last",
    ),
)


def _backward(v: Values, AL: Any, back: Back, mistake: str = "") -> Values:
    """Return the gradients of all parameters; `mistake` is the key of what is done wrong."""
    change = mistake.removeprefix("network_backward.")
    Y, L = v["Y"], depth(v)
    dAL = _DAL[mistake](AL, Y) if mistake in _DAL else -(Y / AL - (1 - Y) / (1 - AL))
    grads: Values = {f"d{name}": None for name in parameters(v)}
    dA = dAL
    for l in range(L, 0, -1):  # noqa: E741
        activation = "sigmoid" if l == L else "relu"
        if (change == "hidden-sigmoid") or (change == "output-relu" and l == L):
            activation = "sigmoid" if change == "hidden-sigmoid" else "relu"
        layer = {"cache-next": min(l + 1, L), "cache-first": 1, "cache-last": L}.get(change, l) if l < L else l
        dA_prev, dW, db = back(dA, layer, activation)
        key = l + 1 if change == "keys-shifted" and l < L else l
        missing = (change == "first-layer-missing" and l == 1) or (change == "last-layer-missing" and l == L)
        if not missing:
            grads |= {f"dW{key}": dW, f"db{key}": db}
        if change != "chain-not-advanced" or l == L:
            dA = dA_prev
    return {name: a for name, a in grads.items() if name[1:] in v}


def _pure_backward(v: Values, mistake: str = "") -> Values:
    return _backward(v, _forward(_pure_step, v)["AL"], _pure_back(v), mistake)


def _composed_backward(learner: Learner, forward: str, step: str, v: Values, mistake: str = "") -> Values:
    AL, caches = learner.call(forward, v["X"], parameters(v))
    return _backward(v, AL, _own_back(learner, step, caches), mistake)


def _backward_run(learner: Learner, function: str, forward: str, v: Values) -> Values:
    AL, caches = learner.call(forward, v["X"], parameters(v))
    result = learner.call(function, AL, v["Y"], caches)
    if not isinstance(result, dict):
        return {}
    return {f"d{name}": steps.by_key(result, f"d_?[{name[0]}{name[0].lower()}]_?{name[1:]}") for name in parameters(v)}


def _summed(learner: Learner) -> bool:
    """Return whether linear_backward may leave out the 1/m, because the whole gradient has it all the same."""
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    if forward not in learner.nodes or backward not in learner.nodes:
        return False
    try:
        got = [_backward_run(learner, backward, forward, v) for v in network_cases()]
    except (Raised, ValueError, TypeError):
        return False
    right = [_pure_backward(v) for v in network_cases()]
    return all(close(a[name], b.get(name), 1e-6) for a, b in zip(right, got, strict=True) for name in a)


def _network_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    names = [steps.STEP_FORWARD, steps.LINEAR_FORWARD, *FORWARD_NAMES.values(), *BACKWARD_NAMES.values()]
    lower = [learner.find(*usual) or "" for usual in names]
    if forward in learner.nodes:
        forms = [_pure_step, *([own] if (own := _own_step(learner)) else [])]
        yield Probe(
            forward,
            "L_model_forward",
            network_cases(),
            [partial(_forward_run, learner, forward)],
            [partial(_forward, form) for form in forms],
            [Mistake(key, partial(_forward, form, mistake=key)) for form in forms for key in _FORWARD],
            needs=lower,
            also=partial(_caches_wrong, learner, forward),
        )
    if forward in learner.nodes and backward in learner.nodes:
        step = learner.find(*steps.STEP_BACKWARD)
        equations: list[Callable[..., Values]] = [_pure_backward]
        if step in learner.nodes:
            equations.insert(0, partial(_composed_backward, learner, forward, step))
        keys = [*_DAL, *_CHAIN]
        yield Probe(
            backward,
            "L_model_backward",
            network_cases(),
            [partial(_backward_run, learner, backward, forward)],
            equations,
            [Mistake(key, partial(equation, mistake=key)) for equation in equations for key in keys],
            needs=[forward, *lower, *(learner.find(*n) or "" for n in (steps.STEP_BACKWARD, steps.LINEAR_BACKWARD))],
        )


def _train(learner: Learner, function: str, iterations: int, *, rate: float = 0.1) -> Any:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((2, 40))
    Y = (X[:1] + X[1:] > 0) * 1.0
    known = {"learning_rate": rate, "num_iterations": iterations, "print_cost": False}
    given = {name: value for name, value in known.items() if name in learner.parameters(function)}
    learner.seed(1)
    return learner.call(function, X, Y, [2, 4, 1] if "L" in function else (2, 4, 1), **given), X, Y


def _look_at_training(learner: Learner, function: str) -> list[Finding]:
    results = [_train(learner, function, iterations) for iterations in (1, 60)]
    (before, X, Y), (after, _, _) = results
    found = [dict(first(result)) if isinstance(first(result), dict) else None for result in (before, after)]
    if found[0] is None or found[1] is None or not {"W1", "b1", "W2", "b2"} <= set(found[1]):
        return []
    line = learner.line(function)
    if all(close(found[0][name], found[1][name], 1e-9) for name in parameters(found[1])):
        return [Finding("training.nothing-moves", function, line)]
    slow, _, _ = _train(learner, function, 60, rate=0.02)
    if "learning_rate" in learner.parameters(function) and close(first(slow).get("W1"), found[1]["W1"], 1e-9):
        return [Finding("training.rate-ignored", function, line)]
    costs = []
    for p in (found[0], found[1]):
        v = {"X": X, "Y": Y} | {name: np.asarray(a) for name, a in p.items()}
        costs.append(
            float(cost.binary({"AL": np.clip(_forward(_pure_step, v)["AL"], 1e-12, 1 - 1e-12), "Y": Y})["cost"])
        )
    if not costs[1] < costs[0]:
        return [
            Finding("training.cost-grows", function, line, {"before": f"{costs[0]:.4g}", "after": f"{costs[1]:.4g}"})
        ]
    return []


def _predict_run(learner: Learner, function: str, v: Values) -> Values:
    names = learner.parameters(function)
    given: list[Any] = [v["X"], v["Y"], parameters(v)] if len(names) == 3 else [v["X"], parameters(v)]
    given = given[::-1] if names[0].startswith("param") else given
    return {"P": np.asarray(learner.call(function, *given), float)}


def _predicted(forward: Callable[[Values], Any], rule: Callable[[Any], Any], v: Values) -> Values:
    return {"P": rule(forward(v))}


def _other_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    forward = learner.find(*FORWARD)
    predict = learner.find("predict")
    if predict in learner.nodes and forward in learner.nodes and len(learner.parameters(predict)) in (2, 3):

        def own(v: Values) -> Any:
            return _forward_run(learner, forward, v)["AL"]

        rules: dict[str, Callable[[Any], Any]] = {
            "predict.no-threshold": lambda A: A,
            "predict.inverted": lambda A: (A <= 0.5) * 1.0,
            "predict.argmax": lambda A: A.argmax(axis=0) * 1.0,
            "predict.always-one": lambda A: (A > 0) * 1.0,
        }
        yield Probe(
            predict,
            "predict",
            network_cases(),
            [partial(_predict_run, learner, predict)],
            [partial(_predicted, own, lambda A: (A > 0.5) * 1.0)],
            [Mistake(key, partial(_predicted, own, rule)) for key, rule in rules.items()],
            needs=[forward],
        )
    for usual in ("L_layer_model", "two_layer_model"):
        function = learner.find(usual)
        if function in learner.nodes and len(learner.parameters(function)) >= 3:
            yield Inspection(function, usual, partial(_look_at_training, learner, function), [*learner.nodes])


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield a probe for every function of the course's fourth week."""
    yield from steps.probes(learner, summed=_summed(learner))
    yield from _network_probes(learner)
    yield from _other_probes(learner)
