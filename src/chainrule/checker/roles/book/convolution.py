"""Convolution and pooling as the book writes them: classes, and im2col and col2im; channels before height and width."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.layout import from_channels_first, kernel_channels_first, to_channels_first
from chainrule.checker.equations import convolution as eq
from chainrule.checker.equations.columns import WRONG_COLUMNS, WRONG_IMAGES, columns, images
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, difference
from chainrule.checker.proof import another

CONVOLUTION = ("Convolution", "Conv", "Conv2d", "Conv2D", "ConvLayer")
POOLING = ("Pooling", "MaxPooling", "MaxPool", "MaxPool2d", "MaxPooling2D")


def _col_cases() -> list[Values]:
    rng = np.random.default_rng(26)
    examples = [{name: v[name] for name in ("A_prev", "stride", "pad", "f")} for v in eq.convolution_cases()]
    return [v | {"col": rng.standard_normal(columns(v)["col"].shape)} for v in examples]


def _im2col(learner: Learner, function: str, v: Values) -> Values:
    X = to_channels_first(v["A_prev"])
    return {"col": learner.call(function, X, v["f"], v["f"], v["stride"], v["pad"])}


def _col2im(learner: Learner, function: str, v: Values) -> Values:
    shape = to_channels_first(v["A_prev"]).shape
    pictures = learner.call(function, v["col"], shape, v["f"], v["f"], v["stride"], v["pad"])
    return {"img": from_channels_first(pictures)}


def _matrices(learner: Learner) -> Iterator[Probe]:
    function = learner.find("im2col")
    if function is not None and function in learner.nodes and len(learner.parameters(function)) == 5:
        run = partial(_im2col, learner, function)
        yield Probe(function, "im2col", _col_cases(), [run], [columns], named(WRONG_COLUMNS))
    function = learner.find("col2im")
    if function is not None and function in learner.nodes and len(learner.parameters(function)) == 6:
        run = partial(_col2im, learner, function)
        yield Probe(function, "col2im", _col_cases(), [run], [images], named(WRONG_IMAGES))


def _convolved(learner: Learner, name: str, method: str, v: Values) -> Values:
    """Return what a layer's forward gives, or the gradients after its backward."""
    layer = classes.build(learner, name, kernel_channels_first(v["W"]), v["b"].ravel(), v["stride"], v["pad"])
    Z = classes.call(learner, name, layer, "forward", to_channels_first(v["A_prev"]))
    if method == "forward":
        return {"Z": from_channels_first(Z)}
    dX = classes.call(learner, name, layer, "backward", to_channels_first(v["dZ"]))
    kept = getattr(layer, "grads", None) or [getattr(layer, "dW", None), getattr(layer, "db", None)]
    dW, db = kept[0], kept[1]
    dW = None if dW is None else np.transpose(dW, (2, 3, 1, 0))
    return {"dA_prev": from_channels_first(dX), "dW": dW, "db": None if db is None else np.reshape(db, (1, 1, 1, -1))}


def _pooled(learner: Learner, name: str, method: str, v: Values) -> Values:
    layer = classes.build(learner, name, v["f"], v["f"], v["stride"])
    A = classes.call(learner, name, layer, "forward", to_channels_first(v["A_prev"]))
    if method == "forward":
        return {"A": from_channels_first(A)}
    dA_prev = classes.call(learner, name, layer, "backward", to_channels_first(v["dA"]))
    return {"dA_prev": from_channels_first(dA_prev)}


