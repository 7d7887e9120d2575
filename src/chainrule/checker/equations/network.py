"""The equations of a whole network, forward and backward, with any one of their steps replaced by a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import linear
from chainrule.checker.equations.activations import SLOPES, VALUES, Function
from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Step = Callable[..., Any]


def softmax(Z: Any) -> Any:
    """Return the softmax of every column."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


OUTPUTS: dict[str, Function] = {"sigmoid": VALUES["sigmoid"], "softmax": softmax, "identity": VALUES["identity"]}
GATES: dict[str, Step] = {
    "tanh": lambda dA, Z, A: dA * (1 - A**2),
    "relu": lambda dA, Z, A: dA * (A > 0),
    "sigmoid": lambda dA, Z, A: dA * A * (1 - A),
}
"""dZ of each hidden activation, from dA, Z and A."""


def _before(layer: int, Z: Sequence[Any], A: Sequence[Any]) -> Any:
    return A[layer - 1]


@dataclass(frozen=True)
class Steps:
    """The steps of both passes; the layers are counted from 1.

    Parameters
    ----------
    hidden, output
        The activations: A from Z.
    gate
        dZ of a hidden layer from dA, Z, A.
    delta
        dZ of the last layer from AL, Y, ZL, of one example's loss.
    mean
        Whether the gradient is that of the mean over the examples, or of their sum.
    fed
        What a layer gets, from its number, all Z and all A so far.
    forward, backward
        The linear part of a layer. Both are told the number of the layer as well. What forward returns as "late" is
        added after the activation, where nothing should be.
    remembered
        What dW is made with, from the number of the layer, all Z and all A.
    gated
        The layer whose Z and A the gate of a layer gets.
    carried
        The dZ that goes on to the layer before, from all dZ so far.
    """

    hidden: Function
    output: Function
    gate: Step
    delta: Step = lambda A, Y, Z: A - Y
    mean: bool = True
    fed: Step = _before
    forward: Equation = linear.forward
    backward: Equation | None = None
    remembered: Step = _before
    gated: Callable[[int], int] = lambda layer: layer
    carried: Step = lambda deltas: deltas[-1]


def steps(hidden: str, output: str) -> Steps:
    """Return the right steps of a network."""
    return Steps(VALUES[hidden], OUTPUTS[output], GATES[hidden])


def depth(v: Values) -> int:
    """Return how many layers the values are for."""
    return sum(name[0] == "W" for name in v)


def _passes(step: Steps, v: Values) -> tuple[list[Any], list[Any]]:
    Z, A = [v["X"]], [v["X"]]
    for layer in range(1, depth(v) + 1):
        inputs = {"A_prev": step.fed(layer, Z, A), "W": v[f"W{layer}"], "b": v[f"b{layer}"], "layer": layer}
        made = step.forward(inputs | {"W1": v["W1"]})
        Z.append(made["Z"])
        A.append((step.output if layer == depth(v) else step.hidden)(made["Z"]) + made.get("late", 0))
    return Z, A


def forward(step: Steps, v: Values) -> Values:
    """Return X, Z1, A1, Z2, ..., and the last A once more as AL."""
    Z, A = _passes(step, v)
    numbered = {f"{name}{layer}": made[layer] for name, made in (("Z", Z), ("A", A)) for layer in range(1, len(A))}
    return {"AL": A[-1], "X": v["X"]} | numbered


