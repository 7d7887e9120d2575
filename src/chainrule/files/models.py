"""Model files: safetensors with the network's configuration as JSON in the metadata. Loading runs no code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves, replace_leaves
from chainrule.common import atomic
from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.losses import LOSSES, Loss
from chainrule.layers import LAYERS, Layer
from chainrule.network import Network

_FORMAT = 1
_PARTS: dict[str, type[Any]] = {**LAYERS, **{cls.__name__: cls for cls in LOSSES.values()}}


def save(network: Network, path: str | Path) -> None:
    """Write a network to a safetensors file: parameters named like "0.W", configuration in the metadata.

    The file is written beside its destination and then renamed, so a reader sees the old file or the new one.

    Raises
    ------
    InputError
        If the network has no parameters yet or holds a layer of your own, which a file could not rebuild.
    """
    import safetensors.numpy

    if network.params is None or network.input_shape is None:
        raise InputError("There is nothing to save yet: call fit first, or build the network with input_shape=...")
    description = {
        "format": _FORMAT,
        "layers": _plain(network.body.layers),
        "loss": _plain(network.loss),
        "input_shape": network.input_shape,
        "dtype": network.dtype.name,
        "input_scale": _scale(network.input_scale),
    }
    arrays = {name: np.ascontiguousarray(p) for name, p in leaves(network.params)}
    content = safetensors.numpy.save(arrays, metadata={"chainrule": json.dumps(description)})
    atomic.write(Path(path), content)


def load(path: str | Path) -> Network:
    """Read a network from a file that `save` wrote.

    Raises
    ------
    FileFormatError
        If the file is truncated, is no safetensors file, was not written by chainrule, or contradicts itself.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"There is no model file {path}. Train one with: chainrule train mnist-small --out {path.name}"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise FileFormatError(
            f"{path} is not a model file, or it is truncated or damaged: safetensors says {str(error)!r}. "
            "Save the model again, or copy it again from where it was whole."
        ) from None
    if "chainrule" not in metadata:
        raise FileFormatError(f"{path} is a safetensors file, but chainrule did not write it: it describes no network.")
    try:
        return _network(json.loads(metadata["chainrule"]), arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"{path} does not describe a network that this version can build: {error}") from error


def _network(description: dict[str, Any], arrays: dict[str, Array]) -> Network:
    if description["format"] != _FORMAT:
        raise FileFormatError(f"its format is {description['format']}, but this version reads format {_FORMAT}.")
    network = Network(
        [_rebuilt(part) for part in description["layers"]],
        _rebuilt(description["loss"]),
        input_shape=description["input_shape"],
        dtype=description["dtype"],
    )
    expected = {name: (p.shape, p.dtype) for name, p in leaves(network.params)}
    found = {name: (a.shape, a.dtype) for name, a in arrays.items()}
    if found != expected:
        raise FileFormatError(f"its layers need the arrays {expected}, but it holds {found}.")
    network.params = replace_leaves(network.params, arrays)
    network.input_scale = _scale(description.get("input_scale"))  # files of before have none
    return network


def _scale(scale: Any) -> float | None:
    """Return what inputs were multiplied by, if it is that."""
    if scale is None:
        return None
    if not (isinstance(scale, int | float | np.number) and 0 < scale < math.inf):
        raise InputError(f"input_scale is a number above 0, such as 1 / 255, or None, but it is {scale!r}.")
    return float(scale)


def _plain(value: Any) -> Any:
    """Return configuration as plain data; a layer or loss becomes its class name and its fields."""
    if isinstance(value, Layer | Loss):
        name = type(value).__name__
        if _PARTS.get(name) is not type(value):
            raise InputError(
                f"{name} is not one of chainrule's own layers or losses, so a file could not rebuild it. "
                "Save network.params with safetensors.numpy.save_file, and rebuild the network in your code."
            )
        return {"type": name} | {field: _plain(v) for field, v in vars(value).items()}
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _rebuilt(value: Any) -> Any:
    """Return what `_plain` was given; lists become tuples."""
    if isinstance(value, dict):
        fields = {name: _rebuilt(v) for name, v in value.items()}
        # Only the classes in the table can be built, whatever the file says.
        return _PARTS[fields.pop("type")](**fields) if isinstance(fields.get("type"), str) else fields
    return tuple(_rebuilt(v) for v in value) if isinstance(value, list) else value
