"""What every export checks of the network and of the name of the file, before anything is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import leaves
from chainrule.common.errors import InputError
from chainrule.network import Network


def check_network(function: str, network: Any) -> None:
    """Raise an error unless something is a network with parameters, all of them finite."""
    if not isinstance(network, Network):
        raise InputError(
            "{function} takes a Network, but got a {kind}.", function=function, kind=type(network).__name__
        )
    if network.params is None:
        raise InputError("There is nothing to export yet: call fit first, or build the network with input_shape=...")
    for name, parameter in leaves(network.params):
        if not np.isfinite(parameter).all():
            raise InputError(
                "{name} holds NaN or infinity, with which nothing can be predicted: train anew.", name=name
            )


def path_of(function: str, path: Any, suffix: str) -> Path:
    """Return the path of a file to write, whose name must end as the format's files do."""
    if not isinstance(path, str | os.PathLike):
        raise InputError("{function} takes the path of a file, but got {path!r:.80}.", function=function, path=path)
    file = Path(os.fspath(path))
    if file.suffix != suffix:
        raise InputError(
            "{function} writes a file whose name ends with {suffix}, but got {path}. Name it {likely}.",
            function=function,
            suffix=suffix,
            path=file,
            likely=file.with_suffix(suffix) if file.name else f"net{suffix}",
        )
    return file
