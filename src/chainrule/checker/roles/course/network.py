"""The course's network of L layers, forward and backward; what trains it and what it predicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, first
from chainrule.checker.documented import is_documented
from chainrule.checker.equations import cost, network, network_mistakes, predictions
from chainrule.checker.equations.activations import VALUES, Function
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.equations.network import GATES, OUTPUT_GATES, OUTPUTS, Step, Steps
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised, arrays
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.course import steps
from chainrule.checker.roles.scripts import whole

FORWARD = ("L_model_forward", "N_layers_forward", "n_layers_forward", "model_forward", "L_layers_forward")
BACKWARD = ("L_model_backward", "N_layers_backward", "n_layers_backward", "model_backward", "L_layers_backward")
_LAYERS = 3


def parameters(v: Values) -> dict[str, Any]:
    """Return W1, b1, W2, ... among values."""
    return {name: value for name, value in v.items() if re.fullmatch(r"[Wb]\d", name)}


def _output(learner: Learner, forward: str) -> str:
    """Return the output activation: the sigmoid, unless the code says that there are classes."""
    return whole.outputs_of(learner, forward)[0]


def _forward_run(learner: Learner, function: str, v: Values) -> Values:
    return {"AL": first(learner.call(function, v["X"], parameters(v)))}


def _with_own_unit(learner: Learner, right: Steps) -> Iterator[Steps]:
    """Yield the steps with the learner's own layer in them, if there is one."""
    function = learner.find(*steps.STEP_FORWARD)
    if function is not None and function in learner.nodes:
        yield replace(right, unit=partial(_own_unit, learner, function))


def _own_unit(learner: Learner, function: str, v: Values, linear_part: Equation, activation: Function) -> Any:
    name = next((name for name, value in (VALUES | OUTPUTS).items() if value is activation), "identity")
    if name == "identity":  # the learner's layer cannot be asked for none
        return network.unit(v, linear_part, activation)
    A = first(learner.call(function, v["A_prev"], v["W"], v["b"], name))
    return A, A


def _caches_wrong(learner: Learner, function: str, v: Values) -> list[Finding]:
    """Return a finding if there is not one cache per layer, or one does not hold its layer's weights."""
    result = learner.call(function, v["X"], parameters(v))
    caches = result[1] if isinstance(result, tuple) and len(result) == 2 else None
    if not isinstance(caches, list) or learner.find(*BACKWARD) not in learner.nodes:
        return []
    facts = {"expected": str(_LAYERS), "got": str(len(caches))}
    if len(caches) != _LAYERS:
        return [Finding("network_forward.caches-missing", function, learner.line(function), facts)]
    for layer, cache in enumerate(caches, start=1):
        held = list(arrays(cache))
        its_own = any(close(v[f"W{layer}"], a, 1e-9) for a in held)
        if not its_own and any(close(v[f"W{k}"], a, 1e-9) for k in range(1, _LAYERS + 1) for a in held):
            return [Finding("network_forward.caches-same", function, learner.line(function), {"name": str(layer)})]
    return []


def _with_own_backward(learner: Learner, forward: str, right: Steps) -> Iterator[Steps]:
    """Yield the steps with the learner's own forward pass and backward of a layer in them, if there is one."""
    function = learner.find(*steps.STEP_BACKWARD)
    if function is not None and function in learner.nodes:
        own = partial(_own_backward, learner, function)
        yield replace(right, passes=partial(_own_passes, learner, forward), unit_backward=own)


def _own_passes(learner: Learner, forward: str, step: Steps, v: Values) -> network.Lists:
    """Return the caches of the learner's forward pass in the place of Z, and its AL."""
    AL, caches = learner.call(forward, v["X"], parameters(v))
    return [None, *caches], [v["X"], *caches[:-1], AL]


def _own_backward(learner: Learner, function: str, dA: Any, cache: Any, gate: Step) -> Values:
    name = next((name for name, usual in (GATES | OUTPUT_GATES).items() if usual is gate), "")
    return steps.named(learner, function, learner.call(function, dA, cache, name), steps.BACK_NAMES)


def _backward_run(learner: Learner, function: str, forward: str, v: Values) -> Values:
    AL, caches = learner.call(forward, v["X"], parameters(v))
    result = learner.call(function, AL, v["Y"], caches)
    if not isinstance(result, dict):
        return {}
    return {f"d{name}": steps.by_key(result, f"d_?[{name[0]}{name[0].lower()}]_?{name[1:]}") for name in parameters(v)}


def _summed(learner: Learner) -> bool:
    """Return whether linear_backward may leave out the 1/m, because the whole gradient has it all the same."""
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    if forward not in learner.nodes or backward not in learner.nodes or forward is None or backward is None:
        return False
    output = _output(learner, forward)
    cases, right = network.cases(_LAYERS, output), network.steps("relu", output)
    try:
        got = [_backward_run(learner, backward, forward, v) for v in cases]
    except (Raised, ValueError, TypeError):
        return False
    expected = [network.backward(right, v) for v in cases]
    return all(close(a[name], b.get(name), 1e-6) for a, b in zip(expected, got, strict=True) for name in a)


