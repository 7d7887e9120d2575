"""What the page says in the room of what is taken home."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "takeaway.link": later("A link to share"),
    "takeaway.link.about": later(
        "It holds data, layers and settings, but no trained weights. Whoever pastes it into their own lab, here below, "
        "gets the same network, and with the same seed the same numbers."
    ),
    "takeaway.link.text": later("the link's text"),
    "takeaway.link.paste": later("Paste a link, or its text"),
    "takeaway.link.open": later("Open"),
    "takeaway.copy": later("Copy"),
    "takeaway.copied": later("Copied"),
    "takeaway.files": later("The network as it is now"),
    "takeaway.table": later(
        "These files take the prepared inputs: scaled numbers, and one input per category, as X in the Python code. A "
        "model that takes the rows of the table as they are is made by `chainrule train`."
    ),
    "takeaway.numpy": later("NumPy script"),
    "takeaway.numpy.about": later("predicts the same numbers without chainrule, and explains each step"),
    "takeaway.safetensors": later("Model file"),
    "takeaway.safetensors.about": later("for chainrule.load, chainrule predict and chainrule lab (safetensors)"),
    "takeaway.onnx": later("ONNX model"),
    "takeaway.onnx.about": later("for onnxruntime and many other programs"),
    "takeaway.save": later("Save: {what}"),
    "takeaway.save.short": later("Save"),
    "takeaway.code": later("Python code"),
    "takeaway.code.about": later("builds and trains the same network, to the same numbers, and runs as it stands"),
    "takeaway.altered": later(
        "Something was changed while it trained: a knob, a weight or a neuron. The code gives the numbers of a "
        "training without such changes."
    ),
    "takeaway.pictures": later("Pictures"),
    "takeaway.show": later("Show: {what}"),
    "takeaway.show.short": later("Show"),
}