def backward(step: Steps, v: Values) -> Values:
    """Return dW1, db1, dW2, ..., from the Z and A that the forward pass of the same steps leaves."""
    Z, A = _passes(step, v)
    layer = depth(v)
    deltas = [step.delta(A[layer], v["Y"], Z[layer])]
    gradients: Values = {}
    while True:
        A_prev, dZ = step.remembered(layer, Z, A), step.carried(deltas)
        inputs = {"A_prev": A_prev, "W": v[f"W{layer}"], "b": v[f"b{layer}"], "dZ": deltas[-1], "layer": layer}
        inputs |= {"X": v["X"], "Y": v["Y"]}
        back = step.backward or partial(linear.backward, mean=step.mean)
        made = back(inputs)
        gradients |= {f"dW{layer}": made["dW"], f"db{layer}": one_by_one(made["db"])}
        if layer == 1:
            return gradients
        dA = made["dA_prev"] if dZ is deltas[-1] else back(inputs | {"dZ": dZ})["dA_prev"]
        layer -= 1
        at = step.gated(layer)
        deltas.append(step.gate(dA, Z[at], A[at]))


def one_by_one(b: Any) -> Any:
    """Return a single number as the (1, 1) that the bias of one unit is; anything else as it is."""
    return np.reshape(b, (1, 1)) if np.size(b) == 1 else b


def cases(layers: int, output: str) -> list[Values]:
    """Return a case whose sizes all differ, and one whose widths and m are equal so that transposes do not raise."""
    rng = np.random.default_rng(11)
    made = []
    for widths, m in (([5, 4, 6, 3], 7), ([4, 4, 4, 4], 4)):
        last = 1 if output == "sigmoid" else widths[-1]
        sizes = [*widths[:layers], last]
        v: Values = {"X": rng.standard_normal((sizes[0], m))}
        v["Y"] = np.array([[1.0, 0, 0, 1, 0, 1, 1]])[:, :m]
        if last > 1:
            v["Y"] = np.eye(last)[:, np.array([last - 1, 0, 1, 2, 1, 0, 2])[:m]]
        for layer in range(1, layers + 1):
            n = sizes[layer]
            v[f"W{layer}"] = rng.standard_normal((n, sizes[layer - 1])) * 0.7
            v[f"b{layer}"] = rng.uniform(0.2, 0.6, (n, 1)) * rng.choice([-1.0, 1.0], (n, 1))
        made.append(v)
    return made


def slips(mistakes: Sequence[Mistake], right: Equation, layers: int) -> Iterator[tuple[str, Equation]]:
    """Yield the mistakes of one layer as they are made in all layers, in one, and in all but the last."""
    for mistake in mistakes:
        yield mistake.key, mistake.wrong
        for layer in range(layers, 0, -1):
            yield mistake.key, partial(_only, {layer}, mistake.wrong, right)
        if layers > 2:
            yield mistake.key, partial(_only, set(range(1, layers)), mistake.wrong, right)


def _only(places: set[int], wrong: Equation, right: Equation, v: Values) -> Values:
    return wrong(v) if v["layer"] in places else right(v)


def _both(last: Function, before: Function, Z: Any) -> Any:
    return last(before(Z))


def _sum_flat(Z: Any) -> Any:
    return softmax(Z.reshape(-1, 1)).reshape(Z.shape)


_BIAS_AFTER = Mistake("linear_forward.bias-after", lambda v: {"Z": v["W"] @ v["A_prev"], "late": v["b"]})


def wrong_forwards(right: Steps, layers: int) -> Iterator[tuple[str, Steps]]:
    """Yield the usual mistakes of the forward pass: a key, and the steps with one of them wrong."""
    value, last, identity = right.hidden, right.output, VALUES["identity"]
    yield "whole_forward.hidden-forgotten", replace(right, hidden=identity)
    yield "whole_forward.output-forgotten", replace(right, output=identity)
    yield "whole_forward.all-forgotten", replace(right, hidden=identity, output=identity)
    yield "whole_forward.input-everywhere", replace(right, fed=lambda layer, Z, A: A[0])
    yield "whole_forward.Z-fed", replace(right, fed=lambda layer, Z, A: Z[layer - 1])
    yield "whole_forward.same-weights", replace(right, forward=lambda v: linear.forward(v | {"W": v["W1"]}))
    for key, wrong in slips([*linear.FORWARD_MISTAKES, _BIAS_AFTER], linear.forward, layers):
        yield key, replace(right, forward=wrong)
    yield "whole_forward.hidden-twice", replace(right, hidden=lambda Z: value(value(Z)))
    yield "whole_forward.output-twice", replace(right, output=lambda Z: last(last(Z)))
    for other in ("relu", "tanh", "sigmoid"):
        yield "whole_forward.output-is-other", replace(right, output=VALUES[other])
        yield "whole_forward.output-after-other", replace(right, output=partial(_both, last, VALUES[other]))
    yield "whole_forward.softmax-axis", replace(right, output=lambda Z: softmax(Z.T).T)
    yield "whole_forward.softmax-whole", replace(right, output=_sum_flat)


