"""Recurrent cells and what runs them through time; examples are columns, and time is the last axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.activations import sigmoid
from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation, named

Function = Callable[[Any], Any]
GATES = "fico"


def cases() -> list[Values]:
    """Return inputs, first states, upstream gradients and both kinds of parameters: all sizes different, then equal."""
    rng = np.random.default_rng(31)
    examples = []
    for n_x, n_a, n_y, m, T in ((3, 5, 2, 4, 3), (3, 3, 3, 3, 3)):
        shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "Wya": (n_y, n_a), "ba": (n_a, 1), "by": (n_y, 1)}
        shapes |= {f"W{gate}": (n_a, n_a + n_x) for gate in GATES} | {f"b{gate}": (n_a, 1) for gate in GATES}
        shapes |= {"Wy": (n_y, n_a)}
        v: Values = {"parameters": {name: 0.6 * rng.standard_normal(shape) for name, shape in shapes.items()}}
        v |= {"x": rng.standard_normal((n_x, m, T)), "a0": 0.5 * rng.standard_normal((n_a, m))}
        v |= {"da": rng.standard_normal((n_a, m, T)), "c_prev": rng.standard_normal((n_a, m))}
        v |= {"dc_next": rng.standard_normal((n_a, m)), "xt": v["x"][..., 0], "a_prev": v["a0"]}
        examples.append(v | {"da_next": v["da"][..., 0]})
    return examples


def softmax(Z: Any, axis: int = 0) -> Any:
    """Return probabilities along an axis."""
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def _identity(Z: Any) -> Any:
    return Z


def rnn_cell(v: Values, hidden: Function = np.tanh, output: Function = softmax, seen: str = "a_next") -> Values:
    """Return the next state and the output of a simple cell; the output sees `seen`."""
    p = v["parameters"]
    a_next = hidden(p["Wax"] @ v["xt"] + p["Waa"] @ v["a_prev"] + p["ba"])
    source = a_next if seen == "a_next" else v[seen]
    return {"a_next": a_next, "yt_pred": output(p["Wya"] @ source + p["by"])}


def lstm_cell(
    v: Values,
    acts: dict[str, Function] | None = None,
    order: tuple[str, str] = ("a_prev", "xt"),
    memory: Callable[[Values], Any] = lambda g: g["f"] * g["c_prev"] + g["i"] * g["c"],
    hidden: Callable[[Values], Any] = lambda g: g["o"] * np.tanh(g["c_next"]),
    output: Function = softmax,
    seen: str = "a_next",
) -> Values:
    """Return what an LSTM cell computes; its gates by their letters, and c for the candidate."""
    p, concat = v["parameters"], np.concatenate([v[name] for name in order])
    g: Values = {"c_prev": v["c_prev"]}
    for gate in GATES:
        act = (acts or {}).get(gate, np.tanh if gate == "c" else sigmoid)
        g[gate] = act(p[f"W{gate}"] @ concat + p[f"b{gate}"])
    g["c_next"] = memory(g)
    g["a_next"] = hidden(g)
    return g | {"yt_pred": output(p["Wy"] @ g[seen] + p["by"])}


def lstm_results(v: Values, **options: Any) -> Values:
    """Return what an LSTM cell gives away."""
    g = lstm_cell(v, **options)
    return {name: g[name] for name in ("c_next", "a_next", "yt_pred")}


def through_time(v: Values, cell: Equation, memory: bool, advance: bool = True, same_input: bool = False) -> Values:
    """Return all states and outputs of a sequence."""
    steps: list[Values] = []
    state: Values = {"a_prev": v["a0"], "c_prev": np.zeros_like(v["a0"])}
    for t in range(v["x"].shape[2]):
        done = cell(v | state | {"xt": v["x"][..., 0 if same_input else t]})
        steps.append(done)
        if advance:
            state["a_prev"] = done["a_next"]
        if memory:
            state["c_prev"] = done["c_next"]
    names = {"a": "a_next", "y": "yt_pred"} | ({"c": "c_next"} if memory else {})
    return {name: np.stack([done[one] for done in steps], axis=2) for name, one in names.items()}


def rnn_cell_backward(
    v: Values, slope: Callable[[Values, Any], Any] = lambda v, a: 1 - a**2, gradient: bool = True
) -> Values:
    """Return the gradients of a simple cell's state."""
    p, a = v["parameters"], rnn_cell(v)["a_next"]
    dZ = slope(v, a) * (v["da_next"] if gradient else 1.0)
    grads = {"dWax": dZ @ v["xt"].T, "dWaa": dZ @ v["a_prev"].T, "dba": dZ.sum(axis=1, keepdims=True)}
    return grads | {"da_prev": p["Waa"].T @ dZ, "dxt": p["Wax"].T @ dZ}


