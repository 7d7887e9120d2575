"""The book's network as a class: params, predict, loss, accuracy, gradient. Examples are rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.names import weights
from chainrule.checker.equations import activations, cost
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.equations.softmax import softmax
from chainrule.checker.equations.two_layers import CHANGED, PARAMS, expected, gradient_mistakes
from chainrule.checker.findings import Finding, Severity
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.book.functions import SQUARED
from chainrule.checker.roles.book.network import network_cases, network_mistakes, run, written

NAMES = (
    *("TwoLayerNet", "ThreeLayerNet", "MultiLayerNet", "MultiLayerNetExtend", "TwoLayerNetwork", "NeuralNet", "Net"),
    *("NeuralNetwork", "SimpleNet", "MLP", "TwoLayerNN"),
)
_LARGE = (60, 50, 40)
_TOO_LARGE = 0.6
_UNUSED = "predict does not see params"
_TOLERANCE = 1e-5
_HIDDEN: dict[str, Callable[[Any], Any]] = {name: activations.VALUES[name] for name in ("sigmoid", "relu", "tanh")}
_OUTPUT: tuple[Callable[[Any], Any], ...] = (np.copy, softmax, activations.sigmoid)


def _build(learner: Learner, name: str, sizes: tuple[int, ...]) -> Any:
    """Return a network of the learner's with two layers of these sizes."""
    middle = classes.required(learner.classes[name])[1]
    hidden: Any = [sizes[1]] if "list" in middle or middle.endswith(("sizes", "dims", "layers")) else sizes[1]
    return classes.build(learner, name, sizes[0], hidden, sizes[2])


def _fits(learner: Learner, name: str) -> bool:
    cls = learner.classes[name]
    if len(classes.required(cls)) != 3 or not callable(getattr(cls, "predict", None)):
        return False
    try:
        params = weights(getattr(_build(learner, name, (3, 4, 2)), "params", None))
    except (Raised, TypeError):
        return False
    return params is not None and sorted(params) == ["W1", "W2", "b1", "b2"]


def _filled(learner: Learner, name: str, v: Values) -> Any:
    """Return a network with the given weights, written into its arrays, which its layers share."""
    net = _build(learner, name, (v["W1"].shape[1], v["W1"].shape[0], v["W2"].shape[0]))
    bias = "b" if "b1" in net.params else "B"
    for key, value in written(v, bias).items():
        learner.fill(net, ("params", key), value)
    return net


def _look(learner: Learner, name: str) -> list[Finding]:
    function = f"{name}.__init__"

    def found(key: str, severity: Severity = "error", **facts: str) -> list[Finding]:
        return [Finding(key, function, learner.line(function), facts, severity)]

    params = weights(_build(learner, name, _LARGE).params) or {}
    W = {l: params[f"W{l}"] for l in (1, 2)}  # noqa: E741
    for l, w in W.items():  # noqa: E741
        if w.shape != _LARGE[l - 1 : l + 1]:
            return found("initialize.W-shape", name=f"W{l}", expected=str(_LARGE[l - 1 : l + 1]), got=str(w.shape))
        if params[f"b{l}"].shape not in ((_LARGE[l],), (1, _LARGE[l])):
            return found("initialize.b-shape", name=f"b{l}", expected=f"({_LARGE[l]},)", got=str(params[f"b{l}"].shape))
        if np.all(w == w[:1]) or np.all(w == w[:, :1]):
            return found("initialize.symmetric", name=f"W{l}", got=f"{w.flat[0]:g}")
    if np.allclose(*(w.ravel()[:9] / w.flat[0] for w in W.values())):
        return found("initialize.same-numbers", name="W1", other="W2")
    for l, w in W.items():  # noqa: E741
        if w.min() >= 0:
            return found("initialize.all-positive", "warning", name=f"W{l}")
        if w.std() > _TOO_LARGE:
            return found(
                "initialize.too-large", "warning", name=f"W{l}", got=f"{w.std():.2g}", inputs=str(_LARGE[l - 1])
            )
    return []


def _cases() -> list[Values]:
    made = []
    for v in network_cases(2):
        n, m = len(v["W2"]), v["X"].shape[1]
        smaller = {name: value if name == "X" else 0.5 * value for name, value in v.items()}
        made.append(smaller | {"Y": np.eye(n)[:, np.arange(1, m + 1) ** 2 % n]})
    return made


