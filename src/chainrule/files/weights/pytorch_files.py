"""Weights of PyTorch: a module, its state dict, or a file of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common import reading, tensors
from chainrule.common.errors import FileFormatError, InputError, missing_extra
from chainrule.common.texts import tr
from chainrule.files.built import check_built
from chainrule.files.foreign import PICKLE, TORCH, is_like_a_model, kind_of
from chainrule.files.kinds import WEIGHTS, file_kind, tensors_kind
from chainrule.files.weights.flow import Operation
from chainrule.files.weights.matching import Source
from chainrule.files.weights.report import WeightsReport
from chainrule.files.weights.rules import Group
from chainrule.files.weights.torch_flow import Said, activations_outside_of_chains, said_of, torch_flow
from chainrule.files.weights.torch_rules import PYTORCH, kind_of_arrays
from chainrule.files.weights.transfer import transfer
from chainrule.network import Network

_RECURRENT = re.compile(r"(weight|bias)_(ih|hh)(?:_l(\d+))?(_reverse)?")


def from_torch(network: Network, weights: Any, mapping: Mapping[str, str] | None = None) -> WeightsReport:
    """Set the parameters of a network to the weights of a PyTorch model of the same layers.

    Matrices are transposed, kernels get their channels last, and the two biases of RNN and LSTM are added up. What
    PyTorch flattens channels first is taken in our order, channels last, where a Dense follows, directly or after
    activations, dropout and normalization by features: its rows are rearranged. That a picture has its channels first
    there, and a sequence its features last, is assumed.

    Parameters
    ----------
    network
        A network with the same layers, built with ``input_shape=...``. It is changed: all of the layers or, if there is
        an error, none. If it was trained before, its next fit needs ``restart=True``.
    weights
        A ``state_dict``, of tensors or NumPy arrays; the ``torch.nn.Module`` itself; or the path of a file:
        safetensors, or ``.pt`` and ``.pth``, which need PyTorch and are read with ``weights_only=True``, so that
        nothing in them runs.
    mapping
        Where the weights of each layer come from: ``{"0": "conv1", "3": "fc"}``, from paths as in
        ``network.summary()`` to the modules' names. Layers that it leaves out stay as they are. If None, the n-th layer
        of a kind gets those of the n-th such module, if the numbers agree and all shapes fit, or each layer those of
        the only module that fits it; else an error shows both lists.

    Returns
    -------
    WeightsReport
        What went where; it prints as a table.

    Raises
    ------
    InputError
        What belongs to what cannot be told, does not fit, or is not finite; or a module says that it computes
        something else than the layers here, by its settings or by what follows it in a ``torch.nn.Sequential``.
    FileFormatError
        The file is none of PyTorch's, is damaged, or holds more than arrays by name.
    DataUnavailableError
        The file cannot be read.
    MissingExtraError
        PyTorch is needed and not installed.

    References
    ----------
    The parameters and their shapes: PyTorch's documentation of ``torch.nn``.

    Examples
    --------
    >>> import chainrule as cr
    >>> import numpy as np
    >>> network = cr.Network([cr.Dense(3)], "mean_squared_error", input_shape=(2,))
    >>> weights = {"fc.weight": np.ones((3, 2), np.float32), "fc.bias": np.zeros(3, np.float32)}
    >>> print(cr.files.from_torch(network, weights))
    here   shape  from       its shape  change
    0.W   (2, 3)  fc.weight     (3, 2)  transposed
    0.b     (3,)  fc.bias         (3,)
    """
    check_built("from_torch", network)
    said: Mapping[str, Said] = {}
    flow, apart = None, list[Operation]()
    if hasattr(weights, "state_dict") and hasattr(weights, "named_modules"):
        said, flow = {name: said_of(module) for name, module in weights.named_modules()}, torch_flow(weights)
        apart = list(activations_outside_of_chains(weights))
        weights = weights.state_dict()
    ordered = isinstance(weights, Mapping)
    if not ordered:
        weights, ordered = _read(weights)
    arrays = _numbers(weights)
    if not ordered:
        arrays = dict(sorted(arrays.items(), key=lambda item: natural(item[0])))
    return transfer(PYTORCH, network, Source(_by_numbers(_groups(arrays, said)), ordered, flow, apart), mapping)


def natural(name: str) -> list[Any]:
    """Return what sorts names so that those with a smaller number come first.

    >>> sorted(["fc10", "fc2"], key=natural)
    ['fc2', 'fc10']
    """
    return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", name)]


def _read(path: Any) -> tuple[Mapping[Any, Any], bool]:
    """Return the arrays of a file by name, and whether they are in the order in which they were made."""
    if not isinstance(path, str | os.PathLike):
        raise InputError(
            "from_torch takes a state_dict, a module of PyTorch or the path of a file, but got a {kind}.",
            kind=type(path).__name__,
        )
    path = Path(path)
    with reading.opened(path) as file:
        start = file.read(256)
    if is_like_a_model(start):
        return _read_safetensors(path), False
    if kind_of(path) in (TORCH, PICKLE):
        return _unpickled(path), True
    raise FileFormatError(
        "{path} holds no weights of PyTorch that are known: it is {kind}. Expected safetensors, .pt or .pth.",
        path=path,
        kind=tr(file_kind(path)),
    )


def _read_safetensors(path: Path) -> Mapping[Any, Any]:
    try:
        with tensors.opened(path) as content:
            if (kind := tensors_kind(content)) != WEIGHTS:
                raise FileFormatError("{path} holds no weights of PyTorch: it is {kind}.", path=path, kind=tr(kind))
            return content.arrays()
    except tensors.DamagedError as error:
        raise FileFormatError("{path} gives no weights: {reason}", path=path, reason=error) from None


def _unpickled(path: Path) -> Mapping[Any, Any]:
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra("Reading weights of PyTorch that are no safetensors", "PyTorch", "torch") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of damaged files, errors of every kind come out of it
        if foreign := re.search(r"Unsupported global: GLOBAL (\S+)", str(error)):
            raise FileFormatError(
                "{path} holds an object of {kind} in place of arrays by name, and nothing in it was run. Save the "
                "weights alone: torch.save(model.state_dict(), ...). Or, if you trust who wrote it, give from_torch "
                "the module itself: torch.load(path, weights_only=False).",
                path=path,
                kind=foreign[1],
            ) from error
        raise FileFormatError(
            "{path} is damaged, or it holds more than arrays: nothing else in it was run. Save the weights alone: "
            "torch.save(model.state_dict(), ...).",
            path=path,
        ) from error
    if not isinstance(content, Mapping):
        raise FileFormatError(
            "{path} holds a {kind} in place of a state_dict. Save the weights by name: torch.save(model.state_dict(), "
            "...).",
            path=path,
            kind=type(content).__name__,
        )
    return content


def _numbers(weights: Mapping[Any, Any]) -> dict[str, Array]:
    """Return a state dict as arrays of NumPy."""
    inner = [name for name, value in weights.items() if isinstance(value, Mapping)]
    if inner:
        raise InputError(
            "This is a checkpoint with the entries {entries}, and not a state_dict. Give the one that holds the "
            'weights, such as torch.load(path, weights_only=True)["{inner}"].',
            entries=", ".join(map(str, weights)),
            inner=inner[0],
        )
    return {str(name): _number(str(name), value) for name, value in weights.items()}


def _number(name: str, value: Any) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()  # NumPy has no bfloat16
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise InputError(
            "A state_dict holds arrays of numbers by name, but {name} is a {kind}.",
            name=name,
            kind=f"{value.dtype} array" if isinstance(value, np.ndarray) else type(value).__name__,
        )
    return value


def _groups(arrays: Mapping[str, Array], said: Mapping[str, Said]) -> list[Group]:
    """Return the arrays by module; a recurrent module of several layers is as many groups."""
    groups, nobody = [], Said(None, {}, "")
    parts: dict[str, dict[str, tuple[str, Array]]] = {}
    depths = {(m, k) for m, k, _ in map(_place, arrays) if k}
    for full, array in arrays.items():
        module, depth, name = _place(full)
        if name == "num_batches_tracked":
            continue
        if (module, "1") in depths and depth:
            module = f"{module}.l{depth}" if module else f"l{depth}"
        parts.setdefault(module, {})[name] = full, array
    for module, entries in parts.items():
        names = {name: full for name, (full, _) in entries.items()}
        node = _place(next(iter(names.values())))[0]
        of_node = said.get(node, nobody)
        groups.append(
            Group(
                module,
                {name: array for name, (_, array) in entries.items()},
                kind_of_arrays({name: array.shape for name, (_, array) in entries.items()}),
                of_node.epsilon,
                names,
                of_node.settings,
                of_node.layer,
                node if node == module else "",
            )
        )
    return groups


def _by_numbers(groups: list[Group]) -> list[Group]:
    """Return modules whose names differ in places of a chain alone, "0" and "1", in the order of these places.

    Other modules stay where they are. A number that is a part of a word, as in "up4", may count anything.
    """
    ordered: list[Group] = list(groups)
    places: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        places.setdefault(re.sub(r"(?<![^.])\d+(?![^.])", "#", group.name), []).append(i)
    for indices in places.values():
        in_order = sorted((groups[i] for i in indices), key=lambda group: natural(group.name))
        for i, group in zip(indices, in_order, strict=True):
            ordered[i] = group
    return ordered


def _place(full: str) -> tuple[str, str, str]:
    """Return the module of an array, which of its layers it belongs to if there may be several, and its name.

    >>> _place("body.lstm.weight_ih_l1_reverse"), _place("fc.bias")
    (('body.lstm', '1', 'weight_ih_reverse'), ('fc', '', 'bias'))
    """
    module, _, name = full.rpartition(".")
    recurrent = _RECURRENT.fullmatch(name)
    if recurrent is None:
        return module, "", name
    kind, product, depth, reverse = recurrent.groups("")
    return module, depth, f"{kind}_{product}{reverse}"
