"""Optimizers as the course writes them: functions that take and return dicts; and the mini-batches they work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Values, named
from chainrule.checker.equations.optimizers import NAMES, TRIED, cases, mistakes, rights, simulate, taken
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

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


def _zeros(states: int, v: Values) -> Values:
    """Return what the state of an optimizer begins as."""
    zeros = {f"{s}d{n}": np.zeros_like(p) for s in "vs"[:states] for n, p in v["params"].items()}
    return {"parts": states} | zeros | {"shared": 0.0}


def _begun(learner: Learner, function: str, states: int, v: Values) -> Values:
    result = learner.call(function, v["params"])
    parts = list(result) if isinstance(result, tuple) else [result]
    found: Values = {"parts": len(parts)}
    for state, part in zip("vs"[:states], parts, strict=False):
        found |= {f"{state}d{name}": part.get(f"d{name}") for name in v["params"]}
    arrays = [a for a in found.values() if isinstance(a, np.ndarray)]
    shared = any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    return found | {"shared": float(shared)}


def _begun_wrong(states: int, wrong: str, v: Values) -> Values:
    right = _zeros(states, v)
    if wrong == "initialize_state.shared":
        return right | {"shared": 1.0}
    if wrong == "initialize_state.ones":
        return {name: value + 1 if name[1:2] == "d" else value for name, value in right.items()}
    lost: dict[str, Sequence[str]] = {
        "initialize_state.some-lost last": ("dW2", "db2"),
        "initialize_state.some-lost first": ("dW1", "db1"),
        "initialize_state.some-lost biases": ("db1", "db2"),
    }
    lost |= {"initialize_state.keys": ("dW1", "dW2", "db1", "db2")}
    return {name: None if name[1:] in lost[wrong] else value for name, value in right.items()}


def _state_probe(learner: Learner, function: str, states: int) -> Probe:
    wrong = [
        "initialize_state.some-lost last",
        "initialize_state.some-lost first",
        "initialize_state.some-lost biases",
        "initialize_state.keys",
        "initialize_state.ones",
        *(["initialize_state.shared"] if states == 2 else []),
    ]
    found = named({key: partial(_begun_wrong, states, key) for key in wrong})
    role = "initialize_velocity" if states == 1 else "initialize_adam"
    return Probe(
        function, role, cases(), [partial(_begun, learner, function, states)], [partial(_zeros, states)], found
    )


def _batch_cases() -> list[Values]:
    return [{"m": m, "size": size} for m, size in ((22, 4), (24, 6), (15, 16))]


def _batches(v: Values) -> Values:
    """Return what is true of any way to shuffle and cut m examples."""
    m, size = v["m"], v["size"]
    sizes = [size] * (m // size) + ([m % size] if m % size else [])
    return {"sizes": np.array(sizes), "matched": 1.0, "once": 1.0, "shuffled": 1.0, "seeds": 1.0}


def _batches_wrong(key: str, v: Values) -> Values:
    right, m, size = _batches(v), v["m"], v["size"]
    full = np.full(m // size, size)
    all_there = float(not m % size)
    wrong: dict[str, Values] = {
        "mini_batches.shuffled-apart": {"matched": 0.0},
        "mini_batches.last-lost": {
            "sizes": full,
            "once": all_there,
            "shuffled": float(m >= size),
            "seeds": float(m >= size),
        },
        "mini_batches.not-shuffled": {"shuffled": 0.0, "seeds": 0.0},
        "mini_batches.seed-ignored": {"seeds": 0.0},
        "mini_batches.empty-last": {"sizes": np.append(full, m % size)},
        "mini_batches.one-lost": {"sizes": np.delete(right["sizes"], slice(m >= size)), "once": float(m < size)},
        "mini_batches.last-repeats": {
            "sizes": np.append(full, size) if m % size and m > size else right["sizes"],
            "once": all_there,
        },
    }
    if key == "mini_batches.last-repeats" and m < size:
        wrong[key] = {}
    return right | wrong[key]


def _cut(learner: Learner, function: str, as_rows: bool, v: Values) -> Values:
    """Return what became of examples that can be told apart: X holds their number in every row, and so does Y."""
    number = np.arange(v["m"], dtype=float)
    X, Y = np.vstack([number, number + 100, number + 200]), number[np.newaxis]
    named = learner.parameters(function)
    orders = []
    for seed in (0, 5):
        arguments = [X.T, Y.T] if as_rows else [X, Y]
        batches = learner.call(function, *arguments, v["size"], *([seed] if len(named) > 3 else []))
        pairs = [(np.asarray(x), np.asarray(y)) for x, y in batches]
        pairs = [(x.T, y.T) if as_rows else (x, y) for x, y in pairs]
        orders.append(np.concatenate([x[0] for x, _ in pairs]) if pairs else np.zeros(0))
        labels = np.concatenate([np.ravel(y) for _, y in pairs]) if pairs else np.zeros(0)
        whole = np.hstack([x for x, _ in pairs]) if pairs else np.zeros((3, 0))
    order = orders[-1]
    return {
        "sizes": np.array([x.shape[1] for x, _ in pairs]),
        "matched": float(np.array_equal(whole, np.vstack([labels, labels + 100, labels + 200]))),
        "once": float(np.array_equal(np.sort(order), number)),
        "shuffled": float(not np.array_equal(order, np.sort(order)) and len(order) > 0),
        "seeds": float(len(named) < 4 or not np.array_equal(orders[0], orders[1])),
    }


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
        keys = (
            "mini_batches.shuffled-apart",
            "mini_batches.last-lost",
            "mini_batches.not-shuffled",
            "mini_batches.seed-ignored",
            "mini_batches.empty-last",
            "mini_batches.one-lost",
            "mini_batches.last-repeats",
        )
        wrong = named({key: partial(_batches_wrong, key) for key in keys})
        yield Probe(function, "random_mini_batches", _batch_cases(), runs, [_batches], wrong)
