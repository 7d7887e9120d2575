"""The rules of optimizers, and what goes wrong in them; they are watched for three steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values, each_equation

Numbers = dict[str, float]
"""The settings of a rule: rate, beta, share, decay, beta1, beta2, eps."""
Rule = Callable[..., Any]
"""What is added to a parameter, from its gradient, its own state, the step t = 1, 2, ... and the settings."""

STEPS = 3  # the first step hides a velocity that is not kept
NAMES = {
    "rate": ("lr", "learning_rate", "learningrate", "learning_Rate", "l_rate", "rate", "step_size", "eta", "alpha"),
    "beta": ("momentum", "beta", "mu", "rho", "gamma", "alpha", "eta", "beta1", "m"),
    "decay": ("decay_rate", "decay", "rho", "beta", "beta2", "gamma", "alpha"),
    "beta1": ("beta1", "beta_1", "b1", "rho1"),
    "beta2": ("beta2", "beta_2", "b2", "rho2"),
    "eps": ("eps", "epsilon", "e", "delta"),
}
SETTINGS = {
    "sgd": ("rate",),
    "momentum": ("rate", "beta"),
    "nesterov": ("rate", "beta"),
    "adagrad": ("rate", "eps"),
    "rmsprop": ("rate", "decay", "eps"),
    "adam": ("rate", "beta1", "beta2", "eps"),
}
"""The numbers that each rule takes."""
TRIED = {"rate": 0.03, "beta": 0.8, "decay": 0.85, "beta1": 0.75, "beta2": 0.9, "eps": 1e-8}
"""Unusual numbers, so that one that the learner wrote into the code shows."""
FIXED_RATES = (0.01, 0.001, 0.1, 0.0007, 0.0075, 0.5, 1.2)


def cases() -> list[Values]:
    """Return two layers' parameters and three steps' gradients; one gradient is always 0."""
    rng = np.random.default_rng(11)
    examples = []
    for shapes in (((3, 2), (3, 1), (2, 3), (2, 1)), ((2, 2),) * 4):
        sizes = dict(zip(("W1", "b1", "W2", "b2"), shapes, strict=True))
        params = {name: rng.standard_normal(shape) for name, shape in sizes.items()}
        grads = []
        for _ in range(STEPS):
            signs = {name: rng.choice([-1.0, 1.0], shape) for name, shape in sizes.items()}
            grads.append({name: rng.uniform(0.3, 1.5, signs[name].shape) * signs[name] for name in sizes})
            grads[-1]["W1"][0, 0] = 0.0
        examples.append({"params": params, "grads": grads})
    return examples


def velocity(g: Any, state: dict[str, Any], t: int, h: Numbers) -> Any:
    """Gradient descent with momentum; without, if beta is 0."""
    state["v"] = h["beta"] * state.get("v", 0.0) + h["share"] * g
    return -h["rate"] * state["v"]


def nesterov(g: Any, state: dict[str, Any], t: int, h: Numbers) -> Any:
    """Nesterov's momentum, in the variables of the looked-ahead point."""
    return h["beta"] * velocity(g, state, t, h) - h["rate"] * h["share"] * g


def nesterov_updated_first(g: Any, state: dict[str, Any], t: int, h: Numbers) -> Any:
    """Return Nesterov's step with the new velocity where the old one belongs."""
    return h["beta"] ** 2 * velocity(g, state, t, h) - (1 + h["beta"]) * h["rate"] * h["share"] * g


def squares(
    g: Any,
    state: dict[str, Any],
    t: int,
    h: Numbers,
    size: Callable[[Any], Any] = np.square,
    root: float = 0.5,
    corrected: bool = False,
) -> Any:
    """AdaGrad and RMSprop: the gradient over the root of a sum of its squares."""
    state["h"] = h["decay"] * state.get("h", 0.0) + h["share"] * size(g)
    mean = state["h"] / (1 - h["decay"] ** t) if corrected else state["h"]
    return -h["rate"] * g / (mean**root + h["eps"])


Correction = Callable[[float, int], float]


def _correction(beta: float, t: int) -> float:
    """Return the part of a mean that begins at 0 and has been there for t steps."""
    return float(1 - beta**t)


