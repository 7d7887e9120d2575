"""`chainrule summary`: the layers, parameters and loss of a saved model."""

from __future__ import annotations

from chainrule.cli.inputs import ModelArgument
from chainrule.common.console import say
from chainrule.files.models import load_described

EXAMPLE = "Example: chainrule summary digits.safetensors"


def run(model: ModelArgument) -> None:
    """Print a table of a saved model's layers, and its loss.

    A row has the shape of the layer's output, its parameters, the multiply-adds of one example, and the memory for a
    batch of 32: of what the layer returns, and of what it keeps for backward.
    """
    network, _ = load_described(model)
    print(network.summary())
    say("loss: {loss!r}", loss=network.loss)
