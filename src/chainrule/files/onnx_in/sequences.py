"""RNN, LSTM and GRU: their gates in our order, and the places of their outputs that networks go on with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Arranged, Array
from chainrule.files.onnx_in.layout import BATCH, Tensor, fresh_axes
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.values import Values
from chainrule.layers import GRU, LSTM, RNN, Layer

# In which order the file's gates come in ours. ONNX has the LSTM's as i, o, f, g and the GRU's as z, r, n.
_GATES = {"RNN": [0], "LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2]}
_INPUT, _WEIGHTS, _RECURRENT, _BIASES, _LENGTHS, _STATE, _MEMORY, _PEEPHOLES = range(8)


def recurrent(values: Values, operation: Operation) -> dict[str, Tensor]:
    """Return what a recurrent operator gives: the states of all steps, and the last one."""
    _check(values, operation)
    directions = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}.get(
        operation.attributes.get("direction", "forward"), []
    )
    W = values.array(operation, _WEIGHTS)
    if len(W) != len(directions):
        raise FileFormatError("has weights for {count} directions.", count=len(W))
    tensor, batch_first = values.tensor(operation), bool(operation.attributes.get("layout", 0))
    x = values.building.arranged(tensor, [0, 1] if batch_first else [1, 0], 2)
    time, units = x.shape[0], values.array(operation, _RECURRENT).shape[-1]
    outputs = {}
    for name, sequence in zip(operation.outputs[:2], (True, False), strict=False):
        if name:
            source, shape = _directions(values, operation, x, directions, sequence=sequence)
            outputs[name] = Tensor(source, shape, _axes(time if sequence else 0, len(directions), units, batch_first))
    return outputs


def _axes(time: int, directions: int, units: int, batch_first: bool) -> Any:
    """Return the file's axes of all states, (time, directions, batch, units), or of the last ones if time is 0."""
    sizes = {"batch": BATCH, "time": time, "directions": directions, "units": units}
    file = ["time", "directions", "batch", "units"]
    if batch_first:
        file = ["batch", "time", "directions", "units"]
    names = [name for name in file if sizes[name]]
    return fresh_axes([sizes[name] for name in names], [list(sizes).index(name) for name in names])


