"""Model files: safetensors with the network's configuration as JSON in the metadata. Loading runs no code."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Params, leaves, replace_leaves
from chainrule.common import atomic, tensors
from chainrule.common.errors import DataUnavailableError, FileFormatError, InputError, NetworkWarning, warn
from chainrule.common.texts import tr
from chainrule.files import endings
from chainrule.files.descriptions import describe, rebuild
from chainrule.files.foreign import kind_of
from chainrule.files.kinds import KEY, NETWORK, model_kind, tensors_kind
from chainrule.files.parameters import fault
from chainrule.network import Network

_LONGEST_TEXT = 2000  # characters of an error, which may quote what the file holds


def save(network: Network, path: str | Path) -> None:
    """Write a network to a safetensors file: parameters named like "0.W", configuration in the metadata.

    Its name ends in .safetensors, or has no ending.

    The file is written beside its destination and then renamed, so a reader sees the old file or the new one; a folder
    that is missing is made. What could not be loaded again is not saved.

    Raises
    ------
    InputError
        If the network has no parameters yet, holds a layer of your own, which a file could not rebuild, or parameters
        that are NaN or infinite, variances below 0, or such as do not fit its layers; or if the path is a folder, a
        device or a pipe, or ends as files of other formats do, such as .onnx: the text names what writes those.
    UnwritableError
        If the disk is full, or writing is not permitted.
    """
    write(network, path, {})


def write(network: Network, path: str | Path, more: Mapping[str, Any]) -> None:
    """Write a network as `save` does, with more plain data in its description, under names that `rebuild` knows."""
    if not isinstance(network, Network):
        raise InputError("save takes a Network, but got a {kind}.", kind=type(network).__name__)
    path = _path(path, "save")
    endings.check(path)
    if network.params is None or network.input_shape is None:
        raise InputError("There is nothing to save yet: call fit first, or build the network with input_shape=...")
    description = {**describe(network), **more}
    arrays = {name: np.asarray(p) for name, p in leaves(network.params)}
    claims = {name: tensors.Claim(a.shape, a.dtype.name) for name, a in arrays.items()}
    try:
        again = rebuild(json.loads(json.dumps(description)), claims)
        _check_parameters(again, arrays)
    except FileFormatError as error:
        raise InputError(
            "A file could not give this network back, so it is not saved: {reason}", reason=error
        ) from error
    for kept, layer in zip((*again.body.layers, again.loss), (*network.body.layers, network.loss), strict=True):
        if kept != layer:
            raise InputError(
                "A file would give back {got} in place of {expected}, so the network is not saved.",
                got=kept,
                expected=layer,
            )
    atomic.make_folder(path.parent)
    tensors.write(path, KEY, description, arrays)


def load(path: str | Path) -> Network:
    """Read a network from a file that `save` wrote.

    Of a model of a table or an estimator, it is the network alone, with a `NetworkWarning` that says what reads the
    whole.

    What the file claims is compared with what it holds before any array is read, so a file takes no more memory than
    its own size, whatever it says.

    Raises
    ------
    InputError
        If there is no such file, or it is a folder or a device.
    FileFormatError
        If the file is truncated, is no safetensors file, was not written by chainrule, contradicts itself, was changed
        after it was written, or holds parameters that are NaN or infinite, or variances below 0.
    DataUnavailableError
        If the file cannot be read.
    """
    network, description = load_described(path)
    if (kind := model_kind(description)) != NETWORK:
        warn(
            "{path} holds more than a network, and chainrule.load gives its network alone, whose inputs have to be "
            "prepared as the whole does it. It is {kind}.",
            NetworkWarning,
            path=path,
            kind=tr(kind),
        )
    return network


def load_described(path: str | Path) -> tuple[Network, dict[str, Any]]:
    """Read a network as `load` does; return its whole description, too, with the digest that was checked."""
    path = _path(path, "load")
    if path.is_dir():
        raise InputError(
            "{path} is a folder. Name the model file in it; checkpoints are for fit(checkpoint=...).", path=path
        )
    if path.exists() and not path.is_file():
        raise InputError(
            "{path} is a pipe or a device, and a model is read from a file: save it to one first.", path=path
        )
    if not path.is_file():
        raise InputError(
            "There is no model file {path}. Train one with: chainrule train mnist-small --out {name}",
            path=path,
            name=shlex.quote(path.name),
        )
    try:
        if (kind := kind_of(path)) is not None:
            raise FileFormatError(
                "{path} is not a model file, or it is truncated or damaged: it is {kind}.", path=path, kind=tr(kind)
            )
        return _load(path)
    except OSError as error:
        raise DataUnavailableError(
            "{path} cannot be read: {reason}.", path=path, reason=atomic.reason(error)
        ) from error


def _load(path: Path) -> tuple[Network, dict[str, Any]]:
    try:
        with tensors.opened(path) as file:
            if KEY not in file.metadata:
                raise FileFormatError(
                    "{path} is not a model file: it is {kind}.", path=path, kind=tr(tensors_kind(file))
                )
            try:
                description = file.describe(KEY)
                network = rebuild(description, file.claims())
                network.params = _check_parameters(network, file.arrays())
            except FileFormatError as error:
                text = tr(
                    "{path} does not describe a network that this version can build: {reason}", path=path, reason=error
                )
                raise FileFormatError(text[:_LONGEST_TEXT]) from error
    except tensors.DamagedError as error:
        raise FileFormatError(
            "{path} is not a model file, or it is truncated or damaged: {reason} Save the model again, or copy it "
            "again from where it was whole.",
            path=path,
            reason=error,
        ) from None
    return network, {**description, "digest": file.digest}


def _check_parameters(network: Network, arrays: dict[str, Any]) -> Params:
    """Return arrays as the parameters of a network, if a network can compute with them."""
    params = replace_leaves(network.params, arrays)
    if wrong := fault(network.body, params):
        raise FileFormatError("{name} holds {kind}.", name=wrong[0], kind=wrong[1])
    return params


def _path(path: Any, function: str) -> Path:
    if not isinstance(path, str | os.PathLike) or "\0" in os.fspath(path):
        raise InputError("{function} takes the path of a file, but got {path!r:.80}.", function=function, path=path)
    return Path(path)
