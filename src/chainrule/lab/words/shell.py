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
    "shell.close": later("Close"),
    "shell.lost": later("The lab's server does not answer. Is it still running?"),
}