def wrong_memories(right: Steps, names: Sequence[str]) -> Iterator[tuple[str, Equation]]:
    """Yield results of a forward pass that remembers something else under one of its names; all else is right."""
    for kind, other in ("AZ", "ZA"):
        yield f"whole_forward.cache-{other}-for-{kind}", partial(_all_swapped, right, kind, other)
    for name in names:
        for other in names:
            if name != other and "AL" not in (name, other):
                twins = name[1:] == other[1:]
                key = f"whole_forward.cache-{other[0]}-for-{name[0]}" if twins else "whole_forward.cache-of-other-layer"
                yield key, partial(_swapped, right, name, other)


def _swapped(right: Steps, name: str, other: str, v: Values) -> Values:
    made = forward(right, v)
    return made | {name: made[other]}


def _all_swapped(right: Steps, kind: str, other: str, v: Values) -> Values:
    made = forward(right, v)
    return made | {name: made[other + name[1:]] for name in made if name[0] == kind and name != "AL"}


def _deltas(right: Step) -> dict[str, Step]:
    return {
        "whole_backward.delta-sign": lambda A, Y, Z: -right(A, Y, Z),
        "whole_backward.delta-twice": lambda A, Y, Z: right(A, Y, Z) * A * (1 - A),
        "whole_backward.delta-precedence": lambda A, Y, Z: (-(Y / A) - (1 - Y) / (1 - A)) * A * (1 - A),
        "whole_backward.delta-doubled": lambda A, Y, Z: 2 * right(A, Y, Z),
        "whole_backward.delta-halved": lambda A, Y, Z: right(A, Y, Z) / 2,
        "whole_backward.delta-slope-lost": lambda A, Y, Z: -(Y / A) + (1 - Y) / (1 - A),
        "whole_backward.delta-from-Z": lambda A, Y, Z: right(Z, Y, Z),
        "whole_backward.labels-lost": lambda A, Y, Z: A,
        "whole_backward.softmax-elementwise": lambda A, Y, Z: -Y * (1 - A),
        "whole_backward.mean-of-labels": lambda A, Y, Z: A * Y.shape[1] - Y,
    }


def _gates(right: Steps, hidden: str) -> dict[str, Step]:
    wrong: dict[str, Step] = {
        "whole_backward.slope-lost": lambda dA, Z, A: dA,
        "whole_backward.gradient-lost": lambda dA, Z, A: right.gate(np.ones_like(dA), Z, A),
        "whole_backward.activated-twice": lambda dA, Z, A: right.gate(dA, A, right.hidden(A)),
        "whole_backward.slope-twice": lambda dA, Z, A: right.gate(right.gate(dA, Z, A), Z, A),
        "whole_backward.slope-added": lambda dA, Z, A: dA + right.gate(np.ones_like(dA), Z, A),
        "whole_backward.slope-sign": lambda dA, Z, A: -right.gate(dA, Z, A),
        "whole_backward.times-value": lambda dA, Z, A: dA * A,
    }
    if hidden == "relu":
        wrong |= {
            "whole_backward.mask-from-gradient": lambda dA, Z, A: dA * (dA > 0),
            "whole_backward.whole-numbers": lambda dA, Z, A: dA * np.int64(A),
            "whole_backward.mask-inverted": lambda dA, Z, A: dA * (Z <= 0),
        }
    else:
        wrong["whole_backward.formula-for-A"] = lambda dA, Z, A: right.gate(dA, Z, Z)
    if hidden == "tanh":
        wrong |= {
            "whole_backward.square-by-dot": lambda dA, Z, A: dA * (1 - A.T @ A),
            "whole_backward.square-by-dot-2": lambda dA, Z, A: dA * (1 - A @ A),
            "whole_backward.square-by-dot-3": lambda dA, Z, A: dA * (1 - A @ A.T),
            "whole_backward.no-square": lambda dA, Z, A: dA * (1 - A),
        }
    for other in SLOPES:
        if other != hidden:
            wrong |= {
                f"whole_backward.slope-of-{other}": GATES[other],
                f"whole_backward.slope-of-{other}-2": partial(slope_at_z, other),
            }
    return wrong


