"""What is worth saying about a network and its examples, though they can be computed with."""

from __future__ import annotations

from typing import Any

from chainrule.common.errors import DataWarning, NetworkWarning, warn
from chainrule.data.door import Door
from chainrule.equations.losses import Loss
from chainrule.layers import Activation, Graph, Layer, Sequential
from chainrule.training.callbacks import Callback


class OneTargetNote(Callback):
    """Warns after the first epoch if all examples had the same class: nothing can be told apart then.

    That is what a first try on one example looks like, and what a file sorted by class does to a chunk of it.
    """

    def __init__(self, door: Door) -> None:
        self._door: Door | None = door

    def epoch_end(self, run: Any) -> None:
        """Warn, once."""
        if self._door is not None and self._door.one_target:
            warn(
                "The examples that count ({count}) all have the same target, so there is nothing to tell apart: "
                "the network learns to answer this whatever comes. Was y cut from sorted data?",
                DataWarning,
                count=self._door.examples,
            )
        self._door = None


def last_layer(body: Sequential) -> Layer:
    """Return the layer that gives the outputs, also if it is in a composite."""
    last: Layer = body
    while isinstance(last, Sequential | Graph) and last.parts:
        last = last.parts[-1]
    return last


def output_activation(body: Sequential, loss: Loss) -> str | None:
    """Return the last layer's activation if it is one that the loss owns already, and that would be applied twice."""
    last = last_layer(body)
    doubled = {"binary": ("sigmoid", "softmax", "log_softmax"), "multiclass": ("softmax", "sigmoid"), "regression": ()}
    return last.function if isinstance(last, Activation) and last.function in doubled[loss.task] else None


def warn_of_output_activation(body: Sequential, loss: Loss) -> None:
    """Warn if the last layer is an activation that the loss owns already."""
    name = output_activation(body, loss)
    if name is not None:
        warn(
            "The last layer is {activation}, but {loss} works on logits and applies its own activation, so "
            "probabilities would be squashed twice and hardly learn. Leave the last layer out: predict returns "
            "probabilities without it.",
            NetworkWarning,
            activation=name,
            loss=type(loss).__name__,
        )