def _check(values: Values, operation: Operation) -> None:
    """Raise an error for what our equations do not have."""
    settings, kind = operation.attributes, operation.kind
    usual = {"RNN": ["Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}[kind]
    activations = settings.get("activations") or usual
    count = len(activations) // len(usual)
    if activations != usual * count and not (kind == "RNN" and set(activations) == {"Relu"}):
        raise FileFormatError(
            "has the activations {names}, but chainrule's are {usual}.", names=activations, usual=usual
        )
    for name in ("clip", "input_forget"):
        if settings.get(name):
            raise FileFormatError("has the setting {name}, which chainrule's layer does not.", name=name)
    if kind == "GRU" and not settings.get("linear_before_reset", 0):
        raise FileFormatError(
            "resets the state before the recurrent product (linear_before_reset=0); chainrule's GRU, as PyTorch's, "
            "resets the product."
        )
    if operation.input(_LENGTHS) and isinstance(values.by_name.get(operation.input(_LENGTHS)), Tensor):
        raise FileFormatError("takes the lengths of its sequences as an input; export it for sequences of one length.")
    lengths = values.optional(operation, _LENGTHS)
    if lengths is not None and (lengths < values.tensor(operation).sizes[int(settings.get("layout", 0))]).any():
        raise FileFormatError("ends before the last step of its sequences, which no layer does.")
    for index in (_STATE, _MEMORY, _PEEPHOLES):
        stored = values.optional(operation, index)
        if stored is not None and stored.any():
            raise FileFormatError("starts from states that are not 0, or has peepholes, which no layer has.")


def _directions(
    values: Values, operation: Operation, x: Arranged, directions: list[bool], *, sequence: bool
) -> tuple[str, Any]:
    """Return the node of all directions side by side, and the shape of its output."""
    ends = []
    for index, reverse in enumerate(directions):
        layer, params = _layer(values, operation, index, reverse=reverse, sequence=sequence)
        source, shape = values.building.layer(
            operation.name, layer, x.source, x.shape, params | {"Wx": x.features(params["Wx"])}
        )
        ends.append(Arranged(source, shape, None))
    if len(ends) == 1:
        return ends[0].source, ends[0].shape
    shape = (*ends[0].shape[:-1], 2 * ends[0].shape[-1])
    return values.building.merge(f"{operation.name}_both", "concatenate", ends), shape


def _layer(
    values: Values, operation: Operation, index: int, *, reverse: bool, sequence: bool
) -> tuple[Layer, dict[str, Array]]:
    """Return the layer of one direction with its parameters."""
    kind = operation.kind
    W, R = values.array(operation, _WEIGHTS)[index], values.array(operation, _RECURRENT)[index]
    units, gates = R.shape[-1], _GATES[kind]
    stored = values.optional(operation, _BIASES)
    B = np.zeros(2 * len(gates) * units, W.dtype) if stored is None else stored[index]
    if W.shape[0] != len(gates) * units or B.shape != (2 * len(gates) * units,):
        raise FileFormatError("has weights of shape {shape} for {units} units.", shape=W.shape, units=units)

    def ordered(array: Array) -> Array:
        blocks = array.reshape(len(gates), units, -1)[gates]
        return blocks.reshape(len(gates) * units, -1).T

    Wx, Wh = ordered(W), ordered(R)
    bx, bh = (ordered(b)[0] for b in np.split(B, 2))
    if kind == "GRU":
        return GRU(units, sequence=sequence, reverse=reverse), {"Wx": Wx, "Wh": Wh, "bx": bx, "bh": bh}
    params = {"Wx": Wx, "Wh": Wh, "b": bx + bh}
    if kind == "LSTM":
        return LSTM(units, sequence=sequence, reverse=reverse), params
    activation = "relu" if "Relu" in (operation.attributes.get("activations") or ()) else "tanh"
    return RNN(units, activation, sequence=sequence, reverse=reverse), params


def last_step(values: Values, operation: Operation, tensor: Tensor, axis: int, place: int) -> Tensor:
    """Return the last step of a sequence of states, without its axis: what the layer gives with sequence=False."""
    part, size = values.part(tensor), tensor.sizes[axis]
    layer = part.operation if part is not None else None
    steps = tensor.axes[axis]
    if (
        part is None
        or not isinstance(layer, RNN | LSTM | GRU)
        or not layer.sequence
        or layer.reverse
        or place not in (-1, size - 1)
        or [atom.rank for atom in steps] != [(1,)] * (size > 1)
    ):
        raise FileFormatError(
            "picks place {place} of an axis of {size}; chainrule reads only the last step of a recurrent layer that "
            "runs forward.",
            place=place,
            size=size,
        )
    source = values.building.replaced(operation.name, replace(layer, sequence=False), part, part.params)
    axes = tuple(kept for i, kept in enumerate(tensor.axes) if i != axis)
    return Tensor(source, (layer.units,), axes)


def merged_piece(values: Values, tensor: Tensor, axis: int, place: int) -> Tensor | None:
    """Return one of the arrays that were put side by side, if an axis goes through these; without that axis."""
    part = values.part(tensor)
    if part is None or part.operation != "concatenate":
        return None
    steps, count = tensor.axes[axis], len(part.inputs)
    after = [atom.size for other in tensor.axes for atom in other if steps and atom.rank > steps[0].rank]
    width = tensor.shape[-1] // count
    if len(steps) != 1 or tensor.sizes[axis] != count or int(np.prod(after)) != width or not -count <= place < count:
        return None
    axes = tuple(kept for i, kept in enumerate(tensor.axes) if i != axis)
    return Tensor(part.inputs[place], (*tensor.shape[:-1], width), axes)