def slope_at_z(name: str, dA: Any, Z: Any, A: Any) -> Any:
    """Return dZ of an activation by the slope at Z."""
    return dA * SLOPES[name](Z)


def wrong_backwards(right: Steps, hidden: str, layers: int) -> Iterator[tuple[str, Steps]]:
    """Yield the usual mistakes of the backward pass: a key, and the steps with one of them wrong."""
    back = right.backward or partial(linear.backward, mean=right.mean)
    for key, delta in _deltas(right.delta).items():
        yield key, replace(right, delta=delta)
    for key, gate in _gates(right, hidden).items():
        yield key.removesuffix("-2").removesuffix("-3"), replace(right, gate=gate)
    yield "whole_backward.chain-not-advanced", replace(right, carried=lambda deltas: deltas[0])
    yield "whole_backward.slope-of-next", replace(right, gated=lambda layer: layer + 1)
    yield "whole_backward.slope-of-before", replace(right, gated=lambda layer: layer - 1)
    for key, wrong in slips(linear.backward_mistakes(mean=right.mean), back, layers):
        yield key, replace(right, backward=wrong)
    kept: dict[str, Step] = {
        "whole_backward.dW-with-A": lambda layer, Z, A: A[layer],
        "whole_backward.dW-with-Z": lambda layer, Z, A: Z[layer - 1],
        "whole_backward.dW-with-X": lambda layer, Z, A: A[0],
        "whole_backward.dW-with-next": lambda layer, Z, A: A[1],
    }
    for key, remembered in kept.items():
        yield key, replace(right, remembered=remembered)
    if right.mean:
        yield "whole_backward.m-is-features", replace(right, backward=partial(_divided, back, "X"))
        yield "whole_backward.m-is-outputs", replace(right, backward=partial(_divided, back, "Y"))
    doubled = partial(_doubled, back)
    for layer in range(1, layers + 1):
        for name in ("dW", "db"):
            yield "whole_backward.doubled", replace(right, backward=partial(doubled, layer, name))


def wrong_orders(right: Steps) -> Iterator[tuple[str, Equation]]:
    """Yield gradients that are right but filed under the wrong name."""
    yield "whole_backward.layers-swapped", partial(_renamed, right, lambda layer, layers: layers + 1 - layer)
    yield "whole_backward.next-layer", partial(_renamed, right, lambda layer, layers: layer % layers + 1)


def _renamed(right: Steps, source: Callable[[int, int], int], v: Values) -> Values:
    made = backward(right, v)
    return {name: made[f"{name[:2]}{source(int(name[2:]), depth(v))}"] for name in made}


def _divided(back: Equation, by: str, v: Values) -> Values:
    """Return the linear backward divided by the number of rows of X or Y where the number of examples is meant."""
    made, ratio = back(v), v["X"].shape[1] / len(v[by])
    return made | {"dW": made["dW"] * ratio, "db": made["db"] * ratio}


def _doubled(back: Equation, layer: int, name: str, v: Values) -> Values:
    made = back(v)
    return made | ({name: 2 * made[name]} if v["layer"] == layer else {})
