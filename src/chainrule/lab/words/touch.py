"""What the page says: touch it."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "touch.title": later("Touch it"),
    "touch.intro": later(
        "Click a weight or an input to set it to another number, or a unit's output to switch it off, and see what "
        "follows."
    ),
    "touch.set": later("Set {name} to"),
    "touch.try": later("Try"),
    "touch.unit": later("Switch unit {unit} of this layer off"),
    "touch.changes": later("Changed by hand"),
    "touch.loss": later("Loss"),
    "touch.before": later("before"),
    "touch.after": later("after"),
    "touch.change": later("difference"),
    "touch.example": later("example {row}"),
    "touch.marked": later("What is another number now has a frame; the number before stands below it."),
    "touch.undo": later("Take it back"),
    "touch.keep": later("Keep it in the network"),
    "touch.kept": later("It is in the network now; training goes on from it."),
    "touch.not.kept": later("An input is data: it cannot be kept in the network."),
    "touch.rate": later("What if the learning rate were another one?"),
    "touch.rate.chart": later("The loss of these examples after one step, by the learning rate"),
    "touch.rate.now": later("now: {rate}"),
    "touch.rate.best": later("lowest: {rate}"),
    "touch.rate.axis": later("learning rate"),
}
