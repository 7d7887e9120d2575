"""Optimizers as the course writes them: functions that take and return dicts; and the mini-batches they work on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import mini_batches, optimizer_state
from chainrule.checker.equations.mistakes import Equation, Values, named
from chainrule.checker.equations.optimizers import NAMES, TRIED, cases, mistakes, rights, simulate, taken
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, difference

UPDATES = {
    "sgd": ("update_parameters_with_gd", "update_parameters_with_sgd"),
    "momentum": ("update_parameters_with_momentum",),
    "rmsprop": ("update_parameters_with_rmsprop", "update_parameters_with_RMSprop"),
    "adam": ("update_parameters_with_adam",),
}
USUAL_ORDER = {
    "sgd": ("parameters", "grads", "learning_rate"),
    "momentum": ("parameters", "grads", "v", "beta", "learning_rate"),
    "rmsprop": ("parameters", "grads", "s", "beta2", "learning_rate", "epsilon"),
    "adam": ("parameters", "grads", "v", "s", "t", "learning_rate", "beta1", "beta2", "epsilon"),
}
WORKED_ON = ("parameters", "params", "theta", "v", "s", "velocity")
BATCH_NAMES = ("random_mini_batches", "random_minibatches", "mini_batches", "create_mini_batches")


def _meaning(name: str) -> str | None:
    """Return the setting that a parameter's name stands for, or its usual name."""
    usual = {"parameters": ("parameters", "params", "theta"), "grads": ("grads", "gradients", "grad"), "t": ("t",)}
    usual |= {"v": ("v", "velocity"), "s": ("s",)}
    settings = {setting: NAMES[setting] for setting in ("rate", "beta1", "beta2", "eps", "beta")}
    return next((meaning for meaning, names in (usual | settings).items() if name in names), None)


def _updated(learner: Learner, function: str, kind: str, v: Values) -> Values:
    """Return the parameters after each step of an update function of the learner's."""
    named = learner.parameters(function)
    meanings = [_meaning(name) for name in named]
    if None in meanings or len(named) > len(USUAL_ORDER[kind]):
        meanings = [_meaning(name) for name in USUAL_ORDER[kind]][: len(named)]
    if kind == "rmsprop":
        meanings = ["decay" if m in ("beta", "beta1", "beta2") else m for m in meanings]
    if kind == "momentum":
        meanings = ["beta" if m == "beta1" else m for m in meanings]
    state: dict[str, Any] = {"parameters": v["params"]}
    state |= {which: {f"d{name}": np.zeros_like(p) for name, p in v["params"].items()} for which in ("v", "s")}

    results: Values = {}
    for step, grads in enumerate(v["grads"], 1):
        known = TRIED | state | {"grads": {f"d{name}": g for name, g in grads.items()}, "t": step}
        result = learner.call(function, *(known[m or ""] for m in meanings))
        parts = list(result) if isinstance(result, tuple) else [result]
        places = [i for i, m in enumerate(meanings) if m in state]
        for i, part in zip(places, parts + [None] * len(places), strict=False):
            state[str(meanings[i])] = taken(learner.given[i], part)
        results |= {f"{name} after step {step}": state["parameters"].get(name) for name in v["params"]}
    return results


def _begun(learner: Learner, function: str, states: int, v: Values) -> Values:
    result = learner.call(function, v["params"])
    parts = list(result) if isinstance(result, tuple) else [result]
    entries: Values = {"parts": len(parts)}
    for state, part in zip("vs"[:states], parts, strict=False):
        entries |= {f"{state}d{name}": part.get(f"d{name}") for name in v["params"]}
    return entries


def _shares_memory(learner: Learner, function: str, states: int, v: Values) -> list[Finding]:
    """Return a finding if two entries of the state are one array."""
    arrays = [a for a in _begun(learner, function, states, v).values() if isinstance(a, np.ndarray)]
    if not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i]):
        return []
    return [Finding("initialize_state.shared", function, learner.line(function))]


