"""Linear classifiers as cs231n has them: loss and gradient from weights, pictures, labels and a penalty."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.equations import class_scores
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.cs231n.pairs import takes

_LOSSES: dict[str, tuple[Equation, list[Mistake]]] = {
    "softmax_loss": (class_scores.softmax_loss, class_scores.softmax_mistakes()),
    "svm_loss": (class_scores.margin_loss, class_scores.margin_mistakes()),
}


def _run(learner: Learner, function: str, v: Values) -> Values:
    loss, dW = learner.call(function, v["W"].T.copy(), v["X"].T.copy(), v["Y"].argmax(axis=0), v["reg"])
    return {"loss": np.reshape(loss, ()) if np.size(loss) == 1 else loss, "dW": np.transpose(dW)}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of both losses, in loops and without."""
    for kind, (loss, wrong) in _LOSSES.items():
        for form in ("naive", "vectorized"):
            function = learner.find(f"{kind}_{form}")
            if function is not None and takes(learner, function, 4):
                runs: list[Equation] = [partial(_run, learner, function)]
                right, mistakes = class_scores.classifier_rights(loss), class_scores.classifier_mistakes(loss, wrong)
                yield Probe(function, kind, class_scores.classifier_cases(), runs, right, mistakes)
