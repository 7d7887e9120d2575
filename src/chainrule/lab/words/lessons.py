"""What the page says around the lessons, whose own words are with them."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "lessons.loading": later("The lessons are being fetched ..."),
    "lessons.contents": later("Lessons"),
    "lessons.done": later("{done} of {all} solved"),
    "lessons.solved": later("solved"),
    "lessons.task": later("Task:"),
    "lessons.check": later("Check"),
    "lessons.checking": later("Checking ..."),
    "lessons.hint": later("Hint"),
    "lessons.open": later("Open in the lab"),
    "lessons.choose": later("Choose ..."),
    "lessons.right": later("Right."),
    "lessons.not_yet": later("Not quite."),
    "lessons.next": later("Next: {title}"),
}
