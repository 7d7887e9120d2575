"""Settings of layers that work along the axes between batch and channels."""

from __future__ import annotations

from chainrule.arrays import Shape
from chainrule.common.errors import InputError


def check_sizes(what: str, value: int | tuple[int, ...]) -> None:
    """Raise an error unless a setting is a whole number of at least 1, or one for each axis."""
    if min((value,) if isinstance(value, int) else value, default=0) < 1:
        raise InputError(f"{what} must be at least 1, or a pair of such numbers, but it is {value}.")


def spatial_shape(layer: str, input_shape: Shape) -> Shape:
    """Return the (time,) or (height, width) of one example's shape."""
    if len(input_shape) not in (2, 3):
        raise InputError(
            f"{layer} takes inputs of shape (batch, time, channels) or (batch, height, width, channels), "
            f"but the input has shape {('batch', *input_shape)}. Reshape it, and add a channel axis if there is none."
        )
    return input_shape[:-1]


def per_axis(what: str, value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """Return one number for each axis; a single number serves all of them."""
    values = (value,) * axes if isinstance(value, int) else value
    if len(values) != axes:
        raise InputError(
            f"{what} must be one number or one for each of the {axes} axes between batch and channels, not {value}."
        )
    return values


def same_padding(n: int, size: int, stride: int) -> tuple[int, int]:
    """Return the cells before and after with which ceil(n / stride) windows fit; an odd one goes to the end."""
    total = max(0, (-(-n // stride) - 1) * stride + size - n)
    return total // 2, total - total // 2
