"""Windows that slide along the axes between batch and channels: their settings, and where they lie in an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.arrays import Shape
from chainrule.arrays.places import Window
from chainrule.common.errors import InputError
from chainrule.common.settings import Either, OneOf, Whole
from chainrule.layers.base import Layer
from chainrule.layers.spatial import PADDING, SIZES, same_padding


def _wrong_number(layer: SlidingWindow, name: str) -> InputError:
    """Return the error of a setting that does not go with the number of axes."""
    return InputError(
        "{label} takes one {name} for all axes, or one for each axis ({axes}), but {name}={value!r}.",
        label=layer.label,
        name=name,
        axes=", ".join(layer.axes),
        value=getattr(layer, name),
    )


def _wrong_axes(layer: SlidingWindow, shape: Shape) -> InputError:
    """Return the error of an input with other axes."""
    return InputError(
        "{label} takes inputs of shape (batch, {axes}, channels), but the input has shape {shape}. Even a single "
        "channel needs its axis: x[..., None].",
        label=layer.label,
        axes=", ".join(layer.axes),
        shape=("batch", *shape[1:]),
    )


@dataclass(frozen=True)
class SlidingWindow(Layer):
    """A layer that multiplies what lies under a window, at every place; a sequence is a picture of height 1."""

    axes: ClassVar[tuple[str, ...]]

    filters: int
    kernel: int | Sequence[int]
    stride: int | Sequence[int] = 1
    padding: str | int | Sequence[Any] = "valid"
    dilation: int | Sequence[int] = 1
    groups: int = 1
    rules: ClassVar = {
        "filters": Whole(1),
        "kernel": SIZES,
        "stride": SIZES,
        "padding": Either(OneOf(("valid", "same")), PADDING),
        "dilation": SIZES,
        "groups": Whole(1),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.filters % self.groups:
            raise InputError(
                "{label} divides its filters evenly among its groups, which filters={filters} and groups={groups} do "
                "not allow. Take a multiple of groups for filters.",
                label=self.label,
                filters=self.filters,
                groups=self.groups,
            )
        for name in ("kernel", "stride", "dilation", "padding"):
            if len(self.per_axis(name)) != len(self.axes):
                raise _wrong_number(self, name)

    def per_axis(self, name: str) -> tuple[Any, ...]:
        """Return a setting for each axis."""
        value = getattr(self, name)
        if name == "padding" and isinstance(value, int):
            return ((value, value),) * len(self.axes)
        return value if isinstance(value, tuple) else (value,) * len(self.axes)

    def window(self, shape: Shape) -> tuple[Window, Shape]:
        """Return where the windows lie in a batch of this shape, seen as pictures, and how many there are."""
        axes = len(self.axes)
        if len(shape) != axes + 2:
            raise _wrong_axes(self, shape)
        kernel, stride, dilation = (self.per_axis(name) for name in ("kernel", "stride", "dilation"))
        sizes = shape[1:-1]
        covered = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        padding = self.per_axis("padding")
        if self.padding == "valid":
            padding = ((0, 0),) * axes
        elif self.padding == "same":
            padding = tuple(map(same_padding, sizes, covered, stride))
        narrow = (1,) * (2 - axes)
        window = Window(narrow + stride, ((0, 0),) * (2 - axes) + padding, narrow + dilation, self.groups)
        output = window.output(narrow + sizes, narrow + kernel)[-axes:]
        if min(output) < 1:
            raise InputError(
                "{label}'s kernel {kernel} with dilation {dilation} covers {covered} places, but the input has "
                "{padded} with its padding. Take a smaller kernel or dilation, or padding='same'.",
                label=self.label,
                kernel=kernel,
                dilation=dilation,
                covered=covered,
                padded=tuple((n + sum(p) for n, p in zip(sizes, padding, strict=True))),
            )
        return window, output
