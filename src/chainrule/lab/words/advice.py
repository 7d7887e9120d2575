"""What the page says: the diagnosis."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "advice.title": later("Diagnosis"),
    "advice.look": later("Diagnose"),
    "advice.again": later("Diagnose again"),
    "advice.intro": later("Looks at the network of this moment and says what is wrong, if anything."),
    "advice.looking": later("Looking …"),
    "advice.stale": later("The network has changed since."),
    "advice.fix": later("What to do:"),
    "advice.show": later("Show me"),
    "advice.applied": later("Done: {what}"),
}
