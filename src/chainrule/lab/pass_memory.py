"""How much memory a pass with all its numbers takes, before it is run."""

from __future__ import annotations

from chainrule.arrays import leaves
from chainrule.common.errors import InputError
from chainrule.layers.summary import bytes_per_example
from chainrule.network import Network

LARGEST = 500_000_000
"""Bytes of one pass."""
_OF_EXAMPLES = 3  # times what a forward pass keeps: the values, their gradients, and what is counted beside them
_OF_PARAMETERS = 8  # times the parameters: their gradients, the optimizer's state before and after, and the new ones


def needed(network: Network, count: int) -> int:
    """Return about how many bytes the pass of so many examples takes.

    Raises
    ------
    InputError
        It is more than the lab has for one pass, and fewer examples would do.
    """
    assert network.input_shape is not None
    example = _OF_EXAMPLES * bytes_per_example(network.body, network.params, network.input_shape, network.dtype)
    parameters: int = _OF_PARAMETERS * sum(p.nbytes for _, p in leaves(network.params))
    fitting = max(1, (LARGEST - parameters) // max(1, example))
    if count > fitting:
        raise InputError(
            "A pass of {count} examples through this network has numbers of about {needed:,} MB, and the lab keeps "
            "{most:,} MB. Take up to {fitting} examples at once, or build a smaller network.",
            count=count,
            needed=round((parameters + count * example) / 1e6),
            most=round(LARGEST / 1e6),
            fitting=fitting,
        )
    return parameters + count * example
