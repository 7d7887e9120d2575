"""Convolutions, poolings, recurrent layers and the step of the pass on the screen, as the checker's equations have it.

Each is plain data: its `kind`, the number of its `layer` (None for the step), what a learner's function is `given`
there, and what is `known` to come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checker.equations import recurrent as eq
from chainrule.checker.equations.columns import columns
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.equations.optimizers import STEPS
from chainrule.layers import LSTM, RNN, AveragePool, Conv2D, Layer, MaxPool
from chainrule.trace.record import LayerRecord

_LARGEST = 20_000  # numbers of a layer's output: loops in Python over more take too long
_LARGEST_STEP = 5_000  # parameters of a step
_SMALL = 0.1  # of the largest gradient
_GATES = {"i": 0, "f": 1, "c": 2, "o": 3}  # where they stand in the columns of our LSTM
_GATES_IN_ROWS = (0, 1, 3, 2)  # and those of cs231n, i, f, o, g, in ours
_EXAMPLES = 1  # of pictures, which a learner's loops take long for


def other_layers(records: list[LayerRecord]) -> Iterator[Values]:
    """Yield the convolutions, poolings and recurrent layers of a pass that the checker's equations have, too."""
    for number, record in enumerate(records):
        of_kind = next((of for kind, of in _OF_KIND.items() if isinstance(record.layer, kind)), None)
        if of_kind is not None and record.dy is not None and np.size(record.y) <= _LARGEST * len(record.y):
            yield from (place | {"layer": number} for place in of_kind(record))


def step(layers: list[Values]) -> Iterator[Values]:
    """Yield the parameters of a pass's dense layers, and gradients for three steps of an optimizer.

    The gradients are those of the pass, scaled so that the largest is 1; small ones are 0, because of these it matters
    where an optimizer adds its epsilon, which is up to the author.
    """
    numbered = list(enumerate(layers, start=1))
    params = {f"{name}{number}": v[name] for number, v in numbered for name in "Wb"}
    grads = {f"{name}{number}": v[f"d{name}"] for number, v in numbered for name in "Wb" if f"d{name}" in v}
    if params and grads.keys() == params.keys() and sum(p.size for p in params.values()) <= _LARGEST_STEP:
        largest = max(float(np.abs(g).max()) for g in grads.values()) or 1.0
        scaled = {name: np.where(np.abs(g) < _SMALL * largest, 0.0, g / largest) for name, g in grads.items()}
        given = {"params": params, "grads": [scaled] * STEPS}
        yield {"kind": "optimizer", "layer": None, "given": given, "known": {}}


def _run(layer: Layer, params: Any, x: Any, dy: Any) -> tuple[Any, Any, Any]:
    """Return what a layer makes of some examples in float64, and the gradients of the input and of the parameters."""
    own = {name: np.asarray(p, float) for name, p in params.items()}
    y, cache = layer.forward(own, np.asarray(x, float))
    dx, grads = layer.backward(cache, np.asarray(dy, float))
    return y, dx, grads


def _few(array: Any) -> Any:
    return np.asarray(array[:_EXAMPLES], float)


def _square(sizes: tuple[int, ...]) -> bool:
    return len(sizes) == 2 and sizes[0] == sizes[1]


def _convolution(record: LayerRecord) -> Iterator[Values]:
    layer = record.layer
    assert isinstance(layer, Conv2D)
    window, _ = layer.window((1, *record.x.shape[1:]))
    pads = {pad for pair in window.padding for pad in pair}
    plain = window.dilation == (1, 1) and window.groups == 1 and len(pads) == 1
    if not (plain and _square(window.stride) and _square(record.params["W"].shape[:2])):
        return
    x, dZ = _few(record.x), _few(record.dy)
    Z, dA, grads = _run(layer, record.params, x, dZ)
    W = np.asarray(record.params["W"], float)
    b = np.asarray(record.params.get("b", np.zeros(W.shape[-1])), float).reshape(1, 1, 1, -1)
    sizes = {"stride": window.stride[0], "pad": pads.pop(), "f": W.shape[0]}
    known = {"Z": Z, "dA_prev": dA, "dW": grads["W"]}
    known |= {"db": grads["b"].reshape(1, 1, 1, -1)} if "b" in grads else {}
    yield {"kind": "convolution", "given": {"A_prev": x, "W": W, "b": b, "dZ": dZ} | sizes, "known": known}
    v = {"A_prev": x} | sizes
    yield {"kind": "columns", "given": v | columns(v), "known": {}}


