"""Recurrent layers in ONNX, which has time before the batch, the gates in other orders, and both directions in one."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.export.onnx_operators.steps import counts_of_recurrent, without_empty
from chainrule.layers import GRU, LSTM, RNN, Bidirectional

# Where each gate of ONNX stands among ours.
_GATES: dict[type[Any], tuple[int, ...]] = {
    RNN: (0,),
    LSTM: (0, 3, 1, 2),  # i, o, f, c (our g) from i, f, g, o
    GRU: (1, 0, 2),  # z, r, h (our n) from r, z, n
}


def _recurrent(place: Place, layer: Any, params: Params, x: Tensor) -> str:
    return _through_time(place, layer, [params], "reverse" if layer.reverse else "forward", x)


def _bidirectional(place: Place, layer: Bidirectional, params: Params, x: Tensor) -> str:
    return _through_time(place, layer.layer, [params["ahead"], params["back"]], "bidirectional", x)


def _through_time(place: Place, layer: Any, params: list[Params], direction: str, x: Tensor) -> str:
    """Add one recurrent operator; there are parameters for each direction."""

    def stacked(arrays: list[list[Array]]) -> Array:
        return np.stack([np.concatenate([_in_order(layer, a) for a in of_direction]) for of_direction in arrays])

    zeros = np.zeros(layer.gates * layer.units)
    biases = [[p[layer.biases[0]], p[layer.biases[1]] if len(layer.biases) > 1 else zeros] for p in params]
    attributes: dict[str, Any] = {"hidden_size": layer.units, "direction": direction}
    if isinstance(layer, RNN):
        attributes["activations"] = [layer.activation.capitalize()] * len(params)
    if isinstance(layer, GRU):
        attributes["linear_before_reset"] = 1  # the reset gate acts after the recurrent product
    y = place.node(
        type(layer).__name__,
        place.node("Transpose", x.name, perm=[1, 0, 2]),
        place.parameter("Wx", stacked([[p["Wx"].T] for p in params])),
        place.parameter("Wh", stacked([[p["Wh"].T] for p in params])),
        place.parameter("b", stacked(biases)),
        counts_of_recurrent(place.graph) if x.steps else "",
        output=0 if layer.sequence else 1,
        **attributes,
    )
    # From (time, directions, batch, units), or of the last states (directions, batch, units).
    y = place.node("Transpose", y, perm=[2, 0, 1, 3] if layer.sequence else [1, 0, 2])
    lengths = [0, 0] if layer.sequence else [0]  # 0 takes over the batch, and the time
    y = place.node("Reshape", y, place.integers("shape", [*lengths, len(params) * layer.units]))
    return without_empty(place, y) if x.steps and not layer.sequence else y


def _in_order(layer: Any, rows: Array) -> Array:
    """Return the rows of all gates in ONNX's order."""
    gates = np.split(rows, layer.gates)
    return np.concatenate([gates[i] for i in _GATES[type(layer)]])


OPERATORS: dict[type[Any], Operator] = {
    RNN: _recurrent,
    LSTM: _recurrent,
    GRU: _recurrent,
    Bidirectional: _bidirectional,
}