def sigmoid_slope(value: Any) -> Any:
    """Return the slope of the sigmoid from its value."""
    return value * (1 - value)


def tanh_slope(value: Any) -> Any:
    """Return the slope of tanh from its value."""
    return 1 - value**2


def _into_memory(v: Values, g: Values) -> Any:
    """Return the gradient that reaches the memory: of the next memory, and of the next state through it."""
    return v["dc_next"] + g["o"] * tanh_slope(np.tanh(g["c_next"])) * v["da_next"]


def lstm_cell_backward(
    v: Values,
    slopes: dict[str, Function] | None = None,
    into_memory: Callable[[Values, Values], Any] = _into_memory,
    only: str = "",
    partners: dict[str, str] | None = None,
    left_out: dict[str, str] | None = None,
    order: tuple[str, str] = ("a_prev", "xt"),
) -> Values:
    """Return the gradients of an LSTM cell.

    `only` says in which gradient alone `into_memory` is used, and `left_out` which gate is missing in which gradient.
    """
    p, g = v["parameters"], lstm_cell(v)
    g |= {"tanh": np.tanh(g["c_next"]), "one": 1.0}
    right, other = _into_memory(v, g), into_memory(v, g)
    with_what = {"f": "c_prev", "i": "c", "c": "i", "o": "tanh"} | (partners or {})
    dZ, concat = {}, np.concatenate([v[name] for name in order])
    for gate in GATES:
        slope = (slopes or {}).get(gate, tanh_slope if gate == "c" else sigmoid_slope)
        dZ[gate] = (
            (v["da_next"] if gate == "o" else other if only in ("", gate) else right)
            * g[with_what[gate]]
            * slope(g[gate])
        )
    found: Values = {f"dW{gate}": dZ[gate] @ concat.T for gate in GATES}
    found |= {f"db{gate}": dZ[gate].sum(axis=1, keepdims=True) for gate in GATES}
    memory = other if only in ("", "dc_prev") else right
    n_a, missing = len(v["a_prev"]), left_out or {}
    parts = {"da_prev": slice(n_a), "dxt": slice(n_a, None)}
    if order[0] == "xt":
        parts = {"da_prev": slice(len(v["xt"]), None), "dxt": slice(len(v["xt"]))}
    for name, part in parts.items():
        found[name] = sum(p[f"W{gate}"][:, part].T @ dZ[gate] for gate in GATES if gate != missing.get(name))
    return found | {"dc_prev": memory * g["f"] if "dc_prev" not in missing else memory}


def steps_of(v: Values, memory: bool) -> list[Values]:
    """Return what every step of a sequence starts from."""
    cell: Equation = lstm_cell if memory else rnn_cell
    all_steps = through_time(v, cell, memory)
    made = []
    for t in range(v["x"].shape[2]):
        state = {"xt": v["x"][..., t], "a_prev": all_steps["a"][..., t - 1] if t else v["a0"]}
        if memory:
            state["c_prev"] = all_steps["c"][..., t - 1] if t else np.zeros_like(v["a0"])
        made.append(v | state)
    return made