def adam(
    g: Any,
    state: dict[str, Any],
    t: int,
    h: Numbers,
    size: Callable[[Any], Any] = np.square,
    root: float = 0.5,
    correct: tuple[bool, bool] = (True, True),
    corrections: tuple[Correction, Correction] = (_correction, _correction),
    stored: str = "",
    swapped: bool = False,
    raw: bool = False,
    corrected_by: tuple[int, int] = (0, 1),
    made_with: tuple[int, int, int, int] = (0, 0, 1, 1),
    outside: bool = False,
    correction_root: float = 0.5,
) -> Any:
    """Adam, with what goes wrong in it as options; `outside` corrects v after its root, as the book does.

    `made_with` says which beta the old m, the gradient, the old v and the square of the gradient are multiplied by.
    """
    beta = h["beta1"], h["beta2"]
    betas = [beta[i] for i in corrected_by]
    kept_m, new_m, kept_v, new_v = (1 - beta[i] if swapped else beta[i] for i in made_with)
    m = kept_m * state.get("m", 0.0) + (1 - new_m) * g
    v = kept_v * state.get("v", 0.0) + (1 - new_v) * size(g)
    state |= {"m": m, "v": v}
    m = np.divide(g if raw else m, corrections[0](betas[0], t)) if correct[0] else g if raw else m
    by = corrections[1](betas[1], t)
    v = np.divide(v, by) if correct[1] and not outside else v
    state |= {name: value for name, value in (("m", m), ("v", v)) if name in stored}
    return -h["rate"] * m * (by**correction_root if outside else 1.0) / (v**root + h["eps"])


def simulate(
    rule: Rule,
    h: Numbers,
    v: Values,
    *,
    shared: bool = False,
    skipped: Sequence[str] = (),
    per_parameter: bool = False,
    keeps: float = 1.0,
    seen: Callable[[Values], Values] = dict,
) -> Values:
    """Return the parameters after each step of a rule.

    keeps = 0 forgets the old ones; `seen` makes of a step's gradients those that the rule takes.
    """
    now, states, results = dict(v["params"]), {name: dict[str, Any]() for name in v["params"]}, {}
    t = 0
    for step, grads in enumerate(map(seen, v["grads"]), 1):
        for name in now:
            t = t + 1 if per_parameter else step
            if name not in skipped:
                change = rule(grads[name], states["W1" if shared else name], t, h)
                if change.shape != now[name].shape:
                    raise ValueError("operands could not be broadcast together")
                now[name] = keeps * now[name] + change
            results[f"{name} after step {step}"] = now[name]
    return results


def _flipped(kind: str, grads: Values) -> Values:
    """Return gradients with the other sign for one kind of parameters: each rule then climbs."""
    return {name: -g if name[0] == kind else g for name, g in grads.items()}


def _crossed(name: str, other: str, grads: Values) -> Values:
    """Return gradients in which one parameter has that of another."""
    return grads | {name: grads[other]}


def rights(kind: str, h: Numbers) -> list[tuple[Rule, Numbers]]:
    """Return the rules that are right for a kind of optimizer, with their settings."""
    if kind == "sgd":
        return [(velocity, h | {"beta": 0.0, "share": 1.0})]
    if kind in ("momentum", "nesterov"):
        rule = velocity if kind == "momentum" else nesterov
        return [(rule, h | {"share": 1.0}), (rule, h | {"share": 1 - h["beta"]})]
    if kind == "adagrad":
        return [(squares, h | {"decay": 1.0, "share": 1.0})]
    if kind == "rmsprop":
        mean = h | {"share": 1 - h["decay"]}
        return [(squares, mean), (partial(squares, corrected=True), mean)]
    return [(adam, h)]


_WRONG_CORRECTIONS: dict[str, Correction] = {
    "adam.t-from-0": lambda beta, t: 1 - beta ** (t - 1),
    "adam.t-fixed": lambda beta, t: 1 - beta,
    "adam.power-lost": lambda beta, t: 1 - beta * t,
    "adam.correction-plus": lambda beta, t: 1 + beta**t,
}


def _own_mistakes(kind: str, rule: Rule, h: Numbers) -> Iterator[tuple[str, Rule, Numbers]]:
    """Yield what goes wrong in one kind only: the key, the rule and its settings."""
    if kind in ("momentum", "nesterov"):
        yield "momentum.velocity-lost", rule, h | {"beta": 0.0}
        yield "momentum.not-decayed", rule, h | {"beta": 1.0}
        yield "momentum.weights-swapped", rule, h | {"beta": 1 - h["beta"], "share": h["beta"]}
        yield "momentum.weights-swapped", rule, h | {"share": h["beta"]}
        yield "momentum.velocity-sign", rule, h | {"beta": -h["beta"]}
    if kind == "nesterov":
        yield "nesterov.updated-first", nesterov_updated_first, h
        yield "nesterov.is-momentum", velocity, h
    if kind in ("adagrad", "rmsprop", "adam"):
        yield "squares.no-epsilon", rule, h | {"eps": 0.0}
        yield "squares.no-square", partial(rule, size=np.positive), h
        yield "squares.absolute", partial(rule, size=np.abs), h
        yield "squares.no-root", partial(rule, root=1.0), h
    if kind == "adagrad":
        yield "adagrad.not-added", rule, h | {"decay": 0.0}
        yield from (("adagrad.is-rmsprop", rule, h | {"decay": d, "share": 1 - d}) for d in (0.9, 0.99))
    if kind == "rmsprop":
        yield "rmsprop.is-adagrad", rule, h | {"decay": 1.0, "share": 1.0}
        yield "rmsprop.is-adagrad", rule, h | {"decay": 1.0}
        yield "rmsprop.share-lost", rule, h | {"share": 1.0}
        yield "rmsprop.not-kept", rule, h | {"decay": 0.0}
        yield "rmsprop.weights-swapped", rule, h | {"decay": 1 - h["decay"], "share": h["decay"]}
    if kind == "adam":
        yield from _mistakes_of_adam(h)


