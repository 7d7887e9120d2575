"""What the page says where examples are chosen."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS = {
    "data.title": later("Data"),
    "data.toys": later("Small sets"),
    "data.gates": later("Gates"),
    "data.larger": later("Pictures and sequences"),
    "data.digits": later("Handwritten digits"),
    "data.sequences": later("Sequences"),
    "data.own": later("Your own"),
    "data.table": later("Table (CSV)"),
    "data.points": later("Draw points"),
    "data.curve": later("Draw a curve"),
    "data.drawn": later("Draw digits"),
    "data.form": later("A picture comes as"),
    "data.sequence": later("Task"),
    "data.length": later("Length of a sequence"),
    "data.count": later("Examples"),
    "data.noise": later("Noise"),
    "data.classes": later("Classes"),
    "data.split": later("For validation"),
    "data.seed": later("Seed of the data"),
    "data.class": later("Class to draw"),
    "data.class.n": later("Class {n}"),
    "data.points.about": later(
        "Choose a class and draw: every stroke leaves points. With the keyboard: arrow keys and space."
    ),
    "data.curve.about": later("Draw the curve that the network shall learn. With the keyboard: arrow keys and space."),
    "data.points.few": later("Draw at least four points, in two classes or more."),
    "data.curve.few": later("Draw at least four points."),
    "data.drawing": later("Drawing with {count} points"),
    "data.drawn.count": later("{count} points"),
    "data.erase": later("Erase"),
    "data.clear": later("Clear"),
    "data.drawn.about": later("Draw a digit, say which it is, and add it: a few of each are enough to begin."),
    "data.drawn.canvas": later("Place to draw a digit: with the keyboard, arrow keys and space"),
    "data.drawn.digit": later("It is a"),
    "data.drawn.add": later("Add"),
    "data.drawn.remove": later("Remove the {digit}"),
    "data.drawn.few": later("From four digits of two kinds on, the network trains on them."),
    "data.table.choose": later("Choose a table (CSV, Excel, Parquet), or drop it here"),
    "data.table.target": later("Column to predict"),
    "data.table.column": later("Column"),
    "data.table.kind": later("What it is"),
    "data.table.sample": later("For example"),
    "data.table.missing": later("empty: {count}"),
    "data.table.is_target": later("to predict"),
}
