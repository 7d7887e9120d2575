"""The terms of every number of random networks add up to it; `python -m tests.why_sums` tries it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from numpy.testing import assert_allclose

from chainrule.trace.explanation import Explanation
from chainrule.trace.paths import quantities
from chainrule.trace.trace import ask
from tests.traced_nets import NETS, Made


def assert_adds_up(why: Explanation) -> None:
    if why.said == "data":
        assert not why.terms
        return
    if why.said == "slope of the loss":  # of some losses a difference, which cancels digits
        assert why.adds_up is not False
        return
    if why.said == "value" and why.facts and not why.terms:  # what an equation takes together, as a gate of two sums
        return
    size = math.fsum(abs(term.product) for term in why.terms)
    assert abs(why.total - why.value) <= 1e-12 * max(size, abs(why.value)), why.path
    sizes = [abs(term.product) for term in why.terms]
    assert sizes == sorted(sizes, reverse=True)
    for term in why.terms:
        if term.local is not None and term.number is not None:
            assert term.product == term.local * term.number


@settings(max_examples=30, deadline=None, database=None)
@given(NETS)
def parameters(made: Made) -> None:
    network, X, y, mask = made()
    trace = network.trace(X, y, mask=mask)
    for name, quantity in quantities(trace).items():
        if quantity.kind == "parameter" and "running" not in name:
            for place in np.ndindex(quantity.array.shape):
                assert_adds_up(ask(trace, f"{name}{list(place)}")[0])


@settings(max_examples=30, deadline=None, database=None)
@given(NETS)
def values(made: Made) -> None:
    network, X, y, mask = made()
    trace = network.trace(X, y, mask=mask)
    rng = np.random.default_rng(0)
    for name, quantity in quantities(trace).items():
        inside = (".ahead." in name or ".back." in name) and quantity.kind in ("input", "output")
        if quantity.kind in ("input", "output", "gradient", "step") and not inside:
            place = [int(rng.integers(n)) for n in quantity.array.shape]
            assert_adds_up(ask(trace, f"{name}{place}")[0])


@settings(max_examples=15, deadline=None, database=None)
@given(NETS)
def differences(made: Made) -> None:
    network, X, y, mask = made()
    trace = network.trace(X, y, mask=mask)
    rng = np.random.default_rng(0)
    for name, quantity in quantities(trace).items():
        if quantity.kind == "parameter" and "running" not in name:
            place = [int(rng.integers(n)) for n in quantity.array.shape]
            why = ask(trace, f"{name}{place}", difference=True)[0]
            assert why.difference is not None
            if not why.difference.kink:
                assert_allclose(why.value, why.difference.value, rtol=1e-5, atol=1e-8 + why.difference.doubt)


if __name__ == "__main__":
    parameters()
    values()
    differences()
