"""How many inputs and outputs a network for some data has, and how that goes wrong. Examples are columns."""

from __future__ import annotations

from chainrule.checker.equations.mistakes import Equation, Values


def sizes(v: Values) -> Values:
    """Return the numbers of features and of outputs."""
    return {"n_x": v["X"].shape[0], "n_y": v["Y"].shape[0]}


WRONG: dict[str, Equation] = {
    "layer_sizes.examples": lambda v: {"n_x": v["X"].shape[1], "n_y": v["Y"].shape[1]},
    "layer_sizes.input-examples": lambda v: {"n_x": v["X"].shape[1], "n_y": v["Y"].shape[0]},
    "layer_sizes.output-examples": lambda v: {"n_x": v["X"].shape[0], "n_y": v["Y"].shape[1]},
    "layer_sizes.swapped": lambda v: {"n_x": v["Y"].shape[0], "n_y": v["X"].shape[0]},
}
"""Wrong versions of `sizes`."""
