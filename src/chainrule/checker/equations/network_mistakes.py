"""How whole networks usually go wrong, in whatever style: each row replaces one step, or changes what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from chainrule.checker.equations import linear
from chainrule.checker.equations import softmax as softmax_equations
from chainrule.checker.equations.activations import VALUES, WRONG_VALUES, Function, wrong_gates
from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation
from chainrule.checker.equations.network import GATES, OUTPUTS, Step, Steps, backward, depth, forward, predict

Change = Callable[[Steps], Steps]

# --- forward -----------------------------------------------------------------------------------------------------


def _after(first: Function, last: Function, Z: Any) -> Any:
    return last(first(Z))


def _x_into(places: Callable[[int, int], bool]) -> Change:
    """Return the change that gives X to some layers, chosen by their number and how many there are."""
    return lambda s: replace(s, fed=lambda layer, layers, Z, A: A[0] if places(layer, layers) else A[layer - 1])


_STRUCTURE: Rows[Change] = {
    "network_forward.hidden-forgotten": lambda s: replace(s, hidden=VALUES["identity"]),
    "network_forward.output-forgotten": lambda s: replace(s, output=VALUES["identity"]),
    "network_forward.all-forgotten": lambda s: replace(s, hidden=VALUES["identity"], output=VALUES["identity"]),
    "network_forward.input-everywhere": [
        _x_into(lambda layer, layers: True),
        _x_into(lambda layer, layers: layer < layers),
        _x_into(lambda layer, layers: layer == layers),
        _x_into(lambda layer, layers: layer == 2),
    ],
    "network_forward.Z-fed": lambda s: replace(s, fed=lambda layer, layers, Z, A: Z[layer - 1]),
    "network_forward.output-from-before": lambda s: replace(
        s, fed=lambda layer, layers, Z, A: A[max(layer - 2, 0) if layer == layers else layer - 1]
    ),
    "network_forward.first-weights": [
        lambda s: replace(s, numbered=lambda kind, layer, layers: 1),
        lambda s: replace(s, numbered=lambda kind, layer, layers: 1 if kind == "W" else layer),
    ],
    "network_forward.last-weights": lambda s: replace(s, numbered=lambda kind, layer, layers: layers),
    "network_forward.output-weights": lambda s: replace(
        s, numbered=lambda kind, layer, layers: layers - 1 if layer == layers > 1 else layer
    ),
    "network_forward.output-W": lambda s: replace(
        s, numbered=lambda kind, layer, layers: layers - 1 if layer == layers > 1 and kind == "W" else layer
    ),
    "network_forward.first-layer-skipped": lambda s: replace(s, skipped=lambda layer, layers: layer == 1),
    "network_forward.last-hidden-skipped": lambda s: replace(s, skipped=lambda layer, layers: layer == layers - 1),
    "network_forward.hidden-is-sigmoid": lambda s: replace(s, hidden=VALUES["sigmoid"]),
    "network_forward.hidden-twice": lambda s: replace(s, hidden=partial(_after, s.hidden, s.hidden)),
    "network_forward.output-twice": lambda s: replace(s, output=partial(_after, s.output, s.output)),
    "network_forward.output-is-other": [
        lambda s: replace(s, output=VALUES["relu"]),
        lambda s: replace(s, output=VALUES["tanh"]),
        lambda s: replace(s, output=VALUES["sigmoid"]),
        lambda s: replace(s, output=VALUES["step"]),
    ],
    "network_forward.output-after-other": [
        lambda s: replace(s, output=partial(_after, VALUES["relu"], s.output)),
        lambda s: replace(s, output=partial(_after, VALUES["tanh"], s.output)),
        lambda s: replace(s, output=partial(_after, VALUES["sigmoid"], s.output)),
    ],
}
"""Which layer gets what, and which activations there are."""


def wrong_structures(right: Steps) -> Iterator[tuple[str, Steps]]:
    """Yield the mistakes in how layers are put together: a key, and the steps with one of them wrong."""
    for key, change in each_equation(_STRUCTURE):
        yield key, change(right)


def wrong_forwards(right: Steps, layers: int) -> Iterator[tuple[str, Steps]]:
    """Yield the usual mistakes of the forward pass: a key, and the steps with one of them wrong."""
    yield from wrong_structures(right)
    for layer in range(1, layers):
        yield "network_forward.hidden-forgotten", replace(right, unit=partial(_unactivated, layer, right.unit))
    for key, wrong in slips([*linear.FORWARD_MISTAKES, *linear.ACTIVATED_MISTAKES], linear.forward, layers):
        yield key, replace(right, forward=wrong)
    if right.output is OUTPUTS["softmax"]:
        for key, output in softmax_equations.WRONG:
            yield key, replace(right, output=output)
    if right.output is OUTPUTS["sigmoid"]:
        for key, output in WRONG_VALUES["sigmoid"].items():
            yield key, replace(right, output=output)
    for layer, other in permutations(range(1, layers + 1), 2):
        yield "network_forward.wrong-W", replace(right, numbered=partial(_mistaken, "W", layer, other))
        yield "network_forward.wrong-W", replace(right, numbered=partial(_mistaken, "Wb", layer, other))
        yield "network_forward.wrong-b", replace(right, numbered=partial(_mistaken, "b", layer, other))


def forward_mistakes(rights: Sequence[Steps], layers: int) -> list[Mistake]:
    """Return usual wrong versions of what a network with one of several activations predicts, mistake by mistake."""
    wrong: dict[str, list[Steps]] = {}
    for right in rights:
        for key, step in wrong_forwards(right, layers):
            wrong.setdefault(key, []).append(step)
    return [Mistake(key, partial(predict, step)) for key, steps in wrong.items() for step in steps]


def _unactivated(place: int, unit: Step, v: Values, linear_part: Equation, activation: Function) -> Any:
    """Return Z and A of a layer; in one place they are the same."""
    return unit(v, linear_part, VALUES["identity"] if v["layer"] == place else activation)


def _mistaken(kinds: str, place: int, other: int, kind: str, layer: int, layers: int) -> int:
    return other if kind in kinds and layer == place else layer


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


def wrong_memories(right: Steps, names: Sequence[str]) -> Iterator[tuple[str, Equation]]:
    """Yield results of a forward pass that remembers something else under one of its names; all else is right."""
    yield "network_forward.cache-Z-for-A", partial(_all_swapped, right, "A", "Z")
    yield "network_forward.cache-A-for-Z", partial(_all_swapped, right, "Z", "A")
    for name, other in permutations([name for name in names if name != "AL"], 2):
        if name[1:] != other[1:]:
            yield "network_forward.cache-of-other-layer", partial(_swapped, right, name, other)
        elif other[0] == "Z":
            yield "network_forward.cache-Z-for-A", partial(_swapped, right, name, other)
        else:
            yield "network_forward.cache-A-for-Z", partial(_swapped, right, name, other)


def _swapped(right: Steps, name: str, other: str, v: Values) -> Values:
    quantities = forward(right, v)
    return quantities | {name: quantities[other]}


def _all_swapped(right: Steps, kind: str, other: str, v: Values) -> Values:
    quantities = forward(right, v)
    swapped = [name for name in quantities if name[0] == kind and name != "AL"]
    return quantities | {name: quantities[other + name[1:]] for name in swapped}


# --- backward ----------------------------------------------------------------------------------------------------


def _from(loss_slope: Step) -> Change:
    """Return the change that begins with another dAL, a function of AL and Y."""
    return lambda s: replace(s, loss_slope=loss_slope, delta=lambda A, Y, Z: s.output_gate(loss_slope(A, Y), Z, A))


def _delta(delta: Callable[..., Any]) -> Change:
    """Return the change that begins with another dZ of the last layer, a function of the right one, A, Y and Z."""
    return lambda s: replace(s, delta=lambda A, Y, Z: delta(s.delta(A, Y, Z), A, Y, Z))


_BEGINNINGS: Rows[Change] = {
    "network_backward.output-slope-twice": [_from(lambda A, Y: A - Y), _delta(lambda dZ, A, Y, Z: dZ * A * (1 - A))],
    "network_backward.output-slope-twice-and-sign": _from(lambda A, Y: Y - A),
    "network_backward.precedence": _from(lambda A, Y: -(Y / A) - (1 - Y) / (1 - A)),
    "network_backward.both-plus": _from(lambda A, Y: Y / A + (1 - Y) / (1 - A)),
    "network_backward.one-term": _from(lambda A, Y: -Y / A),
    "network_backward.loss-for-its-slope": _from(lambda A, Y: -(Y * np.log(A) + (1 - Y) * np.log(1 - A))),
    "network_backward.fractions-inverted": _from(lambda A, Y: -(A / Y - (1 - A) / (1 - Y))),
    "network_backward.squared-error": _from(lambda A, Y: 2 * (A - Y)),
    "network_backward.output-slope-lost": lambda s: replace(s, delta=lambda A, Y, Z: s.loss_slope(A, Y)),
    "network_backward.from-Z": lambda s: replace(s, delta=lambda A, Y, Z: s.delta(Z, Y, Z)),
    "network_backward.labels-lost": _delta(lambda dZ, A, Y, Z: A),
    "network_backward.softmax-elementwise": _delta(lambda dZ, A, Y, Z: -Y * (1 - A)),
    "network_backward.mean-of-labels": _delta(lambda dZ, A, Y, Z: A * Y.shape[1] - Y),
}
"""How the backward pass begins: dAL, or dZ of the last layer."""


def _assigned(dA: Any, Z: Any, A: Any) -> Any:
    """Return dZ of ReLU made by assignment, which raises another error where shapes do not fit."""
    dZ = dA.copy()
    dZ[Z <= 0] = 0
    return dZ


def _first_everywhere(dAs: Any, dZs: Any) -> Any:
    return dZs[0]


_CHAIN: Rows[Change] = {
    "network_backward.chain-not-advanced": [
        lambda s: replace(s, carried=lambda dZs: dZs[0]),
        lambda s: replace(s, arriving=lambda dAs, dZs: dAs[0]),
        lambda s: replace(s, arriving=_first_everywhere),
        lambda s: replace(s, arriving=_first_everywhere, gate=_assigned),
        lambda s: replace(s, arriving=_first_everywhere, gate=lambda dA, Z, A: dA + 0 * s.gate(dA, Z, A)),
        lambda s: replace(s, arriving=_first_everywhere, gate=lambda dA, Z, A: dA + 0 * _assigned(dA, Z, A)),
    ],
    "activation_backward.slope-of-sigmoid": lambda s: replace(s, gate=GATES["sigmoid"]),
    "network_backward.output-is-relu": lambda s: replace(
        s, output_gate=GATES["relu"], delta=lambda A, Y, Z: GATES["relu"](s.loss_slope(A, Y), Z, A)
    ),
    "network_backward.cache-next": lambda s: replace(s, cached=lambda layer, layers: min(layer + 1, layers)),
    "network_backward.cache-first": lambda s: replace(s, cached=lambda layer, layers: 1 if layer < layers else layer),
    "network_backward.cache-last": lambda s: replace(s, cached=lambda layer, layers: layers),
}
"""How it goes on from layer to layer, whoever computes one layer."""
_WITHIN: Rows[Change] = {
    "network_backward.slope-of-next": lambda s: replace(s, gated=lambda layer, layers: layer + 1),
    "network_backward.slope-of-before": lambda s: replace(s, gated=lambda layer, layers: layer - 1),
    "network_backward.dW-with-A": lambda s: replace(s, remembered=lambda layer, Z, A: A[layer]),
    "network_backward.dW-with-Z": lambda s: replace(s, remembered=lambda layer, Z, A: Z[layer - 1]),
    "network_backward.dW-with-X": lambda s: replace(s, remembered=lambda layer, Z, A: A[0]),
    "network_backward.dW-with-next": lambda s: replace(s, remembered=lambda layer, Z, A: A[1]),
}
"""What a layer computes with."""


def wrong_chains(right: Steps) -> Iterator[tuple[str, Steps]]:
    """Yield the mistakes in how a backward pass begins and goes on: a key, and the steps with one of them wrong."""
    for key, change in [*each_equation(_BEGINNINGS), *each_equation(_CHAIN)]:
        yield key, change(right)


def wrong_backwards(right: Steps, hidden: str, layers: int) -> Iterator[tuple[str, Steps]]:
    """Yield the usual mistakes of the backward pass: a key, and the steps with one of them wrong.

    `hidden` is the name of the hidden activation, "" if it is none of the usual ones.
    """
    yield from wrong_chains(right)
    for form in [right, _mean_first(right)] if right.mean else [right]:
        for key, gate in wrong_gates(hidden, right.hidden, partial(_slope, right)):
            yield key, replace(form, gate=partial(_from_gradient_and_sum, gate))
    for layer in range(1, layers) if layers > 2 else ():
        for key, gate in wrong_gates(hidden, right.hidden, partial(_slope, right)):
            yield key, replace(right, other_gates={layer: partial(_from_gradient_and_sum, gate)})
    for key, change in each_equation(_WITHIN):
        yield key, change(right)
    for key, wrong in slips(linear.backward_mistakes(mean=right.mean), right.linear_backward(), layers):
        yield key, replace(right, backward=wrong)
    for layer in range(1, layers + 1):
        for name in ("dW", "db"):
            doubled = partial(_doubled, right.linear_backward(), layer, name)
            yield "network_backward.one-doubled", replace(right, backward=doubled)


def _mean_first(right: Steps) -> Steps:
    """Return the steps with the division by m in dZ of the last layer, which matters where that gets lost."""
    return replace(right, mean=False, delta=lambda A, Y, Z: right.delta(A, Y, Z) / Y.shape[1])


def _slope(right: Steps, Z: Any) -> Any:
    return right.gate(np.ones_like(Z), Z, right.hidden(Z))


def _from_gradient_and_sum(gate: Callable[[Any, Any], Any], dA: Any, Z: Any, A: Any) -> Any:
    return gate(dA, Z)


def _doubled(linear_backward: Equation, layer: int, name: str, v: Values) -> Values:
    gradients = linear_backward(v)
    return gradients | ({name: 2 * gradients[name]} if v["layer"] == layer else {})


def updated_first(right: Steps, rate: float) -> tuple[str, Steps]:
    """Return the mistake of a whole step of training that changes W before the layer below is reached."""
    return "network_backward.updated-first", replace(right, backward=partial(_early, right.linear_backward(), rate))


def _early(linear_backward: Equation, rate: float, v: Values) -> Values:
    gradients = linear_backward(v)
    return gradients | {"dA_prev": (v["W"] - rate * gradients["dW"]).T @ v["dZ"]}


# --- what comes out of it ----------------------------------------------------------------------------------------

_SCALES: dict[str, Callable[[Values], float]] = {
    "network_backward.sign": lambda v: -1.0,
    "network_backward.all-doubled": lambda v: 2.0,
    "network_backward.all-halved": lambda v: 0.5,
}
_SCALES_OF_A_MEAN: dict[str, Callable[[Values], float]] = {
    "linear_backward.no-mean": lambda v: v["X"].shape[1],
    "linear_backward.mean-twice": lambda v: 1 / v["X"].shape[1],
    "network_backward.m-is-features": lambda v: v["X"].shape[1] / len(v["X"]),
    "network_backward.m-is-outputs": lambda v: v["X"].shape[1] / len(v["Y"]),
}
"""The factor of all gradients, from the case."""
_SOURCES: dict[str, Callable[[int, int], int]] = {
    "network_backward.layers-swapped": lambda layer, layers: layers + 1 - layer,
    "network_backward.next-layer": lambda layer, layers: layer % layers + 1,
}
"""The layer whose gradients come under the name of another, from its number and how many there are."""
_NUMBERED = {
    "network_backward.keys-shifted": lambda layer, layers: layer - 1,
    "network_backward.first-layer-missing": lambda layer, layers: layer if layer > 1 else 0,
    "network_backward.last-layer-missing": lambda layer, layers: layer if layer < layers else 0,
}
"""The same, where 0 is that there are none."""


def wrong_results(right: Equation, layers: int, *, mean: bool = True) -> Iterator[tuple[str, Equation]]:
    """Yield what goes wrong with gradients as a whole, whichever equation gives the right ones."""
    for key, factor in (_SCALES | (_SCALES_OF_A_MEAN if mean else {})).items():
        yield key, partial(_scaled, right, factor)
    for key, source in _SOURCES.items():
        yield key, partial(_refiled, right, source, None)
    for key, source in _NUMBERED.items():
        for missing in (None, np.nan):
            yield key, partial(_refiled, right, source, missing)
    for layer, other in permutations(range(1, layers + 1), 2):
        for kinds in ("Wb", "W", "b"):
            yield "network_backward.wrong-layer", partial(_mixed_up, right, kinds, layer, other)


def _scaled(right: Equation, factor: Callable[[Values], float], v: Values) -> Values:
    return {name: factor(v) * a for name, a in right(v).items()}


def _refiled(right: Equation, source: Callable[[int, int], int], missing: Any, v: Values) -> Values:
    gradients = right(v)
    return {name: gradients.get(f"{name[:2]}{source(int(name[2:]), depth(v))}", missing) for name in gradients}


def _mixed_up(right: Equation, kinds: str, layer: int, other: int, v: Values) -> Values:
    gradients = right(v)
    return gradients | {f"d{kind}{layer}": gradients[f"d{kind}{other}"] for kind in kinds}


def not_reversed(right: Steps) -> Iterator[tuple[str, Equation]]:
    """Yield the gradients of a backward pass that goes through its layers from the first to the last."""
    yield "network_backward.not-reversed", partial(_first_to_last, right)
    yield "network_backward.not-reversed", partial(_first_to_last, replace(right, gate=_assigned))


def _first_to_last(right: Steps, v: Values) -> Values:
    Z, A = right.passes(right, v)
    layers = depth(v)
    dZ, gradients = right.delta(A[layers], v["Y"], Z[layers]), dict[str, Any]()
    for layer in range(1, layers + 1):
        linear_grads = right.linear_backward()({"A_prev": A[layer - 1], "W": v[f"W{layer}"], "dZ": dZ})
        gradients |= {f"d{kind}{layer}": linear_grads[f"d{kind}"] for kind in "Wb"}
        if layer < layers:
            dZ = right.gate(linear_grads["dA_prev"], Z[layer], A[layer])
    return gradients


def gradient_mistakes(right: Steps, hidden: str, layers: int) -> Iterator[Mistake]:
    """Yield all that goes wrong with the gradients of a network."""
    wrong = [*wrong_results(partial(backward, right), layers, mean=right.mean)]
    wrong += [(key, partial(backward, step)) for key, step in wrong_backwards(right, hidden, layers)]
    yield from (Mistake(key, equation) for key, equation in [*wrong, *not_reversed(right)])
