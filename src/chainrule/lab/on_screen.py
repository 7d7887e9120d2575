"""The pass on the screen as the checker's quantities: what a learner's functions are given, and what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Values
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.lab.other_layers import other_layers, step
from chainrule.layers import Activation, Dense
from chainrule.trace.record import LayerRecord, PassRecord


@dataclass(frozen=True)
class OnScreen:
    """One pass of some examples through dense layers; examples are columns, as in the checker's equations.

    Parameters
    ----------
    layers
        For each dense layer its number in the network (`layer`), `activation` ("" for none), and A_prev, W, b, Z, A,
        dA, dZ, dA_prev, dW, db. The gradients are those of the mean over the examples. What the pass does not have is
        missing, such as dA of the last layer.
    whole
        Whether the network is these layers and nothing else.
    task
        "binary", "classes" or "regression".
    Y, cost, rate
        The targets, the loss, and the learning rate of one step of gradient descent.
    others
        What else there is in the pass that functions are written for (`chainrule.lab.other_layers`).
    """

    layers: tuple[Values, ...]
    whole: bool
    task: str
    Y: Any
    cost: float
    rate: float
    others: tuple[Values, ...] = ()

    def json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> OnScreen:
        """Return what `json` was made of."""
        layers, others = (tuple(map(_array, data[name])) for name in ("layers", "others"))
        return cls(**(data | {"layers": layers, "others": others, "Y": np.array(data["Y"], float)}))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def _array(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _array(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_array(part) for part in value] if value and isinstance(value[0], dict) else np.array(value, float)
    return value


def on_screen(traced: PassRecord, task: str, rate: float) -> OnScreen:
    """Return a traced pass as a learner's functions know it.

    Parameters
    ----------
    traced
        The pass, with its loss.
    task
        What the network learns: "binary", "classes" or "regression".
    rate
        The learning rate of the step that `update_parameters` is asked for.
    """
    assert traced.loss is not None
    records = list(traced.layers)
    layers, used = [], 0
    for position, record in enumerate(records):
        if not isinstance(record.layer, Dense) or np.ndim(record.x) != 2:
            continue
        after = records[position + 1] if position + 1 < len(records) else None
        follower = after if after is not None and isinstance(after.layer, Activation) else None
        values = _dense(record) | (_activated(follower) if follower else {})
        if record is records[-1]:
            values |= _last(traced, task)
        layers.append(values | {"layer": position})
        used += 1 if follower is None else 2
    others = (*other_layers(records), *step(layers))
    whole = used == len(records)
    return OnScreen(tuple(layers), whole, task, _targets(traced, task), traced.loss.value, rate, others)


def _dense(record: LayerRecord) -> Values:
    """Return the quantities of a dense layer, as columns."""
    W = np.asarray(record.params["W"])
    b = np.asarray(record.params["b"]) if "b" in record.params else np.zeros(W.shape[1])
    values = {"A_prev": record.x.T, "W": W.T, "b": b[:, None], "Z": record.y.T, "activation": ""}
    if record.dy is not None:
        values |= {"dZ": record.dy.T, "dW": record.grads["W"].T}
        values |= {"db": record.grads["b"][:, None]} if "b" in record.grads else {}
        values |= {"dA_prev": record.dx.T} if record.dx is not None else {}
    return {name: value if isinstance(value, str) else np.asarray(value, float) for name, value in values.items()}


def _activated(record: LayerRecord) -> Values:
    values: Values = {"activation": record.label, "A": np.asarray(record.y, float).T}
    return values | ({"dA": np.asarray(record.dy, float).T} if record.dy is not None else {})


def _last(traced: PassRecord, task: str) -> Values:
    """Return the output of the last layer, which the loss owns."""
    loss = traced.loss
    assert loss is not None
    A = np.asarray(loss.P, float).T.reshape(-1, len(loss.P))
    if task != "binary":
        return {"activation": "softmax" if task == "classes" else "identity", "A": A}
    Y = _targets(traced, task)
    with np.errstate(all="ignore"):
        dA = -(Y / A - (1 - Y) / (1 - A)) / A.shape[1]
    return {"activation": "sigmoid", "A": A} | ({"dA": dA} if np.isfinite(dA).all() else {})


def _targets(traced: PassRecord, task: str) -> Any:
    loss = traced.loss
    assert loss is not None
    Y = np.asarray(loss.Y)
    if task == "classes" and Y.ndim == 1:
        return np.eye(loss.Z.shape[1])[Y.astype(int)].T
    return np.asarray(Y.reshape(len(Y), -1).T, float)


def rows_of(chosen: Sequence[int], count: int, most: int) -> list[int]:
    """Return which examples of a set are looked at: at most so many, the first ones if none are chosen.

    Raises
    ------
    InputError
        None of those that are chosen is there.
    """
    known = [row for row in dict.fromkeys(chosen) if 0 <= row < count]
    if chosen and not known:
        raise InputError(
            "The examples have the numbers 0 to {last}, but {wrong} came.", last=count - 1, wrong=shown(chosen[0])
        )
    return known[:most] or list(range(min(most, count)))