def _predict(learner: Learner, name: str, v: Values) -> Values:
    net = _filled(learner, name, v)
    A = np.transpose(classes.call(learner, name, net, "predict", v["X"].T))
    for key, array in net.params.items():
        learner.fill(net, ("params", key), np.zeros(array.shape))
    if np.array_equal(A.T, classes.call(learner, name, net, "predict", v["X"].T)):
        return {"A": np.nan, _UNUSED: 1.0}
    return {"A": A, _UNUSED: 0.0}


def _unused(v: Values) -> Values:
    return {"A": np.nan, _UNUSED: 1.0}


def _with_flag(equation: Callable[[Values], Values], v: Values) -> Values:
    return equation(v) | {_UNUSED: 0.0}


def _right_predict(hidden: Callable[[Any], Any], output: Callable[[Any], Any], v: Values) -> Values:
    return run(v, [hidden], output) | {_UNUSED: 0.0}


def _probabilities(learner: Learner, name: str, v: Values) -> Any:
    """Return the probabilities that the learner's own predict means."""
    A = np.transpose(classes.call(learner, name, _filled(learner, name, v), "predict", v["X"].T))
    return A if np.allclose(A.sum(axis=0), 1) and np.all(A >= 0) else softmax(A)


def _targets(v: Values, labels: bool) -> Any:
    return v["Y"].argmax(axis=0) if labels else v["Y"].T


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def _method(learner: Learner, name: str, method: str, labels: bool, v: Values) -> Values:
    net = _filled(learner, name, v)
    return {"cost": _number(classes.call(learner, name, net, method, v["X"].T, _targets(v, labels)))}


def _own_cost(learner: Learner, name: str, equation: Callable[[Values], Values], v: Values) -> Values:
    return equation({"AL": _probabilities(learner, name, v), "Y": v["Y"]})


def _own_squares(learner: Learner, name: str, equation: Callable[[Any, Any], Any], v: Values) -> Values:
    A = np.transpose(classes.call(learner, name, _filled(learner, name, v), "predict", v["X"].T))
    return {"cost": equation(A, v["Y"])}


_Hits = Callable[[Any, Any], Any]
_ACCURACY: list[tuple[str, _Hits]] = [
    ("accuracy.not-divided", lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=0))),
    ("accuracy.inverted", lambda A, Y: np.mean(A.argmax(axis=0) != Y.argmax(axis=0))),
    ("accuracy.minimum", lambda A, Y: np.mean(A.argmin(axis=0) == Y.argmax(axis=0))),
    ("accuracy.wrong-axis", lambda A, Y: np.sum(A.argmax(axis=1) == Y.argmax(axis=0)) / A.shape[1]),
    ("accuracy.wrong-axis", lambda A, Y: np.mean(A.argmax(axis=1) == Y.argmax(axis=0))),
    ("accuracy.wrong-axis", lambda A, Y: np.sum(A.argmax(axis=1) == Y.argmax(axis=1)) / A.shape[1]),
    ("accuracy.wrong-axis", lambda A, Y: np.mean(A.argmax(axis=1) == Y.argmax(axis=1))),
    ("accuracy.wrong-axis", lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=1)) / A.shape[1]),
    ("accuracy.divided-by-classes", lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=0)) / len(A)),
]


def _share(A: Any, Y: Any) -> Any:
    return np.mean(A.argmax(axis=0) == Y.argmax(axis=0))


def _percent(A: Any, Y: Any) -> Any:
    return 100 * _share(A, Y)


def _accuracy(learner: Learner, name: str, equation: Callable[[Any, Any], Any], v: Values) -> Values:
    return {"cost": equation(_probabilities(learner, name, v), v["Y"])}


def _gradient(learner: Learner, name: str, method: str, labels: bool, v: Values) -> Values:
    net = _filled(learner, name, v)
    before = {key: array.copy() for key, array in net.params.items()}
    result = classes.call(learner, name, net, method, v["X"].T, _targets(v, labels))
    grads = result if result is not None else getattr(net, "grads", None)
    if isinstance(grads, dict):
        grads = {str(key).removeprefix("grad_").removeprefix("d"): value for key, value in grads.items()}
    changed = any(not np.array_equal(array, before[key]) for key, array in net.params.items())
    found: Values = {f"d{key}": None for key in PARAMS} | {CHANGED: float(changed)}
    for key, gradient in (weights(grads) or {}).items():
        written_as = np.ravel(gradient) if key[0] == "b" else np.transpose(gradient)
        exact = v.get(f"d{key}")
        # Differences have an error of their own; what agrees with them shall not be shown as different.
        found[f"d{key}"] = exact if exact is not None and close(exact, written_as, _precision(net)) else written_as
    return found


