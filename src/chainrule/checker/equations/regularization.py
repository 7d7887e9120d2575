"""L2 regularization and dropout in a network of three layers, and how they go wrong: ReLU, ReLU, sigmoid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import cost, network, network_mistakes
from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation
from chainrule.checker.equations.network import Step, Steps

LAYERS = 3
WEIGHTS = ("W1", "W2", "W3")
KEPT = 0.7
_PLAIN = network.steps("relu", "sigmoid")


def cases() -> list[Values]:
    """Return a network, a batch, lambda, and what its forward pass gives."""
    return [v | {"lambd": 0.8} | network.forward(_PLAIN, v) for v in network.cases(LAYERS, "sigmoid")]


# --- the penalty -------------------------------------------------------------------------------------------------


def _squares(v: Values, names: tuple[str, ...] = WEIGHTS) -> float:
    return float(sum(np.sum(v[name] ** 2) for name in names))


def _right_penalty(v: Values, m: int) -> float:
    return float(v["lambd"] / (2 * m) * _squares(v))


_PENALTIES: Rows[Callable[[Values, int], float]] = {
    "regularized_cost.penalty-lost": lambda v, m: 0.0,
    "regularized_cost.factor": [
        lambda v, m: v["lambd"] / m * _squares(v),
        lambda v, m: v["lambd"] / 2 * _squares(v),
        lambda v, m: v["lambd"] * _squares(v),
        lambda v, m: _squares(v) / (2 * m),
    ],
    "regularized_cost.subtracted": lambda v, m: -v["lambd"] / (2 * m) * _squares(v),
    "regularized_cost.biases": lambda v, m: v["lambd"] / (2 * m) * _squares(v, (*WEIGHTS, "b1", "b2", "b3")),
    "regularized_cost.layer-lost": [
        lambda v, m: v["lambd"] / (2 * m) * _squares(v, WEIGHTS[:2]),
        lambda v, m: v["lambd"] / (2 * m) * _squares(v, WEIGHTS[1:]),
    ],
    "regularized_cost.brackets": [
        lambda v, m: v["lambd"] / 2 * m * _squares(v),
        lambda v, m: _squares(v, WEIGHTS[:2]) + _squares(v, WEIGHTS[2:]) * v["lambd"] / (2 * m),
    ],
    "regularized_cost.not-squares": [
        lambda v, m: v["lambd"] / (2 * m) * sum(np.sum(v[n]) for n in WEIGHTS),
        lambda v, m: v["lambd"] / (2 * m) * sum(np.sum(np.abs(v[n])) for n in WEIGHTS),
        lambda v, m: v["lambd"] / (2 * m) * sum(np.sum(v[n]) ** 2 for n in WEIGHTS),
        lambda v, m: v["lambd"] / (2 * m) * sum(float(np.linalg.norm(v[n])) for n in WEIGHTS),
    ],
}


def regularized(entropy: Equation, v: Values, penalty: Callable[[Values, int], float] = _right_penalty) -> Values:
    """Return the cost with the penalty; the cross-entropy may be the learner's."""
    return {"cost": entropy(v)["cost"] + penalty(v, v["Y"].shape[1])}


def _nothing(v: Values) -> Values:
    return {"cost": 0.0}


def cost_mistakes() -> list[Mistake]:
    """Return usual wrong versions of the regularized cost."""
    wrong = [
        Mistake(key, partial(regularized, cost.binary, penalty=penalty)) for key, penalty in each_equation(_PENALTIES)
    ]
    return [*wrong, Mistake("regularized_cost.entropy-lost", partial(regularized, _nothing))]


def _share_of_the_weights(name: str, v: Values) -> Any:
    return v["lambd"] / v["Y"].shape[1] * v[name] if name[0] == "W" else 0.0


