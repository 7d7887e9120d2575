"""Recurrent cells and sequences as cs231n has them: one matrix for all gates, in the order i, f, o, g."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import recurrent as eq
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.roles.cs231n.pairs import Pair, pair_probes

_GATES = "ifoc"  # cs231n's i, f, o, g: the candidate g is c in the equations
_NO_CONCATENATION = ("lstm.order", "lstm_backward.order")  # there is nothing here whose order could be wrong


def _time_last(a: Any) -> Any:
    return np.transpose(a, (2, 0, 1))


def _time_second(a: Any) -> Any:
    return np.transpose(a, (1, 2, 0))


def _parameters(v: Values, memory: bool) -> Values:
    """Return the parameters as the equations have them; those of the output, which is not here, are 0."""
    n_a = v["Wh"].shape[0]
    nothing = {"Wya": np.zeros((1, n_a)), "Wy": np.zeros((1, n_a)), "by": np.zeros((1, 1))}
    if not memory:
        return nothing | {"Wax": v["Wx"].T, "Waa": v["Wh"].T, "ba": v["b"][:, None]}
    parts = {gate: slice(i * n_a, (i + 1) * n_a) for i, gate in enumerate(_GATES)}
    Ws = {f"W{gate}": np.vstack([v["Wh"], v["Wx"]])[:, part].T for gate, part in parts.items()}
    return nothing | Ws | {f"b{gate}": v["b"][part][:, None] for gate, part in parts.items()}


_TURNED = {"prev_h": "a_prev", "prev_c": "c_prev", "dnext_h": "da_next", "dnext_c": "dc_next", "h0": "a0"}


def _columns(v: Values, memory: bool) -> Values:
    """Return a case as the equations have it."""
    columns: Values = {"parameters": _parameters(v, memory)}
    columns |= {theirs: v[name].T for name, theirs in _TURNED.items() if name in v}
    if v["x"].ndim == 3:
        return columns | {"x": _time_last(v["x"])} | ({"da": _time_last(v["dh"])} if "dh" in v else {})
    return columns | {"xt": v["x"].T}


_RESULTS = {"a_next": "next_h", "c_next": "next_c", "dxt": "dx", "da_prev": "dprev_h", "dc_prev": "dprev_c"}
_RESULTS |= {"da0": "dh0", "dWax": "dWx", "dWaa": "dWh"}


def _in_rows(equation: Equation, memory: bool, v: Values) -> Values:
    """Return the results of an equation as cs231n has them."""
    results = equation(_columns(v, memory))
    rows = {name: np.transpose(results[theirs]) for theirs, name in _RESULTS.items() if theirs in results}
    rows |= {name: _time_second(results[theirs]) for theirs, name in (("a", "h"), ("dx", "dx")) if theirs in results}
    if "dba" in results:
        rows["db"] = np.ravel(results["dba"]) if np.ndim(results["dba"]) else results["dba"]
    if "dWf" in results:
        n_a = v["Wh"].shape[0]
        turned = np.hstack([np.transpose(results[f"dW{gate}"]) for gate in _GATES])
        rows |= {"dWh": turned[:n_a], "dWx": turned[n_a:]}
        rows["db"] = np.concatenate([np.ravel(results[f"db{gate}"]) for gate in _GATES])
    return rows


def _turned(mistakes: Sequence[Mistake], memory: bool) -> list[Mistake]:
    known = [mistake for mistake in mistakes if mistake.key not in _NO_CONCATENATION]
    return [Mistake(mistake.key, partial(_in_rows, mistake.wrong, memory)) for mistake in known]


def _cases(memory: bool) -> list[Values]:
    rng = np.random.default_rng(37)
    drawn: list[Values] = []
    for n_x, n_a, m, steps in ((3, 5, 4, 3), (2, 2, 2, 2)):
        width = 4 * n_a if memory else n_a
        shapes: dict[str, tuple[int, ...]] = {
            "x": (m, n_x),
            "prev_h": (m, n_a),
            "prev_c": (m, n_a),
            "dnext_h": (m, n_a),
            "dnext_c": (m, n_a),
        }
        shapes |= {"Wx": (n_x, width), "Wh": (n_a, width), "b": (width,), "xs": (m, steps, n_x), "h0": (m, n_a)}
        shapes |= {"dh": (m, steps, n_a)}
        drawn.append({name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()})
    return drawn


def _pairs(memory: bool) -> Iterator[Pair]:
    prefix = "lstm" if memory else "rnn"
    cell: Equation = eq.lstm_results if memory else eq.rnn_cell
    back: Equation = eq.lstm_cell_backward if memory else eq.rnn_cell_backward
    state, weights = (("prev_h", "prev_c") if memory else ("prev_h",)), ("Wx", "Wh", "b")
    cases = _cases(memory)
    yield Pair(
        f"{prefix}_step",
        ("x", *state, *weights),
        ("next_h", "next_c") if memory else ("next_h",),
        cases,
        partial(_in_rows, cell, memory),
        _turned(eq.lstm_mistakes() if memory else eq.cell_mistakes(), memory),
        _turned(eq.lstm_backward_mistakes() if memory else eq.cell_backward_mistakes(), memory),
        partial(_in_rows, back, memory),
    )
    through_time = partial(eq.through_time, cell=eq.lstm_cell if memory else eq.rnn_cell, memory=memory)
    yield Pair(
        prefix,
        ("x", "h0", *weights),
        ("h",),
        [v | {"x": v["xs"]} for v in cases],
        partial(_in_rows, through_time, memory),
        _turned(eq.sequence_mistakes(cell, memory), memory),
        _turned(eq.back_mistakes(back, memory), memory),
        partial(_in_rows, partial(eq.back_through_time, cell=back, memory=memory), memory),
    )


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield probes of the cells first, then of the sequences."""
    for memory in (False, True):
        for pair in _pairs(memory):
            function = learner.find(f"{pair.name}_forward") or learner.find(f"{pair.name}_backward")
            if function in learner.nodes and (pair.name.endswith("_step") or _is_cs231n(learner, pair)):
                yield from pair_probes(learner, pair)


def _is_cs231n(learner: Learner, pair: Pair) -> bool:
    """Return whether a sequence has these parameters; the course has functions of the same names."""
    forward = learner.find(f"{pair.name}_forward")
    return forward in learner.nodes and len(learner.parameters(forward)) == len(pair.inputs)
