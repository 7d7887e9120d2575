"""A step back through the course's network over letters, which adds to a dict of gradients that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chainrule.checker.equations import letter_steps as eq
from chainrule.checker.equations import recurrent
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_STEP = "rnn_step_backward"
_TAKES = 6


def _run(learner: Learner, function: str, v: Values) -> Values:
    """Return the gradients after a step of the learner's, whose bias is called b."""
    parameters = v["parameters"] | {"b": v["parameters"]["ba"]}
    a = recurrent.rnn_cell(v)["a_next"]
    gradients = learner.call(function, v["dy"], v["gradients"], parameters, v["xt"], a, v["a_prev"])
    return dict(gradients) if isinstance(gradients, dict) else {}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for the step, if it takes what the course's does: cs231n has one of the same name."""
    function = learner.find(_STEP)
    if function in learner.nodes and len(learner.parameters(function)) == _TAKES:
        runs = [partial(_run, learner, function)]
        may_change = frozenset(learner.parameters(function)[1:2])
        yield Probe(function, _STEP, eq.cases(), runs, [eq.step], eq.mistakes(), may_change=may_change)
