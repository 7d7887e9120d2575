"""The course's third week: a network of one hidden layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.equations import layer_sizes
from chainrule.checker.equations.mistakes import Values, named
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.roles.scripts import whole
from chainrule.checker.roles.scripts.functions import as_updated
from chainrule.checker.roles.scripts.prediction import PREDICT, prediction_probes
from chainrule.checker.roles.scripts.training import training

FORWARD = ("forward_propagation", "forward_prop", "forwardprop", "forward_propagate", "forward_propogation")
BACKWARD = ("backward_propagation", "backward_prop", "back_propagation", "backpropagation", "backward_propogation")


def _run_sizes(learner: Learner, function: str, v: Values) -> Values:
    n_x, _, n_y = learner.call(function, v["X"], v["Y"])
    return {"n_x": n_x, "n_y": n_y}


def _size_probes(learner: Learner) -> Iterator[Probe]:
    function = learner.find("layer_sizes")
    if function in learner.nodes and len(learner.parameters(function)) == 2:
        cases: list[Values] = [{"X": np.ones((n, m)), "Y": np.ones((k, m))} for n, m, k in ((5, 3, 2), (2, 7, 1))]
        run = partial(_run_sizes, learner, function)
        yield Probe(function, "layer_sizes", cases, [run], [layer_sizes.sizes], named(layer_sizes.WRONG))


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of a network of one hidden layer."""
    yield from _size_probes(learner)
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    if forward is None or not whole.is_forward(learner, forward):
        return
    reading = whole.read(learner, forward, backward)
    yield whole.forward_probe(learner, forward, backward, reading)
    reading = as_updated(learner, reading)
    if backward in learner.nodes:
        probe = whole.backward_probe(learner, forward, backward, reading, [(None, True)])
        if probe:
            yield probe
    yield from prediction_probes(learner, forward, reading, learner.find(*PREDICT), probabilities=False)
    yield from training(learner, "nn_model", reading)
