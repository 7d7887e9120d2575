"""Which module of another library each layer gets its weights from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.common.errors import InputError
from chainrule.common.text_table import text_table
from chainrule.common.texts import tr
from chainrule.files.weights.flow import Flow, Operation
from chainrule.files.weights.rules import Group, Library, MisfitError, Piece, convert
from chainrule.files.weights.walk import Target


class Source(NamedTuple):
    """The modules of another library that have arrays."""

    groups: Sequence[Group]
    ordered: bool  # whether they are in the order in which they were made; else in that of their names
    flow: Flow | None = None  # what is computed between them; None if nobody says
    apart: Sequence[Operation] = ()  # activations of which nobody says what they follow
    own_code: bool = False  # whether it is a whole model, of which code that cannot be read says what it computes


class Match(NamedTuple):
    """A layer, and the module whose arrays it gets."""

    target: Target
    group: Group
    pieces: dict[str, Piece]


def matched(library: Library, targets: Sequence[Target], source: Source, mapping: Any) -> list[Match]:
    """Return which layer gets its arrays from where: as a mapping says, or as order and shapes do.

    Parameters
    ----------
    library
        What the other library calls things.
    targets
        The layers of the network that have parameters.
    source
        The modules that have arrays.
    mapping
        The module's name for each layer's path, or None.

    Raises
    ------
    InputError
        A layer has no counterpart, the mapping names something that is not there or does not fit, or there is none and
        order and shapes do not tell.
    """
    if mapping is not None:
        return _mapped(library, targets, source, mapping)
    for target in targets:
        if library.rules_of(target.layer, target.params) is None:
            raise InputError(
                "{library} has no layer like {layer}: leave it out, by a mapping that names the other layers.",
                library=library.name,
                layer=_title(target),
            )
    try:
        return _in_order(library, targets, source)
    except MisfitError as error:
        matches = _by_shape(library, targets, source)
        if matches is None:
            raise InputError(
                "Order and names do not tell which weights of {library} belong to which layer: {reason} Say it, as "
                'mapping={{"{layer}": "{module}", ...}}; layers that it leaves out stay as they are.\n{table}',
                library=library.name,
                reason=error,
                layer=targets[0].path if targets else "0",
                module=source.groups[0].name if source.groups else "fc1",
                table=side_by_side(library, targets, source.groups),
            ) from None
        return matches


def _mapped(library: Library, targets: Sequence[Target], source: Source, mapping: Any) -> list[Match]:
    if not isinstance(mapping, Mapping) or not mapping:
        raise InputError(
            'mapping is a dict from layers to modules, such as {{"0": "fc1"}}, but got {mapping!r:.80}.',
            mapping=mapping,
        )
    by_path, by_name = {t.path: t for t in targets}, {g.name: g for g in source.groups}
    for path, name in mapping.items():
        for unknown, known in ((path, by_path), (name, by_name)):
            if unknown not in known:
                raise InputError(
                    "mapping names {unknown!r}, which is not there. It maps the layers here to modules of "
                    "{library}:\n{table}",
                    unknown=unknown,
                    library=library.name,
                    table=side_by_side(library, targets, source.groups),
                )
    return [_match(library, t, by_name[mapping[t.path]]) for t in targets if t.path in mapping]


def _match(library: Library, target: Target, group: Group) -> Match:
    """Return a module's arrays as those of a layer; raise MisfitError if they do not fit."""
    title, rules = _title(target), library.rules_of(target.layer, target.params)
    if rules is None:
        raise MisfitError("{library} has no layer like {layer}.", library=library.name, layer=title)
    pieces = convert(title, rules, group)
    for own, parameter in leaves(target.params):
        piece = pieces[own]
        if piece.sources and piece.array.shape != parameter.shape:
            raise MisfitError(
                "{own} of {layer} has the shape {expected}, but what {names} gives has {got}.",
                own=own,
                layer=title,
                expected=parameter.shape,
                names=", ".join(map(group.full, piece.sources)),
                got=piece.array.shape,
            )
        array = piece.array if piece.sources else np.full(parameter.shape, piece.array)
        if target.order is not None and len(array) == len(target.order) and own != "b":
            how = tr("features in the order of channels last")
            piece = piece._replace(change="; ".join(filter(None, (piece.change, how))))
            array = array[target.order]
        pieces[own] = piece._replace(array=array)
    return Match(target, group, pieces)


def _title(target: Target) -> str:
    return f"{target.path} {target.layer.label}"


def _in_order(library: Library, targets: Sequence[Target], source: Source) -> list[Match]:
    """Return each layer with the module that has its place among those of its kind; raise MisfitError if it fails."""
    if len(targets) != len(source.groups):
        raise MisfitError(
            "there are {ours} layers with weights here, but {theirs} modules there.",
            ours=len(targets),
            theirs=len(source.groups),
        )
    matches = []
    for kind in dict.fromkeys(map(library.kind, (t.layer for t in targets))):
        ours = [t for t in targets if library.kind(t.layer) == kind]
        groups = [g for g in source.groups if g.kind == kind]
        if len(ours) != len(groups):
            raise MisfitError(
                "{layer} is one of {ours} such layers here, but {theirs} modules there are like it.",
                layer=_title(ours[0]),
                ours=len(ours),
                theirs=len(groups),
            )
        if not source.ordered and len({re.sub(r"_?\d+", "", g.name) for g in groups}) > 1:
            raise MisfitError(
                "{names} have names from which no order follows, and the file does not keep it.",
                names=", ".join(g.name for g in groups),
            )
        matches += [_match(library, t, g) for t, g in zip(ours, groups, strict=True)]
    return sorted(matches, key=lambda match: _place(match, targets))


def _by_shape(library: Library, targets: Sequence[Target], source: Source) -> list[Match] | None:
    """Return the one way in which each layer gets a module that fits it, or None if there are several or none.

    Whichever layer has one module that fits takes it, and leaves the others fewer.
    """
    if len(targets) != len(source.groups):
        return None
    fitting = [_all_that_fit(library, target, source.groups) for target in targets]
    matches: list[Match] = []
    while fitting:
        forced = next((i for i, choices in enumerate(fitting) if len(choices) == 1), None)
        if forced is None:
            return None
        (match,) = fitting.pop(forced)
        matches.append(match)
        fitting = [[m for m in choices if m.group is not match.group] for choices in fitting]
    return sorted(matches, key=lambda match: _place(match, targets))


def _all_that_fit(library: Library, target: Target, groups: Sequence[Group]) -> list[Match]:
    """Return a layer with each module that fits it."""
    matches = []
    for group in groups:
        try:
            matches.append(_match(library, target, group))
        except MisfitError:
            continue
    return matches


def _place(match: Match, targets: Sequence[Target]) -> int:
    return next(i for i, target in enumerate(targets) if target.path == match.target.path)


def side_by_side(library: Library, targets: Sequence[Target], groups: Sequence[Group]) -> str:
    """Return the layers of the network and the modules of the other library, with the shapes of their arrays."""

    def shapes(arrays: Mapping[str, Array]) -> str:
        return ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())

    ours = [(_title(t), shapes(dict(leaves(t.params)))) for t in targets]
    them = [(g.name, shapes(g.arrays)) for g in groups]
    rows = max(len(ours), len(them))
    left, right = ([*cells, *[("", "")] * (rows - len(cells))] for cells in (ours, them))
    columns = (tr("here"), tr("arrays"), library.name, tr("arrays"))
    return text_table(columns, [(*a, *b) for a, b in zip(left, right, strict=True)], texts=(0, 1, 2, 3))