REGULARIZED = replace(_PLAIN, penalty=_share_of_the_weights)
"""The steps whose gradients have the penalty in them."""
_SHARES: Rows[Callable[[Any, float, int], Any]] = {
    "regularized_backward.penalty-lost": lambda W, lambd, m: 0.0,
    "regularized_backward.factor": [
        lambda W, lambd, m: lambd / (2 * m) * W,
        lambda W, lambd, m: lambd * W,
        lambda W, lambd, m: 2 * lambd / m * W,
    ],
    "regularized_backward.subtracted": lambda W, lambd, m: -lambd / m * W,
}
"""What is added to the gradient of W instead."""


def _mistaken(where: tuple[str, ...], share: Callable[[Any, float, int], Any], name: str, v: Values) -> Any:
    return share(v[name], v["lambd"], v["Y"].shape[1]) if name in where else _share_of_the_weights(name, v)


def _of_all(name: str, v: Values) -> Any:
    return v["lambd"] / v["Y"].shape[1] * v[name]


def gradient_mistakes() -> list[Mistake]:
    """Return usual wrong versions of the gradients with the penalty."""
    penalties: list[tuple[str, Step]] = []
    for where in (WEIGHTS, *((name,) for name in WEIGHTS)):
        penalties += [(key, partial(_mistaken, where, share)) for key, share in each_equation(_SHARES)]
    penalties.append(("regularized_backward.biases", _of_all))
    wrong = [
        Mistake(key, partial(network.backward, replace(REGULARIZED, penalty=penalty))) for key, penalty in penalties
    ]
    return [*wrong, *_by_masks(REGULARIZED), *network_mistakes.gradient_mistakes(REGULARIZED, "relu", LAYERS)]


def _by_masks(right: Steps) -> list[Mistake]:
    """Return what comes of A < 0, which is nowhere, in the place of A > 0: the course writes each layer's mask out."""
    inverted = [replace(right, other_gates={layer: lambda dA, Z, A: 0 * dA}) for layer in range(1, LAYERS)]
    return [Mistake("activation_backward.mask-inverted", partial(network.backward, step)) for step in inverted]


# --- dropout -----------------------------------------------------------------------------------------------------


def dropout_cases() -> list[Values]:
    """Return the cases with fixed masks, and what the forward pass with dropout gives."""
    rng = np.random.default_rng(41)
    masked = [
        v | {"keep_prob": KEPT} | {f"D{layer}": rng.random(v[f"A{layer}"].shape) < KEPT for layer in range(1, LAYERS)}
        for v in cases()
    ]
    return [v | network.forward(DROPPED, v) for v in masked]


def _thinned(layer: int, A: Any, v: Values) -> Any:
    return A * v[f"D{layer}"] / v["keep_prob"]


DROPPED = replace(_PLAIN, dropped=_thinned, dropped_back=_thinned)
"""The steps with dropout, both ways."""
_BACK: Rows[Step] = {
    "dropout_backward.not-scaled": lambda layer, dA, v: dA * v[f"D{layer}"],
    "dropout_backward.scaled-down": lambda layer, dA, v: dA * v[f"D{layer}"] * v["keep_prob"],
    "dropout_backward.one-layer-lost": [
        lambda layer, dA, v: _thinned(layer, dA, v) if layer == 1 else dA,
        lambda layer, dA, v: _thinned(layer, dA, v) if layer == 2 else dA,
    ],
    "dropout_backward.mask-lost": [lambda layer, dA, v: dA, lambda layer, dA, v: dA / v["keep_prob"]],
}
"""What is made of dA instead. Where A > 0 is the slope of ReLU, the mask is in that already."""


def dropout_gradient_mistakes() -> list[Mistake]:
    """Return usual wrong versions of the gradients with dropout."""
    forms: list[Steps] = [DROPPED, replace(DROPPED, gate=partial(network.slope_at_z, "relu"))]
    wrong = [
        Mistake(key, partial(network.backward, replace(form, dropped_back=back)))
        for key, back in each_equation(_BACK)
        for form in forms
    ]
    return [*wrong, *_by_masks(DROPPED), *network_mistakes.gradient_mistakes(DROPPED, "relu", LAYERS)]


