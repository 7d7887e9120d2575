"""What every export checks of the network and of the name of the file, before anything is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from chainrule.arrays import leaves
from chainrule.common.errors import InputError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.built import check_built
from chainrule.files.parameters import fault


def check_network(function: str, network: Any) -> None:
    """Raise an error unless something is a network whose parameters fit its layers and can be computed with."""
    check_built(function, network)
    needed, _ = network.body.init(ShapesOnly(), network.input_shape, network.dtype)
    shapes, held = ({name: p.shape for name, p in leaves(params)} for params in (needed, network.params))
    for name in sorted(shapes.keys() | held.keys()):
        if shapes.get(name) != held.get(name):
            raise InputError(
                "The layers need {name} of shape {expected}, but the network holds {got}: give it the parameters of "
                "these layers.",
                name=name,
                expected=shapes.get(name),
                got=held.get(name),
            )
    if wrong := fault(network.body, network.params):
        raise InputError(
            "{name} holds {kind}, with which nothing can be predicted: train anew.", name=wrong[0], kind=wrong[1]
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
