"""From what a learner's forward pass gives to an answer: 0 or 1, or a class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.conventions.styles import Style, arguments, call, outputs
from chainrule.checker.equations import network, predictions
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.scripts.whole import Reading

PREDICT = ("predict", "get_predictions", "prediction")


def _prediction_run(learner: Learner, function: str, style: Style, v: Values) -> Values:
    P = style.examples(np.asarray(call(learner, function, style.known(v)), float))
    return {"P": P.reshape(-1) if P.ndim == 2 and len(P) == 1 else P}


def prediction_probes(
    learner: Learner, forward: str, reading: Reading, function: str | None, *, probabilities: bool
) -> Iterator[Probe]:
    """Yield how to try `predict` on what the learner's forward pass gives.

    Parameters
    ----------
    learner, forward, reading
        The learner's network.
    function
        The function that predicts.
    probabilities
        Whether it may return them as they are.
    """
    style = reading.styles[0]
    cases = network.cases(style.layers, reading.output)
    if function not in learner.nodes or arguments(learner, function, style.known(cases[0])) is None:
        return
    own = partial(outputs, learner, forward, style)
    rules = [predictions.above_half] if reading.output == "sigmoid" else [predictions.likeliest, predictions.one_hot]
    rules += [predictions.probabilities] if probabilities or reading.output == "identity" else []
    right = [partial(predictions.decided, own, rule) for rule in rules]
    run = partial(_prediction_run, learner, function, style)
    yield Probe(function, "predict", cases, [run], right, predictions.wrong_decisions(own), needs=[forward])
