"""Derivatives of any forward pass by central differences: what its backward pass has to return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Values

_H = 1e-5


def derivatives(forward: Equation, inputs: Sequence[str], outputs: Sequence[str], v: Values) -> Values:
    """Return the gradient with respect to each input, such as "dx", for upstream gradients such as "dout" of "out"."""
    return {f"d{name}": _derivative(forward, name, outputs, v) for name in inputs}


def _derivative(forward: Equation, name: str, outputs: Sequence[str], v: Values) -> Any:
    gradient = np.zeros_like(v[name])
    for at in np.ndindex(gradient.shape):
        ends = []
        for step in (_H, -_H):
            moved = v[name].copy()
            moved[at] += step
            results = forward(v | {name: moved})
            ends.append(sum(float(np.sum(v[f"d{output}"] * results[output])) for output in outputs))
        gradient[at] = (ends[0] - ends[1]) / (2 * _H)
    return gradient
