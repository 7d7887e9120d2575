"""Batch, layer and group normalization, and dropout, as cs231n has them: with a dict of settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import dropout, normalization
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.proof import Doubt
from chainrule.checker.roles.cs231n.pairs import Pair, pair_probes, takes

_TOLERANCE = 1e-3  # for the ε under the root
_P = 0.3
_DROPOUT = ("dropout_forward", "dropout_backward")


def _case(v: Values) -> Values:
    """Return a case with examples as rows."""
    turned = {"x": v["x"].T.copy(), "dout": v["dy"].T.copy(), "gamma": v["gamma"].ravel(), "beta": v["beta"].ravel()}
    return turned | {"bn_param": {"mode": "train"}, "ln_param": {}}


def _in_rows(equation: Equation, v: Values) -> Values:
    """Return the results of an equation with examples as columns, turned back."""
    columns = {"x": v["x"].T, "gamma": v["gamma"][:, None], "beta": v["beta"][:, None]}
    results = equation(columns | ({"dy": v["dout"].T} if "dout" in v else {}))
    return {("out" if name == "y" else name): np.transpose(result) for name, result in results.items()}


def _turned(mistakes: list[Mistake]) -> list[Mistake]:
    return [Mistake(mistake.key, partial(_in_rows, mistake.wrong)) for mistake in mistakes]


_BATCH = Pair(
    "batchnorm",
    ("x", "gamma", "beta", "bn_param"),
    ("out",),
    [_case(v) for v in normalization.cases()],
    partial(_in_rows, normalization.normalize),
    _turned(normalization.forward_mistakes()),
    _turned(normalization.backward_mistakes()),
    partial(_in_rows, normalization.normalize_backward),
    _TOLERANCE,
)


def _over_features(v: Values) -> Values:
    """Return layer normalization: each example by its own mean and variance."""
    x = v["x"]
    normalized = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    return {"out": v["gamma"] * normalized + v["beta"]}


_LAYER = replace(
    _BATCH,
    name="layernorm",
    inputs=("x", "gamma", "beta", "ln_param"),
    forward=_over_features,
    mistakes=[Mistake("layernorm.over-examples", _BATCH.forward)],
    backward_mistakes=(),
    backward=None,
)


def _over_pictures(v: Values) -> Values:
    """Return batch normalization of pictures (N, C, H, W): each channel over all places of all pictures."""
    x = v["x"]
    mean, deviation = (each(axis=(0, 2, 3), keepdims=True) for each in (x.mean, x.std))
    return {"out": v["gamma"][:, None, None] * (x - mean) / deviation + v["beta"][:, None, None]}


def _over_groups(v: Values) -> Values:
    """Return group normalization: the channels of a group and all their places, in each picture."""
    x = v["x"]
    groups = x.reshape(len(x), v["G"], -1)
    normalized = (groups - groups.mean(axis=2, keepdims=True)) / groups.std(axis=2, keepdims=True)
    return {"out": v["gamma"] * normalized.reshape(x.shape) + v["beta"]}


def _picture_cases(*parameters: int) -> list[Values]:
    """Return pictures of 4 channels in 2 groups; `parameters` is the shape of gamma and beta."""
    rng = np.random.default_rng(53)
    drawn: list[Values] = []
    for m, height, width in ((3, 2, 3), (2, 2, 2)):
        v: Values = {name: rng.standard_normal((m, 4, height, width)) for name in ("x", "dout")}
        v |= {"gamma": rng.uniform(0.5, 2.0, parameters), "beta": rng.standard_normal(parameters)}
        drawn.append(v | {"x": 3 * v["x"] + 1, "G": 2, "bn_param": {"mode": "train"}, "gn_param": {}})
    return drawn


_PICTURES = Pair(
    "spatial_batchnorm",
    ("x", "gamma", "beta", "bn_param"),
    ("out",),
    _picture_cases(4),
    _over_pictures,
    tolerance=_TOLERANCE,
)
_GROUPS = Pair(
    "spatial_groupnorm",
    ("x", "gamma", "beta", "G", "gn_param"),
    ("out",),
    _picture_cases(1, 4, 1, 1),
    _over_groups,
    [Mistake("groupnorm.one-group", lambda v: _over_groups(v | {"G": 1}))],
    tolerance=_TOLERANCE,
)


def _reads(learner: Learner, function: str, name: str) -> bool:
    """Return whether a function asks for something in a dict of settings."""
    nodes = ast.walk(learner.nodes[function])
    return any(isinstance(node, ast.Constant) and node.value == name for node in nodes)


def _after_training(learner: Learner, function: str) -> list[Finding]:
    """Return what is wrong if the statistics of the batch are used after training, where the running ones belong."""
    if not _reads(learner, function, "mode"):
        return []
    v, rng = _BATCH.cases[0], np.random.default_rng(5)
    running = {"running_mean": rng.standard_normal(3), "running_var": rng.uniform(0.5, 2.0, 3)}
    out = learner.call(function, v["x"], v["gamma"], v["beta"], {"mode": "test"} | running)
    out = out[0] if isinstance(out, tuple) else out
    is_of_batch = close(_BATCH.forward(v)["out"], out, _TOLERANCE)
    turned = {name: v[name].T for name in ("x", "gamma", "beta")} | running
    turned |= {name: turned[name][:, None] for name in ("gamma", "beta", *running)}
    mistake = normalization.mistake_after_training(turned, np.transpose(out))
    key = "batchnorm.batch-at-test" if is_of_batch else mistake
    return [Finding(key, function, learner.line(function))] if key else []


def _settings(form: str, mode: str) -> Any:
    return {"mode": mode, "p": _P, "seed": 3, "dropout_param": _P} if form == "dict" else _P


def _drop(learner: Learner, function: str, form: str, v: Values) -> Values:
    learner.seed(0)
    y = learner.call(function, v["x"], _settings(form, "train"))[0]
    flagged = form == "dict" and _reads(learner, function, "mode")
    after = learner.call(function, v["x"], _settings(form, "test"))[0] if flagged else None
    return dropout.counted(_P, v["x"], y, after)


def _drop_back(learner: Learner, function: str, forward: str, form: str, v: Values) -> Values:
    learner.seed(0)
    y, cache = learner.call(forward, v["x"], _settings(form, "train"))[:2]
    return dropout.counted_back(_P, v, y, learner.call(function, v["dy"], cache))


def _dropout_probes(learner: Learner) -> Iterator[Probe | Inspection]:
    forward, backward = (learner.find(name) for name in _DROPOUT)
    usable = forward if takes(learner, forward, 2) else None
    if usable:
        form = "dict" if _reads(learner, usable, "p") or _reads(learner, usable, "mode") else "number"
        flagged = form == "dict" and _reads(learner, usable, "mode")
        # p was the share to drop until 2017, and is the share to keep since.
        meant = [_P, 1 - _P]
        right = [equation for ratio in meant for equation in dropout.rights(ratio, flagged)]
        wrong = [m for ratio in meant for m in dropout.mistakes(ratio, flagged) if m.key != "dropout.inverted"]
        run = partial(_drop, learner, usable, form)
        yield Probe(usable, _DROPOUT[0], dropout.cases(), [run], right, wrong, _TOLERANCE)
    if backward is None or not takes(learner, backward, 2):
        return
    if usable is None:
        yield Inspection(backward, _DROPOUT[1], lambda: Doubt("needs-forward", {"role": _DROPOUT[0]}))
        return
    run = partial(_drop_back, learner, backward, usable, form)
    wrong = dropout.back_mistakes([1 - _P, _P])
    yield Probe(backward, _DROPOUT[1], dropout.cases(), [run], [dropout.right_back], wrong, _TOLERANCE, needs=[usable])


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield probes of what normalizes and of what drops."""
    for probe in pair_probes(learner, _BATCH):
        if isinstance(probe, Probe) and probe.role == "batchnorm_forward":
            probe = replace(probe, also=partial(_after_training, learner, probe.function))
        yield probe
    for pair in (_LAYER, _PICTURES, _GROUPS):
        yield from pair_probes(learner, pair)
    yield from _dropout_probes(learner)
