"""Weights of Keras 3: a model, or a file of it, which is read without Keras."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.common import reading
from chainrule.common.errors import ChainruleError, FileFormatError, InputError, missing_extra
from chainrule.common.texts import tr
from chainrule.files.built import check_built
from chainrule.files.foreign import KERAS as KERAS_ARCHIVE
from chainrule.files.foreign import kind_of
from chainrule.files.kinds import file_kind
from chainrule.files.weights.keras_flow import keras_flow
from chainrule.files.weights.keras_rules import KERAS, LAYERS, NAMES, divided, settings_of
from chainrule.files.weights.matching import Source
from chainrule.files.weights.pytorch_files import natural
from chainrule.files.weights.report import WeightsReport
from chainrule.files.weights.rules import Group
from chainrule.files.weights.transfer import transfer
from chainrule.network import Network

_PLACE = re.compile(r"(?P<module>.+?)(/(?P<half>forward|backward)_layer)?(/cell)?/vars/(?P<number>\d+)")
_SWITCHES = {"gamma": "scale", "beta": "center", "bias": "use_bias"}
"""The setting of a layer in Keras that leaves an array out."""
_DAMAGED = (KeyError, ValueError, AttributeError, EOFError, RecursionError, NotImplementedError, zipfile.BadZipFile)
"""What opening an archive and reading its JSON raise."""
_MOST = 20  # times its size in the archive: weights hardly get smaller when packed


def from_keras(network: Network, model: Any, mapping: Mapping[str, str] | None = None) -> WeightsReport:
    """Set the parameters of a network to the weights of a Keras 3 model of the same layers.

    The gates of GRU change their order; everything else has our layout. Files are read with h5py, without Keras.

    Parameters
    ----------
    network
        A network with the same layers, built with ``input_shape=...``. It is changed: all of the layers or, if there is
        an error, none. If it was trained before, its next fit needs ``restart=True``.
    model
        The model itself, or the path of a ``.keras`` file or of a ``.weights.h5`` file. The former two say what
        is computed, which must be what the layers here compute: activations, padding, pools, and the epsilon of
        normalizations, which is usually 0.001 in Keras. The output activation may be left to the loss.
    mapping
        Where the weights of each layer come from: ``{"0": "conv2d", "3": "dense"}``, from paths as in
        ``network.summary()`` to the names in the file. Layers that it leaves out stay as they are. If None, the n-th
        layer of a kind gets those of the n-th such layer there, if the numbers agree and all shapes fit, or each layer
        those of the only one that fits it; else an error shows both lists.

    Returns
    -------
    WeightsReport
        What went where; it prints as a table.

    Raises
    ------
    InputError
        What belongs to what cannot be told, does not fit, or is not finite; or the model says that it computes
        something else than the layers here, by its settings or by what stands between its weights.
    FileFormatError
        The file is none of Keras 3, or it is damaged.
    DataUnavailableError
        The file cannot be read.
    MissingExtraError
        h5py is not installed.

    References
    ----------
    The weights and their shapes: Keras's documentation of its layers.

    Examples
    --------
    ::

        report = cr.files.from_keras(network, "model.keras")
        print(report)
    """
    check_built("from_keras", network)
    if isinstance(model, str | os.PathLike):
        return transfer(KERAS, network, _read(Path(model)), mapping)
    if not callable(getattr(model, "save", None)) or not hasattr(model, "layers"):
        raise InputError(
            "from_keras takes a model of Keras or the path of a file, but got a {kind}.", kind=type(model).__name__
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return transfer(KERAS, network, _read(path), mapping)


class _About(NamedTuple):
    """What a .keras file says of a layer besides its weights."""

    place: int
    kind: str
    settings: Mapping[str, Any]


def _read(path: Path) -> Source:
    with reading.opened(path) as file:
        start = file.read(8)
        file.seek(0)
        if kind_of(path) == KERAS_ARCHIVE:
            return _read_archive(path)
        if start != b"\x89HDF\r\n\x1a\n":
            raise FileFormatError(
                "{path} holds no weights of Keras: it is {kind}. Expected .keras or .weights.h5.",
                path=path,
                kind=tr(file_kind(path)),
            )
        return _read_hdf5(path, file.read(), {})


def _read_archive(path: Path) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.file_size > _MOST * path.stat().st_size for member in archive.infolist()):
                raise FileFormatError("{path} claims to hold far more than its size.", path=path)
            config = json.loads(archive.read("config.json"))
            about = _settings(config)
            weights = archive.read("model.weights.h5")
    except ChainruleError:
        raise
    except _DAMAGED as error:
        raise FileFormatError("{path} is no model of Keras 3, or it is damaged.", path=path) from error
    return _read_hdf5(path, weights, about, config)


def _settings(config: Any) -> dict[str, _About]:
    """Return what is said of each layer, by the layer's name; those inside of others too."""
    about: dict[str, _About] = {}
    for layer in _layers(config):
        settings = layer["config"]
        about.setdefault(str(settings.get("name")), _About(len(about), str(layer.get("class_name")), settings))
    return about


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    inner = config.get("config", {}).get("layers")
    if inner is None:
        yield config
        return
    for layer in inner:
        yield from _layers(layer)


