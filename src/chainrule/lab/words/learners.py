"""What the page says in the room of the learner's own code."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "learners.checking": later("Your file is being checked ..."),
    "learners.none": later("No file of yours yet"),
    "learners.none.how": later(
        "Start the lab with your own functions, as a script or a notebook. They are checked each time that you save "
        "them, and run on the examples on the screen:"
    ),
    "learners.none.safe": later(
        "Your file runs in a sandbox without files, processes or a network. What is typed on this page is never run."
    ),
    "learners.functions": later("functions"),
    "learners.watched": later("The file is checked anew when you save it."),
    "learners.code": later("code of {name}"),
    "learners.hint": later("Hint {level} of {levels}"),
    "learners.repro": later("Input that shows it"),
    "learners.numbers": later("Your numbers beside the right ones"),
    "learners.numbers.about": later(
        "Your functions get the numbers of this network for these examples. What they give stands beside what is right."
    ),
    "learners.first": later("first example"),
    "learners.examples": later("examples {numbers}"),
    "learners.again": later("Run again"),
    "learners.running": later("Your functions are running ..."),
    "learners.suggest": later("Build a network in which more of your functions have a place"),
    "learners.in_pass": later("See it in the pass"),
    "learners.theirs": later("yours"),
    "learners.right": later("right numbers"),
    "learners.differs": later("(differs)"),
    "learners.left_out": later("{count} more numbers are not shown."),
}