def _state_probe(learner: Learner, function: str, states: int) -> Probe:
    role = "initialize_velocity" if states == 1 else "initialize_adam"
    run, right = partial(_begun, learner, function, states), partial(optimizer_state.zeros, states)
    also = partial(_shares_memory, learner, function, states, cases()[0])
    return Probe(function, role, cases(), [run], [right], optimizer_state.mistakes(states), also=also)


Pairs = list[tuple[Any, Any]]
"""X and Y of each mini-batch, with examples in columns."""


def _pairs(learner: Learner, function: str, as_rows: bool, seed: int, v: Values) -> Pairs:
    """Return mini-batches of examples that can be told apart: X holds their number in every row, and so does Y."""
    number = np.arange(v["m"], dtype=float)
    X, Y = np.vstack([number, number + 100, number + 200]), number[np.newaxis]
    seeds = [seed] if _takes_seed(learner, function) else []
    batches = learner.call(function, *([X.T, Y.T] if as_rows else [X, Y]), v["size"], *seeds)
    pairs = [(np.asarray(x), np.asarray(y)) for x, y in batches]
    return [(x.T, y.T) for x, y in pairs] if as_rows else pairs


def _takes_seed(learner: Learner, function: str) -> bool:
    return len(learner.parameters(function)) > 3


def _numbers(pairs: Pairs) -> Any:
    return np.concatenate([x[0] for x, _ in pairs]) if pairs else np.zeros(0)


def _cut(learner: Learner, function: str, as_rows: bool, v: Values) -> Values:
    pairs = _pairs(learner, function, as_rows, 5, v)
    return {"sizes": np.array([x.shape[1] for x, _ in pairs]), "examples": len(np.unique(_numbers(pairs)))}


def _look_at_order(learner: Learner, function: str, v: Values) -> list[Finding]:
    """Return a finding if X and Y were shuffled apart, or not at all, or the same with every seed."""
    for as_rows in (False, True):
        batches = classes.attempt(partial(_cut, learner, function, as_rows), v)
        if batches is None or difference([mini_batches.cut(v)], [batches]):
            continue  # they have the other layout
        pairs, others = (_pairs(learner, function, as_rows, seed, v) for seed in (5, 0))
        order, line = _numbers(pairs), learner.line(function)
        rows = np.array([[0.0], [100.0], [200.0]])
        if any(not np.array_equal(x, rows + np.ravel(y)) for x, y in pairs):
            return [Finding("mini_batches.shuffled-apart", function, line)]
        if np.array_equal(order, np.sort(order)):
            return [Finding("mini_batches.not-shuffled", function, line)]
        if _takes_seed(learner, function) and np.array_equal(order, _numbers(others)):
            return [Finding("mini_batches.seed-ignored", function, line)]
        return []
    return []


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every update function, for what begins its state, and for mini-batches."""
    for kind, names in UPDATES.items():
        function = learner.find(*names)
        if function in learner.nodes:
            run = partial(_updated, learner, function, kind)
            # The course's velocity is a mean of gradients; other people's is a sum.
            right: list[Equation] = [partial(simulate, rule, h) for rule, h in reversed(rights(kind, TRIED))]
            may_change = frozenset(WORKED_ON)
            yield Probe(function, names[0], cases(), [run], right, mistakes(kind, TRIED), may_change=may_change)
    for states, names in ((1, ("initialize_velocity",)), (2, ("initialize_adam",))):
        function = learner.find(*names)
        if function in learner.nodes:
            yield _state_probe(learner, function, states)
    function = learner.find(*BATCH_NAMES)
    if function in learner.nodes and len(learner.parameters(function)) in (3, 4):
        runs = [partial(_cut, learner, function, as_rows) for as_rows in (False, True)]
        batches, wrong = mini_batches.cases(), named(mini_batches.WRONG)
        also = partial(_look_at_order, learner, function, batches[0])
        yield Probe(function, "random_mini_batches", batches, runs, [mini_batches.cut], wrong, also=also)
