"""The diagnosis of the network in training, as sentences with what to look at and what can be done by one click."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chainrule.arrays import Array
from chainrule.common.errors import NotFiniteError
from chainrule.common.languages import language
from chainrule.common.number_text import number_text
from chainrule.common.texts import tr
from chainrule.lab.remedies import after_divergence, after_worse, rate_of, remedies
from chainrule.lab.session import Session
from chainrule.lab.state import Divergence, State
from chainrule.network import Network
from chainrule.trace.diagnosis.finding import Diagnosis, Finding
from chainrule.trace.telling.words import words

_GRADIENTS = ("vanishing-gradients", "exploding-gradients", "vanishing-in-time", "exploding-in-time", "no-gradient")
_RATES = ("high-learning-rate", "low-learning-rate")
_MOST = 2_000_000  # numbers of the examples that are looked at
_WORSE = 2.0  # times the first loss: with more, training has spoiled the network
_SMALLER = 0.1


def advice(session: Session) -> dict[str, Any]:
    """Return what is wrong with the network of this moment, as plain data in the language of the context.

    Where training has spoiled the network, whatever looks wrong with it now follows from that. So the network is then
    judged as it began, and what is offered is a way back with a learning rate that suits it.

    Returns
    -------
    dict
        "said", in one sentence; "findings", each with a sentence, what to do, "show" (a room of the page, and there a
        layer and a part of the pass) and "apply" (remedies); "notes".
    """
    state, examples = session.state(), session.examples
    count = min(len(examples.X), max(32, _MOST // max(1, examples.X[0].size)))
    X, y = examples.X[:count], examples.y[:count]
    losses = (_loss(session.first, X, y), _loss(session.network, X, y))
    spoiled = state.divergence is not None or losses[1] > _WORSE * losses[0]
    judged = session.first if spoiled else session.network
    diagnosis = judged.diagnose(X, y, optimizer=session.blueprint.optimizer)
    told = [_told(session, finding) for finding in diagnosis.findings if not (spoiled and finding.key in _RATES)]
    notes = [words(f"note-{note}", language()) for note in diagnosis.notes if note != "no-optimizer"]
    if not spoiled:
        return {"version": state.version, "said": _said(diagnosis, count), "findings": told, "notes": notes}
    rate = _better_rate(diagnosis.findings, state)
    first = _worse(session, losses, rate) if state.divergence is None else _diverged(session, state.divergence, rate)
    said = tr("Training diverged.") if state.divergence is not None else tr("Training made the network worse.")
    if told:
        said += " " + tr("What else is said is about the network as it began.")
    return {"version": state.version, "said": said, "findings": [first, *told], "notes": notes}


def _loss(network: Network, X: Array, y: Array) -> float:
    try:
        return network.evaluate(X, y)["loss"]
    except NotFiniteError:
        return math.inf


def _better_rate(findings: Sequence[Finding], state: State) -> float:
    """Return the learning rate to take after training has spoiled the network.

    It is the one that the diagnosis of the beginning has tried. Where it finds none too high, it is a smaller one, or
    if somebody has turned it since, that of now.
    """
    tried = next((finding for finding in findings if finding.key == "high-learning-rate"), None)
    if tried is not None:
        return rate_of(tried)
    return state.learning_rate if state.altered and state.divergence is None else state.learning_rate * _SMALLER


def _diverged(session: Session, blown: Divergence, rate: float) -> dict[str, Any]:
    show = None if blown.layer is None else {"room": "pass", "layer": f"layer{blown.layer}", "phase": "forward"}
    texts = {"sentence": str(blown.sentence), "fix": str(blown.advice)}
    apply = [remedy.json() for remedy in after_divergence(rate, session.blueprint)]
    return {"key": "diverged", "show": show, "apply": apply} | texts


def _worse(session: Session, losses: tuple[float, float], rate: float) -> dict[str, Any]:
    sentence = tr(
        "The loss of these examples was {before} before the first step and is {now} now: the steps were too large, and "
        "whatever looks wrong in the layers now comes from that.",
        before=number_text(losses[0]),
        now=number_text(losses[1]),
    )
    fix = tr("Start anew with a learning rate of {rate:g}.", rate=rate)
    apply = [remedy.json() for remedy in after_worse(rate, session.blueprint)]
    return {"key": "made-worse", "sentence": sentence, "fix": fix, "show": {"room": "train"}, "apply": apply}


def _said(diagnosis: Diagnosis, count: int) -> str:
    lang = language()
    examples = words("diagnosis-example" if count == 1 else "diagnosis-examples", lang, count=f"{count:,}")
    key = "diagnosis-ok" if diagnosis.ok else "diagnosis-one" if len(diagnosis.findings) == 1 else "diagnosis-found"
    return words(key, lang, examples=examples, count=len(diagnosis.findings))


def _told(session: Session, finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "sentence": finding.sentence(),
        "fix": finding.fix(),
        "show": _shown(finding),
        "apply": [remedy.json() for remedy in remedies(finding, session.blueprint)],
    }


def _shown(finding: Finding) -> dict[str, Any] | None:
    """Return where on the page one sees what a finding is about."""
    if finding.key in _RATES:
        return {"room": "pass", "what": "rate"}
    if finding.layer:
        phase = "backward" if finding.key in _GRADIENTS else "forward"
        return {"room": "pass", "layer": finding.layer, "phase": phase}
    if finding.key in ("nothing-learned", "worse-than-constant", "start-too-high"):
        return {"room": "train"}
    return {"room": "build"}
