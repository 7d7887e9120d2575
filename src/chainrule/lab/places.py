"""Where in the pass on the screen one of the learner's functions belongs: what it is given there, and what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.equations.mistakes import Values
from chainrule.checker.probe import Probe
from chainrule.lab.on_screen import OnScreen

_OF_LAYER = {"A_prev", "W", "b", "dZ"}
_OF_ACTIVATION = {"Z", "dA"}
_GRADIENTS = ("dZ", "dA", "dA_prev")  # of one example's loss, or of the mean over the examples
_ANY_DEPTH = ("L_model_forward", "L_model_backward")


class Place(NamedTuple):
    """One place for a function.

    Attributes
    ----------
    layer
        The layer's number in the network; None for all of it.
    ways
        What it may be given there, with what the pass has for it: once with gradients of the sum over the examples, as
        in the course, and once with those of the mean, as in the book.
    """

    layer: int | None
    ways: tuple[tuple[Values, Values], ...]


def places(probe: Probe, screen: OnScreen) -> Iterator[Place]:
    """Yield the places in the pass where a function belongs."""
    keys = set(probe.cases[0]) if probe.cases else set()
    if keys == _OF_ACTIVATION:
        yield from _activations(probe.role, screen)
    elif keys in (_OF_LAYER, _OF_LAYER | _OF_ACTIVATION | {"activation"}):
        yield from _layers(probe, keys, screen)
    elif keys in ({"Z", "Y"}, {"AL", "Y"}):
        yield from _ends(screen)
    elif kind := _kind(probe, keys):
        yield from _others(probe, kind, screen)
    elif "W1" in keys and screen.whole and _has_depth(probe, len(screen.layers)):
        known = _known_of_network(screen, after_step="learning_rate" in keys)
        yield Place(None, _both(_as_in(probe.cases[0], _network(screen)), known))


_NAMES = {"columns": "convolution"} | dict.fromkeys(("rnn", "lstm", "rnn in rows", "lstm in rows"), "recurrent")


def _kind(probe: Probe, keys: set[str]) -> str:
    """Return for which of what else is in a pass a function is written, by the names of what it is given."""
    if keys == {"params", "grads"}:
        return "optimizer"
    if {"parameters", "xt", "da"} <= keys:
        return "lstm" if probe.role.startswith("lstm") else "rnn"
    if {"prev_h", "Wx", "Wh"} <= keys:
        return "lstm in rows" if probe.role.startswith("lstm") else "rnn in rows"
    if {"A_prev", "stride", "pad", "f"} <= keys:
        return "convolution" if "W" in keys else "columns" if "col" in keys else "pooling"
    return ""


def _others(probe: Probe, kind: str, screen: OnScreen) -> Iterator[Place]:
    modes = {case.get("mode") for case in probe.cases}
    for other in screen.others:
        given, known = dict(other["given"]), other["known"]
        if other["kind"] != kind or given.get("mode") not in modes:
            continue
        if "_step" in probe.role or "_cell" in probe.role:
            known = {}  # the pass has no numbers of a step alone
        if "_step" in probe.role:
            given["x"] = given["xs"][:, -1]
        yield Place(other["layer"], ((given, known),))


def has_ties(given: Values) -> bool:
    """Return whether a window of pooling has its maximum twice: who gets the gradient then is up to the author."""
    if given.get("mode") != "max":
        return False
    f = given["f"]
    windows = np.lib.stride_tricks.sliding_window_view(given["A_prev"], (f, f), axis=(1, 2))
    largest = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)
    return bool(f > 1 and (largest[..., -1] == largest[..., -2]).any())


def kind_of(probe: Probe) -> str:
    """Return what a function is for: "activation", "layer", ..., or "other" if no pass has a place for it."""
    keys = set(probe.cases[0]) if probe.cases else set()
    if kind := _kind(probe, keys):
        return _NAMES.get(kind, kind)
    if keys == _OF_ACTIVATION:
        return "activation"
    if keys >= _OF_LAYER or keys in ({"Z", "Y"}, {"AL", "Y"}):
        return "layer"
    return "network" if "W1" in keys else "other"


def _activations(role: str, screen: OnScreen) -> Iterator[Place]:
    name, _, part = role.partition("_")
    for v in screen.layers:
        if v["activation"] != name:
            continue
        if part == "derivative":
            yield Place(v["layer"], (({"Z": v["Z"], "dA": np.ones_like(v["Z"])}, {}),))
        elif "dA" in v or part != "backward":
            values = {"Z": v["Z"], "dA": v.get("dA", np.ones_like(v["Z"]))}
            yield Place(v["layer"], _both(values, {"A": v["A"], "dZ": v.get("dZ")}))


def _layers(probe: Probe, keys: set[str], screen: OnScreen) -> Iterator[Place]:
    activations = {case.get("activation") for case in probe.cases}  # that such functions know by name
    for v in screen.layers:
        if keys <= v.keys() and ("activation" not in keys or v["activation"] in activations):
            given = {name: v[name] for name in keys}
            known = {name: v.get(name) for name in ("Z", "A", "dW", "db", "dA_prev")}
            yield Place(v["layer"], _both(given, known))


def _ends(screen: OnScreen) -> Iterator[Place]:
    if not screen.layers or "A" not in screen.layers[-1]:
        return
    v = screen.layers[-1]
    given = {"Z": v["Z"], "AL": v["A"], "Y": screen.Y}
    known = {"A": v["A"], "cost": screen.cost, "loss": screen.cost, "dZ": v["dZ"], "dx": v["dZ"]}
    yield Place(v["layer"], ((given, known),))


def _network(screen: OnScreen) -> Values:
    v: Values = {"X": screen.layers[0]["A_prev"], "Y": screen.Y, "learning_rate": screen.rate}
    for l, layer in enumerate(screen.layers, start=1):  # noqa: E741
        v |= {f"{name}{l}": layer.get(name, np.zeros_like(layer[name[1:]])) for name in ("dW", "db")}
        v |= {f"{name}{l}": layer[name] for name in "Wb"}
    return v


def _as_in(case: Values, values: Values) -> Values:
    """Return values with as many axes as a case has them, which for biases depends on who takes them."""
    flat = {name for name, value in case.items() if np.ndim(value) == 1}
    return {name: np.ravel(value) if name in flat else value for name, value in values.items()}


def _known_of_network(screen: OnScreen, *, after_step: bool) -> Values:
    AL = screen.layers[-1].get("A")
    known: Values = {"AL": AL, "cost": screen.cost}
    if AL is not None and screen.task != "regression":
        known["P"] = AL[0] > 0.5 if screen.task == "binary" else AL.argmax(axis=0)
    for l, layer in enumerate(screen.layers, start=1):  # noqa: E741
        known |= {f"{name}{l}": layer.get(name) for name in ("Z", "A", "dW", "db")}
        if after_step:
            known |= {f"{name}{l}": layer[name] - screen.rate * layer.get(f"d{name}", 0.0) for name in "Wb"}
    return known


def _has_depth(probe: Probe, depth: int) -> bool:
    depths = {sum(1 for name in case if re.fullmatch(r"W\d", name)) for case in probe.cases}
    return depth in depths or probe.role in _ANY_DEPTH or len(depths) > 1


def _both(values: Values, known: Values) -> tuple[tuple[Values, Values], ...]:
    """Return what is given and known, once with gradients of the sum over the examples, and once as they are."""
    by_sum = (_summed(values), _summed(known))
    return (by_sum, (values, known))


def _summed(values: Values) -> Values:
    return {
        name: _times(value) if name in _GRADIENTS and value is not None else value for name, value in values.items()
    }


def _times(gradient: Any) -> Any:
    return gradient * gradient.shape[1]
