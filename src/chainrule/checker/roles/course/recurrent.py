"""Recurrent networks as the course writes them: a cell, the cell through time, and both backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from chainrule.checker.equations import recurrent as eq
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe

RNN = ("Wax", "Waa", "Wya", "ba", "by")
LSTM = ("Wf", "bf", "Wi", "bi", "Wc", "bc", "Wo", "bo", "Wy", "by")


def _parameters(v: Values, memory: bool) -> Values:
    return {name: v["parameters"][name] for name in (LSTM if memory else RNN)}


def _cell(learner: Learner, function: str, memory: bool, v: Values) -> Values:
    """Return what a cell of the learner's computes, with its cache."""
    state = [v["a_prev"], v["c_prev"]] if memory else [v["a_prev"]]
    result = learner.call(function, v["xt"], *state, _parameters(v, memory))
    names = ("a_next", "c_next", "yt_pred", "cache") if memory else ("a_next", "yt_pred", "cache")
    return dict(zip(names, result, strict=False))


def _sequence(learner: Learner, function: str, memory: bool, v: Values) -> Values:
    """Return what the learner's loop through time computes, with its caches."""
    result = learner.call(function, v["x"], v["a0"], _parameters(v, memory))
    names = ("a", "y", "c", "caches") if memory else ("a", "y", "caches")
    return dict(zip(names, result, strict=False))


def _numbers(run: Equation, v: Values) -> Values:
    """Return the results of a run without what is kept for backward."""
    return {name: result for name, result in run(v).items() if not name.startswith("cache")}


def _usual_cache(memory: bool, v: Values) -> Any:
    """Return the cache of a cell as the course lays it out."""
    if not memory:
        return eq.rnn_cell(v)["a_next"], v["a_prev"], v["xt"], _parameters(v, memory)
    g = eq.lstm_cell(v)
    gates = (g["f"], g["i"], g["c"], g["o"])
    return g["a_next"], g["c_next"], v["a_prev"], v["c_prev"], *gates, v["xt"], _parameters(v, memory)


def _usual_caches(memory: bool, v: Values) -> Any:
    return [_usual_cache(memory, step) for step in eq.steps_of(v, memory)], v["x"]


def _own_cache(learner: Learner, function: str, memory: bool, v: Values) -> Any:
    return _cell(learner, function, memory, v)["cache"]


def _own_caches(learner: Learner, function: str, memory: bool, v: Values) -> Any:
    return _sequence(learner, function, memory, v)["caches"]


def _named(result: Any, names: Sequence[str]) -> Values:
    """Return gradients by their names, from a dict or a tuple in the usual order."""
    return dict(result) if isinstance(result, dict) else dict(zip(names, result, strict=False))


def _cell_backward(learner: Learner, function: str, memory: bool, cache: Callable[[Values], Any], v: Values) -> Values:
    gradients = [v["da_next"], v["dc_next"]] if memory else [v["da_next"]]
    result = learner.call(function, *gradients, cache(v))
    return _named(result, ("dxt", "da_prev", "dWax", "dWaa", "dba"))


def _back(learner: Learner, function: str, cache: Callable[[Values], Any], v: Values) -> Values:
    return _named(learner.call(function, v["da"], cache(v)), ("dx", "da0", "dWax", "dWaa", "dba"))


def _with_own_activations(learner: Learner, equation: Callable[..., Values], memory: bool) -> Equation:
    """Return a cell that uses the learner's own softmax and sigmoid, right or wrong."""
    options: dict[str, Any] = {}
    softmax, sigmoid = learner.find("softmax"), learner.find("sigmoid")
    if softmax in learner.nodes:
        options["output"] = partial(learner.call, softmax)
    if memory and sigmoid in learner.nodes:
        options["acts"] = {gate: partial(learner.call, sigmoid) for gate in "fio"}
    return partial(equation, **options)


