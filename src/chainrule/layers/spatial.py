"""Settings of layers that work along the axes between batch and channels."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.arrays import Shape
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Either, Whole

SIZES = Either(Whole(1), Each(Whole(1), "one for each axis", most=2))
"""A number of at least 1 that may differ between the axes."""

PADDING = Either(
    Whole(0),
    Each(Each(Whole(0), "a pair", least=2, most=2), "a pair (before, after) for each axis", most=2),
)
"""A number of zeros that may differ between the ends of the axes."""


def spatial_shape(layer: str, input_shape: Shape) -> Shape:
    """Return the (time,) or (height, width) of one example's shape."""
    if len(input_shape) not in (2, 3):
        raise InputError(
            "{label} takes inputs of shape (batch, time, channels) or (batch, height, width, channels), but the "
            "input has shape {shape}. Reshape it, and add a channel axis if there is none.",
            label=layer,
            shape=("batch", *input_shape),
        )
    return input_shape[:-1]


def per_axis(label: str, setting: str, value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Return one number for each axis; a single number serves all of them."""
    values = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(values) != axes:
        raise InputError(
            "{label}'s {setting} must be one number or one for each of the {axes} axes between batch and channels, "
            "not {value}.",
            label=label,
            setting=setting,
            axes=axes,
            value=value,
        )
    return values


def same_padding(n: int, size: int, stride: int) -> tuple[int, int]:
    """Return the cells before and after with which ceil(n / stride) windows fit; an odd one goes to the end."""
    total = max(0, (-(-n // stride) - 1) * stride + size - n)
    return total // 2, total - total // 2
