"""A network in which more of the learner's functions have a place than in the one on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainrule.lab.blueprint import Blueprint
from chainrule.lab.compared import NO_PLACE
from chainrule.lab.data_sets import DataChoice
from chainrule.layers import Activation, Dense, Layer

_ACTIVATIONS = ("relu", "tanh", "sigmoid")  # of hidden layers, the one that is learned with most first
_OF_CLASSES = ("softmax", "softmax_loss", "softmax_loss_backward", "cross_entropy")


def suggested(blueprint: Blueprint, functions: Sequence[Mapping[str, Any]]) -> Blueprint | None:
    """Return the blueprint with other hidden layers, and other data if softmax needs them; None if nothing is gained.

    Parameters
    ----------
    blueprint
        What is on the screen.
    functions
        What `compared` says of each function.
    """
    roles = {function["role"] for function in functions}
    homeless = {function["role"] for function in functions if function["status"] == NO_PLACE}
    hidden = [name for name in _ACTIVATIONS if roles & {name, f"{name}_backward"}]
    layers: tuple[Layer, ...] = tuple(
        part for units in (4, 3) for part in (Dense(units), Activation((hidden or ["relu"])[0]))
    )
    needs_classes = bool(homeless.intersection(_OF_CLASSES))
    if not needs_classes and not any(homeless & {name, f"{name}_backward", "L_model_forward"} for name in hidden[:1]):
        return None
    data = DataChoice(name="spirals") if needs_classes else DataChoice()
    other = replace(blueprint, data=data, layers=layers, loss=None, head=True)
    return None if other == blueprint else other
