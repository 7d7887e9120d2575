"""What the page says in the room where the network trains."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS = {
    "network.name": later("Picture of the network"),
    "network.inputs": later("Inputs"),
    "network.unit": later("{layer}, unit {unit}"),
    "network.is_off": later("{name} (off)"),
    "network.more": later("and {count} more"),
    "network.weight": later("weight {text}"),
    "train.controls": later("Training"),
    "train.play": later("Play"),
    "train.pause": later("Pause"),
    "train.batch": later("One batch"),
    "train.epoch": later("One epoch"),
    "train.back": later("One batch back"),
    "train.back.epoch": later("Back to the start of the epoch"),
    "train.reset": later("Start anew"),
    "train.undo": later("Undo"),
    "train.redo": later("Redo"),
    "train.speed": later("Speed"),
    "train.speed.1": later("1 batch per second"),
    "train.speed.5": later("5 batches per second"),
    "train.speed.25": later("25 batches per second"),
    "train.speed.full": later("Full speed"),
    "train.epochs": later("Epoch"),
    "train.steps": later("Step"),
    "train.knobs": later("Turn while it runs"),
    "train.lr": later("Learning rate"),
    "train.lr.exact": later("Learning rate, exactly"),
    "train.optimizer": later("Optimizer"),
    "train.l2": later("L2 penalty"),
    "train.batch_size": later("Batch size"),
    "train.seed": later("Seed"),
    "train.what": later("What is this: {name}"),
    "train.lr.about": later(
        "How far one step goes down the gradient. Too small, and the loss hardly falls; too large, and it jumps or "
        "blows up."
    ),
    "train.optimizer.about": later(
        "The rule by which a step is made of the gradient: what it remembers of the steps before."
    ),
    "train.l2.about": later(
        "Pulls all weights towards 0 in each step, so that the boundary becomes smoother. 0 is none."
    ),
    "train.batch_size.about": later(
        "So many examples are looked at before each step. Small batches make noisy steps, but many."
    ),
    "train.seed.about": later(
        "Of the first weights and of the order of the examples. The same seed gives the same numbers."
    ),
    "train.network": later("The network"),
    "train.network.about": later(
        "A line is a weight: the thicker, the larger; solid orange is positive, dashed blue is negative. Click a unit "
        "to switch it off, or a line to see why it is what it is."
    ),
    "train.network.points": later("The square of a unit is what it answers at each point."),
    "train.network.example": later("The square of a unit is what it answers for one example."),
    "train.network.pixels": later(
        "In the first layer, the square of a unit is its weights, one for each pixel; further on, what it answers for "
        "one example."
    ),
    "train.change": later("Change"),
    "train.good": later("Go back to the last good state"),
    "train.unit.off": later("Switch off"),
    "train.unit.on": later("Switch on"),
    "train.map": later("What it answers"),
    "train.map.alt": later("Map of what the network answers at each point, with the examples"),
    "train.map.hollow": later("Hollow: validation"),
    "train.map.range": later("Blue {low}, orange {high}"),
    "train.examples.title": later("The examples"),
    "train.examples.first": later("The first examples, as numbers that go in"),
    "train.examples": later("{count} to train on, {validation} to validate"),
    "train.curves": later("How it went"),
    "train.curves.none": later("After the first epoch, the curves of the loss begin here."),
    "train.curves.train": later("training"),
    "train.curves.val": later("validation"),
    "train.more": later("More to look at"),
    "train.panel.weights": later("Weights"),
    "train.panel.histograms": later("Histograms"),
    "train.panel.rms": later("Gradients per layer"),
    "train.panel.confusion": later("Confusion matrix"),
    "train.panel.worst": later("Worst examples"),
    "train.rms": later("RMS {rms}"),
    "train.rms.about": later("Root mean square of each layer's gradients, on a logarithmic scale"),
    "train.hist.weights": later("Weights"),
    "train.hist.activations": later("Activations"),
    "train.hist.gradients": later("Gradients"),
    "train.hist.alt": later("Histogram of {label}, from {low} to {high}"),
    "train.confusion.about": later("Rows: what it is. Columns: what the network says."),
    "train.worst.said": later("says {said}, is {truth}"),
    "train.worst.pass": later("See its pass"),
    "train.worst.example": later("Example"),
    "train.worst.truth": later("It is"),
    "train.worst.says": later("The network says"),
    "train.worst.loss": later("Loss"),
}
