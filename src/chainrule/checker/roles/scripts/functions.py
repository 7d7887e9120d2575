"""Plain scripts: a network in a few functions of the learner's own names, mostly with examples in rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.names import weights
from chainrule.checker.conventions.styles import Style, arguments, call, calls, meaning, text
from chainrule.checker.equations import cost, network, update
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.network import Step
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.scripts import whole
from chainrule.checker.roles.scripts.classes import network_classes
from chainrule.checker.roles.scripts.fused import fused_probe
from chainrule.checker.roles.scripts.modular import modular_probes
from chainrule.checker.roles.scripts.prediction import PREDICT, prediction_probes
from chainrule.checker.roles.scripts.training import training
from chainrule.checker.roles.scripts.whole import Reading

FORWARD: tuple[str, ...] = ("forward", "forward_pass", "feedforward", "feed_forward", "fprop", "model_forward")
FORWARD += ("forward_full", "forward_prop", "forward_propagation")
BACKWARD: tuple[str, ...] = ("backward", "backward_pass", "backprop", "back_prop", "bprop", "backpropagate")
BACKWARD += ("compute_gradients", "backward_prop", "backward_propagation")
UPDATE = ("update", "update_params", "update_weights", "update_parameters", "gradient_descent_update")
LOSS = (
    "loss",
    "compute_loss",
    "cross_entropy",
    "loss_function",
    "loss_fn",
    "calculate_loss",
    "get_loss",
    "bce",
    "bce_loss",
)
TRAIN = ("train", "fit", "train_network", "train_model", "gradient_descent", "training")
STEP = ("train_step", "training_step", "train_one_step", "train_batch", "step", "sgd_step")

Formula = Callable[[Values], Any]
_SQUARES: dict[str, tuple[Formula, float]] = {
    "mean-squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).mean(), 2.0),
    "squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).sum() / v["Y"].shape[1], 2.0),
    "half-squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).sum() / v["Y"].shape[1] / 2, 1.0),
    "half-mean-squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).mean() / 2, 1.0),
}
_SUMS: dict[str, tuple[Formula, float]] = {
    "sum-of-squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).sum(), 2.0),
    "half-sum-of-squares": (lambda v: ((v["AL"] - v["Y"]) ** 2).sum() / 2, 1.0),
}


def _slope_of_squares(factor: float, per_class: bool, A: Any, Y: Any) -> Any:
    """Return dAL of the squared error of one example."""
    return factor * (A - Y) / (len(Y) if per_class else 1)


def _slope_at_scores(A: Any, Y: Any) -> Any:
    """Return dAL of softmax, or of sigmoid for one output, with cross-entropy when the network ends in scores."""
    return (network.OUTPUTS["sigmoid"](A) if len(A) == 1 else network.OUTPUTS["softmax"](A)) - Y


def _cross_entropy(output: str) -> Equation:
    return cost.binary if output == "sigmoid" else cost.categorical


def _loss_cases(output: str) -> list[Values]:
    return cost.binary_cases() if output == "sigmoid" else cost.categorical_cases()


def _loss_run(learner: Learner, function: str, style: Style, v: Values) -> Values:
    names = [meaning(name) for name in learner.parameters(function)]
    known = {"AL": style.examples(v["AL"]), "Y": style.examples(v["Y"]), "m": v["Y"].shape[1], "params": {}}
    if style.labels:
        known["Y"] = v["Y"][0] if len(v["Y"]) == 1 else v["Y"].argmax(axis=0)
    if "AL" not in names and len(names) == 2:
        other = next((name for name in learner.parameters(function) if meaning(name) != "Y"), "")
        known[other] = known["AL"]
    result = np.asarray(call(learner, function, known))
    return {"cost": result.reshape(()) if result.size == 1 else (result.T if style.rows else result)}


def _loss_styles(learner: Learner, function: str, style: Style) -> list[Style]:
    numbers = re.search(r"arange\(|range\(|one_?hot\w*\(|eye\(", text(learner, function))
    return [replace(style, labels=labels) for labels in ((True, False) if numbers else (False, True))]


def _measures(learner: Learner, function: str | None, style: Style, output: str) -> str | None:
    """Return which loss a function computes: "mean", "sum", a key of the squares, "" for another; None if absent."""
    if function not in learner.nodes:
        return None
    cases = _loss_cases(output)
    right = _cross_entropy(output)
    formulas: dict[str, Formula] = {
        "mean": lambda v: right(v)["cost"],
        "sum": lambda v: right(v)["cost"] * v["Y"].shape[1],
    }
    formulas |= {key: formula for key, (formula, _) in (_SQUARES | _SUMS).items()}
    for way in _loss_styles(learner, function, style):
        for key, formula in formulas.items():
            try:
                if all(close(formula(v), _loss_run(learner, function, way, v)["cost"], cost.TOLERANCE) for v in cases):
                    return key
            except Exception:  # whatever the learner's code makes of it
                break
    return ""


def _divides_later(learner: Learner) -> bool:
    """Return whether the gradient is divided by the number of examples where it is used."""
    later = [learner.find(name) for name in (*UPDATE, *TRAIN)]
    source = text(learner, *(name for name in later if name))
    return bool(
        re.search(r"(grad|d_?[wb]|dw|db|lr|rate|alpha|eta)[^\n]*/ ?\(?(m\b|n\b|len\(|batch|\w+\.shape)", source)
    )


def _mean_elsewhere(learner: Learner, backward: str) -> bool:
    """Return whether a loss is averaged in a function that is no loss function."""
    others = [function for function in learner.nodes if function != backward]
    return any("log(" in (code := text(learner, f)) and re.search(r"mean\(|/ ?\(?(m|n)\b|/ len", code) for f in others)


def _losses(learner: Learner, backward: str, kind: str | None, output: str) -> list[tuple[Step | None, bool]]:
    """Return which losses the gradient may belong to: dAL, None for cross-entropy, and whether it is the mean."""
    whole_text = text(learner, *learner.nodes)
    entropy = _slope_at_scores if output == "identity" else None
    sums = kind == "sum" or _divides_later(learner) or (kind is None and not _mean_elsewhere(learner, backward))
    losses: list[tuple[Step | None, bool]] = []
    squares = _SQUARES | _SUMS
    if kind in squares:
        factor = squares[kind][1]
        slope = partial(_slope_of_squares, factor, "mean-squares" in kind)
        losses = [(slope, kind not in _SUMS), (partial(_slope_of_squares, 1.0, False), kind not in _SUMS)]
    elif kind in (None, "") and "log(" not in whole_text:
        for factor in (1.0, 2.0):
            losses += [(partial(_slope_of_squares, factor, per_class), True) for per_class in (False, True)]
    losses = [(entropy, True), *losses] if kind not in squares else losses
    summed = [(slope, False) for slope, _ in losses] if sums else []
    return [*summed, *losses] if kind == "sum" else [*losses, *summed]


def _allows_scores(learner: Learner, forward: str) -> bool:
    """Return whether a forward pass may end in scores: for regression, or with the activation in the loss."""
    everything = text(learner, *learner.nodes)
    if "log(" not in everything:
        return True
    outside = set(learner.nodes) - calls(learner, forward) - {forward}
    outside -= {function for function in outside if re.search(r"softmax$|sigmoid$|backward|derivative|prime", function)}
    return bool(re.search(r"softmax\(|sigmoid\(|exp\(", text(learner, *outside)))


def _loss_probe(learner: Learner, function: str, reading: Reading, sums: bool) -> Probe:
    output = reading.output
    right: list[Equation] = [_cross_entropy(output)]
    if "cross" not in function and "bce" not in function and "log(" not in text(learner, function):
        right += [partial(_cost_of, formula) for formula, _ in (_SQUARES | _SUMS).values()]
    if sums:
        right.append(partial(_summed, right[0]))
    mistakes = cost.binary_mistakes() if output == "sigmoid" else cost.categorical_mistakes()
    runs = [partial(_loss_run, learner, function, way) for way in _loss_styles(learner, function, reading.styles[0])]
    cases = _loss_cases(output)
    return Probe(function, "loss", cases, runs, right, mistakes, cost.TOLERANCE, needs=sorted(calls(learner, function)))


def _cost_of(formula: Formula, v: Values) -> Values:
    return {"cost": formula(v)}


def _summed(equation: Equation, v: Values) -> Values:
    return {"cost": equation(v)["cost"] * v["Y"].shape[1]}


def _is_loss(learner: Learner, function: str | None) -> bool:
    if function not in learner.nodes or function is None:
        return False
    names = [meaning(name) for name in learner.parameters(function)]
    return "Y" in names and ("AL" in names or len(names) == 2) and "X" not in names


def _updated(learner: Learner, function: str, style: Style, prefix: str, v: Values) -> Values:
    named = update.names(v)
    known = style.known({name: value for name, value in v.items() if name in named} | {"X": np.ones((1, 2))})
    turned = {n: style.weight_gradient(v[f"d{n}"]) if "W" in n else style.bias(v[f"d{n}"]) for n in named}
    layers = range(1, network.depth(v) + 1)
    known |= {f"d{name}": value for name, value in turned.items()}
    known["grads"] = {f"{prefix}{name.lower() if style.lower else name}": value for name, value in turned.items()}
    known |= {f"d{kind}s": [turned[f"{kind}{i}"] for i in layers] for kind in "Wb"}
    known["learning_rate"] = v["learning_rate"]
    result = call(learner, function, known)
    parts = result if isinstance(result, tuple) else (result,) if result is not None else learner.given
    updated = weights(result)
    if updated is None and len(parts) >= 2 and all(isinstance(part, list) for part in parts[:2]):
        updated = {f"{kind}{i}": part[i - 1] for kind, part in zip("Wb", parts, strict=False) for i in layers}
    updated = updated or next((w for part in parts if (w := weights(part))), {})
    return {name: style.parameter(name, updated.get(name, np.nan)) for name in named}


def _update_cases(layers: int) -> list[Values]:
    rng = np.random.default_rng(3)
    examples = []
    for output, rate in (("softmax", 0.3), ("sigmoid", 0.07)):
        v = {name: a for name, a in network.cases(layers, output)[0].items() if name[0] in "Wb"}
        examples.append(
            v | {f"d{name}": rng.standard_normal(a.shape) for name, a in v.items()} | {"learning_rate": rate}
        )
    return examples


def _update_probe(learner: Learner, function: str, style: Style) -> Probe | None:
    cases = _update_cases(style.layers)
    runs: list[Equation] = []
    for way in (style, replace(style, lists=True)):
        for prefix in ("d", ""):
            run = partial(_updated, learner, function, way, prefix)
            try:
                run(cases[0])
            except Exception:  # whatever the learner's code makes of it
                continue
            runs.append(run)
    known = style.known(network.cases(style.layers, "softmax")[0]) | {"learning_rate": 1.0}
    known |= dict.fromkeys(["grads", "dWs", "dbs", *(f"d{name}" for name in update.names(cases[0]))])
    if not runs and arguments(learner, function, known) is None:
        return None
    runs = runs or [partial(_updated, learner, function, style, "d")]
    return Probe(
        function,
        "update",
        cases,
        runs,
        [update.update],
        update.UPDATE_MISTAKES,
        may_change=_may_change(learner, function),
    )


def as_updated(learner: Learner, reading: Reading) -> Reading:
    """Return the reading with gradients of weights the other way round, if that is how the update is right."""
    style = _as_updated(learner, learner.find(*UPDATE), reading.styles[0])
    return replace(reading, styles=(style, *reading.styles[1:]))


def _as_updated(learner: Learner, function: str | None, style: Style) -> Style:
    if function not in learner.nodes or function is None:
        return style
    for way in (style, replace(style, gradients_turned=True)):
        probe = _update_probe(learner, function, way)
        if probe and classes.is_right(learner, replace(probe, mistakes=())):
            return way
    return style


def _may_change(learner: Learner, function: str) -> frozenset[str]:
    """Return what an update may change: parameters that it returns again, or all of them if it returns nothing."""
    returned = learner.returned_names(function)
    gradients = re.compile(r"grads|d[Wb](\d|s)")
    parameters = [name for name in learner.parameters(function) if not gradients.fullmatch(meaning(name))]
    return frozenset(parameters if not returned or set(returned) & set(parameters) else ())


def _gradient_is_sum(learner: Learner, probe: Probe | None, reading: Reading) -> bool:
    """Return whether the learner's gradient of the last layer is that of the sum over the examples."""
    if probe is None:
        return False
    right = partial(network.backward, replace(reading.right, mean=False))
    for run in probe.runs:
        try:
            got = [run(v) for v in probe.cases]
        except Exception:  # whatever the learner's code makes of it
            continue
        wanted = [right(v) for v in probe.cases]
        name = f"dW{reading.styles[0].layers}"
        pairs = [(a[name], b.get(name, np.nan)) for a, b in zip(wanted, got, strict=True)]
        if all(close(np.ravel(a), np.ravel(b), 1e-6) for a, b in pairs):
            return True
    return False


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of a plain script."""
    yield from modular_probes(learner)
    for methods, names in network_classes(learner):
        yield from _class_probes(methods, names)
    step = learner.find(*STEP)
    if step is not None and whole.is_forward(learner, step) and _learns(learner, step):
        yield fused_probe(learner, step)
    forward, backward = learner.find(*FORWARD), learner.find(*BACKWARD)
    loss = learner.find(*LOSS)
    if forward is None or not whole.is_forward(learner, forward):
        return
    reading = whole.read(learner, forward, backward, scores=_allows_scores(learner, forward))
    yield whole.forward_probe(learner, forward, backward, reading)
    reading = as_updated(learner, reading)
    style = reading.styles[0]
    kind = _measures(learner, loss if _is_loss(learner, loss) else None, style, reading.output)
    probe = None
    if backward in learner.nodes:
        losses = _losses(learner, backward, kind, reading.output)
        probe = whole.backward_probe(learner, forward, backward, reading, losses)
    if _is_loss(learner, loss) and loss is not None and reading.output != "identity":
        yield _loss_probe(learner, loss, reading, _gradient_is_sum(learner, probe, reading))
    if probe:
        yield probe
    function = learner.find(*UPDATE)
    if function in learner.nodes:
        update_probe = _update_probe(learner, function, style)
        if update_probe:
            yield update_probe
    yield from prediction_probes(learner, forward, reading, learner.find(*PREDICT), probabilities=True)
    for name in TRAIN:
        yield from training(learner, name, reading)


def _class_probes(learner: Learner, names: dict[str, str]) -> Iterator[Probe]:
    """Yield what there is to try of a network that is a class, by its methods as functions."""
    forward, backward = names["forward"], names["backward"]
    reading = whole.read(learner, forward, backward, scores=_allows_scores(learner, forward))
    yield whole.forward_probe(learner, forward, backward, reading)
    losses = _losses(learner, backward, None, reading.output)
    probe = whole.backward_probe(learner, forward, backward, reading, losses)
    if probe:
        yield probe
    yield from prediction_probes(learner, forward, reading, names["predict"], probabilities=True)


def _learns(learner: Learner, function: str) -> bool:
    return any(meaning(name) == "learning_rate" for name in learner.parameters(function))
