"""What layers that are made of layers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from chainrule.arrays import Array, Params, leaves, namespace
from chainrule.common.errors import InputError
from chainrule.layers.base import Layer


class Composite(Layer):
    """A layer made of layers; its parameters are a tuple with one entry per part, or a dict by the parts' names."""

    names: ClassVar[Sequence[str] | None] = None
    """The names of the parts, if the parameters go by names."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Layer, ...]:
        """The layers."""

    @property
    def has_parameters(self) -> bool:  # type: ignore[override]
        """Whether any part has."""
        return any(layer.has_parameters for layer in self.parts)

    def of_parts(self, params: Params) -> list[Params]:
        """Return the parameters of each part; the order of a dict says nothing, because JAX sorts them."""
        return list(params) if self.names is None else [params[name] for name in self.names]

    def joined(self, each: Iterable[Any]) -> Any:
        """Return something for each part in the form of the parameters."""
        return tuple(each) if self.names is None else dict(zip(self.names, each, strict=True))

    def kinds(self, params: Params) -> Params:
        """Return what each parameter is."""
        return self.joined(layer.kinds(p) for layer, p in zip(self.parts, self.of_parts(params), strict=True))

    def update_statistics(self, params: Params, cache: Any) -> Params:
        """Return the parameters with every part's new running statistics; the cache has one entry per part."""
        each = zip(self.parts, self.of_parts(params), cache, strict=True)
        return self.joined(layer.update_statistics(p, c) for layer, p, c in each)


def kept_by_all(label: str, kept: Sequence[bool]) -> bool:
    """Return whether inputs that are merged have steps; raise an error if some do and some do not."""
    if any(kept) and not all(kept):
        raise InputError(
            "{label} cannot honor a mask: it merges outputs that have steps with such as have none, so padding would "
            "be mixed in. Let all of them return sequences, or none.",
            label=label,
        )
    return all(kept)


def numbers_for(layer: Layer, params: Params, x: Array) -> Array:
    """Return x for a layer that shares it with one that looks whole numbers up: as floats, unless it does too.

    They get the dtype of the parameters, which are those of all that share x: a layer by itself may have none.
    """
    if layer.vocabulary_of_input is not None or not namespace(x).isdtype(x.dtype, "integral"):
        return x
    like = next((p for _, p in leaves(params)), None)
    return namespace(x).astype(x, float if like is None else like.dtype)