def wide_cases() -> list[Values]:
    """Return networks wide enough for the share of the units that were kept to be known."""
    rng = np.random.default_rng(42)
    sizes = (4, 60, 40, 1)
    layers = {f"W{i}": rng.standard_normal((sizes[i], sizes[i - 1])) for i in (1, 2, 3)}
    layers |= {f"b{i}": rng.uniform(0.5, 1.0, (sizes[i], 1)) for i in (1, 2, 3)}
    return [layers | {"X": rng.standard_normal((4, 50)), "keep_prob": keep} for keep in (0.7, 0.8)]


_Shown = tuple[float, float, float]
"""What a layer shows of its dropout, whatever was drawn: the mean of D, and A / Z of what is kept and of the rest."""


def off_by(layer: int, difference: Any) -> Values:
    """Return what the cached Z of a layer has more than W A + b, with the A and the parameters before it."""
    return {f"Z{layer} - (W{layer} A{layer - 1} + b{layer})": difference}


def _named(layer: int, shown: _Shown) -> Values:
    names = (f"mean of D{layer}", f"A{layer} / Z{layer} where D{layer} = 1", f"A{layer} / Z{layer} where D{layer} = 0")
    return dict(zip(names, shown, strict=True))


def measured(layer: int, Z: Any, D: Any, A: Any, keep_prob: float) -> Values:
    """Return what a layer shows of its dropout."""
    kept, alive = np.asarray(D) != 0, np.asarray(Z) > 0.01
    ratio, share = A / np.where(alive, Z, 1), float(np.mean(kept))
    share = keep_prob if abs(share - keep_prob) < 0.06 else round(share, 1)  # as far as so few units tell it
    return _named(layer, (share, float(np.mean(ratio[kept & alive])), float(np.mean(ratio[~kept & alive]))))


_FORWARD: Rows[Callable[[float], _Shown]] = {
    "dropout_forward.not-scaled": lambda keep: (keep, 1.0, 0.0),
    "dropout_forward.scaled-down": lambda keep: (keep, keep, 0.0),
    "dropout_forward.mask-inverted": lambda keep: (round(1 - keep, 1), 1 / keep, 0.0),
    "dropout_forward.mask-not-applied": [lambda keep: (keep, 1 / keep, 1 / keep), lambda keep: (keep, 1.0, 1.0)],
}
"""What a layer shows instead, from keep_prob."""


def _right_dropout(keep: float) -> _Shown:
    return keep, 1 / keep, 0.0


def dropout(v: Values) -> Values:
    """Return what the two hidden layers show of their dropout."""
    return _in_layers((), _right_dropout, v)


def _sums(v: Values, without_bias: tuple[int, ...]) -> Values:
    """Return by how much Z is off in each layer, as a column: by the bias where that is not added."""
    columns = [(-v[f"b{layer}"] if layer in without_bias else 0 * v[f"b{layer}"]) for layer in (1, 2, 3)]
    return {key: a for layer, column in enumerate(columns, 1) for key, a in off_by(layer, column).items()}


def _without_bias(layers: tuple[int, ...], v: Values) -> Values:
    return dropout(v) | _sums(v, layers)


def _in_layers(layers: tuple[int, ...], wrong: Callable[[float], _Shown], v: Values) -> Values:
    first, second = ((wrong if layer in layers else _right_dropout)(v["keep_prob"]) for layer in (1, 2))
    return _named(1, first) | _named(2, second) | _sums(v, ())


def dropout_mistakes() -> list[Mistake]:
    """Return usual wrong versions of the forward pass with dropout."""
    of_masks = [
        Mistake(key, partial(_in_layers, layers, wrong))
        for key, wrong in each_equation(_FORWARD)
        for layers in ((1, 2), (1,), (2,))
    ]
    without = [partial(_without_bias, layers) for layers in ((1, 2, 3), (1,), (2,), (3,))]
    return [*of_masks, *(Mistake("linear_forward.no-bias", wrong) for wrong in without)]
