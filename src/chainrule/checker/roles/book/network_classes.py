"""The book's network as a class: params, predict, loss, accuracy, gradient. Examples are rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.names import weights
from chainrule.checker.equations import accuracy, cost, network, network_mistakes, squared_error
from chainrule.checker.equations.activations import VALUES
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, each_equation
from chainrule.checker.equations.softmax import softmax
from chainrule.checker.findings import Finding, Severity
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, close
from chainrule.checker.roles.book.network import candidates, written

NAMES = (
    *("TwoLayerNet", "ThreeLayerNet", "MultiLayerNet", "MultiLayerNetExtend", "TwoLayerNetwork", "NeuralNet", "Net"),
    *("NeuralNetwork", "SimpleNet", "MLP", "TwoLayerNN"),
)
_LARGE = (60, 50, 40)
_TOO_LARGE = 0.6
_TOLERANCE = 1e-5
_LAYERS = 2
PARAMS = ("W1", "b1", "W2", "b2")


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

    def finding(key: str, severity: Severity = "error", **facts: str) -> list[Finding]:
        return [Finding(key, function, learner.line(function), facts, severity)]

    params = weights(_build(learner, name, _LARGE).params) or {}
    W = {l: params[f"W{l}"] for l in (1, 2)}  # noqa: E741
    for l, w in W.items():  # noqa: E741
        b, wanted = params[f"b{l}"], _LARGE[l - 1 : l + 1]
        if w.shape != wanted:
            return finding("initialize.W-shape", name=f"W{l}", expected=str(wanted), got=str(w.shape))
        if b.shape not in (wanted[1:], (1, *wanted[1:])):
            return finding("initialize.b-shape", name=f"b{l}", expected=str(wanted[1:]), got=str(b.shape))
        if np.all(w == w[:1]) or np.all(w == w[:, :1]):
            return finding("initialize.symmetric", name=f"W{l}", got=f"{w.flat[0]:g}")
    if np.allclose(*(w.ravel()[:9] / w.flat[0] for w in W.values())):
        return finding("initialize.same-numbers", name="W1", other="W2")
    for l, w in W.items():  # noqa: E741
        if w.min() >= 0:
            return finding("initialize.all-positive", "warning", name=f"W{l}")
        if w.std() > _TOO_LARGE:
            return finding(
                "initialize.too-large", "warning", name=f"W{l}", got=f"{w.std():.2g}", inputs=str(_LARGE[l - 1])
            )
    return []


def _predict(learner: Learner, name: str, v: Values) -> Values:
    net = _filled(learner, name, v)
    return {"AL": np.transpose(classes.call(learner, name, net, "predict", v["X"].T))}


def _ignores_params(learner: Learner, name: str, v: Values) -> bool:
    """Return whether a network predicts the same with all params 0."""
    zeros = {key: 0.0 * v[key] for key in PARAMS}
    try:
        return np.array_equal(_predict(learner, name, v)["AL"], _predict(learner, name, v | zeros)["AL"])
    except Exception:  # whatever the learner's code makes of it is told by the probe
        return False


def _look_at_ignored(learner: Learner, name: str) -> list[Finding]:
    function = f"{name}.predict"
    return [Finding("network_forward.params-not-used", function, learner.line(function))]


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


def _accuracy(learner: Learner, name: str, share: accuracy.Share, choice: accuracy.Choice, v: Values) -> Values:
    return {"cost": share(choice(_probabilities(learner, name, v), v["Y"]), len(v["Y"]))}


def _accuracy_mistakes(learner: Learner, name: str) -> list[Mistake]:
    own = partial(_accuracy, learner, name)
    shares = [(key, partial(own, share, accuracy.likeliest)) for key, share in accuracy.WRONG_SHARES.items()]
    chosen = [(key, partial(own, accuracy.mean, choice)) for key, choice in each_equation(accuracy.WRONG_CHOICES)]
    return [Mistake(key, equation) for key, equation in [*shares, *chosen]]


def _gradient(learner: Learner, name: str, method: str, labels: bool, v: Values) -> Values:
    net = _filled(learner, name, v)
    result = classes.call(learner, name, net, method, v["X"].T, _targets(v, labels))
    grads = result if result is not None else getattr(net, "grads", None)
    if isinstance(grads, dict):
        grads = {str(key).removeprefix("grad_").removeprefix("d"): value for key, value in grads.items()}
    gradients: Values = {f"d{key}": None for key in PARAMS}
    for key, gradient in (weights(grads) or {}).items():
        written_as = np.ravel(gradient) if key[0] == "b" else np.transpose(gradient)
        exact = v.get(f"d{key}")
        # Differences have an error of their own; what agrees with them shall not be shown as different.
        agrees = exact is not None and close(exact, written_as, _precision(net))
        gradients[f"d{key}"] = exact if agrees else written_as
    return gradients


def _changes_params(learner: Learner, name: str, method: str, labels: bool, v: Values) -> list[Finding]:
    """Return a finding if computing a gradient changes params."""
    net = _filled(learner, name, v)
    before = {key: array.copy() for key, array in net.params.items()}
    classes.call(learner, name, net, method, v["X"].T, _targets(v, labels))
    if all(np.array_equal(array, before[key]) for key, array in net.params.items()):
        return []
    function = f"{name}.{method}"
    return [Finding("network_backward.changes-parameters", function, learner.line(function))]


def _expected(v: Values) -> Values:
    """Return the gradients that central differences gave, which come with the case."""
    return {f"d{key}": v[f"d{key}"] for key in PARAMS}


def _flat(equation: Equation, v: Values) -> Values:
    """Return gradients whose biases are vectors, as the book has them."""
    return {name: a if a is None or "W" in name else np.ravel(a) for name, a in equation(v).items()}


def _gradient_mistakes() -> list[Mistake]:
    """Return what goes wrong with the gradients of two layers with softmax and cross-entropy, or of any loss."""
    mistakes = [Mistake(key, wrong) for key, wrong in network_mistakes.wrong_results(_expected, _LAYERS)]
    for hidden in ("sigmoid", "relu", "tanh"):
        mistakes += network_mistakes.gradient_mistakes(network.steps(hidden, "softmax"), hidden, _LAYERS)
    return [replace(mistake, wrong=partial(_flat, mistake.wrong)) for mistake in mistakes]


def _precision(net: Any) -> float:
    """Return the step of differences, and how far they hold: in float32, less than a hundredth changes too little."""
    return _TOLERANCE if all(array.dtype == np.float64 for array in net.params.values()) else 1e-2


def _differences(learner: Learner, name: str, labels: bool, v: Values) -> Values:
    """Return central differences of the learner's own loss."""
    net = _filled(learner, name, v)
    x, t, h = v["X"].T, _targets(v, labels), _precision(net)
    gradients: Values = {}
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
        gradients[f"d{key.replace('B', 'b')}"] = np.ravel(slopes) if key[0] in "bB" else slopes.T
    return gradients