def _mistakes_of_adam(h: Numbers) -> Iterator[tuple[str, Rule, Numbers]]:
    yield "squares.no-root", partial(adam, root=1.0, outside=True), h
    yield "adam.correction-no-root", partial(adam, outside=True, correction_root=1.0), h
    yield "adam.no-correction", partial(adam, correct=(False, False)), h
    yield "adam.half-corrected", partial(adam, correct=(True, False)), h
    yield "adam.half-corrected", partial(adam, correct=(False, True)), h
    yield from (("adam.corrected-stored", partial(adam, stored=stored), h) for stored in ("mv", "m", "v"))
    for key, wrong in _WRONG_CORRECTIONS.items():
        for corrections in ((wrong, wrong), (wrong, _correction), (_correction, wrong)):
            yield key, partial(adam, corrections=corrections), h
    yield "adam.betas-swapped", adam, h | {"beta1": h["beta2"], "beta2": h["beta1"]}
    yield "adam.weights-swapped", partial(adam, swapped=True), h
    for betas in ((1, 0, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0), (0, 0, 0, 0)):
        yield "adam.other-beta", partial(adam, made_with=betas), h
    for by in ((1, 0), (1, 1), (0, 0)):
        yield "adam.corrections-swapped", partial(adam, corrected_by=by), h
    yield from (("adam.gradient-for-m", partial(adam, raw=True, correct=(c, True)), h) for c in (True, False))


def mistakes(kind: str, h: Numbers) -> list[Mistake]:
    """Return the usual wrong versions of one kind of optimizer."""
    wrong: list[Mistake] = []
    for rule, numbers in rights(kind, h):
        ways: dict[str, Any] = {
            "optimizer.last-skipped": {"skipped": ("b2",)},
            "optimizer.biases-skipped": {"skipped": ("b1", "b2")},
            "optimizer.ascent-of-some": [{"seen": partial(_flipped, "W")}, {"seen": partial(_flipped, "b")}],
        }
        ways |= {"optimizer.shared-state": {"shared": True}} if kind != "sgd" else {}
        wrong.append(Mistake("optimizer.ascent", partial(simulate, rule, numbers | {"rate": -numbers["rate"]})))
        wrong.append(Mistake("optimizer.unchanged", partial(simulate, rule, numbers | {"rate": 0.0})))
        wrong += [Mistake(key, partial(simulate, r, n)) for key, r, n in _own_mistakes(kind, rule, numbers)]
        wrong.append(Mistake("optimizer.last-skipped", partial(simulate, rule, numbers, skipped=("W2", "b2"))))
        wrong += [Mistake(key, partial(simulate, rule, numbers, **way)) for key, way in each_equation(ways)]
        wrong += [
            Mistake("optimizer.other-gradient", partial(simulate, rule, numbers, seen=partial(_crossed, *names)))
            for names in (("b2", "b1"), ("b1", "b2"), ("W2", "W1"), ("W1", "W2"))
        ]
        if kind == "adam":
            wrong.append(Mistake("adam.t-per-parameter", partial(simulate, rule, numbers, per_parameter=True)))
        wrong.append(Mistake("optimizer.assigned", partial(simulate, rule, numbers, keeps=0.0)))
        rates = {
            "optimizer.rate-lost": (1.0,),
            "optimizer.rate-twice": (numbers["rate"] ** 2,),
            "optimizer.rate-fixed": FIXED_RATES,
        }
        for key, numbers_tried in rates.items():
            wrong += [Mistake(key, partial(simulate, rule, numbers | {"rate": rate})) for rate in numbers_tried]
    return wrong


def taken(params: Any, result: Any) -> Any:
    """Return the parameters after a call: what it returned, if that is parameters, or else what it was given."""
    result = result[0] if isinstance(result, tuple) and result else result
    if isinstance(params, np.ndarray):
        return result if isinstance(result, np.ndarray) and result.shape == params.shape else params
    return result if isinstance(result, type(params)) and len(result) == len(params) else params
