"""What whoever writes, fills or translates a network checks of it first."""

from __future__ import annotations

from typing import Any

from chainrule.common.errors import InputError
from chainrule.network import Network


def check_built(function: str, network: Any) -> None:
    """Raise an error unless something is a network with parameters."""
    if not isinstance(network, Network):
        raise InputError(
            "{function} takes a Network, but got a {kind}.", function=function, kind=type(network).__name__
        )
    if network.params is None:
        raise InputError(
            "{function} needs a network with parameters: call fit first, or build it with input_shape=...",
            function=function,
        )