def _pooling(record: LayerRecord) -> Iterator[Values]:
    layer = record.layer
    assert isinstance(layer, MaxPool | AveragePool)
    size, stride = (_both(value) for value in (layer.window, layer.stride))
    if record.x.ndim != 4 or layer.padding != "valid" or not (_square(size) and _square(stride)):
        return
    x, dA = _few(record.x), _few(record.dy)
    A, dx, _ = _run(layer, record.params, x, dA)
    mode = "max" if isinstance(layer, MaxPool) else "average"
    given = {"A_prev": x, "dA": dA, "stride": stride[0], "pad": 0, "f": size[0], "mode": mode}
    yield {"kind": "pooling", "given": given, "known": {"A": A, "dA_prev": dx}}


def _both(value: Any) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _recurrent(record: LayerRecord) -> Iterator[Values]:
    layer: Any = record.layer
    memory = isinstance(layer, LSTM)
    if layer.reverse or isinstance(record.x, tuple) or (not memory and layer.activation != "tanh"):
        return
    x, every = np.asarray(record.x, float), replace(layer, sequence=True)
    dh = np.zeros((*x.shape[:2], layer.units))
    if layer.sequence:
        dh[:] = record.dy
    else:
        dh[:, -1] = record.dy
    h, dx, grads = _run(every, record.params, x, dh)
    params = {name: np.asarray(p, float) for name, p in record.params.items()}
    yield _as_columns(params, x, dh, memory, {"h": h, "dx": dx} | grads)
    yield _as_rows(params, x, dh, memory, {"h": h, "dx": dx} | grads)


def _as_columns(params: Values, x: Any, dh: Any, memory: bool, found: Values) -> Values:
    """Return a recurrent layer as the course has it: examples as columns, time last, and an output that is 0."""
    known = {"a": _time_last(found["h"]), "dx": _time_last(found["dx"])} | _in_course(found, memory, "d")
    n_a = dh.shape[2]
    nothing = {"Wya": np.zeros((1, n_a)), "Wy": np.zeros((1, n_a)), "by": np.zeros((1, 1))}
    v: Values = {"x": _time_last(x), "da": _time_last(dh), "a0": np.zeros((n_a, len(x)))}
    v["parameters"] = _in_course(params, memory, "") | nothing
    last = eq.steps_of(v, memory)[-1]
    v |= {"xt": last["xt"], "a_prev": last["a_prev"], "c_prev": last.get("c_prev", np.zeros_like(v["a0"]))}
    v |= {"da_next": v["da"][..., -1], "dc_next": np.zeros_like(v["a0"])}
    return {"kind": "lstm" if memory else "rnn", "given": v, "known": known}


def _in_course(arrays: Values, memory: bool, d: str) -> Values:
    """Return the parameters of a layer, or their gradients, as the course has them."""
    Wx, Wh, b = (arrays[name] for name in ("Wx", "Wh", "b"))
    if not memory:
        return {f"{d}Wax": Wx.T, f"{d}Waa": Wh.T, f"{d}ba": b[:, None]}
    n_a = len(Wh)
    named: Values = {}
    for gate, place in _GATES.items():
        part = slice(place * n_a, (place + 1) * n_a)
        named |= {f"{d}W{gate}": np.vstack([Wh, Wx])[:, part].T, f"{d}b{gate}": b[part][:, None]}
    return named


def _as_rows(params: Values, x: Any, dh: Any, memory: bool, found: Values) -> Values:
    """Return a recurrent layer as cs231n has it: examples as rows, the gates in the order i, f, o, g."""
    W = {name: _in_cs231n(params[name], memory) for name in ("Wx", "Wh", "b")}
    known = {"h": found["h"], "dx": found["dx"]}
    known |= {f"d{name}": _in_cs231n(found[name], memory) for name in ("Wx", "Wh", "b")}
    start = np.zeros((len(x), dh.shape[2]))
    given = W | {"x": x, "xs": x, "h0": start, "dh": dh}
    given |= {"prev_h": found["h"][:, -2] if x.shape[1] > 1 else start, "prev_c": start}
    given |= {"dnext_h": dh[:, -1], "dnext_c": start}
    return {"kind": "lstm in rows" if memory else "rnn in rows", "given": given, "known": known}


def _in_cs231n(array: Any, memory: bool) -> Any:
    if not memory:
        return array
    parts = np.split(array, len(_GATES), axis=-1)
    return np.concatenate([parts[place] for place in _GATES_IN_ROWS], axis=-1)


def _time_last(a: Any) -> Any:
    return np.transpose(a, (2, 0, 1))


_OF_KIND: dict[type[Layer], Callable[[LayerRecord], Iterator[Values]]] = {
    Conv2D: _convolution,
    MaxPool: _pooling,
    AveragePool: _pooling,
    RNN: _recurrent,
    LSTM: _recurrent,
}
