"""The diagnosis of the network in training, as sentences with what to look at and what can be done by one click."""

from __future__ import annotations

from typing import Any

from chainrule.common.languages import language
from chainrule.common.texts import tr
from chainrule.lab.remedies import after_divergence, remedies
from chainrule.lab.session import Session
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.telling.words import words

_GRADIENTS = ("vanishing-gradients", "exploding-gradients", "vanishing-in-time", "exploding-in-time", "no-gradient")
_RATES = ("high-learning-rate", "low-learning-rate")
_MOST = 2_000_000  # numbers of the examples that are looked at


def advice(session: Session) -> dict[str, Any]:
    """Return what is wrong with the network of this moment, as plain data in the language of the context.

    Returns
    -------
    dict
        "said", in one sentence; "findings", each with a sentence, what to do, "show" (a room of the page, and there a
        layer and a part of the pass) and "apply" (remedies); "notes".
    """
    state = session.state()
    if state.divergence is not None:
        blown = state.divergence
        show = None if blown.layer is None else {"room": "pass", "layer": f"layer{blown.layer}", "phase": "forward"}
        apply = [remedy.json() for remedy in after_divergence(session.blueprint, state.learning_rate)]
        texts = {"sentence": str(blown.sentence), "fix": str(blown.advice)}
        finding = {"key": "diverged", "show": show, "apply": apply} | texts
        return {"version": state.version, "said": tr("Training diverged."), "findings": [finding], "notes": []}
    X, y = session.examples.X, session.examples.y
    count = max(32, _MOST // max(1, X[0].size))
    diagnosis = session.network.diagnose(X[:count], y[:count], optimizer=session.blueprint.optimizer)
    lang = language()
    count = min(len(X), count)
    examples = words("diagnosis-example" if count == 1 else "diagnosis-examples", lang, count=f"{count:,}")
    key = "diagnosis-ok" if diagnosis.ok else "diagnosis-one" if len(diagnosis.findings) == 1 else "diagnosis-found"
    return {
        "version": state.version,
        "said": words(key, lang, examples=examples, count=len(diagnosis.findings)),
        "findings": [_told(session, finding) for finding in diagnosis.findings],
        "notes": [words(f"note-{note}", lang) for note in diagnosis.notes if note != "no-optimizer"],
    }


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
