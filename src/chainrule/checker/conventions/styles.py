"""How a learner writes a whole network: the layout, where the parameters are kept, and what each argument means."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.checker.conventions.layout import rows
from chainrule.checker.conventions.names import INITIALIZE, weights
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.equations.network import depth
from chainrule.checker.learner import Learner, Raised

MEANINGS = {
    "X": "x inputs input data features a0 xtrain xb xbatch batch images",
    "Y": "y labels label t target targets ytrue ytrain yb ybatch onehoty yonehot onehot yenc yoh truth",
    "params": "params parameters param model weights pars",
    "cache": "cache caches memory forwardcache states intermediates cached saved activations",
    "AL": "al yhat ypred pred preds predictions prediction output outputs out probs prob probabilities scores yp p",
    "grads": "grads gradients grad gradient g",
    "learning_rate": "learningrate lr alpha eta stepsize rate",
    "m": "m nsamples batchsize numexamples",
    "Ws": "ws w weightlist weights",
    "bs": "bs b biases biaslist",
    "dWs": "dws dw nablaw gradw gradsw dweights",
    "dbs": "dbs db nablab gradb gradsb dbiases",
}
_MEANING = {name: meaning for meaning, names in reversed(MEANINGS.items()) for name in names.split()}
_NUMBERED = re.compile(r"(d|grad|g|delta)?(w|b|z|a|weights?|bias)(\d|hidden|output|out|ih|ho|h|o)(grad)?")
_LAYERS = {"hidden": "1", "ih": "1", "h": "1", "output": "2", "out": "2", "ho": "2", "o": "2"}
MORE_INITIALIZE = ("init", "initialize", "init_weights", "initialize_weights", "init_network", "initialize_network")


def meaning(name: str) -> str:
    """Return what a name means, such as "W1" for w_1 and "learning_rate" for alpha; the name itself if unknown."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain in _MEANING:
        return _MEANING[plain]
    match = _NUMBERED.fullmatch(plain)
    if not match:
        return name
    kind = "b" if match[2].startswith("b") else match[2][0].upper()
    gradient = "d" if match[1] or match[4] else ""
    return gradient + kind + _LAYERS.get(match[3], match[3])


@dataclass(frozen=True)
class Style:
    """One learner's way.

    Parameters
    ----------
    rows
        Whether examples are rows.
    turned
        Whether W is kept as (n_prev, n).
    flat
        Whether b is kept as (n,).
    lower
        Whether the names in a dict are w1, b1.
    layers
        How many layers to try it with.
    lists
        Whether the weights are in one list and the biases in another.
    labels
        Whether Y is given as one number per example.
    place
        The place of AL in what the forward pass returns; None if the names or the kinds of the parts tell.
    gradients_turned
        Whether dW is kept the other way round than W, and the update turns it back.
    """

    rows: bool
    turned: bool
    flat: bool
    lower: bool
    layers: int
    lists: bool = False
    labels: bool = False
    place: int | None = None
    gradients_turned: bool = False

    def examples(self, A: Any) -> Any:
        """Return examples in columns as the learner has them, or the other way round."""
        A = np.asarray(A)
        return A.T.copy() if self.rows and A.ndim == 2 else A

    def weight(self, W: Any) -> Any:
        """Return W (n, n_prev) as the learner keeps it, or the other way round."""
        W = np.asarray(W)
        return W.T.copy() if self.turned and W.ndim == 2 else W

    def weight_gradient(self, dW: Any) -> Any:
        """Return dW (n, n_prev) as the learner keeps it, or the other way round."""
        return replace(self, turned=self.turned != self.gradients_turned).weight(dW)

    def bias(self, b: Any) -> Any:
        """Return b (n, 1) as the learner keeps it."""
        return b.ravel() if self.flat else (b.T.copy() if self.rows else b)

    def bias_back(self, b: Any) -> Any:
        """Return the learner's bias, or its gradient, as (n, 1)."""
        b = np.asarray(b)
        if b.size == 1 or ((self.rows or self.flat) and b.ndim == 1):
            return b.reshape(-1, 1)
        return b.T if self.rows and b.ndim == 2 else b

    def parameter(self, name: str, value: Any) -> Any:
        """Return W1, b1, ... or a gradient of them from the learner's layout."""
        if name.startswith("dW"):
            return self.weight_gradient(value)
        return self.weight(value) if "W" in name else self.bias_back(value)

    def known(self, v: Values) -> dict[str, Any]:
        """Return what can be given to the learner's functions, by its meaning."""
        layers = range(1, depth(v) + 1)
        Ws, bs = [self.weight(v[f"W{i}"]) for i in layers], [self.bias(v[f"b{i}"]) for i in layers]
        apart = {f"W{i}": W for i, W in enumerate(Ws, 1)} | {f"b{i}": b for i, b in enumerate(bs, 1)}
        named = {(name.lower() if self.lower else name): value for name, value in apart.items()}
        m = v["X"].shape[1]
        known = {"X": self.examples(v["X"]), "params": Ws if self.lists else named, "Ws": Ws, "bs": bs, "m": m} | apart
        if "Y" in v:
            Y = v["Y"]
            flat = Y[0].astype(int) if len(Y) == 1 else Y.argmax(axis=0)
            known["Y"] = flat if self.labels else self.examples(Y)
        return known


