"""Optimizers as the book writes them: classes with update(params, grads)."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.constants import constants
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.optimizers import (
    NAMES,
    SETTINGS,
    STEPS,
    TRIED,
    Numbers,
    cases,
    mistakes,
    rights,
    simulate,
    taken,
)
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe

Call = Callable[[Any, Any, int], Any]

CLASSES = {
    "sgd": ("SGD", "Sgd", "GD", "GradientDescent"),
    "momentum": ("Momentum", "MomentumSGD", "SGDMomentum"),
    "nesterov": ("Nesterov", "NAG", "NesterovMomentum"),
    "adagrad": ("AdaGrad", "Adagrad", "ADAGrad"),
    "rmsprop": ("RMSprop", "RMSProp", "RmsProp", "Rmsprop"),
    "adam": ("Adam", "ADAM"),
}
METHODS = ("update", "step", "update_params", "update_parameters", "apply", "optimize", "__call__")
USUAL = {
    "rate": (0.01, 0.001, 0.1),
    "beta": (0.9,),
    "decay": (0.9, 0.99),
    "beta1": (0.9,),
    "beta2": (0.999,),
    "eps": (1e-7,),
}


def settings(learner: Learner, name: str, method: str, kind: str) -> tuple[dict[str, float], list[Numbers]] | None:
    """Return how to construct a class, and the settings it may then have; None if it wants something unknown."""
    signature = inspect.signature(learner.classes[name]).parameters
    given: dict[str, float] = {}
    meant: Numbers = {}
    for setting in SETTINGS[kind]:
        argument = next((n for n in NAMES[setting] if n in signature and n not in given), None)
        if argument is not None:
            given[argument] = meant[setting] = TRIED[setting]
    in_call = inspect.signature(getattr(learner.classes[name], method)).parameters
    if "rate" not in meant and any(argument in NAMES["rate"] for argument in in_call):
        meant["rate"] = TRIED["rate"]
    for argument, parameter in signature.items():
        plain = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if plain and parameter.default is parameter.empty and argument not in given:
            return None
    made: dict[str, Any] = {}
    with contextlib.suppress(Raised):  # what a constructor raises is found when the probe runs
        made = learner.attributes(learner.contained(f"{name}.__init__", learner.classes[name], (), given))
    options = [meant]
    for setting in SETTINGS[kind]:
        if setting not in meant:
            own = next((made[n] for n in NAMES[setting] if isinstance(made.get(n), float)), None)
            methods = [node for key, node in learner.nodes.items() if key.startswith(f"{name}.")]
            values = constants(setting, methods, USUAL[setting]) if own is None else (own,)
            options = [option | {setting: value} for option in options for value in values]
    return given, options


def _caller(learner: Learner, name: str, method: str, given: dict[str, float]) -> Call:
    """Return a fresh optimizer of the learner's as a function of the parameters, the gradients and the step."""
    optimizer = learner.contained(f"{name}.__init__", learner.classes[name], (), given)
    more = list(inspect.signature(getattr(optimizer, method)).parameters)[2:]

    def call(params: Any, grads: Any, t: int) -> Any:
        extra: dict[str, Any] = {n: TRIED["rate"] for n in more if n in NAMES["rate"]}
        extra |= {n: t for n in more if n in ("t", "step", "iter")}
        result = classes.call(learner, name, optimizer, method, params, grads, **extra)
        return taken(learner.given[0], result)

    return call


def _dicts(make: Callable[[], Call], form: str, v: Values) -> Values:
    call, params = make(), v["params"]
    results: Values = {}
    for step, grads in enumerate(v["grads"], 1):
        params = call(params, {form.format(name): g for name, g in grads.items()}, step)
        results |= {f"{name} after step {step}": params.get(name) for name in v["params"]}
    return results


def _lists(make: Callable[[], Call], v: Values) -> Values:
    call, params = make(), list(v["params"].values())
    results: Values = {}
    for step, grads in enumerate(v["grads"], 1):
        params = call(params, list(grads.values()), step)
        results |= {f"{name} after step {step}": p for name, p in zip(v["params"], params, strict=True)}
    return results


def _arrays(make: Callable[[], Call], v: Values) -> Values:
    results: Values = {}
    for name, p in v["params"].items():
        call = make()
        for step, grads in enumerate(v["grads"], 1):
            p = call(p, grads[name], step)
            results[f"{name} after step {step}"] = p
    return results


def _dividing(run: Equation, v: Values) -> Values:
    """Return a run's results; NaN for a division of Python's numbers by 0, which raises, as NumPy's arrays have it."""
    try:
        return run(v)
    except Raised as raised:
        if raised.kind != "ZeroDivisionError":
            raise
        shapes = {f"{name} after step {t + 1}": p for t in range(STEPS) for name, p in v["params"].items()}
        return {name: np.full_like(p, np.nan) for name, p in shapes.items()}


def _fitting(runs: Sequence[Equation], v: Values) -> Equation:
    """Return the first way to hold the parameters that the learner's class accepts."""
    for run in runs:
        try:
            run(v)
        except Raised:
            continue
        return run
    return runs[0]


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every optimizer class."""
    for kind, names in CLASSES.items():
        name = learner.find(*names)
        method = next((m for m in METHODS if hasattr(learner.classes.get(name or ""), m)), None)
        if name is None or method is None:
            continue
        parameters = list(inspect.signature(getattr(learner.classes[name], method)).parameters)[1:]
        chosen = settings(learner, name, method, kind) if len(parameters) > 1 else None
        if chosen is None:
            continue
        given, options = chosen
        make = partial(_caller, learner, name, method, given)
        dicts = [partial(_dicts, make, form) for form in ("{}", "d{}")]
        ways = [dicts[0], partial(_lists, make), dicts[1], partial(_arrays, make)]
        run = partial(_dividing, _fitting([partial(_dividing, way) for way in ways], cases()[0]))
        right = [partial(simulate, rule, h) for option in options for rule, h in rights(kind, option)]
        wrong = [mistake for option in options for mistake in mistakes(kind, option)]
        may_change = frozenset(parameters[:1])
        yield Probe(f"{name}.{method}", f"{kind}.update", cases(), [run], right, wrong, may_change=may_change)