def _read_hdf5(path: Path, weights: bytes, about: Mapping[str, _About], config: Any = None) -> Source:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise missing_extra("Reading weights of Keras", "h5py", "data") from error
    try:
        with h5py.File(io.BytesIO(weights)) as content:
            modules = _modules(path, content)
    except ChainruleError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, OverflowError) as error:
        raise FileFormatError("{path} is truncated or damaged.", path=path) from error
    if not modules:
        raise FileFormatError(
            "{path} is an HDF5 file without weights as Keras 3 stores them. A whole model in one .h5 file, the form of "
            "older versions, goes through Keras: give from_keras the model itself, keras.models.load_model(path).",
            path=path,
        )
    modules.sort(key=lambda entry: natural(entry[0].name))
    ordered = all(module.own in about for module, _ in modules)
    if ordered:
        modules.sort(key=lambda entry: about[entry[0].own].place)
    flow = keras_flow(config, {module.own for module, _ in modules}) if config is not None and ordered else None
    groups = [_group(module, arrays, about) for module, arrays in modules]
    own_code = config is not None and not any(group.layer for group in groups)
    return Source(groups, ordered, flow, own_code=own_code)


class _Module(NamedTuple):
    """A layer in a file."""

    name: str  # of the place in the file
    own: str  # which its maker gave it


def _modules(path: Path, content: Any) -> list[tuple[_Module, dict[str, Array]]]:
    """Return the arrays of each layer by their numbers, with the half of a bidirectional one before them."""
    import h5py

    found: dict[str, dict[str, Array]] = {}

    def visit(place: str, node: Any) -> None:  # not called for links to other files
        match = _PLACE.fullmatch(place)
        if match is None or not isinstance(node, h5py.Dataset) or place.startswith("optimizer/"):
            return
        # What a file claims but does not hold would take memory, and what is stored elsewhere is none of its own.
        if node.external or node.is_virtual or node.id.get_storage_size() < node.nbytes:
            raise FileFormatError("{path} holds less than its array {name} claims.", path=path, name=place)
        half = f"{match['half']}." if match["half"] else ""
        found.setdefault(match["module"], {})[half + match["number"]] = node[()]

    content.visititems(visit)
    modules = []
    for place, arrays in found.items():
        own = content[f"{place}/vars"].attrs.get("name", "") if f"{place}/vars" in content else ""
        name = re.sub(r"(^|/)layers/", r"\1", place)
        if not place.endswith("seed_generator"):  # of dropout
            modules.append((_Module(name, str(own)), arrays))
    return modules


def _group(module: _Module, arrays: Mapping[str, Array], about: Mapping[str, _About]) -> Group:
    name, own = module
    kind = re.sub(r"_\d+$", "", name.rpartition("/")[2])
    if kind not in NAMES and kind not in ("bidirectional", "depthwise_conv1d", "depthwise_conv2d"):
        kind = re.sub(r"_\d+$", "", own)  # the file of a model of a class of its own has the names of attributes
    said, settings = ("", {}) if own not in about else (about[own].kind, about[own].settings)
    named = _named(kind, arrays, settings)
    if kind.startswith("depthwise_") and "kernel" in named:
        *window, channels, multiplier = named["kernel"].shape
        named["kernel"] = named["kernel"].reshape(*window, 1, channels * multiplier)
        kind = kind.removeprefix("depthwise_")
    epsilon = settings.get("epsilon") if "normalization" in kind else None
    full_names = {array: f"{name}/{array.replace('.', '/')}" for array in named}
    known = settings_of(kind, settings)
    if known.get("groups") == -1 and "gamma" in named:
        known["groups"] = len(named["gamma"])  # each feature by itself
    return Group(name, named, kind, epsilon, full_names, known, LAYERS.get(said, ""), own)


def _named(kind: str, arrays: Mapping[str, Array], settings: Mapping[str, Any]) -> dict[str, Array]:
    """Return arrays by the names of Keras in the place of numbers; those that nobody knows keep their numbers."""
    if kind == "bidirectional":
        halves = {half: _half(arrays, f"{half}.") for half in ("forward", "backward")}
        return {f"{half}.{name}": array for half, named in halves.items() for name, array in named.items()}
    names = NAMES.get(kind.removeprefix("depthwise_"), ())
    if not settings and kind == "batch_normalization" and len(arrays) == 2:
        names = names[2:]  # neither scale nor center
    left_out = {name for name, setting in _SWITCHES.items() if settings.get(setting) is False}
    names = tuple(name for name in names if name not in left_out)
    if len(arrays) != len(names) and names[len(arrays) :] != ("bias",):
        return dict(arrays)
    named = {name: arrays[str(i)] for i, name in enumerate(names[: len(arrays)])}
    return divided(named) if kind == "gru" else named


def _half(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Return one half of a bidirectional layer; how many gates it has says what it is."""
    numbered = {number.removeprefix(prefix): a for number, a in arrays.items() if number.startswith(prefix)}
    units, columns = np.shape(numbered.get("1", np.zeros((1, 1))))
    return _named("gru" if columns == 3 * units else "lstm", numbered, {})
