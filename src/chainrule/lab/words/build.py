"""What the page says in the room where the network is built."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS = {
    "build.layers": later("Layers"),
    "build.input": later("Input"),
    "build.output": later("Output"),
    "build.add": later("Add a layer"),
    "build.remove": later("Remove {layer}"),
    "build.move": later("Move {layer}: drag, or use the arrow keys"),
    "build.moved": later("{layer} is now at place {place} of {count}"),
    "build.branch": later("Branch {number}"),
    "build.branch.add": later("Add a branch"),
    "build.branch.remove": later("Remove branch {number}"),
    "build.branch.layer": later("Add a layer: {branch}"),
    "build.branch.empty": later("passes on what goes in"),
    "build.parameters": later("{count} parameters"),
    "build.wrong": later("This does not fit yet; the layer below says why. The network from before is still there."),
    "build.drop": later("Back to the network from before"),
    "build.suited": later(
        "The layers from before do not fit examples of this shape, so a network that does was put in their "
        "place: {preset}."
    ),
    "build.learning": later("How it learns"),
    "build.loss": later("Loss"),
    "build.suits": later("What suits the data"),
    "build.schedule": later("Learning rate over time"),
    "build.constant": later("Constant"),
    "build.dtype": later("Precision"),
    "build.more": later("More settings"),
    "build.none": later("none"),
    "build.train": later("Train it"),
}
