"""A network as plain data for JSON, and back: only classes in the tables are built, whatever a file says."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Shape, leaves
from chainrule.common.errors import FileFormatError, InputError, NetworkWarning
from chainrule.common.settings import Checked
from chainrule.common.tensors import Claim
from chainrule.equations.losses import LOSSES, Loss
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.equations.schedules import Constant, Cosine, CosineLog, Exponential, StepDecay, Warmup
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.layers import LAYERS, Layer
from chainrule.network import Network

FORMAT = 1
_FIELDS = {"format", "layers", "loss", "input_shape", "dtype"}
_MORE = {"input_scale", "feature_names", "table", "estimator"}  # which files of before do not have
_SCHEDULES = (Constant, StepDecay, Exponential, Cosine, CosineLog, Warmup)
_OTHERS: tuple[Any, ...] = (*LOSSES.values(), *OPTIMIZERS.values(), *_SCHEDULES)
_PARTS: dict[str, type[Any]] = {**LAYERS, **{kind.__name__: kind for kind in _OTHERS}}
"""Who may stand in a file, by name: layers and losses of networks, and what estimators are set to besides."""
_DEEPEST = 100  # lists and objects inside of one another, two for each layer inside of a layer
_LARGEST = 2**53  # of the sizes of an input

Claims = Mapping[str, Claim]


def describe(network: Network) -> dict[str, Any]:
    """Return the configuration of a network as plain data.

    Raises
    ------
    InputError
        If a file could not give it back: a layer of the user's own, or a setting that is no plain data.
    """
    return {
        "format": FORMAT,
        "layers": plain(network.body.layers, "layers"),
        "loss": plain(network.loss, "loss"),
        "input_shape": plain(network.input_shape, "input_shape"),
        "dtype": network.dtype.name,
        "input_scale": _scale(network.input_scale),
        "feature_names": None if network.feature_names is None else list(network.feature_names),
    }


def rebuild(description: Mapping[str, Any], claims: Claims) -> Network:
    """Return the network of a description, whose parameters have the right shapes but no values and take no memory.

    Parameters
    ----------
    description
        What `describe` returned.
    claims
        The shape and dtype of each array that is there for it.

    Raises
    ------
    FileFormatError
        If the description makes no sense, or its layers need other arrays. The text is a part of a sentence.
    """
    form = description.get("format")
    if type(form) is int and form > FORMAT:
        raise FileFormatError(
            "a newer version of chainrule wrote it, in format {got}, and this version reads format {expected}. Install "
            "the newer one: pip install --upgrade chainrule",
            got=form,
            expected=FORMAT,
        )
    if form != FORMAT:
        raise FileFormatError(
            "its format is {got}, but this version reads format {expected}.",
            got=form,
            expected=FORMAT,
        )
    if unknown := description.keys() - _FIELDS - _MORE:
        raise FileFormatError(
            "it describes {fields:.200}, which this version does not know.", fields=", ".join(sorted(unknown))
        )
    if missing := _FIELDS - description.keys():
        raise FileFormatError("it lacks {fields}.", fields=", ".join(sorted(missing)))
    if description["dtype"] not in ("float32", "float64"):
        raise FileFormatError(
            "its dtype is {dtype!r:.80}, but networks have float32 or float64.", dtype=description["dtype"]
        )
    input_shape = _sizes(description["input_shape"])
    try:
        layers, loss = rebuilt(description["layers"]), rebuilt(description["loss"])
        if not isinstance(layers, tuple) or not isinstance(loss, Loss):
            raise FileFormatError("its layers are no list, or its loss is none.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NetworkWarning)  # whoever made the network has been told
            network = Network(layers, loss, dtype=description["dtype"])
        network.params, network.output_shape = network.body.init(ShapesOnly(), input_shape, network.dtype)
        network.input_shape = input_shape
        network.input_scale = _scale(description.get("input_scale"))
        network.feature_names = _names(description.get("feature_names"), input_shape)
    except FileFormatError:
        raise
    # Whatever settings that nobody would write make a layer raise.
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise FileFormatError(str(error) or type(error).__name__) from error
    _compare({name: Claim(p.shape, p.dtype.name) for name, p in leaves(network.params)}, claims)
    return network


def _sizes(value: Any) -> Shape:
    if not isinstance(value, list) or not all(type(n) is int and 0 < n < _LARGEST for n in value):
        raise FileFormatError("its input_shape is {shape!r:.80}, which is no list of sizes.", shape=value)
    return tuple(value)


def _scale(scale: Any) -> float | None:
    """Return what inputs were multiplied by, if it is that."""
    if scale is None:
        return None
    if isinstance(scale, bool) or not (isinstance(scale, int | float | np.number) and 0 < scale < math.inf):
        raise InputError(
            "input_scale is a number above 0, such as 1 / 255, or None, but it is {scale!r:.80}.", scale=scale
        )
    return float(scale)


def _names(names: Any, input_shape: Shape) -> tuple[str, ...] | None:
    """Return the names of the columns, one for each feature, if they are that."""
    if names is None:
        return None
    if not isinstance(names, list) or len(names) != input_shape[0] or not all(type(name) is str for name in names):
        raise FileFormatError(
            "its feature_names are {names!r:.80}, and not one text for each of {count} features.",
            names=names,
            count=input_shape[0],
        )
    return tuple(names)


def _compare(needed: Claims, claims: Claims) -> None:
    """Raise an error with the first arrays that differ."""
    differing = [name for name in (*needed, *claims) if needed.get(name) != claims.get(name)]
    if differing:
        shown = list(dict.fromkeys(differing))[:3]
        want, have = ({name: _text(side[name]) for name in shown if name in side} for side in (needed, claims))
        raise FileFormatError("its layers need the arrays {expected}, but it holds {got}.", expected=want, got=have)


def _text(claim: Claim) -> str:
    return f"{claim.dtype} {claim.shape}"


def plain(value: Any, place: str, depth: int = 0) -> Any:
    """Return configuration as plain data; a layer, or what else has settings, becomes its class name and its fields."""
    if depth > _DEEPEST:
        raise InputError(
            "The layers are nested more than {most} deep, which a file could not give back.", most=_DEEPEST // 2
        )
    if isinstance(value, Checked):
        name = type(value).__name__
        if _PARTS.get(name) is not type(value):
            of_user = value.label if isinstance(value, Layer) else name
            raise InputError(
                "{own} is not one of chainrule's own layers or losses, so a file could not rebuild it. Save "
                "network.params with safetensors.numpy.save_file, and rebuild the network in your code.",
                own=of_user,
            )
        fields = {field: plain(v, f"{name}.{field}", depth + 1) for field, v in vars(value).items()}
        return {"type": name} | fields
    if isinstance(value, dict):
        return {str(name): plain(v, place, depth + 1) for name, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v, place, depth + 1) for v in value]
    if type(value) not in (bool, int, float, str, type(None)) or (type(value) is float and not math.isfinite(value)):
        raise InputError(
            "A file could not give back {place}, which is {value!r:.80} ({kind}): settings in files "
            "are finite numbers, texts, True, False, None, or tuples of these.",
            place=place,
            value=value,
            kind=type(value).__name__,
        )
    return value


def rebuilt(value: Any, depth: int = 0) -> Any:
    """Return what `plain` was given; lists become tuples."""
    if depth > _DEEPEST:
        raise FileFormatError("its layers are nested more than {most} deep.", most=_DEEPEST // 2)
    if isinstance(value, list):
        return tuple(rebuilt(v, depth + 1) for v in value)
    if not isinstance(value, dict):
        return value
    fields = {name: rebuilt(v, depth + 1) for name, v in value.items()}
    if not isinstance(fields.get("type"), str):
        return fields
    name = fields.pop("type")
    if name not in _PARTS:
        raise FileFormatError("{name!r:.80} is no layer or loss of this version.", name=name)
    return _PARTS[name](**fields)
