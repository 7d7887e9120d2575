"""One step back of a network over letters: what it adds to the gradients of the steps after it, for one example."""

from __future__ import annotations

from functools import partial

import numpy as np

from chainrule.checker.equations import recurrent
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named

_SUMS = ("dWax", "dWaa", "dWya", "db", "dby")


def cases() -> list[Values]:
    """Return the cases of a cell with one example each, an upstream gradient of the outputs, and earlier gradients."""
    rng = np.random.default_rng(37)
    drawn: list[Values] = []
    for case in recurrent.cases():
        v: Values = {"parameters": case["parameters"], "xt": case["xt"][:, :1], "a_prev": case["a_prev"][:, :1]}
        names = {"dWax": "Wax", "dWaa": "Waa", "dWya": "Wya", "db": "ba", "dby": "by"}
        shapes = {gradient: case["parameters"][name].shape for gradient, name in names.items()}
        shapes["da_next"] = v["a_prev"].shape
        v["gradients"] = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
        drawn.append(v | {"dy": rng.standard_normal(shapes["dby"])})
    return drawn


def step(
    v: Values,
    cell: Equation = recurrent.rnn_cell_backward,
    own: float = 1.0,
    carried: float = 1.0,
    overwritten: tuple[str, ...] = (),
) -> Values:
    """Return all gradients after a step; `own` and `carried` say how much of the step's and of the later ones is in."""
    before, dy = v["gradients"], v["dy"]
    da = own * v["parameters"]["Wya"].T @ dy + carried * before["da_next"]
    of_cell = cell(v | {"da_next": da})
    added = {"dWya": dy @ recurrent.rnn_cell(v)["a_next"].T, "dby": dy, "db": of_cell["dba"]}
    added |= {name: of_cell[name] for name in ("dWax", "dWaa")}
    sums = {name: added[name] if name in overwritten else before[name] + added[name] for name in _SUMS}
    return sums | {"da_next": of_cell["da_prev"]}


def mistakes() -> list[Mistake]:
    """Return the usual wrong steps: what is wrong in a cell, and in how the step's own and the later ones meet."""
    some = (_SUMS, *((name,) for name in _SUMS))
    wrong: dict[str, Equation | list[Equation]] = {
        "back_through_time.own-gradient-lost": partial(step, own=0.0),
        "back_through_time.carried-gradient-lost": partial(step, carried=0.0),
        "back_through_time.overwritten": [partial(step, overwritten=names) for names in some],
    }
    of_cell = [Mistake(m.key, partial(step, cell=m.wrong)) for m in recurrent.cell_backward_mistakes()]
    return [*of_cell, *named(wrong)]
