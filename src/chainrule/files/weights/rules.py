"""How an array of ours is made of those of another library, and what those are for one of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr
from chainrule.layers import Bidirectional, Layer


class Rule(NamedTuple):
    """One array of ours."""

    names: tuple[str, ...]  # what the other library calls the arrays that it is made of
    here: Callable[..., Array] = lambda array: array  # ours, of theirs
    there: Callable[[Array], tuple[Array, ...]] = lambda array: (array,)  # theirs, of ours
    change: str = ""  # what `here` does, for people
    missing: float | None = None  # what ours is filled with if a module has none of the arrays; None if it must


Rules = Mapping[str, Rule]
"""Those of a layer, by the names of its parameters."""


@dataclass(frozen=True)
class Group:
    """The arrays of one module of another library, by their names in it."""

    name: str
    arrays: Mapping[str, Array]
    kind: str
    epsilon: float | None = None  # None if nobody said
    full_names: Mapping[str, str] = field(default_factory=dict)  # where the arrays stand, for people
    settings: Mapping[str, Any] = field(default_factory=dict)  # those that are known, by our names
    layer: str = ""  # the class here that computes what it does, or the class there if none does; "" if nobody said
    node: str = ""  # its name in the flow of its model

    def full(self, name: str) -> str:
        """Return the name that the library gives an array."""
        return self.full_names.get(name, f"{self.name}.{name}" if self.name else name)


class Library(NamedTuple):
    """What another library calls things."""

    name: str
    rules: Mapping[type[Layer], Rules]
    kind: Callable[[Layer], str]  # of a layer of ours: the modules of the same kind may fit it
    twins: tuple[Callable[[str], str], Callable[[str], str]]  # the names in the two halves of a bidirectional layer
    channels_first: bool  # whether it has the channels of pictures before their rows and columns
    usual_epsilon: Mapping[type[Layer], float]

    def rules_of(self, layer: Layer, params: Params) -> Rules | None:
        """Return the rules for a layer's parameters, or None if the library has no such layer."""
        if isinstance(layer, Bidirectional):
            cell = self.rules_of(layer.layer, params["ahead"])
            halves = zip(("ahead", "back"), self.twins, strict=True)
            return cell and {
                f"{half}.{own}": rule._replace(names=tuple(map(rename, rule.names)))
                for half, rename in halves
                for own, rule in cell.items()
            }
        rules = self.rules.get(type(layer))
        return None if rules is None else {own: rule for own, rule in rules.items() if own in params}


class Piece(NamedTuple):
    """An array of ours, made of others."""

    array: Array
    sources: tuple[str, ...]  # empty if it was filled
    change: str


class MisfitError(InputError):
    """A module does not fit a layer."""


def convert(label: str, rules: Rules, group: Group) -> dict[str, Piece]:
    """Return a layer's arrays, made of those of a module.

    Raises
    ------
    MisfitError
        The module lacks an array, or has one that the layer has no place for, or they do not fit together.
    """
    pieces = {own: _piece(label, rule, group) for own, rule in rules.items()}
    places = {name for rule in rules.values() for name in rule.names}
    left_over = [group.full(name) for name in group.arrays if name not in places]
    if left_over:
        raise MisfitError(
            "{label} has no place for {names}. Build the network with the layer that has, such as with bias=True.",
            label=label,
            names=", ".join(left_over),
        )
    return pieces


def _piece(label: str, rule: Rule, group: Group) -> Piece:
    present = [name for name in rule.names if name in group.arrays]
    if not present and rule.missing is not None:
        return Piece(np.float32(rule.missing), (), tr("filled with {value:g}", value=rule.missing))
    if len(present) < len(rule.names):
        lacking = ", ".join(group.full(name) for name in rule.names if name not in present)
        raise MisfitError("{label} needs {names}, which is not there.", label=label, names=lacking)
    arrays = [group.arrays[name] for name in present]
    try:
        return Piece(rule.here(*arrays), tuple(present), tr(rule.change) if rule.change else "")
    except (ValueError, IndexError) as error:
        raise MisfitError(
            "{label} cannot be made of {names} of shape {shapes}.",
            label=label,
            names=", ".join(map(group.full, present)),
            shapes=", ".join(str(np.shape(a)) for a in arrays),
        ) from error


def theirs(rules: Rules, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return what a layer's arrays, by their paths in it, are in another library."""
    return {
        name: array
        for own, rule in rules.items()
        for name, array in zip(rule.names, rule.there(arrays[own]), strict=True)
    }


def transposed(array: Any) -> Array:
    """Return a matrix with its axes swapped; of anything else, which cannot be one, an error."""
    if np.ndim(array) != 2:
        raise ValueError(np.shape(array))
    return array.T


TRANSPOSED = later("transposed")
