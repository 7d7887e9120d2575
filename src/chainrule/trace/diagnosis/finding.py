"""What a diagnosis says: findings, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.common.asked_language import asked
from chainrule.common.languages import language
from chainrule.common.texts import tr
from chainrule.trace.diagnosis import telling


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    key
        Which one, such as "dead-units"; always the same for the same fault.
    layer
        Where: the path of a layer in traces, such as "layer2"; empty if it is the data or the network as a whole.
    numbers
        What it rests on, by name.
    """

    key: str
    layer: str
    numbers: dict[str, Any]

    def sentence(self, lang: str | None = None) -> str:
        """Return what is wrong, with the numbers."""
        return telling.sentence(self.key, asked("sentence", lang), self.numbers | {"layer": self.layer})

    def fix(self, lang: str | None = None) -> str:
        """Return what to do about it."""
        return telling.fix(self.key, asked("fix", lang), self.numbers | {"layer": self.layer})

    def as_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return plain data."""
        texts = {"sentence": self.sentence(lang), "fix": self.fix(lang)}
        return {"key": self.key, "layer": self.layer} | texts | {"numbers": telling.plain(self.numbers)}


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What is wrong with a network, if anything; `str` says it in sentences, in the language of the locale.

    Attributes
    ----------
    findings
        What is wrong, likely causes before what follows from them.
    examples
        How many were looked at.
    loss, guessing
        The loss of the pass, and that of the best answer that is the same for all; None if the numbers blew up.
    notes
        What is to be known of it: "untrained" (the parameters are those that the network began with),
        "no-optimizer" (so no learning rate was judged), "from-start" (it was, but from the parameters that the network
        began with, as the optimizer's state is not known), "few-examples" (so no units that are dead, saturated or
        without a gradient were looked for).
    """

    findings: tuple[Finding, ...]
    examples: int
    loss: float | None
    guessing: float | None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def text(self, *, lang: str | None = None, width: int = 100) -> str:
        """Return sentences, one fault after another, for a terminal."""
        return telling.text(self, asked("text", lang), width)

    def as_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return plain data, as JSON takes it."""
        lang = asked("as_dict", lang)
        return {
            "ok": self.ok,
            "findings": [finding.as_dict(lang) for finding in self.findings],
            "examples": self.examples,
            "loss": self.loss,
            "guessing": self.guessing,
            "notes": list(self.notes),
        }

    def html(self, *, lang: str | None = None) -> str:
        """Return a page that needs no other file."""
        return telling.page(self, asked("html", lang))

    def __str__(self) -> str:
        return self.text(lang=language())

    def __repr__(self) -> str:
        keys = ", ".join(dict.fromkeys(finding.key for finding in self.findings))
        return f"Diagnosis({keys or tr('nothing found')})"

    def _repr_html_(self) -> str:
        return telling.fragment(self, language())
