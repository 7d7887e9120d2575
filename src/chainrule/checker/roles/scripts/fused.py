"""One whole step of training in one function: forward, backward and update."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from chainrule.checker.conventions.names import weights
from chainrule.checker.conventions.styles import Style, call, calls, layers_of, styles
from chainrule.checker.equations import network, network_mistakes, update
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.scripts.whole import candidates_of, outputs_of, upright, usual_of

_RATE = 0.2


def _updated(learner: Learner, function: str, style: Style, v: Values) -> Values:
    known = style.known(v) | {"learning_rate": _RATE}
    result = call(learner, function, known)
    parts = result if isinstance(result, tuple) else (result,)
    updated = weights(result) or next((w for part in parts if (w := weights(part))), None)
    if updated is None:
        updated = next((w for part in learner.given if (w := weights(part))), {})
    return {name: style.parameter(name, updated.get(name, np.nan)) for name in v if re.fullmatch(r"[Wb]\d", name)}


def _step(gradient: Equation, rule: Equation, v: Values) -> Values:
    return rule(_parameters(v) | gradient(v) | {"learning_rate": _RATE})


def _parameters(v: Values) -> Values:
    return {name: value for name, value in v.items() if name not in ("X", "Y")}


def fused_probe(learner: Learner, function: str) -> Probe:
    """Return how to try one whole step of training: forward, backward and update in one function."""
    output = outputs_of(learner, function)[0]
    cases = network.cases(layers_of(learner, function), output)
    ways = [
        replace(style, labels=labels) for style in _fused_styles(learner, function, cases) for labels in (False, True)
    ]
    rights = [step for _, step in candidates_of(learner, function, output, ways[0])]
    right = [partial(_step, partial(network.backward, step), update.update) for step in rights]
    mistakes = []
    for name, step in zip(usual_of(learner, function), rights, strict=False):
        wrong = [network_mistakes.updated_first(step, _RATE)]
        wrong += network_mistakes.wrong_backwards(step, name, ways[0].layers)
        wrong += network_mistakes.wrong_forwards(step, ways[0].layers)
        gradients: list[tuple[str, Equation]] = [(key, partial(network.backward, form)) for key, form in wrong]
        right_gradient = partial(network.backward, step)
        gradients += network_mistakes.wrong_results(right_gradient, ways[0].layers)
        mistakes += [Mistake(key, partial(_step, gradient, update.update)) for key, gradient in gradients]
        mistakes += [Mistake(m.key, partial(_step, right_gradient, m.wrong)) for m in update.UPDATE_MISTAKES]
    mistakes = [replace(mistake, wrong=partial(upright, ways[0], mistake.wrong)) for mistake in mistakes]
    runs = [partial(_updated, learner, function, way) for way in ways]
    may_change = frozenset(learner.parameters(function))
    return Probe(
        function, "train_step", cases, runs, right, mistakes, 1e-6, may_change, sorted(calls(learner, function))
    )


def _fused_styles(learner: Learner, function: str, cases: Sequence[Values]) -> list[Style]:
    likeliest = styles(learner, function, None, cases[0])[0]
    ways = [replace(likeliest, rows=rows, turned=turned) for rows in (True, False) for turned in (rows, not rows)]
    usable = []
    for way in ways:
        try:
            _updated(learner, function, way, cases[0])
        except Exception:  # whatever the learner's code makes of it
            continue
        usable.append(way)
    return usable or [likeliest]
