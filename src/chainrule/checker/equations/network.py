"""The equations of a whole network, forward and backward, as steps of which any one can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import linear
from chainrule.checker.equations.activations import SLOPES, SLOPES_BY_VALUE, VALUES, Function
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.softmax import softmax

Step = Callable[..., Any]
Lists = tuple[list[Any], list[Any]]
"""Z and A of all layers, those of layer 0 included."""


def _by_value(slope: Function, dA: Any, Z: Any, A: Any) -> Any:
    return dA * slope(A)


def _through_softmax(dA: Any, Z: Any, A: Any) -> Any:
    return A * (dA - (dA * A).sum(axis=0))


def _unchanged(dA: Any, Z: Any, A: Any) -> Any:
    return dA


OUTPUTS: dict[str, Function] = {"sigmoid": VALUES["sigmoid"], "softmax": softmax, "identity": VALUES["identity"]}
GATES: dict[str, Step] = {name: partial(_by_value, slope) for name, slope in SLOPES_BY_VALUE.items()}
"""dZ of each hidden activation, from dA, Z and A."""
OUTPUT_GATES: dict[str, Step] = {
    "sigmoid": GATES["sigmoid"],
    "softmax": _through_softmax,
    "identity": _unchanged,
}
"""dZ of each output activation, from dA, Z and A."""


def unit(v: Values, linear_part: Equation, activation: Function) -> tuple[Any, Any]:
    """Return Z and A of one layer. What the linear part calls "late" is added after the activation."""
    sums = linear_part(v)
    return sums["Z"], activation(sums["Z"]) + sums.get("late", 0)


def passes(step: Steps, v: Values) -> Lists:
    """Return Z and A of all layers; a layer that is skipped hands on what it got."""
    Z, A, layers = [v["X"]], [v["X"]], depth(v)
    for layer in range(1, layers + 1):
        W, b = (v[f"{kind}{step.numbered(kind, layer, layers)}"] for kind in "Wb")
        inputs = {"A_prev": step.fed(layer, layers, Z, A), "W": W, "b": b, "layer": layer}
        if step.skipped(layer, layers):
            pair = A[-1], A[-1]
        else:
            pair = step.unit(inputs, step.forward, step.output if layer == layers else step.hidden)
        Z.append(pair[0])
        A.append(pair[1] if layer == layers else step.dropped(layer, pair[1], v))
    return Z, A


@dataclass(frozen=True)
class Steps:
    """The steps of both passes; the layers are counted from 1 to `layers`, and layer 0 is the input.

    Parameters
    ----------
    hidden, output
        The activations: A from Z.
    gate, output_gate
        dZ of a hidden layer and of the last one, from dA, Z, A.
    loss_slope
        dAL from AL and Y, of one example's loss.
    delta
        dZ of the last layer from AL, Y, ZL: what `output_gate` makes of `loss_slope`, without their fractions.
    mean
        Whether the gradient is that of the mean over the examples, or of their sum.
    fed
        What a layer gets, from its number, `layers`, all Z and all A so far.
    numbered
        The layer whose W or b a layer takes, from "W" or "b", its number and `layers`.
    skipped
        Whether a layer is left out, from its number and `layers`.
    forward, backward
        The linear part of a layer; both are told its number as well.
    unit
        Z and A of a layer, from what the linear part needs, the linear part and the activation.
    dropped, dropped_back
        What dropout makes of A of a hidden layer, and of its gradient, from its number, A or dA, and the case.
    passes
        All Z and all A from the steps and the case.
    unit_backward
        dA_prev, dW, db of a layer from dA, its Z, and the gate; None if it is gate and linear part.
    remembered
        What dW is made with, from the number of the layer, all Z and all A.
    cached, gated
        The layer whose quantities a layer's backward pass takes, and that whose Z and A the gate takes, from its
        number and `layers`.
    other_gates
        The gates of the hidden layers, by their numbers, that have another one.
    carried
        The dZ that goes through W to the layer before, from all dZ so far.
    arriving
        The dA that a layer starts from, from all dA and all dZ so far.
    penalty
        What is added to the gradient of a parameter, from its name and the case.
    """

    hidden: Function
    output: Function
    gate: Step = _unchanged
    output_gate: Step = OUTPUT_GATES["sigmoid"]
    loss_slope: Step = lambda A, Y: -(Y / A - (1 - Y) / (1 - A))
    delta: Step = lambda A, Y, Z: A - Y
    mean: bool = True
    fed: Step = lambda layer, layers, Z, A: A[layer - 1]
    numbered: Callable[[str, int, int], int] = lambda kind, layer, layers: layer
    skipped: Callable[[int, int], bool] = lambda layer, layers: False
    forward: Equation = linear.forward
    unit: Step = unit
    dropped: Step = lambda layer, A, v: A
    passes: Callable[[Steps, Values], Lists] = passes
    backward: Equation | None = None
    unit_backward: Step | None = None
    dropped_back: Step = lambda layer, dA, v: dA
    remembered: Step = lambda layer, Z, A: A[layer - 1]
    cached: Callable[[int, int], int] = lambda layer, layers: layer
    gated: Callable[[int, int], int] = lambda layer, layers: layer
    other_gates: Mapping[int, Step] = field(default_factory=dict)
    carried: Step = lambda dZs: dZs[-1]
    arriving: Step = lambda dAs, dZs: dAs[-1]
    penalty: Step = lambda name, v: 0.0

    def linear_backward(self) -> Equation:
        """Return the backward pass of the linear part."""
        return self.backward or partial(linear.backward, mean=self.mean)


_SLOPES_OF_THE_LOSS: dict[str, Step] = {
    "sigmoid": lambda A, Y: -(Y / A - (1 - Y) / (1 - A)),
    "softmax": lambda A, Y: -Y / A,
    "identity": lambda A, Y: A - Y,
}


def steps(hidden: str, output: str) -> Steps:
    """Return the right steps of a network by the names of its activations."""
    gate, output_gate = GATES.get(hidden, partial(slope_at_z, hidden)), OUTPUT_GATES[output]
    return Steps(VALUES[hidden], OUTPUTS[output], gate, output_gate, _SLOPES_OF_THE_LOSS[output])


def with_loss(step: Steps, loss_slope: Step) -> Steps:
    """Return the steps with another loss, by dAL as a function of AL and Y."""
    return replace(step, loss_slope=loss_slope, delta=lambda A, Y, Z: step.output_gate(loss_slope(A, Y), Z, A))


def slope_at_z(name: str, dA: Any, Z: Any, A: Any) -> Any:
    """Return dZ of an activation by the slope at Z."""
    return dA * SLOPES[name](Z)


def depth(v: Values) -> int:
    """Return how many layers the values are for."""
    return sum(name[0] == "W" for name in v)


def forward(step: Steps, v: Values) -> Values:
    """Return X, Z1, A1, Z2, ..., and the last A once more as AL."""
    Z, A = step.passes(step, v)
    numbered = {f"{name}{layer}": a[layer] for name, a in (("Z", Z), ("A", A)) for layer in range(1, len(A))}
    return {"AL": A[-1], "X": v["X"]} | numbered


def predict(step: Steps, v: Values) -> Values:
    """Return AL alone."""
    return {"AL": forward(step, v)["AL"]}


def backward(step: Steps, v: Values) -> Values:
    """Return dW1, db1, dW2, ..., from the Z and A that the forward pass of the same steps leaves."""
    Z, A = step.passes(step, v)
    layers = depth(v)
    dAs: list[Any] = []
    dZs: list[Any] = []
    gradients: Values = {}
    for layer in range(layers, 0, -1):
        at = step.cached(layer, layers)
        if step.unit_backward is not None:
            dA = step.loss_slope(A[layers], v["Y"]) if layer == layers else step.arriving(dAs, dZs)
            linear_grads = step.unit_backward(dA, Z[at], step.output_gate if layer == layers else step.gate)
            dZs.append(dA)
        else:
            inputs = {"A_prev": step.remembered(at, Z, A), "W": v[f"W{at}"], "b": v[f"b{at}"], "layer": at}
            inputs |= {"X": v["X"], "Y": v["Y"]}
            dZs.append(_into(step, v, layer, Z, A, dAs, dZs))
            linear_grads = step.linear_backward()(inputs | {"dZ": dZs[-1]})
            carried = step.carried(dZs)
            if carried is not dZs[-1]:
                linear_grads |= {"dA_prev": step.linear_backward()(inputs | {"dZ": carried})["dA_prev"]}
        dAs.append(linear_grads["dA_prev"])
        gradients |= {f"d{kind}{layer}": linear_grads[f"d{kind}"] for kind in "Wb"}
    return {name: one_by_one(a + step.penalty(name[1:], v)) for name, a in gradients.items()}


def _into(step: Steps, v: Values, layer: int, Z: Sequence[Any], A: Sequence[Any], dAs: Any, dZs: Any) -> Any:
    """Return dZ of a layer."""
    layers = depth(v)
    if layer == layers:
        return step.delta(A[layers], v["Y"], Z[layers])
    at = step.gated(step.cached(layer, layers), layers)
    gate = step.other_gates.get(layer, step.gate)
    return gate(step.dropped_back(layer, step.arriving(dAs, dZs), v), Z[at], A[at])


def one_by_one(b: Any) -> Any:
    """Return a single number as the (1, 1) that the bias of one unit is; anything else as it is."""
    return np.reshape(b, (1, 1)) if np.size(b) == 1 else b


def cases(layers: int, output: str) -> list[Values]:
    """Return a case whose sizes all differ, and one whose widths and m are equal so that transposes do not raise."""
    # No Z of a hidden layer is nearly 0, where differences would meet a kink of ReLU, and both answers are given.
    rng = np.random.default_rng(210)
    examples = []
    for widths, outputs, m in (([5, 4, 6, 2, 7], 3, 7), ([4] * 5, 4, 4)):
        last = 1 if output == "sigmoid" else outputs
        sizes = [*widths[:layers], last]
        v: Values = {"X": rng.standard_normal((sizes[0], m))}
        v["Y"] = np.array([[1.0, 0, 0, 1, 0, 1, 1]])[:, :m]
        if last > 1:
            v["Y"] = np.eye(last)[:, np.array([last - 1, 0, 1, 2, 1, 0, 2])[:m]]
        for layer in range(1, layers + 1):
            n = sizes[layer]
            v[f"W{layer}"] = rng.standard_normal((n, sizes[layer - 1])) * 0.7
            v[f"b{layer}"] = rng.uniform(0.2, 0.6, (n, 1)) * rng.choice([-1.0, 1.0], (n, 1))
        examples.append(v)
    return examples
