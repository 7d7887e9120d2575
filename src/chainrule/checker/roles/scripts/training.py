"""A short run of a learner's training on easy data: whether anything is learned."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import weights
from chainrule.checker.conventions.styles import Style, calls
from chainrule.checker.equations import network
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, close
from chainrule.checker.roles.scripts.whole import Reading

_SHORT, _LONG = 1, 60
_EXAMPLES, _INPUTS, _HIDDEN = 40, 2, 4
_SETTINGS: dict[str, Any] = {
    "n_h": _HIDDEN,
    "hidden": _HIDDEN,
    "hidden_size": _HIDDEN,
    "hidden_dim": _HIDDEN,
    "n_hidden": _HIDDEN,
    "hidden_units": _HIDDEN,
    "n_x": _INPUTS,
    "n_in": _INPUTS,
    "input_size": _INPUTS,
    "input_dim": _INPUTS,
    "print_cost": False,
    "verbose": False,
    "seed": 1,
    "batch_size": _EXAMPLES,
    **dict.fromkeys(("learning_rate", "lr", "alpha", "eta", "step_size"), 0.2),
}
_COUNTS = (
    "num_iterations",
    "iterations",
    "epochs",
    "n_epochs",
    "num_epochs",
    "n_iter",
    "n_iterations",
    "steps",
    "iters",
)
_SIZES = ("layer_dims", "layers_dims", "layer_sizes", "sizes", "layers", "dims")


def _data(output: str) -> Values:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((_INPUTS, _EXAMPLES))
    first = (X[:1] + X[1:] > 0) * 1.0
    return {"X": X, "Y": first if output == "sigmoid" else np.vstack([first, 1 - first])}


def _given(learner: Learner, function: str, style: Style, v: Values, steps: int) -> dict[str, Any] | None:
    """Return the arguments for so many steps, or None if one of them is not known."""
    outputs = len(v["Y"])
    node = learner.nodes[function].args
    names = learner.parameters(function)
    optional = set(names[len(names) - len(node.defaults) :]) if node.defaults else set()
    labels = v["Y"].argmax(axis=0) if outputs > 1 else v["Y"][0]
    known = _SETTINGS | dict.fromkeys(_COUNTS, steps) | {name: [_INPUTS, _HIDDEN, outputs] for name in _SIZES}
    known |= dict.fromkeys(("n_y", "n_out", "output_size", "output_dim", "n_classes"), outputs)
    known |= dict.fromkeys(("X", "x", "X_train", "x_train"), style.examples(v["X"]))
    known |= dict.fromkeys(
        ("Y", "y", "Y_train", "y_train", "T", "t"), labels if style.labels else style.examples(v["Y"])
    )
    given = {name: known[name] for name in names if name in known}
    missing = [name for name in names if name not in given and name not in optional]
    return None if missing or not set(_COUNTS) & set(given) else given


def _trained(learner: Learner, function: str, style: Style, v: Values, steps: int) -> dict[str, Any] | None:
    given = _given(learner, function, style, v, steps)
    if given is None:
        return None
    learner.seed(1)
    result = learner.call(function, **given)
    parts = result if isinstance(result, tuple) else (result,)
    made = next((w for part in parts if isinstance(part, dict) and (w := weights(part))), None)
    made = made or (weights(result) if isinstance(result, tuple) and len(result) % 2 == 0 else None)
    return None if made is None else {name: style.parameter(name, value) for name, value in made.items()}


def _loss(reading: Reading, v: Values) -> float:
    A = np.clip(network.forward(reading.right, v)["AL"], 1e-12, 1 - 1e-12)
    return float(-(v["Y"] * np.log(A) + (1 - v["Y"]) * np.log(1 - A)).mean())


def _look(learner: Learner, function: str, reading: Reading, style: Style) -> list[Finding]:
    v = _data(reading.output)
    before, after = (_trained(learner, function, style, v, steps) for steps in (_SHORT, _LONG))
    if not before or not after or before.keys() != after.keys():
        return []
    line = learner.line(function)
    if all(close(before[name], after[name], 1e-12) for name in before):
        return [Finding("training.nothing-moves", function, line)]
    if not all(np.isfinite(value).all() for value in after.values()):
        return [Finding("training.not-finite", function, line)]
    try:
        with np.errstate(all="ignore"):
            losses = [_loss(reading, v | made) for made in (before, after)]
    except (ValueError, KeyError):  # parameters of a network that is not this one
        return []
    if losses[1] < losses[0]:
        return []
    return [Finding("training.cost-grows", function, line, {"before": f"{losses[0]:.4g}", "after": f"{losses[1]:.4g}"})]


def training(learner: Learner, usual: str, reading: Reading) -> Iterator[Inspection]:
    """Yield a look at a function that trains, if its arguments are understood."""
    function = learner.find(usual)
    style = reading.styles[0]
    if function in learner.nodes and style.layers == 2 and _given(learner, function, style, _data("sigmoid"), 1):
        look = partial(_look, learner, function, reading, style)
        yield Inspection(function, usual, look, sorted(calls(learner, function)))
