"""L2 regularization and dropout in the course's network of three layers: ReLU, ReLU, sigmoid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import cost
from chainrule.checker.equations.activations import sigmoid
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, difference
from chainrule.checker.roles.course.cost import NAMES

COST = ("compute_cost_with_regularization",)
BACKWARD = ("backward_propagation_with_regularization",)
DROPOUT_FORWARD = ("forward_propagation_with_dropout",)
DROPOUT_BACKWARD = ("backward_propagation_with_dropout",)
WEIGHTS = ("W1", "W2", "W3")
KEPT = 0.7
GRADIENTS = tuple(f"d{kind}{layer}" for layer in (3, 2, 1) for kind in "Wb")


def cases() -> list[Values]:
    """Return a network, a batch, masks, and what its forward pass gives."""
    rng = np.random.default_rng(41)
    made = []
    for n_x, n_1, n_2, m in ((3, 5, 4, 6), (4, 4, 4, 4)):
        sizes = (n_x, n_1, n_2, 1)
        v: Values = {"X": rng.standard_normal((n_x, m)), "Y": rng.integers(0, 2, (1, m)) * 1.0, "lambd": 0.8}
        A = v["X"]
        for layer in (1, 2, 3):
            v[f"W{layer}"] = rng.standard_normal((sizes[layer], sizes[layer - 1]))
            v[f"b{layer}"] = rng.standard_normal((sizes[layer], 1))
            v[f"Z{layer}"] = v[f"W{layer}"] @ A + v[f"b{layer}"]
            A = v[f"A{layer}"] = sigmoid(v["Z3"]) if layer == 3 else np.maximum(v[f"Z{layer}"], 0)
            v[f"D{layer}"] = rng.random(A.shape) < KEPT
        made.append(v | {"AL": v["A3"]})
    return made


def _dropped(v: Values) -> Values:
    """Return a case whose hidden layers were dropped out; with fixed masks."""
    v = dict(v)
    for layer in (1, 2):
        A = np.maximum(v[f"W{layer}"] @ (v["X"] if layer == 1 else v["A1"]) + v[f"b{layer}"], 0)
        v[f"A{layer}"] = A * v[f"D{layer}"] / KEPT
    return v | {"A3": sigmoid(v["W3"] @ v["A2"] + v["b3"])}


def _parameters(v: Values) -> Values:
    return {name: v[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3")}


def _cost(penalty: Callable[[Values, int], float], v: Values, entropy: Equation = cost.binary) -> Values:
    return {"cost": entropy(v)["cost"] + penalty(v, v["Y"].shape[1])}


def _squares(v: Values, names: tuple[str, ...] = WEIGHTS) -> float:
    return float(sum(np.sum(v[name] ** 2) for name in names))


_PENALTIES: dict[str, Callable[[Values, int], float]] = {
    "regularized_cost.penalty-lost": lambda v, m: 0.0,
    "regularized_cost.factor no-half": lambda v, m: v["lambd"] / m * _squares(v),
    "regularized_cost.factor no-m": lambda v, m: v["lambd"] / 2 * _squares(v),
    "regularized_cost.factor none": lambda v, m: v["lambd"] * _squares(v),
    "regularized_cost.factor lambda": lambda v, m: _squares(v) / (2 * m),
    "regularized_cost.subtracted": lambda v, m: -v["lambd"] / (2 * m) * _squares(v),
    "regularized_cost.biases": lambda v, m: v["lambd"] / (2 * m) * _squares(v, (*WEIGHTS, "b1", "b2", "b3")),
    "regularized_cost.layer-lost last": lambda v, m: v["lambd"] / (2 * m) * _squares(v, WEIGHTS[:2]),
    "regularized_cost.layer-lost first": lambda v, m: v["lambd"] / (2 * m) * _squares(v, WEIGHTS[1:]),
    "regularized_cost.brackets": lambda v, m: v["lambd"] / 2 * m * _squares(v),
    "regularized_cost.brackets sum": lambda v, m: (
        np.sum(v["W1"] ** 2) + np.sum(v["W2"] ** 2) + np.sum(v["W3"] ** 2) * v["lambd"] / (2 * m)
    ),
    "regularized_cost.not-squares plain": lambda v, m: v["lambd"] / (2 * m) * sum(np.sum(v[n]) for n in WEIGHTS),
    "regularized_cost.not-squares absolute": lambda v, m: (
        v["lambd"] / (2 * m) * sum(np.sum(np.abs(v[n])) for n in WEIGHTS)
    ),
    "regularized_cost.not-squares sum": lambda v, m: v["lambd"] / (2 * m) * sum(np.sum(v[n]) ** 2 for n in WEIGHTS),
    "regularized_cost.not-squares norm": lambda v, m: (
        v["lambd"] / (2 * m) * sum(float(np.linalg.norm(v[n])) for n in WEIGHTS)
    ),
}


def backward(
    v: Values,
    penalty: Callable[[str, Values], Any] = lambda name, v: v["lambd"] / v["Y"].shape[1] * v[name],
    of_biases: bool = False,
    drop: Callable[[int, Values], Any] = lambda layer, v: 1.0,
    slope_from: str = "A",
) -> Values:
    """Return the gradients of the network; `penalty` is added to those of W, and `drop` multiplies those of A."""
    m, found, dZ = v["Y"].shape[1], {}, v["A3"] - v["Y"]
    for layer in (3, 2, 1):
        below = v[f"A{layer - 1}"] if layer > 1 else v["X"]
        found[f"dW{layer}"] = dZ @ below.T / m + penalty(f"W{layer}", v)
        found[f"db{layer}"] = dZ.sum(axis=1, keepdims=True) / m
        if of_biases:
            found[f"db{layer}"] = found[f"db{layer}"] + penalty(f"b{layer}", v)
        if layer > 1:
            dZ = v[f"W{layer}"].T @ dZ * drop(layer - 1, v) * (v[f"{slope_from}{layer - 1}"] > 0)
    return found


def _no_penalty(name: str, v: Values) -> float:
    return 0.0


def _scaled(factor: Callable[[int], float], name: str, v: Values) -> Any:
    return v["lambd"] * factor(v["Y"].shape[1]) * v[name]


def _in_one(which: str, wrong: Callable[[str, Values], Any], name: str, v: Values) -> Any:
    return wrong(name, v) if name == which else _scaled(lambda m: 1 / m, name, v)


def _masked(layer: int, v: Values, scale: float = 1 / KEPT) -> Any:
    return v[f"D{layer}"] * scale


def _one_masked(which: int, layer: int, v: Values) -> Any:
    return _masked(layer, v) if layer == which else 1.0


def _gradients(learner: Learner, function: str, masks: bool, v: Values) -> Values:
    order = [
        f"{name}{layer}" for layer in (1, 2) for name in (("Z", "D", "A", "W", "b") if masks else ("Z", "A", "W", "b"))
    ]
    cache = tuple(v[name] for name in (*order, "Z3", "A3", "W3", "b3"))
    arguments = (v["X"], v["Y"], cache, KEPT if masks else v["lambd"])
    found, again = learner.call(function, *arguments), learner.call(function, *arguments)
    if difference([found], [again]):
        return dict.fromkeys(GRADIENTS) | {"the same when called again": 0.0}
    return {name: found.get(name) for name in GRADIENTS} | {"the same when called again": 1.0}


def _learners_cost(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": np.squeeze(learner.call(function, v["A3"], v["Y"], _parameters(v), v["lambd"]))}


def _own_entropy(learner: Learner, function: str, v: Values) -> Values:
    return {"cost": np.squeeze(learner.call(function, v["A3"], v["Y"]))}


def _big(v: Values) -> Values:
    """Return a network wide enough for the share of the units that were kept to be known."""
    rng = np.random.default_rng(42)
    sizes = (4, 60, 40, 1)
    layers = {f"W{i}": rng.standard_normal((sizes[i], sizes[i - 1])) for i in (1, 2, 3)}
    layers |= {f"b{i}": rng.uniform(0.5, 1.0, (sizes[i], 1)) for i in (1, 2, 3)}
    return layers | {"X": rng.standard_normal((4, 50))}


def _dropout_run(learner: Learner, function: str, v: Values) -> Values:
    """Return what the cache of a forward pass with dropout shows: what is kept, and how that is scaled."""
    result = learner.call(function, v["X"], _parameters(v), v["keep_prob"])
    Z1, D1, A1, _, _, Z2, D2, A2, *_ = result[1]
    found: Values = {}
    for layer, (Z, D, A) in enumerate(((Z1, D1, A1), (Z2, D2, A2)), 1):
        kept, alive = np.asarray(D) != 0, np.asarray(Z) > 0.01
        share = float(np.mean(kept))
        found[f"share kept in layer {layer}"] = (
            v["keep_prob"] if abs(share - v["keep_prob"]) < 0.06 else round(share, 1)
        )
        found[f"scale of A{layer}"] = float(np.mean((A / np.where(alive, Z, 1))[kept & alive]))
        found[f"share of dropped units that are 0 in A{layer}"] = float(np.all(A[~kept] == 0))
    return found


def _dropout(v: Values, wrong: Values | None = None, layers: tuple[int, ...] = (1, 2)) -> Values:
    """Return what dropout does; `wrong` replaces some of it in some layers."""
    keep = v["keep_prob"]
    found: Values = {}
    for layer in (1, 2):
        here = {"share": keep, "scale": 1 / keep, "zeros": 1.0}
        if wrong and layer in layers:
            here |= {name: change(keep) for name, change in wrong.items()}
        found[f"share kept in layer {layer}"] = here["share"]
        found[f"scale of A{layer}"] = here["scale"]
        found[f"share of dropped units that are 0 in A{layer}"] = here["zeros"]
    return found


def _dropout_cases() -> list[Values]:
    return [_big({}) | {"keep_prob": keep} for keep in (0.7, 0.8)]


def _right_penalty(v: Values, m: int) -> float:
    return float(v["lambd"] / (2 * m) * _squares(v))


def _nothing(v: Values) -> Values:
    return {"cost": 0.0}


def _cost_probe(learner: Learner, function: str) -> Probe:
    entropy = learner.find(*NAMES)
    own: list[Equation] = [partial(_own_entropy, learner, entropy)] if entropy in learner.nodes and entropy else []
    right = [partial(_cost, _right_penalty, entropy=each) for each in (cost.binary, *own)]
    wrong = named({key: partial(_cost, each) for key, each in _PENALTIES.items()})
    wrong.append(Mistake("regularized_cost.entropy-lost", partial(_cost, _right_penalty, entropy=_nothing)))
    run = partial(_learners_cost, learner, function)
    needs = [entropy] if own and entropy else []
    return Probe(function, COST[0], cases(), [run], right, wrong, cost.TOLERANCE, needs=needs)


def _backward_probe(learner: Learner, function: str) -> Probe:
    penalties: dict[str, Callable[[str, Values], Any]] = {
        "regularized_backward.penalty-lost": _no_penalty,
        "regularized_backward.factor half": partial(_scaled, lambda m: 1 / (2 * m)),
        "regularized_backward.factor no-m": partial(_scaled, lambda m: 1.0),
        "regularized_backward.factor twice": partial(_scaled, lambda m: 2 / m),
        "regularized_backward.subtracted": partial(_scaled, lambda m: -1 / m),
    }
    wrong = named({key: partial(backward, penalty=p) for key, p in penalties.items()})
    for key, penalty in penalties.items():
        each = {f"{key} {name}": partial(backward, penalty=partial(_in_one, name, penalty)) for name in WEIGHTS}
        wrong += named(each)
    wrong.append(Mistake("regularized_backward.biases", partial(backward, of_biases=True)))
    return Probe(function, BACKWARD[0], cases(), [partial(_gradients, learner, function, False)], [backward], wrong)


def _dropout_probe(learner: Learner, function: str) -> Probe:
    changes: dict[str, dict[str, Callable[[float], float]]] = {
        "dropout_forward.not-scaled": {"scale": lambda keep: 1.0},
        "dropout_forward.scaled-down": {"scale": lambda keep: keep},
        "dropout_forward.mask-inverted": {"share": lambda keep: round(1 - keep, 1)},
        "dropout_forward.mask-not-applied": {"zeros": lambda keep: 0.0},
        "dropout_forward.mask-not-applied at-all": {"zeros": lambda keep: 0.0, "scale": lambda keep: 1.0},
    }
    each: dict[str, Equation] = {
        f"{key} {layers}": partial(_dropout, wrong=change, layers=layers)
        for key, change in changes.items()
        for layers in ((1, 2), (1,), (2,))
    }
    wrong = named(each)
    run = partial(_dropout_run, learner, function)
    return Probe(function, DROPOUT_FORWARD[0], _dropout_cases(), [run], [_dropout], wrong)


def _fresh(v: Values) -> Values:
    return dict.fromkeys(GRADIENTS) | {"the same when called again": 0.0}


def _dropout_backward_probe(learner: Learner, function: str) -> Probe:
    """Return a probe for the gradients with dropout: where A > 0, the mask is in already, and only the scale is not."""
    drops: dict[str, tuple[str, Callable[[int, Values], Any]]] = {
        "dropout_backward.not-scaled": ("AZ", partial(_masked, scale=1.0)),
        "dropout_backward.scaled-down": ("AZ", partial(_masked, scale=KEPT)),
        "dropout_backward.one-layer-lost 2": ("AZ", partial(_one_masked, 1)),
        "dropout_backward.one-layer-lost 1": ("AZ", partial(_one_masked, 2)),
        "dropout_backward.mask-lost": ("Z", lambda layer, v: 1.0),
        "dropout_backward.mask-lost but-scaled": ("Z", lambda layer, v: 1 / KEPT),
    }
    no_penalty = partial(backward, penalty=_no_penalty)
    each: dict[str, Equation] = {"dropout_backward.fresh-mask": _fresh}
    for key, (forms, drop) in drops.items():
        each |= {f"{key} {form}": partial(no_penalty, drop=drop, slope_from=form) for form in forms}
    wrong = named(each)
    run = partial(_gradients, learner, function, True)
    right = partial(no_penalty, drop=_masked)
    return Probe(function, DROPOUT_BACKWARD[0], [_dropped(v) for v in cases()], [run], [right], wrong)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for the regularized cost, its gradients, and both passes with dropout."""
    kinds = ((COST, _cost_probe), (BACKWARD, _backward_probe))
    for names, probe in (*kinds, (DROPOUT_FORWARD, _dropout_probe), (DROPOUT_BACKWARD, _dropout_backward_probe)):
        function = learner.find(*names)
        if function is not None and function in learner.nodes:
            yield probe(learner, function)