def _working_first(runs: list[Equation]) -> list[Equation]:
    """Return runs with those that work before those that raise."""
    works = []
    for run in runs:
        try:
            run(eq.cases()[0])
            works.append(0)
        except Raised:
            works.append(1)
        except Exception:  # what the learner returned does not have the parts it is taken apart into
            works.append(2)
    return [run for _, run in sorted(zip(works, runs, strict=True), key=lambda pair: pair[0])]


def _kind(learner: Learner, prefix: str, memory: bool) -> Iterator[Probe]:
    """Yield the probes of one kind of cell."""
    finds = {
        part: learner.find(f"{prefix}_{part}") for part in ("cell_forward", "forward", "cell_backward", "backward")
    }
    own = {part: name for part, name in finds.items() if name in learner.nodes and name is not None}
    softmax = [name for name in (learner.find("softmax"), learner.find("sigmoid")) if name in learner.nodes]
    if name := own.get("cell_forward"):
        right: Equation = eq.lstm_results if memory else eq.rnn_cell
        theirs = _with_own_activations(learner, right, memory)
        wrong = eq.lstm_mistakes() if memory else eq.cell_mistakes()
        run: Equation = partial(_numbers, partial(_cell, learner, name, memory))
        yield Probe(name, f"{prefix}_cell_forward", eq.cases(), [run], [right, theirs], wrong, needs=softmax)
    if name := own.get("forward"):
        cell: Equation = eq.lstm_cell if memory else eq.rnn_cell
        rights = [partial(eq.through_time, cell=cell, memory=memory)]
        wrong = eq.sequence_mistakes(cell, memory)
        if lower := own.get("cell_forward"):
            their_cell = partial(_cell, learner, lower, memory)
            rights.append(partial(eq.through_time, cell=their_cell, memory=memory))
            wrong += eq.sequence_mistakes(their_cell, memory)
        needs = [part for part in (own.get("cell_forward"), *softmax) if part]
        run = partial(_numbers, partial(_sequence, learner, name, memory))
        yield Probe(name, f"{prefix}_forward", eq.cases(), [run], rights, wrong, needs=needs)
    if name := own.get("cell_backward"):
        caches: list[Callable[[Values], Any]] = [partial(_usual_cache, memory)]
        if lower := own.get("cell_forward"):
            caches.append(partial(_own_cache, learner, lower, memory))
        runs = _working_first([partial(_cell_backward, learner, name, memory, cache) for cache in caches])
        right = eq.lstm_cell_backward if memory else eq.rnn_cell_backward
        wrong = eq.lstm_backward_mistakes() if memory else eq.cell_backward_mistakes()
        needs = [lower] if lower else []
        yield Probe(name, f"{prefix}_cell_backward", eq.cases(), runs, [right], wrong, needs=needs)
    if name := own.get("backward"):
        yield _backward_probe(learner, name, own, prefix, memory)


def _backward_probe(learner: Learner, name: str, own: dict[str, str], prefix: str, memory: bool) -> Probe:
    caches: list[Callable[[Values], Any]] = [partial(_usual_caches, memory)]
    if lower := own.get("forward"):
        caches.append(partial(_own_caches, learner, lower, memory))
    runs = _working_first([partial(_back, learner, name, cache) for cache in caches])
    cell: Equation = eq.lstm_cell_backward if memory else eq.rnn_cell_backward
    rights = [partial(eq.back_through_time, cell=cell, memory=memory)]
    wrong = eq.back_mistakes(cell, memory)
    if lower := own.get("cell_backward"):
        cache = partial(_usual_cache, memory)
        theirs = partial(_cell_backward, learner, lower, memory, cache)
        rights.append(partial(eq.back_through_time, cell=theirs, memory=memory))
        wrong += eq.back_mistakes(theirs, memory)
    needs = [own[part] for part in ("cell_forward", "forward", "cell_backward") if part in own]
    return Probe(name, f"{prefix}_backward", eq.cases(), runs, rights, wrong, needs=needs)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every function of the simple network, then of the LSTM."""
    yield from _kind(learner, "rnn", False)
    yield from _kind(learner, "lstm", True)