def back_through_time(
    v: Values,
    cell: Equation,
    memory: bool,
    own: float = 1.0,
    carried: float = 1.0,
    memory_carried: float = 1.0,
    overwritten: tuple[str, ...] = (),
    forwards: bool = False,
) -> Values:
    """Return the gradients of a sequence: those of the parameters are sums over its steps."""
    steps = steps_of(v, memory)
    state, memory_state = np.zeros_like(v["a0"]), np.zeros_like(v["a0"])
    sums: Values = {}
    dx = np.zeros_like(v["x"])
    for t in range(len(steps)) if forwards else reversed(range(len(steps))):
        done = cell(steps[t] | {"da_next": own * v["da"][..., t] + carried * state, "dc_next": memory_state})
        state, dx[..., t] = done["da_prev"], done["dxt"]
        if memory:
            memory_state = memory_carried * done["dc_prev"]
        for name in (name for name in done if name[:2] in ("dW", "db")):
            again = name in sums and not name.startswith(overwritten)
            sums[name] = sums[name] + done[name] if again else done[name]
    return sums | {"da0": state, "dx": dx}


def _of_weights(
    change: Callable[[Values, str, Any], Any], names: tuple[str, ...], equation: Equation, v: Values
) -> Values:
    results = equation(v)
    return results | {name: change(v, name, results[name]) for name in results if name.startswith(names)}


def _without(name: str, equation: Equation, v: Values) -> Values:
    """Return an equation's results with one parameter as if it were 0."""
    p = v["parameters"]
    return equation(v | {"parameters": p | {name: 0 * p[name]}})


def _first_step(v: Values, equation: Equation) -> Values:
    results = equation(v)
    return {name: a * (np.arange(a.shape[2]) == 0) for name, a in results.items()}


def cell_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of a simple cell."""
    wrong: Rows[Equation] = {
        "recurrent.bias-lost": [partial(_without, "ba", rnn_cell), partial(_without, "by", rnn_cell)],
        "recurrent.product-lost": [partial(_without, "Wax", rnn_cell), partial(_without, "Waa", rnn_cell)],
        "recurrent.not-tanh": [
            partial(rnn_cell, hidden=_identity),
            partial(rnn_cell, hidden=sigmoid),
            partial(rnn_cell, hidden=partial(np.maximum, 0.0)),
        ],
        "recurrent.no-softmax": [partial(rnn_cell, output=_identity), partial(rnn_cell, output=sigmoid)],
        "recurrent.softmax-axis": partial(rnn_cell, output=partial(softmax, axis=1)),
        "recurrent.output-of-old-state": partial(rnn_cell, seen="a_prev"),
    }
    return named(wrong)


def lstm_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of an LSTM cell."""
    wrong: list[tuple[str, Equation]] = [
        ("recurrent.bias-lost", partial(_without, "by", lstm_results)),
        ("recurrent.no-softmax", partial(lstm_results, output=_identity)),
        ("recurrent.no-softmax", partial(lstm_results, output=sigmoid)),
        ("recurrent.softmax-axis", partial(lstm_results, output=partial(softmax, axis=1))),
        ("lstm.order", partial(lstm_results, order=("xt", "a_prev"))),
        ("lstm.candidate-sigmoid", partial(lstm_results, acts={"c": sigmoid})),
        ("lstm.gates-exchanged", partial(lstm_results, memory=lambda g: g["i"] * g["c_prev"] + g["f"] * g["c"])),
        ("lstm.gates-exchanged", partial(lstm_results, hidden=lambda g: g["f"] * np.tanh(g["c_next"]))),
        ("lstm.old-memory-lost", partial(lstm_results, memory=lambda g: g["i"] * g["c"])),
        ("lstm.gate-lost", partial(lstm_results, memory=lambda g: g["c_prev"] + g["i"] * g["c"])),
        ("lstm.gate-lost", partial(lstm_results, memory=lambda g: g["f"] * g["c_prev"] + g["c"])),
        ("lstm.tanh-lost", partial(lstm_results, hidden=lambda g: g["o"] * g["c_next"])),
        ("lstm.wrong-memory", partial(lstm_results, hidden=lambda g: g["o"] * np.tanh(g["c"]))),
        ("lstm.wrong-memory", partial(lstm_results, hidden=lambda g: g["o"] * np.tanh(g["c_prev"]))),
        ("lstm.output-of-memory", partial(lstm_results, seen="c_next")),
    ]
    for gate in GATES:
        wrong.append(("recurrent.bias-lost", partial(_without, f"b{gate}", lstm_results)))
        wrong.append(("lstm.not-activated", partial(lstm_results, acts={gate: _identity})))
        if gate != "c":
            wrong.append(("lstm.gate-tanh", partial(lstm_results, acts={gate: np.tanh})))
    return [Mistake(key, equation) for key, equation in wrong]


