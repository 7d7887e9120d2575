"""ONNX has the channels before height and width, chainrule behind them."""

from __future__ import annotations

from chainrule.export.onnx_operators.graph import Place


def channels_first(place: Place, x: str, axes: int) -> str:
    """Return a tensor with the channels before so many axes; runtimes take out what turns back and forth."""
    return place.node("Transpose", x, perm=[0, axes + 1, *range(1, axes + 1)])


def channels_last(place: Place, x: str, axes: int) -> str:
    """Return a tensor with the channels behind so many axes."""
    return place.node("Transpose", x, perm=[0, *range(2, axes + 2), 1])


def both_ends(padding: list[tuple[int, int]]) -> list[int]:
    """Return pairs (before, after) in the order of ONNX: what is before each axis, then what is after each."""
    return [n for end in zip(*padding, strict=True) for n in end]