def arguments(learner: Learner, function: str, known: dict[str, Any]) -> dict[str, Any] | None:
    """Return what to call a function with, or None if the meaning of one of its parameters is not known."""
    node = learner.nodes[function].args
    names = learner.parameters(function)
    optional = set(names[len(names) - len(node.defaults) :]) if node.defaults else set()
    chosen = {}
    for name in names:
        what = meaning(name)
        if name == "p" and ("AL" not in known or sum(meaning(other) == "AL" for other in names) > 1):
            what = "params"
        if name in known:
            chosen[name] = known[name]
        elif what in known:
            chosen[name] = known[what]
        elif name not in optional:
            return None
    return chosen


def call(learner: Learner, function: str, known: dict[str, Any]) -> Any:
    """Call a function with what is known."""
    chosen = arguments(learner, function, known)
    if chosen is None:
        raise Raised("TypeError", "the meaning of its parameters is not known", learner.line(function))
    names = learner.parameters(function)
    in_order = [name for name in names if name in chosen]
    if in_order == names[: len(in_order)]:
        return learner.call(function, *chosen.values())
    return learner.call(function, **chosen)


def passed(learner: Learner, function: str, style: Style, v: Values) -> dict[str, Any]:
    """Return what is known after the learner's forward pass; "AL" and "cache" are the learner's."""
    known = style.known(v)
    result = call(learner, function, known)
    parts = list(result) if isinstance(result, tuple) else [result]
    names = learner.returned_names(function) if isinstance(result, tuple) else []
    names = names if len(names) == len(parts) else [None] * len(parts)
    for name, part in zip(names, parts, strict=True):
        if name:
            known[name] = known[meaning(name)] = part
    inner = [part for part in parts if not isinstance(part, np.ndarray)]
    known["cache"] = inner[0] if inner else result
    for name, value in named_arrays(known["cache"]):
        known.setdefault(meaning(name), value)
    last = known.get(f"A{depth(v)}", known.get("AL")) if style.place is None else parts[style.place]
    if last is None:
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        last = (arrays[0] if inner else arrays[-1]) if arrays else parts[0]
    while isinstance(last, list | tuple):
        last = last[-1]
    known["AL"] = last
    return known