def sequence_mistakes(cell: Equation, memory: bool) -> list[Mistake]:
    """Return the usual ways to run a cell through time wrongly."""
    right = partial(through_time, cell=cell, memory=memory)
    wrong = {
        "sequence.state-not-advanced": partial(right, advance=False),
        "sequence.same-input": partial(right, same_input=True),
        "sequence.first-step-only": partial(_first_step, equation=right),
    }
    if memory:
        wrong["sequence.memory-not-advanced"] = partial(through_time, cell=_forgetting(cell), memory=True)
    return named(wrong)


def _forgetting(cell: Equation) -> Equation:
    """Return a cell that starts every step from an empty memory."""
    return lambda v: cell(v | {"c_prev": np.zeros_like(v["a_prev"])})


def _weights_mistakes(equation: Equation) -> list[Mistake]:
    """Return what goes wrong alike with the parameters' gradients of every cell."""
    changes: Rows[tuple[Callable[[Values, str, Any], Any], tuple[str, ...]]] = {
        "recurrent_backward.averaged": [
            (lambda v, name, d: d / v["da_next"].shape[1], ("dW", "db")),
            (lambda v, name, d: d / v["da_next"].shape[1], ("db",)),
        ],
        "recurrent_backward.bias-shape": [
            (lambda v, name, d: d[:, 0], ("db",)),
            (lambda v, name, d: d.sum(), ("db",)),
        ],
        "recurrent_backward.weights-transposed": (lambda v, name, d: d.T, ("dW",)),
    }
    return [
        Mistake(key, partial(_of_weights, change, names, equation)) for key, (change, names) in each_equation(changes)
    ]


def _twisted(v: Values) -> Values:
    """Return the gradients of a simple cell with both weights as they are where their transposes belong."""
    p = v["parameters"]
    right = rnn_cell_backward(v)
    dZ = (1 - rnn_cell(v)["a_next"] ** 2) * v["da_next"]
    return right | {"da_prev": p["Waa"] @ dZ}


def cell_backward_mistakes() -> list[Mistake]:
    """Return the usual wrong gradients of a simple cell."""

    def old(v: Values) -> Any:
        p = v["parameters"]
        return p["Wax"] @ v["xt"] + p["Waa"] @ v["a_prev"] + p["ba"]

    wrong: dict[str, Equation] = {
        "recurrent_backward.slope-lost": partial(rnn_cell_backward, slope=lambda v, a: np.ones_like(a)),
        "recurrent_backward.gradient-lost": partial(rnn_cell_backward, gradient=False),
        "recurrent_backward.slope-from-Z": partial(rnn_cell_backward, slope=lambda v, a: 1 - old(v) ** 2),
        "recurrent_backward.no-square": partial(rnn_cell_backward, slope=lambda v, a: 1 - a),
        "recurrent_backward.tanh-twice": partial(rnn_cell_backward, slope=lambda v, a: 1 - np.tanh(a) ** 2),
        "recurrent_backward.slope-of-old-state": partial(rnn_cell_backward, slope=lambda v, a: 1 - v["a_prev"] ** 2),
        "recurrent_backward.slope-plus": partial(rnn_cell_backward, slope=lambda v, a: 1 + a**2),
        "recurrent_backward.sigmoid-slope": partial(rnn_cell_backward, slope=lambda v, a: a * (1 - a)),
        "recurrent_backward.sign": partial(rnn_cell_backward, slope=lambda v, a: a**2 - 1),
        "recurrent_backward.not-transposed": _twisted,
    }
    return named(wrong) + _weights_mistakes(rnn_cell_backward)


def _plus(value: Any) -> Any:
    return value * (1 + value)


