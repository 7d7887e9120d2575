"""What the page says around its rooms."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS = {
    "shell.rooms": later("Rooms of the lab"),
    "shell.build": later("Data and network"),
    "shell.train": later("Train"),
    "shell.pass": later("See the pass"),
    "shell.code": later("My code"),
    "shell.lessons": later("Lessons"),
    "shell.take": later("Take away"),
    "shell.language": later("Language"),
    "shell.colors": later("Colors"),
    "shell.colors.system": later("System"),
    "shell.colors.light": later("Light"),
    "shell.colors.dark": later("Dark"),
    "shell.close": later("Close"),
    "shell.loading": later("Loading ..."),
    "shell.broken": later(
        "This part of the page failed: {problem}. Open another tab of the lab, or load the page anew."
    ),
    "shell.lost": later("The lab does not answer. As soon as it does, the page goes on."),
    "shell.full": later(
        "This lab is open in so many browsers that it cannot tell this page what happens. Close one of them; this page "
        "goes on by itself then."
    ),
    "shell.ended": later("The lab was ended in its console. Start it again with: chainrule lab"),
    "shell.refused": later(
        "Another lab runs at this address now. Open the address that its console shows; what you built is in the "
        "address of this page, behind the #."
    ),
}