def _precision(net: Any) -> float:
    """Return the step of differences, and how far they hold: in float32, less than a hundredth changes too little."""
    return _TOLERANCE if all(array.dtype == np.float64 for array in net.params.values()) else 1e-2


def _differences(learner: Learner, name: str, labels: bool, v: Values) -> Values:
    """Return central differences of the learner's own loss."""
    net = _filled(learner, name, v)
    x, t, h = v["X"].T, _targets(v, labels), _precision(net)
    found: Values = {}
    for key, values in {key: array.copy() for key, array in net.params.items()}.items():
        array, slopes = values.copy(), np.zeros(values.shape)
        for at in np.ndindex(array.shape):
            costs = []
            for step in (h, -h):
                array[at] = values[at] + step
                learner.fill(net, ("params", key), array)
                costs.append(float(_number(classes.call(learner, name, net, "loss", x, t))))
            array[at] = values[at]
            slopes[at] = (costs[0] - costs[1]) / (2 * h)
        learner.fill(net, ("params", key), array)
        found[f"d{key.replace('B', 'b')}"] = np.ravel(slopes) if key[0] in "bB" else slopes.T
    return found


def _probes(learner: Learner, name: str) -> Iterator[Probe]:
    init, cases = f"{name}.__init__", _cases()

    def needs(method: str) -> list[str]:
        used = classes.used(learner, init, f"{name}.{method}")
        return [init, *(each for each in used if not each.endswith(".backward"))]

    hidden = list(_HIDDEN.values())
    right = [partial(_right_predict, h, out) for h, out in itertools.product(hidden, _OUTPUT)]
    mistakes = [Mistake(m.key, partial(_with_flag, m.wrong)) for m in network_mistakes(hidden, _OUTPUT, 2)]
    mistakes.append(Mistake("forward.params-not-used", _unused))
    predict = partial(_predict, learner, name)
    yield Probe(f"{name}.predict", "predict", cases, [predict], right, mistakes, needs=needs("predict"))
    if not hasattr(learner.classes[name], "loss"):
        return
    kinds = (False, True)
    runs = [partial(_method, learner, name, "loss", labels) for labels in kinds]
    right = [partial(_own_cost, learner, name, cost.categorical)]
    right += [partial(_own_squares, learner, name, each) for each in SQUARED.values()]
    mistakes = [Mistake(m.key, partial(_own_cost, learner, name, m.wrong)) for m in cost.categorical_mistakes()]
    loss = Probe(f"{name}.loss", "loss", cases, runs, right, mistakes, cost.TOLERANCE, needs=needs("loss"))
    yield loss
    if hasattr(learner.classes[name], "accuracy"):
        runs = [partial(_method, learner, name, "accuracy", labels) for labels in kinds]
        mistakes = [Mistake(key, partial(_accuracy, learner, name, each)) for key, each in _ACCURACY]
        allowed = [partial(_accuracy, learner, name, each) for each in (_share, _percent)]
        yield Probe(f"{name}.accuracy", "accuracy", cases, runs, allowed, mistakes, needs=needs("accuracy"))
    one_kind = [classes.attempt(partial(_method, learner, name, "loss", labels), cases[0]) for labels in kinds]
    labels = one_kind[0] is None and one_kind[1] is not None
    made = [classes.attempt(partial(_differences, learner, name, labels), v) for v in cases]
    with_slopes = [v | slopes for v, slopes in zip(cases, made, strict=True) if slopes is not None]
    known = [expected] if len(with_slopes) == len(cases) else []  # without the loss, nothing is
    for method in ("gradient", "numerical_gradient"):
        if hasattr(learner.classes[name], method):
            run_it = partial(_gradient, learner, name, method, labels)
            used = [init, f"{name}.loss", *classes.used(learner, init, f"{name}.{method}", f"{name}.loss")]
            probe = Probe(f"{name}.{method}", method, with_slopes, [run_it], known, gradient_mistakes())
            yield replace(probe, tolerance=_TOLERANCE, needs=used)


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the network classes."""
    meant = {mine: usual for usual, mine in learner.names.items()}
    for name in learner.classes:
        if meant.get(name, name) in NAMES and _fits(learner, name):
            yield Inspection(f"{name}.__init__", "init_network", partial(_look, learner, name))
            yield from _probes(learner, name)