def _plus_square(value: Any) -> Any:
    return 1 + value**2


def _without_slope(v: Values, g: Values) -> Any:
    """Return the gradient that reaches the memory, without the slope of the tanh that the state is made with."""
    return v["dc_next"] + g["o"] * v["da_next"]


def lstm_backward_mistakes() -> list[Mistake]:
    """Return the usual wrong gradients of an LSTM cell; the first gradient that differs says in which gate."""
    back = lstm_cell_backward
    paths: dict[str, Callable[[Values, Values], Any]] = {
        "lstm_backward.state-path-lost": lambda v, g: v["dc_next"],
        "lstm_backward.memory-path-lost": lambda v, g: _into_memory(v | {"dc_next": 0.0}, g),
    }
    wrong: list[tuple[str, Equation]] = [
        (key, partial(back, into_memory=path, only=only))
        for key, path in paths.items()
        for only in ("", "f", "i", "c", "dc_prev")
    ]
    wrong += [
        ("lstm_backward.state-path-slope", partial(back, into_memory=_without_slope, only=only))
        for only in ("", "f", "i", "c", "dc_prev")
    ]
    wrong += [
        (
            "lstm_backward.state-path-slope",
            partial(back, into_memory=lambda v, g: v["dc_next"] + g["o"] * tanh_slope(g["c_next"]) * v["da_next"]),
        ),
        (
            "lstm_backward.state-path-slope",
            partial(back, into_memory=lambda v, g: v["dc_next"] + tanh_slope(g["tanh"]) * v["da_next"]),
        ),
        ("lstm_backward.wrong-partner", partial(back, partners={"f": "c", "i": "c_prev"})),
        ("lstm_backward.wrong-partner", partial(back, partners={"o": "c_next"})),
        ("lstm_backward.wrong-partner", partial(back, partners={"f": "c_next"})),
        ("lstm_backward.memory-not-forgotten", partial(back, left_out={"dc_prev": "f"})),
        ("lstm_backward.order", partial(back, order=("xt", "a_prev"))),
    ]
    for gate in GATES:
        other = sigmoid_slope if gate == "c" else tanh_slope
        wrong.append(("lstm_backward.slope-lost", partial(back, slopes={gate: np.ones_like})))
        wrong.append(("lstm_backward.slope-of-other", partial(back, slopes={gate: other})))
        plus: Function = _plus_square if gate == "c" else _plus
        wrong.append(("lstm_backward.slope-plus", partial(back, slopes={gate: plus})))
        wrong.append(("lstm_backward.wrong-partner", partial(back, partners={gate: "one"})))
        wrong += [("lstm_backward.gate-left-out", partial(back, left_out={n: gate})) for n in ("da_prev", "dxt")]
        wrong.append(("lstm_backward.gate-left-out", partial(back, left_out={"da_prev": gate, "dxt": gate})))
    return [Mistake(key, equation) for key, equation in wrong] + _weights_mistakes(back)


def back_mistakes(cell: Equation, memory: bool) -> list[Mistake]:
    """Return the usual ways to go back through time wrongly."""
    right = partial(back_through_time, cell=cell, memory=memory)
    gates = GATES if memory else ("ax", "aa", "a")
    overwritten = [("dW", "db"), *((f"d{kind}{gate}",) for kind in "Wb" for gate in gates)]
    wrong: dict[str, Equation | list[Equation]] = {
        "back_through_time.own-gradient-lost": partial(right, own=0.0),
        "back_through_time.carried-gradient-lost": partial(right, carried=0.0),
        "back_through_time.overwritten": [partial(right, overwritten=names) for names in overwritten],
        "back_through_time.forwards": partial(right, forwards=True),
        "back_through_time.averaged": partial(_of_weights, lambda v, name, d: d / v["x"].shape[2], ("dW", "db"), right),
        "back_through_time.first-state-lost": partial(_of_weights, lambda v, name, d: 0 * d, ("da0",), right),
    }
    if memory:
        wrong["back_through_time.carried-memory-lost"] = partial(right, memory_carried=0.0)
    return named(wrong)