def _probes(learner: Learner, name: str) -> Iterator[Probe | Inspection]:
    init, cases = f"{name}.__init__", network.cases(_LAYERS, "softmax")

    def needs(method: str) -> list[str]:
        used = classes.used(learner, init, f"{name}.{method}")
        return [init, *(helper for helper in used if not helper.endswith(".backward"))]

    if _ignores_params(learner, name, cases[0]):
        yield Inspection(f"{name}.predict", "predict", partial(_look_at_ignored, learner, name), needs("predict"))
    hidden = [VALUES[activation] for activation in ("sigmoid", "relu", "tanh")]
    steps = candidates(hidden, list(network.OUTPUTS.values()))
    right = [partial(network.predict, step) for step in steps]
    mistakes = network_mistakes.forward_mistakes(steps, _LAYERS)
    predict = partial(_predict, learner, name)
    yield Probe(f"{name}.predict", "predict", cases, [predict], right, mistakes, needs=needs("predict"))
    if not hasattr(learner.classes[name], "loss"):
        return
    kinds = (False, True)
    runs = [partial(_method, learner, name, "loss", labels) for labels in kinds]
    right = [partial(_own_cost, learner, name, cost.categorical)]
    right += [partial(_own_squares, learner, name, error) for error in squared_error.WAYS]
    mistakes = [Mistake(m.key, partial(_own_cost, learner, name, m.wrong)) for m in cost.categorical_mistakes()]
    loss = Probe(f"{name}.loss", "loss", cases, runs, right, mistakes, cost.TOLERANCE, needs=needs("loss"))
    yield loss
    if hasattr(learner.classes[name], "accuracy"):
        runs = [partial(_method, learner, name, "accuracy", labels) for labels in kinds]
        own, mistakes = partial(_accuracy, learner, name), _accuracy_mistakes(learner, name)
        allowed = [partial(own, share, accuracy.likeliest) for share in (accuracy.mean, accuracy.percent)]
        yield Probe(f"{name}.accuracy", "accuracy", cases, runs, allowed, mistakes, needs=needs("accuracy"))
    one_kind = [classes.attempt(partial(_method, learner, name, "loss", labels), cases[0]) for labels in kinds]
    labels = one_kind[0] is None and one_kind[1] is not None
    slopes_by_case = [classes.attempt(partial(_differences, learner, name, labels), v) for v in cases]
    with_slopes = [v | slopes for v, slopes in zip(cases, slopes_by_case, strict=True) if slopes is not None]
    known = [_expected] if len(with_slopes) == len(cases) else []  # without the loss, nothing is
    for method in ("gradient", "numerical_gradient"):
        if hasattr(learner.classes[name], method):
            run_it = partial(_gradient, learner, name, method, labels)
            used = [init, f"{name}.loss", *classes.used(learner, init, f"{name}.{method}", f"{name}.loss")]
            also = partial(_changes_params, learner, name, method, labels, cases[0])
            probe = Probe(f"{name}.{method}", method, with_slopes, [run_it], known, _gradient_mistakes())
            yield replace(probe, tolerance=_TOLERANCE, needs=used, also=also)


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield what there is to try of the network classes."""
    meant = {mine: usual for usual, mine in learner.names.items()}
    for name in learner.classes:
        if meant.get(name, name) in NAMES and _fits(learner, name):
            yield Inspection(f"{name}.__init__", "init_network", partial(_look, learner, name))
            yield from _probes(learner, name)