def _with_own(learner: Learner, kind: str, method: str, v: Values) -> Values:
    """Return what is right for a class that uses the learner's own im2col and col2im, right or wrong."""
    im2col, col2im = learner.find("im2col") or "", learner.find("col2im") or ""
    own = (partial(_im2col, learner, im2col) if im2col in learner.nodes else columns)(v)["col"]
    back = partial(_col2im, learner, col2im) if col2im in learner.nodes else images
    m, (height, width) = len(v["A_prev"]), eq.output_size(v)
    if kind == "pooling":
        windows = own.reshape(-1, v["f"] ** 2)
        if method == "forward":
            return {"A": windows.max(axis=1).reshape(m, height, width, -1)}
        col = (windows == windows.max(axis=1, keepdims=True)) * v["dA"].reshape(-1, 1)
        return {"dA_prev": back(v | {"col": col.reshape(own.shape)})["img"]}
    W = kernel_channels_first(v["W"]).reshape(v["W"].shape[3], -1)
    if method == "forward":
        return {"Z": (own @ W.T + v["b"].ravel()).reshape(m, height, width, -1)}
    dZ = v["dZ"].reshape(-1, v["W"].shape[3])
    dW = (own.T @ dZ).T.reshape(kernel_channels_first(v["W"]).shape)
    gradients = {"dW": np.transpose(dW, (2, 3, 1, 0)), "db": dZ.sum(axis=0).reshape(1, 1, 1, -1)}
    return {"dA_prev": back(v | {"col": dZ @ W})["img"]} | gradients


def _wrong_helpers(learner: Learner, function: str) -> set[str]:
    """Return which of im2col and col2im a method takes from another file of the learner's that has them wrong."""
    names = {node.id for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Name)}
    pairs: dict[str, tuple[Equation, Equation]] = {
        "im2col": (partial(_im2col, learner, "im2col"), columns),
        "col2im": (partial(_col2im, learner, "col2im"), images),
    }
    imported = [name for name in pairs.keys() & names if name in learner.namespace and name not in learner.nodes]
    return {name for name in imported if not learner.stands_in(name) and _differs(*pairs[name])}


def _differs(own: Equation, right: Equation) -> bool:
    try:
        return any(bool(difference([right(v)], [own(v)])) for v in _col_cases())
    except Raised:  # it may be called otherwise
        return False


def _class_probes(
    learner: Learner,
    name: str,
    kind: str,
    call: Callable[[Learner, str, str, Values], Values],
    cases: list[Values],
    equations: dict[str, tuple[Equation, list[Mistake]]],
) -> Iterator[Probe | Inspection]:
    needs = [f for f in (learner.find("im2col"), learner.find("col2im")) if f in learner.nodes]
    for method, (equation, mistakes) in equations.items():
        if f"{name}.{method}" in learner.nodes:
            right = [equation] + ([partial(_with_own, learner, kind, method)] if needs else [])
            run = partial(call, learner, name, method)
            if wrong := _wrong_helpers(learner, f"{name}.{method}"):
                yield Inspection(f"{name}.{method}", f"{kind}.{method}", partial(another, wrong))
                continue
            yield Probe(f"{name}.{method}", f"{kind}.{method}", cases, [run], right, mistakes, needs=needs)
            needs = [*needs, f"{name}.{method}"]


def _constructed(learner: Learner, names: tuple[str, ...], first: tuple[str, ...]) -> str | None:
    """Return the learner's class if its constructor begins as the book's does."""
    name = learner.find(*names)
    if name not in learner.classes:
        return None
    parameters = list(inspect.signature(learner.classes[name]).parameters)
    return name if len(parameters) >= 3 and parameters[0] in first else None


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield probes for im2col and col2im, and for the classes that use them."""
    yield from _matrices(learner)
    name = _constructed(learner, CONVOLUTION, ("W", "w", "weight", "weights"))
    if name is not None and len(inspect.signature(learner.classes[name]).parameters) == 4:
        both: dict[str, tuple[Equation, list[Mistake]]] = {
            "forward": (eq.forward, eq.forward_mistakes()),
            "backward": (eq.backward, eq.backward_mistakes()),
        }
        yield from _class_probes(learner, name, "convolution", _convolved, eq.convolution_cases(), both)
    name = _constructed(learner, POOLING, ("pool_h", "pool_height", "ph"))
    if name is not None:
        both = {
            "forward": (eq.pool, eq.pool_mistakes()),
            "backward": (eq.pool_backward, eq.pool_backward_mistakes()),
        }
        yield from _class_probes(learner, name, "pooling", _pooled, eq.pooling_cases("max"), both)
