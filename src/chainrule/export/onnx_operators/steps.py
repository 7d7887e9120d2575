"""Sequences of different length: an optional input `lengths`, and the mask that follows from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.export.onnx_operators.graph import INPUT, Graph, Place, Tensor

LENGTHS = "lengths"
"""The name of the optional input: how many steps of each sequence hold data; the padding is behind them."""

NO_PADDING = np.array([2**31 - 1])
"""Its value if it is not given: no sequence is longer."""


def _once(graph: Graph, name: str, add: Callable[[], str]) -> str:
    """Return the name of a tensor that is added when the first layer needs it."""
    if name not in graph.shared:
        graph.shared[name] = add()
    return graph.shared[name]


def _time(graph: Graph) -> str:
    return _once(graph, "time", lambda: graph.node(f"{LENGTHS}/time", "Shape", [INPUT], start=1, end=2))


def _counts(graph: Graph) -> str:
    """Return the number of steps with data of each sequence: int64, (batch,)."""

    def add() -> str:
        batch = graph.node(f"{LENGTHS}/batch", "Shape", [INPUT], start=0, end=1)
        counts = graph.node(f"{LENGTHS}/Min", "Min", [LENGTHS, _time(graph)])
        return graph.node(f"{LENGTHS}/Expand", "Expand", [counts, batch])

    return _once(graph, "counts", add)


def counts_of_recurrent(graph: Graph) -> str:
    """Return the same as recurrent operators take it, as int32."""
    from onnx import TensorProto

    counts = _counts(graph)
    return _once(graph, "int32", lambda: graph.node(f"{LENGTHS}/int32", "Cast", [counts], to=TensorProto.INT32))


def without_empty(place: Place, y: str) -> str:
    """Return what is left of sequences, (batch, units), with 0 for those that have no step with data.

    The standard does not say what recurrent operators give for these, and RNN of onnxruntime 1.23 gives numbers that
    lie around in memory.
    """
    from onnx import TensorProto

    axis, zero = place.integers("axis", [1]), place.parameter("zero", np.float32(0))
    counts = place.node("Unsqueeze", counts_of_recurrent(place.graph), axis)
    some = place.node("Cast", counts, to=TensorProto.BOOL)
    return place.node("Where", some, y, zero)


def mask(graph: Graph) -> str:
    """Return 1 for steps with data and 0 for padding: float32, (batch, time, 1)."""
    from onnx import TensorProto

    def add() -> str:
        zero, one = (graph.initializer(f"{LENGTHS}/{n}", np.array(n)) for n in (0, 1))
        axes = [graph.initializer(f"{LENGTHS}/axes", np.array(axes)) for axes in ([0, 2], [1, 2])]
        time = graph.node(f"{LENGTHS}/Squeeze", "Squeeze", [_time(graph)])
        steps = graph.node(f"{LENGTHS}/Range", "Range", [zero, time, one])
        steps, counts = (
            graph.node(f"{LENGTHS}/Unsqueeze", "Unsqueeze", [tensor, axis])
            for tensor, axis in zip((steps, _counts(graph)), axes, strict=True)
        )
        with_data = graph.node(f"{LENGTHS}/Less", "Less", [steps, counts])
        return graph.node(f"{LENGTHS}/mask", "Cast", [with_data], to=TensorProto.FLOAT)

    return _once(graph, "mask", add)


def cleared(place: Place, x: Tensor) -> str:
    """Return a tensor with 0 at padded steps, if it has steps."""
    return place.node("Mul", x.name, mask(place.graph)) if x.steps else x.name
