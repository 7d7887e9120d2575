"""Weights of another library become those of a network, with a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.data.checks import fits
from chainrule.files.parameters import fault
from chainrule.files.weights.comparing import check_apart, check_between
from chainrule.files.weights.matching import Match, Source, matched
from chainrule.files.weights.own_flow import own_flow
from chainrule.files.weights.report import WeightsReport
from chainrule.files.weights.rules import Library
from chainrule.files.weights.walk import Target, targets
from chainrule.layers import Bidirectional
from chainrule.network import Network

_FIXED = {
    "activation": "tanh",
    "data_format": "channels_last",
    "max_norm": None,
    "merge_mode": "concat",
    "padding_mode": "zeros",
    "recurrent_activation": "sigmoid",
    "reset_after": True,
    "rms_scaling": False,
    "stateful": False,
}
"""What layers here always do, where it is a setting in another library."""


def layers_of(network: Network) -> list[Target]:
    """Return the layers of a network that have parameters."""
    assert network.input_shape is not None
    return targets(network.body, network.params, network.input_shape)


def transfer(library: Library, network: Network, source: Source, mapping: Any) -> WeightsReport:
    """Set the parameters of a network, all of them or none, and return what went where.

    Raises
    ------
    InputError
        What fits where cannot be told or does not fit, a number is not finite, or an epsilon or another known
        setting differs.
    """
    ours = layers_of(network)
    if not library.channels_first:
        ours = [target._replace(order=None) for target in ours]
    matches = matched(library, ours, source, mapping)
    arrays, origins = dict(leaves(network.params)), dict[str, str]()
    for target, group, pieces in matches:
        for own, piece in pieces.items():
            if not fits(piece.array, network.dtype):
                raise InputError(
                    "{name} of {library} holds numbers that are NaN, infinite or too large for {dtype}.",
                    name=", ".join(map(group.full, piece.sources)),
                    library=library.name,
                    dtype=np.dtype(network.dtype).name,
                )
            path = f"{target.path}.{own}"
            arrays[path] = np.array(piece.array, network.dtype, order="C")
            origins[path] = ", ".join(map(group.full, piece.sources))
    for match in matches:
        _check_settings(match)
    notes = (*_notes(library, matches), *_compared(network, source, matches))
    params = replace_leaves(network.params, arrays)
    if wrong := fault(network.body, params):
        raise InputError(
            "{name} of {library} holds {kind}, with which nothing can be predicted.",
            name=origins.get(wrong[0], wrong[0]),
            library=library.name,
            kind=wrong[1],
        )
    network.params = params
    used = {match.group.name for match in matches}
    return WeightsReport(
        tuple(row for match in matches for row in _rows(match)),
        tuple(t.path for t in ours if t.path not in {match.target.path for match in matches}),
        tuple(group.name for group in source.groups if group.name not in used),
        notes,
    )


def _compared(network: Network, source: Source, matches: Sequence[Match]) -> Iterator[str]:
    """Compare what is computed between the weights, if the source says it; yield notes."""
    if source.flow is not None:
        ours = own_flow(network)
        yield from check_between(matches, ours, source.flow, network.loss)
        check_apart(source.apart, ours, network.loss)
    elif any(group.layer for group in source.groups):
        yield tr("How the layers of the model are connected cannot be read, so only their own settings were compared.")
    elif source.own_code:
        yield tr("What the model computes is in code of its own, so only the shapes of its weights were compared.")


def _check_settings(match: Match) -> None:
    """Raise an error for a setting that is known to differ, although all arrays fit."""
    layer: Any = match.target.layer
    of_steps = layer.layer if isinstance(layer, Bidirectional) else layer
    settings = {name: value for name, value in match.group.settings.items() if name != "mask_zero"}
    if match.group.layer and match.group.layer != type(of_steps).__name__:
        raise InputError(
            "{layer} cannot take the weights of {module}, which computes what {theirs} does: build the network with "
            "that.",
            layer=f"{match.target.path} {layer.label}",
            module=match.group.name,
            theirs=match.group.layer,
        )
    axes = np.atleast_1d(settings.pop("axis", -1)).tolist()
    if not set(axes) <= {-1, len(match.target.shape)}:
        settings["axis"] = axes
    for name, value in settings.items():
        ours = -1 if name == "axis" else getattr(of_steps, name, _FIXED.get(name))
        if not np.all(np.asarray(ours) == np.asarray(value)):
            raise InputError(
                "{layer} has {name}={ours!r}, but {module} has {theirs!r} there, which gives other numbers: build both "
                "with the same.",
                layer=f"{match.target.path} {layer.label}",
                name=name,
                ours=ours,
                module=match.group.name,
                theirs=value,
            )


def _rows(match: Match) -> Iterator[tuple[str, str, str, str, str]]:
    for own, piece in match.pieces.items():
        names = ", ".join(map(match.group.full, piece.sources))
        shapes = ", ".join(dict.fromkeys(str(np.shape(match.group.arrays[name])) for name in piece.sources))
        yield f"{match.target.path}.{own}", str(np.shape(piece.array)), names, shapes, piece.change


def _notes(library: Library, matches: Sequence[Match]) -> Iterator[str]:
    """Yield what the weights do not say; raise an error for an epsilon that is known to differ."""
    for target, group, _ in matches:
        if group.settings.get("mask_zero"):
            yield tr(
                "{module} skips the steps of code 0 (mask_zero=True): here, give mask=X != 0 to fit, evaluate and "
                "predict.",
                module=group.name,
            )
        ours: float | None = getattr(target.layer, "epsilon", None)
        usual = library.usual_epsilon.get(type(target.layer))
        if ours is None or (group.epsilon is None and usual in (None, ours)):
            continue
        if group.epsilon is None:
            yield tr(
                "{layer} has epsilon={ours:g}, and the weights do not say what {module} had; usual in {library} is "
                "{usual:g}.",
                layer=f"{target.path} {target.layer.label}",
                ours=ours,
                module=group.name,
                library=library.name,
                usual=usual,
            )
        elif not np.isclose(ours, group.epsilon, rtol=1e-6, atol=0):
            raise InputError(
                "{layer} has epsilon={ours:g}, but {module} has {theirs:g}, which gives other numbers: build the "
                "network with {label}(epsilon={theirs:g}).",
                layer=f"{target.path} {target.layer.label}",
                ours=ours,
                module=group.name,
                theirs=group.epsilon,
                label=target.layer.label,
            )