def named_arrays(cache: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a cache that is a dict."""
    if isinstance(cache, dict):
        for name, value in cache.items():
            if isinstance(name, str) and isinstance(value, np.ndarray):
                yield name, value


def outputs(learner: Learner, function: str, style: Style, v: Values) -> Values:
    """Return AL and whatever Z1, A1, ... the learner's forward pass names, with examples in columns."""
    known = passed(learner, function, style, v)
    named = {name: a for name, a in known.items() if re.fullmatch(r"[ZA][1-9]", name) and name[1:] <= f"{depth(v)}"}
    kept = [a for name, a in named_arrays(known["cache"]) if meaning(name) == "X"]
    named |= {"X": kept[0]} if kept else {}
    AL = style.examples(known["AL"])
    others = {name: style.examples(a) for name, a in named.items() if isinstance(a, np.ndarray)}
    return {"AL": AL.reshape(1, -1) if AL.ndim == 1 and style.rows else AL} | others


def gradients(learner: Learner, function: str, style: Style, result: Any) -> Values:
    """Return what a backward pass gave as {"dW1": ..., "db1": ...}; what is missing is a NaN."""
    layers = range(1, style.layers + 1)
    by_name: dict[str, Any] = {}
    if isinstance(result, dict):
        for key, value in result.items():
            if isinstance(value, list | tuple):
                kind = "W" if "w" in key.lower() else "b"
                by_name |= {f"d{kind}{i}": part for i, part in enumerate(value, 1)}
            else:
                what = meaning(str(key))
                by_name[what if what.startswith("d") else f"d{what}"] = value
    elif isinstance(result, list | tuple):
        by_name = _in_order(learner, function, style, list(result))
    return {
        f"d{kind}{i}": style.parameter(f"d{kind}", by_name.get(f"d{kind}{i}", np.nan)) for i in layers for kind in "Wb"
    }


def _in_order(learner: Learner, function: str, style: Style, parts: list[Any]) -> dict[str, Any]:
    layers = style.layers
    if len(parts) == 2 and all(isinstance(part, list | tuple) and len(part) == layers for part in parts):
        written = [meaning(name) if name else "" for name in learner.returned_names(function)]
        kinds = "bW" if written == ["dbs", "dWs"] else "Wb"
        return {
            f"d{kind}{i}": part[i - 1] for kind, part in zip(kinds, parts, strict=True) for i in range(1, layers + 1)
        }
    if len(parts) == layers and all(isinstance(part, list | tuple) and len(part) == 2 for part in parts):
        return {f"d{kind}{i}": part["Wb".index(kind)] for i, part in enumerate(parts, 1) for kind in "Wb"}
    names = [meaning(name) if name else "" for name in learner.returned_names(function)]
    names = [name if name.startswith("d") else f"d{name}" for name in names]
    if len(names) != len(parts) or not any(re.fullmatch(r"d[Wb]\d", name) for name in names):
        names = [f"d{kind}{i}" for i in range(1, layers + 1) for kind in "Wb"]
    return dict(zip(names, parts, strict=False))


def text(learner: Learner, *functions: str) -> str:
    """Return the code of functions in one spelling, in lower case."""
    return "\n".join(ast.unparse(learner.nodes[f]).lower() for f in functions if f in learner.nodes)


def calls(learner: Learner, function: str) -> set[str]:
    """Return the learner's functions that a function uses, directly or not."""
    used: set[str] = set()
    todo = [function]
    while todo:
        for node in ast.walk(learner.nodes[todo.pop()]):
            name = node.id if isinstance(node, ast.Name) else ""
            if name in learner.nodes and name not in used and name != function:
                used.add(name)
                todo.append(name)
    return used


def layers_of(learner: Learner, *functions: str) -> int:
    """Return how many layers functions are written for; 3 if for any number."""
    used = [int(number) for number in re.findall(r"\b[wb]_?([1-9])\b", text(learner, *functions))]
    hidden = re.search(r"w_?(?:h|hidden|ih|output|out|o|ho)\b", text(learner, *functions))
    return max(used) if used else 2 if hidden else 3


def styles(learner: Learner, function: str, backward: str | None, values: Values) -> list[Style]:
    """Return the ways that a forward pass can be called in without an error, or else the likeliest one."""
    source = "".join(ast.unparse(learner.nodes[f]) for f in (function, backward) if f)
    lower = bool(re.search(r"""['"]w""", source)) and not re.search(r"""['"]W""", source)
    lists = any(meaning(name) == "bs" for name in learner.parameters(function))
    guess = rows(learner, function, backward)
    orders = [(guess, guess), (not guess, not guess), (guess, not guess), (not guess, guess)]
    candidates = [Style(as_rows, turned, _flat(learner), lower, depth(values), lists) for as_rows, turned in orders]
    candidates = [replace(style, place=place) for style in candidates for place in (None, 0, -1)]
    fitting = [style for style in candidates if _fits(learner, function, style, values)]
    return [style for style in fitting if style.place == fitting[0].place] or candidates[:1]


def _fits(learner: Learner, function: str, style: Style, values: Values) -> bool:
    try:
        return bool(outputs(learner, function, style, values)["AL"].shape == values["Y"].shape)
    except Exception:  # whatever the learner's code makes of it
        return False


def _flat(learner: Learner) -> bool:
    function = learner.find(*INITIALIZE, *MORE_INITIALIZE)
    if function not in learner.nodes:
        return False
    sizes: Sequence[int] = (5, 4, 3)
    count = len(learner.parameters(function)) - len(learner.nodes[function].args.defaults)
    try:
        parameters = weights(learner.call(function, *([list(sizes)] if count == 1 else sizes[:count])))
    except Raised:
        return False
    return parameters is not None and "b1" in parameters and bool(parameters["b1"].ndim == 1)