def _network_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    if forward is None or forward not in learner.nodes:
        return
    lower = [learner.find(*n) or "" for n in (steps.STEP_FORWARD, steps.LINEAR_FORWARD, *FORWARD_NAMES.values())]
    output = _output(learner, forward)
    cases, right = network.cases(_LAYERS, output), network.steps("relu", output)
    composed = list(_with_own_unit(learner, right))
    wrong = [pair for form in composed for pair in network_mistakes.wrong_structures(form)]
    wrong += network_mistakes.wrong_forwards(right, _LAYERS)
    yield Probe(
        forward,
        "L_model_forward",
        cases,
        [partial(_forward_run, learner, forward)],
        [partial(network.predict, form) for form in (right, *composed)],
        [Mistake(key, partial(network.predict, form)) for key, form in wrong],
        needs=lower,
        also=partial(_caches_wrong, learner, forward, cases[0]),
    )
    if backward is not None and backward in learner.nodes:
        yield _backward_probe(learner, forward, backward, right, cases, lower)


def _backward_probe(
    learner: Learner, forward: str, backward: str, right: Steps, cases: list[Values], lower: list[str]
) -> Probe:
    composed = list(_with_own_backward(learner, forward, right))
    mistakes = [
        Mistake(key, partial(network.backward, wrong))
        for form in composed
        for key, wrong in network_mistakes.wrong_chains(form)
    ]
    for form in composed:
        results = network_mistakes.wrong_results(partial(network.backward, form), _LAYERS)
        mistakes += [Mistake(key, wrong) for key, wrong in results]
    return Probe(
        backward,
        "L_model_backward",
        cases,
        [partial(_backward_run, learner, backward, forward)],
        [partial(network.backward, form) for form in (*composed, right)],
        [*mistakes, *network_mistakes.gradient_mistakes(right, "relu", _LAYERS)],
        needs=[forward, *lower, *(learner.find(*n) or "" for n in (*steps.BACKWARDS, *BACKWARD_NAMES.values()))],
        also=partial(_layers_fixed, learner, forward, backward, right),
    )


def _layers_fixed(learner: Learner, forward: str, backward: str, right: Steps) -> list[Finding]:
    """Return a finding if a backward pass for any number of layers is right for three, and not where forward is."""
    if not is_documented(learner, backward):
        return []
    for layers in (2, 4):
        v = network.cases(layers, _output(learner, forward))[0]
        if not _agrees(partial(_forward_run, learner, forward), partial(network.predict, right), v):
            return []
        composed = [partial(network.backward, form) for form in (right, *_with_own_backward(learner, forward, right))]
        run = partial(_backward_run, learner, backward, forward)
        if not any(_agrees(run, equation, v) for equation in composed):
            facts = {"count": str(layers)}
            return [Finding("network_backward.layers-fixed", backward, learner.line(backward), facts)]
    return []


def _agrees(run: Equation, equation: Equation, v: Values) -> bool:
    try:
        got = run(v)
        return all(close(a, got.get(name), 1e-6) for name, a in equation(v).items())
    except (Raised, TypeError, ValueError, KeyError, IndexError):
        return False


def _train(learner: Learner, function: str, iterations: int, *, rate: float = 0.1) -> Any:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((2, 40))
    Y = (X[:1] + X[1:] > 0) * 1.0
    known = {"learning_rate": rate, "num_iterations": iterations, "print_cost": False}
    settings = {name: value for name, value in known.items() if name in learner.parameters(function)}
    learner.seed(1)
    return learner.call(function, X, Y, [2, 4, 1] if "L" in function else (2, 4, 1), **settings), X, Y


def _look_at_training(learner: Learner, function: str) -> list[Finding]:
    results = [_train(learner, function, iterations) for iterations in (1, 60)]
    (before, X, Y), (after, _, _) = results
    trained = [dict(first(result)) if isinstance(first(result), dict) else None for result in (before, after)]
    if trained[0] is None or trained[1] is None or not {"W1", "b1", "W2", "b2"} <= set(trained[1]):
        return []
    line = learner.line(function)
    if all(close(trained[0][name], trained[1][name], 1e-9) for name in parameters(trained[1])):
        return [Finding("training.nothing-moves", function, line)]
    slow, _, _ = _train(learner, function, 60, rate=0.02)
    if "learning_rate" in learner.parameters(function) and close(first(slow).get("W1"), trained[1]["W1"], 1e-9):
        return [Finding("training.rate-ignored", function, line)]
    costs, right = [], network.steps("relu", "sigmoid")
    for p in (trained[0], trained[1]):
        v = {"X": X, "Y": Y} | {name: np.asarray(a) for name, a in p.items()}
        costs.append(
            float(cost.binary({"AL": np.clip(network.forward(right, v)["AL"], 1e-12, 1 - 1e-12), "Y": Y})["cost"])
        )
    if not costs[1] < costs[0]:
        return [
            Finding("training.cost-grows", function, line, {"before": f"{costs[0]:.4g}", "after": f"{costs[1]:.4g}"})
        ]
    return []


def _predict_run(learner: Learner, function: str, v: Values) -> Values:
    names = learner.parameters(function)
    arguments: list[Any] = [v["X"], v["Y"], parameters(v)] if len(names) == 3 else [v["X"], parameters(v)]
    arguments = arguments[::-1] if names[0].startswith("param") else arguments
    P = np.asarray(learner.call(function, *arguments), float)
    return {"P": P.reshape(-1) if P.ndim == 2 and len(P) == 1 else P}


def _other_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    forward = learner.find(*FORWARD)
    predict = learner.find("predict")
    if predict in learner.nodes and forward in learner.nodes and len(learner.parameters(predict)) in (2, 3):
        own, output = partial(_forward_run, learner, forward), _output(learner, forward)
        rule = predictions.likeliest if output == "softmax" else predictions.above_half
        yield Probe(
            predict,
            "predict",
            network.cases(_LAYERS, output),
            [partial(_predict_run, learner, predict)],
            [partial(predictions.decided, own, rule)],
            predictions.wrong_decisions(own),
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
