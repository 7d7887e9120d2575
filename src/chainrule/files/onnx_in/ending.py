"""How a file ends: which value the logits are, and which loss owns what the file computes of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.losses import Loss, MeanSquaredError, find
from chainrule.files.onnx_in.elementwise import softmax_axis
from chainrule.files.onnx_in.reading import Model, Operation

_OWNERS = {
    "Softmax": "categorical_cross_entropy",
    "LogSoftmax": "categorical_cross_entropy",
    "Sigmoid": "binary_cross_entropy",
    "Exp": "poisson",
}
_PASSING = {"Cast", "Identity", "ZipMap"}  # which change nothing that a network could learn


class Ending(NamedTuple):
    """The value that the network's last layer computes, and its loss."""

    logits: str
    loss: Loss
    axis: int | None  # of a softmax


def ending(model: Model, operations: list[Operation], loss: str | Loss | None) -> Ending:
    """Return how a file ends.

    Raises
    ------
    FileFormatError
        If it has no output or several.
    InputError
        If the loss has another output activation than the file.
    """
    producers = {name: operation for operation in operations for name in operation.outputs}
    if len(model.outputs) != 1:
        raise FileFormatError(
            "it has {count} outputs ({names:.200}), but a network has one; export the model with that alone.",
            count=len(model.outputs),
            names=", ".join(model.outputs),
        )
    (name,) = model.outputs
    while (last := producers.get(name)) is not None and last.kind in _PASSING:
        name = last.inputs[0]
    name, last = _of_yes(name, last, producers, model)
    owner = _OWNERS.get(last.kind) if last is not None else None
    if owner is not None and model.loss not in (None, type(find(owner))):
        owner = None  # then it is the last layer of a network of ours
    if last is None or owner is None:
        return Ending(name, find(loss or (model.loss or MeanSquaredError)()), None)
    if loss is not None and type(find(loss)) is not type(find(owner)):
        raise InputError(
            "from_onnx takes a loss that owns the output activation of the file, but it ends with {operator}, and "
            "loss={loss!r}: leave it out for {owner!r}, or export the model without its last operator.",
            operator=last.kind,
            loss=loss,
            owner=owner,
        )
    axis = softmax_axis(last, model.opset) if "Softmax" in last.kind else None
    return Ending(last.inputs[0], find(loss or owner), axis)


def _of_yes(
    name: str, last: Operation | None, producers: dict[str, Operation], model: Model
) -> tuple[str, Operation | None]:
    """Return the probability p of "yes" in the place of both, [1 - p, p]."""
    if last is None or last.kind != "Concat" or len(last.inputs) != 2:
        return name, last
    no, yes = (producers.get(output) for output in last.inputs)
    one = model.constants.get(no.inputs[0]) if no is not None and no.kind == "Sub" else None
    if one is None or no is None or no.inputs[1] != last.inputs[1] or not np.all(one == 1):
        return name, last
    return last.inputs[1], yes
